import type { Connection, TrackingFacet, WebhooksFacet } from '../../src/spec/index.ts'
import { limits } from './call.ts'
import { type EasyPostOptions, settingsFrom } from './options.ts'
import { trackingFacet } from './tracking.ts'
import { webhooksFacet } from './webhooks.ts'

export type { EasyPostOptions }

/** An EasyPost account that follows parcels, with webhooks when the `webhookSecret` option is given. */
export interface EasyPostConnection extends Connection {
  readonly kind: 'easypost'
  readonly tracking: TrackingFacet
  readonly webhooks?: WebhooksFacet
}

/**
 * Connects EasyPost as a tracker: parcels whose warehouse says nothing after it handed them over are followed at their
 * carriers. Documentation followed: docs.easypost.com/docs/trackers.
 *
 * @throws StockpoolError `invalid_input` that names the option at fault. Nothing is sent.
 * @example
 * const hub = createHub({
 *   store: sqlite('shop.db'),
 *   connections: { parcels: easypost({ apiKey: process.env.EASYPOST_KEY ?? '', webhookSecret: process.env.EASYPOST_SECRET }) },
 * })
 */
export function easypost(options: EasyPostOptions): EasyPostConnection {
  const settings = settingsFrom(options)
  const webhooks = webhooksFacet(settings)
  const { apiKey, webhookSecret } = settings
  return {
    specVersion: 1,
    kind: 'easypost',
    hosts: [settings.host],
    limits,
    secrets: () => [
      apiKey,
      Buffer.from(`${apiKey}:`).toString('base64'),
      ...(webhookSecret === null ? [] : [webhookSecret]),
    ],
    intervals: { trackingMs: settings.trackingMs },
    tracking: trackingFacet(settings),
    ...(webhooks === null ? {} : { webhooks }),
  }
}
