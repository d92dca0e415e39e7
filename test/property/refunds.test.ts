import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StockpoolError } from '../../src/error.ts'
import { sold } from '../hub/returning.ts'
import { runs } from '../stores.ts'

const options = { numRuns: runs(30), ...(process.env.SEED ? { seed: Number(process.env.SEED) } : {}) }

type Step =
  /** The merchant's own code asks, and asks again. */
  | { readonly do: 'ask'; readonly key: string }
  /** The next call fails, before or after its effect. */
  | {
      readonly do: 'fail'
      readonly phase: 'before' | 'after'
      readonly code: 'unknown_outcome' | 'unavailable'
    }
  /** The process dies as the next call was made: nothing is stored any more. The next one begins later. */
  | { readonly do: 'die'; readonly phase: 'before' | 'after' }
  | { readonly do: 'pass'; readonly ms: number }

const phase = fc.constantFrom('before' as const, 'after' as const)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('ask' as const), key: fc.constantFrom('a', 'b') }),
  // Only what was not sent is called unavailable.
  fc.oneof(
    fc.record({ do: fc.constant('fail' as const), phase, code: fc.constant('unknown_outcome' as const) }),
    fc.constant({ do: 'fail', phase: 'before', code: 'unavailable' } as const),
  ),
  fc.record({ do: fc.constant('die' as const), phase }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1000, 60_000) }),
)

/** Takes the steps, heals everything, and compares what was paid with what was asked for. */
async function paysOnce(steps: readonly Step[], { hasty = false } = {}): Promise<void> {
  const world = await sold()
  const { returns, db, pass, hub, clock } = world
  returns.hasty = hasty
  const asked = new Set<string>()
  const faults: Extract<Step, { do: 'fail' | 'die' }>[] = []
  returns.fault = (call, at) => {
    const [next] = faults
    if (call !== 'refund' || next?.phase !== at) return
    faults.shift()
    if (next.do === 'die') db.broken = true
    else throw new StockpoolError(next.code, 'as it happens')
  }
  const work = async (ms: number) => {
    await pass(hub, ms).catch(() => undefined)
    if (!db.broken) return
    db.broken = false
    // Whoever takes over waits for the leases of the dead one.
    clock.advance(300_000)
  }
  for (const one of steps) {
    if (one.do === 'ask') {
      asked.add(one.key)
      const refund = {
        connection: 'web',
        order: 'o1',
        lines: [{ line: 'l1', quantity: 1 }],
        key: one.key,
      } as const
      await hub.returns.refund(refund)
    } else if (one.do === 'pass') await work(one.ms)
    else faults.push(one)
  }
  for (let i = 0; i < 40 && (i < 2 || (await hub.jobs.list()).length > 0); i++) await work(600_000)
  const keys = returns.paid.map(({ key }) => key).sort()
  const answers = await hub.returns.answers('web', 'o1')
  await hub.close()
  expect(keys).toEqual([...asked].map((key) => `order.refund/${key}`).sort())
  expect(answers.map(({ state }) => state)).toEqual([...asked].map(() => 'done'))
}

describe('a refund', () => {
  it('is paid exactly once under its key, whatever is lost, repeated, or dies in between', () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 10 }), (steps) => paysOnce(steps)),
      options,
    ))

  it('would be seen to be paid twice if an adapter did not look before it pays again', async () => {
    const steps: Step[] = [
      { do: 'ask', key: 'a' },
      { do: 'die', phase: 'after' },
      { do: 'pass', ms: 1000 },
    ]
    await expect(paysOnce(steps, { hasty: true })).rejects.toThrow()
  })
})
