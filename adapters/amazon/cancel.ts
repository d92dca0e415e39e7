import { StockpoolError } from '../../src/error.ts'
import type { ChannelOrder } from '../../src/model/order.ts'
import type { AdapterContext, CancelOrderRequest, CancelResult } from '../../src/spec/index.ts'
import type { ActionOutcome, OrderActions } from './order-actions.ts'

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
  const outcome = await handedIn(context, actions, order, request)
  if (outcome.status === 'waiting')
    return { outcome: 'unknown', detail: 'Amazon has not worked off its feed', handle: outcome.reference }
  const now = await read(order.id)
  const after = now === null ? null : settled(now)
  if (after) return after
  if (outcome.status === 'taken') {
    const detail = 'taken; the order does not show it yet'
    return { outcome: 'unknown', detail, handle: outcome.reference }
  }
  throw new StockpoolError('rejected', `Amazon refused the cancellation: ${outcome.detail}`, {
    remedy: 'Cancel it in Seller Central, or ship it.',
    details: { order: order.id },
  })
}

/**
 * What became of the cancellation that is under way, or of a new one. Cancelling what is cancelled is refused and does nothing, so
 * one of which nobody knows any more is handed in again.
 */
async function handedIn(
  context: AdapterContext,
  actions: OrderActions,
  order: ChannelOrder,
  { reason, underway }: CancelOrderRequest,
): Promise<Exclude<ActionOutcome, { status: 'ended' }>> {
  const before = underway ? await actions.look(context, underway) : null
  if (before !== null && before.status !== 'ended') return before
  const outcome = await actions.cancel(context, { order: order.id, lines: openLines(order), reason })
  if (outcome.status !== 'ended') return outcome
  throw new StockpoolError('unavailable', `Amazon did not work off the cancellation: ${outcome.detail}`, {
    remedy: 'It is handed in again. If it ends so each time, see Feeds in Seller Central.',
  })
}
