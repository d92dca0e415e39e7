import { createHash } from 'node:crypto'
import { z } from 'zod'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import { fromBase64, hmacSha256, sameBytes } from '../../src/http/index.ts'
import type {
  AdapterContext,
  Hint,
  Token,
  WebhookDelivery,
  WebhookEvent,
  WebhooksFacet,
} from '../../src/spec/index.ts'
import { send } from './client.ts'
import {
  createWebhookDocument,
  deleteWebhookDocument,
  enableWebhookDocument,
  webhooksDocument,
} from './documents.ts'
import { nextOf } from './find.ts'
import type { Settings } from './options.ts'
import type { WireWebhook } from './wire.ts'

const text = z.string().nullish().catch(null)
const Payload = z.looseObject({
  webhook_type: text,
  partner_order_id: text,
  shop_name: text,
  return_uuid: text,
  fulfillment: z
    .looseObject({ partner_order_id: text, shop_name: text, webhook_type: text })
    .nullish()
    .catch(null),
})
type Payload = z.infer<typeof Payload>

type Hints = (body: Payload) => Hint[]
const order: Hints = ({ partner_order_id: own, fulfillment }) => [
  { kind: 'fulfillment', reference: own || fulfillment?.partner_order_id || null },
]
const stock: Hints = () => [{ kind: 'stock' }]

/** What each webhook hints at. Payloads are never relied on: the order, the stock and the return are read again. */
const hintsOf: Readonly<Record<string, Hints>> = {
  'Shipment Update': order,
  'Order Canceled': (body) => [...order(body), { kind: 'stock' }],
  'Order Allocated': order,
  // Its units may be free again, or owed to it: only the next reading tells.
  'Order Deallocated': (body) => [...order(body), { kind: 'stock' }],
  'Order Packed Out': order,
  'Package Added': order,
  Backorder: order,
  // Goods were received: the reading raises the stock, the hint never does.
  'PO Update': stock,
  'Inventory Update': stock,
  'Inventory Change': stock,
  'Return Update': ({ return_uuid: id }) => [{ kind: 'return', id: id ?? null }, { kind: 'stock' }],
}

function payloadOf(body: Uint8Array): Payload {
  try {
    return Payload.parse(
      JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')),
    )
  } catch (cause) {
    throw new StockpoolError('invalid_input', 'the ShipHero webhook is not a JSON object', {
      field: 'body',
      cause,
    })
  }
}

const signatureHeader = 'x-shiphero-hmac-sha256'

/**
 * Verifies a delivery: base64 of HMAC-SHA256 over the raw body, by the secret of its subscription. Which one that is, nothing
 * outside the body says, so each is tried. No time is signed and neither is `x-shiphero-message-id`: an event is known by its
 * bytes, so that an old delivery under a new message id is the old event still.
 */
export function verify(
  delivery: WebhookDelivery,
  secrets: readonly string[],
  shopName: string,
): WebhookEvent {
  const { headers, body } = delivery
  const given = fromBase64(headers[signatureHeader] ?? '')
  // All of them, so that the time it takes does not tell which one holds.
  const matches = secrets.map((secret) => sameBytes(given, hmacSha256(secret, body)))
  if (!matches.includes(true)) {
    const remedy =
      secrets.length === 0
        ? 'No secret is known: give the hub a publicUrl, or the connection its webhookSecrets.'
        : 'Only ShipHero may post here; a webhook made by hand needs its secret in webhookSecrets.'
    throw new StockpoolError('signature', 'the signature does not match', { field: signatureHeader, remedy })
  }
  const payload = payloadOf(body)
  const topic = payload.webhook_type ?? payload.fulfillment?.webhook_type ?? ''
  const id = createHash('sha256').update(body).digest('hex')
  // An order of another store of the account is no order of ours; what it takes of the stock still counts.
  const shop = payload.shop_name || payload.fulfillment?.shop_name || shopName
  const hints = (hintsOf[topic]?.(payload) ?? []).filter(
    ({ kind }) => kind !== 'fulfillment' || shop === shopName,
  )
  return { id, topic, occurredAt: null, hints: hints.length > 0 ? hints : [{ kind: 'ignored', topic }] }
}

/**
 * ShipHero tells webhooks of one name apart by their shop name alone, and deletes by it: each address has one of its own, so that
 * a hub never touches the webhooks of another.
 */
