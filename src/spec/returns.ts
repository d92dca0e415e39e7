import type { Money } from '../model/money.ts'
import type { Disposition, Return } from '../model/return.ts'
import type { AdapterContext } from './context.ts'
import type { UnreadableOrder } from './orders.ts'

/** One page of the returns that changed since a cursor. */
export interface ReturnPage {
  readonly returns: readonly Return[]
  /** Returns of this page that could not be read, by the platform's id of the return. Default: none. */
  readonly unreadable?: readonly UnreadableOrder[]
  /** Stored by the engine after the returns are; opaque to it. Give it back to go on. */
  readonly cursor: string
  /** Whether another page waits now. `false` ends the pass. */
  readonly more: boolean
}

/** Which return an answer is for. */
export interface ReturnRef {
  /** The channel's own id of the return. */
  readonly return: string
  /** The channel's own id of the order. */
  readonly order: string
  /** Same answer, same key: across retries and crashes. */
  readonly key: string
  /** `true`: this may have been sent before, so read what the channel has before writing. Default `false`. */
  readonly repeated?: boolean
}

/** Why a return is declined; an adapter translates it to the platform's nearest word. */
export type DeclineReason = 'not_returnable' | 'too_late' | 'not_as_described_by_buyer' | 'other'

/**
 * Units of one line that came back, and what was made of them.
 * @example { line: 'gid://shopify/LineItem/7', quantity: 1, disposition: 'quarantined' }
 */
export interface ArrivedUnits {
  /** The channel's order line id. */
  readonly line: string
  /** In units of the listing. */
  readonly quantity: number
  readonly disposition: Disposition
}

/** Units that came back, and what was made of them. */
export interface ReturnArrival extends ReturnRef {
  readonly lines: readonly ArrivedUnits[]
  /**
   * What the channel was told of the same return under other keys, and has: a channel that keeps no keys shows these units too, and
   * they prove nothing of these lines. Default: none.
   */
  readonly before?: readonly ArrivedUnits[]
}

/** A return that the merchant opens for the buyer. */
export interface OpenReturnRequest {
  readonly order: string
  readonly lines: readonly {
    readonly line: string
    readonly quantity: number
    readonly reason: string | null
  }[]
  /** A note for the buyer; `null`: none. */
  readonly note: string | null
  readonly key: string
  /** As in `ReturnRef`. */
  readonly repeated?: boolean
}

/**
 * What became of an answer.
 * - `done`: the channel has it now, or had it already.
 * - `pending`: taken, not decided yet; the return's next news will tell.
 * - `too_late`: the return stands otherwise by now (closed, escalated, decided by the platform).
 */
export interface ReturnResult {
  readonly outcome: 'done' | 'pending' | 'too_late'
  /** The channel's own id of the return; only where it is new. */
  readonly return?: string
  /** The platform's own words, for the order's timeline. */
  readonly detail?: string
}

/** Money to pay back to the buyer. */
export interface RefundRequest {
  readonly order: string
  /** The return it belongs to, by the channel's id; `null`: none (goodwill, lost in transit). */
  readonly return: string | null
  /** Units refunded, by the channel's order line id; empty: an amount for the order as a whole. */
  readonly lines: readonly { readonly line: string; readonly quantity: number }[]
  /** Also what the buyer paid for shipping. */
  readonly shipping: boolean
  /** `null`: what the channel itself reckons for these lines. */
  readonly amount: Money | null
  /** In the merchant's words; never shown to the buyer unless the channel does. */
  readonly reason: string | null
  readonly key: string
  /** As in `ReturnRef`: money may have been paid already under this key. */
  readonly repeated?: boolean
  /** References that the channel gave for the order's other refunds: none of these is this one. Default: none. */
  readonly others?: readonly string[]
}

/** What became of a refund. `reference`: the channel's id of it, `amount`: what it says it pays back, where it says so. */
export interface RefundResult {
  readonly outcome: 'done' | 'pending'
  readonly reference: string | null
  readonly amount: Money | null
  readonly detail?: string
}

/** A refund that a channel took and had not decided, when it was asked for. */
export interface PendingRefund {
  readonly order: string
  readonly return: string | null
  /** As in the request. */
  readonly key: string
  /** The channel's id of it, as `refund` answered. */
  readonly reference: string
}

/**
 * What became of a refund that was pending.
 * - `done`: paid. `pending`: not decided yet; the engine asks again, by the minute at first, by the hour later.
 * - `refused`: nothing was paid, and nothing will be. `unknown`: the channel cannot tell any more; a person must look.
 * @example return { outcome: 'refused', amount: null, detail: 'the buyer’s account is closed' }
 */
export interface RefundState {
  readonly outcome: 'done' | 'pending' | 'refused' | 'unknown'
  /** What was paid back, where the channel says so; `null`: what `refund` answered holds. */
  readonly amount: Money | null
  /** The channel's own words, for the order's timeline. */
  readonly detail?: string
}

/**
 * Returns of a channel. Each method that is absent, the channel cannot do. A method throws a `StockpoolError` when the
 * channel refuses; `unknown_outcome` when it may have happened, and it is then called with `repeated`.
 */
export interface ReturnsFacet {
  /** One page of the returns that changed since the cursor, oldest change first. `null` begins as `orders.read` does. */
  read(context: AdapterContext, cursor: string | null): Promise<ReturnPage>
  /** The return as it is now, `null` when the platform does not know it. */
  get?(context: AdapterContext, id: string): Promise<Return | null>
  /** Opens a return for the buyer. */
  open?(context: AdapterContext, request: OpenReturnRequest): Promise<ReturnResult>
  /** Lets the buyer send the goods. Safe to repeat. */
  approve?(context: AdapterContext, request: ReturnRef): Promise<ReturnResult>
  /** Refuses the return. Safe to repeat. */
  decline?(
    context: AdapterContext,
    request: ReturnRef & { readonly reason: DeclineReason; readonly note: string | null },
  ): Promise<ReturnResult>
  /** Says that goods arrived and what became of them. Safe to repeat. */
  receive?(context: AdapterContext, arrival: ReturnArrival): Promise<ReturnResult>
  /** Ends the return: nothing more is expected. Safe to repeat. */
  close?(context: AdapterContext, request: ReturnRef): Promise<ReturnResult>
  /** Pays back. Never twice under one key: by the channel's idempotency key, or by reading what was paid before paying. */
  refund?(context: AdapterContext, request: RefundRequest): Promise<RefundResult>
  /**
   * What became of a refund that was `pending` and has a `reference`. Only looks. Where it is absent, the refund stays
   * pending for good.
   */
  checkRefund?(context: AdapterContext, refund: PendingRefund): Promise<RefundState>
}
