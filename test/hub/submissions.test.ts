import { afterEach, describe, expect, it } from 'vitest'
import { StockpoolError } from '../../src/error.ts'
import { createHub } from '../../src/index.ts'
import type { FulfillmentFacet, FulfillmentOrder } from '../../src/spec/fulfillment.ts'
import { freshStore } from '../stores.ts'
import { FakeShop, FakeWarehouse, ManualClock } from './fakes.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((hub) => hub.close()))
})

/** One order of three mugs, to be shipped by a warehouse that the test bends. */
async function setUp() {
  const clock = new ManualClock()
  const web = new FakeShop(clock)
  const east = new FakeWarehouse(clock)
  const own = east.connection()
  const bent: FulfillmentFacet = { ...own.fulfillment }
  const hub = createHub({
    store: freshStore(),
    connections: { web: web.connection(), east: { ...own, fulfillment: bent } },
    clock,
  })
  opened.push(hub)
  const pass = async (ms = 1000) => {
    clock.advance(ms)
    await hub.sync()
  }
  east.onHand.set('MUG', 10)
  web.shown.set('mug', 0)
  await hub.items.put({ sku: 'MUG' })
  await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
  await pass()
  const order = web.sell([{ listing: 'mug', quantity: 3 }]) ?? ''
  const units = () =>
    [...east.orders.values()]
      .filter(({ status }) => status !== 'cancelled')
      .flatMap(({ request }) => request.lines)
      .reduce((sum, { quantity }) => sum + quantity, 0)
  const change = (reference: string, news: Partial<FulfillmentOrder>) => {
    const known = east.orders.get(reference)
    if (known) east.orders.set(reference, { ...known, ...news, updatedAt: clock.now() })
  }
  return { clock, web, east, bent, hub, pass, order, units, change }
}

describe('what a warehouse was asked for', () => {
  it('is asked for anew once, however often a person resumes the order', async () => {
    const { east, hub, pass, order, units, change } = await setUp()
    const told: string[] = []
    hub.on('order.attention', ({ reason }) => void told.push(reason))
    await pass()
    const [reference = ''] = east.orders.keys()
    change(reference, { cancelled: [{ sku: 'MUG', quantity: 1 }] })
    await pass()
    expect(told).toMatchObject([expect.stringContaining('east cancelled 1 of MUG unasked')])
    for (let times = 0; times < 3; times++) {
      await hub.orders.resume('web', order)
      await pass()
    }
    expect([...east.orders.values()].map(({ request }) => request.lines[0]?.quantity)).toEqual([3, 1])
    expect(units() - 1).toBe(3)
  })

  it('is not called absent because a list lags behind a lost answer', async () => {
    const { web, east, bent, hub, pass, order, units } = await setUp()
    let lost = true
    let lags = true
    const submit = bent.submit
    bent.submit = async (context, request) => {
      const made = await submit(context, request)
      if (!lost) return made
      lost = false
      throw new StockpoolError('unknown_outcome', 'the answer was lost')
    }
    const { get, updates } = bent
    bent.get = async (context, reference) => (lags ? null : get(context, reference))
    bent.updates = async (context, cursor) =>
      lags ? { orders: [], cursor: '', more: false } : updates(context, cursor)
    await pass()
    web.change(order, ({ lines: [line] }) => {
      if (line) line.cancelled = 1
    })
    await pass()
    expect(units()).toBe(3)
    lags = false
    for (let minutes = 0; minutes < 5; minutes++) await pass(61_000)
    expect(units()).toBe(2)
    for (const reference of east.orders.keys()) east.ship(reference)
    await pass(60_000)
    expect(await hub.stock.get('MUG')).toMatchObject({ available: 8, reserved: 0 })
  })

  it('is stopped once its news bring the id that a lost answer kept back', async () => {
    const { web, east, bent, hub, pass, order } = await setUp()
    // It answers to its own id alone, and the answer that would have told it is lost.
    bent.get = async (context, reference, asked) => {
      if (!asked?.id) throw new StockpoolError('unknown_outcome', 'shown under its own id alone')
      return east.connection().fulfillment.get(context, reference)
    }
    const { updates } = bent
    bent.updates = async () => ({ orders: [], cursor: '', more: false })
    east.fault = (call, phase) => {
      if (call === 'submit' && phase === 'after') throw new StockpoolError('unknown_outcome', 'lost')
    }
    await pass()
    web.cancel(order)
    await pass()
    east.fault = () => {}
    await pass()
    expect(await hub.orders.timeline('web', order)).toContainEqual(
      expect.objectContaining({ text: expect.stringContaining('cannot be asked without its own id') }),
    )
    bent.updates = updates
    for (let i = 0; i < 3; i++) await pass(60_000)
    expect([...east.orders.values()].map(({ status }) => status)).toEqual(['cancelled'])
  })

  it('counts as asked for when a refused order turns up alive', async () => {
    const { bent, hub, pass, order, units } = await setUp()
    const { submit, get } = bent
    let known = false
    bent.submit = async (context, request) => {
      await submit(context, request)
      throw new StockpoolError('rejected', 'something about the reference')
    }
    bent.get = async (context, reference) => (known ? get(context, reference) : null)
    await pass()
    known = true
    bent.submit = submit
    await pass(60_000)
    await hub.orders.resume('web', order)
    await pass()
    expect(units()).toBe(3)
  })

  it('is asked for anew where a request to stop took more than was meant', async () => {
    const { web, east, bent, hub, pass, order, change } = await setUp()
    bent.cancel = async (_context, { reference }) => {
      change(reference, { cancelled: [{ sku: 'MUG', quantity: 2 }] })
      return { outcome: 'unknown', detail: 'PartialSuccess' }
    }
    await pass()
    const [first = ''] = east.orders.keys()
    web.change(order, ({ lines: [line] }) => {
      if (line) line.cancelled = 1
    })
    await pass()
    for (let minutes = 0; minutes < 3; minutes++) await pass(61_000)
    expect([...east.orders.values()].map(({ request }) => request.lines[0]?.quantity)).toEqual([3, 1])
    expect(first).not.toBe('')
    expect((await hub.jobs.list({ state: 'dead' })).length).toBe(0)
  })
})
