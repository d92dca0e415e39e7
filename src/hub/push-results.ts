import { StockpoolError } from '../error.ts'
import type { WriteResult } from '../spec/listings.ts'
import type { Transaction } from '../store/database.ts'
import { emit } from '../store/events.ts'
import { noteFailed, notePending, noteShown, type PushRow } from '../store/pushes.ts'
import { backoffMs, later } from './backoff.ts'
import { commit, type Pass } from './runtime.ts'

/** Stores one row's result. */
export async function settle(pass: Pass, tx: Transaction, row: PushRow, result: WriteResult): Promise<void> {
  const at = pass.run.at()
  if (result.status === 'done') {
    await noteShown(tx, {
      id: row.id,
      quantity: row.sent ?? 0,
      generation: row.sentGeneration ?? row.generation,
      at,
    })
    pass.report.listingsShown++
  } else if (result.status === 'pending') {
    await notePending(tx, { id: row.id, handle: result.handle, checkAt: later(at, result.checkAfterMs) })
    pass.report.listingsPending++
  } else if (result.status === 'failed') {
    await noteRowFailed(pass, tx, row, result.error)
  }
}

export async function fail(pass: Pass, rows: readonly PushRow[], error: StockpoolError): Promise<void> {
  if (rows.length === 0) return
  await commit(pass, async (tx) => {
    for (const row of rows) await noteRowFailed(pass, tx, row, error)
  })
}

/** A failed row waits by itself. A failure that repeating cannot mend is told once, and tried again within the hour. */
export async function noteRowFailed(
  pass: Pass,
  tx: Transaction,
  row: PushRow,
  error: StockpoolError,
): Promise<void> {
  if (error.code === 'aborted' || error.code === 'lease_lost') return
  const at = pass.run.at()
  const wait = error.retryable ? backoffMs(row.attempts, error) : 3_600_000
  const text = JSON.stringify({ code: error.code, message: error.message })
  await noteFailed(tx, {
    id: row.id,
    retryAt: later(at, wait),
    error: text,
    counts: error.code !== 'rate_limited',
  })
  pass.report.listingsFailed++
  if (!error.retryable && row.error !== text) {
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

export const missing = (detail: string) =>
  new StockpoolError('not_found', `the channel does not keep stock for this listing: ${detail}`, {
    field: 'listing',
    remedy: 'Make the listing on the channel (and stock it at this place), or unlink it.',
  })

export const lost = (what: string): { status: 'failed'; error: StockpoolError } => ({
  status: 'failed',
  error: new StockpoolError('internal', `the adapter's ${what} answered fewer results than rows`),
})
