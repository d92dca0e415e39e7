import { StockpoolError } from '../error.ts'
import type { MovementReason } from '../model/stock.ts'
import { type BalanceChange, balanceChanges, checkMove, type Move, sumMoves } from '../stock/moves.ts'
import { claim } from './claims.ts'
import type { SqlValue, Transaction } from './database.ts'
import { emit } from './events.ts'
import { noItem, noLocation } from './kits.ts'
import { chunks, marks, padded, rowMarks, sized } from './sql.ts'
import { markStale } from './stale.ts'

export type { Move } from '../stock/moves.ts'
export { claimedBefore } from './claims.ts'
export { markStale } from './stale.ts'

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

/** So many units of a SKU that were taken and are not there; `by` is the part that this posting added. */
export interface Oversold {
  readonly sku: string
  readonly location: string
  readonly by: number
  readonly available: number
}

/** `location` is `null` when all the locations asked together have too little. */
export interface Short {
  readonly sku: string
  readonly location: string | null
  readonly wanted: number
  readonly available: number
}

export type PostResult =
  | { readonly status: 'posted'; readonly oversold: readonly Oversold[] }
  | { readonly status: 'exists' }
  | { readonly status: 'insufficient'; readonly short: readonly Short[] }

interface Changed {
  readonly change: BalanceChange
  /** What is available after the change; `null` where the guard saw to it that nothing is oversold. */
  readonly available: number | null
  /** The row was not there before. */
  readonly made?: boolean
}

/**
 * Posts movements: the only function that writes the ledger and the balances. In the caller's transaction it claims
 * the key, takes with the guard in the write itself, appends the movements, marks every listing whose stock changed,
 * and writes the events. `insufficient` writes nothing, not even the key. When it throws, part of it may be written:
 * let the error end the transaction.
 */
export async function post(tx: Transaction, posting: Posting): Promise<PostResult> {
  for (const [index, move] of posting.moves.entries()) checkMove(move, `moves.${index}`)
  const moves = sumMoves(posting.moves)
  const { key, reason, body, at } = posting
  const meaning = posting.derived === true ? [reason, body] : [reason, body, moves]
  if (!(await claim(tx, key, meaning, at))) return { status: 'exists' }

  const changed: Changed[] = []
  const short: Short[] = []
  for (const change of balanceChanges(moves)) {
    const row = await changeBalance(tx, change, posting.guard)
    if (row !== null) changed.push(row)
    else short.push(await shortage(tx, change))
  }
  if (short.length > 0) {
    await undo(tx, key, changed)
    return { status: 'insufficient', short }
  }

  await append(tx, posting, moves)
  // A reading is no sale: what a provider booked before we heard of it is missing only until we do.
  const oversold = reason === 'observed' ? [] : changed.flatMap(oversoldBy)
  await tell(tx, posting, changed, oversold)
  return { status: 'posted', oversold }
}

const changeRow = `UPDATE balance
  SET available = available + ?, reserved = reserved + ?, quarantined = quarantined + ?
  WHERE sku = ? AND location = ? AND reserved >= ? AND quarantined >= ?`
const takeGuarded = `${changeRow} AND available >= ?`
const changeAndAnswer = `${changeRow} RETURNING available`

/** The row after the change, or `null` when the guard refused it. */
async function changeBalance(
  tx: Transaction,
  change: BalanceChange,
  guard: Posting['guard'],
): Promise<Changed | null> {
  const { sku, location, available, reserved, quarantined } = change
  const guarded = guard === 'guarded' && available < 0
  const values = [available, reserved, quarantined, sku, location, -reserved, -quarantined]
  if (guarded) {
    // Nothing is oversold under the guard: no need to ask for the row, which would cost as much as the write.
    const written = await tx.run(takeGuarded, [...values, -available])
    if (written === 1) return { change, available: null }
  } else {
    const row = await tx.get<{ available: number }>(changeAndAnswer, values)
    if (row !== undefined) return { change, available: Number(row.available) }
  }
  return refusedOrNew(tx, change, guarded)
}

/** The row was not there, or the change breaks a bound: rare, so the reasons are told apart only now. */
async function refusedOrNew(
  tx: Transaction,
  change: BalanceChange,
  guarded: boolean,
): Promise<Changed | null> {
  const { sku, location, available, reserved, quarantined } = change
  const row = await tx.get<{ reserved: number; quarantined: number }>(
    'SELECT reserved, quarantined FROM balance WHERE sku = ? AND location = ?',
    [sku, location],
  )
  if (row === undefined) await mustExist(tx, sku, location)
  for (const bucket of ['reserved', 'quarantined'] as const) {
    const held = Number(row?.[bucket] ?? 0)
    if (held + change[bucket] >= 0) continue
    throw new StockpoolError('conflict', `only ${held} of ${sku} are ${bucket} at ${location}`, {
      remedy: `Take at most what is ${bucket} there; hub.stock.get shows it.`,
      details: { sku, location, bucket, wanted: -change[bucket], held },
    })
  }
  if (guarded) return null
  // Another transaction may have made the row meanwhile, where the dialect lets two write at once.
  const made = await tx.get<{ available: number }>(
    `INSERT INTO balance (sku, location, available, reserved, quarantined) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (sku, location) DO UPDATE SET available = balance.available + excluded.available,
       reserved = balance.reserved + excluded.reserved, quarantined = balance.quarantined + excluded.quarantined
     RETURNING available`,
    [sku, location, available, reserved, quarantined],
  )
  return { change, available: Number(made?.available ?? available), made: true }
}

