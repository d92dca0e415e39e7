import type { AdapterContext } from '../spec/context.ts'
import type { ListingReading, ListingRef, ListingsFacet, ReadTerms } from '../spec/listings.ts'
import type { Transaction } from '../store/database.ts'
import { type PushRow, pushRows, pushRowsOf } from '../store/pushes.ts'
import { callBatch } from './push-calls.ts'

// A compare of everything that a channel shows. Some channels have a file of it, which is one call for a hundred thousand rows and
// may be an hour old: what differs in it is read once more, row by row, before anybody believes it.

/** So many rows are read together where there is no file, and again after one. */
export const lookedAtOnce = 200

/** Of a row, as much as a compare keeps in memory of all of them. */
export interface Compared extends ListingRef {
  readonly id: number
  readonly confirmed: number | null
  readonly confirmedAt: string | null
}

/** Rows of a connection from an id on, as many as its channel is given in one read. `next` is `null` when these were the last. */
export async function rowsToCompare(
  read: <T>(work: (tx: Transaction) => Promise<T>) => Promise<T>,
  { connection, facet, after }: { connection: string; facet: ListingsFacet; after: number },
  wanted: (row: PushRow) => boolean = () => true,
): Promise<{ readonly rows: Compared[]; readonly next: number | null }> {
  const most = Math.max(lookedAtOnce, facet.readTogether ?? 0)
  const rows: Compared[] = []
  let from = after
  while (rows.length < most) {
    const limit = Math.min(lookedAtOnce, most - rows.length)
    const page = await read((tx) => pushRows(tx, { connection, after: from, limit }))
    if (page.length === 0) return { rows, next: null }
    from = page.at(-1)?.id ?? from
    for (const row of page.filter(wanted)) {
      const { id, listing, place, confirmed, confirmedAt } = row
      rows.push({ id, listing, place, confirmed, confirmedAt })
    }
  }
  return { rows, next: from }
}

/** Whether a row was written after it was read from the database. */
export const isWrittenSince = (row: Compared, now: Pick<PushRow, 'confirmed' | 'confirmedAt'>): boolean =>
  now.confirmed !== row.confirmed || now.confirmedAt !== row.confirmedAt

/** Of these rows, the ids of those that have been written since they were read from the database. */
export async function writtenSince(
  read: <T>(work: (tx: Transaction) => Promise<T>) => Promise<T>,
  rows: readonly Compared[],
): Promise<ReadonlySet<number>> {
  const before = new Map(rows.map((row) => [row.id, row]))
  const written = new Set<number>()
  for (let start = 0; start < rows.length; start += lookedAtOnce) {
    const ids = rows.slice(start, start + lookedAtOnce).map(({ id }) => id)
    for (const now of await read((tx) => pushRowsOf(tx, ids))) {
      const row = before.get(now.id)
      if (row && isWrittenSince(row, now)) written.add(now.id)
    }
  }
  return written
}

/**
 * What the channel shows of these rows, in their order: those that `differ` by a file, and those that were `written` while it was
 * read, are as they are now.
 */
export async function lookAtAll<Row extends Compared>(
  context: AdapterContext,
  read: NonNullable<ListingsFacet['read']>,
  rows: readonly Row[],
  differ: (row: Row, reading: ListingReading) => boolean,
  written: (rows: readonly Row[]) => Promise<ReadonlySet<number>> = async () => new Set(),
): Promise<readonly ListingReading[]> {
  if (rows.length === 0) return []
  const look = (some: readonly Row[], terms: ReadTerms) =>
    callBatch(some, (refs) => read(context, refs, terms))
  const mayBeOld = rows.length > lookedAtOnce
  const readings = [...(await look(rows, { mayBeOld }))]
  const since = await written(rows)
  const again = rows.flatMap((row, index) => {
    const reading = readings[index]
    if (reading === undefined) return []
    return since.has(row.id) || (mayBeOld && differ(row, reading)) ? [{ row, index }] : []
  })
  for (let start = 0; start < again.length; start += lookedAtOnce) {
    const part = again.slice(start, start + lookedAtOnce)
    const fresh = await look(
      part.map(({ row }) => row),
      { mayBeOld: false },
    )
    for (const [at, { index }] of part.entries()) {
      const reading = fresh[at]
      if (reading !== undefined) readings[index] = reading
    }
  }
  return readings
}
