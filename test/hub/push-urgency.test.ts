import { describe, expect, it } from 'vitest'
import { StockpoolError } from '../../src/error.ts'
import { createHub } from '../../src/index.ts'
import { LocationId } from '../../src/model/ids.ts'
import type { ChannelOrder } from '../../src/model/order.ts'
import type { Route } from '../../src/order/index.ts'
import type { Connection } from '../../src/spec/connection.ts'
import type { Backlog, ListingReading, ListingsFacet, ListingTarget } from '../../src/spec/listings.ts'
import { applyOrder } from '../../src/store/orders.ts'
import { freshStore, storeAt } from '../stores.ts'
import { FakeShop, ManualClock } from './fakes.ts'
import { closeLater, down, failing, type Kit, newFile, pass, query, setUp, stocked, written } from './kit.ts'

/** Milliseconds until web shows no more than `quantity`, in passes `stepMs` apart. */
async function untilShown(kit: Kit, quantity: number, stepMs = 5000): Promise<number> {
  const began = kit.clock.now()
  for (let i = 0; i < 2000 && (kit.web.shown.get('mug') ?? 0) > quantity; i++) await pass(kit, stepMs)
  return kit.clock.now() - began
}

const soldOut = (kit: Kit, quantity: number) =>
  kit.hub.stock.reserve([{ sku: 'MUG', quantity }], { key: 'sold elsewhere' })

describe('a number that must go down', () => {
  it('does not wait for what an outage has made a raise wait', async () => {
    const kit = setUp({ web: { compareAndSet: true } })
    await stocked(kit, { own: 10 })
    kit.web.fault = (call) => {
      if (call.startsWith('listings')) throw down()
    }
    await kit.hub.stock.receive('MUG', 1, { location: 'main', key: 'more' })
    for (let i = 0; i < 240; i++) await pass(kit, 30_000)
    kit.web.fault = () => {}
    await soldOut(kit, 11)
    expect(await untilShown(kit, 0)).toBeLessThanOrEqual(36_000)
  })

  it.each([0, 4])('to %i does not wait for a raise that was refused for good', async (left) => {
    const kit = setUp()
    await stocked(kit, { own: 10 })
    failing(kit.web, 'listings.write', new StockpoolError('permission', 'not for you'))
    await kit.hub.stock.receive('MUG', 1, { location: 'main', key: 'more' })
    await pass(kit)
    await soldOut(kit, 11 - left)
    expect(await untilShown(kit, left)).toBeLessThanOrEqual(36_000)
  })

  it('is tried every half minute, while a raise waits its hour', async () => {
    const kit = setUp()
    await stocked(kit, { own: 10 })
    const refusal = new StockpoolError('permission', 'not for you')
    failing(kit.web, 'listings.write', refusal, { times: 1000 })
    const tries = () => kit.web.calls.splice(0).filter((call) => call === 'listings.write').length
    await kit.hub.stock.receive('MUG', 1, { location: 'main', key: 'more' })
    tries()
    for (let i = 0; i < 20; i++) await pass(kit, 60_000)
    expect(tries()).toBe(1)
    await soldOut(kit, 11)
    for (let i = 0; i < 10; i++) await pass(kit, 30_000)
    expect(tries()).toBeGreaterThanOrEqual(9)
  })

  it.each([0, 3])('to %i goes before raises that were queued before it', async (left) => {
    const kit = setUp({ web: { batch: 2 } })
    const { hub, web } = kit
    await stocked(kit, { own: 5 })
    for (let i = 0; i < 60; i++) {
      await hub.items.put({ sku: `S${i}` })
      await hub.stock.receive(`S${i}`, 5, { location: 'main', key: `first ${i}` })
      web.shown.set(`l${i}`, 0)
      await hub.listings.link({ sku: `S${i}`, connection: 'web', listing: `l${i}` })
    }
    // To zero: queued as a raise, behind all the others.
    kit.clock.advance(1)
    if (left === 0) await hub.stock.receive('MUG', 1, { location: 'main', key: 'more' })
    written(web)
    let sale: Promise<number> | null = null
    web.fault = (call, phase) => {
      if (call !== 'listings.write' || phase !== 'after') return
      sale ??= soldOut(kit, left === 0 ? 6 : 2).then(() => web.writes.length)
    }
    await pass(kit)
    const before = await sale
    const order = written(web)
    expect(order).toHaveLength(61)
    // Two rounds of four batches at most are under way when it is sold; what was written while it was being sold came before.
    expect(order.findIndex(([listing]) => listing === 'mug')).toBeLessThanOrEqual((before ?? 0) + 16)
    expect(web.shown.get('mug')).toBe(left)
  })
})