/** Throws unless stock can lie here: an item that is no kit, and a location. */
export async function mustExist(tx: Transaction, sku: string, location: string): Promise<void> {
  const item = await tx.get<{ kit: number }>(
    'SELECT (SELECT COUNT(*) FROM kit_component WHERE kit = item.sku) AS kit FROM item WHERE sku = ?',
    [sku],
  )
  if (item === undefined) noItem(sku)
  if (Number(item.kit) > 0) {
    throw new StockpoolError('invalid_input', `${sku} is a kit and holds no stock of its own`, {
      field: 'sku',
      remedy: 'Post its components instead.',
      details: { sku },
    })
  }
  const place = await tx.get('SELECT id FROM location WHERE id = ?', [location])
  if (place === undefined) noLocation(location)
}

async function shortage(tx: Transaction, change: BalanceChange): Promise<Short> {
  const { sku, location } = change
  const row = await tx.get<{ available: number }>(
    'SELECT available FROM balance WHERE sku = ? AND location = ?',
    [sku, location],
  )
  return { sku, location, wanted: -change.available, available: Math.max(0, Number(row?.available ?? 0)) }
}

/** Gives back what was taken before the shortage was found. The rows are still ours until the commit. */
async function undo(tx: Transaction, key: string, changed: readonly Changed[]): Promise<void> {
  for (const { change, made } of changed) {
    const { sku, location, available, reserved, quarantined } = change
    await tx.run(
      `UPDATE balance SET available = available - ?, reserved = reserved - ?, quarantined = quarantined - ?
       WHERE sku = ? AND location = ?`,
      [available, reserved, quarantined, sku, location],
    )
    if (made !== true) continue
    await tx.run(
      `DELETE FROM balance
       WHERE sku = ? AND location = ? AND available = 0 AND reserved = 0 AND quarantined = 0`,
      [sku, location],
    )
  }
  await tx.run('DELETE FROM posting WHERE key = ?', [key])
}

const insertMovements = sized(
  (rows) =>
    `INSERT INTO movement
       (key, at, sku, from_bucket, from_location, to_bucket, to_location, quantity, reason, cause)
     VALUES ${rowMarks(rows, 10)}`,
)

async function append(tx: Transaction, posting: Posting, moves: readonly Move[]): Promise<void> {
  const { key, at, reason, cause } = posting
  for (const some of chunks(moves)) {
    const values: SqlValue[] = []
    for (const { sku, from, to, quantity } of some) {
      values.push(key, at, sku, from.bucket, from.location, to.bucket, to.location, quantity, reason, cause)
    }
    await tx.run(insertMovements(some.length), values)
  }
}

/** The part of a shortfall that this posting added: giving to a balance below zero adds none. */
function oversoldBy({ change, available }: Changed): Oversold[] {
  if (available === null) return []
  const before = available - change.available
  const by = Math.max(0, -available) - Math.max(0, -before)
  return by > 0 ? [{ sku: change.sku, location: change.location, by, available }] : []
}

async function tell(
  tx: Transaction,
  posting: Posting,
  changed: readonly Changed[],
  oversold: readonly Oversold[],
): Promise<void> {
  if (changed.length === 0) return
  const { at, key, order } = posting
  // What was reserved and is now with the customer was not on offer before, and is not now.
  const offered = changed.filter(({ change }) => change.available !== 0)
  if (offered.length > 0) await markStale(tx, skusOf(offered), at)
  for (const one of oversold) {
    const whose = { connection: order?.connection ?? null, order: order?.order ?? null }
    await emit(tx, at, 'stock.oversold', { ...one, ...whose })
  }
  await tellLow(tx, at, changed)
  await emit(tx, at, 'stock.changed', { skus: skusOf(changed), key })
}

function skusOf(changed: readonly Changed[]): string[] {
  return [...new Set(changed.map(({ change }) => change.sku))]
}

const lowOf = sized(
  (count) =>
    `SELECT sku, reorder_point AS point,
       (SELECT SUM(available) FROM balance WHERE balance.sku = item.sku) AS available
     FROM item WHERE sku IN (${marks(count)}) AND reorder_point IS NOT NULL ORDER BY sku`,
)

/** Raises `stock.low` for each item whose stock, over all locations, came down to its reorder point just now. */
async function tellLow(tx: Transaction, at: string, changed: readonly Changed[]): Promise<void> {
  const net = new Map<string, number>()
  for (const { change } of changed) net.set(change.sku, (net.get(change.sku) ?? 0) + change.available)
  const fell = [...net.keys()].filter((sku) => (net.get(sku) ?? 0) < 0)
  for (const some of chunks(fell).map(padded)) {
    const rows = await tx.all<{ sku: string; point: number; available: number }>(lowOf(some.length), some)
    for (const row of rows) {
      const [available, reorderPoint] = [Number(row.available), Number(row.point)]
      const before = available - (net.get(row.sku) ?? 0)
      if (available <= reorderPoint && before > reorderPoint) {
        await emit(tx, at, 'stock.low', { sku: row.sku, available, reorderPoint })
      }
    }
  }
}
