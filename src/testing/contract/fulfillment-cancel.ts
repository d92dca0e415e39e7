import assert from 'node:assert/strict'
import type { FulfillmentOrder } from '../../spec/index.ts'
import { type Check, eventually, type Group, need, persist, type Stage } from './stage.ts'
import { fulfillmentOf, provider, submitted, unitsBySku, unitsInParcels } from './warehouse.ts'

const cancelling: readonly Check[] = [
  {
    name: 'cancels what has not shipped, and may be repeated',
    async run(stage) {
      const { order, lines, request } = await submitted(stage)
      const first = await cancel(stage, order)
      assert.notEqual(first, 'too_late')
      const now = await eventually(stage, 'the order is cancelled', async () => {
        const got = await fulfillmentOf(stage, request.reference)
        return got.status === 'cancelled' ? got : null
      })
      assert.deepEqual(unitsBySku(now.cancelled), unitsBySku(lines))
      assert.notEqual(await cancel(stage, order), 'too_late', 'a repeat of what succeeded')
    },
  },
  {
    name: 'says too late once everything has shipped',
    async run(stage) {
      const { order, request, lines } = await submitted(stage)
      await stage.simulator.control('ship', { reference: request.reference })
      assert.equal(await cancel(stage, order), 'too_late')
      const got = await fulfillmentOf(stage, request.reference)
      assert.deepEqual(unitsInParcels(got), unitsBySku(lines))
      assert.deepEqual(got.cancelled, [])
    },
  },
]

async function cancel(stage: Stage, { id, reference }: FulfillmentOrder): Promise<string> {
  const facet = provider(stage)
  const method = need(facet.cancel?.bind(facet), 'fulfillment.cancel')
  const { outcome } = await persist(stage, () => method(stage.context, { id, reference }))
  assert.ok(['stopped', 'too_late', 'unknown'].includes(outcome), `outcome ${outcome}`)
  return outcome
}

export const fulfillmentCancel: Group = {
  name: 'fulfillment.cancel',
  when: (connection) => connection.fulfillment?.cancel !== undefined,
  checks: cancelling,
}
