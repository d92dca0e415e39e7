import type { ListingReading, ListingsFacet } from '../spec/listings.ts'
import { readCursor, writeCursor } from '../store/connections.ts'
import { markListing } from '../store/listings.ts'
import { lockListings } from '../store/locks.ts'
import { noteObserved } from '../store/push-notes.ts'
import { type PushRow, pushRowsOf } from '../store/pushes.ts'
import { type Compared, isWrittenSince, lookAtAll, lookedAtOnce, rowsToCompare } from './look-all.ts'
import { throwRefusal } from './push-calls.ts'
import { commit, type Pass } from './runtime.ts'

/**
 * Reads every number that the channel shows, and puts those out of date that are not what was last confirmed. The safety
 * net below webhooks and sales: it finds what somebody changed by hand, and what a platform lost.
 */
export async function auditListings(pass: Pass): Promise<void> {
  const { connection, name, run } = pass
  const facet = connection.listings
  if (facet?.read) {
    for (let after: number | null = 0; after !== null; ) {
      const from = { connection: name, facet, after }
      const { rows, next } = await rowsToCompare((work) => run.database.read(work), from, isSettled)
      await audit(pass, facet.read.bind(facet), rows)
      after = next
    }
  }
  await commit(pass, async (tx) => {
    const cursor = await readCursor(tx, name, 'audit')
    await writeCursor(tx, name, 'audit', { ...cursor, ranAt: run.at() })
  })
}

/** Others are looked at by the pass that writes them. */
const isSettled = (row: PushRow) => row.handle === null && row.generation <= row.done

interface Other {
  readonly row: Compared
  readonly quantity: number
}

async function audit(
  pass: Pass,
  read: NonNullable<ListingsFacet['read']>,
  rows: readonly Compared[],
): Promise<void> {
  pass.signal.throwIfAborted()
  const readings = await lookAtAll(pass.context, read, rows, isOther)
  throwRefusal(readings)
  for (const reading of readings)
    if (reading.status === 'failed' && reading.error.retryable) throw reading.error
  const others = rows.flatMap((row, index): Other[] => {
    const reading = readings[index]
    return reading?.status === 'shown' && isOther(row, reading) ? [{ row, quantity: reading.quantity }] : []
  })
  for (let start = 0; start < others.length; start += lookedAtOnce)
    await putOutOfDate(pass, others.slice(start, start + lookedAtOnce))
}

const isOther = ({ confirmed }: Compared, reading: ListingReading) =>
  reading.status === 'shown' && reading.quantity !== confirmed

async function putOutOfDate(pass: Pass, others: readonly Other[]): Promise<void> {
  const at = pass.run.at()
  const ids = others.map(({ row }) => row.id)
  await commit(pass, async (tx) => {
    await lockListings(tx, ids)
    const now = new Map((await pushRowsOf(tx, ids)).map((row) => [row.id, row]))
    // One that was written since has been looked at by its own write.
    const still = others.filter(({ row }) => {
      const found = now.get(row.id)
      return found !== undefined && isSettled(found) && !isWrittenSince(row, found)
    })
    await noteObserved(
      tx,
      still.map(({ row, quantity }) => ({ id: row.id, quantity, at })),
    )
    // By their ids, as they were read and as every transaction holds them.
    for (const { row } of still) await markListing(tx, row.id, at)
  })
}
