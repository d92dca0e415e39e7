import type { AdapterContext, Connection, Deadline } from '../../src/spec/index.ts'
import { deadlinesOf } from './deadlines.ts'
import { limitsFor } from './limits.ts'
import { type EbayListings, ebayListings } from './listings.ts'
import { type EbayOptions, type EbayWebhookOptions, parseOptions } from './options.ts'
import { type EbayOrders, ebayOrders } from './orders.ts'
import { type EbayReturns, ebayReturns } from './returns.ts'
import { type EbayShipments, ebayShipments } from './shipments.ts'
import { keyOf } from './sign.ts'
import { type EbayWebhooks, ebayWebhooks } from './webhooks.ts'

export { type EbayConsent, ebayConsentUrl, ebayScopes } from './consent.ts'
export type { EbayOptions, EbaySignature, EbayWebhookOptions } from './options.ts'
export type { EbayListings, EbayOrders, EbayReturns, EbayShipments, EbayWebhooks }

/** Options that let eBay's notifications be verified and subscribed. */
export type EbayOptionsWithWebhooks = EbayOptions & { readonly webhooks: EbayWebhookOptions }

/** An eBay seller account that is polled alone. */
export interface EbayPolledConnection extends Connection {
  readonly kind: 'ebay'
  readonly orders: EbayOrders
  readonly listings: EbayListings
  readonly shipments: EbayShipments
  readonly returns: EbayReturns
  readonly webhooks?: never
  readonly fulfillment?: never
  deadlines(context: AdapterContext): Promise<readonly Deadline[]>
}

/** An eBay seller account: a channel with orders, numbers, fulfilments, returns and notifications. */
export interface EbayConnection extends Omit<EbayPolledConnection, 'webhooks'> {
  readonly webhooks: EbayWebhooks
}

/**
 * Connects an eBay seller account. A listing of the Inventory API is named by its SKU; one made with the Trading API, or on
 * eBay's own pages, as `item:<ItemID>`, or `item:<ItemID>:<SKU>` for a variation. No listing has a place.
 *
 * @throws StockpoolError `invalid_input`, naming the option and what to write there.
 * @example
 * const hub = createHub({
 *   store: sqlite('shop.db'),
 *   connections: { ebayUs: ebay({ clientId, clientSecret, refreshToken, marketplaceId: 'EBAY_US' }) },
 * })
 * await hub.listings.link({ sku: 'MUG-RED', connection: 'ebayUs', listing: 'MUG-RED' })
 */
export function ebay(options: EbayOptionsWithWebhooks): EbayConnection
export function ebay(options: EbayOptions): EbayPolledConnection
export function ebay(options: EbayOptions): EbayConnection | EbayPolledConnection {
  const settings = parseOptions(options)
  const { signature, webhooks } = settings
  // A key that cannot sign should be told of now, not with the first refund.
  if (signature !== null) keyOf(signature.privateKey)
  const base = {
    specVersion: 1 as const,
    kind: 'ebay' as const,
    hosts: [...new Set([new URL(settings.endpoint).host, new URL(settings.keyEndpoint).host])],
    limits: limitsFor(settings.quotaShare),
    secrets: () => [
      settings.clientSecret,
      settings.refreshToken,
      ...(signature === null ? [] : [signature.privateKey]),
      ...(webhooks === null ? [] : [webhooks.verificationToken]),
    ],
    intervals: { ordersMs: settings.ordersMs, returnsMs: settings.returnsMs },
    orders: ebayOrders(settings),
    listings: ebayListings(settings),
    shipments: ebayShipments(settings),
    returns: ebayReturns(settings),
    deadlines: (context: AdapterContext) => deadlinesOf(context, settings),
  }
  return webhooks === null ? base : { ...base, webhooks: ebayWebhooks(settings, webhooks) }
}
