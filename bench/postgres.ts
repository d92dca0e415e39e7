import { Client } from 'pg'
import { startPostgres } from '../test/postgres/embedded.ts'
import { serverCpu } from './postgres/cpu.ts'
import { benchDrain } from './postgres/drain.ts'
import { proveNoDeadlock } from './postgres/exact.ts'
import { benchGrowth } from './postgres/growth.ts'
import { short } from './postgres/measure.ts'
import { benchReservations } from './postgres/reservations.ts'

/**
 * The pool on PostgreSQL, in one run on one server: reservations per second beside pgbench and beside the transaction that
 * one would write by hand, the same in pools of up to a million SKUs, and the draining of a hundred thousand listings.
 * Never fails on timing, only when the pool is not exact afterwards: read the ratios. About eight minutes;
 * `STOCKPOOL_BENCH=short` takes about one.
 */
export default async function benchPostgres(): Promise<void> {
  // As a server is that must not lose what it answered, and that was given room for a million SKUs.
  const settings = ['fsync=on', 'synchronous_commit=on', 'shared_buffers=1GB']
  const server = await startPostgres(settings.flatMap((setting) => ['-c', setting]))
  try {
    const client = new Client({ connectionString: server.url })
    await client.connect()
    try {
      await describeServer(client)
      const cpu = await serverCpu(client)
      await benchReservations(server.url, cpu)
      await benchGrowth(server.url, cpu)
      await benchDrain(server.url)
      await proveNoDeadlock(client)
    } finally {
      await client.end()
    }
  } finally {
    await server.stop()
  }
}

async function describeServer(client: Client): Promise<void> {
  const { rows } = await client.query<{ name: string; value: string }>(
    `SELECT name, current_setting(name) AS value FROM pg_settings
     WHERE name IN ('server_version', 'fsync', 'synchronous_commit', 'shared_buffers') ORDER BY name`,
  )
  console.log(rows.map(({ name, value }) => `${name} ${value}`).join(', '))
  if (short) console.log('A short run: it shows that all of this works, and little else.')
}
