import { type Args, type FieldType, objectType } from '../../../src/simulator/graphql/index.ts'
import { fulfillMutation, trackingMutation } from './fulfill-mutations.ts'
import { quantitiesMutation } from './quantities-mutation.ts'
import { cancelOrder } from './sales.ts'
import { fulfillmentStatus, type Job } from './shop.ts'
import type { World } from './world.ts'

const userErrors = (message: string, field: readonly string[] | null = null, code?: string) => [
  { field, message, ...(code === undefined ? {} : { code }) },
]

function orderCancel(args: Args, world: World) {
  const { shop, behaviour } = world
  const order = world.orderOf(args.orderId)
  const refused = (message: string, code: string) => ({
    job: null,
    orderCancelUserErrors: userErrors(message, ['orderId'], code),
  })
  if (!order) return refused('Order does not exist', 'NOT_FOUND')
  if (order.cancelledAt !== null)
    return refused('Cannot cancel an order that has already been canceled', 'INVALID')
  const status = fulfillmentStatus(order)
  if (status === 'FULFILLED' || status === 'PARTIALLY_FULFILLED') {
    return refused('Cannot cancel an order that has been fulfilled or partially fulfilled', 'INVALID')
  }
  const lost = world.fault('accepted_not_applied') !== null
  const job: Job = {
    id: shop.nextId('Job').replace(/\d+$/, (digits) => `00000000-0000-4000-8000-${digits.padStart(12, '0')}`),
    dueAt: shop.clock.now() + behaviour.cancelAfterMs,
    done: false,
    run: () => {
      if (!lost) cancelOrder(shop, order, String(args.reason), args.restock === true)
    },
  }
  shop.jobs.set(job.id, job)
  return { job, orderCancelUserErrors: [] }
}

/** `ORDERS_CREATE` is `orders/create` in a delivery. The first part may itself hold an underscore. */
export function deliveryTopic(topic: string): string {
  const [, resource = '', event = ''] =
    /^(INVENTORY_LEVELS|FULFILLMENT_ORDERS|[A-Z]+)_(.+)$/.exec(topic) ?? []
  return `${resource}/${event}`.toLowerCase()
}

function webhookSubscriptionCreate(args: Args, world: World) {
  const topic = String(args.topic)
  const { uri } = args.webhookSubscription as { readonly uri?: string }
  const refused = (message: string) => ({
    webhookSubscription: null,
    userErrors: userErrors(message, ['webhookSubscription', 'uri']),
  })
  // The simulator also takes http on loopback; Shopify takes https alone.
  if (uri === undefined || !/^https?:\/\//.test(uri)) return refused('Address is invalid')
  const taken = [...world.subscriptions.values()].some((each) => each.topic === topic && each.uri === uri)
  if (taken) return refused('Address for this topic has already been taken')
  const id = world.shop.nextId('WebhookSubscription')
  const subscription = { id, topic, uri, createdAt: world.shop.now() }
  world.subscriptions.set(id, subscription)
  world.webhooks.subscribe({ id, url: uri, topics: [deliveryTopic(topic)] })
  return { webhookSubscription: subscription, userErrors: [] }
}

function webhookSubscriptionDelete(args: Args, world: World) {
  const id = String(args.id)
  if (!world.subscriptions.delete(id)) {
    return {
      deletedWebhookSubscriptionId: null,
      userErrors: userErrors('Webhook subscription does not exist', ['id']),
    }
  }
  world.webhooks.unsubscribe(id)
  return { deletedWebhookSubscriptionId: id, userErrors: [] }
}

const mutation = (
  type: string,
  args: Readonly<Record<string, string>>,
  run: (args: Args, world: World, directives: ReadonlyMap<string, Args>) => unknown,
): FieldType<unknown, World> => ({
  type,
  args,
  resolve: (_, given, world, directives) => run(given, world, directives),
})

export const mutationFields: Readonly<Record<string, FieldType<unknown, World>>> = {
  inventorySetQuantities: mutation(
    'InventorySetQuantitiesPayload',
    { input: 'InventorySetQuantitiesInput!' },
    quantitiesMutation,
  ),
  orderCancel: mutation(
    'OrderCancelPayload',
    {
      orderId: 'ID!',
      reason: 'OrderCancelReason!',
      restock: 'Boolean!',
      refundMethod: 'OrderCancelRefundMethodInput',
      notifyCustomer: 'Boolean',
      staffNote: 'String',
    },
    orderCancel,
  ),
  fulfillmentCreate: mutation(
    'FulfillmentCreatePayload',
    { fulfillment: 'FulfillmentInput!', message: 'String' },
    fulfillMutation,
  ),
  fulfillmentTrackingInfoUpdate: mutation(
    'FulfillmentTrackingInfoUpdatePayload',
    { fulfillmentId: 'ID!', trackingInfoInput: 'FulfillmentTrackingInput!', notifyCustomer: 'Boolean' },
    trackingMutation,
  ),
  webhookSubscriptionCreate: mutation(
    'WebhookSubscriptionCreatePayload',
    { topic: 'WebhookSubscriptionTopic!', webhookSubscription: 'WebhookSubscriptionInput!' },
    webhookSubscriptionCreate,
  ),
  webhookSubscriptionDelete: mutation(
    'WebhookSubscriptionDeletePayload',
    { id: 'ID!' },
    webhookSubscriptionDelete,
  ),
}

const plainError = { field: '[String!]', message: 'String!' }

export const mutationTypes = {
  UserError: objectType<never, World>(plainError, 'DisplayableError'),
  OrderCancelUserError: objectType<never, World>(
    { ...plainError, code: 'OrderCancelUserErrorCode' },
    'DisplayableError',
  ),
  InventorySetQuantitiesUserError: objectType<never, World>(
    { ...plainError, code: 'InventorySetQuantitiesUserErrorCode' },
    'DisplayableError',
  ),
  OrderCancelPayload: objectType<never, World>({
    job: 'Job',
    orderCancelUserErrors: '[OrderCancelUserError!]!',
  }),
  InventorySetQuantitiesPayload: objectType<never, World>({
    inventoryAdjustmentGroup: 'InventoryAdjustmentGroup',
    userErrors: '[InventorySetQuantitiesUserError!]!',
  }),
  InventoryAdjustmentGroup: objectType<never, World>(
    { id: 'ID!', reason: 'String!', createdAt: 'DateTime!', referenceDocumentUri: 'String' },
    'Node',
  ),
  FulfillmentCreatePayload: objectType<never, World>({
    fulfillment: 'Fulfillment',
    userErrors: '[UserError!]!',
  }),
  FulfillmentTrackingInfoUpdatePayload: objectType<never, World>({
    fulfillment: 'Fulfillment',
    userErrors: '[UserError!]!',
  }),
  WebhookSubscriptionCreatePayload: objectType<never, World>({
    webhookSubscription: 'WebhookSubscription',
    userErrors: '[UserError!]!',
  }),
  WebhookSubscriptionDeletePayload: objectType<never, World>({
    deletedWebhookSubscriptionId: 'ID',
    userErrors: '[UserError!]!',
  }),
}
