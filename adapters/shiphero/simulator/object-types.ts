import { type FieldType, type ObjectType, objectType } from '../../../src/simulator/graphql/index.ts'
import { connectionField, connectionTypes } from './connection.ts'
import type { World } from './world.ts'

type Fields = Record<string, string | FieldType<never, World>>

const all = (type: string, names: string): Fields =>
  Object.fromEntries(names.split(/\s+/).map((name) => [name, type]))

/** An object whose resolvers find their members under the fields' own names. */
const plain = (...groups: readonly Fields[]): ObjectType<World> =>
  objectType<never, World>(Object.assign({}, ...groups))

const paged = (node: string, name: string): Fields => ({ [name]: connectionField<World>(node, name) })

const address = plain(all('String', 'name address1 address2 city state country zip phone'))

/** The part of ShipHero's schema that the simulator serves: objects that hold data. */
const dataTypes: Record<string, ObjectType<World>> = {
  Address: address,
  Account: plain(
    all('String', 'id email username status'),
    all('Int', 'legacy_id'),
    all('Boolean', 'is_3pl'),
    {
      warehouses: '[Warehouse]',
    },
  ),
  User: plain(all('String', 'id email first_name last_name'), all('Int', 'legacy_id'), {
    account: 'Account',
  }),
  UserQuota: plain(
    all('Int', 'credits_remaining max_available increment_rate'),
    all('Boolean', 'is_expired'),
    all('String', 'time_remaining'),
    all('ISODateTime', 'expiration_date'),
  ),
  Warehouse: plain(all('String', 'id account_id identifier profile company_name'), all('Int', 'legacy_id'), {
    address: 'Address',
  }),
  OrderAddress: plain(
    all(
      'String',
      'first_name last_name company address1 address2 city state state_code zip country country_code email phone',
    ),
  ),
  OrderHolds: plain(
    all('Boolean', 'address_hold client_hold fraud_hold operator_hold payment_hold shipping_method_hold'),
  ),
  OrderLineItemAllocation: plain(
    all('String', 'line_item_id order_id sku warehouse_id allocation_reference'),
    all('Int', 'quantity_allocated'),
    all('ISODateTime', 'allocated_at'),
    all('Boolean', 'is_kit_component'),
  ),
  OrderWarehouseAllocation: plain(
    all('String', 'order_id warehouse_id allocation_reference'),
    all('ISODateTime', 'allocated_at'),
    { line_items: '[OrderLineItemAllocation]' },
  ),
  OrderHistory: plain(all('String', 'id order_id information'), all('ISODateTime', 'created_at')),
  ShippingLines: plain(all('String', 'title price carrier method')),
  LineItem: plain(
    all('String', 'id order_id sku partner_line_item_id product_name price fulfillment_status warehouse_id'),
    all(
      'Int',
      'legacy_id quantity quantity_allocated quantity_pending_fulfillment quantity_shipped backorder_quantity',
    ),
    all('ISODateTime', 'created_at updated_at'),
  ),
  Order: plain(
    all('String', 'id account_id order_number partner_order_id shop_name fulfillment_status email'),
    all('Int', 'legacy_id'),
    all('Boolean', 'flagged ready_to_ship'),
    all('ISODateTime', 'order_date updated_at hold_until_date required_ship_date'),
    {
      tags: '[String]',
      holds: 'OrderHolds',
      shipping_address: 'OrderAddress',
      shipping_lines: 'ShippingLines',
      allocations: '[OrderWarehouseAllocation]',
      shipments: '[Shipment]',
      order_history: '[OrderHistory]',
      returns: '[Return]',
    },
    paged('LineItem', 'line_items'),
  ),
  ShipmentLineItem: plain(
    all('String', 'id shipment_id line_item_id shipping_label_id'),
    all('Int', 'quantity'),
    { line_item: 'LineItem' },
  ),
  ShippingLabel: plain(
    all('String', 'id account_id order_id order_number shipment_id warehouse_id carrier shipping_method'),
    all('String', 'shipping_name tracking_number tracking_url status cost'),
    all('Int', 'legacy_id package_number'),
    all('Boolean', 'picked_up delivered refunded needs_refund'),
    all('ISODateTime', 'created_date'),
    paged('ShipmentLineItem', 'shipment_line_items'),
  ),
  Shipment: plain(
    all('String', 'id order_id warehouse_id'),
    all('Int', 'legacy_id total_packages'),
    all('Boolean', 'completed picked_up delivered dropshipment shipped_off_shiphero'),
    all('ISODateTime', 'created_date'),
    { shipping_labels: '[ShippingLabel]' },
    paged('ShipmentLineItem', 'line_items'),
  ),
  WarehouseProduct: plain(
    all('String', 'id account_id sku warehouse_id warehouse_identifier'),
    all('Int', 'legacy_id on_hand allocated available backorder reserve_inventory sell_ahead'),
    all('Int', 'non_sellable_quantity'),
    all('Boolean', 'active'),
    all('ISODateTime', 'created_at updated_at'),
  ),
  Product: plain(
    all('String', 'id account_id sku name'),
    all('Int', 'legacy_id'),
    all('Boolean', 'active kit'),
    all('ISODateTime', 'created_at updated_at'),
    { warehouse_products: '[WarehouseProduct]' },
  ),
  RmaLabelType: plain(all('String', 'id status tracking_number')),
  ReturnLineItem: plain(
    all('String', 'id account_id return_id line_item_id warehouse_id condition reason type'),
    all('Int', 'legacy_id quantity quantity_received restock'),
    all('Boolean', 'is_component'),
    all('ISODateTime', 'created_at updated_at'),
    { line_item: 'LineItem' },
  ),
  Return: plain(
    all('String', 'id account_id order_id partner_id reason status'),
    all('Int', 'legacy_id total_items_expected total_items_received total_items_restocked'),
    all('ISODateTime', 'created_at'),
    { labels: '[RmaLabelType]', order: 'Order', line_items: '[ReturnLineItem]' },
  ),
  Webhook: plain(
    all('String', 'id account_id name url shop_name source shared_signature_secret'),
    all('Int', 'legacy_id'),
    all('Boolean', 'enabled'),
    all('CustomersWebhookHealth', 'health'),
    all('ISODateTime', 'created_at updated_at last_enabled_change'),
  ),
}

