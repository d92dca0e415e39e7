import { type FieldType, objectType } from '../../../src/simulator/graphql/index.ts'
import { byIndex, connectionTypes, paging, slice } from './connection.ts'
import { actionsOf } from './parts.ts'
import { orderReturnFields, refundFields } from './return-types.ts'
import {
  decimal,
  type Fulfillment,
  type FulfillmentOrder,
  type FulfillmentOrderLine,
  fulfillmentStatus,
  type Hold,
  hundredths,
  type Item,
  iso,
  type Line,
  type Order,
  openUnits,
  type Refund,
} from './shop.ts'
import type { World } from './world.ts'

type Of<Source> = FieldType<Source, World>

const money = (type: string, amount: (source: never, world: World) => string): Of<never> => ({
  type,
  resolve: (source, _, world) => {
    const value = { amount: amount(source, world), currencyCode: world.shop.currency }
    return { shopMoney: value, presentmentMoney: value }
  },
})

const current = (line: Line) => line.ordered - line.cancelled - line.returned

const total = (order: Order, units: (line: Line) => number) =>
  decimal(order.lines.reduce((sum, line) => sum + hundredths(line.price) * units(line), order.shipping))

/** Buyer data, which Shopify hides from apps without the permission to see it. */
const personal = <T>(type: string, name: string, read: (order: Order) => T): Of<Order> => ({
  type,
  resolve: (order, _, world) => world.personal(name, () => read(order)),
})

/** Since 2026-10 an order with nothing left to ship, and nothing shipped, is no longer UNFULFILLED. */
function displayStatus(order: Order, version: string): string {
  const status = fulfillmentStatus(order)
  const nothing = version >= '2026-10' && order.lines.every((line) => openUnits(line) === 0)
  return nothing && status === 'UNFULFILLED' ? 'FULFILLMENT_NOT_REQUIRED' : status
}

type Visit = NonNullable<Order['visit']>

/** Read from the page that the visit began with; `null`: it names no campaign. */
function campaignOf({ landingPage }: Visit) {
  const query = URL.parse(landingPage ?? '', 'https://shop.invalid')?.searchParams
  const [source, medium, campaign] = ['source', 'medium', 'campaign'].map(
    (name) => query?.get(`utm_${name}`) ?? null,
  )
  return source || medium || campaign ? { source, medium, campaign } : null
}

const listOf =
  <T, S>(read: (source: S) => readonly T[]) =>
  (source: S, { first }: { readonly first?: unknown }) =>
    typeof first === 'number' ? read(source).slice(0, first) : read(source)

