import type { Transaction } from './database.ts'
import { mostAtOnce } from './locks.ts'
import { chunks, flat, marks, padded, pieces, rowMarks, sized } from './sql.ts'

/** Changes of a listing that are about to be sent. */
export interface Revision {
  readonly listing: string
  readonly countedAs: string
  readonly count: number
}

/** What each of these listings was last counted by; one that was never changed is absent. */
export async function countedBefore(
  tx: Transaction,
  connection: string,
  listings: readonly string[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const some of chunks([...new Set(listings)], mostAtOnce(tx)).map(padded)) {
    const rows = await tx.all<{ listing: string; name: string }>(
      `SELECT listing, counted_as AS "name" FROM revision WHERE connection = ? AND listing IN (${marks(some.length)})`,
      [connection, ...some],
    )
    for (const { listing, name } of rows) found.set(listing, name)
  }
  return found
}

/** How often each of these was changed on a day, all listings that are counted by it together; one that was not is absent. */
export async function revisionsOn(
  tx: Transaction,
  connection: string,
  day: string,
  names: readonly string[],
): Promise<Map<string, number>> {
  const used = new Map<string, number>()
  for (const some of chunks([...new Set(names)], mostAtOnce(tx)).map(padded)) {
    const rows = await tx.all<{ name: string; used: number }>(
      `SELECT counted_as AS "name", SUM(used) AS "used" FROM revision
       WHERE connection = ? AND day = ? AND counted_as IN (${marks(some.length)}) GROUP BY counted_as`,
      [connection, day, ...some],
    )
    for (const row of rows) used.set(row.name, Number(row.used))
  }
  return used
}

const count = sized(
  (rows) => `INSERT INTO revision (connection, listing, counted_as, day, used) VALUES ${rowMarks(rows, 5)}
    ON CONFLICT (connection, listing) DO UPDATE SET counted_as = excluded.counted_as, day = excluded.day,
      used = excluded.used + CASE WHEN revision.day = excluded.day THEN revision.used ELSE 0 END`,
)

/** Counts them, each listing once, in the order of their names: none waits for another in a ring. */
export async function countRevisions(
  tx: Transaction,
  connection: string,
  day: string,
  revisions: readonly Revision[],
): Promise<void> {
  const sorted = revisions.toSorted((a, b) => (a.listing < b.listing ? -1 : 1))
  for (const some of pieces(sorted)) {
    await tx.run(
      count(some.length),
      flat(some.map((one) => [connection, one.listing, one.countedAs, day, one.count])),
    )
  }
}
