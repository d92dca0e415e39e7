import nock from 'nock'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  availableDocument,
  orderCancelDocument,
  orderDocument,
  ordersDocument,
  setQuantitiesDocument,
} from '../../../adapters/shopify/documents.ts'
import {
  fulfillmentCreateDocument,
  trackingUpdateDocument,
} from '../../../adapters/shopify/fulfillment-documents.ts'
import { shopify } from '../../../adapters/shopify/index.ts'
import { callKey } from '../../../adapters/shopify/listings.ts'
import { isStockpoolError } from '../../../src/error.ts'
import type { AdapterContext, Clock, Logger } from '../../../src/spec/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'
import { answer, noticeOf, options, page, target, wireLine, wireOrder } from './fixtures.ts'

const host = 'https://my-shop.myshopify.com'
const path = '/admin/api/2026-07/graphql.json'
const connection = shopify(options)

/** A clock on which every wait is over at once, and is noted. */
class QuickClock implements Clock {
  readonly waits: number[] = []
  at = Date.UTC(2026, 6, 2)

  now() {
    return this.at
  }

  async sleep(ms: number) {
    this.waits.push(ms)
    this.at += ms
  }
}

let clock: QuickClock
let context: AdapterContext
let warnings: string[]

beforeEach(() => {
  nock.disableNetConnect()
  clock = new QuickClock()
  warnings = []
  const log: Logger = { debug: () => {}, info: () => {}, warn: (message) => warnings.push(message) }
  context = adapterContext(connection, { clock, log, random: () => 0 })
})

afterEach(() => {
  const pending = nock.pendingMocks()
  nock.cleanAll()
  expect(pending).toEqual([])
})

interface Sent {
  readonly query: string
  readonly operationName: string
  readonly variables: Record<string, unknown>
}

/** Answers the next calls, and gives what was sent. */
function replies(...bodies: (object | readonly [number, object | string])[]): Sent[] {
  const sent: Sent[] = []
  for (const body of bodies) {
    const [status, content] = Array.isArray(body) ? body : [200, body]
    nock(host, { reqheaders: { 'x-shopify-access-token': options.auth.accessToken } })
      .post(path, (given: Sent) => sent.push(given) > 0)
      .matchHeader('content-type', 'application/json')
      .reply(status, content, { 'x-shopify-api-version': '2026-07' })
  }
  return sent
}

/** The rows of a stock write. */
const rowsOf = (call: Sent | undefined) =>
  (call?.variables.input as { quantities: { inventoryItemId: string }[] } | undefined)?.quantities ?? []

const userErrors = (...errors: object[]) => answer({ inventorySetQuantities: { userErrors: errors } })
const stale = (row: number) => ({
  field: ['input', 'quantities', String(row), 'changeFromQuantity'],
  code: 'CHANGE_FROM_QUANTITY_STALE',
  message: 'stale',
})

