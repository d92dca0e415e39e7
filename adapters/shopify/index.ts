import type { Connection } from '../../src/spec/connection.ts'
import { bulkHost } from './bulk.ts'
import { deadlinesOf } from './deadlines.ts'
import { limits } from './limits.ts'
import { shopifyListings } from './listings.ts'
import { readOptions, type ShopifyClientCredentials, type ShopifyOptions, secretsOf } from './options.ts'
import { shopifyOrders } from './orders.ts'
import { shopifyReturns } from './returns.ts'
import { shopifyShipments } from './shipments.ts'
import { shopifyWebhooks } from './webhooks.ts'

export type {
  ShopifyAuth,
  ShopifyClientCredentials,
  ShopifyExpiringToken,
  ShopifyOptions,
  ShopifyStaticToken,
} from './options.ts'

/** Options that include the app's client secret, without which no webhook can be verified. */
export type ShopifyOptionsWithSecret = ShopifyOptions &
  ({ readonly webhookSecret: string } | { readonly auth: ShopifyClientCredentials })

/** A Shopify shop by its access token alone: it is polled, since no webhook of it can be verified. */
export interface ShopifyPolledConnection extends Connection {
  readonly kind: 'shopify'
  readonly orders: ReturnType<typeof shopifyOrders>
  readonly listings: ReturnType<typeof shopifyListings>
  readonly shipments: ReturnType<typeof shopifyShipments>
  readonly returns: ReturnType<typeof shopifyReturns>
  readonly deadlines: NonNullable<Connection['deadlines']>
  readonly webhooks?: never
  readonly fulfillment?: never
}

/** A Shopify shop: a channel with orders, numbers per location, fulfilments, returns and webhooks. */
export interface ShopifyConnection extends Omit<ShopifyPolledConnection, 'webhooks'> {
  readonly webhooks: ReturnType<typeof shopifyWebhooks>
}

/**
 * Connects a Shopify shop by its Admin GraphQL API. A listing is an inventory item
 * (`gid://shopify/InventoryItem/…`), a place is a location (`gid://shopify/Location/…`).
 *
 * The pool is the master of `available`: link the listings before stock is counted, and change numbers in the pool,
 * not in Shopify's admin (a change there is noticed by compare-and-set, and reported).
 *
 * @throws StockpoolError `invalid_input`, naming the option and what to write there.
 * @example
 * const web = shopify({
 *   shop: 'my-shop',
 *   auth: { clientId: process.env.SHOPIFY_ID ?? '', clientSecret: process.env.SHOPIFY_SECRET ?? '' },
 *   location: 'gid://shopify/Location/7001',
 * })
 */
export function shopify(options: ShopifyOptionsWithSecret): ShopifyConnection
export function shopify(options: ShopifyOptions): ShopifyPolledConnection
export function shopify(options: ShopifyOptions): ShopifyConnection | ShopifyPolledConnection {
  const shop = readOptions(options)
  const secrets = secretsOf(shop.auth)
  if (shop.webhookSecret !== null) secrets.push(shop.webhookSecret)
  const base = {
    specVersion: 1 as const,
    kind: 'shopify' as const,
    hosts: [new URL(shop.endpoint).host, bulkHost],
    limits,
    secrets: () => secrets,
    intervals: { ordersMs: shop.ordersMs, returnsMs: shop.returnsMs },
    orders: shopifyOrders(shop),
    listings: shopifyListings(shop),
    shipments: shopifyShipments(shop),
    returns: shopifyReturns(shop),
    deadlines: async () => deadlinesOf(shop),
  }
  return shop.webhookSecret === null ? base : { ...base, webhooks: shopifyWebhooks(shop, shop.webhookSecret) }
}
