import nock from 'nock'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ShipStreamOptions, shipstream } from '../../../adapters/shipstream/index.ts'
import type { StockpoolError } from '../../../src/error.ts'
import { virtualClock } from '../../../src/simulator/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'
import { item, options, order, request, shipment } from './fixtures.ts'

const host = 'https://acme.shipstream.app'
const now = Date.parse('2026-03-02T12:00:00Z')
const basic = `Basic ${btoa('pool:k-4f1c09')}`

beforeEach(() => nock.disableNetConnect())
afterEach(() => {
  const pending = nock.pendingMocks()
  nock.cleanAll()
  nock.enableNetConnect()
  expect(pending).toEqual([])
})

const connect = (more: Partial<ShipStreamOptions> = {}) => {
  const connection = shipstream({ ...options, ...more })
  const clock = virtualClock(now, { autoAdvance: { quietMs: 2 } })
  const lines: string[] = []
  const write = (message: string, facts: unknown) => lines.push(`${message} ${JSON.stringify(facts)}`)
  const log = { debug: write, info: write, warn: write }
  const context = adapterContext(connection, { clock, log, random: () => 0, maxAttempts: 3 })
  return { ...connection.fulfillment, connection, context, lines, clock }
}

const rpc = (
  method: string,
  params: readonly unknown[],
  answer: object,
  headers = { authorization: basic },
) =>
  nock(host, { reqheaders: headers })
    .post('/api/jsonrpc', (body) => {
      // The id is a number of the caller's own.
      const { id, ...rest } = body as { id: number }
      expect(Number.isInteger(id)).toBe(true)
      return JSON.stringify(rest) === JSON.stringify({ jsonrpc: '2.0', method, params })
    })
    .reply(200, { jsonrpc: '2.0', id: 1, ...answer }, { date: 'Mon, 02 Mar 2026 12:00:00 GMT' })

const call = (path: string, args: readonly unknown[], result: unknown) =>
  rpc('call', [null, path, args], { error: null, result })
const fails = (path: string, args: readonly unknown[], n: number, message = 'Some words.') =>
  rpc('call', [null, path, args], { error: { code: -(32_000 + n), message } })

const info = ['web-1001-1', ['*', 'items', 'shipping_address']] as const
const shipmentsOf = (...ids: string[]) =>
  [
    { order_unique_id: { in: ids } },
    { sort_field: 'shipment_id', sort_dir: 'asc', page: 1, limit: 100 },
    ['*', 'items', 'packages'],
  ] as const
const created = [
  null,
  [{ sku: 'MUG-RED', qty: 2 }],
  {
    firstname: 'Jane van',
    lastname: 'Poe',
    company: 'Poe Mugs',
    street1: '12 Elm St\nFlat 3',
    city: 'Springfield',
    region: 'IL',
    postcode: '62704',
    country: 'US',
    telephone: '+1 217 555 0100',
    email: 'jane.poe@example.com',
  },
  { unique_id: 'web-1001-1', order_ref: '#1001', shipping_method: 'cheapest_ALL' },
] as const

const failing = async (work: Promise<unknown>): Promise<StockpoolError> => {
  const thrown = await work.then(
    () => null,
    (error: unknown) => error,
  )
  expect(thrown).not.toBeNull()
  return thrown as StockpoolError
}

