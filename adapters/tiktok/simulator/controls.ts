import { z } from 'zod'
import { refuse, reply } from '../../../src/simulator/index.ts'
import type { Auth } from './auth.ts'
import { mcfControls } from './mcf-controls.ts'
import { openReturn } from './returns.ts'
import type { Item, Order, World } from './world.ts'

const units = z.int().min(0).max(99_999)
const some = z.int().min(1).max(1_000)

const ListingControl = z.strictObject({
  sku: z.string().min(1),
  title: z.string().optional(),
  quantity: z.int().min(0).max(1_000_000_000),
  /** In minor units of the currency. */
  price: z.object({ amount: z.int().min(0), currency: z.string() }).optional(),
  /** The product that it is another variant of. Default: a new one. */
  product: z.string().optional(),
  /** Numbers by warehouse. Default: all of `quantity` in the first. */
  warehouses: z.record(z.string(), units).optional(),
})
const OrderControl = z.strictObject({
  lines: z.array(z.object({ sku: z.string(), quantity: some, gift: z.boolean().default(false) })).min(1),
  paid: z.boolean().default(true),
  force: z.boolean().default(false),
  country: z.string().length(2).default('US'),
  shippingType: z.enum(['SELLER', 'TIKTOK']).default('SELLER'),
  fulfilledBy: z.enum(['merchant', 'platform']).default('merchant'),
  orderType: z.string().default('NORMAL'),
  sample: z.boolean().default(false),
  warehouse: z.string().optional(),
})
const OneOrder = z.strictObject({ order: z.string() })
const lineUnits = z.array(z.object({ sku: z.string(), quantity: some.optional() }))
/** Lines by the seller's SKU, or by TikTok's own id of it. */
const returnedUnits = z.array(
  z.object({ sku: z.string().optional(), id: z.string().optional(), quantity: some.optional() }),
)
const CancelControl = z.strictObject({
  order: z.string(),
  lines: lineUnits.optional(),
  by: z.enum(['BUYER', 'SELLER', 'SYSTEM']).default('SYSTEM'),
  reason: z.string().default('platform_cancel'),
})
const RequestControl = z.strictObject({ order: z.string(), reason: z.string().default('No longer needed') })
const FreezeControl = z.strictObject({ order: z.string(), frozen: z.boolean().default(true) })
const EditControl = z.strictObject({
  order: z.string(),
  add: z.array(z.unknown()).optional(),
  remove: lineUnits.optional(),
})
const ReturnControl = z.strictObject({
  order: z.string(),
  lines: returnedUnits.optional(),
  type: z.enum(['REFUND', 'RETURN_AND_REFUND', 'REPLACEMENT']).default('RETURN_AND_REFUND'),
  reason: z.string().default('Item does not fit'),
})
const ReturnStep = z.strictObject({ return: z.string(), tracking: z.string().default('1Z999AA10123456784') })
const GoodsControl = z.strictObject({ sku: z.string(), quantity: units, warehouse: z.string().optional() })

const dayMs = 86_400_000

/** Told of what happens, besides orders' own changes. */
export interface Telling {
  returned(each: { readonly id: string; readonly order: string }): void
  asked(order: Order): void
}