describe('orders', () => {
  it('are asked for by what changed, sorted by it, a little before the last look', async () => {
    const empty = answer({ orders: page() })
    const one = answer({
      orders: page(wireOrder({ updatedAt: '2026-07-01T10:00:00Z' })),
      ordersCount: { count: 1 },
    })
    const sent = replies(one, empty, answer({ fulfillmentOrders: page() }))
    const since = shopify({ ...options, ordersSince: '2026-06-01T00:00:00+02:00' })
    const first = await since.orders.read(context, null)
    expect(first).toMatchObject({ more: false, completeUntil: Date.UTC(2026, 6, 2) - 30_000 })
    await since.orders.read(context, first.cursor)
    expect(sent.map(({ variables }) => variables)).toEqual([
      { after: null, query: "updated_at:>='2026-05-31T22:00:00Z'", count: true, limit: 1000 },
      { after: null, query: "updated_at:>='2026-07-01T09:58:00Z'", count: false, limit: null },
      // Its parts: of what was there at the first look, a little before it.
      { after: null, query: "updated_at:>='2026-07-01T23:58:00Z'" },
    ])
    expect(sent[0]).toMatchObject({ query: ordersDocument.query, operationName: 'Orders' })
    expect(ordersDocument.query).toContain('sortKey: UPDATED_AT')
  })

  it('follow the pages of one question, and begin anew after the last', async () => {
    const next = { hasNextPage: true, endCursor: 'page-2' }
    const sent = replies(
      answer({ orders: { nodes: [wireOrder()], pageInfo: next } }),
      answer({
        orders: page(wireOrder({ id: 'gid://shopify/Order/5002', updatedAt: '2026-07-01T11:00:00Z' })),
      }),
      answer({ orders: page() }),
      answer({ fulfillmentOrders: page() }),
    )
    const one = await connection.orders.read(context, null)
    expect(one.more).toBe(true)
    const two = await connection.orders.read(context, one.cursor)
    expect(two).toMatchObject({ more: false, orders: [{ id: 'gid://shopify/Order/5002' }] })
    await connection.orders.read(context, two.cursor)
    expect(sent.map(({ variables }) => variables)).toEqual([
      { after: null, query: "updated_at:>='2026-06-25T00:00:00Z'", count: true, limit: 1000 },
      { after: 'page-2', query: "updated_at:>='2026-06-25T00:00:00Z'", count: false, limit: null },
      { after: null, query: "updated_at:>='2026-07-01T10:58:00Z'", count: false, limit: null },
      { after: null, query: "updated_at:>='2026-07-01T23:58:00Z'" },
    ])
  })

  it('are read with all lines, however many pages of them there are', async () => {
    const line = (number: number) => wireLine({ id: `gid://shopify/LineItem/${number}` })
    const lines = (from: number, endCursor: string | null) => ({
      nodes: [line(from), line(from + 1)],
      pageInfo: { hasNextPage: endCursor !== null, endCursor },
    })
    const sent = replies(
      answer({ order: wireOrder({ lineItems: lines(1, 'a') }) }),
      answer({ order: { lineItems: lines(3, 'b') } }),
      answer({ order: { lineItems: lines(5, null) } }),
    )
    const order = await connection.orders.get(context, 'gid://shopify/Order/5001')
    expect(order?.lines.map(({ id }) => id.at(-1))).toEqual(['1', '2', '3', '4', '5', '6'])
    expect(sent.map(({ operationName, variables }) => [operationName, variables.after])).toEqual([
      ['Order', undefined],
      ['OrderLines', 'a'],
      ['OrderLines', 'b'],
    ])
  })

  it('end with an error when a page points to itself', async () => {
    const again = { nodes: [wireLine()], pageInfo: { hasNextPage: true, endCursor: 'a' } }
    replies(answer({ order: wireOrder({ lineItems: again }) }), answer({ order: { lineItems: again } }))
    await expect(connection.orders.get(context, 'gid://shopify/Order/5001')).rejects.toMatchObject({
      code: 'unavailable',
    })
  })

  it('ask for their history where some units were refunded and some shipped', async () => {
    const line = wireLine({ quantity: 3, currentQuantity: 2, unfulfilledQuantity: 0 })
    const shipped = page({ quantity: 2, lineItem: { id: line.id } })
    const next = { hasNextPage: true, endCursor: 'a' }
    const history = {
      fulfillments: [{ id: 'gid://shopify/Fulfillment/1', status: 'SUCCESS', fulfillmentLineItems: shipped }],
      refunds: [{ id: 'gid://shopify/Refund/1', refundLineItems: { nodes: [], pageInfo: next } }],
    }
    const refunded = page({ quantity: 1, restockType: 'CANCEL', lineItem: { id: line.id } })
    const sent = replies(
      answer({ order: wireOrder({ fulfillmentsCount: { count: 1 } }, [line]) }),
      answer({ order: history }),
      answer({ refund: { refundLineItems: refunded } }),
    )
    const order = await connection.orders.get(context, 'gid://shopify/Order/5001')
    expect(order?.lines).toMatchObject([{ ordered: 3, shipped: 2, cancelled: 1, returned: 0 }])
    expect(sent.map(({ operationName }) => operationName)).toEqual(['Order', 'OrderHistory', 'RefundLines'])
  })

  it('refuse a cursor that is not their own', async () => {
    await expect(connection.orders.read(context, 'x')).rejects.toMatchObject({
      code: 'invalid_input',
      field: 'cursor',
    })
  })

  it('are null when Shopify has none, or takes the id for none', async () => {
    const errors = [{ message: 'Invalid global id', extensions: { code: 'INVALID_VARIABLE' } }]
    const sent = replies(answer({ order: null }), { errors })
    expect(await connection.orders.get(context, 'gid://shopify/Order/1')).toBeNull()
    expect(await connection.orders.get(context, 'nonsense')).toBeNull()
    expect(sent[1]).toEqual({
      query: orderDocument.query,
      operationName: 'Order',
      variables: { id: 'nonsense' },
    })
  })
})

