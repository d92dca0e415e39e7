import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Item } from '../src/model/item.ts'
import { Listing } from '../src/model/listing.ts'
import { linkListing, putItem } from '../src/store/catalog.ts'
import type { Database } from '../src/store/database.ts'
import { createStock, type Stock } from '../src/store/pool.ts'
import { sqlite } from '../src/store/sqlite.ts'

const items = 1000
const listingsEach = 5
const stockEach = 1_000_000

/** Reservations per second beside what the disk itself can do, in one run. Never fails on timing. */
export async function benchReserve(seconds = 4): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'stockpool-bench-'))
  try {
    console.log('Reservations: two lines, ledger, five listings of each SKU marked; SQLite, synchronous=FULL')
    const raw: number[] = []
    const rates = new Map<number, number[]>([
      [1, []],
      [100, []],
    ])
    const database = await sqlite(join(directory, 'bench.db')).open()
    const stock = createStock({ database, now: () => new Date().toISOString() })
    await fill(database, stock)
    let made = 0
    // Interleaved, since others may use the same disk: each rate meets the same weather.
    for (let round = 0; round < 3; round += 1) {
      raw.push(rawSyncs(join(directory, 'raw'), seconds / 3))
      for (const [callers, of] of rates) {
        const { rate, count } = await reserveFor(stock, callers, seconds / 3, `${round}-${callers}`)
        of.push(rate)
        made += count
      }
    }
    const disk = median(raw)
    print('write 16 KB + fdatasync', disk, null, null)
    print('reservations, 1 caller', median(rates.get(1) ?? []), disk, 0.5)
    print('reservations, 100 callers', median(rates.get(100) ?? []), disk, 3)
    await proveExact(database, stock, made)
    await database.close()
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function fill(database: Database, stock: Stock): Promise<void> {
  const at = new Date().toISOString()
  await database.transaction(async (tx) => {
    for (let index = 0; index < items; index += 1) {
      const sku = `SKU-${index}`
      await putItem(tx, Item.parse({ sku }), at)
      for (let listing = 0; listing < listingsEach; listing += 1) {
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
      const first = Math.floor(Math.random() * items)
      const second = (first + 1 + Math.floor(Math.random() * (items - 1))) % items
      const result = await stock.reserve(
        [
          { sku: `SKU-${first}`, quantity: 1 },
          { sku: `SKU-${second}`, quantity: 1 },
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
async function proveExact(database: Database, stock: Stock, made: number): Promise<void> {
  const count = async (sql: string) =>
    Number((await database.read((tx) => tx.get<{ n: number }>(sql)))?.n ?? Number.NaN)
  const reserved = await count('SELECT SUM(reserved) AS n FROM balance')
  const available = await count('SELECT SUM(available) AS n FROM balance')
  const reservations = await count('SELECT COUNT(*) AS n FROM reservation')
  // Each listing was marked once by its link, once by the receipt, once for each reservation of its SKU.
  const marked = await count('SELECT SUM(generation) AS n FROM push')
  const wrong =
    reserved !== 2 * made ||
    available !== items * stockEach - 2 * made ||
    reservations !== made ||
    marked !== 2 * items * listingsEach + 2 * made * listingsEach
  const { ok, differences } = await stock.verify()
  if (wrong || !ok)
    throw new Error(`not exact: ${JSON.stringify({ made, reserved, available, marked, differences })}`)
  console.log(`  exact: ${made.toLocaleString('en')} reservations, ledger refolds, every listing marked`)
}

function print(name: string, rate: number, disk: number | null, aim: number | null): void {
  const figure = Math.round(rate).toLocaleString('en').padStart(8)
  const ratio = disk === null ? '' : `   ${(rate / disk).toFixed(2)} x the disk (aim ${aim})`
  console.log(`  ${name.padEnd(26)} ${figure}/s${ratio}`)
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

if (import.meta.main) await benchReserve()
