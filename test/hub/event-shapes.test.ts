import { expect, it } from 'vitest'
import { createHub, type EventType, events } from '../../src/index.ts'
import { freshStore } from '../stores.ts'
import { FakeShop, FakeWarehouse, ManualClock } from './fakes.ts'

it('gives out events that their own schemas take, unchanged', async () => {
  const clock = new ManualClock()
  const web = new FakeShop(clock)
  const east = new FakeWarehouse(clock)
  const connections = { web: web.connection(), east: east.connection() }
  const hub = createHub({ store: freshStore(), connections, clock })
  const told: { type: EventType; data: unknown }[] = []
  for (const type of Object.keys(events) as EventType[])
    hub.on(type, (data) => void told.push({ type, data }))

  east.onHand.set('MUG', 3)
  web.shown.set('mug', 0)
  await hub.items.put({ sku: 'MUG', reorderPoint: 2 })
  await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
  await hub.sync()
  clock.advance(1000)
  web.sell([{ listing: 'mug', quantity: 2 }])
  await hub.sync()
  for (const reference of east.orders.keys()) east.ship(reference)
  clock.advance(60_000)
  await hub.sync()
  web.cancel(web.sell([{ listing: 'mug', quantity: 1 }]) ?? '')
  await hub.sync()
  await hub.close()

  for (const { type, data } of told) expect(events[type].parse(data), type).toEqual(data)
  const types = new Set(told.map(({ type }) => type))
  for (const type of [
    'order.placed',
    'order.shipped',
    'shipment.confirmed',
    'stock.low',
    'order.cancelled',
  ] as const) {
    expect(types).toContain(type)
  }
})
