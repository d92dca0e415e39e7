import assert from 'node:assert/strict'
import type { RefundRequest, RefundResult } from '../../spec/index.ts'
import { anew, answered, has, method, type Shipped, shipped, wanted } from './returning.ts'
import { orderOf, putListing, unknownLike } from './shop.ts'
import { attempt, type Check, effectFaults, errorOf, hurried, type Stage, underFaults } from './stage.ts'
import { refundsOf } from './state.ts'

const refundOf = (at: Shipped, key: string, over: Partial<RefundRequest> = {}): RefundRequest => ({
  order: at.order,
  return: null,
  lines: [{ line: at.line, quantity: 1 }],
  shipping: false,
  amount: null,
  reason: 'came back',
  key,
  ...over,
})

const refund = (stage: Stage, request: RefundRequest, known = false): Promise<RefundResult> => {
  const pay = method(stage, 'refund')
  return answered(stage, (repeated) => pay(stage.context, { ...request, repeated: repeated || known }))
}

/**
 * One unit to be paid back. Some platforms pay for a return alone, and say of any other refund that it is unsupported: there
 * the buyer asks for one first.
 */
async function owed(stage: Stage, at: Shipped): Promise<Partial<RefundRequest>> {
  const nobody = { ...at, order: unknownLike(at.order) }
  const { code, field } = await errorOf(() => refund(stage, refundOf(nobody, anew('refund'))))
  return code === 'unsupported' && field === 'return' ? { return: await wanted(stage, at, 1) } : {}
}

/** Money is paid back once, whatever befalls the answer. */
export const refunds: readonly Check[] = [
  {
    name: 'refund: pays once what it says, also when repeated and by another process',
    when: has('refund'),
    async run(stage) {
      const at = await shipped(stage)
      const request = refundOf(at, anew('refund'), await owed(stage, at))
      const first = await refund(stage, request)
      const again = await refund(stage, request, true)
      const other = await refund({ ...stage, ...stage.again() }, request, true)
      assert.deepEqual([again.reference, other.reference], [first.reference, first.reference])
      const paid = refundsOf(stage.simulator, at.order)
      assert.equal(paid.length, 1)
      assert.ok((paid[0]?.amount.amount ?? 0) > 0, 'nothing was paid')
      if (first.amount) assert.deepEqual(first.amount, paid[0]?.amount)
    },
  },
  {
    name: 'refund: two keys are two refunds, and an amount is paid as given or not at all',
    when: has('refund'),
    async run(stage) {
      const at = await shipped(stage)
      const { currency } = (await orderOf(stage, at.order)).total ?? { currency: 'USD' }
      await refund(stage, refundOf(at, anew('refund'), await owed(stage, at)))
      const amount = { amount: 321, currency }
      const part = { ...(await owed(stage, at)), lines: [], amount }
      const outcome = await attempt(() => refund(stage, refundOf(at, anew('refund'), part)))
      const [, second, ...more] = refundsOf(stage.simulator, at.order)
      assert.deepEqual(more, [])
      // An offer to the buyer pays nothing yet.
      const offered = outcome.ok && outcome.value.outcome === 'pending' && second === undefined
      if (outcome.ok && !offered) assert.deepEqual(second?.amount, amount)
      else assert.equal(second, undefined)
    },
  },
  {
    name: 'refund: of an order that nobody has is refused for good, and pays nothing',
    when: has('refund'),
    async run(stage) {
      const at = await shipped(stage)
      const nobody = { ...at, order: unknownLike(at.order) }
      const error = await errorOf(() => refund(stage, refundOf(nobody, anew('refund'))))
      assert.ok(!error.retryable, `${error.code} would be repeated for ever`)
      assert.deepEqual(refundsOf(stage.simulator, at.order), [])
    },
  },
  {
    name: 'refund: ends in one refund through lost answers, endless waits, 429 and 5xx',
    when: has('refund'),
    async run(given) {
      const stage = hurried(given)
      const { sku } = await putListing(stage, anew('BACK'), 100_000)
      await underFaults(
        stage,
        effectFaults,
        async () => {
          const at = await shipped(stage, sku)
          return { at, of: await owed(stage, at) }
        },
        async ({ at, of }) => {
          await refund(stage, refundOf(at, anew('refund'), of))
          assert.equal(refundsOf(stage.simulator, at.order).length, 1)
        },
      )
    },
  },
]
