import { isStockpoolError } from '../../src/error.ts'
import type {
  AdapterContext,
  CancelOrderRequest,
  CancelReason,
  CancelResult,
  ListingRef,
} from '../../src/spec/index.ts'
import { nearest, openRequests, rejectReasons } from './cancellations.ts'
import { id, send } from './client.ts'
import { parcelsOf } from './detail.ts'
import { refuse } from './errors.ts'
import { productSkus } from './inventory.ts'
import type { Settings } from './options.ts'
import { statusOf } from './order.ts'
import { Cancelled, Eligibility, Nothing, type WireParcels } from './wire.ts'

/**
 * TikTok's reasons differ by market and by status (partner.tiktokshop.com, "Cancel reasons"), and one that does not fit is
 * refused with 25001021: so they are asked for, and these words find the nearest. Want of stock comes last where it is
 * not the reason, because TikTok then sets the product's number to 0.
 */
const words: Readonly<Record<CancelReason, readonly RegExp[]>> = {
  customer: [/buyer_requested|customer_requested/, /wrong_price|address/],
  out_of_stock: [/out_of_stock/],
  fraud: [/fraud/, /address|wrong_price|buyer_requested/],
  address: [/address/, /buyer_requested|wrong_price/],
  other: [/wrong_price|address|buyer_requested/],
}

/** Items that have neither left nor been cancelled. */
function openItems({ status, shipping_type, line_items }: WireParcels) {
  return line_items.filter((item) =>
    ['pending', 'on_hold', 'open', 'partially_shipped', 'unknown'].includes(
      statusOf(item.display_status || status, shipping_type),
    ),
  )
}

/** What an order lets happen to it now; `null`: something of it may be cancelled. */
function settled(order: WireParcels): CancelResult | null {
  if (order.status === 'CANCELLED') return { outcome: 'stopped', detail: 'the order is CANCELLED' }
  if (openItems(order).length > 0) return null
  const allCancelled = order.line_items.every(({ display_status }) => display_status === 'CANCELLED')
  return allCancelled
    ? { outcome: 'stopped', detail: 'every item is CANCELLED' }
    : { outcome: 'too_late', detail: `the order is ${order.status}` }
}

async function orderOf(context: AdapterContext, settings: Settings, order: string): Promise<WireParcels> {
  const found = await parcelsOf(context, settings, order)
  if (found) return found
  throw refuse('not_found', 'order', 'TikTok has no such order', 'Check the id, and that it is of this shop.')
}

/** What may be cancelled and why, by TikTok itself. */
async function eligibility(context: AdapterContext, settings: Settings, order: string) {
  const { data } = await send(context, settings, {
    operation: 'GetAftersaleEligibility',
    effect: 'read',
    method: 'GET',
    path: `/return_refund/202512/orders/${id(order, 'order')}/aftersale_eligibility`,
    query: { initiate_aftersale_user: 'SELLER', request_types: 'CANCEL' },
    schema: Eligibility,
  })
  const rows = (data.sku_eligibility ?? [])
    .flatMap(({ line_item_eligibility }) => line_item_eligibility ?? [])
    .filter(({ request_type }) => request_type == null || request_type === 'CANCEL')
  const eligible = rows.filter((row) => row.eligible)
  return {
    items: new Set(eligible.flatMap((row) => row.order_line_items_ids ?? [])),
    reasons: [...new Set(eligible.flatMap((row) => row.available_reason_names ?? []))],
    refusal: rows.find((row) => !row.eligible)?.ineligible_reason ?? null,
  }
}

/**
 * Cancels what of an order has not shipped. A buyer who has asked for it is granted it; else TikTok is asked. The order itself
 * tells the outcome: accepted is not yet done.
 */
export async function cancelOrder(
  context: AdapterContext,
  settings: Settings,
  request: CancelOrderRequest,
): Promise<CancelResult> {
  const order = await orderOf(context, settings, request.order)
  // A repeat of a cancellation for want of stock may have found the numbers at 0 already.
  const disturbed = () =>
    request.reason === 'out_of_stock' ? disturbedBy(context, settings, order) : Promise.resolve(undefined)
  const before = settled(order)
  if (before) {
    const skus = before.outcome === 'stopped' ? await disturbed() : undefined
    return skus === undefined ? before : { ...before, disturbed: skus }
  }
  if (order.is_buyer_request_cancel) return answerWish(context, settings, request.order, true)

  const { items, reasons, refusal } = await eligibility(context, settings, request.order)
  const open = openItems(order)
  const cancellable = open.filter((item) => items.has(item.id))
  const left = order.line_items.filter(({ display_status }) => display_status !== 'CANCELLED')
  if (cancellable.length === 0) {
    return {
      outcome: 'too_late',
      detail: refusal ?? `TikTok lets nothing of it be cancelled (${order.status})`,
    }
  }
  const reason = nearest(
    reasons.map((name) => ({ name, words: name.toLowerCase() })),
    words[request.reason],
  )
  const { data } = await send(context, settings, {
    operation: 'CancelOrder',
    // Not repeated blindly: the next attempt looks at the order first.
    effect: 'once',
    method: 'POST',
    path: '/return_refund/202309/cancellations',
    json: {
      order_id: request.order,
      cancel_reason: reason?.name ?? '',
      // Only the United States and the United Kingdom take a part of an order, and only for want of stock.
      ...(cancellable.length === left.length
        ? {}
        : { order_line_item_ids: cancellable.map((item) => item.id) }),
    },
    schema: Cancelled,
  })
  const after = await orderOf(context, settings, request.order)
  const asked = new Set(cancellable.map((item) => item.id))
  const unmoved = after.line_items.filter((item) => asked.has(item.id) && item.display_status !== 'CANCELLED')
  const result: CancelResult =
    after.status === 'CANCELLED' || unmoved.length > 0
      ? (settled(after) ?? { outcome: 'unknown', detail: data.cancel_status ?? 'TikTok has not decided yet' })
      : { outcome: 'stopped', detail: `${asked.size} of its ${after.line_items.length} units are CANCELLED` }
  const skus = await disturbed()
  return skus === undefined ? result : { ...result, disturbed: skus }
}

