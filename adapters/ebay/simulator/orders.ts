import { reply, type SimulatorReply, type SimulatorRequest } from '../../../src/simulator/index.ts'
import { amount, fulfillmentError, instant, times } from './answers.ts'
import {
  cancelState,
  fulfillmentStatus,
  itemTotal,
  type Order,
  type OrderLine,
  orderTotal,
  refundedCents,
  shippedUnits,
  shippingOf,
  type World,
} from './world.ts'

const twoYearsMs = 2 * 365 * 86_400_000

interface Filter {
  readonly field: 'creationDate' | 'lastModifiedDate' | null
  readonly from: number
  readonly until: number
  readonly statuses: readonly string[] | null
}

/** GET /sell/fulfillment/v1/order */
export function getOrders(world: World, request: SimulatorRequest): SimulatorReply {
  const now = world.settle()
  const { query } = request
  const ids = query.get('orderIds')
  const limit = Number(query.get('limit') ?? 50)
  const offset = Number(query.get('offset') ?? 0)
  if (!Number.isInteger(limit) || limit < 1 || limit > 200)
    return fulfillmentError(400, 31100, `Invalid limit: ${limit}`)
  if (!Number.isInteger(offset) || offset < 0)
    return fulfillmentError(400, 31000, `Invalid offset: ${offset}`)
  const wanted = ids?.split(',') ?? null
  // It overrides every other parameter.
  if (wanted !== null && wanted.length > 50)
    return fulfillmentError(400, 30900, 'Exceeded maximum number of order IDs (the current limit is 50)')
  const filter = wanted === null ? filterOf(query.get('filter'), now) : null
  if (filter !== null && 'status' in filter) return filter
  const found = [...world.orders.values()]
    .filter((order) =>
      wanted === null ? filter !== null && matches(order, filter) : wanted.includes(order.id),
    )
    .filter((order) => order.paidAt !== null)
    // eBay documents no order: none that a client could rely on.
    .sort((one, other) => shuffled(one.id).localeCompare(shuffled(other.id)))
  const page = found.slice(offset, offset + limit)
  const href = (at: number) => `https://api.ebay.com/sell/fulfillment/v1/order?limit=${limit}&offset=${at}`
  return reply(200, {
    href: href(offset),
    total: found.length,
    limit,
    offset,
    ...(offset + limit < found.length ? { next: href(offset + limit) } : {}),
    orders: page.map((order) => onWire(order, false)),
  })
}

const shuffled = (id: string) => [...id].reverse().join('')

function filterOf(text: string | null, now: number): Filter | SimulatorReply {
  const byDefault: Filter = { field: 'creationDate', from: now - 90 * 86_400_000, until: now, statuses: null }
  if (text === null) return byDefault
  let dates: Pick<Filter, 'field' | 'from' | 'until'> = { field: null, from: 0, until: now }
  let statuses: readonly string[] | null = null
  for (const part of text.split(/,(?=[a-z]+:)/)) {
    const [, name = '', value = ''] = /^(\w+):(.*)$/.exec(part) ?? []
    if (name === 'creationdate' || name === 'lastmodifieddate') {
      const field = name === 'creationdate' ? 'creationDate' : 'lastModifiedDate'
      const range = rangeOf(value, now)
      if ('status' in range) return range
      // Both given: only the creation date counts.
      if (dates.field !== 'creationDate') dates = { field, ...range }
    } else if (name === 'orderfulfillmentstatus') {
      if (!/^\{(NOT_STARTED|FULFILLED)\|IN_PROGRESS\}$/.test(value))
        return fulfillmentError(400, 30800, `Invalid filter value ${value} for filter ${name}`)
      statuses = value.slice(1, -1).split('|')
    } else return fulfillmentError(400, 30700, `Invalid filter name: ${name}`)
  }
  return dates.field === null ? { ...byDefault, statuses } : { ...dates, statuses }
}

const dateTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/

function rangeOf(value: string, now: number): { from: number; until: number } | SimulatorReply {
  const [, start = '', end = ''] = /^\[(.*)\.\.(.*)\]$/.exec(value) ?? []
  if (start === '') return fulfillmentError(400, 30820, 'Start date is missing')
  if (!dateTime.test(start) || (end !== '' && !dateTime.test(end)))
    return fulfillmentError(400, 30810, 'Invalid date format')
  const from = Date.parse(start)
  const until = end === '' ? now : Date.parse(end)
  if (from > now || until > now)
    return fulfillmentError(400, 30850, "Start and end dates can't be in the future")
  if (from >= until) return fulfillmentError(400, 30840, 'Start date should be before end date')
  if (now - from > twoYearsMs)
    return fulfillmentError(
      400,
      30830,
      "Time range between start date and end date must be within '2' years.",
    )
  return { from, until }
}

function matches(order: Order, { field, from, until, statuses }: Filter): boolean {
  const at = field === 'lastModifiedDate' ? order.modifiedAt : order.createdAt
  return at >= from && at <= until && (statuses === null || statuses.includes(fulfillmentStatus(order)))
}

/** GET /sell/fulfillment/v1/order/{orderId} */
export function getOrder(world: World, id: string): SimulatorReply {
  world.settle()
  const order = world.orders.get(id)
  if (order) return reply(200, onWire(order, true))
  if (!/^\d{2}-\d{5}-\d{5}$/.test(id)) return fulfillmentError(400, 32100, `Invalid order ID: ${id}`)
  return fulfillmentError(404, 32100, `Invalid order ID: ${id}`)
}

