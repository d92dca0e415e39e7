import type { Order } from './order.ts'
import type { Parcel } from './shipment.ts'

/**
 * Everything the hub tells. Written in the transaction of the fact, given out after its commit: in process by
 * `hub.on`, durably and at least once by `hub.subscribe`. Names are noun.past-tense. No event carries buyer data:
 * fetch it with `hub.orders.get` when needed.
 */
export interface Events {
  /** A channel's order was seen for the first time. Its stock is reserved. */
  'order.placed': { connection: string; order: Order }
  /** Something about a known order changed. */
  'order.updated': { connection: string; order: Order }
  /** Nothing of the order is left to ship, and not all of it was shipped. */
  'order.cancelled': { connection: string; order: Order }
  /** A person must look: an unlinked line, an unknown status, a provider's exception. `reason` says what and what to do. */
  'order.attention': { connection: string; order: string; line: string | null; reason: string }
  /** A buyer asked to cancel. */
  'order.cancel_requested': { connection: string; order: string; reason: string | null }
  /** A parcel of the order was handed over; the channel is told next. */
  'order.shipped': { connection: string; order: string; parcel: Parcel }
  /** The channel has the parcel's tracking. */
  'shipment.confirmed': { connection: string; order: string; parcel: string }
  /** A parcel's tracking no longer holds. */
  'shipment.withdrawn': { connection: string; order: string; parcel: string }
  /**
   * More was sold than there is. `by` units went missing at `location` with this sale, which `connection` reported (or
   * with this count, and then `connection` is `null`); `available`, below zero, says how many are missing in all.
   */
  'stock.oversold': {
    sku: string
    location: string
    by: number
    available: number
    connection: string | null
    order: string | null
  }
  /** Available fell to the item's reorder point or below it. */
  'stock.low': { sku: string; available: number; reorderPoint: number }
  /** A movement changed the balance of these SKUs. */
  'stock.changed': { skus: string[]; key: string }
  /** A listing's number could not be written, and will not be by repeating. */
  'listing.failed': { connection: string; listing: string; place: string; code: string; message: string }
  /** A connection stopped because its credential was refused. `hub.connections.resume(name)` starts it again. */
  'connection.paused': { connection: string; code: string; message: string }
  'connection.resumed': { connection: string }
  /** A job was given up after its last attempt; `hub.jobs.replay(id)` tries it again. */
  'job.died': { id: number; connection: string; kind: string; key: string; code: string; message: string }
}

export type EventType = keyof Events

/** An event as it is stored: `id` counts up, `at` is ISO 8601 UTC. */
export interface StoredEvent<Type extends EventType = EventType> {
  readonly id: number
  readonly type: Type
  readonly at: string
  readonly data: Events[Type]
}
