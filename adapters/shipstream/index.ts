import type { Connection, FulfillmentFacet, WebhooksFacet } from '../../src/spec/index.ts'
import { basicOf, limitsFor } from './call.ts'
import { fulfillmentFacet } from './fulfillment.ts'
import { type ShipStreamOptions, settingsFrom } from './options.ts'
import { webhooksFacet } from './webhooks.ts'

export type { ShipStreamOptions }

/** A merchant's account at a 3PL that runs ShipStream, with webhooks when the `webhookSecret` option is given. */
export interface ShipStreamConnection extends Connection {
  readonly kind: 'shipstream'
  readonly fulfillment: FulfillmentFacet &
    Required<Pick<FulfillmentFacet, 'cancel' | 'keep' | 'quote' | 'returns'>>
  readonly webhooks?: WebhooksFacet
}

/**
 * Connects one merchant of a ShipStream instance, or of Red Stag Fulfillment, which runs one, as a fulfilment provider:
 * orders are created by `unique_id` and found by it again; tracking, stock and returns are polled, webhooks make it
 * sooner. It follows the Merchant API of docs.shipstream.io, JSON-RPC.
 *
 * @throws StockpoolError `invalid_input` that names the option at fault. Nothing is sent.
 * @example
 * const hub = createHub({
 *   store: sqlite('shop.db'),
 *   connections: {
 *     south: shipstream({
 *       endpoint: 'https://acme.shipstream.app/api/jsonrpc',
 *       username: 'stockpool',
 *       apiKey: process.env.SHIPSTREAM_API_KEY ?? '',
 *       timeZone: 'America/New_York',
 *       webhookSecret: process.env.SHIPSTREAM_WEBHOOK_SECRET,
 *     }),
 *   },
 * })
 */
export function shipstream(options: ShipStreamOptions): ShipStreamConnection {
  const settings = settingsFrom(options)
  const webhooks = webhooksFacet(settings)
  const { apiKey, webhookSecret } = settings
  return {
    specVersion: 1,
    kind: 'shipstream',
    hosts: [settings.host],
    limits: limitsFor(settings.requestsPerSecond),
    secrets: () => [apiKey, basicOf(settings), ...(webhookSecret === null ? [] : [webhookSecret])],
    intervals: settings.intervals,
    fulfillment: fulfillmentFacet(settings),
    ...(webhooks === null ? {} : { webhooks }),
  }
}
