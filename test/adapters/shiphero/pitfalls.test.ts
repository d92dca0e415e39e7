import { afterEach, describe, expect, it } from 'vitest'
import { documents } from '../../../adapters/shiphero/documents.ts'
import { classify } from '../../../adapters/shiphero/errors.ts'
import { shiphero } from '../../../adapters/shiphero/index.ts'
import { throttleOf } from '../../../adapters/shiphero/limits.ts'
import { readUpdates } from '../../../adapters/shiphero/updates.ts'
import { virtualClock } from '../../../src/simulator/index.ts'
import type { AdapterContext, HttpRequest, HttpResponse } from '../../../src/spec/index.ts'
import { label, line, options, order, page, read, request, settings, shipment, stage } from './fixtures.ts'

/** What others ran into, one test for each. The numbers are those of the knowledge that was gathered of it. */
const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})
const opened = async (...args: Parameters<typeof stage>) => {
  const shop = await stage(...args)
  open.push(() => shop[Symbol.asyncDispose]())
  return shop
}
const answer = (body: unknown, status = 200) => ({ status, headers: {}, body })

interface Row {
  readonly id: number
  readonly dated: number
  updated: number
}

/** A list of orders that changes while it is read, paged as ShipHero does: by row number. `before` is called ahead of each answer. */
function changingList(rows: Row[], before: (call: number) => void, now: () => number): AdapterContext {
  let calls = 0
  const size = 3
  const http = {
    async request<T>(sent: HttpRequest<T>): Promise<HttpResponse<T>> {
      calls += 1
      before(calls)
      const { variables } = sent.json as { variables: { updated_from: string; after: string | null } }
      const since = Date.parse(`${variables.updated_from}Z`)
      const found = rows
        .filter(({ updated }) => updated >= since)
        .sort((one, other) => one.dated - other.dated)
      const start = variables.after === null ? 0 : Number(variables.after)
      const nodes = found
        .slice(start, start + size)
        .map(({ id }) => order({ id: `o${id}`, legacy_id: id, partner_order_id: `r-${id}` }))
      const end = start + size < found.length ? String(start + size) : null
      const body = { data: { orders: { complexity: 1, data: page(nodes, end) } } }
      return { status: 200, headers: {}, body, data: sent.schema.parse(body) }
    },
  }
  const tokens = { get: async () => 'token', invalidate: async () => {} }
  return { http, tokens, clock: { now, sleep: async () => {} } } as unknown as AdapterContext
}

async function pass(context: AdapterContext, from: string | null) {
  const seen: string[] = []
  let cursor = from
  for (let more = true; more; ) {
    const given = await readUpdates(context, settings({ updatesSince: '2026-03-01T00:00:00Z' }), cursor)
    seen.push(...given.orders.map(({ reference }) => reference))
    cursor = given.cursor
    more = given.more
  }
  return { seen, cursor }
}

const hour = 3_600_000
const noon = Date.parse('2026-03-02T12:00:00Z')
const rowsOf = (count: number): Row[] =>
  Array.from({ length: count }, (_, id) => ({ id, dated: noon - (20 - id) * hour, updated: noon - hour }))
const all = (count: number) => Array.from({ length: count }, (_, id) => `r-${id}`)

describe('#12: the cursor was the last order of the last page, and pages were not sorted', () => {
  it('skips nothing when an order changes while pages are read, though cursors count rows', async () => {
    const rows = rowsOf(8)
    const context = changingList(
      rows,
      (call) => {
        // What was on the first page changes: sorted by change it would leave its place, and another be skipped.
        const [first] = rows
        if (call === 2 && first) first.updated = noon
      },
      () => noon,
    )
    expect((await pass(context, null)).seen).toEqual(expect.arrayContaining(all(8)))
  })

  it('sees what enters the list in the middle of a pass twice rather than never', async () => {
    const rows = rowsOf(8).map((row) => (row.id === 1 ? { ...row, updated: noon - 48 * hour } : row))
    const context = changingList(
      rows,
      (call) => {
        const late = rows[1]
        if (call === 2 && late) late.updated = noon
      },
      () => noon,
    )
    const first = await pass(context, null)
    const second = await pass(context, first.cursor)
    expect([...first.seen, ...second.seen]).toEqual(expect.arrayContaining(all(8)))
  })

  it('begins the next pass where this one began, not at the latest change it saw', async () => {
    let now = noon
    const rows = rowsOf(7)
    const context = changingList(
      rows,
      () => (now += 10 * 60_000),
      () => now,
    )
    const { cursor } = await pass(context, null)
    expect(JSON.parse(cursor ?? '')).toMatchObject({ since: noon - 5 * 60_000 })
  })
})