it('a channel with a quick way and a slow one says how many rows it wants of each backlog', async () => {
  const clock = new ManualClock()
  const web = new FakeShop(clock)
  const { listings, ...rest } = web.connection()
  const asked: string[] = []
  const sizes: number[] = []
  const portion = ({ urgency, waiting }: Backlog) => {
    asked.push(`${urgency} ${waiting}`)
    return urgency === 'more' ? 40 : 3
  }
  const write: ListingsFacet['write'] = (context, targets) => {
    sizes.push(targets.length)
    return listings.write(context, targets)
  }
  const hub = createHub({
    store: freshStore(),
    clock,
    connections: { web: { ...rest, listings: { ...listings, batch: 100, portion, write } } },
  })
  closeLater(hub)
  const change = async (by: number) => {
    for (let i = 0; i < 50; i++) await hub.stock.adjust(`S${i}`, by, { location: 'main', key: `${by} ${i}` })
    clock.advance(1000)
    asked.length = 0
    sizes.length = 0
    await hub.sync()
  }
  for (let i = 0; i < 50; i++) {
    await hub.items.put({ sku: `S${i}` })
    web.shown.set(`l${i}`, 0)
    await hub.listings.link({ sku: `S${i}`, connection: 'web', listing: `l${i}` })
  }
  await change(9)
  // Both calls are made at once, so either may be first.
  expect([asked[0], sizes.toSorted((a, b) => b - a)]).toEqual(['more 50', [40, 10]])
  await change(-2)
  expect(asked[0]).toBe('less 50')
  expect(Math.max(...sizes)).toBe(3)
  expect([...web.shown.values()]).toEqual(Array(50).fill(7))
})

describe('while an accepted write is not applied yet', () => {
  it('a lower number replaces it, a higher one waits', async () => {
    const kit = setUp({ web: { appliesAfterMs: 600_000 } })
    await stocked(kit, { own: 10 })
    written(kit.web)
    await kit.hub.stock.receive('MUG', 2, { location: 'main', key: 'more' })
    await pass(kit)
    expect(written(kit.web)).toEqual([])
    await soldOut(kit, 12)
    await pass(kit)
    expect(written(kit.web)).toEqual([['mug', 0]])
    await pass(kit, 601_000)
    expect((await kit.hub.explain('MUG', 'web'))[0]).toMatchObject({
      state: 'shown',
      lastConfirmed: { quantity: 0 },
    })
    await kit.hub.stock.release('sold elsewhere')
    for (let i = 0; i < 3; i++) await pass(kit, 601_000)
    expect(kit.web.shown.get('mug')).toBe(12)
  })

  it('and the lower one is refused, the higher may still come: its sales are held back', async () => {
    const kit = setUp({ web: { appliesAfterMs: 20_000, visibleAfterMs: 3_600_000 } })
    await stocked(kit, { own: 10 })
    await kit.hub.stock.adjust('MUG', -2, { location: 'main', key: 'broken' })
    failing(kit.web, 'listings.write', new StockpoolError('rejected', 'no'))
    await pass(kit)
    kit.web.fault = () => {}
    kit.clock.advance(20_000)
    await kit.web.connection().listings.read({} as never, [])
    expect(kit.web.sell([{ listing: 'mug', quantity: 3 }])).not.toBeNull()
    for (let i = 0; i < 3; i++) await pass(kit, 31_000)
    // Seven of the ten were left on the channel: eight in the pool, three of them sold and not read yet.
    expect(kit.web.shown.get('mug')).toBeLessThanOrEqual(5)
  })
})

