import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { classify } from '../../../adapters/shipstream/errors.ts'
import { shipstream } from '../../../adapters/shipstream/index.ts'
import { changedSince } from '../../../adapters/shipstream/search.ts'
import { readUpdates } from '../../../adapters/shipstream/updates.ts'
import { verify } from '../../../adapters/shipstream/webhooks.ts'
import { hmacSha256, toBase64 } from '../../../src/http/index.ts'
import { createHub, sqlite } from '../../../src/index.ts'
import type { AdapterContext, HttpRequest, HttpResponse } from '../../../src/spec/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'
import { startReceiver } from '../../../src/testing/contract/receiver.ts'
import { ManualClock } from '../../hub/fakes.ts'
import { options, order, pass, request, settings, stage } from './fixtures.ts'

/** What others ran into, one test for each. */
const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

type Found = Record<string, unknown>
interface Row extends Found {
  readonly order_id: number
  readonly updated: number
}

/** Orders that change while they are read: `before` is called ahead of each search for orders. */
function changingOrders(rows: Row[], before: (call: number) => void, now: () => number): AdapterContext {
  let calls = 0
  const answer = (path: string, [filters, given]: readonly [Found, { page: number }]) => {
    if (path !== 'order.search') return { results: [], numPages: 0 }
    calls += 1
    before(calls)
    const since = Date.parse(`${(filters.updated_at as { from: string }).from.replace(' ', 'T')}Z`)
    const found = rows.filter(({ updated }) => updated >= since).sort((a, b) => a.order_id - b.order_id)
    const size = 3
    const numPages = Math.ceil(found.length / size)
    // As Magento does, past the last page comes the last one again.
    const page = Math.min(given.page, Math.max(1, numPages))
    const shown = found.slice((page - 1) * size, page * size)
    return {
      results: shown.map(({ order_id: id }) => order({ order_id: id, unique_id: `r-${id}` })),
      numPages,
    }
  }
  const http = {
    async request<T>(sent: HttpRequest<T>): Promise<HttpResponse<T>> {
      const { params } = sent.json as { params: [null, string, [Found, { page: number }]] }
      const body = { result: answer(params[1], params[2]) }
      return { status: 200, headers: {}, body, data: sent.schema.parse(body) }
    },
  }
  return { http, clock: { now, sleep: async () => {} } } as unknown as AdapterContext
}

async function passOf(context: AdapterContext, from: string | null) {
  const seen: string[] = []
  let cursor = from
  for (let more = true; more; ) {
    const page = await readUpdates(context, settings({ timeZone: 'UTC' }), cursor)
    seen.push(...page.orders.map(({ reference }) => reference))
    cursor = page.cursor
    more = page.more
  }
  return { seen, cursor }
}

const hour = 3_600_000

describe('pandium/sample_integrations#11: the cursor took the last order of the last page', () => {
  it('begins the next pass where this one began, so that what changed meanwhile is not missed', async () => {
    let now = 100 * hour
    const rows: Row[] = [5, 1, 9, 3, 7].map((order_id) => ({ order_id, updated: now - hour }))
    const context = changingOrders(
      rows,
      (call) => call === 2 && rows.push({ order_id: 2, updated: now }),
      () => now,
    )
    const first = await passOf(context, null)
    now += hour
    const second = await passOf(context, first.cursor)
    expect([...new Set([...first.seen, ...second.seen])].sort()).toEqual([
      'r-1',
      'r-2',
      'r-3',
      'r-5',
      'r-7',
      'r-9',
    ])
  })

  it('sees an order twice rather than never when it changes between two pages', async () => {
    const now = 100 * hour
    const rows: Row[] = [1, 2, 3, 4, 5].map((order_id) => ({
      order_id,
      updated: order_id === 2 ? 0 : now - hour,
    }))
    const enter = (call: number) => {
      if (call === 2) rows[1] = { order_id: 2, updated: now }
    }
    const { seen } = await passOf(
      changingOrders(rows, enter, () => now),
      null,
    )
    for (const id of [1, 3, 4, 5]) expect(seen).toContain(`r-${id}`)
  })

  it('ends although the server repeats its last page for ever', async () => {
    const rows: Row[] = [{ order_id: 1, updated: 99 * hour }]
    const context = changingOrders(
      rows,
      () => {},
      () => 100 * hour,
    )
    const { http, ...rest } = context
    // Without a number of pages, only the repetition tells.
    const silent = {
      ...rest,
      http: {
        async request<T>(sent: HttpRequest<T>) {
          const answer = await http.request(sent)
          const { result } = answer.body as { result: { results: unknown[] } }
          const results = Array.from({ length: 100 }, () => result.results[0]).filter(
            (each) => each !== undefined,
          )
          return { ...answer, data: sent.schema.parse({ result: results }) }
        },
      },
    }
    expect((await passOf(silent, null)).seen.length).toBeLessThanOrEqual(200)
  })
})

