import { carrierFrom, trackingUrl } from '../../src/model/carrier.ts'
import type { TrackingStatus } from '../../src/model/tracking.ts'
import type { FulfillmentParcel } from '../../src/spec/index.ts'
import { isFulfilled } from './lines.ts'
import type { WireLabel, WireOrder, WireShipment } from './wire.ts'

const instant = (at: number | null) => (at === null ? null : new Date(at).toISOString())

// `status` of a label is a free word: `valid` while it stands.
const voided = /^(?:void|cancel|refund|delete)/i

/** A label that no longer holds: voided, or given back to the carrier for a refund. */
export const isWithdrawn = (label: WireLabel): boolean =>
  voided.test(label.status ?? '') || label.refunded === true || label.needs_refund === true

const isDelivered = (shipment: WireShipment, label: WireLabel | null) =>
  label?.delivered === true || (label === null && shipment.delivered === true)
const hasLeft = (shipment: WireShipment, label: WireLabel | null) =>
  label?.picked_up === true || shipment.picked_up === true || isDelivered(shipment, label)

/**
 * A shipment whose packing has not ended has labels that may still be changed: no channel is told of them. What `completed` means
 * no document says, so what the order's own figures count as shipped is packed, whatever it is.
 */
export function isPacked(order: WireOrder, shipment: WireShipment): boolean {
  return shipment.completed !== false || isFulfilled(order) || countedAsShipped(order, shipment)
}

/** Whether each line has as many units shipped as lie in all of its shipments. */
function countedAsShipped(order: WireOrder, shipment: WireShipment): boolean {
  const inShipments = (line: string | null) =>
    order.shipments
      .flatMap((each) => each.line_items.nodes)
      .filter((each) => each.line_item_id === line)
      .reduce((sum, each) => sum + each.quantity, 0)
  const shipped = new Map(order.line_items.nodes.map((line) => [line.id, line.quantity_shipped]))
  const lines = shipment.line_items.nodes.map((each) => each.line_item_id)
  return lines.length > 0 && lines.every((line) => (shipped.get(line ?? '') ?? 0) >= inShipments(line))
}

/** The units of each label of a shipment, by label id; `''`: of none. */
function contents(shipment: WireShipment): Map<string, Map<string, number>> {
  const standing = shipment.shipping_labels.filter((label) => !isWithdrawn(label))
  const byNumber = (label: WireLabel) => label.package_number ?? Number.MAX_SAFE_INTEGER
  // What ShipHero does not place lies in the first box: that it was shipped is known, in which box is not.
  const first = [...standing].sort((one, other) => byNumber(one) - byNumber(other))[0]?.id ?? ''
  const known = new Set(shipment.shipping_labels.map(({ id }) => id))
  const boxes = new Map<string, Map<string, number>>()
  for (const { line_item_id: line, shipping_label_id: label, quantity } of shipment.line_items.nodes) {
    if (line === null || quantity <= 0) continue
    const id = label !== null && known.has(label) ? label : first
    const box = boxes.get(id) ?? new Map<string, number>()
    box.set(line, (box.get(line) ?? 0) + quantity)
    boxes.set(id, box)
  }
  return boxes
}

function trackingStatus(shipment: WireShipment, label: WireLabel | null): TrackingStatus {
  if (label !== null && isWithdrawn(label)) return 'cancelled'
  if (isDelivered(shipment, label)) return 'delivered'
  if (hasLeft(shipment, label)) return 'in_transit'
  return label?.tracking_number ? 'info_received' : 'unknown'
}

function rawStatus(shipment: WireShipment, label: WireLabel | null): string {
  const flags = { picked_up: hasLeft(shipment, label), delivered: isDelivered(shipment, label) }
  const raised = Object.entries(flags).flatMap(([name, up]) => (up ? [name] : []))
  return [label?.status ?? 'shipment', ...raised].join('/')
}

/**
 * ShipHero flags that a parcel was picked up or delivered, and does not say when: the order's last change is the latest moment at
 * which it can have happened. The pool keeps the earliest it was told.
 */
function parcelFrom(
  order: WireOrder,
  shipment: WireShipment,
  label: WireLabel | null,
  lines: FulfillmentParcel['lines'],
): FulfillmentParcel {
  const labelledAt = label?.created_date ?? shipment.created_date
  const seenAt = Math.max(order.updated_at ?? 0, labelledAt ?? 0) || null
  const words = label?.carrier || null
  const carrier = words === null ? null : (carrierFrom(words)?.code ?? null)
  const number = label?.tracking_number || null
  return {
    id: label?.id ?? shipment.id,
    carrier,
    carrierName: words,
    service: label?.shipping_name || label?.shipping_method || null,
    trackingNumber: number,
    trackingUrl: label?.tracking_url || (number === null ? null : trackingUrl(carrier, number)),
    labelledAt: instant(labelledAt),
    handedOverAt: hasLeft(shipment, label) ? instant(seenAt) : null,
    deliveredAt: isDelivered(shipment, label) ? instant(seenAt) : null,
    status: trackingStatus(shipment, label),
    rawStatus: rawStatus(shipment, label),
    withdrawn: label !== null && isWithdrawn(label),
    lines,
  }
}

/**
 * Every label is a parcel of its own with its tracking: a shipment of three boxes has three. A shipment without labels (shipped
 * outside of ShipHero) is one parcel without a number.
 */
export function parcelsOf(order: WireOrder): FulfillmentParcel[] {
  const skus = new Map(order.line_items.nodes.map(({ id, sku }) => [id, sku]))
  const linesOf = (box: ReadonlyMap<string, number> | undefined): FulfillmentParcel['lines'] => {
    const sums = new Map<string, number>()
    for (const [line, quantity] of box ?? []) {
      const sku = skus.get(line)
      if (sku) sums.set(sku, (sums.get(sku) ?? 0) + quantity)
    }
    return [...sums].map(([sku, quantity]) => ({ sku, quantity }))
  }
  return order.shipments
    .filter((each) => isPacked(order, each))
    .flatMap((shipment) => {
      const boxes = contents(shipment)
      const labelled = shipment.shipping_labels.map((label) =>
        parcelFrom(order, shipment, label, linesOf(boxes.get(label.id))),
      )
      const loose = linesOf(boxes.get(''))
      return loose.length === 0 ? labelled : [...labelled, parcelFrom(order, shipment, null, loose)]
    })
}

/** Units in shipments of lines that the order no longer has: their SKU is not known. */
export function strayUnits(order: WireOrder): number {
  const known = new Set(order.line_items.nodes.map(({ id }) => id))
  return order.shipments
    .filter((each) => isPacked(order, each))
    .flatMap((shipment) => shipment.line_items.nodes)
    .filter(({ line_item_id: line }) => line !== null && !known.has(line))
    .reduce((sum, { quantity }) => sum + quantity, 0)
}
