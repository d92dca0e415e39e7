import { describe, expect, it } from 'vitest'
import type { OrderStatus, PaymentStatus } from '../../src/model/order.ts'
import { holdReason, releasable } from '../../src/order/index.ts'

const order = (status: OrderStatus, payment: PaymentStatus = 'paid', asked = false, shipped = 0) => ({
  status,
  payment,
  cancelRequested: asked ? { at: null, reason: null } : null,
  lines: [{ shipped }],
})

describe('an order goes to the warehouse', () => {
  it.each<[OrderStatus, PaymentStatus]>([
    ['open', 'paid'],
    ['open', 'authorized'],
    ['open', 'unknown'],
    ['open', 'partially_paid'],
    ['partially_shipped', 'partially_refunded'],
  ])('when %s and %s', (status, payment) => expect(releasable(order(status, payment))).toBe(true))

  it.each<[OrderStatus, PaymentStatus, string]>([
    ['pending', 'paid', 'pending'],
    ['on_hold', 'paid', 'on_hold'],
    ['unknown', 'paid', 'unknown_status'],
    ['open', 'pending', 'payment'],
    ['open', 'voided', 'payment'],
    ['open', 'refunded', 'payment'],
    ['shipped', 'paid', 'finished'],
    ['cancelled', 'paid', 'finished'],
  ])('not when %s and %s: %s', (status, payment, reason) =>
    expect(holdReason(order(status, payment))).toBe(reason),
  )

  it('not while the buyer’s wish to cancel is open, unless a part has left already', () => {
    expect(holdReason(order('open', 'paid', true))).toBe('cancel_requested')
    expect(holdReason(order('partially_shipped', 'paid', true, 1))).toBeNull()
  })
})
