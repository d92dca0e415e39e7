import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Item, type ItemInput } from '../../src/model/item.ts'
import { Listing, type ListingInput } from '../../src/model/listing.ts'
import { Location, type LocationInput } from '../../src/model/location.ts'
import { linkListing, putItem, putLocation } from '../../src/store/catalog.ts'
import type { Database, SqlValue } from '../../src/store/database.ts'
import { createStock, type Stock } from '../../src/store/pool.ts'
import type { SqliteDatabase, SqliteStatement } from '../../src/store/sqlite-driver.ts'
import { notePlanned } from '../../src/store/stale.ts'
import { freshStore } from '../stores.ts'

export const at = '2026-07-01T09:00:00.000Z'

export interface Shop {
  readonly database: Database
  readonly stock: Stock
  /** Moves the time that `stock` goes by. */
  setTime(at: string): void
  putItem(item: ItemInput): Promise<void>
  putLocation(location: LocationInput): Promise<void>
  link(listing: ListingInput): Promise<number>
  /** The generation of each listing, by its id at the channel; a number of each is being computed from then on. */
  generations(): Promise<Record<string, number>>
  events(type?: string): Promise<unknown[]>
}

/** A pool in memory (or in the database given), at a time that stands still. */
export async function openShop(given?: Database): Promise<Shop> {
  const database = given ?? (await freshStore().open())
  let time = at
  return {
    database,
    stock: createStock({ database, now: () => time }),
    setTime(next) {
      time = next
    },
    putItem: (item) => database.transaction((tx) => putItem(tx, Item.parse(item), time)),
    putLocation: (location) => database.transaction((tx) => putLocation(tx, Location.parse(location))),
    async link(listing) {
      return (await database.transaction((tx) => linkListing(tx, Listing.parse(listing), time))).id
    },
    generations: () =>
      database.transaction(async (tx) => {
        const rows = await tx.all<{ id: number; listing: string }>('SELECT id, listing FROM listing')
        const planned = await notePlanned(
          tx,
          rows.map(({ id }) => id),
        )
        return Object.fromEntries(rows.map(({ id, listing }) => [listing, planned.get(id) ?? 0]))
      }),
    async events(type) {
      const rows = await database.read((tx) =>
        tx.all<{ type: string; data: string }>('SELECT type, data FROM event ORDER BY id'),
      )
      return rows.filter((row) => type === undefined || row.type === type).map((row) => JSON.parse(row.data))
    },
  }
}

/** A directory for database files, and how to remove it. */
export function scratch(): { path(name: string): string; remove(): void } {
  const directory = mkdtempSync(join(tmpdir(), 'stockpool-test-'))
  return {
    path: (name) => join(directory, name),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

/**
 * `node:sqlite` behind the manners of better-sqlite3: `run` refuses a statement that answers rows, `get` and `all`
 * refuse one that does not, whole numbers are bound as such, and errors carry the code's name.
 */
export class BetterSqlite3Like implements SqliteDatabase {
  readonly #database: DatabaseSync
  /** Every statement that was run, in order. */
  readonly log: string[] = []
  /** Called before each statement; may throw. */
  before: (sql: string) => void = () => {}

  constructor(path: string) {
    this.#database = new DatabaseSync(path, { timeout: 5_000 })
  }

  prepare(sql: string): SqliteStatement {
    const statement = named(() => this.#database.prepare(sql))
    const reader = statement.columns().length > 0
    const bound = (parameters: SqlValue[]) =>
      parameters.map((value) => (Number.isSafeInteger(value) ? BigInt(value as number) : value))
    const run = <T>(needs: boolean, work: () => T): T => {
      if (reader !== needs) {
        throw new TypeError(
          reader
            ? 'This statement returns data. Use get(), all(), or iterate() instead'
            : 'This statement does not return data. Use run() instead',
        )
      }
      this.log.push(sql)
      this.before(sql)
      return named(work)
    }
    return {
      all: (...parameters) => run(true, () => statement.all(...bound(parameters))),
      get: (...parameters) => run(true, () => statement.get(...bound(parameters))),
      run: (...parameters) => run(false, () => statement.run(...bound(parameters))),
    }
  }

  exec(sql: string): void {
    named(() => this.#database.exec(sql))
  }

  close(): void {
    this.#database.close()
  }
}

const names: Readonly<Record<number, string>> = {
  5: 'SQLITE_BUSY',
  19: 'SQLITE_CONSTRAINT',
  26: 'SQLITE_NOTADB',
}

/** An error as better-sqlite3 throws it. */
export function sqliteError(message: string, code: string): Error {
  return Object.assign(new Error(message), { name: 'SqliteError', code })
}

function named<T>(work: () => T): T {
  try {
    return work()
  } catch (thrown) {
    const { message, errcode } = thrown as { message: string; errcode?: number }
    throw sqliteError(message, names[(errcode ?? 1) & 0xff] ?? 'SQLITE_ERROR')
  }
}
