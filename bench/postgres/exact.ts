import type { Client } from 'pg'
import type { Database } from '../../src/store/database.ts'
import { stockEach } from './fill.ts'
import { whole } from './measure.ts'
import { stockOf } from './ours.ts'

/** Every answer is in the database, once, and nothing else is; and no two transactions ever waited for each other in a ring. */
export async function proveExact(
  database: Database,
  { schema, items, made }: { schema: string; items: number; made: number },
): Promise<void> {
  const facts = await database.read((tx) =>
    tx.get<{ reserved: number; available: number; reservations: number; unmarked: number }>(
      `SELECT (SELECT SUM(reserved) FROM balance) AS reserved, (SELECT SUM(available) FROM balance) AS available,
         (SELECT COUNT(*) FROM reservation) AS reservations,
         (SELECT COUNT(*) FROM balance JOIN listing_sku ON listing_sku.sku = balance.sku
            JOIN push ON push.listing = listing_sku.listing
          WHERE reserved > 0 AND generation = 1) AS unmarked`,
    ),
  )
  const { differences } = await stockOf(database).verify()
  const right =
    Number(facts?.reserved) === 2 * made &&
    Number(facts?.available) === items * stockEach - 2 * made &&
    Number(facts?.reservations) === made &&
    Number(facts?.unmarked) === 0 &&
    differences.length === 0
  if (!right) throw new Error(`${schema} is not exact: ${JSON.stringify({ made, ...facts, differences })}`)
  console.log(`  exact: ${whole(made)} reservations, each once; the ledger refolds; every listing was marked`)
}

export async function proveNoDeadlock(client: Client): Promise<void> {
  const { rows } = await client.query<{ deadlocks: string }>(
    'SELECT SUM(deadlocks) AS deadlocks FROM pg_stat_database',
  )
  if (Number(rows[0]?.deadlocks) !== 0) throw new Error(`the server saw ${rows[0]?.deadlocks} deadlocks`)
  console.log('  the server saw no deadlock')
}
