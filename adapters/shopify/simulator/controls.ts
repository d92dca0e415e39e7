import { z } from 'zod'
import { Money, moneyToDecimal } from '../../../src/model/money.ts'
import { refuse, type SimulatorDefinition } from '../../../src/simulator/index.ts'
import { isActive, moveOrder, placeHold, releaseHolds } from './parts.ts'
import { returnControls, returnState } from './return-controls.ts'
import {
  type Basket,
  cancelOrder,
  editOrder,
  fulfill,
  payOrder,
  placeOrder,
  type Removal,
  refundLines,
  returnLines,
  SoldOut,
  Unknown,
} from './sales.ts'
import { fulfillmentStatus, type Item, type Order, type Shop } from './shop.ts'

const Quantity = z.int().positive()
const SkuLines = z.array(z.object({ sku: z.string().min(1), quantity: Quantity }))

const ListingControl = z.object({
  sku: z.string().min(1),
  title: z.string().optional(),
  quantity: z.int().default(0),
  price: Money.default({ amount: 1000, currency: 'USD' }),
  /** A location's gid; default: the first one. */
  location: z.string().optional(),
  tracked: z.boolean().default(true),
  requiresShipping: z.boolean().default(true),
  giftCard: z.boolean().default(false),
  bundle: z.boolean().default(false),
})

const OrderControl = z.object({
  lines: SkuLines.min(1),
  paid: z.boolean().default(true),
  serviceLevel: z.string().nullable().default(null),
  country: z.string().length(2).default('US'),
  force: z.boolean().default(false),
  source: z.string().default('web'),
  /** What the buyer pays for shipping. */
  shipping: Money.default({ amount: 0, currency: 'USD' }),
  /** Of the cart: what a permalink's `attributes[…]` sets. */
  attributes: z.record(z.string(), z.string()).default({}),
  /** The buyer's last visit: the page it began with, and the page before. */
  visit: z
    .object({
      landingPage: z.string().nullable().default(null),
      referrer: z.string().nullable().default(null),
    })
    .nullable()
    .default(null),
})

/** A line by its id, or by its SKU; without a quantity: all that is open. */
const OrderLines = z.array(
  z.object({ id: z.string().optional(), sku: z.string().optional(), quantity: Quantity.optional() }),
)
const OfOrder = z.object({ order: z.string() })
const CancelControl = OfOrder.extend({ lines: OrderLines.optional() })
const EditControl = OfOrder.extend({
  add: SkuLines.default([]),
  remove: OrderLines.default([]),
  force: z.boolean().default(false),
})
const ReturnControl = OfOrder.extend({ lines: OrderLines, restock: z.boolean().default(true) })
const HoldControl = OfOrder.extend({
  hold: z.boolean().default(true),
  /** Only of what is fulfilled there. */
  location: z.string().optional(),
  reason: z.string().default('OTHER'),
})
const ProgressControl = OfOrder.extend({ progress: z.boolean().default(true) })
const MoveControl = OfOrder.extend({ location: z.string() })
const FulfillControl = OfOrder.extend({
  lines: OrderLines.optional(),
  trackingNumber: z.string().optional(),
  company: z.string().optional(),
})
const StockControl = z.object({ sku: z.string(), quantity: z.int(), location: z.string().optional() })

/** What a shopper sees at checkout for a service level. */
const rateTitles: Readonly<Record<string, string>> = {
  economy: 'Economy',
  standard: 'Standard',
  'two-day': 'Two-day delivery',
  'next-day': 'Next-day delivery',
  'same-day': 'Same-day delivery',
}

function orderOf(shop: Shop, id: string): Order {
  const order = shop.orders.get(id) ?? [...shop.orders.values()].find(({ name }) => name === id)
  return order ?? refuse(404, { error: 'not_found', order: id })
}

function removalsOf(order: Order, lines: z.infer<typeof OrderLines>): Removal[] {
  return lines.map(({ id, sku, quantity }) => {
    const line = order.lines.find((each) => (id === undefined ? each.item.sku === sku : each.id === id))
    if (!line) return refuse(404, { error: 'not_found', line: id ?? sku })
    return { line, quantity: quantity ?? line.ordered }
  })
}

