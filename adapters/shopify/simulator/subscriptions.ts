import { z } from 'zod'
import type { Args } from '../../../src/simulator/graphql/index.ts'
import type { WebhookSender } from '../../../src/simulator/index.ts'
import type { Subscription, World } from './world.ts'

/** `ORDERS_CREATE` is `orders/create` in a delivery. The first part may itself hold an underscore. */
export function deliveryTopic(topic: string): string {
  const [, resource = '', event = ''] =
    /^(INVENTORY_LEVELS|FULFILLMENT_ORDERS|BULK_OPERATIONS|[A-Z]+)_(.+)$/.exec(topic) ?? []
  return `${resource}/${event}`.toLowerCase()
}

interface Input {
  readonly uri?: string | null
  readonly format?: 'JSON' | 'XML' | null
  readonly filter?: string | null
  readonly includeFields?: readonly string[] | null
}

const refused = (message: string, ...field: readonly string[]) => ({
  webhookSubscription: null,
  userErrors: [{ field, message }],
})

// The simulator also takes http on loopback; Shopify takes https alone.
const isAddress = (uri: string | null | undefined): uri is string => uri != null && /^https?:\/\//.test(uri)

function put(world: World, subscription: Subscription) {
  world.subscriptions.set(subscription.id, subscription)
  const { id, uri, topic } = subscription
  world.webhooks.unsubscribe(id)
  world.webhooks.subscribe({ id, url: uri, topics: [deliveryTopic(topic)] })
  return { webhookSubscription: subscription, userErrors: [] }
}

export function webhookSubscriptionCreate(args: Args, world: World) {
  const topic = String(args.topic)
  const { uri, format, filter, includeFields } = args.webhookSubscription as Input
  if (!isAddress(uri)) return refused('Address is invalid', 'webhookSubscription', 'uri')
  const taken = [...world.subscriptions.values()].some((each) => each.topic === topic && each.uri === uri)
  if (taken) return refused('Address for this topic has already been taken', 'webhookSubscription', 'uri')
  return put(world, {
    id: world.shop.nextId('WebhookSubscription'),
    topic,
    uri,
    format: format ?? 'JSON',
    filter: filter || null,
    includeFields: includeFields ?? [],
    createdAt: world.shop.now(),
  })
}

export function webhookSubscriptionUpdate(args: Args, world: World) {
  const known = world.subscriptions.get(String(args.id))
  if (!known) return refused('Webhook subscription does not exist', 'id')
  const given = args.webhookSubscription as Input
  if (given.uri != null && !isAddress(given.uri))
    return refused('Address is invalid', 'webhookSubscription', 'uri')
  return put(world, {
    ...known,
    uri: given.uri ?? known.uri,
    format: given.format ?? known.format,
    filter: given.filter === undefined ? known.filter : given.filter || null,
    includeFields: given.includeFields ?? known.includeFields,
  })
}

export function webhookSubscriptionDelete(args: Args, world: World) {
  const id = String(args.id)
  if (!world.subscriptions.delete(id)) {
    const userErrors = [{ field: ['id'], message: 'Webhook subscription does not exist' }]
    return { deletedWebhookSubscriptionId: null, userErrors }
  }
  world.webhooks.unsubscribe(id)
  return { deletedWebhookSubscriptionId: id, userErrors: [] }
}

/** `POST /_simulator/webhooks/…`: what befalls subscriptions besides. Without a topic: all of them. */
export function subscriptionControls(subscriptions: Map<string, Subscription>, webhooks: WebhookSender) {
  const Which = z.object({ topic: z.string().optional() })
  const chosen = (topic: string | undefined) =>
    [...subscriptions.values()].filter((each) => topic === undefined || each.topic === topic)
  return {
    // Shopify deletes those whose deliveries failed eight times in a row.
    'webhooks/drop'(body: unknown) {
      for (const { id } of chosen(Which.parse(body).topic)) {
        subscriptions.delete(id)
        webhooks.unsubscribe(id)
      }
    },
    // Somebody narrows them.
    'webhooks/filter'(body: unknown) {
      const { topic, filter } = Which.extend({ filter: z.string() }).parse(body)
      for (const each of chosen(topic)) subscriptions.set(each.id, { ...each, filter })
    },
  }
}
