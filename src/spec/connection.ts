import type { AdapterContext, Limits } from './context.ts'
import type { FulfillmentFacet, PlatformStockFacet } from './fulfillment.ts'
import type { LabelsFacet } from './labels.ts'
import type { ListingsFacet } from './listings.ts'
import type { OrdersFacet } from './orders.ts'
import type { QueueFacet } from './queue.ts'
import type { ReturnsFacet } from './returns.ts'
import type { ShipmentsFacet } from './shipments.ts'
import type { TrackingFacet } from './tracking.ts'
import type { WebhooksFacet } from './webhooks.ts'

/**
 * Something that ends on its own and that a person has to renew in time: a consent, a client secret, a dated version of an
 * interface.
 * @example { id: 'client-secret', what: 'the client secret', at: Date.UTC(2027, 0, 4), remedy: 'Rotate it in …' }
 */
export interface Deadline {
  /** Stable: the same deadline is told once. */
  readonly id: string
  /** In words, with its article. */
  readonly what: string
  /** Epoch milliseconds. */
  readonly at: number
  /** What a person should do before it. */
  readonly remedy: string
}

/**
 * Why a platform has not what others have, where a reader would expect it: told when it is asked for all the same.
 * @example { since: '2026-10-27', why: 'Meta removed its order API', instead: 'Connect the web shop that Meta sends buyers to.' }
 */
export interface Absence {
  /** The day from which it is so: `2026-10-27`. */
  readonly since: string
  /** In words, without a full stop. */
  readonly why: string
  /** One sentence that says what to do in its place. */
  readonly instead: string
}

/**
 * One account at one platform: what an adapter's function gives, and all that the engine knows of a platform. The
 * presence of a facet, or of a method in it, is the capability.
 *
 * @example
 * export function acme(options: AcmeOptions): AcmeConnection {
 *   return { specVersion: 1, kind: 'acme', hosts: ['api.acme.test'], limits, secrets: () => [options.token], orders: … }
 * }
 */
export interface Connection {
  readonly specVersion: 1
  /** The platform: `amazon`, `shopify`. */
  readonly kind: string
  /**
   * The only hosts that outgoing calls may go to: `name` or `name:port`, or `*.name` for any name below it, where a
   * platform hands out addresses of documents.
   */
  readonly hosts: readonly string[]
  /** The documented rate limits, by bucket. */
  readonly limits: Limits
  /** Everything that must never reach a log or an error. A function, so that printing a connection does not show them. */
  secrets(): readonly string[]
  /** How long to wait between reads of each kind when nothing hints at news, in milliseconds. */
  readonly intervals: {
    readonly ordersMs?: number
    readonly updatesMs?: number
    readonly stockMs?: number
    readonly returnsMs?: number
    readonly trackingMs?: number
  }
  /**
   * Calls that the adapter sends on together when they are made at about the same time, and how many of each at most: the engine
   * then makes so many at once, and goes on with the connection's other jobs beside them. Absent: a few at once.
   */
  readonly together?: Readonly<Partial<Record<'acknowledge' | 'cancel' | 'refund', number>>>
  readonly orders?: OrdersFacet
  readonly listings?: ListingsFacet
  readonly shipments?: ShipmentsFacet
  readonly returns?: ReturnsFacet
  readonly fulfillment?: FulfillmentFacet
  readonly platformStock?: PlatformStockFacet
  readonly labels?: LabelsFacet
  readonly tracking?: TrackingFacet
  readonly webhooks?: WebhooksFacet
  readonly queue?: QueueFacet
  /** Of facets that are not there, why not. */
  readonly absent?: Readonly<Partial<Record<'orders' | 'shipments' | 'returns', Absence>>>
  /** What ends within the next months, as far as the platform or the options tell. Asked daily. */
  deadlines?(context: AdapterContext): Promise<readonly Deadline[]>
}
