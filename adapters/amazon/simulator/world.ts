import type { SeededRandom } from '../../../src/simulator/index.ts'
import type { Clock } from '../../../src/spec/index.ts'
import { Documents } from './documents.ts'
import type { Shelf } from './fba.ts'
import type { Feed } from './feeds.ts'
import type { McfOrder } from './mcf.ts'
import { Notices, orderChange } from './notices.ts'
import type { Report } from './reports.ts'
import { Shipping } from './shipping.ts'

export interface Issue {
  readonly code: string
  readonly message: string
  readonly severity: 'ERROR' | 'WARNING'
  readonly attributeNames: readonly string[]
  readonly categories: readonly string[]
}

/** One entry of the attribute fulfillment_availability. */
export interface Availability {
  readonly fulfillment_channel_code: string
  readonly quantity?: number
  readonly lead_time_to_ship_max_days?: number
  readonly restock_date?: string
}

export interface Listing {
  readonly sku: string
  readonly asin: string
  readonly title: string
  readonly productType: string
  readonly marketplaceId: string
  readonly price: { readonly amount: string; readonly currencyCode: string } | null
  readonly createdAt: number
  updatedAt: number
  availability: readonly Availability[]
  /** Before the last change, for `stale_read`. */
  previous: readonly Availability[]
  issues: readonly Issue[]
}

/** An accepted patch that is not applied yet. */
export interface Submission {
  readonly id: string
  readonly sku: string
  readonly dueAt: number
  apply(listing: Listing): void
}

export interface OrderLine {
  readonly id: string
  readonly sku: string
  readonly quantity: number
  cancelled: number
  cancelledBy: 'BUYER' | 'MERCHANT' | 'AMAZON' | null
  /** The buyer's wish to cancel. */
  requested: string | null
}

export interface Package {
  readonly reference: string
  readonly createdAt: number
  carrier: string
  service: string | null
  tracking: string
  shippedAt: number
  items: readonly { readonly orderItemId: string; readonly quantity: number }[]
}

/** Money that the seller paid back. */
export interface Refund {
  readonly line: string
  readonly type: string
  /** In minor units. */
  readonly amount: number
  readonly currency: string
  readonly reason: string
  /** The message that it came with, from 0: the parts of one refund. */
  readonly message: number
}

/** Goods that the buyer sends back, as Amazon's returns report has them. */
export interface ReturnRequest {
  readonly rma: string
  readonly order: string
  readonly askedAt: number
  status: string
  resolution: string
  tracking: string | null
  deliveredAt: number | null
  readonly lines: readonly {
    readonly id: string
    readonly sku: string
    readonly quantity: number
    readonly reason: string
  }[]
}

export interface Order {
  readonly id: string
  readonly marketplaceId: string
  readonly createdAt: number
  readonly fulfilledBy: 'AMAZON' | 'MERCHANT'
  readonly serviceLevel: string
  readonly country: string
  readonly programs: readonly string[]
  updatedAt: number
  /** When searchOrders shows the latest change. */
  visibleAt: number
  /** When the payment is authorised; `null`: not before `orders/pay`. */
  paidAt: number | null
  readonly lines: readonly OrderLine[]
  readonly packages: Map<string, Package>
  readonly refunds: Refund[]
  acknowledged: boolean
  /** The status that the last notification told. */
  told: string | null
}

export interface WorldOptions {
  readonly sellerId: string
  readonly marketplaceIds: readonly string[]
  /** How long a new order stays PENDING. */
  readonly pendingMs: number
  /** At most this long until searchOrders shows a change. */
  readonly settlingMs: number
  /** How long an accepted quantity takes to show. */
  readonly applyMs: number
  /** How long a feed waits, and is worked on. */
  readonly feedQueueMs: number
  readonly feedMs: number
  /** How long a report is made. */
  readonly reportMs: number
  /** How long until an MCF order that was accepted is shown, and until Amazon plans its shipment. */
  readonly mcfAcceptMs: number
  readonly mcfPlanMs: number
  /** createOrder answers 202 and works on, or 200 with the order. */
  readonly mcfAsync: boolean
  /** Without FBA the inventory is refused as a bad request (ericcj/amz_sp_api#28). */
  readonly fba: boolean
  /** Whether the returns report names order items, as it does for some sellers. */
  readonly returnsNameItems: boolean
  /** A second confirmation of the same package: an edit, or the error of amzn/selling-partner-api-models#5037. */
  readonly reconfirm: 'edit' | 'refuse'
  /** What a cancelled line gives as ordered: all of it still, or only what is left (as v0 did). */
  readonly cancelled: 'kept' | 'lowered'
  /** Without a role its fields are simply missing (#5300). */
  readonly roles: { readonly address: boolean; readonly buyer: boolean }
}