describe('until every channel has told its open orders', () => {
  it('no number is raised, and explain says what it waits for', async () => {
    const kit = setUp()
    const { hub, web, market } = kit
    failing(market, 'orders.read', down(), { times: 3 })
    web.shown.set('mug', 3)
    web.shown.set('cup', 9)
    for (const sku of ['MUG', 'CUP']) {
      await hub.items.put({ sku })
      await hub.stock.receive(sku, 5, { location: 'main', key: sku })
      await hub.listings.link({ sku, connection: 'web', listing: sku.toLowerCase() })
    }
    await pass(kit)
    await pass(kit)
    expect([web.shown.get('mug'), web.shown.get('cup')]).toEqual([3, 5])
    expect((await hub.explain('MUG', 'web'))[0]).toMatchObject({ state: 'held', waitsFor: ['market'] })
    expect(web.calls.filter((call) => call === 'listings.read')).toHaveLength(1)
    for (let i = 0; i < 3; i++) await pass(kit, 60_000)
    expect(web.shown.get('mug')).toBe(5)
    expect((await hub.explain('MUG', 'web'))[0]).toMatchObject({ state: 'shown', waitsFor: [] })
  })

  it('a paused one holds nobody up', async () => {
    const kit = setUp()
    failing(kit.market, 'orders.read', new StockpoolError('auth', 'refused'))
    await stocked(kit, { own: 5 })
    await pass(kit)
    expect(kit.web.shown.get('mug')).toBe(5)
  })

  it('a worker that starts raises nothing before', async () => {
    const clock = new ManualClock()
    const web = new FakeShop(clock)
    const connection = web.connection()
    const gate = Promise.withResolvers<void>()
    const { read } = connection.orders
    const slow: typeof read = async (context, cursor) => {
      await gate.promise
      return read(context, cursor)
    }
    const hub = createHub({
      store: freshStore(),
      clock,
      connections: { web: { ...connection, orders: { ...connection.orders, read: slow } } },
    })
    try {
      web.shown.set('mug', 40)
      web.sell([{ listing: 'mug', quantity: 5 }])
      await hub.items.put({ sku: 'MUG' })
      await hub.stock.receive('MUG', 40, { location: 'main', key: 'first' })
      await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
      await hub.start()
      const turns = async () => {
        for (let i = 0; i < 10; i++) {
          clock.advance(1000)
          await new Promise((resolve) => setTimeout(resolve, 10))
        }
      }
      const looks = () => web.calls.filter((call) => call === 'listings.read').length
      while (looks() === 0) await turns()
      await turns()
      expect(web.writes).toEqual([])
      // Looked at once, not at every turn.
      expect(web.calls.filter((call) => call === 'listings.read')).toHaveLength(1)
      gate.resolve()
      await turns()
      await hub.stop()
      expect(web.shown.get('mug')).toBe(35)
      expect(web.writes.every(({ quantity }) => quantity <= 35)).toBe(true)
    } finally {
      gate.resolve()
      await hub.close()
    }
  })
})

/** A channel that keeps one listing's stock at several places. */
function placed(clock: ManualClock) {
  const shop = new FakeShop(clock)
  const shown = new Map<string, number>()
  const connection = {
    ...shop.connection(),
    listings: {
      batch: 10,
      compareAndSet: false,
      read: async (_context, refs): Promise<ListingReading[]> =>
        refs.map(({ place }) => ({ status: 'shown', quantity: shown.get(place) ?? 0 })),
      write: async (_context, targets: readonly ListingTarget[]) =>
        targets.map(({ place, quantity }) => {
          shown.set(place, quantity)
          return { status: 'done' as const }
        }),
    },
  } satisfies Connection
  return { shop, shown, connection }
}

describe('places of one listing', () => {
  async function twoPlaces() {
    const clock = new ManualClock()
    const { shop, shown, connection } = placed(clock)
    const hub = createHub({ store: freshStore(), clock, connections: { web: connection } })
    await hub.items.put({ sku: 'MUG' })
    await hub.locations.put({ id: 'b', name: 'B', priority: 200 })
    await hub.stock.receive('MUG', 10, { location: 'main', key: 'a' })
    await hub.stock.receive('MUG', 10, { location: 'b', key: 'b' })
    return { clock, shop, shown, hub }
  }

  it('do not explain each other’s sales', async () => {
    const { clock, shop, shown, hub } = await twoPlaces()
    try {
      const link = { sku: 'MUG', connection: 'web', listing: 'mug' } as const
      await hub.listings.link({ ...link, place: 'A', locations: ['main'] })
      await hub.listings.link({ ...link, place: 'B', locations: ['b'] })
      shop.shown.set('mug', 100)
      await hub.sync()
      const sell = (place: string, quantity: number) => {
        shown.set(place, (shown.get(place) ?? 0) - quantity)
        return shop.orders.get(shop.sell([{ listing: 'mug', quantity }]) ?? '')
      }
      clock.advance(1000)
      sell('A', 3)
      const hidden = sell('B', 2)
      if (hidden) hidden.visibleAt = Number.MAX_SAFE_INTEGER
      clock.advance(1000)
      await hub.sync()
      expect(shown.get('B')).toBeLessThanOrEqual(8)
    } finally {
      await hub.close()
    }
  })

  it('are refused where both would show the whole pool', async () => {
    const { hub } = await twoPlaces()
    try {
      const link = { sku: 'MUG', connection: 'web', listing: 'mug' } as const
      await hub.listings.link({ ...link, place: 'A' })
      await hub.listings.link({ ...link, place: 'A', buffer: 1 })
      await expect(hub.listings.link({ ...link, place: 'B' })).rejects.toMatchObject({
        code: 'invalid_input',
        field: 'locations',
        remedy: expect.stringContaining('its own locations'),
      })
      await hub.listings.link({ ...link, place: 'B', locations: ['b'] })
    } finally {
      await hub.close()
    }
  })
})

