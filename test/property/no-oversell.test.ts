import { describe, expect, it } from 'vitest'
import { createHub } from '../../src/index.ts'
import { seededRandom } from '../../src/simulator/random.ts'
import { FakeShop, ManualClock } from '../hub/fakes.ts'
import { freshStore, runs } from '../stores.ts'

// With one channel, and nothing failing, no unit is sold that is not there.

const seeds = process.env.SEED
  ? [Number(process.env.SEED)]
  : Array.from({ length: runs(12) }, (_, i) => 3000 + i)

async function trade(seed: number, compareAndSet: boolean, visibleAfterMs: number, kit: boolean) {
  const random = seededRandom(seed)
  const clock = new ManualClock()
  const web = new FakeShop(clock, { compareAndSet, visibleAfterMs })
  const hub = createHub({ store: freshStore(), clock, connections: { web: web.connection() } })
  const oversold: unknown[] = []
  hub.on('stock.oversold', (data) => oversold.push(data))
  try {
    const skus = kit ? ['A', 'B', 'SET'] : ['A', 'B']
    for (const sku of ['A', 'B']) await hub.items.put({ sku })
    if (kit)
      await hub.items.put({
        sku: 'SET',
        kit: [
          { sku: 'A', quantity: 2 },
          { sku: 'B', quantity: 1 },
        ],
      })
    for (const sku of skus) {
      web.shown.set(sku, 0)
      await hub.listings.link({ sku, connection: 'web', listing: sku })
    }
    let sold = 0
    let key = 0
    for (let n = 0; n < 80; n++) {
      clock.advance(random.int(1, 20_000))
      const what = random.int(0, 9)
      const sku = random.pick(skus)
      if (what < 5) {
        const shown = web.shown.get(sku) ?? 0
        if (shown > 0 && web.sell([{ listing: sku, quantity: random.int(1, shown) }]) !== null) sold++
      } else if (what < 7) {
        const location = { location: 'main', key: `k${key++}` }
        const part = random.pick(['A', 'B'])
        await hub.stock.receive(part, random.int(1, 6), location)
      }
      // Where listings share stock, a sale must be known before the next; where each has its own, it need not.
      if (kit || random.next() < 0.5) await hub.sync()
    }
    clock.advance(visibleAfterMs + 60_000)
    for (let i = 0; i < 3; i++) {
      await hub.sync()
      clock.advance(visibleAfterMs + 1000)
    }
    expect(sold).toBeGreaterThan(5)
    expect(oversold, `replay with SEED=${seed}`).toEqual([])
    for (const sku of skus) {
      const { available } = await hub.stock.get(sku)
      expect(available).toBeGreaterThanOrEqual(0)
      expect(web.shown.get(sku)).toBe(available)
    }
  } finally {
    await hub.close()
  }
}

describe('one channel sells no unit that is not there', () => {
  for (const compareAndSet of [true, false]) {
    const how = compareAndSet ? 'compare-and-set' : 'look and write'
    it.each(seeds)(`${how}, orders late, passes now and then (seed %i)`, (seed) =>
      trade(seed, compareAndSet, 45_000, false),
    )
    it.each(seeds.slice(0, 6))(`${how}, kits, a pass after every sale (seed %i)`, (seed) =>
      trade(seed, compareAndSet, 0, true),
    )
  }
})
