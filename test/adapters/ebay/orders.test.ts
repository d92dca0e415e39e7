import { describe, expect, it } from 'vitest'
import { parseOptions } from '../../../adapters/ebay/options.ts'
import { toChannelOrder } from '../../../adapters/ebay/order.ts'
import { dateFilter, readCursor } from '../../../adapters/ebay/orders.ts'
import { isStockpoolError } from '../../../src/error.ts'
import { buy, list, notice, stage } from './stage.ts'

const settings = parseOptions({
  clientId: 'a',
  clientSecret: 'b',
  refreshToken: 'c',
  tradingItems: ['110012345678'],
})

/** Shaped after the samples of getOrder; the values are of nobody. */
const wire = {
  orderId: '12-34567-89012',
  creationDate: '2026-07-01T08:00:00.000Z',
  lastModifiedDate: '2026-07-01T08:05:00.000Z',
  orderFulfillmentStatus: 'NOT_STARTED',
  orderPaymentStatus: 'PAID',
  buyer: {
    username: 'ada_1',
    buyerRegistrationAddress: {
      fullName: 'Ada Example',
      email: 'ada@example.com',
      primaryPhone: { phoneNumber: '1' },
    },
  },
  cancelStatus: { cancelState: 'NONE_REQUESTED', cancelRequests: [] },
  pricingSummary: { total: { value: '37.50', currency: 'USD' } },
  fulfillmentStartInstructions: [
    {
      fulfillmentInstructionsType: 'SHIP_TO',
      shippingStep: {
        shippingServiceCode: 'USPSPriority',
        shipToReferenceId: 'Reference #abc123',
        shipTo: {
          fullName: 'Ada Example',
          contactAddress: {
            addressLine1: '1 Main St',
            city: 'Springfield',
            stateOrProvince: 'IL',
            postalCode: '62701',
            countryCode: 'us',
          },
          primaryPhone: { phoneNumber: '217-555-0100' },
        },
      },
    },
  ],
  lineItems: [
    {
      lineItemId: '10050000000001',
      legacyItemId: '330000000001',
      legacyVariationId: '0',
      sku: 'MUG-RED',
      title: 'Red mug',
      quantity: 3,
      lineItemCost: { value: '30.00', currency: 'USD' },
      discountedLineItemCost: { value: '27.00', currency: 'USD' },
      deliveryCost: {
        shippingCost: { value: '5.00', currency: 'USD' },
        discountAmount: { value: '1.00', currency: 'USD' },
      },
      ebayCollectAndRemitTaxes: [{ taxType: 'STATE_SALES_TAX', amount: { value: '2.31', currency: 'USD' } }],
      lineItemFulfillmentStatus: 'NOT_STARTED',
      lineItemFulfillmentInstructions: {
        shipByDate: '2026-07-02T08:00:00.000Z',
        maxEstimatedDeliveryDate: '2026-07-07T08:00:00.000Z',
      },
    },
  ],
}
const [line] = wire.lineItems
const change = (more: Readonly<Record<string, unknown>>) => toChannelOrder({ ...wire, ...more }, settings)
const lineAs = (more: Readonly<Record<string, unknown>>) =>
  change({ lineItems: [{ ...line, ...more }] }).lines[0]

