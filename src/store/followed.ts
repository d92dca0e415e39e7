import { joinTracking, type TrackingReport, trackingFrom, trackingNow, trackingRank } from '../order/index.ts'
import type { Transaction } from './database.ts'
import { emit } from './events.ts'
import { lockOrder } from './locks.ts'
import { hasLeft } from './order-parcels.ts'
import { same } from './order-rows.ts'
import { addTimeline } from './order-timeline.ts'
import { loadParcels, type ParcelRecord, saveFollowed, toStoredParcel } from './parcels.ts'

/** So far carriers' clocks and time zones may be apart from the shipper's. */
const clocksMs = 24 * 3_600_000

/** A parcel that a tracker follows, or is to follow. */
export interface Followed {
  readonly tracker: string
  /** Stable and unique: the same parcel under another number is followed anew. */
  readonly key: string
  readonly connection: string
  readonly order: string
  readonly parcel: string
  readonly trackingNumber: string
}

interface FollowedRow {
  tracker: string
  key: string
  external_id: string | null
  connection: string
  order_id: string
  parcel: string
  tracking_number: string
}

const toFollowed = (row: FollowedRow): Followed => ({
  tracker: row.tracker,
  key: row.key,
  connection: row.connection,
  order: row.order_id,
  parcel: row.parcel,
  trackingNumber: row.tracking_number,
})

/**
 * Notes the parcels of an order that have left with a number that is to be followed and that nobody follows yet. Answers them, and
 * whether the merchant sent them, of whom no news come.
 */
export async function noteFollowed(
  tx: Transaction,
  tracker: string,
  connection: string,
  order: string,
  wanted: (trackingNumber: string) => boolean,
): Promise<(Followed & { readonly own: boolean })[]> {
  const fresh: (Followed & { own: boolean })[] = []
  for (const parcel of await loadParcels(tx, connection, order)) {
    const number = parcel.state.label.trackingNumber
    if (number === null || !wanted(number) || !hasLeft(parcel) || isOver(parcel)) continue
    const key = `${connection}/${order}/${parcel.id}/${number}`
    const made = await tx.run(
      `INSERT INTO followed (tracker, key, connection, order_id, parcel, tracking_number) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (tracker, key) DO NOTHING`,
      [tracker, key, connection, order, parcel.id, number],
    )
    const own = parcel.provider === null
    if (made === 1)
      fresh.push({ tracker, key, connection, order, parcel: parcel.id, trackingNumber: number, own })
  }
  return fresh
}

/** A parcel that still has to be followed, with its carrier; `null`: it has arrived, is withdrawn, or is told of by its shipper. */
export async function toFollow(
  tx: Transaction,
  tracker: string,
  key: string,
): Promise<(Followed & { readonly carrier: string | null }) | null> {
  const row = await tx.get<FollowedRow>('SELECT * FROM followed WHERE tracker = ? AND key = ?', [
    tracker,
    key,
  ])
  if (row === undefined) return null
  const followed = toFollowed(row)
  const parcel = await parcelOf(tx, followed)
  if (parcel === null || isOver(parcel) || isToldOf(parcel)) return null
  return { ...followed, carrier: parcel.state.label.carrier }
}

/** Notes under which id of its own the tracker follows a parcel. */
export async function noteFollowedAs(
  tx: Transaction,
  { tracker, key }: Pick<Followed, 'tracker' | 'key'>,
  id: string,
): Promise<void> {
  await tx.run('UPDATE followed SET external_id = ? WHERE tracker = ? AND key = ?', [id, tracker, key])
}

/**
 * Joins what a tracker tells of a parcel to what it told before. It stands beside the shipper's own word: it shows where the
 * parcel is, and never says that goods have left. News of a number that the parcel no longer has say nothing.
 */
export async function applyTracking(
  tx: Transaction,
  tracker: string,
  id: string,
  report: TrackingReport,
  at: string,
): Promise<void> {
  const rows = await tx.all<FollowedRow>(
    'SELECT * FROM followed WHERE tracker = ? AND external_id = ? ORDER BY key',
    [tracker, id],
  )
  for (const followed of rows.map(toFollowed)) {
    const { connection, order, trackingNumber } = followed
    await lockOrder(tx, connection, order)
    const before = await parcelOf(tx, followed)
    if (before === null || isAnothers(before, report)) continue
    const news = trackingFrom(report)
    const known = before.followed?.trackingNumber === trackingNumber ? before.followed.tracking : null
    const tracking = known === null ? news : joinTracking(known, news)
    const after = { ...before, followed: { trackingNumber, tracking } }
    if (same(before, after)) continue
    await saveFollowed(tx, connection, order, after)
    await tellTracking(tx, tracker, followed, before, after, at)
  }
}

async function tellTracking(
  tx: Transaction,
  tracker: string,
  { connection, order }: Followed,
  before: ParcelRecord,
  after: ParcelRecord & { readonly followed: NonNullable<ParcelRecord['followed']> },
  at: string,
): Promise<void> {
  const { id: parcel, status, rawStatus } = toStoredParcel(after)
  if (toStoredParcel(before).status === status) return
  const seen = trackingNow(after.followed.tracking).at
  await emit(tx, at, 'shipment.tracked', { connection, order, parcel, status, at: seen })
  const text = `${tracker}: parcel ${parcel} ${status.replaceAll('_', ' ')}`
  await addTimeline(tx, connection, order, at, { text, facts: { parcel, status, rawStatus, at: seen } })
}

/** The parcel as it is, if it still has the number. */
async function parcelOf(tx: Transaction, followed: Followed): Promise<ParcelRecord | null> {
  const { connection, order, parcel: id, trackingNumber } = followed
  const parcel = (await loadParcels(tx, connection, order)).find((one) => one.id === id)
  return parcel?.state.label.trackingNumber === trackingNumber ? parcel : null
}

/** Carriers give a number to another parcel after a while: what was seen before this one was made is not of it. */
function isAnothers({ state }: ParcelRecord, { at }: TrackingReport): boolean {
  const made = state.labelledAt ?? state.handedOverAt
  return made !== null && Date.parse(at) < Date.parse(made) - clocksMs
}

function isOver(parcel: ParcelRecord): boolean {
  const { status } = toStoredParcel(parcel)
  return parcel.state.withdrawn || status === 'delivered' || status === 'returned'
}

/** Its shipper tells more of it than that it is on its way. */
function isToldOf({ provider, state }: ParcelRecord): boolean {
  if (provider === null) return false
  const { status } = trackingNow(state.tracking)
  return (trackingRank[status] ?? Number.POSITIVE_INFINITY) > (trackingRank.in_transit ?? 0)
}
