import type { SeededRandom } from '../../../src/simulator/index.ts'
import type { Clock } from '../../../src/spec/index.ts'
import { itemListing } from '../ids.ts'
import type { Money } from './answers.ts'

export interface Offer {
  readonly id: string
  readonly marketplaceId: string
  available: number
  status: 'PUBLISHED' | 'UNPUBLISHED'
}

/** What one number is of: a SKU of the Inventory API, or an item or a variation of the Trading API. */
export interface Shelf {
  readonly listing: string
  readonly api: 'inventory' | 'trading'
  readonly sku: string | null
  readonly title: string
  /** EAN or UPC. */
  readonly barcode: string | null
  readonly price: Money
  readonly itemId: string
  readonly variationId: string | null
  /** Inventory: of the item. Trading: what is left. */
  quantity: number
  sold: number
  /** Of the Inventory API alone. */
  readonly offers: Offer[]
}

export interface OrderLine {
  readonly id: string
  readonly shelf: Shelf
  readonly quantity: number
}

export interface Fulfillment {
  readonly id: string
  readonly tracking: string | null
  readonly carrier: string | null
  readonly shippedAt: number
  readonly lines: readonly { readonly id: string; readonly quantity: number }[]
}

export interface CancelRequest {
  readonly id: string
  readonly by: 'Buyer' | 'Seller'
  readonly reason: string
  readonly at: number
  state: 'REQUESTED' | 'APPROVED' | 'COMPLETED' | 'REJECTED'
}

export interface Refund {
  readonly id: string
  /** `null`: of the order as a whole. */
  readonly line: string | null
  readonly money: Money
  readonly at: number
  status: 'PENDING' | 'REFUNDED' | 'FAILED'
  /** It is taken, and comes to nothing. */
  readonly fails?: boolean
}

export interface Order {
  readonly id: string
  readonly createdAt: number
  modifiedAt: number
  paidAt: number | null
  readonly country: string
  readonly service: string
  readonly buyer: string
  readonly fulfilledBy: 'merchant' | 'platform'
  readonly lines: readonly OrderLine[]
  readonly fulfillments: Fulfillment[]
  readonly requests: CancelRequest[]
  readonly refunds: Refund[]
  cancelled: boolean
}

export interface ReturnCase {
  readonly id: string
  readonly order: Order
  readonly line: OrderLine
  readonly quantity: number
  readonly reason: string
  readonly createdAt: number
  readonly history: { readonly activity: string; readonly at: number }[]
  state: string
  tracking: string | null
  refunded: Money | null
}

export interface WorldOptions {
  readonly marketplaceId: string
  readonly currency: string
  /** How long a refund, and with it a cancellation, takes. */
  readonly refundMs: number
  /** Whether a fulfilment moves the order's lastModifiedDate: eBay does not say. */
  readonly fulfillmentsTouch: boolean
  /** The seller's preference; off, as it is for a new seller, a zero is refused. */
  readonly outOfStockControl: boolean
  /** A seller of the EU or the UK: what moves money must be signed. */
  readonly mustSign: boolean
  /** "Each listing can be revised up to 250 times in one calendar day." */
  readonly revisionsADay: number
  /** Calls a new destination to see that it answers the challenge. */
  readonly validateDestinations: boolean
}

/** Of which zone's calendar eBay does not say: here of California's, as that of its call limits. */
const pacificDay = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Los_Angeles', dateStyle: 'short' })

/** Everything the simulated eBay knows. Time passes by looking: what is due is done before each request is answered. */
export class World {
  readonly shelves = new Map<string, Shelf>()
  readonly orders = new Map<string, Order>()
  readonly returns = new Map<string, ReturnCase>()
  readonly options: WorldOptions
  readonly clock: Clock
  readonly random: SeededRandom
  outOfStockControl: boolean
  readonly #revisions = new Map<string, number>()

  constructor(options: WorldOptions, clock: Clock, random: SeededRandom) {
    this.options = options
    this.clock = clock
    this.random = random
    this.outOfStockControl = options.outOfStockControl
  }

  digits = (length: number) => this.random.text(length, '0123456789')

