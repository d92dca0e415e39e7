import { describe, expect, it } from 'vitest'
import type { ChannelOrder } from '../../src/model/order.ts'
import { expectStock, pass, setUp, stocked } from './kit.ts'

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
