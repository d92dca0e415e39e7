import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  startAmazonSimulator,
  startShipBobSimulator,
  startShopifySimulator,
} from '../../../adapters/simulators.ts'
import { seededRandom } from '../../simulator/index.ts'
import { catalogue } from './catalogue.ts'
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

/** Three platforms on loopback, a warehouse full of goods, and a hub process that can be killed. */
export class World {
  readonly config: HubConfig
  readonly web: Awaited<ReturnType<typeof startShopifySimulator>>
  readonly amazonUs: Awaited<ReturnType<typeof startAmazonSimulator>>
  readonly east: Awaited<ReturnType<typeof startShipBobSimulator>>
  readonly #directory: string
  readonly #entry: string
  #hub: ChildProcess | null = null

  private constructor(
    parts: Pick<World, 'config' | 'web' | 'amazonUs' | 'east'>,
    directory: string,
    entry: string,
  ) {
    this.config = parts.config
    this.web = parts.web
    this.amazonUs = parts.amazonUs
    this.east = parts.east
    this.#directory = directory
    this.#entry = entry
  }

  static async build(seed: number, entry: string): Promise<World> {
    const directory = await mkdtemp(join(tmpdir(), 'stockpool-demo-'))
    const time = { factor: minutesASecond * 60, realStart: Date.now(), simulatedStart: Date.now() }
    const clock = demoClock(time)
    const items = catalogue(seededRandom(seed))
    const web = await startShopifySimulator({ clock, seed })
    const amazonUs = await startAmazonSimulator({ clock, seed })
    const east = await startShipBobSimulator({ clock, seed, shipAfterMs: 90_000 })
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
    const port = await freePort()
    for (const { sku, stock, kit } of items) {
      // Most of it in the first place, some in the second: some orders are split.
      if (kit !== null) continue
      const [first, second] = east.locations
      const there = Math.floor(stock / 4)
      await east.control('stock', { sku, quantity: stock - there, location: String(first?.id) })
      if (there > 0) await east.control('stock', { sku, quantity: there, location: String(second?.id) })
    }
    await web.webhooks.subscribe({ url: `http://127.0.0.1:${port}/webhooks/web` })
    await east.webhooks.subscribe({ url: `http://127.0.0.1:${port}/webhooks/east` })
    const config: HubConfig = {
      database: join(directory, 'shop.db'),
      port,
      ...time,
      shopify: web.options,
      amazon: { ...amazonUs.options, ordersMs: 150_000, checkAfterMs: 15_000 },
      shipbob: {
        endpoint: east.url,
        token: east.token,
        channelId: east.channelId,
        webhookSecret: east.webhookSecret,
        intervals: { updatesMs: 60_000, stockMs: 60_000 },
      },
      items,
      listings,
    }
    return new World({ config, web, amazonUs, east }, directory, entry)
  }

  /** Starts the hub's process; resolves when it says that it works. */
  async startHub(): Promise<void> {
    const hub = spawn(process.execPath, [this.#entry, 'demo-hub'], {
      env: { ...process.env, [configVariable]: JSON.stringify(this.config) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#hub = hub
    const ended = once(hub, 'exit').then(([code, signal]) => {
      throw new Error(`the hub's process ended (${signal ?? code}) before it worked`)
    })
    ended.catch(() => undefined)
    await Promise.race([once(hub.stdout, 'data'), ended])
    hub.stdout.resume()
  }

  /** The process is gone from one instruction to the next. */
  async killHub(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const hub = this.#hub
    this.#hub = null
    if (hub === null || hub.exitCode !== null || hub.signalCode !== null) return
    const gone = once(hub, 'exit')
    hub.kill(signal)
    await gone
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
    await this.killHub('SIGTERM')
    await Promise.all([this.web.close(), this.amazonUs.close(), this.east.close()])
    await rm(this.#directory, { recursive: true, force: true })
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}
