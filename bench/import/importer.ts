/** A process that imports a shop into a database, tells its parent how far it is, and ends. It may be killed at any moment. */
import { createHub, isStockpoolError, sqlite } from '../../src/index.ts'
import type { Connection } from '../../src/spec/connection.ts'
import { clockOf } from './clock.ts'
import { platformNamed } from './platforms.ts'

/** What the parent is told. */
export interface Told {
  readonly done: boolean
  readonly doing: 'listings' | 'orders'
  readonly listings: { readonly read: number; readonly linked: number; readonly known: number }
  readonly orders: { readonly read: number; readonly placed: number }
  /** Simulated milliseconds since the epoch. */
  readonly at: number
  /** The most memory that this process ever had, in megabytes, the database's and node's own among it. */
  readonly mostMb: number
  /** The most of node's heap that was in use after a collection of garbage, in megabytes: what grows here is a leak. */
  readonly liveMb: number
}

const [name, url = '', file = '', options = '{}'] = process.argv.slice(2)
const clock = await clockOf(url)
const connection = platformNamed(name).connect(JSON.parse(options))
// Of simulated time there is plenty: a lease need not be renewed all the while.
const hub = createHub({
  store: sqlite(file),
  clock,
  leaseMs: 3_600_000,
  connections: { shop: connection } as Record<string, Connection>,
})
const mostMb = () => Math.round(process.resourceUsage().maxRSS / 1024)
let liveMb = 0
let news = 0
const tell = (told: Omit<Told, 'at' | 'mostMb' | 'liveMb'>) =>
  new Promise<void>((resolve) => {
    news += 1
    if (news % 10 === 0 || told.done) {
      globalThis.gc?.()
      liveMb = Math.max(liveMb, Math.round(process.memoryUsage().heapUsed / 1e6))
    }
    if (process.send === undefined) return resolve()
    process.send({ ...told, at: clock.now(), mostMb: mostMb(), liveMb }, () => resolve())
  })

for (;;) {
  try {
    const report = await hub.import('shop', {
      create: 'with-stock',
      onProgress: ({ doing, listings, orders }) => void tell({ done: false, doing, listings, orders }),
    })
    await tell({ done: true, doing: 'orders', listings: report.listings, orders: report.orders })
    break
  } catch (error) {
    // The lease of a process that was killed ends by itself.
    if (!isStockpoolError(error, 'conflict')) throw error
    await clock.sleep(600_000)
  }
}
clock.stop()
await hub.close()
process.exit()
