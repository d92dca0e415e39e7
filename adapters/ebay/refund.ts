import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import { readRow } from '../../src/http/index.ts'
import { type Money, moneyToDecimal } from '../../src/model/money.ts'
import type {
  AdapterContext,
  PendingRefund,
  RefundRequest,
  RefundResult,
  RefundState,
} from '../../src/spec/index.ts'
import { type EbayRequest, segment, send } from './client.ts'
import { hasErrorId } from './errors.ts'
import type { Settings } from './options.ts'
import { moneyOf } from './order.ts'
import { getRequest } from './order-calls.ts'
import { type PaidBack, paidBack, Refundable, withoutFailed, withoutRefunds } from './paid-back.ts'
import { moneyOfPostOrder, returnStatusOf } from './return.ts'
import { detailOf } from './return-calls.ts'
import type { WireRefund } from './wire.ts'
import {
  IssueRefundAnswer,
  type OrderRefundBody,
  RefundAnswer,
  type ReturnRefundBody,
  type WireReturnDetail,
} from './wire-returns.ts'

const simple = (money: Money) => ({ value: moneyToDecimal(money), currency: money.currency })

/** A refund is under way (34922), or the buyer's payment has not arrived yet (34929): it passes with time. */
const passing = [34922, 34929] as const
const tryAgainMs = 1_800_000

function asPassing(error: unknown): unknown {
  if (!isStockpoolError(error) || !hasErrorId(error, ...passing)) return error
  const { message, remedy, details } = error
  return new StockpoolError('rejected', message, {
    remedy,
    details,
    retryable: true,
    retryAfterMs: tryAgainMs,
    cause: error,
  })
}

/** Pays back: of a return through Post-Order, else by issueRefund. eBay has no key for either: what was paid is read before paying. */
export function refund(
  context: AdapterContext,
  settings: Settings,
  request: RefundRequest,
): Promise<RefundResult> {
  return request.return === null
    ? refundOrder(context, settings, request)
    : refundReturn(context, settings, { ...request, return: request.return })
}

const sum = (refunds: readonly WireRefund[]) =>
  refunds.reduce((total, { amount }) => total + (moneyOf(amount)?.amount ?? 0), 0)

/**
 * What a line's units are worth: the same share of what was paid for the line, less what was paid back for it already.
 * Never of the order's total (aden-hive/hive#7079: a second refund of all of it).
 */
export function worthOf(
  line: Refundable['lineItems'][number],
  quantity: number,
  shipping: boolean,
): Money | null {
  const paid = moneyOf(line.discountedLineItemCost) ?? moneyOf(line.lineItemCost)
  if (paid === null || line.quantity === 0) return null
  const delivery = shipping ? (moneyOf(line.deliveryCost?.shippingCost)?.amount ?? 0) : 0
  const share = Math.round((paid.amount * Math.min(quantity, line.quantity)) / line.quantity) + delivery
  const left = paid.amount + (moneyOf(line.deliveryCost?.shippingCost)?.amount ?? 0) - sum(line.refunds ?? [])
  return { ...paid, amount: Math.max(0, Math.min(share, left)) }
}

/** The body of issueRefund. @throws StockpoolError `invalid_input` when nothing is left, or eBay names no price */
export function refundBody(
  order: Refundable,
  request: RefundRequest,
): { body: OrderRefundBody; amount: Money } {
  const reasonForRefund =
    request.lines.length === 0 && request.shipping ? 'SHIPPING_DISCOUNT' : 'OTHER_ADJUSTMENT'
  // 100 by the schema, 1000 by the error's text.
  const comment = request.reason === null ? {} : { comment: request.reason.slice(0, 100) }
  if (request.lines.length === 0) {
    const amount = request.amount ?? (request.shipping ? deliveryOf(order) : null)
    if (amount === null || amount.amount <= 0) throw nothing('amount')
    return { body: { reasonForRefund, ...comment, orderLevelRefundAmount: simple(amount) }, amount }
  }
  const items = request.lines.map(({ line, quantity }) => {
    const found = order.lineItems.find(({ lineItemId }) => lineItemId === line)
    const worth = found ? worthOf(found, quantity, request.shipping) : null
    if (worth === null) throw nothing('lines')
    return { line, worth }
  })
  const shares = spread(
    items.map(({ worth }) => worth),
    request.amount,
  )
  const total = shares.reduce((all, { amount }) => all + amount, 0)
  const [first] = shares
  if (first === undefined || total <= 0) throw nothing('lines')
  const refundItems = items.flatMap(({ line }, index) => {
    const share = shares[index]
    return share && share.amount > 0 ? [{ lineItemId: line, refundAmount: simple(share) }] : []
  })
  return { body: { reasonForRefund, ...comment, refundItems }, amount: { ...first, amount: total } }
}

