import nock from 'nock'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  byReferenceDocument,
  createOrderDocument,
  returnsDocument,
  stockDocument,
  updatesDocument,
} from '../../../adapters/shiphero/documents.ts'
import { type ShipHeroOptions, shiphero } from '../../../adapters/shiphero/index.ts'
import type { StockpoolError } from '../../../src/error.ts'
import { virtualClock } from '../../../src/simulator/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'
import { line, options, order, page, request } from './fixtures.ts'

const host = 'https://public-api.shiphero.com'
const bearer = { reqheaders: { authorization: 'Bearer at-1', accept: 'application/json' } }

beforeEach(() => nock.disableNetConnect())
afterEach(() => {
  const pending = nock.pendingMocks()
  nock.cleanAll()
  nock.enableNetConnect()
  expect(pending).toEqual([])
})

const grant = (token = 'at-1') =>
  nock(host)
    .post('/auth/refresh', { refresh_token: 'rt-4f1c09e7' })
    .matchHeader('content-type', /^application\/json/)
    .reply(200, { access_token: token, expires_in: 2_419_200, scope: 'offline_access', token_type: 'Bearer' })

const quota = (left: number) => ({
  user_quota: { credits_remaining: left, max_available: 4004, increment_rate: 60 },
})

interface Sent {
  readonly operationName: string
  readonly query: string
  readonly variables: Record<string, unknown>
}

/** Expects one document and answers its data. */
function expectDocument(operation: string, data: object, variables?: object, more: object = {}) {
  return nock(host, bearer)
    .post('/graphql', (body: Sent) => {
      if (body.operationName !== operation) return false
      if (variables !== undefined) expect(body.variables).toEqual(variables)
      return true
    })
    .reply(200, { data: { ...quota(4000), ...data }, ...more })
}

const orders = (...nodes: unknown[]) => ({ orders: { complexity: 30, data: page(nodes) } })

function connect(more: Partial<ShipHeroOptions> = {}) {
  const connection = shiphero({ ...options, ...more })
  const clock = virtualClock(Date.parse('2026-03-02T12:00:00Z'), { autoAdvance: { quietMs: 2 } })
  const lines: string[] = []
  const write = (message: string, facts: unknown) => lines.push(`${message} ${JSON.stringify(facts)}`)
  const log = { debug: write, info: write, warn: write }
  const context = adapterContext(connection, { clock, log, random: () => 0, maxAttempts: 3 })
  return { ...connection.fulfillment, connection, context, lines, clock }
}

const failing = async (work: Promise<unknown>): Promise<StockpoolError> => {
  const thrown = await work.then(
    () => null,
    (error: unknown) => error,
  )
  expect(thrown).not.toBeNull()
  return thrown as StockpoolError
}

