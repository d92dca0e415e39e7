import { afterEach, describe, expect, it } from 'vitest'
import { amazon } from '../../adapters/amazon/index.ts'
import { startAmazonSimulator } from '../../adapters/amazon/simulator/index.ts'
import { shopify } from '../../adapters/shopify/index.ts'
import { startShopifySimulator } from '../../adapters/shopify/simulator/index.ts'
import { createHub, sqlite } from '../../src/index.ts'
import { type RunningSimulator, virtualClock } from '../../src/simulator/index.ts'
import type { Connection } from '../../src/spec/connection.ts'

/** A compare of more listings than Amazon's report and Shopify's bulk operation begin at, as their adapters are by default. */

const many = 5_001
const byHand = ['SKU-7', 'SKU-2500', 'SKU-5000']

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

type Start = (clock: ReturnType<typeof virtualClock>) => Promise<[RunningSimulator, Connection]>

async function setUp(start: Start) {
  const clock = virtualClock(undefined, { autoAdvance: { quietMs: 5 } })
  const [simulator, connection] = await start(clock)
  const hub = createHub({
    store: sqlite(':memory:'),
    clock,
    connections: { web: connection } as Record<string, Connection>,
  })
  closing.push(
    () => simulator.close(),
    () => clock.stop(),
    () => hub.close(),
  )
  const put = (sku: string, quantity: number) => simulator.control('listings', { sku, quantity })
  for (let index = 0; index < many; index += 1) await put(`SKU-${index}`, 4)
  // All of one item: the fewest rows that so many listings can be of.
  await hub.import('web', { create: 'with-stock', sku: () => 'MUG' })
  await hub.sync()
  await clock.advance(3_600_000)
  simulator.log.clear()
  return { simulator, hub, put }
}

const shops: readonly [name: string, start: Start, calls: Readonly<Record<string, number>>][] = [
  [
    'Amazon',
    async (clock) => {
      const simulator = await startAmazonSimulator({ clock, applyMs: 0 })
      return [simulator, amazon(simulator.options)]
    },
    { getReports: 1, createReport: 1, getReportDocument: 1, searchListingsItems: 1, getListingsItem: 0 },
  ],
  [
    'Shopify',
    async (clock) => {
      const simulator = await startShopifySimulator({ clock, behaviour: { bulkAfterMs: 1_000 } })
      return [simulator, shopify(simulator.options)]
    },
    { BulkOperationRun: 1, bulkFile: 1, InventoryAvailable: 1 },
  ],
]

describe('a full compare', () => {
  it.each(shops)(
    'of 5,001 listings of %s takes one file, and one look at what differs in it',
    async (_, start, calls) => {
      const { simulator, hub, put } = await setUp(start)
      for (const sku of byHand) await put(sku, 9)
      const { compared, differences } = await hub.drift()
      expect(compared).toBe(many)
      expect(differences.map(({ offer, shown, cause }) => [offer, shown, cause])).toEqual(
        byHand.map(() => [4, 9, 'changed-on-channel']),
      )
      const counted = Object.keys(calls).map((operation) => [operation, simulator.count(operation)])
      expect(Object.fromEntries(counted)).toEqual(calls)
    },
  )
})
