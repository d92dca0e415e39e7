import { StockpoolError } from '../../src/error.ts'
import { ChannelOrder } from '../../src/model/order.ts'
import type { Connection } from '../../src/spec/connection.ts'
import type { Clock } from '../../src/spec/context.ts'
import type { ListingsFacet, ListingTarget, WriteResult } from '../../src/spec/listings.ts'
import type { ShipmentsFacet } from '../../src/spec/shipments.ts'

interface FakeOrderLine {
  id: string
  listing: string
  ordered: number
  cancelled: number
  shipped: number
}

interface FakeOrder {
  id: string
  placedAt: number
  updatedAt: number
  sequence: number
  status: 'pending' | 'open' | 'cancelled' | 'shipped'
  lines: FakeOrderLine[]
  cancelRequested: boolean
  visibleAt: number
}

export interface ShopOptions {
  compareAndSet?: boolean
  batch?: number
  /** An accepted write is applied after so many milliseconds; 0: at once. */
  appliesAfterMs?: number
  /** An order can be read after so many milliseconds. */
  visibleAfterMs?: number
  /** It lists what it sells, so many on a page; 0: it cannot. */
  listPage?: number
  /** It takes another tracking number for a parcel that it knows. */
  corrects?: boolean
}

/** A sales channel in memory: it lowers its own number with each sale, and takes absolute numbers. */
export class FakeShop {
  readonly shown = new Map<string, number>()
  readonly orders = new Map<string, FakeOrder>()
  readonly parcels = new Map<
    string,
    { order: string; tracking: string | null; lines: readonly { line: string; quantity: number }[] }
  >()
  readonly writes: { listing: string; quantity: number; before: number }[] = []
  readonly calls: string[] = []
  /** Listings that the platform shows as 0 when it cancels an order, as TikTok does for want of stock. */
  zeroedByCancel: readonly string[] = []
  /** The SKU that it has for a listing, where it is not the listing in capitals. */
  readonly skus = new Map<string, string | null>()
  readonly platformShips = new Set<string>()
  /** Called before and after the effect of each call; throwing there is the platform failing. */
  fault: (call: string, phase: 'before' | 'after') => void = () => {}
  /** Waited for before a parcel is confirmed. */
  confirming: () => Promise<void> = async () => {}
  readonly #clock: Clock
  readonly #options: Required<ShopOptions>
  #accepted: { listing: string; quantity: number; at: number; handle: string }[] = []
  #sequence = 0

