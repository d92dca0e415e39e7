import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Client, Pool, type PoolConfig } from 'pg'
import type { Database, Transaction } from '../../src/store/database.ts'
import { serverUrl } from '../stores.ts'

/** A database of a test's own on the server of the run: what the server counts of it, nobody else has caused. */
export interface OwnDatabase {
  readonly url: string
  pool(config?: PoolConfig): Pool
  /** Deadlocks since it was made. Ends the pools first: a connection tells its count for certain when it ends. */
  deadlocks(): Promise<number>
  drop(): Promise<void>
}

let made = 0

export async function ownDatabase(server: string = serverUrl()): Promise<OwnDatabase> {
  const name = `t_own_${process.pid}_${++made}`
  await asAdmin(server, (admin) => admin.query(`CREATE DATABASE ${name}`))
  const url = new URL(server)
  url.pathname = `/${name}`
  const pools: Pool[] = []
  const endPools = () =>
    Promise.all(
      pools
        .splice(0)
        .filter(({ ended }) => !ended)
        .map((pool) => pool.end()),
    )
  return {
    url: url.href,
    pool(config = {}) {
      const pool = new Pool({ connectionString: url.href, ...config })
      // Its last connections may still be saying goodbye when the database is dropped.
      pool.on('error', () => undefined)
      pools.push(pool)
      return pool
    },
    async deadlocks() {
      await endPools()
      return asAdmin(server, async (admin) => {
        const left = `SELECT 1 FROM pg_stat_activity WHERE datname = '${name}'`
        await until(async () => (await admin.query(left)).rowCount === 0)
        const { rows } = await admin.query<{ deadlocks: string }>(
          `SELECT deadlocks FROM pg_stat_database WHERE datname = '${name}'`,
        )
        return Number(rows[0]?.deadlocks)
      })
    },
    async drop() {
      await endPools()
      await asAdmin(server, (admin) => admin.query(`DROP DATABASE ${name} WITH (FORCE)`))
    },
  }
}

async function asAdmin<T>(server: string, work: (admin: Client) => Promise<T>): Promise<T> {
  const admin = new Client({ connectionString: server })
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.end()
  }
}

/** Waits for what must come, however slow the machine is; the test's own time limit is the end of it. */
export async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await done())) await pause(20)
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A process of a test: it prints lines of JSON, and is told lines. */
export class Helper {
  readonly child: ChildProcess
  readonly lines: unknown[] = []
  readonly #ended: Promise<number | null>

  constructor(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    // Node 22 up to 22.17 runs TypeScript only when asked to.
    const flags = ['--experimental-strip-types', '--no-warnings']
    const path = fileURLToPath(new URL(script, import.meta.url))
    this.child = spawn(process.execPath, [...flags, path, ...args], {
      env: { ...process.env, STOCKPOOL_TEST_DATABASE: 'postgres', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let rest = ''
    this.child.stdout?.on('data', (chunk: Buffer) => {
      const pieces = (rest + chunk).split('\n')
      rest = pieces.pop() ?? ''
      this.lines.push(...pieces.map((line) => JSON.parse(line)))
    })
    this.#ended = once(this.child, 'close').then(([code]) => code)
    helpers.add(this)
  }

  tell(line: string): void {
    this.child.stdin?.write(`${line}\n`)
  }

  /** Waits until it has printed so many lines. */
  async said(count: number): Promise<void> {
    await until(() => {
      if (this.lines.length < count && this.child.exitCode !== null)
        throw new Error(`it ended with ${this.child.exitCode}, having said ${JSON.stringify(this.lines)}`)
      return this.lines.length >= count
    })
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** Its exit code, `null` when it was killed. */
  ended(): Promise<number | null> {
    return this.#ended
  }
}

const helpers = new Set<Helper>()

/** Call it after each test: a stopped process would stay for ever. */
export async function endHelpers(): Promise<void> {
  for (const helper of helpers) {
    helper.signal('SIGKILL')
    await helper.ended()
  }
  helpers.clear()
}

/** Starts so many, lets all begin at the same moment, and answers what each said after that. Each must end well. */
export async function allAtOnce(
  script: string,
  count: number,
  args: (index: number) => readonly string[],
): Promise<unknown[][]> {
  const started = Array.from({ length: count }, (_, index) => new Helper(script, args(index)))
  await Promise.all(started.map((helper) => helper.said(1)))
  for (const helper of started) helper.tell('go')
  const codes = await Promise.all(started.map((helper) => helper.ended()))
  const bad = codes.filter((code) => code !== 0)
  if (bad.length > 0) throw new Error(`${bad.length} of ${count} processes ended with ${bad.join(', ')}`)
  return started.map(({ lines }) => lines.slice(1))
}

/** A transaction that has done its work and stays open until it is told to end. */
export async function openTransaction(
  database: Database,
  work: (tx: Transaction) => Promise<unknown>,
): Promise<{ end: () => Promise<void> }> {
  const begun = Promise.withResolvers<void>()
  const ending = Promise.withResolvers<void>()
  const done = database.transaction(async (tx) => {
    await work(tx)
    begun.resolve()
    await ending.promise
  })
  await Promise.race([begun.promise, done])
  return {
    async end() {
      ending.resolve()
      await done
    },
  }
}