/** An amount over several parts, each up to its worth, in order; without an amount, each its whole worth. */
export function spread(parts: readonly Money[], amount: Money | null): readonly Money[] {
  if (amount === null) return parts
  let left = amount.amount
  return parts.map((part, index) => {
    // The last one takes what is left, also beyond its worth: eBay then says that it is too much (34924).
    const share = index === parts.length - 1 ? left : Math.min(left, part.amount)
    left -= share
    return { currency: amount.currency, amount: share }
  })
}

function deliveryOf(order: Refundable): Money | null {
  const costs = order.lineItems.flatMap(({ deliveryCost }) => moneyOf(deliveryCost?.shippingCost) ?? [])
  const [first] = costs
  return first ? { ...first, amount: costs.reduce((all, { amount }) => all + amount, 0) } : null
}

function nothing(field: string): StockpoolError {
  return new StockpoolError('invalid_input', 'there is nothing left to pay back for this', {
    field,
    remedy: 'Look at the refunds of the order on eBay; give an amount, or other lines.',
  })
}

const refundRequest = (
  order: string,
  body: OrderRefundBody,
): EbayRequest<ReturnType<typeof IssueRefundAnswer.parse>> => ({
  operation: 'issueRefund',
  bucket: 'fulfillment',
  effect: 'once',
  method: 'POST',
  path: `/sell/fulfillment/v1/order/${segment(order)}/issue_refund`,
  signed: true,
  priority: 7,
  json: body,
  schema: IssueRefundAnswer,
})

async function refundable(context: AdapterContext, settings: Settings, order: string): Promise<Refundable> {
  const { data } = await send(context, settings, getRequest(order))
  return withoutFailed(readRow(Refundable, data, { what: 'an order of eBay', details: { order } }))
}

/**
 * The refund that an earlier call for the same made, as far as can be told: eBay has no key, and gives the comment back nowhere, so
 * the mark is what would have been paid. None that the engine knows to be another. Rather none than two.
 */
function ownOf(order: Refundable, request: RefundRequest): PaidBack | undefined {
  const others = new Set(request.others ?? [])
  return paidBack(order).findLast((one) => {
    if (others.has(one.id)) return false
    const wanted = request.amount ?? reckoned(withoutRefunds(order, new Set([one.id])), request)
    return wanted !== null && one.amount?.amount === wanted.amount
  })
}

function reckoned(order: Refundable, request: RefundRequest): Money | null {
  try {
    return refundBody(order, request).amount
  } catch {
    return null
  }
}

async function refundOrder(
  context: AdapterContext,
  settings: Settings,
  request: RefundRequest,
): Promise<RefundResult> {
  const order = await refundable(context, settings, request.order)
  if (request.repeated) {
    const same = ownOf(order, request)
    if (same) return resultOf(same, 'a refund of this amount was there already; nothing was paid again')
  }
  const { body, amount } = refundBody(order, request)
  const before = new Set(paidBack(order).map(({ id }) => id))
  try {
    const { data } = await send(context, settings, refundRequest(request.order, body))
    return {
      outcome: data.refundStatus === 'REFUNDED' ? 'done' : 'pending',
      reference: data.refundId ?? null,
      amount,
    }
  } catch (error) {
    if (!isStockpoolError(error, 'unknown_outcome')) throw asPassing(error)
    const fresh = paidBack(await refundable(context, settings, request.order)).find(
      ({ id }) => !before.has(id),
    )
    if (fresh) return resultOf(fresh, 'seen in the order after the answer was lost')
    throw error
  }
}

const resultOf = ({ id, status, amount }: PaidBack, detail: string): RefundResult => ({
  outcome: status === 'REFUNDED' ? 'done' : 'pending',
  reference: id,
  amount,
  detail,
})

