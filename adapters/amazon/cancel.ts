import { StockpoolError } from '../../src/error.ts'
import type { ChannelOrder } from '../../src/model/order.ts'
import type { AdapterContext, CancelOrderRequest, CancelResult } from '../../src/spec/index.ts'
import type { OrderActions } from './order-actions.ts'

/** Feeds of a day: one that was handed in before is over, or lost. */
const dayMs = 86_400_000

type Read = (order: string) => Promise<ChannelOrder | null>

/** What can still be stopped: lines of which nothing has shipped. Amazon cancels lines whole. */
function openLines({ lines }: ChannelOrder): readonly string[] {
  return lines
    .filter(({ ordered, cancelled, shipped }) => shipped === 0 && ordered - cancelled > 0)
    .map(({ id }) => id)
}

/** What the order itself says; `null`: it can still be cancelled. */
function settled(order: ChannelOrder): CancelResult | null {
  if (order.status === 'cancelled') return { outcome: 'stopped' }
  if (order.fulfilledBy === 'platform')
    return { outcome: 'too_late', detail: 'Amazon ships this order itself; ask the buyer to cancel it' }
  if (openLines(order).length > 0) return null
  return { outcome: 'too_late', detail: 'of every line something has shipped' }
}

/**
 * Reads, asks, waits a while, and reads again: only an order that Amazon shows as cancelled counts as stopped.
 * @throws StockpoolError `not_found`; `rejected` in Amazon's words when it refuses for another reason than time.
 */
export async function cancelOrder(
  context: AdapterContext,
  actions: OrderActions,
  read: Read,
  request: CancelOrderRequest,
): Promise<CancelResult> {
  const order = await read(request.order)
  if (order === null) {
    throw new StockpoolError('not_found', `Amazon has no order ${request.order}`, { field: 'order' })
  }
  const before = settled(order)
  if (before) return before
  if (request.repeated === true) {
    const recent = await actions.recent(context, 'cancel', context.clock.now() - dayMs)
    const waiting = recent.find(({ over }) => !over)
    if (waiting) return { outcome: 'unknown', detail: `Amazon has not worked off feed ${waiting.reference}` }
  }
  const outcome = await actions.cancel(context, {
    order: order.id,
    lines: openLines(order),
    reason: request.reason,
  })
  if (outcome.status === 'waiting')
    return { outcome: 'unknown', detail: `Amazon has not worked off feed ${outcome.reference}` }
  const now = await read(order.id)
  const after = now === null ? null : settled(now)
  if (after) return after
  if (outcome.status === 'taken')
    return { outcome: 'unknown', detail: 'taken; the order does not show it yet' }
  throw new StockpoolError('rejected', `Amazon refused the cancellation: ${outcome.detail}`, {
    remedy: 'Cancel it in Seller Central, or ship it.',
    details: { order: order.id },
  })
}
