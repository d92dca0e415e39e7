import { describe, expect, it } from 'vitest'
import { StockpoolError } from '../../src/error.ts'
import { createHub } from '../../src/index.ts'
import type { Connection } from '../../src/spec/connection.ts'
import type { AdapterContext } from '../../src/spec/context.ts'
import type { UnreadableOrder } from '../../src/spec/orders.ts'
import type { ShipmentNotice } from '../../src/spec/shipments.ts'
import { freshStore } from '../stores.ts'
import { FakeShop, FakeWarehouse, ManualClock } from './fakes.ts'
import { down, expectStock, failing, heard, type Kit, pass, setUp, stocked } from './kit.ts'

const hour = 3_600_000
const broken = (id: string | null, field = 'createdTime'): UnreadableOrder => ({
  id,
  error: new StockpoolError('invalid_input', `${field}: expected a date`, { field, retryable: true }),
})

/** A hub whose platforms also give orders that their adapters cannot read. */
function withUnreadable() {
  const clock = new ManualClock()
  const web = new FakeShop(clock)
  const east = new FakeWarehouse(clock)
  const unreadable = { web: [] as UnreadableOrder[], east: [] as UnreadableOrder[] }
  const shop = web.connection()
  const warehouse = east.connection()
  const isBroken = (list: readonly UnreadableOrder[], id: string) => list.find((one) => one.id === id)
  const shopConnection: Connection = {
    ...shop,
    orders: {
      ...shop.orders,
      async read(context, cursor) {
        const page = await shop.orders.read(context, cursor)
        const orders = page.orders.filter(({ id }) => !isBroken(unreadable.web, id))
        return { ...page, orders, unreadable: [...unreadable.web] }
      },
      async get(context, id) {
        const found = isBroken(unreadable.web, id)
        if (found) throw found.error
        return shop.orders.get(context, id)
      },
    },
  }
  const warehouseConnection: Connection = {
    ...warehouse,
    fulfillment: {
      ...warehouse.fulfillment,
      async updates(context, cursor) {
        const page = await warehouse.fulfillment.updates(context, cursor)
        const orders = page.orders.filter(({ reference }) => !isBroken(unreadable.east, reference))
        return { ...page, orders, unreadable: [...unreadable.east] }
      },
      async get(context, reference) {
        const found = isBroken(unreadable.east, reference)
        if (found) throw found.error
        return warehouse.fulfillment.get(context, reference)
      },
    },
  }
  const logs: string[] = []
  const note = (message: string, facts?: unknown) => logs.push(`${message} ${JSON.stringify(facts ?? {})}`)
  const hub = createHub({
    store: freshStore(),
    connections: { web: shopConnection, east: warehouseConnection },
    clock,
    logger: { debug: note, info: note, warn: note },
    maxAttempts: 2,
  })
  const kit = { clock, web, east, logs, hub } as unknown as Kit
  return { ...kit, kit, unreadable }
}

describe('an order that cannot be read', () => {
  it('does not stop the feed: it is tried again, listed among the dead, and a person is told once', async () => {
    const { kit, hub, web, unreadable } = withUnreadable()
    const told = heard(hub, 'order.attention')
    await stocked(kit, { own: 10 })
    const bad = web.sell([{ listing: 'mug', quantity: 1 }]) ?? ''
    const good = web.sell([{ listing: 'mug', quantity: 2 }]) ?? ''
    unreadable.web = [broken(bad)]
    const report = await pass(kit)
    expect(await hub.orders.get('web', good)).toMatchObject({ id: good })
    expect(report.web?.errors).toEqual([
      expect.objectContaining({ doing: `reading order ${bad}`, code: 'invalid_input' }),
    ])
    for (let i = 0; i < 5; i++) await pass(kit, hour)
    expect(told.map(({ data }) => data)).toEqual([
      { connection: 'web', order: bad, line: null, reason: expect.stringContaining('createdTime') },
    ])
    expect(await hub.jobs.list({ state: 'dead' })).toMatchObject([
      { kind: 'order.fetch', payload: { order: bad }, attempts: 2, error: { field: 'createdTime' } },
    ])
    // The cursor moved on: what came later is read although the platform still gives the bad one.
    const later = web.sell([{ listing: 'mug', quantity: 1 }]) ?? ''
    await pass(kit)
    expect(await hub.orders.get('web', later)).toMatchObject({ id: later })
    expect(web.calls.filter((call) => call === 'orders.get')).toHaveLength(0)
  })

  it('is stored once it can be read, and its dead job is gone', async () => {
    const { kit, hub, web, unreadable } = withUnreadable()
    await stocked(kit, { own: 10 })
    const bad = web.sell([{ listing: 'mug', quantity: 1 }]) ?? ''
    unreadable.web = [broken(bad)]
    for (let i = 0; i < 4; i++) await pass(kit, hour)
    expect(await hub.jobs.list({ state: 'dead' })).toHaveLength(1)
    unreadable.web = []
    web.change(bad, () => {})
    await pass(kit)
    expect(await hub.jobs.list()).toEqual([])
    await expectStock(kit, { available: 9, reserved: 1, shown: 9 })
    expect(await hub.orders.timeline('web', bad)).toEqual(
      expect.arrayContaining([expect.objectContaining({ text: expect.stringContaining('createdTime') })]),
    )
  })

  it('whose id cannot be read either is reported and logged', async () => {
    const { kit, hub, logs, unreadable } = withUnreadable()
    await stocked(kit, { own: 1 })
    unreadable.web = [broken(null, 'orderId')]
    const report = await pass(kit)
    expect(report.web?.errors).toMatchObject([{ code: 'invalid_input', message: /orderId/ }])
    expect(logs.join('\n')).toContain('an order cannot be read')
    expect(await hub.jobs.list()).toEqual([])
  })

  it('of a provider is told for the order it belongs to; a reference that is not ours is left alone', async () => {
    const { kit, hub, web, east, unreadable } = withUnreadable()
    const told = heard(hub, 'order.attention')
    await stocked(kit, { east: 10 })
    const order = web.sell([{ listing: 'mug', quantity: 1 }]) ?? ''
    await pass(kit)
    const [reference = ''] = east.orders.keys()
    unreadable.east = [broken(reference, 'shipments.0.id'), broken('somebody-else')]
    for (let i = 0; i < 4; i++) await pass(kit, hour)
    expect(told.map(({ data }) => data)).toEqual([
      { connection: 'web', order, line: null, reason: expect.stringMatching(/^east: .*shipments\.0\.id/) },
    ])
    expect(await hub.jobs.list({ state: 'dead' })).toMatchObject([
      { connection: 'east', kind: 'fulfillment.fetch', payload: { reference } },
    ])
    unreadable.east = []
    east.ship(reference)
    await pass(kit)
    expect(await hub.jobs.list({ state: 'dead' })).toEqual([])
    expect([...web.parcels.values()]).toMatchObject([{ order }])
  })
})

