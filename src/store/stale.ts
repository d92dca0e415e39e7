import type { Transaction } from './database.ts'
import { forUpdate, mostAtOnce } from './locks.ts'
import { chunks, marks, padded, sized } from './sql.ts'

// A mark counts up a listing's `generation`. Once it is above `planned`, the generation that a worker last began to
// compute a number for, the number is going to be computed anyway and need not be marked again; and `balance.marked`
// says for each balance that all of its listings are so. A SKU that sells a thousand times while its channel is slow
// writes one mark, not a thousand, and does not even look for its listings.
//
// In PostgreSQL the rows of `push` are held before it is decided which of them are marked: a worker that begins to compute
// one of the others meanwhile waits until this posting can be seen. (MATERIALIZED: the planner must not filter before it
// locks.) They are held in their order, since several transactions may mark the same ones.
const ofSkus = (count: number) =>
  `FROM listing_sku JOIN push ON push.listing = listing_sku.listing WHERE listing_sku.sku IN (${marks(count)})`

const markUnmarked = {
  sqlite: sized(
    (count) =>
      `UPDATE push SET generation = generation + 1, changed_at = COALESCE(changed_at, ?)
       WHERE listing IN (SELECT push.listing ${ofSkus(count)} AND push.generation <= push.planned)`,
  ),
  postgres: sized(
    (count) =>
      `WITH held AS MATERIALIZED (
         SELECT push.listing, push.generation, push.planned ${ofSkus(count)}
         ORDER BY push.listing FOR UPDATE OF push
       )
       UPDATE push SET generation = push.generation + 1, changed_at = COALESCE(push.changed_at, ?)
       FROM held WHERE push.listing = held.listing AND held.generation <= held.planned`,
  ),
}

/** The SKUs whose listings a transaction has to mark when it has done all its postings. */
export class Touched {
  readonly #skus = new Set<string>()

  add(sku: string): void {
    this.#skus.add(sku)
  }

  /** Marks every listing that depends on these SKUs, kits included, as out of date. */
  async mark(tx: Transaction, at: string): Promise<void> {
    for (const some of chunks([...this.#skus], mostAtOnce(tx)).map(padded)) {
      // The order in which the two dialects' statements name them.
      const values = tx.dialect === 'sqlite' ? [at, ...some] : [...some, at]
      await tx.run(markUnmarked[tx.dialect](some.length), values)
    }
    this.#skus.clear()
  }
}

/**
 * Notes that the numbers of these listings are about to be computed, and answers the generations that they will be of; a
 * listing that is no longer linked is absent. Whatever changes the stock and is not visible from now on marks them anew. For
 * that it waits until every posting to their SKUs that is under way has ended, or has marked them; those that begin later
 * find `planned` and `marked` as they are left here.
 */
export async function notePlanned(
  tx: Transaction,
  listings: readonly number[],
): Promise<Map<number, number>> {
  const generations = new Map<number, number>()
  const sorted = [...new Set(listings)].sort((a, b) => a - b)
  for (const some of chunks(sorted, mostAtOnce(tx))) {
    const ids = padded(some)
    const skus = `SELECT sku FROM listing_sku WHERE listing IN (${marks(ids.length)})`
    if (tx.dialect === 'postgres') {
      await tx.run(`SELECT sku FROM balance WHERE sku IN (${skus}) ORDER BY sku, location FOR UPDATE`, ids)
    }
    await tx.run(`UPDATE balance SET marked = 0 WHERE marked > 0 AND sku IN (${skus})`, ids)
    const held = `SELECT listing FROM push WHERE listing IN (${marks(ids.length)}) ORDER BY listing${forUpdate(tx)}`
    const rows = await tx.all<{ listing: number; generation: number }>(
      `UPDATE push SET planned = generation WHERE listing IN (${held}) RETURNING listing, generation`,
      ids,
    )
    for (const { listing, generation } of rows) generations.set(Number(listing), Number(generation))
  }
  return generations
}
