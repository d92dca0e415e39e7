import { readRow } from '../../src/http/index.ts'
import { Return, type ReturnStatus } from '../../src/model/return.ts'
import { deadlineOf } from './cancellations.ts'
import { instantOf } from './order.ts'
import { WireReturn } from './wire.ts'

const statuses: Readonly<Record<string, ReturnStatus>> = {
  RETURN_OR_REFUND_REQUEST_PENDING: 'requested',
  REPLACEMENT_REQUEST_PENDING: 'requested',
  // The seller offered something else, and the buyer has yet to say yes.
  AWAITING_BUYER_RESPONSE: 'requested',
  REFUND_OR_RETURN_REQUEST_REJECT: 'declined',
  REPLACEMENT_REQUEST_REJECT: 'declined',
  AWAITING_BUYER_SHIP: 'approved',
  BUYER_SHIPPED_ITEM: 'in_transit',
  // The goods are at the seller's, who refused them: the buyer or TikTok may object.
  REJECT_RECEIVE_PACKAGE: 'received',
  RETURN_OR_REFUND_REQUEST_SUCCESS: 'processed',
  RETURN_OR_REFUND_REQUEST_COMPLETE: 'processed',
  REPLACEMENT_REQUEST_REFUND_SUCCESS: 'processed',
  REPLACEMENT_REQUEST_COMPLETE: 'processed',
  RETURN_OR_REFUND_REQUEST_CANCEL: 'cancelled',
  REPLACEMENT_REQUEST_CANCEL: 'cancelled',
}

const wants: Readonly<Record<string, Return['wants']>> = {
  REFUND: 'refund',
  RETURN_AND_REFUND: 'refund',
  REPLACEMENT: 'replacement',
}

export const returnStatusOf = (raw: string): ReturnStatus => statuses[raw] ?? 'unknown'

/** The id of a return, `null` when not even that can be read. */
export function returnIdOf(raw: unknown): string | null {
  const id = (raw as { readonly return_id?: unknown } | null | undefined)?.return_id
  return WireReturn.shape.return_id.safeParse(id).data ?? null
}

export function readReturn(raw: unknown): WireReturn {
  return readRow(WireReturn, raw, { what: 'a return of TikTok Shop', details: { return: returnIdOf(raw) } })
}

/** Whether the goods come back: not when only the money is wanted, or the buyer may keep them. */
const comesBack = ({ return_type, can_buyer_keep_item }: WireReturn) =>
  return_type !== 'REFUND' && can_buyer_keep_item !== true

/**
 * A return of Search Returns (202309). What arrived, TikTok does not know: that is the inspection's to say.
 * @throws StockpoolError `invalid_input` when it lacks what the model requires.
 */
export function toReturn(raw: unknown): Return {
  const wire = readReturn(raw)
  const units = Map.groupBy(wire.return_line_items ?? [], ({ sku_id }) => sku_id)
  const respondBy = deadlineOf(wire.seller_next_action_response)
  return readRow(
    Return,
    {
      id: wire.return_id,
      order: wire.order_id,
      status: returnStatusOf(wire.return_status),
      rawStatus: wire.return_status,
      updatedAt: instantOf(wire.update_time),
      wants: wants[wire.return_type ?? ''] ?? 'unknown',
      respondBy: respondBy === null ? null : new Date(respondBy).toISOString(),
      trackingNumber: wire.return_tracking_number || null,
      lines: [...units].map(([sku, items]) => ({
        line: sku,
        expected: comesBack(wire) ? items.length : 0,
        reason: wire.return_reason_text || wire.return_reason || null,
      })),
      raw,
    },
    { what: 'a return of TikTok Shop', details: { return: wire.return_id } },
  )
}
