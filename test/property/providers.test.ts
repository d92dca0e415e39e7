import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../stores.ts'
import { type ProviderSubject, ProviderWorld, providers, type Step } from './providers.ts'

const seed = process.env.SEED ? { seed: Number(process.env.SEED) } : {}

const units = fc.integer({ min: 1, max: 5 })
const order = fc.nat(5)
const feed = fc.constantFrom('fresh' as const, 'old' as const, 'none' as const)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('sell' as const), units }) },
  {
    weight: 7,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'unsell',
        'ship',
        'ship',
        'ship',
        'label',
        'hold',
        'stop',
        'extra',
        'extra',
      ) as fc.Arbitrary<'unsell' | 'ship' | 'label' | 'hold' | 'stop' | 'extra'>,
      order,
      units,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('receive' as const, 'lose' as const, 'elsewhere' as const),
      units,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'look at updates' as const,
        'look at stock' as const,
        'lose an answer' as const,
        'wait' as const,
      ),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('pass' as const), updates: feed, stock: feed }) },
)
const steps = fc.array(step, { minLength: 4, maxLength: 24 })

/** What may be sold: below nothing there is nothing, and not every provider says by how much. */
const forSale = (available: number) => Math.max(0, available)

async function play(subject: ProviderSubject, all: readonly Step[]): Promise<void> {
  const world = await ProviderWorld.start(subject)
  try {
    for (const each of all) await world.step(each)
    // All news of the orders is heard, in whatever order; the stock was last read at some time before.
    await world.settle('none')
    const heard = await world.pool()
    const truth = await world.truth()
    expect(heard.reserved).toBe(truth.reserved)
    expect(forSale(heard.available)).toBeLessThanOrEqual(forSale(truth.available + world.unseen))
    // A reading that was made before, read once more, changes nothing of that.
    await world.pass('old', 'old')
    const again = await world.pool()
    expect(forSale(again.available)).toBeLessThanOrEqual(forSale(truth.available + world.unseen))
    // The next reading is the truth; with goods for everybody who waits, to the unit.
    await world.settle('fresh')
    const read = await world.pool()
    expect(forSale(read.available)).toBeLessThanOrEqual(forSale((await world.truth()).available))
    await world.step({ do: 'receive', units: 1_000 })
    await world.settle('fresh')
    expect(await world.pool()).toEqual(await world.truth())
    expect(await world.hub.stock.verify()).toMatchObject({ ok: true })
    expect(world.simulator.errors).toEqual([])
  } finally {
    await world.close()
  }
}

describe.each(providers)('$kind, a hub and a channel, with news in any order', (subject) => {
  it('never has more for sale than there is once all is heard, and exactly that after the next reading', async () => {
    await fc.assert(
      fc.asyncProperty(steps, (all) => play(subject, all)),
      { numRuns: runs(5), endOnFailure: process.env.SHRINK === undefined, ...seed },
    )
  })
})
