import { type Args, type FieldType, objectType } from '../../../src/simulator/graphql/index.ts'
import {
  fulfillMutation,
  holdMutation,
  moveMutation,
  releaseHoldMutation,
  trackingMutation,
} from './fulfill-mutations.ts'
import { quantitiesMutation } from './quantities-mutation.ts'
import { refundCreate } from './refunds.ts'
import {
  returnApproveRequest,
  returnClose,
  returnCreate,
  returnDeclineRequest,
  returnProcess,
} from './return-mutations.ts'
import { cancelOrder } from './sales.ts'
import { fulfillmentStatus, type Job } from './shop.ts'
import {
  webhookSubscriptionCreate,
  webhookSubscriptionDelete,
  webhookSubscriptionUpdate,
} from './subscriptions.ts'
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

function bulkOperationRunQuery(args: Args, world: World) {
  const begun = world.bulk.begin(String(args.query), args.groupObjects === true, world)
  if ('code' in begun) {
    const { code, message } = begun
    return { bulkOperation: null, userErrors: userErrors(message, ['query'], code) }
  }
  return { bulkOperation: begun, userErrors: [] }
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
  fulfillmentOrderHold: mutation(
    'FulfillmentOrderHoldPayload',
    { id: 'ID!', fulfillmentHold: 'FulfillmentOrderHoldInput!' },
    holdMutation,
  ),
  fulfillmentOrderReleaseHold: mutation(
    'FulfillmentOrderReleaseHoldPayload',
    { id: 'ID!', holdIds: '[ID!]', externalId: 'String' },
    releaseHoldMutation,
  ),
  fulfillmentOrderMove: mutation(
    'FulfillmentOrderMovePayload',
    { id: 'ID!', newLocationId: 'ID!', fulfillmentOrderLineItems: '[FulfillmentOrderLineItemInput!]' },
    moveMutation,
  ),
  webhookSubscriptionCreate: mutation(
    'WebhookSubscriptionCreatePayload',
    { topic: 'WebhookSubscriptionTopic!', webhookSubscription: 'WebhookSubscriptionInput!' },
    webhookSubscriptionCreate,
  ),
  webhookSubscriptionUpdate: mutation(
    'WebhookSubscriptionUpdatePayload',
    { id: 'ID!', webhookSubscription: 'WebhookSubscriptionInput!' },
    webhookSubscriptionUpdate,
  ),
  bulkOperationRunQuery: mutation(
    'BulkOperationRunQueryPayload',
    { query: 'String!', groupObjects: 'Boolean!' },
    bulkOperationRunQuery,
  ),
  webhookSubscriptionDelete: mutation(
    'WebhookSubscriptionDeletePayload',
    { id: 'ID!' },
    webhookSubscriptionDelete,
  ),
  returnCreate: mutation('ReturnCreatePayload', { returnInput: 'ReturnInput!' }, returnCreate),
  returnApproveRequest: mutation(
    'ReturnApproveRequestPayload',
    { input: 'ReturnApproveRequestInput!' },
    returnApproveRequest,
  ),
  returnDeclineRequest: mutation(
    'ReturnDeclineRequestPayload',
    { input: 'ReturnDeclineRequestInput!' },
    returnDeclineRequest,
  ),
  returnClose: mutation('ReturnClosePayload', { id: 'ID!' }, returnClose),
  returnProcess: mutation('ReturnProcessPayload', { input: 'ReturnProcessInput!' }, returnProcess),
  refundCreate: mutation('RefundCreatePayload', { input: 'RefundInput!' }, refundCreate),
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
  FulfillmentOrderHoldPayload: objectType<never, World>({
    fulfillmentHold: 'FulfillmentHold',
    fulfillmentOrder: 'FulfillmentOrder',
    remainingFulfillmentOrder: 'FulfillmentOrder',
    userErrors: '[FulfillmentOrderHoldUserError!]!',
  }),
  FulfillmentOrderReleaseHoldPayload: objectType<never, World>({
    fulfillmentOrder: 'FulfillmentOrder',
    userErrors: '[FulfillmentOrderReleaseHoldUserError!]!',
  }),
  FulfillmentOrderMovePayload: objectType<never, World>({
    movedFulfillmentOrder: 'FulfillmentOrder',
    originalFulfillmentOrder: 'FulfillmentOrder',
    userErrors: '[FulfillmentOrderMoveFulfillmentOrderMoveUserError!]!',
  }),
  ...Object.fromEntries(
    ['Hold', 'ReleaseHold', 'MoveFulfillmentOrderMove'].map((name) => [
      `FulfillmentOrder${name}UserError`,
      objectType<never, World>(
        { ...plainError, code: `FulfillmentOrder${name}UserErrorCode` },
        'DisplayableError',
      ),
    ]),
  ),
  WebhookSubscriptionCreatePayload: objectType<never, World>({
    webhookSubscription: 'WebhookSubscription',
    userErrors: '[UserError!]!',
  }),
  ...Object.fromEntries(
    ['Create', 'ApproveRequest', 'DeclineRequest', 'Close', 'Process'].map((name) => [
      `Return${name}Payload`,
      objectType<never, World>({ return: 'Return', userErrors: '[ReturnUserError!]!' }),
    ]),
  ),
  ReturnUserError: objectType<never, World>({ ...plainError, code: 'ReturnErrorCode' }, 'DisplayableError'),
  RefundCreatePayload: objectType<never, World>({
    order: 'Order',
    refund: 'Refund',
    userErrors: '[UserError!]!',
  }),
  WebhookSubscriptionUpdatePayload: objectType<never, World>({
    webhookSubscription: 'WebhookSubscription',
    userErrors: '[UserError!]!',
  }),
  BulkOperationRunQueryPayload: objectType<never, World>({
    bulkOperation: 'BulkOperation',
    userErrors: '[BulkOperationUserError!]!',
  }),
  BulkOperationUserError: objectType<never, World>(
    { ...plainError, code: 'BulkOperationUserErrorCode' },
    'DisplayableError',
  ),
  WebhookSubscriptionDeletePayload: objectType<never, World>({
    deletedWebhookSubscriptionId: 'ID',
    userErrors: '[UserError!]!',
  }),
}