/** Everything the simulated Amazon knows. Time passes by looking: what is due is done before each request is answered. */
export class World {
  readonly listings = new Map<string, Listing>()
  readonly orders = new Map<string, Order>()
  readonly options: WorldOptions
  readonly clock: Clock
  readonly random: SeededRandom
  submissions: Submission[] = []
  readonly returns: ReturnRequest[] = []
  readonly documents: Documents
  readonly feeds = new Map<string, Feed>()
  readonly reports = new Map<string, Report>()
  readonly notices: Notices
  /** What lies in FBA, by SKU. */
  readonly shelves = new Map<string, Shelf>()
  readonly mcf = new Map<string, McfOrder>()
  readonly shipping = new Shipping()
  /** Idempotency tokens of additions to FBA. */
  readonly addedBy = new Set<string>()
  #due: { readonly at: number; readonly run: (at: number) => void }[] = []

  constructor(options: WorldOptions, clock: Clock, random: SeededRandom, url: () => string) {
    this.options = options
    this.clock = clock
    this.random = random
    this.documents = new Documents(clock, random, url)
    this.notices = new Notices(random)
  }

  /** Sends a notification to whoever subscribed to its type. */
  tell(type: string, at: number, payload: unknown): void {
    this.notices.send(type, at, payload)
  }

  /** Does something at a moment, as soon as anybody looks. */
  later(at: number, run: (at: number) => void): void {
    this.#due.push({ at, run })
  }

  /** Applies what has become due. Call it first in everything that looks. */
  settle(): number {
    const now = this.clock.now()
    const due = this.submissions
      .filter(({ dueAt }) => dueAt <= now)
      .sort((one, other) => one.dueAt - other.dueAt)
    this.submissions = this.submissions.filter(({ dueAt }) => dueAt > now)
    for (const { sku, dueAt, apply } of due) {
      const listing = this.listings.get(sku)
      if (!listing) continue
      apply(listing)
      listing.updatedAt = dueAt
    }
    for (;;) {
      const next = this.#due.filter(({ at }) => at <= now).sort((one, other) => one.at - other.at)[0]
      if (!next) break
      this.#due = this.#due.filter((each) => each !== next)
      next.run(next.at)
    }
    for (const order of this.orders.values()) {
      if (order.paidAt !== null && order.paidAt <= now && order.updatedAt < order.paidAt)
        this.touch(order, order.paidAt)
    }
    return now
  }

  /** Notes a change of an order; searchOrders shows it a little later. */
  touch(order: Order, at: number): void {
    order.updatedAt = at
    order.visibleAt = at + this.random.int(0, this.options.settlingMs)
    const status = statusOf(order, at)
    if (status !== order.told) this.tellOrder(order, at, 'OrderStatusChange')
    order.told = status
  }

  tellOrder(order: Order, at: number, change: 'OrderStatusChange' | 'BuyerRequestedChange'): void {
    this.tell('ORDER_CHANGE', at, { OrderChangeNotification: orderChange(this, order, at, change) })
  }

  setAvailability(listing: Listing, availability: readonly Availability[]): void {
    listing.previous = listing.availability
    listing.availability = availability
    this.tell('LISTINGS_ITEM_MFN_QUANTITY_CHANGE', this.clock.now(), {
      SellerId: this.options.sellerId,
      FulfillmentChannelCode: 'DEFAULT',
      Sku: listing.sku,
      Quantity: shownBy(availability),
    })
  }
}

/** The merchant's own quantity, as shoppers see it. */
export function shownBy(availability: readonly Availability[]): number {
  return availability.find((entry) => entry.fulfillment_channel_code === 'DEFAULT')?.quantity ?? 0
}

export const shippedUnits = (order: Order, line: OrderLine): number =>
  [...order.packages.values()]
    .flatMap(({ items }) => items)
    .filter(({ orderItemId }) => orderItemId === line.id)
    .reduce((sum, { quantity }) => sum + quantity, 0)

export const openUnits = (order: Order, line: OrderLine): number =>
  line.quantity - line.cancelled - shippedUnits(order, line)

export function statusOf(order: Order, now: number): string {
  const shipped = order.lines.some((line) => shippedUnits(order, line) > 0)
  const open = order.lines.some((line) => openUnits(order, line) > 0)
  if (!open) return shipped ? 'SHIPPED' : 'CANCELLED'
  if (order.paidAt === null || order.paidAt > now) return 'PENDING'
  return shipped ? 'PARTIALLY_SHIPPED' : 'UNSHIPPED'
}
