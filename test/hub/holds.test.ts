import { describe, expect, it } from 'vitest'
import type { ChannelOrder } from '../../src/model/order.ts'
import type { FakeShop } from './fakes.ts'
import { expectStock, heard, pass, setUp, stocked } from './kit.ts'

type Change = (order: ChannelOrder) => ChannelOrder

/** A kit whose web orders are read as `change` makes them. */
async function changed(change: { now: Change }) {
  const kit = setUp()
  const read = kit.web.snapshot.bind(kit.web)
  kit.web.snapshot = (order: Parameters<FakeShop['snapshot']>[0]) => change.now(read(order))
  await stocked(kit, { east: 10 })
  kit.clock.advance(1000)
  kit.web.sell([{ listing: 'mug', quantity: 2 }])
  await pass(kit)
  return kit
}

const touch = (kit: { web: FakeShop }) => kit.web.change('o1', () => {})

describe('an order that is not to be shipped yet', () => {
  it.each([
    ['pending', { status: 'pending', rawStatus: 'PENDING' }],
    ['on hold', { status: 'on_hold', rawStatus: 'ON_HOLD' }],
    ['unpaid', { payment: 'pending' }],
    ['of an unknown status', { status: 'unknown', rawStatus: 'GIFT_WRAPPING' }],
  ] as [string, Partial<ChannelOrder>][])(
    '(%s) reserves, is not given to the warehouse, and is when that ends',
    async (_what, facts) => {
      const change: { now: Change } = { now: (order) => ({ ...order, ...facts }) }
      const kit = await changed(change)
      await expectStock(kit, { available: 8, reserved: 2, shown: 8 })
      await pass(kit, 3_600_000)
      expect(kit.east.orders.size).toBe(0)
      change.now = (order) => order
      kit.clock.advance(1000)
      touch(kit)
      await pass(kit)
      expect(kit.east.orders.size).toBe(1)
      await expectStock(kit, { available: 8, reserved: 2, shown: 8 })
    },
  )

  it('of an unknown status asks a person', async () => {
    const change: { now: Change } = {
      now: (order) => ({ ...order, status: 'unknown', rawStatus: 'GIFT_WRAPPING' }),
    }
    const kit = setUp()
    const told = heard(kit.hub, 'order.attention')
    const read = kit.web.snapshot.bind(kit.web)
    kit.web.snapshot = (order) => change.now(read(order))
    await stocked(kit, { east: 10 })
    kit.clock.advance(1000)
    kit.web.sell([{ listing: 'mug', quantity: 2 }])
    for (let i = 0; i < 3; i++) await pass(kit)
    expect(told.map(({ data }) => data.reason)).toEqual([expect.stringContaining('GIFT_WRAPPING')])
  })

  it('because its buyer asked to cancel waits, and goes on when the request is taken back', async () => {
    const kit = setUp()
    const told = heard(kit.hub, 'order.cancel_requested', 'order.attention')
    await stocked(kit, { east: 10 })
    kit.clock.advance(1000)
    kit.web.sell([{ listing: 'mug', quantity: 2 }])
    kit.web.change('o1', (order) => {
      order.cancelRequested = true
    })
    await pass(kit)
    expect(kit.east.orders.size).toBe(0)
    expect(told.map(({ type }) => type).sort()).toEqual(['order.attention', 'order.cancel_requested'])
    kit.clock.advance(1000)
    kit.web.change('o1', (order) => {
      order.cancelRequested = false
    })
    await pass(kit)
    expect(kit.east.orders.size).toBe(1)
  })
})

describe('an order that the platform ships from its own stock', () => {
  it('never touches the pool', async () => {
    const kit = await changed({
      now: (order) => ({
        ...order,
        lines: order.lines.map((line) => ({ ...line, fulfilledBy: 'platform' as const })),
      }),
    })
    await expectStock(kit, { available: 10, reserved: 0 })
    expect(kit.east.orders.size).toBe(0)
    expect(await kit.hub.orders.get('web', 'o1')).toMatchObject({ lines: [{ state: 'platform', taken: 0 }] })
  })
})

describe('a line whose listing is not linked', () => {
  it('waits, the rest of the order goes on, a person is told how, and linking it resumes it', async () => {
    const kit = setUp()
    const told = heard(kit.hub, 'order.attention')
    await stocked(kit, { east: 10 })
    await kit.hub.items.put({ sku: 'CUP' })
    kit.east.onHand.set('CUP', 5)
    await pass(kit)
    kit.web.shown.set('cup', 3)
    kit.clock.advance(1000)
    kit.web.sell([
      { listing: 'mug', quantity: 2 },
      { listing: 'cup', quantity: 1 },
    ])
    await pass(kit)
    expect([...kit.east.orders.values()].map(({ request }) => request.lines)).toMatchObject([
      [{ sku: 'MUG', quantity: 2 }],
    ])
    expect(told.map(({ data }) => data)).toMatchObject([
      {
        connection: 'web',
        order: 'o1',
        line: 'l2',
        reason: expect.stringContaining('hub.listings.link({ sku'),
      },
    ])
    await kit.hub.listings.link({ sku: 'CUP', connection: 'web', listing: 'cup' })
    await pass(kit)
    expect([...kit.east.orders.values()].map(({ request }) => request.lines)).toMatchObject([
      [{ sku: 'MUG', quantity: 2 }],
      [{ sku: 'CUP', quantity: 1 }],
    ])
    expect(await kit.hub.stock.get('CUP')).toMatchObject({ available: 4, reserved: 1 })
    for (let i = 0; i < 2; i++) await pass(kit)
    expect(kit.web.shown.get('cup')).toBe(4)
  })
})

describe('an order without an address', () => {
  it('is not sent blindly: its job is dead and says what to do, and goes on when the address is there', async () => {
    const change: { now: Change } = { now: (order) => ({ ...order, shipTo: null }) }
    const kit = await changed(change)
    expect(kit.east.orders.size).toBe(0)
    const [dead] = await kit.hub.jobs.list({ state: 'dead' })
    expect(dead?.error).toMatchObject({
      code: 'rejected',
      field: 'shipTo',
      remedy: expect.stringContaining('replay'),
    })
    change.now = (order) => order
    kit.clock.advance(1000)
    touch(kit)
    await pass(kit)
    await kit.hub.jobs.replay(dead?.id ?? 0)
    await pass(kit)
    expect(kit.east.orders.size).toBe(1)
    await expectStock(kit, { available: 8, reserved: 2, shown: 8 })
  })
})
