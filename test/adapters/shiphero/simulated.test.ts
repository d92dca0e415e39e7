import { describe, expect, it } from 'vitest'
import { virtualClock } from '../../../src/simulator/index.ts'
import type { FulfillmentOrder } from '../../../src/spec/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'
import { request, stage } from './fixtures.ts'

type Stage = Awaited<ReturnType<typeof stage>>
interface State {
  readonly stock: readonly { onHand: number; committed: number; backorder: number; fulfillable: number }[]
  readonly orders: readonly {
    id: string
    reference: string
    status: string
    history: string[]
    lines: readonly { sku: string; quantity: number; shipped: number; cancelled: number }[]
  }[]
}

const reference = 'web-1001-1'
const stateOf = ({ simulator }: Stage) => simulator.state() as State
const at = () => stage({ clock: virtualClock() })

/** A stage with stock, and an order of five mugs in it. */
async function sold(quantity = 20, more: Parameters<typeof request>[0] = {}) {
  const shop = await at()
  await shop.simulator.control('stock', { sku: 'MUG-RED', quantity })
  await shop.simulator.control('stock', { sku: 'CAP', quantity })
  const order = await shop.facet.submit(shop.context, request(more))
  const get = async (): Promise<FulfillmentOrder> => {
    const found = await shop.facet.get(shop.context, reference)
    if (found === null) throw new Error('no order')
    return found
  }
  const free = async () => {
    const { readings } = await shop.facet.stock(shop.context, { skus: ['MUG-RED'], cursor: null })
    return readings.map(({ quantity: units }) => units)
  }
  const control = (name: string, body: object = {}) =>
    shop.simulator.control(name, name === 'stock' || name === 'receive' ? body : { reference, ...body })
  return { ...shop, order, get, free, control, [Symbol.asyncDispose]: shop[Symbol.asyncDispose] }
}

const both = {
  lines: [
    { sku: 'MUG-RED', title: 'Red mug', quantity: 5 },
    { sku: 'CAP', title: 'Cap', quantity: 2 },
  ],
}

describe('an order at ShipHero', () => {
  it('is allocated, labelled, shipped and delivered', async () => {
    await using shop = await sold()
    const { order, get, control, free, simulator } = shop
    expect(order).toMatchObject({
      status: 'accepted',
      allocated: true,
      attention: null,
      parcels: [],
      cancelled: [],
    })
    expect(await free()).toEqual([15])
    await control('ship', { labelOnly: true })
    expect(await get()).toMatchObject({ status: 'labelled', rawStatus: 'pending', parcels: [] })
    await control('ship', { pickedUp: false })
    expect(await get()).toMatchObject({
      status: 'shipped',
      rawStatus: 'fulfilled',
      parcels: [{ status: 'info_received', handedOverAt: null, carrier: 'ups' }],
    })
    expect(await free()).toEqual([15])
    await control('pickup')
    expect(await get()).toMatchObject({ status: 'shipped', parcels: [{ status: 'in_transit' }] })
    await control('deliver')
    expect(await get()).toMatchObject({ status: 'delivered', parcels: [{ status: 'delivered' }] })
    expect(simulator.errors).toEqual([])
  })

  it('in three boxes is three parcels, each with its tracking and its units', async () => {
    await using shop = await sold(20, both)
    await shop.control('ship', { boxes: 3 })
    const { parcels } = await shop.get()
    expect(parcels.map(({ lines }) => lines)).toEqual([
      [
        { sku: 'MUG-RED', quantity: 2 },
        { sku: 'CAP', quantity: 1 },
      ],
      [
        { sku: 'MUG-RED', quantity: 2 },
        { sku: 'CAP', quantity: 1 },
      ],
      [{ sku: 'MUG-RED', quantity: 1 }],
    ])
    expect(new Set(parcels.map(({ trackingNumber }) => trackingNumber)).size).toBe(3)
  })

  it('waits for stock: what is owed is off the readings, and goods that come in go to it first', async () => {
    await using shop = await sold(2)
    expect(shop.order).toMatchObject({ status: 'backordered', allocated: true })
    expect(shop.order.attention).toContain('3 of MUG-RED is out of stock')
    expect(await shop.free()).toEqual([-3])
    await shop.control('receive', { sku: 'MUG-RED', quantity: 4 })
    expect(await shop.get()).toMatchObject({ status: 'accepted', attention: null })
    expect(await shop.free()).toEqual([1])
  })

  it('whose label is voided has its tracking withdrawn, and ships anew', async () => {
    await using shop = await sold()
    await shop.control('ship', { pickedUp: false })
    const [first] = (await shop.get()).parcels
    await shop.control('void')
    const voided = await shop.get()
    expect(voided).toMatchObject({
      status: 'accepted',
      cancelled: [],
      parcels: [{ id: first?.id, withdrawn: true }],
    })
    expect(await shop.free()).toEqual([15])
    await shop.control('ship')
    const { parcels, status } = await shop.get()
    expect(status).toBe('shipped')
    expect(parcels.map(({ withdrawn }) => withdrawn)).toEqual([true, false])
    expect(parcels[1]?.trackingNumber).not.toBe(first?.trackingNumber)
  })

  it('that is taken on slowly is not off the readings until ShipHero has looked at it', async () => {
    await using shop = await at()
    const { simulator, facet, context } = shop
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 20 })
    await simulator.control('slow', { slow: true })
    expect(await facet.submit(context, request())).toMatchObject({ status: 'accepted', allocated: false })
    await simulator.control('clock', { advanceMs: 90_000 })
    await simulator.control('slow', { slow: false })
    const taken = await facet.get(context, reference)
    expect(taken?.allocated).toBe(true)
    expect(taken?.acceptedAt).toBeGreaterThanOrEqual(simulator.clock.now() - 1_000)
  })

  it('ships from the warehouse that was chosen', async () => {
    await using shop = await at()
    const { simulator, facet, context } = shop
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 9 })
    await simulator.control('stock', { sku: 'CAP', quantity: 9, location: 8002 })
    const west = simulator.warehouses[1]
    await facet.submit(
      context,
      request({ location: west ?? null, lines: [{ sku: 'CAP', title: '', quantity: 2 }] }),
    )
    const { readings } = await facet.stock(context, { skus: ['CAP'], cursor: null })
    expect(readings).toMatchObject([{ location: west, quantity: 7 }])
    await simulator.control('ship')
    expect(await facet.get(context, reference)).toMatchObject({ status: 'shipped' })
  })
})

