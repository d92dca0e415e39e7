import { createServer } from 'node:http'
import { amazon } from '../../../adapters/amazon/index.ts'
import { shipbob } from '../../../adapters/shipbob/index.ts'
import { shopify } from '../../../adapters/shopify/index.ts'
import { acceleratedClock } from '../../http/clock.ts'
import { createHub } from '../../hub/hub.ts'
import type { DemoItem } from './catalogue.ts'
import { type DemoDatabase, demoStore } from './database.ts'

/** Everything a hub process of the demo needs to know; it travels in an environment variable. */
export interface HubConfig {
  readonly database: DemoDatabase
  /** Where this process takes webhooks. */
  readonly port: number
  /** How long the lease of a duty is, in simulated milliseconds. */
  readonly leaseMs: number
  /**
   * Whether the platforms' limits are shared by several processes. The store takes real time, of which a millisecond is a
   * long one here: where simulated time passes fast, what is drawn from it comes too late.
   */
  readonly shareLimits: boolean
  /** Simulated milliseconds in one real one, and which simulated moment a real one is. */
  readonly factor: number
  readonly realStart: number
  readonly simulatedStart: number
  readonly shopify: Parameters<typeof shopify>[0]
  readonly amazon: Parameters<typeof amazon>[0]
  readonly shipbob: Parameters<typeof shipbob>[0]
  readonly items: readonly DemoItem[]
  readonly listings: readonly {
    readonly sku: string
    readonly connection: 'web' | 'amazonUs'
    readonly listing: string
    readonly place: string
  }[]
}

export const configVariable = 'STOCKPOOL_DEMO'

/** A moment of the simulated time is the same in every process of the demo. */
export const demoClock = ({
  factor,
  realStart,
  simulatedStart,
}: Pick<HubConfig, 'factor' | 'realStart' | 'simulatedStart'>) =>
  acceleratedClock(factor, simulatedStart + (Date.now() - realStart) * factor)

export type DemoHub = Awaited<ReturnType<typeof demoHub>>

export async function demoHub(config: HubConfig, verbose: boolean) {
  const log = (level: string) => (message: string, facts?: object) => {
    if (verbose) process.stderr.write(`${level} ${message} ${JSON.stringify(facts ?? {})}\n`)
  }
  return createHub({
    store: await demoStore(config.database),
    connections: {
      web: shopify(config.shopify),
      amazonUs: amazon(config.amazon),
      east: shipbob(config.shipbob),
    },
    clock: demoClock(config),
    leaseMs: config.leaseMs,
    shareLimits: config.shareLimits,
    logger: { debug: log('debug'), info: log('info'), warn: log('warn') },
  })
}

/** `stockpool demo-hub`: what a merchant's own server would be. It may be killed at any moment. */
export async function runHub(): Promise<number> {
  const config: HubConfig = JSON.parse(process.env[configVariable] ?? '{}')
  const hub = await demoHub(config, process.env.STOCKPOOL_DEMO_VERBOSE === '1')
  for (const { sku, title, kit } of config.items)
    await hub.items.put({ sku, title, kit: kit === null ? null : [...kit] })
  for (const listing of config.listings) await hub.listings.link(listing)
  const server = createServer(hub.listener())
  await new Promise<void>((resolve) => server.listen(config.port, '127.0.0.1', resolve))
  await hub.start()
  process.stdout.write('started\n')
  await new Promise<void>((resolve) => process.once('SIGTERM', resolve))
  server.close()
  server.closeAllConnections()
  await hub.close()
  return 0
}