/** What became of a refund: of a return as that says, else as the order lists it. */
export async function checkRefund(
  context: AdapterContext,
  settings: Settings,
  { order: id, return: of, reference }: PendingRefund,
): Promise<RefundState> {
  if (of !== null) return checkReturn(context, settings, of)
  const { data } = await send(context, settings, getRequest(id))
  const order = readRow(Refundable, data, { what: 'an order of eBay', details: { order: id } })
  const found = paidBack(order).find((one) => one.id === reference)
  if (found === undefined)
    return { outcome: 'unknown', amount: null, detail: 'eBay lists no such refund of the order' }
  const { status, amount } = found
  const detail = status ?? 'no status'
  if (status === 'FAILED') return { outcome: 'refused', amount: null, detail }
  return { outcome: status === 'REFUNDED' ? 'done' : 'pending', amount, detail }
}

/** A refund of a return is the return's own: it is paid, or the return ends otherwise. */
async function checkReturn(context: AdapterContext, settings: Settings, id: string): Promise<RefundState> {
  const found = await detailOf(context, settings, id)
  if (found === null) return { outcome: 'unknown', amount: null, detail: 'eBay has no such return any more' }
  const { wire } = found
  const amount = moneyOfPostOrder(wire.refundInfo?.actualRefundDetail?.actualRefund?.totalAmount)
  const detail = `the return is ${wire.state}`
  const status = returnStatusOf(wire)
  if (amount !== null) return { outcome: 'done', amount, detail }
  if (status === 'declined' || status === 'cancelled') return { outcome: 'refused', amount: null, detail }
  return { outcome: 'pending', amount: null, detail }
}

/** What eBay reckons for the return, fee by fee; an amount goes over them in eBay's order. */
export function returnRefundBody(
  wire: WireReturnDetail,
  request: RefundRequest,
): { body: ReturnRefundBody; amount: Money } {
  const estimates = (wire.refundInfo?.estimatedRefundDetail?.itemizedRefundDetails ?? []).flatMap(
    ({ refundFeeType, estimatedAmount }) => {
      const money = moneyOfPostOrder(estimatedAmount)
      if (!refundFeeType || money === null) return []
      const delivery = refundFeeType.includes('SHIPPING')
      return delivery && !request.shipping && request.amount === null ? [] : [{ fee: refundFeeType, money }]
    },
  )
  const fees =
    estimates.length > 0 || request.amount === null
      ? estimates
      : [{ fee: 'PURCHASE_PRICE', money: request.amount }]
  const shares = spread(
    fees.map(({ money }) => money),
    request.amount,
  )
  const total = shares.reduce((all, { amount }) => all + amount, 0)
  const [first] = shares
  if (first === undefined || total <= 0) throw nothing('amount')
  const amount = { ...first, amount: total }
  const itemizedRefundDetail = fees.flatMap(({ fee }, index) => {
    const share = shares[index]
    return share && share.amount > 0 ? [{ refundAmount: simple(share), refundFeeType: fee }] : []
  })
  const comments = request.reason === null ? {} : { comments: { content: request.reason } }
  return {
    body: { refundDetail: { itemizedRefundDetail, totalAmount: simple(amount) }, ...comments },
    amount,
  }
}

async function refundReturn(
  context: AdapterContext,
  settings: Settings,
  request: RefundRequest & { readonly return: string },
): Promise<RefundResult> {
  const look = async () => {
    const detail = await detailOf(context, settings, request.return)
    if (detail === null) throw new StockpoolError('not_found', 'eBay has no such return', { field: 'return' })
    const paid = moneyOfPostOrder(detail.wire.refundInfo?.actualRefundDetail?.actualRefund?.totalAmount)
    const processed = returnStatusOf(detail.wire) === 'processed'
    const done: RefundResult | null = processed
      ? {
          outcome: paid ? 'done' : 'pending',
          reference: request.return,
          amount: paid,
          detail: `the return is ${detail.wire.state}`,
        }
      : null
    return { wire: detail.wire, done }
  }
  // A return is paid back once, whoever did it: that is its key.
  const { wire, done } = await look()
  if (done) return done
  const { body, amount } = returnRefundBody(wire, request)
  try {
    const { data } = await send(context, settings, {
      operation: 'issueReturnRefund',
      bucket: 'postOrder',
      effect: 'once',
      method: 'POST',
      path: `/post-order/v2/return/${segment(request.return)}/issue_refund`,
      auth: 'iaf',
      signed: true,
      priority: 7,
      json: body,
      schema: RefundAnswer,
    })
    const outcome = data?.refundStatus === 'SUCCESS' ? 'done' : 'pending'
    return { outcome, reference: request.return, amount }
  } catch (error) {
    if (!isStockpoolError(error) || !['unknown_outcome', 'rejected'].includes(error.code)) throw error
    const after = (await look()).done
    if (after) return after
    throw error
  }
}
