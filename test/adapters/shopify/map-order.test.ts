import { describe, expect, it } from 'vitest'
import { mapOrder, type OrderPolicy } from '../../../adapters/shopify/map-order.ts'
import type { WireOrder } from '../../../adapters/shopify/wire.ts'
import { ChannelOrder } from '../../../src/model/order.ts'
import { money, shop, wireLine, wireOrder } from './fixtures.ts'

const map = (wire: WireOrder, policy: Partial<OrderPolicy> = {}) =>
  mapOrder(wire, null, { ...shop, ...policy })

describe('mapOrder', () => {
  it('reads a paid order', () => {
    const wire = wireOrder()
    const order = map(wire)
    expect(ChannelOrder.parse(order)).toEqual(order)
    expect(order).toMatchObject({
      id: 'gid://shopify/Order/5001',
      number: '#1001',
      status: 'open',
      rawStatus: 'UNFULFILLED / PAID',
      payment: 'paid',
      placedAt: '2026-07-01T09:30:00.000Z',
      updatedAt: '2026-07-01T09:31:00.000Z',
      fulfilledBy: 'merchant',
      serviceLevel: 'standard',
      rawServiceLevel: 'Standard',
      currency: 'USD',
      total: { amount: 3750, currency: 'USD' },
      source: null,
      buyer: { email: 'ada@example.com', phone: null },
      shipTo: { name: 'Ada Demo', line1: '12 Demo Lane', region: 'IL', postalCode: '62701', country: 'US' },
    })
    expect(order.lines).toEqual([
      {
        id: 'gid://shopify/LineItem/1',
        listing: 'gid://shopify/InventoryItem/44871',
        channelSku: 'MUG-RED',
        title: 'Red mug',
        fulfilledBy: 'merchant',
        price: { amount: 1250, currency: 'USD' },
        discount: null,
        shipping: null,
        taxes: [],
        ordered: 3,
        cancelled: 0,
        shipped: 0,
        returned: 0,
      },
    ])
    expect(order.raw).toBe(wire)
  })

  it.each([
    ['PAID', 'UNFULFILLED', 'open'],
    ['AUTHORIZED', 'UNFULFILLED', 'open'],
    ['PARTIALLY_REFUNDED', 'UNFULFILLED', 'open'],
    ['PENDING', 'UNFULFILLED', 'pending'],
    ['PARTIALLY_PAID', 'UNFULFILLED', 'pending'],
    ['EXPIRED', 'UNFULFILLED', 'pending'],
    ['VOIDED', 'UNFULFILLED', 'pending'],
    [null, 'UNFULFILLED', 'pending'],
    ['PENDING', 'ON_HOLD', 'on_hold'],
    ['PAID', 'ON_HOLD', 'on_hold'],
    ['PAID', 'SCHEDULED', 'on_hold'],
    ['PAID', 'IN_PROGRESS', 'open'],
    ['PAID', 'REQUEST_DECLINED', 'open'],
    ['PAID', 'OPEN', 'open'],
    ['PAID', 'PENDING_FULFILLMENT', 'open'],
    ['PAID', 'FULFILLED', 'shipped'],
    ['PAID', 'SOMETHING_NEW', 'unknown'],
    ['SOMETHING_NEW', 'UNFULFILLED', 'unknown'],
  ])('%s and %s is %s, the words kept', (financial, fulfillment, status) => {
    const order = map(wireOrder({ displayFinancialStatus: financial, displayFulfillmentStatus: fulfillment }))
    expect(order.status).toBe(status)
    expect(order.rawStatus).toBe([fulfillment, financial].filter(Boolean).join(' / '))
  })

  it('lets an unpaid order ship when the shop wants it so', () => {
    const wire = wireOrder({ displayFinancialStatus: 'PENDING' })
    expect(map(wire, { shipUnpaid: true })).toMatchObject({ status: 'open', payment: 'pending' })
  })

  it('is cancelled with its reason, whatever else is displayed', () => {
    const line = wireLine({ currentQuantity: 0, unfulfilledQuantity: 0 })
    const cancelled = { cancelledAt: '2026-07-01T10:00:00Z', cancelReason: 'FRAUD' }
    const order = map(wireOrder({ ...cancelled, displayFinancialStatus: 'VOIDED' }, [line]))
    expect(order.status).toBe('cancelled')
    expect(order.rawStatus).toBe('UNFULFILLED / VOIDED / CANCELLED: FRAUD')
    expect(order.lines).toMatchObject([{ ordered: 3, cancelled: 3, shipped: 0 }])
  })

  it('is cancelled when every unit was removed before anything shipped, also in 2026-10 words', () => {
    const line = wireLine({ currentQuantity: 0, unfulfilledQuantity: 0 })
    for (const displayFulfillmentStatus of ['UNFULFILLED', 'FULFILLMENT_NOT_REQUIRED']) {
      expect(map(wireOrder({ displayFulfillmentStatus }, [line])).status).toBe('cancelled')
    }
  })

  it('leaves out tips and fees, which are no goods, and keeps them in raw', () => {
    const tip = wireLine({
      id: 'gid://shopify/LineItem/2',
      title: 'Tip',
      variant: null,
      requiresShipping: false,
    })
    const order = map(wireOrder({}, [wireLine(), tip]))
    expect(order.lines).toHaveLength(1)
    expect((order.raw as WireOrder).lineItems.nodes).toHaveLength(2)
  })

  it('keeps a line whose variant was deleted, without a listing', () => {
    expect(map(wireOrder({}, [wireLine({ variant: null })])).lines).toMatchObject([
      { listing: null, ordered: 3 },
    ])
  })

  it.each([
    [{ isGiftCard: true, requiresShipping: false }, true, 'platform'],
    [{ isGiftCard: true, requiresShipping: true }, true, 'merchant'],
    [{ requiresShipping: false }, false, 'platform'],
    [{ requiresShipping: false }, true, 'merchant'],
    [{ requiresShipping: true }, false, 'merchant'],
  ])('%o, tracked %s, is delivered by the %s', (over, tracked, fulfilledBy) => {
    const variant = { inventoryItem: { id: 'gid://shopify/InventoryItem/1', tracked } }
    expect(map(wireOrder({}, [wireLine({ ...over, variant })])).lines).toMatchObject([{ fulfilledBy }])
  })

  it.each([
    ['Next-day delivery', 'next-day'],
    ['UPS Next Day Air', 'next-day'],
    ['Overnight', 'next-day'],
    ['Two-Day delivery', 'two-day'],
    ['FedEx 2Day', 'two-day'],
    ['UPS 2nd Day Air', 'two-day'],
    ['Same day (by bike)', 'same-day'],
    ['Economy', 'economy'],
    ['Standard', 'standard'],
    ['UPS Ground', 'standard'],
    ['Free shipping', 'standard'],
    ['Express', null],
    ['Priority Mail', null],
    ['Pick up in store', null],
  ])('"%s" promises %s', (title, level) => {
    const order = map(wireOrder({ shippingLine: { title, code: null } }))
    expect(order.serviceLevel).toBe(level)
    expect(order.rawServiceLevel).toBe(title)
  })

  it('asks the shop own table of rates first, by title and by code', () => {
    const serviceLevels = { Express: 'two-day', 'CODE-7': 'same-day' } as const
    const level = (title: string, code: string) =>
      map(wireOrder({ shippingLine: { title, code } }), { serviceLevels }).serviceLevel
    expect(level('Express', 'x')).toBe('two-day')
    expect(level('Whatever', 'CODE-7')).toBe('same-day')
  })

  it('reads money of any exponent from the shop currency, without floating point', () => {
    const yen = wireLine({ originalUnitPriceSet: money('1250.0', 'JPY') })
    expect(
      map(wireOrder({ currencyCode: 'JPY', currentTotalPriceSet: money('3750', 'JPY') }, [yen])),
    ).toMatchObject({
      total: { amount: 3750, currency: 'JPY' },
      lines: [{ price: { amount: 1250, currency: 'JPY' } }],
    })
    const odd = wireLine({
      originalUnitPriceSet: money('0.1'),
      discountAllocations: [{ allocatedAmountSet: money('0.1') }, { allocatedAmountSet: money('0.2') }],
    })
    expect(map(wireOrder({}, [odd])).lines).toMatchObject([
      { price: { amount: 10 }, discount: { amount: 30 } },
    ])
  })

  it('says who owes a tax to the state', () => {
    const taxLines = [
      { title: 'State', channelLiable: true, priceSet: money('1.00') },
      { title: 'City', channelLiable: null, priceSet: money('0.50') },
    ]
    expect(map(wireOrder({}, [wireLine({ taxLines })])).lines[0]?.taxes).toEqual([
      { amount: { amount: 100, currency: 'USD' }, collectedBy: 'platform', title: 'State' },
      { amount: { amount: 50, currency: 'USD' }, collectedBy: 'merchant', title: 'City' },
    ])
  })

  it('does without buyer data, without a country it knows, without a shipping line', () => {
    const hidden = { email: null, phone: null, shippingAddress: null, shippingLine: null }
    expect(map(wireOrder(hidden))).toMatchObject({ buyer: null, shipTo: null, serviceLevel: null })
    const nowhere = { ...wireOrder().shippingAddress, countryCodeV2: 'ZZ' }
    expect(map(wireOrder({ shippingAddress: nowhere })).shipTo?.country).toBeNull()
  })

  it('names where a sale came from when it was not the shop itself', () => {
    expect(map(wireOrder({ sourceName: 'facebook' })).source).toBe('facebook')
  })
})

