import { StockpoolError } from '../../error.ts'
import type { Store } from '../../store/database.ts'
import { type PostgresPool, postgres } from '../../store/postgres.ts'
import { sqlite } from '../../store/sqlite.ts'

/** Where the demo's pool is; it travels in an environment variable. */
export type DemoDatabase =
  | { readonly sqlite: string }
  | { readonly postgres: { readonly url: string; readonly schema: string } }

/** What of `pg` is used here, by its shape: it is the user's own, and the package does not depend on it. */
interface Driver {
  readonly Pool: new (options: { connectionString: string; max: number }) => PostgresPool
}

/** Enough for a hub beside many others: a server has a hundred connections by default. */
const connections = 5

/**
 * @throws StockpoolError `not_found` when PostgreSQL is asked for and `pg` is not installed
 */
export async function demoStore(
  database: DemoDatabase,
  load: () => Promise<{ default: Driver }> = loadDriver,
): Promise<Store> {
  if ('sqlite' in database) return sqlite(database.sqlite)
  const { url, schema } = database.postgres
  const { default: driver } = await load().catch((cause: unknown) => {
    throw new StockpoolError('not_found', 'pg, the driver of PostgreSQL, is not installed', {
      cause,
      remedy: 'npm install pg',
    })
  })
  const pool = new driver.Pool({ connectionString: url, max: connections })
  return postgres(pool, { schema, maxConnections: connections, retryMs: 30_000, endPool: true })
}

const loadDriver = async (): Promise<{ default: Driver }> => import('pg')
