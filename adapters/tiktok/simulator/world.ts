import type { SeededRandom } from '../../../src/simulator/index.ts'
import type { Clock } from '../../../src/spec/index.ts'

export interface Sku {
  readonly id: string
  readonly product: string
  readonly sellerSku: string
  readonly name: string
  readonly price: { readonly amount: string; readonly currency: string }
  /** Free to order, by warehouse. */
  numbers: Map<string, number>
  /** Before the last change, for `stale_read`. */
  previous: Map<string, number>
}

export interface Product {
  readonly id: string
  readonly title: string
  status: 'ACTIVATE' | 'PENDING' | 'SELLER_DEACTIVATED' | 'FREEZE'
}

export interface Item {
  readonly id: string
  readonly sku: string
  /** Why it was cancelled; `null`: it was not. */
  cancelled: string | null
  cancelledBy: 'BUYER' | 'SELLER' | 'SYSTEM' | null
  package: string | null
  readonly gift: boolean
}

export interface Package {
  readonly id: string
  readonly order: string
  status: 'TO_FULFILL' | 'PROCESSING' | 'FULFILLING' | 'COMPLETED' | 'CANCELLED'
  tracking: string
  provider: { readonly id: string; readonly name: string } | null
  /** When the seller shipped it, or bought its label; `null`: not yet. */
  shippedAt: number | null
  handover: string | null
}

export interface Cancellation {
  readonly id: string
  readonly order: string
  readonly type: 'CANCEL' | 'BUYER_CANCEL'
  readonly reason: string
  readonly createdAt: number
  readonly respondBy: number
  updatedAt: number
  status: 'CANCELLATION_REQUEST_PENDING' | 'CANCELLATION_REQUEST_SUCCESS' | 'CANCELLATION_REQUEST_CANCELLED'
}

export interface SimulatedReturn {
  readonly id: string
  readonly order: string
  readonly type: 'REFUND' | 'RETURN_AND_REFUND' | 'REPLACEMENT'
  readonly items: readonly string[]
  readonly reason: string
  readonly createdAt: number
  updatedAt: number
  status: string
  tracking: string
  buyerKeeps: boolean
  refund: { readonly amount: string; readonly currency: string }
  /** What was offered instead. */
  offered: { readonly amount: string; readonly currency: string } | null
  /** Answers by their idempotency keys. */
  readonly answered: Set<string>
}

export interface Order {
  readonly id: string
  readonly createdAt: number
  readonly shippingType: 'SELLER' | 'TIKTOK'
  readonly fulfillmentType: 'FULFILLMENT_BY_SELLER' | 'FULFILLMENT_BY_TIKTOK'
  readonly warehouse: string
  readonly country: string
  readonly orderType: string
  readonly sample: boolean
  paidAt: number | null
  /** Its packages take no change: something of the order is being decided. */
  frozen: boolean
  holdUntil: number
  updatedAt: number
  /** When the list shows the latest change. */
  visibleAt: number
  readonly items: Item[]
}

export interface Goods {
  readonly id: string
  readonly referenceCode: string
  /** Free to promise, by warehouse; below 0 when more is promised than lies there. */
  readonly numbers: Map<string, number>
  /** Promised to orders of other channels, and still there. */
  committed: number
}

/** A part of an order of another channel's, as one warehouse packs it. */
export interface Consign {
  readonly id: string
  readonly goods: Map<string, number>
  status: string
  /** Whether its units are off what is free. */
  held: boolean
  tracking: string
  carrier: string
  issue: string
  platformClosed: boolean
}

/** An order of another channel's that TikTok ships. */
export interface McfOrder {
  readonly id: string
  readonly reference: string
  readonly createdAt: number
  /** When the next thing happens to it by itself. */
  nextAt: number
  readonly goods: ReadonlyMap<string, number>
  readonly consigns: Consign[]
}

