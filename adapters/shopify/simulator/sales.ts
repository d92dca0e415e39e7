import type { Fulfillment, FulfillmentOrder, Item, Level, Line, Order, Shop } from './shop.ts'
import { fulfillmentStatus, hundredths, legacy, openUnits, refundedOf } from './shop.ts'

/** What shoppers and the shop's staff do. */

export interface Basket {
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
  readonly paid: boolean
  readonly force: boolean
  readonly shippingTitle: string | null
  readonly country: string
  readonly source: string
  /** In hundredths. */
  readonly shipping: number
  readonly attributes: Order['attributes']
  readonly visit: Order['visit']
}

export class SoldOut extends Error {
  readonly sku: string

  constructor(sku: string) {
    super(`${sku} is sold out`)
    this.sku = sku
  }
}

export class Unknown extends Error {}

function itemOf(shop: Shop, sku: string): Item {
  const item = shop.itemBySku(sku)
  if (!item) throw new Unknown(`there is no listing of SKU ${sku}`)
  return item
}

/** The level that a sale is taken from: the first that has enough, else the first. */
function levelFor(shop: Shop, item: Item, quantity: number): Level {
  const levels = shop.levelsOf(item.id)
  const level = levels.find(({ available }) => available >= quantity) ?? levels[0]
  if (!level) throw new Unknown(`${item.sku} is stocked nowhere`)
  return level
}

/** All or nothing: repeated SKUs are summed before the look. @throws SoldOut, Unknown */
function take(shop: Shop, lines: Basket['lines'], force: boolean): Map<string, Level> {
  const wanted = new Map<string, number>()
  for (const { sku, quantity } of lines) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity)
  const levels = new Map<string, Level>()
  for (const [sku, quantity] of wanted) {
    const item = itemOf(shop, sku)
    const level = levelFor(shop, item, quantity)
    if (!force && item.tracked && level.available < quantity) throw new SoldOut(sku)
    levels.set(sku, level)
  }
  for (const [sku, quantity] of wanted) {
    const level = levels.get(sku)
    if (level?.item.tracked !== true) continue
    // A sale lowers `available` at once; the units stay on hand, committed to the order.
    level.committed += quantity
    shop.setAvailable(level, level.available - quantity)
  }
  return levels
}

function addLine(shop: Shop, order: Order, item: Item, quantity: number, location: string): void {
  const { title, price } = item
  const line: Line = {
    id: shop.nextId('LineItem'),
    item,
    title,
    price,
    ordered: quantity,
    fulfilled: 0,
    cancelled: 0,
    returned: 0,
  }
  order.lines.push(line)
  const open = order.fulfillmentOrders.find((one) => one.location === location && one.status === 'OPEN')
  const home: FulfillmentOrder = open ?? {
    id: shop.nextId('FulfillmentOrder'),
    order,
    location,
    status: 'OPEN',
    updatedAt: shop.now(),
    holds: [],
    progress: false,
    lines: [],
  }
  if (!open) order.fulfillmentOrders.push(home)
  home.lines.push({
    id: shop.nextId('FulfillmentOrderLineItem'),
    line,
    total: quantity,
    remaining: quantity,
  })
}

/** A shopper buys. @throws SoldOut, Unknown */
export function placeOrder(shop: Shop, basket: Basket): Order {
  const levels = take(shop, basket.lines, basket.force)
  const id = shop.nextId('Order')
  const at = shop.now()
  const order: Order = {
    id,
    legacyId: legacy(id),
    name: `#${1001 + shop.orders.size}`,
    createdAt: at,
    updatedAt: at,
    cancelledAt: null,
    cancelReason: null,
    financial: basket.paid ? 'PAID' : 'PENDING',
    paid: 0,
    shipping: basket.shipping,
    payment: shop.nextId('OrderTransaction'),
    lines: [],
    fulfillmentOrders: [],
    fulfillments: [],
    refunds: [],
    returns: [],
    shippingTitle: basket.shippingTitle,
    country: basket.country,
    buyer: `Shopper ${shop.orders.size + 1}`,
    source: basket.source,
    attributes: basket.attributes,
    visit: basket.visit,
  }
  for (const { sku, quantity } of basket.lines) {
    const level = levels.get(sku)
    if (level) addLine(shop, order, level.item, quantity, level.location)
  }
  if (basket.paid) order.paid = worth(order)
  shop.orders.set(id, order)
  shop.touch(order, 'orders/create', ...(basket.paid ? ['orders/paid'] : []))
  return order
}

