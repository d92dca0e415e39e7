import type { Clock } from '../../../src/spec/context.ts'
import { gid } from '../options.ts'

/** What the simulated shop consists of. Times are epoch milliseconds, cut to seconds as Shopify's are. */

export interface Item {
  readonly id: string
  readonly variantId: string
  readonly sku: string
  title: string
  /** Decimal text. */
  price: string
  tracked: boolean
  requiresShipping: boolean
  giftCard: boolean
  /** The parent of a bundle: its number is computed. */
  bundle: boolean
  /** The variant was deleted; old orders keep their lines. */
  deleted: boolean
}

export interface Level {
  readonly item: Item
  readonly location: string
  available: number
  committed: number
}

export interface Line {
  readonly id: string
  readonly item: Item
  readonly title: string
  readonly price: string
  /** Ever ordered. */
  ordered: number
  fulfilled: number
  /** Refunded or removed before shipping. */
  cancelled: number
  /** Refunded after shipping. */
  returned: number
}

export interface FulfillmentOrderLine {
  readonly id: string
  readonly line: Line
  total: number
  remaining: number
}

export interface Hold {
  readonly id: string
  readonly reason: string
  readonly notes: string | null
  /** One of each of the app's own may be on a fulfilment order; `''` where it gave none. */
  readonly handle: string
  /** Whether the app placed it; else staff did. */
  readonly byApp: boolean
}

export interface FulfillmentOrder {
  readonly id: string
  readonly order: Order
  location: string
  status: 'OPEN' | 'IN_PROGRESS' | 'CLOSED' | 'CANCELLED' | 'ON_HOLD' | 'SCHEDULED'
  updatedAt: number
  /** Why it is on hold. */
  holds: Hold[]
  /** Staff said that work on it has begun. */
  progress: boolean
  lines: FulfillmentOrderLine[]
}

export interface Fulfillment {
  readonly id: string
  readonly order: Order
  readonly location: string
  status: 'SUCCESS' | 'CANCELLED'
  readonly createdAt: number
  tracking: { readonly company: string | null; readonly number: string; readonly url: string | null }[]
  readonly lines: { readonly id: string; readonly line: Line; readonly quantity: number }[]
}

export interface Refund {
  readonly id: string
  readonly at: number
  readonly note: string | null
  /** Paid back in all, in hundredths. */
  readonly amount: number
  /** Of it, for shipping. */
  readonly shipping: number
  readonly lines: {
    readonly line: Line
    readonly quantity: number
    readonly restockType: 'CANCEL' | 'RETURN' | 'NO_RESTOCK'
    readonly location: string | null
  }[]
}

export interface Order {
  readonly id: string
  /** `1` in `gid://shopify/Order/1`, and what webhooks carry. */
  readonly legacyId: number
  readonly name: string
  readonly createdAt: number
  updatedAt: number
  cancelledAt: number | null
  cancelReason: string | null
  financial: string
  /** What the buyer has paid, and what of it was for shipping, in hundredths. */
  paid: number
  readonly shipping: number
  /** The payment that refunds go back to. */
  readonly payment: string
  readonly lines: Line[]
  readonly fulfillmentOrders: FulfillmentOrder[]
  readonly fulfillments: Fulfillment[]
  readonly refunds: Refund[]
  readonly returns: Return[]
  readonly shippingTitle: string | null
  readonly country: string
  readonly buyer: string
  readonly source: string
  /** What the cart carried beside its lines. */
  readonly attributes: Readonly<Record<string, string>>
  /** The visit in which it was bought; `null`: there was none, or nobody knows. */
  readonly visit: { readonly landingPage: string | null; readonly referrer: string | null } | null
}

export interface ReverseLine {
  readonly id: string
  readonly of: ReturnLine
  readonly total: number
  readonly dispositions: { readonly id: string; readonly type: string; readonly quantity: number }[]
}

export interface ReturnLine {
  readonly __typename: 'ReturnLineItem'
  readonly id: string
  readonly goods: Fulfillment['lines'][number]
  readonly quantity: number
  processed: number
  /** The handle of its reason; `null`: none given. */
  readonly reason: string | null
  readonly note: string
  readonly customerNote: string | null
}

/** Goods on their way back. */
export interface Return {
  readonly id: string
  readonly order: Order
  status: 'REQUESTED' | 'OPEN' | 'CLOSED' | 'CANCELED' | 'DECLINED'
  readonly createdAt: number
  approvedAt: number | null
  closedAt: number | null
  decline: { readonly reason: string; readonly note: string | null } | null
  readonly lines: ReturnLine[]
  /** Made when it is approved. */
  readonly reverse: { readonly id: string; readonly lines: ReverseLine[] }[]
  trackingNumber: string | null
  /** What the buyer pays for sending it back, in hundredths. */
  readonly fee: number
}

export interface Job {
  readonly id: string
  readonly dueAt: number
  done: boolean
  readonly run: () => void
}

export interface Place {
  readonly id: string
  readonly name: string
}

/** By their ids, and the latest of each SKU: a shop may have a hundred thousand. */
class Items extends Map<string, Item> {
  readonly bySku = new Map<string, Item>()

  override set(id: string, item: Item): this {
    this.bySku.set(item.sku, item)
    return super.set(id, item)
  }
}

