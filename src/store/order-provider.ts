import type { Order } from '../model/order.ts'
import { calledShipped, joinSkus, type ProviderOrder, type SkuQuantity, sumSkus } from '../order/index.ts'
import type { Transaction } from './database.ts'
import { emit } from './events.ts'
import { lockOrder } from './locks.ts'
import {
  iso,
  joinSubmission,
  type SubmissionRow,
  type SubmissionState,
  wantedBack,
  withBook,
} from './order-book.ts'
import { type Attention, tellAttention, tellOrder } from './order-news.ts'
import { hasLeft, mergeParcels, shippedFacts, withShipped } from './order-parcels.ts'
import { loadOrder, type StoredOrder, same, toOrder } from './order-rows.ts'
import { settleOrder } from './order-settle.ts'
import { addTimeline } from './order-timeline.ts'
import { loadParcels, type ParcelRecord, type StoredParcel, saveParcel, toStoredParcel } from './parcels.ts'

export interface ProviderNews {
  /** The provider's connection. */
  readonly provider: string
  /** What the provider reports of one submission. */
  readonly order: ProviderOrder
  /** Now: ISO 8601 UTC. */
  readonly at: string
}

export interface ProviderResult {
  /** `false`: this provider was never asked for an order of this reference, so nothing was done. */
  readonly known: boolean
  /** `false`: everything in the report was known. */
  readonly changed: boolean
  readonly order: Order | null
  /** Parcels with tracking that the channel does not have yet. */
  readonly confirm: readonly StoredParcel[]
  /** Parcels whose tracking changed after the channel had it. */
  readonly correct: readonly StoredParcel[]
  readonly attention: readonly Attention[]
  /** What a person must look at unless it can go elsewhere: told by the caller. */
  readonly givenUp: readonly Attention[]
}

/**
 * Takes in what a provider reports of one submission, in the caller's transaction: what it took on, what it will
 * never ship, what it packed and what left. Reports may come late and twice. The channel is not asked: what it
 * reports as shipped and what the provider reports count as one.
 */
export async function applyProviderOrder(tx: Transaction, news: ProviderNews): Promise<ProviderResult> {
  const { provider, order: report, at } = news
  const find = () =>
    tx.get<SubmissionRow>('SELECT * FROM submission WHERE provider = ? AND reference = ?', [
      provider,
      report.reference,
    ])
  const found = await find()
  if (found !== undefined) await lockOrder(tx, found.connection, found.order_id)
  // What others wrote of it while we waited for the order counts.
  const row = tx.dialect === 'sqlite' ? found : await find()
  const before = row === undefined ? null : await loadOrder(tx, row.connection, row.order_id)
  if (row === undefined || before === null) {
    return { known: false, changed: false, order: null, confirm: [], correct: [], attention: [], givenUp: [] }
  }
  const { connection, id } = before
  const known = await loadParcels(tx, connection, id)
  const parcels = mergeParcels(known, before, {
    provider,
    location: row.location,
    reference: row.reference,
    reports: report.parcels,
    at: iso(report.updatedAt),
    calledShipped: calledShipped(report.status),
  })
  const submission = joinSubmission(row, report)
  const booked = withShipped(withBook(before, row, submission, leftOf(row, parcels)), parcels)
  const settled = await settleOrder(tx, {
    before,
    after: booked,
    at,
    route: null,
    shipTo: { country: before.country, postalCode: null },
    shipped: shippedFacts(parcels),
  })
  for (const parcel of parcels) {
    const was = known.find((one) => one.id === parcel.id)
    if (!same(parcel, was)) await saveParcel(tx, connection, id, parcel)
  }
  const wrote = await saveSubmission(tx, row, submission, parcels)
  const attention = settled.changed ? await tellOrder(tx, before, settled.order, at) : []
  const { told, givenUp } = attentionOf(row, submission, provider)
  const more = [...told, ...parcelAttention(known, parcels)]
  await tellParcels(tx, settled.order, known, parcels, at)
  await tellAttention(tx, connection, id, at, more)
  if (submission.status !== row.status) await tellStatus(tx, row, submission, at)
  return {
    known: true,
    changed: settled.changed || wrote || !same(known, parcels),
    order: toOrder(settled.order),
    confirm: parcels.map(toStoredParcel).filter((one) => one.ready && one.confirmedAt === null),
    correct: parcels.filter((one) => wasRelabelled(one, known)).map(toStoredParcel),
    attention: [...attention, ...more],
    givenUp,
  }
}

/** What of a submission has left. */
function leftOf({ provider, reference }: SubmissionRow, parcels: readonly ParcelRecord[]): SkuQuantity[] {
  const own = parcels.filter((one) => one.provider === provider && one.reference === reference)
  return sumSkus(own.filter(hasLeft).flatMap((one) => one.state.lines))
}

