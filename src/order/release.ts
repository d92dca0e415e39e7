import type { Order, PaymentStatus } from '../model/order.ts'

/** Why an order is kept from the warehouse. */
export type HoldReason =
  | 'pending'
  | 'on_hold'
  | 'unknown_status'
  | 'payment'
  | 'cancel_requested'
  | 'finished'

const unpaid: ReadonlySet<PaymentStatus> = new Set<PaymentStatus>(['pending', 'voided', 'refunded'])

/**
 * Why the open units of an order may not be given to a warehouse now, or `null` when they may. Its stock is reserved
 * either way. A channel that says nothing of payment (`unknown`) vouches for it by calling the order open.
 *
 * A refunded order is held as well: nobody ships goods for which the money went back.
 */
export function holdReason(
  order: Pick<Order, 'status' | 'payment' | 'cancelRequested'> & {
    readonly lines: readonly Pick<Order['lines'][number], 'shipped'>[]
  },
): HoldReason | null {
  if (order.status === 'pending' || order.status === 'on_hold') return order.status
  if (order.status === 'unknown') return 'unknown_status'
  if (order.status !== 'open' && order.status !== 'partially_shipped') return 'finished'
  if (unpaid.has(order.payment)) return 'payment'
  // Once part has shipped, the buyer gets the rest too unless the channel cancels it.
  const shipped = order.lines.some((line) => line.shipped > 0)
  if (order.cancelRequested !== null && !shipped) return 'cancel_requested'
  return null
}

/** Whether the open units of an order may be given to a warehouse. */
export function releasable(order: Parameters<typeof holdReason>[0]): boolean {
  return holdReason(order) === null
}
