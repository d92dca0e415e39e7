import { z } from 'zod'
import { Order } from './order.ts'
import { Parcel } from './shipment.ts'

/**
 * Everything the hub tells. Written in the transaction of the fact, given out after its commit: in process by
 * `hub.on`, durably and at least once by `hub.subscribe`. Names are noun.past-tense. No event carries buyer data:
 * fetch it with `hub.orders.person` when needed.
 */
export const events = {
  /** A channel's order was seen for the first time. Its stock is reserved. */
  'order.placed': z.object({ connection: z.string(), order: Order }),
  /** Something about a known order changed. */
  'order.updated': z.object({ connection: z.string(), order: Order }),
  /** Nothing of the order is left to ship, and not all of it was shipped. */
  'order.cancelled': z.object({ connection: z.string(), order: Order }),
  /** A person must look: an unlinked line, an unknown status, a provider's exception. `reason` says what and what to do. */
  'order.attention': z.object({
    connection: z.string(),
    order: z.string(),
    line: z.string().nullable(),
    reason: z.string(),
  }),
  /** A buyer asked to cancel. */
  'order.cancel_requested': z.object({
    connection: z.string(),
    order: z.string(),
    reason: z.string().nullable(),
  }),
  /** A parcel of the order was handed over; the channel is told next. */
  'order.shipped': z.object({ connection: z.string(), order: z.string(), parcel: Parcel }),
  /** The channel has the parcel's tracking. */
  'shipment.confirmed': z.object({ connection: z.string(), order: z.string(), parcel: z.string() }),
  /** A parcel's tracking no longer holds. */
  'shipment.withdrawn': z.object({ connection: z.string(), order: z.string(), parcel: z.string() }),
  /**
   * More was sold than there is. `by` units went missing at `location` with this sale, which `connection` reported (or
   * with this count, and then `connection` is `null`); `available`, below zero, says how many are missing in all.
   */
  'stock.oversold': z.object({
    sku: z.string(),
    location: z.string(),
    by: z.int(),
    available: z.int(),
    connection: z.string().nullable(),
    order: z.string().nullable(),
  }),
  /** Available fell to the item's reorder point or below it. */
  'stock.low': z.object({ sku: z.string(), available: z.int(), reorderPoint: z.int() }),
  /** A movement changed the balance of these SKUs. */
  'stock.changed': z.object({ skus: z.array(z.string()), key: z.string() }),
  /** A listing's number could not be written, and will not be by repeating. */
  'listing.failed': z.object({
    connection: z.string(),
    listing: z.string(),
    place: z.string(),
    code: z.string(),
    message: z.string(),
  }),
  /** A connection stopped because its credential was refused. `hub.connections.resume(name)` starts it again. */
  'connection.paused': z.object({ connection: z.string(), code: z.string(), message: z.string() }),
  'connection.resumed': z.object({ connection: z.string() }),
  /** A job was given up after its last attempt; `hub.jobs.replay(id)` tries it again. */
  'job.died': z.object({
    id: z.int(),
    connection: z.string(),
    kind: z.string(),
    key: z.string(),
    code: z.string(),
    message: z.string(),
  }),
}

/** What each event carries, by its name. */
export type Events = { [Type in keyof typeof events]: z.infer<(typeof events)[Type]> }

/** The name of an event: `'order.placed'`. */
export type EventType = keyof Events

/** An event as it is stored: `id` counts up, `at` is ISO 8601 UTC. */
export interface StoredEvent<Type extends EventType = EventType> {
  readonly id: number
  readonly type: Type
  readonly at: string
  readonly data: Events[Type]
}
