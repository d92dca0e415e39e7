/** What a statement takes and gives: no booleans (store 0 and 1), no dates (store ISO 8601 text). */
export type SqlValue = string | number | bigint | null | Uint8Array

export type Dialect = 'sqlite' | 'postgres'

/** Statements inside one transaction. `?` stands for a parameter in either dialect. */
export interface Transaction {
  /** Where the two databases need different words; see `locks.ts` for the rows that only PostgreSQL has to lock. */
  readonly dialect: Dialect
  all<Row>(sql: string, parameters?: readonly SqlValue[]): Promise<Row[]>
  get<Row>(sql: string, parameters?: readonly SqlValue[]): Promise<Row | undefined>
  /** The number of rows that the statement wrote. */
  run(sql: string, parameters?: readonly SqlValue[]): Promise<number>
  /**
   * The last statement of the transaction, after which the work uses it no more and does not throw: it either writes all that it
   * should or fails. So it and the commit may be sent to a server together. Resolves when it is written, which may be undone yet.
   */
  finish(sql: string, parameters?: readonly SqlValue[]): Promise<void>
}

export interface TransactionOptions {
  /**
   * All statements see the state at the first of them, as those of a read do. Default: each sees what was committed when
   * it began, so that what is read after a row was locked is what the lock's last holder left. SQLite, which lets one
   * transaction write at a time, shows one state in any case.
   */
  readonly snapshot?: boolean
}

/**
 * The seam between the engine and a database. `testDatabase` in `stockpool/testing` says in code what an
 * implementation must keep.
 */
export interface Database {
  readonly dialect: Dialect
  /**
   * Runs `work` in one write transaction: all of it or nothing, and durable when the promise resolves. Several calls
   * may share one commit; each has its own outcome. `work` may run more than once (after a serialization failure or a
   * lost connection), so it must change nothing but the database, and it must await nothing but the transaction.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Runs `work` on the last committed state. */
  read<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** What a user passes to `createHub`: where the database is. Nothing is opened before the hub needs it. */
export interface Store {
  /** For error messages and logs; holds no secret. */
  readonly description: string
  readonly dialect: Dialect
  /** Opens the database and brings its schema up to date. */
  open(): Promise<Database>
}