describe('Lifecycle-Innovations/claude-ops#52 and #78: the address of the documents in place of the API', () => {
  it('is an error that names the answer, not one of a missing order', async () => {
    const server = createServer((_, response) =>
      response.setHeader('content-type', 'text/html').end('<html>docs</html>'),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    open.push(async () => server.close())
    const { port } = server.address() as AddressInfo
    const wrong = shipstream({ ...options, endpoint: `http://127.0.0.1:${port}` })
    const error = await wrong.fulfillment
      .get(adapterContext(wrong), 'web-1001-1')
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'invalid_input', retryable: false })
  })
})

describe('Logiwa and ShipHero: the HTTP status says nothing', () => {
  const told = (status: number, code: number) =>
    classify('order.info')({
      status,
      headers: {},
      body: { jsonrpc: '2.0', id: 1, error: { code, message: 'no' } },
    })

  it.each([200, 400, 404])('an error is read from the body, under %i as well', (status) => {
    expect(told(status, -32_100)).toMatchObject({ code: 'not_found', details: { rpc: 100 } })
    expect(told(status, -32_104)).toMatchObject({ code: 'rejected', details: { rpc: 104 } })
  })

  it('a success is one by its result, with `error: null` beside it', () => {
    const body = { jsonrpc: '2.0', id: 1, error: null, result: true }
    expect(classify('order.info')({ status: 200, headers: {}, body })).toBeNull()
  })
})

describe('ShipBob release notes: 400 and 422 changed places for a duplicate', () => {
  it('a create whose answer was lost, and its repeat, are one order', async () => {
    await using at = await stage()
    await at.simulator.control('stock', { sku: 'MUG-RED', quantity: 9 })
    at.simulator.faults.arm({ operation: 'order.create', kind: 'drop_after' })
    await expect(at.facet.submit(at.context, request())).rejects.toMatchObject({ code: 'unknown_outcome' })
    const found = await at.facet.get(at.context, 'web-1001-1')
    expect((await at.facet.submit(at.context, request())).id).toBe(found?.id)
    expect((at.simulator.state() as { orders: unknown[] }).orders).toHaveLength(1)
  })

  it('another order under our reference is a conflict', async () => {
    await using at = await stage()
    await at.simulator.control('stock', { sku: 'MUG-RED', quantity: 9 })
    await at.facet.submit(at.context, request())
    const other = request({ lines: [{ sku: 'MUG-RED', title: '', quantity: 3 }] })
    await expect(at.facet.submit(at.context, other)).rejects.toMatchObject({ code: 'conflict' })
  })
})

