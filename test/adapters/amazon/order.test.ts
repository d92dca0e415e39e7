import { describe, expect, it } from 'vitest'
import { fulfilledByOf, serviceLevelOf, statusOf, toChannelOrder } from '../../../adapters/amazon/order.ts'
import { isStockpoolError } from '../../../src/error.ts'
import { countersOf, mergeOrder, nothingSeen, type OrderState } from '../../../src/order/index.ts'

const item = (more: object = {}) => ({
  orderItemId: '1001',
  quantityOrdered: 3,
  product: { sellerSku: 'MUG-RED', title: 'Red mug' },
  ...more,
})
const order = (more: object = {}, items: readonly object[] = [item()]) => ({
  orderId: '111-1111111-1111111',
  createdTime: '2026-07-01T10:00:00Z',
  lastUpdatedTime: '2026-07-01T11:00:00+02:00',
  salesChannel: { channelName: 'AMAZON', marketplaceId: 'ATVPDKIKX0DER' },
  orderItems: items,
  ...more,
})
const fulfilled = (status: string, more: object = {}) => ({
  fulfillment: { fulfillmentStatus: status, fulfilledBy: 'MERCHANT', ...more },
})
const counted = (quantityFulfilled: number, quantityUnfulfilled: number) => ({
  fulfillment: { quantityFulfilled, quantityUnfulfilled },
})

describe('statuses', () => {
  it.each([
    ['PENDING_AVAILABILITY', 'pending'],
    ['PENDING', 'pending'],
    ['UNSHIPPED', 'open'],
    ['PARTIALLY_SHIPPED', 'partially_shipped'],
    ['SHIPPED', 'shipped'],
    ['CANCELLED', 'cancelled'],
    ['UNFULFILLABLE', 'on_hold'],
    // v0 and ORDER_CHANGE
    ['PendingAvailability', 'pending'],
    ['Pending', 'pending'],
    ['Unshipped', 'open'],
    ['PartiallyShipped', 'partially_shipped'],
    ['Shipped', 'shipped'],
    ['Canceled', 'cancelled'],
    ['Unfulfillable', 'on_hold'],
    ['InvoiceUnconfirmed', 'shipped'],
    ['TELEPORTED', 'unknown'],
    ['', 'unknown'],
  ])('%s is %s', (raw, status) => expect(statusOf(raw)).toBe(status))

  it('keeps a word that it does not know', () => {
    expect(toChannelOrder(order(fulfilled('TELEPORTED')))).toMatchObject({
      status: 'unknown',
      rawStatus: 'TELEPORTED',
    })
  })

  it('is unknown when Amazon leaves the dataset out', () => {
    expect(toChannelOrder(order())).toMatchObject({
      status: 'unknown',
      rawStatus: '',
      fulfilledBy: 'merchant',
    })
  })
})

it.each([
  ['FREE_ECONOMY', 'economy'],
  ['STANDARD', 'standard'],
  ['EXPEDITED', 'two-day'],
  ['SECOND_DAY', 'two-day'],
  ['SecondDay', 'two-day'],
  ['PRIORITY', 'next-day'],
  ['NEXT_DAY', 'next-day'],
  ['SAME_DAY', 'same-day'],
  ['SCHEDULED', null],
  ['DRONE', null],
  [undefined, null],
])('service level %s is %s', (raw, level) => expect(serviceLevelOf(raw)).toBe(level))

it.each([
  ['AMAZON', 'platform'],
  ['AFN', 'platform'],
  ['MERCHANT', 'merchant'],
  ['MFN', 'merchant'],
  [undefined, 'merchant'],
])('fulfilled by %s is %s', (raw, by) => expect(fulfilledByOf(raw)).toBe(by))

