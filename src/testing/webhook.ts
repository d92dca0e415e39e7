import type { OutgoingWebhook } from '../simulator/index.ts'
import type { WebhookDelivery } from '../spec/index.ts'

/** How a platform signs: what its simulator exports, or a function of your own. Gives every header to send. */
export type SignWebhook = (delivery: OutgoingWebhook) => Readonly<Record<string, string>>

export interface TestWebhook {
  readonly sign: SignWebhook
  readonly topic: string
  /** An object is sent as JSON; text and bytes as they are. */
  readonly body: unknown
  /** The event's id. Default `event-1`. */
  readonly id?: string
  /** Where your handler is mounted. Default `http://localhost/webhooks`. */
  readonly url?: string
  /** The subscription's own secret, where the platform has one per subscription. */
  readonly secret?: string
  /** When it was signed, epoch milliseconds. Default now. */
  readonly at?: number
  /** Changes one byte after signing: your handler must refuse it. */
  readonly tampered?: boolean
}

function bytesOf(body: unknown): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body)
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

/** A signed webhook as an adapter's `webhooks.verify` takes it. */
export function webhookDelivery(webhook: TestWebhook): WebhookDelivery {
  const {
    sign,
    topic,
    id = 'event-1',
    url = 'http://localhost/webhooks',
    secret = null,
    at = Date.now(),
  } = webhook
  const body = bytesOf(webhook.body)
  const signed = sign({ id, topic, body, url, secret, subscription: 'test', attempt: 1, at })
  const headers = Object.fromEntries(
    Object.entries(signed).map(([name, value]) => [name.toLowerCase(), value]),
  )
  return { method: 'POST', url, headers, body: webhook.tampered ? tamper(body) : body }
}

/**
 * A signed webhook as a `Request`, for `hub.webhook(request)` or the handler of your own framework.
 * @example
 * const request = webhookRequest({ sign: signShopify('secret'), topic: 'orders/create', body: { id: 1 } })
 * assert.equal((await hub.webhook(request)).status, 200)
 */
export function webhookRequest(webhook: TestWebhook): Request {
  const { method, url, headers, body } = webhookDelivery(webhook)
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return new Request(url, { method, headers: given, body: Buffer.from(body) })
}

function tamper(body: Buffer): Buffer {
  const changed = Buffer.from(body)
  // The last byte but one: still of the same length, and still inside the document.
  const at = Math.max(0, changed.length - 2)
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}
