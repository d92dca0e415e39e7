import type { AdapterContext, Connection, Deadline, PlatformStockFacet } from '../../src/spec/index.ts'
import { tiktokPlatformStock } from './fbt.ts'
import { documentHosts, type TikTokLabels, tiktokLabels } from './labels.ts'
import { limitsOf } from './limits.ts'
import { type TikTokListings, tiktokListings } from './listings.ts'
import { type TikTokFulfillment, tiktokFulfillment } from './mcf.ts'
import { parseOptions, type TikTokMcf, type TikTokOptions } from './options.ts'
import { type TikTokOrders, tiktokOrders } from './orders.ts'
import { type TikTokReturns, tiktokReturns } from './returns.ts'
import { type TikTokShipments, tiktokShipments } from './shipments.ts'
import { authorisationEnds } from './tokens.ts'
import { type TikTokWebhooks, tiktokWebhooks } from './webhooks.ts'

export type {
  TikTokFulfillment,
  TikTokLabels,
  TikTokListings,
  TikTokMcf,
  TikTokOptions,
  TikTokOrders,
  TikTokReturns,
  TikTokShipments,
  TikTokWebhooks,
}

/** A TikTok shop: orders, numbers per warehouse, shipments, labels, returns and webhooks. */
export interface TikTokConnection extends Connection {
  readonly kind: 'tiktok'
  readonly orders: TikTokOrders
  readonly listings: TikTokListings
  readonly shipments: TikTokShipments
  readonly returns: TikTokReturns
  readonly labels: TikTokLabels
  readonly webhooks: TikTokWebhooks
  readonly fulfillment?: undefined
  deadlines(context: AdapterContext): Promise<readonly Deadline[]>
}

/** The same, with the stock that lies in TikTok's own warehouses. */
export interface TikTokFbtConnection extends TikTokConnection {
  readonly platformStock: PlatformStockFacet
}

/** The same, as a provider too: what lies in TikTok's own warehouses ships the orders of other channels. */
export interface TikTokMcfConnection extends Omit<TikTokConnection, 'fulfillment'> {
  readonly fulfillment: TikTokFulfillment
}

/**
 * Connects a TikTok shop by the TikTok Shop Open API. A listing is a SKU of TikTok's (`1729592969712207013`), a place is one of
 * the seller's warehouses at TikTok.
 *
 * @throws StockpoolError `invalid_input` at once when an option is missing or wrong, naming it in `field`.
 * @example
 * const hub = createHub({
 *   store: sqlite('shop.db'),
 *   connections: { tiktokUs: tiktok({ appKey, appSecret, refreshToken, shopId: '7494726673780148744' }) },
 * })
 * await hub.listings.link({ sku: 'MUG-RED', connection: 'tiktokUs', listing: '1729592969712207013', cap: 99_999 })
 */
export function tiktok(options: TikTokOptions & { readonly fbt: true }): TikTokFbtConnection
export function tiktok(options: TikTokOptions & { readonly mcf: true | TikTokMcf }): TikTokMcfConnection
export function tiktok(options: TikTokOptions): TikTokConnection
export function tiktok(options: TikTokOptions): TikTokConnection | TikTokFbtConnection | TikTokMcfConnection {
  const settings = parseOptions(options)
  const { host } = new URL(settings.endpoint)
  const base = {
    specVersion: 1 as const,
    kind: 'tiktok' as const,
    hosts: [
      ...new Set([host, new URL(settings.authEndpoint).host, ...documentHosts, ...settings.labelHosts]),
    ],
    limits: limitsOf(settings.callsPerSecond),
    secrets: () => [settings.appSecret, settings.refreshToken],
    intervals: {
      ordersMs: settings.ordersMs,
      returnsMs: settings.returnsMs,
      stockMs: settings.stockMs,
      updatesMs: settings.updatesMs,
    },
    orders: tiktokOrders(settings),
    listings: tiktokListings(settings),
    shipments: tiktokShipments(settings),
    returns: tiktokReturns(settings),
    labels: tiktokLabels(settings),
    webhooks: tiktokWebhooks(settings),
    deadlines: (context: AdapterContext) => authorisationEnds(context, settings),
  }
  if (settings.mcf !== null) return { ...base, fulfillment: tiktokFulfillment(settings, settings.mcf) }
  return settings.fbt ? { ...base, platformStock: tiktokPlatformStock(settings) } : base
}
