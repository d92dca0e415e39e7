/** Marks every listing of a schema, drains them into a connection that takes everything at once, and tells what it took. */
import { Pool } from 'pg'
import { createHub } from '../../src/hub/hub.ts'
import type { Connection } from '../../src/spec/connection.ts'
import type { Store } from '../../src/store/database.ts'
import { postgres } from '../../src/store/postgres.ts'
import type { PostgresPool } from '../../src/store/postgres-driver.ts'
import { Touched } from '../../src/store/stale.ts'
import type { Drained } from './drain.ts'
import { timed } from './measure.ts'

const [url, schema] = process.argv.slice(2)
const megabyte = 1024 * 1024
const memory = () => process.memoryUsage().rss / megabyte
let statements = 0

/** The user's pool, and how many statements are sent through it. */
function counting(pool: Pool): PostgresPool {
  return {
    async connect() {
      const client = await pool.connect()
      return {
        query(query) {
          statements += 1
          return client.query(query)
        },
        release: (destroy) => client.release(destroy),
        on: (event, listener) => client.on(event, listener),
        removeListener: (event, listener) => client.removeListener(event, listener),
      }
    },
    end: () => pool.end(),
  }
}

/** As postings mark them, a thousand SKUs at a time. */
async function markAll(store: Store): Promise<number> {
  const database = await store.open()
  const skus = await database.read((tx) => tx.all<{ sku: string }>('SELECT sku FROM item ORDER BY sku'))
  const { seconds } = await timed(async () => {
    for (let start = 0; start < skus.length; start += 1000) {
      const touched = new Touched()
      for (const { sku } of skus.slice(start, start + 1000)) touched.add(sku)
      const [first, last] = [skus[start], skus[Math.min(start + 999, skus.length - 1)]]
      await database.transaction(async (tx) => {
        await tx.run('UPDATE balance SET marked = marked + 1 WHERE sku BETWEEN ? AND ?', [
          first?.sku ?? '',
          last?.sku ?? '',
        ])
        await touched.mark(tx, new Date().toISOString())
      })
    }
  })
  await database.close()
  return seconds
}

async function drain(store: Store): Promise<Omit<Drained, 'mark' | 'left'>> {
  let firstWrite: number | null = null
  let before = 0
  const shop: Connection = {
    specVersion: 1,
    kind: 'none',
    hosts: [],
    limits: {},
    secrets: () => [],
    intervals: {},
    listings: {
      batch: 250,
      compareAndSet: false,
      async write(_, targets) {
        if (firstWrite === null) before = statements
        firstWrite ??= performance.now()
        return targets.map(() => ({ status: 'done' }) as const)
      },
    },
  }
  const hub = createHub({ store, connections: { shop1: shop } })
  await hub.connections.list()
  const baseline = memory()
  let peak = baseline
  const watch = setInterval(() => {
    peak = Math.max(peak, memory())
  }, 20)
  const start = performance.now()
  const { shop1 } = await hub.sync()
  const end = performance.now()
  clearInterval(watch)
  for (const error of shop1.errors) throw new Error(JSON.stringify(error))
  const sent = firstWrite ?? end
  await hub.close()
  return {
    compute: (sent - start) / 1000,
    drain: (end - sent) / 1000,
    written: shop1.listingsShown,
    statements: statements - before,
    baseline,
    peak,
  }
}

async function left(store: Store): Promise<number> {
  const database = await store.open()
  const row = await database.read((tx) =>
    tx.get<{ n: number }>('SELECT COUNT(*) AS n FROM push WHERE changed_at IS NOT NULL'),
  )
  await database.close()
  return Number(row?.n)
}

const pool = new Pool({ connectionString: url, pipeline: true })
const store = postgres(counting(pool), { schema })
const mark = await markAll(store)
const drained = await drain(store)
process.send?.({ mark, ...drained, left: await left(store) } satisfies Drained)
await pool.end()
process.disconnect()
