import type { Transaction } from './database.ts'
import { forUpdate } from './locks.ts'
import { chunks, marks, padded, sized } from './sql.ts'

// A mark counts up a listing's `generation`. Once it is above `planned`, the generation that a worker last began to
// compute a number for, the number is going to be computed anyway and need not be marked again; and `balance.marked`
// says for each balance that all of its listings are so. A SKU that sells a thousand times while its channel is slow
// writes one mark, not a thousand, and does not even look for its listings.
//
// The rows of `push` are held in their order, since several transactions may mark the same ones.
const markAgain = (rows: string) =>
  `UPDATE push SET generation = generation + 1, changed_at = COALESCE(changed_at, ?) WHERE listing IN (${rows})`
const listingsOf = (count: number) =>
  `SELECT push.listing FROM listing_sku JOIN push ON push.listing = listing_sku.listing
   WHERE listing_sku.sku IN (${marks(count)})`

const markUnmarked = {
  sqlite: sized((count) => markAgain(`${listingsOf(count)} AND push.generation <= push.planned`)),
  postgres: sized((count) =>
    markAgain(
      `${listingsOf(count)} AND push.generation <= push.planned ORDER BY push.listing FOR UPDATE OF push`,
    ),
  ),
}
const markAll = {
  sqlite: sized((count) => markAgain(listingsOf(count))),
  postgres: sized((count) => markAgain(`${listingsOf(count)} ORDER BY push.listing FOR UPDATE OF push`)),
}

/**
 * The SKUs whose listings a transaction has to mark when it has done all its postings. `fresh`: a balance row was made
 * for it, for which nobody can have waited in `notePlanned`; its listings are marked in any case.
 */
export class Touched {
  readonly #skus = new Map<string, boolean>()

  add(sku: string, fresh = false): void {
    this.#skus.set(sku, fresh || this.#skus.get(sku) === true)
  }

  /** Marks every listing that depends on these SKUs, kits included, as out of date. */
  async mark(tx: Transaction, at: string): Promise<void> {
    const of = (fresh: boolean) => [...this.#skus].filter(([, is]) => is === fresh).map(([sku]) => sku)
    for (const [skus, statement] of [
      [of(true), markAll[tx.dialect]],
      [of(false), markUnmarked[tx.dialect]],
    ] as const) {
      for (const some of chunks(skus).map(padded)) await tx.run(statement(some.length), [at, ...some])
    }
    this.#skus.clear()
  }
}

/**
 * Notes that the numbers of these listings are about to be computed, and answers the generations that they will be of:
 * whatever changes the stock and is not visible from now on marks them anew. For that it waits until every posting to
 * their SKUs that is under way has ended; those that begin later find `planned` and `marked` as they are left here.
 */
export async function notePlanned(
  tx: Transaction,
  listings: readonly number[],
): Promise<Map<number, number>> {
  const generations = new Map<number, number>()
  for (const some of chunks(
    [...new Set(listings)].sort((a, b) => a - b),
    500,
  )) {
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
