import { randomUUID } from 'node:crypto'
import type { Database, Transaction } from '../../store/database.ts'

export type OpenDatabase = (name: string) => Promise<Database>

export interface DatabaseCheck {
  readonly name: string
  /** Needs data that outlives `close()`, or a second handle. */
  readonly shared?: true
  run(open: OpenDatabase): Promise<void>
}

/** A name that no database has had. */
export function newName(): string {
  return `check-${randomUUID()}`
}

/** Runs a check on a new database with a table `probe (id, n, word, bytes)`, and closes it. */
export function onProbe(work: (database: Database) => Promise<void>): DatabaseCheck['run'] {
  return async (open) => {
    const database = await open(newName())
    try {
      await makeProbe(database)
      await work(database)
    } finally {
      await database.close()
    }
  }
}

export async function makeProbe(database: Database): Promise<void> {
  const bytes = database.dialect === 'sqlite' ? 'BLOB' : 'BYTEA'
  await database.transaction((tx) =>
    tx.run(
      `CREATE TABLE probe (id BIGINT PRIMARY KEY, n BIGINT, word TEXT, bytes ${bytes}, real DOUBLE PRECISION)`,
    ),
  )
}

export async function insert(tx: Transaction, id: number, n = 0): Promise<void> {
  await tx.run('INSERT INTO probe (id, n) VALUES (?, ?)', [id, n])
}

export async function ids(database: Pick<Database, 'read'>): Promise<number[]> {
  return database.read(idsIn)
}

export async function idsIn(tx: Transaction): Promise<number[]> {
  const rows = await tx.all<{ id: number }>('SELECT id FROM probe ORDER BY id')
  return rows.map((row) => Number(row.id))
}

/** What a promise was rejected with; `undefined` when it was not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
    return undefined
  } catch (error) {
    return error
  }
}

/** Lets other work of the process go on. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
