import { type FieldType, objectType } from '../../../src/simulator/graphql/index.ts'
import { byIndex, connectionTypes, paging, type Slice, slice } from './connection.ts'
import { gateway, type Suggestion, suggest, suggestForReturn } from './refunds.ts'
import { findReturn } from './return-mutations.ts'
import { returnable, returnReasons } from './returns.ts'
import {
  decimal,
  type Fulfillment,
  iso,
  type Order,
  type Refund,
  type Return,
  type ReturnLine,
  type ReverseLine,
} from './shop.ts'
import type { World } from './world.ts'

type Of<Source> = FieldType<Source, World>
type Returnable = ReturnType<typeof returnable>[number]
type Reason = (typeof returnReasons)[number]
type ReverseOrder = Return['reverse'][number]

const money = (currencyCode: string, amount: number) => {
  const value = { amount: decimal(amount), currencyCode }
  return { shopMoney: value, presentmentMoney: value }
}

const paged = <Source>(node: string, rows: (source: Source) => readonly unknown[]): Of<Source> => ({
  type: `${node}Connection!`,
  args: paging,
  resolve: (source, args): Slice<unknown> => slice(rows(source), byIndex, args),
})

const time = <Source>(type: string, read: (source: Source) => number | null): Of<Source> => ({
  type,
  resolve: (source) => {
    const at = read(source)
    return at === null ? null : iso(at)
  },
})

const returnableId = ({ fulfillment }: Returnable) =>
  fulfillment.id.replace('/Fulfillment/', '/ReturnableFulfillment/')

/** What of the lines of a return both kinds of them have. */
export const returnLineInterface = {
  id: 'ID!',
  quantity: 'Int!',
  processableQuantity: 'Int!',
  processedQuantity: 'Int!',
  unprocessedQuantity: 'Int!',
  returnReasonNote: 'String!',
  customerNote: 'String',
  returnReasonDefinition: 'ReturnReasonDefinition',
} as const

export const orderReturnFields: Readonly<Record<string, Of<Order>>> = {
  returns: paged('Return', ({ returns }) => returns),
  suggestedRefund: {
    type: 'SuggestedRefund',
    args: {
      refundLineItems: '[RefundLineItemInput!]',
      refundShipping: 'Boolean',
      suggestFullRefund: 'Boolean',
    },
    resolve: (order, args) => suggest(order, args),
  },
}

export const refundFields: Readonly<Record<string, Of<Refund> | string>> = {
  note: 'String',
  createdAt: time('DateTime', ({ at }) => at),
  totalRefundedSet: {
    type: 'MoneyBag!',
    resolve: ({ amount }, _, { shop }) => money(shop.currency, amount),
  },
  transactions: paged('OrderTransaction', (refund) =>
    refund.amount > 0 ? [{ id: refund.id.replace('/Refund/', '/OrderTransaction/9'), refund }] : [],
  ),
}

export const returnQueries: Readonly<Record<string, Of<unknown>>> = {
  return: {
    type: 'Return',
    args: { id: 'ID!' },
    resolve: (_, { id }, world) => world.typed('Return', id, findReturn),
  },
  reverseFulfillmentOrder: {
    type: 'ReverseFulfillmentOrder',
    args: { id: 'ID!' },
    resolve: (_, { id }, world) =>
      world.typed('ReverseFulfillmentOrder', id, ({ shop }) =>
        [...shop.orders.values()]
          .flatMap(({ returns }) => returns)
          .flatMap(({ reverse }) => reverse)
          .find((each) => each.id === id),
      ),
  },
  returnableFulfillments: {
    type: 'ReturnableFulfillmentConnection!',
    args: { ...paging, orderId: 'ID!' },
    resolve: (_, args, world) => {
      const order = world.orderOf(args.orderId)
      return slice(order ? returnable(order) : [], byIndex, args)
    },
  },
  returnableFulfillment: {
    type: 'ReturnableFulfillment',
    args: { id: 'ID!' },
    resolve: (_, { id }, world) =>
      world.typed('ReturnableFulfillment', id, ({ shop }) =>
        [...shop.orders.values()].flatMap(returnable).find((each) => returnableId(each) === id),
      ),
  },
  returnReasonDefinitions: {
    type: 'ReturnReasonDefinitionConnection!',
    args: paging,
    resolve: (_, args) => slice(returnReasons, byIndex, args),
  },
}

