import { define, pages } from './document.ts'
import { answers } from './wire.ts'

const fulfillmentOrderCost = 6 + pages.fulfillmentOrderLines * 2
const fulfillmentOrderFields = `fragment FulfillmentOrderFields on FulfillmentOrder {
  id
  status
  updatedAt
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