/** What a query or a mutation gives: its own member beside the id of the request and its cost. */
const result = (member?: Fields): ObjectType<World> =>
  plain(all('String', 'request_id'), all('Int', 'complexity'), member ?? {})
const one = (type: string) => result({ data: type })
const many = (node: string) => result(paged(node, 'data'))

const resultTypes: Record<string, ObjectType<World>> = {
  AccountQueryResult: one('Account'),
  CurrentUserQueryResult: one('User'),
  OrderQueryResult: one('Order'),
  ProductQueryResult: one('Product'),
  ReturnQueryResult: one('Return'),
  ShipmentQueryResult: one('Shipment'),
  OrdersQueryResult: many('Order'),
  ProductsQueryResult: many('Product'),
  ReturnsQueryResult: many('Return'),
  ShipmentsQueryResult: many('Shipment'),
  WarehouseProductsQueryResult: many('WarehouseProduct'),
  WebhooksQueryResult: many('Webhook'),
  OrderMutationOutput: result({ order: 'Order' }),
  UpdateInventoryOutput: result({ warehouse_product: 'WarehouseProduct' }),
  WarehouseProductMutationOutput: result({ warehouse_product: 'WarehouseProduct' }),
  CreateWebhookOutput: result({ webhook: 'Webhook' }),
  EnableWebhookOutput: result({ webhook: 'Webhook' }),
  DisableWebhookOutput: result({ webhook: 'Webhook' }),
  MutationOutput: result(),
}

export const objectTypes: Record<string, ObjectType<World>> = {
  ...dataTypes,
  ...resultTypes,
  ...connectionTypes<World>(
    'Order',
    'LineItem',
    'Shipment',
    'ShipmentLineItem',
    'Product',
    'WarehouseProduct',
    'Return',
    'Webhook',
  ),
}
