import { StockpoolError } from '../error.ts'
import type { SqlValue, Transaction } from './database.ts'

/** The part of a prepared statement that stockpool uses, as `node:sqlite` and better-sqlite3 both have it. */
export interface SqliteStatement {
  all(...parameters: SqlValue[]): unknown[]
  get(...parameters: SqlValue[]): unknown
  run(...parameters: SqlValue[]): { readonly changes: number | bigint }
}

/** The shape of an open database: a better-sqlite3 `Database` has it, and so has a `DatabaseSync` of `node:sqlite`. */
export interface SqliteDatabase {
  prepare(sql: string): SqliteStatement
  exec(sql: string): unknown
  close(): unknown
}

// Statements with a list of values differ by its length, so their number is bounded here and not by the callers.
const maxStatements = 500

/** One open handle: statements are prepared once, and every failure becomes a `StockpoolError`. */
export class SqliteHandle {
  readonly #database: SqliteDatabase
  readonly #description: string
  readonly #statements = new Map<string, SqliteStatement>()

  constructor(database: SqliteDatabase, description: string) {
    this.#database = database
    this.#description = description
  }

  all(sql: string, parameters: readonly SqlValue[] = []): unknown[] {
    try {
      return this.#prepare(sql).all(...parameters)
    } catch (thrown) {
      throw databaseError(thrown, this.#description)
    }
  }

  get(sql: string, parameters: readonly SqlValue[] = []): unknown {
    try {
      return this.#prepare(sql).get(...parameters)
    } catch (thrown) {
      throw databaseError(thrown, this.#description)
    }
  }

  run(sql: string, parameters: readonly SqlValue[] = []): number {
    try {
      return Number(this.#prepare(sql).run(...parameters).changes)
    } catch (thrown) {
      throw databaseError(thrown, this.#description)
    }
  }

  close(): void {
    this.#statements.clear()
    try {
      this.#database.close()
    } catch (thrown) {
      throw databaseError(thrown, this.#description)
    }
  }

  #prepare(sql: string): SqliteStatement {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#database.prepare(sql)
    if (this.#statements.size >= maxStatements) {
      const [oldest] = this.#statements.keys()
      if (oldest !== undefined) this.#statements.delete(oldest)
    }
    this.#statements.set(sql, statement)
    return statement
  }
}

/** The statements of one transaction. Once it has ended, using it is an error rather than a write into another's. */
export class SqliteTransaction implements Transaction {
  readonly dialect = 'sqlite'
  readonly #handle: SqliteHandle
  #ended = false

  constructor(handle: SqliteHandle) {
    this.#handle = handle
  }

  async all<Row>(sql: string, parameters?: readonly SqlValue[]): Promise<Row[]> {
    return this.#open().all(sql, parameters) as Row[]
  }

  async get<Row>(sql: string, parameters?: readonly SqlValue[]): Promise<Row | undefined> {
    return (this.#open().get(sql, parameters) ?? undefined) as Row | undefined
  }

  async run(sql: string, parameters?: readonly SqlValue[]): Promise<number> {
    return this.#open().run(sql, parameters)
  }

  async finish(sql: string, parameters?: readonly SqlValue[]): Promise<void> {
    this.#open().run(sql, parameters)
    this.end()
  }

  end(): void {
    this.#ended = true
  }

  #open(): SqliteHandle {
    if (this.#ended) throw new StockpoolError('internal', 'a transaction was used after it had ended')
    return this.#handle
  }
}

/** Opens a file with `node:sqlite`, loaded here and not before, so that importing stockpool costs nothing. */
export async function openNodeSqlite(path: string, readOnly = false): Promise<SqliteDatabase> {
  let DatabaseSync: typeof import('node:sqlite').DatabaseSync
  try {
    ;({ DatabaseSync } = await import('node:sqlite'))
  } catch (cause) {
    throw new StockpoolError('database', `this Node (${process.version}) has no node:sqlite`, {
      cause,
      remedy: 'Run Node 22.13 or later, or pass an open better-sqlite3 database to sqlite().',
    })
  }
  try {
    return new DatabaseSync(path, { readOnly, timeout: 0 })
  } catch (thrown) {
    throw databaseError(thrown, path)
  }
}

const busy = 5
const remedies: Readonly<Record<number, string>> = {
  5: 'Another process holds the database; repeat, or find what keeps a transaction open.',
  6: 'Another process holds the database; repeat, or find what keeps a transaction open.',
  8: 'Make the file and its directory writable by this process.',
  10: 'Check the disk.',
  11: 'Restore the file from a backup, or run sqlite3 .recover on a copy of it.',
  13: 'Free some disk space, then repeat.',
  14: 'Check that the path names a file in a directory that exists and that this process may write.',
  26: 'Give the path of a SQLite database, or of a file that does not exist yet.',
}

// better-sqlite3 names the result code in `code`; node:sqlite gives the number in `errcode`.
const codesByName: Readonly<Record<string, number>> = {
  SQLITE_BUSY: 5,
  SQLITE_LOCKED: 6,
  SQLITE_READONLY: 8,
  SQLITE_IOERR: 10,
  SQLITE_CORRUPT: 11,
  SQLITE_FULL: 13,
  SQLITE_CANTOPEN: 14,
  SQLITE_NOTADB: 26,
}

function resultCode(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined
  const { errcode, code } = thrown as { errcode?: unknown; code?: unknown }
  // The low byte is the primary code, the rest says more (SQLITE_BUSY_SNAPSHOT is 5 | 2 << 8).
  if (typeof errcode === 'number') return errcode & 0xff
  if (typeof code !== 'string') return undefined
  const name = /^SQLITE_[A-Z]+/.exec(code)?.[0]
  return name === undefined ? undefined : codesByName[name]
}

function databaseError(thrown: unknown, description: string): StockpoolError {
  if (thrown instanceof StockpoolError) return thrown
  const code = resultCode(thrown)
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new StockpoolError('database', `${description}: ${message}`, {
    cause: thrown,
    remedy: code === undefined ? undefined : remedies[code],
    details: { sqlite: code ?? null },
    retryable: code === busy,
  })
}

/** Whether a failure means only that another connection holds the lock. */
export function isBusy(thrown: unknown): boolean {
  return thrown instanceof StockpoolError && thrown.code === 'database' && thrown.details?.sqlite === busy
}
