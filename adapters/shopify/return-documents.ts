import { define, type GraphqlDocument, pages } from './document.ts'
import { returnAnswers as answers } from './wire-returns.ts'

const pageInfo = 'pageInfo { hasNextPage endCursor }'

// The line, its reason, the fulfilment's line and the order's.
const returnLineCost = 4
/** Of goods of the order. A line of other goods (`UnverifiedReturnLineItem`) answers its numbers alone. */
const returnLineFields = `fragment ReturnLine on ReturnLineItemType {
  id
  quantity
  processableQuantity
  processedQuantity
  returnReasonNote
  customerNote
  returnReasonDefinition { handle name }
  ... on ReturnLineItem { fulfillmentLineItem { id lineItem { id } } }
}`

// The line, the fulfilment's line, the list of what was decided.
const reverseLineCost = 3
const reverseLineFields = `fragment ReverseLine on ReverseFulfillmentOrderLineItem {
  id
  totalQuantity
  fulfillmentLineItem { id }
  dispositions { type quantity }
}`

const reverseOrderCost = 1 + 2 + pages.reverseLines * reverseLineCost + 2 + 3
const reverseOrderFields = `fragment ReverseOrder on ReverseFulfillmentOrder {
  id
  lineItems(first: ${pages.reverseLines}) { nodes { ...ReverseLine } ${pageInfo} }
  reverseDeliveries(first: 1) {
    nodes { deliverable { ... on ReverseDeliveryShippingDeliverable { tracking { number } } } }
  }
}
${reverseLineFields}`

const returnIds = (count: number, after = '') =>
  `returns(first: ${count}${after}) { nodes { id } ${pageInfo} }`

/**
 * A return tells neither when it changed, nor is there a list of them: the orders that changed are asked, and each
 * of their returns is read.
 */
export const ordersWithReturnsDocument = define({
  operation: 'OrdersWithReturns',
  data: answers.OrdersWithReturns,
  cost: 2 + pages.ordersWithReturns * (1 + 2 + pages.returnsOfOrders),
  query: `query OrdersWithReturns($after: String, $query: String!) {
  orders(first: ${pages.ordersWithReturns}, after: $after, sortKey: UPDATED_AT, query: $query) {
    nodes { id updatedAt ${returnIds(pages.returnsOfOrders)} }
    ${pageInfo}
  }
}`,
})

export const orderReturnsDocument = define({
  operation: 'OrderReturns',
  data: answers.OrderReturns,
  cost: 1 + 2 + pages.returns,
  query: `query OrderReturns($id: ID!, $after: String) {
  order(id: $id) { ${returnIds(pages.returns, ', after: $after')} }
}`,
})

export const returnDocument = define({
  operation: 'Return',
  data: answers.Return,
  cost: 6 + 2 + pages.returnLines * returnLineCost + 2 + pages.reverseOrders * reverseOrderCost,
  query: `query Return($id: ID!) {
  return(id: $id) {
    id
    status
    createdAt
    requestApprovedAt
    closedAt
    decline { reason note }
    order { id updatedAt }
    exchangeLineItems(first: 1) { nodes { id } }
    returnLineItems(first: ${pages.returnLines}) { nodes { ...ReturnLine } ${pageInfo} }
    reverseFulfillmentOrders(first: ${pages.reverseOrders}) { nodes { ...ReverseOrder } ${pageInfo} }
  }
}
${returnLineFields}
${reverseOrderFields}`,
})

export const returnLinesDocument = define({
  operation: 'ReturnLines',
  data: answers.ReturnLines,
  cost: 3 + pages.returnLines * returnLineCost,
  query: `query ReturnLines($id: ID!, $after: String!) {
  return(id: $id) {
    returnLineItems(first: ${pages.returnLines}, after: $after) { nodes { ...ReturnLine } ${pageInfo} }
  }
}
${returnLineFields}`,
})

export const reverseOrdersDocument = define({
  operation: 'ReverseFulfillmentOrders',
  data: answers.ReverseFulfillmentOrders,
  cost: 3 + pages.reverseOrders * reverseOrderCost,
  query: `query ReverseFulfillmentOrders($id: ID!, $after: String!) {
  return(id: $id) {
    reverseFulfillmentOrders(first: ${pages.reverseOrders}, after: $after) { nodes { ...ReverseOrder } ${pageInfo} }
  }
}
${reverseOrderFields}`,
})

export const reverseLinesDocument = define({
  operation: 'ReverseFulfillmentOrderLines',
  data: answers.ReverseFulfillmentOrderLines,
  cost: 3 + pages.reverseLines * reverseLineCost,
  query: `query ReverseFulfillmentOrderLines($id: ID!, $after: String!) {
  reverseFulfillmentOrder(id: $id) {
    lineItems(first: ${pages.reverseLines}, after: $after) { nodes { ...ReverseLine } ${pageInfo} }
  }
}
${reverseLineFields}`,
})

const returnableLines = (after = '') =>
  `returnableFulfillmentLineItems(first: ${pages.returnableLines}${after}) {
      nodes { quantity fulfillmentLineItem { id lineItem { id } } }
      ${pageInfo}
    }`

/** What of an order may come back still, by the lines of its fulfilments: a return names those. */
export const returnableFulfillmentsDocument = define({
  operation: 'ReturnableFulfillments',
  data: answers.ReturnableFulfillments,
  cost: 2 + pages.returnableFulfillments * (1 + 2 + pages.returnableLines * 3),
  query: `query ReturnableFulfillments($order: ID!, $after: String) {
  returnableFulfillments(orderId: $order, first: ${pages.returnableFulfillments}, after: $after) {
    nodes { id ${returnableLines()} }
    ${pageInfo}
  }
}`,
})

