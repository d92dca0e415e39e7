import { z } from 'zod'
import { refuse, reply } from '../../../src/simulator/index.ts'
import type { Auth } from './auth.ts'
import { mcfControls } from './mcf-controls.ts'
import { scanParcel } from './shipping.ts'
import { type Order, openUnits, shippedUnits, shownBy, type World } from './world.ts'

const units = z.int().min(0).max(1_000_000_000)
const some = z.int().min(1).max(1_000_000)

const ListingControl = z.strictObject({
  sku: z.string().min(1),
  title: z.string().optional(),
  quantity: units,
  /** In minor units of the currency. */
  price: z.object({ amount: z.int().min(0), currency: z.string() }).optional(),
  marketplaceId: z.string().optional(),
  productType: z.string().default('PRODUCT'),
  /** `DEFAULT`: the merchant ships. `AMAZON_NA` and its like: Amazon does. */
  channel: z.string().default('DEFAULT'),
  handlingDays: z.int().min(0).optional(),
})

const OrderControl = z.strictObject({
  lines: z.array(z.object({ sku: z.string(), quantity: some })).min(1),
  paid: z.boolean().default(true),
  serviceLevel: z.string().default('standard'),
  country: z.string().length(2).default('US'),
  force: z.boolean().default(false),
  fulfilledBy: z.enum(['merchant', 'platform']).default('merchant'),
  marketplaceId: z.string().optional(),
  programs: z.array(z.string()).default([]),
})

const OneOrder = z.strictObject({ order: z.string() })
const lineUnits = z.array(
  z.object({ id: z.string().optional(), sku: z.string().optional(), quantity: some.optional() }),
)
const CancelControl = z.strictObject({
  order: z.string(),
  lines: lineUnits.optional(),
  by: z.enum(['BUYER', 'MERCHANT', 'AMAZON']).default('AMAZON'),
})
const ScanControl = z.strictObject({
  tracking: z.string(),
  code: z.string(),
  type: z.enum(['FORWARD', 'RETURNS']).default('FORWARD'),
})
const RequestControl = z.strictObject({ order: z.string(), reason: z.string().default('Bought by mistake') })
const ReturnControl = z.strictObject({
  order: z.string().optional(),
  /** An earlier one, to go on with. */
  return: z.string().optional(),
  lines: lineUnits.optional(),
  status: z.string().optional(),
  reason: z.string().default('CR-UNWANTED_ITEM'),
  tracking: z.string().optional(),
  delivered: z.boolean().default(false),
})
const NoticeControl = z.strictObject({
  duplicate: z.int().min(0).default(0),
  reorder: z.boolean().default(false),
  drop: z.boolean().default(false),
})
const EditControl = z.strictObject({
  order: z.string(),
  add: z.array(z.unknown()).optional(),
  remove: lineUnits.optional(),
})

const words: Readonly<Record<string, string>> = {
  economy: 'FREE_ECONOMY',
  standard: 'STANDARD',
  'two-day': 'SECOND_DAY',
  'next-day': 'NEXT_DAY',
  'same-day': 'SAME_DAY',
}

export function controls(world: World, auth: Auth): Record<string, (body: unknown) => unknown> {
  return {
    listings: (body) => putListing(world, ListingControl.parse(body)),
    orders: (body) => placeOrder(world, OrderControl.parse(body)),
    'orders/pay': (body) => {
      const order = orderOf(world, OneOrder.parse(body).order)
      order.paidAt = world.settle()
      world.touch(order, order.paidAt)
      return { order: order.id }
    },
    'orders/cancel': (body) => {
      const { order, lines, by } = CancelControl.parse(body)
      return cancel(world, orderOf(world, order), lines, by)
    },
    'orders/request-cancel': (body) => {
      const { order: id, reason } = RequestControl.parse(body)
      const order = orderOf(world, id)
      for (const line of order.lines) line.requested = reason
      const now = world.settle()
      world.touch(order, now)
      world.tellOrder(order, now, 'BuyerRequestedChange')
      return { order: id }
    },
    'orders/edit': (body) => {
      const { order, add, remove } = EditControl.parse(body)
      if (add && add.length > 0) {
        refuse(501, { error: 'unsupported', message: 'nobody can add to an Amazon order' })
      }
      return cancel(world, orderOf(world, order), remove ?? [], 'AMAZON')
    },
    ...mcfControls(world),
    /** What becomes of notifications from now on. */
    'queue/chaos': (body) => {
      world.notices.chaos = NoticeControl.parse(body)
      return {}
    },
    /** The SQS queue, for clients that have none of their own: takes messages, or deletes them by `{ receipts }`. */
    'queue/receive': () => ({ messages: world.notices.receive(world.settle()) }),
    'queue/remove': (body) => {
      world.notices.remove(z.strictObject({ receipts: z.array(z.string()) }).parse(body).receipts)
      return {}
    },
    /** A message that is none of Amazon's. */
    'queue/put': (body) => {
      world.notices.put(z.strictObject({ body: z.string() }).parse(body).body)
      return {}
    },
    /** The carrier scans a parcel of a label: a word of Shipping v2's `EventCode`. */
    'labels/scan': (body) => scanParcel(world, ScanControl.parse(body)),
    returns: (body) => putReturn(world, ReturnControl.parse(body)),
    /** Every access token is refused from now on. */
    'auth/revoke-tokens': () => {
      auth.revokeTokens()
      return {}
    },
    /** The seller withdraws the consent, or gives it again with `{ consented: true }`. */
    'auth/consent': (body) => {
      auth.consented = z.strictObject({ consented: z.boolean().default(false) }).parse(body).consented
      if (!auth.consented) auth.revokeTokens()
      return {}
    },
  }
}

