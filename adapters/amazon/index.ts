import type { Connection } from '../../src/spec/index.ts'
import { limits } from './limits.ts'
import { type AmazonListings, amazonListings } from './listings.ts'
import { type AmazonOptions, parseOptions } from './options.ts'
import { type AmazonOrders, amazonOrders } from './orders.ts'
import type { AmazonRegion } from './regions.ts'
import { type AmazonShipments, amazonShipments } from './shipments.ts'

export type { AmazonListings, AmazonOptions, AmazonOrders, AmazonRegion, AmazonShipments }

/**
 * An Amazon seller account in one region, by the Selling Partner API. Sells: orders, listings, shipments. It has no
 * webhooks (Amazon offers none over HTTP) and cannot cancel an order (Amazon takes cancellations by feed only): asking
 * for either is a compile error.
 */
export interface AmazonConnection extends Connection {
  readonly kind: 'amazon'
  readonly orders: AmazonOrders
  readonly listings: AmazonListings
  readonly shipments: AmazonShipments
  readonly returns?: undefined
  readonly fulfillment?: undefined
  readonly webhooks?: undefined
}

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
export function amazon(options: AmazonOptions): AmazonConnection {
  const settings = parseOptions(options)
  return {
    specVersion: 1,
    kind: 'amazon',
    hosts: [...new Set([new URL(settings.endpoint).host, new URL(settings.tokenEndpoint).host])],
    limits,
    secrets: () => [settings.clientSecret, settings.refreshToken],
    intervals: { ordersMs: settings.ordersMs },
    orders: amazonOrders(settings),
    listings: amazonListings(settings),
    shipments: amazonShipments(settings),
  }
}
