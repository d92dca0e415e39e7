import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import { type Money, moneyFromDecimal, moneyToDecimal } from '../../src/model/money.ts'
import type { AdapterContext } from '../../src/spec/context.ts'
import type { RefundRequest, RefundResult } from '../../src/spec/returns.ts'
import { send } from './client.ts'
import { userError } from './errors.ts'
import { keyOf, markedNote, markOf } from './keys.ts'
import { goodsOf } from './map-return.ts'
import { isGid, type Shop } from './options.ts'
import { findReturn } from './read-returns.ts'
import { refundCreateDocument, returnOutcomeDocument, suggestedRefundDocument } from './return-documents.ts'
import type { WireMoney } from './wire.ts'
import type { WireRefund, WireSuggestedTransaction, WireSuggestion } from './wire-returns.ts'

const noteLength = 255

/** In the currency that the buyer paid in: refunds are made in no other. */
function paidMoney(bag: WireMoney): Money | null {
  const amount = bag?.presentmentMoney ?? bag?.shopMoney
  return amount ? moneyFromDecimal(amount.amount, amount.currencyCode) : null
}

/** One payment to send money back to. */
export interface RefundTransaction {
  readonly amount: string
  readonly gateway: string
  readonly kind: 'REFUND'
  readonly orderId: string
  readonly parentId?: string
}

function toTransaction(
  order: string,
  { gateway, parentTransaction }: WireSuggestedTransaction,
  money: Money,
): RefundTransaction | null {
  // Without a gateway it is no payment that money could go back to.
  if (!gateway || money.amount <= 0) return null
  const parent = parentTransaction ? { parentId: parentTransaction.id } : {}
  return { orderId: order, kind: 'REFUND', gateway, amount: moneyToDecimal(money), ...parent }
}

/** What Shopify suggests, payment by payment; or `amount`, spread over the payments as far as each can give back. */
export function transactionsOf(
  order: string,
  { suggestedTransactions }: WireSuggestion,
  amount: Money | null,
): RefundTransaction[] {
  let left = amount?.amount ?? 0
  return suggestedTransactions.flatMap((one) => {
    const suggested = paidMoney(one.amountSet)
    const most = paidMoney(one.maximumRefundableSet) ?? suggested
    if (suggested === null || most === null) return []
    const part = amount === null ? suggested : { ...most, amount: Math.min(left, most.amount) }
    const made = toTransaction(order, one, part)
    if (made) left -= part.amount
    return made ?? []
  })
}

const total = (transactions: readonly RefundTransaction[], currency: string) =>
  transactions.reduce((sum, { amount }) => sum + moneyFromDecimal(amount, currency).amount, 0)

function resultOf(refund: WireRefund): RefundResult {
  const pending = refund.transactions.nodes.some(({ status }) => status === 'PENDING')
  return {
    outcome: pending ? 'pending' : 'done',
    reference: refund.id,
    amount: paidMoney(refund.totalRefundedSet),
  }
}

function check(request: RefundRequest): void {
  if (!isGid(request.order, 'Order'))
    throw new StockpoolError('not_found', 'that is no order of Shopify', { field: 'order' })
  if (request.lines.length > 0 || request.shipping || request.amount !== null) return
  throw new StockpoolError('invalid_input', 'a refund of nothing', {
    field: 'lines',
    remedy: 'Name lines, shipping or an amount.',
  })
}

const linesOf = ({ lines }: RefundRequest) =>
  // The pool is the master: goods that come back are received, and Shopify's number then follows the pool's.
  lines.map(({ line, quantity }) => ({ lineItemId: line, quantity, restockType: 'NO_RESTOCK' }))

/** What the order's books say of this refund: made already, or what to pay. */
async function look(shop: Shop, context: AdapterContext, request: RefundRequest) {
  const lines = request.return === null ? linesOf(request) : []
  const shipping = request.return === null && request.shipping
  const variables = { id: request.order, lines, shipping, full: lines.length === 0 && !shipping }
  const { order } = await send(shop, context, suggestedRefundDocument, variables)
  if (order === null) throw new StockpoolError('not_found', 'Shopify has no such order', { field: 'order' })
  const made = order.refunds.find(({ note }) => note?.endsWith(markOf(request.key)))
  return { made: made ?? null, suggestion: order.suggestedRefund ?? null, order }
}

/**
 * What Shopify reckons for goods of a return: its fees are taken off, which the order's own suggestion knows nothing of
 * (shopify.dev, "Migrate to return processing": refunds made past the return have undesired effects).
 */