describe('ShipStream gives a webhook five seconds, and repeats it for four days', () => {
  /** A hub with ShipStream behind it, and a webhook as ShipStream sends it. */
  async function hubAndWebhook() {
    const clock = new ManualClock()
    const at = await stage({ clock })
    const receiver = await startReceiver()
    const hub = createHub({ store: sqlite(':memory:'), clock, connections: { south: at.connection } })
    open.push(async () => {
      await hub.close()
      await Promise.all([receiver.close(), at.simulator.close()])
    })
    await at.simulator.control('stock', { sku: 'MUG-RED', quantity: 9 })
    await hub.items.put({ sku: 'MUG-RED' })
    const sync = async () => {
      clock.advance(60_000)
      await hub.sync()
    }
    await sync()
    await at.simulator.control('webhooks', { url: receiver.url })
    const arrive = async (nth: number) => {
      const { headers, body } = receiver.deliveries[nth] ?? expect.unreachable()
      const signature = headers['x-plugin-hmac-sha256'] ?? ''
      const sent = { method: 'POST', headers: { 'x-plugin-hmac-sha256': signature }, body: Buffer.from(body) }
      return hub.webhook(new Request('https://hub.test/webhooks/south', sent))
    }
    const stock = async (quantity: number) => {
      await at.simulator.control('stock', { sku: 'MUG-RED', quantity })
      await at.simulator.webhooks.idle()
    }
    return { ...at, hub, sync, arrive, stock, clock }
  }

  it('answers before any work: while ShipStream itself says nothing, and asks it nothing', async () => {
    const { simulator, arrive, stock } = await hubAndWebhook()
    await stock(4)
    simulator.faults.arm({ operation: '*', kind: 'hang_before', times: 100 })
    const before = simulator.count()
    const startedAt = performance.now()
    const response = await arrive(0)
    expect([response.status, simulator.count()]).toEqual([200, before])
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    simulator.faults.clear()
  })

  it('believes no figure of an event, so that late, repeated and swapped ones do no harm', async () => {
    const { hub, arrive, stock, sync, clock } = await hubAndWebhook()
    const available = async () => (await hub.stock.get('MUG-RED')).available
    await stock(50)
    await stock(3)
    await arrive(1)
    await sync()
    expect(await available()).toBe(3)
    // Four days later comes the event that says 50.
    clock.advance(4 * 24 * hour)
    await arrive(0)
    expect(await available()).toBe(3)
    await sync()
    expect(await available()).toBe(3)
    expect(await (await arrive(0)).json()).toMatchObject({ repeated: true })
  })

  it('takes an adjustment of virtual inventory, which has no `qty_adjust`', () => {
    const message = {
      stock_adjustments: { KIT: { sku: 'KIT', product_id: 7, qty_available: 4, qty_advertised: 9 } },
      webhook_increment_id: 1,
      event_timestamp: '2026-03-02T10:00:00+00:00',
    }
    const body = Buffer.from(JSON.stringify({ topic: 'inventory:adjusted', message }))
    const headers = { 'x-plugin-hmac-sha256': toBase64(hmacSha256('s', body)) }
    const { hints } = verify(
      's',
      { method: 'POST', url: '', headers, body },
      Date.parse('2026-03-02T10:00:01Z'),
    )
    expect(hints).toEqual([{ kind: 'stock' }])
  })

  it('verifies the bytes as they came: 1.0 stays 1.0 (EasyPost-node#467)', () => {
    const body = Buffer.from('{"topic":"shipment:packed","message":{"total_weight":1.0}}')
    const headers = { 'x-plugin-hmac-sha256': toBase64(hmacSha256('s', body)) }
    const delivery = { method: 'POST', url: '', headers, body }
    expect(verify('s', delivery, 0).topic).toBe('shipment:packed')
    const again = { ...delivery, body: Buffer.from(JSON.stringify(JSON.parse(body.toString()))) }
    expect(() => verify('s', again, 0)).toThrow(/signature/)
  })
})

describe('ShipStream tells what is not stock yet, and what is not shipped yet', () => {
  it('never counts what is expected, processed or put away', async () => {
    await using at = await stage()
    const { id } = await at.simulator.control<{ id: string }>('deliveries', {
      lines: [{ sku: 'MUG-RED', quantity: 30 }],
    })
    for (const step of ['accept', 'process', 'putaway'])
      await at.simulator.control('deliveries/step', { id, step })
    const { readings } = await at.facet.stock(at.context, { skus: null, cursor: null })
    expect(readings.map(({ quantity }) => quantity)).toEqual([0, 0])
  })

  it('tells a backordered order as such, with its units not taken off', async () => {
    await using at = await stage()
    await at.simulator.control('stock', { sku: 'MUG-RED', quantity: 1 })
    const found = await at.facet.submit(at.context, request())
    expect(found).toMatchObject({ status: 'backordered', allocated: false })
    expect(found.attention).toContain('1 of MUG-RED are backordered')
    await at.simulator.control('stock', { sku: 'MUG-RED', quantity: 2 })
    expect(await at.facet.get(at.context, 'web-1001-1')).toMatchObject({
      status: 'accepted',
      allocated: true,
    })
  })

  it('refuses at once what a store without backorders lacks, with what to do', async () => {
    await using at = await stage({ backorders: false })
    await at.simulator.control('stock', { sku: 'MUG-RED', quantity: 1 })
    const refused = at.facet.submit(at.context, request())
    await expect(refused).rejects.toMatchObject({
      code: 'rejected',
      remedy: expect.stringContaining('backorderPolicy'),
    })
    const policy = shipstream({ ...at.simulator.options, backorderPolicy: 'all_or_nothing' })
    expect((await policy.fulfillment.submit(adapterContext(policy), request())).status).toBe('backordered')
  })

  it('reads a time of whole seconds as the earliest it may be, so that no order is taken off too soon', async () => {
    const clock = new ManualClock()
    await using at = await stage({ clock })
    await at.simulator.control('stock', { sku: 'MUG-RED', quantity: 9 })
    clock.advance(300)
    const { readings } = await at.facet.stock(at.context, { skus: null, cursor: null })
    clock.advance(400)
    const { acceptedAt } = await at.facet.submit(at.context, request())
    // The reading came first, in the same second.
    expect(acceptedAt).toBeGreaterThanOrEqual(readings[0]?.asOf ?? Number.POSITIVE_INFINITY)
  })

  it('takes no time of ours that is ahead of ShipStream’s for the time of a reading', async () => {
    await using at = await stage({ clock: new ManualClock() })
    await at.simulator.control('stock', { sku: 'MUG-RED', quantity: 9 })
    const ahead = { now: () => at.simulator.clock.now() + 5_000, sleep: async () => {} }
    const { readings } = await at.facet.stock({ ...at.context, clock: ahead }, { skus: null, cursor: null })
    expect(readings[0]?.asOf).toBeLessThanOrEqual(at.simulator.clock.now())
  })
})

