import { z } from 'zod'
import { Key, PositiveQuantity } from '../model/ids.ts'
import { Money } from '../model/money.ts'
import type { DeclineReason } from '../spec/returns.ts'
import { ReturnInput, type ReturnMove } from '../store/returns.ts'

const name = (what: string) => z.string(`${what} must be a string`).min(1, `${what} must not be empty`)
const note = (what: string) =>
  z
    .string(`${what} must be a string`)
    .max(2000, `${what} must have at most 2,000 characters`)
    .nullable()
    .default(null)
const line = { line: name('line'), quantity: PositiveQuantity }

export const ReturnId = name('id')

/** The options of what is asked of a channel refuse members that they do not know, as a misspelt one costs money. */
export const OpenReturn = z.strictObject({
  connection: name('connection'),
  order: name('order'),
  lines: z
    .array(z.strictObject({ ...line, reason: note('reason') }))
    .min(1, 'lines must name what comes back')
    .max(1000)
    .readonly(),
  note: note('note'),
  key: Key,
})

/**
 * A return that the merchant opens for the buyer.
 * @example
 * const back: OpenReturnInput = { connection: 'web', order: 'o1', lines: [{ line: 'l1', quantity: 1 }], key: 'rma-7' }
 */
export interface OpenReturnInput {
  /** The channel that the order is of. */
  readonly connection: string
  /** The channel's id of the order. */
  readonly order: string
  /** By the channel's order line, in units of the listing. */
  readonly lines: readonly {
    readonly line: string
    readonly quantity: number
    readonly reason?: string | null | undefined
  }[]
  /** For the buyer: at most 2,000 characters. Default: none. */
  readonly note?: string | null | undefined
  /** The idempotency key: 1 to 200 characters. */
  readonly key: string
}

const reasons = {
  not_returnable: 'not_returnable',
  too_late: 'too_late',
  not_as_described_by_buyer: 'not_as_described_by_buyer',
  other: 'other',
} as const satisfies { [Reason in DeclineReason]: Reason }
export const DeclineOptions = z.strictObject({
  reason: z.enum(reasons, `reason must be one of ${Object.keys(reasons).join(', ')}`).default('other'),
  note: note('note'),
})

export const Refund = z.strictObject({
  connection: name('connection'),
  order: name('order'),
  return: name('return').nullable().default(null),
  lines: z.array(z.strictObject(line)).max(1000).readonly().default([]),
  shipping: z.boolean('shipping must be true or false').default(false),
  amount: Money.nullable().default(null),
  reason: note('reason'),
  key: Key,
})

/**
 * Money to pay back to the buyer: for some lines, for shipping, or an amount for the order as a whole.
 * @example
 * const refund: RefundInput = { connection: 'web', order: 'o1', lines: [{ line: 'l1', quantity: 1 }], key: 'refund-7' }
 */
export interface RefundInput {
  /** The channel that the order is of. */
  readonly connection: string
  /** The channel's id of the order. */
  readonly order: string
  /** The channel's id of the return that it is for. Default: none (goodwill, lost in transit). */
  readonly return?: string | null | undefined
  /** By the channel's order line, in units of the listing. Default: none, an amount for the whole order. */
  readonly lines?: readonly { readonly line: string; readonly quantity: number }[] | undefined
  /** Also what the buyer paid for shipping. Default `false`. */
  readonly shipping?: boolean | undefined
  /** Default: what the channel itself reckons for the lines. */
  readonly amount?: Money | null | undefined
  /** In the merchant's words: at most 2,000 characters. */
  readonly reason?: string | null | undefined
  /** The idempotency key: 1 to 200 characters. Nothing is ever paid twice under one. */
  readonly key: string
}

export const Arrival = ReturnInput.extend({ return: name('return').optional() })

/** Goods that arrived, of a return of the channel when it is named. */
export interface ArrivalInput extends ReturnMove {
  /** The channel's id of the return: it is told of the arrival, where it takes such news. */
  readonly return?: string | undefined
}
