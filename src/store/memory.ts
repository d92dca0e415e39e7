import type { Transaction } from './database.ts'
import { mostAtOnce } from './locks.ts'
import { chunks, flat, marks, padded, pieces, rowMarks, sized } from './sql.ts'

export interface RememberedRow {
  readonly name: string
  readonly value: string
  readonly at: string
}

/** What is remembered under these names; a name of which nothing is has no row. */
export async function readMemory(
  tx: Transaction,
  connection: string,
  names: readonly string[],
): Promise<readonly RememberedRow[]> {
  const found: RememberedRow[] = []
  for (const some of chunks(names, mostAtOnce(tx)).map(padded)) {
    const rows = await tx.all<{ name: string; value: string; at: string }>(
      `SELECT name, value, at FROM remembered WHERE connection = ? AND name IN (${marks(some.length)})`,
      [connection, ...some],
    )
    found.push(...rows)
  }
  return found
}

const remember = sized(
  (rows) => `INSERT INTO remembered (connection, name, value, at) VALUES ${rowMarks(rows, 4)}
    ON CONFLICT (connection, name) DO UPDATE SET value = excluded.value, at = excluded.at`,
)

/** In the order of the names, as every transaction that writes several does: none waits for another in a ring. */
export async function writeMemory(
  tx: Transaction,
  connection: string,
  rows: readonly RememberedRow[],
): Promise<void> {
  const sorted = rows.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  for (const some of pieces(sorted)) {
    await tx.run(
      remember(some.length),
      flat(some.map(({ name, value, at }) => [connection, name, value, at])),
    )
  }
}

export async function forgetMemory(
  tx: Transaction,
  connection: string,
  names: readonly string[],
): Promise<void> {
  for (const name of names.toSorted())
    await tx.run('DELETE FROM remembered WHERE connection = ? AND name = ?', [connection, name])
}

/** Lets go what was learned before this, and never again since. */
export const pruneMemory = (tx: Transaction, before: string): Promise<number> =>
  tx.run('DELETE FROM remembered WHERE at < ?', [before])
