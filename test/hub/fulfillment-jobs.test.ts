import { describe, expect, it } from 'vitest'
import { StockpoolError } from '../../src/error.ts'
import { createHub } from '../../src/index.ts'
import type { FulfillmentOrder } from '../../src/spec/fulfillment.ts'
import { storeAt } from '../stores.ts'
import {
  down,
  expectStock,
  failing,
  heard,
  type Kit,
  lostAnswer,
  newFile,
  pass,
  type SetUp,
  setUp,
  stocked,
} from './kit.ts'

/** Ten mugs at the warehouse, of which a shopper buys three; nothing was asked for yet. */
async function bought(setup: SetUp = {}): Promise<Kit & { id: string }> {
  const kit = setUp(setup)
  await stocked(kit, { east: 10 })
  kit.clock.advance(1000)
  const id = kit.web.sell([{ listing: 'mug', quantity: 3 }])
  if (id === null) throw new Error('not sold')
  return { ...kit, id }
}

/** And the warehouse was asked for them. */
async function asked(setup: SetUp = {}) {
  const kit = await bought(setup)
  await pass(kit)
  const [reference = ''] = kit.east.orders.keys()
  return { ...kit, reference }
}

const cancelOne = ({ web, id }: Kit & { id: string }) =>
  web.change(id, ({ lines: [line] }) => {
    if (line) line.cancelled = 1
  })

/** The warehouse's orders, as [status, units]. */
const orders = ({ east }: Kit) =>
  [...east.orders.values()].map(({ status, request }) => [status, request.lines[0]?.quantity])

const packed = (quantity: number): FulfillmentOrder['parcels'][number] => ({
  id: 'p1',
  carrier: 'ups',
  carrierName: 'UPS',
  service: null,
  trackingNumber: null,
  trackingUrl: null,
  labelledAt: '2026-03-01T08:00:01.000Z',
  handedOverAt: null,
  deliveredAt: null,
  status: 'info_received',
  rawStatus: 'labelled',
  withdrawn: false,
  lines: [{ sku: 'MUG', quantity }],
})

describe('an order that the warehouse does not show', () => {
  it('counts as never given only after minutes; a person hears of the rest that is asked for anew', async () => {
    const kit = await bought()
    const told = heard(kit.hub, 'order.attention')
    failing(kit.east, 'submit', lostAnswer(), { phase: 'after' })
    kit.east.lags = true
    await pass(kit)
    cancelOne(kit)
    for (let i = 0; i < 3; i++) await pass(kit, 50_000)
    expect(orders(kit)).toEqual([['accepted', 3]])
    for (let i = 0; i < 3; i++) await pass(kit, 60_000)
    expect(orders(kit)).toEqual([
      ['accepted', 3],
      ['accepted', 2],
    ])
    expect(told.map(({ data }) => data.reason)).toEqual([expect.stringContaining('does not show it')])
    // It was there after all: until it is known to be stopped, so is what might double it.
    kit.east.lags = false
    for (let i = 0; i < 3; i++) await pass(kit)
    expect(orders(kit)).toEqual([
      ['cancelled', 3],
      ['cancelled', 2],
      ['accepted', 2],
    ])
    await expectStock(kit, { available: 8, reserved: 2, shown: 8 })
    expect(await kit.hub.jobs.list()).toEqual([])
  })

  it('is not called absent because the warehouse was away for as many attempts', async () => {
    const kit = await bought()
    failing(kit.east, 'submit', lostAnswer(), { phase: 'after' })
    kit.east.lags = true
    await pass(kit)
    failing(kit.east, 'get', new StockpoolError('unavailable', 'down'), { times: 4 })
    cancelOne(kit)
    for (let i = 0; i < 12; i++) await pass(kit, 12_000)
    expect(orders(kit)).toEqual([['accepted', 3]])
  })
})

describe('an order that the warehouse refused', () => {
  it('is repeated under its own reference when a person resumes: it may have been made all the same', async () => {
    const kit = await bought()
    kit.east.lags = true
    const refusal = new StockpoolError('rejected', 'the reference is not free')
    failing(kit.east, 'submit', refusal, { phase: 'after' })
    await pass(kit)
    expect(await kit.hub.jobs.list({ state: 'dead' })).toMatchObject([{ kind: 'fulfillment.submit' }])
    for (let i = 0; i < 2; i++) {
      await kit.hub.orders.resume('web', kit.id)
      await pass(kit)
    }
    kit.east.lags = false
    await pass(kit)
    expect(orders(kit)).toEqual([['accepted', 3]])
    await expectStock(kit, { available: 7, reserved: 3, shown: 7 })
    expect(await kit.hub.jobs.list()).toEqual([])
  })

  it('by its own later word is told, and gets a new reference; late news do not bring it back', async () => {
    const kit = await asked()
    const told = heard(kit.hub, 'order.attention')
    const { acceptedAt } = kit.east.orders.get(kit.reference) ?? { acceptedAt: 0 }
    kit.clock.advance(60_000)
    kit.east.tell(kit.reference, { status: 'rejected' })
    await pass(kit)
    expect(told.map(({ data }) => data.reason)).toEqual([expect.stringContaining('rejected the order')])
    kit.east.tell(kit.reference, { status: 'accepted', updatedAt: acceptedAt })
    await pass(kit)
    kit.east.tell(kit.reference, { status: 'rejected' })
    await kit.hub.orders.resume('web', kit.id)
    await pass(kit)
    expect(orders(kit)).toEqual([
      ['rejected', 3],
      ['accepted', 3],
    ])
  })
})