describe('fact 4: no 3PL has idempotency keys, and at ShipHero nothing is unique', () => {
  it('makes one order out of a create whose answer was lost, by looking first', async () => {
    const { simulator, facet, context } = await opened({ clock: virtualClock() })
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 20 })
    simulator.faults.arm({ operation: 'CreateOrder', kind: 'drop_after' })
    await expect(facet.submit(context, request())).rejects.toMatchObject({ code: 'unknown_outcome' })
    const again = await facet.submit(context, request())
    expect(simulator.count('CreateOrder')).toBe(1)
    expect((simulator.state() as { orders: unknown[] }).orders).toHaveLength(1)
    expect(again.reference).toBe('web-1001-1')
  })

  it('takes no other contents for the same order', async () => {
    const { simulator, facet, context } = await opened({ clock: virtualClock() })
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 20 })
    await facet.submit(context, request())
    const other = request({ lines: [{ sku: 'MUG-RED', title: '', quantity: 6 }] })
    await expect(facet.submit(context, other)).rejects.toMatchObject({ code: 'conflict' })
  })
})

describe('#15: GraphQL "always answers 200", and warnings of scopes are no errors', () => {
  it('finds the error in a 200', () => {
    const errors = [
      {
        message: 'Order not found',
        operation: 'order_update',
        field: 'order_update',
        request_id: '5da7',
        code: 5,
      },
    ]
    expect(classify(answer({ errors, data: { order_update: null } }))).toMatchObject({
      code: 'not_found',
      details: { shipheroRequest: '5da7' },
    })
  })

  it('takes data beside a warning as it is', () => {
    const extensions = { warnings: [{ message: 'Missing scope orders:write' }] }
    expect(classify(answer({ data: { orders: {} }, extensions }))).toBeNull()
    expect(classify(answer({ data: { orders: {} }, errors: [] }))).toBeNull()
    expect(classify(answer({ data: { orders: {} }, errors: null }))).toBeNull()
  })

  it.each([
    ['Token is expired', 'auth'],
    ['Invalid token', 'auth'],
    ['You do not have permission to perform this action', 'permission'],
    ['Insufficient scope: orders:write', 'permission'],
    ['Unexpected Error', 'unavailable'],
    ['Invalid warehouse', 'rejected'],
  ])('tells by its words that "%s" is %s, where no code is published', (message, code) => {
    expect(
      classify(answer({ errors: [{ message, operation: 'orders', code: 1 }], data: { orders: null } })),
    ).toMatchObject({ code })
  })
})

describe('#16: webhooks that fail are disabled', () => {
  it('and are enabled again by the next look, with the secret that was kept', async () => {
    const { simulator, connection, context } = await opened({ clock: virtualClock() })
    const address = 'https://stockpool.example/webhooks/west'
    await connection.webhooks.ensure(context, address)
    await simulator.control('webhooks/health', { health: 'UNHEALTHY' })
    expect(simulator.webhooks.subscriptions).toEqual([])
    await connection.webhooks.ensure(context, address)
    expect(simulator.webhooks.subscriptions.length).toBe(6)
    expect(simulator.count('CreateWebhook')).toBe(6)
    expect(simulator.count('EnableWebhook')).toBe(6)
  })
})

describe('#20: types that others derived have fields that ShipHero has not', () => {
  it('so no document asks for the names that are known to be invented', () => {
    const invented = /\b(?:created_at_min|updated_at_min|order_status|tracking_numbers|shipped_at)\b/
    for (const { query, operation } of documents) expect(query, operation).not.toMatch(invented)
  })
})

describe('3.3: credits', () => {
  const data = (credits_remaining: number, complexity: number) => ({
    data: {
      user_quota: { credits_remaining, max_available: 4004, increment_rate: 60 },
      orders: { complexity },
    },
  })

  it('are read from the answer, less what this very answer may not have been charged for', () => {
    expect(throttleOf(1)(answer(data(1000, 300)))).toEqual({ remaining: 700, burst: 4004, rate: 60 })
    expect(throttleOf(1)(answer(data(100, 300)))).toEqual({ remaining: 0, burst: 4004, rate: 60 })
  })

  it('of which a share is one’s own are never believed to be more', () => {
    expect(throttleOf(0.5)(answer(data(1000, 300)))).toEqual({ remaining: 350 })
  })

  it.each([
    [
      {
        message:
          'There are not enough credits to perform the requested operation, which requires 1,301 credits, but there are only 263 left. In 18 seconds you will have enough credits',
        code: 30,
      },
      18_000,
      263,
    ],
    [
      {
        message:
          'There are not enough credits to perform the requested operation, which requires 500 credits, but there are only 100 left.',
      },
      6_667,
      100,
    ],
    [
      {
        message: 'Throttled',
        code: 30,
        required_credits: 3060,
        remaining_credits: 2003,
        time_remaining: '11 seconds',
      },
      11_000,
      2003,
    ],
    [{ message: 'Throttled', code: 30, time_remaining: '1 minute' }, 60_000, undefined],
    [{ message: 'Throttled', code: 30 }, 5_000, undefined],
  ])('that do not suffice are waited for: %j', (error, waitMs, remaining) => {
    const short = answer({ errors: [error], data: { orders: null } })
    expect(classify(short)).toMatchObject({ code: 'rate_limited', retryAfterMs: waitMs })
    expect(throttleOf(1)(short)).toEqual({
      retryAfterMs: waitMs,
      ...(remaining === undefined ? {} : { remaining }),
    })
  })

  it('never let 7,000 requests pass in five minutes, since none counts fewer than four', () => {
    const { rate, burst } = shiphero(options).limits.credits ?? { rate: 0, burst: 0 }
    const least = Math.min(...documents.map(({ cost }) => cost))
    expect((burst + 300 * rate) / least).toBeLessThan(7000)
  })

  it('are never overdrawn by a busy connection: ShipHero refuses nothing', async () => {
    const clock = virtualClock(Date.UTC(2026, 2, 2), { autoAdvance: true })
    let refusals = 0
    let answers = 0
    const { simulator, facet, context } = await opened({
      clock,
      observe(_, { body }) {
        answers += 1
        if ((body as { errors?: unknown }).errors) refusals += 1
      },
    })
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 500 })
    const startedAt = clock.now()
    for (let index = 0; index < 8; index += 1) {
      await facet.submit(context, request({ reference: `r-${index}` }))
      await Promise.all([
        facet.updates(context, null),
        facet.updates(context, null),
        facet.updates(context, null),
        facet.updates(context, null),
        facet.stock(context, { skus: null, cursor: null }),
      ])
    }
    expect([answers, refusals]).toEqual([65, 0])
    // Four pages of updates at once may cost more than there is: somebody waited.
    expect(clock.now()).toBeGreaterThan(startedAt)
    clock.stop()
  })
})

