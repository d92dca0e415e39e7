import { describe, expect, it } from 'vitest'
import { StockpoolError } from '../../src/error.ts'
import type { FakeWarehouse } from './fakes.ts'
import { expectStock, failing, heard, type Kit, lostAnswer, pass, setUp, stocked } from './kit.ts'

/** The warehouse's orders, as [status, units]. */
const asked = (east: FakeWarehouse) =>
  [...east.orders.values()].map(({ status, request }) => [
    status,
    request.lines.reduce((sum, { quantity }) => sum + quantity, 0),
  ])

/** Ten mugs at the warehouse, two of them sold and asked for. */
async function sold(quantity = 2, east: { keeps?: boolean } = {}): Promise<Kit & { id: string }> {
  const kit = setUp({ east })
  await stocked(kit, { east: 10 })
  kit.clock.advance(1000)
  const id = kit.web.sell([{ listing: 'mug', quantity }])
  if (id === null) throw new Error('not sold')
  await pass(kit)
  return { ...kit, id }
}

const texts = async ({ hub, id }: Kit & { id: string }) =>
  (await hub.orders.timeline('web', id)).map(({ text }) => text)

describe('the channel cancels an order', () => {
  it('before it was given to the warehouse: nothing is ever asked for', async () => {
    const kit = setUp()
    await stocked(kit, { east: 10 })
    kit.clock.advance(1000)
    const id = kit.web.sell([{ listing: 'mug', quantity: 2 }]) ?? ''
    failing(kit.east, 'submit', lostAnswer(), { times: 9, phase: 'before' })
    await pass(kit)
    kit.web.cancel(id)
    kit.east.fault = () => {}
    for (let i = 0; i < 4; i++) await pass(kit, 60_000)
    expect(asked(kit.east)).toEqual([])
    await expectStock(kit, { available: 10, reserved: 0, shown: 10 })
    expect(await kit.hub.jobs.list()).toEqual([])
  })

  it('whose submission was in doubt: it is stopped, or was never there, but never sent again', async () => {
    for (const phase of ['before', 'after'] as const) {
      const kit = setUp()
      await stocked(kit, { east: 10 })
      kit.clock.advance(1000)
      const id = kit.web.sell([{ listing: 'mug', quantity: 2 }]) ?? ''
      failing(kit.east, 'submit', lostAnswer(), { phase })
      await pass(kit)
      kit.web.cancel(id)
      kit.east.calls.length = 0
      for (let i = 0; i < 4; i++) await pass(kit, 60_000)
      expect(kit.east.calls).not.toContain('submit')
      expect(asked(kit.east)).toEqual(phase === 'after' ? [['cancelled', 2]] : [])
      await expectStock(kit, { available: 10, reserved: 0, shown: 10 })
      expect(await kit.hub.jobs.list()).toEqual([])
    }
  })

  it('after: the warehouse is asked to stop', async () => {
    const kit = await sold()
    expect(asked(kit.east)).toEqual([['accepted', 2]])
    kit.web.cancel(kit.id)
    for (let i = 0; i < 2; i++) await pass(kit)
    expect(asked(kit.east)).toEqual([['cancelled', 2]])
    await expectStock(kit, { available: 10, reserved: 0, shown: 10 })
    expect(await texts(kit)).toContain('east: stopped')
  })

  it('after it left: too late, a person is told, and the stock is exact', async () => {
    const kit = await sold()
    const told = heard(kit.hub, 'order.attention')
    for (const reference of kit.east.orders.keys()) kit.east.ship(reference)
    kit.web.cancel(kit.id)
    for (let i = 0; i < 3; i++) await pass(kit, 60_000)
    expect(asked(kit.east)).toEqual([['shipped', 2]])
    await expectStock(kit, { available: 8, reserved: 0, shown: 8 })
    expect(told.map(({ data }) => data.reason)).toEqual([
      expect.stringContaining('left although the order is cancelled'),
    ])
    expect(kit.web.parcels.size).toBe(0)
    expect(await kit.hub.jobs.list()).toEqual([])
  })

  it('and the warehouse cannot say yet: its next news decides', async () => {
    const kit = await sold()
    kit.east.cancelAnswers = 'unknown'
    kit.web.cancel(kit.id)
    await pass(kit)
    expect(await texts(kit)).toContain('east: asked to stop; not decided yet')
    await pass(kit)
    expect(asked(kit.east)).toEqual([['accepted', 2]])
    kit.east.drop([...kit.east.orders.keys()][0] ?? '')
    for (let i = 0; i < 2; i++) await pass(kit, 61_000)
    await expectStock(kit, { available: 10, reserved: 0, shown: 10 })
    expect(await kit.hub.jobs.list()).toEqual([])
  })

  it('in part: what was asked for is taken back, and the rest asked for anew', async () => {
    const kit = await sold(3)
    kit.web.change(kit.id, (order) => {
      for (const line of order.lines) line.cancelled = 1
    })
    for (let i = 0; i < 2; i++) await pass(kit)
    expect(asked(kit.east)).toEqual([
      ['cancelled', 3],
      ['accepted', 2],
    ])
    await expectStock(kit, { available: 8, reserved: 2, shown: 8 })
    for (const reference of kit.east.orders.keys()) kit.east.ship(reference)
    for (let i = 0; i < 2; i++) await pass(kit, 60_000)
    await expectStock(kit, { available: 8, reserved: 0, shown: 8 })
    expect([...kit.web.parcels.values()]).toMatchObject([{ order: kit.id, lines: [{ quantity: 2 }] }])
  })

  it('in part and too late: the parcel holds one too many, and all is counted', async () => {
    const kit = await sold(3)
    for (const reference of kit.east.orders.keys()) kit.east.ship(reference)
    kit.web.change(kit.id, (order) => {
      for (const line of order.lines) line.cancelled = 1
    })
    for (let i = 0; i < 3; i++) await pass(kit, 60_000)
    expect(asked(kit.east)).toEqual([['shipped', 3]])
    await expectStock(kit, { available: 7, reserved: 0, shown: 7 })
    expect(kit.web.parcels.size).toBe(1)
  })
})