export interface WorldOptions {
  /** Where the shop sells: decides what may be called, and what packages look like. */
  readonly region: string
  /** How many warehouses the seller has at TikTok. */
  readonly warehouses: number
  /** How long a paid order stays ON_HOLD, where the buyer may cancel without being asked. */
  readonly holdMs: number
  /** At most this long until Get Order List shows a change. */
  readonly settlingMs: number
  /** Whether 0 is taken as a number: the documents allow 1 to 99,999. */
  readonly zero: 'accepted' | 'refused'
  /** Whether the names and streets of buyers are shown with stars. */
  readonly masked: boolean
  /** How long an MCF order waits for a warehouse, and then until that works on it. */
  readonly mcfMs: number
  /** Whether the refusal of an MCF order that is there already names TikTok's own id of it. */
  readonly duplicates: 'named' | 'nameless'
}

export const providers = [
  { id: '7117858858072016686', name: 'USPS' },
  { id: '7117859084333745966', name: 'UPS' },
  { id: '7129720299146184490', name: 'FedEx' },
  { id: '7132708894024697642', name: 'Royal Mail' },
] as const

/** Markets in which the seller makes packages of any items (Mark Package As Shipped). */
export const marks = (region: string) => ['US', 'GB', 'ES', 'IE', 'IT', 'DE', 'FR', 'JP'].includes(region)

/** Markets that show no package before it is shipped. */
const hidesPackages = (region: string) => region === 'US' || region === 'GB'

/** Everything the simulated TikTok Shop knows. */
export class World {
  readonly shop = { id: '7494726673780148744', name: 'Simulated shop', code: 'USLCSIMULATE' }
  cipher: string
  readonly deliveryOption = '7091146663229654785'
  readonly warehouses: readonly string[]
  readonly fbtWarehouses = [{ id: '7136104329798256386', name: 'TikTok_Eastvale(CA)', subscribed: true }]
  readonly products = new Map<string, Product>()
  readonly skus = new Map<string, Sku>()
  readonly orders = new Map<string, Order>()
  readonly packages = new Map<string, Package>()
  readonly cancellations = new Map<string, Cancellation>()
  readonly returns = new Map<string, SimulatedReturn>()
  readonly goods = new Map<string, Goods>()
  readonly mcf = new Map<string, McfOrder>()
  /** Whether the shop takes part in multi-channel fulfilment. */
  mcfActive = true
  readonly options: WorldOptions
  readonly clock: Clock
  readonly random: SeededRandom
  /** Told of every change of an order. */
  changed: (order: Order) => void = () => {}
  /** Told of every change of an MCF order. */
  mcfChanged: (order: McfOrder) => void = () => {}
  #ids = 0

  constructor(options: WorldOptions, clock: Clock, random: SeededRandom) {
    this.options = options
    this.clock = clock
    this.random = random
    this.cipher = this.newCipher()
    this.warehouses = Array.from({ length: options.warehouses }, () => this.newId('70685172755397'))
  }

  /** Digits beyond what a JSON number holds exactly, as TikTok's ids are. */
  newId(prefix: string): string {
    this.#ids += 1
    return `${prefix}${String(this.#ids).padStart(19 - prefix.length, '0')}`
  }

  newCipher(): string {
    return `ROW_${this.random.text(28)}`
  }

  skuOf(sellerSku: string): Sku | undefined {
    return [...this.skus.values()].find((sku) => sku.sellerSku === sellerSku)
  }

  setNumbers(sku: Sku, numbers: ReadonlyMap<string, number>): void {
    sku.previous = sku.numbers
    sku.numbers = new Map(numbers)
  }

  /** Notes a change of an order; the list shows it a little later. */
  touch(order: Order, at = this.clock.now()): void {
    order.updatedAt = at
    order.visibleAt = at + this.random.int(0, this.options.settlingMs)
    this.changed(order)
  }

  /** Time passes by looking: a hold that has ended is an order's change. */
  settle(): number {
    const now = this.clock.now()
    for (const order of this.orders.values()) {
      const ended = order.paidAt !== null && order.holdUntil <= now
      if (ended && order.updatedAt < order.holdUntil) this.touch(order, order.holdUntil)
    }
    // What the seller leaves unanswered, TikTok grants.
    for (const request of this.cancellations.values()) {
      const order = this.orders.get(request.order)
      const waits = request.status === 'CANCELLATION_REQUEST_PENDING' && request.respondBy <= now
      if (!waits || !order) continue
      request.status = 'CANCELLATION_REQUEST_SUCCESS'
      request.updatedAt = now
      const open = order.items.filter((item) => this.isOpen(item))
      this.cancelItems(order, open, request.reason, 'BUYER')
    }
    return now
  }

