import { amazon } from '../../adapters/amazon/index.ts'
import { limits as amazonLimits } from '../../adapters/amazon/limits.ts'
import { startAmazonSimulator } from '../../adapters/amazon/simulator/index.ts'
import { ebay } from '../../adapters/ebay/index.ts'
import { limits as ebayLimits } from '../../adapters/ebay/limits.ts'
import { startEbaySimulator } from '../../adapters/ebay/simulator/index.ts'
import { meta } from '../../adapters/meta/index.ts'
import { limits as metaLimits } from '../../adapters/meta/limits.ts'
import { startMetaSimulator } from '../../adapters/meta/simulator/index.ts'
import { shopify } from '../../adapters/shopify/index.ts'
import { limits as shopifyLimits } from '../../adapters/shopify/limits.ts'
import { startShopifySimulator } from '../../adapters/shopify/simulator/index.ts'
import { tiktok } from '../../adapters/tiktok/index.ts'
import { limitsOf as tiktokLimits } from '../../adapters/tiktok/limits.ts'
import { startTikTokSimulator } from '../../adapters/tiktok/simulator/index.ts'
import type { RunningSimulator, SimulatorOptions, SimulatorReply } from '../../src/simulator/index.ts'
import type { Connection } from '../../src/spec/connection.ts'
import type { Limit, Limits } from '../../src/spec/context.ts'

/** What a changed quantity takes of the platform's calls, if every call carries as many rows as it may. */
export interface Calls {
  /** `check` comes after the channel shows the number: it is counted among the calls, not in the time. */
  readonly doing: 'look' | 'write' | 'check'
  /** As the simulator calls it. */
  readonly operation: string
  /** The name of its bucket among the connection's limits. */
  readonly bucket: string
  readonly limit: Limit
  /** Most rows in one call. */
  readonly rows: number
  /** Tokens that a call costs. */
  readonly cost: number
}

/** A channel that numbers are pushed to. One more platform is one more of these in `platforms`. */
export interface Platform {
  readonly name: string
  /** The platform's own time to apply what it accepted is left out: the simulator applies it at once. */
  start(
    options: Pick<SimulatorOptions, 'clock' | 'observe'>,
  ): Promise<{ readonly simulator: RunningSimulator; readonly connection: Connection }>
  readonly calls: readonly Calls[]
  /** Whether an answer says that a limit was exceeded. */
  readonly refuses: (reply: SimulatorReply) => boolean
}

function limitOf(limits: Limits, bucket: string): Limit {
  const limit = limits[bucket]
  if (limit === undefined) throw new Error(`there is no limit named ${bucket}`)
  return limit
}
const shopifyPoints = limitOf(shopifyLimits, 'graphql')

/** TikTok publishes no numbers: so many calls a second of each endpoint are given here, and kept to. */
const tiktokPace = limitOf(tiktokLimits(10), 'UpdateInventory')

const says = (text: string) => (reply: SimulatorReply) =>
  reply.status === 429 || JSON.stringify(reply.body ?? '').includes(text)

