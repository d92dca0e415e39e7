import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Pool, type PoolClient } from 'pg'
import type { Database, Store } from '../src/store/database.ts'
import { postgres } from '../src/store/postgres.ts'
import { sqlite } from '../src/store/sqlite.ts'
import { freeSchemas } from './postgres/free-schemas.ts'

/**
 * The same tests run over every database: vitest's project `sqlite` runs all of them, its project `postgres` those that
 * reach a database, again, with this variable set.
 */
export const dialect = process.env.STOCKPOOL_TEST_DATABASE === 'postgres' ? 'postgres' : 'sqlite'

/** How often a property is tried: over PostgreSQL each time takes several times as long. */
export const runs = (count: number): number => (dialect === 'sqlite' ? count : Math.ceil(count / 5))

/** A new, empty store that nobody else has. */
export function freshStore(): Store {
  return dialect === 'sqlite' ? sqlite(':memory:') : freshSchema()
}

/** The store of this path: in SQLite the file, in PostgreSQL a schema named after it. */
export function storeAt(path: string): Store {
  if (path === ':memory:') return freshStore()
  return dialect === 'sqlite' ? sqlite(path) : postgres(pool(), { schema: schemaOf(path) })
}

/** The server of this run, which vitest's global setup has started. */
export function serverUrl(): string {
  const url = process.env.STOCKPOOL_POSTGRES
  if (url === undefined) throw new Error('no PostgreSQL: these tests are run by vitest, which starts one')
  return url
}

export function schemaOf(path: string): string {
  return `t_${createHash('sha256').update(path).digest('hex').slice(0, 24)}`
}

let shared: Pool | undefined
/** One pool for all stores of this process. */
export function pool(): Pool {
  shared ??= new Pool({ connectionString: serverUrl(), max: 40, allowExitOnIdle: true })
  return shared
}

// Making fifty tables takes longer than most tests: a schema is emptied and used again, by whichever process comes next.
let made = 0

async function freeSchema(): Promise<string> {
  const { rows } = await pool().query<{ name: string }>(
    `DELETE FROM ${freeSchemas} WHERE name = (SELECT name FROM ${freeSchemas} LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING name`,
  )
  return rows[0]?.name ?? `t_${process.pid}_${++made}`
}

function freshSchema(): Store {
  const { description, dialect } = postgres(pool())
  let schema: Promise<string> | undefined
  return {
    description,
    dialect,
    async open(): Promise<Database> {
      schema ??= freeSchema()
      const own = await schema
      const database = await postgres(pool(), { schema: own }).open()
      const { close } = database
      return Object.assign(database, {
        async close() {
          await close.call(database)
          await empty(own)
          schema = undefined
          await pool().query(`INSERT INTO ${freeSchemas} VALUES ($1) ON CONFLICT DO NOTHING`, [own])
        },
      })
    },
  }
}

/** The tables of a database, but for that of its version. */
export async function tablesOf(database: Database): Promise<string[]> {
  const sql =
    dialect === 'sqlite'
      ? `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
      : 'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema()'
  const rows = await database.read((tx) => tx.all<{ name: string }>(sql))
  return rows.map(({ name }) => name).filter((name) => name !== 'schema_version')
}

/** Everything that is kept of the store of this path, as text: of SQLite also what was not copied back yet. */
export async function contentsOf(path: string): Promise<string> {
  if (dialect === 'sqlite') {
    return ['', '-wal'].map((end) => readFileSync(path + end, { flag: 'a+' }).toString('latin1')).join('')
  }
  const database = await storeAt(path).open()
  const texts: string[] = []
  for (const table of await tablesOf(database)) {
    texts.push(JSON.stringify(await database.read((tx) => tx.all(`SELECT * FROM ${table}`))))
  }
  await database.close()
  return texts.join('\n')
}

async function empty(schema: string): Promise<void> {
  const client = await pool().connect()
  try {
    const { rows } = await client.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = $1 AND table_name <> 'schema_version'`,
      [schema],
    )
    await client.query(rows.map(({ name }) => `DELETE FROM "${schema}"."${name}"`).join('; '))
    await restart(client, schema)
  } finally {
    client.release()
  }
}

/** As the first migration leaves it. */
async function restart(client: PoolClient, schema: string): Promise<void> {
  await client.query(
    `SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)
     FROM pg_sequences WHERE schemaname = $1`,
    [schema],
  )
  await client.query(`INSERT INTO "${schema}".location (id, name, priority) VALUES ('main', 'Main', 100)`)
  await client.query(`INSERT INTO "${schema}".meta (name, value) VALUES ('id', $1), ('events', '0')`, [
    crypto.randomUUID(),
  ])
}
