import { StockpoolError } from '../error.ts'
import { type BalanceChange, type RowChange, rowName } from '../stock/moves.ts'
import type { SqlValue, Transaction } from './database.ts'
import { noItem, noLocation } from './kits.ts'
import { holdItems } from './locks.ts'
import { pieces, rowMarks, sized } from './sql.ts'
import type { Touched } from './stale.ts'

const whole = (column: number) => `CAST(change.column${column} AS BIGINT)`

// `VALUES` names its columns column1, column2 … in either dialect, and PostgreSQL takes them for text.
const changeRows = sized(
  (rows) =>
    `UPDATE balance SET available = available + ${whole(3)}, reserved = reserved + ${whole(4)},
       quarantined = quarantined + ${whole(5)}, marked = marked + CASE WHEN ${whole(3)} = 0 THEN 0 ELSE 1 END
     FROM (VALUES ${rowMarks(rows, 8)}) AS change
     WHERE sku = change.column1 AND location = change.column2
       AND available >= ${whole(6)} AND reserved >= ${whole(7)} AND quarantined >= ${whole(8)}
     RETURNING sku, location, available, marked`,
)

/**
 * Changes balance rows, with the guard in the write itself. What is available afterwards, by `rowName`; a row that is
 * missing from it was refused or is not there, and is as it was. `touched` learns whose listings are to be marked.
 */
export async function changeBalances(
  tx: Transaction,
  rows: readonly RowChange[],
  touched: Touched,
): Promise<Map<string, number>> {
  const changed = new Set(rows.filter(({ available }) => available !== 0).map(rowName))
  const after = new Map<string, number>()
  for (const some of pieces(rows)) {
    const values: SqlValue[] = []
    for (const { sku, location, available, reserved, quarantined, needs } of some) {
      values.push(sku, location, available, reserved, quarantined)
      values.push(needs.available, needs.reserved, needs.quarantined)
    }
    const written = await tx.all<{ sku: string; location: string; available: number; marked: number }>(
      changeRows(some.length),
      values,
    )
    for (const row of written) {
      const name = rowName(row)
      after.set(name, Number(row.available))
      // What was reserved and is now with the customer was not on offer before, and is not now.
      if (changed.has(name) && Number(row.marked) === 1) touched.add(row.sku)
    }
  }
  return after
}

/**
 * After a refusal: makes the row if it was not there, and answers what is available then; `null` when the guard refused
 * it. Throws when stock cannot lie there, or when more is taken than is reserved or quarantined.
 */
export async function refusedOrNew(
  tx: Transaction,
  change: BalanceChange,
  guarded: boolean,
): Promise<number | null> {
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
  if (guarded && available < 0) return null
  // Another transaction may have made the row meanwhile, where the dialect lets two write at once.
  const made = await tx.get<{ available: number }>(
    `INSERT INTO balance (sku, location, available, reserved, quarantined) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (sku, location) DO UPDATE SET available = balance.available + excluded.available,
       reserved = balance.reserved + excluded.reserved, quarantined = balance.quarantined + excluded.quarantined
     RETURNING available`,
    [sku, location, available, reserved, quarantined],
  )
  return Number(made?.available ?? available)
}

/** Takes a change back. A row that was `made` for it goes again, unless another transaction has put something there. */
export async function takeBack(tx: Transaction, change: BalanceChange, made: boolean): Promise<void> {
  const { sku, location, available, reserved, quarantined } = change
  await tx.run(
    `UPDATE balance SET available = available - ?, reserved = reserved - ?, quarantined = quarantined - ?,
       marked = marked - ?
     WHERE sku = ? AND location = ?`,
    [available, reserved, quarantined, made || available === 0 ? 0 : 1, sku, location],
  )
  if (!made) return
  await tx.run(
    `DELETE FROM balance
     WHERE sku = ? AND location = ? AND available = 0 AND reserved = 0 AND quarantined = 0`,
    [sku, location],
  )
}

/** Throws unless stock can lie here: an item that is no kit, and a location. */
export async function mustExist(tx: Transaction, sku: string, location: string): Promise<void> {
  await holdItems(tx, [sku])
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

/** How much is available, and no less than 0. */
export async function onOffer(tx: Transaction, { sku, location }: BalanceChange): Promise<number> {
  const row = await tx.get<{ available: number }>(
    'SELECT available FROM balance WHERE sku = ? AND location = ?',
    [sku, location],
  )
  return Math.max(0, Number(row?.available ?? 0))
}