describe('a part of an order is cancelled, and the warehouse can keep the rest', () => {
  const cancelled = (kit: Kit & { id: string }, units: number) =>
    kit.web.change(kit.id, (order) => {
      for (const line of order.lines) line.cancelled = units
    })
  const kept = ({ east }: Kit) => [...east.orders.values()].map((order) => [order.status, order.cancelled])
  const mug = (quantity: number) => [{ sku: 'MUG', quantity }]

  it('it goes on with the same order, and a little less again later', async () => {
    const kit = await sold(3, { keeps: true })
    const told = heard(kit.hub, 'order.attention')
    for (const units of [1, 2]) {
      cancelled(kit, units)
      for (let i = 0; i < 2; i++) await pass(kit)
      expect(kept(kit)).toEqual([['accepted', mug(units)]])
      await expectStock(kit, { available: 7 + units, reserved: 3 - units, shown: 7 + units })
    }
    expect(await texts(kit)).toContain('east: stopped 1 of MUG')
    for (const reference of kit.east.orders.keys()) kit.east.ship(reference)
    for (let i = 0; i < 2; i++) await pass(kit, 60_000)
    await expectStock(kit, { available: 9, reserved: 0, shown: 9 })
    expect([...kit.web.parcels.values()]).toMatchObject([{ lines: [{ quantity: 1 }] }])
    expect(kit.east.calls).not.toContain('cancel')
    expect([told, await kit.hub.jobs.list()]).toEqual([[], []])
  })

  it('also when the answer was lost, and when its news lag', async () => {
    for (const phase of ['before', 'after'] as const) {
      const kit = await sold(3, { keeps: true })
      const told = heard(kit.hub, 'order.attention')
      failing(kit.east, 'keep', lostAnswer(), { phase })
      cancelled(kit, 1)
      for (let i = 0; i < 3; i++) await pass(kit, 60_000)
      expect(kept(kit)).toEqual([['accepted', mug(1)]])
      await expectStock(kit, { available: 8, reserved: 2, shown: 8 })
      // An older word of it is nothing that the warehouse did unasked.
      kit.east.tell([...kit.east.orders.keys()][0] ?? '', { cancelled: [] })
      for (let i = 0; i < 2; i++) await pass(kit, 60_000)
      expect([told, await kit.hub.jobs.list()]).toEqual([[], []])
      expect(kit.east.orders.size).toBe(1)
    }
  })

  it('and cannot say yet: its next news decide, and it may be asked for less again', async () => {
    const kit = await sold(3, { keeps: true })
    const [reference = ''] = kit.east.orders.keys()
    kit.east.cancelAnswers = 'unknown'
    cancelled(kit, 1)
    for (let i = 0; i < 2; i++) await pass(kit)
    expect(await texts(kit)).toContain('east: asked to stop 1 of MUG; not decided yet')
    expect(kit.east.calls.filter((call) => call === 'keep')).toHaveLength(1)
    kit.east.giveUp(reference, 'MUG', 1)
    kit.east.cancelAnswers = null
    for (let i = 0; i < 2; i++) await pass(kit, 61_000)
    cancelled(kit, 2)
    for (let i = 0; i < 2; i++) await pass(kit)
    expect(kept(kit)).toEqual([['accepted', mug(2)]])
    await expectStock(kit, { available: 9, reserved: 1, shown: 9 })
    expect(await kit.hub.jobs.list()).toEqual([])
  })

  it('but all of it is stopped when nothing is wanted, or when it refuses to keep a part', async () => {
    const whole = await sold(3, { keeps: true })
    whole.web.cancel(whole.id)
    for (let i = 0; i < 2; i++) await pass(whole)
    expect(asked(whole.east)).toEqual([['cancelled', 3]])
    const part = await sold(3, { keeps: true })
    failing(part.east, 'keep', new StockpoolError('rejected', 'it is batched'))
    cancelled(part, 1)
    for (let i = 0; i < 2; i++) await pass(part)
    expect(asked(part.east)).toEqual([
      ['cancelled', 3],
      ['accepted', 2],
    ])
    await expectStock(part, { available: 8, reserved: 2, shown: 8 })
  })
})

