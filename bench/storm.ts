import { availableParallelism } from 'node:os'
import { startPostgres } from '../test/postgres/embedded.ts'
import { runStorm } from '../test/postgres/storm.ts'
import { endHelpers, ownDatabase } from '../test/postgres/support.ts'

/**
 * Orders per second when each is delivered by webhook three times and by poll twice, to four processes on one PostgreSQL
 * that writes every commit to disk. STOCKPOOL_STORM sets how many; default 10,000.
 */
export default async function benchStorm(
  orders = Number(process.env.STOCKPOOL_STORM ?? 10_000),
): Promise<void> {
  const server = await startPostgres()
  const own = await ownDatabase(server.url)
  try {
    const { seconds, transactions, cpuSeconds, faults, warnings, deadlocks } = await runStorm(own, orders)
    const print = (what: string, value: number, digits = 0) =>
      console.log(`  ${what.padEnd(34)} ${value.toFixed(digits).padStart(9)}`)
    print('orders', orders)
    print('seconds', seconds, 1)
    print('orders a second', orders / seconds)
    print('transactions a second', transactions / seconds)
    print('transactions an order', transactions / orders, 1)
    print('processors of this machine', availableParallelism())
    print('of them busy in the four processes', cpuSeconds / seconds, 2)
    print('deadlocks', deadlocks)
    const wrong = [...faults, ...warnings]
    if (wrong.length > 0 || deadlocks > 0) throw new Error(`not exact: ${wrong.slice(0, 5).join('; ')}`)
    console.log('  exact: one reservation each, the ledger refolds, nobody complained')
  } finally {
    await endHelpers()
    await own.drop()
    await server.stop()
  }
}
