import { type ErrorCode, StockpoolError } from '../error.ts'
import type { WriteResult } from '../spec/listings.ts'
import type { Transaction } from '../store/database.ts'
import { emit } from '../store/events.ts'
import { lockListings } from '../store/locks.ts'
import { noteFailed, notePending, type Shown } from '../store/push-notes.ts'
import type { PushRow } from '../store/pushes.ts'
import { backoffMs, later, lowerWaitMs } from './backoff.ts'
import { inDoubt } from './push-decision.ts'
import { commit, type Pass } from './runtime.ts'

/** Errors that leave no doubt: what was sent had no effect. */
const certain: ReadonlySet<ErrorCode> = new Set([
  'invalid_input',
  'not_found',
  'unsupported',
  'auth',
  'permission',
  'rate_limited',
  'rejected',
])

/**
 * Stores one row's result. `row` is as it was before the write, but for what was sent. What the channel shows now is added
 * to `shown`, to be noted together.
 */
export async function settle(
  pass: Pass,
  tx: Transaction,
  row: PushRow,
  result: WriteResult,
  shown: Shown[],
): Promise<void> {
  const at = pass.run.at()
  if (result.status === 'done') {
    shown.push({
      id: row.id,
      quantity: row.sent ?? 0,
      generation: row.sentGeneration ?? row.generation,
      at,
    })
    pass.report.listingsShown++
  } else if (result.status === 'pending' && pass.connection.listings?.check === undefined) {
    await noteRowFailed(pass, tx, row, unchecked(pass))
  } else if (result.status === 'pending') {
    await notePending(tx, { id: row.id, handle: result.handle, checkAt: later(at, result.checkAfterMs) })
    pass.report.listingsPending++
  } else if (result.status === 'failed') {
    await noteRowFailed(pass, tx, row, result.error, { certain: certain.has(result.error.code) })
  }
}

const unchecked = (pass: Pass) =>
  new StockpoolError('internal', `the ${pass.connection.kind} adapter answers "pending" and cannot check`)

interface Failure {
  /** What was sent had no effect. Default: nobody can say. */
  readonly certain: boolean
}

/** In the order of their ids, in which every transaction that writes several listings holds their rows. */
export function byListing<T>(entries: readonly T[], rowOf: (entry: T) => Pick<PushRow, 'id'>): T[] {
  return entries.toSorted((a, b) => rowOf(a).id - rowOf(b).id)
}

export async function fail(
  pass: Pass,
  rows: readonly PushRow[],
  error: StockpoolError,
  failure?: Failure,
): Promise<void> {
  if (rows.length === 0) return
  await commit(pass, async (tx) => {
    await lockListings(
      tx,
      rows.map(({ id }) => id),
    )
    for (const row of byListing(rows, (one) => one)) await noteRowFailed(pass, tx, row, error, failure)
  })
}

/** A failed row waits by itself. A failure that repeating cannot mend is told once, and tried again within the hour; a number that must go down, within half a minute. */
export async function noteRowFailed(
  pass: Pass,
  tx: Transaction,
  row: PushRow,
  error: StockpoolError,
  failure: Failure = { certain: false },
): Promise<void> {
  if (error.code === 'aborted' || error.code === 'lease_lost') return
  const at = pass.run.at()
  const text = JSON.stringify({ code: error.code, message: error.message })
  const wait = waitMs(row, error)
  await noteFailed(tx, {
    id: row.id,
    retryAt: later(at, wait),
    lowerAt: later(at, Math.min(wait, lowerWaitMs)),
    error: text,
    counts: error.code !== 'rate_limited' && error.code !== 'auth',
    // An earlier write that is in doubt stays so, whatever became of this one.
    certain: failure.certain && !inDoubt(row),
  })
  pass.report.listingsFailed++
  if (!error.retryable && error.code !== 'auth' && row.error !== text) {
    const { listing, place } = row
    await emit(tx, at, 'listing.failed', {
      connection: pass.name,
      listing,
      place,
      code: error.code,
      message: error.message,
    })
  }
}

function waitMs(row: PushRow, error: StockpoolError): number {
  // The whole connection waits for a person; then the row goes on at once.
  if (error.code === 'auth') return 0
  return error.retryable ? backoffMs(row.attempts, error) : 3_600_000
}

export const missing = (detail: string) =>
  new StockpoolError('not_found', `the channel does not keep stock for this listing: ${detail}`, {
    field: 'listing',
    remedy: 'Make the listing on the channel (and stock it at this place), or unlink it.',
  })

export const lost = (what: string): { status: 'failed'; error: StockpoolError } => ({
  status: 'failed',
  error: new StockpoolError('internal', `the adapter's ${what} answered fewer results than rows`),
})