export function shopNameOf(address: string): string {
  return `stockpool-${createHash('sha256').update(address).digest('hex').slice(0, 12)}`
}

const tokenOf = (name: string) => `webhook ${name}`

/** All webhooks of the account that point at the address. */
async function webhooksAt(
  context: AdapterContext,
  settings: Settings,
  address: string,
): Promise<WireWebhook[]> {
  const found: WireWebhook[] = []
  let after: string | null = null
  do {
    const variables: { after: string | null; customer: string | null } = {
      after,
      customer: settings.customer,
    }
    const { data } = await send(context, settings, webhooksDocument, variables)
    const page = data.webhooks.data
    found.push(...page.nodes.filter(({ url }) => url === address))
    after = nextOf(page, after)
  } while (after !== null)
  return found
}

interface Place {
  readonly context: AdapterContext
  readonly settings: Settings
  readonly address: string
}

const inputOf = ({ settings, address }: Place, name: string) => ({
  ...(settings.customer === null ? {} : { customer_account_id: settings.customer }),
  name,
  shop_name: shopNameOf(address),
})

async function remove(place: Place, name: string): Promise<void> {
  try {
    const data = inputOf(place, name)
    await send(place.context, place.settings, deleteWebhookDocument, { data }, { effect: 'idempotent' })
  } catch (thrown) {
    // It is gone already, which is what was wanted.
    if (!isStockpoolError(thrown, 'not_found') && !isStockpoolError(thrown, 'rejected')) throw thrown
  }
}

/** Subscribes and gives the secret, which ShipHero shows this once. One that exists already is made anew: its secret is lost. */
async function subscribe(place: Place, name: string): Promise<Token> {
  const data = { ...inputOf(place, name), url: place.address }
  const create = () =>
    send(place.context, place.settings, createWebhookDocument, { data }, { effect: 'idempotent' })
  let answer: Awaited<ReturnType<typeof create>>
  try {
    answer = await create()
  } catch (thrown) {
    if (!isStockpoolError(thrown, 'rejected')) throw thrown
    await remove(place, name)
    answer = await create()
  }
  return { value: answer.data.webhook_create.webhook.shared_signature_secret, expiresAt: null }
}

const isOff = ({ enabled, health }: WireWebhook) => enabled === false || health === 'UNHEALTHY'

/**
 * Sees to it that each webhook exists, that its secret is kept, and that it is enabled: ShipHero disables one whose deliveries
 * failed for a while (health HEALTHY, WARNING, UNHEALTHY; since 2026-04-20).
 */
async function ensure(place: Place): Promise<void> {
  const { context, settings, address } = place
  const all = await webhooksAt(context, settings, address)
  for (const name of settings.webhookTopics) {
    const existing = all.filter((each) => each.name === name && each.shop_name === shopNameOf(address))
    let fresh = false
    const renew = async () => {
      fresh = true
      if (existing.length > 0) await remove(place, name)
      return subscribe(place, name)
    }
    const secret = await context.tokens.get(tokenOf(name), renew)
    if (!fresh && existing.length !== 1) {
      // The secret that is kept belongs to a webhook that is gone, or to one of two.
      await context.tokens.invalidate(tokenOf(name), secret)
      await context.tokens.get(tokenOf(name), renew)
    }
    const [known] = existing
    if (fresh || known === undefined) continue
    if (isOff(known)) {
      const data = { webhook_id: known.id }
      await send(context, settings, enableWebhookDocument, { data }, { effect: 'idempotent' })
      context.log.info('a ShipHero webhook was disabled, and is enabled again', { name })
    } else if (known.health !== null && known.health !== 'HEALTHY') {
      context.log.warn('ShipHero reports failing deliveries of a webhook', { name, health: known.health })
    }
  }
}

export function webhooksFacet(settings: Settings): WebhooksFacet & Required<Pick<WebhooksFacet, 'ensure'>> {
  return {
    maxBytes: 1_048_576,
    secretNames: settings.webhookTopics.map(tokenOf),
    verify: (delivery, _now, kept = []) =>
      verify(delivery, [...settings.webhookSecrets, ...kept], settings.shopName),
    ensure(context, address) {
      if (address.startsWith('https://')) return ensure({ context, settings, address })
      return Promise.reject(
        new StockpoolError('invalid_input', 'ShipHero sends webhooks to https addresses only', {
          field: 'address',
          remedy: 'Give the public https address of the webhook route.',
        }),
      )
    },
  }
}
