import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import { verifyStandardWebhook } from '../../src/http/index.ts'
import type {
  AdapterContext,
  Hint,
  WebhookDelivery,
  WebhookEvent,
  WebhooksFacet,
} from '../../src/spec/index.ts'
import { send } from './call.ts'
import type { Settings } from './options.ts'
import { nextQuery } from './stock.ts'
import { Anything, WireSubscriptions } from './wire.ts'

/** What is subscribed to. The enumeration of 2026-01; later topics are understood too, by their first words. */
export const topics = [
  'order.shipped',
  'order.shipment.delivered',
  'order.shipment.exception',
  'order.shipment.on_hold',
  'order.shipment.cancelled',
  'return.created',
  'return.updated',
  'return.completed',
] as const

const Payload = z.looseObject({
  reference_id: z.string().nullish().catch(null),
  id: z.union([z.number(), z.string()]).nullish().catch(null),
})

// ShipBob does not publish the payloads ("generally mirrors the REST resource"), so nothing of them is relied on: a
// hint without a reference makes the engine read the updates.
function hintsOf(topic: string, body: z.infer<typeof Payload>): Hint[] {
  if (topic.startsWith('order.')) return [{ kind: 'fulfillment', reference: body.reference_id ?? null }]
  if (topic.startsWith('return.')) return [{ kind: 'return', id: body.id == null ? null : String(body.id) }]
  // Goods were received or stowed: the one push that says stock has risen.
  if (topic === 'wro.completed' || topic === 'wro.box.stowed') return [{ kind: 'stock' }]
  return [{ kind: 'ignored', topic }]
}

function payloadOf(body: Uint8Array): z.infer<typeof Payload> {
  try {
    return Payload.parse(
      JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')),
    )
  } catch (cause) {
    throw new StockpoolError('invalid_input', 'the ShipBob webhook is not a JSON object', {
      field: 'body',
      cause,
    })
  }
}

/** Verifies a delivery by the Standard Webhooks rules, five minutes of tolerance, and reads its hints. */
export function verify(secret: string, delivery: WebhookDelivery, now: number): WebhookEvent {
  const { headers, body } = delivery
  if (headers['shipbob-topic'] !== undefined && headers['webhook-signature'] === undefined) {
    throw new StockpoolError(
      'signature',
      'this is a webhook of the retired API 1.0 or 2.0, which signs nothing',
      {
        field: 'webhook-signature',
        remedy: 'Delete that subscription, and subscribe through the dated API.',
      },
    )
  }
  const { id, signedAt } = verifyStandardWebhook({ secret, headers, body, now })
  const topic = headers['x-webhook-topic'] ?? ''
  return { id, topic, occurredAt: signedAt, hints: hintsOf(topic, payloadOf(body)) }
}

async function subscriptionsTo(context: AdapterContext, settings: Settings, address: string) {
  const found: z.infer<typeof WireSubscriptions>['items'] = []
  let page: string | null = ''
  for (let count = 0; page !== null && count < 50; count += 1) {
    const { data } = await send(context, settings, {
      operation: 'getWebhooks',
      method: 'GET',
      path: '/webhook',
      effect: 'read',
      query: { RecordsPerPage: 250, ...Object.fromEntries(new URLSearchParams(page)) },
      schema: WireSubscriptions,
    })
    found.push(...data.items.filter(({ url }) => url === address))
    const next = nextQuery(data.next)
    page = next === page ? null : next
  }
  return found
}

/**
 * Sees to it that one enabled subscription with our topics and our secret points at the address. ShipBob disables one
 * whose deliveries failed for five days (so the hub looks when it begins, and daily), and cannot change one: it is made anew, and then the old ones are deleted, so
 * that no event falls between.
 */
async function ensure(
  context: AdapterContext,
  settings: Settings,
  address: string,
  secret: string,
): Promise<void> {
  if (!address.startsWith('https://')) {
    throw new StockpoolError('invalid_input', 'ShipBob sends webhooks to https addresses only', {
      field: 'address',
      remedy: 'Give the public https address of the webhook route.',
    })
  }
  const existing = await subscriptionsTo(context, settings, address)
  const sound = existing.find(
    (each) => each.enabled !== false && topics.every((topic) => each.topics.includes(topic)),
  )
  if (sound === undefined) {
    await send(context, settings, {
      operation: 'createWebhook',
      method: 'POST',
      path: '/webhook',
      // Two subscriptions deliver twice with ids of their own, which costs a read, and the next call deletes one.
      effect: 'idempotent',
      json: { url: address, topics, secret, description: 'stockpool' },
      schema: Anything,
    })
  }
  for (const { id } of existing.filter((each) => each !== sound)) {
    await send(context, settings, {
      operation: 'deleteWebhook',
      method: 'DELETE',
      path: `/webhook/${encodeURIComponent(id)}`,
      effect: 'idempotent',
      schema: Anything,
    })
  }
}

/** `null` without a secret: what cannot be verified is not offered. */
export function webhooksFacet(settings: Settings): WebhooksFacet | null {
  const { webhookSecret: secret } = settings
  if (secret === null) return null
  return {
    maxBytes: 1_048_576,
    verify: (delivery, now) => verify(secret, delivery, now),
    ensure: (context, address) => ensure(context, settings, address, secret),
  }
}
