import { StockpoolError } from '../error.ts'
import type { Placement } from '../stock/allocate.ts'
import { rowName } from '../stock/moves.ts'
import { digestOf } from './claims.ts'
import type { Transaction } from './database.ts'
import type { News } from './events.ts'
import type { ReservationRequest } from './reservations.ts'
import { type Entry, entryOf, type Posting } from './stock.ts'
import type { StockView } from './stock-view.ts'
import { newsOfAll } from './telling.ts'

// The twin of `postAll` and `insertReservations` for PostgreSQL: the same rows in one statement, whatever their number,
// since there each statement is a round trip while others wait for the balances. The rows travel as JSON, so that the
// statement is one and the same for any number of them.

/** A reservation that is to be written, and where its units are taken from. */
export interface Held {
  readonly request: ReservationRequest
  readonly placements: readonly Placement[]
}

/** What becomes of a key that was claimed before, whether to go on, and what is answered. */
interface Manner {
  readonly onRepeat: string
  readonly go: string
  readonly answer: string
}

const statement = ({ onRepeat, go, answer }: Manner) => `
  WITH wish AS (
    SELECT * FROM json_to_recordset(CAST(? AS JSON)) AS x(key TEXT, hash TEXT, at TEXT, cause TEXT, expires TEXT)
  ), claimed AS (
    INSERT INTO posting (key, hash, at) SELECT key, hash, at FROM wish ORDER BY key ${onRepeat}
  ), go AS (
    ${go}
  ), line AS (
    SELECT x.* FROM json_to_recordset(CAST(? AS JSON))
      AS x(key TEXT, at TEXT, cause TEXT, sku TEXT, location TEXT, quantity BIGINT), go
  ), taken AS (
    SELECT sku, location, CAST(SUM(quantity) AS BIGINT) AS quantity FROM line GROUP BY sku, location
  ), changed AS (
    UPDATE balance SET available = balance.available - taken.quantity,
      reserved = balance.reserved + taken.quantity, marked = balance.marked + 1
    FROM taken WHERE balance.sku = taken.sku AND balance.location = taken.location
      AND balance.available >= taken.quantity
    RETURNING balance.sku, balance.marked
  ), moved AS (
    INSERT INTO movement
      (key, at, sku, from_bucket, from_location, to_bucket, to_location, quantity, reason, cause)
    SELECT key, at, sku, 'available', location, 'reserved', location, quantity, 'reserved', cause FROM line
  ), held AS (
    INSERT INTO reservation (key, open, expires_at, cause) SELECT key, 1, expires, cause FROM wish, go
  ), held_line AS (
    INSERT INTO reservation_line (reservation, sku, location, taken)
    SELECT key, sku, location, quantity FROM line
  ), told AS (
    INSERT INTO event (type, at, data)
    SELECT type, at, data FROM json_to_recordset(CAST(? AS JSON)) AS x(type TEXT, at TEXT, data TEXT), go
  ), seen AS MATERIALIZED (
    -- The listings of balances that were not marked, as stale.ts does it.
    SELECT push.listing, push.generation, push.planned
    FROM (SELECT DISTINCT sku FROM changed WHERE changed.marked = 1) AS unmarked
      JOIN listing_sku ON listing_sku.sku = unmarked.sku JOIN push ON push.listing = listing_sku.listing
    ORDER BY push.listing FOR UPDATE OF push
  ), now_marked AS (
    UPDATE push SET generation = push.generation + 1, changed_at = COALESCE(push.changed_at, ?)
    FROM seen WHERE push.listing = seen.listing AND seen.generation <= seen.planned
  )
  ${answer}`

/** Tells how many keys nobody had claimed before, and how many balances were there and held enough. */
const one = statement({
  onRepeat: 'ON CONFLICT (key) DO NOTHING RETURNING key',
  go: 'SELECT 1 FROM claimed',
  answer: `SELECT (SELECT COUNT(*) FROM claimed) AS claimed, (SELECT COUNT(*) FROM changed) AS changed`,
})

/** Fails where a key was claimed before, and unless so many balances were there and held enough. */
const several = statement({
  onRepeat: '',
  go: 'SELECT 1',
  answer: `SELECT CAST(CASE WHEN COUNT(*) = ? THEN '1' ELSE 'these cannot be held together' END AS BIGINT) FROM changed`,
})

/**
 * Holds the balances of these SKUs, in their order, and fails unless each lies at one place alone; and where one is brought down to
 * its reorder point, since that is told. Whether it is that place, and holds enough, the write finds out. (A kit holds nothing.)
 */