  /** Does what has become due. Call it first in everything that looks. */
  settle(): number {
    const now = this.clock.now()
    for (const order of this.orders.values()) {
      for (const refund of order.refunds) {
        if (refund.status !== 'PENDING' || refund.at + this.options.refundMs > now) continue
        refund.status = refund.fails ? 'FAILED' : 'REFUNDED'
        order.modifiedAt = now
      }
      const approved = order.requests.find(({ state }) => state === 'APPROVED')
      if (!approved || order.refunds.some(({ status }) => status === 'PENDING')) continue
      approved.state = 'COMPLETED'
      order.cancelled = true
      order.modifiedAt = now
    }
    return now
  }

  shelfOf(sku: string): Shelf | undefined {
    return this.shelves.get(sku) ?? [...this.shelves.values()].find((shelf) => shelf.sku === sku)
  }

  /** Counts a revision of a listing; `false` when it has none left today. */
  revise({ itemId }: Shelf): boolean {
    const key = `${itemId}/${pacificDay.format(this.clock.now())}`
    const count = (this.#revisions.get(key) ?? 0) + 1
    if (count > this.options.revisionsADay) return false
    this.#revisions.set(key, count)
    return true
  }

  revisionsOf({ itemId }: Shelf): number {
    return this.#revisions.get(`${itemId}/${pacificDay.format(this.clock.now())}`) ?? 0
  }

  put(shelf: Omit<Shelf, 'listing'>): Shelf {
    const listing =
      shelf.api === 'inventory'
        ? (shelf.sku ?? '')
        : itemListing(shelf.itemId, shelf.variationId === null ? null : shelf.sku)
    const made = { ...shelf, listing }
    this.shelves.set(listing, made)
    return made
  }
}

/** What shoppers see: the lower of item and offer, of the Inventory API. */
export function shownBy(shelf: Shelf): number {
  const offers = shelf.offers.filter(({ status }) => status === 'PUBLISHED')
  if (shelf.api === 'trading') return shelf.quantity
  if (offers.length === 0) return 0
  return Math.min(shelf.quantity, ...offers.map(({ available }) => available))
}

/** A sale comes off every number, never below 0. */
export function sell(shelf: Shelf, quantity: number): void {
  shelf.quantity = Math.max(0, shelf.quantity - quantity)
  shelf.sold += quantity
  for (const offer of shelf.offers) offer.available = Math.max(0, offer.available - quantity)
}

export const shippedUnits = (order: Order, { id }: OrderLine): number =>
  order.fulfillments
    .flatMap(({ lines }) => lines)
    .filter((line) => line.id === id)
    .reduce((sum, { quantity }) => sum + quantity, 0)

export function fulfillmentStatus(order: Order): 'NOT_STARTED' | 'IN_PROGRESS' | 'FULFILLED' {
  if (order.fulfillments.length === 0) return 'NOT_STARTED'
  return order.lines.every((line) => shippedUnits(order, line) >= line.quantity) ? 'FULFILLED' : 'IN_PROGRESS'
}

export function cancelState(order: Order): 'NONE_REQUESTED' | 'IN_PROGRESS' | 'CANCELED' {
  if (order.cancelled) return 'CANCELED'
  const open = order.requests.some(({ state }) => state === 'REQUESTED' || state === 'APPROVED')
  return open ? 'IN_PROGRESS' : 'NONE_REQUESTED'
}

export const itemTotal = (order: Order): Money => ({
  amount: order.lines.reduce((sum, { shelf, quantity }) => sum + shelf.price.amount * quantity, 0),
  currency: order.lines[0]?.shelf.price.currency ?? 'USD',
})

/** Shipping is 5.00 for the first line, and nothing for the others. */
export const shippingOf = (order: Order, line: OrderLine): Money => ({
  amount: order.lines[0] === line ? 500 : 0,
  currency: line.shelf.price.currency,
})

export const orderTotal = (order: Order): Money => {
  const items = itemTotal(order)
  return { ...items, amount: items.amount + 500 }
}

export const refundedCents = (order: Order): number =>
  order.refunds.filter(({ status }) => status !== 'FAILED').reduce((sum, { money }) => sum + money.amount, 0)

/** Lets the money of an order go back; its cancellation follows once it has arrived. */
export function refundAll(world: World, order: Order, now: number): void {
  const total = orderTotal(order)
  const left = total.amount - refundedCents(order)
  if (order.paidAt === null || left <= 0) return
  order.refunds.push({
    id: world.digits(10),
    line: null,
    money: { ...total, amount: left },
    at: now,
    status: 'PENDING',
  })
}
