import type { Clock } from '../../../src/spec/index.ts'
import {
  holdNames,
  idOf,
  type Line,
  type News,
  type Order,
  type Product,
  type Return,
  type Shelf,
  type SimulatedWarehouse,
  type Warehouse,
} from './types.ts'

export interface LineInput {
  readonly sku: string
  readonly partner_line_item_id: string
  readonly quantity: number
  readonly price: string
  readonly product_name?: string | null
  readonly warehouse_id?: string | null
}

/** The stock and the orders of one ShipHero account. Knows nothing of HTTP or GraphQL. */
export class Depot {
  readonly warehouses: readonly Warehouse[]
  readonly products = new Map<string, Product>()
  readonly orders: Order[] = []
  readonly returns: Return[] = []
  readonly clock: Clock
  readonly tell: News
  /** New orders wait to be looked at. */
  slow = false
  #number = 1_000_000

  constructor(clock: Clock, warehouses: readonly SimulatedWarehouse[], tell: News) {
    this.clock = clock
    this.tell = tell
    this.warehouses = warehouses.map((each) => ({ ...each, id: idOf('Warehouse', each.number) }))
  }

  next(): number {
    this.#number += 1
    return this.#number
  }

  /** ShipHero's times have whole seconds. */
  now(): number {
    return Math.floor(this.clock.now() / 1000) * 1000
  }

  // Stock

  warehouse(id: string | null | undefined): Warehouse | undefined {
    if (id === null || id === undefined) return this.warehouses[0]
    return this.warehouses.find((each) => each.id === id || String(each.number) === id)
  }

  product(sku: string, name = sku): Product {
    const known = this.products.get(sku)
    if (known) return known
    const number = this.next()
    const made = { id: idOf('Product', number), number, sku, name, createdAt: this.now(), shelves: new Map() }
    this.products.set(sku, made)
    return made
  }

  shelf(sku: string, warehouse: string): Shelf {
    const { shelves } = this.product(sku)
    const known = shelves.get(warehouse)
    if (known) return known
    const made = { onHand: 0, reserve: 0, updatedAt: this.now() }
    shelves.set(warehouse, made)
    return made
  }

