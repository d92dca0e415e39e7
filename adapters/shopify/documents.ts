import { define, type GraphqlDocument, pages } from './document.ts'
import {
  fulfillmentCreateDocument,
  fulfillmentLinesDocument,
  fulfillmentOrderLinesDocument,
  fulfillmentOrdersDocument,
  moreFulfillmentOrdersDocument,
  trackingUpdateDocument,
} from './fulfillment-documents.ts'
import { answers } from './wire.ts'

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

// Order, address, shipping line, total and its money, count; the cart's attributes, the journey, its last visit, its campaign.
const orderCost = 6 + 4 + 2 + pages.linesOfOrders * lineCost
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
  customAttributes { key value }
  customerJourneySummary { lastVisit { landingPage referrerUrl utmParameters { source } } }
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
