import {
  cancelledIn,
  heldOf,
  joinSkus,
  type ProviderOrder,
  type SkuQuantity,
  shareBooked,
  sharePutBack,
  shareUndone,
  sumSkus,
} from '../order/index.ts'
import { allocationKey, type StoredAllocation, type StoredOrder } from './order-rows.ts'

export interface SubmissionRow {
  provider: string
  reference: string
  connection: string
  order_id: string
  location: string
  state: string
  external_id: string | null
  raw_status: string
  attention: string | null
  accepted_at: string | null
  lines: string
  status: string | null
  news_at: string | null
  cancelled_lines: string | null
  shipped_lines: string | null
  settled_lines: string | null
}

/** A submission that we wanted back: what the provider stops of it then, the order still may want. */
export const wantedBack: ReadonlySet<string> = new Set(['cancelling', 'cancelled', 'void'])

export interface SubmissionState {
  readonly externalId: string | null
  readonly status: string
  readonly rawStatus: string
  readonly attention: string | null
  readonly acceptedAt: string | null
  readonly newsAt: string
  /** By SKU, the most that was reported as never to be shipped. */
  readonly cancelled: readonly SkuQuantity[]
  readonly lines: readonly SkuQuantity[]
}

/**
 * Joins a report to what is known of the submission: the newest words, the greatest numbers. What another order had cancelled, which
 * the provider made under the same reference and closed, says nothing of this one.
 */
export function joinSubmission(row: SubmissionRow, report: ProviderOrder): SubmissionState {
  const newsAt = iso(report.updatedAt)
  const newest = row.news_at === null || newsAt >= row.news_at
  const lines = sumSkus(JSON.parse(row.lines) as SkuQuantity[])
  const rejected = report.status === 'rejected'
  // What a provider refused it does not hold, just as what it cancelled.
  const stopped = cancelledIn(rejected ? { ...report, status: 'cancelled' } : report, lines)
  const other = row.external_id !== null && report.id !== '' && report.id !== row.external_id
  const known = other ? [] : linesOf(row.cancelled_lines)
  return {
    externalId: report.id === '' ? row.external_id : report.id,
    status: newest ? report.status : (row.status ?? report.status),
    rawStatus: newest ? report.rawStatus : row.raw_status,
    attention: newest ? report.attention : row.attention,
    acceptedAt: acceptedSince(row, report, newest),
    newsAt: newest ? newsAt : (row.news_at ?? newsAt),
    cancelled: joinSkus(known, stopped),
    lines,
  }
}

/**
 * Since when a provider has the units off what it calls available, by its newest report; `null`: it has not. One that
 * keeps the order may put its units back there and take them off again, after the last report without. What it refused
 * or cancelled it has put back for good: `cancelled` says so.
 */
function acceptedSince(row: SubmissionRow, report: ProviderOrder, newest: boolean): string | null {
  const { accepted_at: known, news_at: lastNews } = row
  if (!newest || report.status === 'rejected') return known
  if (report.allocated === false) return report.status === 'cancelled' ? known : null
  const acceptedAt = iso(report.acceptedAt)
  return known === null ? latest(acceptedAt, lastNews) : latest(known, acceptedAt)
}

interface Book {
  readonly accepted: readonly SkuQuantity[]
  readonly putBack: readonly SkuQuantity[]
  readonly waiting: readonly SkuQuantity[]
}

/**
 * What of a submission is in its provider's book: all of it once accepted; until then what left all the same, while the rest
 * waits there. Nothing while the provider has told nothing.
 */
function bookOf(
  acceptedAt: string | null,
  newsAt: string | null,
  { lines, shipped, cancelled }: Record<'lines' | 'shipped' | 'cancelled', readonly SkuQuantity[]>,
): Book {
  if (acceptedAt !== null) return { accepted: lines, putBack: cancelled, waiting: [] }
  const waiting = lines.map(({ sku, quantity }) => ({
    sku,
    quantity: Math.max(0, quantity - unitsOf(shipped, sku) - unitsOf(cancelled, sku)),
  }))
  return { accepted: shipped, putBack: [], waiting: newsAt === null ? [] : waiting }
}

