import { StockpoolError } from '../error.ts'
import type { Transaction } from './database.ts'
import { forUpdate } from './locks.ts'
import { chunks, marks, padded } from './sql.ts'

/** One number that a channel should show, with what the engine knows of it. Quantities in units of the listing. */
export interface PushRow {
  readonly id: number
  readonly listing: string
  readonly place: string
  readonly sku: string
  readonly units: number
  readonly generation: number
  readonly done: number
  /** Out of date since. `null`: up to date. */
  readonly changedAt: string | null
  readonly sent: number | null
  /** The highest number that may still be applied, while any write is in doubt. */
  readonly sentMost: number | null
  readonly sentAt: string | null
  /** Set while nobody knows whether what was sent is, or will be, applied. */
  readonly sentKey: string | null
  readonly sentGeneration: number | null
  readonly handle: string | null
  readonly checkAt: string | null
  readonly confirmed: number | null
  readonly confirmedAt: string | null
  readonly observed: number | null
  readonly observedAt: string | null
  /** Sales seen on the channel whose orders had not been read at `heldAt`: kept off the confirmed number. */
  readonly held: number
  readonly heldAt: string | null
  /** The same of what was sent, at `sentAt`. */
  readonly sentHeld: number
  readonly attempts: number
  readonly retryAt: string | null
  /** From when on a lower number need not wait for `retryAt`. */
  readonly lowerAt: string | null
  readonly error: string | null
}

const columns = `l.id AS "id", l.listing AS "listing", l.place AS "place", l.sku AS "sku", l.units AS "units",
  p.generation AS "generation", p.done AS "done", p.changed_at AS "changedAt",
  s.sent AS "sent", s.sent_most AS "sentMost", s.sent_at AS "sentAt", s.sent_key AS "sentKey", s.sent_generation AS "sentGeneration", s.handle AS "handle", s.check_at AS "checkAt",
  s.confirmed AS "confirmed", s.confirmed_at AS "confirmedAt", s.observed AS "observed", s.observed_at AS "observedAt",
  s.held AS "held", s.held_at AS "heldAt", s.sent_held AS "sentHeld", s.attempts AS "attempts", s.retry_at AS "retryAt", s.lower_at AS "lowerAt", s.error AS "error"`
const tables = `push p JOIN listing l ON l.id = p.listing JOIN push_state s ON s.listing = p.listing`

/**
 * Out of date, and may be written now: nothing is under way and no retry is waited for. Those that wait come too, once for
 * each change, since a lower number need not wait (`judged`).
 */
const due = `p.changed_at IS NOT NULL AND (
  (s.handle IS NULL AND (s.retry_at IS NULL OR s.retry_at <= ?))
  OR (p.generation > s.judged AND (s.lower_at IS NULL OR s.lower_at <= ?)))`

/** A place in the queue of what is out of date. */
export interface StalePlace {
  readonly changedAt: string
  readonly id: number
}

/** Listings of a connection that are out of date and due, longest waiting first, from a place on. */
export async function staleListings(
  tx: Transaction,
  {
    connection,
    at,
    after,
    limit,
  }: { connection: string; at: string; after: StalePlace | null; limit: number },
): Promise<PushRow[]> {
  const changedAt = after?.changedAt ?? ''
  return tx.all<PushRow>(
    `SELECT ${columns} FROM ${tables}
     WHERE p.connection = ? AND ${due} AND (p.changed_at, p.listing) > (?, ?)
     ORDER BY p.changed_at, p.listing LIMIT ?`,
    [connection, at, at, changedAt, after?.id ?? 0, limit],
  )
}

/** Of these listings, those that are out of date and due, in no order. */
export async function staleAmong(
  tx: Transaction,
  { connection, at, ids }: { connection: string; at: string; ids: readonly number[] },
): Promise<PushRow[]> {
  const found: PushRow[] = []
  for (const some of chunks(ids, 500)) {
    const list = padded(some)
    found.push(
      ...(await tx.all<PushRow>(
        `SELECT ${columns} FROM ${tables} WHERE l.connection = ? AND ${due} AND l.id IN (${marks(list.length)})`,
        [connection, at, at, ...list],
      )),
    )
  }
  return found
}

/** The newest movement of the ledger; 0: none. */
export async function lastMovement(tx: Transaction): Promise<number> {
  const row = await tx.get<{ id: number | null }>('SELECT MAX(id) AS id FROM movement')
  return Number(row?.id ?? 0)
}

/** The movements after one, and those of some more ids that were not there before; oldest first. */
export async function movementsAfter(
  tx: Transaction,
  { after, missing, limit }: { after: number; missing: readonly number[]; limit: number },
): Promise<{ id: number; sku: string }[]> {
  const found = await tx.all<{ id: number; sku: string }>(
    'SELECT id, sku FROM movement WHERE id > ? ORDER BY id LIMIT ?',
    [after, limit],
  )
  for (const some of chunks(missing).map(padded)) {
    found.push(
      ...(await tx.all<{ id: number; sku: string }>(
        `SELECT id, sku FROM movement WHERE id IN (${marks(some.length)})`,
        some,
      )),
    )
  }
  return found.map(({ id, sku }) => ({ id: Number(id), sku }))
}