describe('lines', () => {
  const lineOf = (status: string, more: object = {}) =>
    toChannelOrder(order(fulfilled(status), [item(more)])).lines[0]

  it('the listing is the seller SKU', () => {
    expect(lineOf('UNSHIPPED')).toMatchObject({
      id: '1001',
      listing: 'MUG-RED',
      channelSku: 'MUG-RED',
      title: 'Red mug',
    })
  })

  it('a SKU that Amazon leaves out, or that no listing can have, is no listing', () => {
    expect(lineOf('UNSHIPPED', { product: {} })).toMatchObject({ listing: null, channelSku: null })
    expect(lineOf('UNSHIPPED', { product: { sellerSku: ' MUG ' } })).toMatchObject({
      listing: null,
      channelSku: ' MUG ',
    })
  })

  it.each([
    ['UNSHIPPED', 3, counted(0, 3), { ordered: 3, shipped: 0, cancelled: 0 }],
    ['PARTIALLY_SHIPPED', 3, counted(1, 2), { ordered: 3, shipped: 1, cancelled: 0 }],
    ['PARTIALLY_SHIPPED', 3, counted(1, 1), { ordered: 3, shipped: 1, cancelled: 1 }],
    ['SHIPPED', 3, counted(3, 0), { ordered: 3, shipped: 3, cancelled: 0 }],
    ['SHIPPED', 3, counted(2, 0), { ordered: 3, shipped: 2, cancelled: 1 }],
    ['CANCELLED', 3, counted(0, 0), { ordered: 3, shipped: 0, cancelled: 3 }],
    ['CANCELLED', 3, {}, { ordered: 3, shipped: 0, cancelled: 3 }],
    ['CANCELLED', 0, counted(0, 0), { ordered: 0, shipped: 0, cancelled: 0 }],
    ['UNSHIPPED', 3, {}, { ordered: 3, shipped: 0, cancelled: 0 }],
    ['SHIPPED', 3, counted(5, 0), { ordered: 3, shipped: 3, cancelled: 0 }],
  ])('%s, %i ordered, %o', (status, quantityOrdered, more, expected) => {
    expect(lineOf(status, { quantityOrdered, ...more })).toMatchObject(expected)
  })

  it('nothing counts as cancelled while the order is pending, although nothing counts as waiting either', () => {
    expect(lineOf('PENDING', counted(0, 0))).toMatchObject({ ordered: 3, cancelled: 0 })
    expect(lineOf('SOMETHING_NEW', counted(0, 0))).toMatchObject({ ordered: 3, cancelled: 0 })
  })

  it.each([
    ['UNSHIPPED', 1, counted(0, 1), 2],
    ['UNSHIPPED', 0, counted(0, 0), 3],
    ['CANCELLED', 0, {}, 3],
    ['CANCELLED', 3, counted(0, 0), 3],
    ['PARTIALLY_SHIPPED', 1, counted(1, 0), 2],
  ])(
    'whether Amazon lowers what was ordered or not, cancelled units are free again: %s, %i, %o',
    (status, quantityOrdered, more, released) => {
      const before = toChannelOrder(order(fulfilled('PENDING'), [item(counted(0, 0))]))
      const after = toChannelOrder({
        ...order(fulfilled(status), [item({ quantityOrdered, ...more })]),
        lastUpdatedTime: '2026-07-02T00:00:00Z',
      })
      for (const snapshots of [
        [before, after],
        [after, before],
        [before, after, before, after],
      ]) {
        const state = snapshots.reduce<OrderState | null>(
          (known, each) => mergeOrder(known, each).state,
          null,
        )
        expect(countersOf(state?.lines[0]?.seen ?? nothingSeen)).toMatchObject({
          ordered: 3,
          taken: 3,
          released,
        })
      }
    },
  )

  it('price, discount, shipping and tax, with who collects it', () => {
    const money = (amount: string) => ({ amount, currencyCode: 'USD' })
    const line = lineOf('UNSHIPPED', {
      product: { sellerSku: 'MUG-RED', price: { unitPrice: money('12.50') } },
      proceeds: {
        breakdowns: [
          { type: 'ITEM', subtotal: money('37.50') },
          { type: 'DISCOUNT', subtotal: money('-5.00') },
          { type: 'SHIPPING', subtotal: money('4.99') },
          { type: 'TAX', subtotal: money('3.1249') },
        ],
      },
      tax: { taxCollections: [{ model: 'MARKETPLACE_FACILITATOR' }] },
    })
    expect(line).toMatchObject({
      price: { amount: 1250, currency: 'USD' },
      discount: { amount: 500, currency: 'USD' },
      shipping: { amount: 499, currency: 'USD' },
      taxes: [{ amount: { amount: 312, currency: 'USD' }, collectedBy: 'platform' }],
    })
  })

  it('yen have no decimals, and an amount that is none costs the price, not the order', () => {
    const priced = (amount: string, currencyCode: string) =>
      lineOf('UNSHIPPED', { product: { price: { unitPrice: { amount, currencyCode } } } })?.price
    expect(priced('1980', 'JPY')).toEqual({ amount: 1980, currency: 'JPY' })
    expect(priced('a lot', 'USD')).toBeNull()
    expect(priced('1', 'dollars')).toBeNull()
  })
})

