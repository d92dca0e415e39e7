import { createHash } from 'node:crypto'
import { z } from 'zod'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import { sameBytes } from '../../src/http/index.ts'
import type {
  AdapterContext,
  Hint,
  WebhookDelivery,
  WebhookEvent,
  WebhooksFacet,
} from '../../src/spec/index.ts'
import { send } from './client.ts'
import { refuse } from './errors.ts'
import type { Settings } from './options.ts'
import { signWebhook } from './sign.ts'
import { Nothing, WebhookList } from './wire.ts'

export interface TikTokWebhooks extends Required<Pick<WebhooksFacet, 'maxBytes' | 'ensure'>> {
  verify(delivery: WebhookDelivery, now: number): WebhookEvent
}

/** Bodies are thin: an id and a status. */
const maxBytes = 256 * 1024

/** TikTok repeats a delivery for 15 hours and 32 minutes (hookdeck/webhook-skills: after 2 min, 30 min, 3 h and 12 h); older ones are replayed. */
const oldestMs = 20 * 3_600_000
const aheadMs = 300_000

/** Subscribed by `ensure`. */
export const subscribedTopics = [
  'ORDER_STATUS_CHANGE',
  'RECIPIENT_ADDRESS_UPDATE',
  'PACKAGE_UPDATE',
  'CANCELLATION_STATUS_CHANGE',
  'RETURN_STATUS_CHANGE',
  'REVERSE_STATUS_UPDATE',
  'SELLER_DEAUTHORIZATION',
  'UPCOMING_AUTHORIZATION_EXPIRATION',
] as const

/** Of orders that TikTok ships for other channels. */
export const mcfTopic = 'FBT_MCF_ORDER_STATUS'

/** Names of the numbers, for people; what to read again is told by the data ("do not branch only on the numeric type"). */
const topics: Readonly<Record<number, string>> = {
  1: 'ORDER_STATUS_CHANGE',
  2: 'REVERSE_STATUS_UPDATE',
  3: 'RECIPIENT_ADDRESS_UPDATE',
  4: 'PACKAGE_UPDATE',
  5: 'PRODUCT_STATUS_CHANGE',
  6: 'SELLER_DEAUTHORIZATION',
  7: 'UPCOMING_AUTHORIZATION_EXPIRATION',
  11: 'CANCELLATION_STATUS_CHANGE',
  12: 'RETURN_STATUS_CHANGE',
  24: 'FBT_INVENTORY_UPDATE',
  58: mcfTopic,
}

/** Ids are text. One that came as a number too large to be exact is none: what it is of is read in its turn all the same. */
const Id = z
  .union([z.string().min(1), z.int().transform(String)])
  .nullish()
  .catch(null)
const ids = z.array(Id).nullish().catch(null)

// Made when first needed.
const body = () =>
  z.object({
    type: z.int(),
    tts_notification_id: Id,
    shop_id: Id,
    timestamp: z.number().positive(),
    data: z
      .object({
        order_id: Id,
        order_ids: ids,
        return_id: Id,
        mcf_order: z.object({ external_order_id: Id, mcf_order_id: Id }).nullish().catch(null),
        package_list: z
          .array(z.object({ order_id_list: ids }))
          .nullish()
          .catch(null),
      })
      .nullish(),
  })
type Body = z.infer<ReturnType<typeof body>>

function hintsOf({ mcf }: Settings, { type, data }: Body): Hint[] {
  if (type === 6) return [{ kind: 'uninstalled' }]
  const { external_order_id: reference = null, mcf_order_id: id = null } = data?.mcf_order ?? {}
  // The id is all that the order can be read by, and may be known from nowhere else.
  if (type === 58 && mcf !== null) return [{ kind: 'fulfillment', reference, id }]
  if (type === 24) return [{ kind: 'stock' }]
  const orders = [data?.order_id, ...(data?.order_ids ?? []), ...(data?.package_list ?? []).flatMap(listed)]
  const known = [...new Set(orders)].filter((order): order is string => typeof order === 'string')
  const hints: Hint[] = [
    ...known.map((order): Hint => ({ kind: 'order', order })),
    ...(data?.return_id ? [{ kind: 'return' as const, id: data.return_id }] : []),
  ]
  return hints.length > 0 ? hints : [{ kind: 'ignored', topic: topicOf(type) }]
}