export const returnTypes = {
  ...connectionTypes<World>('Return'),
  ...connectionTypes<World>('ReturnLineItemType'),
  ...connectionTypes<World>('ExchangeLineItem'),
  ...connectionTypes<World>('ReverseFulfillmentOrder'),
  ...connectionTypes<World>('ReverseFulfillmentOrderLineItem'),
  ...connectionTypes<World>('ReverseDelivery'),
  ...connectionTypes<World>('ReturnableFulfillment'),
  ...connectionTypes<World>('ReturnableFulfillmentLineItem'),
  ...connectionTypes<World>('ReturnReasonDefinition'),
  ...connectionTypes<World>('OrderTransaction'),

  Return: objectType<Return, World>(
    {
      id: 'ID!',
      name: {
        type: 'String!',
        resolve: (back) => `${back.order.name}-R${back.order.returns.indexOf(back) + 1}`,
      },
      status: 'ReturnStatus!',
      createdAt: time('DateTime!', ({ createdAt }) => createdAt),
      requestApprovedAt: time('DateTime', ({ approvedAt }) => approvedAt),
      closedAt: time('DateTime', ({ closedAt }) => closedAt),
      decline: 'ReturnDecline',
      order: 'Order!',
      suggestedFinancialOutcome: {
        type: 'SuggestedReturnFinancialOutcome',
        args: {
          returnLineItems: '[SuggestedOutcomeReturnLineItemInput!]!',
          exchangeLineItems: '[SuggestedOutcomeExchangeLineItemInput!]!',
          refundShipping: 'RefundShippingInput',
        },
        resolve: (back, args) => ({ __typename: 'RefundReturnOutcome', ...suggestForReturn(back, args) }),
      },
      totalQuantity: {
        type: 'Int!',
        resolve: ({ lines }) => lines.reduce((sum, { quantity }) => sum + quantity, 0),
      },
      returnLineItems: paged('ReturnLineItemType', ({ lines }) => lines),
      exchangeLineItems: paged('ExchangeLineItem', () => []),
      reverseFulfillmentOrders: paged('ReverseFulfillmentOrder', (back) =>
        back.reverse.map((each) => ({ ...each, trackingNumber: back.trackingNumber })),
      ),
    },
    'Node',
  ),
  ReturnDecline: objectType<never, World>({ reason: 'ReturnDeclineReason!', note: 'String' }),
  ReturnLineItem: objectType<ReturnLine, World>(
    {
      id: 'ID!',
      quantity: 'Int!',
      processedQuantity: { type: 'Int!', resolve: ({ processed }) => processed },
      processableQuantity: { type: 'Int!', resolve: ({ quantity, processed }) => quantity - processed },
      unprocessedQuantity: { type: 'Int!', resolve: ({ quantity, processed }) => quantity - processed },
      returnReasonNote: { type: 'String!', resolve: ({ note }) => note },
      customerNote: 'String',
      returnReasonDefinition: {
        type: 'ReturnReasonDefinition',
        resolve: ({ reason }) => returnReasons.find(({ handle }) => handle === reason) ?? null,
      },
      fulfillmentLineItem: { type: 'FulfillmentLineItem!', resolve: ({ goods }) => goods },
    },
    'Node',
    'ReturnLineItemType',
  ),
  ReturnReasonDefinition: objectType<Reason, World>(
    { id: 'ID!', handle: 'String!', name: 'String!', deleted: 'Boolean!' },
    'Node',
  ),
  ExchangeLineItem: objectType<never, World>({ id: 'ID!' }, 'Node'),
  ReverseFulfillmentOrder: objectType<ReverseOrder & { trackingNumber?: string | null }, World>(
    {
      id: 'ID!',
      lineItems: paged('ReverseFulfillmentOrderLineItem', ({ lines }) => lines),
      reverseDeliveries: paged('ReverseDelivery', ({ id, trackingNumber }) =>
        trackingNumber == null
          ? []
          : [{ id: id.replace('/ReverseFulfillmentOrder/', '/ReverseDelivery/'), trackingNumber }],
      ),
    },
    'Node',
  ),
  ReverseFulfillmentOrderLineItem: objectType<ReverseLine, World>(
    {
      id: 'ID!',
      totalQuantity: { type: 'Int!', resolve: ({ total }) => total },
      fulfillmentLineItem: { type: 'FulfillmentLineItem', resolve: ({ of }) => of.goods },
      dispositions: '[ReverseFulfillmentOrderDisposition!]!',
    },
    'Node',
  ),
  ReverseFulfillmentOrderDisposition: objectType<never, World>(
    { id: 'ID!', type: 'ReverseFulfillmentOrderDispositionType!', quantity: 'Int!' },
    'Node',
  ),
  ReverseDelivery: objectType<{ trackingNumber: string }, World>(
    {
      id: 'ID!',
      deliverable: {
        type: 'ReverseDeliveryDeliverable',
        resolve: ({ trackingNumber }) => ({
          __typename: 'ReverseDeliveryShippingDeliverable',
          trackingNumber,
        }),
      },
    },
    'Node',
  ),
  ReverseDeliveryShippingDeliverable: objectType<{ trackingNumber: string }, World>(
    {
      tracking: {
        type: 'ReverseDeliveryTrackingV2',
        resolve: ({ trackingNumber }) => ({ number: trackingNumber, carrierName: null, url: null }),
      },
    },
    'ReverseDeliveryDeliverable',
  ),
  ReverseDeliveryTrackingV2: objectType<never, World>({
    number: 'String',
    carrierName: 'String',
    url: 'URL',
  }),
  ReturnableFulfillment: objectType<Returnable, World>(
    {
      id: { type: 'ID!', resolve: returnableId },
      fulfillment: 'Fulfillment!',
      returnableFulfillmentLineItems: paged('ReturnableFulfillmentLineItem', ({ lines }) => lines),
    },
    'Node',
  ),
  ReturnableFulfillmentLineItem: objectType<{ goods: Fulfillment['lines'][number] }, World>({
    quantity: 'Int!',
    fulfillmentLineItem: { type: 'FulfillmentLineItem!', resolve: ({ goods }) => goods },
  }),
  SuggestedReturnFinancialOutcome: objectType<Suggestion, World>({
    maximumRefundable: {
      type: 'MoneyBag!',
      resolve: ({ most }, _, { shop }) => money(shop.currency, most),
    },
    financialTransfer: { type: 'ReturnOutcomeFinancialTransfer', resolve: (suggestion) => suggestion },
  }),
  RefundReturnOutcome: objectType<Suggestion, World>(
    {
      amount: { type: 'MoneyBag!', resolve: ({ amount }, _, { shop }) => money(shop.currency, amount) },
      suggestedTransactions: {
        type: '[SuggestedOrderTransaction!]!',
        resolve: (suggestion) => (suggestion.most > 0 ? [suggestion] : []),
      },
    },
    'ReturnOutcomeFinancialTransfer',
  ),
  SuggestedRefund: objectType<Suggestion, World>({
    amountSet: { type: 'MoneyBag!', resolve: ({ amount }, _, { shop }) => money(shop.currency, amount) },
    maximumRefundableSet: {
      type: 'MoneyBag!',
      resolve: ({ most }, _, { shop }) => money(shop.currency, most),
    },
    suggestedTransactions: {
      type: '[SuggestedOrderTransaction!]!',
      resolve: (suggestion) => (suggestion.most > 0 ? [suggestion] : []),
    },
  }),
  SuggestedOrderTransaction: objectType<Suggestion, World>({
    gateway: { type: 'String', resolve: () => gateway },
    kind: { type: 'SuggestedOrderTransactionKind!', resolve: () => 'SUGGESTED_REFUND' },
    amountSet: { type: 'MoneyBag!', resolve: ({ amount }, _, { shop }) => money(shop.currency, amount) },
    maximumRefundableSet: {
      type: 'MoneyBag',
      resolve: ({ most }, _, { shop }) => money(shop.currency, most),
    },
    parentTransaction: { type: 'OrderTransaction', resolve: ({ order }) => ({ id: order.payment }) },
  }),
  OrderTransaction: objectType<{ id: string; refund?: Refund }, World>(
    {
      id: 'ID!',
      gateway: { type: 'String', resolve: () => gateway },
      kind: { type: 'OrderTransactionKind!', resolve: ({ refund }) => (refund ? 'REFUND' : 'SALE') },
      status: { type: 'OrderTransactionStatus!', resolve: () => 'SUCCESS' },
    },
    'Node',
  ),
}
