import { z } from 'zod'
import { Money } from './money.ts'
import { Order } from './order.ts'
import { ReturnStatus } from './return.ts'
import { Parcel } from './shipment.ts'
import { TrackingStatus } from './tracking.ts'

const returnNews = {
  /** Who tells of it: a channel or a provider. */
  connection: z.string(),
  return: z.string(),
  /** The channel's order; `null`: not known. */
  order: z.object({ connection: z.string(), id: z.string() }).nullable(),
}

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
  /** A label was bought; `hub.labels.get` has what is to be printed. */
  'label.bought': z.object({
    connection: z.string(),
    order: z.string(),
    key: z.string(),
    label: z.string(),
    price: Money.nullable(),
    packages: z.array(z.object({ trackingNumber: z.string().nullable(), format: z.string() })),
  }),
  /** What became of a wish to give a label back. `unknown`: not decided yet. */
  'label.voided': z.object({
    connection: z.string(),
    order: z.string(),
    key: z.string(),
    label: z.string(),
    outcome: z.enum(['stopped', 'too_late', 'unknown']),
  }),
  /** A tracker told something new of a parcel. */
  'shipment.tracked': z.object({
    connection: z.string(),
    order: z.string(),
    parcel: z.string(),
    status: TrackingStatus,
    /** When the carrier saw it so: ISO 8601 UTC. */
    at: z.string(),
  }),
  /** A return was seen for the first time. `hub.returns.get` has its lines. */
  'return.requested': z.object({
    ...returnNews,
    status: ReturnStatus,
    /** The merchant must answer by then: ISO 8601 UTC. */
    respondBy: z.string().nullable(),
  }),
  /** Something about a known return changed. */
  'return.updated': z.object({ ...returnNews, status: ReturnStatus, respondBy: z.string().nullable() }),
  /** A person must look at a return: an answer has a deadline, or nobody knows whose goods came back. */
  'return.attention': z.object({ ...returnNews, respondBy: z.string().nullable(), reason: z.string() }),
  /**
   * The channel took a refund. `pending`: not paid yet; when it is, this is told again with `done`, where the channel says so.
   * `amount`: what it pays back, where it says so.
   */
  'order.refunded': z.object({
    connection: z.string(),
    order: z.string(),
    return: z.string().nullable(),
    key: z.string(),
    outcome: z.enum(['done', 'pending']),
    reference: z.string().nullable(),
    amount: Money.nullable(),
  }),
  /**
   * A refund that was told as pending is not paid. `certain`: nothing was; asked for again under its key it is sent anew.
   * Otherwise the channel cannot tell, and a person must look before it is asked for again.
   */
  'order.refund_failed': z.object({
    connection: z.string(),
    order: z.string(),
    return: z.string().nullable(),
    key: z.string(),
    certain: z.boolean(),
    /** In the channel's own words. */
    detail: z.string(),
  }),
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
  /**
   * A buyer asked the platform what is kept of them, and the merchant must tell them: `hub.orders.person` has it, for each of these
   * orders. `answerBy`: ISO 8601 UTC.
   * @example
   * await hub.subscribe('privacy', 'buyer.data_requested', async ({ connection, orders, answerBy }) =>
   *   openTicket({ connection, orders, answerBy }))
   */
  'buyer.data_requested': z.object({
    connection: z.string(),
    orders: z.array(z.string()),
    answerBy: z.string(),
  }),
  /**
   * Something ends by itself and a person has to renew it: told when it is first seen, and again 30 days, 7 days and 1 day
   * before. `at`: ISO 8601 UTC.
   */
  'connection.deadline': z.object({
    connection: z.string(),
    id: z.string(),
    what: z.string(),
    at: z.string(),
    remedy: z.string(),
  }),
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
