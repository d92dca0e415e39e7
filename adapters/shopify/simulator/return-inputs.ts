/** What the simulated shop takes as input about returns and refunds. */

export const returnInputs = {
  ReturnInput: { orderId: 'ID!', returnLineItems: '[ReturnLineItemInput!]!', requestedAt: 'DateTime' },
  ReturnLineItemInput: {
    fulfillmentLineItemId: 'ID!',
    quantity: 'Int!',
    returnReasonDefinitionId: 'ID',
    returnReasonNote: 'String',
  },
  ReturnApproveRequestInput: { id: 'ID!', notifyCustomer: 'Boolean' },
  ReturnDeclineRequestInput: {
    id: 'ID!',
    declineReason: 'ReturnDeclineReason!',
    declineNote: 'String',
    notifyCustomer: 'Boolean',
  },
  ReturnProcessInput: {
    returnId: 'ID!',
    returnLineItems: '[ReturnProcessReturnLineItemInput!]',
    note: 'String',
    notifyCustomer: 'Boolean',
  },
  ReturnProcessReturnLineItemInput: {
    id: 'ID!',
    quantity: 'Int!',
    dispositions: '[ReverseFulfillmentOrderDisposeInput!]',
  },
  ReverseFulfillmentOrderDisposeInput: {
    reverseFulfillmentOrderLineItemId: 'ID!',
    quantity: 'Int!',
    dispositionType: 'ReverseFulfillmentOrderDispositionType!',
    locationId: 'ID',
  },
  RefundInput: {
    orderId: 'ID!',
    currency: 'CurrencyCode',
    note: 'String',
    notify: 'Boolean',
    refundLineItems: '[RefundLineItemInput!]',
    shipping: 'ShippingRefundInput',
    transactions: '[OrderTransactionInput!]',
  },
  RefundLineItemInput: {
    lineItemId: 'ID!',
    quantity: 'Int!',
    restockType: 'RefundLineItemRestockType',
    locationId: 'ID',
  },
  SuggestedOutcomeReturnLineItemInput: { id: 'ID!', quantity: 'Int!' },
  SuggestedOutcomeExchangeLineItemInput: { id: 'ID!', quantity: 'Int!' },
  RefundShippingInput: { fullRefund: 'Boolean' },
  ShippingRefundInput: { amount: 'Money', fullRefund: 'Boolean' },
  OrderTransactionInput: {
    orderId: 'ID!',
    amount: 'Money!',
    gateway: 'String!',
    kind: 'OrderTransactionKind!',
    parentId: 'ID',
  },
} as const

export const returnEnums = {
  ReturnDeclineReason: ['FINAL_SALE', 'OTHER', 'RETURN_PERIOD_ENDED'],
  ReverseFulfillmentOrderDispositionType: ['MISSING', 'NOT_RESTOCKED', 'PROCESSING_REQUIRED', 'RESTOCKED'],
  RefundLineItemRestockType: ['CANCEL', 'NO_RESTOCK', 'RETURN'],
  OrderTransactionKind: ['AUTHORIZATION', 'CAPTURE', 'CHANGE', 'REFUND', 'SALE', 'VOID'],
} as const
