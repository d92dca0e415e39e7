import type { Connection, WebhooksFacet } from '../../src/spec/index.ts'
import { fulfillmentFacet, type ShipHeroFulfillment } from './fulfillment.ts'
import { limitsFor } from './limits.ts'
import { type ShipHeroOptions, type ShipHeroShippingMethod, settingsFrom, shipheroTopics } from './options.ts'
import { webhooksFacet } from './webhooks.ts'

export { type ShipHeroFulfillment, type ShipHeroOptions, type ShipHeroShippingMethod, shipheroTopics }

/** A ShipHero account as a fulfilment provider, with webhooks. */
export interface ShipHeroConnection extends Connection {
  readonly kind: 'shiphero'
  readonly fulfillment: ShipHeroFulfillment
  readonly webhooks: WebhooksFacet & Required<Pick<WebhooksFacet, 'ensure'>>
}

/**
 * Connects a ShipHero account as a fulfilment provider, by its public GraphQL API (developer.shiphero.com): orders are looked up by
 * our reference before they are created, parcels, stock by warehouse and returns are polled, webhooks make it sooner.
 *
 * @throws StockpoolError `invalid_input` that names the option at fault. Nothing is sent.
 * @example
 * const hub = createHub({
 *   store: sqlite('shop.db'),
 *   publicUrl: 'https://shop.example/webhooks',
 *   connections: {
 *     west: shiphero({
 *       refreshToken: process.env.SHIPHERO_REFRESH_TOKEN ?? '',
 *       shippingMethods: { 'two-day': { carrier: 'ups', method: '2nd Day Air' } },
 *     }),
 *   },
 * })
 */
export function shiphero(options: ShipHeroOptions): ShipHeroConnection {
  const settings = settingsFrom(options)
  return {
    specVersion: 1,
    kind: 'shiphero',
    hosts: [settings.host],
    limits: limitsFor(settings.creditShare),
    secrets: () => [settings.refreshToken, ...settings.webhookSecrets],
    intervals: settings.intervals,
    fulfillment: fulfillmentFacet(settings),
    webhooks: webhooksFacet(settings),
  }
}