describe('what a provider no longer lists', () => {
  it('counts as none after a whole pass', async () => {
    const kit = setUp()
    await stocked(kit, { east: 10 })
    await expectStock(kit, { available: 10, reserved: 0, shown: 10 })
    kit.east.onHand.delete('MUG')
    await pass(kit, hour)
    await expectStock(kit, { available: 0, reserved: 0, shown: 0 })
    kit.east.onHand.set('MUG', 4)
    await pass(kit, hour)
    await expectStock(kit, { available: 4, reserved: 0, shown: 4 })
  })

  it('keeps an accepted order reserved, and nothing goes below zero for it', async () => {
    const kit = setUp()
    await stocked(kit, { east: 10 })
    kit.web.sell([{ listing: 'mug', quantity: 3 }])
    await pass(kit)
    kit.east.onHand.delete('MUG')
    await pass(kit, hour)
    await expectStock(kit, { available: 0, reserved: 3, shown: 0 })
  })

  it('stays when the pass fails on its way, and when it does not end', async () => {
    const kit = setUp()
    await stocked(kit, { east: 10 })
    kit.east.onHand.delete('MUG')
    failing(kit.east, 'stock', down(), { times: 1000 })
    await pass(kit, hour)
    await expectStock(kit, { available: 10, reserved: 0, shown: 10 })
  })

  it.each([
    ['the second page fails', (cursor: string | null) => cursor !== null],
    ['the pages go round in circles', () => false],
  ])('stays when %s', async (_, fails) => {
    const clock = new ManualClock()
    const web = new FakeShop(clock)
    const east = new FakeWarehouse(clock)
    const given = east.connection()
    let paged = false
    const connection: Connection = {
      ...given,
      fulfillment: {
        ...given.fulfillment,
        async stock(_context, { cursor }) {
          const page = await given.fulfillment.stock()
          if (!paged) return page
          if (fails(cursor)) throw down()
          return { readings: [], cursor: cursor === 'two' ? 'three' : 'two' }
        },
      },
    }
    const hub = createHub({
      store: freshStore(),
      connections: { web: web.connection(), east: connection },
      clock,
    })
    const kit = { clock, web, east, hub } as unknown as Kit
    await stocked(kit, { east: 10 })
    paged = true
    await pass(kit, hour)
    await expectStock(kit, { available: 10, reserved: 0, shown: 10 })
    await hub.close()
  })
})

describe('a notice of a shipment', () => {
  it('names the other parcels, and says when it may have been sent before', async () => {
    const clock = new ManualClock()
    const web = new FakeShop(clock)
    const given = web.connection()
    const notices: {
      parcel: string
      others: readonly string[] | undefined
      repeated: boolean | undefined
    }[] = []
    let failures = 1
    const connection = {
      ...given,
      shipments: {
        async confirm(context: AdapterContext, sent: readonly ShipmentNotice[]) {
          notices.push(...sent.map(({ parcel, others, repeated }) => ({ parcel, others, repeated })))
          if (failures-- > 0) throw down()
          return given.shipments.confirm(context, sent)
        },
      },
    } satisfies Connection
    const hub = createHub({ store: freshStore(), connections: { web: connection }, clock })
    const kit = { clock, web, hub } as unknown as Kit
    await stocked(kit, { own: 10 })
    const order = web.sell([{ listing: 'mug', quantity: 2 }]) ?? ''
    await pass(kit)
    const parcel = { connection: 'web', order, carrier: 'ups', lines: [{ line: 'l1', quantity: 1 }] } as const
    await hub.shipments.add({ ...parcel, trackingNumber: '1ZMASTER', key: 'one' })
    await pass(kit)
    await pass(kit, hour)
    await hub.shipments.add({ ...parcel, trackingNumber: '1ZMASTER', key: 'two' })
    await pass(kit)
    const [first, again, second] = notices
    expect(first).toMatchObject({ others: [], repeated: false })
    expect(again).toEqual({ ...first, repeated: true })
    expect(second).toMatchObject({ others: [first?.parcel], repeated: false })
    await hub.close()
  })
})
