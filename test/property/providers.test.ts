import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../stores.ts'
import type { Plant } from './late-feeds.ts'
import { type ProviderSubject, providers } from './provider-subjects.ts'
import { ProviderWorld, type Step } from './providers.ts'

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

async function play(subject: ProviderSubject, all: readonly Step[], plant?: Plant): Promise<void> {
  const world = await ProviderWorld.start(subject, plant)
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
    // What is reserved above is by the hub's own count of what left: that is held against the provider's.
    await world.collect()
    expect(await world.pool()).toEqual(await world.truth())
    for (const { shipped, left } of await world.counts()) expect(shipped).toBe(left)
    expect(await world.hub.stock.verify()).toMatchObject({ ok: true })
    expect(world.simulator.errors).toEqual([])
  } finally {
    await world.close()
  }
}

const pass = (updates: 'fresh' | 'old' | 'none', stock: 'fresh' | 'old' | 'none'): Step => ({
  do: 'pass',
  updates,
  stock,
})
const sell: Step = { do: 'sell', units: 5 }
const ship: Step = { do: 'ship', order: 0, units: 3 }

/** The orders in which an acknowledgement, a reading and a shipment can come, one after the other; always tried. */
const knots: readonly Step[][] = [
  // Acknowledged, the reading from before.
  [{ do: 'look at stock' }, sell, pass('fresh', 'old')],
  // The acknowledgement is lost, the reading has the order off already.
  [{ do: 'lose an answer' }, sell, pass('none', 'none'), pass('none', 'fresh')],
  // Shipped and not heard of; a reading from between, then one from after.
  [sell, pass('fresh', 'fresh'), { do: 'look at stock' }, ship, pass('none', 'old'), pass('none', 'fresh')],
  // Cancelled on the channel while the provider ships a part.
  [
    sell,
    pass('fresh', 'fresh'),
    ship,
    { do: 'unsell', order: 0, units: 1 },
    { do: 'look at stock' },
    pass('none', 'old'),
  ],
  // Another system's order, for more than is left.
  [sell, sell, pass('fresh', 'fresh'), { do: 'elsewhere', units: 3 }],
]

describe.each(providers)('$kind, a hub and a channel, with news in any order', (subject) => {
  it('never has more for sale than there is once all is heard, and exactly that after the next reading', async () => {
    await fc.assert(
      fc.asyncProperty(steps, (all) => play(subject, all)),
      {
        numRuns: runs(8),
        examples: knots.map((knot) => [knot]),
        endOnFailure: process.env.SHRINK === undefined,
        ...seed,
      },
    )
  })

  it('is a property that catches an adapter which says that an order was taken off before it was', async () => {
    const plant: Plant = (order) => ({ ...order, acceptedAt: 0, allocated: true })
    await expect(play(subject, knots[0] ?? [], plant)).rejects.toThrow(/to be less than or equal to 7/)
  })
})

it('is a property that catches an adapter which says that more has left than did', async () => {
  const [subject] = providers
  if (subject === undefined) throw new Error('there is no provider')
  const twice: Plant = (order) => {
    const doubled = (lines: (typeof order.parcels)[number]['lines']) =>
      lines.map((line) => ({ ...line, quantity: 2 * line.quantity }))
    return { ...order, parcels: order.parcels.map((one) => ({ ...one, lines: doubled(one.lines) })) }
  }
  const part: Step[] = [sell, pass('fresh', 'fresh'), { do: 'ship', order: 0, units: 2 }]
  await expect(play(subject, part, twice)).rejects.toThrow(/expected 4 to be 2/)
})
