import { StockpoolError } from '../error.ts'
import type { Database, Store, Transaction, TransactionOptions } from './database.ts'
import { migrate } from './migrate.ts'
import {
  guardPool,
  leavePool,
  type PostgresPool,
  type PostgresResult,
  PostgresTransaction,
  Session,
  Statements,
} from './postgres-driver.ts'
import { databaseError, kindOf } from './postgres-errors.ts'
import { literal, prepareSchema, quoted } from './postgres-schema.ts'
import { Slots } from './slots.ts'

export type { PostgresClient, PostgresPool, PostgresQuery, PostgresResult } from './postgres-driver.ts'

/**
 * What `postgres` takes beside the pool.
 * @example const store = postgres(pool, { schema: 'shop', maxConnections: 8 })
 */
export interface PostgresOptions {
  /** The schema that holds stockpool's tables; it is made when it is not there. Default `stockpool`. */
  readonly schema?: string
  /** So many connections of the pool are used at once at most: 1 to 1,000. Default 5; a pool of `pg` has 10. */
  readonly maxConnections?: number
  /**
   * How long a transaction that lost its connection or met a conflict is run again, in milliseconds: as long a restart
   * of the server may take. Default 10,000.
   */
  readonly retryMs?: number
  /**
   * After so many milliseconds the server ends a transaction whose process does nothing, such as one that was stopped in
   * the middle, so that nobody waits for its locks any longer. Default 5,000.
   */
  readonly idleTransactionMs?: number
  /** Prepares statements that come again by name. `false` for a pooler that cannot (PgBouncer before 1.21). Default true. */
  readonly prepare?: boolean
  /** Ends the pool with the hub. Default false: the pool is yours. */
  readonly endPool?: boolean
}

/**
 * A store in a PostgreSQL database (15 or later), for as many processes as you like. It takes your own pool of `pg`, and
 * uses nothing of it but `connect`.
 *
 * @throws StockpoolError `invalid_input` naming the option
 * @example
 * import { Pool } from 'pg'
 * import { postgres } from 'stockpool/postgres'
 * const hub = createHub({ store: postgres(new Pool({ connectionString, pipeline: true })), connections: {} })
 */
export function postgres(pool: PostgresPool, options: PostgresOptions = {}): Store {
  const given = checkedOptions(pool, options)
  const description = `PostgreSQL, schema ${given.schema}`
  return {
    description,
    dialect: 'postgres',
    async open() {
      const opened = new PostgresStore(pool, given, description)
      try {
        await opened.begin()
        await migrate(opened)
        return opened
      } catch (error) {
        opened.leave()
        throw error
      }
    },
  }
}

type Given = Required<PostgresOptions>

function checkedOptions(pool: PostgresPool, options: PostgresOptions): Given {
  const given = {
    schema: options.schema ?? 'stockpool',
    maxConnections: options.maxConnections ?? 5,
    retryMs: options.retryMs ?? 10_000,
    idleTransactionMs: options.idleTransactionMs ?? 5_000,
    prepare: options.prepare ?? true,
    endPool: options.endPool ?? false,
  }
  const wrong = (field: string, message: string, remedy: string) =>
    new StockpoolError('invalid_input', `${field}: ${message}`, { field, remedy })
  if (typeof pool?.connect !== 'function') {
    throw wrong('pool', 'this is no connection pool', 'Pass a Pool of `pg`: postgres(new Pool({ … })).')
  }
  const bytes = Buffer.byteLength(given.schema)
  if (bytes === 0 || bytes > 63 || given.schema.includes('\0')) {
    throw wrong('schema', 'a schema has a name of 1 to 63 bytes', 'Name it in a few plain letters.')
  }
  const ranges = {
    maxConnections: [1, 1000],
    retryMs: [0, 600_000],
    idleTransactionMs: [100, 600_000],
  } as const
  for (const [field, [least, most]] of Object.entries(ranges)) {
    const value = given[field as keyof typeof ranges]
    if (Number.isInteger(value) && value >= least && value <= most) continue
    throw wrong(field, `must be a whole number from ${least} to ${most}`, 'Correct this option.')
  }
  return given
}

/** How a transaction is begun. */
type Mode = 'write' | 'snapshot' | 'read'

const isolation: Readonly<Record<Mode, string>> = {
  write: 'READ COMMITTED',
  snapshot: 'REPEATABLE READ',
  read: 'REPEATABLE READ READ ONLY',
}

