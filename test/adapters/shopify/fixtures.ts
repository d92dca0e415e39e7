import type { ShopifyOptions } from '../../../adapters/shopify/index.ts'
import { readOptions, type Shop } from '../../../adapters/shopify/options.ts'
import type { WireLine, WireOrder } from '../../../adapters/shopify/wire.ts'
import type { ChannelOrder } from '../../../src/model/order.ts'
import type { ListingTarget, ShipmentNotice } from '../../../src/spec/index.ts'

export const options = {
  shop: 'my-shop',
  auth: { accessToken: 'shpat_0123456789abcdef' },
  webhookSecret: 'shpss_0123456789abcdef',
  location: 'gid://shopify/Location/7001',
} as const satisfies ShopifyOptions

export const shop: Shop = readOptions(options)

export const money = (amount: string, currencyCode = 'USD') => ({ shopMoney: { amount, currencyCode } })

export function wireLine(over: Partial<WireLine> = {}): WireLine {
  return {
    id: 'gid://shopify/LineItem/1',
    title: 'Red mug',
    sku: 'MUG-RED',
    quantity: 3,
    currentQuantity: 3,
    unfulfilledQuantity: 3,
    nonFulfillableQuantity: 0,
    requiresShipping: true,
    isGiftCard: false,
    variant: { inventoryItem: { id: 'gid://shopify/InventoryItem/44871', tracked: true } },
    originalUnitPriceSet: money('12.50'),
    discountAllocations: [],
    taxLines: [],
    ...over,
  }
}

export function wireOrder(
  over: Partial<WireOrder> = {},
  lines: readonly WireLine[] = [wireLine()],
): WireOrder {
  return {
    id: 'gid://shopify/Order/5001',
    name: '#1001',
    createdAt: '2026-07-01T09:30:00Z',
    updatedAt: '2026-07-01T09:31:00Z',
    cancelledAt: null,
    cancelReason: null,
    displayFinancialStatus: 'PAID',
    displayFulfillmentStatus: 'UNFULFILLED',
    currencyCode: 'USD',
    email: 'ada@example.com',
    phone: null,
    sourceName: 'web',
    test: false,
    currentTotalPriceSet: money('37.5'),
    shippingAddress: {
      name: 'Ada Demo',
      company: null,
      address1: '12 Demo Lane',
      address2: null,
      city: 'Springfield',
      provinceCode: 'IL',
      province: 'Illinois',
      zip: '62701',
      countryCodeV2: 'US',
      phone: null,
    },
    shippingLine: { title: 'Standard', code: 'std' },
    fulfillmentsCount: { count: 0 },
    lineItems: { nodes: [...lines], pageInfo: { hasNextPage: false, endCursor: null } },
    ...over,
  }
}

export function target(number: number, over: Partial<ListingTarget> = {}): ListingTarget {
  return {
    listing: `gid://shopify/InventoryItem/${number}`,
    place: '',
    quantity: 5,
    expected: 7,
    key: `row-${number}`,
    ...over,
  }
}

/** Everything of an order in one parcel. */
export function noticeOf(
  order: Pick<ChannelOrder, 'id'> & {
    readonly lines: readonly Pick<ChannelOrder['lines'][number], 'id' | 'ordered' | 'cancelled'>[]
  },
  over: Partial<ShipmentNotice> = {},
): ShipmentNotice {
  return {
    order: order.id,
    parcel: 'parcel-1',
    sequence: 1,
    carrier: 'ups',
    carrierName: 'UPS',
    service: 'UPS Ground',
    trackingNumber: '1Z999AA10123456784',
    trackingUrl: null,
    shippedAt: Date.UTC(2026, 6, 2),
    lines: order.lines
      .map(({ id, ordered, cancelled }) => ({ line: id, quantity: ordered - cancelled }))
      .filter(({ quantity }) => quantity > 0),
    ...over,
  }
}

/** A GraphQL answer as Shopify frames it. */
export function answer(data: unknown, cost: { readonly left?: number; readonly rate?: number } = {}) {
  return {
    data,
    extensions: {
      cost: {
        requestedQueryCost: 10,
        actualQueryCost: 10,
        throttleStatus: {
          maximumAvailable: 2000,
          currentlyAvailable: cost.left ?? 1990,
          restoreRate: cost.rate ?? 100,
        },
      },
    },
  }
}

export const page = <T>(...nodes: T[]) => ({ nodes, pageInfo: { hasNextPage: false, endCursor: null } })
