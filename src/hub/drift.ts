import type { ListingReading } from '../spec/listings.ts'
import { readCursor } from '../store/connections.ts'
import { offerTerms } from '../store/offers.ts'
import { type PushRow, pushRowsOf } from '../store/pushes.ts'
import { unitsSoldSince } from '../store/sales.ts'
import { mustKnow } from './api-catalog.ts'
import { type Compared, lookAtAll, lookedAtOnce, rowsToCompare, writtenSince } from './look-all.ts'
import { baseline } from './push-decision.ts'
import type { Runtime } from './runtime.ts'
import { userOffer } from './user-offer.ts'

/**
 * Why a channel's number may differ from its offer.
 * - `write-waiting`: the new number has not been sent yet. `write-pending`: accepted by the channel, not applied yet.
 * - `write-failing`: the channel refuses the number.
 * - `unread-sale`: the channel fell by itself since the last look; an order is on its way.
 * - `held-back`: sales were seen whose orders have not arrived.
 * - `changed-on-channel`: somebody, or another program, set another number there.
 * - `missing`: the channel does not keep stock for this listing. `unreadable`: it could not be asked.
 */
export type DriftCause =
  | 'write-waiting'
  | 'write-pending'
  | 'write-failing'
  | 'unread-sale'
  | 'held-back'
  | 'changed-on-channel'
  | 'missing'
  | 'unreadable'

/** One number that differs from its offer. Quantities in units of the listing. */
export interface Drift {
  readonly connection: string
  readonly listing: string
  readonly place: string
  readonly sku: string
  /** What it should show. */
  readonly offer: number
  /** What it shows; `null` when it could not be read. */
  readonly shown: number | null
  readonly cause: DriftCause
  /** In words, for people. */
  readonly detail: string
}

/**
 * What `hub.drift()` found.
 * @example
 * const { differences } = await hub.drift()
 * for (const { connection, listing, offer, shown, cause } of differences) console.warn(connection, listing, offer, shown, cause)
 */
export interface DriftReport {
  /** ISO 8601 UTC. */
  readonly at: string
  /** Listings compared. */
  readonly compared: number
  readonly differences: readonly Drift[]
}

/** Reads every channel's own numbers and tells where they differ from the offer, and why. Changes nothing. */
export async function findDrift(
  run: Runtime,
  only: string | null,
  signal: AbortSignal,
): Promise<DriftReport> {
  if (only !== null) mustKnow(run, only)
  const differences: Drift[] = []
  let compared = 0
  for (const [connection, { listings: facet }] of run.connections) {
    if (!facet?.read || (only !== null && only !== connection)) continue
    const look = facet.read.bind(facet)
    const context = run.context(connection, signal)
    for (let after: number | null = 0; after !== null; ) {
      const read: Runtime['database']['read'] = (work) => run.database.read(work)
      const part = await rowsToCompare(read, { connection, facet, after })
      // What the file had before a write is no drift.
      const written = (rows: readonly Compared[]) => writtenSince(read, rows)
      const readings = await lookAtAll(context, look, part.rows, isOther, written)
      for (let start = 0; start < part.rows.length; start += lookedAtOnce) {
        const some = part.rows.slice(start, start + lookedAtOnce)
        const shown = new Map(some.map(({ id }, at) => [id, readings[start + at]]))
        differences.push(...(await compare(run, connection, shown)))
      }
      compared += part.rows.length
      after = part.next
    }
  }
  return { at: run.at(), compared, differences }
}

const isOther = ({ confirmed }: Compared, reading: ListingReading) =>
  reading.status !== 'shown' || reading.quantity !== confirmed

async function compare(
  run: Runtime,
  connection: string,
  readings: ReadonlyMap<number, ListingReading | undefined>,
): Promise<Drift[]> {
  return run.database.read(async (tx) => {
    const { completeUntil } = await readCursor(tx, connection, 'orders')
    const ids = [...readings.keys()]
    const terms = await offerTerms(tx, ids)
    const found: Drift[] = []
    for (const row of await pushRowsOf(tx, ids)) {
      const { offer } = userOffer(run.offer, connection, row, terms.get(row.id))
      const reading = readings.get(row.id)
      const shown = reading?.status === 'shown' ? reading.quantity : null
      if (shown === offer) continue
      const base = baseline({ ...row, completeUntil })
      const sold =
        base === null ? 0 : await unitsSoldSince(tx, { connection, listing: row.listing, after: base.at })
      // A channel that tells no orders has sold nothing: less than was written is somebody's hand.
      const sells = run.connections.get(connection)?.orders !== undefined
      const believed = base === null || !sells ? null : base.quantity - sold
      const { listing, place, sku } = row
      found.push({ connection, listing, place, sku, offer, shown, ...why(row, reading, believed) })
    }
    return found
  })
}

/** The likely cause, the surest first. `believed`: what the channel should show after its own sales that we know of. */
function why(
  row: PushRow,
  reading: ListingReading | undefined,
  believed: number | null,
): Pick<Drift, 'cause' | 'detail'> {
  if (reading?.status === 'missing') return { cause: 'missing', detail: reading.detail }
  if (reading?.status !== 'shown')
    return { cause: 'unreadable', detail: reading?.error.message ?? 'no answer for this listing' }
  if (row.handle !== null)
    return { cause: 'write-pending', detail: `the channel accepted ${row.sent} at ${row.sentAt}` }
  if (row.generation > row.done && row.error !== null) return { cause: 'write-failing', detail: row.error }
  if (row.held > 0)
    return { cause: 'held-back', detail: `${row.held} held back for sales whose orders have not arrived` }
  if (believed !== null && reading.quantity < believed) {
    return {
      cause: 'unread-sale',
      detail: `it should show ${believed} after the sales we know of; ${believed - reading.quantity} fewer are there`,
    }
  }
  if (row.generation > row.done)
    return { cause: 'write-waiting', detail: `out of date since ${row.changedAt}` }
  return { cause: 'changed-on-channel', detail: `last confirmed ${row.confirmed} at ${row.confirmedAt}` }
}
