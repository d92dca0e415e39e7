import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isStockpoolError } from '../../src/error.ts'
import { Location } from '../../src/model/location.ts'
import {
  checkPlacement,
  defaultRoute,
  type RouteLine,
  type RoutePlacement,
  type RouteRequest,
} from '../../src/order/index.ts'
import { snapshot } from './support.ts'

const places = [
  Location.parse({ id: 'far', priority: 200 }),
  Location.parse({ id: 'main' }),
  Location.parse({ id: 'annex' }),
]

function request(lines: RouteLine[], stock: Record<string, Record<string, number>>): RouteRequest {
  return {
    connection: 'web',
    order: snapshot([]),
    shipTo: { country: 'US', postalCode: null },
    lines,
    locations: places,
    quotes: [],
    available: (sku, location) => stock[location]?.[sku] ?? 0,
  }
}

const want = (
  line: string,
  sku: string,
  quantity: number,
  locations: readonly string[] | null = null,
): RouteLine => ({ line, sku, quantity, locations })
const got = (placements: readonly RoutePlacement[]) =>
  placements.map(({ line, sku, location, quantity }) => `${line}:${quantity} ${sku}@${location}`).sort()

describe('the default route', () => {
  it('ships all from the first place that has all, by priority and then by name', () => {
    const lines = [want('a', 'MUG', 2), want('b', 'BAG', 1)]
    const all = { MUG: 5, BAG: 5 }
    expect(got(defaultRoute(request(lines, { far: all, main: all, annex: all })))).toEqual([
      'a:2 MUG@annex',
      'b:1 BAG@annex',
    ])
    expect(got(defaultRoute(request(lines, { far: all, main: { MUG: 5 }, annex: { BAG: 5 } })))).toEqual([
      'a:2 MUG@far',
      'b:1 BAG@far',
    ])
  })

  it('sums a SKU that is named twice before it calls a place sufficient', () => {
    const lines = [want('a', 'MUG', 2), want('b', 'MUG', 2)]
    expect(got(defaultRoute(request(lines, { main: { MUG: 3 }, far: { MUG: 4 } })))).toEqual([
      'a:2 MUG@far',
      'b:2 MUG@far',
    ])
  })

  it('keeps whole what it can, then splits in priority order, and takes what nobody has from the first place', () => {
    const lines = [want('a', 'MUG', 5), want('b', 'MUG', 4)]
    const placed = defaultRoute(request(lines, { annex: { MUG: -3 }, main: { MUG: 3 }, far: { MUG: 4 } }))
    expect(got(placed)).toEqual(['a:2 MUG@annex', 'a:3 MUG@main', 'b:4 MUG@far'])
  })

  it('keeps a line whole, and the parts of a kit together, where a place has all of it', () => {
    const lines = [want('a', 'MUG', 4), want('b', 'MUG', 2)]
    expect(got(defaultRoute(request(lines, { main: { MUG: 3 }, far: { MUG: 4 } })))).toEqual([
      'a:4 MUG@far',
      'b:2 MUG@main',
    ])
    const kit = [want('k', 'MUG', 1), want('k', 'BAG', 2), want('z', 'BAG', 9)]
    expect(
      got(defaultRoute(request(kit, { annex: { MUG: 5 }, main: { BAG: 9 }, far: { MUG: 1, BAG: 2 } }))),
    ).toEqual(['k:1 MUG@far', 'k:2 BAG@far', 'z:9 BAG@main'])
  })

  it('always answers what checkPlacement accepts, and leaves no place short that it could have spared', () => {
    const n = fc.integer({ min: -3, max: 6 })
    const sku = fc.constantFrom('MUG', 'BAG')
    const lines = fc.array(
      fc.record({
        line: fc.constantFrom('a', 'b', 'c'),
        sku,
        quantity: fc.integer({ min: 1, max: 5 }),
        locations: fc.constant(null),
      }),
      { maxLength: 5 },
    )
    const stock = fc.record({
      far: fc.record({ MUG: n, BAG: n }),
      main: fc.record({ MUG: n, BAG: n }),
      annex: fc.record({ MUG: n, BAG: n }),
    })
    fc.assert(
      fc.property(lines, stock, (wanted, there) => {
        const asked = request(wanted, there)
        const placed = checkPlacement(asked, defaultRoute(asked))
        for (const one of ['MUG', 'BAG'] as const) {
          const total = wanted.filter((w) => w.sku === one).reduce((sum, w) => sum + w.quantity, 0)
          const taken = (location: 'far' | 'main' | 'annex') =>
            placed
              .filter((p) => p.sku === one && p.location === location)
              .reduce((sum, p) => sum + p.quantity, 0)
          const free = (location: 'far' | 'main' | 'annex') => Math.max(0, there[location][one])
          const short = Math.max(0, total - free('far') - free('main') - free('annex'))
          for (const location of ['far', 'main'] as const)
            expect(taken(location)).toBeLessThanOrEqual(free(location))
          expect(taken('annex') - free('annex')).toBeLessThanOrEqual(short)
        }
      }),
    )
  })
})

