import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { down, failing, lostAnswer, pass, setUp, stocked } from '../hub/kit.ts'
import { runs } from '../stores.ts'

const options = { numRuns: runs(40), ...(process.env.SEED ? { seed: Number(process.env.SEED) } : {}) }
const ordered = 4

type Step =
  /** The channel cancels one more unit. */
  | { readonly do: 'cancel' }
  /** The warehouse ships what it still means to ship. */
  | { readonly do: 'ship' }
  /** The answer of the next call is lost, before or after its effect. */
  | {
      readonly do: 'lose'
      readonly call: 'submit' | 'keep' | 'cancel' | 'get'
      readonly phase: 'before' | 'after'
    }
  | { readonly do: 'pass'; readonly ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ do: 'cancel' } as const) },
  { weight: 1, arbitrary: fc.constant({ do: 'ship' } as const) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('lose' as const),
      call: fc.constantFrom('submit', 'keep', 'cancel', 'get'),
      phase: fc.constantFrom('before', 'after'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1000, 61_000) }),
  },
)

async function endsExact(steps: readonly Step[], keeps: boolean): Promise<void> {
  const kit = setUp({ east: { keeps } })
  await stocked(kit, { east: 10 })
  const id = kit.web.sell([{ listing: 'mug', quantity: ordered }]) ?? ''
  let cancelled = 0
  for (const one of steps) {
    if (one.do === 'pass') await pass(kit, one.ms)
    // Whoever only asked knows that nothing came of it: `unknown_outcome` says that the provider cannot be asked by our reference.
    else if (one.do === 'lose')
      failing(kit.east, one.call, one.call === 'get' ? down() : lostAnswer(), { phase: one.phase })
    else if (one.do === 'ship') for (const reference of kit.east.orders.keys()) kit.east.ship(reference)
    else if (cancelled < ordered) {
      cancelled++
      if (cancelled === ordered) kit.web.cancel(id)
      else
        kit.web.change(id, (order) => {
          for (const line of order.lines) line.cancelled = Math.min(cancelled, line.ordered - line.shipped)
        })
    }
  }
  kit.east.fault = () => {}
  for (let i = 0; i < 20 && (i < 3 || (await kit.hub.jobs.list({ state: 'waiting' })).length > 0); i++)
    await pass(kit, 300_000)
  const orders = [...kit.east.orders.values()]
  const sum = (lines: readonly { quantity: number }[]) => lines.reduce((all, one) => all + one.quantity, 0)
  const gone = sum(orders.flatMap(({ parcels }) => parcels.flatMap(({ lines }) => lines)))
  const waits = orders
    .filter(({ status }) => status === 'accepted')
    .reduce((all, order) => all + sum(order.request.lines) - sum(order.cancelled), 0)
  const line = kit.web.orders.get(id)?.lines[0]
  const wanted = Math.max(0, ordered - (line?.cancelled ?? 0) - gone)
  // The warehouse ships exactly what is still wanted, and the pool says so.
  expect({ waits, gone: gone <= ordered }).toEqual({ waits: wanted, gone: true })
  expect(await kit.hub.stock.get('MUG')).toMatchObject({ available: 10 - gone - wanted, reserved: wanted })
  expect(await kit.hub.stock.verify()).toMatchObject({ ok: true })
  expect(kit.east.repeated).toEqual([])
  await kit.hub.close()
}

describe('an order that is cancelled bit by bit', () => {
  it.each([true, false])('ends exact at the warehouse and in the pool (it can keep a part: %s)', (keeps) =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 12 }), (steps) => endsExact(steps, keeps)),
      options,
    ),
  )
})
