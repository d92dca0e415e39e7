import { availableByReading, isSettled, openOf, type Reading } from '../order/index.ts'
import type { Transaction } from './database.ts'
import { noItem, noLocation } from './kits.ts'
import { ensureBalances, holdItems, lockBalances } from './locks.ts'
import { type StoredAllocation, toAllocation } from './order-rows.ts'
import { chunks, marks } from './sql.ts'
import { Touched } from './stale.ts'
import { post } from './stock.ts'

export interface ReadingNews extends Reading {
  readonly sku: string
  readonly location: string
  /** Now: ISO 8601 UTC. */
  readonly at: string
}

export interface ReadingResult {
  /** `stale`: an older reading than the stored one, so nothing was done. */
  readonly status: 'applied' | 'stale'
  /** Units by which what is available was corrected. */
  readonly correction: number
  readonly available: number
}

interface ReadingRow {
  quantity: number
  basis: Reading['basis']
  as_of: string
  corrections: number
}

/**
 * Takes in what a provider says lies at its places, in this order: what is available there becomes what the readings and the
 * orders since them say, by corrections in the ledger. At such a place the provider's number is the truth: what was
 * received or counted there by hand is corrected as well.
 *
 * @throws StockpoolError `not_found` when nobody made the SKU or the location.
 */
export async function applyReadings(
  tx: Transaction,
  readings: readonly ReadingNews[],
): Promise<ReadingResult[]> {
  const touched = new Touched()
  const skus = readings.map(({ sku }) => sku)
  await lockBalances(tx, skus)
  await holdItems(tx, skus)
  await ensureBalances(tx, await makeable(tx, readings))
  await lockBalances(tx, skus)
  const results: ReadingResult[] = []
  for (const news of readings) results.push(await applyOne(tx, news, touched))
  await touched.mark(tx, readings[0]?.at ?? '')
  return results
}

/** Of the places of these readings, those where stock can lie. */
async function makeable(tx: Transaction, readings: readonly ReadingNews[]): Promise<ReadingNews[]> {
  if (tx.dialect === 'sqlite') return []
  const skus = new Set<string>()
  for (const some of chunks([...new Set(readings.map(({ sku }) => sku))])) {
    const rows = await tx.all<{ sku: string }>(
      `SELECT sku FROM item WHERE sku IN (${marks(some.length)})
       AND NOT EXISTS (SELECT 1 FROM kit_component WHERE kit = item.sku)`,
      some,
    )
    for (const { sku } of rows) skus.add(sku)
  }
  const places = await tx.all<{ id: string }>('SELECT id FROM location')
  const known = new Set(places.map(({ id }) => id))
  const wanted = readings.filter(({ sku, location }) => skus.has(sku) && known.has(location))
  return [...new Map(wanted.map((one) => [JSON.stringify([one.sku, one.location]), one])).values()]
}

async function applyOne(tx: Transaction, news: ReadingNews, touched: Touched): Promise<ReadingResult> {
  const { sku, location, quantity, basis, asOf, at } = news
  const known = await tx.get<{ as_of: string }>('SELECT as_of FROM reading WHERE sku = ? AND location = ?', [
    sku,
    location,
  ])
  if (known === undefined) await mustBeKnown(tx, sku, location)
  else if (known.as_of > asOf) {
    return { status: 'stale', correction: 0, available: (await balanceAt(tx, sku, location)).available }
  }
  await tx.run(
    `INSERT INTO reading (sku, location, quantity, basis, as_of) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (sku, location) DO UPDATE SET
       quantity = excluded.quantity, basis = excluded.basis, as_of = excluded.as_of`,
    [sku, location, quantity, basis, asOf],
  )
  const correction = await settleReading(tx, sku, location, at, touched)
  return { status: 'applied', correction, available: (await balanceAt(tx, sku, location)).available }
}

/** What a provider that told all of its stock did not mention. */
export interface Absence {
  /** The provider's places, by our ids. */
  readonly locations: readonly string[]
  readonly mentioned: (sku: string, location: string) => boolean
  /** What the pass's numbers count; `null`: it gave none, so each reading keeps its own. */
  readonly basis: Reading['basis'] | null
  /** When the pass looked, ISO 8601 UTC. */
  readonly asOf: string
  /** Now: ISO 8601 UTC. */
  readonly at: string
}

/**
 * Takes in that a provider has none of what it no longer lists: every reading of its places that a whole pass did not
 * mention becomes 0. Never for a pass that failed or stopped half way. Answers how many there were.
 */
export async function applyAbsence(tx: Transaction, absence: Absence): Promise<number> {
  const { locations, mentioned, basis, asOf, at } = absence
  const absent: ReadingNews[] = []
  for (const some of chunks(locations)) {
    const rows = await tx.all<Pick<ReadingRow, 'basis' | 'as_of'> & { sku: string; location: string }>(
      `SELECT sku, location, basis, as_of FROM reading WHERE location IN (${marks(some.length)})
       ORDER BY sku, location`,
      some,
    )
    for (const row of rows) {
      if (mentioned(row.sku, row.location)) continue
      absent.push({
        sku: row.sku,
        location: row.location,
        quantity: 0,
        basis: basis ?? row.basis,
        // The stored reading came before this look, whatever the provider's clock said of it.
        asOf: [row.as_of, asOf].sort().at(-1) ?? asOf,
        at,
      })
    }
  }
  await applyReadings(tx, absent)
  return absent.length
}

