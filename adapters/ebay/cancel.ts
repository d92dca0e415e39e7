import { z } from 'zod'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import { readRow } from '../../src/http/index.ts'
import type { AdapterContext, CancelOrderRequest, CancelReason, CancelResult } from '../../src/spec/index.ts'
import { type EbayRequest, segment, send } from './client.ts'
import type { Settings } from './options.ts'
import { byBuyer, isOpenRequest, openRequest, paymentOf } from './order.ts'
import { getRequest } from './order-calls.ts'
import { Anything, WireOrderState } from './wire.ts'

/** OUT_OF_STOCK_OR_CANNOT_FULFILL counts against the seller's standing; eBay has no word for a fraud but this one. */
const reasons: Readonly<Record<CancelReason, string>> = {
  customer: 'BUYER_ASKED_CANCEL',
  out_of_stock: 'OUT_OF_STOCK_OR_CANNOT_FULFILL',
  fraud: 'OUT_OF_STOCK_OR_CANNOT_FULFILL',
  address: 'ADDRESS_ISSUES',
  other: 'OUT_OF_STOCK_OR_CANNOT_FULFILL',
}

const cancellations = '/post-order/v2/cancellation'

const CancelAnswer = z.object({ cancelId: z.union([z.string(), z.number()]).nullish() })

/** A cancellation by the seller: of the whole order, eBay knows no other. It refunds by itself what was paid. */
export function createRequest(
  { orderId, paymentSummary, orderPaymentStatus }: WireOrderState,
  reason: CancelReason,
): EbayRequest<z.infer<typeof CancelAnswer>> {
  const paid = paymentSummary?.payments?.find(({ paymentStatus }) => paymentStatus === 'PAID')
  const buyerPaid = paymentOf({ orderPaymentStatus, paymentSummary }) !== 'pending'
  return {
    operation: 'createCancellation',
    bucket: 'postOrder',
    effect: 'once',
    method: 'POST',
    path: cancellations,
    auth: 'iaf',
    signed: true,
    priority: 7,
    json: {
      legacyOrderId: orderId,
      cancelReason: reasons[reason],
      buyerPaid,
      ...(buyerPaid && paid?.paymentDate ? { buyerPaidDate: { value: paid.paymentDate } } : {}),
    },
    schema: CancelAnswer,
  }
}

export function answerRequest(cancelId: string, accept: boolean): EbayRequest<unknown> {
  return {
    operation: accept ? 'approveCancellationRequest' : 'rejectCancellationRequest',
    bucket: 'postOrder',
    effect: 'once',
    method: 'POST',
    path: `${cancellations}/${segment(cancelId)}/${accept ? 'approve' : 'reject'}`,
    auth: 'iaf',
    signed: accept,
    priority: 7,
    // Without a shipment to tell of, eBay wants the braces all the same.
    json: {},
    schema: Anything,
  }
}

/** Only getOrder tells of requests to cancel. @throws StockpoolError `not_found` */
async function stateOf(context: AdapterContext, settings: Settings, order: string): Promise<WireOrderState> {
  const { data } = await send(context, settings, getRequest(order))
  return readRow(WireOrderState, data, { what: 'an order of eBay', details: { order } })
}

/** What an order lets happen to it now; `null`: it may be cancelled. */
function settled({ cancelStatus, orderFulfillmentStatus }: WireOrderState): CancelResult | null {
  if (cancelStatus?.cancelState === 'CANCELED') return { outcome: 'stopped', detail: 'the order is CANCELED' }
  if (orderFulfillmentStatus === 'NOT_STARTED') return null
  return { outcome: 'too_late', detail: `the order is ${orderFulfillmentStatus ?? 'without a status'}` }
}

/** Whether a cancellation of our own is under way: eBay refunds before it calls the order cancelled. */
function underWay({ cancelStatus }: WireOrderState): boolean {
  if (cancelStatus?.cancelState !== 'IN_PROGRESS') return false
  const requests = cancelStatus.cancelRequests ?? []
  return requests.length === 0 || requests.some((each) => !byBuyer(each) && isOpenRequest(each))
}

const refusedNow: CancelResult = {
  outcome: 'unknown',
  detail: "the buyer's request was refused; the order stands",
}
const waiting: CancelResult = { outcome: 'unknown', detail: 'eBay is cancelling and refunding the order' }

/**
 * Cancels an order that has not shipped. A buyer who asked already is answered in place of a cancellation of our own, which
 * would count as the seller's.
 */
export async function cancelOrder(
  context: AdapterContext,
  settings: Settings,
  { order, reason }: CancelOrderRequest,
): Promise<CancelResult> {
  const state = await stateOf(context, settings, order)
  const before = settled(state)
  if (before) return before
  if (underWay(state)) return waiting
  const id = openRequest(state)?.cancelRequestId
  return decide(context, settings, order, id ? answerRequest(id, true) : createRequest(state, reason))
}

/** Accepts or refuses what the buyer asked for. Refused, the order stays as it is: nothing of it was stopped. */
export async function answerCancelRequest(
  context: AdapterContext,
  settings: Settings,
  order: string,
  accept: boolean,
): Promise<CancelResult> {
  const state = await stateOf(context, settings, order)
  const before = settled(state)
  if (before) return before
  const request = openRequest(state)
  if (request === null) {
    if (underWay(state)) return waiting
    return { outcome: 'too_late', detail: 'no request to cancel waits for an answer' }
  }
  if (!request.cancelRequestId) {
    throw new StockpoolError('invalid_input', 'the request to cancel has no id', { field: 'cancelRequestId' })
  }
  return decide(context, settings, order, answerRequest(request.cancelRequestId, accept))
}

/** Sends the decision once. Whether a refusal or a lost answer stands, the order itself tells. */
async function decide(
  context: AdapterContext,
  settings: Settings,
  order: string,
  request: EbayRequest<unknown>,
): Promise<CancelResult> {
  const refused = request.operation === 'rejectCancellationRequest'
  try {
    await send(context, settings, request)
  } catch (error) {
    if (!isStockpoolError(error) || !['unknown_outcome', 'rejected'].includes(error.code)) throw error
    const now = await stateOf(context, settings, order)
    const after = settled(now)
    if (after?.outcome === 'stopped') return after
    if (refused && openRequest(now) === null) return refusedNow
    if (refused) throw error
    if (after) return after
    if (underWay(now) || approved(now)) return waiting
    throw error
  }
  if (refused) return refusedNow
  return settled(await stateOf(context, settings, order)) ?? waiting
}

/** A buyer's request that we approved is no longer open while eBay refunds. */
const approved = (state: WireOrderState): boolean =>
  state.cancelStatus?.cancelState === 'IN_PROGRESS' && openRequest(state) === null