/**
 * What the report changes in the provider's own book: units that it took on or let go of, and units that it put back.
 * @param shipped what of the submission has left, by all that is known now.
 */
export function withBook(
  order: StoredOrder,
  row: SubmissionRow,
  now: SubmissionState,
  shipped: readonly SkuQuantity[],
): StoredOrder {
  const positions = new Map(order.lines.map((line, index) => [line.facts.id, index]))
  const allocations = new Map(order.allocations.map((one) => [allocationKey(one), one]))
  const here = (sku: string) =>
    [...allocations.values()]
      .filter((one) => one.sku === sku && one.location === row.location)
      .sort((a, b) => (positions.get(a.line) ?? 0) - (positions.get(b.line) ?? 0))
  const put = (one: StoredAllocation) => allocations.set(allocationKey(one), { ...one, held: heldOf(one) })

  const { lines, cancelled } = now
  const known = { lines, shipped: linesOf(row.shipped_lines), cancelled: linesOf(row.cancelled_lines) }
  const before = bookOf(row.accepted_at, row.news_at, known)
  const after = bookOf(now.acceptedAt, now.newsAt, { lines, shipped, cancelled })
  // Somewhere between the last report without it and this one; the earlier moment is the safe one to believe.
  const since = row.news_at ?? now.acceptedAt
  for (const sku of new Set(lines.map((one) => one.sku))) {
    const more = unitsOf(after.waiting, sku) - unitsOf(before.waiting, sku)
    // First those that wait no longer, so that what is taken on now finds their place free.
    for (const [slot, share] of shared(here(sku), Math.min(0, more), 'waiting', shareBooked))
      if (share !== 0) put({ ...slot, waiting: slot.waiting + share })
    const taken = unitsOf(after.accepted, sku) - unitsOf(before.accepted, sku)
    for (const [slot, share] of shared(here(sku), taken, 'accepted', shareBooked)) {
      const accepted = slot.accepted + share
      if (accepted > 0) put({ ...slot, accepted, acceptedAt: latest(slot.acceptedAt, now.acceptedAt) })
      else if (share < 0) put({ ...slot, accepted })
    }
    const back = unitsOf(after.putBack, sku) - unitsOf(before.putBack, sku)
    for (const [slot, share] of shared(here(sku), back, 'putBack', sharePutBack)) {
      if (share === 0) continue
      put({ ...slot, putBack: slot.putBack + share, putBackAt: earliest(slot.putBackAt, since) })
    }
    for (const [slot, share] of shared(here(sku), Math.max(0, more), 'waiting', shareBooked))
      if (share !== 0) put({ ...slot, waiting: slot.waiting + share })
  }
  // Whoever stopped it: the order's stock stays reserved until its channel cancels it, since the buyer is owed the goods.
  return { ...order, allocations: [...allocations.values()] }
}

/** Shares more units among the slots, or takes as many from them. */
function shared(
  slots: readonly StoredAllocation[],
  units: number,
  field: 'accepted' | 'putBack' | 'waiting',
  share: (units: number, slots: readonly StoredAllocation[]) => number[],
): (readonly [StoredAllocation, number])[] {
  const more = share(Math.max(0, units), slots)
  const fewer = shareUndone(
    Math.max(0, -units),
    slots.map((slot) => slot[field]),
  )
  return slots.map((slot, index) => [slot, (more[index] ?? 0) - (fewer[index] ?? 0)] as const)
}

const unitsOf = (lines: readonly SkuQuantity[], sku: string): number =>
  lines.find((line) => line.sku === sku)?.quantity ?? 0

const linesOf = (text: string | null): SkuQuantity[] => (text === null ? [] : JSON.parse(text))

export function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}

function latest(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b
  return a > b ? a : b
}

function earliest(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b
  return a < b ? a : b
}