/** What the job that fetches an order does when a webhook told of it. */
async function arrives(file: string, order: ChannelOrder, at: string): Promise<void> {
  const database = await storeAt(file).open()
  const route: Route = ({ lines }) => lines.map((line) => ({ ...line, location: LocationId.parse('main') }))
  const fixed = { connection: 'web', countsFrom: '2026-01-01T00:00:00.000Z', eraseAt: null }
  try {
    await database.transaction((tx) =>
      applyOrder(tx, { ...fixed, order, at, route, protect: (text: string) => text }),
    )
  } finally {
    await database.close()
  }
}

it('an order that arrives between the look and the write does not explain what the look found', async () => {
  const clock = new ManualClock()
  const web = new FakeShop(clock)
  const connection = web.connection()
  const { read } = connection.listings
  let after: (() => Promise<void>) | null = null
  const file = await newFile()
  const hub = createHub({
    store: storeAt(file),
    clock,
    connections: {
      web: {
        ...connection,
        listings: {
          ...connection.listings,
          read: async (context: Parameters<typeof read>[0], refs: Parameters<typeof read>[1]) => {
            const readings = await read(context, refs)
            await after?.()
            return readings
          },
        },
      },
    },
  })
  try {
    web.shown.set('mug', 0)
    await hub.items.put({ sku: 'MUG' })
    await hub.stock.receive('MUG', 10, { location: 'main', key: 'first' })
    await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
    await hub.sync()
    await hub.stock.receive('MUG', 1, { location: 'main', key: 'more' })
    clock.advance(1000)
    web.fault = (call, phase) => {
      if (call !== 'listings.read' || phase !== 'before' || after) return
      const unread = web.orders.get(web.sell([{ listing: 'mug', quantity: 2 }]) ?? '')
      if (unread) unread.visibleAt = Number.MAX_SAFE_INTEGER
      after = async () => {
        after = async () => {}
        clock.advance(10)
        const sold = web.orders.get(web.sell([{ listing: 'mug', quantity: 2 }]) ?? '')
        clock.advance(10)
        if (sold) await arrives(file, web.snapshot(sold), new Date(clock.now()).toISOString())
      }
    }
    await hub.sync()
    expect(web.shown.get('mug')).toBeLessThanOrEqual(7)
  } finally {
    await hub.close()
  }
})

describe('the key of a write', () => {
  it('is another one for a listing linked anew, and in another database', async () => {
    const keys: string[] = []
    for (const times of [2, 1]) {
      const clock = new ManualClock()
      const web = new FakeShop(clock)
      const connection = web.connection()
      const { write } = connection.listings
      const noted: typeof write = async (context, targets) => {
        keys.push(...targets.map(({ key }) => key))
        return write(context, targets)
      }
      const hub = createHub({
        store: freshStore(),
        clock,
        connections: { web: { ...connection, listings: { ...connection.listings, write: noted } } },
      })
      await hub.items.put({ sku: 'MUG' })
      await hub.stock.receive('MUG', 10, { location: 'main', key: 'first' })
      for (let i = 0; i < times; i++) {
        web.shown.set('mug', 0)
        await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
        await hub.sync()
        await hub.listings.unlink({ connection: 'web', listing: 'mug' })
      }
      await hub.close()
    }
    expect(keys).toHaveLength(3)
    expect(new Set(keys).size).toBe(3)
  })

  it('stays the same for the same database opened again', async () => {
    const file = await newFile()
    const kit = setUp({ file })
    await stocked(kit, { own: 1 })
    const id = `SELECT value FROM meta WHERE name = 'id'`
    const before = await query(file, id)
    await kit.hub.close()
    await kit.open().items.put({ sku: 'CUP' })
    expect(before).toHaveLength(1)
    expect(await query(file, id)).toEqual(before)
  })
})
