import { z } from 'zod'
import { refuse, reply } from '../../../src/simulator/index.ts'
import type { Auth } from './auth.ts'
import type { Notifications } from './notifications.ts'
import { moves } from './returns.ts'
import { type Order, type ReturnCase, refundAll, sell, shippedUnits, shownBy, type World } from './world.ts'

const units = z.int().min(0).max(1_000_000_000)
const some = z.int().min(1).max(1_000_000)

const ListingControl = z.strictObject({
  sku: z.string().min(1),
  title: z.string().optional(),
  /** EAN or UPC, or what a seller wrote in its place. */
  barcode: z.string().optional(),
  quantity: units,
  /** In minor units of the currency. */
  price: z.object({ amount: z.int().min(0), currency: z.string() }).optional(),
  /** Which of eBay's APIs made it. */
  api: z.enum(['inventory', 'trading']).optional(),
  /** Of the Trading API: several SKUs of one item. */
  itemId: z
    .string()
    .regex(/^\d{12}$/)
    .optional(),
  variation: z.boolean().default(false),
  /** How many offers, on how many marketplaces. */
  offers: z.array(z.string()).min(0).optional(),
})

const OrderControl = z.strictObject({
  lines: z.array(z.object({ sku: z.string(), quantity: some })).min(1),
  paid: z.boolean().default(true),
  serviceLevel: z.string().default('USPSPriority'),
  country: z.string().length(2).default('US'),
  force: z.boolean().default(false),
  fulfilledBy: z.enum(['merchant', 'platform']).default('merchant'),
  buyer: z.string().default('sam_shopper'),
})

const OneOrder = z.strictObject({ order: z.string() })
const RequestControl = z.strictObject({ order: z.string(), reason: z.string().default('ORDER_MISTAKE') })
const ReturnControl = z.strictObject({
  order: z.string(),
  line: z.string().optional(),
  quantity: some.default(1),
  /** The same, as other simulators are asked: a return is of one line. */
  lines: z
    .array(z.object({ id: z.string(), quantity: some }))
    .length(1)
    .optional(),
  reason: z.string().default('NO_LONGER_NEED_ITEM'),
})
const OneReturn = z.strictObject({
  return: z.string(),
  trackingNumber: z.string().default('9400111899560000000001'),
})
const Deletion = z.strictObject({ username: z.string(), userId: z.string().default('ma8vp1jySJC') })

export function controls(
  world: World,
  auth: Auth,
  notifications: Notifications,
  api: 'inventory' | 'trading',
): Record<string, (body: unknown) => unknown> {
  const orderOf = (id: string) => world.orders.get(id) ?? refuse(404, { error: 'not_found', order: id })
  const returnOf = (id: string) => world.returns.get(id) ?? refuse(404, { error: 'not_found', return: id })
  return {
    listings: (body) => putListing(world, ListingControl.parse(body), api),
    orders: (body) => placeOrder(world, notifications, OrderControl.parse(body)),
    'orders/pay': (body) => {
      const order = orderOf(OneOrder.parse(body).order)
      order.paidAt = world.settle()
      order.modifiedAt = order.paidAt
      confirm(notifications, order)
      return { order: order.id }
    },
    /** Of the whole order: eBay cancels no less. */
    'orders/cancel': (body) => {
      const order = orderOf(OneOrder.parse(body).order)
      const now = world.settle()
      refundAll(world, order, now)
      order.cancelled = true
      for (const request of order.requests) if (request.state === 'REQUESTED') request.state = 'APPROVED'
      order.modifiedAt = now
      return { order: order.id }
    },
    'orders/request-cancel': (body) => {
      const { order: id, reason } = RequestControl.parse(body)
      const order = orderOf(id)
      const now = world.settle()
      order.requests.push({ id: world.digits(10), by: 'Buyer', reason, at: now, state: 'REQUESTED' })
      order.modifiedAt = now
      return { order: id }
    },
    /** Ships by hand, in Seller Hub: everything that is left. */
    'orders/ship': (body) => {
      const order = orderOf(OneOrder.parse(body).order)
      const now = world.settle()
      const lines = order.lines.flatMap((line) => {
        const quantity = line.quantity - shippedUnits(order, line)
        return quantity > 0 ? [{ id: line.id, quantity }] : []
      })
      const tracking = world.digits(22)
      order.fulfillments.push({ id: tracking, tracking, carrier: 'USPS', shippedAt: now, lines })
      if (world.options.fulfillmentsTouch) order.modifiedAt = now
      return { order: order.id }
    },
    returns: (body) => openReturn(world, ReturnControl.parse(body)),
    'returns/ship': (body) => {
      const { return: id, trackingNumber } = OneReturn.parse(body)
      moves.ship(returnOf(id), world.settle(), trackingNumber)
      return { return: id }
    },
    'returns/deliver': (body) => {
      const { return: id } = OneReturn.parse(body)
      moves.deliver(returnOf(id), world.settle())
      return { return: id }
    },
    'returns/close': (body) => {
      const { return: id } = OneReturn.parse(body)
      moves.close(returnOf(id), world.settle())
      return { return: id }
    },
    preferences: (body) => {
      world.outOfStockControl = z
        .strictObject({ outOfStockControl: z.boolean() })
        .parse(body).outOfStockControl
      return {}
    },
    /** A user wants to be forgotten. */
    'account/delete': (body) => {
      const { username, userId } = Deletion.parse(body)
      return {
        notification: notifications.send('MARKETPLACE_ACCOUNT_DELETION', {
          username,
          userId,
          eiasToken: 'nY+sHZ2Pr',
        }),
      }
    },
    'notifications/mark-down': () => {
      notifications.markDown()
      return {}
    },
    /** Every access token is refused from now on. */
    'auth/revoke-tokens': () => {
      auth.revokeTokens()
      return {}
    },
    /** The seller withdraws the consent, or gives it again with `{ consented: true }`: then with the browser's code. */
    'auth/consent': (body) => {
      const { consented } = z.strictObject({ consented: z.boolean().default(false) }).parse(body)
      if (consented) return { code: auth.consent() }
      auth.consented = false
      auth.revokeTokens()
      return {}
    },
  }
}

