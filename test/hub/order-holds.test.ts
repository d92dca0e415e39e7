import { describe, expect, it, vi } from 'vitest'
import { StockpoolError } from '../../src/error.ts'
import type { ChannelOrder } from '../../src/model/order.ts'
import type { OrdersFacet } from '../../src/spec/orders.ts'
import { expectStock, type Kit, newFile, pass, setUp, stocked } from './kit.ts'

/** An order of two mugs on web, which has no holds of its own; `paid: false`: it does not go to the warehouse yet. */
async function ordered({ paid = true } = {}) {
  const kit = setUp()
  const facts: { payment: ChannelOrder['payment'] } = { payment: paid ? 'paid' : 'pending' }
  const read = kit.web.snapshot.bind(kit.web)
  kit.web.snapshot = (order) => ({ ...read(order), ...facts })
  await stocked(kit, { east: 10 })
  kit.clock.advance(1000)
  kit.web.sell([{ listing: 'mug', quantity: 2 }])
  await pass(kit)
  const pay = async () => {
    facts.payment = 'paid'
    kit.clock.advance(1000)
    kit.web.change('o1', () => {})
    await pass(kit)
  }
  return { kit, pay }
}

describe('an order that the merchant holds', () => {
  it('keeps its stock, goes to no warehouse whatever the channel says, and goes on when it is released', async () => {
    const { kit, pay } = await ordered({ paid: false })
    expect(await kit.hub.orders.hold('web', 'o1', { reason: 'fraud' })).toEqual({ atWarehouse: [] })
    await pay()
    expect(kit.east.orders.size).toBe(0)
    await expectStock(kit, { available: 8, reserved: 2, shown: 8 })
    expect(await kit.hub.orders.holds()).toMatchObject([{ connection: 'web', order: 'o1', reason: 'fraud' }])
    await kit.hub.orders.release('web', 'o1')
    await kit.hub.orders.release('web', 'o1')
    await pass(kit)
    expect(kit.east.orders.size).toBe(1)
    expect(await kit.hub.orders.holds('web')).toEqual([])
    const texts = (await kit.hub.orders.timeline('web', 'o1')).map(({ text }) => text)
    expect(texts.filter((text) => text === 'held' || text === 'released')).toEqual(['held', 'released'])
    // A channel without holds of its own is not asked.
    expect(await kit.hub.jobs.list({})).toEqual([])
  })

  it('is told of whom it is with already, and that one goes on', async () => {
    const { kit } = await ordered()
    expect(kit.east.orders.size).toBe(1)
    expect(await kit.hub.orders.hold('web', 'o1')).toEqual({ atWarehouse: ['east'] })
    await pass(kit)
    expect(kit.east.orders.size).toBe(1)
  })

  it('is not listed once it is over', async () => {
    const { kit } = await ordered({ paid: false })
    await kit.hub.orders.hold('web', 'o1')
    kit.clock.advance(1000)
    kit.web.cancel('o1')
    await pass(kit)
    expect(await kit.hub.orders.holds()).toEqual([])
    await expectStock(kit, { available: 10, reserved: 0 })
  })

  it('must be known, and be held for a known reason', async () => {
    const { kit } = await ordered()
    await expect(kit.hub.orders.hold('web', 'o9')).rejects.toMatchObject({ code: 'not_found' })
    await expect(kit.hub.orders.release('web', 'o9')).rejects.toMatchObject({ code: 'not_found' })
    await expect(kit.hub.orders.hold('web', 'o1', { reason: 'mood' as 'other' })).rejects.toMatchObject({
      code: 'invalid_input',
      field: 'reason',
    })
  })
})

/** A hub whose web answers so of its orders. */
const holding = (kit: Kit, orders: OrdersFacet) =>
  kit.open({
    connections: { web: { ...kit.web.connection(), orders }, east: kit.east.connection() },
  } as object)

