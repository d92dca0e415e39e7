import { readRow } from '../../src/http/index.ts'
import { carrierFrom, trackingUrl } from '../../src/model/carrier.ts'
import type { FulfillmentOrder, FulfillmentParcel } from '../../src/spec/index.ts'
import type { Settings } from './options.ts'
import { type Quantities, quantitiesOf } from './quantities.ts'
import { attentionOf, isLive, orderStatus, shipmentStatus, trackingStatus } from './status.ts'
import { type WireOrder, WireOrderName, WireOrder as WireOrderSchema, type WireShipment } from './wire.ts'

const instant = (at: number | null) => (at === null ? null : new Date(at).toISOString())
const latest = (times: readonly (number | null)[]) => Math.max(0, ...times.filter((at) => at !== null))

// Once a carrier has scanned the parcel; `info_received` is ShipBob's "Waiting For Carrier Pickup".
const moving = new Set(['in_transit', 'out_for_delivery', 'delivered', 'exception'])

/**
 * When ShipBob was done with a shipment: "picked, packed, and label has been printed" (`actual_fulfillment_date` in
 * the OpenAPI of 2026-01).
 */
function labelledAt(shipment: WireShipment): number | null {
  if (shipment.actual_fulfillment_date !== null) return shipment.actual_fulfillment_date
  return shipment.status === 'Completed' ? shipment.last_update_at : null
}

/**
 * When the parcel left. ShipBob has no such fact: `Completed` means the label was printed, and its detail may still be
 * "Waiting For Carrier Pickup". So it is given only when tracking moves or the parcel was delivered, and is then the
 * first such time ShipBob tells: at the latest then, never before.
 */
function handedOverAt(shipment: WireShipment): number | null {
  if (!moving.has(trackingStatus(shipment))) return null
  const {
    tracking,
    last_tracking_update_at: scanned,
    delivery_date: delivered,
    last_update_at: updated,
  } = shipment
  const first = [tracking?.shipping_date, scanned, delivered].filter((at) => at !== null && at !== undefined)
  return first.length > 0 ? Math.min(...first) : updated
}

function deliveredAt(shipment: WireShipment): number | null {
  if (shipment.delivery_date !== null) return shipment.delivery_date
  return trackingStatus(shipment) === 'delivered'
    ? (shipment.last_tracking_update_at ?? shipment.last_update_at)
    : null
}

/**
 * A shipment becomes a parcel when ShipBob is done with it. In `LabeledCreated` it has a tracking number, but is still in
 * the building: its label may be voided and its contents changed (updateLineItems, bulkUpdateShippingService), and a
 * channel that was told of it cannot be told otherwise. The order's status says `labelled` until then.
 */
function parcelFrom(shipment: WireShipment, quantities: Quantities): FulfillmentParcel | null {
  const { tracking } = shipment
  const number = tracking?.tracking_number || tracking?.pro_number || null
  const labelled = labelledAt(shipment)
  if (labelled === null && handedOverAt(shipment) === null) return null
  const lines = quantities.linesOf(shipment)
  if (lines.length === 0) return null
  const words = tracking?.carrier ?? null
  const carrier = words === null ? null : (carrierFrom(words)?.code ?? null)
  const detail = shipment.status_details.map(({ name }) => name).filter((name) => name !== null)
  return {
    id: String(shipment.id),
    carrier,
    carrierName: words,
    service: tracking?.carrier_service ?? null,
    trackingNumber: number,
    trackingUrl: tracking?.tracking_url || (number === null ? null : trackingUrl(carrier, number)),
    labelledAt: instant(labelled),
    handedOverAt: instant(handedOverAt(shipment)),
    deliveredAt: instant(deliveredAt(shipment)),
    status: trackingStatus(shipment),
    rawStatus: [shipment.status, ...detail].join('/'),
    withdrawn: !isLive(shipment),
    lines,
  }
}

// Past these a shipment's units have left the shelf, whatever `quantity_committed` says then.
const picked = new Set(['Completed', 'LabeledCreated'])

function allocated(shipment: WireShipment): boolean {
  if (picked.has(shipment.status)) return true
  if (shipment.estimated_fulfillment_date_status === 'AwaitingInventoryAllocation') return false
  const items = shipment.products.flatMap((product) => product.inventory_items)
  const told = items.filter((item) => item.quantity_committed !== null)
  if (told.length === 0) return shipment.status === 'Processing'
  return told.every((item) => (item.quantity_committed ?? 0) >= (item.quantity ?? 0))
}

/**
 * Whether ShipBob's `fulfillable_quantity` (on hand minus committed) has the order taken off: an order that waits for
 * stock, for the import review or for allocation is accepted, but commits nothing yet.
 */
function isAllocated(order: WireOrder): boolean {
  const live = order.shipments.filter(isLive)
  if (order.status === 'Cancelled' || (live.length === 0 && order.shipments.length > 0)) return true
  return live.length > 0 && live.every(allocated)
}

/**
 * When ShipBob took the order's units off, as late as it may have been while they wait to be picked: ShipBob does not say
 * when it allocated them, and an order that waited for stock was allocated long after it was made. From picking on
 * the time of creation stands, since later changes say nothing of allocation.
 */
function acceptedAt(order: WireOrder, updated: number): number {
  const created = order.created_date ?? 0
  const untouched = order.shipments.filter(isLive).every((each) => shipmentStatus(each) === 'accepted')
  return isAllocated(order) && untouched ? Math.max(created, updated) : created
}

/**
 * Whether a row is of the connection's channel. References are unique per channel only: the same one may exist in the
 * merchant's other channels, and their tracking is for whoever reads those.
 */
export const isOfChannel = (
  { channel }: Pick<WireOrder, 'channel'>,
  { channelId }: Pick<Settings, 'channelId'>,
): boolean => !channel || String(channel.id) === channelId

/**
 * Reads a row as ShipBob sent it.
 * @throws StockpoolError `invalid_input` naming the field.
 */
export function readOrder(raw: unknown): WireOrder {
  const named = WireOrderName.safeParse(raw).data
  return readRow(WireOrderSchema, raw, {
    what: 'an order of ShipBob',
    details: { reference: named?.reference_id ?? null },
  })
}

/** An order of ShipBob with its shipments, as the engine reads it. `raw` is the body as it came. */
export function orderFrom(order: WireOrder, raw: unknown): FulfillmentOrder {
  const quantities = quantitiesOf(order)
  const created = order.created_date ?? 0
  const updated = latest([created, ...order.shipments.map((each) => each.last_update_at)])
  const tracked = latest(order.shipments.map((each) => each.last_tracking_update_at))
  return {
    id: String(order.id),
    reference: order.reference_id ?? '',
    status: orderStatus(order),
    rawStatus: order.status,
    attention: attentionOf(order),
    acceptedAt: acceptedAt(order, updated),
    allocated: isAllocated(order),
    updatedAt: Math.max(updated, tracked),
    cancelled: quantities.cancelled,
    parcels: order.shipments
      .map((shipment) => parcelFrom(shipment, quantities))
      .filter((parcel) => parcel !== null),
    raw,
  }
}