type Ids = z.infer<typeof ids>

const listed = (each: { readonly order_id_list?: Ids }) => each.order_id_list ?? []

const topicOf = (type: number) => topics[type] ?? `type ${type}`

function unsigned(message: string, remedy: string): StockpoolError {
  return refuse('signature', 'authorization', message, remedy)
}

/** Over the raw bytes. The signature holds the body's own time, so that an old delivery cannot be played back later. */
function verify(settings: Settings, delivery: WebhookDelivery, now: number): WebhookEvent {
  const signature = delivery.headers.authorization
  if (!signature) throw unsigned('the signature is missing', 'Only TikTok may post here.')
  const expected = signWebhook(settings.appKey, settings.appSecret, delivery.body)
  if (!sameBytes(signature, expected)) {
    throw unsigned(
      'the signature does not match',
      'Check appKey and appSecret, and that nothing changed the body on its way.',
    )
  }
  const read = readBody(delivery.body)
  // One secret signs for every shop that authorised the application.
  if (settings.shopId !== undefined && read.shop_id != null && read.shop_id !== settings.shopId)
    throw unsigned('the webhook is of another shop', 'Give each shop its own address.')
  const at = read.timestamp * 1000
  if (now - at > oldestMs || at - now > aheadMs)
    throw unsigned('the webhook was sent too long ago, or ahead of our time', "Check this machine's clock.")
  return {
    id: read.tts_notification_id ?? createHash('sha256').update(delivery.body).digest('hex').slice(0, 32),
    topic: topicOf(read.type),
    occurredAt: at,
    hints: hintsOf(settings, read),
  }
}

function readBody(bytes: Uint8Array): Body {
  try {
    return body().parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  } catch (cause) {
    throw new StockpoolError('invalid_input', 'the body of the webhook is not what TikTok documents', {
      field: 'body',
      cause,
    })
  }
}

/** One address a topic and shop: whatever is not sent here is. */
async function ensure(context: AdapterContext, settings: Settings, address: string): Promise<void> {
  if (address.length > 255) {
    throw refuse(
      'invalid_input',
      'address',
      'TikTok takes addresses of at most 255 characters',
      'Shorten publicUrl.',
    )
  }
  const { data } = await send(context, settings, {
    operation: 'GetShopWebhooks',
    effect: 'read',
    method: 'GET',
    path: '/event/202309/webhooks',
    schema: WebhookList,
  })
  const present = new Map((data.webhooks ?? []).map((each) => [each.event_type, each.address]))
  for (const topic of subscribedTopics.filter((each) => present.get(each) !== address)) {
    await subscribe(context, settings, topic, address)
  }
  if (settings.mcf === null || present.get(mcfTopic) === address) return
  try {
    await subscribe(context, settings, mcfTopic, address)
  } catch (error) {
    // The list of topics that this call takes does not name it, so it may have to be set by hand; the orders are looked at anyway.
    if (!isStockpoolError(error, 'rejected')) throw error
    context.log.warn(`TikTok refuses to subscribe ${mcfTopic}: set it in Partner Center`, { error })
  }
}

async function subscribe(
  context: AdapterContext,
  settings: Settings,
  topic: string,
  address: string,
): Promise<void> {
  await send(context, settings, {
    operation: 'UpdateShopWebhook',
    effect: 'idempotent',
    method: 'PUT',
    path: '/event/202309/webhooks',
    json: { event_type: topic, address },
    schema: Nothing,
  })
}

export function tiktokWebhooks(settings: Settings): TikTokWebhooks {
  return {
    maxBytes,
    verify: (delivery, now) => verify(settings, delivery, now),
    ensure: (context, address) => ensure(context, settings, address),
  }
}