describe('what is sent', () => {
  it('draws a token with the refresh token, and asks with it', async () => {
    const { get, context } = connect()
    grant()
    nock(host, bearer)
      .post('/graphql', {
        query: byReferenceDocument.query,
        operationName: 'OrdersByReference',
        variables: { reference: 'web-1001-1', customer: null },
      })
      .reply(200, { data: { ...orders(order()), ...quota(4000) } })
    const found = await get(context, 'web-1001-1')
    expect(found).toMatchObject({ id: 'T3JkZXI6OTAw', reference: 'web-1001-1' })
    expect(found?.raw).toEqual(order())
  })

  it('looks first, creates with our reference and the lines’ marks, and looks once more', async () => {
    const { submit, context } = connect({ shopName: 'pool', customerAccountId: 'QWNjb3VudDoy' })
    grant()
    expectDocument('OrdersByReference', orders(), { reference: 'web-1001-1', customer: 'QWNjb3VudDoy' })
    nock(host, bearer)
      .post('/graphql', {
        query: createOrderDocument.query,
        operationName: 'CreateOrder',
        variables: {
          data: {
            customer_account_id: 'QWNjb3VudDoy',
            order_number: '#1001',
            partner_order_id: 'web-1001-1',
            shop_name: 'pool',
            fulfillment_status: 'pending',
            order_date: '2026-03-02T09:30:00',
            required_ship_date: '2026-03-04T00:00:00',
            email: 'jane.poe@example.com',
            shipping_lines: { title: 'standard', price: '0.00' },
            shipping_address: {
              first_name: 'Jane',
              last_name: 'Poe',
              address1: '12 Elm St',
              address2: 'Flat 3',
              city: 'Springfield',
              state: 'IL',
              zip: '62704',
              country: 'US',
              phone: '+1 217 555 0100',
              email: 'jane.poe@example.com',
            },
            line_items: [
              {
                sku: 'MUG-RED',
                partner_line_item_id: 'web-1001-1/1/2/5',
                quantity: 5,
                price: '0.00',
                product_name: 'Red mug',
                warehouse_id: 'V2FyZWhvdXNlOjgwMDE=',
              },
              {
                sku: 'CAP',
                partner_line_item_id: 'web-1001-1/2/2/1',
                quantity: 1,
                price: '0.00',
                product_name: 'CAP',
                warehouse_id: 'V2FyZWhvdXNlOjgwMDE=',
              },
            ],
          },
        },
      })
      .reply(200, { data: { order_create: { request_id: 'r', complexity: 20, order: order() } } })
    expectDocument('OrdersByReference', orders(order()))
    const made = await submit(
      context,
      request({
        location: 'V2FyZWhvdXNlOjgwMDE=',
        shipBy: Date.parse('2026-03-04T00:00:00Z'),
        lines: [
          { sku: 'MUG-RED', title: 'Red mug', quantity: 2 },
          { sku: 'CAP', title: ' ', quantity: 1 },
          { sku: 'MUG-RED', title: 'Red mug', quantity: 3 },
        ],
      }),
    )
    expect(made).toMatchObject({ id: 'T3JkZXI6OTAw', status: 'accepted', allocated: true })
  })

  it('asks for what changed since the pass before began, less the overlap, page by page', async () => {
    const { updates, context } = connect({ updatesSince: '2026-03-01T00:00:00Z' })
    grant()
    const data = (end: string | null, ...nodes: unknown[]) => ({
      orders: { complexity: 50, data: page(nodes, end) },
    })
    expectDocument('Updates', data('c25', order()), {
      updated_from: '2026-03-01T00:00:00',
      shop: 'stockpool',
      after: null,
      customer: null,
    })
    const first = await updates(context, null)
    expect(first).toMatchObject({ more: true, orders: [{ reference: 'web-1001-1' }], unreadable: [] })
    expectDocument('Updates', data(null), {
      updated_from: '2026-03-01T00:00:00',
      shop: 'stockpool',
      after: 'c25',
      customer: null,
    })
    const last = await updates(context, first.cursor)
    expect(last.more).toBe(false)
    expect(JSON.parse(last.cursor)).toEqual({
      since: Date.parse('2026-03-02T11:55:00Z'),
      began: null,
      after: null,
    })
    expect(updatesDocument.query).toContain('sort: "order_date"')
  })

  it('reads every line of an order that has more than a page of them', async () => {
    const { get, context } = connect()
    grant()
    const more = line({
      id: 'l2',
      sku: 'CAP',
      partner_line_item_id: 'web-1001-1/2/2/1',
      quantity: 1,
      quantity_pending_fulfillment: 0,
    })
    const first = line({ partner_line_item_id: 'web-1001-1/1/2/5' })
    expectDocument('OrdersByReference', orders({ ...order(), line_items: page([first], 'c0') }))
    expectDocument(
      'OrderLines',
      { order: { complexity: 3, data: { line_items: page([more]) } } },
      { id: 'T3JkZXI6OTAw', after: 'c0' },
    )
    expect((await get(context, 'web-1001-1'))?.cancelled).toEqual([{ sku: 'CAP', quantity: 1 }])
  })

  it('narrows the stock to one SKU, and says when the numbers were true by ShipHero’s clock', async () => {
    const { stock, context } = connect()
    grant()
    const product = {
      sku: 'MUG-RED',
      warehouse_id: 'w1',
      on_hand: 9,
      allocated: 2,
      available: 7,
      backorder: 0,
      reserve_inventory: 1,
    }
    nock(host, bearer)
      .post('/graphql', {
        query: stockDocument.query,
        operationName: 'WarehouseProducts',
        variables: { sku: 'MUG-RED', after: null, customer: null },
      })
      .reply(
        200,
        { data: { warehouse_products: { complexity: 5, data: page([product]) }, ...quota(3000) } },
        { date: 'Mon, 02 Mar 2026 11:59:30 GMT' },
      )
    expect(await stock(context, { skus: ['MUG-RED'], cursor: null })).toEqual({
      readings: [
        {
          sku: 'MUG-RED',
          location: 'w1',
          quantity: 6,
          basis: 'available',
          asOf: Date.parse('2026-03-02T11:59:30Z'),
        },
      ],
      cursor: null,
    })
  })

  it('reads warehouses as places', async () => {
    const { locations, context } = connect({ warehouses: ['w1', 'w3'] })
    grant()
    const warehouses = [
      { id: 'w1', identifier: 'Primary', address: { name: 'Fort Lauderdale', country: 'USA', zip: '33309' } },
      { id: 'w2', identifier: 'West', address: null },
      { id: 'w3', identifier: null, address: null },
    ]
    expectDocument('Warehouses', { account: { complexity: 4, data: { warehouses } } })
    expect(await locations(context)).toEqual([
      { id: 'w1', name: 'Primary, Fort Lauderdale', country: 'US', postalCode: '33309' },
      { id: 'w3', name: 'w3', country: null, postalCode: null },
    ])
  })

  it('reads returns from the eldest that was open, for as long as the options say', async () => {
    const { returns, context } = connect({ returnsDays: 10 })
    grant()
    const row = (id: string, status: string, created_at: string) => ({
      id,
      status,
      created_at,
      labels: [],
      order: null,
      line_items: [],
    })
    const list = [
      row('r1', 'complete', '2026-02-25T10:00:00'),
      row('r2', 'pending', '2026-02-26T10:00:00'),
      row('r3', 'pending', '2026-03-01T10:00:00'),
    ]
    expectDocument(
      'Returns',
      { returns: { complexity: 9, data: page(list) } },
      { date_from: '2026-02-20T12:00:00', after: null, customer: null },
    )
    const seen = await returns(context, null)
    expect(seen.returns.map(({ id, status }) => [id, status])).toEqual([
      ['r1', 'processed'],
      ['r2', 'approved'],
      ['r3', 'approved'],
    ])
    expect(JSON.parse(seen.cursor).since).toBe(Date.parse('2026-02-26T09:55:00Z'))
    expect(returnsDocument.query).toContain('sort: "created_at"')
  })
})

