import assert from 'node:assert/strict'
import type { RefundRequest, RefundResult } from '../../spec/index.ts'
import { anew, answered, has, method, type Shipped, shipped } from './returning.ts'
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

/** Money is paid back once, whatever befalls the answer. */
export const refunds: readonly Check[] = [
  {
    name: 'refund: pays once what it says, also when repeated and by another process',
    when: has('refund'),
    async run(stage) {
      const at = await shipped(stage)
      const request = refundOf(at, anew('refund'))
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
      await refund(stage, refundOf(at, anew('refund')))
      const amount = { amount: 321, currency }
      const outcome = await attempt(() => refund(stage, refundOf(at, anew('refund'), { lines: [], amount })))
      const [, second, ...more] = refundsOf(stage.simulator, at.order)
      assert.deepEqual(more, [])
      if (outcome.ok) assert.deepEqual(second?.amount, amount)
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
        () => shipped(stage, sku),
        async (at) => {
          await refund(stage, refundOf(at, anew('refund')))
          assert.equal(refundsOf(stage.simulator, at.order).length, 1)
        },
      )
    },
  },
]
