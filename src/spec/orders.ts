import type { StockpoolError } from '../error.ts'
import type { ChannelOrder } from '../model/order.ts'
import type { AdapterContext } from './context.ts'
import type { ListingRef } from './listings.ts'

/**
 * An order that a platform listed and an adapter could not read. It never stops the others: the engine fetches it alone,
 * keeps it among the jobs, and tells a person.
 * @example { id: '113-2', error: new StockpoolError('invalid_input', 'the order has no date', { field: 'createdTime' }) }
 */
export interface UnreadableOrder {
  /** What `get` takes: a channel's id of the order, a provider's `reference`. `null`: not even that could be read. */
  readonly id: string | null
  /** Says what is wrong, with the path in `field`; without buyer data. */
  readonly error: StockpoolError
}

/** One page of the orders that changed since a cursor. */
export interface OrderPage {
  readonly orders: readonly ChannelOrder[]
  /** Orders of this page that could not be read. Default: none. */
  readonly unreadable?: readonly UnreadableOrder[]
  /** Stored by the engine after the orders are; opaque to it. Give it back to go on. */
  readonly cursor: string
  /** Whether another page waits now. `false` ends the pass. */
  readonly more: boolean
  /**
   * Everything changed before this instant (epoch milliseconds) has now been given, as far as the platform shows
   * it (its settling delay taken off). Only meaningful on the last page of a pass.
   */
  readonly completeUntil: number
}

/** What became of an attempt to cancel. `unknown`: asked for, not yet decided; the order's or shipment's next news will tell. */
export type CancelOutcome = 'stopped' | 'too_late' | 'unknown'

/**
 * What an attempt to cancel came to.
 * @example return { outcome: 'too_late', detail: 'the label is printed' }
 */
export interface CancelResult {
  readonly outcome: CancelOutcome
  /** The platform's own words, for the order's timeline. */
  readonly detail?: string
  /** Of an order's cancellation that is `unknown`: what to be asked with again, so that it is not asked for twice. Opaque. */
  readonly handle?: string
  /** Listings whose numbers the platform may have changed along with it: they are looked at anew. Default: none. */
  readonly disturbed?: readonly ListingRef[]
}

/** Why an order is cancelled; an adapter translates it to the platform's nearest word. */
export type CancelReason = 'customer' | 'out_of_stock' | 'fraud' | 'address' | 'other'

/** What a channel is asked to cancel: everything of one order that has not shipped. */
export interface CancelOrderRequest {
  readonly order: string
  readonly reason: CancelReason
  /** Same request, same key: across retries and crashes. */
  readonly key: string
  /** `true`: this may have been asked before, so look whether it is under way before asking again. Default `false`. */
  readonly repeated?: boolean
  /** The `handle` of the latest answer, when that was `unknown`. Absent or `null`: there was none, or it was lost. */
  readonly underway?: string | null
}

/** Orders of a channel. */
export interface OrdersFacet {
  /**
   * One page of the orders that changed since the cursor, oldest change first. `null` begins at the adapter's
   * `ordersSince` option. Pages overlap the watermark on purpose: the engine takes repeated orders calmly, and a
   * platform may show an order late.
   */
  read(context: AdapterContext, cursor: string | null): Promise<OrderPage>
  /** The order as it is now, `null` when the platform does not know it. */
  get(context: AdapterContext, order: string): Promise<ChannelOrder | null>
  /** Cancels whatever of the order has not shipped. Safe to repeat. */
  cancel?(context: AdapterContext, request: CancelOrderRequest): Promise<CancelResult>
  /** Accepts or refuses a buyer's request to cancel. Refused is `unknown`: the order goes on. `too_late`: it could not be answered. */
  answerCancelRequest?(context: AdapterContext, order: string, accept: boolean): Promise<CancelResult>
  /** Tells the channel that the order was taken in, where it wants to know. Safe to repeat. */
  acknowledge?(context: AdapterContext, order: string): Promise<void>
}
