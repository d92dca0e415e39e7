import type { WireReturn, WireReturnLine, WireReverseLine } from '../../../adapters/shopify/wire-returns.ts'

export const moneyBag = (amount: string, currencyCode = 'USD') => ({
  shopMoney: { amount, currencyCode },
  presentmentMoney: { amount, currencyCode },
})

const page = <T>(nodes: readonly T[]) => ({
  nodes: [...nodes],
  pageInfo: { hasNextPage: false, endCursor: null },
})

/** Three units of one order line, none of which came back yet. */
export const wireReturnLine = (over: Partial<WireReturnLine> = {}): WireReturnLine => ({
  id: 'gid://shopify/ReturnLineItem/1',
  quantity: 3,
  processableQuantity: 3,
  processedQuantity: 0,
  returnReasonNote: '',
  customerNote: null,
  returnReasonDefinition: null,
  fulfillmentLineItem: {
    id: 'gid://shopify/FulfillmentLineItem/1',
    lineItem: { id: 'gid://shopify/LineItem/1' },
  },
  ...over,
})

export const wireReverseLine = (over: Partial<WireReverseLine> = {}): WireReverseLine => ({
  id: 'gid://shopify/ReverseFulfillmentOrderLineItem/1',
  totalQuantity: 3,
  fulfillmentLineItem: { id: 'gid://shopify/FulfillmentLineItem/1' },
  dispositions: [],
  ...over,
})

export const wireReturn = (
  over: Partial<WireReturn> = {},
  lines: readonly WireReturnLine[] = [wireReturnLine()],
  reverse: readonly WireReverseLine[] = [wireReverseLine()],
  trackingNumber: string | null = null,
): WireReturn => ({
  id: 'gid://shopify/Return/1',
  status: 'OPEN',
  createdAt: '2026-07-02T09:00:00Z',
  requestApprovedAt: null,
  closedAt: null,
  decline: null,
  order: { id: 'gid://shopify/Order/5001', updatedAt: '2026-07-02T09:00:00Z' },
  exchangeLineItems: { nodes: [] },
  returnLineItems: page(lines),
  reverseFulfillmentOrders: page([
    {
      id: 'gid://shopify/ReverseFulfillmentOrder/1',
      lineItems: page(reverse),
      reverseDeliveries: {
        nodes: trackingNumber === null ? [] : [{ deliverable: { tracking: { number: trackingNumber } } }],
      },
    },
  ]),
  ...over,
})
