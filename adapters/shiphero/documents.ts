import { define, type GraphqlDocument, pages, rows } from './document.ts'
import { answers } from './wire.ts'

// Asked along in every query, last: what is left of the credits corrects what was predicted.
const quota = 'user_quota { credits_remaining max_available increment_rate }'
const quotaCost = 1

const page = 'pageInfo { hasNextPage endCursor }'
const lineFields = `id sku partner_line_item_id quantity quantity_allocated quantity_pending_fulfillment quantity_shipped
      backorder_quantity fulfillment_status warehouse_id created_at`
const shipmentLineFields = 'line_item_id shipping_label_id quantity'

// Order, holds, address, allocations; its lines; shipments, their labels and lines. Plain lists count once.
const orderCost = 4 + rows(pages.linesOfOrders) + 2 + rows(pages.linesOfShipments)
const orderFields = `fragment OrderFields on Order {
  id
  legacy_id
  order_number
  partner_order_id
  fulfillment_status
  updated_at
  hold_until_date
  flagged
  holds { fraud_hold address_hold shipping_method_hold operator_hold payment_hold client_hold }
  shipping_address { first_name last_name zip country }
  allocations { warehouse_id allocated_at }
  line_items(first: ${pages.linesOfOrders}) {
    edges { node { ${lineFields} } }
    ${page}
  }
  shipments {
    id
    warehouse_id
    created_date
    completed
    picked_up
    delivered
    shipping_labels {
      id
      carrier
      shipping_method
      shipping_name
      tracking_number
      tracking_url
      status
      created_date
      picked_up
      delivered
      refunded
      needs_refund
      package_number
    }
    line_items(first: ${pages.linesOfShipments}) {
      edges { node { ${shipmentLineFields} } }
      ${page}
    }
  }
}`

/** Sorted by a date that does not change: who sorts by the time of change, and counts rows, skips one when another moves. */
export const updatesDocument = define({
  operation: 'Updates',
  data: answers.orders,
  cost: quotaCost + 1 + rows(pages.orders, orderCost),
  query: `query Updates($updated_from: ISODateTime, $shop: String, $after: String, $customer: String) {
  orders(updated_from: $updated_from, shop_name: $shop, customer_account_id: $customer) {
    complexity
    data(first: ${pages.orders}, after: $after, sort: "order_date") {
      edges { node { ...OrderFields } }
      ${page}
    }
  }
  ${quota}
}
${orderFields}`,
})

export const byReferenceDocument = define({
  operation: 'OrdersByReference',
  data: answers.orders,
  cost: quotaCost + 1 + rows(pages.sameReference, orderCost),
  query: `query OrdersByReference($reference: String, $customer: String) {
  orders(partner_order_id: $reference, customer_account_id: $customer) {
    complexity
    data(first: ${pages.sameReference}) {
      edges { node { ...OrderFields } }
      ${page}
    }
  }
  ${quota}
}
${orderFields}`,
})

export const orderDocument = define({
  operation: 'Order',
  data: answers.order,
  cost: quotaCost + 1 + 1 + orderCost,
  query: `query Order($id: String!) {
  order(id: $id) { complexity data { ...OrderFields } }
  ${quota}
}
${orderFields}`,
})

export const orderLinesDocument = define({
  operation: 'OrderLines',
  data: answers.orderLines,
  cost: quotaCost + 2 + rows(pages.moreLines),
  query: `query OrderLines($id: String!, $after: String) {
  order(id: $id) {
    complexity
    data {
      line_items(first: ${pages.moreLines}, after: $after) {
        edges { node { ${lineFields} } }
        ${page}
      }
    }
  }
  ${quota}
}`,
})

export const shipmentLinesDocument = define({
  operation: 'ShipmentLines',
  data: answers.shipmentLines,
  cost: quotaCost + 2 + rows(pages.moreLines),
  query: `query ShipmentLines($id: String!, $after: String) {
  shipment(id: $id) {
    complexity
    data {
      line_items(first: ${pages.moreLines}, after: $after) {
        edges { node { ${shipmentLineFields} } }
        ${page}
      }
    }
  }
  ${quota}
}`,
})

export const createOrderDocument = define({
  operation: 'CreateOrder',
  data: answers.created,
  cost: 2 + orderCost,
  query: `mutation CreateOrder($data: CreateOrderInput!) {
  order_create(data: $data) { request_id complexity order { ...OrderFields } }
}
${orderFields}`,
})

export const cancelOrderDocument = define({
  operation: 'CancelOrder',
  data: answers.cancelled,
  cost: 2,
  query: `mutation CancelOrder($data: CancelOrderInput!) {
  order_cancel(data: $data) { request_id complexity order { id fulfillment_status } }
}`,
})

