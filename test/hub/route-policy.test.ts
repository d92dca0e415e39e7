import { describe, expect, it } from 'vitest'
import type { RouteRequest } from '../../src/index.ts'
import { type Kit, pass, setUp } from './kit.ts'

/** 10 mugs at main, 5 at prime; web's listing may draw on `locations`. */
async function twoPlaces(locations: string[] | null, options: Parameters<typeof setUp>[0] = {}) {
  const kit = setUp(options)
  const { hub, web } = kit
  await hub.items.put({ sku: 'MUG' })
  await hub.locations.put({ id: 'prime', name: 'Prime', priority: 200 })
  await hub.stock.receive('MUG', 10, { location: 'main', key: 'a' })
  await hub.stock.receive('MUG', 5, { location: 'prime', key: 'b' })
  web.shown.set('mug', 0)
  await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug', locations })
  await pass(kit)
  return kit
}

const available = async ({ hub }: Kit) =>
  Object.fromEntries(
    (await hub.stock.get('MUG')).locations.map(({ location, available }) => [location, available]),
  )

describe('a listing that may draw from some locations', () => {
  it('is sold from there, and then shows nothing, whatever lies elsewhere', async () => {
    const kit = await twoPlaces(['prime'])
    expect(kit.web.shown.get('mug')).toBe(5)
    kit.web.sell([{ listing: 'mug', quantity: 5 }])
    await pass(kit)
    expect(await available(kit)).toMatchObject({ main: 10, prime: 0 })
    expect(kit.web.shown.get('mug')).toBe(0)
  })

  it('takes what is not there from the first of them, below zero, and says so', async () => {
    const kit = await twoPlaces(['prime'])
    kit.web.shown.set('mug', 7)
    const oversold: unknown[] = []
    kit.hub.on('stock.oversold', (event) => oversold.push(event))
    kit.web.sell([{ listing: 'mug', quantity: 7 }])
    await pass(kit)
    expect(await available(kit)).toMatchObject({ main: 10, prime: -2 })
    expect(oversold).toMatchObject([{ location: 'prime', by: 2, available: -2 }])
    expect(await kit.hub.stock.verify()).toMatchObject({ ok: true })
  })

  it('tells the user’s route, which may place its lines nowhere else', async () => {
    const asked: RouteRequest['lines'][number][] = []
    const kit = await twoPlaces(['prime'], {
      options: {
        route: ({ lines }) => {
          asked.push(...lines)
          return lines.map(({ line, sku, quantity }) => ({ line, sku, quantity, location: 'main' }))
        },
      },
    })
    kit.web.sell([{ listing: 'mug', quantity: 1 }])
    const report = await pass(kit)
    expect(asked[0]).toEqual({ line: 'l1', sku: 'MUG', quantity: 1, locations: ['prime'] })
    expect(JSON.stringify([report.web.errors, kit.logs])).toContain('may not draw from main')
    expect(await available(kit)).toMatchObject({ main: 10, prime: 5 })
  })

  it('may draw from everywhere when it names none', async () => {
    const kit = await twoPlaces(null)
    expect(kit.web.shown.get('mug')).toBe(15)
    kit.web.sell([{ listing: 'mug', quantity: 5 }])
    await pass(kit)
    expect(await available(kit)).toMatchObject({ main: 5, prime: 5 })
  })

  it('may draw, as several places, from whatever any of them may', async () => {
    const kit = await twoPlaces(['prime'])
    const second = {
      sku: 'MUG',
      connection: 'web',
      listing: 'mug',
      place: 'shelf',
      locations: ['main'],
    } as const
    await kit.hub.listings.link({ ...second, locations: [...second.locations] })
    const asked = async (quantity: number) => {
      kit.web.shown.set('mug', quantity)
      kit.web.sell([{ listing: 'mug', quantity }])
      await pass(kit)
      return available(kit)
    }
    expect(await asked(6)).toMatchObject({ main: 4, prime: 5 })
  })
})