describe('an order of eBay', () => {
  it('becomes one of stockpool', () => {
    const order = toChannelOrder(wire, settings)
    expect(order).toMatchObject({
      id: '12-34567-89012',
      status: 'open',
      rawStatus: 'NOT_STARTED',
      payment: 'paid',
      placedAt: '2026-07-01T08:00:00.000Z',
      updatedAt: '2026-07-01T08:05:00.000Z',
      shipBy: '2026-07-02T08:00:00.000Z',
      deliverBy: '2026-07-07T08:00:00.000Z',
      rawServiceLevel: 'USPSPriority',
      total: { amount: 3750, currency: 'USD' },
      buyer: { id: 'ada_1', name: 'Ada Example', email: 'ada@example.com' },
      // The reference of eBay's own shipping programmes belongs on the label.
      shipTo: {
        line1: '1 Main St',
        line3: 'Reference #abc123',
        region: 'IL',
        country: 'US',
        phone: '217-555-0100',
      },
    })
    expect(order.lines).toEqual([
      expect.objectContaining({
        id: '10050000000001',
        listing: 'MUG-RED',
        channelSku: 'MUG-RED',
        ordered: 3,
        cancelled: 0,
        shipped: 0,
        price: { amount: 1000, currency: 'USD' },
        discount: { amount: 300, currency: 'USD' },
        shipping: { amount: 400, currency: 'USD' },
        taxes: [
          { amount: { amount: 231, currency: 'USD' }, collectedBy: 'platform', title: 'STATE_SALES_TAX' },
        ],
      }),
    ])
    expect(order.raw).toBe(wire)
  })

  it.each([
    ['NOT_STARTED', 'NONE_REQUESTED', 'PAID', 'open'],
    ['IN_PROGRESS', 'NONE_REQUESTED', 'PAID', 'partially_shipped'],
    ['FULFILLED', 'NONE_REQUESTED', 'PAID', 'shipped'],
    ['NOT_STARTED', 'NONE_REQUESTED', 'PENDING', 'pending'],
    ['NOT_STARTED', 'CANCELED', 'FULLY_REFUNDED', 'cancelled'],
    ['DRONED', 'NONE_REQUESTED', 'PAID', 'unknown'],
  ])('that is %s, %s and %s is %s', (orderFulfillmentStatus, cancelState, orderPaymentStatus, status) => {
    const order = change({ orderFulfillmentStatus, orderPaymentStatus, cancelStatus: { cancelState } })
    expect(order.status).toBe(status)
    expect(order.rawStatus).toContain(orderFulfillmentStatus)
    expect(order.lines[0]?.cancelled).toBe(status === 'cancelled' ? 3 : 0)
  })

  it.each([
    ['PAID', [], 'paid'],
    ['PENDING', [], 'pending'],
    ['PENDING', ['PAID'], 'paid'],
    ['FAILED', ['FAILED'], 'pending'],
    ['FAILED', ['PAID'], 'paid'],
    ['PARTIALLY_REFUNDED', ['PAID'], 'partially_refunded'],
    ['FULLY_REFUNDED', ['PAID'], 'refunded'],
    ['SOMETHING_NEW', [], 'unknown'],
  ])(
    'whose payment is %s with payments %j is %s: the word speaks of refunds as well',
    (status, payments, payment) => {
      const paymentSummary = { payments: payments.map((paymentStatus) => ({ paymentStatus })) }
      expect(change({ orderPaymentStatus: status, paymentSummary }).payment).toBe(payment)
    },
  )

  it('shows a request of the buyer that waits, and holds an order that we are cancelling', () => {
    const request = {
      cancelRequestId: '5000',
      cancelReason: 'ORDER_MISTAKE',
      cancelRequestedDate: '2026-07-01T08:01:00.000Z',
    }
    const asked = (cancelInitiator: string, cancelRequestState: string) =>
      change({
        cancelStatus: {
          cancelState: 'IN_PROGRESS',
          cancelRequests: [{ ...request, cancelInitiator, cancelRequestState }],
        },
      })
    expect(asked('Buyer', 'REQUESTED')).toMatchObject({
      status: 'open',
      cancelRequested: { at: '2026-07-01T08:01:00.000Z', reason: 'ORDER_MISTAKE' },
    })
    expect(asked('Buyer', 'REJECTED').cancelRequested).toBeNull()
    expect(asked('Seller', 'REQUESTED')).toMatchObject({ status: 'on_hold', cancelRequested: null })
  })

  it.each([
    [{}, 'MUG-RED'],
    [{ legacyItemId: '110012345678' }, 'item:110012345678'],
    [{ legacyItemId: '110012345678', legacyVariationId: '550' }, 'item:110012345678:MUG-RED'],
    [{ sku: undefined }, 'item:330000000001'],
    [{ sku: '' }, 'item:330000000001'],
    [{ sku: undefined, legacyItemId: undefined }, null],
  ])('names the listing of a line %j', (more, listing) => {
    expect(lineAs(more)?.listing).toBe(listing)
  })

  it('stands without what eBay hides or writes unreadably', () => {
    const bare = change({
      buyer: undefined,
      fulfillmentStartInstructions: undefined,
      pricingSummary: { total: { value: 'much', currency: 'USD' } },
      lineItems: [{ lineItemId: '1', quantity: 2, lineItemCost: { value: null } }],
    })
    expect(bare).toMatchObject({ buyer: null, shipTo: null, total: null, currency: null })
    expect(bare.lines[0]).toMatchObject({ listing: null, ordered: 2, price: null, shipping: null })
  })

  it('that cannot be read says where, and never what', () => {
    const read = () => change({ creationDate: 'Ada Example' })
    expect(read).toThrow(/creationDate/)
    expect(read).not.toThrow(/Ada/)
  })

  it('that eBay ships itself never touches the pool', () => {
    const order = change({ program: { fulfillmentProgram: { fulfilledBy: 'EBAY' } } })
    expect([order.fulfilledBy, order.lines[0]?.fulfilledBy, order.programs]).toEqual([
      'platform',
      'platform',
      ['fulfillmentProgram'],
    ])
  })
})

