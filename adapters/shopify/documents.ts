import type { z } from 'zod'
import { answers } from './wire.ts'

/**
 * Every GraphQL document that the adapter sends. They are validated against Shopify's own schema (2026-07 and
 * 2026-10) in test/conformance.
 *
 * `cost` is an upper bound by Shopify's published rule (an object 1 point, a connection 2 and its size times its
 * content, a mutation 10); the answer's `extensions.cost` corrects the bucket. Page sizes keep every document under
 * the 1,000 points that a single query may ask for, even if each page comes full.
 */
export interface GraphqlDocument<T = unknown> {
  readonly operation: string
  readonly query: string
  readonly cost: number
  /** What is read of the answer's `data`. */
  readonly data: z.ZodType<T>
}

const define = <T>(document: GraphqlDocument<T>): GraphqlDocument<T> => document

/** How many rows the documents ask for at once. */
export const pages = {
  orders: 10,
  linesOfOrders: 5,
  lines: 50,
  events: 40,
  linesOfEvents: 3,
  fulfillments: 100,
  fulfillmentOrders: 5,
  fulfillmentOrderLines: 20,
  moreFulfillmentOrderLines: 100,
  inventoryItems: 200,
  subscriptions: 100,
} as const

const money = '{ shopMoney { amount currencyCode } }'

// Two objects for the variant, two for the price, three each for one discount and one tax, and the line itself.
const lineCost = 11
const lineFields = `fragment Line on LineItem {
  id
  title
  sku
  quantity
  currentQuantity
  unfulfilledQuantity
  nonFulfillableQuantity
  requiresShipping
  isGiftCard
  variant { inventoryItem { id tracked } }
  originalUnitPriceSet ${money}
  discountAllocations { allocatedAmountSet ${money} }
  taxLines { title channelLiable priceSet ${money} }
}`

// Order, address, shipping line, total and its money, count.
const orderCost = 6 + 2 + pages.linesOfOrders * lineCost
const orderFields = `fragment OrderFields on Order {
  id
  name
  createdAt
  updatedAt
  cancelledAt
  cancelReason
  displayFinancialStatus
  displayFulfillmentStatus
  currencyCode
  email
  phone
  sourceName
  test
  currentTotalPriceSet ${money}
  shippingAddress { name company address1 address2 city provinceCode province zip countryCodeV2 phone }
  shippingLine { title code }
  fulfillmentsCount { count }
  lineItems(first: ${pages.linesOfOrders}) {
    nodes { ...Line }
    pageInfo { hasNextPage endCursor }
  }
}
${lineFields}`

/** Sorted by the field it filters on: the default sort, PROCESSED_AT, would make a watermark skip orders. */
export const ordersDocument = define({
  operation: 'Orders',
  data: answers.Orders,
  cost: 2 + pages.orders * orderCost,
  query: `query Orders($after: String, $query: String!) {
  orders(first: ${pages.orders}, after: $after, sortKey: UPDATED_AT, query: $query) {
    nodes { ...OrderFields }
    pageInfo { hasNextPage endCursor }
  }
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

const fulfillmentOrderCost = 6 + pages.fulfillmentOrderLines * 2
const fulfillmentOrderFields = `fragment FulfillmentOrderFields on FulfillmentOrder {
  id
  status
  supportedActions { action }
  assignedLocation { name location { id } }
  lineItems(first: ${pages.fulfillmentOrderLines}) {
    nodes { id remainingQuantity lineItem { id } }
    pageInfo { hasNextPage endCursor }
  }
}`

/** What is left to fulfil, and the tracking numbers that the order already carries. */
export const fulfillmentOrdersDocument = define({
  operation: 'FulfillmentOrders',
  data: answers.FulfillmentOrders,
  cost: 1 + pages.fulfillments * 4 + 2 + pages.fulfillmentOrders * fulfillmentOrderCost,
  query: `query FulfillmentOrders($id: ID!) {
  order(id: $id) {
    id
    cancelledAt
    fulfillments(first: ${pages.fulfillments}) { id status trackingInfo(first: 3) { number } }
    fulfillmentOrders(first: ${pages.fulfillmentOrders}) {
      nodes { ...FulfillmentOrderFields }
      pageInfo { hasNextPage endCursor }
    }
  }
}
${fulfillmentOrderFields}`,
})

export const moreFulfillmentOrdersDocument = define({
  operation: 'MoreFulfillmentOrders',
  data: answers.MoreFulfillmentOrders,
  cost: 3 + pages.fulfillmentOrders * fulfillmentOrderCost,
  query: `query MoreFulfillmentOrders($id: ID!, $after: String!) {
  order(id: $id) {
    fulfillmentOrders(first: ${pages.fulfillmentOrders}, after: $after) {
      nodes { ...FulfillmentOrderFields }
      pageInfo { hasNextPage endCursor }
    }
  }
}
${fulfillmentOrderFields}`,
})

export const fulfillmentOrderLinesDocument = define({
  operation: 'FulfillmentOrderLines',
  data: answers.FulfillmentOrderLines,
  cost: 3 + pages.moreFulfillmentOrderLines * 2,
  query: `query FulfillmentOrderLines($id: ID!, $after: String!) {
  fulfillmentOrder(id: $id) {
    lineItems(first: ${pages.moreFulfillmentOrderLines}, after: $after) {
      nodes { id remainingQuantity lineItem { id } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`,
})

/** The lines of one fulfilment: of a large one, or of one that looks like a parcel which is about to be confirmed. */
export const fulfillmentLinesDocument = define({
  operation: 'FulfillmentLines',
  data: answers.FulfillmentLines,
  cost: 3 + 250 * 2,
  query: `query FulfillmentLines($id: ID!, $after: String) {
  fulfillment(id: $id) {
    fulfillmentLineItems(first: 250, after: $after) {
      nodes { quantity lineItem { id } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`,
})

export const fulfillmentCreateDocument = define({
  operation: 'FulfillmentCreate',
  data: answers.FulfillmentCreate,
  cost: 10,
  query: `mutation FulfillmentCreate($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id status }
    userErrors { field message }
  }
}`,
})

export const trackingUpdateDocument = define({
  operation: 'FulfillmentTrackingInfoUpdate',
  data: answers.FulfillmentTrackingInfoUpdate,
  cost: 10,
  query: `mutation FulfillmentTrackingInfoUpdate($id: ID!, $tracking: FulfillmentTrackingInput!, $notifyCustomer: Boolean) {
  fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: $tracking, notifyCustomer: $notifyCustomer) {
    fulfillment { id }
    userErrors { field message }
  }
}`,
})

export const subscriptionsDocument = define({
  operation: 'WebhookSubscriptions',
  data: answers.WebhookSubscriptions,
  cost: 2 + pages.subscriptions,
  query: `query WebhookSubscriptions($after: String) {
  webhookSubscriptions(first: ${pages.subscriptions}, after: $after) {
    nodes { id topic uri }
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
  fulfillmentOrdersDocument,
  moreFulfillmentOrdersDocument,
  fulfillmentOrderLinesDocument,
  fulfillmentLinesDocument,
  fulfillmentCreateDocument,
  trackingUpdateDocument,
  subscriptionsDocument,
  subscribeDocument,
]