describe('an order that the warehouse gave up', () => {
  it('after it packed a part: only what is in no parcel is asked for anew', async () => {
    const kit = await asked()
    kit.east.tell(kit.reference, { status: 'cancelled', parcels: [packed(2)] })
    await pass(kit)
    for (let i = 0; i < 2; i++) {
      await kit.hub.orders.resume('web', kit.id)
      await pass(kit)
    }
    expect(orders(kit)).toEqual([
      ['cancelled', 3],
      ['accepted', 1],
    ])
  })
})

describe('a request to stop that is not decided', () => {
  it('ends with the next news: what was stopped with it is asked for anew, what left counts', async () => {
    const kit = await asked()
    kit.east.cancelAnswers = 'unknown'
    // One more than was meant is stopped; the third is packed.
    kit.east.fault = (call, phase) => {
      if (call === 'cancel' && phase === 'after') kit.east.giveUp(kit.reference, 'MUG', 2)
    }
    cancelOne(kit)
    for (let i = 0; i < 3; i++) await pass(kit, 61_000)
    expect(orders(kit)).toEqual([
      ['accepted', 3],
      ['accepted', 1],
    ])
    for (const reference of kit.east.orders.keys()) kit.east.ship(reference)
    for (let i = 0; i < 3; i++) await pass(kit, 61_000)
    await expectStock(kit, { available: 8, reserved: 0, shown: 8 })
    expect(kit.web.orders.get(kit.id)?.status).toBe('shipped')
    expect(await kit.hub.jobs.list()).toEqual([])
  })
})

describe('a label that is changed while the channel is told of it', () => {
  it('is corrected there', async () => {
    const file = await newFile()
    const kit = await asked({ file, web: { corrects: true } })
    failing(kit.web, 'shipments.confirm', down())
    kit.east.ship(kit.reference)
    await pass(kit)
    expect(kit.web.parcels.size).toBe(0)
    // One worker tells the channel while another hears of the new label.
    const teller = createHub({
      store: storeAt(file),
      connections: { web: kit.web.connection() },
      clock: kit.clock,
    })
    kit.web.confirming = async () => {
      kit.clock.advance(1000)
      const labels = kit.east.orders.get(kit.reference)?.parcels ?? []
      kit.east.tell(kit.reference, { parcels: labels.map((one) => ({ ...one, trackingNumber: 'NEW' })) })
      const { web, east } = await kit.hub.sync()
      expect([web.skipped, east.skipped]).toEqual(['leased', null])
    }
    kit.clock.advance(60_000)
    await teller.sync()
    await teller.close()
    expect(kit.web.calls.filter((call) => call === 'shipments.confirm')).toHaveLength(2)
    for (let i = 0; i < 2; i++) await pass(kit)
    expect([...kit.web.parcels.values()]).toMatchObject([{ tracking: 'NEW' }])
  })
})

describe('another encryption key', () => {
  const key = (encryptionKey: string) => ({ options: { encryptionKey } })
  const [right, wrong] = ['the key of the beginning', 'the key of another day']

  it('keeps no news of a warehouse away', async () => {
    const kit = await asked({ ...key(right), file: await newFile() })
    await kit.hub.close()
    const late = { ...kit, hub: kit.open({ encryptionKey: wrong }) }
    kit.east.ship(kit.reference)
    for (let i = 0; i < 2; i++) await pass(late)
    await expectStock(late, { available: 7, reserved: 0, shown: 7 })
    expect([...kit.web.parcels.values()]).toMatchObject([{ order: kit.id }])
  })

  it('stops the one job that needs an address, which can be replayed with the right one', async () => {
    const kit = await bought({ ...key(right), file: await newFile() })
    failing(kit.east, 'submit', new StockpoolError('unavailable', 'down'))
    await pass(kit)
    await kit.hub.close()
    const late = { ...kit, hub: kit.open({ encryptionKey: wrong }) }
    await pass(late, 60_000)
    const [job] = await late.hub.jobs.list({ state: 'dead' })
    expect(job).toMatchObject({ kind: 'fulfillment.submit', error: { field: 'encryptionKey' } })
    await late.hub.close()
    const again = { ...kit, hub: kit.open() }
    await again.hub.jobs.replay(job?.id ?? 0)
    await pass(again)
    expect(orders(kit)).toEqual([['accepted', 3]])
  })
})

describe('a cancellation by the merchant that comes too late', () => {
  it('is told to a person, and nothing is asked of the warehouse', async () => {
    const kit = await asked()
    const told = heard(kit.hub, 'order.attention')
    kit.web.change(kit.id, (order) => {
      order.status = 'shipped'
    })
    await kit.hub.orders.cancel('web', kit.id)
    await pass(kit)
    expect(told.map(({ data }) => data.reason)).toEqual([expect.stringContaining('too late to cancel')])
    const texts = (await kit.hub.orders.timeline('web', kit.id)).map(({ text }) => text)
    expect(texts).toContain('web: too late to cancel')
    expect(kit.east.calls).not.toContain('cancel')
  })
})