async function outcomeOf(
  shop: Shop,
  context: AdapterContext,
  request: RefundRequest,
  id: string,
): Promise<WireSuggestion | null> {
  const found = isGid(id, 'Return') ? await findReturn(shop, context, id) : null
  if (found?.wire.order.id !== request.order)
    throw new StockpoolError('not_found', 'Shopify has no such return of this order', { field: 'return' })
  const goods = goodsOf(found.wire)
  const lines = request.lines.flatMap(({ line, quantity }) => {
    let wanted = quantity
    return goods.flatMap((each) => {
      const part = each.line === line ? Math.min(wanted, each.wire.quantity) : 0
      wanted -= part
      return part > 0 ? [{ id: each.wire.id, quantity: part }] : []
    })
  })
  const variables = { id, lines, shipping: request.shipping ? { fullRefund: true } : null }
  const answer = await send(shop, context, returnOutcomeDocument, variables)
  const outcome = answer.return?.suggestedFinancialOutcome
  const transfer = outcome?.financialTransfer
  if (!outcome || !transfer?.suggestedTransactions) return null
  return {
    amountSet: transfer.amount,
    maximumRefundableSet: outcome.maximumRefundable,
    suggestedTransactions: transfer.suggestedTransactions,
  }
}

/** Made of the request's key, so that a repeat has the same; a key whose attempt failed stays failed for a day. */
export const idempotencyKey = ({ order, key }: Pick<RefundRequest, 'order' | 'key'>, attempt: number) =>
  keyOf(['refund', order, key, attempt])

/**
 * Pays back. Never twice: the order's refunds are looked through for our mark first, and Shopify's own idempotency key
 * (kept for a day) covers answers that were lost.
 */
export async function refund(
  shop: Shop,
  context: AdapterContext,
  request: RefundRequest,
): Promise<RefundResult> {
  check(request)
  const { made, suggestion: ofOrder, order } = await look(shop, context, request)
  if (made) return resultOf(made)
  const reckoned = request.return !== null && request.amount === null
  const suggestion = reckoned ? await outcomeOf(shop, context, request, request.return) : ofOrder
  const currency = order.presentmentCurrencyCode
  const { amount } = request
  if (amount !== null && amount.currency !== currency) {
    throw new StockpoolError('invalid_input', `the buyer paid in ${currency}`, {
      field: 'amount',
      remedy: `Give the amount in ${currency}, or null for what Shopify reckons.`,
    })
  }
  const transactions = suggestion ? transactionsOf(request.order, suggestion, amount) : []
  const pays = total(transactions, currency)
  if (pays <= 0 || (amount !== null && pays < amount.amount)) {
    throw new StockpoolError('rejected', 'Shopify has not that much to pay back for this', {
      field: amount === null ? 'lines' : 'amount',
      details: { most: paidMoney(suggestion?.maximumRefundableSet ?? null) },
      remedy: 'Look at the order in Shopify: it may be refunded already, or not paid.',
    })
  }
  const input = {
    orderId: request.order,
    note: markedNote(request.reason, request.key, noteLength),
    notify: shop.returns.notifyCustomer,
    // Obligatory where the buyer's currency is another than the shop's.
    currency,
    // Units of a return are the return's own: named here as well, they would be taken off the order twice.
    refundLineItems: request.return === null ? linesOf(request) : [],
    ...(request.shipping ? { shipping: { fullRefund: true } } : {}),
    transactions,
  }
  return pay(shop, context, request, input)
}

const mostAttempts = 3

/** The entries of `refundCreate` have no code, so its words tell as well. */
const attemptFailed = (error: unknown) =>
  isStockpoolError(error) &&
  (error.details?.shopifyCode === 'IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED' ||
    /previous attempt/i.test(error.message))

async function pay(
  shop: Shop,
  context: AdapterContext,
  request: RefundRequest,
  input: Readonly<Record<string, unknown>>,
): Promise<RefundResult> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await payOnce(shop, context, { input, key: idempotencyKey(request, attempt) })
    } catch (error) {
      // Another attempt under this key may have paid meanwhile (a mismatch, or "already refunded"): the order tells.
      if (!isStockpoolError(error, 'rejected') && !isStockpoolError(error, 'conflict')) throw error
      const { made } = await look(shop, context, request)
      if (made) return resultOf(made)
      if (!attemptFailed(error) || attempt >= mostAttempts) throw error
    }
  }
}

async function payOnce(
  shop: Shop,
  context: AdapterContext,
  variables: Readonly<Record<string, unknown>>,
): Promise<RefundResult> {
  const effect = { effect: 'idempotent' } as const
  const { refundCreate } = await send(shop, context, refundCreateDocument, variables, effect)
  const [refusal] = refundCreate.userErrors
  if (refusal) throw userError(refusal)
  if (refundCreate.refund) return resultOf(refundCreate.refund)
  throw new StockpoolError('unknown_outcome', 'Shopify answered a refund without naming it')
}