export const orderTypes = {
  ...connectionTypes<World>('Order'),
  ...connectionTypes<World>('LineItem'),
  ...connectionTypes<World>('FulfillmentOrder'),
  ...connectionTypes<World>('FulfillmentOrderLineItem'),
  ...connectionTypes<World>('FulfillmentLineItem'),
  ...connectionTypes<World>('RefundLineItem'),

  Order: objectType<Order, World>(
    {
      id: 'ID!',
      legacyResourceId: { type: 'UnsignedInt64!', resolve: ({ legacyId }) => String(legacyId) },
      name: 'String!',
      createdAt: { type: 'DateTime!', resolve: ({ createdAt }) => iso(createdAt) },
      processedAt: { type: 'DateTime!', resolve: ({ createdAt }) => iso(createdAt) },
      updatedAt: { type: 'DateTime!', resolve: ({ updatedAt }) => iso(updatedAt) },
      cancelledAt: {
        type: 'DateTime',
        resolve: ({ cancelledAt }) => (cancelledAt === null ? null : iso(cancelledAt)),
      },
      cancelReason: 'OrderCancelReason',
      displayFinancialStatus: { type: 'OrderDisplayFinancialStatus', resolve: ({ financial }) => financial },
      displayFulfillmentStatus: {
        type: 'OrderDisplayFulfillmentStatus!',
        resolve: (order, _, { version }) => displayStatus(order, version),
      },
      currencyCode: { type: 'CurrencyCode!', resolve: (_, __, { shop }) => shop.currency },
      email: personal('String', 'email', ({ legacyId }) => `shopper${legacyId}@example.com`),
      phone: personal('String', 'phone', () => null),
      sourceName: { type: 'String', resolve: ({ source }) => source },
      customAttributes: {
        type: '[Attribute!]!',
        resolve: ({ attributes }) => Object.entries(attributes).map(([key, value]) => ({ key, value })),
      },
      customerJourneySummary: { type: 'CustomerJourneySummary', resolve: ({ visit }) => ({ visit }) },
      test: { type: 'Boolean!', resolve: () => false },
      edited: { type: 'Boolean!', resolve: () => false },
      tags: { type: '[String!]!', resolve: () => [] },
      note: { type: 'String', resolve: () => null },
      currentTotalPriceSet: money('MoneyBag!', (order: Order) => total(order, current)) as Of<Order>,
      totalPriceSet: money('MoneyBag!', (order: Order) =>
        total(order, ({ ordered }) => ordered),
      ) as Of<Order>,
      shippingAddress: personal('MailingAddress', 'shippingAddress', (order) => order),
      shippingLine: {
        type: 'ShippingLine',
        resolve: ({ shippingTitle }) =>
          shippingTitle === null ? null : { title: shippingTitle, code: shippingTitle },
      },
      fulfillmentsCount: {
        type: 'Count',
        resolve: ({ fulfillments }) => ({ count: fulfillments.length, precision: 'EXACT' }),
      },
      fulfillments: {
        type: '[Fulfillment!]!',
        args: { first: 'Int' },
        resolve: listOf((order: Order) => order.fulfillments),
      },
      refunds: {
        type: '[Refund!]!',
        args: { first: 'Int' },
        resolve: listOf((order: Order) => order.refunds),
      },
      lineItems: {
        type: 'LineItemConnection!',
        args: paging,
        resolve: ({ lines }, args) => slice(lines, byIndex, args),
      },
      ...orderReturnFields,
      presentmentCurrencyCode: { type: 'CurrencyCode!', resolve: (_, __, { shop }) => shop.currency },
      fulfillmentOrders: {
        type: 'FulfillmentOrderConnection!',
        args: paging,
        resolve: ({ fulfillmentOrders }, args) => slice(fulfillmentOrders, byIndex, args),
      },
    },
    'Node',
  ),

  Attribute: objectType<never, World>({ key: 'String!', value: 'String' }),
  CustomerJourneySummary: objectType<Pick<Order, 'visit'>, World>({
    ready: { type: 'Boolean!', resolve: () => true },
    lastVisit: { type: 'CustomerVisit', resolve: ({ visit }) => visit },
  }),
  CustomerVisit: objectType<Visit, World>({
    landingPage: { type: 'URL', resolve: ({ landingPage }) => landingPage },
    referrerUrl: { type: 'URL', resolve: ({ referrer }) => referrer },
    utmParameters: { type: 'UTMParameters', resolve: campaignOf },
  }),
  UTMParameters: objectType<never, World>({ source: 'String', medium: 'String', campaign: 'String' }),

  LineItem: objectType<Line, World>(
    {
      id: 'ID!',
      title: 'String!',
      name: { type: 'String!', resolve: ({ title }) => title },
      sku: { type: 'String', resolve: ({ item }) => item.sku },
      quantity: { type: 'Int!', resolve: ({ ordered }) => ordered },
      currentQuantity: { type: 'Int!', resolve: current },
      unfulfilledQuantity: { type: 'Int!', resolve: openUnits },
      nonFulfillableQuantity: { type: 'Int!', resolve: ({ cancelled }) => cancelled },
      requiresShipping: { type: 'Boolean!', resolve: ({ item }) => item.requiresShipping },
      isGiftCard: { type: 'Boolean!', resolve: ({ item }) => item.giftCard },
      variant: { type: 'ProductVariant', resolve: ({ item }) => (item.deleted ? null : item) },
      originalUnitPriceSet: money('MoneyBag!', ({ price }: Line) => price) as Of<Line>,
      discountAllocations: { type: '[DiscountAllocation!]!', resolve: () => [] },
      taxLines: {
        type: '[TaxLine!]!',
        args: { first: 'Int' },
        resolve: (line, _, { taxRate }) => (taxRate === 0 ? [] : [{ line, taxRate }]),
      },
    },
    'Node',
  ),

  TaxLine: objectType<{ line: Line; taxRate: number }, World>({
    title: { type: 'String!', resolve: () => 'Sales tax' },
    channelLiable: { type: 'Boolean', resolve: () => false },
    rate: { type: 'Float', resolve: ({ taxRate }) => taxRate },
    priceSet: money('MoneyBag!', ({ line, taxRate }: { line: Line; taxRate: number }) =>
      decimal(Math.round(hundredths(line.price) * line.ordered * taxRate)),
    ) as Of<{ line: Line; taxRate: number }>,
  }),
  DiscountAllocation: objectType<never, World>({ allocatedAmountSet: 'MoneyBag!' }),
  MoneyBag: objectType<never, World>({ shopMoney: 'MoneyV2!', presentmentMoney: 'MoneyV2!' }),
  MoneyV2: objectType<never, World>({ amount: 'Decimal!', currencyCode: 'CurrencyCode!' }),
  Count: objectType<never, World>({ count: 'Int!', precision: 'CountPrecision!' }),
  ShippingLine: objectType<never, World>({ title: 'String!', code: 'String' }),

  MailingAddress: objectType<Order, World>({
    name: { type: 'String', resolve: ({ buyer }) => buyer },
    company: { type: 'String', resolve: () => null },
    address1: { type: 'String', resolve: ({ legacyId }) => `${legacyId} Main Street` },
    address2: { type: 'String', resolve: () => null },
    city: { type: 'String', resolve: () => 'Springfield' },
    province: { type: 'String', resolve: () => 'Illinois' },
    provinceCode: { type: 'String', resolve: () => 'IL' },
    zip: { type: 'String', resolve: () => '62701' },
    countryCodeV2: { type: 'CountryCode', resolve: ({ country }) => country },
    phone: { type: 'String', resolve: () => '+15555550100' },
  }),

  FulfillmentOrder: objectType<FulfillmentOrder, World>(
    {
      id: 'ID!',
      status: 'FulfillmentOrderStatus!',
      orderId: { type: 'ID!', resolve: ({ order }) => order.id },
      order: 'Order!',
      fulfillmentHolds: { type: '[FulfillmentHold!]!', resolve: ({ holds }) => holds },
      updatedAt: { type: 'DateTime!', resolve: ({ updatedAt }) => iso(updatedAt) },
      supportedActions: {
        type: '[FulfillmentOrderSupportedAction!]!',
        resolve: (one) => actionsOf(one).map((action) => ({ action })),
      },
      assignedLocation: { type: 'FulfillmentOrderAssignedLocation!', resolve: ({ location }) => location },
      lineItems: {
        type: 'FulfillmentOrderLineItemConnection!',
        args: paging,
        resolve: ({ lines }, args) => slice(lines, byIndex, args),
      },
    },
    'Node',
  ),
  FulfillmentHold: objectType<Hold, World>(
    {
      id: 'ID!',
      reason: 'FulfillmentHoldReason!',
      reasonNotes: { type: 'String', resolve: ({ notes }) => notes },
      handle: { type: 'String', resolve: ({ handle, byApp }) => (byApp ? handle : null) },
      heldByRequestingApp: { type: 'Boolean!', resolve: ({ byApp }) => byApp },
    },
    'Node',
  ),
  FulfillmentOrderSupportedAction: objectType<never, World>({ action: 'FulfillmentOrderAction!' }),
  FulfillmentOrderAssignedLocation: objectType<string, World>({
    name: { type: 'String!', resolve: (location, _, world) => world.placeName(location) },
    location: { type: 'Location', resolve: (location, _, world) => world.place(location) },
  }),
  FulfillmentOrderLineItem: objectType<FulfillmentOrderLine, World>(
    {
      id: 'ID!',
      totalQuantity: { type: 'Int!', resolve: ({ total: units }) => units },
      remainingQuantity: { type: 'Int!', resolve: ({ remaining }) => remaining },
      lineItem: { type: 'LineItem!', resolve: ({ line }) => line },
    },
    'Node',
  ),

  Fulfillment: objectType<Fulfillment, World>(
    {
      id: 'ID!',
      status: 'FulfillmentStatus!',
      createdAt: { type: 'DateTime!', resolve: ({ createdAt }) => iso(createdAt) },
      trackingInfo: {
        type: '[FulfillmentTrackingInfo!]!',
        args: { first: 'Int' },
        resolve: listOf(({ tracking }: Fulfillment) => tracking),
      },
      fulfillmentLineItems: {
        type: 'FulfillmentLineItemConnection!',
        args: paging,
        resolve: ({ lines }, args) => slice(lines, byIndex, args),
      },
    },
    'Node',
  ),
  FulfillmentTrackingInfo: objectType<never, World>({ company: 'String', number: 'String', url: 'URL' }),
  FulfillmentLineItem: objectType<Fulfillment['lines'][number], World>(
    { id: 'ID!', quantity: 'Int', lineItem: { type: 'LineItem!', resolve: ({ line }) => line } },
    'Node',
  ),
  Refund: objectType<Refund, World>(
    {
      id: 'ID!',
      ...refundFields,
      refundLineItems: {
        type: 'RefundLineItemConnection!',
        args: paging,
        resolve: ({ lines }, args) => slice(lines, byIndex, args),
      },
    },
    'Node',
  ),
  RefundLineItem: objectType<Refund['lines'][number], World>({
    quantity: 'Int!',
    restockType: 'RefundLineItemRestockType!',
    restocked: { type: 'Boolean!', resolve: ({ restockType }) => restockType !== 'NO_RESTOCK' },
    lineItem: { type: 'LineItem!', resolve: ({ line }) => line },
  }),
  ProductVariant: objectType<Item, World>(
    {
      id: { type: 'ID!', resolve: ({ variantId }) => variantId },
      sku: 'String',
      title: 'String!',
      displayName: { type: 'String!', resolve: ({ title }) => title },
      barcode: { type: 'String', resolve: () => null },
      price: { type: 'Money!', resolve: ({ price }) => price },
      inventoryItem: { type: 'InventoryItem!', resolve: (item) => item },
    },
    'Node',
  ),
}