describe('ShipStream cancels late only by request', () => {
  const cancelling = async (
    setUp: (control: (name: string, body: object) => Promise<unknown>) => Promise<unknown>,
    more = {},
  ) => {
    const at = await stage(more)
    open.push(() => at.simulator.close())
    await at.simulator.control('stock', { sku: 'MUG-RED', quantity: 9 })
    const made = await at.facet.submit(at.context, request())
    await setUp((name, body) => at.simulator.control(name, body))
    return { ...at, cancel: async () => (await at.facet.cancel(at.context, made)).outcome }
  }
  const reference = 'web-1001-1'

  it('asks once for what is picked, and hears what the staff decide', async () => {
    const { simulator, facet, context, cancel } = await cancelling((control) =>
      control('pick', { reference }),
    )
    expect([await cancel(), await cancel()]).toEqual(['unknown', 'unknown'])
    expect(simulator.count('order.cancel')).toBe(1)
    await simulator.control('cancel-requests', { reference, accept: true })
    expect(await facet.get(context, reference)).toMatchObject({
      status: 'cancelled',
      cancelled: [{ sku: 'MUG-RED', quantity: 2 }],
    })
    expect(await cancel()).toBe('stopped')
  })

  it('is too late when the staff refused and it left', async () => {
    const { simulator, cancel } = await cancelling((control) => control('pick', { reference }))
    expect(await cancel()).toBe('unknown')
    await simulator.control('cancel-requests', { reference, accept: false })
    await simulator.control('ship', { reference })
    expect(await cancel()).toBe('too_late')
  })

  it('stops the rest of what left in part', async () => {
    const part = (control: (name: string, body: object) => Promise<unknown>) =>
      control('ship', { reference, lines: [{ sku: 'MUG-RED', quantity: 1 }] })
    const { facet, context, cancel } = await cancelling(part)
    expect([await cancel(), await cancel()]).toEqual(['unknown', 'unknown'])
    const found = await facet.get(context, reference)
    expect(found).toMatchObject({ status: 'shipped', cancelled: [{ sku: 'MUG-RED', quantity: 1 }] })
  })

  it('stops what is picked at once where the store allows it', async () => {
    const { cancel } = await cancelling((control) => control('pick', { reference }), {
      cancelInProcess: true,
    })
    expect(await cancel()).toBe('stopped')
  })

  it('does not take an old request for an answer to a new one', async () => {
    const { simulator, facet, context } = await cancelling((control) => control('pick', { reference }))
    const stale = { qty: '2.0000', qty_cancel_requested: '2.0000', sku: 'MUG-RED' }
    const ended = {
      shipment_id: '1',
      order_unique_id: reference,
      status: 'canceled',
      items: [stale],
      packages: [],
    }
    const http = {
      async request<T>(sent: HttpRequest<T>): Promise<HttpResponse<T>> {
        const answer = await context.http.request(sent)
        if (sent.operation !== 'shipment.search') return answer
        return { ...answer, data: sent.schema.parse({ result: [ended] }) }
      },
    }
    await facet.cancel({ ...context, http }, { id: '', reference })
    expect(simulator.count('order.cancel')).toBe(1)
  })

  it('is too late when ShipStream takes not even the request', async () => {
    const { simulator, cancel } = await cancelling((control) => control('pick', { reference }))
    simulator.faults.arm({ operation: 'order.cancel', kind: 'partial_failure' })
    expect(await cancel()).toBe('too_late')
  })
})

