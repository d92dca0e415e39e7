import { StockpoolError } from '../error.ts'
import type { Database, Store, Transaction } from './database.ts'
import { migrate } from './migrate.ts'
import {
  isBusy,
  openNodeSqlite,
  type SqliteDatabase,
  SqliteHandle,
  SqliteTransaction,
} from './sqlite-driver.ts'

/**
 * What `sqlite` takes beside the path.
 * @example const store = sqlite('shop.db', { lockWaitMs: 30_000 })
 */
export interface SqliteOptions {
  /** How long a write waits for another process that holds the database, in milliseconds. Default 10,000. */
  readonly lockWaitMs?: number
}

interface Waiting {
  readonly kind: 'read' | 'write'
  readonly work: (tx: Transaction) => Promise<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: unknown) => void
}

type Outcome = { readonly entry: Waiting } & ({ readonly value: unknown } | { readonly error: unknown })

/** So many transactions share one commit at most: enough to make a sync cheap, few enough to keep each wait short. */
const maxBatch = 50

/**
 * A store in one SQLite file on a local disk, durable at every commit (WAL, `synchronous=FULL`). Several processes
 * may open the same file. `':memory:'` keeps everything in this process, for tests. Instead of a path, an open
 * better-sqlite3 database may be passed; stockpool closes it with the hub.
 *
 * @example
 * const hub = createHub({ store: sqlite('shop.db'), connections: {} })
 */
export function sqlite(database: string | SqliteDatabase, options: SqliteOptions = {}): Store {
  const description = typeof database === 'string' ? `SQLite ${database}` : 'SQLite (database passed in)'
  const lockWaitMs = options.lockWaitMs ?? 10_000
  return {
    description,
    dialect: 'sqlite',
    async open() {
      const handles: SqliteHandle[] = []
      const handle = async (readOnly: boolean) => {
        const raw = typeof database === 'string' ? await openNodeSqlite(database, readOnly) : database
        const made = new SqliteHandle(raw, description)
        handles.push(made)
        return made
      }
      try {
        const writer = await handle(false)
        await retryWhileBusy(() => configure(writer), lockWaitMs)
        // A private in-memory database, or one that was passed in, has but this one handle.
        const single = typeof database !== 'string' || isPrivate(database)
        const opened = new SqliteStore(writer, single ? writer : await handle(true), lockWaitMs)
        await migrate(opened)
        return opened
      } catch (error) {
        for (const each of handles) each.close()
        throw error
      }
    },
  }
}

function isPrivate(path: string): boolean {
  return path === '' || path === ':memory:'
}

function configure(handle: SqliteHandle): void {
  // Waiting is done in retryWhileBusy: SQLite's own blocks the event loop, and starves one of many processes.
  handle.get('PRAGMA busy_timeout = 0')
  handle.get('PRAGMA journal_mode = WAL')
  handle.run('PRAGMA synchronous = FULL')
  handle.run('PRAGMA temp_store = MEMORY')
  handle.run('PRAGMA cache_size = -32768')
  // Copying the log back costs two more syncs: at 32 MB, not SQLite's 4, it is rare enough not to be felt.
  handle.get('PRAGMA wal_autocheckpoint = 8000')
}

class SqliteStore implements Database {
  readonly dialect = 'sqlite'
  readonly #writer: SqliteHandle
  readonly #reader: SqliteHandle
  readonly #lockWaitMs: number
  readonly #writes: Turns
  readonly #reads: Turns
  #closed: Promise<void> | undefined

