import type { Depot } from './depot.ts'
import { idOf, type Label, type Line, type Order, type Shipment } from './types.ts'

export interface PackOptions {
  /** Units by SKU; `null`: everything that is allocated. */
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[] | null
  /** The label is printed, the packing has not ended. */
  readonly labelOnly: boolean
  /** How many boxes, each with a label and tracking of its own. */
  readonly boxes: number
  /** Whether the carrier took it at once. */
  readonly pickedUp: boolean
}

/** Ends what is being packed, then packs what is left to pack. Returns how many shipments were worked on. */
export function pack(depot: Depot, order: Order, options: PackOptions): number {
  if (order.status === 'canceled') return 0
  const begun = order.shipments.filter(({ completed }) => !completed)
  if (begun.length > 0) {
    if (options.labelOnly) return 0
    for (const shipment of begun) complete(depot, order, shipment, options.pickedUp)
    depot.settle(order)
    return begun.length
  }
  const made = picked(order, options.lines).map(({ warehouse, units }) =>
    begin(depot, order, warehouse, units, options.boxes),
  )
  if (!options.labelOnly) {
    for (const shipment of made) complete(depot, order, shipment, options.pickedUp)
    if (made.length > 0) depot.settle(order)
  } else if (made.length > 0) depot.touch(order)
  return made.length
}

type Units = readonly { readonly line: Line; readonly quantity: number }[]

function picked(order: Order, wanted: PackOptions['lines']): { warehouse: string; units: Units }[] {
  const left = wanted && new Map(wanted.map(({ sku, quantity }) => [sku, quantity]))
  const byWarehouse = new Map<string, { line: Line; quantity: number }[]>()
  for (const line of order.lines) {
    const most = left ? (left.get(line.sku) ?? 0) : line.allocated
    const quantity = Math.min(line.allocated, most)
    left?.set(line.sku, most - quantity)
    if (quantity === 0) continue
    byWarehouse.set(line.warehouse, [...(byWarehouse.get(line.warehouse) ?? []), { line, quantity }])
  }
  return [...byWarehouse].map(([warehouse, units]) => ({ warehouse, units }))
}

function begin(depot: Depot, order: Order, warehouse: string, units: Units, boxes: number): Shipment {
  const number = depot.next()
  const labels = Array.from({ length: boxes }, (_, index) => makeLabel(depot, index + 1))
  const shipment: Shipment = {
    id: idOf('Shipment', number),
    number,
    warehouse,
    createdAt: depot.now(),
    labels,
    completed: false,
    lines: units.flatMap(({ line, quantity }) => spread(depot, line, quantity, labels)),
  }
  order.shipments.push(shipment)
  return shipment
}

function makeLabel(depot: Depot, box: number): Label {
  const number = depot.next()
  return {
    id: idOf('ShippingLabel', number),
    number,
    carrier: 'UPS',
    method: 'UPS Ground',
    tracking: `1Z999AA1${String(number).padStart(10, '0')}`,
    box,
    createdAt: depot.now(),
    status: 'valid',
    pickedUp: false,
    delivered: false,
  }
}

/** One line's units over the boxes, as even as can be. */
function spread(depot: Depot, line: Line, quantity: number, labels: readonly Label[]): Shipment['lines'] {
  const share = Math.ceil(quantity / labels.length)
  return labels
    .map((label, index) => ({
      id: idOf('ShipmentLineItem', depot.next()),
      line: line.id,
      label: label.id,
      quantity: Math.max(0, Math.min(share, quantity - index * share)),
    }))
    .filter((each) => each.quantity > 0)
}

const lineOf = (order: Order, id: string) => order.lines.find((line) => line.id === id)

function complete(depot: Depot, order: Order, shipment: Shipment, pickedUp: boolean): void {
  shipment.completed = true
  for (const { line: id, quantity } of shipment.lines) {
    const line = lineOf(order, id)
    if (line) move(depot, line, quantity)
  }
  for (const label of shipment.labels) label.pickedUp = pickedUp
  depot.tell('Shipment Update', { order, shipment })
}

/** Takes units off the shelf; below zero puts them back there, promised to the same order. */
function move(depot: Depot, line: Line, units: number): void {
  const shelf = depot.shelf(line.sku, line.warehouse)
  shelf.onHand -= units
  shelf.updatedAt = depot.now()
  line.shipped += units
  line.pending -= units
  line.allocated -= units
  line.updatedAt = depot.now()
}

/** The carrier takes what is packed. */
export function pickUp(depot: Depot, order: Order): number {
  const due = order.shipments
    .filter(({ completed }) => completed)
    .flatMap(({ labels }) => labels)
    .filter((label) => !label.pickedUp && label.status === 'valid')
  for (const label of due) label.pickedUp = true
  if (due.length > 0) depot.touch(order)
  return due.length
}

export function deliver(depot: Depot, order: Order): number {
  pickUp(depot, order)
  const due = order.shipments
    .filter(({ completed }) => completed)
    .flatMap(({ labels }) => labels)
    .filter((label) => !label.delivered && label.status === 'valid')
  for (const label of due) label.delivered = true
  if (due.length > 0) depot.touch(order)
  return due.length
}

/** Withdraws labels that no carrier has taken: what lay in their boxes is on the shelf again, and the order is open. */
export function voidLabels(depot: Depot, order: Order, tracking: string | null): number {
  let count = 0
  for (const shipment of order.shipments) {
    for (const label of shipment.labels) {
      if (label.status === 'void' || label.pickedUp || (tracking !== null && label.tracking !== tracking))
        continue
      label.status = 'void'
      count += 1
      if (!shipment.completed) continue
      for (const each of shipment.lines.filter((one) => one.label === label.id)) {
        const line = lineOf(order, each.line)
        if (line) move(depot, line, -each.quantity)
      }
    }
  }
  // Packing that lost every label never happened.
  const standing = order.shipments.filter(
    ({ completed, labels }) => completed || labels.some(({ status }) => status === 'valid'),
  )
  order.shipments.splice(0, order.shipments.length, ...standing)
  if (count > 0 && order.status === 'fulfilled') order.status = 'pending'
  if (count > 0) depot.touch(order)
  return count
}
