import {
  type Box,
  isLive,
  type OrderItem,
  type SimulatedOrder,
  type SimulatedShipment,
  statusOf,
  sum,
} from './types.ts'
import { Warehouse } from './warehouse.ts'

export interface ShipOptions {
  /** Only these units; the rest stays as it is. `null`: all. */
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[] | null
  /** Pack and label, and hand nothing over. */
  readonly labelOnly: boolean
  /** Boxes of each new shipment. */
  readonly boxes: number
  /** Tracking numbers of each box. */
  readonly labels: number
}

/** What the staff of the warehouses do with shipments. */
export class Staff {
  readonly #warehouse: Warehouse
  #numbers = 0

  constructor(warehouse: Warehouse) {
    this.#warehouse = warehouse
  }

  get #now(): number {
    return this.#warehouse.clock.now()
  }

  /** Makes shipments of what is allocated, one for each warehouse, and begins to pick them. Gives the new ones. */
  pick(order: SimulatedOrder, lines: ShipOptions['lines']): SimulatedShipment[] {
    if (order.hold !== null) return []
    const before = statusOf(order).join('/')
    const left = lines === null ? null : new Map(lines.map(({ sku, quantity }) => [sku, quantity]))
    const made: SimulatedShipment[] = []
    for (const warehouse of this.#warehouse.places) {
      const picked = order.items.flatMap((item) => {
        const units = Math.min(
          item.allocated.get(warehouse.id) ?? 0,
          left?.get(item.sku) ?? (left === null ? Number.POSITIVE_INFINITY : 0),
        )
        if (units === 0) return []
        left?.set(item.sku, (left.get(item.sku) ?? 0) - units)
        Warehouse.moveOut(item, warehouse.id, units)
        return [{ item, quantity: units, cancelRequested: 0 }]
      })
      if (picked.length === 0) continue
      const at = this.#now
      made.push({
        id: String(100_000_000 + this.#warehouse.id()),
        warehouse,
        status: 'picking',
        lines: picked,
        boxes: [],
        createdAt: at,
        updatedAt: at,
        packedAt: null,
        shippedAt: null,
        deliveredAt: null,
      })
    }
    order.shipments.push(...made)
    if (made.length > 0) this.#warehouse.touch(order, before)
    return made
  }

  /** Picks, packs and labels what is ready, and hands it over unless `labelOnly`. Gives how many shipments were worked on. */
  ship(order: SimulatedOrder, options: ShipOptions): number {
    if (order.hold !== null) return 0
    const made = this.pick(order, options.lines)
    const old =
      options.lines === null ? order.shipments.filter((each) => isLive(each) && !made.includes(each)) : []
    let worked = 0
    for (const shipment of [...old, ...made]) {
      if (shipment.status === 'shipped' || (options.labelOnly && shipment.status === 'packed')) continue
      if (shipment.status !== 'packed') this.#pack(order, shipment, options)
      if (!options.labelOnly) this.#handOver(order, shipment)
      worked += 1
    }
    return worked
  }

  #pack(order: SimulatedOrder, shipment: SimulatedShipment, { boxes, labels }: ShipOptions): void {
    const before = statusOf(order).join('/')
    const at = this.#now
    if (shipment.boxes.length === 0)
      shipment.boxes = split(shipment.lines, boxes).map((lines) => this.#box(lines, at))
    for (const box of shipment.boxes) {
      box.status = 'packed'
      box.labelledAt = at
      box.tracking = Array.from({ length: labels }, () => this.#number())
    }
    shipment.status = 'packed'
    shipment.packedAt = at
    shipment.updatedAt = at
    if (before !== statusOf(order).join('/')) {
      this.#warehouse.touch(order, before)
      if (statusOf(order)[0] === 'complete') this.#warehouse.news.order('order:completed', order)
    }
    this.#warehouse.news.shipment('shipment:packed', order, shipment)
  }

  #box(lines: Box['lines'], at: number): Box {
    return {
      id: this.#warehouse.id(),
      status: 'packing',
      createdAt: at,
      labelledAt: at,
      shippedAt: null,
      deliveredAt: null,
      tracking: [],
      lines,
    }
  }

  #number(): string {
    this.#numbers += 1
    return `1Z999AA1${String(this.#numbers).padStart(10, '0')}`
  }

  #handOver(order: SimulatedOrder, shipment: SimulatedShipment): void {
    const at = this.#now
    for (const { item, quantity } of shipment.lines) {
      const places = this.#warehouse.onHand.get(item.sku)
      places?.set(shipment.warehouse.id, (places.get(shipment.warehouse.id) ?? 0) - quantity)
    }
    for (const box of shipment.boxes) {
      box.status = 'shipped'
      box.shippedAt = at
    }
    shipment.status = 'shipped'
    shipment.shippedAt = at
    shipment.updatedAt = at
    this.#warehouse.news.shipment('shipment:shipped', order, shipment)
    const whole =
      statusOf(order)[0] === 'complete' &&
      order.shipments.filter(isLive).every((each) => each.shippedAt !== null)
    if (!whole) return
    order.shippedAt = at
    this.#warehouse.touch(order)
    this.#warehouse.news.order('order:shipped', order)
  }

  /** Puts packed boxes on the list for the carrier. Gives how many shipments. */
  manifest(order: SimulatedOrder): number {
    const packed = order.shipments.filter(({ status }) => status === 'packed')
    for (const shipment of packed) {
      for (const box of shipment.boxes) box.status = 'manifested'
      shipment.updatedAt = this.#now
    }
    return packed.length
  }

  /** The carrier delivered. Gives how many shipments. */
  deliver(order: SimulatedOrder): number {
    const at = this.#now
    const due = order.shipments.filter((each) => each.status === 'shipped' && each.deliveredAt === null)
    for (const shipment of due) {
      for (const box of shipment.boxes) {
        box.status = 'delivered'
        box.deliveredAt = at
      }
      shipment.deliveredAt = at
      shipment.updatedAt = at
      this.#warehouse.news.shipment('shipment:delivered', order, shipment)
    }
    if (due.length > 0 && order.shippedAt !== null) {
      order.deliveredAt = at
      this.#warehouse.touch(order)
      this.#warehouse.news.order('order:delivered', order)
    }
    return due.length
  }

  /** Takes packed shipments apart: they are void, and their units wait to be picked anew. */
  revert(order: SimulatedOrder): number {
    const packed = order.shipments.filter(({ status }) => status === 'packed')
    for (const shipment of packed) {
      for (const { item, quantity } of shipment.lines)
        item.allocated.set(shipment.warehouse.id, (item.allocated.get(shipment.warehouse.id) ?? 0) + quantity)
      shipment.status = 'voided'
      shipment.updatedAt = this.#now
      order.completedAt = null
      this.#warehouse.touch(order)
      this.#warehouse.news.shipment('shipment:reverted', order, shipment)
    }
    return packed.length
  }

  /** Voids the labels of packed shipments, which are to be labelled anew. Their packages keep the numbers till then. */
  voidLabels(order: SimulatedOrder): number {
    const packed = order.shipments.filter(({ status }) => status === 'packed')
    for (const shipment of packed) {
      shipment.status = 'picked'
      shipment.packedAt = null
      shipment.updatedAt = this.#now
      order.completedAt = null
      this.#warehouse.touch(order)
      this.#warehouse.news.shipment('shipment:labels_voided', order, shipment)
    }
    return packed.length
  }
}

/** Units over boxes, as evenly as they go; no box is empty. */
function split(
  lines: readonly { readonly item: OrderItem; readonly quantity: number }[],
  boxes: number,
): Box['lines'][] {
  const units = lines.flatMap(({ item, quantity }) => Array.from({ length: quantity }, () => item))
  const count = Math.min(boxes, units.length)
  return Array.from({ length: count }, (_, box) => {
    const own = units.filter((_unit, index) => index % count === box)
    return [...new Set(own)].map((item) => ({
      item,
      quantity: sum(own.map((each) => (each === item ? 1 : 0))),
    }))
  })
}