describe('what is sent', () => {
  it('creates an order under our reference, by Basic, and reads it', async () => {
    const { submit, context } = connect()
    call('order.create', created, { order_id: 900, unique_id: 'web-1001-1' })
    call('order.info', info, order())
    call('shipment.search', shipmentsOf('web-1001-1'), { results: [], totalCount: 0, numPages: 0 })
    expect(await submit(context, request())).toMatchObject({
      id: '900',
      reference: 'web-1001-1',
      status: 'accepted',
    })
  })

  it('with the store and the backorder policy of the options', async () => {
    const { submit, context } = connect({ store: 'east', backorderPolicy: 'up_to_3' })
    const [, items, address, more] = created
    fails('order.create', ['east', items, address, { ...more, backorder_policy: 'up_to_3' }], 102)
    expect((await failing(submit(context, request()))).code).toBe('rejected')
  })

  it('looks an order up with its shipments, and keeps both as they came', async () => {
    const { get, context } = connect()
    call('order.info', info, order({ status: 'complete' }))
    // Some methods are documented to give the bare list.
    call('shipment.search', shipmentsOf('web-1001-1'), [shipment()])
    const found = await get(context, 'web-1001-1')
    expect(found).toMatchObject({
      status: 'labelled',
      parcels: [{ id: '100000020-1', trackingNumber: null }],
    })
    expect(found?.raw).toEqual({ order: order({ status: 'complete' }), shipments: [shipment()] })
  })

  it('logs in once in session mode, and again when the session ended', async () => {
    const { locations, context } = connect({ auth: 'session' })
    const session = (id: string, answer: object) =>
      rpc('call', [id, 'warehouse.list', []], answer, {} as never)
    const places = { error: null, result: [{ warehouse_id: 1, name: 'Knoxville', is_active: 1 }] }
    rpc('login', ['pool', 'k-4f1c09'], { error: null, result: 'session-1' }, {} as never)
    session('session-1', places)
    session('session-1', { error: { code: -32_005, message: 'Session expired. Try to relogin.' } })
    rpc('login', ['pool', 'k-4f1c09'], { error: null, result: 'session-2' }, {} as never)
    session('session-2', places)
    for (let nth = 0; nth < 2; nth += 1)
      expect(await locations(context)).toEqual([
        { id: '1', name: 'Knoxville', country: null, postalCode: null },
      ])
  })

  it('asks for updates in the merchant’s own zone, orders first, then shipments, and once more for their orders', async () => {
    const { updates, context } = connect({
      timeZone: 'America/New_York',
      updatesSince: '2026-03-01T00:00:00Z',
    })
    const since = { updated_at: { from: '2026-02-28 19:00:00', datetime: true } }
    const paged = (sort: string, page: number) => ({ sort_field: sort, sort_dir: 'asc', page, limit: 100 })
    const orders = (page: number, result: object) =>
      call('order.search', [since, paged('order_id', page), ['*', 'items', 'shipping_address']], result)
    orders(1, { results: [order()], totalCount: 2, numPages: 2 })
    call('shipment.search', shipmentsOf('web-1001-1'), { results: [], totalCount: 0, numPages: 0 })
    orders(2, { results: [order({ order_id: 901, unique_id: 'web-2-1' })], totalCount: 2, numPages: 2 })
    call('shipment.search', shipmentsOf('web-2-1'), { results: [], totalCount: 0, numPages: 0 })
    const first = await updates(context, null)
    const second = await updates(context, first.cursor)
    expect([first.more, second.more]).toEqual([true, true])
    expect([first, second].flatMap((page) => page.orders.map(({ reference }) => reference))).toEqual([
      'web-1001-1',
      'web-2-1',
    ])

    call('shipment.search', [since, paged('shipment_id', 1), []], {
      results: [shipment()],
      totalCount: 1,
      numPages: 1,
    })
    call(
      'order.search',
      [{ unique_id: { in: ['web-1001-1'] } }, paged('order_id', 1), ['*', 'items', 'shipping_address']],
      {
        results: [order()],
        totalCount: 1,
        numPages: 1,
      },
    )
    call('shipment.search', shipmentsOf('web-1001-1'), { results: [shipment()], totalCount: 1, numPages: 1 })
    const third = await updates(context, second.cursor)
    expect(third).toMatchObject({ more: false, orders: [{ parcels: [{ id: '100000020-1' }] }] })

    // The next pass begins where this one began, less the overlap.
    const next = { updated_at: { from: '2026-03-02 06:55:00', datetime: true } }
    call('order.search', [next, paged('order_id', 1), ['*', 'items', 'shipping_address']], {
      results: [],
      totalCount: 0,
      numPages: 0,
    })
    await updates(context, third.cursor)
  })

  it('reads all stock at once, or of some SKUs, and nothing for none', async () => {
    const { stock, context } = connect()
    const level = (sku: string) => ({
      sku,
      qty_available: '12.0000',
      detailed: [{ warehouse_id: '1', qty_available: '12.0000', qty_putaway: '9.0000' }],
    })
    call('inventory.detailed', [null], [level('MUG-RED')])
    call('inventory.detailed', [['MUG-RED']], [level('MUG-RED'), level('mug-red')])
    const reading = { sku: 'MUG-RED', location: '1', quantity: 12, basis: 'available', asOf: now }
    for (const skus of [null, ['MUG-RED']])
      expect(await stock(context, { skus, cursor: null })).toEqual({ readings: [reading], cursor: null })
    expect(await stock(context, { skus: [], cursor: null })).toEqual({ readings: [], cursor: null })
  })

  it('names the active warehouses, or those of the options', async () => {
    const places = [
      { warehouse_id: 1, name: 'Knoxville', is_active: 1, address: { country: 'US', postcode: '37914' } },
      { warehouse_id: 2, name: null, is_active: '0', address: null },
    ]
    call('warehouse.list', [], places)
    call('warehouse.list', [], places)
    const { locations, context } = connect()
    expect(await locations(context)).toEqual([
      { id: '1', name: 'Knoxville', country: 'US', postalCode: '37914' },
    ])
    const own = connect({ warehouses: [2] })
    expect(await own.locations(own.context)).toEqual([
      { id: '2', name: '2', country: null, postalCode: null },
    ])
  })

  it('cancels with every option at once, and tells by the order what came of it', async () => {
    const { cancel, context } = connect()
    const none = { results: [], totalCount: 0, numPages: 0 }
    const flags = { unfulfilled_items: true, all_items: true, cancellation_request: true }
    call('order.info', info, order())
    call('shipment.search', shipmentsOf('web-1001-1'), none)
    call('order.cancel', ['web-1001-1', flags], { success: true, warnings: [], order: { order_id: 900 } })
    call('order.info', info, order({ status: 'canceled', items: [item({ qty_canceled: 2 })] }))
    call('shipment.search', shipmentsOf('web-1001-1'), none)
    expect(await cancel(context, { id: '900', reference: 'web-1001-1' })).toEqual({ outcome: 'stopped' })
  })

  it('asks for quotes by the methods of the options, and adds up what they cost', async () => {
    const { quote, context } = connect()
    const rate = {
      code: 'ups_03',
      description: 'UPS Ground',
      shipping_cost: '17.23',
      shipping_cost_currency: 'USD',
      max_delivery_date: '2026-03-06',
      signature_fee: '1.15',
      signature_fee_currency: 'USD',
      allocation: [{ 'MUG-RED': [{ warehouse_id: 2, qty: '2.000' }] }],
    }
    const both = [{ 'MUG-RED': [{ warehouse_id: 1 }, { warehouse_id: 2 }] }]
    call(
      'rate.quote',
      [
        { country: 'US', city: 'Springfield', postcode: '62704' },
        [{ sku: 'MUG-RED', qty: 2 }],
        { methods: ['cheapest_TWO_DAY'] },
      ],
      {
        rates: [rate, { ...rate, signature_fee_currency: 'CAD', max_delivery_date: null, allocation: both }],
        handling_cost: '2.4',
        handling_cost_currency: 'USD',
      },
    )
    const shipTo = { country: 'US', postalCode: '62704', city: 'Springfield', region: null }
    const lines = [{ sku: 'MUG-RED', quantity: 2 }]
    expect(await quote(context, { lines, shipTo, serviceLevel: 'two-day' })).toMatchObject([
      {
        location: '2',
        service: 'UPS Ground',
        serviceLevel: 'two-day',
        cost: { amount: 2078, currency: 'USD' },
        deliverBy: Date.parse('2026-03-06T23:59:59Z'),
      },
      { location: null, cost: null, deliverBy: null },
    ])
  })
})

