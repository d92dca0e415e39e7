import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Item } from '../src/model/item.ts'
import { Listing } from '../src/model/listing.ts'
import { linkListing, putItem } from '../src/store/catalog.ts'
import type { Database } from '../src/store/database.ts'
import { createStock, type Stock } from '../src/store/pool.ts'
import { sqlite } from '../src/store/sqlite.ts'
import { beginNumbers } from './postgres/fill.ts'

const items = 1000
const stockEach = 1_000_000
const callerCounts = [1, 100] as const
const aims = { 1: 0.5, 100: 3 } as const

/**
 * Reservations per second beside what the disk itself can do, in one run. Never fails on timing: others may use the
 * machine, so read the ratios.
 */
export default async function benchReserve(secondsEach = 4): Promise<void> {
  console.log('Reservations: two lines, ledger, listings marked; SQLite in WAL, synchronous=FULL')
  for (const marked of [5, 10]) await benchMarking(marked, secondsEach)
}

/** `marked` listings depend on the two SKUs of each reservation, and are marked when they are not already. */
async function benchMarking(marked: number, secondsEach: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'stockpool-bench-'))
  const database = await sqlite(join(directory, 'bench.db')).open()
  try {
    const stock = createStock({ database, now: () => new Date().toISOString() })
    await fill(database, stock, marked)
    const raw: number[] = []
    const rates: Record<(typeof callerCounts)[number], number[]> = { 1: [], 100: [] }
    let made = 0
    const rounds = 5
    // Interleaved, since others may use the same disk: each rate meets the same weather.
    for (let round = 0; round < rounds; round += 1) {
      raw.push(rawSyncs(join(directory, 'raw'), secondsEach / rounds))
      for (const callers of callerCounts) {
        await beginNumbers(database)
        const { rate, count } = await reserveFor(stock, callers, secondsEach / rounds, `${round}-${callers}`)
        rates[callers].push(rate)
        made += count
      }
    }
    const disk = median(raw)
    console.log(`${marked} listings depend on each`)
    print('write 16 KB + fdatasync', disk, '')
    for (const callers of callerCounts) {
      const rate = median(rates[callers])
      const name = `reservations, ${callers} caller${callers === 1 ? '' : 's'}`
      print(
        name,
        rate,
        `${(rate / disk).toFixed(2)} x the disk${marked === 5 ? ` (aim ${aims[callers]})` : ''}`,
      )
    }
    await proveExact(database, stock, made, marked)
  } finally {
    await database.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** A reservation takes one even and one odd item; together they have as many listings as are to be marked. */
function listingsOf(index: number, marked: number): number {
  return index % 2 === 0 ? Math.ceil(marked / 2) : Math.floor(marked / 2)
}

async function fill(database: Database, stock: Stock, marked: number): Promise<void> {
  const at = new Date().toISOString()
  await database.transaction(async (tx) => {
    for (let index = 0; index < items; index += 1) {
      const sku = `SKU-${index}`
      await putItem(tx, Item.parse({ sku }), at)
      for (let listing = 0; listing < listingsOf(index, marked); listing += 1) {
        await linkListing(tx, Listing.parse({ connection: `shop${listing}`, listing: sku, sku }), at)
      }
    }
  })
  const receipts = Array.from({ length: items }, (_, index) =>
    stock.receive(`SKU-${index}`, stockEach, { key: `receipt-${index}` }),
  )
  await Promise.all(receipts)
}

function rawSyncs(path: string, seconds: number): number {
  const file = openSync(path, 'w')
  const page = Buffer.alloc(16_384, 1)
  const start = performance.now()
  let count = 0
  while (performance.now() - start < seconds * 1000) {
    writeSync(file, page)
    fdatasyncSync(file)
    count += 1
  }
  const rate = count / ((performance.now() - start) / 1000)
  closeSync(file)
  return rate
}

async function reserveFor(
  stock: Stock,
  callers: number,
  seconds: number,
  prefix: string,
): Promise<{ rate: number; count: number }> {
  const start = performance.now()
  let count = 0
  async function caller(name: number): Promise<void> {
    for (let turn = 0; performance.now() - start < seconds * 1000; turn += 1) {
      const even = 2 * Math.floor((Math.random() * items) / 2)
      const odd = 2 * Math.floor((Math.random() * items) / 2) + 1
      const result = await stock.reserve(
        [
          { sku: `SKU-${even}`, quantity: 1 },
          { sku: `SKU-${odd}`, quantity: 1 },
        ],
        { key: `${prefix}-${name}-${turn}` },
      )
      if (result.status !== 'reserved') throw new Error(`answered ${result.status}`)
      count += 1
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, name) => caller(name)))
  return { rate: count / ((performance.now() - start) / 1000), count }
}

/** Every answer is in the database, once, and nothing else is. */
async function proveExact(database: Database, stock: Stock, made: number, listings: number): Promise<void> {
  const count = async (sql: string) =>
    Number((await database.read((tx) => tx.get<{ n: number }>(sql)))?.n ?? Number.NaN)
  const reserved = await count('SELECT SUM(reserved) AS n FROM balance')
  const available = await count('SELECT SUM(available) AS n FROM balance')
  const reservations = await count('SELECT COUNT(*) AS n FROM reservation')
  // Each listing was marked by its link, by the receipt, and again if its SKU was reserved, and not else.
  const wrongMarks = await count(
    `SELECT COUNT(*) AS n FROM push JOIN listing_sku ON listing_sku.listing = push.listing
     JOIN balance ON balance.sku = listing_sku.sku WHERE (reserved > 0) <> (generation > 2)`,
  )
  const marks = await count('SELECT COUNT(*) AS n FROM push')
  const wrong =
    reserved !== 2 * made ||
    available !== items * stockEach - 2 * made ||
    reservations !== made ||
    wrongMarks !== 0 ||
    marks !== (items / 2) * listings
  const { ok, differences } = await stock.verify()
  if (wrong || !ok)
    throw new Error(`not exact: ${JSON.stringify({ made, reserved, available, wrongMarks, differences })}`)
  console.log(`  exact: ${made.toLocaleString('en')} reservations, ledger refolds, every listing marked`)
}

function print(name: string, rate: number, note: string): void {
  console.log(`  ${name.padEnd(26)} ${Math.round(rate).toLocaleString('en').padStart(8)}/s   ${note}`)
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