describe('the list of orders', () => {
  it('asks for one bounded window by change, with everything that is needed', async () => {
    const it = await stage()
    await it.connection.orders.read(it.context, null)
    const [asked] = it.of('getOrders')
    expect([asked?.method, asked?.path]).toEqual(['GET', '/sell/fulfillment/v1/order'])
    expect(asked?.query).toEqual({
      filter: 'lastmodifieddate:[2026-06-24T09:00:00.000Z..2026-07-01T08:59:55.000Z]',
      limit: '200',
      offset: '0',
      fieldGroups: 'TAX_BREAKDOWN',
    })
    expect(asked?.headers).toMatchObject({
      'x-ebay-c-marketplace-id': 'EBAY_US',
      authorization: expect.stringMatching(/^Bearer v\^1/),
    })
  })

  it('looks back behind its watermark, and no further', async () => {
    const it = await stage({ options: { overlapMs: 60_000 } })
    const first = await it.connection.orders.read(it.context, null)
    await it.connection.orders.read(it.context, first.cursor)
    expect(it.of('getOrders')[1]?.query.filter).toBe(
      'lastmodifieddate:[2026-07-01T08:58:55.000Z..2026-07-01T08:59:55.000Z]',
    )
  })

  it('goes through a long time in windows that overlap', async () => {
    const it = await stage({
      options: { ordersSince: '2026-06-28T00:00:00Z', windowMs: 86_400_000, overlapMs: 3_600_000 },
    })
    let cursor: string | null = null
    for (let more = true; more; ) ({ cursor, more } = await it.connection.orders.read(it.context, cursor))
    expect(it.of('getOrders').map(({ query }) => query.filter?.slice(18, -1))).toEqual([
      '2026-06-28T00:00:00.000Z..2026-06-29T00:00:00.000Z',
      '2026-06-28T23:00:00.000Z..2026-06-29T23:00:00.000Z',
      '2026-06-29T22:00:00.000Z..2026-06-30T22:00:00.000Z',
      '2026-06-30T21:00:00.000Z..2026-07-01T08:59:55.000Z',
    ])
  })

  it.each([
    { skewMs: 600_000, overlapMs: 0, ordersSince: new Date(Date.UTC(2026, 6, 1, 9)) },
    { skewMs: 0, overlapMs: 0 },
  ])('never asks for a window that begins where it ends (30840): %j', async (options) => {
    const it = await stage({ options })
    let cursor: string | null = null
    for (let passes = 0; passes < 3; passes += 1) {
      const page = await it.connection.orders.read(it.context, cursor)
      expect(page.completeUntil).toBeLessThanOrEqual(it.clock.now() - options.skewMs)
      cursor = page.cursor
    }
    await list(it, 'MUG', 9)
    const order = await buy(it, [{ sku: 'MUG', quantity: 1 }])
    await it.clock.advance(options.skewMs + 60_000)
    const { orders } = await it.connection.orders.read(it.context, cursor)
    expect(orders.map(({ id }) => id)).toEqual([order])
  })

  it('never asks for more than the two years that eBay has', () => {
    const now = Date.UTC(2026, 6, 1)
    const { watermark } = readCursor(null, { ...settings, ordersSince: Date.UTC(2020, 0, 1) }, now)
    expect(now - watermark).toBeLessThan(2 * 365 * 86_400_000)
    expect(readCursor(null, { ...settings, ordersSince: now + 1000 }, now).watermark).toBeLessThan(now)
  })

  it('writes dates as eBay reads them', () => {
    const filter = dateFilter('creationdate', Date.UTC(2026, 0, 2), Date.UTC(2026, 0, 3, 4, 5, 6, 7))
    expect(filter).toBe('creationdate:[2026-01-02T00:00:00.000Z..2026-01-03T04:05:06.007Z]')
  })

  it('counts what is shipped of a line in part by the parcels', async () => {
    const it = await stage()
    await list(it, 'MUG', 10)
    const order = await buy(it, [{ sku: 'MUG', quantity: 5 }])
    const [bought] = (await it.connection.orders.get(it.context, order))?.lines ?? []
    await it.connection.shipments.confirm(it.context, [
      notice(order, [{ line: bought?.id ?? '', quantity: 2 }]),
    ])
    expect((await it.connection.orders.get(it.context, order))?.lines[0]).toMatchObject({
      ordered: 5,
      shipped: 2,
    })
    await it.clock.advance(60_000)
    const page = await it.connection.orders.read(it.context, null)
    expect(page.orders[0]?.lines[0]).toMatchObject({ ordered: 5, shipped: 2 })
  })

  it('tells of one order that cannot be read, and gives the others', async () => {
    const it = await stage()
    const good = { ...wire, orderId: '99-00000-00001' }
    const bad = { ...wire, orderId: '99-00000-00002', lineItems: 'none' }
    it.simulator.faults.arm({ operation: 'getOrders', kind: 'status', status: 400, times: 1 })
    await expect(it.connection.orders.read(it.context, null)).rejects.toSatisfy((error) =>
      isStockpoolError(error, 'rejected'),
    )
    const http = {
      request: async () => ({ status: 200, headers: {}, body: {}, data: { orders: [bad, good], total: 2 } }),
    }
    const page = await it.connection.orders.read(
      { ...it.context, http: http as never },
      readAt(it.context.clock.now()),
    )
    expect(page.orders.map(({ id }) => id)).toEqual(['99-00000-00001'])
    expect(page.unreadable).toMatchObject([
      { id: '99-00000-00002', error: { code: 'invalid_input', field: 'lineItems' } },
    ])
  })
})

const readAt = (now: number) => JSON.stringify({ watermark: now - 1000, sweptAt: now, quotaAt: now })
