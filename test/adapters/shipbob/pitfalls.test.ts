import { afterEach, describe, expect, it } from 'vitest'
import { shipbob, shipbobApiVersion } from '../../../adapters/shipbob/index.ts'
import { toCreateOrder } from '../../../adapters/shipbob/request.ts'
import { readUpdates } from '../../../adapters/shipbob/updates.ts'
import { virtualClock } from '../../../src/simulator/index.ts'
import type { AdapterContext, HttpRequest, HttpResponse } from '../../../src/spec/index.ts'
import { at, order, read, request, settings, shipment, stage, tracking } from './fixtures.ts'

/** What others ran into, one test for each thread. */
const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

/** A list of orders that changes while it is read: `before` is called ahead of each answer. */
function changingList(
  rows: { id: number; created: number; updated: number; tracked?: number }[],
  before: (call: number) => void,
  now: () => number,
): AdapterContext {
  let calls = 0
  const answer = (query: Readonly<Record<string, unknown>>) => {
    calls += 1
    before(calls)
    const since = (name: string) => (query[name] === undefined ? null : Date.parse(String(query[name])))
    const [updates, tracks] = [since('LastUpdateStartDate'), since('LastTrackingUpdateStartDate')]
    const size = 3
    const page = Number(query.Page)
    return rows
      .filter(
        (row) =>
          (updates === null || row.updated > updates) && (tracks === null || (row.tracked ?? 0) > tracks),
      )
      .sort((one, other) => one.created - other.created)
      .slice((page - 1) * size, page * size)
      .map(({ id }) => order({ id, reference_id: `r-${id}` }))
  }
  const http = {
    async request<T>(sent: HttpRequest<T>): Promise<HttpResponse<T>> {
      const body = answer(sent.query ?? {})
      return { status: 200, headers: {}, body, data: sent.schema.parse(body) }
    },
  }
  return { http, clock: { now, sleep: async () => {} } } as unknown as AdapterContext
}

async function pass(context: AdapterContext, from: string | null) {
  const seen: string[] = []
  let cursor = from
  for (let more = true; more; ) {
    const page = await readUpdates(context, settings({ markTracking: false }), cursor)
    seen.push(...page.orders.map(({ reference }) => reference))
    cursor = page.cursor
    more = page.more
  }
  return { seen, cursor }
}

describe('pandium/sample_integrations#11: the cursor took the last order of the last page', () => {
  const hour = 3_600_000

  it('an order that changes while pages are read is seen in this pass or in the next', async () => {
    let now = 100 * hour
    const rows = Array.from({ length: 10 }, (_, index) => ({
      id: index + 1,
      created: index,
      updated: now - hour,
    }))
    const touched = { id: 99, created: -1, updated: 0 }
    rows.push(touched)
    const context = changingList(
      rows,
      (call) => {
        now += 1_000
        if (call === 3) touched.updated = now
      },
      () => now,
    )
    const first = await pass(context, null)
    const second = await pass(context, first.cursor)
    const seen = new Set([...first.seen, ...second.seen])
    expect(rows.filter(({ id }) => !seen.has(`r-${id}`))).toEqual([])
    expect(second.seen).toEqual(['r-99'])
  })

  it('the latest change seen does not move the cursor: one in the future would hide all until then', async () => {
    let now = 100 * hour
    const rows = [{ id: 1, created: 1, updated: now + 50 * hour }]
    const context = changingList(
      rows,
      () => {},
      () => now,
    )
    const first = await pass(context, null)
    rows.push({ id: 2, created: 2, updated: now + 1_000 })
    now += hour
    expect((await pass(context, first.cursor)).seen).toContain('r-2')
  })

  it('a clock that was set back never moves the cursor back', async () => {
    let now = 100 * hour
    const context = changingList(
      [],
      () => {},
      () => now,
    )
    const first = await pass(context, null)
    now -= 10 * hour
    const { cursor } = await pass(context, first.cursor)
    expect(JSON.parse(cursor ?? '').since).toBeGreaterThanOrEqual(JSON.parse(first.cursor ?? '').since)
  })
})

