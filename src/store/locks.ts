import type { Transaction } from './database.ts'
import { chunks, marks, padded, rowMarks } from './sql.ts'

// SQLite lets one transaction write at a time: what it has read stays true until its end, and nothing need be locked.
// PostgreSQL lets many: a row that a decision rests on is locked before it is read. So that no two transactions ever
// wait for each other in a ring, each takes its locks in this order, and the rows of one kind in the order of their keys:
//
//   1. the lease of a duty                  5. keys of postings
//   2. an order or a reservation            6. what is known of listings (`push_state`), by listing
//   3. the catalogue                        7. their marks (`push`), by listing
//   4. balances, by SKU and location; then items
//
// and then rows that only the holder of one of these writes. A transaction that posts several times locks the balances of
// all of them first, and marks the listings of all of them last.

/** What follows a SELECT whose rows are to be held until the transaction ends. */
export function forUpdate(tx: Transaction, of?: string): string {
  if (tx.dialect === 'sqlite') return ''
  return of === undefined ? ' FOR UPDATE' : ` FOR UPDATE OF ${of}`
}

/** The same, held together with others who only want the rows to stay as they are. */
export function forShare(tx: Transaction, of?: string): string {
  return forUpdate(tx, of).replace('UPDATE', 'SHARE')
}

/** So many values a statement is given at most: PostgreSQL takes 65,535, and a list is filled up to a power of two. */
export const mostAtOnce = (tx: Transaction): number => (tx.dialect === 'sqlite' ? 500 : 16_384)

/** Holds the balances of these SKUs, at all locations. Whoever posts to one of them waits. */
export async function lockBalances(tx: Transaction, skus: Iterable<string>): Promise<void> {
  if (tx.dialect === 'sqlite') return
  for (const some of chunks([...new Set(skus)].sort(compare), mostAtOnce(tx)).map(padded)) {
    await tx.run(
      `SELECT sku FROM balance WHERE sku IN (${marks(some.length)}) ORDER BY sku, location FOR UPDATE`,
      some,
    )
  }
}

/** Makes the balance rows that are not there yet, so that they can be held. */
export async function ensureBalances(
  tx: Transaction,
  places: readonly { readonly sku: string; readonly location: string }[],
): Promise<void> {
  if (tx.dialect === 'sqlite') return
  const rows = [...places].sort((a, b) => compare(a.sku, b.sku) || compare(a.location, b.location))
  for (const some of chunks(rows, 5000)) {
    await tx.run(
      `INSERT INTO balance (sku, location, available, reserved, quarantined)
       SELECT column1, column2, 0, 0, 0 FROM (VALUES ${rowMarks(some.length, 2)}) AS place
       ORDER BY column1 COLLATE "C", column2 COLLATE "C" ON CONFLICT (sku, location) DO NOTHING`,
      some.flatMap(({ sku, location }) => [sku, location]),
    )
  }
}

/** Items, kits and links are changed by one transaction at a time. */
export async function lockCatalogue(tx: Transaction): Promise<void> {
  if (tx.dialect === 'postgres') await tx.run(`SELECT name FROM meta WHERE name = 'id' FOR UPDATE`)
}

/** Waits for a change of the catalogue that is under way, and keeps the next one waiting. */
export async function holdCatalogue(tx: Transaction): Promise<void> {
  if (tx.dialect === 'postgres') await tx.run(`SELECT name FROM meta WHERE name = 'id' FOR SHARE`)
}

/** Keeps items what they are: not made kits of while stock is put where none of it lay. */
export async function holdItems(tx: Transaction, skus: Iterable<string>): Promise<void> {
  await lockItems(tx, skus, 'SHARE')
}

/** Holds items: nobody makes the first balance of one meanwhile. */
export async function lockItems(
  tx: Transaction,
  skus: Iterable<string>,
  how: 'UPDATE' | 'SHARE' = 'UPDATE',
): Promise<void> {
  if (tx.dialect === 'sqlite') return
  for (const some of chunks([...new Set(skus)].sort(compare), mostAtOnce(tx)).map(padded)) {
    await tx.run(`SELECT sku FROM item WHERE sku IN (${marks(some.length)}) ORDER BY sku FOR ${how}`, some)
  }
}

/** Holds what is known of these listings: see push-notes.ts. */
export async function lockListings(tx: Transaction, ids: Iterable<number>): Promise<void> {
  if (tx.dialect === 'sqlite') return
  const sorted = [...new Set(ids)].sort((a, b) => a - b)
  for (const some of chunks(sorted, mostAtOnce(tx)).map(padded)) {
    await tx.run(
      `SELECT listing FROM push_state WHERE listing IN (${marks(some.length)}) ORDER BY listing FOR UPDATE`,
      some,
    )
  }
}

/** Holds an order that is stored: its lines, allocations, parcels, submissions and the buyer's data go with it. */
export async function lockOrder(tx: Transaction, connection: string, id: string): Promise<boolean> {
  if (tx.dialect === 'sqlite') return true
  const found = await tx.all('SELECT id FROM orders WHERE connection = ? AND id = ? FOR UPDATE', [
    connection,
    id,
  ])
  return found.length === 1
}

/** Holds reservations: what of them is still held is decided by one at a time. */
export async function lockReservations(tx: Transaction, keys: readonly string[]): Promise<void> {
  const list = padded(keys)
  if (tx.dialect === 'sqlite' || list.length === 0) return
  await tx.run(
    `SELECT key FROM reservation WHERE key IN (${marks(list.length)}) ORDER BY key FOR UPDATE`,
    list,
  )
}

/**
 * Holds an order that may be new: then its row is made, for `saveOrder` to fill in the same transaction. `true`:
 * it was stored before.
 */
export async function claimOrder(tx: Transaction, connection: string, id: string): Promise<boolean> {
  if (tx.dialect === 'sqlite') return true
  if (await lockOrder(tx, connection, id)) return true
  const made = await tx.run(
    `INSERT INTO orders (connection, id, status, placed_at, updated_at, first_seen_at, revision, facts)
     VALUES (?, ?, 'unknown', '', '', '', 0, '') ON CONFLICT (connection, id) DO NOTHING`,
    [connection, id],
  )
  return made === 0 ? lockOrder(tx, connection, id) : false
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