describe('a cancellation', () => {
  const request = { order: 'gid://shopify/Order/5001', reason: 'out_of_stock', key: 'c-1' } as const
  const job = { id: 'gid://shopify/Job/1', done: false }
  const accepted = answer({ orderCancel: { job, orderCancelUserErrors: [] } })
  const progress = (done: boolean, cancelledAt: string | null) =>
    answer({ job: { done }, order: { id: request.order, cancelledAt } })

  it('asks for the job, and is stopped when the order says so', async () => {
    const sent = replies(
      answer({ order: wireOrder() }),
      accepted,
      progress(false, null),
      progress(true, '2026-07-02T00:00:01Z'),
    )
    expect(await connection.orders.cancel(context, request)).toEqual({
      outcome: 'stopped',
      detail: 'cancelled at 2026-07-02T00:00:01Z',
    })
    expect(sent[1]).toEqual({
      query: orderCancelDocument.query,
      operationName: 'OrderCancel',
      variables: {
        orderId: request.order,
        reason: 'INVENTORY',
        restock: false,
        refundMethod: { originalPaymentMethodsRefund: true },
        notifyCustomer: true,
        staffNote: 'stockpool c-1',
      },
    })
  })

  it('is unknown while Shopify has not decided', async () => {
    const open = answer({ order: wireOrder() })
    replies(open, accepted, ...Array.from({ length: 4 }, () => progress(false, null)), open)
    expect(await connection.orders.cancel(context, request)).toMatchObject({ outcome: 'unknown' })
    expect(clock.waits).toEqual([300, 700, 1500, 3000])
  })

  it('is unknown when the job ended and the order is as it was', async () => {
    const open = answer({ order: wireOrder() })
    replies(open, accepted, progress(true, null), open)
    expect(await connection.orders.cancel(context, request)).toMatchObject({ outcome: 'unknown' })
  })

  it.each([
    [{ cancelledAt: '2026-07-01T10:00:00Z' }, 'stopped'],
    [{ displayFulfillmentStatus: 'FULFILLED' }, 'too_late'],
    [{ displayFulfillmentStatus: 'PARTIALLY_FULFILLED' }, 'too_late'],
  ])('of an order with %o is %s, and asks nothing more', async (over, outcome) => {
    const sent = replies(answer({ order: wireOrder(over) }))
    expect(await connection.orders.cancel(context, request)).toMatchObject({ outcome })
    expect(sent).toHaveLength(1)
  })

  it('that is refused is decided by the order as it is then', async () => {
    const refused = answer({
      orderCancel: { job: null, orderCancelUserErrors: [{ code: 'INVALID', message: 'Cannot cancel' }] },
    })
    replies(
      answer({ order: wireOrder() }),
      refused,
      answer({ order: wireOrder({ displayFulfillmentStatus: 'FULFILLED' }) }),
    )
    expect(await connection.orders.cancel(context, request)).toEqual({
      outcome: 'too_late',
      detail: 'Cannot cancel',
    })
    replies(answer({ order: wireOrder() }), refused, answer({ order: wireOrder() }))
    await expect(connection.orders.cancel(context, request)).rejects.toMatchObject({ code: 'rejected' })
  })

  it('of an order that nobody has is not found', async () => {
    replies(answer({ order: null }))
    await expect(connection.orders.cancel(context, request)).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('numbers', () => {
  it('ShopifySharp#1253: sends changeFromQuantity in every row, null written out', async () => {
    const rows = [target(1), target(2, { expected: null, quantity: 0, place: 'gid://shopify/Location/9' })]
    const sent = replies(userErrors())
    expect(await connection.listings.write(context, rows)).toEqual([{ status: 'done' }, { status: 'done' }])
    const key = sent[0]?.variables.key
    expect(sent).toEqual([
      {
        query: setQuantitiesDocument.query,
        operationName: 'InventorySetQuantities',
        variables: {
          key,
          input: {
            name: 'available',
            reason: 'correction',
            referenceDocumentUri: `gid://stockpool/Push/${key}`,
            quantities: [
              {
                inventoryItemId: 'gid://shopify/InventoryItem/1',
                locationId: 'gid://shopify/Location/7001',
                quantity: 5,
                changeFromQuantity: 7,
              },
              {
                inventoryItemId: 'gid://shopify/InventoryItem/2',
                locationId: 'gid://shopify/Location/9',
                quantity: 0,
                changeFromQuantity: null,
              },
            ],
          },
        },
      },
    ])
    expect(setQuantitiesDocument.query).toContain('@idempotent(key: $key)')
  })

  it('carry one key for the same rows, and another for any other', async () => {
    const row = (over = {}) => ({ index: 0, item: 'i', location: 'l', target: target(1, over) })
    const key = callKey([row()], 0)
    expect(callKey([row()], 0)).toBe(key)
    expect(key).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    const others = [
      callKey([row()], 1),
      callKey([row({ quantity: 6 })], 0),
      callKey([row({ expected: null })], 0),
      callKey([row({ key: 'next' })], 0),
      callKey([row(), row()], 0),
    ]
    expect(new Set([key, ...others]).size).toBe(6)
  })

  it('go 250 to a call', async () => {
    const sent = replies(userErrors(), userErrors(), userErrors())
    const rows = Array.from({ length: 501 }, (_, index) => target(index + 1))
    const results = await connection.listings.write(context, rows)
    expect(results.every(({ status }) => status === 'done')).toBe(true)
    expect(sent.map((call) => rowsOf(call).length)).toEqual([250, 250, 1])
  })

  it('never name one item at one place twice in a call', async () => {
    const sent = replies(userErrors(), userErrors())
    await connection.listings.write(context, [target(1), target(1, { quantity: 3, key: 'later' })])
    expect(sent).toHaveLength(2)
  })

  it('of a stale row are told apart, and the rest is sent again under a new key', async () => {
    const sent = replies(userErrors(stale(1)), userErrors())
    expect(await connection.listings.write(context, [target(1), target(2), target(3)])).toEqual([
      { status: 'done' },
      { status: 'stale', observed: null },
      { status: 'done' },
    ])
    expect(rowsOf(sent[1]).map(({ inventoryItemId }) => inventoryItemId.at(-1))).toEqual(['1', '3'])
    expect(sent[1]?.variables.key).not.toBe(sent[0]?.variables.key)
  })

  it('find a bad row by halves when Shopify does not say which it is', async () => {
    const unnamed = { code: 'ITEM_NOT_STOCKED_AT_LOCATION', message: 'not stocked' }
    replies(userErrors(unnamed), userErrors(), userErrors(unnamed), userErrors(unnamed), userErrors())
    const results = await connection.listings.write(context, [target(1), target(2), target(3), target(4)])
    expect(results.map(({ status }) => status)).toEqual(['done', 'done', 'failed', 'done'])
  })

  it('Eshopbox/Central-Backlog#333: an item not stocked at the location fails for good, alone', async () => {
    const error = {
      field: ['input', 'quantities', '0', 'locationId'],
      code: 'ITEM_NOT_STOCKED_AT_LOCATION',
      message: 'x',
    }
    replies(userErrors(error), userErrors())
    const [failed, done] = await connection.listings.write(context, [target(1), target(2)])
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'rejected', retryable: false } })
    expect(failed?.status === 'failed' && failed.error.remedy).toMatch(/stock the product at this location/)
    expect(done).toEqual({ status: 'done' })
  })

  it('microsoft/BCApps#6244: wait for a request under way with the same key, a few times', async () => {
    const busy = userErrors({ code: 'IDEMPOTENCY_CONCURRENT_REQUEST', message: 'in progress' })
    const sent = replies(busy, busy, userErrors())
    expect(await connection.listings.write(context, [target(1)])).toEqual([{ status: 'done' }])
    expect(new Set(sent.map(({ variables }) => variables.key)).size).toBe(1)
    expect(clock.waits).toEqual([500, 1000])
    replies(busy, busy, busy, busy, busy)
    expect(await connection.listings.write(context, [target(1)])).toMatchObject([
      { status: 'failed', error: { code: 'unavailable', retryable: true } },
    ])
  })

  it('take a new key after one whose attempt failed, and never reuse a key for other rows', async () => {
    const failed = userErrors({ code: 'IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED', message: 'failed' })
    const sent = replies(failed, userErrors())
    expect(await connection.listings.write(context, [target(1)])).toEqual([{ status: 'done' }])
    expect(new Set(sent.map(({ variables }) => variables.key)).size).toBe(2)
    replies(userErrors({ code: 'IDEMPOTENCY_KEY_PARAMETER_MISMATCH', message: 'mismatch' }))
    expect(await connection.listings.write(context, [target(1)])).toMatchObject([
      { status: 'failed', error: { code: 'conflict' } },
    ])
  })

  it('of ids that are none of Shopify fail by row, unsent', async () => {
    const sent = replies(userErrors())
    const rows = [target(1, { listing: '44871' }), target(2), target(3, { place: 'main' })]
    const [first, second, third] = await connection.listings.write(context, rows)
    expect(first).toMatchObject({ status: 'failed', error: { code: 'invalid_input', field: 'listing' } })
    expect(second).toEqual({ status: 'done' })
    expect(third).toMatchObject({ status: 'failed', error: { code: 'invalid_input', field: 'place' } })
    expect(sent).toHaveLength(1)
  })

  it('of one call that fails leave those of the others', async () => {
    const rows = Array.from({ length: 251 }, (_, index) => target(index + 1))
    replies(userErrors(), { errors: [{ message: 'too dear', extensions: { code: 'MAX_COST_EXCEEDED' } }] })
    const results = await connection.listings.write(context, rows)
    expect(results.slice(0, 250).every(({ status }) => status === 'done')).toBe(true)
    expect(results[250]).toMatchObject({ status: 'failed', error: { code: 'rejected' } })
  })

  it('are read per place, what is missing told from what is shown', async () => {
    const level = (quantity: number) => ({ quantities: [{ name: 'available', quantity }] })
    const sent = replies(
      answer({
        nodes: [
          { id: 'gid://shopify/InventoryItem/1', tracked: true, inventoryLevel: level(-2) },
          { id: 'gid://shopify/InventoryItem/2', tracked: true, inventoryLevel: null },
          { id: 'gid://shopify/InventoryItem/3', tracked: false, inventoryLevel: level(0) },
          null,
        ],
      }),
      answer({ nodes: [{ id: 'gid://shopify/InventoryItem/1', tracked: true, inventoryLevel: level(9) }] }),
    )
    const refs = [
      target(1),
      target(2),
      target(3),
      target(4),
      target(1, { place: 'gid://shopify/Location/9' }),
    ]
    expect(await connection.listings.read(context, refs)).toEqual([
      { status: 'shown', quantity: -2 },
      { status: 'missing', detail: 'not stocked at this location' },
      { status: 'missing', detail: 'Shopify does not track its quantity' },
      { status: 'missing', detail: 'the shop has no such inventory item' },
      { status: 'shown', quantity: 9 },
    ])
    expect(sent[0]).toEqual({
      query: availableDocument.query,
      operationName: 'InventoryAvailable',
      variables: {
        ids: [1, 2, 3, 4].map((number) => `gid://shopify/InventoryItem/${number}`),
        location: 'gid://shopify/Location/7001',
      },
    })
    expect(sent[1]?.variables.location).toBe('gid://shopify/Location/9')
  })
})

describe('a shipment', () => {
  const line = 'gid://shopify/LineItem/1'
  const fulfillmentOrder = (over = {}) => ({
    id: 'gid://shopify/FulfillmentOrder/1',
    status: 'OPEN',
    supportedActions: [{ action: 'CREATE_FULFILLMENT' }],
    assignedLocation: { name: 'Main', location: { id: 'gid://shopify/Location/7001' } },
    lineItems: page({
      id: 'gid://shopify/FulfillmentOrderLineItem/1',
      remainingQuantity: 3,
      lineItem: { id: line },
    }),
    ...over,
  })
  const open = (orders: object[] = [fulfillmentOrder()], fulfillments: object[] = []) =>
    answer({ order: { cancelledAt: null, fulfillments, fulfillmentOrders: page(...orders) } })
  const created = answer({
    fulfillmentCreate: { fulfillment: { id: 'gid://shopify/Fulfillment/1' }, userErrors: [] },
  })
  const notice = noticeOf({
    id: 'gid://shopify/Order/5001',
    lines: [{ id: line, ordered: 3, cancelled: 0 }],
  })
  const tracked = {
    id: 'gid://shopify/Fulfillment/1',
    status: 'SUCCESS',
    trackingInfo: [{ number: notice.trackingNumber }],
  }
  const carries = (quantity: number) =>
    answer({ fulfillment: { fulfillmentLineItems: page({ quantity, lineItem: { id: line } }) } })

  it('is a fulfilment of fulfilment order lines, with a carrier Shopify knows', async () => {
    const sent = replies(open(), created)
    expect(await connection.shipments.confirm(context, [notice])).toEqual([
      { status: 'done', reference: 'gid://shopify/Fulfillment/1' },
    ])
    expect(sent[1]).toEqual({
      query: fulfillmentCreateDocument.query,
      operationName: 'FulfillmentCreate',
      variables: {
        fulfillment: {
          lineItemsByFulfillmentOrder: [
            {
              fulfillmentOrderId: 'gid://shopify/FulfillmentOrder/1',
              fulfillmentOrderLineItems: [{ id: 'gid://shopify/FulfillmentOrderLineItem/1', quantity: 3 }],
            },
          ],
          notifyCustomer: false,
          trackingInfo: { number: '1Z999AA10123456784', company: 'UPS' },
        },
      },
    })
  })

  it('without a number says nothing of tracking', async () => {
    const sent = replies(open(), created)
    await connection.shipments.confirm(context, [{ ...notice, trackingNumber: null }])
    expect(sent[1]?.variables.fulfillment).not.toHaveProperty('trackingInfo')
  })

  it('that the order already carries is done, and not made again', async () => {
    const sent = replies(open([], [tracked]), carries(3))
    expect(await connection.shipments.confirm(context, [notice])).toEqual([
      { status: 'done', reference: 'gid://shopify/Fulfillment/1' },
    ])
    expect(sent.map(({ operationName }) => operationName)).toEqual(['FulfillmentOrders', 'FulfillmentLines'])
  })

  it('of which a part was made before is completed by the rest', async () => {
    const sent = replies(open([fulfillmentOrder()], [tracked]), carries(2), created)
    await connection.shipments.confirm(context, [notice])
    expect(sent[2]?.variables).toMatchObject({
      fulfillment: { lineItemsByFulfillmentOrder: [{ fulfillmentOrderLineItems: [{ quantity: 1 }] }] },
    })
  })

  it('is made again when its fulfilment was cancelled', async () => {
    const sent = replies(open([fulfillmentOrder()], [{ ...tracked, status: 'CANCELLED' }]), created)
    await connection.shipments.confirm(context, [notice])
    expect(sent).toHaveLength(2)
  })

  it('whose answer was lost is in doubt, and is found by the next look', async () => {
    replies(open())
    nock(host)
      .post(path)
      .replyWithError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
    const [lost] = await connection.shipments.confirm(context, [notice])
    expect(lost).toMatchObject({ status: 'failed', error: { code: 'unknown_outcome', retryable: true } })
    replies(open([], [tracked]), carries(3))
    expect(await connection.shipments.confirm(context, [notice])).toMatchObject([{ status: 'done' }])
  })

  it.each([
    [{ status: 'ON_HOLD' }, /holds the order/, true],
    [{ status: 'SCHEDULED' }, /holds the order/, true],
    [{ status: 'CLOSED' }, /nothing of this parcel is left/, false],
  ])('with a fulfilment order that is %o fails in words, alone', async (over, message, retryable) => {
    replies(open([fulfillmentOrder(over)]), open(), created)
    const [failed, done] = await connection.shipments.confirm(context, [notice, { ...notice, parcel: 'p2' }])
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'rejected', retryable } })
    expect(failed?.status === 'failed' && failed.error.message).toMatch(message)
    expect(done?.status).toBe('done')
  })

  it('of which Shopify has no open units for a part is confirmed for the rest, with a warning', async () => {
    replies(open(), created)
    const more = { ...notice, lines: [...notice.lines, { line: 'gid://shopify/LineItem/2', quantity: 1 }] }
    expect(await connection.shipments.confirm(context, [more])).toMatchObject([{ status: 'done' }])
    expect(warnings).toEqual(['Shopify has no open units for a part of this parcel'])
  })

  it('that Shopify refuses fails with its words, once a second look shows the order unchanged', async () => {
    const refused = {
      fulfillment: null,
      userErrors: [{ field: ['fulfillment'], message: 'Invalid quantity requested.' }],
    }
    const no = answer({ fulfillmentCreate: refused })
    replies(open(), no, open(), no)
    expect(await connection.shipments.confirm(context, [notice])).toMatchObject([
      { status: 'failed', error: { code: 'rejected', message: 'Invalid quantity requested.' } },
    ])
  })

  it('is kept back, let go and moved by the exact calls that Shopify documents', async () => {
    const id = 'gid://shopify/FulfillmentOrder/1'
    const part = (actions: string[], over = {}) =>
      open([fulfillmentOrder({ supportedActions: actions.map((action) => ({ action })), ...over })])
    const hold = { id: 'gid://shopify/FulfillmentHold/1', reason: 'OTHER', handle: 'stockpool' }
    const theirs = { ...hold, id: 'gid://shopify/FulfillmentHold/2', heldByRequestingApp: false }
    const holds = [{ ...hold, heldByRequestingApp: true }, theirs]
    const moved = {
      ...fulfillmentOrder(),
      assignedLocation: { location: { id: 'gid://shopify/Location/9' } },
    }
    const sent = replies(
      part(['HOLD']),
      answer({ fulfillmentOrderHold: { userErrors: [] } }),
      part(['RELEASE_HOLD'], { status: 'ON_HOLD', fulfillmentHolds: holds }),
      answer({ fulfillmentOrderReleaseHold: { userErrors: [] } }),
      part(['MOVE']),
      answer({ fulfillmentOrderMove: { userErrors: [] } }),
      open([moved]),
    )
    const { order } = notice
    await connection.orders.hold(context, { order, reason: 'out_of_stock' })
    await connection.orders.release(context, order)
    const lines = [
      { line, quantity: 1, place: 'gid://shopify/Location/9' },
      { line, quantity: 2, place: '' },
    ]
    await connection.orders.assign(context, { order, lines })
    expect([sent[1], sent[3], sent[5]].map((each) => [each?.operationName, each?.variables])).toEqual([
      [
        'FulfillmentOrderHold',
        {
          id,
          hold: { reason: 'INVENTORY_OUT_OF_STOCK', reasonNotes: 'Held by stockpool', handle: 'stockpool' },
        },
      ],
      ['FulfillmentOrderReleaseHold', { id, holds: ['gid://shopify/FulfillmentHold/1'] }],
      [
        'FulfillmentOrderMove',
        {
          id,
          location: 'gid://shopify/Location/9',
          lines: [{ id: 'gid://shopify/FulfillmentOrderLineItem/1', quantity: 1 }],
        },
      ],
    ])
  })

  it('is corrected by the fulfilments it was confirmed as', async () => {
    const updated = answer({ fulfillmentTrackingInfoUpdate: { fulfillment: { id: 'x' }, userErrors: [] } })
    const sent = replies(updated, updated)
    const reference = 'gid://shopify/Fulfillment/1 gid://shopify/Fulfillment/2'
    expect(await connection.shipments.correct(context, notice, reference)).toEqual({
      status: 'done',
      reference,
    })
    expect(sent[1]).toEqual({
      query: trackingUpdateDocument.query,
      operationName: 'FulfillmentTrackingInfoUpdate',
      variables: {
        id: 'gid://shopify/Fulfillment/2',
        tracking: { number: '1Z999AA10123456784', company: 'UPS' },
        notifyCustomer: false,
      },
    })
    expect(await connection.shipments.correct(context, notice, null)).toMatchObject({
      status: 'failed',
      error: { code: 'not_found' },
    })
  })
})

