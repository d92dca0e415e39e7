import { StockpoolError } from '../error.ts'
import type { Listing } from '../model/listing.ts'
import type { Transaction } from './database.ts'
import { componentsOf, noLocation } from './kits.ts'
import { lockCatalogue, lockItems } from './locks.ts'
import { marks } from './sql.ts'

/** A listing as it is stored. */
export type ListingRow = Listing & { readonly id: number }

/** A row of the table `listing`. */
export interface StoredListing {
  id: number
  connection: string
  listing: string
  place: string
  sku: string
  units: number
  policy: string
}

/** Links a channel's listing to a SKU. Linking it again changes it; an unchanged link writes nothing. */
export async function linkListing(tx: Transaction, listing: Listing, at: string): Promise<ListingRow> {
  const { connection, place, sku, units } = listing
  const policy = policyText(listing)
  await lockCatalogue(tx)
  const parts = await componentsOf(tx, listing.sku)
  await lockItems(tx, skusOf(parts))
  await checkLocations(tx, listing.locations)
  const before = await find(tx, connection, listing.listing, place)
  await checkPlaces(tx, listing)
  if (before === undefined) {
    await tx.run(
      'INSERT INTO listing (connection, listing, place, sku, units, policy) VALUES (?, ?, ?, ?, ?, ?)',
      [connection, listing.listing, place, sku, units, policy],
    )
  } else {
    if (before.sku === sku && Number(before.units) === units && before.policy === policy) {
      return toListing(before)
    }
    await tx.run('UPDATE listing SET sku = ?, units = ?, policy = ? WHERE id = ?', [
      sku,
      units,
      policy,
      before.id,
    ])
  }
  const row = await find(tx, connection, listing.listing, place)
  if (row === undefined) throw new StockpoolError('internal', 'a listing that was just written is not there')
  const former = before === undefined ? [] : await componentsOf(tx, before.sku)
  await dependOn(tx, row.id, skusOf(former), skusOf(parts))
  if (before === undefined) {
    await tx.run(
      'INSERT INTO push (listing, connection, generation, done, changed_at) VALUES (?, ?, 1, 0, ?)',
      [row.id, connection, at],
    )
    await tx.run('INSERT INTO push_state (listing) VALUES (?)', [row.id])
  } else {
    await markListing(tx, row.id, at)
  }
  return toListing(row)
}

/** Replaces the SKUs that a listing's number depends on. */
export async function dependOn(
  tx: Transaction,
  id: number,
  before: readonly string[],
  after: readonly string[],
): Promise<void> {
  for (const sku of before) await tx.run('DELETE FROM listing_sku WHERE sku = ? AND listing = ?', [sku, id])
  for (const sku of after) await tx.run('INSERT INTO listing_sku (sku, listing) VALUES (?, ?)', [sku, id])
}

/** Marks one listing as out of date: what it shows follows from other things now. */
export async function markListing(tx: Transaction, id: number, at: string): Promise<void> {
  await tx.run(
    'UPDATE push SET generation = generation + 1, changed_at = COALESCE(changed_at, ?) WHERE listing = ?',
    [at, id],
  )
}

function skusOf(parts: readonly { readonly sku: string }[]): string[] {
  return parts.map((part) => part.sku)
}

/** Forgets a listing: nothing more is written to it. `false` when there was none. */
export async function unlinkListing(
  tx: Transaction,
  connection: string,
  listing: string,
  place = '',
): Promise<boolean> {
  await lockCatalogue(tx)
  const row = await find(tx, connection, listing, place)
  if (row === undefined) return false
  await dependOn(tx, row.id, skusOf(await componentsOf(tx, row.sku)), [])
  await tx.run('DELETE FROM push_state WHERE listing = ?', [row.id])
  await tx.run('DELETE FROM push WHERE listing = ?', [row.id])
  await tx.run('DELETE FROM listing WHERE id = ?', [row.id])
  return true
}

export async function getListing(
  tx: Transaction,
  connection: string,
  listing: string,
  place = '',
): Promise<ListingRow | null> {
  const row = await find(tx, connection, listing, place)
  return row === undefined ? null : toListing(row)
}

/** The ids of a listing's numbers at a place (`''`: at all places), and of the one without a place. */
export async function listingIds(
  tx: Transaction,
  { connection, listing, place }: { connection: string; listing: string; place: string },
): Promise<number[]> {
  const rows = await tx.all<{ id: number }>(
    `SELECT id FROM listing WHERE connection = ? AND listing = ? AND (? = '' OR place = ? OR place = '')`,
    [connection, listing, place, place],
  )
  return rows.map(({ id }) => Number(id))
}

/** The listings of a connection, of a SKU (kits that hold it not included), or of both; by id. */
export async function listListings(
  tx: Transaction,
  filter: { readonly connection?: string | undefined; readonly sku?: string | undefined } = {},
): Promise<ListingRow[]> {
  const conditions: string[] = []
  const values: string[] = []
  for (const column of ['connection', 'sku'] as const) {
    const value = filter[column]
    if (value === undefined) continue
    conditions.push(`${column} = ?`)
    values.push(value)
  }
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
  return (await tx.all<StoredListing>(`SELECT * FROM listing${where} ORDER BY id`, values)).map(toListing)
}

export function toListing(row: StoredListing): ListingRow {
  return {
    id: Number(row.id),
    connection: row.connection,
    listing: row.listing as Listing['listing'],
    place: row.place,
    sku: row.sku as Listing['sku'],
    units: Number(row.units),
    ...(JSON.parse(row.policy) as Pick<Listing, 'buffer' | 'cap' | 'minimum' | 'locations'>),
  }
}

function policyText({ buffer, cap, minimum, locations }: Listing): string {
  return JSON.stringify({ buffer, cap, minimum, locations })
}

async function find(
  tx: Transaction,
  connection: string,
  listing: string,
  place: string,
): Promise<StoredListing | undefined> {
  return tx.get<StoredListing>('SELECT * FROM listing WHERE connection = ? AND listing = ? AND place = ?', [
    connection,
    listing,
    place,
  ])
}

/**
 * Two places of one listing that both draw on all of one SKU would each show the whole pool, and the channel adds them
 * up.
 */
async function checkPlaces(
  tx: Transaction,
  { connection, listing, place, sku, locations }: Listing,
): Promise<void> {
  if (locations !== null) return
  const others = await tx.all<StoredListing>(
    'SELECT * FROM listing WHERE connection = ? AND listing = ? AND place <> ?',
    [connection, listing, place],
  )
  const other = others.map(toListing).find((each) => each.sku === sku && each.locations === null)
  if (other === undefined) return
  throw new StockpoolError(
    'invalid_input',
    `${listing} on ${connection} is linked at the place "${other.place}" too, and both show all of ${sku}`,
    {
      field: 'locations',
      remedy:
        'Give each place of the listing its own locations, or the channel shows the same units several times.',
    },
  )
}

async function checkLocations(tx: Transaction, locations: readonly string[] | null): Promise<void> {
  if (locations === null) return
  const rows = await tx.all<{ id: string }>(
    `SELECT id FROM location WHERE id IN (${marks(locations.length)})`,
    locations,
  )
  const known = new Set(rows.map((row) => row.id))
  for (const [index, location] of locations.entries()) {
    if (!known.has(location)) noLocation(location, `locations.${index}`)
  }
}
