import { carrierFrom, trackingUrl } from '../../src/model/carrier.ts'
import type { TrackingStatus } from '../../src/model/tracking.ts'
import type { FulfillmentParcel } from '../../src/spec/index.ts'
import type { Settings } from './options.ts'
import type { WirePackage, WireShipment } from './wire.ts'

export type ParcelFacts = FulfillmentParcel

// docs.shipstream.io, Shipment: new, picking, picked, packing, packed, shipped, canceled, voided.
const ended: ReadonlySet<string> = new Set(['canceled', 'voided'])
const unpacked: ReadonlySet<string> = new Set(['new', 'picking', 'picked', 'packing'])
/** Of a package: its label is printed. `manifested` is a line on a list for the carrier, not yet the hand-over. */
const labelled: ReadonlySet<string> = new Set(['packed', 'manifested', 'shipped', 'delivered'])
const left: ReadonlySet<string> = new Set(['shipped', 'delivered'])

const instant = (at: number | null) => (at === null ? null : new Date(at).toISOString())
const numbersOf = ({ tracking }: WirePackage) =>
  tracking.map(({ number }) => number).filter((each) => each !== null)

/** A shipment that went back to picking while its packages are labelled: `shipment:labels_voided` ended those labels. */
const isVoided = ({ status }: WireShipment, box: WirePackage) =>
  unpacked.has(status) && status !== 'packing' && labelled.has(box.status ?? '')

/** Tracking numbers of a shipment that do not hold, until it is labelled anew. */
export const voidedLabels = (shipment: WireShipment): string[] =>
  shipment.packages.filter((box) => isVoided(shipment, box)).flatMap(numbersOf)

// In the order they were made; Array.sort keeps ShipStream's own order where it tells no time.
const inOrder = (boxes: readonly WirePackage[]) =>
  [...boxes].sort((one, other) => (one.created_at ?? 0) - (other.created_at ?? 0))

/** The numbers that are given on: none while the label may still be voided and the shipment reverted, unless wanted. */
function tracksOf(
  shipment: WireShipment,
  box: WirePackage,
  from: Settings['trackingFrom'],
): WirePackage['tracking'] {
  if (isVoided(shipment, box)) return []
  return from === 'packed' || box.status !== 'packed' ? box.tracking : []
}

/** Freight has no packages that anybody scans: what left of a shipment without any is one parcel, without a number. */
function boxesOf(shipment: WireShipment): readonly WirePackage[] {
  if (shipment.packages.length > 0 || shipment.status !== 'shipped') return inOrder(shipment.packages)
  const contents = shipment.items.map((item) => ({ sku: item.sku, quantity: item.qty - item.qty_canceled }))
  return [{ ...noBox, order_items: contents }]
}

const noBox: WirePackage = {
  status: 'shipped',
  carrier: null,
  manifest_courier_code: null,
  manifest_courier_name: null,
  created_at: null,
  tracking_added_at: null,
  shipped_at: null,
  delivered_at: null,
  tracking: [],
  order_items: [],
  package_items: [],
}

/**
 * The parcels of a shipment, once it is packed: one for each package, named by its place in the shipment, as shipments
 * name no package by an id. So a parcel that is labelled anew stays the same parcel with another number. A package with more
 * than one tracking number gives further parcels without lines, which keep the numbers.
 *
 * A shipment that was reverted (`voided`) or cancelled keeps its packages: they are withdrawn, and its goods come in another.
 */
export function parcelsOf(shipment: WireShipment, from: Settings['trackingFrom']): ParcelFacts[] {
  return boxesOf(shipment).flatMap((box, index) => {
    const voided = isVoided(shipment, box)
    const packed = !unpacked.has(shipment.status) && labelled.has(box.status ?? '')
    if (!packed && !voided) return []
    const id = `${shipment.shipment_id}-${index + 1}`
    const [first, ...others] = tracksOf(shipment, box, from)
    return [
      parcelFrom(shipment, box, { id, track: first, voided }),
      ...others.map((track, nth) => ({
        ...parcelFrom(shipment, box, { id: `${id}.${nth + 2}`, track, voided }),
        lines: [],
      })),
    ]
  })
}

interface Label {
  readonly id: string
  readonly track: WirePackage['tracking'][number] | undefined
  readonly voided: boolean
}

function parcelFrom(shipment: WireShipment, box: WirePackage, { id, track, voided }: Label): ParcelFacts {
  const withdrawn = ended.has(shipment.status)
  const code = box.manifest_courier_code ?? box.carrier
  const words = box.manifest_courier_name ?? code
  const carrier = [code, words].map((each) => (each === null ? null : (carrierFrom(each)?.code ?? null)))
  const known = carrier.find((each) => each !== null) ?? null
  const number = track?.number ?? null
  const handedOver = handedOverAt(shipment, box)
  const labelledAt = box.tracking_added_at ?? shipment.packed_at ?? box.created_at ?? shipment.updated_at
  return {
    id,
    carrier: known,
    carrierName: words,
    service: track?.description ?? null,
    trackingNumber: number,
    trackingUrl: track?.track_url ?? (number === null ? null : trackingUrl(known, number)),
    // A clock that was set back must not make a parcel leave before it was labelled.
    labelledAt: voided ? null : instant(Math.min(labelledAt ?? 0, handedOver ?? Number.POSITIVE_INFINITY)),
    handedOverAt: voided ? null : instant(handedOver),
    deliveredAt: instant(deliveredAt(shipment, box)),
    status: statusOf(box, voided || withdrawn),
    rawStatus: `${shipment.status}/${box.status}`,
    withdrawn,
    lines: linesOf(box),
  }
}

/** When the package left the warehouse; the shipment's own times are of the last of its packages. */
function handedOverAt(shipment: WireShipment, box: WirePackage): number | null {
  if (box.shipped_at !== null) return box.shipped_at
  if (!left.has(box.status ?? '')) return null
  return shipment.shipped_at ?? box.delivered_at ?? shipment.delivered_at ?? shipment.updated_at
}

function deliveredAt(shipment: WireShipment, box: WirePackage): number | null {
  if (box.delivered_at !== null) return box.delivered_at
  return box.status === 'delivered' ? (shipment.delivered_at ?? shipment.updated_at) : null
}

function statusOf(box: WirePackage, cancelled: boolean): TrackingStatus {
  if (cancelled) return 'cancelled'
  if (box.status === 'delivered' || box.delivered_at !== null) return 'delivered'
  if (box.status === 'shipped' || box.shipped_at !== null) return 'in_transit'
  return numbersOf(box).length > 0 ? 'info_received' : 'unknown'
}

/** What was ordered, not what was packed for it: they differ when ShipStream assembled it by a bill of materials. */
function linesOf(box: WirePackage): ParcelFacts['lines'] {
  const units = new Map<string, number>()
  for (const { sku, quantity } of box.order_items.length > 0 ? box.order_items : box.package_items)
    units.set(sku, (units.get(sku) ?? 0) + quantity)
  return [...units].filter(([, quantity]) => quantity > 0).map(([sku, quantity]) => ({ sku, quantity }))
}
