import nock from 'nock'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { shopify } from '../../../adapters/shopify/index.ts'
import {
  refundCreateDocument,
  returnApproveDocument,
  returnProcessDocument,
} from '../../../adapters/shopify/return-documents.ts'
import type { AdapterContext } from '../../../src/spec/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'
import { answer, options, page } from './fixtures.ts'
import { moneyBag, wireReturn, wireReturnLine, wireReverseLine } from './return-fixtures.ts'

const { returns } = shopify(options)
const order = 'gid://shopify/Order/5001'
const line = 'gid://shopify/LineItem/1'
const ref = { return: 'gid://shopify/Return/1', order, key: 'answer-1' }

let context: AdapterContext
let at: number

beforeEach(() => {
  nock.disableNetConnect()
  at = Date.UTC(2026, 6, 2)
  const clock = {
    now: () => at,
    async sleep(ms: number) {
      at += ms
    },
  }
  context = adapterContext(shopify(options), { clock, random: () => 0 })
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

function replies(...bodies: (object | number)[]): Sent[] {
  const sent: Sent[] = []
  for (const body of bodies) {
    const call = nock('https://my-shop.myshopify.com').post(
      '/admin/api/2026-07/graphql.json',
      (given: Sent) => sent.push(given) > 0,
    )
    if (typeof body === 'number') call.reply(body, 'Bad Gateway')
    else call.reply(200, body)
  }
  return sent
}

const found = (
  over = {},
  lines?: ReturnType<typeof wireReturnLine>[],
  reverse?: ReturnType<typeof wireReverseLine>[],
) => answer({ return: wireReturn(over, lines, reverse) })
const changed = (name: string, ...userErrors: object[]) =>
  answer({
    [name]: { return: userErrors.length > 0 ? null : { id: ref.return, status: 'OPEN' }, userErrors },
  })
const stateError = { field: ['id'], message: 'Return status is closed.', code: 'INVALID_STATE' }

describe('an answer to a return', () => {
  it('is sent once the return was looked at', async () => {
    const sent = replies(found({ status: 'REQUESTED' }), changed('returnApproveRequest'))
    expect(await returns.approve(context, ref)).toEqual({ outcome: 'done' })
    expect(sent[1]).toEqual({
      query: returnApproveDocument.query,
      operationName: 'ReturnApproveRequest',
      variables: { input: { id: ref.return, notifyCustomer: true } },
    })
  })

  it('declines with the nearest of Shopify’s three reasons', async () => {
    const sent = replies(found({ status: 'REQUESTED' }), changed('returnDeclineRequest'))
    await returns.decline(context, { ...ref, reason: 'too_late', note: 'after 30 days' })
    expect(sent[1]?.variables).toEqual({
      input: {
        id: ref.return,
        declineReason: 'RETURN_PERIOD_ENDED',
        declineNote: 'after 30 days',
        notifyCustomer: true,
      },
    })
  })

  it.each([
    ['approve', 'OPEN', 'done'],
    ['approve', 'CLOSED', 'done'],
    ['approve', 'DECLINED', 'too_late'],
    ['decline', 'DECLINED', 'done'],
    ['decline', 'OPEN', 'too_late'],
    ['close', 'CLOSED', 'done'],
    ['close', 'CANCELED', 'too_late'],
  ] as const)('%s of a return that is %s is %s, and sends nothing', async (answering, status, outcome) => {
    replies(found({ status }))
    const request = { ...ref, reason: 'other' as const, note: null }
    expect(await returns[answering](context, request)).toMatchObject({ outcome })
  })

  it('that is refused is decided by the return: somebody else may have answered', async () => {
    replies(
      found({ status: 'REQUESTED' }),
      changed('returnApproveRequest', stateError),
      found({ status: 'DECLINED' }),
    )
    expect(await returns.approve(context, ref)).toMatchObject({ outcome: 'too_late' })
    replies(
      found({ status: 'REQUESTED' }),
      changed('returnApproveRequest', stateError),
      found({ status: 'REQUESTED' }),
    )
    await expect(returns.approve(context, ref)).rejects.toMatchObject({ code: 'rejected' })
  })

  it('names the permission that is missing', async () => {
    const denied = { field: null, message: 'no', code: 'MISSING_PERMISSION' }
    replies(found({ status: 'OPEN' }), changed('returnClose', denied), found({ status: 'OPEN' }))
    await expect(returns.close(context, ref)).rejects.toMatchObject({
      code: 'permission',
      remedy: expect.stringContaining('write_returns'),
    })
  })

  it('to another order’s return, or to none, is not found', async () => {
    replies(found({ order: { id: 'gid://shopify/Order/1', updatedAt: '2026-07-02T09:00:00Z' } }))
    await expect(returns.close(context, ref)).rejects.toMatchObject({ code: 'not_found', field: 'order' })
    await expect(returns.close(context, { ...ref, return: '17' })).rejects.toMatchObject({
      code: 'not_found',
    })
  })
})

describe('goods that came back', () => {
  const arrival = { ...ref, lines: [{ line, quantity: 2, disposition: 'quarantined' as const }] }

  it('are told by returnProcess, in place of what it replaced', async () => {
    const sent = replies(found(), changed('returnProcess'))
    expect(await returns.receive(context, arrival)).toEqual({ outcome: 'done' })
    expect(sent[1]).toEqual({
      query: returnProcessDocument.query,
      operationName: 'ReturnProcess',
      variables: {
        input: {
          returnId: ref.return,
          notifyCustomer: true,
          returnLineItems: [
            {
              id: 'gid://shopify/ReturnLineItem/1',
              quantity: 2,
              dispositions: [
                {
                  reverseFulfillmentOrderLineItemId: 'gid://shopify/ReverseFulfillmentOrderLineItem/1',
                  quantity: 2,
                  dispositionType: 'PROCESSING_REQUIRED',
                },
              ],
            },
          ],
        },
      },
    })
  })

  it('are never told twice: an answer that was lost is an unknown outcome, and a repeat looks', async () => {
    replies(found(), 502)
    await expect(returns.receive(context, arrival)).rejects.toMatchObject({ code: 'unknown_outcome' })
    const has = found(
      {},
      [wireReturnLine({ processedQuantity: 2, processableQuantity: 1 })],
      [wireReverseLine({ dispositions: [{ type: 'PROCESSING_REQUIRED', quantity: 2 }] })],
    )
    replies(has)
    expect(await returns.receive(context, { ...arrival, repeated: true })).toEqual({ outcome: 'done' })
  })

  it('are not taken for those of an earlier arrival that the return has', async () => {
    const has = found(
      {},
      [wireReturnLine({ processedQuantity: 1, processableQuantity: 2 })],
      [wireReverseLine({ dispositions: [{ type: 'PROCESSING_REQUIRED', quantity: 1 }] })],
    )
    const lines = [{ line, quantity: 1, disposition: 'quarantined' as const }]
    const second = { ...ref, lines, before: lines, repeated: true }
    const sent = replies(has, changed('returnProcess'))
    expect(await returns.receive(context, second)).toEqual({ outcome: 'done' })
    expect(sent.map(({ operationName }) => operationName)).toEqual(['Return', 'ReturnProcess'])
  })

  it('wait for the approval, and are too late once the return is closed', async () => {
    replies(found({ status: 'REQUESTED' }))
    await expect(returns.receive(context, arrival)).rejects.toMatchObject({
      remedy: expect.stringContaining('Approve'),
    })
    replies(found({ status: 'CLOSED' }))
    expect(await returns.receive(context, arrival)).toMatchObject({ outcome: 'too_late' })
  })

  it('that the return does not expect are refused', async () => {
    replies(
      found({}, [wireReturnLine({ processableQuantity: 0, processedQuantity: 3 })], [wireReverseLine()]),
    )
    await expect(returns.receive(context, arrival)).rejects.toMatchObject({
      code: 'rejected',
      field: 'lines',
    })
  })
})

const refundOf = (over = {}) => ({
  id: 'gid://shopify/Refund/1',
  note: 'came back (stockpool refund-1)',
  totalRefundedSet: moneyBag('12.50'),
  transactions: { nodes: [{ status: 'SUCCESS' }] },
  ...over,
})
const suggested = (refunds: object[] = [], over = {}) =>
  answer({
    order: {
      currencyCode: 'USD',
      presentmentCurrencyCode: 'USD',
      refunds,
      suggestedRefund: {
        amountSet: moneyBag('12.50'),
        maximumRefundableSet: moneyBag('37.50'),
        suggestedTransactions: [
          {
            gateway: 'shopify_payments',
            amountSet: moneyBag('12.50'),
            maximumRefundableSet: moneyBag('37.50'),
            parentTransaction: { id: 'gid://shopify/OrderTransaction/7' },
          },
        ],
      },
      ...over,
    },
  })
const paid = (over = {}) => answer({ refundCreate: { refund: refundOf(over), userErrors: [] } })
const refused = (message: string) =>
  answer({ refundCreate: { refund: null, userErrors: [{ field: null, message }] } })
const request = {
  order,
  return: null,
  lines: [{ line, quantity: 1 }],
  shipping: false,
  amount: null,
  reason: 'came back',
  key: 'refund-1',
}

describe('a refund', () => {
  it('aden-hive/hive#7079: pays what Shopify reckons is left, not the order’s total, under an idempotency key', async () => {
    const sent = replies(suggested(), paid())
    expect(await returns.refund(context, request)).toEqual({
      outcome: 'done',
      reference: 'gid://shopify/Refund/1',
      amount: { amount: 1250, currency: 'USD' },
    })
    expect(sent[0]?.variables).toEqual({
      id: order,
      lines: [{ lineItemId: line, quantity: 1, restockType: 'NO_RESTOCK' }],
      shipping: false,
      full: false,
    })
    expect(sent[1]?.query).toBe(refundCreateDocument.query)
    expect(sent[1]?.query).toContain('refundCreate(input: $input) @idempotent(key: $key)')
    expect(sent[1]?.variables).toEqual({
      key: expect.stringMatching(/^[0-9a-f-]{36}$/),
      input: {
        orderId: order,
        note: 'came back (stockpool refund-1)',
        notify: true,
        currency: 'USD',
        refundLineItems: [{ lineItemId: line, quantity: 1, restockType: 'NO_RESTOCK' }],
        transactions: [
          {
            orderId: order,
            kind: 'REFUND',
            gateway: 'shopify_payments',
            amount: '12.50',
            parentId: 'gid://shopify/OrderTransaction/7',
          },
        ],
      },
    })
  })

  it('that was made before, in whatever process, is found by its mark and not paid again', async () => {
    replies(suggested([refundOf({ note: 'another (stockpool refund-11)' }), refundOf()]))
    expect(await returns.refund(context, { ...request, repeated: true })).toMatchObject({
      reference: 'gid://shopify/Refund/1',
    })
  })

  it('whose answer is lost is sent again with the same key and the same words', async () => {
    const sent = replies(suggested(), 502, paid())
    await returns.refund(context, request)
    expect(sent[2]).toEqual(sent[1])
  })

  it('whose earlier attempt failed gets another key, after a look that it was not paid', async () => {
    const failed = 'The previous attempt of this request failed, use a new key.'
    const sent = replies(suggested(), refused(failed), suggested(), paid())
    expect(await returns.refund(context, request)).toMatchObject({ outcome: 'done' })
    expect(sent[3]?.variables.key).not.toBe(sent[1]?.variables.key)
  })

  it('that another process made meanwhile is found when ours is refused', async () => {
    replies(suggested(), refused('Refund amount cannot be greater than 0.00'), suggested([refundOf()]))
    expect(await returns.refund(context, request)).toMatchObject({ reference: 'gid://shopify/Refund/1' })
  })

  it('that is refused and was not made is the refusal', async () => {
    replies(suggested(), refused('Order is under investigation'), suggested())
    await expect(returns.refund(context, request)).rejects.toMatchObject({
      code: 'rejected',
      message: expect.stringContaining('under investigation'),
    })
  })

  it('is pending while the payment provider has not answered', async () => {
    replies(suggested(), paid({ transactions: { nodes: [{ status: 'SUCCESS' }, { status: 'PENDING' }] } }))
    expect(await returns.refund(context, request)).toMatchObject({ outcome: 'pending' })
  })

  it('of shipping asks for all of it', async () => {
    const sent = replies(suggested(), paid())
    await returns.refund(context, { ...request, lines: [], shipping: true })
    expect(sent[0]?.variables).toMatchObject({ lines: [], shipping: true, full: false })
    expect(sent[1]?.variables.input).toMatchObject({ shipping: { fullRefund: true }, refundLineItems: [] })
  })

  it('of an amount is spread over the payments of the whole order', async () => {
    const sent = replies(suggested(), paid())
    await returns.refund(context, { ...request, lines: [], amount: { amount: 2000, currency: 'USD' } })
    expect(sent[0]?.variables).toMatchObject({ full: true })
    expect(sent[1]?.variables.input).toMatchObject({ transactions: [{ amount: '20.00' }] })
  })

  const outcome = (financialTransfer: object | null) =>
    answer({
      return: { suggestedFinancialOutcome: { maximumRefundable: moneyBag('37.50'), financialTransfer } },
    })
  const ofReturn = { ...request, return: ref.return }

  it('of goods of a return is what the return comes to, and names no units of the order', async () => {
    const transfer = {
      amount: moneyBag('9.00'),
      suggestedTransactions: [
        {
          gateway: 'shopify_payments',
          amountSet: moneyBag('9.00'),
          maximumRefundableSet: moneyBag('37.50'),
          parentTransaction: { id: 'gid://shopify/OrderTransaction/7' },
        },
      ],
    }
    const sent = replies(
      suggested(),
      found(),
      outcome(transfer),
      paid({ totalRefundedSet: moneyBag('9.00') }),
    )
    expect(await returns.refund(context, ofReturn)).toMatchObject({ amount: { amount: 900 } })
    expect(sent[0]?.variables).toMatchObject({ lines: [], full: true })
    expect(sent[2]?.variables).toEqual({
      id: ref.return,
      lines: [{ id: 'gid://shopify/ReturnLineItem/1', quantity: 1 }],
      shipping: null,
    })
    expect(sent[3]?.variables.input).toMatchObject({
      refundLineItems: [],
      transactions: [{ amount: '9.00' }],
    })
  })

  it('of a return for which the buyer owes the shop, or of another order’s, is refused', async () => {
    replies(suggested(), found(), outcome({ amount: moneyBag('5.00') }))
    await expect(returns.refund(context, ofReturn)).rejects.toMatchObject({ code: 'rejected' })
    replies(suggested(), answer({ return: null }))
    await expect(returns.refund(context, ofReturn)).rejects.toMatchObject({
      code: 'not_found',
      field: 'return',
    })
  })

  it('of nothing, in another currency, or of more than is left is refused before it is sent', async () => {
    await expect(returns.refund(context, { ...request, lines: [] })).rejects.toMatchObject({
      code: 'invalid_input',
    })
    replies(suggested())
    const euros = { ...request, amount: { amount: 100, currency: 'EUR' } }
    await expect(returns.refund(context, euros)).rejects.toMatchObject({
      code: 'invalid_input',
      field: 'amount',
    })
    replies(suggested())
    const much = { ...request, amount: { amount: 5000, currency: 'USD' } }
    await expect(returns.refund(context, much)).rejects.toMatchObject({
      code: 'rejected',
      details: { most: { amount: 3750, currency: 'USD' } },
    })
    replies(suggested([], { suggestedRefund: null }))
    await expect(returns.refund(context, request)).rejects.toMatchObject({ code: 'rejected' })
    replies(answer({ order: null }))
    await expect(returns.refund(context, request)).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('a new return', () => {
  const opening = { order, lines: [{ line, quantity: 2, reason: 'too small' }], note: 'sorry', key: 'open-1' }
  const returnable = page({
    id: 'gid://shopify/ReturnableFulfillment/1',
    returnableFulfillmentLineItems: page({
      quantity: 3,
      fulfillmentLineItem: { id: 'gid://shopify/FulfillmentLineItem/1', lineItem: { id: line } },
    }),
  })
  const reasons = {
    nodes: [{ id: 'gid://shopify/ReturnReasonDefinition/4', handle: 'other', name: 'Other', deleted: false }],
  }

  it('names the lines of the fulfilments that the goods went out by', async () => {
    const sent = replies(
      answer({ order: { returns: page() } }),
      answer({ returnableFulfillments: returnable }),
      answer({ returnReasonDefinitions: reasons }),
      changed('returnCreate'),
    )
    expect(await returns.open(context, opening)).toEqual({ outcome: 'done', return: ref.return })
    expect(sent[3]?.variables).toEqual({
      input: {
        orderId: order,
        returnLineItems: [
          {
            fulfillmentLineItemId: 'gid://shopify/FulfillmentLineItem/1',
            quantity: 2,
            returnReasonNote: 'too small: sorry (stockpool open-1)',
            returnReasonDefinitionId: 'gid://shopify/ReturnReasonDefinition/4',
          },
        ],
      },
    })
  })

  it('that was opened before is found by its mark', async () => {
    const mine = [wireReturnLine({ returnReasonNote: 'too small: sorry (stockpool open-1)' })]
    replies(answer({ order: { returns: page({ id: ref.return }) } }), found({}, mine, []))
    expect(await returns.open(context, opening)).toEqual({ outcome: 'done', return: ref.return })
  })
})

describe('the feed of returns', () => {
  const listed = (id: number, updatedAt: string, ...returnIds: number[]) => ({
    id: `gid://shopify/Order/${id}`,
    updatedAt,
    returns: page(...returnIds.map((each) => ({ id: `gid://shopify/Return/${each}` }))),
  })
  const one = (id: number, order: number, updatedAt: string) =>
    answer({
      return: wireReturn({
        id: `gid://shopify/Return/${id}`,
        order: { id: `gid://shopify/Order/${order}`, updatedAt },
      }),
    })

  it('asks the orders that changed, page by page, and begins a little before its mark the next time', async () => {
    const orders = [listed(1, '2026-07-01T09:00:00Z'), listed(2, '2026-07-01T10:00:00Z', 7)]
    const sent = replies(
      answer({ orders: { nodes: orders, pageInfo: { hasNextPage: true, endCursor: 'page-2' } } }),
      one(7, 2, '2026-07-01T10:00:00Z'),
      answer({ orders: page() }),
      answer({ orders: page() }),
    )
    const first = await returns.read(context, null)
    expect(first).toMatchObject({ more: true, returns: [{ id: 'gid://shopify/Return/7' }] })
    const second = await returns.read(context, first.cursor)
    expect(second).toMatchObject({ more: false, returns: [] })
    await returns.read(context, second.cursor)
    expect(
      sent.map(({ operationName, variables }) => [operationName, variables.after, variables.query]),
    ).toEqual([
      ['OrdersWithReturns', null, "updated_at:>='2026-06-25T00:00:00Z'"],
      ['Return', undefined, undefined],
      ['OrdersWithReturns', 'page-2', "updated_at:>='2026-06-25T00:00:00Z'"],
      ['OrdersWithReturns', null, "updated_at:>='2026-07-01T09:58:00Z'"],
    ])
  })

  it('gives the others when one cannot be read, and names it', async () => {
    replies(
      answer({ orders: page(listed(2, '2026-07-01T10:00:00Z', 7, 8, 9)) }),
      answer({ return: { id: 'gid://shopify/Return/7', status: 'OPEN' } }),
      one(8, 2, '2026-07-01T10:00:00Z'),
      // Gone since.
      answer({ return: null }),
    )
    expect(await returns.read(context, null)).toMatchObject({
      returns: [{ id: 'gid://shopify/Return/8' }],
      unreadable: [{ id: 'gid://shopify/Return/7', error: { code: 'invalid_input' } }],
    })
  })

  it('refuses a cursor that it never gave', async () => {
    await expect(returns.read(context, '{"v":2}')).rejects.toMatchObject({
      code: 'invalid_input',
      field: 'cursor',
    })
  })
})
