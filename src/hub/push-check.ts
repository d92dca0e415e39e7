import { StockpoolError, toStockpoolError } from '../error.ts'
import type { ListingsFacet, WriteResult } from '../spec/listings.ts'
import type { Transaction } from '../store/database.ts'
import { lockListings } from '../store/locks.ts'
import { noteShown, type Shown } from '../store/push-notes.ts'
import { type PushRow, pendingListings } from '../store/pushes.ts'
import { unitsSoldSince } from '../store/sales.ts'
import { callBatch, lookOf, throwRefusal } from './push-calls.ts'
import { byListing, lost, settle } from './push-results.ts'
import { commit, type Pass } from './runtime.ts'

/** How long an accepted write may stay unapplied before the channel is looked at afresh. */
const applyTimeoutMs = 15 * 60_000

/** Asks what became of some accepted writes, but for the handles `known` already. Answers how many it asked about. */
export async function checkPending(
  pass: Pass,
  facet: ListingsFacet,
  most: number,
  known: Set<string>,
): Promise<number> {
  const { check } = facet
  if (!check) return 0
  const due = await pass.run.database.read((tx) => pendingListings(tx, pass.name, pass.run.at(), most))
  const rows = due.filter(({ handle }) => !known.has(handle ?? ''))
  for (const { handle } of rows) known.add(handle ?? '')
  const together = lookOf(facet.batch)
  for (let i = 0; i < rows.length && !pass.signal.aborted; i += together) {
    const batch = rows.slice(i, i + together)
    const asked = batch.map((row) => ({
      target: { listing: row.listing, place: row.place, quantity: row.sent ?? 0, expected: null, key: '' },
      handle: row.handle ?? '',
    }))
    const results = await callBatch(asked, async (some) => {
      try {
        return await check.call(facet, pass.context, some)
      } catch (thrown) {
        if (toStockpoolError(thrown).retryable) return some.map(({ handle }) => later15(handle))
        throw thrown
      }
    })
    throwRefusal(results)
    await commit(pass, async (tx) => {
      await lockListings(
        tx,
        batch.map(({ id }) => id),
      )
      const shown: Shown[] = []
      for (const [j, row] of byListing([...batch.entries()], ([, one]) => one)) {
        const result = results[j] ?? lost('check')
        const less = await shownLess(pass, tx, row, result)
        if (less === null) await settle(pass, tx, row, stuck(pass, row, result), shown)
        else await settle(pass, tx, { ...row, sent: less }, { status: 'done' }, shown)
      }
      await noteShown(tx, shown)
    })
  }
  return rows.length
}

const later15 = (handle: string): WriteResult => ({ status: 'pending', handle, checkAfterMs: 15_000 })

/**
 * A write that shows less than it set has been applied all the same if the channel's own sales since explain the
 * difference. Answers what it shows.
 */
async function shownLess(
  pass: Pass,
  tx: Transaction,
  row: PushRow,
  result: WriteResult,
): Promise<number | null> {
  if (result.status !== 'pending' || row.sent === null || row.sentAt === null) return null
  const observed = result.observed ?? null
  if (observed === null || observed === row.confirmed) return null
  const sold = await unitsSoldSince(tx, { connection: pass.name, listing: row.listing, after: row.sentAt })
  return sold > 0 && observed === row.sent - sold ? observed : null
}

/** An accepted write that shows nothing of itself for too long is looked at afresh, unless the channel has it in a queue. */
function stuck(pass: Pass, row: PushRow, result: WriteResult): WriteResult {
  const since = row.sentAt === null ? 0 : Date.parse(pass.run.at()) - Date.parse(row.sentAt)
  if (result.status !== 'pending' || result.queued === true || since < applyTimeoutMs) return result
  return {
    status: 'failed',
    error: new StockpoolError('unavailable', 'the channel accepted the number and has not applied it', {
      retryAfterMs: 1000,
    }),
  }
}
