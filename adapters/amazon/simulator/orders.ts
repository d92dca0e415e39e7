import { createHash } from 'node:crypto'
import { z } from 'zod'
import { reply, type SimulatorReply, type SimulatorRequest } from '../../../src/simulator/index.ts'
import { failed, instant, invalidInput, listOf, seconds } from './answers.ts'
import { type Order, type OrderLine, openUnits, shippedUnits, statusOf, type World } from './world.ts'

const datasets = [
  'BUYER', 'RECIPIENT', 'PROCEEDS', 'EXPENSE', 'PROMOTION', 'CANCELLATION', 'FULFILLMENT', 'PACKAGES', 'TAX',
  'PAYMENT', 'FULFILLMENT_ORDERS',
] // biome-ignore format: a list reads better packed

const dateTime = z.iso.datetime({ offset: true })
const twoMinutesMs = 120_000
const tokenLifeMs = 86_400_000
const dayMs = 86_400_000

/** GET /orders/2026-01-01/orders */
export function searchOrders(world: World, request: SimulatorRequest): SimulatorReply {
  const now = world.settle()
  const { query } = request
  const wrong = wrongWindow(query, now) ?? wrongLists(query)
  if (wrong) return invalidInput(wrong)
  const size = Number(query.get('maxResultsPerPage') ?? 100)
  if (!Number.isInteger(size) || size < 1 || size > 100)
    return invalidInput('maxResultsPerPage must be 1 to 100')

  const filters = fingerprint(query)
  const position = readToken(query.get('paginationToken'), filters, now)
  if (position === 'invalid')
    return invalidInput('paginationToken is invalid, expired, or not of these filters')

  const stale = request.fault('stale_read')
  const hiddenSince = stale
    ? now - Number((stale.detail as { ms?: number } | undefined)?.ms ?? 60_000)
    : Number.POSITIVE_INFINITY
  const matching = [...world.orders.values()]
    .filter((order) => order.visibleAt <= now && order.updatedAt < hiddenSince && matches(order, query, now))
    .sort((one, other) => keyOf(one).localeCompare(keyOf(other)))
    .filter((order) => position === null || keyOf(order) > position)
  const page = matching.slice(0, size)
  const last = page.at(-1)
  const more = matching.length > page.length && last !== undefined
  const included = new Set(listOf(query, 'includedData') ?? [])
  return reply(200, {
    orders: page.map((order) => orderOnWire(world, order, included, now)),
    ...(more ? { pagination: { nextToken: makeToken(keyOf(last), filters, now) } } : {}),
    ...given('lastUpdatedBefore', query),
    ...given('createdBefore', query),
  })
}

/** GET /orders/2026-01-01/orders/{orderId} */
export function getOrder(world: World, request: SimulatorRequest, id: string): SimulatorReply {
  const now = world.settle()
  const wrong = wrongLists(request.query)
  if (wrong) return invalidInput(wrong)
  if (!/^\d{3}-\d{7}-\d{7}$/.test(id)) return invalidInput('orderId must be in 3-7-7 format')
  const order = world.orders.get(id)
  if (!order) return failed(404, 'NOT_FOUND', 'The requested order does not exist.')
  return reply(200, {
    order: orderOnWire(world, order, new Set(listOf(request.query, 'includedData') ?? []), now),
  })
}

const given = (name: string, query: URLSearchParams) => {
  const value = query.get(name)
  return value === null ? {} : { [name]: value }
}

/** The model's notes: exactly one After; its own Before only, not before it, and at least two minutes ago. */
function wrongWindow(query: URLSearchParams, now: number): string | null {
  const names = ['createdAfter', 'createdBefore', 'lastUpdatedAfter', 'lastUpdatedBefore'] as const
  for (const name of names) {
    const value = query.get(name)
    if (value !== null && !dateTime.safeParse(value).success) return `${name} is no ISO 8601 date-time`
  }
  const [createdAfter, createdBefore, updatedAfter, updatedBefore] = names.map((name) => query.get(name))
  if ((createdAfter === null) === (updatedAfter === null)) {
    return 'exactly one of createdAfter and lastUpdatedAfter must be given'
  }
  if (updatedAfter === null && updatedBefore !== null) return 'lastUpdatedBefore needs lastUpdatedAfter'
  if (createdAfter === null && createdBefore !== null) return 'createdBefore needs createdAfter'
  const after = Date.parse(createdAfter ?? updatedAfter ?? '')
  const before = createdBefore ?? updatedBefore ?? null
  if (before === null) return null
  if (Date.parse(before) < after) return 'the end of the window lies before its beginning'
  return Date.parse(before) > now - twoMinutesMs
    ? 'the end of the window must be at least two minutes ago'
    : null
}