  packageOf(item: Item): Package | null {
    return item.package === null ? null : (this.packages.get(item.package) ?? null)
  }

  /** Whether an item's package is shown yet. */
  shows(found: Package | null): found is Package {
    return found !== null && (found.shippedAt !== null || !hidesPackages(this.options.region))
  }

  isShipped(item: Item): boolean {
    return item.cancelled === null && this.packageOf(item)?.shippedAt != null
  }

  isOpen(item: Item): boolean {
    return item.cancelled === null && !this.isShipped(item)
  }

  statusOf(order: Order): string {
    const left = order.items.filter((item) => item.cancelled === null)
    if (left.length === 0) return 'CANCELLED'
    if (order.paidAt === null) return 'UNPAID'
    if (order.holdUntil > this.clock.now()) return 'ON_HOLD'
    const shipped = left.filter((item) => this.isShipped(item))
    if (shipped.length === 0) return 'AWAITING_SHIPMENT'
    if (shipped.length < left.length) return 'PARTIALLY_SHIPPING'
    const packages = new Set(shipped.map((item) => this.packageOf(item)?.status))
    if (packages.has('PROCESSING')) return 'AWAITING_COLLECTION'
    return packages.has('FULFILLING') ? 'IN_TRANSIT' : 'DELIVERED'
  }

  /** TikTok's word for one item; it has none for "on hold". */
  itemStatus(order: Order, item: Item): string {
    if (item.cancelled !== null) return 'CANCELLED'
    if (order.paidAt === null) return 'UNPAID'
    const found = this.packageOf(item)
    if (found?.shippedAt == null) return 'AWAITING_SHIPMENT'
    const words = {
      PROCESSING: 'AWAITING_COLLECTION',
      FULFILLING: 'IN_TRANSIT',
      COMPLETED: 'DELIVERED',
    } as const
    return words[found.status as keyof typeof words] ?? 'AWAITING_SHIPMENT'
  }

  /** Cancels items. Their units are free again, unless want of stock was the reason: then the whole product shows 0. */
  cancelItems(
    order: Order,
    items: readonly Item[],
    reason: string,
    by: NonNullable<Item['cancelledBy']>,
  ): void {
    const wanting = reason.includes('out_of_stock')
    for (const item of items) {
      item.cancelled = reason
      item.cancelledBy = by
      const sku = this.skus.get(item.sku)
      if (!sku || order.fulfillmentType === 'FULFILLMENT_BY_TIKTOK') continue
      if (wanting) this.emptyProduct(sku.product)
      else if (order.paidAt !== null)
        this.setNumbers(
          sku,
          new Map(sku.numbers).set(order.warehouse, (sku.numbers.get(order.warehouse) ?? 0) + 1),
        )
    }
    const pending = this.pendingRequest(order)
    if (pending && this.statusOf(order) === 'CANCELLED') pending.status = 'CANCELLATION_REQUEST_SUCCESS'
    this.touch(order)
  }

  emptyProduct(product: string): void {
    for (const sku of this.skus.values()) {
      if (sku.product !== product) continue
      this.setNumbers(sku, new Map([...sku.numbers.keys()].map((warehouse) => [warehouse, 0])))
    }
  }

  pendingRequest(order: Order): Cancellation | null {
    return (
      [...this.cancellations.values()].find(
        (each) => each.order === order.id && each.status === 'CANCELLATION_REQUEST_PENDING',
      ) ?? null
    )
  }

  /** A package of items, shipped or to be. */
  pack(order: Order, items: readonly Item[], more: Partial<Package> = {}): Package {
    const made: Package = {
      id: this.newId('11529'),
      order: order.id,
      status: 'TO_FULFILL',
      tracking: '',
      provider: null,
      shippedAt: null,
      handover: null,
      ...more,
    }
    this.packages.set(made.id, made)
    for (const item of items) item.package = made.id
    return made
  }

  itemsIn(packageId: string): { readonly order: Order; readonly items: readonly Item[] } | null {
    for (const order of this.orders.values()) {
      const items = order.items.filter((item) => item.package === packageId)
      if (items.length > 0) return { order, items }
    }
    return null
  }
}