  #linesAt(sku: string, warehouse: string): Line[] {
    return this.orders.flatMap(({ lines }) =>
      lines.filter((line) => line.sku === sku && line.warehouse === warehouse),
    )
  }

  allocated(sku: string, warehouse: string): number {
    return this.#linesAt(sku, warehouse).reduce((sum, line) => sum + line.allocated, 0)
  }

  backorder(sku: string, warehouse: string): number {
    return this.#linesAt(sku, warehouse).reduce((sum, line) => sum + line.backorder, 0)
  }

  onHand(sku: string, warehouse: string): number {
    return this.products.get(sku)?.shelves.get(warehouse)?.onHand ?? 0
  }

  /** Changes what lies there; who was promised what is gone must wait, the youngest first. */
  setOnHand(sku: string, warehouse: string, quantity: number): void {
    const shelf = this.shelf(sku, warehouse)
    shelf.onHand = quantity
    shelf.updatedAt = this.now()
    for (const order of [...this.orders].reverse()) {
      for (const line of order.lines) {
        if (line.sku !== sku || line.warehouse !== warehouse) continue
        const over = Math.min(line.allocated, this.allocated(sku, warehouse) - quantity)
        if (over > 0) this.#owe(order, line, over)
      }
    }
    this.allocateAll()
  }

  #owe(order: Order, line: Line, units: number): void {
    line.allocated -= units
    line.backorder += units
    this.touch(order)
    this.tell('Order Deallocated', { order })
  }

  // Orders

  find(id: string): Order | undefined {
    return this.orders.find((order) => order.id === id || String(order.number) === id)
  }

  touch(order: Order): void {
    order.updatedAt = this.now()
  }

  create(input: Readonly<Record<string, unknown>>, lines: readonly LineInput[]): Order {
    const number = this.next()
    const createdAt = this.now()
    const holds = (input.holds ?? {}) as Partial<Order['holds']>
    const order: Order = {
      id: idOf('Order', number),
      number,
      input,
      createdAt,
      lines: [],
      shipments: [],
      history: [],
      holds: Object.fromEntries(holdNames.map((name) => [name, holds[name] === true])) as Order['holds'],
      reference: (input.partner_order_id as string | undefined) ?? null,
      status: (input.fulfillment_status as string | undefined) ?? 'pending',
      flagged: input.flagged === true,
      waiting: this.slow,
      allocatedAt: null,
      updatedAt: createdAt,
    }
    const whole = this.#warehouseFor(lines)
    for (const line of lines) order.lines.push(this.makeLine(line, line.warehouse_id ?? whole))
    this.orders.push(order)
    this.allocate(order)
    return order
  }

  makeLine(input: LineInput, warehouse: string): Line {
    const number = this.next()
    const at = this.now()
    this.product(input.sku, input.product_name ?? input.sku)
    return {
      id: idOf('LineItem', number),
      number,
      sku: input.sku,
      partnerId: input.partner_line_item_id,
      name: input.product_name ?? input.sku,
      price: input.price,
      warehouse: this.warehouse(warehouse)?.id ?? warehouse,
      createdAt: at,
      quantity: input.quantity,
      pending: input.quantity,
      shipped: 0,
      allocated: 0,
      backorder: 0,
      updatedAt: at,
    }
  }

  /** The first warehouse that has all of it, else the first. */
  #warehouseFor(lines: readonly LineInput[]): string {
    const free = (sku: string, id: string) => this.onHand(sku, id) - this.allocated(sku, id)
    const whole = this.warehouses.find(({ id }) =>
      lines.every(({ sku, quantity }) => free(sku, id) >= quantity),
    )
    return (whole ?? this.warehouses[0])?.id ?? ''
  }

  allocateAll(): void {
    for (const order of this.orders) this.allocate(order)
  }

  /** Gives what is free to what the order still lacks; the rest is owed to it. */
  allocate(order: Order): void {
    if (order.waiting || order.status === 'canceled') return
    let gained = false
    for (const line of order.lines) {
      const free = this.onHand(line.sku, line.warehouse) - this.allocated(line.sku, line.warehouse)
      const more = Math.max(0, Math.min(line.pending - line.allocated, free))
      const owed = line.pending - line.allocated - more
      if (more === 0 && owed === line.backorder) continue
      line.allocated += more
      line.backorder = owed
      line.updatedAt = this.now()
      gained ||= more > 0
      this.touch(order)
    }
    if (!gained) return
    order.allocatedAt = this.now()
    this.tell('Order Allocated', { order })
  }

  /** Whether labels of it are printed and its packing has not ended. */
  isPacking = (order: Order): boolean => order.shipments.some(({ completed }) => !completed)

  /** Cancels all that has not shipped; a reason when it is too late for that. */
  cancel(order: Order, force: boolean): string | null {
    if (order.status === 'canceled') return null
    if (order.status === 'fulfilled') return 'Order is already fulfilled and cannot be canceled'
    if (!force && this.isPacking(order)) return 'Order is being packed and cannot be canceled'
    if (!force && order.lines.some(({ shipped }) => shipped > 0)) {
      return 'Order was shipped in part and cannot be canceled'
    }
    order.status = 'canceled'
    order.shipments.splice(0, order.shipments.length, ...order.shipments.filter(({ completed }) => completed))
    for (const line of order.lines) Object.assign(line, { pending: 0, allocated: 0, backorder: 0 })
    this.touch(order)
    this.tell('Order Canceled', { order })
    this.allocateAll()
    return null
  }

  /** Sets what a line still ships; a reason when it cannot be. */
  setPending(order: Order, line: Line, units: number): string | null {
    if (this.isPacking(order)) return 'Order is being packed and cannot be changed'
    if (units < 0 || units + line.shipped > line.quantity)
      return 'quantity_pending_fulfillment is out of range'
    line.pending = units
    const allocated = Math.min(line.allocated, units)
    Object.assign(line, { allocated, backorder: units - allocated, updatedAt: this.now() })
    this.settle(order)
    this.allocateAll()
    return null
  }

  /** An order that has nothing left to ship is fulfilled, or canceled when nothing ever shipped. */
  settle(order: Order): void {
    this.touch(order)
    if (order.status === 'canceled' || order.lines.some(({ pending }) => pending > 0)) return
    const shipped = order.lines.some((line) => line.shipped > 0)
    order.status = shipped ? 'fulfilled' : 'canceled'
    this.tell(shipped ? 'Order Packed Out' : 'Order Canceled', { order })
  }

  /** Takes an order's units back, as staff do for one that is more urgent; it is then owed them. */
  deallocate(order: Order): void {
    for (const line of order.lines) {
      Object.assign(line, { allocated: 0, backorder: line.pending, updatedAt: this.now() })
    }
    order.allocatedAt = null
    this.touch(order)
    this.tell('Order Deallocated', { order })
  }

  /** Looks for stock for the orders that were left waiting. */
  catchUp(): number {
    const waiting = this.orders.filter((order) => order.waiting)
    for (const order of waiting) {
      order.waiting = false
      this.allocate(order)
    }
    return waiting.length
  }
}
