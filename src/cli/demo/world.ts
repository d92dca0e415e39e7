import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AmazonSimulatorOptions,
  startAmazonSimulator,
  startShipBobSimulator,
  startShopifySimulator,
} from '../../../adapters/simulators.ts'
import { type RequestRecord, type RunningSimulator, seededRandom } from '../../simulator/index.ts'
import { catalogue } from './catalogue.ts'
import type { DemoDatabase } from './database.ts'
import { configVariable, demoClock, type HubConfig } from './hub-process.ts'

/** The part of a channel simulator's state that the demo reads. */
export interface ChannelState {
  readonly listings: readonly { readonly sku: string; readonly listing: string; readonly quantity: number }[]
  readonly orders: readonly {
    readonly id: string
    readonly status: string
    readonly lines: readonly {
      readonly id: string
      readonly sku: string
      readonly quantity: number
      readonly cancelled: number
      readonly shipped: number
    }[]
    readonly shipments: readonly { readonly trackingNumber: string | null }[]
  }[]
}

export interface WarehouseState {
  readonly stock: readonly {
    readonly sku: string
    readonly location: string
    readonly onHand: number
    readonly committed: number
    readonly fulfillable: number
  }[]
  readonly orders: readonly {
    readonly id: number | string
    readonly reference: string
    readonly status: string
    readonly lines: readonly {
      readonly sku: string
      readonly quantity: number
      readonly shipped: number
      readonly cancelled: number
    }[]
    readonly shipments: readonly {
      readonly status: string
      readonly location: string
      readonly trackingNumber: string | null
      readonly lines: readonly {
        readonly sku: string
        readonly quantity: number
        readonly committed: number
      }[]
    }[]
  }[]
}

/** So many simulated minutes pass in one real second. */
const minutesASecond = 1.5

export interface WorldOptions {
  readonly seed: number
  /** The file that starts a hub process when it is run with `demo-hub`. */
  readonly entry: string
  /** Default: a SQLite file of its own. */
  readonly database?: DemoDatabase
  /** How many hub processes there may be, each with a port for webhooks. Default 1. */
  readonly hubs?: number
  readonly pace?: Pace
}

/** How fast simulated time passes, and how often what is polled is polled, in simulated milliseconds. */
export interface Pace {
  readonly factor: number
  readonly leaseMs: number
  readonly shareLimits: boolean
  readonly ordersMs: number
  readonly updatesMs: number
  readonly stockMs: number
  readonly checkAfterMs: number
  readonly shipAfterMs: number
  /** What ShipBob takes a minute, and what of it the hub may spend. Default: what it takes in truth. */
  readonly shipbob?: { readonly takes: number; readonly spend: number }
  /** What Amazon takes, by operation. Default: what the adapter spends. */
  readonly amazon?: AmazonSimulatorOptions['limits']
}

const demoPace: Pace = {
  factor: minutesASecond * 60,
  leaseMs: minutesASecond * 60_000,
  // One process works, and the other only reads.
  shareLimits: false,
  ordersMs: 150_000,
  updatesMs: 60_000,
  stockMs: 60_000,
  checkAfterMs: 15_000,
  shipAfterMs: 90_000,
}

/** Three platforms on loopback, a warehouse full of goods, and hub processes that can be killed. */
export class World {
  readonly config: HubConfig
  readonly web: Awaited<ReturnType<typeof startShopifySimulator>>
  readonly amazonUs: Awaited<ReturnType<typeof startAmazonSimulator>>
  readonly east: Awaited<ReturnType<typeof startShipBobSimulator>>
  readonly #directory: string
  readonly #entry: string
  readonly #ports: readonly number[]
  readonly #hubs = new Map<number, ChildProcess>()
  /** Hub processes that ended though nobody ended them. */
  readonly deaths: string[] = []

  private constructor(
    parts: Pick<World, 'config' | 'web' | 'amazonUs' | 'east'>,
    directory: string,
    entry: string,
    ports: readonly number[],
  ) {
    this.config = parts.config
    this.web = parts.web
    this.amazonUs = parts.amazonUs
    this.east = parts.east
    this.#directory = directory
    this.#entry = entry
    this.#ports = ports
  }

