import { describe, expect, it } from 'vitest'
import { createHub, events, StockpoolError } from '../../src/index.ts'
import type { FollowRequest, TrackingFacet, TrackingNews } from '../../src/spec/tracking.ts'
import type { Hint } from '../../src/spec/webhooks.ts'
import { freshStore } from '../stores.ts'
import { FakeShop, FakeWarehouse, ManualClock } from './fakes.ts'
import { closeLater, failing, lostAnswer } from './kit.ts'

const hour = 3_600_000

/** A tracker in memory: following twice under one key is following once. */
class FakeTracker {
  readonly followed = new Map<string, FollowRequest & { id: string }>()
  readonly news: TrackingNews[] = []
  readonly asked: string[] = []
  fault: (call: string, phase: 'before' | 'after') => void = () => {}

  tell(id: string, status: TrackingNews['status'], at: number): void {
    const trackingNumber = [...this.followed.values()].find((one) => one.id === id)?.trackingNumber ?? ''
    this.news.push({ id, trackingNumber, carrier: null, status, rawStatus: status, at, deliverBy: null })
  }

  facet(): TrackingFacet {
    return {
      batch: 10,
      follow: async (_context, parcels) => {
        this.fault('follow', 'before')
        const results = parcels.map((parcel) => {
          this.asked.push(parcel.trackingNumber)
          const known = this.followed.get(parcel.key) ?? { ...parcel, id: `t${this.followed.size + 1}` }
          this.followed.set(parcel.key, known)
          return { status: 'done' as const, id: known.id, news: null }
        })
        this.fault('follow', 'after')
        return results
      },
      get: async (_context, id) => this.news.findLast((one) => one.id === id) ?? null,
      read: async (_context, cursor) => {
        this.fault('read', 'before')
        const after = Number(cursor ?? 0)
        const page = this.news.slice(after, after + 2)
        return { news: page, cursor: String(after + page.length), more: this.news.length > after + 2 }
      },
    }
  }
}

/** Mugs at the merchant's own place, and cups at the warehouse; one of each sold. */
async function sold() {
  const clock = new ManualClock()
  const [web, east, tracker] = [new FakeShop(clock), new FakeWarehouse(clock), new FakeTracker()]
  const { shipments, orders, listings, ...base } = web.connection()
  const { fulfillment: _fulfillment, ...plain } = east.connection()
  const hub = createHub({
    store: freshStore(),
    clock,
    tracker: 'scans',
    connections: {
      web: { ...base, orders, listings, shipments },
      east: east.connection(),
      scans: {
        ...plain,
        tracking: tracker.facet(),
        queue: { parse: (message) => ({ id: 'e1', topic: '', occurredAt: null, hints: [message as Hint] }) },
      },
    },
  })
  closeLater(hub)
  for (const sku of ['MUG', 'CUP']) {
    await hub.items.put({ sku })
    web.shown.set(sku, 0)
    await hub.listings.link({ sku, connection: 'web', listing: sku })
  }
  await hub.stock.receive('MUG', 5, { location: 'main', key: 'first' })
  east.onHand.set('CUP', 5)
  const pass = async (ms = 1000) => {
    clock.advance(ms)
    const report = await hub.sync()
    clock.advance(1)
    return report
  }
  await pass()
  web.sell([{ listing: 'MUG', quantity: 1 }])
  web.sell([{ listing: 'CUP', quantity: 1 }])
  await pass()
  const told: unknown[] = []
  hub.on('shipment.tracked', (data) => told.push(events['shipment.tracked'].parse(data)))
  const parcel = async (order: string) => (await hub.shipments.list('web', order))[0]?.parcels[0]
  return { hub, web, east, tracker, clock, pass, told, parcel }
}

const own = {
  connection: 'web',
  order: 'o1',
  carrier: 'UPS',
  trackingNumber: '1Z999AA10123456784',
  key: 'p1',
} as const