export const updateLinesDocument = define({
  operation: 'UpdateOrderLines',
  data: answers.linesUpdated,
  cost: 2,
  query: `mutation UpdateOrderLines($data: UpdateLineItemsInput!) {
  order_update_line_items(data: $data) { request_id complexity order { id } }
}`,
})

export const renameOrderDocument = define({
  operation: 'RenameOrder',
  data: answers.renamed,
  cost: 2,
  query: `mutation RenameOrder($data: UpdateOrderInput!) {
  order_update(data: $data) { request_id complexity order { id } }
}`,
})

export const holdOrderDocument = define({
  operation: 'HoldOrder',
  data: answers.held,
  cost: 2,
  query: `mutation HoldOrder($data: UpdateOrderHoldsInput!) {
  order_update_holds(data: $data) { request_id complexity order { id } }
}`,
})

export const noteOrderDocument = define({
  operation: 'NoteOrder',
  data: answers.noted,
  cost: 2,
  query: `mutation NoteOrder($data: AddHistoryInput!) {
  order_add_history_entry(data: $data) { request_id complexity order { id } }
}`,
})

export const warehousesDocument = define({
  operation: 'Warehouses',
  data: answers.warehouses,
  cost: quotaCost + 4,
  query: `query Warehouses {
  account { complexity data { warehouses { id identifier address { name country zip } } } }
  ${quota}
}`,
})

export const stockDocument = define({
  operation: 'WarehouseProducts',
  data: answers.stock,
  cost: quotaCost + 1 + rows(pages.stock),
  query: `query WarehouseProducts($sku: String, $after: String, $customer: String) {
  warehouse_products(sku: $sku, customer_account_id: $customer) {
    complexity
    data(first: ${pages.stock}, after: $after) {
      edges { node { sku warehouse_id on_hand allocated available backorder reserve_inventory } }
      ${page}
    }
  }
  ${quota}
}`,
})

export const returnsDocument = define({
  operation: 'Returns',
  data: answers.returns,
  cost: quotaCost + 1 + rows(pages.returns, 4),
  query: `query Returns($date_from: ISODateTime, $after: String, $customer: String) {
  returns(date_from: $date_from, customer_account_id: $customer) {
    complexity
    data(first: ${pages.returns}, after: $after, sort: "created_at") {
      edges {
        node {
          id
          status
          created_at
          labels { tracking_number }
          order { partner_order_id }
          line_items {
            id
            quantity
            quantity_received
            restock
            condition
            reason
            warehouse_id
            updated_at
            line_item { sku }
          }
        }
      }
      ${page}
    }
  }
  ${quota}
}`,
})

// `enabled`, `health` and the mutation `webhook_enable`: developer.shiphero.com/schema (2026), watched since 2026-04-20.
export const webhooksDocument = define({
  operation: 'Webhooks',
  data: answers.webhooks,
  cost: quotaCost + 1 + rows(pages.webhooks),
  query: `query Webhooks($after: String, $customer: String) {
  webhooks(customer_account_id: $customer) {
    complexity
    data(first: ${pages.webhooks}, after: $after) {
      edges { node { id name url shop_name enabled health } }
      ${page}
    }
  }
  ${quota}
}`,
})

export const createWebhookDocument = define({
  operation: 'CreateWebhook',
  data: answers.webhookCreated,
  cost: 2,
  query: `mutation CreateWebhook($data: CreateWebhookInput!) {
  webhook_create(data: $data) { request_id complexity webhook { id shared_signature_secret } }
}`,
})

export const deleteWebhookDocument = define({
  operation: 'DeleteWebhook',
  data: answers.webhookDeleted,
  cost: 2,
  query: `mutation DeleteWebhook($data: DeleteWebhookInput!) {
  webhook_delete(data: $data) { request_id complexity }
}`,
})

export const enableWebhookDocument = define({
  operation: 'EnableWebhook',
  data: answers.webhookEnabled,
  cost: 2,
  query: `mutation EnableWebhook($data: EnableWebhookInput!) {
  webhook_enable(data: $data) { request_id complexity webhook { id enabled health } }
}`,
})

/** Every document that is sent, for conformance tests. */
export const documents: readonly GraphqlDocument[] = [
  updatesDocument,
  byReferenceDocument,
  orderDocument,
  orderLinesDocument,
  shipmentLinesDocument,
  createOrderDocument,
  cancelOrderDocument,
  updateLinesDocument,
  renameOrderDocument,
  holdOrderDocument,
  noteOrderDocument,
  warehousesDocument,
  stockDocument,
  returnsDocument,
  webhooksDocument,
  createWebhookDocument,
  deleteWebhookDocument,
  enableWebhookDocument,
]