describe('cancelling', () => {
  it('stops an order of which nothing was shipped, and may be repeated', async () => {
    await using shop = await sold()
    expect(await shop.facet.cancel(shop.context, shop.order)).toEqual({ outcome: 'stopped' })
    expect(await shop.get()).toMatchObject({
      status: 'cancelled',
      cancelled: [{ sku: 'MUG-RED', quantity: 5 }],
    })
    expect(await shop.facet.cancel(shop.context, shop.order)).toEqual({ outcome: 'stopped' })
    expect(shop.simulator.count('CancelOrder')).toBe(1)
    expect(await shop.free()).toEqual([20])
  })

  it('stops the rest of an order that was shipped in part', async () => {
    await using shop = await sold()
    await shop.control('ship', { lines: [{ sku: 'MUG-RED', quantity: 2 }] })
    expect(await shop.facet.cancel(shop.context, shop.order)).toEqual({ outcome: 'unknown' })
    expect(await shop.get()).toMatchObject({
      status: 'shipped',
      rawStatus: 'fulfilled',
      cancelled: [{ sku: 'MUG-RED', quantity: 3 }],
    })
    expect(await shop.free()).toEqual([18])
  })

  it('is too late once all was shipped', async () => {
    await using shop = await sold()
    await shop.control('ship')
    expect(await shop.facet.cancel(shop.context, shop.order)).toEqual({ outcome: 'too_late' })
    expect(shop.simulator.count('CancelOrder')).toBe(0)
  })

  it('is a request while it is being packed: the order is held, with a note, and the warehouse decides', async () => {
    await using shop = await sold()
    await shop.control('ship', { labelOnly: true })
    const asked = await shop.facet.cancel(shop.context, shop.order)
    expect(asked.outcome).toBe('unknown')
    expect(asked.detail).toMatch(/put on client hold.*being packed/)
    expect(await shop.get()).toMatchObject({
      status: 'on_hold',
      attention: expect.stringContaining('client hold'),
    })
    expect(stateOf(shop).orders[0]?.history).toEqual([
      'stockpool: the order is not wanted any more: cancel it, or release the client hold and ship it',
    ])
    // Asked again, it is not noted again.
    await shop.facet.cancel(shop.context, shop.order)
    expect(stateOf(shop).orders[0]?.history).toHaveLength(1)
    await shop.control('cancel')
    expect(await shop.facet.cancel(shop.context, shop.order)).toEqual({ outcome: 'stopped' })
  })

  it('that ShipHero accepts and does not do is not called stopped', async () => {
    await using shop = await sold()
    shop.simulator.faults.arm({ operation: 'CancelOrder', kind: 'accepted_not_applied' })
    expect((await shop.facet.cancel(shop.context, shop.order)).outcome).toBe('unknown')
    expect((await shop.facet.cancel(shop.context, shop.order)).outcome).toBe('stopped')
  })

  it('of an order that nobody has is an error, not a success', async () => {
    await using shop = await sold()
    await expect(
      shop.facet.cancel(shop.context, { id: 'T3JkZXI6MQ==', reference: 'x' }),
    ).rejects.toMatchObject({
      code: 'not_found',
    })
  })
})