/**
 * "Product stock automatically updated to 0 when out-of-stock cancel" (TikTok's FAQ): of the whole product, also of SKUs that
 * were not in the order. So the numbers of all of them are to be looked at anew.
 */
async function disturbedBy(
  context: AdapterContext,
  settings: Settings,
  order: WireParcels,
): Promise<readonly ListingRef[]> {
  const products = order.line_items.flatMap(({ product_id }) => (product_id ? [product_id] : []))
  const own = [...new Set(order.line_items.map(({ sku_id }) => sku_id))].map((listing) => ({
    listing,
    place: '',
  }))
  try {
    const found = await productSkus(context, settings, [...new Set(products)])
    return found.length > 0 ? found : own
  } catch {
    // The order is cancelled whatever else can be read: its own SKUs at least are known.
    return own
  }
}

/** What became of an order whose buyer's request no longer waits. */
async function afterWish(context: AdapterContext, settings: Settings, order: string): Promise<CancelResult> {
  const now = await orderOf(context, settings, order)
  return now.status === 'CANCELLED'
    ? { outcome: 'stopped', detail: 'the order is CANCELLED' }
    : { outcome: 'too_late', detail: `no request waits for an answer; the order is ${now.status}` }
}

/**
 * Grants or refuses a buyer's request to cancel. Left alone TikTok grants it when its time is up, also when the parcel has left
 * meanwhile: answer it before shipping.
 */
export async function answerWish(
  context: AdapterContext,
  settings: Settings,
  order: string,
  accept: boolean,
): Promise<CancelResult> {
  const waiting = async () => (await openRequests(context, settings, [id(order, 'order')]))[0]
  const request = await waiting()
  if (!request) return afterWish(context, settings, order)
  try {
    if (accept) {
      await approve(context, settings, request.cancel_id)
      const after = settled(await orderOf(context, settings, order))
      return after ?? { outcome: 'unknown', detail: 'granted; TikTok has not cancelled the order yet' }
    }
    const reason = await reject(context, settings, request.cancel_id)
    return { outcome: 'unknown', detail: `refused: ${reason}` }
  } catch (error) {
    // "Processed already or has expired" (25011011): an answer that was lost had been given, or TikTok gave its own.
    if (!isStockpoolError(error, 'rejected') || (await waiting())) throw error
    return accept ? afterWish(context, settings, order) : afterRefusal(context, settings, order)
  }
}

/** The order goes on, unless TikTok granted the wish meanwhile. */
async function afterRefusal(
  context: AdapterContext,
  settings: Settings,
  order: string,
): Promise<CancelResult> {
  const { status } = await orderOf(context, settings, order)
  return status === 'CANCELLED'
    ? { outcome: 'too_late', detail: 'TikTok has granted it: the order is CANCELLED' }
    : { outcome: 'unknown', detail: `refused; the order is ${status}` }
}

/** One request is answered once and for all: its own id is the key. */
const answerOf = (cancelId: string, answer: 'approve' | 'reject') => ({
  effect: 'idempotent' as const,
  method: 'POST' as const,
  path: `/return_refund/202309/cancellations/${id(cancelId, 'cancel_id')}/${answer}`,
  query: { idempotency_key: `stockpool-${cancelId}-${answer}` },
  schema: Nothing,
})

async function approve(context: AdapterContext, settings: Settings, cancelId: string): Promise<void> {
  await send(context, settings, { operation: 'ApproveCancellation', ...answerOf(cancelId, 'approve') })
}

async function reject(context: AdapterContext, settings: Settings, cancelId: string): Promise<string> {
  const reasons = await rejectReasons(context, settings, cancelId)
  const reason = nearest(reasons, [/packed|shipped/, /delivered|schedule/, /address/])
  await send(context, settings, {
    operation: 'RejectCancellation',
    ...answerOf(cancelId, 'reject'),
    json: { reject_reason: reason?.name ?? '' },
  })
  return reason?.name ?? 'no reason given'
}
