import { Item } from '../model/item.ts'
import { Listing, type ListingInput } from '../model/listing.ts'
import { putItem } from './catalog.ts'
import type { Transaction } from './database.ts'
import { linkListing } from './listings.ts'
import { lockBalances } from './locks.ts'
import { chunks, marks } from './sql.ts'
import { post } from './stock.ts'

/** A listing of a channel, and the SKU that it is to be linked to. */
export interface ImportRow {
  readonly listing: Pick<ListingInput, 'connection' | 'listing' | 'place' | 'units' | 'buffer'>
  readonly sku: string
  readonly title: string
  readonly barcode: string | null
  /** What the channel shows, in units of the listing; `null`: not said. */
  readonly quantity: number | null
}

export interface ImportRules {
  /** Whether SKUs that are not there are made. */
  readonly create: boolean
  /** Where the channel's numbers of SKUs that are made are counted into the pool; `null`: they are not. */
  readonly location: string | null
  /** Now: ISO 8601 UTC. */
  readonly at: string
}

/** What became of each row, in order. */
export type Imported = 'linked' | 'known' | 'no-item'

/**
 * Links a page of listings, making their items where asked to, in the caller's transaction. What is linked already, to whatever,
 * stays as it is. Safe to repeat.
 */
export async function importListings(
  tx: Transaction,
  rows: readonly ImportRow[],
  { create, location, at }: ImportRules,
): Promise<{ outcomes: Imported[]; made: number }> {
  const items = await itemsAmong(
    tx,
    rows.map(({ sku }) => sku),
  )
  const fresh = new Map<string, ImportRow>()
  for (const row of rows) if (!items.has(row.sku) && !fresh.has(row.sku)) fresh.set(row.sku, row)
  if (create) {
    for (const { sku, title, barcode } of fresh.values()) {
      await putItem(tx, itemOf(sku, title, barcode), at)
      items.add(sku)
    }
  }
  const linked = await linkedAmong(tx, rows)
  const outcomes: Imported[] = []
  for (const row of rows) {
    const key = placeKey(row.listing.listing, row.listing.place ?? '')
    if (linked.has(key)) outcomes.push('known')
    else if (!items.has(row.sku)) outcomes.push('no-item')
    else {
      await linkListing(tx, Listing.parse({ ...row.listing, sku: row.sku }), at)
      linked.add(key)
      outcomes.push('linked')
    }
  }
  if (create && location !== null) await countIn(tx, [...fresh.values()], location, at)
  return { outcomes, made: create ? fresh.size : 0 }
}

/** What a channel says of an item, as far as it fits: a title or a barcode that does not must not keep the page from being stored. */
function itemOf(sku: string, title: string, barcode: string | null): Item {
  const whole = Item.safeParse({ sku, title: title.slice(0, 500), barcode })
  return whole.success ? whole.data : Item.parse({ sku })
}

/**
 * Nobody else knows the items yet, so what the channel shows of them, and what its buyers have ordered, is all there is. The
 * orders may not be read yet: see `countOrdered`.
 */
async function countIn(
  tx: Transaction,
  rows: readonly ImportRow[],
  location: string,
  at: string,
): Promise<void> {
  for (const { listing, sku, quantity } of rows) {
    const { connection, listing: id, place = '', units = 1 } = listing
    await count(tx, { connection, listing: id, place, sku, location, at }, (quantity ?? 0) * units, '')
    await tx.run(
      `INSERT INTO imported (connection, listing, place, sku, units, location, at) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (connection, listing, place) DO NOTHING`,
      [connection, id, place, sku, units, location, at],
    )
  }
}

interface Counted {
  readonly connection: string
  readonly listing: string
  readonly place: string
  readonly sku: string
  readonly location: string
  readonly at: string
}

async function count(tx: Transaction, one: Counted, quantity: number, what: '' | '/ordered'): Promise<void> {
  if (quantity <= 0) return
  const { connection, listing, place, sku, location, at } = one
  await post(tx, {
    key: `import:${connection}/${listing}/${place}${what}`,
    body: [sku, quantity, location],
    at,
    reason: 'counted',
    cause: `${connection}/${listing}`,
    guard: 'forced',
    moves: [
      {
        sku,
        quantity,
        from: { bucket: 'correction', location: null },
        to: { bucket: 'available', location },
      },
    ],
  })
}

const settleAtOnce = 200

/**
 * A number that a channel showed did not hold what buyers had ordered by then. Once every order up to that moment is known, what
 * these took is counted in as well, and available is what the channel showed. `true`: there may be more of them.
 */
export async function countOrdered(
  tx: Transaction,
  connection: string,
  completeUntil: string,
  at: string,
): Promise<boolean> {
  const rows = await tx.all<Counted & { units: number }>(
    `SELECT connection, listing, place, sku, units, location, at FROM imported
     WHERE connection = ? AND at <= ? ORDER BY listing, place LIMIT ${settleAtOnce}`,
    [connection, completeUntil],
  )
  if (rows.length === 0) return false
  await lockBalances(
    tx,
    rows.map(({ sku }) => sku),
  )
  for (const row of rows) {
    const ordered = await tx.get<{ taken: number | null }>(
      `SELECT SUM(taken) AS taken FROM order_line
       WHERE connection = ? AND listing = ? AND sku = ? AND state = 'counted' AND placed_at <= ?`,
      [connection, row.listing, row.sku, row.at],
    )
    await count(tx, { ...row, at }, Number(ordered?.taken ?? 0) * Number(row.units), '/ordered')
    await tx.run('DELETE FROM imported WHERE connection = ? AND listing = ? AND place = ?', [
      connection,
      row.listing,
      row.place,
    ])
  }
  return rows.length === settleAtOnce
}

async function itemsAmong(tx: Transaction, skus: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>()
  for (const some of chunks([...new Set(skus)])) {
    const rows = await tx.all<{ sku: string }>(
      `SELECT sku FROM item WHERE sku IN (${marks(some.length)})`,
      some,
    )
    for (const { sku } of rows) found.add(sku)
  }
  return found
}

async function linkedAmong(tx: Transaction, rows: readonly ImportRow[]): Promise<Set<string>> {
  const found = new Set<string>()
  const [first] = rows
  if (first === undefined) return found
  for (const some of chunks([...new Set(rows.map(({ listing }) => listing.listing))])) {
    const known = await tx.all<{ listing: string; place: string }>(
      `SELECT listing, place FROM listing WHERE connection = ? AND listing IN (${marks(some.length)})`,
      [first.listing.connection, ...some],
    )
    for (const { listing, place } of known) found.add(placeKey(listing, place))
  }
  return found
}

const placeKey = (listing: string, place: string) => JSON.stringify([listing, place])