type Part = NonNullable<ReturnType<typeof wireOrder>['fulfillmentOrders']>['nodes'][number]

describe('an order of which a part waits', () => {
  const parts = (...statuses: string[]) => ({
    fulfillmentOrders: {
      nodes: statuses.map((status): Part => ({ status })),
      pageInfo: { hasNextPage: false, endCursor: null },
    },
  })

  it.each([
    [['OPEN'], 'UNFULFILLED', 'PAID', 'open'],
    [['OPEN', 'ON_HOLD'], 'UNFULFILLED', 'PAID', 'on_hold'],
    [['CLOSED', 'ON_HOLD'], 'PARTIALLY_FULFILLED', 'PAID', 'on_hold'],
    [['OPEN', 'SCHEDULED'], 'UNFULFILLED', 'PAID', 'on_hold'],
    [['ON_HOLD'], 'UNFULFILLED', 'PENDING', 'on_hold'],
    [['CLOSED', 'INCOMPLETE'], 'PARTIALLY_FULFILLED', 'PAID', 'partially_shipped'],
  ])('%j beside %s and %s is %4$s', (statuses, displayFulfillmentStatus, displayFinancialStatus, status) => {
    const wire = wireOrder({ displayFulfillmentStatus, displayFinancialStatus, ...parts(...statuses) })
    expect(mapOrder(wire, null, shop).status).toBe(status)
  })

  it('says so beside the order’s own words, once', () => {
    const wire = wireOrder(parts('OPEN', 'ON_HOLD', 'ON_HOLD'))
    expect(mapOrder(wire, null, shop).rawStatus).toBe('UNFULFILLED / PAID / ON_HOLD')
    const whole = wireOrder({ displayFulfillmentStatus: 'ON_HOLD', ...parts('ON_HOLD') })
    expect(mapOrder(whole, null, shop).rawStatus).toBe('ON_HOLD / PAID')
  })

  it('says why, in Shopify’s words', () => {
    const wire = wireOrder(parts('OPEN', 'ON_HOLD'))
    const [, held] = wire.fulfillmentOrders?.nodes ?? []
    if (!held) throw new Error('no part')
    held.fulfillmentHolds = [{ reason: 'INCORRECT_ADDRESS' }, { reason: 'HIGH_RISK_OF_FRAUD' }]
    expect(mapOrder(wire, null, shop).rawStatus).toBe(
      'UNFULFILLED / PAID / ON_HOLD / INCORRECT_ADDRESS / HIGH_RISK_OF_FRAUD',
    )
  })

  it('has changed when its part did: the newest report of an order counts', () => {
    const wire = wireOrder(parts('OPEN', 'ON_HOLD'))
    const [first, second] = wire.fulfillmentOrders?.nodes ?? []
    if (!first || !second) throw new Error('no parts')
    first.updatedAt = '2026-07-01T09:00:00Z'
    second.updatedAt = '2026-07-03T12:00:00Z'
    expect(mapOrder(wire, null, shop).updatedAt).toBe('2026-07-03T12:00:00.000Z')
    second.updatedAt = '2026-07-01T09:00:00Z'
    expect(mapOrder(wire, null, shop).updatedAt).toBe('2026-07-01T09:31:00.000Z')
  })

  it('is cancelled or shipped all the same, whatever its parts say', () => {
    const cancelled = wireOrder({ cancelledAt: '2026-07-02T00:00:00Z', ...parts('ON_HOLD') })
    expect(mapOrder(cancelled, null, shop).status).toBe('cancelled')
  })
})