/** The listings whose numbers depend on these SKUs. */
export async function listingsOf(tx: Transaction, skus: readonly string[]): Promise<number[]> {
  const found = new Set<number>()
  for (const some of chunks([...new Set(skus)], 500).map(padded)) {
    const rows = await tx.all<{ id: number }>(
      `SELECT DISTINCT listing AS "id" FROM listing_sku WHERE sku IN (${marks(some.length)})`,
      some,
    )
    for (const { id } of rows) found.add(Number(id))
  }
  return [...found]
}

/** Notes that the number of this state of things is not lower: it waits like any other. */
export async function noteJudged(
  tx: Transaction,
  { id, generation }: { readonly id: number; readonly generation: number },
): Promise<void> {
  await tx.run('UPDATE push_state SET judged = ? WHERE listing = ?', [generation, id])
}

/** Tells this database from any other. */
export async function databaseId(tx: Transaction): Promise<string> {
  const row = await tx.get<{ value: string }>(`SELECT value FROM meta WHERE name = 'id'`)
  if (row === undefined) throw new StockpoolError('database', 'the database has no id')
  return row.value
}

/** Of these connections, those whose orders have never been read to the end, and that are not paused. */
export async function neverRead(tx: Transaction, connections: readonly string[]): Promise<string[]> {
  const rows = await tx.all<{ connection: string }>(
    `SELECT connection FROM cursor WHERE duty = 'orders' AND complete_until IS NOT NULL
     UNION SELECT connection FROM connection_state WHERE paused_at IS NOT NULL`,
  )
  const known = new Set(rows.map(({ connection }) => connection))
  return connections.filter((connection) => !known.has(connection))
}

/** `too-high`: an earlier write with a higher number may still have been applied after it. */
export type PendingKind = 'too-high' | 'other'

/** Listings whose accepted write is due to be checked. */
export async function pendingListings(
  tx: Transaction,
  { connection, at, kind, limit }: { connection: string; at: string; kind: PendingKind; limit: number },
): Promise<PushRow[]> {
  return tx.all<PushRow>(
    `SELECT ${columns} FROM push_state s JOIN push p ON p.listing = s.listing JOIN listing l ON l.id = s.listing
     WHERE s.handle IS NOT NULL AND s.check_at <= ? AND p.connection = ?
       AND ${kind === 'too-high' ? 's.sent_most > s.sent' : '(s.sent_most > s.sent) IS NOT TRUE'}
     ORDER BY s.check_at LIMIT ?`,
    [at, connection, limit],
  )
}

/** All listings of a connection, or of one SKU of it, in pages by id. */
export async function pushRows(
  tx: Transaction,
  { connection, sku, after, limit }: { connection: string; sku?: string; after: number; limit: number },
): Promise<PushRow[]> {
  return tx.all<PushRow>(
    `SELECT ${columns} FROM ${tables} WHERE p.connection = ? AND l.id > ? AND (? = '' OR l.sku = ?) ORDER BY l.id LIMIT ?`,
    [connection, after, sku ?? '', sku ?? '', limit],
  )
}

/** These listings, by their ids; those that are no longer linked are absent. */
export async function pushRowsOf(tx: Transaction, ids: readonly number[]): Promise<PushRow[]> {
  const found: PushRow[] = []
  for (const some of chunks(ids, 500).map(padded)) {
    found.push(
      ...(await tx.all<PushRow>(
        `SELECT ${columns} FROM ${tables} WHERE l.id IN (${marks(some.length)}) ORDER BY l.id`,
        some,
      )),
    )
  }
  return found
}

/** When something of the connection becomes due: a stale listing's retry, or a check. `null`: nothing waits. */
export async function nextPushAt(tx: Transaction, connection: string): Promise<string | null> {
  const row = await tx.get<{ due: string | null }>(
    `SELECT MIN(CASE
         WHEN p.changed_at IS NOT NULL AND p.generation > s.judged THEN COALESCE(s.lower_at, '')
         WHEN s.handle IS NOT NULL THEN s.check_at
         ELSE COALESCE(s.retry_at, '') END) AS due
     FROM push p JOIN push_state s ON s.listing = p.listing
     WHERE p.connection = ? AND (p.changed_at IS NOT NULL OR s.handle IS NOT NULL)`,
    [connection],
  )
  return row?.due ?? null
}

/**
 * Ends the holding back of unseen sales whose orders must have been read by now: those listings are looked at again.
 * Answers how many there were.
 */
export async function releaseHeld(
  tx: Transaction,
  connection: string,
  completeUntil: string,
  at: string,
): Promise<number> {
  return tx.run(
    `UPDATE push SET generation = generation + 1, changed_at = ?
     WHERE listing IN (
       SELECT listing FROM push WHERE connection = ? AND changed_at IS NULL
         AND listing IN (SELECT listing FROM push_state WHERE held > 0 AND held_at <= ?)
       ORDER BY listing${forUpdate(tx)})`,
    [at, connection, completeUntil],
  )
}
