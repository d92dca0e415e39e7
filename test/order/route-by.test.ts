import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Location } from '../../src/model/location.ts'
import {
  cheapest,
  checkPlacement,
  keepsPromise,
  mostStock,
  nearest,
  type RoutePreference,
  type RouteQuote,
  type RouteRequest,
  routeBy,
} from '../../src/order/index.ts'
import { snapshot } from './support.ts'

const lyon = Location.parse({ id: 'lyon', country: 'FR', postalCode: '69002' })
const paris = Location.parse({ id: 'paris', country: 'FR', postalCode: '75011', priority: 50 })
const ghent = Location.parse({ id: 'ghent', country: 'BE', postalCode: '9000', priority: 10 })
const places = [ghent, paris, lyon]

const quote = (location: string, cents: number, more: Partial<RouteQuote> = {}): RouteQuote => ({
  location,
  service: 'post',
  serviceLevel: null,
  cost: { amount: cents, currency: 'EUR' },
  shipBy: null,
  deliverBy: null,
  cannotShip: [],
  ...more,
})

function request(more: Partial<RouteRequest> & { stock?: Record<string, number> } = {}): RouteRequest {
  const { stock = { ghent: 9, paris: 9, lyon: 9 }, ...rest } = more
  return {
    connection: 'web',
    order: snapshot([]),
    shipTo: { country: 'FR', postalCode: '69 123' },
    lines: [{ line: 'a', sku: 'MUG', quantity: 2, locations: null }],
    locations: places,
    quotes: [],
    available: (_sku, location) => stock[location] ?? 0,
    ...rest,
  }
}

/** Where the one line goes, and why. */
const chosen = (preferences: RoutePreference[], asked: RouteRequest) =>
  routeBy(...preferences)(asked).map(({ location, quantity, why }) => `${quantity} ${location}: ${why}`)

describe('routing by preferences', () => {
  it('takes the nearest place: the same country first, then by the postal code', () => {
    expect(chosen([nearest], request())).toEqual([
      '2 lyon: has the whole order; in FR, postal code alike in 2, priority 100',
    ])
    const toGhent = request({ shipTo: { country: 'BE', postalCode: null } })
    expect(chosen([nearest], toGhent)).toEqual(['2 ghent: has the whole order; in BE, priority 10'])
    const unknown = request({ shipTo: { country: null, postalCode: null } })
    expect(chosen([nearest], unknown)).toEqual(['2 ghent: has the whole order; priority 10'])
  })

  it('lets stock decide before every preference: a place that has all comes before a nearer one that has not', () => {
    const asked = request({ stock: { lyon: 1, paris: 2 } })
    expect(chosen([nearest], asked)).toEqual(['2 paris: has the whole order; in FR, priority 50'])
  })

  it('takes the place with most left when asked to', () => {
    const asked = request({ stock: { lyon: 4, paris: 7, ghent: 3 } })
    expect(chosen([mostStock], asked)).toEqual(['2 paris: has the whole order; 5 left, priority 50'])
  })

  it('keeps the promise by quotes, else by what a place says of itself', () => {
    const order = snapshot([], { deliverBy: '2026-08-03T00:00:00Z', serviceLevel: 'two-day' })
    const quotes = [
      quote('ghent', 300, { deliverBy: '2026-08-05T00:00:00Z' }),
      quote('paris', 900, { deliverBy: '2026-08-02T00:00:00Z', service: 'express' }),
    ]
    const slow = Location.parse({ ...lyon, serviceLevels: ['standard'] })
    const asked = request({ order, quotes, locations: [ghent, paris, slow] })
    expect(chosen([keepsPromise], asked)).toEqual([
      '2 paris: has the whole order; in time by express, priority 50',
    ])
    const fast = Location.parse({ ...lyon, priority: 1, serviceLevels: ['next-day'] })
    expect(chosen([keepsPromise], { ...asked, locations: [ghent, paris, fast] })).toEqual([
      '2 lyon: has the whole order; can do two-day, priority 1',
    ])
  })

  it('takes the cheapest quote that keeps the promise, and none for what cannot be shipped', () => {
    const order = snapshot([], { deliverBy: '2026-08-03T00:00:00Z' })
    const quotes = [
      quote('ghent', 100, { cannotShip: ['MUG'] }),
      quote('paris', 200, { deliverBy: '2026-08-09T00:00:00Z' }),
      quote('paris', 950, { deliverBy: '2026-08-01T00:00:00Z', service: 'express' }),
      quote('lyon', 940, { deliverBy: '2026-08-01T00:00:00Z', service: 'post' }),
      quote('lyon', 1, { cost: { amount: 1, currency: 'USD' } }),
    ]
    expect(chosen([cheapest], request({ order, quotes }))).toEqual([
      '2 lyon: has the whole order; 9.40 EUR by post, priority 100',
    ])
  })

  it('asks the next preference where one finds no difference, in the order given', () => {
    const quotes = [quote('lyon', 500), quote('paris', 400), quote('ghent', 400)]
    expect(chosen([cheapest, nearest], request({ quotes }))[0]).toMatch(/^2 paris/)
    expect(chosen([nearest, cheapest], request({ quotes }))[0]).toMatch(/^2 lyon/)
  })

  it('splits into few parcels', () => {
    const stock: Record<string, Record<string, number>> = {
      ghent: { MUG: 5 },
      paris: { BAG: 5 },
      lyon: { BAG: 5, CUP: 5 },
    }
    const asked = request({
      lines: ['MUG', 'BAG', 'CUP'].map((sku) => ({ line: sku, sku, quantity: 1, locations: null })),
      available: (sku, location) => stock[location]?.[sku] ?? 0,
    })
    expect(
      routeBy()(asked)
        .map(({ line, location }) => `${line}@${location}`)
        .sort(),
    ).toEqual(['BAG@lyon', 'CUP@lyon', 'MUG@ghent'])
  })

  it('always answers what checkPlacement accepts, whatever the preferences, the quotes and the stock', () => {
    const preference = fc.constantFrom(nearest, cheapest, keepsPromise, mostStock)
    const units = fc.integer({ min: -3, max: 6 })
    fc.assert(
      fc.property(
        fc.array(preference, { maxLength: 3 }),
        fc.array(fc.tuple(fc.constantFrom('ghent', 'paris', 'lyon'), fc.nat(900)), { maxLength: 4 }),
        fc.record({ ghent: units, paris: units, lyon: units }),
        fc.array(
          fc.record({
            line: fc.constantFrom('a', 'b'),
            sku: fc.constantFrom('MUG', 'BAG'),
            quantity: fc.integer({ min: 1, max: 5 }),
            locations: fc.constantFrom(null, ['paris'], ['lyon', 'ghent']),
          }),
          { maxLength: 4 },
        ),
        (preferences, costs, stock, given) => {
          // One line has one policy.
          const policy = new Map(given.map(({ line, locations }) => [line, locations]))
          const lines = given.map((one) => ({ ...one, locations: policy.get(one.line) ?? null }))
          const quotes = costs.map(([location, cents]) => quote(location, cents))
          const asked = request({ lines, quotes, stock })
          expect(() => checkPlacement(asked, routeBy(...preferences)(asked))).not.toThrow()
        },
      ),
    )
  })
})