  constructor(clock: Clock, options: ShopOptions = {}) {
    this.#clock = clock
    this.#options = {
      compareAndSet: false,
      batch: 10,
      appliesAfterMs: 0,
      visibleAfterMs: 0,
      corrects: false,
      listPage: 0,
      ...options,
    }
  }

  /** A shopper buys; `null` when the channel shows too few. */
  sell(lines: readonly { listing: string; quantity: number }[]): string | null {
    this.#apply()
    if (lines.some(({ listing, quantity }) => (this.shown.get(listing) ?? 0) < quantity)) return null
    for (const { listing, quantity } of lines)
      this.shown.set(listing, (this.shown.get(listing) ?? 0) - quantity)
    const now = this.#clock.now()
    const id = `o${this.orders.size + 1}`
    this.orders.set(id, {
      id,
      placedAt: now,
      updatedAt: now,
      sequence: ++this.#sequence,
      status: 'open',
      cancelRequested: false,
      visibleAt: now + this.#options.visibleAfterMs,
      lines: lines.map(({ listing, quantity }, i) => ({
        id: `l${i + 1}`,
        listing,
        ordered: quantity,
        cancelled: 0,
        shipped: 0,
      })),
    })
    return id
  }

  change(id: string, change: (order: FakeOrder) => void): void {
    const order = this.orders.get(id)
    if (!order) throw new Error(`no order ${id}`)
    change(order)
    order.updatedAt = this.#clock.now()
    order.sequence = ++this.#sequence
  }

  /** `restocks`: it puts its own number up again, as some do and others do not. */
  cancel(id: string, restocks = false): void {
    this.change(id, (order) => {
      order.status = 'cancelled'
      for (const line of order.lines) {
        const open = line.ordered - line.shipped - line.cancelled
        if (restocks) this.shown.set(line.listing, (this.shown.get(line.listing) ?? 0) + open)
        line.cancelled = line.ordered - line.shipped
      }
    })
  }

  /** An edited order: one unit of a line goes out, one of a listing comes in, where it shows one. */
  swap(id: string, listing: string): void {
    this.#apply()
    const shown = this.shown.get(listing) ?? 0
    if (shown < 1) return
    this.change(id, ({ lines }) => {
      const line = lines.find(({ ordered, cancelled, shipped }) => ordered > cancelled + shipped)
      if (line === undefined) return
      line.cancelled++
      this.shown.set(listing, shown - 1)
      lines.push({ id: `l${lines.length + 1}`, listing, ordered: 1, cancelled: 0, shipped: 0 })
    })
  }

  snapshot(order: FakeOrder): ChannelOrder {
    const time = (ms: number) => new Date(ms).toISOString()
    return ChannelOrder.parse({
      id: order.id,
      number: `#${order.id}`,
      status: order.status,
      rawStatus: order.status,
      payment: 'paid',
      placedAt: time(order.placedAt),
      updatedAt: time(order.updatedAt),
      cancelRequested: order.cancelRequested ? { at: null, reason: 'changed my mind' } : null,
      buyer: { name: 'Ada Buyer', email: 'ada@example.com' },
      shipTo: {
        name: 'Ada Buyer',
        line1: '1 Long Lane',
        city: 'Springfield',
        region: 'IL',
        postalCode: '62701',
        country: 'US',
      },
      lines: order.lines.map((line) => ({ ...line, channelSku: line.listing })),
      raw: { order: order.id },
    })
  }

  /** The channel loses what it has accepted and not applied. */
  forgetAccepted(): void {
    this.#accepted = []
  }

  #apply(): void {
    const now = this.#clock.now()
    for (const { listing, quantity, at } of this.#accepted) if (at <= now) this.shown.set(listing, quantity)
    this.#accepted = this.#accepted.filter(({ at }) => at > now)
  }

  #call<T>(name: string, effect: () => T): T {
    this.calls.push(name)
    this.fault(name, 'before')
    this.#apply()
    const result = effect()
    this.fault(name, 'after')
    return result
  }

  #write(target: ListingTarget): WriteResult {
    const before = this.shown.get(target.listing)
    if (before === undefined) {
      return { status: 'failed', error: new StockpoolError('not_found', `no listing ${target.listing}`) }
    }
    if (this.#options.compareAndSet && target.expected !== null && target.expected !== before)
      return { status: 'stale', observed: null }
    this.writes.push({ listing: target.listing, quantity: target.quantity, before })
    if (this.#options.appliesAfterMs > 0) {
      const handle = `h${this.writes.length}`
      this.#accepted.push({
        listing: target.listing,
        quantity: target.quantity,
        at: this.#clock.now() + this.#options.appliesAfterMs,
        handle,
      })
      return { status: 'pending', handle, checkAfterMs: this.#options.appliesAfterMs }
    }
    this.shown.set(target.listing, target.quantity)
    return { status: 'done' }
  }

  readonly #check: NonNullable<ListingsFacet['check']> = async (_context, rows) =>
    this.#call('listings.check', () =>
      rows.map(({ target, handle }): WriteResult => {
        if (this.#accepted.some((accepted) => accepted.handle === handle))
          return { status: 'pending', handle, checkAfterMs: 1000 }
        const observed = this.shown.get(target.listing) ?? null
        return observed === target.quantity
          ? { status: 'done' }
          : { status: 'pending', handle, checkAfterMs: 1000, observed }
      }),
    )

  readonly #correct: NonNullable<ShipmentsFacet['correct']> = async (_context, { parcel, trackingNumber }) =>
    this.#call('shipments.correct', () => {
      const known = this.parcels.get(parcel)
      if (known) this.parcels.set(parcel, { ...known, tracking: trackingNumber })
      return { status: 'done' as const }
    })

  connection() {
    const { appliesAfterMs, batch, compareAndSet, corrects, listPage } = this.#options
    return {
      specVersion: 1,
      kind: 'fake-shop',
      hosts: [],
      limits: {},
      secrets: () => [],
      intervals: {},
      orders: {
        read: async (_context, cursor) =>
          this.#call('orders.read', () => {
            const after = cursor === null ? 0 : Number(cursor)
            const now = this.#clock.now()
            const visible = [...this.orders.values()]
              .filter((order) => order.visibleAt <= now)
              .sort((a, b) => a.sequence - b.sequence)
            const hidden = [...this.orders.values()].filter((order) => order.visibleAt > now)
            const page = visible.filter(({ sequence }) => sequence > after).slice(0, 3)
            const last = page.at(-1)?.sequence ?? after
            const limit = Math.min(...hidden.map(({ sequence }) => sequence - 1), Number.POSITIVE_INFINITY)
            return {
              orders: page.map((order) => this.snapshot(order)),
              cursor: String(Math.min(last, limit)),
              more: visible.some(({ sequence }) => sequence > last && sequence <= limit),
              completeUntil: now - this.#options.visibleAfterMs,
            }
          }),
        get: async (_context, id) =>
          this.#call('orders.get', () => {
            const order = this.orders.get(id)
            return order && order.visibleAt <= this.#clock.now() ? this.snapshot(order) : null
          }),
        cancel: async (_context, { order }) =>
          this.#call('orders.cancel', () => {
            if (this.orders.get(order)?.status === 'shipped') return { outcome: 'too_late' as const }
            this.cancel(order)
            for (const listing of this.zeroedByCancel) this.shown.set(listing, 0)
            const disturbed = this.zeroedByCancel.map((listing) => ({ listing, place: '' }))
            return { outcome: 'stopped' as const, disturbed }
          }),
      },
      listings: {
        batch,
        compareAndSet,
        write: async (_context, targets) =>
          this.#call('listings.write', () => targets.map((target) => this.#write(target))),
        read: async (_context, refs) =>
          this.#call('listings.read', () =>
            refs.map(({ listing }) => {
              const quantity = this.shown.get(listing)
              return quantity === undefined
                ? { status: 'missing' as const, detail: listing }
                : { status: 'shown' as const, quantity }
            }),
          ),
        ...(listPage === 0
          ? {}
          : {
              list: async (_context, cursor) =>
                this.#call('listings.list', () => {
                  const all = [...this.shown].sort(([a], [b]) => (a < b ? -1 : 1))
                  const from = Number(cursor ?? 0)
                  return {
                    listings: all.slice(from, from + listPage).map(([listing, quantity]) => ({
                      listing,
                      place: '',
                      sku: this.skus.has(listing) ? (this.skus.get(listing) ?? null) : listing.toUpperCase(),
                      title: `A ${listing}`,
                      barcode: null,
                      quantity,
                      fulfilledBy: this.platformShips.has(listing) ? 'platform' : 'merchant',
                    })),
                    cursor: from + listPage < all.length ? String(from + listPage) : null,
                  }
                }),
            }),
        ...(appliesAfterMs > 0 ? { check: this.#check } : {}),
      },
      shipments: {
        confirm: async (_context, notices) => {
          await this.confirming()
          return this.#call('shipments.confirm', () =>
            notices.map((notice) => {
              const known = this.parcels.get(notice.parcel)
              if (known === undefined) {
                this.parcels.set(notice.parcel, {
                  order: notice.order,
                  tracking: notice.trackingNumber,
                  lines: notice.lines,
                })
                this.change(notice.order, (order) => {
                  for (const { line, quantity } of notice.lines) {
                    const found = order.lines.find(({ id }) => id === line)
                    if (found) found.shipped += quantity
                  }
                  if (order.lines.every(({ ordered, cancelled, shipped }) => shipped + cancelled >= ordered))
                    order.status = 'shipped'
                })
              }
              return { status: 'done' as const, reference: notice.parcel }
            }),
          )
        },
        ...(corrects ? { correct: this.#correct } : {}),
      },
    } satisfies Connection
  }
}