  static async build(options: WorldOptions): Promise<World> {
    const { seed, entry, hubs = 1, pace = demoPace } = options
    const directory = await mkdtemp(join(tmpdir(), 'stockpool-demo-'))
    const time = { factor: pace.factor, realStart: Date.now(), simulatedStart: Date.now() }
    const clock = demoClock(time)
    const items = catalogue(seededRandom(seed))
    const web = await startShopifySimulator({ clock, seed })
    const amazonUs = await startAmazonSimulator({ clock, seed, limits: pace.amazon })
    const east = await startShipBobSimulator({
      ...{ clock, seed, shipAfterMs: pace.shipAfterMs },
      ...(pace.shipbob && { limit: { limit: pace.shipbob.takes, windowMs: 60_000 } }),
    })
    const listings: HubConfig['listings'][number][] = []
    for (const [connection, simulator] of [
      ['web', web],
      ['amazonUs', amazonUs],
    ] as const) {
      for (const { sku, title } of items) {
        const made = await simulator.control<{ listing: string; place: string }>('listings', {
          sku,
          title,
          quantity: 0,
        })
        listings.push({ sku, connection, listing: made.listing, place: made.place })
      }
    }
    const ports = await freePorts(hubs)
    for (const { sku, stock, kit } of items) {
      // Most of it in the first place, some in the second: some orders are split.
      if (kit !== null) continue
      const [first, second] = east.locations
      const there = Math.floor(stock / 4)
      await east.control('stock', { sku, quantity: stock - there, location: String(first?.id) })
      if (there > 0) await east.control('stock', { sku, quantity: there, location: String(second?.id) })
    }
    await web.webhooks.subscribe({ url: `http://127.0.0.1:${ports[0]}/webhooks/web` })
    await east.webhooks.subscribe({ url: `http://127.0.0.1:${ports[1 % hubs]}/webhooks/east` })
    const config: HubConfig = {
      database: options.database ?? { sqlite: join(directory, 'shop.db') },
      port: ports[0] ?? 0,
      leaseMs: pace.leaseMs,
      shareLimits: pace.shareLimits,
      ...time,
      shopify: web.options,
      amazon: { ...amazonUs.options, ordersMs: pace.ordersMs, checkAfterMs: pace.checkAfterMs },
      shipbob: {
        endpoint: east.url,
        token: east.token,
        channelId: east.channelId,
        webhookSecret: east.webhookSecret,
        ...(pace.shipbob && { requestsPerMinute: pace.shipbob.spend }),
        intervals: { updatesMs: pace.updatesMs, stockMs: pace.stockMs },
      },
      items,
      listings,
    }
    return new World({ config, web, amazonUs, east }, directory, entry, ports)
  }

  /** Starts a hub's process; resolves when it says that it works. */
  async startHub(index = 0): Promise<void> {
    const port = this.#ports[index] ?? 0
    // The first one fills the catalogue; the others find it in the database.
    const known = index === 0 ? {} : { items: [], listings: [] }
    const config: HubConfig = { ...this.config, ...known, port }
    const hub = spawn(process.execPath, [this.#entry, 'demo-hub'], {
      env: { ...process.env, [configVariable]: JSON.stringify(config) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#hubs.set(index, hub)
    hub.once('exit', (code, signal) => {
      if (this.#hubs.get(index) === hub) this.deaths.push(`hub ${index}: ${signal ?? code}`)
    })
    const ended = once(hub, 'exit').then(([code, signal]) => {
      throw new Error(`the hub's process ended (${signal ?? code}) before it worked`)
    })
    ended.catch(() => undefined)
    await Promise.race([once(hub.stdout, 'data'), ended])
    hub.stdout.resume()
  }

  /** The process is gone from one instruction to the next. */
  async killHub(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL', index = 0): Promise<void> {
    const hub = this.#hubs.get(index)
    this.#hubs.delete(index)
    if (hub === undefined || hub.exitCode !== null || hub.signalCode !== null) return
    const gone = once(hub, 'exit')
    hub.kill(signal)
    await gone
  }

  /** The process stands still until it may go on; it does not know of it. */
  pauseHub(index: number): void {
    this.#hubs.get(index)?.kill('SIGSTOP')
  }

  resumeHub(index: number): void {
    this.#hubs.get(index)?.kill('SIGCONT')
  }

  /** How many requests a platform answered with 429. */
  refused(): number {
    return this.#platforms.reduce((sum, one) => sum + one.count(undefined, 429), 0)
  }

  /** The latest of them, to say which. */
  refusedLately(): RequestRecord[] {
    return this.#platforms.flatMap(({ requests }) => requests.filter(({ status }) => status === 429))
  }

  get #platforms(): readonly RunningSimulator[] {
    return [this.web, this.amazonUs, this.east]
  }

  channels(): [name: 'web' | 'amazonUs', state: ChannelState][] {
    return [
      ['web', this.web.state() as ChannelState],
      ['amazonUs', this.amazonUs.state() as ChannelState],
    ]
  }

  warehouse(): WarehouseState {
    return this.east.state() as WarehouseState
  }

  async close(): Promise<void> {
    await Promise.all([...this.#hubs.keys()].map((index) => this.killHub('SIGTERM', index)))
    await Promise.all(this.#platforms.map((platform) => platform.close()))
    await rm(this.#directory, { recursive: true, force: true })
  }
}

/** All of them at once, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  await Promise.all(
    servers.map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
