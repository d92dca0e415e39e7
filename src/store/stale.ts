import type { Transaction } from './database.ts'
import { chunks, marks, padded, sized } from './sql.ts'

const listingsOf = sized((count) => `SELECT listing FROM listing_sku WHERE sku IN (${marks(count)})`)
const countUp = sized(
  (count) =>
    `UPDATE push SET generation = generation + 1 WHERE changed_at IS NOT NULL AND listing IN (${marks(count)})`,
)
const startWaiting = sized(
  (count) =>
    `UPDATE push SET generation = generation + 1, changed_at = ?
     WHERE changed_at IS NULL AND listing IN (${marks(count)})`,
)

/** Marks every listing that depends on these SKUs, kits included, as out of date. */
export async function markStale(tx: Transaction, skus: readonly string[], at: string): Promise<void> {
  const listings = new Set<number>()
  for (const some of chunks([...new Set(skus)]).map(padded)) {
    const rows = await tx.all<{ listing: number }>(listingsOf(some.length), some)
    for (const row of rows) listings.add(Number(row.listing))
  }
  for (const some of chunks([...listings])) {
    const ids = padded(some)
    // A listing that waits already keeps its place in the queue; the queue's index is not touched for it.
    const waiting = await tx.run(countUp(ids.length), ids)
    if (waiting < some.length) await tx.run(startWaiting(ids.length), [at, ...ids])
  }
}