describe('a token', () => {
  it('that ShipHero no longer takes is drawn anew, once', async () => {
    const { get, context } = connect()
    grant('at-0')
    nock(host)
      .post('/graphql')
      .matchHeader('authorization', 'Bearer at-0')
      .reply(401, { code: 'token_expired' })
    grant()
    expectDocument('OrdersByReference', orders())
    expect(await get(context, 'web-1001-1')).toBeNull()
  })

  it('that cannot be drawn stops the connection, and shows no secret', async () => {
    const { get, context } = connect()
    nock(host).post('/auth/refresh').reply(403, { error: 'invalid_grant', refresh_token: 'rt-4f1c09e7' })
    const error = await failing(get(context, 'web-1001-1'))
    expect(error).toMatchObject({ code: 'auth', remedy: expect.stringContaining('refreshToken') })
    expect(JSON.stringify(error)).not.toContain('rt-4f1c09e7')
  })
})

describe('credits', () => {
  it('are waited for as long as ShipHero says, and the call is repeated', async () => {
    const { get, context, clock } = connect()
    grant()
    const message =
      'There are not enough credits to perform the requested operation, which requires 1301 credits, but there are only 263 left. In 18 seconds you will have enough credits to perform the operation'
    nock(host, bearer)
      .post('/graphql')
      .reply(200, {
        errors: [{ message, operation: 'orders', field: 'orders', request_id: 'r1', code: 30 }],
        data: { orders: null },
      })
    expectDocument('OrdersByReference', orders())
    const startedAt = clock.now()
    expect(await get(context, 'web-1001-1')).toBeNull()
    expect(clock.now() - startedAt).toBeGreaterThanOrEqual(18_000)
  })

  it('that are low by the quota hold the next call back before it is refused', async () => {
    const { get, context, clock } = connect()
    grant()
    const empty = { orders: { complexity: 30, data: page([]) }, ...quota(60) }
    nock(host, bearer).post('/graphql').reply(200, { data: empty })
    await get(context, 'web-1001-1')
    expectDocument('OrdersByReference', orders())
    const startedAt = clock.now()
    await get(context, 'web-1001-1')
    // 30 are left, 143 may be needed, 60 come back a second.
    expect(clock.now() - startedAt).toBeGreaterThanOrEqual(1_800)
    expect(clock.now() - startedAt).toBeLessThan(3_000)
  })
})

