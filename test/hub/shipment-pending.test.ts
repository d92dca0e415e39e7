import { describe, expect, it } from 'vitest'
import { createHub } from '../../src/index.ts'
import type { NoticeResult, ShipmentNotice } from '../../src/spec/shipments.ts'
import { freshStore } from '../stores.ts'
import { FakeShop, ManualClock } from './fakes.ts'
import { closeLater } from './kit.ts'

const hour = 3_600_000

/** A parcel of the merchant's own, of a channel that takes the news of it into a queue. */
async function shipped() {
  const clock = new ManualClock()
  const web = new FakeShop(clock)
  const given: ShipmentNotice[] = []
  const says: { result: NoticeResult } = { result: { status: 'pending', handle: 'ticket-1' } }
  const hub = createHub({
    store: freshStore(),
    clock,
    connections: {
      web: {
        ...web.connection(),
        shipments: {
          async confirm(_: unknown, notices: readonly ShipmentNotice[]) {
            given.push(...notices)
            return notices.map(() => says.result)
          },
        },
      },
    },
  })
  closeLater(hub)
  await hub.items.put({ sku: 'MUG' })
  await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
  await hub.stock.receive('MUG', 10, { location: 'main', key: 'first' })
  web.shown.set('mug', 10)
  const order = web.sell([{ listing: 'mug', quantity: 2 }]) ?? ''
  const pass = async (ms = 1000) => {
    clock.advance(ms)
    await hub.sync()
  }
  for (let i = 0; i < 2; i++) await pass()
  await hub.shipments.add({ connection: 'web', order, carrier: 'UPS', trackingNumber: '1Z1', key: 'p1' })
  await pass()
  const parcel = async () => (await hub.shipments.list('web', order))[0]?.parcels[0]
  return { hub, pass, given, says, parcel }
}

describe('news of a parcel that its channel has not worked off', () => {
  it('are given again with what the channel gave for them, for as long as that takes', async () => {
    const { hub, pass, given, says, parcel } = await shipped()
    for (let i = 0; i < 20; i++) await pass(hour)
    expect(given.length).toBeGreaterThan(15)
    expect(given.map(({ underway, repeated }) => [underway, repeated])).toEqual([
      [null, false],
      ...given.slice(1).map(() => ['ticket-1', true]),
    ])
    expect(await parcel()).toMatchObject({ confirmedAt: null })
    says.result = { status: 'done', reference: 'x' }
    await pass(hour)
    expect(await parcel()).toMatchObject({ confirmedAt: expect.any(String), confirmedAs: 'x' })
    expect(await hub.jobs.list()).toEqual([])
  })

  it('are a person’s after two days', async () => {
    const { hub, pass } = await shipped()
    await pass(47 * hour)
    expect(await hub.jobs.list({ state: 'dead' })).toEqual([])
    await pass(2 * hour)
    expect(await hub.jobs.list({ state: 'dead' })).toMatchObject([
      { kind: 'shipment.confirm', error: { code: 'rejected' } },
    ])
  })
})