function putListing(
  world: World,
  body: z.infer<typeof ListingControl>,
  byDefault: 'inventory' | 'trading',
): unknown {
  const { api = byDefault, sku, quantity, variation } = body
  world.settle()
  const known = world.shelfOf(sku)
  const made = world.put({
    api,
    sku,
    title: body.title ?? known?.title ?? sku,
    barcode: body.barcode ?? known?.barcode ?? null,
    price: body.price ?? known?.price ?? { amount: 1000, currency: world.options.currency },
    itemId: body.itemId ?? known?.itemId ?? `11${world.digits(10)}`,
    variationId: variation ? world.digits(12) : null,
    quantity,
    sold: 0,
    offers:
      api === 'inventory'
        ? (body.offers ?? [world.options.marketplaceId]).map((marketplaceId) => ({
            id: world.digits(10),
            marketplaceId,
            available: quantity,
            status: 'PUBLISHED' as const,
          }))
        : [],
  })
  return { listing: made.listing, place: '', itemId: made.itemId }
}

function placeOrder(world: World, notifications: Notifications, body: z.infer<typeof OrderControl>): unknown {
  const now = world.settle()
  const wanted = new Map<string, number>()
  for (const { sku, quantity } of body.lines) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity)
  for (const [sku, quantity] of wanted) {
    const shelf = world.shelfOf(sku) ?? refuse(404, { error: 'not_found', sku })
    if (body.fulfilledBy === 'merchant' && !body.force && shownBy(shelf) < quantity)
      refuse(409, { error: 'sold_out', sku })
  }
  const id = `${world.digits(2)}-${world.digits(5)}-${world.digits(5)}`
  const order: Order = {
    id,
    createdAt: now,
    modifiedAt: now,
    paidAt: body.paid ? now : null,
    country: body.country,
    service: body.serviceLevel,
    buyer: body.buyer,
    fulfilledBy: body.fulfilledBy,
    lines: body.lines.map(({ sku, quantity }) => {
      const shelf = world.shelfOf(sku) ?? refuse(404, { error: 'not_found', sku })
      if (body.fulfilledBy === 'merchant') sell(shelf, quantity)
      return { id: `1${world.digits(13)}`, shelf, quantity }
    }),
    fulfillments: [],
    requests: [],
    refunds: [],
    cancelled: false,
  }
  world.orders.set(id, order)
  if (body.paid) confirm(notifications, order)
  return reply(201, { order: id })
}

/** One notification for each line; ids and nothing else. */
function confirm(notifications: Notifications, order: Order): void {
  for (const { id, shelf } of order.lines)
    notifications.send('ORDER_CONFIRMATION', { orderId: order.id, lineItemId: id, listingId: shelf.itemId })
}

function openReturn(world: World, body: z.infer<typeof ReturnControl>): unknown {
  const now = world.settle()
  const order = world.orders.get(body.order) ?? refuse(404, { error: 'not_found', order: body.order })
  const { id: wanted, quantity } = body.lines?.[0] ?? { id: body.line, quantity: body.quantity }
  const line =
    order.lines.find(({ id }) => wanted === undefined || id === wanted) ??
    refuse(404, { error: 'not_found', line: wanted })
  const made: ReturnCase = {
    id: `5${world.digits(9)}`,
    order,
    line,
    quantity: Math.min(quantity, line.quantity),
    reason: body.reason,
    createdAt: now,
    history: [{ activity: 'BUYER_CREATE_RETURN', at: now }],
    state: 'RETURN_REQUESTED',
    tracking: null,
    refunded: null,
  }
  world.returns.set(made.id, made)
  return reply(201, { return: made.id })
}