/** `true` when it told anything new. */
async function saveSubmission(
  tx: Transaction,
  row: SubmissionRow,
  now: SubmissionState,
  parcels: readonly ParcelRecord[],
): Promise<boolean> {
  const shipped = JSON.stringify(leftOf(row, parcels))
  const cancelled = JSON.stringify(now.cancelled)
  const values = [
    now.externalId,
    now.status,
    now.rawStatus,
    now.attention,
    now.acceptedAt,
    now.newsAt,
    cancelled,
    shipped,
  ]
  const known = [
    row.external_id,
    row.status,
    row.raw_status,
    row.attention,
    row.accepted_at,
    row.news_at,
    row.cancelled_lines,
    row.shipped_lines,
  ]
  if (same(values, known)) return false
  await tx.run(
    `UPDATE submission SET external_id = ?, status = ?, raw_status = ?, attention = ?, accepted_at = ?, news_at = ?,
       cancelled_lines = ?, shipped_lines = ? WHERE provider = ? AND reference = ?`,
    [...values, row.provider, row.reference],
  )
  return true
}

function attentionOf(
  row: SubmissionRow,
  now: SubmissionState,
  provider: string,
): { told: Attention[]; givenUp: Attention[] } {
  const told: Attention[] = []
  const givenUp: Attention[] = []
  if (now.attention !== null && now.attention !== row.attention) {
    const asks = now.status === 'rejected' || now.status === 'backordered' ? givenUp : told
    asks.push({ line: null, reason: `${provider}: ${now.attention}` })
  }
  if (now.status === 'rejected' && row.status !== 'rejected' && now.attention === null) {
    const reason = `${provider} rejected the order: put right what it names, then hub.orders.resume`
    givenUp.push({ line: null, reason })
  }
  // What a provider stopped at our wish is nothing new, also when it tells of it late.
  const before = joinSkus(linesOf(row.cancelled_lines), linesOf(row.settled_lines))
  const known = new Map(before.map(({ sku, quantity }) => [sku, quantity]))
  const more = now.cancelled
    .map(({ sku, quantity }) => ({ sku, quantity: quantity - (known.get(sku) ?? 0) }))
    .filter(({ quantity }) => quantity > 0)
  if (more.length > 0 && now.status !== 'rejected' && !wantedBack.has(row.state)) {
    const what = more.map(({ sku, quantity }) => `${quantity} of ${sku}`).join(', ')
    const reason = `${provider} cancelled ${what} unasked; the stock stays reserved: ask for it anew with hub.orders.resume, or cancel the order on its channel`
    givenUp.push({ line: null, reason })
  }
  return { told, givenUp }
}

const linesOf = (text: string | null): SkuQuantity[] => (text === null ? [] : JSON.parse(text))

function parcelAttention(known: readonly ParcelRecord[], parcels: readonly ParcelRecord[]): Attention[] {
  const attention: Attention[] = []
  for (const parcel of parcels) {
    const was = known.find((one) => one.id === parcel.id)
    if (parcel.rest.length > 0 && !same(parcel.rest, was?.rest ?? [])) {
      const what = parcel.rest.map(({ sku, quantity }) => `${quantity} of ${sku}`).join(', ')
      const reason = `parcel ${parcel.id} holds ${what} that no line of the order wants: ask the warehouse, and count the stock`
      attention.push({ line: null, reason })
    }
    const wasShipped = was !== undefined && hasLeft(was)
    if (wasShipped && parcel.state.withdrawn) {
      const reason = `parcel ${parcel.id} was counted as shipped and is withdrawn now: see where its goods are, and count the stock`
      attention.push({ line: null, reason })
    }
  }
  return attention
}

export async function tellParcels(
  tx: Transaction,
  { connection, id: order }: StoredOrder,
  known: readonly ParcelRecord[],
  parcels: readonly ParcelRecord[],
  at: string,
): Promise<void> {
  for (const record of parcels) {
    const was = known.find((one) => one.id === record.id)
    const { provider, sequence, confirmedAt, confirmedAs, ready, ...parcel } = toStoredParcel(record)
    const facts = { parcel: record.id, trackingNumber: parcel.trackingNumber, lines: parcel.lines }
    if (was === undefined) {
      await addTimeline(tx, connection, order, at, { text: `${provider}: parcel ${record.id}`, facts })
    }
    if (hasLeft(record) && (was === undefined || !hasLeft(was))) {
      await emit(tx, at, 'order.shipped', { connection, order, parcel })
      await addTimeline(tx, connection, order, at, {
        text: `${provider}: parcel ${record.id} has left`,
        facts,
      })
    }
    if (record.state.withdrawn && was?.state.withdrawn === false) {
      await emit(tx, at, 'shipment.withdrawn', { connection, order, parcel: record.id })
      await addTimeline(tx, connection, order, at, {
        text: `${provider}: parcel ${record.id} is withdrawn`,
        facts,
      })
    }
  }
}

async function tellStatus(
  tx: Transaction,
  row: SubmissionRow,
  now: SubmissionState,
  at: string,
): Promise<void> {
  const { provider, reference, connection, order_id } = row
  const facts = { provider, reference, status: now.status, rawStatus: now.rawStatus }
  await addTimeline(tx, connection, order_id, at, { text: `${provider}: ${now.status}`, facts })
}

function wasRelabelled(parcel: ParcelRecord, known: readonly ParcelRecord[]): boolean {
  const was = known.find((one) => one.id === parcel.id)
  const number = parcel.state.label.trackingNumber
  return parcel.confirmedAt !== null && was !== undefined && was.state.label.trackingNumber !== number
}