  constructor(writer: SqliteHandle, reader: SqliteHandle, lockWaitMs: number) {
    this.#writer = writer
    this.#reader = reader
    this.#lockWaitMs = lockWaitMs
    this.#writes = new Turns((batch) => this.#runBatch(batch))
    this.#reads = reader === writer ? this.#writes : new Turns((batch) => this.#runBatch(batch))
  }

  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#enqueue('write', work)
  }

  read<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#enqueue('read', work)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    await Promise.all([this.#writes.idle(), this.#reads.idle()])
    if (this.#reader !== this.#writer) this.#reader.close()
    this.#writer.close()
  }

  #enqueue<T>(kind: Waiting['kind'], work: (tx: Transaction) => Promise<T>): Promise<T> {
    if (this.#closed !== undefined) {
      return Promise.reject(
        new StockpoolError('database', 'the store is closed', { remedy: 'Open it again.' }),
      )
    }
    return new Promise<T>((resolve, reject) => {
      const queue = kind === 'read' ? this.#reads : this.#writes
      queue.push({ kind, work, resolve: resolve as (value: unknown) => void, reject })
    })
  }

  async #runBatch(batch: readonly Waiting[]): Promise<void> {
    const reads = batch.filter((entry) => entry.kind === 'read')
    const writes = batch.filter((entry) => entry.kind === 'write')
    // Reads go first: they must not see what is not yet committed.
    if (reads.length > 0) await this.#settle(reads, () => this.#readAll(reads))
    if (writes.length > 0) await this.#settle(writes, () => this.#commitAll(writes))
  }

  async #settle(batch: readonly Waiting[], run: () => Promise<readonly Outcome[]>): Promise<void> {
    try {
      for (const outcome of await run()) {
        if ('error' in outcome) outcome.entry.reject(outcome.error)
        else outcome.entry.resolve(outcome.value)
      }
    } catch (error) {
      for (const entry of batch) entry.reject(error)
    }
  }

  async #readAll(batch: readonly Waiting[]): Promise<Outcome[]> {
    const handle = this.#reader
    const shared = handle === this.#writer
    await retryWhileBusy(() => handle.run('BEGIN'), this.#lockWaitMs)
    try {
      if (shared) handle.run('PRAGMA query_only = ON')
      const outcomes: Outcome[] = []
      for (const entry of batch) outcomes.push(await runOne(handle, entry))
      return outcomes
    } finally {
      if (shared) handle.run('PRAGMA query_only = OFF')
      handle.run('ROLLBACK')
    }
  }

  /** One commit for all; when another process gets in between, all of it is run again. */
  async #commitAll(batch: readonly Waiting[]): Promise<Outcome[]> {
    const deadline = performance.now() + this.#lockWaitMs
    for (;;) {
      await retryWhileBusy(() => this.#writer.run('BEGIN IMMEDIATE'), deadline - performance.now())
      try {
        const outcomes = await (batch.length === 1 ? this.#alone(batch) : this.#together(batch))
        this.#writer.run('COMMIT')
        return outcomes
      } catch (error) {
        this.#rollback()
        if (error instanceof SoleFailure) return [{ entry: error.entry, error: error.reason }]
        if (!isBusy(error) || performance.now() > deadline) throw error
      }
    }
  }

  async #alone([entry]: readonly Waiting[]): Promise<Outcome[]> {
    if (entry === undefined) return []
    const outcome = await runOne(this.#writer, entry)
    if ('error' in outcome) throw new SoleFailure(entry, outcome.error)
    return [outcome]
  }

  async #together(batch: readonly Waiting[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    for (const entry of batch) {
      this.#writer.run('SAVEPOINT one')
      const outcome = await runOne(this.#writer, entry)
      if ('error' in outcome) this.#writer.run('ROLLBACK TO one')
      this.#writer.run('RELEASE one')
      outcomes.push(outcome)
    }
    return outcomes
  }

  #rollback(): void {
    try {
      this.#writer.run('ROLLBACK')
    } catch {
      // Some failures (a full disk) have rolled back already, and then there is nothing to roll back.
    }
  }
}

/** The only transaction of a commit failed: nothing is to be kept. */
class SoleFailure extends Error {
  readonly entry: Waiting
  readonly reason: unknown

  constructor(entry: Waiting, reason: unknown) {
    super('the only transaction of a commit failed')
    this.entry = entry
    this.reason = reason
  }
}

async function runOne(handle: SqliteHandle, entry: Waiting): Promise<Outcome> {
  const tx = new SqliteTransaction(handle)
  try {
    return { entry, value: await entry.work(tx) }
  } catch (error) {
    return { entry, error }
  } finally {
    tx.end()
  }
}

/** Takes whatever waits, one batch for each turn of the event loop: no timer, and nobody else's I/O waits long. */
class Turns {
  readonly #run: (batch: readonly Waiting[]) => Promise<void>
  #waiting: Waiting[] = []
  #loop: Promise<void> | undefined

  constructor(run: (batch: readonly Waiting[]) => Promise<void>) {
    this.#run = run
  }

  push(entry: Waiting): void {
    this.#waiting.push(entry)
    this.#loop ??= this.#drain()
  }

  async idle(): Promise<void> {
    await this.#loop
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await nextTurn()
      await this.#run(this.#waiting.splice(0, maxBatch))
    }
    this.#loop = undefined
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Tries again while another connection holds the lock: at once, then after 1 to 3 random milliseconds. */
async function retryWhileBusy(attempt: () => unknown, waitMs: number): Promise<void> {
  const deadline = performance.now() + waitMs
  for (let tries = 0; ; tries += 1) {
    try {
      attempt()
      return
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error
    }
    if (tries < 5) await nextTurn()
    else await new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * 2))
  }
}
