import type { TrackingStatus } from '../model/tracking.ts'

/**
 * How far a status is on a parcel's way. Within one rank the newer report holds; a lower rank never undoes a higher
 * one, since carriers' scans arrive late and out of order.
 */
export const trackingRank: Readonly<Partial<Record<TrackingStatus, number>>> = {
  unknown: 0,
  info_received: 1,
  in_transit: 2,
  // Three ways of being near the buyer; a parcel moves between them day by day.
  out_for_delivery: 3,
  pickup_ready: 3,
  attempt_failed: 3,
  delivered: 4,
  // The only thing that may follow a delivery.
  returned: 5,
}

/** Statuses outside the way: they may follow anything that is not final, and a newer ordinary report ends them. */
const aside: ReadonlySet<TrackingStatus> = new Set<TrackingStatus>([
  'returning',
  'exception',
  'cancelled',
  'expired',
])
const final: ReadonlySet<TrackingStatus> = new Set<TrackingStatus>(['delivered', 'returned'])
const moved: ReadonlySet<TrackingStatus> = new Set<TrackingStatus>([
  'in_transit',
  'out_for_delivery',
  'pickup_ready',
  'attempt_failed',
  'delivered',
  'returning',
  'returned',
])

export interface TrackingReport {
  readonly status: TrackingStatus
  readonly rawStatus: string | null
  readonly at: string
}

/** Every tracking report of one parcel, joined. */
export interface TrackingState {
  /** The furthest along the way; of equal ones the newest. */
  readonly furthest: TrackingReport
  /** When anything on the way was last reported. */
  readonly onWayAt: string
  /** The newest report off the way. */
  readonly aside: TrackingReport | null
}

export function trackingFrom(report: TrackingReport): TrackingState {
  if (!aside.has(report.status)) return { furthest: report, onWayAt: report.at, aside: null }
  return { furthest: { status: 'unknown', rawStatus: null, at: '' }, onWayAt: '', aside: report }
}

/** Commutative, associative and idempotent: late and repeated scans end alike. */
export function joinTracking(a: TrackingState, b: TrackingState): TrackingState {
  return {
    furthest: further(a.furthest, b.furthest) >= 0 ? a.furthest : b.furthest,
    onWayAt: compare(a.onWayAt, b.onWayAt) >= 0 ? a.onWayAt : b.onWayAt,
    aside: newer(a.aside, b.aside),
  }
}

export function trackingNow(state: TrackingState): TrackingReport {
  if (state.aside === null || final.has(state.furthest.status)) return state.furthest
  return state.aside.at >= state.onWayAt ? state.aside : state.furthest
}

/** Whether a carrier has had the parcel in hand. */
export function hasMoved(state: TrackingState): boolean {
  return moved.has(state.furthest.status) || (state.aside !== null && moved.has(state.aside.status))
}

function further(a: TrackingReport, b: TrackingReport): number {
  const ranks = (trackingRank[a.status] ?? 0) - (trackingRank[b.status] ?? 0)
  return ranks || compare(a.at, b.at) || compare(textOf(a), textOf(b))
}

function newer(a: TrackingReport | null, b: TrackingReport | null): TrackingReport | null {
  if (a === null || b === null) return a ?? b
  return (compare(a.at, b.at) || compare(textOf(a), textOf(b))) >= 0 ? a : b
}

function textOf({ status, rawStatus }: TrackingReport): string {
  return `${status} ${rawStatus ?? ''}`
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