describe('an answer with errors under HTTP 200', () => {
  const refuse = (error: object) =>
    nock(host, bearer)
      .post('/graphql', (body: Sent) => body.operationName === 'CreateOrder')
      .reply(200, {
        errors: [{ operation: 'order_create', field: 'order_create', request_id: '5da7', ...error }],
        data: { order_create: null },
      })

  it('is a refusal, without the values that it repeats', async () => {
    const { submit, context } = connect()
    grant()
    expectDocument('OrdersByReference', orders())
    refuse({ message: "Invalid email 'jane.poe@example.com' for jane.poe@example.com", code: 3 })
    expectDocument('OrdersByReference', orders())
    const error = await failing(submit(context, request()))
    expect(error).toMatchObject({ code: 'rejected', details: { shipheroCode: 3, shipheroRequest: '5da7' } })
    expect(error.message).toContain('Invalid email … for …')
    expect(error.message).not.toContain('jane')
  })

  it('is no refusal when the order is there after all: what it is is decided by looking', async () => {
    const { submit, context } = connect()
    grant()
    expectDocument('OrdersByReference', orders())
    refuse({ message: 'Order number already exists', code: 3 })
    expectDocument('OrdersByReference', orders(order()))
    expect(await submit(context, request())).toMatchObject({ id: 'T3JkZXI6OTAw' })
  })

  it.each([{ message: 'Unexpected Error', code: 1 }, { message: 'Request timed out' }])(
    'of a create that leaves open what happened (%j) is an unknown outcome, and nothing is repeated',
    async (error) => {
      const { submit, context } = connect()
      grant()
      expectDocument('OrdersByReference', orders())
      refuse(error)
      expect(await failing(submit(context, request()))).toMatchObject({ code: 'unknown_outcome' })
    },
  )

  it('of the quota alone is none', async () => {
    const { get, context } = connect()
    grant()
    const errors = [{ message: 'Unexpected Error', operation: 'user_quota', code: 1 }]
    nock(host, bearer)
      .post('/graphql')
      .reply(200, { data: { ...orders(order()), user_quota: null }, errors })
    expect(await get(context, 'web-1001-1')).toMatchObject({ reference: 'web-1001-1' })
  })
})

describe('creating', () => {
  it('is not repeated after a lost answer', async () => {
    const { submit, context } = connect()
    grant()
    expectDocument('OrdersByReference', orders())
    nock(host, bearer)
      .post('/graphql')
      .replyWithError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
    expect(await failing(submit(context, request()))).toMatchObject({ code: 'unknown_outcome' })
  })

  it('whose answer cannot be read is an unknown outcome too', async () => {
    const { submit, context } = connect()
    grant()
    expectDocument('OrdersByReference', orders())
    expectDocument('CreateOrder', { order_create: { order: { ...order(), id: null } } })
    expect(await failing(submit(context, request()))).toMatchObject({ code: 'unknown_outcome' })
  })

  it('finds a conflict in what exists, by field and without values', async () => {
    const { submit, context } = connect()
    grant()
    const other = {
      ...order({}, [line({ partner_line_item_id: 'web-1001-1/1/1/2' })]),
      shipping_address: { first_name: 'Jane', last_name: 'Doe', zip: '90210-1', country: 'US' },
    }
    expectDocument('OrdersByReference', orders(other))
    const error = await failing(submit(context, request()))
    expect(error).toMatchObject({ code: 'conflict', field: 'lines.MUG-RED.quantity' })
    expect(error.details?.differs).toEqual(['lines.MUG-RED.quantity', 'shipTo.name', 'shipTo.postalCode'])
    expect(error.message).not.toContain('Doe')
  })

  it('takes no order of a similar reference for ours', async () => {
    const { get, context } = connect()
    grant()
    expectDocument('OrdersByReference', orders(order({ partner_order_id: 'web-1001-10' })))
    expect(await get(context, 'web-1001-1')).toBeNull()
  })
})

it('an order that cannot be read does not stop the others, and is named', async () => {
  const { updates, context } = connect()
  grant()
  const broken = order({ partner_order_id: 'web-7-1', updated_at: 'yesterday' })
  expectDocument('Updates', { orders: { complexity: 60, data: page([broken, order()]) } })
  const seen = await updates(context, null)
  expect(seen.orders.map(({ reference }) => reference)).toEqual(['web-1001-1'])
  expect(seen.unreadable).toEqual([
    { id: 'web-7-1', error: expect.objectContaining({ code: 'invalid_input', field: 'updated_at' }) },
  ])
})

it('a page that points to itself is an error, not an endless read', async () => {
  const { stock, context } = connect()
  grant()
  expectDocument('WarehouseProducts', { warehouse_products: { complexity: 1, data: page([], 'c1') } })
  expect(await failing(stock(context, { skus: null, cursor: 'c1' }))).toMatchObject({ code: 'unavailable' })
})
