import { z } from 'zod'
import { refuse, reply } from '../../../src/simulator/index.ts'

const Lines = z.array(z.object({ sku: z.string(), quantity: z.int().min(1) }))

export interface ToyOrder {
  id: string
  sequence: number
  placedAt: number
  updatedAt: number
  paid: boolean
  cancelled: boolean
  wish: string | null
  lines: { id: string; sku: string; listing: string; quantity: number; cancelled: number; shipped: number }[]
  shipments: {
    key: string
    trackingNumber: string | null
    carrier: string | null
    lines: { id: string; quantity: number }[]
  }[]
}

export interface Listing {
  sku: string
  listing: string
  place: string
  quantity: number
}

/** The selling half of the toy platform. */
export class Shop {
  readonly listings = new Map<string, Listing>()
  readonly orders = new Map<string, ToyOrder>()
  readonly #now: () => number
  readonly #tell: (topic: string, body: unknown) => void
  #sequence = 0

  constructor(now: () => number, tell: (topic: string, body: unknown) => void) {
    this.#now = now
    this.#tell = tell
  }

  find(id: string): ToyOrder {
    return this.orders.get(id) ?? refuse(404, { error: 'no such order' })
  }

  #touch(order: ToyOrder): void {
    this.#sequence += 1
    order.sequence = this.#sequence
    order.updatedAt = this.#now()
    this.#tell('order', { order: order.id, at: order.updatedAt })
  }

  page(after: number, limit: number): { orders: ToyOrder[]; next: number; more: boolean } {
    const waiting = [...this.orders.values()]
      .filter(({ sequence }) => sequence > after)
      .sort((one, other) => one.sequence - other.sequence)
    const orders = waiting.slice(0, limit)
    return { orders, next: orders.at(-1)?.sequence ?? after, more: waiting.length > orders.length }
  }

  cancel(id: string): ToyOrder {
    const order = this.find(id)
    if (order.cancelled) return order
    if (order.lines.some(({ shipped }) => shipped > 0)) refuse(409, { error: 'shipped' })
    order.cancelled = true
    for (const line of order.lines) line.cancelled = line.quantity
    this.#touch(order)
    return order
  }

  ship(id: string, shipment: ToyOrder['shipments'][number]): void {
    const order = this.find(id)
    if (order.shipments.some(({ key }) => key === shipment.key)) return
    if (order.cancelled) refuse(409, { error: 'cancelled' })
    for (const { id: line, quantity } of shipment.lines) {
      const found = order.lines.find((each) => each.id === line) ?? refuse(422, { error: 'no such line' })
      found.shipped += quantity
    }
    order.shipments.push(shipment)
    this.#touch(order)
  }

  answer(id: string, accept: boolean): void {
    this.find(id).wish = null
    if (accept) this.cancel(id)
  }

  readonly controls: Record<string, (body: unknown) => unknown> = {
    listings: (body) => {
      const { sku, quantity } = z.object({ sku: z.string(), quantity: z.int().min(0) }).parse(body)
      const listing = `L-${sku}`
      this.listings.set(listing, { sku, listing, place: '', quantity })
      return { listing, place: '' }
    },
    orders: (body) => {
      const given = z
        .object({ lines: Lines, paid: z.boolean().default(true), force: z.boolean().default(false) })
        .parse(body)
      const rows = given.lines.map(({ sku, quantity }) => {
        const row = this.listings.get(`L-${sku}`) ?? refuse(404, { error: 'no such listing' })
        if (row.quantity < quantity && !given.force) refuse(409, { error: 'sold_out', sku })
        return { row, quantity }
      })
      const id = `T-${1001 + this.orders.size}`
      const lines = rows.map(({ row, quantity }, index) => {
        row.quantity = Math.max(0, row.quantity - quantity)
        const { sku, listing } = row
        return { id: `${id}-${index + 1}`, sku, listing, quantity, cancelled: 0, shipped: 0 }
      })
      const at = this.#now()
      const fresh = {
        id,
        sequence: 0,
        placedAt: at,
        updatedAt: at,
        paid: given.paid,
        cancelled: false,
        wish: null,
      }
      const order: ToyOrder = { ...fresh, lines, shipments: [] }
      this.orders.set(id, order)
      this.#touch(order)
      return reply(201, { order: id })
    },
    'orders/pay': (body) => {
      const order = this.find(Named.parse(body).order)
      order.paid = true
      this.#touch(order)
    },
    'orders/cancel': (body) => void this.cancel(Named.parse(body).order),
    'orders/request-cancel': (body) => {
      const order = this.find(Named.parse(body).order)
      order.wish = 'please'
      this.#touch(order)
    },
  }

  state() {
    const orders = [...this.orders.values()].map((order) => ({ ...order, number: order.id, status: 'any' }))
    return { listings: [...this.listings.values()], orders }
  }
}

const Named = z.looseObject({ order: z.string() })