/** A shopper meets a sold-out page, not an error. */
function atTheTill<T>(act: () => T): T {
  try {
    return act()
  } catch (thrown) {
    if (thrown instanceof SoldOut) return refuse(409, { error: 'sold_out', sku: thrown.sku })
    if (thrown instanceof Unknown) return refuse(404, { error: 'not_found', message: thrown.message })
    throw thrown
  }
}

function locationOf(shop: Shop, id: string | undefined): string {
  const place = id === undefined ? shop.locations[0] : shop.locations.find((each) => each.id === id)
  return place?.id ?? refuse(404, { error: 'not_found', location: id })
}

function putListing(shop: Shop, body: unknown) {
  const { sku, title, quantity, price, location, ...rest } = ListingControl.parse(body)
  const place = locationOf(shop, location)
  const known = shop.itemBySku(sku)
  const item: Item = known ?? {
    id: shop.nextId('InventoryItem'),
    variantId: shop.nextId('ProductVariant'),
    sku,
    title: title ?? sku,
    price: moneyToDecimal(price),
    ...rest,
    deleted: false,
  }
  if (known && title !== undefined) known.title = title
  shop.items.set(item.id, item)
  shop.stock(item, place, quantity)
  return { listing: item.id, place, variant: item.variantId }
}

/** `POST /_simulator/<name>`. Numbers of lines are of the order's own lines; see docs/shopify.md. */
export function controls(shop: Shop): NonNullable<SimulatorDefinition['controls']> {
  const acting = (act: (body: unknown) => unknown) => (body: unknown) => {
    shop.settle()
    return act(body) ?? {}
  }
  const changing = <T extends { order: string }>(type: z.ZodType<T>, act: (order: Order, given: T) => void) =>
    acting((body) => {
      const given = type.parse(body)
      const order = orderOf(shop, given.order)
      atTheTill(() => act(order, given))
      return { order: order.id }
    })
  return {
    locations: acting((body) => {
      const { name } = z.object({ name: z.string().min(1) }).parse(body)
      const place = { id: shop.nextId('Location'), name }
      shop.locations.push(place)
      return { location: place.id }
    }),
    listings: acting((body) => putListing(shop, body)),
    'listings/delete': acting((body) => {
      const { sku } = z.object({ sku: z.string() }).parse(body)
      const item = shop.itemBySku(sku)
      if (item) item.deleted = true
    }),
    // Staff type a number into the admin.
    stock: acting((body) => {
      const { sku, quantity, location } = StockControl.parse(body)
      const item = shop.itemBySku(sku) ?? refuse(404, { error: 'not_found', sku })
      shop.stock(item, locationOf(shop, location), quantity)
    }),
    orders: acting((body) => {
      const { serviceLevel, ...given } = OrderControl.parse(body)
      const shippingTitle = serviceLevel === null ? 'Standard' : (rateTitles[serviceLevel] ?? serviceLevel)
      const basket: Basket = { ...given, shippingTitle, shipping: given.shipping.amount }
      const order = atTheTill(() => placeOrder(shop, basket))
      return { status: 201, body: { order: order.id, number: order.name } }
    }),
    'orders/pay': changing(OfOrder, (order) => payOrder(shop, order)),
    'orders/cancel': changing(CancelControl, (order, { lines }) => {
      if (lines) refundLines(shop, order, removalsOf(order, lines))
      else cancelOrder(shop, order, 'STAFF', true)
    }),
    // A shopper of Shopify writes to the shop; the Admin API has no word for it.
    'orders/request-cancel': acting(() =>
      refuse(501, { error: 'unsupported', message: 'Shopify has no cancellation requests in its Admin API' }),
    ),
    'orders/edit': changing(EditControl, (order, { add, remove, force }) =>
      editOrder(shop, order, add, removalsOf(order, remove), force),
    ),
    'orders/return': changing(ReturnControl, (order, { lines, restock }) =>
      returnLines(shop, order, removalsOf(order, lines), restock),
    ),
    'orders/hold': changing(HoldControl, (order, { hold, location, reason }) => {
      const staff = { reason, notes: null, handle: '', byApp: false }
      for (const one of order.fulfillmentOrders) {
        if (location !== undefined && one.location !== location) continue
        if (hold && one.status === 'OPEN') placeHold(shop, one, staff)
        // In the admin staff release whatever holds it.
        else if (!hold && one.status === 'ON_HOLD') releaseHolds(shop, one, null)
      }
    }),
    'orders/move': changing(MoveControl, (order, { location }) =>
      moveOrder(shop, order, locationOf(shop, location)),
    ),
    // Staff say that they have begun, or that they have not.
    'orders/progress': changing(ProgressControl, (order, { progress }) => {
      for (const one of order.fulfillmentOrders.filter(isActive)) {
        one.progress = progress
        one.status = progress ? 'IN_PROGRESS' : 'OPEN'
        shop.touchFulfillmentOrder(one, 'fulfillment_orders/progress_reported')
      }
    }),
    // Staff fulfil in the admin, past the hub.
    'orders/fulfill': changing(FulfillControl, (order, { lines, trackingNumber, company }) => {
      const tracking =
        trackingNumber === undefined ? [] : [{ number: trackingNumber, company: company ?? null, url: null }]
      const wanted = lines ? removalsOf(order, lines) : null
      for (const fulfillmentOrder of order.fulfillmentOrders.filter(({ status }) =>
        ['OPEN', 'IN_PROGRESS'].includes(status),
      )) {
        const part = fulfillmentOrder.lines.flatMap(({ id, line, remaining }) => {
          const quantity = Math.min(
            remaining,
            wanted?.find((each) => each.line === line)?.quantity ?? (wanted ? 0 : remaining),
          )
          return quantity > 0 ? [{ id, quantity }] : []
        })
        if (part.length > 0) fulfill(shop, [{ fulfillmentOrder, lines: part }], tracking)
      }
    }),
    ...Object.fromEntries(
      Object.entries(returnControls(shop, (id) => orderOf(shop, id))).map(([name, act]) => [
        name,
        acting(act),
      ]),
    ),
    'app/uninstall': acting(() => shop.tell('app/uninstalled', { id: 1, domain: 'simulated' })),
    'customers/redact': acting((body) => {
      const { orders } = z.object({ orders: z.array(z.string()) }).parse(body)
      const ids = orders.map((id) => orderOf(shop, id).legacyId)
      shop.tell('customers/redact', { shop_id: 1, customer: { id: 1 }, orders_to_redact: ids })
    }),
    'customers/data-request': acting((body) => {
      const { orders } = z.object({ orders: z.array(z.string()).default([]) }).parse(body)
      const ids = orders.map((id) => orderOf(shop, id).legacyId)
      shop.tell('customers/data_request', { shop_id: 1, customer: { id: 1 }, orders_requested: ids })
    }),
    // 48 hours after the app was removed.
    'shop/redact': acting(() => shop.tell('shop/redact', { shop_id: 1, shop_domain: 'simulated' })),
  }
}