export const returnableLinesDocument = define({
  operation: 'ReturnableLines',
  data: answers.ReturnableLines,
  cost: 3 + pages.returnableLines * 3,
  query: `query ReturnableLines($id: ID!, $after: String!) {
  returnableFulfillment(id: $id) { ${returnableLines(', after: $after')} }
}`,
})

/** The library of reasons. Its handles are the same in every shop and language. */
export const returnReasonsDocument = define({
  operation: 'ReturnReasons',
  data: answers.ReturnReasons,
  cost: 2 + pages.returnReasons,
  query: `query ReturnReasons {
  returnReasonDefinitions(first: ${pages.returnReasons}) { nodes { id handle name deleted } }
}`,
})

const changed = `{
    return { id status }
    userErrors { field code message }
  }`

export const returnCreateDocument = define({
  operation: 'ReturnCreate',
  data: answers.ReturnCreate,
  cost: 10,
  query: `mutation ReturnCreate($input: ReturnInput!) {
  returnCreate(returnInput: $input) ${changed}
}`,
})

export const returnApproveDocument = define({
  operation: 'ReturnApproveRequest',
  data: answers.ReturnApproveRequest,
  cost: 10,
  query: `mutation ReturnApproveRequest($input: ReturnApproveRequestInput!) {
  returnApproveRequest(input: $input) ${changed}
}`,
})

export const returnDeclineDocument = define({
  operation: 'ReturnDeclineRequest',
  data: answers.ReturnDeclineRequest,
  cost: 10,
  query: `mutation ReturnDeclineRequest($input: ReturnDeclineRequestInput!) {
  returnDeclineRequest(input: $input) ${changed}
}`,
})

export const returnCloseDocument = define({
  operation: 'ReturnClose',
  data: answers.ReturnClose,
  cost: 10,
  query: `mutation ReturnClose($id: ID!) {
  returnClose(id: $id) ${changed}
}`,
})

/** In place of `returnRefund` and `reverseFulfillmentOrderDispose`, which it replaces (deprecated since 2025-07). */
export const returnProcessDocument = define({
  operation: 'ReturnProcess',
  data: answers.ReturnProcess,
  cost: 10,
  query: `mutation ReturnProcess($input: ReturnProcessInput!) {
  returnProcess(input: $input) ${changed}
}`,
})

const bothMoneys = '{ shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }'
const transactionFields = `{
        gateway
        amountSet ${bothMoneys}
        maximumRefundableSet ${bothMoneys}
        parentTransaction { id }
      }`

const refundCost = 4 + 2 + pages.transactions
const refundFields = `fragment RefundFields on Refund {
  id
  note
  totalRefundedSet ${bothMoneys}
  transactions(first: ${pages.transactions}) { nodes { status } }
}`

/**
 * What Shopify itself would pay back for these lines, and what was paid back before: after a partial refund, an
 * order's total says nothing of what is left (aden-hive/hive#7079).
 */
export const suggestedRefundDocument = define({
  operation: 'SuggestedRefund',
  data: answers.SuggestedRefund,
  cost: 2 + pages.refunds * refundCost + 6 + 9,
  query: `query SuggestedRefund($id: ID!, $lines: [RefundLineItemInput!], $shipping: Boolean, $full: Boolean) {
  order(id: $id) {
    currencyCode
    presentmentCurrencyCode
    refunds(first: ${pages.refunds}) { ...RefundFields }
    suggestedRefund(refundLineItems: $lines, refundShipping: $shipping, suggestFullRefund: $full) {
      amountSet ${bothMoneys}
      maximumRefundableSet ${bothMoneys}
      suggestedTransactions ${transactionFields}
    }
  }
}
${refundFields}`,
})

/** What a return comes to in money, its fees taken off: in place of the deprecated `Return.suggestedRefund`. */
export const returnOutcomeDocument = define({
  operation: 'ReturnOutcome',
  data: answers.ReturnOutcome,
  cost: 2 + 3 + 4 + 8,
  query: `query ReturnOutcome($id: ID!, $lines: [SuggestedOutcomeReturnLineItemInput!]!, $shipping: RefundShippingInput) {
  return(id: $id) {
    suggestedFinancialOutcome(returnLineItems: $lines, exchangeLineItems: [], refundShipping: $shipping) {
      maximumRefundable ${bothMoneys}
      financialTransfer {
        ... on RefundReturnOutcome { amount ${bothMoneys} suggestedTransactions ${transactionFields} }
      }
    }
  }
}`,
})

/** `@idempotent` is obligatory since 2026-04, though the schema does not say so. */
export const refundCreateDocument = define({
  operation: 'RefundCreate',
  data: answers.RefundCreate,
  cost: 10,
  query: `mutation RefundCreate($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) {
    refund { ...RefundFields }
    userErrors { field message }
  }
}
${refundFields}`,
})

export const returnDocuments: readonly GraphqlDocument[] = [
  ordersWithReturnsDocument,
  orderReturnsDocument,
  returnDocument,
  returnLinesDocument,
  reverseOrdersDocument,
  reverseLinesDocument,
  returnableFulfillmentsDocument,
  returnableLinesDocument,
  returnReasonsDocument,
  returnCreateDocument,
  returnApproveDocument,
  returnDeclineDocument,
  returnCloseDocument,
  returnProcessDocument,
  suggestedRefundDocument,
  returnOutcomeDocument,
  refundCreateDocument,
]