/** The shop's books. Nothing here speaks GraphQL or HTTP. */
export class Shop {
  readonly clock: Clock
  readonly currency: string
  readonly items = new Items()
  readonly orders = new Map<string, Order>()
  readonly locations: Place[] = []
  readonly jobs = new Map<string, Job>()
  readonly #levels = new Map<string, Level>()
  readonly #next = new Map<string, number>()
  readonly #listeners: ((topic: string, body: unknown) => void)[] = []

  constructor(clock: Clock, currency: string, locations: readonly string[]) {
    this.clock = clock
    this.currency = currency
    for (const name of locations) this.locations.push({ id: this.nextId('Location'), name })
  }

  /** Ids count up by type, as `gid://shopify/<type>/<number>`. */
  nextId(type: string): string {
    const starts: Readonly<Record<string, number>> = { Order: 5001, InventoryItem: 44001, Location: 7001 }
    const number = (this.#next.get(type) ?? (starts[type] ?? 1001) - 1) + 1
    this.#next.set(type, number)
    return gid(type, number)
  }

  now(): number {
    return Math.floor(this.clock.now() / 1000) * 1000
  }

  /** Subscribes to what the shop tells the outside. */
  onNews(listener: (topic: string, body: unknown) => void): void {
    this.#listeners.push(listener)
  }

  tell(topic: string, body: unknown): void {
    for (const listener of this.#listeners) listener(topic, body)
  }

  itemBySku(sku: string): Item | undefined {
    const item = this.items.bySku.get(sku)
    return item?.deleted ? undefined : item
  }

  level(item: string, location: string): Level | undefined {
    return this.#levels.get(`${item} ${location}`)
  }

  levelsOf(item: string): Level[] {
    return this.locations.flatMap(({ id }) => this.level(item, id) ?? [])
  }

  get levels(): Level[] {
    return [...this.#levels.values()]
  }

  stock(item: Item, location: string, available: number): Level {
    const level = this.level(item.id, location) ?? { item, location, available: 0, committed: 0 }
    this.#levels.set(`${item.id} ${location}`, level)
    this.setAvailable(level, available)
    return level
  }

  setAvailable(level: Level, available: number): void {
    level.available = available
    this.tell('inventory_levels/update', {
      inventory_item_id: legacy(level.item.id),
      location_id: legacy(level.location),
      available,
      updated_at: iso(this.now()),
      admin_graphql_api_id: `gid://shopify/InventoryLevel/${legacy(level.location)}?inventory_item_id=${legacy(level.item.id)}`,
    })
  }

  /** Notes a change of a fulfilment order, which is none of its order's (community.shopify.com/t/…/322697). */
  touchFulfillmentOrder(
    one: FulfillmentOrder,
    topic: string,
    more: Readonly<Record<string, unknown>> = {},
  ): void {
    one.updatedAt = this.now()
    this.tell(topic, { fulfillment_order: { id: one.id, status: one.status.toLowerCase() }, ...more })
  }

  /** Notes a change and tells it. `topics` besides `orders/updated`. */
  touch(order: Order, ...topics: readonly string[]): void {
    order.updatedAt = this.now()
    for (const topic of [...topics, 'orders/updated']) this.tell(topic, orderNews(order, this.currency))
  }

  /** Runs jobs whose time has come. Called before every look at the shop. */
  settle(): void {
    for (const job of this.jobs.values()) {
      if (job.done || job.dueAt > this.clock.now()) continue
      job.done = true
      job.run()
    }
  }
}

export const iso = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z')

/** Decimal text of hundredths, and back. */
export const decimal = (hundredths: number) =>
  `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`
export const hundredths = (text: string) => Math.round(Number(text) * 100)

export const refundedOf = (order: Order) => order.refunds.reduce((sum, { amount }) => sum + amount, 0)

/** The number in a gid. */
export const legacy = (id: string) => Number(id.slice(id.lastIndexOf('/') + 1))

export const openUnits = (line: Line) => line.ordered - line.fulfilled - line.cancelled

/** `displayFulfillmentStatus`, as API versions before 2026-10 tell it. */
export function fulfillmentStatus(order: Order): string {
  const open = order.lines.some((line) => openUnits(line) > 0)
  const fulfilled = order.lines.some((line) => line.fulfilled > 0)
  if (fulfilled) return open ? 'PARTIALLY_FULFILLED' : 'FULFILLED'
  // The order's own word for all that is left, not for a part of it.
  const left = order.fulfillmentOrders.filter(({ status }) => status !== 'CLOSED' && status !== 'CANCELLED')
  for (const word of ['ON_HOLD', 'SCHEDULED'] as const)
    if (left.length > 0 && left.every(({ status }) => status === word)) return word
  return 'UNFULFILLED'
}

/** The body of an order's webhooks: the old REST shape, cut to what matters. */
function orderNews(order: Order, currency: string) {
  return {
    id: order.legacyId,
    admin_graphql_api_id: order.id,
    name: order.name,
    currency,
    created_at: iso(order.createdAt),
    updated_at: iso(order.updatedAt),
    cancelled_at: order.cancelledAt === null ? null : iso(order.cancelledAt),
    financial_status: order.financial.toLowerCase(),
    fulfillment_status: fulfillmentStatus(order) === 'FULFILLED' ? 'fulfilled' : null,
    line_items: order.lines.map((line) => ({
      id: legacy(line.id),
      sku: line.item.sku,
      quantity: line.ordered,
      current_quantity: line.ordered - line.cancelled - line.returned,
      // Left as decimals: a body parsed and written again is not the same bytes.
      price: line.price,
    })),
  }
}
