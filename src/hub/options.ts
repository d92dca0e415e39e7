import type { Route } from '../order/index.ts'
import type { Connection } from '../spec/connection.ts'
import type { Clock, Logger } from '../spec/context.ts'
import type { Store } from '../store/database.ts'
import type { Can } from './capabilities.ts'

/** Connections by the names the merchant gives them; the names type everything else. */
export type ConnectionMap = Readonly<Record<string, Connection>>

/** What the user's own `offer` function is told of one listing. Quantities in units of the listing. */
export interface OfferQuestion {
  readonly sku: string
  readonly connection: string
  readonly listing: string
  readonly place: string
  /** Units of the SKU that this listing may draw on, over all its locations. */
  readonly available: number
  /** What the listing's policy would show. */
  readonly offer: number
}

/** Answers the quantity to show: a whole number, 0 or more. Called often: keep it quick, and free of side effects. */
export type OfferFunction = (question: OfferQuestion) => number

/**
 * What `createHub` takes. Every duration is in milliseconds and a whole number; what is wrong is refused at once with
 * `invalid_input`, naming the option in `field`.
 * @example
 * const options: HubOptions<{ web: ShopifyConnection }> = {
 *   store: sqlite('shop.db'),
 *   connections: { web },
 *   encryptionKey: process.env.STOCKPOOL_KEY,
 *   offer: ({ sku, offer }) => (sku === 'MUG-LAST' ? 0 : offer),
 * }
 */
export interface HubOptions<Connections extends ConnectionMap> {
  /** Where everything is kept: `sqlite('shop.db')`. */
  readonly store: Store
  readonly connections: Connections
  /** The last word on every published number, after the listing's policy. */
  readonly offer?: OfferFunction
  /**
   * Which locations ship an order: `routeBy(keepsPromise, nearest)`, or a function of yours. Default: the first location, by
   * priority, that can fill all of it, else few parcels.
   */
  readonly route?: Route
  /**
   * Whether what a provider refuses, gives up or has no stock for is routed anew to another location that has it, once the
   * provider has let go of it. Default `true`; with `false` it waits for a person.
   */
  readonly reroute?: boolean
  /**
   * When given, providers that can are asked what an order would cost and when it would arrive, and the order is routed by their
   * answers (`cheapest`, `keepsPromise`) before any warehouse gets it. So long it waits for them at most. Default: they are not asked.
   */
  readonly quoteWithinMs?: number
  /**
   * Where the platforms reach `hub.webhook` or `hub.listener()`: an absolute https address, to which the connection's name is
   * added: `https://shop.example/webhooks` receives those of `web` at `/webhooks/web`. The hub then sees to it, when it begins and
   * daily, that each connection that can subscribe by itself has its webhooks. Default: none; subscribe at the platforms.
   */
  readonly publicUrl?: string
  /**
   * The connection that follows parcels of which their shippers tell nothing after the hand-over. Default: the first one that
   * can.
   */
  readonly tracker?: Can<Connections, 'tracking', 'follow'>
  /** Encrypts tokens and buyer data at rest: 16 bytes or more, the same every time. */
  readonly encryptionKey?: string | Uint8Array
  /** How long buyer data is kept after an order is shipped or cancelled. Default 30 days, Amazon's rule. */
  readonly keepBuyerDataMs?: number
  /** How long a dead worker's duties wait for another worker, which then takes them over within a second. Default 30,000. */
  readonly leaseMs?: number
  /**
   * Whether the platforms' rate limits are kept in the store, so that all processes together stay within them. Each request then
   * waits for one small write to the store, or for its share of one. Default `true`; a SQLite store in memory, which no other
   * process can open, shares nothing. With `false` each process spends each limit for itself: for a store with one process.
   */
  readonly shareLimits?: boolean
  /** Attempts of one job before it is put on the list of dead ones. Default 12, over about three hours. */
  readonly maxAttempts?: number
  /** Longest time of one HTTP request, in milliseconds. Default 30,000. */
  readonly requestTimeoutMs?: number
  /** Where the hub says what it does. Default: nowhere. Every text is redacted before. */
  readonly logger?: Logger
  /** Time. Default: the system's. */
  readonly clock?: Clock
}
