import {
  type FulfillmentOrder,
  type FulfillmentOrderLine,
  type Hold,
  legacy,
  type Order,
  type Shop,
} from './shop.ts'

/** What is done to the parts that an order is fulfilled in, by staff and by the app: held, released, moved. */

const active: ReadonlySet<string> = new Set(['OPEN', 'IN_PROGRESS', 'ON_HOLD', 'SCHEDULED'])

export const isActive = ({ status }: FulfillmentOrder) => active.has(status)

/** `supportedActions`. A part of which progress was reported must be opened again before it moves. */
export function actionsOf({ status, progress }: FulfillmentOrder): string[] {
  if (status === 'ON_HOLD') return ['RELEASE_HOLD', 'HOLD', 'MOVE']
  if (status === 'OPEN') return ['CREATE_FULFILLMENT', 'HOLD', 'MOVE', 'REPORT_PROGRESS']
  if (status !== 'IN_PROGRESS') return []
  return progress ? ['CREATE_FULFILLMENT', 'MARK_AS_OPEN'] : ['CREATE_FULFILLMENT', 'HOLD', 'MOVE']
}

export function placeHold(shop: Shop, one: FulfillmentOrder, hold: Omit<Hold, 'id'>): Hold {
  const made = { ...hold, id: shop.nextId('FulfillmentHold') }
  one.holds.push(made)
  const first = one.status !== 'ON_HOLD'
  one.status = 'ON_HOLD'
  // Told once, of the first of them.
  if (first) shop.touchFulfillmentOrder(one, 'fulfillment_orders/placed_on_hold')
  else one.updatedAt = shop.now()
  return made
}

/** Without `ids`: all of them. Told once, when the last one is off. */
export function releaseHolds(shop: Shop, one: FulfillmentOrder, ids: readonly string[] | null): void {
  const before = one.holds.length
  one.holds = ids === null ? [] : one.holds.filter(({ id }) => !ids.includes(id))
  if (before === one.holds.length) return
  if (one.holds.length > 0) {
    one.updatedAt = shop.now()
    return
  }
  one.status = one.lines.some(({ total, remaining }) => remaining < total) ? 'IN_PROGRESS' : 'OPEN'
  shop.touchFulfillmentOrder(one, 'fulfillment_orders/hold_released')
}

/** Lines of a fulfilment order, and so many units of each. */
export type MovedUnits = readonly { readonly entry: FulfillmentOrderLine; readonly quantity: number }[]

const left = ({ lines }: FulfillmentOrder): MovedUnits =>
  lines.filter(({ remaining }) => remaining > 0).map((entry) => ({ entry, quantity: entry.remaining }))

/**
 * Lets another location ship units of a fulfilment order: they are committed there now, and free here again. A whole one of
 * which nothing was fulfilled moves itself. Units of one go into a new one; where another active one of the order lies at the
 * location already, that is closed, and its lines are made anew beside them (fulfillmentOrderMove, second scenario).
 */
export function movePart(
  shop: Shop,
  one: FulfillmentOrder,
  location: string,
  units: MovedUnits | null,
): FulfillmentOrder {
  const moved = units ?? left(one)
  for (const { entry, quantity } of moved) recommit(shop, entry, quantity, one.location, location)
  const all = moved.reduce((sum, { quantity }) => sum + quantity, 0)
  const whole = one.lines.every(({ total, remaining }) => total === remaining)
  const target =
    whole && all === left(one).reduce((sum, { quantity }) => sum + quantity, 0)
      ? one
      : split(shop, one, location, moved)
  target.location = location
  const word = (each: FulfillmentOrder) => ({ id: each.id, status: each.status.toLowerCase() })
  one.updatedAt = shop.now()
  shop.touchFulfillmentOrder(target, 'fulfillment_orders/moved', {
    original_fulfillment_order: word(one),
    moved_fulfillment_order: word(target),
    destination_location_id: location,
  })
  return target
}

function recommit(
  shop: Shop,
  { line }: FulfillmentOrderLine,
  quantity: number,
  here: string,
  there: string,
): void {
  const from = shop.level(line.item.id, here)
  const to = shop.level(line.item.id, there)
  if (from?.item.tracked !== true || !to) return
  from.committed -= quantity
  shop.setAvailable(from, from.available + quantity)
  to.committed += quantity
  shop.setAvailable(to, to.available - quantity)
}

function split(shop: Shop, one: FulfillmentOrder, location: string, moved: MovedUnits): FulfillmentOrder {
  for (const { entry, quantity } of moved) {
    entry.remaining -= quantity
    entry.total -= quantity
  }
  if (one.lines.every(({ remaining }) => remaining === 0)) one.status = 'CLOSED'
  const { order } = one
  const there = order.fulfillmentOrders.find(
    (each) => each !== one && each.location === location && each.status === 'OPEN',
  )
  const joined = new Map<FulfillmentOrderLine['line'], number>()
  const add = ({ line }: FulfillmentOrderLine, quantity: number) =>
    joined.set(line, (joined.get(line) ?? 0) + quantity)
  for (const entry of there?.lines ?? []) {
    if (entry.remaining > 0) add(entry, entry.remaining)
    entry.total -= entry.remaining
    entry.remaining = 0
  }
  for (const { entry, quantity } of moved) add(entry, quantity)
  if (there) {
    there.status = 'CLOSED'
    there.updatedAt = shop.now()
  }
  const made: FulfillmentOrder = {
    id: shop.nextId('FulfillmentOrder'),
    order,
    location,
    status: one.holds.length > 0 ? 'ON_HOLD' : 'OPEN',
    updatedAt: shop.now(),
    holds: [...one.holds],
    progress: false,
    lines: [...joined].map(([line, quantity]) => ({
      id: shop.nextId('FulfillmentOrderLineItem'),
      line,
      total: quantity,
      remaining: quantity,
    })),
  }
  order.fulfillmentOrders.push(made)
  return made
}

/** Staff let another location ship what is left of an order. The admin stocks the goods there. */
export function moveOrder(shop: Shop, order: Order, location: string): void {
  for (const one of order.fulfillmentOrders.filter(isActive)) {
    if (one.location === location || left(one).length === 0) continue
    for (const { entry } of left(one)) {
      const { item } = entry.line
      if (!shop.level(item.id, location)) shop.stock(item, location, 0)
    }
    movePart(shop, one, location, null)
  }
}

/** What is wrong with moving these units, as a user error; `null`: nothing. */
export function moveProblem(
  shop: Shop,
  one: FulfillmentOrder,
  location: string,
  units: MovedUnits | null,
): { readonly code?: string; readonly message: string } | null {
  if (one.progress) {
    const code = 'CANNOT_MOVE_FULFILLMENT_ORDER_WITH_REPORTED_PROGRESS'
    return { code, message: 'Cannot move a fulfillment order that has progress reported.' }
  }
  if (!isActive(one)) return { message: `Fulfillment order ${legacy(one.id)} is closed and cannot be moved.` }
  if (!shop.locations.some(({ id }) => id === location)) return { message: 'Location does not exist.' }
  if (one.location === location) return { message: 'Fulfillment order is already assigned to this location.' }
  const moved = units ?? left(one)
  if (moved.length === 0) return { message: 'Fulfillment order has no line items to move.' }
  if (moved.some(({ entry, quantity }) => quantity < 1 || quantity > entry.remaining))
    return { message: 'Invalid fulfillment order line item quantity requested.' }
  if (moved.some(({ entry }) => entry.line.item.tracked && !shop.level(entry.line.item.id, location)))
    return { message: 'The destination location does not stock the requested inventory item.' }
  return null
}
