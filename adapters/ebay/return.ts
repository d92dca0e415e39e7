import type { z } from 'zod'
import { readRow } from '../../src/http/index.ts'
import { Instant } from '../../src/model/ids.ts'
import { type Money, moneyFromDecimal } from '../../src/model/money.ts'
import { Return, type ReturnStatus } from '../../src/model/return.ts'
import type { WireOrder } from './wire.ts'
import type { PostOrderAmount, WireReturn, WireReturnDetail } from './wire-returns.ts'

/** ReturnStateEnum, as far as it says where the goods and the money are; what is not here is `unknown`. */
const states: Readonly<Record<string, ReturnStatus>> = {
  INITIAL: 'requested',
  RETURN_REQUESTED: 'requested',
  RETURN_REQUESTED_TIMEOUT: 'requested',
  RETURN_REQUEST_TIMEOUT: 'requested',
  PARTIAL_REFUND_REQUESTED: 'requested',
  PARTIAL_REFUND_DECLINED: 'requested',
  REPLACEMENT_REQUESTED: 'requested',
  RETURN_REJECTED: 'declined',
  RETURN_LABEL_REQUESTED: 'approved',
  RETURN_LABEL_PENDING: 'approved',
  RETURN_LABEL_PENDING_TIMEOUT: 'approved',
  RETURN_LABEL_REQUESTED_TIMEOUT: 'approved',
  RMA_PENDING: 'approved',
  ITEM_READY_TO_SHIP: 'approved',
  ITEM_SHIPPED: 'in_transit',
  ITEM_DELIVERED: 'received',
  REFUND_FAILED: 'received',
  REFUND_TIMEOUT: 'received',
  REFUND_INITIATED: 'processed',
  AUTO_REFUND_INITIATED: 'processed',
  REFUND_AS_PAYOUT_INITIATED: 'processed',
  PAYOUT_INITIATED: 'processed',
  REFUND_SENT_PENDING_CONFIRMATION: 'processed',
  PARTIAL_REFUNDED: 'processed',
  PARTIAL_REFUND_INITIATED: 'processed',
  PARTIAL_REFUND_AS_PAYOUT_INITIATED: 'processed',
  PARTIAL_REFUND_NON_PAYPAL_INITIATED: 'processed',
  LESS_THAN_A_FULL_REFUND_ISSUED: 'processed',
  ITEM_KEPT: 'processed',
}

const wants: Readonly<Record<string, Return['wants']>> = {
  MONEY_BACK: 'refund',
  REPLACEMENT: 'replacement',
  EXCHANGE: 'exchange',
}

export function moneyOfPostOrder(raw: PostOrderAmount | undefined): Money | null {
  if (raw?.value == null || raw.currency == null) return null
  try {
    return moneyFromDecimal(String(raw.value), raw.currency)
  } catch {
    return null
  }
}

/** Whether money has gone back, as far as the summary shows it. */
export const refunded = (wire: WireReturn): boolean =>
  (moneyOfPostOrder(wire.sellerTotalRefund?.actualRefundAmount)?.amount ?? 0) > 0

/** CLOSED is the end of everything: of a return that was paid back, and of one that came to nothing. */
export function returnStatusOf(wire: WireReturn): ReturnStatus {
  if (wire.status === 'ESCALATED') return 'unknown'
  if (wire.state === 'CLOSED') return refunded(wire) ? 'processed' : 'cancelled'
  return states[wire.state ?? ''] ?? 'unknown'
}

/** Which line of the order comes back; `null` when the order does not tell. */
export function lineOf(
  wire: WireReturn,
  order: z.infer<typeof WireOrder.shape.lineItems> | null,
): string | null {
  const { itemId, transactionId } = wire.creationInfo?.item ?? {}
  // eBay documents both names of a line, and nowhere that they are equal: first by the id, then by the only line of the item.
  const byId = order?.find(({ lineItemId }) => lineItemId === transactionId)
  if (byId) return byId.lineItemId
  const ofItem = order?.filter(({ legacyItemId }) => itemId != null && legacyItemId === itemId) ?? []
  return ofItem.length === 1 ? (ofItem[0]?.lineItemId ?? null) : null
}

const instantOf = (value: string | null | undefined) => Instant.safeParse(value).data ?? null

const trackingOf = ({ returnShipmentInfo: info }: WireReturnDetail) =>
  [info?.shipmentTracking, ...(info?.allShipmentTrackings ?? [])].find((each) => each?.trackingNumber)
    ?.trackingNumber ?? null

/** When anybody last did anything about it: eBay names no time of change. */
function updatedAt(wire: WireReturnDetail): string | null {
  const times = [
    wire.creationInfo?.creationDate?.value,
    ...(wire.responseHistory ?? []).map(({ creationDate }) => creationDate?.value),
  ]
  return (
    times
      .flatMap((each) => instantOf(each) ?? [])
      .sort()
      .at(-1) ?? null
  )
}

/** A return as stockpool knows it. Without a line that the order tells, `lines` is empty: what came back is in `raw`. */
export function toReturn(
  wire: WireReturnDetail,
  lines: z.infer<typeof WireOrder.shape.lineItems> | null,
  raw: unknown,
): Return {
  const line = lineOf(wire, lines)
  const status = returnStatusOf(wire)
  const expected = wire.creationInfo?.item?.returnQuantity ?? 1
  const arrived =
    status === 'received' || (wire.responseHistory ?? []).some(({ activity }) => arrivals.has(activity ?? ''))
  const found = {
    id: wire.returnId,
    order: wire.orderId,
    status,
    rawStatus: [wire.state, wire.status === wire.state ? null : wire.status].filter(Boolean).join(', '),
    updatedAt: updatedAt(wire),
    wants: wants[wire.currentType ?? ''] ?? 'unknown',
    respondBy: instantOf(wire.sellerResponseDue?.respondByDate?.value),
    trackingNumber: trackingOf(wire),
    lines:
      line === null
        ? []
        : [{ line, expected, received: arrived ? expected : 0, reason: wire.creationInfo?.reason ?? null }],
    raw,
  }
  return readRow(Return, found, { what: 'a return of eBay', details: { return: wire.returnId } })
}

/** ActivityOptionEnum: words of an arrival. */
const arrivals: ReadonlySet<string> = new Set(['SELLER_MARK_AS_RECEIVED', 'NOTIFIED_DELIVERED'])