describe('keeping a part', () => {
  const kept = [
    { sku: 'MUG-RED', quantity: 3 },
    { sku: 'CAP', quantity: 2 },
  ]

  it('takes the rest off the lines, and may be repeated', async () => {
    await using shop = await sold(20, both)
    expect(await shop.facet.keep(shop.context, shop.order, kept)).toEqual({ outcome: 'stopped' })
    expect(await shop.facet.keep(shop.context, shop.order, kept)).toEqual({ outcome: 'stopped' })
    expect(shop.simulator.count('UpdateOrderLines')).toBe(1)
    expect((await shop.get()).cancelled).toEqual([{ sku: 'MUG-RED', quantity: 2 }])
    expect(await shop.free()).toEqual([17])
    await shop.control('ship')
    expect(await shop.get()).toMatchObject({
      status: 'shipped',
      cancelled: [{ sku: 'MUG-RED', quantity: 2 }],
    })
  })

  it('counts what has shipped already', async () => {
    await using shop = await sold(20, both)
    await shop.control('ship', { lines: [{ sku: 'MUG-RED', quantity: 2 }] })
    expect(await shop.facet.keep(shop.context, shop.order, kept)).toEqual({ outcome: 'stopped' })
    expect((await shop.get()).cancelled).toEqual([{ sku: 'MUG-RED', quantity: 2 }])
  })

  it('is too late where more has shipped than shall be left', async () => {
    await using shop = await sold(20, both)
    await shop.control('ship', { lines: [{ sku: 'MUG-RED', quantity: 4 }] })
    expect(await shop.facet.keep(shop.context, shop.order, kept)).toEqual({ outcome: 'too_late' })
    expect((await shop.get()).cancelled).toEqual([{ sku: 'MUG-RED', quantity: 1 }])
  })

  it('of nothing cancels the order', async () => {
    await using shop = await sold(20, both)
    expect(await shop.facet.keep(shop.context, shop.order, [])).toEqual({ outcome: 'stopped' })
    expect((await shop.get()).status).toBe('cancelled')
  })

  it('is a request while it is being packed', async () => {
    await using shop = await sold(20, both)
    await shop.control('ship', { labelOnly: true })
    expect((await shop.facet.keep(shop.context, shop.order, kept)).outcome).toBe('unknown')
    expect((await shop.get()).status).toBe('on_hold')
  })
})

describe('two of one reference', () => {
  it('made at the same moment come to one: the younger is taken back and renamed', async () => {
    await using shop = await at()
    const { simulator, facet, context, connection } = shop
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 20 })
    const other = adapterContext(connection, { clock: simulator.clock })
    const made = await Promise.all([facet.submit(context, request()), facet.submit(other, request())])
    expect(new Set(made.map(({ id }) => id)).size).toBe(1)
    const { orders } = stateOf(shop)
    expect(orders.map(({ status }) => status).sort()).toEqual(['canceled', 'pending'])
    expect(orders.filter((each) => each.reference === reference)).toMatchObject([{ status: 'pending' }])
    const { readings } = await facet.stock(context, { skus: null, cursor: null })
    expect(readings.map(({ quantity }) => quantity)).toEqual([15])
  })

  it('that the index hid are told to a person, and the eldest counts', async () => {
    await using shop = await at()
    const { simulator, facet, context } = shop
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 20 })
    const first = await facet.submit(context, request())
    // Neither the look before nor the one after sees the first, which was made a moment ago.
    simulator.faults.arm({ operation: 'OrdersByReference', kind: 'stale_read', times: 2 })
    await facet.submit(context, request())
    const found = await facet.get(context, reference)
    expect(found?.id).toBe(first.id)
    expect(found?.attention).toMatch(/ShipHero has the order more than once: cancel \d+ there/)
  })

  it('of which one is cancelled: its news never pass for those of the other', async () => {
    await using shop = await at()
    const { simulator, facet, context } = shop
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 20 })
    const first = await facet.submit(context, request())
    simulator.faults.arm({ operation: 'OrdersByReference', kind: 'stale_read', times: 2 })
    const second = await facet.submit(context, request())
    await facet.cancel(context, second)
    const page = await facet.updates(context, null)
    expect(page.orders.map(({ id, status }) => [id, status])).toEqual([
      [first.id, 'accepted'],
      [first.id, 'accepted'],
    ])
  })
})

it('returns tell what came back and what became of it, and restocked goods are in the next reading', async () => {
  await using shop = await sold()
  await shop.control('ship')
  const opened = await shop.simulator.control<{ return: string }>('returns/open', {
    reference,
    lines: [{ sku: 'MUG-RED', quantity: 3 }],
  })
  const first = await shop.facet.returns(shop.context, null)
  expect(first.returns).toMatchObject([
    { reference, status: 'approved', lines: [{ expected: 3, received: 0 }] },
  ])
  // A week later it arrives: found by the cursor, although ShipHero lists returns by the day they were opened.
  await shop.simulator.control('clock', { advanceMs: 7 * 86_400_000 })
  await shop.simulator.control('returns/process', {
    return: opened.return,
    lines: [{ sku: 'MUG-RED', quantity: 3, restock: 2, condition: 'Damaged' }],
  })
  const later = await shop.facet.returns(shop.context, first.cursor)
  expect(later.returns).toMatchObject([
    {
      status: 'processed',
      lines: [
        {
          received: 3,
          dispositions: [
            { kind: 'restocked', quantity: 2 },
            { kind: 'damaged', quantity: 1 },
          ],
        },
      ],
    },
  ])
  expect(await shop.free()).toEqual([17])
  // Once it is over it is not asked for again.
  expect((await shop.facet.returns(shop.context, later.cursor)).returns).toEqual([])
})
