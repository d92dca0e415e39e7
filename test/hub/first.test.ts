import { afterEach, describe, expect, it } from 'vitest'
import { createHub } from '../../src/index.ts'
import { dialect, freshStore } from '../stores.ts'
import { FakeShop, FakeWarehouse, ManualClock } from './fakes.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((hub) => hub.close()))
})

function setUp(options: { compareAndSet?: boolean; appliesAfterMs?: number; visibleAfterMs?: number } = {}) {
  const clock = new ManualClock()
  const web = new FakeShop(clock, options)
  const market = new FakeShop(clock, { visibleAfterMs: options.visibleAfterMs ?? 0 })
  const east = new FakeWarehouse(clock)
  const connections = { web: web.connection(), market: market.connection(), east: east.connection() }
  const store = freshStore()
  const hub = createHub({ store, connections, clock })
  opened.push(hub)
  return { clock, web, market, east, hub }
}

describe('one order, all the way', () => {
  it('counts sales of two channels once, ships by the provider, and tells the channels', async () => {
    const { clock, web, market, east, hub } = setUp()
    east.onHand.set('MUG', 10)
    web.shown.set('mug-web', 0)
    market.shown.set('mug-market', 0)
    await hub.items.put({ sku: 'MUG' })
    await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug-web' })
    await hub.listings.link({ sku: 'MUG', connection: 'market', listing: 'mug-market' })
    await hub.sync()
    expect([web.shown.get('mug-web'), market.shown.get('mug-market')]).toEqual([10, 10])

    clock.advance(1000)
    expect(web.sell([{ listing: 'mug-web', quantity: 2 }])).toBe('o1')
    expect(market.sell([{ listing: 'mug-market', quantity: 3 }])).toBe('o1')
    clock.advance(1000)
    const report = await hub.sync()
    expect(report.web).toMatchObject({ ordersPlaced: 1, errors: [] })
    expect([web.shown.get('mug-web'), market.shown.get('mug-market')]).toEqual([5, 5])
    const asked = [...east.orders.values()].map(({ request }) => request.lines)
    // Where several may write, the two orders may come in either order.
    const first = ([line]: (typeof asked)[number]) => line?.quantity ?? 0
    expect(dialect === 'sqlite' ? asked : asked.toSorted((a, b) => first(a) - first(b))).toEqual([
      [{ sku: 'MUG', title: 'MUG', quantity: 2 }],
      [{ sku: 'MUG', title: 'MUG', quantity: 3 }],
    ])

    clock.advance(60_000)
    for (const reference of east.orders.keys()) east.ship(reference)
    clock.advance(1000)
    await hub.sync()
    expect([...web.parcels.values()]).toMatchObject([{ order: 'o1', lines: [{ line: 'l1', quantity: 2 }] }])
    expect([...market.parcels.values()]).toMatchObject([
      { order: 'o1', lines: [{ line: 'l1', quantity: 3 }] },
    ])
    await hub.sync()
    expect(await hub.stock.get('MUG')).toMatchObject({ available: 5, reserved: 0 })
    expect((await hub.stock.verify()).ok).toBe(true)
    expect((await hub.drift()).differences).toEqual([])
    expect(await hub.jobs.list()).toEqual([])
  })
})