function wrongLists(query: URLSearchParams): string | null {
  const unknown = (listOf(query, 'includedData') ?? []).find((name) => !datasets.includes(name))
  if (unknown !== undefined) return `includedData: ${unknown}`
  return (listOf(query, 'marketplaceIds') ?? []).length > 50 ? 'marketplaceIds: at most 50' : null
}

function matches(order: Order, query: URLSearchParams, now: number): boolean {
  const updated = seconds(order.updatedAt)
  const created = seconds(order.createdAt)
  const since = (name: string) => Date.parse(query.get(name) ?? '1970-01-01T00:00:00Z')
  const until = (name: string) => Date.parse(query.get(name) ?? '9999-01-01T00:00:00Z')
  const among = (name: string, value: string) => listOf(query, name)?.includes(value) ?? true
  return (
    updated >= since('lastUpdatedAfter') &&
    updated <= until('lastUpdatedBefore') &&
    created >= since('createdAfter') &&
    created <= until('createdBefore') &&
    among('marketplaceIds', order.marketplaceId) &&
    among('fulfilledBy', order.fulfilledBy) &&
    among('fulfillmentStatuses', statusOf(order, now))
  )
}

const keyOf = (order: Order) => `${instant(order.updatedAt)}/${order.id}`

/** All but these two must come again unchanged with a token (amzn/selling-partner-api-models#5144, and the model's note). */
const free = ['paginationToken', 'maxResultsPerPage', 'includedData']

function fingerprint(query: URLSearchParams): string {
  const kept = [...query].filter(([name]) => !free.includes(name)).sort()
  return createHash('sha256').update(JSON.stringify(kept)).digest('base64url').slice(0, 16)
}

const Token = z.object({ after: z.string(), filters: z.string(), at: z.number() })

function makeToken(after: string, filters: string, at: number): string {
  return Buffer.from(JSON.stringify({ after, filters, at })).toString('base64url')
}

function readToken(text: string | null, filters: string, now: number): string | null | 'invalid' {
  if (text === null) return null
  try {
    const token = Token.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')))
    return token.filters === filters && now - token.at < tokenLifeMs ? token.after : 'invalid'
  } catch {
    return 'invalid'
  }
}

/** While an order is pending, Amazon shows neither buyer, address nor price. */
export function orderOnWire(world: World, order: Order, included: ReadonlySet<string>, now: number): unknown {
  const status = statusOf(order, now)
  const shown = status !== 'PENDING'
  const { roles } = world.options
  return {
    orderId: order.id,
    createdTime: instant(order.createdAt),
    lastUpdatedTime: instant(order.updatedAt),
    programs: order.programs,
    salesChannel: { channelName: 'AMAZON', marketplaceId: order.marketplaceId },
    ...(included.has('BUYER') && shown && roles.buyer
      ? { buyer: { buyerName: 'Sam Shopper', buyerEmail: `${order.id}@marketplace.amazon.example` } }
      : {}),
    ...(included.has('RECIPIENT') && shown && roles.address ? { recipient: recipientOf(order) } : {}),
    ...(included.has('PROCEEDS') && shown ? { proceeds: { grandTotal: totalOf(world, order) } } : {}),
    ...(included.has('FULFILLMENT') ? { fulfillment: fulfillmentOf(order, status) } : {}),
    orderItems: order.lines.map((line) => itemOnWire(world, order, line, included, shown)),
    ...(included.has('PACKAGES') && order.fulfilledBy === 'MERCHANT' && order.packages.size > 0
      ? { packages: packagesOf(order) }
      : {}),
  }
}

