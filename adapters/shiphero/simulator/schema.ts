import { type ObjectType, objectType, type Schema } from '../../../src/simulator/graphql/index.ts'
import { mutations } from './mutations.ts'
import { objectTypes } from './object-types.ts'
import { queries } from './queries.ts'
import type { World } from './world.ts'

type Input = Readonly<Record<string, string>>

const text = (names: string): Input => Object.fromEntries(names.split(/\s+/).map((name) => [name, 'String']))
const customer = { customer_account_id: 'String' }
const holds: Input = {
  address_hold: 'Boolean',
  client_hold: 'Boolean',
  fraud_hold: 'Boolean',
  operator_hold: 'Boolean',
  payment_hold: 'Boolean',
}

const orderInput: Input = {
  ...customer,
  ...text('order_number partner_order_id fulfillment_status packing_note gift_note subtotal total_tax'),
  ...text('total_price total_discounts tax_id incoterms profile box_name'),
  order_date: 'ISODateTime',
  required_ship_date: 'ISODateTime',
  hold_until_date: 'ISODateTime',
  shipping_address: 'CreateOrderAddressInput',
  billing_address: 'CreateOrderAddressInput',
  shipping_lines: 'CreateShippingLinesInput',
  tags: '[String]',
  priority_flag: 'Boolean',
  require_signature: 'Boolean',
  ready_to_ship: 'Boolean',
  allow_partial: 'Boolean',
  allow_split: 'Boolean',
  insurance: 'Boolean',
  skip_address_validation: 'Boolean',
  ignore_address_validation_errors: 'Boolean',
}

const stockInput: Input = {
  ...customer,
  sku: 'String!',
  warehouse_id: 'String!',
  quantity: 'Int!',
  location_id: 'String',
  reason: 'String',
}

const inputs: Readonly<Record<string, Input>> = {
  CreateOrderAddressInput: text(
    'first_name last_name company address1 address2 city state state_code zip country country_code email phone',
  ),
  CreateShippingLinesInput: { ...text('carrier method'), title: 'String!', price: 'String!' },
  CreateLineItemInput: {
    ...text('product_name warehouse_id fulfillment_status barcode option_title customs_value'),
    sku: 'String!',
    partner_line_item_id: 'String!',
    quantity: 'Int!',
    price: 'String!',
    quantity_pending_fulfillment: 'Int',
  },
  CreateOrderInput: {
    ...orderInput,
    ...text('shop_name email currency'),
    shipping_address: 'CreateOrderAddressInput!',
    line_items: '[CreateLineItemInput]',
    holds: 'HoldsInput',
    flagged: 'Boolean',
  },
  HoldsInput: holds,
  UpdateOrderInput: { ...orderInput, order_id: 'String!' },
  CancelOrderInput: {
    ...customer,
    order_id: 'String!',
    reason: 'String',
    force: 'Boolean',
    void_on_platform: 'Boolean',
  },
  UpdateLineItemInput: {
    ...text('partner_line_item_id price product_name warehouse_id fulfillment_status'),
    id: 'String!',
    quantity: 'Int',
    quantity_pending_fulfillment: 'Int',
  },
  UpdateLineItemsInput: { ...customer, order_id: 'String!', line_items: '[UpdateLineItemInput]' },
  RemoveLineItemsInput: { ...customer, order_id: 'String!', line_item_ids: '[String]' },
  UpdateOrderHoldsInput: { ...customer, ...holds, order_id: 'String!' },
  UserNoteInput: text('message source'),
  AddHistoryInput: { ...customer, order_id: 'String!', history_entry: 'UserNoteInput' },
  UpdateInventoryInput: stockInput,
  ReplaceInventoryInput: { ...stockInput, includes_non_sellable: 'Boolean' },
  UpdateWarehouseProductInput: {
    ...customer,
    sku: 'String!',
    warehouse_id: 'String!',
    on_hand: 'Int',
    reserve_inventory: 'Int',
  },
  CreateWebhookInput: {
    ...customer,
    name: 'String!',
    url: 'String!',
    shop_name: 'String',
    enabled: 'Boolean',
  },
  DeleteWebhookInput: { ...customer, name: 'String!', shop_name: 'String' },
  EnableWebhookInput: { webhook_id: 'String!' },
  DisableWebhookInput: { webhook_id: 'String!' },
}

const roots: Record<string, ObjectType<World>> = {
  Query: objectType<never, World>(queries),
  Mutation: objectType<never, World>(mutations),
}

/** The part of ShipHero's schema that the simulator serves. */
export const schema: Schema<World> = {
  query: 'Query',
  mutation: 'Mutation',
  objects: { ...roots, ...objectTypes },
  interfaces: {},
  inputs,
  enums: { CustomersWebhookHealth: ['HEALTHY', 'WARNING', 'UNHEALTHY'] },
}