const holding = `
  SELECT CAST(CASE WHEN COUNT(*) = ? AND NOT BOOL_OR(gets_low) THEN '1' ELSE 'not as foreseen' END AS BIGINT)
  FROM (
    SELECT item.reorder_point IS NOT NULL AND balance.available > item.reorder_point
      AND balance.available - wanted.quantity <= item.reorder_point AS gets_low
    FROM json_to_recordset(CAST(? AS JSON)) AS wanted(sku TEXT, quantity BIGINT)
      JOIN item ON item.sku = wanted.sku JOIN balance ON balance.sku = wanted.sku
    ORDER BY balance.sku, balance.location FOR UPDATE OF balance
  ) AS held`

/** Writes what was foreseen and not looked at: all of it, or it fails. Nothing else follows in the transaction. */
export async function writeForeseen(
  tx: Transaction,
  held: readonly Held[],
  postings: readonly Posting[],
): Promise<void> {
  const wanted = new Map<string, { sku: string; quantity: number }>()
  for (const { sku, quantity } of held.flatMap(({ placements }) => placements)) {
    wanted.set(sku, { sku, quantity: quantity + (wanted.get(sku)?.quantity ?? 0) })
  }
  // Sent before the write is put together, which takes as long. Where it fails, the write fails too, which alone says what became
  // of the transaction: the answer to this may be lost with a connection, and the commit done.
  tx.get(holding, [wanted.size, JSON.stringify([...wanted.values()])]).catch(() => undefined)
  await writeReservations(tx, held, postings, null, true)
}

/**
 * Writes a reservation with all that follows from it; the view holds its balances. `true`: it is held. `false`: its key was claimed
 * before, and nothing was written. Throws when the transaction must end.
 */
export async function writeReservation(
  tx: Transaction,
  held: Held,
  posting: Posting,
  view: StockView,
): Promise<boolean> {
  const row = await tx.get<{ claimed: number; changed: number }>(one, valuesOf([held], [posting], view))
  const [claimed, changed] = [Number(row?.claimed), Number(row?.changed)]
  if (claimed === 1 && changed !== placesOf([posting]))
    throw new StockpoolError('internal', 'a balance that was held has changed', {
      remedy: 'Repeat the call with the same key.',
    })
  return claimed === 1
}

/**
 * Writes several: all of them, or it fails, since a key was claimed before. The view holds their balances; `null`: what is said of
 * them was foreseen. `last`: nothing else follows in the transaction.
 */
export async function writeReservations(
  tx: Transaction,
  held: readonly Held[],
  postings: readonly Posting[],
  view: StockView | null,
  last: boolean,
): Promise<void> {
  const values = [...valuesOf(held, postings, view), placesOf(postings)]
  if (last) await tx.finish(several, values)
  else await tx.get(several, values)
}

function valuesOf(held: readonly Held[], postings: readonly Posting[], view: StockView | null): string[] {
  const entries = postings.map(entryOf)
  const wishes = held.map(({ request: { key, at, cause, expiresAt } }, index) => {
    const entry = entries[index]
    return { key, hash: entry === undefined ? '' : digestOf(entry.meaning), at, cause, expires: expiresAt }
  })
  const lines = entries.flatMap(({ key, at, posting: { cause }, moves }) =>
    moves.map(({ sku, from, quantity }) => ({ key, at, cause, sku, location: from.location, quantity })),
  )
  const news = newsOf(entries, view).map(({ type, at, data }) => ({ type, at, data: JSON.stringify(data) }))
  return [...[wishes, lines, news].map((rows) => JSON.stringify(rows)), entries[0]?.at ?? '']
}

/** How many balances these postings change. */
function placesOf(postings: readonly Posting[]): number {
  const names = postings.flatMap(({ moves }) =>
    moves.map(({ sku, from }) => rowName({ sku, location: from.location ?? '' })),
  )
  return new Set(names).size
}

/**
 * The view is as these entries leave it: what each of them tells follows from that. Without one nothing was oversold, and nothing
 * fell to its reorder point.
 */
function newsOf(entries: readonly Entry[], view: StockView | null): News[] {
  const after = new Map<string, number>()
  const low = new Map<string, { point: number; available: number }>()
  const changes = view === null ? [] : entries.flatMap((entry) => entry.changes)
  for (const { sku, location } of changes) {
    after.set(rowName({ sku, location }), view?.available(sku, location) ?? 0)
    const stock = view?.stockOf(sku)
    if (stock === undefined || stock.reorderPoint === null || low.has(sku)) continue
    const available = [...stock.rows.values()].reduce((sum, units) => sum + units, 0)
    low.set(sku, { point: stock.reorderPoint, available })
  }
  return newsOfAll(entries, after, low).news
}
