import type { Clock } from '../../../src/spec/index.ts'
import { type Detail, details } from './details.ts'
import type {
  InventoryItem,
  OrderInput,
  ShipmentStatus,
  SimulatedLocation,
  SimulatedOrder,
  SimulatedShipment,
  WarehouseNews,
} from './types.ts'

const open = new Set<ShipmentStatus>(['Processing', 'Exception', 'OnHold', 'ImportReview'])
const gone = new Set<ShipmentStatus>(['Completed', 'Cancelled'])

/** The stock, orders and shipments of one ShipBob account; its staff and its rules. Knows nothing of HTTP. */
export class Warehouse {
  readonly locations: readonly SimulatedLocation[]
  readonly items = new Map<string, InventoryItem>()
  readonly orders: SimulatedOrder[] = []
  readonly #clock: Clock
  readonly #tell: WarehouseNews
  readonly #byReference = new Map<string, SimulatedOrder>()
  #nextId = 100_000_001

  constructor(clock: Clock, locations: readonly SimulatedLocation[], tell: WarehouseNews) {
    this.#clock = clock
    this.locations = locations
    this.#tell = tell
  }

  // Stock

  item(sku: string, name = sku): InventoryItem {
    const known = this.items.get(sku)
    if (known) return known
    const made = {
      id: this.#id(),
      productId: this.#id(),
      sku,
      name,
      received: false,
      onHand: new Map<number, number>(),
    }
    this.items.set(sku, made)
    return made
  }

  location(id: number | string | null | undefined): SimulatedLocation | undefined {
    return id === null || id === undefined
      ? this.locations[0]
      : this.locations.find((each) => String(each.id) === String(id))
  }

  committed(sku: string, location: number): number {
    return this.orders
      .flatMap(({ shipments }) => shipments)
      .filter((shipment) => shipment.location.id === location && !gone.has(shipment.status))
      .flatMap(({ lines }) => lines)
      .reduce((sum, line) => sum + (line.sku === sku ? line.committed : 0), 0)
  }

  onHand(sku: string, location: number): number {
    return this.items.get(sku)?.onHand.get(location) ?? 0
  }

  fulfillable(sku: string, location: number): number {
    return Math.max(0, this.onHand(sku, location) - this.committed(sku, location))
  }

  /** Sets what lies there, and gives what is free to the orders that wait for it, oldest first. */
  stock(sku: string, quantity: number, location: SimulatedLocation): void {
    const item = this.item(sku)
    item.received = true
    item.onHand.set(location.id, quantity)
    for (const order of this.orders) {
      for (const shipment of order.shipments) {
        if (shipment.status === 'Exception' && shipment.details.every(({ detail }) => detail.stock))
          this.#allocate(order, shipment)
      }
    }
  }

  // Orders

  find(channel: number, reference: string): SimulatedOrder | undefined {
    return this.#byReference.get(`${channel}/${reference}`)
  }

  create(channel: number, input: OrderInput, review = false): SimulatedOrder {
    const order: SimulatedOrder = {
      id: this.#id(),
      channel,
      input,
      createdAt: this.#clock.now(),
      shipments: [],
    }
    for (const { reference_id: sku, name } of input.products) this.item(sku, name ?? sku)
    this.orders.push(order)
    this.#byReference.set(`${channel}/${input.reference_id}`, order)
    for (const { location, lines } of this.#plan(input)) this.#open(order, location, lines, review)
    return order
  }

  /** One place that has everything, else a split over the places in order, else all at the first with what is short. */
  #plan(input: OrderInput): { location: SimulatedLocation; lines: Map<string, number> }[] {
    const wanted = new Map<string, number>()
    for (const { reference_id: sku, quantity } of input.products)
      wanted.set(sku, (wanted.get(sku) ?? 0) + quantity)
    const chosen = input.location_id == null ? null : (this.location(input.location_id) ?? null)
    if (chosen) return [{ location: chosen, lines: wanted }]
    const whole = this.locations.find(({ id }) =>
      [...wanted].every(([sku, quantity]) => this.fulfillable(sku, id) >= quantity),
    )
    if (whole) return [{ location: whole, lines: wanted }]
    const left = new Map(wanted)
    const split = this.locations.map((location) => {
      const lines = new Map<string, number>()
      for (const [sku, quantity] of left) {
        const part = Math.min(quantity, this.fulfillable(sku, location.id))
        if (part > 0) lines.set(sku, part)
        left.set(sku, quantity - part)
      }
      return { location, lines }
    })
    const short = [...left.values()].some((quantity) => quantity > 0)
    const [first] = this.locations
    if (short && first) return [{ location: first, lines: wanted }]
    return split.filter(({ lines }) => lines.size > 0)
  }

