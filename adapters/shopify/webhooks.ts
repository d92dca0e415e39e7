import { z } from 'zod'
import { StockpoolError, toStockpoolError } from '../../src/error.ts'
import { fromBase64, hmacSha256, sameBytes } from '../../src/http/index.ts'
import type { AdapterContext } from '../../src/spec/context.ts'
import type { Hint, WebhookDelivery, WebhookEvent, WebhooksFacet } from '../../src/spec/webhooks.ts'
import { send } from './client.ts'
import { resubscribeDocument, subscribeDocument, subscriptionsDocument } from './documents.ts'
import { userError } from './errors.ts'
import { gid, type Shop } from './options.ts'
import { allOf } from './paging.ts'
import type { WireSubscription } from './wire.ts'

/** Large orders carry their whole content; Shopify states no limit. */
const maxBytes = 5 * 1024 * 1024

const Id = z.union([z.int().positive(), z.string().regex(/^\d+$/)])
const OrderBody = z.object({ id: Id })
const OfOrderBody = z.object({ order_id: Id })
const LevelBody = z.object({ inventory_item_id: Id, location_id: Id })
const ReturnBody = z.object({ admin_graphql_api_id: z.string().optional(), id: Id.optional() })
const RedactBody = z.object({ orders_to_redact: z.array(Id).nullish() })
const DataRequestBody = z.object({ orders_requested: z.array(Id).nullish() })
/** https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance: "within 30 days of receiving the request". */
const dataRequestMs = 30 * 86_400_000

type Read = (body: unknown) => Hint[]

const order: Read = (body) => [{ kind: 'order', order: gid('Order', OrderBody.parse(body).id) }]
const ofOrder: Read = (body) => [{ kind: 'order', order: gid('Order', OfOrderBody.parse(body).order_id) }]
const ofReturn: Read = (body) => {
  const { admin_graphql_api_id, id } = ReturnBody.parse(body)
  return [{ kind: 'return', id: admin_graphql_api_id ?? (id === undefined ? null : gid('Return', id)) }]
}

const Part = z.object({ id: z.string().startsWith('gid://shopify/FulfillmentOrder/') })
const PartBody = z.object({ fulfillment_order: Part.optional(), moved_fulfillment_order: Part.optional() })

/** The body names a part of an order (a fulfilment order), and never the order: `orders.get` takes either. */
const partOfOrder: Read = (body) => {
  const { fulfillment_order, moved_fulfillment_order } = PartBody.parse(body)
  const part = fulfillment_order ?? moved_fulfillment_order
  if (!part) throw new Error('no fulfilment order')
  return [{ kind: 'order', order: part.id }]
}

const level: Read = (body) => {
  const { inventory_item_id, location_id } = LevelBody.parse(body)
  const listing = gid('InventoryItem', inventory_item_id)
  return [{ kind: 'listing', listing, place: gid('Location', location_id) }]
}

/** What each topic hints at; a topic that is not here is `ignored`. A sale does not trigger products/update (craftcms/shopify#61). */
const topics: Readonly<Record<string, Read>> = {
  'orders/create': order,
  'orders/updated': order,
  'orders/paid': order,
  'orders/cancelled': order,
  'orders/fulfilled': order,
  'orders/partially_fulfilled': order,
  'orders/edited': (body) => {
    const { order_edit } = z.object({ order_edit: OfOrderBody }).parse(body)
    return [{ kind: 'order', order: gid('Order', order_edit.order_id) }]
  },
  'refunds/create': ofOrder,
  'fulfillments/create': ofOrder,
  'fulfillments/update': ofOrder,
  // A hold changes no order, and so comes with no orders/updated (see held.ts).
  'fulfillment_orders/placed_on_hold': partOfOrder,
  'fulfillment_orders/hold_released': partOfOrder,
  'fulfillment_orders/moved': partOfOrder,
  'fulfillment_orders/rescheduled': partOfOrder,
  'fulfillment_orders/scheduled_fulfillment_order_ready': partOfOrder,
  'inventory_levels/update': level,
  'inventory_levels/connect': level,
  'inventory_levels/disconnect': level,
  'returns/request': ofReturn,
  'returns/approve': ofReturn,
  'returns/decline': ofReturn,
  'returns/cancel': ofReturn,
  'returns/close': ofReturn,
  'returns/reopen': ofReturn,
  'returns/update': ofReturn,
  'returns/process': ofReturn,
  'app/uninstalled': () => [{ kind: 'uninstalled' }],
  'customers/data_request': (body) => {
    const orders = DataRequestBody.parse(body).orders_requested ?? []
    return [{ kind: 'disclosure', orders: orders.map((id) => gid('Order', id)), withinMs: dataRequestMs }]
  },
  'customers/redact': (body) => {
    const orders = RedactBody.parse(body).orders_to_redact ?? []
    return [{ kind: 'erasure', orders: orders.map((id) => gid('Order', id)) }]
  },
  // 48 hours after the app was removed: everything of the shop.
  'shop/redact': () => [{ kind: 'erasure', orders: [], all: true }],
}