/**
 * What is written is found by an index. Without statistics of the lists that a statement is given, the planner takes them
 * for long ones, and reads whole tables of some thousand rows instead. Where no index helps, before PostgreSQL 18 such a plan seems
 * so costly that it would be compiled first, each time (`jit_above_cost`), which takes longer than any of our statements.
 */
const byIndex = { enable_seqscan: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off', jit: 'off' }

class PostgresStore implements Database {
  readonly dialect = 'postgres'
  readonly #pool: PostgresPool
  readonly #given: Given
  readonly #description: string
  readonly #statements: Statements
  readonly #slots: Slots
  readonly #underWay = new Set<Promise<unknown>>()
  #closed: Promise<void> | undefined
  /** Whether the server can tell what became of a transaction by its id; PostgreSQL can, what only speaks like it may not. */
  #tellsOutcomes = false

  constructor(pool: PostgresPool, given: Given, description: string) {
    this.#pool = pool
    this.#given = given
    this.#description = description
    this.#statements = new Statements(given.prepare)
    this.#slots = new Slots(given.maxConnections)
  }

  async begin(): Promise<void> {
    guardPool(this.#pool)
    await this.#retried(() => this.#alone((session) => prepareSchema(session, this.#given.schema)))
    const probe = () =>
      this.#alone((session) => session.control('SELECT pg_xact_status(pg_current_xact_id())'))
    this.#tellsOutcomes = await this.#retried(probe).then(
      () => true,
      (thrown: unknown) => {
        if (kindOf((thrown as Error).cause) === 'statement') return false
        throw thrown
      },
    )
  }

  leave(): void {
    leavePool(this.#pool)
  }

  transaction<T>(
    work: (tx: Transaction) => Promise<T>,
    { snapshot = false }: TransactionOptions = {},
  ): Promise<T> {
    return this.#enter(() => this.#transact(snapshot ? 'snapshot' : 'write', work))
  }

  read<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#enter(() => this.#transact('read', work).catch(writtenInRead))
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay)
    this.leave()
    if (this.#given.endPool) await this.#pool.end()
  }

  #enter<T>(run: () => Promise<T>): Promise<T> {
    if (this.#closed !== undefined) {
      const remedy = 'Open it again.'
      return Promise.reject(new StockpoolError('database', 'the store is closed', { remedy }))
    }
    const running = this.#retried(run)
    this.#underWay.add(running)
    const ended = () => this.#underWay.delete(running)
    running.then(ended, ended)
    return running
  }

  /** Runs it again, whole, while it fails for want of a connection or by a conflict with others. */
  async #retried<T>(run: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + this.#given.retryMs
    for (let tries = 1; ; tries += 1) {
      try {
        return await run()
      } catch (thrown) {
        if (!(thrown instanceof Undone)) throw thrown
        if (performance.now() > deadline) throw thrown.reason
        const longest =
          thrown.kind === 'conflict' ? Math.min(200, 2 ** tries) : Math.min(500, 20 * 2 ** tries)
        await new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * longest))
      }
    }
  }

  /** One connection, for as long as `use` takes. */
  async #alone<T>(use: (session: Session) => Promise<T>): Promise<T> {
    const leave = await this.#slots.enter()
    try {
      const client = await this.#pool.connect().catch((thrown: unknown) => {
        const error = databaseError(thrown, this.#description)
        throw kindOf(thrown) === 'statement' ? error : new Undone('connection', error)
      })
      const session = new Session(client, this.#statements, this.#description)
      try {
        return await use(session)
      } catch (thrown) {
        throw undoneBy(session) ?? thrown
      } finally {
        session.release()
      }
    } finally {
      leave()
    }
  }

  async #transact<T>(mode: Mode, work: (tx: Transaction) => Promise<T>): Promise<T> {
    let xid: string | null = null
    const committed = await this.#alone(async (session) => {
      const begun = session.control(this.#beginning(mode)).then(({ rows }) => {
        xid = (rows[0] as { xid?: string } | undefined)?.xid ?? null
      })
      if (!session.pipelines) await begun
      const { value, committing } = await this.#worked(session, begun, work)
      return (await this.#ended(session, mode, committing)) ? { value } : { value, inDoubt: session.failure }
    })
    if (!('inDoubt' in committed)) return committed.value
    const lost = committed.inDoubt?.error ?? new StockpoolError('database', 'the connection was lost')
    await this.#mustHaveCommitted(xid, lost)
    return committed.value
  }

  /** All that is set ends with the transaction: the connection is others' too. */
  #beginning(mode: Mode): string {
    const { schema, idleTransactionMs } = this.#given
    const settings: Record<string, string> = {
      search_path: quoted(schema),
      idle_in_transaction_session_timeout: String(idleTransactionMs),
      ...(mode === 'read' ? {} : byIndex),
    }
    const asked = Object.entries(settings).map(
      ([name, value]) => `set_config('${name}', ${literal(value)}, true)`,
    )
    // By its id one can ask what became of it when the answer to its commit is lost.
    if (mode !== 'read' && this.#tellsOutcomes) asked.push('pg_current_xact_id()::text AS xid')
    return `BEGIN ISOLATION LEVEL ${isolation[mode]}; SELECT ${asked.join(', ')}`
  }

  async #worked<T>(
    session: Session,
    begun: Promise<void>,
    work: (tx: Transaction) => Promise<T>,
  ): Promise<{ readonly value: T; readonly committing: Promise<PostgresResult> | null }> {
    const tx = new PostgresTransaction(session, begun)
    begun.catch(() => undefined)
    try {
      const value = await work(tx)
      await begun
      return { value, committing: tx.committing }
    } catch (thrown) {
      tx.end()
      // A connection that cannot even roll back is ended, and its transaction with it.
      if (session.failure?.kind !== 'connection') await session.control('ROLLBACK').catch(() => undefined)
      await begun
      throw thrown
    } finally {
      tx.end()
    }
  }

  /** Whether it is known to have been committed. Throws when it is known not to be. */
  async #ended(session: Session, mode: Mode, committing: Promise<PostgresResult> | null): Promise<boolean> {
    const before = committing === null ? session.failure : null
    try {
      const { command } = await (committing ?? session.control('COMMIT'))
      // A failed statement has ended the transaction, although the work went on as if it had not.
      if (command === 'ROLLBACK') throw before?.error ?? new StockpoolError('database', 'it was rolled back')
      return true
    } catch (thrown) {
      if (before !== null || mode === 'read' || session.failure?.kind !== 'connection') throw thrown
      return false
    }
  }

  /** The connection broke while the commit was under way: asks the server what became of it. */
  async #mustHaveCommitted(xid: string | null, lost: StockpoolError): Promise<void> {
    if (xid === null) throw mayBeDone(lost)
    const status = await this.#retried(async () => {
      const { rows } = await this.#alone((session) =>
        session.control(`SELECT pg_xact_status('${xid}'::xid8)`),
      )
      const [row] = rows as { pg_xact_status: string | null }[]
      // Its process may not have noticed yet that nobody is there any more.
      if (row?.pg_xact_status === 'in progress') throw new Undone('connection', lost)
      return row?.pg_xact_status
    }).catch(() => {
      throw mayBeDone(lost)
    })
    if (status !== 'committed') throw new Undone('connection', lost)
  }
}

/** Nobody can be asked any more what became of a commit. */
function mayBeDone(lost: StockpoolError): StockpoolError {
  return new StockpoolError('database', `${lost.message}; it may have been committed`, {
    cause: lost,
    remedy: 'Repeat it with the same key: what was done is not done again.',
    details: { ...lost.details, outcome: 'unknown' },
  })
}

/** Nothing of it was done; it may be run again. */
class Undone extends Error {
  readonly kind: 'conflict' | 'connection'
  readonly reason: StockpoolError

  constructor(kind: 'conflict' | 'connection', reason: StockpoolError) {
    super(reason.message)
    this.kind = kind
    this.reason = reason
  }
}

/** A server that takes no writes takes reads: in a read it is the work that writes, and would each time. */
function writtenInRead(thrown: unknown): never {
  if (!(thrown instanceof Undone) || thrown.reason.details?.sqlstate !== '25006') throw thrown
  const { message, cause, details } = thrown.reason
  throw new StockpoolError('database', message, { cause, details, remedy: 'Write in a transaction.' })
}

function undoneBy({ failure }: Session): Undone | null {
  if (failure === null || failure.kind === 'statement') return null
  return new Undone(failure.kind, failure.error)
}
