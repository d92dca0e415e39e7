import type { Transaction } from './database.ts'
import { chunks, flat, marks, rowMarks } from './sql.ts'

/**
 * Stock that a platform keeps and sells by itself, as it was last read. It is in none of the pool's locations: nothing offers,
 * routes or reserves it.
 * @example const inbound = await hub.stock.elsewhere('MUG-RED')
 */
export interface StockElsewhere {
  readonly sku: string
  readonly connection: string
  /** The platform's own id of the place, and its name. */
  readonly place: string
  readonly name: string
  readonly quantity: number
  /** What the number counts: `available`, or all that lies there. */
  readonly basis: 'available' | 'on-hand'
  /** When it was true: ISO 8601 UTC. */
  readonly asOf: string
  /** Milliseconds since then. */
  readonly ageMs: number
}

export interface ElsewherePlace {
  readonly id: string
  readonly name: string
  readonly country: string | null
  readonly postalCode: string | null
}

export interface ElsewhereReading {
  readonly sku: string
  readonly place: string
  readonly quantity: number
  readonly basis: 'available' | 'on-hand'
  readonly asOf: string
}

export async function putPlaces(
  tx: Transaction,
  connection: string,
  places: readonly ElsewherePlace[],
): Promise<void> {
  for (const { id, name, country, postalCode } of places) {
    await tx.run(
      `INSERT INTO elsewhere_place (connection, id, name, country, postal_code) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (connection, id) DO UPDATE SET name = excluded.name, country = excluded.country,
         postal_code = excluded.postal_code`,
      [connection, id, name, country, postalCode],
    )
  }
}

/** Takes in what a pass that began at `readAt` has read; of two readings the one that is true of a later moment holds. */
export async function putReadings(
  tx: Transaction,
  connection: string,
  readings: readonly ElsewhereReading[],
  readAt: string,
): Promise<void> {
  const latest = new Map<string, ElsewhereReading>()
  for (const one of readings) {
    const key = JSON.stringify([one.place, one.sku])
    const known = latest.get(key)
    if (known === undefined || known.asOf <= one.asOf) latest.set(key, one)
  }
  for (const some of chunks([...latest.values()], 50)) {
    await tx.run(
      `INSERT INTO elsewhere (connection, place, sku, quantity, basis, as_of, read_at) VALUES ${rowMarks(some.length, 7)}
       ON CONFLICT (connection, place, sku) DO UPDATE SET
         quantity = CASE WHEN excluded.as_of >= elsewhere.as_of THEN excluded.quantity ELSE elsewhere.quantity END,
         basis = CASE WHEN excluded.as_of >= elsewhere.as_of THEN excluded.basis ELSE elsewhere.basis END,
         as_of = CASE WHEN excluded.as_of >= elsewhere.as_of THEN excluded.as_of ELSE elsewhere.as_of END,
         read_at = excluded.read_at`,
      flat(
        some.map(({ place, sku, quantity, basis, asOf }) => [
          connection,
          place,
          sku,
          quantity,
          basis,
          asOf,
          readAt,
        ]),
      ),
    )
  }
}

/** A whole pass has been read: what it did not mention is not there any more. */
export async function forgetUnread(tx: Transaction, connection: string, readAt: string): Promise<void> {
  await tx.run('DELETE FROM elsewhere WHERE connection = ? AND read_at <> ?', [connection, readAt])
}

/** What platforms keep of these SKUs, by SKU, connection and place. */
export async function stockElsewhere(
  tx: Transaction,
  skus: readonly string[],
  now: number,
): Promise<StockElsewhere[]> {
  const rows = await tx.all<Omit<StockElsewhere, 'asOf' | 'ageMs'> & { as_of: string }>(
    `SELECT elsewhere.sku AS sku, elsewhere.connection AS connection, place, COALESCE(name, '') AS name,
       quantity, basis, as_of
     FROM elsewhere LEFT JOIN elsewhere_place
       ON elsewhere_place.connection = elsewhere.connection AND elsewhere_place.id = elsewhere.place
     WHERE elsewhere.sku IN (${marks(skus.length)})
     ORDER BY elsewhere.sku, elsewhere.connection, place`,
    skus,
  )
  return rows.map(({ as_of: asOf, quantity, ...row }) => ({
    ...row,
    quantity: Number(quantity),
    asOf,
    ageMs: Math.max(0, now - Date.parse(asOf)),
  }))
}
