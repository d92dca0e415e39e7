import type { Transaction } from './database.ts'
import { marks, padded, rowMarks } from './sql.ts'

// SQLite lets one transaction write at a time: what it has read stays true until its end, and nothing need be locked.
// PostgreSQL lets many: a row that a decision rests on is locked before it is read. So that no two transactions ever
// wait for each other in a ring, each takes its locks in this order, and the rows of one kind in the order of their keys:
//
//   1. the lease of a duty         4. balances, by SKU and location
//   2. the catalogue               5. keys of postings
//   3. an order or a reservation   6. marks of listings (`push`), by listing
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

/** Holds the balances of these SKUs, at all locations. Whoever posts to one of them waits. */
export async function lockBalances(tx: Transaction, skus: Iterable<string>): Promise<void> {
  if (tx.dialect === 'sqlite') return
  const list = padded([...new Set(skus)])
  if (list.length === 0) return
  await tx.run(
    `SELECT sku FROM balance WHERE sku IN (${marks(list.length)}) ORDER BY sku, location FOR UPDATE`,
    list,
  )
}

/** Makes the balance rows that are not there yet, so that they can be held. */
export async function ensureBalances(
  tx: Transaction,
  places: readonly { readonly sku: string; readonly location: string }[],
): Promise<void> {
  if (tx.dialect === 'sqlite' || places.length === 0) return
  const rows = [...places].sort((a, b) => compare(a.sku, b.sku) || compare(a.location, b.location))
  await tx.run(
    `INSERT INTO balance (sku, location, available, reserved, quarantined)
     SELECT column1, column2, 0, 0, 0 FROM (VALUES ${rowMarks(rows.length, 2)}) AS place
     ORDER BY 1, 2 ON CONFLICT (sku, location) DO NOTHING`,
    rows.flatMap(({ sku, location }) => [sku, location]),
  )
}

/** Items, kits and links are changed by one transaction at a time. */
export async function lockCatalogue(tx: Transaction): Promise<void> {
  if (tx.dialect === 'postgres') await tx.run(`SELECT name FROM meta WHERE name = 'id' FOR UPDATE`)
}

/** Waits for a change of the catalogue that is under way, and keeps the next one waiting. */
export async function holdCatalogue(tx: Transaction): Promise<void> {
  if (tx.dialect === 'postgres') await tx.run(`SELECT name FROM meta WHERE name = 'id' FOR SHARE`)
}

/** Keeps an item what it is: not made a kit of while stock is put where none of it lay. */
export async function holdItem(tx: Transaction, sku: string): Promise<void> {
  if (tx.dialect === 'postgres') await tx.run('SELECT sku FROM item WHERE sku = ? FOR SHARE', [sku])
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
