import { define, pages } from './document.ts'
import { answers } from './wire.ts'

const fulfillmentOrderCost = 7 + pages.fulfillmentOrderLines * 2
const fulfillmentOrderFields = `fragment FulfillmentOrderFields on FulfillmentOrder {
  id
  status
  updatedAt
  supportedActions { action }
  fulfillmentHolds { id reason handle heldByRequestingApp }
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

/** Under a `handle` of ours: the same hold is never placed twice on one fulfilment order. */
export const holdDocument = define({
  operation: 'FulfillmentOrderHold',
  data: answers.FulfillmentOrderHold,
  cost: 10,
  query: `mutation FulfillmentOrderHold($id: ID!, $hold: FulfillmentOrderHoldInput!) {
  fulfillmentOrderHold(id: $id, fulfillmentHold: $hold) {
    fulfillmentHold { id }
    userErrors { field code message }
  }
}`,
})

/** Only the holds that it names: without any, Shopify would release those of staff and of other apps as well. */
export const releaseHoldDocument = define({
  operation: 'FulfillmentOrderReleaseHold',
  data: answers.FulfillmentOrderReleaseHold,
  cost: 10,
  query: `mutation FulfillmentOrderReleaseHold($id: ID!, $holds: [ID!]!) {
  fulfillmentOrderReleaseHold(id: $id, holdIds: $holds) {
    fulfillmentOrder { id status }
    userErrors { field code message }
  }
}`,
})

/** Without `lines`: all that is left of it. */
export const moveDocument = define({
  operation: 'FulfillmentOrderMove',
  data: answers.FulfillmentOrderMove,
  cost: 10,
  query: `mutation FulfillmentOrderMove($id: ID!, $location: ID!, $lines: [FulfillmentOrderLineItemInput!]) {
  fulfillmentOrderMove(id: $id, newLocationId: $location, fulfillmentOrderLineItems: $lines) {
    movedFulfillmentOrder { id }
    userErrors { field code message }
  }
}`,
})
