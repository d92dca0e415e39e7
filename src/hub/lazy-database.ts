import { StockpoolError } from '../error.ts'
import type { Database, Store, Transaction, TransactionOptions } from '../store/database.ts'

/** A database that is opened by its first use, so that making a hub does nothing yet. */
export class LazyDatabase implements Database {
  readonly #store: Store
  readonly #opened: (database: Database) => Promise<void>
  #opening: Promise<Database> | null = null
  #closed = false

  constructor(store: Store, opened: (database: Database) => Promise<void>) {
    this.#store = store
    this.#opened = opened
  }

  get dialect(): Database['dialect'] {
    return this.#store.dialect
  }

  async transaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T> {
    return (await this.open()).transaction(work, options)
  }

  async read<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return (await this.open()).read(work)
  }

  /** A failed opening is not remembered: the next use tries again. */
  open(): Promise<Database> {
    if (this.#closed) return Promise.reject(hubClosed())
    this.#opening ??= this.#store
      .open()
      .then(async (database) => {
        try {
          await this.#opened(database)
        } catch (error) {
          await database.close().catch(() => undefined)
          throw error
        }
        return database
      })
      .catch((error) => {
        this.#opening = null
        throw error
      })
    return this.#opening
  }

  /** For good: whatever still works in the background must not open it again. */
  async close(): Promise<void> {
    const opening = this.#opening
    this.#opening = null
    this.#closed = true
    // One that fails to open has closed itself.
    const database = await opening?.catch(() => null)
    await database?.close()
  }
}

export const hubClosed = () =>
  new StockpoolError('aborted', 'the hub is closed', { remedy: 'Make a new one with createHub.' })

/** The same database, with a call after every commit. */
export function withCommitHook(database: Database, committed: () => void): Database {
  return {
    dialect: database.dialect,
    async transaction(work, options) {
      const result = await database.transaction(work, options)
      committed()
      return result
    },
    read: (work) => database.read(work),
    close: () => database.close(),
  }
}