/** `GET /_simulator/state`. */
export function stateOf(shop: Shop) {
  shop.settle()
  return {
    ...returnState(shop),
    locations: shop.locations,
    listings: shop.levels
      .filter(({ item }) => !item.deleted)
      .map(({ item, location, available, committed }) => ({
        sku: item.sku,
        listing: item.id,
        place: location,
        quantity: available,
        committed,
        onHand: available + committed,
      })),
    orders: [...shop.orders.values()].map((order) => ({
      id: order.id,
      number: order.name,
      status: order.cancelledAt === null ? fulfillmentStatus(order).toLowerCase() : 'cancelled',
      payment: order.financial.toLowerCase(),
      lines: order.lines.map((line) => ({
        id: line.id,
        sku: line.item.sku,
        quantity: line.ordered,
        cancelled: line.cancelled,
        shipped: line.fulfilled,
        returned: line.returned,
      })),
      parts: order.fulfillmentOrders.map(({ id, location, status: word, holds, lines }) => ({
        id,
        location,
        status: word,
        holds: holds.map(({ reason }) => reason),
        units: Object.fromEntries(lines.map(({ line, remaining }) => [line.item.sku, remaining])),
      })),
      shipments: order.fulfillments
        .filter(({ status }) => status === 'SUCCESS')
        .map(({ id, tracking, lines }) => ({
          id,
          trackingNumber: tracking[0]?.number ?? null,
          carrier: tracking[0]?.company ?? null,
          lines: lines.map(({ line, quantity }) => ({ id: line.id, quantity })),
        })),
    })),
  }
}