export function controls(
  world: World,
  auth: Auth,
  telling: Telling,
): Record<string, (body: unknown) => unknown> {
  return {
    listings: (body) => putListing(world, ListingControl.parse(body)),
    orders: (body) => placeOrder(world, OrderControl.parse(body)),
    'orders/pay': (body) => {
      const order = orderOf(world, OneOrder.parse(body).order)
      order.paidAt = world.clock.now()
      order.holdUntil = order.paidAt + world.options.holdMs
      world.touch(order)
      return { order: order.id }
    },
    'orders/cancel': (body) => {
      const { order: id, lines, by, reason } = CancelControl.parse(body)
      const order = orderOf(world, id)
      world.cancelItems(order, chosen(world, order, lines), reason, by)
      return { order: id }
    },
    'orders/request-cancel': (body) => {
      const { order: id, reason } = RequestControl.parse(body)
      const order = orderOf(world, id)
      const now = world.clock.now()
      const cancel = world.newId('40353')
      world.cancellations.set(cancel, {
        id: cancel,
        order: id,
        type: 'BUYER_CANCEL',
        reason,
        createdAt: now,
        updatedAt: now,
        respondBy: now + dayMs,
        status: 'CANCELLATION_REQUEST_PENDING',
      })
      world.touch(order)
      telling.asked(order)
      return { order: id, cancel }
    },
    /** TikTok freezes the packages of an order, or thaws them. */
    'orders/freeze': (body) => {
      const { order: id, frozen } = FreezeControl.parse(body)
      orderOf(world, id).frozen = frozen
      return { order: id }
    },
    'orders/edit': (body) => {
      const { order: id, add, remove } = EditControl.parse(body)
      if (add && add.length > 0)
        refuse(501, { error: 'unsupported', message: 'nobody can add to a TikTok order' })
      const order = orderOf(world, id)
      world.cancelItems(order, chosen(world, order, remove ?? []), 'platform_cancel', 'SYSTEM')
      return { order: id }
    },
    /** The carrier takes every parcel of an order that was shipped. */
    'orders/collect': (body) => move(world, OneOrder.parse(body).order, 'PROCESSING', 'FULFILLING'),
    'orders/deliver': (body) => move(world, OneOrder.parse(body).order, 'FULFILLING', 'COMPLETED'),
    returns: (body) => {
      const { order: id, lines, type, reason } = ReturnControl.parse(body)
      const order = orderOf(world, id)
      const items = returnable(world, order, lines)
      const cents = items.reduce(
        (sum, { sku }) => sum + Math.round(Number(world.skus.get(sku)?.price.amount) * 100),
        0,
      )
      const currency = world.skus.get(items[0]?.sku ?? '')?.price.currency ?? 'USD'
      const made = openReturn(world, {
        order: id,
        type,
        reason,
        items: items.map((item) => item.id),
        refund: { amount: (cents / 100).toFixed(2), currency },
      })
      telling.returned(made)
      return { return: made.id }
    },
    /** The buyer sends the goods. */
    'returns/ship': (body) => {
      const { return: id, tracking } = ReturnStep.parse(body)
      const each = world.returns.get(id) ?? refuse(404, { error: 'not_found', return: id })
      if (each.status !== 'AWAITING_BUYER_SHIP') refuse(409, { error: 'conflict', status: each.status })
      each.status = 'BUYER_SHIPPED_ITEM'
      each.tracking = tracking
      each.updatedAt = world.clock.now()
      telling.returned(each)
      return { return: id }
    },
    /** What lies in TikTok's own warehouse. */
    fbt: (body) => {
      const { sku, quantity, warehouse = world.fbtWarehouses[0]?.id ?? '' } = GoodsControl.parse(body)
      const known = [...world.goods.values()].find(({ referenceCode }) => referenceCode === sku)
      const goods = known ?? {
        id: world.newId('73521'),
        referenceCode: sku,
        numbers: new Map<string, number>(),
        committed: 0,
      }
      goods.numbers.set(warehouse, quantity)
      world.goods.set(goods.id, goods)
      return { goods: goods.id, warehouse }
    },
    ...mcfControls(world),
    /** TikTok gives the shop another cipher; the old one is refused. */
    'shop/new-cipher': () => {
      world.cipher = world.newCipher()
      return {}
    },
    'auth/revoke-tokens': () => {
      auth.revokeAccess()
      return {}
    },
    'auth/revoke-all': () => {
      auth.revokeAll()
      return {}
    },
    /** Takes the scope of one operation away. */
    'auth/deny': (body) => {
      auth.denied.add(z.strictObject({ operation: z.string() }).parse(body).operation)
      return {}
    },
  }
}

function putListing(world: World, body: z.infer<typeof ListingControl>): unknown {
  const known = world.skuOf(body.sku)
  const [first = ''] = world.warehouses
  const numbers = new Map(Object.entries(body.warehouses ?? { [first]: body.quantity }))
  if (known) {
    world.setNumbers(known, numbers)
    return { listing: known.id, place: '', product: known.product }
  }
  const product = body.product ?? world.newId('17295')
  if (!world.products.has(product))
    world.products.set(product, { id: product, title: body.title ?? body.sku, status: 'ACTIVATE' })
  const { amount, currency } = body.price ?? { amount: 1000, currency: 'USD' }
  const sku = {
    id: world.newId('17295'),
    product,
    sellerSku: body.sku,
    name: 'Default',
    price: { amount: (amount / 100).toFixed(2), currency },
    numbers,
    previous: numbers,
  }
  world.skus.set(sku.id, sku)
  return { listing: sku.id, place: '', product }
}

