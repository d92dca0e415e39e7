import type { z } from 'zod'
import type { Money } from '../../src/model/money.ts'
import { moneyOf } from './order.ts'
import { WireOrder, type WireRefund } from './wire.ts'

/** Of an order, what refunds are reckoned by. */
export const Refundable = WireOrder.pick({
  orderId: true,
  paymentSummary: true,
  lineItems: true,
  pricingSummary: true,
})
export type Refundable = z.infer<typeof Refundable>

/** One refund of an order, which eBay lists in parts: among the order's payments, and on each line that it is for. */
export interface PaidBack {
  readonly id: string
  /** eBay's own word: PENDING, REFUNDED, FAILED. A line's refund has none, but a date once it was paid; `null`: neither. */
  readonly status: string | null
  readonly amount: Money | null
}

/** The refunds of an order, those that failed too, in eBay's order. */
export function paidBack(order: Refundable): readonly PaidBack[] {
  const ofOrder = order.paymentSummary?.refunds ?? []
  const ofLines = order.lineItems.flatMap(({ refunds }) => refunds ?? [])
  const ids = new Set([...ofOrder, ...ofLines].flatMap(({ refundId }) => refundId ?? []))
  return [...ids].map((id) => {
    const own = ({ refundId }: WireRefund) => refundId === id
    const parts = ofOrder.some(own) ? ofOrder.filter(own) : ofLines.filter(own)
    const all = [...ofOrder, ...ofLines].filter(own)
    const word = all.find(({ refundStatus }) => refundStatus)?.refundStatus ?? null
    const dated = all.some(({ refundDate }) => refundDate)
    return { id, status: word ?? (dated ? 'REFUNDED' : null), amount: sumOf(parts) }
  })
}

function sumOf(parts: readonly WireRefund[]): Money | null {
  const amounts = parts.flatMap(({ amount }) => moneyOf(amount) ?? [])
  const [first] = amounts
  return first ? { ...first, amount: amounts.reduce((sum, { amount }) => sum + amount, 0) } : null
}

/** The order as it would be without these refunds. */
export function withoutRefunds(order: Refundable, ids: ReadonlySet<string>): Refundable {
  const others = (refunds: readonly WireRefund[] | null | undefined) =>
    (refunds ?? []).filter(({ refundId }) => !ids.has(refundId ?? ''))
  const { paymentSummary, lineItems } = order
  return {
    ...order,
    ...(paymentSummary
      ? { paymentSummary: { ...paymentSummary, refunds: others(paymentSummary.refunds) } }
      : {}),
    lineItems: lineItems.map((line) => ({ ...line, refunds: others(line.refunds) })),
  }
}

/** The order without what failed: nothing of that was paid, though eBay goes on listing it on its lines. */
export function withoutFailed(order: Refundable): Refundable {
  const failed = paidBack(order).filter(({ status }) => status === 'FAILED')
  return failed.length === 0 ? order : withoutRefunds(order, new Set(failed.map(({ id }) => id)))
}