describe('ShipStream cancels no units of one’s choice', () => {
  const wanting = async (quantity: number, more: object = {}) => {
    const at = await stage()
    open.push(() => at.simulator.close())
    await at.simulator.control('stock', { sku: 'MUG-RED', quantity })
    await at.simulator.control('stock', { sku: 'CUP', quantity: 9 })
    const lines = ['MUG-RED', 'CUP'].map((sku) => ({ sku, title: '', quantity: 4 }))
    const made = await at.facet.submit(at.context, request({ lines, ...more }))
    const left = (mugs: number, cups: number) => [
      ...(mugs > 0 ? [{ sku: 'MUG-RED', quantity: mugs }] : []),
      ...(cups > 0 ? [{ sku: 'CUP', quantity: cups }] : []),
    ]
    const keep = (mugs: number, cups: number) => at.facet.keep(at.context, made, left(mugs, cups))
    const cancelled = async () => (await at.facet.get(at.context, made.reference))?.cancelled
    return { ...at, keep, cancelled }
  }

  it('but all that are backordered, so that the rest goes on', async () => {
    const { simulator, keep, cancelled } = await wanting(1)
    expect(await keep(1, 4)).toEqual({ outcome: 'stopped' })
    expect(await cancelled()).toEqual([{ sku: 'MUG-RED', quantity: 3 }])
    // Safe to repeat: it says how many shall be left.
    expect(await keep(1, 4)).toEqual({ outcome: 'stopped' })
    expect(simulator.count('order.cancel')).toBe(1)
  })

  it('and all that are in no shipment yet', async () => {
    const { simulator, keep, cancelled } = await wanting(4)
    await simulator.control('ship', { reference: 'web-1001-1', lines: [{ sku: 'CUP', quantity: 3 }] })
    expect(await keep(0, 3)).toEqual({ outcome: 'stopped' })
    expect(await cancelled()).toEqual([
      { sku: 'MUG-RED', quantity: 4 },
      { sku: 'CUP', quantity: 1 },
    ])
  })

  it('any others are refused, and nothing is stopped', async () => {
    const { keep, cancelled } = await wanting(1)
    for (const [mugs, cups] of [
      [2, 4],
      [1, 3],
      [0, 4],
    ] as const)
      await expect(keep(mugs, cups)).rejects.toMatchObject({ code: 'unsupported' })
    expect(await cancelled()).toEqual([])
  })
})

describe('ShipStream reads the times of a search on the merchant’s clock', () => {
  const from = (at: string, zone: string | null) =>
    (changedSince(Date.parse(at), zone) as { updated_at: { from: string } }).updated_at.from

  it('writes them in that zone, and goes back far enough for any where it is not known', () => {
    expect(from('2026-07-01T12:00:00Z', 'America/New_York')).toBe('2026-07-01 08:00:00')
    expect(from('2026-07-01T12:00:00Z', 'Asia/Tokyo')).toBe('2026-07-01 21:00:00')
    expect(from('2026-07-01T12:00:00Z', null)).toBe('2026-07-01 00:00:00')
  })

  it('names the first of the two hours that the clock shows twice in autumn', () => {
    expect(from('2026-11-01T05:30:00Z', 'America/New_York')).toBe('2026-11-01 00:30:00')
    expect(from('2026-11-01T06:30:00Z', 'America/New_York')).toBe('2026-11-01 01:30:00')
  })

  it.each(['America/New_York', 'Pacific/Honolulu', 'Asia/Tokyo'])(
    'misses nothing in %s, told or not',
    async (timeZone) => {
      for (const told of [timeZone, undefined]) {
        const clock = new ManualClock()
        const at = await stage({ clock, timeZone }, { timeZone: told } as { timeZone: string })
        open.push(() => at.simulator.close())
        await at.simulator.control('stock', { sku: 'MUG-RED', quantity: 9 })
        const { cursor } = await pass(at, null)
        await at.facet.submit(at.context, request())
        clock.advance(1_000)
        expect((await pass(at, cursor)).orders.map(({ reference }) => reference)).toContain('web-1001-1')
      }
    },
  )
})

describe('Jaal-Yantra-Textiles/v2#1225: every retry made another order', () => {
  it('a 500 after the effect is in doubt, and never sent again by itself', async () => {
    await using at = await stage()
    await at.simulator.control('stock', { sku: 'MUG-RED', quantity: 9 })
    at.simulator.faults.arm({ operation: 'order.create', kind: 'status', status: 500, afterEffect: true })
    await expect(at.facet.submit(at.context, request())).rejects.toMatchObject({ code: 'unknown_outcome' })
    expect(at.simulator.count('order.create')).toBe(1)
  })
})

describe('an address that ShipStream finds wrong as the order is made', () => {
  it('is told with the order, which waits', async () => {
    await using at = await stage()
    await at.simulator.control('stock', { sku: 'MUG-RED', quantity: 9 })
    at.simulator.faults.arm({ operation: 'order.create', kind: 'accepted_not_applied' })
    const made = await at.facet.submit(at.context, request())
    expect(made.status).toBe('needs_attention')
    expect(made.attention).toContain('address')
  })
})
