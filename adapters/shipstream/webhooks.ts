import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import { fromBase64, hmacSha256, sameBytes, toHex } from '../../src/http/index.ts'
import type {
  AdapterContext,
  Hint,
  WebhookDelivery,
  WebhookEvent,
  WebhooksFacet,
} from '../../src/spec/index.ts'
import { send } from './call.ts'
import type { Settings } from './options.ts'
import { Anything, WireWebhooks } from './wire.ts'

/**
 * What is subscribed to. Not `order:created`: our own orders are known, and each would ask for all the stock. Not `tracker:*`:
 * what carriers say has no method that could be read again.
 */
export const topics = [
  'order:canceled',
  'order:items_updated',
  'order:holded',
  'order:completed',
  'order:shipped',
  'order:delivered',
  'order:address_validation_failed',
  'order:status_changed',
  'shipment:packed',
  'shipment:shipped',
  'shipment:delivered',
  'shipment:reverted',
  'shipment:labels_voided',
  'inventory:adjusted',
  'delivery:accepted',
  'delivery:processed',
  'delivery:exception',
  'delivery:committed',
  'delivery:canceled',
] as const

const text = z
  .union([z.string().min(1), z.number()])
  .transform(String)
  .nullish()
  .catch(null)

const payload = () =>
  z.looseObject({
    topic: z.string().min(1),
    message: z.looseObject({
      unique_id: text,
      order_unique_id: text,
      delivery_type: text,
      increment_id: text,
      stock_adjustments: z.unknown().optional(),
      webhook_increment_id: text,
      event_timestamp: text,
    }),
  })
type Message = z.infer<ReturnType<typeof payload>>['message']

/**
 * What to read again. The figures in an event (`qty_available`, summed over all warehouses) are never used: events come
 * late, up to four days, and in any order, while the reading that a hint asks for has a time of its own, so an old event costs
 * a look and can do no harm. Of `unique_id` the documents say that it "is deprecated": without it, all updates are read.
 */
function hintsOf(topic: string, message: Message): Hint[] {
  const hints: Hint[] = []
  const [room] = topic.split(':')
  if (room === 'order')
    hints.push({ kind: 'fulfillment', reference: message.order_unique_id ?? message.unique_id ?? null })
  if (['shipment', 'package', 'tracker', 'track'].includes(room ?? ''))
    hints.push({ kind: 'fulfillment', reference: message.order_unique_id ?? null })
  if (room === 'delivery' && message.delivery_type === 'rma')
    hints.push({ kind: 'return', id: message.increment_id ?? null })
  const adjusts = typeof message.stock_adjustments === 'object' && message.stock_adjustments !== null
  if (room === 'inventory' || topic === 'delivery:committed' || adjusts) hints.push({ kind: 'stock' })
  return hints.length > 0 ? hints : [{ kind: 'ignored', topic }]
}

function parse(body: Uint8Array): z.infer<ReturnType<typeof payload>> {
  try {
    const raw = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
    return payload().parse(JSON.parse(raw))
  } catch (cause) {
    throw new StockpoolError('invalid_input', 'the ShipStream webhook is not a topic with a message', {
      field: 'body',
      cause,
    })
  }
}

const header = 'x-plugin-hmac-sha256'
const refuse = (message: string, remedy: string) =>
  new StockpoolError('signature', message, { field: header, remedy })

/** ShipStream repeats an event for up to 104 hours (docs.shipstream.io, Webhook Retry Intervals). */
const longestMs = 7 * 24 * 3_600_000

/** Verifies the signature over the raw bytes, and reads the hints. The time of the event is a part of what is signed. */
export function verify(secret: string, { headers, body }: WebhookDelivery, now: number): WebhookEvent {
  const offered = headers[header]
  if (offered === undefined) throw refuse(`${header} is missing`, 'Only ShipStream may post here.')
  if (!sameBytes(fromBase64(offered), hmacSha256(secret, body)))
    throw refuse('the signature does not match', "Check that `webhookSecret` is the webhook's secret key.")
  const { topic, message } = parse(body)
  const { webhook_increment_id: number, event_timestamp: time } = message
  const at = Date.parse(time ?? '')
  const occurredAt = Number.isFinite(at) ? at : null
  if (occurredAt !== null && now - occurredAt > longestMs)
    throw refuse('the event is older than ShipStream repeats one', "Check this machine's clock.")
  // The number is of the webhook, and the time of the event; together they outlive a webhook that is made anew.
  const id = number && time ? `${topic}#${number}@${time}` : toHex(hmacSha256('stockpool', body))
  return { id, topic, occurredAt, hints: hintsOf(topic, message) }
}

/**
 * Sees to it that one active webhook with our topics and our secret points at the address. ShipStream's methods cannot
 * change one: it is made anew, and then the old ones are deleted, so that no event falls between.
 */
async function ensure(
  context: AdapterContext,
  settings: Settings,
  address: string,
  secret: string,
): Promise<void> {
  const { data } = await send(context, settings, {
    method: 'webhook.list',
    args: [],
    effect: 'read',
    schema: WireWebhooks,
  })
  const existing = data.filter(({ url }) => url === address)
  const sound = existing.find(
    (each) =>
      each.is_active && each.secret_key === secret && topics.every((topic) => each.topics.includes(topic)),
  )
  if (sound === undefined) {
    await send(context, settings, {
      method: 'webhook.create',
      args: [{ is_active: 1, topics, url: address, extra_headers: '', secret_key: secret }],
      // Two webhooks deliver twice with numbers of their own, which costs a read, and the next call deletes one.
      effect: 'idempotent',
      schema: Anything,
    })
  }
  for (const { webhook_id: id } of existing.filter((each) => each !== sound)) {
    await send(context, settings, {
      method: 'webhook.delete',
      args: [Number(id)],
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
