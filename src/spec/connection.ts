import type { Limits } from './context.ts'
import type { FulfillmentFacet } from './fulfillment.ts'
import type { ListingsFacet } from './listings.ts'
import type { OrdersFacet } from './orders.ts'
import type { ReturnsFacet } from './returns.ts'
import type { ShipmentsFacet } from './shipments.ts'
import type { WebhooksFacet } from './webhooks.ts'

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
  /** The only hosts (`name` or `name:port`) that outgoing calls may go to. */
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
  }
  readonly orders?: OrdersFacet
  readonly listings?: ListingsFacet
  readonly shipments?: ShipmentsFacet
  readonly returns?: ReturnsFacet
  readonly fulfillment?: FulfillmentFacet
  readonly webhooks?: WebhooksFacet
}
