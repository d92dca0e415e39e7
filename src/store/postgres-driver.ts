import { createHash } from 'node:crypto'
import { StockpoolError } from '../error.ts'
import type { SqlValue, Transaction } from './database.ts'
import { databaseError, type FailureKind, kindOf } from './postgres-errors.ts'

/** The part of a `pg` query that stockpool uses. */
export interface PostgresQuery {
  text: string
  values?: unknown[]
  /** Prepared once a connection under this name. */
  name?: string
  types?: { getTypeParser(oid: number, format?: string): (text: string) => unknown }
}

export interface PostgresResult {
  rows: unknown[]
  rowCount: number | null
  command: string
}

/** The shape of a connection of `pg`: its `PoolClient` has it. */
export interface PostgresClient {
  query(query: PostgresQuery): Promise<PostgresResult>
  release(destroy?: boolean): void
  /** `true` (`pg` 8.23, `new Pool({ pipeline: true })`): what is asked goes out at once, before what was asked earlier is answered. */
  readonly pipeline?: boolean
  on(event: 'error', listener: (error: Error) => void): unknown
  removeListener(event: 'error', listener: (error: Error) => void): unknown
}

/** The shape of a connection pool: a `Pool` of `pg` has it. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>
  end(): Promise<void>
  on?(event: 'error', listener: (error: Error) => void): unknown
  on?(event: 'connect', listener: (client: PostgresClient) => void): unknown
  removeListener?(event: 'error', listener: (error: Error) => void): unknown
  removeListener?(event: 'connect', listener: (client: PostgresClient) => void): unknown
}

const unheard = (): void => {}
const guarded = new WeakSet<PostgresClient>()

/**
 * A connection may break in the moment in which its pool hands it out, before anybody can listen; and unheard that would
 * end the process. Whoever uses it next is told.
 */
const guard = (client: PostgresClient): void => {
  if (guarded.has(client)) return
  guarded.add(client)
  client.on('error', unheard)
}

/** So does a pool tell of idle connections that broke; each is noticed at its next use. */
export function guardPool(pool: PostgresPool): void {
  const count = users.get(pool) ?? 0
  users.set(pool, count + 1)
  if (count > 0) return
  pool.on?.('error', unheard)
  pool.on?.('connect', guard)
}

export function leavePool(pool: PostgresPool): void {
  const count = users.get(pool) ?? 0
  users.set(pool, Math.max(0, count - 1))
  if (count !== 1) return
  pool.removeListener?.('error', unheard)
  pool.removeListener?.('connect', guard)
}

/** How many stores use a pool: it is listened to once. */
const users = new WeakMap<PostgresPool, number>()

/** Whole numbers of 64 bits come as numbers: none of ours leaves the safe range. Sums of them are `numeric`. */
const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  16: (text) => text === 't',
  17: (text) => new Uint8Array(Buffer.from(text.slice(2), 'hex')),
  20: Number,
  21: Number,
  23: Number,
  700: Number,
  701: Number,
  1700: Number,
}
const asIs = (text: string): unknown => text
/** Given with each query, so that the pool's own parsers, which others may have set, are not asked nor changed. */
const types = { getTypeParser: (oid: number) => parsers[oid] ?? asIs }

/** A statement as PostgreSQL takes it. */
interface Prepared {
  readonly text: string
  readonly name: string
  uses: number
}

/** A statement that comes a third time is prepared under a name. */
const usesBeforeNaming = 2
/** So many names at most: each is kept, with its plan, by every connection. */
const mostNames = 400

/** The statements of one database: `?` becomes `$1`, `$2` …, and those used often get a name. */
export class Statements {
  readonly #naming: boolean
  readonly #known = new Map<string, Prepared>()
  #named = 0

  constructor(naming: boolean) {
    this.#naming = naming
  }

  query(sql: string, values: readonly SqlValue[]): PostgresQuery {
    const statement = this.#known.get(sql) ?? this.#remember(sql)
    statement.uses += 1
    const query: PostgresQuery = { text: statement.text, values: [...values], types }
    if (!this.#naming || statement.uses <= usesBeforeNaming || this.#named > mostNames) return query
    if (statement.uses === usesBeforeNaming + 1) this.#named += 1
    return { ...query, name: statement.name }
  }

  #remember(sql: string): Prepared {
    if (this.#known.size >= 2000) this.#known.clear()
    // The text's own digest: two hubs that share a pool must not give one name to two statements.
    const digest = createHash('sha256').update(sql).digest('hex').slice(0, 24)
    const made = { text: numbered(sql), name: `stockpool_${digest}`, uses: 0 }
    this.#known.set(sql, made)
    return made
  }
}

/** Parameters by number; what stands in quotes or in a comment stays. */
export function numbered(sql: string): string {
  let count = 0
  return sql.replace(/'(?:[^']|'')*'|"[^"]*"|--[^\n]*|\?/g, (part) => {
    if (part !== '?') return part
    count += 1
    return `$${count}`
  })
}