describe('the merchant cancels an order', () => {
  it('on its channel and at the warehouse', async () => {
    const kit = await sold()
    await kit.hub.orders.cancel('web', kit.id, { reason: 'out_of_stock' })
    for (let i = 0; i < 2; i++) await pass(kit)
    expect(kit.web.orders.get(kit.id)?.status).toBe('cancelled')
    expect(asked(kit.east)).toEqual([['cancelled', 2]])
    await expectStock(kit, { available: 10, reserved: 0, shown: 10 })
    expect(await texts(kit)).toContain('web: cancelled')
  })

  it('and numbers that the channel changes along with it are shown again, also of what was not in the order', async () => {
    const kit = await sold()
    await kit.hub.items.put({ sku: 'CUP' })
    await kit.hub.stock.receive('CUP', 6, { location: 'main', key: 'cups' })
    kit.web.shown.set('cup', 0)
    await kit.hub.listings.link({ sku: 'CUP', connection: 'web', listing: 'cup' })
    for (let i = 0; i < 2; i++) await pass(kit)
    expect(kit.web.shown.get('cup')).toBe(6)
    kit.web.zeroedByCancel = ['mug', 'cup', 'not-linked']
    await kit.hub.orders.cancel('web', kit.id, { reason: 'out_of_stock' })
    await pass(kit)
    expect(kit.web.shown.get('cup')).toBe(0)
    for (let i = 0; i < 4; i++) await pass(kit, 10_000)
    expect(kit.web.shown.get('cup')).toBe(6)
    await expectStock(kit, { available: 10, reserved: 0, shown: 10 })
  })

  it('that has shipped: the timeline says that it was too late', async () => {
    const kit = await sold()
    for (const reference of kit.east.orders.keys()) kit.east.ship(reference)
    for (let i = 0; i < 2; i++) await pass(kit)
    await kit.hub.orders.cancel('web', kit.id)
    await pass(kit)
    expect(await texts(kit)).toContain('web: too late to cancel')
    await expectStock(kit, { available: 8, reserved: 0, shown: 8 })
  })

  it('once, also when the answer is lost', async () => {
    const kit = await sold()
    failing(kit.web, 'orders.cancel', lostAnswer(), { phase: 'after' })
    await kit.hub.orders.cancel('web', kit.id)
    for (let i = 0; i < 3; i++) await pass(kit, 10_000)
    expect(asked(kit.east)).toEqual([['cancelled', 2]])
    await expectStock(kit, { available: 10, reserved: 0, shown: 10 })
    expect(await kit.hub.jobs.list()).toEqual([])
  })

  it.each([
    ['nowhere', 'o1', 'not_found', 'connection'],
    ['east', 'o1', 'unsupported', 'connection'],
    ['web', 'o99', 'not_found', 'order'],
  ])('of %s, %s: %s', async (connection, order, code, field) => {
    const kit = await sold()
    await expect(kit.hub.orders.cancel(connection as 'web', order)).rejects.toMatchObject({
      code,
      field,
      remedy: expect.any(String),
    })
    expect(await kit.hub.jobs.list()).toEqual([])
  })
})

