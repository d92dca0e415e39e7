import type { AdapterContext, Connection, Deadline } from '../../src/spec/index.ts'
import { appSecretProof } from './client.ts'
import { deadlines } from './deadlines.ts'
import { limits } from './limits.ts'
import { type MetaListings, metaListings } from './listings.ts'
import { type MetaOptions, parseOptions } from './options.ts'
import { metaWebhooks } from './webhooks.ts'

export { type BuyerTrail, type MetaSource, metaSource as attributeOrder } from '../../src/model/source.ts'
export {
  type CheckedCart,
  type CheckedLine,
  type CheckoutCart,
  type CheckoutHandlerOptions,
  type CheckoutStock,
  checkCart,
  checkoutHandler,
  parseCheckoutUrl,
  type SoldAs,
  withTracking,
} from './checkout.ts'
export type { MetaSellableWord } from './options.ts'
export type { MetaListings, MetaOptions }

/** Options with the app's secret, without which no webhook can be verified. */
export type MetaOptionsWithSecret = MetaOptions & { readonly appSecret: string }

/** What Meta no longer has, and what to do in its place. */
const absent = {
  orders: {
    since: '2026-10-27',
    why: 'Meta removed its order API from every version',
    instead:
      'Connect the web shop that Meta sends buyers to (shopify(), for one): their orders are there, with Facebook or Instagram as their source.',
  },
  shipments: {
    since: '2026-10-27',
    why: 'Meta removed its order API from every version',
    instead: 'Tracking goes to the web shop that the order is of.',
  },
  returns: {
    since: '2026-10-27',
    why: 'Meta removed its order API from every version',
    instead: 'Returns and refunds are those of the web shop that the order is of.',
  },
} as const

/** A Meta catalogue without the app's secret: numbers only. */
export interface MetaCatalogConnection extends Connection {
  readonly kind: 'meta'
  readonly listings: MetaListings
  readonly absent: typeof absent
  deadlines(context: AdapterContext): Promise<readonly Deadline[]>
  readonly orders?: never
  readonly shipments?: never
  readonly returns?: never
  readonly fulfillment?: never
  readonly webhooks?: never
}

/**
 * A Meta catalogue: the window of a shop on Facebook and Instagram. It shows numbers and sells nothing by itself: Meta
 * removed its order API on 2026-10-27 and sends buyers to the web shop, so asking it for orders, tracking or returns is a
 * compile error.
 */
export interface MetaConnection extends Omit<MetaCatalogConnection, 'webhooks'> {
  readonly webhooks: ReturnType<typeof metaWebhooks>
}

/**
 * Connects a catalogue of Facebook and Instagram by the Graph API. A listing is an item's content id (`retailer_id`); it
 * has no place. Orders come through the web shop's own connection.
 *
 * @throws StockpoolError `invalid_input` at once when an option is missing or wrong, naming it in `field`.
 * @example
 * const hub = createHub({
 *   store: sqlite('shop.db'),
 *   connections: { web: shopify({ … }), social: meta({ catalogId: '1017309634048260', accessToken, appSecret }) },
 * })
 * await hub.listings.link({ sku: 'MUG-RED', connection: 'social', listing: 'MUG-RED' })
 */
export function meta(options: MetaOptionsWithSecret): MetaConnection
export function meta(options: MetaOptions): MetaCatalogConnection
export function meta(options: MetaOptions): MetaConnection | MetaCatalogConnection {
  const settings = parseOptions(options)
  const { accessToken, appSecret, verifyToken } = settings
  const secrets = [
    accessToken,
    ...(appSecret === undefined ? [] : [appSecret, appSecretProof(accessToken, appSecret)]),
    ...(verifyToken === undefined ? [] : [verifyToken]),
  ]
  const base = {
    specVersion: 1 as const,
    kind: 'meta' as const,
    hosts: [new URL(settings.endpoint).host],
    limits,
    secrets: () => secrets,
    intervals: {},
    listings: metaListings(settings),
    absent,
    deadlines: (context: AdapterContext) => deadlines(settings, context),
  }
  return appSecret === undefined ? base : { ...base, webhooks: metaWebhooks(settings, appSecret) }
}
