import { Client } from 'pg'
import { ListingPolicy } from '../../src/model/listing.ts'
import type { Database } from '../../src/store/database.ts'

export const stockEach = 1_000_000
export const listingsEach = 5

/** Names that sort as their numbers do, so that filling appends to every index. */
export const skuOf = (number: number): string => `SKU-${String(number).padStart(7, '0')}`
const sku = (number: string) => `'SKU-' || lpad(${number}::text, 7, '0')`

export interface Contents {
  readonly schema: string
  readonly items: number
  /** On how many channels each item is sold, as one listing each. */
  readonly listings: number
  /** The listings of items above this number are up to date, all others are marked already. */
  readonly marked: number
}

/**
 * Fills a schema that was just opened, by set, since by the verbs a million items would take an hour: every item received
 * once, and its channels shown that number. The ledger folds to the balances, as `verify` demands.
 */
export async function fill(url: string, contents: Contents): Promise<void> {
  const { schema } = contents
  const at = new Date().toISOString()
  // Tables know nothing of each other, and filling one keeps one core busy.
  await Promise.all([
    run(url, schema, stockStatements(contents, at)),
    run(url, schema, listingStatements(contents, at)),
  ])
  // What filling left to be written would be written beside what is measured.
  await run(url, schema, ['CHECKPOINT'])
}

function stockStatements({ items, marked }: Contents, at: string): string[] {
  const from = `FROM generate_series(1, ${items}) AS n`
  return [
    `INSERT INTO item (sku, title) SELECT ${sku('n')}, 'Item ' || n ${from}`,
    `INSERT INTO balance (sku, location, available, reserved, quarantined, marked)
     SELECT ${sku('n')}, 'main', ${stockEach}, 0, 0, CASE WHEN n <= ${marked} THEN 1 ELSE 0 END ${from}`,
    `INSERT INTO posting (key, hash, at) SELECT 'receipt-' || lpad(n::text, 7, '0'), 'filled', '${at}' ${from}`,
    `INSERT INTO movement (key, at, sku, from_bucket, from_location, to_bucket, to_location, quantity, reason)
     SELECT 'receipt-' || lpad(n::text, 7, '0'), '${at}', ${sku('n')}, 'supplier', NULL, 'available', 'main',
       ${stockEach}, 'received' ${from}`,
    ...['item', 'balance', 'posting', 'movement'].map((table) => `VACUUM (ANALYZE) ${table}`),
    'ANALYZE location',
  ]
}

function listingStatements({ items, listings, marked }: Contents, at: string): string[] {
  const from = `FROM generate_series(1, ${items}) AS n, generate_series(1, ${listings}) AS k`
  const id = `(n - 1) * ${listings} + k`
  const policy = JSON.stringify(ListingPolicy.parse({}))
  return [
    `INSERT INTO listing (id, connection, listing, place, sku, units, policy) OVERRIDING SYSTEM VALUE
     SELECT ${id}, 'shop' || k, ${sku('n')}, '', ${sku('n')}, 1, '${policy}' ${from}`,
    `INSERT INTO listing_sku (sku, listing) SELECT ${sku('n')}, ${id} ${from}`,
    `INSERT INTO push (listing, connection, generation, done, planned, changed_at)
     SELECT ${id}, 'shop' || k, CASE WHEN n <= ${marked} THEN 2 ELSE 1 END, 1, 1,
       CASE WHEN n <= ${marked} THEN '${at}' END ${from}`,
    `INSERT INTO push_state (listing, sent, sent_at, sent_generation, confirmed, confirmed_at)
     SELECT ${id}, ${stockEach}, '${at}', 1, ${stockEach}, '${at}' ${from}`,
    `SELECT setval(pg_get_serial_sequence('listing', 'id'), ${items * listings})`,
    ...['listing', 'listing_sku', 'push', 'push_state'].map((table) => `VACUUM (ANALYZE) ${table}`),
  ]
}

async function run(url: string, schema: string, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url, options: `-c search_path=${schema}` })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

/** As workers do when they begin to compute every number: what is reserved from now on marks its listings anew, once. */
export async function beginNumbers(database: Database): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.run('UPDATE balance SET marked = 0 WHERE marked > 0')
    await tx.run('UPDATE push SET planned = generation WHERE planned < generation')
  })
}