function placeOrder(world: World, body: z.infer<typeof OrderControl>): unknown {
  const now = world.settle()
  const wanted = new Map<string, number>()
  for (const { sku, quantity } of body.lines) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity)
  const own = body.fulfilledBy === 'merchant'
  let from = body.warehouse ?? world.warehouses[0] ?? ''
  for (const [name, quantity] of wanted) {
    const sku = world.skuOf(name)
    if (!sku) refuse(404, { error: 'not_found', sku: name })
    else if (own) {
      const [place = from] = [...sku.numbers].flatMap(([id, number]) => (number >= quantity ? [id] : []))
      if (body.warehouse === undefined) from = place
      if (!body.force && (sku.numbers.get(from) ?? 0) < quantity)
        refuse(409, { error: 'sold_out', sku: name })
    }
  }
  const items: Item[] = body.lines.flatMap(({ sku, quantity, gift }) =>
    Array.from({ length: quantity }, () => ({
      id: world.newId('57946'),
      sku: world.skuOf(sku)?.id ?? '',
      cancelled: null,
      cancelledBy: null,
      package: null,
      gift,
    })),
  )
  const order: Order = {
    id: world.newId('57648'),
    createdAt: now,
    updatedAt: now,
    visibleAt: now,
    shippingType: body.shippingType,
    fulfillmentType: own ? 'FULFILLMENT_BY_SELLER' : 'FULFILLMENT_BY_TIKTOK',
    warehouse: from,
    country: body.country,
    orderType: body.orderType,
    sample: body.sample,
    frozen: false,
    paidAt: body.paid ? now : null,
    holdUntil: now + world.options.holdMs,
    items,
  }
  world.orders.set(order.id, order)
  world.pack(order, items)
  if (own) for (const [name, quantity] of wanted) sell(world, name, from, quantity)
  world.touch(order)
  return reply(201, { order: order.id })
}

/** A sale lowers the number that shoppers see, never below 0. */
function sell(world: World, name: string, warehouse: string, quantity: number): void {
  const sku = world.skuOf(name)
  if (!sku) return
  const left = Math.max(0, (sku.numbers.get(warehouse) ?? 0) - quantity)
  world.setNumbers(sku, new Map(sku.numbers).set(warehouse, left))
}

function orderOf(world: World, id: string): Order {
  return world.orders.get(id) ?? refuse(404, { error: 'not_found', order: id })
}

function chosen(world: World, order: Order, lines: z.infer<typeof lineUnits> | undefined): readonly Item[] {
  const open = order.items.filter((item) => world.isOpen(item))
  if (lines === undefined) return open
  return lines.flatMap(({ sku, quantity }) => {
    const items = open.filter((item) => world.skus.get(item.sku)?.sellerSku === sku)
    return items.slice(0, quantity ?? items.length)
  })
}

function returnable(
  world: World,
  order: Order,
  lines: z.infer<typeof returnedUnits> | undefined,
): readonly Item[] {
  const named = new Set([...world.returns.values()].flatMap(({ items }) => items))
  const gone = order.items.filter((item) => world.isShipped(item) && !named.has(item.id))
  if (lines === undefined) return gone
  return lines.flatMap(({ sku, id, quantity }) => {
    const items = gone.filter((item) => item.sku === id || world.skus.get(item.sku)?.sellerSku === sku)
    return items.slice(0, quantity ?? items.length)
  })
}

function move(
  world: World,
  id: string,
  from: 'PROCESSING' | 'FULFILLING',
  to: 'FULFILLING' | 'COMPLETED',
): unknown {
  const order = orderOf(world, id)
  for (const item of order.items) {
    const found = world.packageOf(item)
    if (found?.status === from) found.status = to
  }
  world.touch(order)
  return { order: id }
}
