import type { Connection, FulfillmentFacet, WebhooksFacet } from '../../src/spec/index.ts'
import { fulfillmentFacet } from './fulfillment.ts'
import { limitsFor } from './limits.ts'
import { type ShipBobOptions, settingsFrom, shipbobApiVersion } from './options.ts'
import { type ShipBobVersion, shipbobVersions, versionDeadlines } from './versions.ts'
import { webhooksFacet } from './webhooks.ts'

export { type ShipBobOptions, type ShipBobVersion, shipbobApiVersion, shipbobVersions }

/** A ShipBob channel: a fulfilment provider, with webhooks when the `webhookSecret` option is given. */
export interface ShipBobConnection extends Connection {
  readonly kind: 'shipbob'
  readonly fulfillment: FulfillmentFacet & Required<Pick<FulfillmentFacet, 'cancel' | 'returns'>>
  readonly webhooks?: WebhooksFacet
}

/**
 * Connects one ShipBob channel as a fulfilment provider: orders are created by `reference_id` and found by it again,
 * tracking and stock are polled, webhooks make it sooner.
 *
 * The API version is `shipbobApiVersion`, a part of every path.
 *
 * @throws StockpoolError `invalid_input` that names the option at fault. Nothing is sent.
 * @example
 * const hub = createHub({
 *   store: sqlite('shop.db'),
 *   connections: {
 *     east: shipbob({
 *       token: process.env.SHIPBOB_TOKEN ?? '',
 *       channelId: 433123,
 *       webhookSecret: process.env.SHIPBOB_WEBHOOK_SECRET,
 *       shippingMethods: { 'two-day': 'Expedited (2 days)' },
 *     }),
 *   },
 * })
 */
export function shipbob(options: ShipBobOptions): ShipBobConnection {
  const settings = settingsFrom(options)
  const webhooks = webhooksFacet(settings)
  return {
    specVersion: 1,
    kind: 'shipbob',
    hosts: [settings.host],
    limits: limitsFor(settings.requestsPerMinute),
    secrets: () => [settings.token, ...(settings.webhookSecret === null ? [] : [settings.webhookSecret])],
    intervals: settings.intervals,
    fulfillment: fulfillmentFacet(settings),
    ...(webhooks === null ? {} : { webhooks }),
    deadlines: async () => versionDeadlines(settings.version),
  }
}
