import type { Parcel } from '../model/shipment.ts'
import { canonicalJson } from '../stock/canonical.ts'
import { hasMoved, joinTracking, type TrackingState, trackingFrom, trackingNow } from './tracking.ts'

/** So many units of a SKU. */
export interface SkuQuantity {
  readonly sku: string
  readonly quantity: number
}

/** A parcel as whoever ships it reports it at one moment: its lines name SKUs. */
export interface ParcelReport extends Omit<Parcel, 'lines'> {
  readonly lines: readonly SkuQuantity[]
}

/** Carrier and number belong together, so they are taken from one report, never mixed from two. */
type Label = Pick<Parcel, 'carrier' | 'carrierName' | 'service' | 'trackingNumber' | 'trackingUrl'>

/** Every report of one parcel, joined. */
export interface ParcelState {
  readonly id: string
  /** Of the newest report that has a tracking number, else of the newest. */
  readonly label: Label
  readonly labelFrom: string
  /** The earliest moment that was reported for each. */
  readonly labelledAt: string | null
  readonly handedOverAt: string | null
  readonly deliveredAt: string | null
  readonly tracking: TrackingState
  readonly withdrawn: boolean
  /** The shipper called the whole order shipped while this parcel stood; the moment of the first such report. */
  readonly calledShippedAt: string | null
  /** By SKU, the most that was reported to be in it. */
  readonly lines: readonly SkuQuantity[]
}

/** @param at when the report was true. @param calledShipped whether the shipper calls the whole order shipped. */
export function parcelFrom(report: ParcelReport, at: string, calledShipped: boolean): ParcelState {
  const { carrier, carrierName, service, trackingNumber, trackingUrl } = report
  const status = report.deliveredAt !== null && report.status !== 'returned' ? 'delivered' : report.status
  return {
    id: report.id,
    label: { carrier, carrierName, service, trackingNumber, trackingUrl },
    labelFrom: at,
    labelledAt: report.labelledAt,
    handedOverAt: report.handedOverAt,
    deliveredAt: report.deliveredAt,
    tracking: trackingFrom({ status, rawStatus: report.rawStatus, at }),
    withdrawn: report.withdrawn,
    calledShippedAt: calledShipped && !report.withdrawn ? at : null,
    lines: sumSkus(report.lines),
  }
}

/** Commutative, associative and idempotent; `withdrawn` wins over all else. */
export function joinParcels(a: ParcelState, b: ParcelState): ParcelState {
  const labelA = compareLabels(a, b) >= 0
  return {
    id: a.id,
    label: labelA ? a.label : b.label,
    labelFrom: labelA ? a.labelFrom : b.labelFrom,
    labelledAt: earlier(a.labelledAt, b.labelledAt),
    handedOverAt: earlier(a.handedOverAt, b.handedOverAt),
    deliveredAt: earlier(a.deliveredAt, b.deliveredAt),
    tracking: joinTracking(a.tracking, b.tracking),
    withdrawn: a.withdrawn || b.withdrawn,
    calledShippedAt: earlier(a.calledShippedAt, b.calledShippedAt),
    lines: joinSkus(a.lines, b.lines),
  }
}

/**
 * When the parcel's goods left, or `null` while they have not. A label is not a shipment: the parcel was handed over,
 * or a carrier has scanned it, or it is labelled with a tracking number and its shipper calls the order shipped.
 */
export function shippedAt(parcel: ParcelState): string | null {
  if (parcel.withdrawn) return null
  if (parcel.handedOverAt !== null) return parcel.handedOverAt
  if (hasMoved(parcel.tracking)) return parcel.deliveredAt ?? trackingNow(parcel.tracking).at
  return parcel.label.trackingNumber === null ? null : parcel.calledShippedAt
}

/** Whether its goods left, also when the parcel was withdrawn since. */
export function hasEverLeft(parcel: ParcelState): boolean {
  return shippedAt({ ...parcel, withdrawn: false }) !== null
}

/** Whether the channel is to be told: there is a number to give, and it holds. */
export function isConfirmable(parcel: ParcelState): boolean {
  return parcel.label.trackingNumber !== null && !parcel.withdrawn
}

/** The unified parcel; its lines, in units of the listings, come from where its SKUs were placed. */
export function toParcel(parcel: ParcelState, lines: Parcel['lines']): Parcel {
  const { status, rawStatus } = trackingNow(parcel.tracking)
  const { id, label, labelledAt, handedOverAt, deliveredAt, withdrawn } = parcel
  return { id, ...label, labelledAt, handedOverAt, deliveredAt, status, rawStatus, withdrawn, lines }
}

/** One row for each SKU, by SKU. */
export function sumSkus(lines: readonly SkuQuantity[]): SkuQuantity[] {
  const sums = new Map<string, number>()
  for (const { sku, quantity } of lines) {
    if (quantity > 0) sums.set(sku, (sums.get(sku) ?? 0) + quantity)
  }
  return fromMap(sums)
}

/** By SKU, the greater of the two. */
export function joinSkus(a: readonly SkuQuantity[], b: readonly SkuQuantity[]): SkuQuantity[] {
  const most = new Map<string, number>()
  for (const { sku, quantity } of [...a, ...b]) most.set(sku, Math.max(quantity, most.get(sku) ?? 0))
  return fromMap(most)
}

function fromMap(quantities: ReadonlyMap<string, number>): SkuQuantity[] {
  return [...quantities]
    .map(([sku, quantity]) => ({ sku, quantity }))
    .sort((a, b) => (a.sku < b.sku ? -1 : 1))
}

function compareLabels(a: ParcelState, b: ParcelState): number {
  const numbered = (parcel: ParcelState) => Number(parcel.label.trackingNumber !== null)
  return (
    numbered(a) - numbered(b) ||
    compare(a.labelFrom, b.labelFrom) ||
    compare(canonicalJson(a.label), canonicalJson(b.label))
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function earlier(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b
  return a < b ? a : b
}