describe('an order that is held on a channel with holds of its own', () => {
  it('goes on when staff release it there before the hub has read its own hold', async () => {
    const kit = setUp({ file: await newFile() })
    const facts: Partial<ChannelOrder> = { payment: 'pending' }
    const snapshot = kit.web.snapshot.bind(kit.web)
    kit.web.snapshot = (order) => ({ ...snapshot(order), ...facts })
    const change = (now: Partial<ChannelOrder>) => {
      Object.assign(facts, now)
      kit.clock.advance(1000)
      kit.web.change('o1', () => {})
    }
    await stocked(kit, { east: 10 })
    kit.web.sell([{ listing: 'mug', quantity: 2 }])
    await pass(kit)
    const web = kit.web.connection()
    const reading = Promise.withResolvers<void>()
    const held = Promise.withResolvers<void>()
    let looks = 0
    const orders: OrdersFacet = {
      ...web.orders,
      async read(context, cursor) {
        const error = new StockpoolError('invalid_input', 'it cannot be read')
        return { ...(await web.orders.read(context, cursor)), orders: [], unreadable: [{ id: 'o1', error }] }
      },
      async hold() {
        await reading.promise
        change({ status: 'on_hold' })
        return { outcome: 'held' }
      },
      async release() {},
      async get(context, id) {
        looks += 1
        if (looks === 1) {
          reading.resolve()
          await held.promise
          change({ status: 'open', payment: 'paid' })
          return web.orders.get(context, id)
        }
        const seen = await web.orders.get(context, id)
        held.resolve()
        await vi.waitFor(async () =>
          expect(await other.orders.get('web', 'o1')).toMatchObject({ status: 'open' }),
        )
        return seen
      },
    }
    const other = holding(kit, orders)
    await other.orders.hold('web', 'o1')
    await other.sync()
    expect(await other.orders.holds()).toEqual([])
    await pass(kit)
    expect(kit.east.orders.size).toBe(1)
  })

  it('has its parcels told once it is let go, though that was given up while it was held', async () => {
    const kit = setUp({ options: { maxAttempts: 2 } })
    let status: ChannelOrder['status'] = 'open'
    const snapshot = kit.web.snapshot.bind(kit.web)
    kit.web.snapshot = (order) => ({ ...snapshot(order), status })
    await stocked(kit, { own: 10 })
    kit.clock.advance(1000)
    kit.web.sell([{ listing: 'mug', quantity: 2 }])
    await pass(kit)
    const become = async (now: ChannelOrder['status']) => {
      status = now
      kit.clock.advance(1000)
      kit.web.change('o1', () => {})
      await pass(kit)
    }
    await become('on_hold')
    kit.web.fault = (call) => {
      if (call === 'shipments.confirm' && status === 'on_hold')
        throw new StockpoolError('rejected', 'the order is on hold', { retryable: true })
    }
    const tracking = { carrier: 'UPS', trackingNumber: '1Z999AA10123456784' }
    await kit.hub.shipments.add({ connection: 'web', order: 'o1', ...tracking, key: 'p1' })
    for (let i = 0; i < 4; i++) await pass(kit, 3_600_000)
    expect(await kit.hub.jobs.list({ state: 'dead' })).toMatchObject([{ kind: 'shipment.confirm' }])
    await become('open')
    await pass(kit)
    expect(kit.web.parcels.size).toBe(1)
    expect(await kit.hub.jobs.list({})).toEqual([])
  })

  it('is let go there when that was wished for while the hold was being refused', async () => {
    const kit = setUp({ file: await newFile() })
    await stocked(kit, { own: 10 })
    kit.web.sell([{ listing: 'mug', quantity: 2 }])
    await pass(kit)
    const asked: string[] = []
    const hub = holding(kit, {
      ...kit.web.connection().orders,
      async hold() {
        asked.push('hold')
        await hub.orders.release('web', 'o1')
        // One part of the order is held there by now, and the next one cannot be.
        throw new StockpoolError('rejected', 'ten holds are on it already')
      },
      async release() {
        asked.push('release')
      },
    })
    await hub.orders.hold('web', 'o1')
    await hub.sync()
    expect(asked).toEqual(['hold', 'release'])
    expect(await hub.jobs.list({})).toEqual([])
  })
})