describe('what is refused', () => {
  it('takes error 104 for an order that exists, and looks whether it is ours', async () => {
    const { submit, context } = connect()
    for (const units of ['2.0000', '3.0000']) {
      fails('order.create', created, 104, 'An order with the specified ID already exists.')
      call('order.info', info, order({ items: [item({ qty_ordered: units })] }))
      call('shipment.search', shipmentsOf('web-1001-1'), [])
    }
    expect((await submit(context, request())).id).toBe('900')
    const error = await failing(submit(context, request()))
    expect(error).toMatchObject({ code: 'conflict', field: 'lines.MUG-RED.quantity' })
    expect(error.message).not.toMatch(/Jane|Elm/)
  })

  it('is in doubt when the reference exists, and nothing is shown', async () => {
    const { submit, context } = connect()
    fails('order.create', created, 104)
    fails('order.info', info, 100)
    expect((await failing(submit(context, request()))).code).toBe('unknown_outcome')
  })

  it('names the SKUs when a product does not exist', async () => {
    const { submit, context } = connect()
    fails('order.create', created, 107, 'Product "MUG-RED" does not exist.')
    const error = await failing(submit(context, request()))
    expect(error).toMatchObject({ code: 'rejected', field: 'lines', retryable: false })
    expect(error.remedy).toContain('MUG-RED')
  })

  it('never tells what ShipStream quotes of the buyer', async () => {
    const { submit, context, lines } = connect()
    fails(
      'order.create',
      created,
      102,
      `Invalid data given: "12 Elm St" of 'Jane van Poe' jane.poe@example.com is no address.`,
    )
    const error = await failing(submit(context, request()))
    expect(error.message).toContain('Invalid data given: … of … … is no address.')
    expect(JSON.stringify([error, lines])).not.toMatch(/Elm|Jane|jane\.poe/)
  })

  it.each([
    [1, 'unavailable', true],
    [3, 'unsupported', false],
    [4, 'unsupported', false],
    [6, 'rejected', false],
    [101, 'rejected', false],
    [600, 'rejected', false],
    [601, 'unsupported', false],
    [603, 'unavailable', true],
    [700, 'rejected', false],
    [4711, 'rejected', false],
  ])('error %i is %s', async (n, code, retryable) => {
    const { locations, context } = connect()
    const times = retryable ? 3 : 1
    for (let nth = 0; nth < times; nth += 1) fails('warehouse.list', [], n)
    expect(await failing(locations(context))).toMatchObject({ code, retryable })
  })

  it('tells a wrong key from a role that lacks a method by logging in', async () => {
    const { locations, context } = connect()
    fails('warehouse.list', [], 2, 'Access denied.')
    rpc('login', ['pool', 'k-4f1c09'], { error: { code: -32_002, message: 'Access denied.' } }, {} as never)
    expect((await failing(locations(context))).code).toBe('auth')
    fails('warehouse.list', [], 2, 'Access denied.')
    rpc('login', ['pool', 'k-4f1c09'], { error: null, result: 'session-1' }, {} as never)
    expect(await failing(locations(context))).toMatchObject({ code: 'permission', retryable: false })
  })

  it('is in doubt after a 5xx to a create, and after a success that cannot be read', async () => {
    const { submit, context } = connect()
    nock(host).post('/api/jsonrpc').reply(502, '<html>')
    expect((await failing(submit(context, request()))).code).toBe('unknown_outcome')
    nock(host).post('/api/jsonrpc').reply(200, '<html>')
    expect((await failing(submit(context, request()))).code).toBe('unknown_outcome')
    fails('order.create', created, 603)
    expect((await failing(submit(context, request()))).code).toBe('unknown_outcome')
  })

  it('gives an order that cannot be read by itself, and the page goes on', async () => {
    const { updates, context } = connect()
    const rows = [order(), order({ unique_id: 'web-2-1', items: [item({ qty_ordered: 'many' })] }), null]
    nock(host)
      .post('/api/jsonrpc')
      .reply(200, { result: { results: rows, totalCount: 3, numPages: 1 } })
    nock(host)
      .post('/api/jsonrpc')
      .reply(200, { result: [{ shipment_id: '1' }] })
    const page = await updates(context, null)
    expect(page.orders.map(({ reference }) => reference)).toEqual(['web-1001-1'])
    expect(page.unreadable).toMatchObject([
      { id: 'web-2-1', error: { code: 'invalid_input', field: 'items.0.qty_ordered' } },
      { id: null, error: { code: 'invalid_input' } },
    ])
  })

  it('never takes an order that cannot be read for one that is not there', async () => {
    const { get, context } = connect()
    call('order.info', info, order({ unique_id: null }))
    expect((await failing(get(context, 'web-1001-1'))).code).toBe('invalid_input')
    call('order.info', info, order({ unique_id: 'web-1001-10' }))
    expect(await get(context, 'web-1001-1')).toBeNull()
  })
})
