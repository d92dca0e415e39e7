import { describe, expect, it } from 'vitest'
import { amazon } from '../../adapters/amazon/index.ts'
import { startAmazonSimulator } from '../../adapters/amazon/simulator/index.ts'
import { ebay } from '../../adapters/ebay/index.ts'
import { startEbaySimulator } from '../../adapters/ebay/simulator/index.ts'
import { meta } from '../../adapters/meta/index.ts'
import { startMetaSimulator } from '../../adapters/meta/simulator/index.ts'
import { shopify } from '../../adapters/shopify/index.ts'
import { startShopifySimulator } from '../../adapters/shopify/simulator/index.ts'
import { tiktok } from '../../adapters/tiktok/index.ts'
import { startTikTokSimulator } from '../../adapters/tiktok/simulator/index.ts'
import { createHub, sqlite } from '../../src/index.ts'
import { type RunningSimulator, seededRandom } from '../../src/simulator/index.ts'

// One pool over all five channels at once, one SKU, buyers everywhere: Facebook's and Instagram's come by the web shop. Some buy
// faster than numbers travel. Whatever was sold, it ends exact: each order counted once, each channel showing what is left.

const seed = Number(process.env.SEED ?? 20_261)
const units = 24

interface State {
  readonly listings: readonly { sku: string; place: string; quantity: number }[]
  readonly orders?: readonly { status: string; lines: readonly { quantity: number; cancelled: number }[] }[]
}

async function world() {
  const simulators = {
    web: await startShopifySimulator(),
    amazonUs: await startAmazonSimulator({ pendingMs: 0, settlingMs: 0, applyMs: 0 }),
    ebayUs: await startEbaySimulator(),
    tik: await startTikTokSimulator({ settlingMs: 0, holdMs: 0 }),
    social: await startMetaSimulator({ processMs: 0 }),
  }
  const hub = createHub({
    store: sqlite(':memory:'),
    connections: {
      web: shopify(simulators.web.options),
      amazonUs: amazon({ ...simulators.amazonUs.options, settlingMs: 0 }),
      ebayUs: ebay({ ...simulators.ebayUs.options, skewMs: 0 }),
      tik: tiktok({ ...simulators.tik.options, settlingMs: 0, checkAfterMs: 100 }),
      social: meta({ ...simulators.social.options, checkAfterMs: 0 }),
    },
  })
  await hub.items.put({ sku: 'MUG' })
  for (const name of ['web', 'amazonUs', 'ebayUs', 'tik', 'social'] as const) {
    const made = await simulators[name].control<{ listing?: string }>('listings', {
      sku: 'MUG',
      title: 'Mug',
      quantity: 0,
    })
    await hub.listings.link({ sku: 'MUG', connection: name, listing: made.listing ?? 'MUG' })
  }
  await hub.stock.receive('MUG', units, { location: 'main', key: 'po-1' })
  const shown = (name: keyof typeof simulators) => {
    const { listings } = simulators[name].state() as State
    return listings.find(({ sku }) => sku === 'MUG')?.quantity ?? 0
  }
  const close = async () => {
    await hub.close()
    for (const simulator of Object.values<RunningSimulator>(simulators)) {
      expect(simulator.errors).toEqual([])
      await simulator.close()
    }
  }
  return { simulators, hub, shown, close }
}

type World = Awaited<ReturnType<typeof world>>

/** Passes until all channels show what is left, as `hub.start()` would make them. */
async function settled({ hub, shown }: World): Promise<number[]> {
  const channels = ['web', 'amazonUs', 'ebayUs', 'tik', 'social'] as const
  for (let pass = 0; pass < 30; pass += 1) {
    await hub.sync()
    const left = Math.max(0, (await hub.stock.get('MUG')).available)
    const numbers = channels.map(shown)
    if (numbers.every((number) => number === left) && pass > 1) return numbers
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  return channels.map(shown)
}

describe('five channels on one SKU', () => {
  it('end exact, whatever their buyers do at once', async () => {
    const it = await world()
    const { simulators, hub, shown } = it
    expect(await settled(it)).toEqual([units, units, units, units, units])
    const random = seededRandom(seed)
    const buyers: readonly { from: 'web' | 'amazonUs' | 'ebayUs' | 'tik'; source?: string }[] = [
      { from: 'web' },
      { from: 'web', source: 'instagram' },
      { from: 'web', source: 'facebook' },
      { from: 'amazonUs' },
      { from: 'ebayUs' },
      { from: 'tik' },
    ]
    let sold = 0
    let orders = 0
    const sources = new Map<string, number>()
    for (let round = 0; round < 12; round += 1) {
      // Several at once, before any channel has heard of the others.
      for (let buyer = 0; buyer < 1 + Math.floor(random.next() * 4); buyer += 1) {
        const { from, source = null } = buyers[Math.floor(random.next() * buyers.length)] ?? { from: 'web' }
        const quantity = 1 + Math.floor(random.next() * 3)
        if (shown(from) < quantity) continue
        const attributes = source === null ? {} : { attributes: { cart_origin: source } }
        await simulators[from].control('orders', { ...attributes, lines: [{ sku: 'MUG', quantity }] })
        sold += quantity
        orders += 1
        if (source) sources.set(source, (sources.get(source) ?? 0) + 1)
      }
      await hub.sync()
    }
    const left = units - sold
    const numbers = await settled(it)
    const stock = await hub.stock.get('MUG')
    expect({ seed, ...stock }).toMatchObject({ seed, available: left, reserved: sold })
    expect(numbers, `SEED=${seed}`).toEqual(Array(5).fill(Math.max(0, left)))
    const { orders: known } = await hub.orders.list()
    expect(known).toHaveLength(orders)
    for (const [source, count] of sources)
      expect(known.filter((order) => order.source === source)).toHaveLength(count)
    expect(await hub.stock.verify()).toMatchObject({ ok: true })
    expect((await hub.jobs.list({ state: 'dead' })).map(({ kind, error }) => ({ kind, error }))).toEqual([])
    await it.close()
  }, 120_000)
})