function recipientOf(order: Order): unknown {
  return {
    deliveryAddress: {
      name: 'Sam Shopper',
      addressLine1: '410 Terry Avenue North',
      city: 'Seattle',
      stateOrRegion: 'WA',
      postalCode: '98109',
      countryCode: order.country,
      phone: '555-0100',
      addressType: 'RESIDENTIAL',
    },
  }
}

function fulfillmentOf(order: Order, status: string): unknown {
  return {
    fulfillmentStatus: status,
    fulfilledBy: order.fulfilledBy,
    fulfillmentServiceLevel: order.serviceLevel,
    shipByWindow: window(order.createdAt, dayMs, 2 * dayMs),
    deliverByWindow: window(order.createdAt, 3 * dayMs, 6 * dayMs),
  }
}

const window = (from: number, earliest: number, latest: number) => ({
  earliestDateTime: instant(from + earliest),
  latestDateTime: instant(from + latest),
})

function cents(amount: string): bigint {
  const [whole = '0', part = ''] = amount.split('.')
  return BigInt(whole) * 100n + BigInt(part.padEnd(2, '0').slice(0, 2))
}

function money(total: bigint, currencyCode: string): { amount: string; currencyCode: string } {
  const text = String(total).padStart(3, '0')
  return { amount: `${text.slice(0, -2)}.${text.slice(-2)}`, currencyCode }
}

function lineTotal(world: World, line: OrderLine): bigint {
  const price = world.listings.get(line.sku)?.price
  return cents(price?.amount ?? '10.00') * BigInt(line.quantity)
}

function currencyOf(world: World, order: Order): string {
  const [first] = order.lines
  return world.listings.get(first?.sku ?? '')?.price?.currencyCode ?? 'USD'
}

function totalOf(world: World, order: Order): unknown {
  const total = order.lines.reduce((sum, line) => sum + lineTotal(world, line), 0n)
  return money(total, currencyOf(world, order))
}

function itemOnWire(
  world: World,
  order: Order,
  line: OrderLine,
  included: ReadonlySet<string>,
  shown: boolean,
): unknown {
  const listing = world.listings.get(line.sku)
  const currency = currencyOf(world, order)
  const subtotal = money(lineTotal(world, line), currency)
  return {
    orderItemId: line.id,
    quantityOrdered: world.options.cancelled === 'lowered' ? line.quantity - line.cancelled : line.quantity,
    product: {
      asin: listing?.asin ?? 'B000000000',
      title: listing?.title ?? line.sku,
      sellerSku: line.sku,
      ...(shown
        ? { price: { unitPrice: listing?.price ?? { amount: '10.00', currencyCode: currency } } }
        : {}),
    },
    ...(included.has('PROCEEDS') && shown
      ? { proceeds: { proceedsTotal: subtotal, breakdowns: [{ type: 'ITEM', subtotal }] } }
      : {}),
    ...(included.has('CANCELLATION') ? cancellationOf(line) : {}),
    ...(included.has('FULFILLMENT')
      ? {
          fulfillment: {
            quantityFulfilled: shippedUnits(order, line),
            // As v0 does for its counterpart: nothing waits to be shipped while the payment is pending.
            quantityUnfulfilled: shown ? openUnits(order, line) : 0,
          },
        }
      : {}),
  }
}

function cancellationOf(line: OrderLine): Record<string, unknown> {
  if (line.requested === null && line.cancelledBy === null) return {}
  return {
    cancellation: {
      ...(line.requested === null
        ? {}
        : { cancellationRequest: { requester: 'BUYER', cancelReason: line.requested } }),
      ...(line.cancelledBy === null ? {} : { cancellationExecution: { cancelledBy: line.cancelledBy } }),
    },
  }
}

function packagesOf(order: Order): unknown {
  return [...order.packages.values()].map((each) => ({
    packageReferenceId: each.reference,
    createdTime: instant(each.createdAt),
    packageStatus: { status: 'SHIPPED' },
    carrier: each.carrier,
    shipTime: instant(each.shippedAt),
    ...(each.service === null ? {} : { shippingService: each.service }),
    ...(each.tracking === '' ? {} : { trackingNumber: each.tracking }),
    packageItems: each.items,
  }))
}