describe('4.3.2: names of stock mean different things', () => {
  it('on hand is not what is free, and neither is what may be sold ahead', async () => {
    const { simulator, facet, context } = await opened({ clock: virtualClock() })
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 20 })
    await simulator.control('reserve', { sku: 'MUG-RED', quantity: 4 })
    await facet.submit(context, request())
    const { readings } = await facet.stock(context, { skus: ['MUG-RED'], cursor: null })
    expect(readings).toMatchObject([{ quantity: 11, basis: 'available' }])
  })
})

describe('4.3.3: the available stock of a 3PL has our orders off already', () => {
  it('and says when it took each off, so that none comes off twice or never', async () => {
    const clock = virtualClock()
    const { simulator, facet, context } = await opened({ clock })
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 20 })
    const before = await facet.stock(context, { skus: ['MUG-RED'], cursor: null })
    await clock.advance(2_000)
    const made = await facet.submit(context, request())
    await clock.advance(2_000)
    const after = await facet.stock(context, { skus: ['MUG-RED'], cursor: null })
    expect([before, after].map(({ readings }) => readings[0]?.quantity)).toEqual([20, 15])
    expect(made.acceptedAt).toBeGreaterThan(before.readings[0]?.asOf ?? 0)
    expect(made.acceptedAt).toBeLessThan(after.readings[0]?.asOf ?? 0)
  })

  it('also of an order whose stock was given to another, and is owed to it now', async () => {
    const { simulator, facet, context } = await opened({ clock: virtualClock() })
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 20 })
    await facet.submit(context, request())
    await simulator.control('deallocate', { reference: 'web-1001-1' })
    const { readings } = await facet.stock(context, { skus: ['MUG-RED'], cursor: null })
    expect(readings[0]?.quantity).toBe(15)
    expect(await facet.get(context, 'web-1001-1')).toMatchObject({ status: 'backordered', allocated: true })
  })
})

describe('4.3.4: pushes are best effort', () => {
  it('so an order whose webhooks never came is found by the poll', async () => {
    const clock = virtualClock()
    const { simulator, facet, context } = await opened({ clock })
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 20 })
    await facet.submit(context, request())
    const { cursor } = await facet.updates(context, null)
    await clock.advance(2 * 3_600_000)
    await simulator.control('ship')
    expect((await facet.updates(context, cursor)).orders).toMatchObject([{ status: 'shipped' }])
  })
})

describe('4.3.5: "shipped" is two facts', () => {
  it('a label that nobody has picked up was not handed over', () => {
    const packed = shipment([label(1)], { 'label-1': 5 })
    const shipped = line({ quantity_shipped: 5, quantity_pending_fulfillment: 0 })
    const [parcel] = read(order({ fulfillment_status: 'fulfilled', shipments: [packed] }, [shipped])).parcels
    expect(parcel).toMatchObject({ labelledAt: '2026-03-02T11:00:00.000Z', handedOverAt: null })
  })
})

describe('4.3.7: a cancellation may be late', () => {
  it('and is then a request, that the order’s news answer', async () => {
    const { simulator, facet, context } = await opened({ clock: virtualClock() })
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 20 })
    const made = await facet.submit(context, request())
    await simulator.control('ship', { reference: made.reference, labelOnly: true })
    expect((await facet.cancel(context, made)).outcome).toBe('unknown')
    // The warehouse ships it all the same.
    await simulator.control('release', { reference: made.reference })
    await simulator.control('ship', { reference: made.reference })
    expect((await facet.cancel(context, made)).outcome).toBe('too_late')
  })
})