  #open(
    order: SimulatedOrder,
    location: SimulatedLocation,
    lines: ReadonlyMap<string, number>,
    review = false,
  ): SimulatedShipment {
    const now = this.#clock.now()
    const shipment: SimulatedShipment = {
      id: this.#id(),
      location,
      status: review ? 'ImportReview' : 'Processing',
      details: [],
      lines: [...lines].map(([sku, quantity]) => ({ sku, quantity, committed: 0 })),
      tracking: null,
      createdAt: now,
      updatedAt: now,
      trackedAt: null,
      fulfilledAt: null,
      deliveredAt: null,
      trackingUploaded: false,
    }
    order.shipments.push(shipment)
    if (!review) this.#allocate(order, shipment)
    return shipment
  }

  #allocate(order: SimulatedOrder, shipment: SimulatedShipment): void {
    const reasons: SimulatedShipment['details'] = []
    for (const line of shipment.lines) {
      const free = this.fulfillable(line.sku, shipment.location.id)
      line.committed += Math.min(line.quantity - line.committed, free)
      if (line.committed === line.quantity) continue
      const item = this.item(line.sku)
      const name = !item.received
        ? 'UnknownSku'
        : line.committed > 0
          ? 'InventoryPartiallyCommitted'
          : 'OutOfStock'
      reasons.push({ detail: details[name], inventoryId: item.id })
    }
    if (reasons.length > 0) this.#move(order, shipment, 'Exception', reasons)
    else if (shipment.status !== 'Processing') this.#move(order, shipment, 'Processing', [])
  }

  #move(
    order: SimulatedOrder,
    shipment: SimulatedShipment,
    status: ShipmentStatus,
    reasons: SimulatedShipment['details'],
  ): void {
    shipment.status = status
    shipment.details = reasons
    shipment.updatedAt = this.#clock.now()
    if (status === 'Exception') this.#tell('order.shipment.exception', order, shipment)
    if (status === 'OnHold') this.#tell('order.shipment.on_hold', order, shipment)
    if (status === 'Cancelled') this.#tell('order.shipment.cancelled', order, shipment)
  }

  // Staff

  /** Why somebody must look: `ImportReview`, a reason of an exception, or of a hold. Only what is not packed yet. */
  stop(
    order: SimulatedOrder,
    status: 'OnHold' | 'Exception' | 'ImportReview',
    reason: Detail | null,
  ): number {
    const stopped = order.shipments.filter((shipment) => open.has(shipment.status))
    for (const shipment of stopped) {
      const [line] = shipment.lines
      const inventoryId = status === 'Exception' && line ? this.item(line.sku).id : null
      // Out of stock after all: the shelf was empty.
      if (reason?.stock) for (const each of shipment.lines) each.committed = 0
      this.#move(order, shipment, status, reason ? [{ detail: reason, inventoryId }] : [])
    }
    return stopped.length
  }

  /** Lets stopped shipments go on, as far as there is stock. */
  release(order: SimulatedOrder): number {
    const stopped = order.shipments.filter(
      (shipment) => open.has(shipment.status) && shipment.status !== 'Processing',
    )
    for (const shipment of stopped) this.#allocate(order, shipment)
    return stopped.length
  }

  /** Cancels one shipment; a reason when it is too late. */
  cancel(order: SimulatedOrder, shipment: SimulatedShipment): string | null {
    if (!open.has(shipment.status)) return `Shipment cannot be cancelled in status ${shipment.status}`
    for (const line of shipment.lines) line.committed = 0
    this.#move(order, shipment, 'Cancelled', [])
    return null
  }

  /**
   * Picks, packs and labels what is ready; hands it over unless `labelOnly`. With `lines`, only these units: the rest of
   * the shipment becomes a shipment of its own. Returns how many shipments were worked on.
   */
  ship(
    order: SimulatedOrder,
    lines: readonly { sku: string; quantity: number }[] | null,
    labelOnly: boolean,
  ): number {
    const left = lines === null ? null : new Map(lines.map(({ sku, quantity }) => [sku, quantity]))
    let worked = 0
    for (const shipment of [...order.shipments]) {
      if (shipment.status !== 'Processing' && shipment.status !== 'LabeledCreated') continue
      if (left !== null && !this.#take(order, shipment, left)) continue
      if (labelOnly && shipment.status === 'LabeledCreated') continue
      this.#label(shipment)
      if (!labelOnly) this.#complete(shipment)
      worked += 1
    }
    const waiting = order.shipments.some((shipment) => open.has(shipment.status))
    // Of a split order, ShipBob tells once: when the last label is printed.
    const [first] = order.shipments
    if (worked > 0 && !waiting && first) this.#tell('order.shipped', order, first)
    return worked
  }

  #take(order: SimulatedOrder, shipment: SimulatedShipment, left: Map<string, number>): boolean {
    const rest = new Map<string, number>()
    let taken = 0
    for (const line of [...shipment.lines]) {
      const part = Math.min(line.quantity, left.get(line.sku) ?? 0)
      left.set(line.sku, (left.get(line.sku) ?? 0) - part)
      taken += part
      if (part === line.quantity) continue
      rest.set(line.sku, line.quantity - part)
    }
    if (taken === 0 || shipment.status === 'LabeledCreated') return taken > 0
    for (const [sku, quantity] of rest) {
      const line = shipment.lines.find((each) => each.sku === sku)
      if (!line) continue
      line.quantity -= quantity
      line.committed -= quantity
      if (line.quantity === 0) shipment.lines.splice(shipment.lines.indexOf(line), 1)
    }
    if (rest.size > 0) this.#open(order, shipment.location, rest)
    return true
  }

  #label(shipment: SimulatedShipment): void {
    const number = `9400${String(shipment.id).padStart(18, '0')}`
    shipment.tracking ??= {
      carrier: 'USPS',
      number,
      url: `https://tools.usps.com/go/TrackConfirmAction?tLabels=${number}`,
    }
    shipment.status = 'LabeledCreated'
    shipment.details = [{ detail: details.Labeled, inventoryId: null }]
    shipment.updatedAt = this.#clock.now()
  }

  #complete(shipment: SimulatedShipment): void {
    const now = this.#clock.now()
    for (const line of shipment.lines) {
      const { onHand } = this.item(line.sku)
      onHand.set(shipment.location.id, (onHand.get(shipment.location.id) ?? 0) - line.committed)
      line.committed = 0
    }
    shipment.status = 'Completed'
    shipment.details = [{ detail: details.InTransit, inventoryId: null }]
    shipment.fulfilledAt = now
    shipment.trackedAt = now
    shipment.updatedAt = now
  }

  /** The carrier delivered; only tracking moves, the shipment itself is not touched. */
  deliver(order: SimulatedOrder): number {
    const due = order.shipments.filter(
      ({ status, deliveredAt }) => status === 'Completed' && deliveredAt === null,
    )
    for (const shipment of due) {
      shipment.details = [{ detail: details.Delivered, inventoryId: null }]
      shipment.deliveredAt = this.#clock.now()
      shipment.trackedAt = shipment.deliveredAt
      this.#tell('order.shipment.delivered', order, shipment)
    }
    return due.length
  }

  #id(): number {
    this.#nextId += 1
    return this.#nextId
  }
}
