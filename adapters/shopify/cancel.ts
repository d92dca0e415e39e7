import { StockpoolError } from '../../src/error.ts'
import { readRow } from '../../src/http/index.ts'
import type { AdapterContext } from '../../src/spec/context.ts'
import type { CancelOrderRequest, CancelReason, CancelResult } from '../../src/spec/orders.ts'
import { send } from './client.ts'
import { cancelProgressDocument, orderCancelDocument, orderDocument } from './documents.ts'
import { cancelErrors, userError } from './errors.ts'
import { isGid, type Shop } from './options.ts'
import { type UserError, WireOrder } from './wire.ts'

/** Nothing else of the order need be readable. */
const Settled = WireOrder.pick({ cancelledAt: true, displayFulfillmentStatus: true })

const reasons: Readonly<Record<CancelReason, string>> = {
  customer: 'CUSTOMER',
  out_of_stock: 'INVENTORY',
  fraud: 'FRAUD',
  address: 'OTHER',
  other: 'OTHER',
}

/** Waits between looks at the job, in milliseconds: seldom longer than a second in all. */
const lookAfterMs = [300, 700, 1500, 3000] as const

/** What an order lets happen to it now; `null`: it may be cancelled. */
async function settled(shop: Shop, context: AdapterContext, id: string): Promise<CancelResult | null> {
  const raw = (await send(shop, context, orderDocument, { id })).order ?? null
  if (raw === null) {
    throw new StockpoolError('not_found', 'Shopify has no such order', { field: 'order' })
  }
  const order = readRow(Settled, raw, { what: 'an order of Shopify', details: { order: id } })
  if (order.cancelledAt != null) return { outcome: 'stopped', detail: `cancelled at ${order.cancelledAt}` }
  const status = order.displayFulfillmentStatus
  // orderCancel takes a whole order or nothing, and refuses one with fulfilments.
  if (status === 'FULFILLED' || status === 'PARTIALLY_FULFILLED') {
    const rest = status === 'FULFILLED' ? '' : '; refund what is left of it in Shopify'
    return { outcome: 'too_late', detail: `the order is ${status}${rest}` }
  }
  return null
}

/**
 * Cancels an order. Shopify does it in a job: the outcome is `unknown` until the order itself shows `cancelledAt`.
 * Nothing is restocked there: the pool is the master, and its own number follows. (With `restock: true` an order
 * cancelled for want of stock would put the missing units on sale again.)
 */
export async function cancelOrder(
  shop: Shop,
  context: AdapterContext,
  request: CancelOrderRequest,
): Promise<CancelResult> {
  const id = request.order
  if (!isGid(id, 'Order'))
    throw new StockpoolError('not_found', 'that is no order of Shopify', { field: 'order' })
  const before = await settled(shop, context, id)
  if (before) return before
  const variables = {
    orderId: id,
    reason: reasons[request.reason],
    restock: false,
    refundMethod: { originalPaymentMethodsRefund: shop.cancel.refund },
    notifyCustomer: shop.cancel.notifyCustomer,
    staffNote: `stockpool ${request.key}`.slice(0, 255),
  }
  const { orderCancel } = await send(shop, context, orderCancelDocument, variables, { effect: 'idempotent' })
  const [refusal] = orderCancel.orderCancelUserErrors
  if (refusal) return refused(shop, context, id, refusal)
  const job = orderCancel.job
  if (!job) return { outcome: 'unknown', detail: 'Shopify named no job' }
  return follow(shop, context, id, job.id)
}

/** A refusal is decided by the order: somebody may have cancelled or shipped it in between. */
async function refused(
  shop: Shop,
  context: AdapterContext,
  id: string,
  refusal: UserError,
): Promise<CancelResult> {
  const error = userError(refusal, cancelErrors)
  if (error.code !== 'rejected') throw error
  const now = await settled(shop, context, id)
  if (now) return { ...now, detail: refusal.message }
  throw error
}

async function follow(
  shop: Shop,
  context: AdapterContext,
  order: string,
  job: string,
): Promise<CancelResult> {
  for (const waitMs of lookAfterMs) {
    await context.clock.sleep(waitMs, context.signal)
    const progress = await send(shop, context, cancelProgressDocument, { job, order }, { priority: 7 })
    const cancelledAt = progress.order?.cancelledAt
    if (cancelledAt != null) return { outcome: 'stopped', detail: `cancelled at ${cancelledAt}` }
    if (progress.job?.done === true) break
  }
  // Done without `cancelledAt`: the job failed, or the order shipped meanwhile.
  return (
    (await settled(shop, context, order)) ?? { outcome: 'unknown', detail: 'Shopify has not decided yet' }
  )
}
