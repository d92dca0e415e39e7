import type { Connection } from '../../src/spec/index.ts'
import { amazonDeadlines } from './deadlines.ts'
import { type AmazonPlatformStock, amazonPlatformStock } from './fba.ts'
import { feedActions } from './feed-actions.ts'
import { type AmazonLabels, amazonLabels } from './labels.ts'
import { limits } from './limits.ts'
import { type AmazonListings, amazonListings } from './listings.ts'
import { type AmazonFulfillment, amazonFulfillment } from './mcf.ts'
import {
  type AmazonLabelOptions,
  type AmazonMcf,
  type AmazonNotifications,
  type AmazonOptions,
  type AmazonSqsMessage,
  type AmazonSqsQueue,
  parseOptions,
} from './options.ts'
import { type AmazonOrders, amazonOrders } from './orders.ts'
import { type AmazonQueue, amazonQueue } from './queue.ts'
import type { AmazonRegion } from './regions.ts'
import { type AmazonReturns, amazonReturns } from './returns.ts'
import { type AmazonShipments, amazonShipments } from './shipments.ts'

export type {
  AmazonFulfillment,
  AmazonLabelOptions,
  AmazonLabels,
  AmazonListings,
  AmazonMcf,
  AmazonNotifications,
  AmazonOptions,
  AmazonOrders,
  AmazonPlatformStock,
  AmazonQueue,
  AmazonRegion,
  AmazonReturns,
  AmazonShipments,
  AmazonSqsMessage,
  AmazonSqsQueue,
}

/** Whether an option is given, as far as the compiler can tell. */
type Given<Options, Name extends PropertyKey> = Options extends { readonly [N in Name]: infer Value }
  ? [Value] extends [false | undefined]
    ? 'no'
    : [Extract<Value, false | undefined>] extends [never]
      ? 'yes'
      : 'maybe'
  : Name extends keyof Options
    ? 'maybe'
    : 'no'

/** Members that are there when an option asks for them. */
type When<Options, Name extends PropertyKey, Members> =
  Given<Options, Name> extends 'yes'
    ? Members
    : Given<Options, Name> extends 'no'
      ? { readonly [Member in keyof Members]?: undefined }
      : Partial<Members>

interface AmazonBase
  extends Omit<
    Connection,
    'deadlines' | 'queue' | 'fulfillment' | 'platformStock' | 'labels' | 'webhooks' | 'tracking'
  > {
  readonly kind: 'amazon'
  readonly orders: AmazonOrders
  readonly listings: AmazonListings
  readonly shipments: AmazonShipments
  readonly returns: AmazonReturns
  readonly webhooks?: undefined
  readonly tracking?: undefined
}

/**
 * An Amazon seller account in one region, by the Selling Partner API. It sells: orders, listings, shipments, returns. What an
 * option asks for is there too: `queue` (`notifications`), `fulfillment` (`mcf`), `platformStock` (`fbaStock`), `labels`.
 * Asking for what no option asked for is a compile error, as is asking for webhooks, of which Amazon offers none over HTTP.
 */
export type AmazonConnection<Options = AmazonOptions> = AmazonBase &
  When<Options, 'notifications', { readonly queue: AmazonQueue }> &
  When<Options, 'mcf', { readonly fulfillment: AmazonFulfillment }> &
  When<Options, 'labels', { readonly labels: AmazonLabels }> &
  When<Options, 'fbaStock', { readonly platformStock: AmazonPlatformStock }> &
  Pick<Connection, 'deadlines'>

/** An option that does not exist is an error of types, although the options are generic. */
type Exact<Options> = { readonly [Name in Exclude<keyof Options, keyof AmazonOptions>]: never }

/**
 * Connects an Amazon seller account. A listing's id is the seller SKU; it has no place.
 *
 * @throws StockpoolError `invalid_input` at once when an option is missing or wrong, naming it in `field`.
 * @example
 * const hub = createHub({
 *   store: sqlite('shop.db'),
 *   connections: { amazonUs: amazon({ region: 'na', sellerId, marketplaceIds: ['ATVPDKIKX0DER'], clientId, clientSecret, refreshToken }) },
 * })
 * await hub.listings.link({ sku: 'MUG-RED', connection: 'amazonUs', listing: 'MUG-RED' })
 */
export function amazon<const Options extends AmazonOptions>(
  options: Options & Exact<Options>,
): AmazonConnection<Options> {
  const settings = parseOptions(options)
  const { notifications, mcf, labels } = settings
  const deadlines = amazonDeadlines(settings)
  const actions = feedActions(settings)
  const connection: AmazonBase & Partial<Connection> = {
    specVersion: 1,
    kind: 'amazon',
    hosts: [...new Set([...hostsOf(settings.endpoint), ...hostsOf(settings.tokenEndpoint)])],
    limits,
    secrets: () => [settings.clientSecret, settings.refreshToken],
    // A report that was asked for is looked at each minute; how often one is asked for is `returnsMs`.
    intervals: { ordersMs: settings.ordersMs, returnsMs: Math.min(settings.returnsMs, 60_000) },
    // What goes into one feed. Before a cancellation or a refund the order is read, thirty at once.
    together: { acknowledge: 500, cancel: limits.getOrder.burst, refund: limits.getOrder.burst },
    orders: amazonOrders(settings, actions),
    listings: amazonListings(settings),
    shipments: amazonShipments(settings, actions),
    returns: amazonReturns(settings, actions),
    ...(notifications === undefined ? {} : { queue: amazonQueue(settings, notifications) }),
    ...(mcf === null ? {} : { fulfillment: amazonFulfillment(settings, mcf) }),
    ...(labels === null ? {} : { labels: amazonLabels(settings, labels) }),
    ...(settings.fbaStock ? { platformStock: amazonPlatformStock(settings) } : {}),
    ...(deadlines === null ? {} : { deadlines }),
  }
  return connection as AmazonConnection<Options>
}

/** Documents of feeds and reports lie in Amazon's S3; a simulator, or a stand-in on this machine, keeps them itself. */
function hostsOf(address: string): readonly string[] {
  const { host, hostname } = new URL(address)
  if (!hostname.endsWith('.amazon.com') || !hostname.includes('sellingpartnerapi')) return [host]
  // The hosted sandbox gives examples that lie at CloudFront.
  return [host, '*.amazonaws.com', ...(hostname.startsWith('sandbox.') ? ['*.cloudfront.net'] : [])]
}