/** Subscribed by `ensure`. The compliance topics can only be named in the app's own configuration. */
export const subscribedTopics = [
  'ORDERS_CREATE',
  'ORDERS_UPDATED',
  'ORDERS_PAID',
  'ORDERS_CANCELLED',
  'ORDERS_EDITED',
  'REFUNDS_CREATE',
  'RETURNS_REQUEST',
  'RETURNS_APPROVE',
  'RETURNS_DECLINE',
  'RETURNS_CANCEL',
  'RETURNS_CLOSE',
  'RETURNS_PROCESS',
  'RETURNS_REOPEN',
  'RETURNS_UPDATE',
  'FULFILLMENT_ORDERS_PLACED_ON_HOLD',
  'FULFILLMENT_ORDERS_HOLD_RELEASED',
  'FULFILLMENT_ORDERS_MOVED',
  'FULFILLMENT_ORDERS_RESCHEDULED',
  'FULFILLMENT_ORDERS_SCHEDULED_FULFILLMENT_ORDER_READY',
  'INVENTORY_LEVELS_UPDATE',
  'APP_UNINSTALLED',
] as const

function refuse(field: string, message: string): StockpoolError {
  return new StockpoolError('signature', message, {
    field,
    remedy:
      'Check that webhookSecret is the client secret of the app that sends them, and that nothing changed the body on its way.',
  })
}

/** Over the raw bytes: a body parsed and written again differs for some topics (shopify-express#114, Shopify-Prime#2). */
function verify(shop: Shop, secret: string, delivery: WebhookDelivery): WebhookEvent {
  const { headers, body } = delivery
  const signature = headers['x-shopify-hmac-sha256']
  if (!signature) throw refuse('x-shopify-hmac-sha256', 'the signature is missing')
  if (!sameBytes(fromBase64(signature), hmacSha256(secret, body))) {
    throw refuse('x-shopify-hmac-sha256', 'the signature does not match')
  }
  // One app secret signs for every shop that installed the app.
  if (headers['x-shopify-shop-domain'] !== shop.domain) {
    throw refuse('x-shopify-shop-domain', 'the webhook is of another shop')
  }
  const topic = headers['x-shopify-topic'] ?? ''
  // Equal over repeats and over two subscriptions to one topic; one event may go out under several topics.
  const event = headers['x-shopify-event-id']
  if (topic === '' || !event) {
    throw new StockpoolError('invalid_input', 'the webhook names no topic or no event', {
      field: topic === '' ? 'x-shopify-topic' : 'x-shopify-event-id',
    })
  }
  const triggeredAt = Date.parse(headers['x-shopify-triggered-at'] ?? '')
  return {
    id: `${topic}:${event}`,
    topic,
    occurredAt: Number.isNaN(triggeredAt) ? null : triggeredAt,
    hints: hintsOf(topic, body),
  }
}

function hintsOf(topic: string, body: Uint8Array): Hint[] {
  const read = Object.hasOwn(topics, topic) ? topics[topic] : undefined
  if (!read) return [{ kind: 'ignored', topic }]
  try {
    return read(JSON.parse(Buffer.from(body).toString('utf8')))
  } catch (cause) {
    throw new StockpoolError('invalid_input', `the body of ${topic} is not what Shopify documents`, {
      field: 'body',
      cause,
    })
  }
}

type Present = WireSubscription & { readonly whole: boolean }

/** Whether a subscription sends what is read here: JSON, of every event, with the fields that name what changed. */
const isWhole = ({ format, filter, includeFields }: WireSubscription) =>
  (format ?? 'JSON') === 'JSON' && !filter && (includeFields ?? []).length === 0

/**
 * Shopify deletes a subscription after 8 deliveries that failed in a row, so the hub looks when it begins, and daily,
 * whether all are there, and whole. One that cannot be made does not keep back the others.
 */
async function ensure(shop: Shop, context: AdapterContext, address: string): Promise<void> {
  const read = async (after: string | null) =>
    (await send(shop, context, subscriptionsDocument, { after })).webhookSubscriptions
  const all = await allOf(await read(null), read)
  const ours = new Map<string, Present>()
  for (const each of all.filter(({ uri }) => uri === address))
    ours.set(each.topic, { ...each, whole: isWhole(each) })
  const failures: StockpoolError[] = []
  for (const topic of subscribedTopics) {
    const present = ours.get(topic)
    if (present?.whole) continue
    try {
      await (present ? mend(shop, context, present) : subscribe(shop, context, topic, address))
    } catch (thrown) {
      const error = toStockpoolError(thrown)
      // These concern every one of them.
      if (error.code === 'auth' || error.code === 'aborted' || error.retryable) throw error
      failures.push(error)
    }
  }
  const [first] = failures
  if (first) throw first
}

const repeatable = { effect: 'idempotent' } as const

async function subscribe(shop: Shop, context: AdapterContext, topic: string, uri: string): Promise<void> {
  const answer = await send(shop, context, subscribeDocument, { topic, uri }, repeatable)
  const [refusal] = answer.webhookSubscriptionCreate.userErrors
  // Two processes that start at once: the other one was quicker.
  if (refusal && !/already been taken/i.test(refusal.message)) throw userError(refusal)
}

async function mend(shop: Shop, context: AdapterContext, { id, uri }: Present): Promise<void> {
  const subscription = { uri, format: 'JSON', filter: '', includeFields: [] }
  const answer = await send(shop, context, resubscribeDocument, { id, subscription }, repeatable)
  const [refusal] = answer.webhookSubscriptionUpdate.userErrors
  if (refusal) throw userError(refusal)
}

/** Webhooks of a shop; only with the app's client secret. */
export function shopifyWebhooks(shop: Shop, secret: string) {
  return {
    maxBytes,
    verify: (delivery) => verify(shop, secret, delivery),
    ensure: (context, address) => ensure(shop, context, address),
  } satisfies WebhooksFacet
}