function putListing(world: World, body: z.infer<typeof ListingControl>): unknown {
  const now = world.settle()
  const known = world.listings.get(body.sku)
  const own = body.channel === 'DEFAULT'
  const { price } = body
  world.listings.set(body.sku, {
    sku: body.sku,
    asin: known?.asin ?? `B0${world.random.text(8, '0123456789ABCDEFGHJKLMNPQRSTUVWXYZ')}`,
    title: body.title ?? known?.title ?? body.sku,
    productType: body.productType,
    marketplaceId: body.marketplaceId ?? world.options.marketplaceIds[0] ?? '',
    price: price
      ? { amount: (price.amount / 100).toFixed(2), currencyCode: price.currency }
      : (known?.price ?? null),
    createdAt: known?.createdAt ?? now,
    updatedAt: now,
    availability: [
      {
        fulfillment_channel_code: body.channel,
        ...(own ? { quantity: body.quantity } : {}),
        ...(body.handlingDays === undefined ? {} : { lead_time_to_ship_max_days: body.handlingDays }),
      },
    ],
    previous: known?.availability ?? [
      { fulfillment_channel_code: body.channel, ...(own ? { quantity: body.quantity } : {}) },
    ],
    issues: [],
  })
  return { listing: body.sku, place: '' }
}

function placeOrder(world: World, body: z.infer<typeof OrderControl>): unknown {
  const now = world.settle()
  const wanted = new Map<string, number>()
  for (const { sku, quantity } of body.lines) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity)
  for (const [sku, quantity] of wanted) {
    const listing = world.listings.get(sku)
    if (!listing) refuse(404, { error: 'not_found', sku })
    else if (body.fulfilledBy === 'merchant' && !body.force && shownBy(listing.availability) < quantity) {
      refuse(409, { error: 'sold_out', sku })
    }
  }
  if (body.fulfilledBy === 'merchant') for (const [sku, quantity] of wanted) sell(world, sku, quantity)
  const digits = (length: number) => world.random.text(length, '0123456789')
  const id = `11${digits(1)}-${digits(7)}-${digits(7)}`
  const order: Order = {
    id,
    marketplaceId: body.marketplaceId ?? world.options.marketplaceIds[0] ?? '',
    createdAt: now,
    fulfilledBy: body.fulfilledBy === 'platform' ? 'AMAZON' : 'MERCHANT',
    serviceLevel: words[body.serviceLevel] ?? body.serviceLevel,
    country: body.country,
    programs: body.programs,
    updatedAt: now,
    visibleAt: now,
    paidAt: body.paid ? now + world.options.pendingMs : null,
    lines: body.lines.map(({ sku, quantity }) => ({
      id: digits(14),
      sku,
      quantity,
      cancelled: 0,
      cancelledBy: null,
      requested: null,
    })),
    packages: new Map(),
    refunds: [],
    acknowledged: false,
    told: null,
  }
  world.touch(order, now)
  world.orders.set(id, order)
  return reply(201, { order: id })
}

/** A sale lowers the number that shoppers see, never below 0. Amazon does not raise it again when the order is cancelled. */
function sell(world: World, sku: string, quantity: number): void {
  const listing = world.listings.get(sku)
  if (!listing) return
  world.setAvailability(
    listing,
    listing.availability.map((entry) =>
      entry.fulfillment_channel_code === 'DEFAULT'
        ? { ...entry, quantity: Math.max(0, (entry.quantity ?? 0) - quantity) }
        : entry,
    ),
  )
}

function orderOf(world: World, id: string): Order {
  return world.orders.get(id) ?? refuse(404, { error: 'not_found', order: id })
}

function cancel(
  world: World,
  order: Order,
  lines: z.infer<typeof lineUnits> | undefined,
  by: 'BUYER' | 'MERCHANT' | 'AMAZON',
): unknown {
  const now = world.settle()
  const chosen = lines ?? order.lines.map(({ id }) => ({ id, sku: undefined, quantity: undefined }))
  for (const { id, sku, quantity } of chosen) {
    const line = order.lines.find((each) => each.id === id || (id === undefined && each.sku === sku))
    if (!line) refuse(404, { error: 'not_found', line: id ?? sku })
    else {
      const open = openUnits(order, line)
      line.cancelled += Math.min(open, quantity ?? open)
      line.cancelledBy = by
    }
  }
  world.touch(order, now)
  return { order: order.id }
}

/** The buyer asks to return what was shipped, or the return goes on. */
function putReturn(world: World, body: z.infer<typeof ReturnControl>): unknown {
  const now = world.settle()
  const known = world.returns.find(({ rma }) => rma === body.return)
  if (known) {
    if (body.status) known.status = body.status
    if (body.tracking) known.tracking = body.tracking
    if (body.delivered) known.deliveredAt = now
    return { return: known.rma }
  }
  const order = orderOf(world, body.order ?? '')
  const lines = body.lines ?? order.lines.map(({ id }) => ({ id, quantity: undefined, sku: undefined }))
  const made = {
    rma: `D${world.random.text(8, '0123456789ABCDEFGHJKLMNPQRSTUVWXYZ')}RRMA`,
    order: order.id,
    askedAt: now,
    status: body.status ?? 'Approved',
    resolution: 'StandardRefund',
    tracking: body.tracking ?? null,
    deliveredAt: body.delivered ? now : null,
    lines: lines.map(({ id, sku, quantity }) => {
      const line = order.lines.find((each) => each.id === id || (id === undefined && each.sku === sku))
      if (!line) return refuse(404, { error: 'not_found', line: id ?? sku })
      return {
        id: line.id,
        sku: line.sku,
        quantity: quantity ?? Math.max(1, shippedUnits(order, line)),
        reason: body.reason,
      }
    }),
  }
  world.returns.push(made)
  return { return: made.rma }
}