export const platforms: readonly Platform[] = [
  {
    name: 'Shopify',
    async start(options) {
      const simulator = await startShopifySimulator({ ...options, limit: shopifyPoints })
      return { simulator, connection: shopify(simulator.options) }
    },
    calls: [
      {
        doing: 'write',
        operation: 'InventorySetQuantities',
        bucket: 'graphql',
        limit: shopifyPoints,
        rows: 250,
        cost: 10,
      },
    ],
    refuses: says('THROTTLED'),
  },
  {
    name: 'Amazon by calls',
    async start(options) {
      const simulator = await startAmazonSimulator({ ...options, applyMs: 0 })
      return {
        simulator,
        connection: amazon({ ...simulator.options, bulkFrom: 25_000, feedMs: 86_400_000 }),
      }
    },
    calls: [
      {
        doing: 'look',
        operation: 'searchListingsItems',
        bucket: 'searchListingsItems',
        limit: amazonLimits.searchListingsItems,
        rows: 20,
        cost: 1,
      },
      {
        doing: 'write',
        operation: 'patchListingsItem',
        bucket: 'patchListingsItem',
        limit: amazonLimits.patchListingsItem,
        rows: 1,
        cost: 1,
      },
      {
        doing: 'check',
        operation: 'searchListingsItems',
        bucket: 'searchListingsItems',
        limit: amazonLimits.searchListingsItems,
        rows: 20,
        cost: 1,
      },
    ],
    refuses: says('QuotaExceeded'),
  },
  {
    name: 'Amazon by feed',
    async start(options) {
      // What Amazon takes to work a feed off is its own to say: the simulator is through with it at once.
      const simulator = await startAmazonSimulator({ ...options, applyMs: 0, feedQueueMs: 0, feedMs: 0 })
      return { simulator, connection: amazon({ ...simulator.options, bulkFrom: 1, feedMs: 0 }) }
    },
    calls: (
      [
        ['look', 'searchListingsItems', 'searchListingsItems', 20],
        ['write', 'createFeedDocument', 'createFeedDocument', 25_000],
        ['write', 'createFeed', 'createListingsFeed', 25_000],
        ['check', 'getFeed', 'getFeed', 25_000],
        ['check', 'getFeedDocument', 'getFeedDocument', 25_000],
        ['check', 'searchListingsItems', 'searchListingsItems', 20],
      ] as const
    ).map(([doing, operation, bucket, rows]) => {
      return { doing, operation, bucket, limit: amazonLimits[bucket], rows, cost: 1 }
    }),
    refuses: says('QuotaExceeded'),
  },
  {
    name: 'eBay',
    async start(options) {
      const simulator = await startEbaySimulator(options)
      return { simulator, connection: ebay(simulator.options) }
    },
    // A write names the offers of each SKU, which eBay tells for one SKU a call: none is needed, as they are remembered.
    calls: (
      [
        ['look', 'bulkGetInventoryItem', 25],
        ['look', 'getOffers', Number.POSITIVE_INFINITY],
        ['write', 'bulkUpdatePriceQuantity', 25],
      ] as const
    ).map(([doing, operation, rows]) => {
      return { doing, operation, bucket: 'inventory', limit: ebayLimits.inventory, rows, cost: 1 }
    }),
    refuses: says('too many requests'),
  },
  {
    name: 'Meta',
    async start(options) {
      const simulator = await startMetaSimulator({ ...options, processMs: 0 })
      return { simulator, connection: meta(simulator.options) }
    },
    calls: [
      {
        doing: 'write',
        operation: 'items_batch',
        bucket: 'catalogBatch',
        limit: metaLimits.catalogBatch,
        rows: 3000,
        cost: 1,
      },
      {
        doing: 'check',
        operation: 'check_batch_request_status',
        bucket: 'catalogManagement',
        limit: metaLimits.catalogManagement,
        rows: 3000,
        cost: 1,
      },
      {
        doing: 'check',
        operation: 'products',
        bucket: 'catalogManagement',
        limit: metaLimits.catalogManagement,
        rows: 100,
        cost: 1,
      },
    ],
    refuses: says('There have been too many calls'),
  },
  {
    name: 'TikTok',
    async start(options) {
      const simulator = await startTikTokSimulator({ ...options, limit: tiktokPace })
      return { simulator, connection: tiktok({ ...simulator.options, callsPerSecond: tiktokPace.rate }) }
    },
    // A product of one SKU each, the most calls there can be.
    calls: (
      [
        ['look', 'InventorySearch', 600],
        ['write', 'UpdateInventory', 1],
        ['check', 'InventorySearch', 600],
      ] as const
    ).map(([doing, operation, rows]) => {
      return { doing, operation, bucket: operation, limit: tiktokPace, rows, cost: 1 }
    }),
    refuses: says('36009002'),
  },
]

/** Calls that these changes take: what rises goes in calls of its own, after what falls. */
const callsFor = (rows: number, changes: readonly number[]): number =>
  changes.reduce((sum, quantities) => sum + Math.ceil(quantities / rows), 0)

/** The fewest calls that these changes take. */
export const fewestCalls = (calls: readonly Calls[], ...changes: readonly number[]): number =>
  calls.reduce((sum, { rows }) => sum + callsFor(rows, changes), 0)

/** The least time in which the platform's limits let them through, in milliseconds: full buckets, none wasted. */
export function limitMs(calls: readonly Calls[], ...changes: readonly number[]): number {
  const needed = new Map<string, { readonly limit: Limit; cost: number }>()
  for (const { doing, bucket, limit, rows, cost } of calls) {
    if (doing === 'check') continue
    const sum = needed.get(bucket) ?? { limit, cost: 0 }
    sum.cost += callsFor(rows, changes) * cost
    needed.set(bucket, sum)
  }
  const times = [...needed.values()].map(
    ({ limit, cost }) => (Math.max(0, cost - limit.burst) / limit.rate) * 1000,
  )
  return Math.max(0, ...times)
}