describe('the warehouse drops an order unasked', () => {
  it('the stock stays reserved, a person is asked, nothing is sent by itself, and resume asks anew', async () => {
    const kit = await sold()
    const told = heard(kit.hub, 'order.attention')
    kit.east.drop([...kit.east.orders.keys()][0] ?? '')
    for (let i = 0; i < 3; i++) await pass(kit)
    expect(asked(kit.east)).toEqual([['cancelled', 2]])
    // The warehouse has them back on its shelf; we still owe them to the buyer.
    await expectStock(kit, { available: 8, reserved: 2, shown: 8 })
    expect(told.map(({ data }) => data.reason)).toEqual([
      expect.stringMatching(/cancelled 2 of MUG unasked.*hub\.orders\.resume/),
    ])
    await kit.hub.orders.resume('web', kit.id)
    for (let i = 0; i < 2; i++) await pass(kit)
    expect(asked(kit.east)).toEqual([
      ['cancelled', 2],
      ['accepted', 2],
    ])
    await expectStock(kit, { available: 8, reserved: 2, shown: 8 })
  })

  it('and the channel cancels it then: everything is free again', async () => {
    const kit = await sold()
    kit.east.drop([...kit.east.orders.keys()][0] ?? '')
    await pass(kit)
    kit.web.cancel(kit.id)
    for (let i = 0; i < 2; i++) await pass(kit)
    await expectStock(kit, { available: 10, reserved: 0, shown: 10 })
    expect(asked(kit.east)).toEqual([['cancelled', 2]])
  })

  it('in part: what it still ships is shipped, and resume asks for the rest only', async () => {
    const kit = await sold(3)
    const [reference = ''] = kit.east.orders.keys()
    kit.east.giveUp(reference, 'MUG', 1)
    await pass(kit)
    kit.east.ship(reference)
    for (let i = 0; i < 2; i++) await pass(kit)
    await expectStock(kit, { available: 7, reserved: 1, shown: 7 })
    await kit.hub.orders.resume('web', kit.id)
    await pass(kit)
    expect(asked(kit.east)).toEqual([
      ['shipped', 3],
      ['accepted', 1],
    ])
  })
})
