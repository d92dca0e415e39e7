import { returnEnums, returnInputs } from './return-inputs.ts'

/** What the simulated shop takes as input, of Shopify's own types. */
export const inputs: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ...returnInputs,
  InventorySetQuantitiesInput: {
    name: 'String!',
    reason: 'String!',
    referenceDocumentUri: 'String',
    quantities: '[InventoryQuantityInput!]!',
  },
  InventoryQuantityInput: {
    inventoryItemId: 'ID!',
    locationId: 'ID!',
    quantity: 'Int!',
    changeFromQuantity: 'Int',
  },
  FulfillmentInput: {
    lineItemsByFulfillmentOrder: '[FulfillmentOrderLineItemsInput!]!',
    notifyCustomer: 'Boolean',
    trackingInfo: 'FulfillmentTrackingInput',
  },
  FulfillmentOrderLineItemsInput: {
    fulfillmentOrderId: 'ID!',
    fulfillmentOrderLineItems: '[FulfillmentOrderLineItemInput!]',
  },
  FulfillmentOrderLineItemInput: { id: 'ID!', quantity: 'Int!' },
  FulfillmentTrackingInput: {
    company: 'String',
    number: 'String',
    numbers: '[String!]',
    url: 'URL',
    urls: '[URL!]',
  },
  OrderCancelRefundMethodInput: { originalPaymentMethodsRefund: 'Boolean' },
  WebhookSubscriptionInput: {
    uri: 'String',
    format: 'WebhookSubscriptionFormat',
    includeFields: '[String!]',
    filter: 'String',
  },
}

export const enums: Readonly<Record<string, readonly string[]>> = {
  ...returnEnums,
  OrderSortKeys: ['CREATED_AT', 'ID', 'PROCESSED_AT', 'UPDATED_AT'],
  OrderCancelReason: ['CUSTOMER', 'DECLINED', 'FRAUD', 'INVENTORY', 'OTHER', 'STAFF'],
  FulfillmentOrderSortKeys: ['ID', 'UPDATED_AT'],
  WebhookSubscriptionFormat: ['JSON', 'XML'],
  WebhookSubscriptionTopic: [
    'APP_UNINSTALLED',
    'BULK_OPERATIONS_FINISH',
    'FULFILLMENTS_CREATE',
    'FULFILLMENTS_UPDATE',
    'FULFILLMENT_ORDERS_HOLD_RELEASED',
    'FULFILLMENT_ORDERS_MOVED',
    'FULFILLMENT_ORDERS_PLACED_ON_HOLD',
    'FULFILLMENT_ORDERS_RESCHEDULED',
    'FULFILLMENT_ORDERS_SCHEDULED_FULFILLMENT_ORDER_READY',
    'INVENTORY_LEVELS_UPDATE',
    'ORDERS_CANCELLED',
    'ORDERS_CREATE',
    'ORDERS_EDITED',
    'ORDERS_FULFILLED',
    'ORDERS_PAID',
    'ORDERS_PARTIALLY_FULFILLED',
    'ORDERS_UPDATED',
    'REFUNDS_CREATE',
    'RETURNS_APPROVE',
    'RETURNS_CANCEL',
    'RETURNS_CLOSE',
    'RETURNS_DECLINE',
    'RETURNS_PROCESS',
    'RETURNS_REOPEN',
    'RETURNS_REQUEST',
    'RETURNS_UPDATE',
  ],
}
