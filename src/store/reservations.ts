import { allocate, type Placement } from '../stock/allocate.ts'
import type { Transaction } from './database.ts'
import { noItem, noLocation } from './kits.ts'
import { chunks, flat, marks, padded, rowMarks, sized } from './sql.ts'
import { claimedBefore, post, type Short } from './stock.ts'

export interface ReservationRequest {
  readonly key: string
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
  /** Where to take from, in this order. `null`: all locations, by their priority. */
  readonly locations: readonly string[] | null
  readonly expiresAt: string | null
  readonly cause: string | null
  /** What the caller asked for, to tell a repeat from another request with the same key. */
  readonly body: unknown
}

export type ReservationResult =
  | { readonly status: 'reserved'; readonly placements: readonly Placement[] }
  | { readonly status: 'exists' }
  | { readonly status: 'insufficient'; readonly short: readonly Short[] }

/** Units of one SKU at one location that a reservation holds. */
export interface ReservationLine {
  readonly sku: string
  readonly location: string
  readonly taken: number
  readonly released: number
  readonly shipped: number
}

export interface ReservationRow {
  readonly key: string
  readonly open: boolean
  readonly expiresAt: string | null
  readonly cause: string | null
  readonly lines: readonly ReservationLine[]
}

const insertLines = sized(
  (rows) => `INSERT INTO reservation_line (reservation, sku, location, taken) VALUES ${rowMarks(rows, 4)}`,
)

/** Holds stock for the merchant's own checkout: all lines or none, kits as their components. */
export async function reserve(
  tx: Transaction,
  request: ReservationRequest,
  at: string,
): Promise<ReservationResult> {
  const pool = await poolOf(tx, request)
  const { placements, short } = allocate(pool.wanted, pool.locations, pool.available)
  if (short.length > 0) {
    // The first time there was enough: a repeat is not answered by what is left since.
    if (await claimedBefore(tx, request.key, 'reserved', request.body)) return { status: 'exists' }
    const location = pool.locations.length === 1 ? (pool.locations[0] ?? null) : null
    return { status: 'insufficient', short: short.map((one) => ({ ...one, location })) }
  }
  const posted = await post(tx, {
    key: request.key,
    body: request.body,
    derived: true,
    at,
    reason: 'reserved',
    cause: request.cause,
    moves: placements.map(({ sku, location, quantity }) => ({
      sku,
      from: { bucket: 'available', location },
      to: { bucket: 'reserved', location },
      quantity,
    })),
    guard: 'guarded',
  })
  if (posted.status !== 'posted') return posted
  await tx.run('INSERT INTO reservation (key, open, expires_at, cause) VALUES (?, 1, ?, ?)', [
    request.key,
    request.expiresAt,
    request.cause,
  ])
  for (const some of chunks(placements)) {
    await tx.run(
      insertLines(some.length),
      flat(some.map(({ sku, location, quantity }) => [request.key, sku, location, quantity])),
    )
  }
  return { status: 'reserved', placements }
}

interface PoolView {
  readonly wanted: ReadonlyMap<string, number>
  readonly locations: readonly string[]
  readonly available: (sku: string, location: string) => number
}

interface PoolRow {
  item: string
  part: string | null
  quantity: number | null
  location: string | null
  available: number | null
}

const partsAndStock = sized(
  (count) =>
    `SELECT item.sku AS item, kit_component.sku AS part, kit_component.quantity AS quantity,
       balance.location AS location, balance.available AS available
     FROM item LEFT JOIN kit_component ON kit_component.kit = item.sku
     LEFT JOIN balance ON balance.sku = COALESCE(kit_component.sku, item.sku)
     WHERE item.sku IN (${marks(count)})`,
)

/** What the lines take, kits expanded and repeated SKUs summed, and what there is of it: one statement. */
async function poolOf(tx: Transaction, { lines, locations }: ReservationRequest): Promise<PoolView> {
  const parts = new Map<string, Map<string, number>>()
  const stock = new Map<string, Map<string, number>>()
  for (const some of chunks([...new Set(lines.map((line) => line.sku))]).map(padded)) {
    const rows = await tx.all<PoolRow>(partsAndStock(some.length), some)
    for (const { item, part, quantity, location, available } of rows) {
      const sku = part ?? item
      inner(parts, item).set(sku, Number(quantity ?? 1))
      if (location !== null) inner(stock, sku).set(location, Number(available))
    }
  }
  const wanted = new Map<string, number>()
  for (const [index, line] of lines.entries()) {
    const kit = parts.get(line.sku) ?? noItem(line.sku, `lines.${index}.sku`)
    for (const [sku, quantity] of kit) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity * line.quantity)
  }
  return {
    wanted,
    locations: await placesOf(tx, locations, stock),
    available: (sku, location) => stock.get(sku)?.get(location) ?? 0,
  }
}

function inner(map: Map<string, Map<string, number>>, key: string): Map<string, number> {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = new Map<string, number>()
  map.set(key, made)
  return made
}

/** The locations to ask, in order. Those where nothing of all this lies are looked up only to refuse unknown ones. */
async function placesOf(
  tx: Transaction,
  locations: readonly string[] | null,
  stock: ReadonlyMap<string, ReadonlyMap<string, number>>,
): Promise<readonly string[]> {
  const known = new Set([...stock.values()].flatMap((rows) => [...rows.keys()]))
  if (locations === null) {
    if (known.size === 1) return [...known]
    const rows = await tx.all<{ id: string }>('SELECT id FROM location ORDER BY priority, id')
    return rows.map((row) => row.id)
  }
  for (const [index, location] of locations.entries()) {
    if (known.has(location)) continue
    const row = await tx.get('SELECT id FROM location WHERE id = ?', [location])
    if (row === undefined) noLocation(location, `locations.${index}`)
  }
  return locations
}

export async function getReservation(tx: Transaction, key: string): Promise<ReservationRow | null> {
  const row = await tx.get<{ open: number; expires_at: string | null; cause: string | null }>(
    'SELECT open, expires_at, cause FROM reservation WHERE key = ?',
    [key],
  )
  if (row === undefined) return null
  const lines = await tx.all<ReservationLine>(
    `SELECT sku, location, taken, released, shipped FROM reservation_line WHERE reservation = ?
     ORDER BY sku, location`,
    [key],
  )
  return {
    key,
    open: Number(row.open) === 1,
    expiresAt: row.expires_at,
    cause: row.cause,
    lines: lines.map((line) => ({
      sku: line.sku,
      location: line.location,
      taken: Number(line.taken),
      released: Number(line.released),
      shipped: Number(line.shipped),
    })),
  }
}