describe('the connection', () => {
  const order = 'gid://shopify/Order/5001'
  const throttled = {
    ...answer(undefined, { left: 3, rate: 50 }),
    errors: [{ message: 'Throttled', extensions: { code: 'THROTTLED' } }],
  }

  it('Shopify/cli#8317, #5222: tries again what was throttled under HTTP 200, as long after as the bucket needs', async () => {
    const sent = replies(throttled, answer({ order: null }))
    expect(await connection.orders.get(context, order)).toBeNull()
    expect(sent).toHaveLength(2)
    // (10 asked for - 3 left) / 50 a second
    expect(Math.max(...clock.waits)).toBeGreaterThanOrEqual(140)
  })

  it('microsoft/BCApps#10417: does not hammer a bucket that says it never refills', async () => {
    replies(
      { ...throttled, extensions: answer({}, { left: 0, rate: 0 }).extensions },
      answer({ order: null }),
    )
    expect(await connection.orders.get(context, order)).toBeNull()
    expect(Math.max(...clock.waits)).toBeGreaterThanOrEqual(1000)
  })

  it('says auth once when its token is refused', async () => {
    replies([401, { errors: '[API] Invalid API key or access token' }])
    await expect(connection.orders.get(context, order)).rejects.toMatchObject({
      code: 'auth',
      retryable: false,
    })
  })

  it('warns when Shopify serves another version than asked for', async () => {
    nock(host)
      .post(path)
      .reply(200, answer({ order: null }), { 'x-shopify-api-version': '2026-10' })
    await connection.orders.get(context, order)
    expect(warnings).toEqual(['Shopify served another API version than asked for'])
  })

  it('never sends where it was not told to', async () => {
    const elsewhere = shopify({ ...options, shop: 'other-shop' })
    await expect(elsewhere.orders.get(context, order)).rejects.toMatchObject({
      code: 'invalid_input',
      field: 'url',
    })
  })

  it('fetches a client-credentials token, keeps it, and renews it once when it is refused', async () => {
    const auth = { clientId: 'client', clientSecret: 'shpss_0123456789abcdef' }
    const own = shopify({ ...options, auth })
    const form = { client_id: 'client', client_secret: auth.clientSecret, grant_type: 'client_credentials' }
    const grant = (access_token: string) =>
      nock(host)
        .post('/admin/oauth/access_token', form)
        .reply(200, { access_token, scope: '', expires_in: 86_399 })
    const call = (token: string, status: number, body: object) =>
      nock(host, { reqheaders: { 'x-shopify-access-token': token } })
        .post(path)
        .reply(status, body)
    const fresh = adapterContext(own, { clock })
    grant('shpat_first')
    call('shpat_first', 200, answer({ order: null }))
    call('shpat_first', 401, { errors: 'Invalid API key or access token' })
    grant('shpat_second')
    call('shpat_second', 200, answer({ order: null }))
    await own.orders.get(fresh, order)
    await own.orders.get(fresh, order)
  })

  it.each([
    [
      400,
      {
        error: 'shop_not_permitted',
        error_description: 'Client credentials cannot be performed on this shop.',
      },
    ],
    [400, { error: 'application_cannot_be_found' }],
    [401, { error: 'invalid_client' }],
    [404, { errors: 'Not Found' }],
  ])('says auth when the token endpoint answers %s %o', async (status, body) => {
    const own = shopify({ ...options, auth: { clientId: 'client', clientSecret: 'shpss_0123456789abcdef' } })
    nock(host).post('/admin/oauth/access_token').reply(status, body)
    const error = await own.orders
      .get(adapterContext(own, { clock }), order)
      .catch((thrown: unknown) => thrown)
    expect(isStockpoolError(error, 'auth')).toBe(true)
    expect(JSON.stringify(error)).not.toContain('0123456789abcdef')
  })
})
