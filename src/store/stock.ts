import { StockpoolError } from '../error.ts'
import type { MovementReason } from '../model/stock.ts'
import {
  type BalanceChange,
  balanceChanges,
  checkMove,
  type Move,
  rowChanges,
  rowName,
  sumMoves,
} from '../stock/moves.ts'
import { changeBalances, onOffer, refusedOrNew, takeBack } from './balance-rows.ts'
import { type Claim, claim, claimAll } from './claims.ts'
import type { SqlValue, Transaction } from './database.ts'
import { lockBalances } from './locks.ts'
import { pieces, rowMarks, sized } from './sql.ts'
import { Touched } from './stale.ts'
import { type Deed, type Oversold, tellAll } from './telling.ts'

export type { Move } from '../stock/moves.ts'
export { mustExist } from './balance-rows.ts'
export { claimedBefore } from './claims.ts'
export type { Oversold } from './telling.ts'

/** One posting to the ledger: all of its moves or none, once for each key. */
export interface Posting {
  /** The idempotency key. */
  readonly key: string
  /** What the caller asked for. The same key with another body is a conflict. */
  readonly body: unknown
  /**
   * The moves follow from the body and from the pool as it is now (a count, a choice among locations), so a repeat
   * may find others: then the body alone says whether it is the same posting. Default `false`: body and moves do.
   */
  readonly derived?: boolean
  /** ISO 8601 UTC. */
  readonly at: string
  readonly reason: MovementReason
  readonly cause: string | null
  readonly moves: readonly Move[]
  /** `guarded`: what is available is never taken below zero. `forced`: a fact; it is, and `stock.oversold` says so. */
  readonly guard: 'guarded' | 'forced'
  /** For `stock.oversold`. */
  readonly order?: { readonly connection: string; readonly order: string }
}

/** `location` is `null` when all the locations asked together have too little. */
export interface Short {
  readonly sku: string
  readonly location: string | null
  readonly wanted: number
  readonly available: number
}

export interface Posted {
  readonly status: 'posted'
  readonly oversold: readonly Oversold[]
}

export type PostResult =
  | Posted
  | { readonly status: 'exists' }
  | { readonly status: 'insufficient'; readonly short: readonly Short[] }

/** A posting, its moves summed, and what they do to the balances. */
export interface Entry extends Deed, Claim {
  readonly posting: Posting
  readonly moves: readonly Move[]
  readonly guarded: boolean
}

/**
 * Posts movements: with `postAll`, the only function that writes the ledger and the balances. In the caller's
 * transaction it claims the key, takes with the guard in the write itself, appends the movements, marks every listing
 * whose stock changed, and writes the events. `insufficient` writes nothing, not even the key. When it throws, part of
 * it may be written: let the error end the transaction.
 *
 * `later`: marks nothing but notes what is to be marked, for a transaction that posts several times and holds the balances
 * of all of them already (see locks.ts).
 */
export async function post(tx: Transaction, posting: Posting, later?: Touched): Promise<PostResult> {
  const entry = entryOf(posting)
  if (later === undefined) await lockBalances(tx, skusOf(entry))
  if (!(await claim(tx, entry))) return { status: 'exists' }
  const touched = later ?? new Touched()
  const after = await changeBalances(tx, rowChanges([entry]), touched)
  if (after.size < entry.changes.length) {
    const short = await settleRefusals(tx, entry, after, touched)
    if (short.length > 0) return { status: 'insufficient', short }
  }
  const [oversold = []] = await record(tx, [entry], after)
  if (later === undefined) await touched.mark(tx, entry.at)
  return { status: 'posted', oversold }
}

const skusOf = ({ changes }: Entry): string[] => changes.map(({ sku }) => sku)

/**
 * Posts all of these, with different keys, as `post` would one after the other, in a few statements. It knows no half
 * measures: when a key was claimed before or a guard refuses, it throws, and the transaction must end; then `post` one
 * by one says which and why.
 */
export async function postAll(tx: Transaction, postings: readonly Posting[]): Promise<Posted[]> {
  const entries = postings.map(entryOf)
  const rows = rowChanges(entries)
  await lockBalances(tx, entries.flatMap(skusOf))
  const claimed = await claimAll(tx, entries)
  const touched = new Touched()
  const after = await changeBalances(tx, rows, touched)
  if (claimed < entries.length || after.size < rows.length) {
    throw new StockpoolError('internal', 'these postings cannot be made together')
  }
  const oversold = await record(tx, entries, after)
  await touched.mark(tx, entries[0]?.at ?? '')
  return oversold.map((one) => ({ status: 'posted', oversold: one }))
}

export function entryOf(posting: Posting): Entry {
  for (const [index, move] of posting.moves.entries()) checkMove(move, `moves.${index}`)
  const { key, at, reason, body, order } = posting
  const moves = sumMoves(posting.moves)
  return {
    posting,
    key,
    at,
    meaning: posting.derived === true ? [reason, body] : [reason, body, moves],
    moves,
    changes: balanceChanges(moves),
    guarded: posting.guard === 'guarded',
    observed: reason === 'observed',
    ...(order === undefined ? {} : { order }),
  }
}

/** Makes the rows that were not there, and adds them to `after`; or, when anything is short, undoes the posting. */
async function settleRefusals(
  tx: Transaction,
  entry: Entry,
  after: Map<string, number>,
  touched: Touched,
): Promise<Short[]> {
  const made = new Set<BalanceChange>()
  const refused = new Set<BalanceChange>()
  for (const change of entry.changes) {
    if (after.has(rowName(change))) continue
    const available = await refusedOrNew(tx, change, entry.guarded)
    if (available === null) refused.add(change)
    else {
      made.add(change)
      after.set(rowName(change), available)
    }
  }
  if (refused.size === 0) {
    for (const { sku } of made) touched.add(sku)
    return []
  }
  const short: Short[] = []
  for (const change of refused) {
    const { sku, location } = change
    short.push({ sku, location, wanted: -change.available, available: await onOffer(tx, change) })
  }
  // The rows are still ours until the commit.
  for (const change of entry.changes) if (!refused.has(change)) await takeBack(tx, change, made.has(change))
  await tx.run('DELETE FROM posting WHERE key = ?', [entry.key])
  return short
}

const insertMovements = sized(
  (rows) =>
    `INSERT INTO movement
       (key, at, sku, from_bucket, from_location, to_bucket, to_location, quantity, reason, cause)
     VALUES ${rowMarks(rows, 10)}`,
)

/** Appends the movements and tells of them. What each posting oversold. */
async function record(
  tx: Transaction,
  entries: readonly Entry[],
  after: ReadonlyMap<string, number>,
): Promise<Oversold[][]> {
  const lines = entries.flatMap(({ posting, moves }) => moves.map((move) => ({ posting, move })))
  for (const some of pieces(lines)) {
    const values: SqlValue[] = []
    for (const { posting, move } of some) {
      const { sku, from, to, quantity } = move
      values.push(posting.key, posting.at, sku, from.bucket, from.location, to.bucket, to.location)
      values.push(quantity, posting.reason, posting.cause)
    }
    await tx.run(insertMovements(some.length), values)
  }
  return tellAll(tx, entries, after)
}