describe('the order', () => {
  it('carries promise, programs, money and times in UTC', () => {
    const mapped = toChannelOrder(
      order({
        programs: ['PRIME', 'SOMETHING_NEW'],
        proceeds: { grandTotal: { amount: '40.00', currencyCode: 'USD' } },
        ...fulfilled('UNSHIPPED', {
          fulfillmentServiceLevel: 'NEXT_DAY',
          shipByWindow: { earliestDateTime: '2026-07-01T00:00:00Z', latestDateTime: '2026-07-02T06:59:59Z' },
          deliverByWindow: { latestDateTime: 'soon' },
        }),
      }),
    )
    expect(mapped).toMatchObject({
      number: '111-1111111-1111111',
      placedAt: '2026-07-01T10:00:00.000Z',
      updatedAt: '2026-07-01T09:00:00.000Z',
      programs: ['PRIME', 'SOMETHING_NEW'],
      total: { amount: 4000, currency: 'USD' },
      currency: 'USD',
      serviceLevel: 'next-day',
      rawServiceLevel: 'NEXT_DAY',
      shipBy: '2026-07-02T06:59:59.000Z',
      deliverBy: null,
      payment: 'paid',
      source: null,
    })
  })

  it('keeps the payload as it came', () => {
    const raw = order({ ...fulfilled('UNSHIPPED'), somethingNew: { a: 1 } })
    expect(toChannelOrder(raw).raw).toBe(raw)
  })

  it('reads an address part by part', () => {
    const recipient = {
      deliveryAddress: {
        name: 'A B',
        companyName: '',
        addressLine1: '1 High St',
        municipality: 'Rio',
        stateOrRegion: 'RJ',
        postalCode: '1',
        countryCode: 'br',
      },
    }
    expect(toChannelOrder(order({ recipient })).shipTo).toEqual({
      name: 'A B',
      company: null,
      line1: '1 High St',
      line2: null,
      line3: null,
      city: 'Rio',
      region: 'RJ',
      postalCode: '1',
      country: 'BR',
      phone: null,
    })
  })

  it('amzn/selling-partner-api-models#5300: a missing role leaves the fields out, and they become null', () => {
    expect(toChannelOrder(order(fulfilled('UNSHIPPED')))).toMatchObject({
      buyer: null,
      shipTo: null,
      total: null,
    })
    expect(toChannelOrder(order({ recipient: {}, buyer: {} }))).toMatchObject({ buyer: null, shipTo: null })
    expect(
      toChannelOrder(order({ recipient: { deliveryAddress: { countryCode: '?' } } })).shipTo?.country,
    ).toBeNull()
  })

  it("a buyer's wish to cancel is only a wish, and ends when it is granted", () => {
    const asked = { cancellation: { cancellationRequest: { requester: 'BUYER', cancelReason: 'Too late' } } }
    const granted = {
      cancellation: { ...asked.cancellation, cancellationExecution: { cancelledBy: 'MERCHANT' } },
    }
    const read = (status: string, more: object) =>
      toChannelOrder(order(fulfilled(status), [item(more)])).cancelRequested
    expect(read('UNSHIPPED', asked)).toEqual({ at: null, reason: 'Too late' })
    expect(read('UNSHIPPED', granted)).toBeNull()
    expect(read('CANCELLED', asked)).toBeNull()
    expect(read('UNSHIPPED', {})).toBeNull()
  })

  it('AFN orders are set apart, line by line', () => {
    const mapped = toChannelOrder(
      order({ fulfillment: { fulfillmentStatus: 'UNSHIPPED', fulfilledBy: 'AMAZON' } }),
    )
    expect(mapped.fulfilledBy).toBe('platform')
    expect(mapped.lines.every(({ fulfilledBy }) => fulfilledBy === 'platform')).toBe(true)
  })

  it('an order of another shop that Amazon fulfils names where it came from', () => {
    expect(toChannelOrder(order({ salesChannel: { channelName: 'NON_AMAZON' } })).source).toBe('NON_AMAZON')
  })

  it.each([
    [null, ''],
    [{}, 'orderId'],
    [{ ...order(), orderItems: [{ orderItemId: '1', quantityOrdered: -1 }] }, 'orderItems.0.quantityOrdered'],
    [{ ...order(), orderItems: 'none' }, 'orderItems'],
  ])('what is no order is refused, naming the field: %o', (raw, field) => {
    try {
      toChannelOrder(raw)
      expect.unreachable()
    } catch (error) {
      expect(isStockpoolError(error, 'invalid_input')).toBe(true)
      expect(error).toMatchObject({ field })
    }
  })

  it('an order whose times are none is refused as such', () => {
    expect(() => toChannelOrder({ ...order(), createdTime: 'yesterday' })).toThrow(/cannot be read/)
  })
})