/** `alone`: only getOrder fills the requests to cancel. */
function onWire(order: Order, alone: boolean): unknown {
  const { createdAt, modifiedAt, paidAt } = order
  const total = orderTotal(order)
  const back = refundedCents(order)
  const payment =
    paidAt === null
      ? 'PENDING'
      : back === 0
        ? 'PAID'
        : back < total.amount
          ? 'PARTIALLY_REFUNDED'
          : 'FULLY_REFUNDED'
  return {
    orderId: order.id,
    creationDate: instant(createdAt),
    lastModifiedDate: instant(modifiedAt),
    orderFulfillmentStatus: fulfillmentStatus(order),
    orderPaymentStatus: payment,
    sellerId: 'simulated_seller',
    buyer: { username: order.buyer },
    pricingSummary: {
      priceSubtotal: amount(itemTotal(order)),
      deliveryCost: amount({ ...total, amount: 500 }),
      total: amount(total),
    },
    cancelStatus: {
      cancelState: cancelState(order),
      ...(order.cancelled ? { cancelledDate: instant(modifiedAt) } : {}),
      cancelRequests: alone ? order.requests.map(requestOnWire) : [],
    },
    paymentSummary: {
      totalDueSeller: amount({ ...total, amount: total.amount - back }),
      refunds: order.refunds.filter(({ line }) => line === null).map(refundOnWire),
      payments: [
        {
          paymentMethod: 'EBAY',
          paymentReferenceId: order.id.replaceAll('-', ''),
          ...(paidAt === null ? {} : { paymentDate: instant(paidAt) }),
          amount: amount(total),
          paymentStatus: paidAt === null ? 'PENDING' : 'PAID',
        },
      ],
    },
    fulfillmentStartInstructions: [instructionsOf(order)],
    fulfillmentHrefs: order.fulfillments.map(({ id }) => hrefOf(order, id)),
    lineItems: order.lines.map((line) => lineOnWire(order, line)),
    ebayCollectAndRemitTax: false,
    salesRecordReference: order.id.slice(-5),
    ...(order.fulfilledBy === 'platform' ? { program: { fulfillmentProgram: { fulfilledBy: 'EBAY' } } } : {}),
  }
}

const requestOnWire = ({ id, by, reason, at, state }: Order['requests'][number]) => ({
  cancelRequestId: id,
  cancelInitiator: by,
  cancelReason: reason,
  cancelRequestedDate: instant(at),
  cancelRequestState: state === 'APPROVED' ? 'REQUESTED' : state,
})

const refundOnWire = ({ id, money, at, status }: Order['refunds'][number]) => ({
  refundId: id,
  amount: amount(money),
  refundStatus: status,
  ...(status === 'REFUNDED' ? { refundDate: instant(at), refundReferenceId: `ref-${id}` } : {}),
})

export const hrefOf = (order: Order, id: string) =>
  `https://api.ebay.com/sell/fulfillment/v1/order/${order.id}/shipping_fulfillment/${id}`

function instructionsOf(order: Order): unknown {
  const day = 86_400_000
  return {
    fulfillmentInstructionsType: 'SHIP_TO',
    minEstimatedDeliveryDate: instant(order.createdAt + 3 * day),
    maxEstimatedDeliveryDate: instant(order.createdAt + 6 * day),
    ebaySupportedFulfillment: false,
    shippingStep: {
      shippingServiceCode: order.service,
      shippingCarrierCode: 'USPS',
      shipTo: {
        fullName: 'Sam Shopper',
        contactAddress: {
          addressLine1: '2055 Hamilton Avenue',
          city: 'San Jose',
          stateOrProvince: 'CA',
          postalCode: '95125',
          countryCode: order.country,
        },
        primaryPhone: { phoneNumber: '408-555-0100' },
        email: `${order.id}@members.ebay.example`,
      },
    },
  }
}

function lineOnWire(order: Order, line: OrderLine): unknown {
  const { shelf, quantity } = line
  const shipped = shippedUnits(order, line)
  const cost = times(shelf.price, quantity)
  const shipping = shippingOf(order, line)
  return {
    lineItemId: line.id,
    legacyItemId: shelf.itemId,
    ...(shelf.variationId === null ? {} : { legacyVariationId: shelf.variationId }),
    ...(shelf.sku === null ? {} : { sku: shelf.sku }),
    title: shelf.title,
    lineItemCost: amount(cost),
    quantity,
    soldFormat: 'FIXED_PRICE',
    listingMarketplaceId: 'EBAY_US',
    purchaseMarketplaceId: 'EBAY_US',
    lineItemFulfillmentStatus:
      shipped === 0 ? 'NOT_STARTED' : shipped >= quantity ? 'FULFILLED' : 'IN_PROGRESS',
    total: amount({ ...cost, amount: cost.amount + shipping.amount }),
    deliveryCost: { shippingCost: amount(shipping) },
    appliedPromotions: [],
    taxes: [],
    refunds: order.refunds
      .filter((refund) => refund.line === line.id && refund.status !== 'FAILED')
      .map(lineRefundOnWire),
    properties: { buyerProtection: true },
    lineItemFulfillmentInstructions: {
      minEstimatedDeliveryDate: instant(order.createdAt + 3 * 86_400_000),
      maxEstimatedDeliveryDate: instant(order.createdAt + 6 * 86_400_000),
      shipByDate: instant(order.createdAt + 86_400_000),
      guaranteedDelivery: false,
    },
  }
}

const lineRefundOnWire = ({ id, money, at, status }: Order['refunds'][number]) => ({
  refundId: id,
  amount: amount(money),
  ...(status === 'REFUNDED' ? { refundDate: instant(at) } : {}),
})