/**
 * Corrects what is available at a place that has a reading, after anything that the reading is held against has
 * changed. Answers the correction; 0 where there is no reading. The caller holds the balances.
 */
export async function settleReading(
  tx: Transaction,
  sku: string,
  location: string,
  at: string,
  touched: Touched,
): Promise<number> {
  const row = await tx.get<ReadingRow>(
    'SELECT quantity, basis, as_of, corrections FROM reading WHERE sku = ? AND location = ?',
    [sku, location],
  )
  if (row === undefined) return 0
  const reading: Reading = { quantity: Number(row.quantity), basis: row.basis, asOf: row.as_of }
  const orders = await unsettledAt(tx, sku, location)
  const facts = orders.map(({ allocations }) => allocations)
  const balance = await balanceAt(tx, sku, location)
  // What is reserved and belongs to no order is held by the merchant's own checkout.
  const held = balance.reserved - facts.flat().reduce((sum, one) => sum + openOf(one), 0)
  const correction = availableByReading(reading, facts, held) - balance.available
  const nth = Number(row.corrections) + 1
  if (correction !== 0) await correct(tx, { sku, location, correction, at, nth }, touched)
  await markSettled(tx, sku, location, orders, reading.asOf)
  return correction
}

/** The same for many places; those without a reading cost one look for each hundred SKUs. */
export async function settleReadings(
  tx: Transaction,
  places: readonly { readonly sku: string; readonly location: string }[],
  at: string,
  touched: Touched,
): Promise<void> {
  const changed = new Set(places.map(({ sku, location }) => JSON.stringify([sku, location])))
  for (const some of chunks([...new Set(places.map(({ sku }) => sku))])) {
    const rows = await tx.all<{ sku: string; location: string }>(
      `SELECT sku, location FROM reading WHERE sku IN (${marks(some.length)}) ORDER BY sku, location`,
      some,
    )
    for (const { sku, location } of rows) {
      if (changed.has(JSON.stringify([sku, location]))) await settleReading(tx, sku, location, at, touched)
    }
  }
}

interface Correction {
  readonly sku: string
  readonly location: string
  readonly correction: number
  readonly at: string
  readonly nth: number
}

async function correct(
  tx: Transaction,
  { sku, location, correction, at, nth }: Correction,
  touched: Touched,
): Promise<void> {
  await tx.run('UPDATE reading SET corrections = ? WHERE sku = ? AND location = ?', [nth, sku, location])
  const inside = { bucket: 'available', location } as const
  const outside = { bucket: 'correction', location: null } as const
  const [from, to] = correction > 0 ? [outside, inside] : [inside, outside]
  const posting = {
    key: `reading:${location}/${sku}#${nth}`,
    body: { sku, location, nth },
    at,
    reason: 'observed',
    cause: location,
    moves: [{ sku, from, to, quantity: Math.abs(correction) }],
    guard: 'forced',
  } as const
  await post(tx, posting, touched)
}

/** What the lines of one order took of a SKU at a place, also those of which nothing new is to be expected. */
interface Unsettled {
  readonly connection: string
  readonly order: string
  readonly allocations: StoredAllocation[]
}

async function unsettledAt(tx: Transaction, sku: string, location: string): Promise<Unsettled[]> {
  const rows = await tx.all<Parameters<typeof toAllocation>[0] & { connection: string; order_id: string }>(
    `SELECT allocation.* FROM (
       SELECT DISTINCT connection, order_id FROM allocation WHERE location = ? AND sku = ? AND settled = 0
     ) AS unsettled
     JOIN allocation ON allocation.connection = unsettled.connection AND allocation.order_id = unsettled.order_id
     WHERE allocation.sku = ? AND allocation.location = ?`,
    [location, sku, sku, location],
  )
  const orders = new Map<string, Unsettled>()
  for (const row of rows) {
    const key = JSON.stringify([row.connection, row.order_id])
    const order = orders.get(key) ?? { connection: row.connection, order: row.order_id, allocations: [] }
    order.allocations.push(toAllocation(row))
    orders.set(key, order)
  }
  return [...orders.values()]
}

/** Orders that no later reading depends on are not read again, so that a long history costs nothing. */
async function markSettled(
  tx: Transaction,
  sku: string,
  location: string,
  orders: readonly Unsettled[],
  asOf: string,
): Promise<void> {
  for (const { connection, order, allocations } of orders) {
    if (!isSettled(allocations, asOf)) continue
    await tx.run(
      `UPDATE allocation SET settled = 1
       WHERE connection = ? AND order_id = ? AND sku = ? AND location = ? AND settled = 0`,
      [connection, order, sku, location],
    )
  }
}

async function balanceAt(
  tx: Transaction,
  sku: string,
  location: string,
): Promise<{ available: number; reserved: number }> {
  const row = await tx.get<{ available: number; reserved: number }>(
    'SELECT available, reserved FROM balance WHERE sku = ? AND location = ?',
    [sku, location],
  )
  return { available: Number(row?.available ?? 0), reserved: Number(row?.reserved ?? 0) }
}

async function mustBeKnown(tx: Transaction, sku: string, location: string): Promise<void> {
  if ((await tx.get('SELECT sku FROM item WHERE sku = ?', [sku])) === undefined) noItem(sku)
  if ((await tx.get('SELECT id FROM location WHERE id = ?', [location])) === undefined) noLocation(location)
}