describe('openlinker#2605: three ways to lose an order without a word', () => {
  it('times are sent as UTC instants, never naive', async () => {
    const sent: unknown[] = []
    const http = {
      async request<T>(one: HttpRequest<T>): Promise<HttpResponse<T>> {
        sent.push(one.query)
        return { status: 200, headers: {}, body: [], data: one.schema.parse([]) }
      },
    }
    const context = {
      http,
      clock: { now: () => Date.UTC(2026, 2, 2), sleep: async () => {} },
    } as unknown as AdapterContext
    await readUpdates(context, settings({ updatesSince: '2026-03-01T08:00:00+08:00' }), null)
    expect(sent).toMatchObject([{ LastUpdateStartDate: '2026-03-01T00:00:00.000Z' }])
  })

  it('a change in the very millisecond in which a pass ended is seen by the next', async () => {
    const now = Date.UTC(2026, 2, 2)
    const rows = [{ id: 1, created: 1, updated: now - 1_000 }]
    const context = changingList(
      rows,
      () => {},
      () => now,
    )
    const first = await pass(context, null)
    rows.push({ id: 2, created: 2, updated: now })
    expect((await pass(context, first.cursor)).seen).toContain('r-2')
  })
})

describe('Jaal-Yantra-Textiles/v2#1225: every retry made another order at the 3PL', () => {
  it('ten attempts with lost answers make one order', async () => {
    await using shop = await stage({ limit: { limit: 1e6, windowMs: 60_000 } })
    const { simulator, facet, context } = shop
    for (let attempt = 0; attempt < 10; attempt += 1) {
      simulator.faults.arm({ operation: 'createOrder', kind: attempt % 2 ? 'drop_before' : 'drop_after' })
      await facet.submit(context, request()).catch(() => null)
      simulator.faults.clear()
    }
    await facet.submit(context, request())
    expect((simulator.state() as { orders: unknown[] }).orders).toHaveLength(1)
  })
})

describe('open-mercato#3294, allegro-api#13889: a timeout after success shipped twice', () => {
  it('a create that hangs after the effect is in doubt, and the look-up finds it', async () => {
    await using shop = await stage({}, {}, { fetchTimeoutMs: 200 })
    const { simulator, facet, context } = shop
    simulator.faults.arm({ operation: 'createOrder', kind: 'hang_after' })
    await expect(facet.submit(context, request())).rejects.toMatchObject({ code: 'unknown_outcome' })
    expect(await facet.get(context, 'web-1001-1')).toMatchObject({ reference: 'web-1001-1' })
    expect(simulator.count('createOrder')).toBe(1)
  })
})

describe('ShipBob errors page and release notes: 422 is "duplicate reference" and other things', () => {
  it('is decided by looking the order up, not by the status', async () => {
    await using shop = await stage()
    const { simulator, facet, context } = shop
    const body = { Location: ['is closed'] }
    simulator.faults.arm({ operation: 'createOrder', kind: 'status', status: 422, body })
    await expect(facet.submit(context, request())).rejects.toMatchObject({
      code: 'rejected',
      field: 'Location',
    })
    // The same answer, but the order is there: made by an attempt whose answer was lost.
    await facet.submit(context, request())
    simulator.faults.arm({ operation: 'createOrder', kind: 'status', status: 422, body })
    await expect(facet.submit(context, request())).resolves.toMatchObject({ reference: 'web-1001-1' })
    // 2026-07 turned 400 into 422 at one endpoint; a move the other way is met alike.
    simulator.faults.arm({ operation: 'createOrder', kind: 'status', status: 400, body })
    await expect(facet.submit(context, request())).resolves.toMatchObject({ reference: 'web-1001-1' })
  })
})

