import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import { hmacSha256, sameBytes } from '../../src/http/index.ts'
import type { AdapterContext, Hint, WebhookEvent, WebhooksFacet } from '../../src/spec/index.ts'
import { send } from './call.ts'
import type { Settings } from './options.ts'

const Event = z.object({
  id: z.string().min(1),
  description: z.string(),
  created_at: z.string().nullish(),
  result: z.looseObject({ id: z.string().nullish(), object: z.string().nullish() }).nullish(),
})

/** `X-Hmac-Signature: hmac-sha256-hex=<hex>` over the raw bytes; the secret is normalised (docs.easypost.com/guides/webhooks-guide). */
function verify(
  secret: string,
  headers: Readonly<Record<string, string | undefined>>,
  body: Uint8Array,
): void {
  const given = headers['x-hmac-signature'] ?? ''
  const key = Buffer.from(secret.normalize('NFKD'), 'utf8')
  const wanted = `hmac-sha256-hex=${Buffer.from(hmacSha256(key, body)).toString('hex')}`
  if (sameBytes(Buffer.from(given), Buffer.from(wanted))) return
  throw new StockpoolError('signature', 'the EasyPost webhook is not signed with the secret', {
    field: 'x-hmac-signature',
    remedy: 'Give the secret that the webhook was made with as `webhookSecret`.',
  })
}

function eventOf(body: Uint8Array): WebhookEvent {
  let event: z.infer<typeof Event>
  try {
    event = Event.parse(JSON.parse(Buffer.from(body).toString('utf8')))
  } catch (cause) {
    throw new StockpoolError('invalid_input', 'the EasyPost webhook is no event', { field: 'body', cause })
  }
  const { id, description, result, created_at } = event
  const at = Date.parse(created_at ?? '')
  const hints: Hint[] = description.startsWith('tracker.')
    ? [{ kind: 'tracking', id: result?.id ?? null }]
    : [{ kind: 'ignored', topic: description }]
  return { id, topic: description, occurredAt: Number.isFinite(at) ? at : null, hints }
}

const WireWebhooks = z.object({
  webhooks: z.array(z.object({ id: z.string(), url: z.string(), disabled_at: z.string().nullish() })),
})
const Anything = z.unknown()

/** EasyPost disables a webhook whose deliveries fail for long; an update enables it again, and gives it the secret of today. */
async function ensure(
  context: AdapterContext,
  settings: Settings,
  address: string,
  secret: string,
): Promise<void> {
  const { data } = await send(context, settings, {
    operation: 'listWebhooks',
    bucket: 'index',
    method: 'GET',
    path: '/webhooks',
    effect: 'read',
    schema: WireWebhooks,
  })
  const [known] = data.webhooks.filter(({ url }) => url === address)
  const webhook = { webhook_secret: secret, ...(known === undefined ? { url: address } : {}) }
  await send(context, settings, {
    operation: known === undefined ? 'createWebhook' : 'updateWebhook',
    bucket: 'api',
    method: known === undefined ? 'POST' : 'PATCH',
    path: known === undefined ? '/webhooks' : `/webhooks/${encodeURIComponent(known.id)}`,
    effect: 'idempotent',
    json: { webhook },
    schema: Anything,
  })
}

/** `null` without a secret: what cannot be verified is not offered. */
export function webhooksFacet(settings: Settings): WebhooksFacet | null {
  const { webhookSecret: secret } = settings
  if (secret === null) return null
  return {
    maxBytes: 1_048_576,
    verify(delivery) {
      verify(secret, delivery.headers, delivery.body)
      return eventOf(delivery.body)
    },
    ensure: (context, address) => ensure(context, settings, address, secret),
  }
}
