import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Client, Pool } from 'pg'
import { callFor, type Sample } from './measure.ts'

const run = promisify(execFile)
const connections = 8
/** Tellers and branches are not touched by `simple-update`; with five million accounts no two clients meet on a row. */
const scale = 50

/** The yardstick: one update, one select and one insert per transaction, at 8 connections. */
export interface Yardstick {
  readonly name: string
  /** Without latencies: pgbench tells their mean alone. */
  measure(seconds: number): Promise<Sample>
  end(): Promise<void>
}

export async function yardstick(url: string): Promise<Yardstick> {
  const found = await run('pgbench', ['--version']).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  )
  return found === null ? ownClient(url) : pgbench(url, found)
}

async function pgbench(url: string, version: string): Promise<Yardstick> {
  const { hostname, port, username, password, pathname } = new URL(url)
  const target = ['-h', hostname, '-p', port, '-U', username, pathname.slice(1)]
  const env = { ...process.env, PGPASSWORD: password }
  await run('pgbench', ['-i', '-q', '-s', String(scale), ...target], { env })
  return {
    name: `${version}: simple-update, prepared, ${connections} connections, 2 threads`,
    async measure(seconds) {
      const load = ['-b', 'simple-update', '-c', String(connections), '-j', '2', '-M', 'prepared']
      const time = ['-n', '-T', String(Math.max(1, Math.round(seconds)))]
      const { stdout } = await run('pgbench', [...load, ...time, ...target], { env })
      const count = Number(/^number of transactions actually processed: (\d+)/m.exec(stdout)?.[1])
      const rate = Number(/^tps = ([\d.]+)/m.exec(stdout)?.[1])
      if (!(rate > 0)) throw new Error(`pgbench said: ${stdout}`)
      return { count, seconds: count / rate, latencies: [] }
    },
    end: async () => undefined,
  }
}

/** Where pgbench is not installed: its tables and its statements, by the client that the rest of this benchmark uses. */
async function ownClient(url: string): Promise<Yardstick> {
  const accounts = scale * 100_000
  await makeTables(url, accounts)
  const pool = new Pool({ connectionString: url, max: connections, idleTimeoutMillis: 0 })
  return {
    name: `pgbench is not here; simple-update by our own client, ${connections} connections`,
    measure: (seconds) => callFor(connections, seconds, () => simpleUpdate(pool, accounts)),
    end: () => pool.end(),
  }
}

async function makeTables(url: string, accounts: number): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`
      CREATE TABLE pgbench_accounts (aid INT NOT NULL, bid INT, abalance INT, filler CHAR(84));
      CREATE TABLE pgbench_history (tid INT, bid INT, aid INT, delta INT, mtime TIMESTAMP, filler CHAR(22));
      INSERT INTO pgbench_accounts SELECT n, 1 + n / 100000, 0, '' FROM generate_series(1, ${accounts}) AS n;
      ALTER TABLE pgbench_accounts ADD PRIMARY KEY (aid)`)
    await client.query('VACUUM (ANALYZE) pgbench_accounts')
  } finally {
    await client.end()
  }
}

async function simpleUpdate(pool: Pool, accounts: number): Promise<void> {
  const aid = 1 + Math.floor(Math.random() * accounts)
  const delta = Math.floor(Math.random() * 10_001) - 5000
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await client.query({
      name: 'update',
      text: 'UPDATE pgbench_accounts SET abalance = abalance + $1 WHERE aid = $2',
      values: [delta, aid],
    })
    await client.query({
      name: 'select',
      text: 'SELECT abalance FROM pgbench_accounts WHERE aid = $1',
      values: [aid],
    })
    await client.query({
      name: 'insert',
      text: `INSERT INTO pgbench_history (tid, bid, aid, delta, mtime)
        VALUES ($1, $2, $3, $4, CURRENT_TIMESTAMP)`,
      values: [1 + Math.floor(Math.random() * 10 * scale), 1 + Math.floor(Math.random() * scale), aid, delta],
    })
    await client.query('COMMIT')
  } finally {
    client.release()
  }
}
