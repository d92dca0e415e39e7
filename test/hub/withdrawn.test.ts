import { describe, expect, it } from 'vitest'
import type { FulfillmentOrder } from '../../src/spec/fulfillment.ts'
import { expectStock, heard, type Kit, pass, type SetUp, setUp, stocked } from './kit.ts'

type Box = FulfillmentOrder['parcels'][number]

const box = (id: string, quantity: number, more: Partial<Box> = {}): Box => ({
  id,
  carrier: 'ups',
  carrierName: 'UPS',
  service: null,
  trackingNumber: `1Z${id}`,
  trackingUrl: null,
  labelledAt: '2026-03-01T08:00:01.000Z',
  handedOverAt: null,
  deliveredAt: null,
  status: 'info_received',
  rawStatus: 'labelled',
  withdrawn: false,
  lines: [{ sku: 'MUG', quantity }],
  ...more,
})

const gone = { handedOverAt: '2026-03-01T09:00:00.000Z', status: 'in_transit' } as const
const withdrawn = { withdrawn: true } as const

/** Three of ten mugs are sold, and the warehouse tells of these parcels, one after the other. */
async function labelled(setup: SetUp, ...news: Box[][]) {
  const kit = setUp(setup)
  await stocked(kit, { east: 10 })
  kit.clock.advance(1000)
  const id = kit.web.sell([{ listing: 'mug', quantity: 3 }]) ?? ''
  await pass(kit)
  const [reference = ''] = kit.east.orders.keys()
  const told = heard(kit.hub, 'order.attention')
  const all = { ...kit, id, reference, told }
  for (const boxes of news) await hear(all, boxes)
  return all
}

async function hear(kit: Kit & { reference: string }, parcels: Box[], more: Partial<FulfillmentOrder> = {}) {
  kit.clock.advance(60_000)
  const left = parcels.filter((one) => one.handedOverAt !== null).flatMap(({ lines }) => lines)
  // What it has free leaves out all three as long as it does not call the order shipped or cancelled.
  if (more.status === 'shipped')
    kit.east.onHand.set('MUG', 10 - left.reduce((sum, one) => sum + one.quantity, 0))
  kit.east.tell(kit.reference, { parcels, ...more })
  for (let i = 0; i < 3; i++) await pass(kit)
}

const tracking = ({ web }: Kit) => [...web.parcels].map(([id, parcel]) => [id, parcel.tracking])

describe('a parcel that is withdrawn after the channel was told of it', () => {
  it('is still owed: the warehouse goes on, and its stock leaves once, with the parcel that does', async () => {
    const kit = await labelled({ web: { corrects: true } }, [box('p', 3)])
    expect(kit.web.orders.get(kit.id)?.status).toBe('shipped')
    await expectStock(kit, { available: 7, reserved: 3, shown: 7 })
    await hear(kit, [box('p', 3, withdrawn)])
    expect(kit.east.calls).not.toContain('cancel')
    await expectStock(kit, { available: 7, reserved: 3, shown: 7 })
    await hear(kit, [box('p', 3, withdrawn), box('q', 3, gone)], { status: 'shipped' })
    await expectStock(kit, { available: 7, reserved: 0, shown: 7 })
    expect([...kit.east.orders.values()].map(({ status }) => status)).toEqual(['shipped'])
    expect((await kit.hub.orders.get('web', kit.id))?.lines).toMatchObject([{ taken: 3, shipped: 3 }])
    // The channel has one shipment of three, with the tracking that holds.
    expect(tracking(kit)).toEqual([['p', '1Zq']])
    expect(kit.web.orders.get(kit.id)?.lines).toMatchObject([{ shipped: 3 }])
    expect(kit.told).toEqual([])
    expect(await kit.hub.jobs.list()).toEqual([])
  })

  it('again and again, has its place on the channel taken by the last', async () => {
    const kit = await labelled(
      { web: { corrects: true } },
      [box('p', 3)],
      [box('p', 3, withdrawn), box('q', 3)],
      [box('p', 3, withdrawn), box('q', 3, withdrawn), box('r', 2, gone)],
    )
    expect(tracking(kit)).toEqual([['p', '1Zr']])
    await expectStock(kit, { available: 7, reserved: 1 })
    expect(kit.east.calls).not.toContain('cancel')
    // There is no shipment left on the channel to give the second tracking to.
    await hear(kit, [box('r', 2, gone), box('s', 1, gone)])
    await expectStock(kit, { available: 7, reserved: 0 })
    expect(kit.told.map(({ data }) => data.reason)).toEqual([expect.stringContaining('1Zs')])
  })

  it('is put right by a person on a channel that takes no correction, and the person is told how', async () => {
    const kit = await labelled({}, [box('p', 3)], [box('p', 3, withdrawn), box('q', 3)])
    expect(tracking(kit)).toEqual([['p', '1Zp']])
    expect(kit.told.map(({ data }) => data.reason)).toEqual([
      expect.stringMatching(/^web shows the tracking of parcel p \(1Zp\).*parcel q.*by hand \(UPS 1Zq\)$/),
    ])
    await hear(kit, [box('q', 3, gone)], { status: 'shipped' })
    await expectStock(kit, { available: 7, reserved: 0 })
    expect(kit.told).toHaveLength(1)
  })

  it('leaves room for what the channel does not call shipped yet', async () => {
    const kit = await labelled({}, [box('p', 1)], [box('p', 1, withdrawn), box('q', 2)])
    expect(tracking(kit)).toEqual([
      ['p', '1Zp'],
      ['q', '1Zq'],
    ])
    expect(kit.told).toEqual([])
  })

  it('of an order that its warehouse then gives up is asked for anew when a person resumes', async () => {
    const kit = await labelled({ web: { corrects: true } }, [box('p', 3)])
    await hear(kit, [box('p', 3, withdrawn)], { status: 'cancelled' })
    expect(kit.told.map(({ data }) => data.reason)).toEqual([expect.stringContaining('cancelled 3 of MUG')])
    await kit.hub.orders.resume('web', kit.id)
    await pass(kit)
    const [, again = ''] = kit.east.orders.keys()
    expect(kit.east.orders.get(again)?.request.lines).toMatchObject([{ sku: 'MUG', quantity: 3 }])
    kit.east.ship(again)
    for (let i = 0; i < 3; i++) await pass(kit)
    expect(tracking(kit)).toEqual([['p', expect.stringMatching(/^1Z/)]])
    expect(kit.web.parcels.get('p')?.tracking).not.toBe('1Zp')
    await expectStock(kit, { available: 7, reserved: 0 })
  })
})