/** What everything of the order that was not taken off costs, shipping included. */
const worth = (order: Order) =>
  order.lines.reduce(
    (sum, line) => sum + hundredths(line.price) * (line.ordered - line.cancelled),
    order.shipping,
  )

/** Pays back, as far as there is anything to. */
export function payBack(shop: Shop, order: Order, refund: Omit<Order['refunds'][number], 'id' | 'at'>) {
  const amount = Math.min(refund.amount, order.paid - refundedOf(order))
  const made = { ...refund, id: shop.nextId('Refund'), at: shop.now(), amount }
  order.refunds.push(made)
  if (order.financial !== 'PENDING' && order.financial !== 'VOIDED')
    order.financial = refundedOf(order) >= order.paid ? 'REFUNDED' : 'PARTIALLY_REFUNDED'
  shop.tell('refunds/create', { id: legacy(made.id), order_id: order.legacyId })
  return made
}

const priceOf = (lines: Order['refunds'][number]['lines']) =>
  lines.reduce((sum, { line, quantity }) => sum + hundredths(line.price) * quantity, 0)

export function payOrder(shop: Shop, order: Order): void {
  if (order.financial !== 'PENDING') return
  order.paid = worth(order)
  order.financial = 'PAID'
  shop.touch(order, 'orders/paid')
}

/** Units of lines that will never ship. `restock` puts them on sale again. */
export interface Removal {
  readonly line: Line
  readonly quantity: number
}

/** Takes units out of the order; gives them as the lines of a refund. */
export function remove(
  shop: Shop,
  order: Order,
  removals: readonly Removal[],
  restock: boolean,
): Order['refunds'][number]['lines'] {
  const refunded: Order['refunds'][number]['lines'] = []
  for (const { line, quantity } of removals) {
    const units = Math.min(quantity, openUnits(line))
    if (units <= 0) continue
    line.cancelled += units
    let left = units
    for (const one of order.fulfillmentOrders) {
      const entry = one.lines.find((each) => each.line === line && each.remaining > 0)
      const part = Math.min(left, entry?.remaining ?? 0)
      if (!entry || part === 0) continue
      left -= part
      entry.remaining -= part
      entry.total -= part
      const level = shop.level(line.item.id, one.location)
      if (level?.item.tracked === true) {
        level.committed -= part
        if (restock) shop.setAvailable(level, level.available + part)
      }
      one.updatedAt = shop.now()
      if (one.lines.every(({ remaining }) => remaining === 0)) one.status = 'CLOSED'
      const restockType = restock ? ('CANCEL' as const) : ('NO_RESTOCK' as const)
      refunded.push({ line, quantity: part, restockType, location: restock ? one.location : null })
    }
  }
  return refunded
}

/** Cancels the whole order, as the job of `orderCancel` or as staff do. */
export function cancelOrder(shop: Shop, order: Order, reason: string, restock: boolean): void {
  if (order.cancelledAt !== null || order.lines.some((line) => line.fulfilled > line.returned)) return
  const all = order.lines.map((line) => ({ line, quantity: openUnits(line) }))
  const lines = remove(shop, order, all, restock)
  for (const one of order.fulfillmentOrders) one.status = 'CLOSED'
  order.cancelledAt = shop.now()
  order.cancelReason = reason
  if (order.financial === 'PENDING') order.financial = 'VOIDED'
  const amount = order.paid - refundedOf(order)
  payBack(shop, order, { note: null, amount, shipping: order.shipping, lines })
  shop.touch(order, 'orders/cancelled')
}