describe('Lifecycle-Innovations/claude-ops#52, #78: the base address was that of the docs, in a wrong version', () => {
  it('the address and the version are constants, and the version is dated', () => {
    expect(shipbobApiVersion).toMatch(/^20\d\d-(01|07)$/)
    expect(shipbob({ token: 't', channelId: 1 }).hosts).toEqual(['api.shipbob.com'])
  })
})

describe('facebook-for-woocommerce#2478, woocommerce#36738: what is sold out is not sent', () => {
  it('a shelf that is empty reads 0', async () => {
    await using shop = await stage()
    await shop.simulator.control('stock', { sku: 'MUG-RED', quantity: 0 })
    const { readings } = await shop.facet.stock(shop.context, { skus: null, cursor: null })
    expect(readings).toMatchObject([{ sku: 'MUG-RED', location: '3', quantity: 0 }])
  })

  it('with `locations` named, a place that ShipBob no longer lists reads 0, too', async () => {
    await using shop = await stage({}, { locations: [3, 8] })
    await shop.simulator.control('stock', { sku: 'MUG-RED', quantity: 5 })
    const { readings } = await shop.facet.stock(shop.context, { skus: null, cursor: null })
    expect(readings.map(({ location, quantity }) => [location, quantity])).toEqual([
      ['3', 5],
      ['8', 0],
    ])
  })
})

describe('NEARBuilders/nearmerch.com#214: a second package erased the first tracking number', () => {
  it('every shipment is a parcel of its own, with an id that stays', () => {
    const one = shipment({
      id: 1,
      status: 'Completed',
      tracking: tracking('T1'),
      lines: { 'MUG-RED': 1 },
      more: { actual_fulfillment_date: at },
    })
    const two = { ...one, id: 2, tracking: tracking('T2') }
    const ids = (...shipments: unknown[]) =>
      read(order({ shipments })).parcels.map(({ id, trackingNumber }) => `${id} ${trackingNumber}`)
    expect(ids(one, two)).toEqual(['1 T1', '2 T2'])
    expect(ids(two, one)).toEqual(['2 T2', '1 T1'])
  })
})

describe('amzn/selling-partner-api-models#5094: an id sent as a number was refused after years', () => {
  it('what ShipBob types as text is sent as text, and its ids as whole numbers', () => {
    const body = toCreateOrder(request({ number: '1001', location: '8' }), settings({ markTracking: false }))
    expect(body.order_number).toBe('1001')
    expect(body.location_id).toBe(8)
    expect(typeof body.reference_id).toBe('string')
  })
})

describe('ShipBob webhooks page: order.shipped comes once all labels of a split order are printed', () => {
  it('a part that has shipped is known from the updates, without any webhook', async () => {
    await using shop = await stage()
    const { simulator, facet, context } = shop
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 20 })
    await facet.submit(context, request())
    await simulator.control('ship', { lines: [{ sku: 'MUG-RED', quantity: 1 }] })
    simulator.webhooks.chaos({ drop: true })
    const { orders } = await facet.updates(context, null)
    expect(orders).toMatchObject([{ status: 'partially_shipped', parcels: [{ lines: [{ quantity: 1 }] }] }])
  })
})

describe('150 calls in any 60 seconds', () => {
  it('four hundred calls at once are never refused, and lose no time beyond the limit', async () => {
    await using shop = await stage({ clock: virtualClock(undefined, { autoAdvance: { quietMs: 8 } }) })
    const { simulator, facet, context } = shop
    const began = simulator.clock.now()
    await Promise.all(Array.from({ length: 400 }, (_, index) => facet.get(context, `r-${index}`)))
    expect(simulator.count('getOrders', 429)).toBe(0)
    expect(simulator.count('getOrders', 200)).toBe(400)
    const seconds = (simulator.clock.now() - began) / 1000
    expect(seconds).toBeLessThan((400 - 24) / 2 + 10)
  }, 60_000)
})
