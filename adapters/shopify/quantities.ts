import type { WireHistory, WireLine, WireOrder } from './wire.ts'

/** What became of the units of a line. `shipped + cancelled <= ordered`, always; `returned <= shipped`. */
export interface LineCounts {
  readonly ordered: number
  readonly cancelled: number
  readonly shipped: number
  readonly returned: number
}

/** A fulfilment in one of these states sent nothing, or no longer counts. */
const voidFulfillments: ReadonlySet<string> = new Set(['CANCELLED', 'ERROR', 'FAILURE'])

/** What the order as a whole says of its lines. */
export interface OrderFacts {
  readonly cancelled: boolean
  /** No fulfilment was ever made; `false` also when Shopify does not say. */
  readonly untouched: boolean
}

export function orderFacts(order: Pick<WireOrder, 'cancelledAt' | 'fulfillmentsCount'>): OrderFacts {
  return { cancelled: order.cancelledAt != null, untouched: order.fulfillmentsCount?.count === 0 }
}

/**
 * Whether the lines' own numbers leave open what became of some units: `currentQuantity` excludes units refunded
 * before and after shipping alike, and a cancelled order's `unfulfilledQuantity` says nothing.
 */
export function needsHistory(
  order: Pick<WireOrder, 'cancelledAt' | 'fulfillmentsCount' | 'lineItems'>,
): boolean {
  const { cancelled, untouched } = orderFacts(order)
  return (
    !untouched && (cancelled || order.lineItems.nodes.some((line) => line.quantity > line.currentQuantity))
  )
}

/**
 * The counts of one line.
 *
 * `quantity` counts every unit ever ordered. `currentQuantity` leaves out what was refunded or removed,
 * `unfulfilledQuantity` counts what is still to ship. `history` (fulfilments and refunds by line) parts units that
 * were refunded before shipping (cancelled) from those after (returned); a refund that does not say which
 * (`NO_RESTOCK`, Shopify/shopify-api-ruby#667) is read from `unfulfilledQuantity`.
 */
export function lineCounts(line: WireLine, facts: OrderFacts, history: WireHistory | null): LineCounts {
  const ordered = Math.max(0, line.quantity)
  const current = clamp(line.currentQuantity, ordered)
  const unfulfilled = clamp(line.unfulfilledQuantity, ordered)
  const refunded = ordered - current
  // Without a refund `unfulfilledQuantity` is plain: only a cancelled order's says nothing.
  const plain = refunded === 0 && !facts.cancelled
  const told = facts.untouched ? 0 : plain ? null : shippedOf(line, history)
  const shipped = told ?? ordered - unfulfilled
  const unshipped = ordered - shipped
  const stopped = clamp(cancelledBefore(line, history), unshipped)
  let open = unshipped
  if (facts.cancelled) open = 0
  else if (facts.untouched) open = current
  else if (refunded > 0) open = Math.min(unfulfilled, current, unshipped - stopped)
  const cancelled = unshipped - open
  return { ordered, shipped, cancelled, returned: clamp(refunded - cancelled, shipped) }
}

function shippedOf(line: WireLine, history: WireHistory | null): number | null {
  if (history === null) return null
  const units = history.fulfillments
    .filter(({ status }) => !voidFulfillments.has(status))
    .flatMap(({ lines }) => lines)
    .filter(({ lineItem }) => lineItem.id === line.id)
    .reduce((total, { quantity }) => total + (quantity ?? 0), 0)
  return clamp(units, line.quantity)
}

function cancelledBefore(line: WireLine, history: WireHistory | null): number {
  return (history?.refunds ?? [])
    .flatMap(({ lines }) => lines)
    .filter(({ lineItem, restockType }) => lineItem.id === line.id && restockType === 'CANCEL')
    .reduce((total, { quantity }) => total + (quantity ?? 0), 0)
}

const clamp = (value: number, most: number) => Math.max(0, Math.min(value, most))