/** Staff take some units out of the order and refund them. */
export function refundLines(shop: Shop, order: Order, removals: readonly Removal[]): void {
  const lines = remove(shop, order, removals, true)
  payBack(shop, order, { note: null, amount: priceOf(lines), shipping: 0, lines })
  shop.touch(order)
}

/** Goods came back and were refunded. */
export function returnLines(shop: Shop, order: Order, removals: readonly Removal[], restock: boolean): void {
  const lines = removals.map(({ line, quantity }) => {
    line.returned += Math.min(quantity, line.fulfilled - line.returned)
    const level = shop.levelsOf(line.item.id)[0]
    if (restock && level) shop.setAvailable(level, level.available + quantity)
    const restockType = restock ? ('RETURN' as const) : ('NO_RESTOCK' as const)
    return { line, quantity, restockType, location: restock ? (level?.location ?? null) : null }
  })
  payBack(shop, order, { note: null, amount: priceOf(lines), shipping: 0, lines })
  shop.touch(order)
}

/** Staff edit an order. @throws SoldOut, Unknown */
export function editOrder(
  shop: Shop,
  order: Order,
  add: Basket['lines'],
  removals: readonly Removal[],
  force: boolean,
): void {
  const levels = take(shop, add, force)
  for (const { sku, quantity } of add) {
    const level = levels.get(sku)
    if (level) addLine(shop, order, level.item, quantity, level.location)
  }
  // An edit removes without a refund entry; the units leave `currentQuantity` all the same.
  remove(shop, order, removals, true)
  // The buyer pays for what was added.
  if (order.paid > 0) order.paid = Math.max(order.paid, worth(order) + refundedOf(order))
  shop.tell('orders/edited', { order_edit: { order_id: order.legacyId } })
  shop.touch(order)
}

export interface Fulfilling {
  readonly fulfillmentOrder: FulfillmentOrder
  /** Empty: everything that is left. */
  readonly lines: readonly { readonly id: string; readonly quantity: number }[]
}

export type Tracking = Fulfillment['tracking']

/** Goods leave: committed units are no longer on hand. The caller has checked what Shopify checks. */
export function fulfill(shop: Shop, parts: readonly Fulfilling[], tracking: Tracking): Fulfillment {
  const [first] = parts
  if (!first) throw new Error('nothing to fulfil')
  const { order, location } = first.fulfillmentOrder
  const lines: Fulfillment['lines'] = []
  for (const { fulfillmentOrder, lines: wanted } of parts) {
    for (const entry of fulfillmentOrder.lines) {
      const asked = wanted.find(({ id }) => id === entry.id)?.quantity ?? 0
      const quantity = wanted.length === 0 ? entry.remaining : asked
      if (quantity === 0) continue
      entry.remaining -= quantity
      entry.line.fulfilled += quantity
      const level = shop.level(entry.line.item.id, location)
      if (level?.item.tracked === true) level.committed -= quantity
      lines.push({ id: shop.nextId('FulfillmentLineItem'), line: entry.line, quantity })
    }
    const left = fulfillmentOrder.lines.some(({ remaining }) => remaining > 0)
    fulfillmentOrder.status = left ? 'IN_PROGRESS' : 'CLOSED'
    fulfillmentOrder.updatedAt = shop.now()
  }
  const fulfillment: Fulfillment = {
    id: shop.nextId('Fulfillment'),
    order,
    location,
    status: 'SUCCESS',
    createdAt: shop.now(),
    tracking,
    lines,
  }
  order.fulfillments.push(fulfillment)
  shop.tell('fulfillments/create', {
    id: legacy(fulfillment.id),
    order_id: order.legacyId,
    status: 'success',
  })
  const whole = fulfillmentStatus(order) === 'FULFILLED'
  shop.touch(order, whole ? 'orders/fulfilled' : 'orders/partially_fulfilled')
  return fulfillment
}
