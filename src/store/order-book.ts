import {
  cancelledIn,
  heldOf,
  joinSkus,
  type ProviderOrder,
  type SkuQuantity,
  shareAccepted,
  sharePutBack,
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
  readonly externalId: string
  readonly status: string
  readonly rawStatus: string
  readonly attention: string | null
  readonly acceptedAt: string | null
  readonly newsAt: string
  /** By SKU, the most that was reported as never to be shipped. */
  readonly cancelled: readonly SkuQuantity[]
  readonly lines: readonly SkuQuantity[]
}

/** Joins a report to what is known of the submission: the newest words, the greatest numbers. */
export function joinSubmission(row: SubmissionRow, report: ProviderOrder): SubmissionState {
  const newsAt = iso(report.updatedAt)
  const newest = row.news_at === null || newsAt >= row.news_at
  const lines = sumSkus(JSON.parse(row.lines) as SkuQuantity[])
  const rejected = report.status === 'rejected'
  // What a provider refused it does not hold, just as what it cancelled.
  const stopped = cancelledIn(rejected ? { ...report, status: 'cancelled' } : report, lines)
  const known: SkuQuantity[] = row.cancelled_lines === null ? [] : JSON.parse(row.cancelled_lines)
  const acceptedAt = rejected || report.allocated === false ? null : iso(report.acceptedAt)
  return {
    externalId: report.id,
    status: newest ? report.status : (row.status ?? report.status),
    rawStatus: newest ? report.rawStatus : row.raw_status,
    attention: newest ? report.attention : row.attention,
    acceptedAt: latest(row.accepted_at, acceptedAt),
    newsAt: newest ? newsAt : (row.news_at ?? newsAt),
    cancelled: joinSkus(known, stopped),
    lines,
  }
}

/** What the report changes in the provider's own book: units that it took on, and units that it put back. */
export function withBook(order: StoredOrder, row: SubmissionRow, now: SubmissionState): StoredOrder {
  const positions = new Map(order.lines.map((line, index) => [line.facts.id, index]))
  const allocations = new Map(order.allocations.map((one) => [allocationKey(one), one]))
  const here = (sku: string) =>
    [...allocations.values()]
      .filter((one) => one.sku === sku && one.location === row.location)
      .sort((a, b) => (positions.get(a.line) ?? 0) - (positions.get(b.line) ?? 0))
  const put = (one: StoredAllocation) => allocations.set(allocationKey(one), { ...one, held: heldOf(one) })

  if (now.acceptedAt !== null) {
    const first = row.accepted_at === null
    for (const { sku, quantity } of now.lines) {
      const slots = here(sku)
      const shares = first ? shareAccepted(quantity, slots) : slots.map(() => 0)
      for (const [index, slot] of slots.entries()) {
        const accepted = slot.accepted + (shares[index] ?? 0)
        if (accepted === 0) continue
        put({ ...slot, accepted, acceptedAt: latest(slot.acceptedAt, now.acceptedAt) })
      }
    }
  }

  const known: SkuQuantity[] = row.cancelled_lines === null ? [] : JSON.parse(row.cancelled_lines)
  const before = new Map(known.map(({ sku, quantity }) => [sku, quantity]))
  // Somewhere between the last report without it and this one; the earlier moment is the safe one to believe.
  const since = row.news_at ?? now.acceptedAt
  for (const { sku, quantity } of now.cancelled) {
    const slots = here(sku)
    const shares = sharePutBack(quantity - (before.get(sku) ?? 0), slots)
    for (const [index, slot] of slots.entries()) {
      const share = shares[index] ?? 0
      if (share === 0) continue
      put({ ...slot, putBack: slot.putBack + share, putBackAt: earliest(slot.putBackAt, since) })
    }
  }
  // Whoever stopped it: the order's stock stays reserved until its channel cancels it, since the buyer is owed the goods.
  return { ...order, allocations: [...allocations.values()] }
}

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
