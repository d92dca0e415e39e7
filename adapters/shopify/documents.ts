import { bulkDocuments } from './bulk-documents.ts'
import { define, type GraphqlDocument, pages } from './document.ts'
import {
  fulfillmentCreateDocument,
  fulfillmentLinesDocument,
  fulfillmentOrderLinesDocument,
  fulfillmentOrdersDocument,
  holdDocument,
  moreFulfillmentOrdersDocument,
  moveDocument,
  releaseHoldDocument,
  trackingUpdateDocument,
} from './fulfillment-documents.ts'
import { lineCost, lineFields, orderCost, orderFields } from './order-fields.ts'
import { returnDocuments } from './return-documents.ts'
import { answers } from './wire.ts'

/** Sorted by the field it filters on: the default sort, PROCESSED_AT, would make a watermark skip orders. */
export const ordersDocument = define({
  operation: 'Orders',
  data: answers.Orders,
  cost: 2 + pages.orders * orderCost + 1,
  query: `query Orders($after: String, $query: String!, $count: Boolean!, $limit: Int) {
  orders(first: ${pages.orders}, after: $after, sortKey: UPDATED_AT, query: $query) {
    nodes { ...OrderFields }
    pageInfo { hasNextPage endCursor }
  }
  ordersCount(query: $query, limit: $limit) @include(if: $count) { count }
}
${orderFields}`,
})

export const orderDocument = define({
  operation: 'Order',
  data: answers.Order,
  cost: orderCost,
  query: `query Order($id: ID!) {
  order(id: $id) { ...OrderFields }
}
${orderFields}`,
})

/** The order that a fulfilment order is a part of: its webhooks name no order. */
export const orderOfPartDocument = define({
  operation: 'OrderOfFulfillmentOrder',
  data: answers.OrderOfFulfillmentOrder,
  cost: 1 + orderCost,
  query: `query OrderOfFulfillmentOrder($id: ID!) {
  fulfillmentOrder(id: $id) { order { ...OrderFields } }
}
${orderFields}`,
})

export const heldOrdersDocument = define({
  operation: 'FulfillmentOrderChanges',
  data: answers.FulfillmentOrderChanges,
  cost: 2 + pages.changedParts * 2,
  query: `query FulfillmentOrderChanges($after: String, $query: String!) {
  fulfillmentOrders(first: ${pages.changedParts}, after: $after, sortKey: UPDATED_AT, query: $query) {
    nodes { id updatedAt order { id updatedAt } }
    pageInfo { hasNextPage endCursor }
  }
}`,
})

export const orderLinesDocument = define({
  operation: 'OrderLines',
  data: answers.OrderLines,
  cost: 3 + pages.lines * lineCost,
  query: `query OrderLines($id: ID!, $after: String) {
  order(id: $id) {
    lineItems(first: ${pages.lines}, after: $after) {
      nodes { ...Line }
      pageInfo { hasNextPage endCursor }
    }
  }
}
${lineFields}`,
})

const eventCost = 3 + pages.linesOfEvents * 2

/**
 * Asked only for an order of which some units were refunded and some shipped: which of the two each unit was. The
 * lists themselves have no pages; an order with more than 40 parcels, or refunds, is beyond them.
 */
export const orderHistoryDocument = define({
  operation: 'OrderHistory',
  data: answers.OrderHistory,
  cost: 1 + 2 * pages.events * eventCost,
  query: `query OrderHistory($id: ID!) {
  order(id: $id) {
    fulfillments(first: ${pages.events}) {
      id
      status
      fulfillmentLineItems(first: ${pages.linesOfEvents}) {
        nodes { quantity lineItem { id } }
        pageInfo { hasNextPage endCursor }
      }
    }
    refunds(first: ${pages.events}) {
      id
      refundLineItems(first: ${pages.linesOfEvents}) {
        nodes { quantity restockType lineItem { id } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}`,
})

export const refundLinesDocument = define({
  operation: 'RefundLines',
  data: answers.RefundLines,
  cost: 3 + 250 * 2,
  query: `query RefundLines($id: ID!, $after: String!) {
  refund(id: $id) {
    refundLineItems(first: 250, after: $after) {
      nodes { quantity restockType lineItem { id } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`,
})