describe('a line that may draw from some places', () => {
  it('ships from there, also when another place has the whole order', () => {
    const lines = [want('a', 'MUG', 2, ['far']), want('b', 'BAG', 1)]
    const all = { MUG: 5, BAG: 5 }
    expect(got(defaultRoute(request(lines, { far: { MUG: 5 }, main: all, annex: all })))).toEqual([
      'a:2 MUG@far',
      'b:1 BAG@annex',
    ])
  })

  it('takes what nobody allowed has from the first place that is allowed', () => {
    const lines = [want('a', 'MUG', 5, ['main', 'far'])]
    expect(
      got(defaultRoute(request(lines, { annex: { MUG: 9 }, main: { MUG: 1 }, far: { MUG: 2 } }))),
    ).toEqual(['a:2 MUG@far', 'a:3 MUG@main'])
  })

  it('is never placed elsewhere, whatever lies where', () => {
    const n = fc.integer({ min: -2, max: 5 })
    const allowed = fc.option(fc.subarray(['far', 'main', 'annex'], { minLength: 1 }), { nil: null })
    const stock = fc.record({
      far: fc.record({ MUG: n }),
      main: fc.record({ MUG: n }),
      annex: fc.record({ MUG: n }),
    })
    fc.assert(
      fc.property(fc.array(allowed, { maxLength: 4 }), stock, (all, there) => {
        const asked = request(
          all.map((locations, i) => want(`l${i}`, 'MUG', i + 1, locations)),
          there,
        )
        for (const { line, location } of checkPlacement(asked, defaultRoute(asked))) {
          const locations = all[Number(line.slice(1))] ?? null
          if (locations !== null) expect(locations).toContain(location)
        }
      }),
    )
  })
})

describe('a user’s route', () => {
  const asked = request([want('a', 'MUG', 3)], {})
  const bound = request([want('a', 'MUG', 3, ['main', 'far'])], {})
  const place = (quantity: number, location = 'main', sku = 'MUG', line = 'a') => ({
    line,
    sku,
    location,
    quantity,
  })

  it('may split as it likes', () => {
    expect(checkPlacement(asked, [place(1), place(1, 'far'), place(1), place(0, 'annex')])).toEqual([
      place(2),
      place(1, 'far'),
    ])
  })

  it.each<[string, unknown, RegExp]>([
    ['places too few', [place(2)], /placed 2 of MUG for line a instead of 3/],
    ['places too many', [place(4)], /placed 4 of MUG/],
    ['places nothing', [], /placed 0 of MUG/],
    ['names a place that is not there', [place(3, 'moon')], /no location moon/],
    ['names a place that the line may not draw from', [place(3, 'annex')], /may not draw from annex/],
    ['names another SKU', [place(3), place(1, 'main', 'BAG')], /line a did not ask for BAG/],
    ['names another line', [place(3), place(1, 'main', 'MUG', 'z')], /line z/],
    ['gives a part of a unit', [place(1.5), place(1.5)], /1.5 of MUG is not a whole number/],
    ['gives a negative number', [place(4), place(-1)], /-1 of MUG/],
    ['answers no list', undefined, /did not answer a list/],
  ])('is refused when it %s', (_name, answer, message) => {
    try {
      checkPlacement(bound, answer as RoutePlacement[])
      expect.unreachable()
    } catch (error) {
      expect(isStockpoolError(error, 'invalid_input') && error).toMatchObject({
        field: 'route',
        message: expect.stringMatching(message),
      })
    }
  })
})
