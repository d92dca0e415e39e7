import { seededRandom } from '../../simulator/index.ts'
import type { Oversold, Verdict } from './checks.ts'
import { demoHub } from './hub-process.ts'
import { listingsMatch, pause, settle, until } from './settle.ts'
import { shop, type Trade } from './shoppers.ts'
import { World } from './world.ts'

export interface DemoOptions {
  readonly seed: number
  /** The file that starts a hub process when it is run with `demo-hub`. */
  readonly entry: string
  readonly shoppers?: number
  /** How many times the hub's process is killed. Default 1. */
  readonly kills?: number
  /** Over how long the shoppers come, in real milliseconds. Default 8,000. */
  readonly overMs?: number
  /** How long everything may take to come to rest afterwards, in real milliseconds. Default 20,000. */
  readonly patienceMs?: number
  readonly say?: (text: string) => void
}

export interface DemoResult extends Verdict {
  readonly seed: number
  readonly seconds: number
  readonly trade: Trade
  readonly kills: number
  /** Requests that a platform refused with 429, webhooks delivered twice, and forged ones. */
  readonly refused: number
  readonly webhooks: {
    readonly delivered: number
    readonly duplicates: number
    readonly forged: number
    readonly forgedAccepted: number
  }
}

/** One pool, two channels, a warehouse, bad weather and a crash; then the count. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const {
    seed,
    entry,
    shoppers = 100,
    kills = 1,
    overMs = 8000,
    patienceMs = 20_000,
    say = () => {},
  } = options
  const began = Date.now()
  const random = seededRandom(seed + 1)
  const world = await World.build({ seed, entry })
  // A second process on the same file, as a web server beside the workers would be: it reads, and hears events.
  const reader = await demoHub(world.config, false)
  const oversold: Oversold[] = []
  const hear = () => reader.subscribe('demo', 'stock.oversold', (event) => void oversold.push(event))
  try {
    await hear()
    say(
      `Shopify, Amazon and ShipBob are simulated on loopback; ${world.config.items.length} SKUs, ${world.config.listings.length} listings.`,
    )
    await world.startHub()
    await until(patienceMs, () => listingsMatch(world, reader))
    say('Every listing shows its number. The doors open.')
    const trade: Trade = { placed: 0, turnedAway: 0 }
    const trading = shop(world, random, shoppers, overMs, trade)
    await Promise.all([trading, badWeather(world, overMs, say), crashes(world, random, kills, overMs, say)])
    say(`${trade.placed} orders, ${trade.turnedAway} shoppers found something sold out.`)
    const verdict = await settle(world, reader, oversold, hear, patienceMs, say)
    await world.killHub('SIGTERM')
    const attempts = [...world.web.webhooks.attempts, ...world.east.webhooks.attempts]
    return {
      ...verdict,
      seed,
      seconds: (Date.now() - began) / 1000,
      trade,
      kills,
      refused: world.refused(),
      webhooks: {
        delivered: attempts.filter(({ status }) => status === 200).length,
        duplicates: attempts.filter(({ kind }) => kind === 'duplicate').length,
        forged: attempts.filter(({ kind }) => kind === 'forged').length,
        forgedAccepted: attempts.filter(({ kind, status }) => kind === 'forged' && status < 300 && status > 0)
          .length,
      },
    }
  } finally {
    await reader.close().catch(() => undefined)
    await world.close()
  }
}

/** What platforms do on a bad day: too many requests, webhooks twice, forged and late, an answer lost after its effect. */
async function badWeather(world: World, overMs: number, say: (text: string) => void): Promise<void> {
  await pause(overMs * 0.15)
  world.web.webhooks.chaos({ duplicate: 1, forge: true })
  world.east.webhooks.chaos({ duplicate: 1 })
  say('Webhooks come twice, and forged ones among them.')
  await pause(overMs * 0.15)
  world.amazonUs.faults.arm({ operation: 'patchListingsItem', kind: 'status', status: 429, times: 3 })
  world.east.faults.arm({ operation: '*', kind: 'status', status: 429, times: 2 })
  say('Amazon and ShipBob answer 429.')
  await pause(overMs * 0.1)
  world.east.faults.arm({ operation: 'createOrder', kind: 'drop_after', times: 2 })
  say('ShipBob accepts an order, and its answer is lost.')
  await pause(overMs * 0.1)
  world.web.webhooks.chaos({ delayMs: 180_000 })
  const late = (world.channels()[0]?.[1].orders ?? []).find(({ lines }) =>
    lines.every(({ shipped, cancelled }) => shipped + cancelled === 0),
  )
  if (late) {
    await world.web.control('orders/cancel', { order: late.id }).catch(() => undefined)
    say(`An order is cancelled on Shopify; its news come three minutes late.`)
  }
  await pause(overMs * 0.2)
  world.web.webhooks.chaos({})
  world.east.webhooks.chaos({})
}

/** The hub's process dies at random moments, also while it is starting; the last life is left to finish. */
async function crashes(
  world: World,
  random: ReturnType<typeof seededRandom>,
  kills: number,
  overMs: number,
  say: (text: string) => void,
): Promise<void> {
  for (let n = 1; n <= kills; n++) {
    await pause((overMs / kills) * (kills === 1 ? 0.3 + random.next() * 0.4 : random.next() * 2))
    await world.killHub()
    if (kills <= 3) say("The hub's process is killed, and started again.")
    const starting = world.startHub()
    if (n === kills) await starting
    else starting.catch(() => undefined)
  }
}