export const orderCancelDocument = define({
  operation: 'OrderCancel',
  data: answers.OrderCancel,
  cost: 10,
  query: `mutation OrderCancel($orderId: ID!, $reason: OrderCancelReason!, $restock: Boolean!, $refundMethod: OrderCancelRefundMethodInput, $notifyCustomer: Boolean, $staffNote: String) {
  orderCancel(orderId: $orderId, reason: $reason, restock: $restock, refundMethod: $refundMethod, notifyCustomer: $notifyCustomer, staffNote: $staffNote) {
    job { id done }
    orderCancelUserErrors { field code message }
  }
}`,
})

export const cancelProgressDocument = define({
  operation: 'CancelProgress',
  data: answers.CancelProgress,
  cost: 2,
  query: `query CancelProgress($job: ID!, $order: ID!) {
  job(id: $job) { id done }
  order(id: $order) { id cancelledAt displayFulfillmentStatus }
}`,
})

/** Both `@idempotent` and a present `changeFromQuantity` are obligatory since 2026-04 (ShopifySharp #1253). */
export const setQuantitiesDocument = define({
  operation: 'InventorySetQuantities',
  data: answers.InventorySetQuantities,
  cost: 10,
  query: `mutation InventorySetQuantities($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    userErrors { field code message }
  }
}`,
})

export const availableDocument = define({
  operation: 'InventoryAvailable',
  data: answers.InventoryAvailable,
  cost: pages.inventoryItems * 3,
  query: `query InventoryAvailable($ids: [ID!]!, $location: ID!) {
  nodes(ids: $ids) {
    ... on InventoryItem {
      id
      tracked
      inventoryLevel(locationId: $location) { quantities(names: ["available"]) { name quantity } }
    }
  }
}`,
})

export const variantsCountDocument = define({
  operation: 'ProductVariantsCount',
  data: answers.ProductVariantsCount,
  cost: 1,
  // At most 10,000 are counted unless no limit is asked for.
  query: `query ProductVariantsCount {
  productVariantsCount(limit: null) { count }
}`,
})

export const variantsDocument = define({
  operation: 'ProductVariants',
  data: answers.ProductVariants,
  cost: 2 + pages.variants * 4,
  query: `query ProductVariants($after: String, $location: ID!) {
  productVariants(first: ${pages.variants}, after: $after) {
    nodes {
      sku
      displayName
      barcode
      inventoryItem {
        id
        tracked
        inventoryLevel(locationId: $location) { quantities(names: ["available"]) { name quantity } }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}`,
})

export const subscriptionsDocument = define({
  operation: 'WebhookSubscriptions',
  data: answers.WebhookSubscriptions,
  cost: 2 + pages.subscriptions,
  query: `query WebhookSubscriptions($after: String) {
  webhookSubscriptions(first: ${pages.subscriptions}, after: $after) {
    nodes { id topic uri format filter includeFields }
    pageInfo { hasNextPage endCursor }
  }
}`,
})

export const subscribeDocument = define({
  operation: 'WebhookSubscriptionCreate',
  data: answers.WebhookSubscriptionCreate,
  cost: 10,
  query: `mutation WebhookSubscriptionCreate($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: { uri: $uri, format: JSON }) {
    webhookSubscription { id }
    userErrors { field message }
  }
}`,
})

/** Brings a subscription of ours back to what it should be. */
export const resubscribeDocument = define({
  operation: 'WebhookSubscriptionUpdate',
  data: answers.WebhookSubscriptionUpdate,
  cost: 10,
  query: `mutation WebhookSubscriptionUpdate($id: ID!, $subscription: WebhookSubscriptionInput!) {
  webhookSubscriptionUpdate(id: $id, webhookSubscription: $subscription) {
    webhookSubscription { id }
    userErrors { field message }
  }
}`,
})

/** All of them, for the conformance tests. */
export const documents: readonly GraphqlDocument[] = [
  ordersDocument,
  orderDocument,
  orderLinesDocument,
  orderHistoryDocument,
  refundLinesDocument,
  orderCancelDocument,
  cancelProgressDocument,
  setQuantitiesDocument,
  availableDocument,
  variantsCountDocument,
  variantsDocument,
  fulfillmentOrdersDocument,
  moreFulfillmentOrdersDocument,
  fulfillmentOrderLinesDocument,
  fulfillmentLinesDocument,
  fulfillmentCreateDocument,
  trackingUpdateDocument,
  holdDocument,
  releaseHoldDocument,
  moveDocument,
  subscriptionsDocument,
  subscribeDocument,
  resubscribeDocument,
  orderOfPartDocument,
  heldOrdersDocument,
  ...bulkDocuments,
  ...returnDocuments,
]