describe('a parcel that nobody tells of after the hand-over', () => {
  it('is followed once, and its news end alike in any order', async () => {
    const { hub, tracker, clock, pass, told, parcel } = await sold()
    failing(tracker, 'follow', lostAnswer(), { phase: 'after' })
    await hub.shipments.add(own)
    for (let i = 0; i < 3; i++) await pass(60_000)
    expect([...tracker.followed.values()]).toMatchObject([
      { trackingNumber: own.trackingNumber, carrier: 'ups' },
    ])
    const began = clock.now()
    tracker.tell('t1', 'delivered', began + 3 * hour)
    tracker.tell('t1', 'in_transit', began + hour)
    tracker.tell('t1', 'out_for_delivery', began + 2 * hour)
    tracker.tell('t1', 'delivered', began + 3 * hour)
    tracker.tell('t9', 'delivered', began)
    tracker.tell('t1', 'exception', Number.NaN)
    // Another parcel had the number last year.
    tracker.tell('t1', 'returned', began - 300 * 24 * hour)
    expect((await pass()).scans.errors).toMatchObject([{ doing: 'reading tracking' }])
    const deliveredAt = new Date(began + 3 * hour).toISOString()
    expect(await parcel('o1')).toMatchObject({ status: 'delivered', deliveredAt })
    expect(told).toEqual([
      { connection: 'web', order: 'o1', parcel: 'p1', status: 'delivered', at: deliveredAt },
    ])
    expect((await hub.orders.timeline('web', 'o1')).map(({ text }) => text)).toContain(
      'scans: parcel p1 delivered',
    )
    expect(await hub.stock.get('MUG')).toMatchObject({ available: 4, reserved: 0 })
    expect(await hub.jobs.list()).toEqual([])
  })

  it('of a provider is followed after a day, unless the provider tells of it', async () => {
    for (const tells of [false, true]) {
      const { east, tracker, pass, parcel, hub } = await sold()
      const [reference = ''] = east.orders.keys()
      east.ship(reference)
      for (let i = 0; i < 3; i++) await pass(60_000)
      expect(tracker.asked).toEqual([])
      const parcels = east.orders.get(reference)?.parcels ?? []
      if (tells)
        east.tell(reference, { parcels: parcels.map((one) => ({ ...one, status: 'out_for_delivery' })) })
      for (let i = 0; i < 2; i++) await pass(25 * hour)
      expect(tracker.asked).toEqual(tells ? [] : ['1Zf1'])
      if (tells) continue
      // It only tells where the parcel is: what the provider says has left, has left.
      tracker.tell('t1', 'attempt_failed', Date.parse('2026-03-03T00:00:00Z'))
      await hub.notify('scans', { kind: 'tracking', id: 't1' })
      await pass()
      expect(await parcel('o2')).toMatchObject({ status: 'attempt_failed' })
      // Under another number its old news say nothing, and it is followed anew.
      east.tell(reference, { parcels: parcels.map((one) => ({ ...one, trackingNumber: '1ZNEW' })) })
      tracker.tell('t1', 'delivered', Date.parse('2026-03-09T00:00:00Z'))
      for (let i = 0; i < 3; i++) await pass(25 * hour)
      expect(await parcel('o2')).toMatchObject({ status: 'in_transit', deliveredAt: null })
      expect(tracker.asked).toEqual(['1Zf1', '1ZNEW'])
      tracker.tell('t2', 'pickup_ready', Date.parse('2026-03-08T00:00:00Z'))
      await pass()
      expect(await parcel('o2')).toMatchObject({ status: 'pickup_ready', deliveredAt: null })
    }
  })

  it('does not wait for the tracker in anything else', async () => {
    const { hub, web, tracker, pass } = await sold()
    tracker.fault = () => {
      throw new StockpoolError('unavailable', 'the tracker is down')
    }
    await hub.shipments.add(own)
    const report = await pass()
    expect(report.scans.errors).toMatchObject([{ doing: 'tracking' }])
    expect(report.web).toMatchObject({ shipmentsConfirmed: 1, errors: [] })
    expect(web.orders.get('o1')?.status).toBe('shipped')
  })
})

it('a tracker that follows nothing is refused', () => {
  const web = new FakeShop(new ManualClock()).connection()
  expect(() => createHub({ store: freshStore(), connections: { web }, tracker: 'web' as never })).toThrow(
    expect.objectContaining({ code: 'invalid_input', field: 'tracker' }),
  )
})