/** One connection for one transaction. Remembers whether it failed, whatever the work made of the error. */
export class Session {
  readonly #client: PostgresClient
  readonly #description: string
  readonly #statements: Statements
  #last: Promise<unknown> = Promise.resolve()
  /** Why the transaction cannot go on, as PostgreSQL or the connection said it first. */
  failure: { readonly kind: FailureKind; readonly error: StockpoolError } | null = null

  constructor(client: PostgresClient, statements: Statements, description: string) {
    this.#client = client
    this.#statements = statements
    this.#description = description
    // A connection that breaks between two statements says so by an event, and unheard it would end the process.
    client.on('error', this.#broke)
  }

  readonly #broke = (error: Error): void => {
    this.failure ??= { kind: 'connection', error: databaseError(error, this.#description) }
  }

  /** A statement of the work. */
  query(sql: string, values: readonly SqlValue[]): Promise<PostgresResult> {
    return this.#send(this.#statements.query(sql, values))
  }

  /** One or several statements without parameters, in one message; the last one's result. */
  async control(text: string): Promise<PostgresResult> {
    const answer: unknown = await this.#send({ text, types })
    const result = Array.isArray(answer) ? answer.at(-1) : answer
    return result as PostgresResult
  }

  /** Gives the connection back to the pool, or ends it when it is of no more use. */
  release(): void {
    this.#client.removeListener('error', this.#broke)
    this.#client.release(this.failure?.kind === 'connection')
  }

  /** Whether statements may be sent before those before them are answered. */
  get pipelines(): boolean {
    return this.#client.pipeline === true
  }

  /** One after the other, also when the work asks for several at once. */
  #send(query: PostgresQuery): Promise<PostgresResult> {
    if (this.pipelines) return this.#sendNow(query)
    const sent = this.#last.then(() => this.#sendNow(query))
    this.#last = sent.catch(() => undefined)
    return sent
  }

  async #sendNow(query: PostgresQuery): Promise<PostgresResult> {
    try {
      return await this.#client.query(query)
    } catch (thrown) {
      const error = databaseError(thrown, this.#description)
      this.failure ??= { kind: kindOf(thrown), error }
      throw error
    }
  }
}

const looksUp = /^\s*SELECT\b/i

/** The statements of one transaction. Once it has ended, using it is an error rather than a write into another's. */
export class PostgresTransaction implements Transaction {
  readonly dialect = 'postgres'
  readonly #session: Session
  readonly #begun: Promise<unknown>
  #ended = false
  /** The commit that was sent with the last statement. */
  committing: Promise<PostgresResult> | null = null

  /** What is looked up may be asked for before it is known to have `begun`; what is written may not. */
  constructor(session: Session, begun: Promise<unknown>) {
    this.#session = session
    this.#begun = begun
  }

  async all<Row>(sql: string, parameters: readonly SqlValue[] = []): Promise<Row[]> {
    return (await this.#query(sql, parameters)).rows as Row[]
  }

  async get<Row>(sql: string, parameters: readonly SqlValue[] = []): Promise<Row | undefined> {
    return (await this.#query(sql, parameters)).rows[0] as Row | undefined
  }

  async run(sql: string, parameters: readonly SqlValue[] = []): Promise<number> {
    return (await this.#query(sql, parameters)).rowCount ?? 0
  }

  async finish(sql: string, parameters: readonly SqlValue[] = []): Promise<void> {
    await this.#begun
    const session = this.#open()
    const written = session.query(sql, parameters)
    if (session.pipelines) {
      this.committing = session.control('COMMIT')
      this.committing.catch(() => undefined)
    }
    this.end()
    await written.catch((thrown: unknown) => {
      // With its connection the answer to the commit was lost too: the server is asked what became of it.
      if (this.committing === null || session.failure?.kind !== 'connection') throw thrown
    })
  }

  end(): void {
    this.#ended = true
  }

  async #query(sql: string, parameters: readonly SqlValue[]): Promise<PostgresResult> {
    if (!looksUp.test(sql)) await this.#begun
    return this.#open().query(sql, parameters)
  }

  #open(): Session {
    if (this.#ended) throw new StockpoolError('internal', 'a transaction was used after it had ended')
    return this.#session
  }
}
