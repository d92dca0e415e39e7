import assert from 'node:assert/strict'
import type { CancelResult } from '../../spec/index.ts'
import { ship } from './shipments.ts'
import { buy, orderOf, stockShop, unknownLike } from './shop.ts'
import {
  attempt,
  effectFaults,
  eventually,
  type Group,
  hurried,
  need,
  operationsOf,
  optionalControl,
  persist,
  type Stage,
  underFaults,
} from './stage.ts'
import { channelOrder } from './state.ts'

const outcomes = ['stopped', 'too_late', 'unknown']

async function cancel(stage: Stage, order: string, key = `cancel-${order}`): Promise<CancelResult> {
  const facet = need(stage.connection.orders, 'orders')
  const method = need(facet.cancel?.bind(facet), 'orders.cancel')
  const result = await persist(stage, () => method(stage.context, { order, reason: 'out_of_stock', key }))
  assert.ok(outcomes.includes(result.outcome), `outcome ${result.outcome}`)
  return result
}

async function placed(stage: Stage): Promise<string> {
  const [item] = await stockShop(stage, 1, 1_000)
  assert.ok(item)
  return await buy(stage, [{ sku: item.sku, quantity: 2 }])
}

async function becomesCancelled(stage: Stage, order: string): Promise<void> {
  const found = await eventually(stage, `order ${order} is cancelled`, async () => {
    const now = await orderOf(stage, order)
    return now.status === 'cancelled' ? now : null
  })
  for (const { ordered, cancelled } of found.lines) assert.equal(cancelled, ordered)
}

export const cancelling: Group = {
  name: 'orders.cancel',
  when: (connection) => connection.orders?.cancel !== undefined,
  checks: [
    {
      name: 'stops an order that has not shipped, and may be repeated',
      async run(stage) {
        const order = await placed(stage)
        assert.notEqual((await cancel(stage, order)).outcome, 'too_late')
        await becomesCancelled(stage, order)
        assert.notEqual((await cancel(stage, order)).outcome, 'too_late', 'a repeat of what succeeded')
      },
    },
    {
      name: 'says too late for an order that has shipped',
      when: (connection) => connection.shipments !== undefined,
      async run(stage) {
        const order = await placed(stage)
        await ship(stage, order)
        assert.equal((await cancel(stage, order)).outcome, 'too_late')
        const { status, lines } = await orderOf(stage, order)
        assert.notEqual(status, 'cancelled')
        for (const line of lines) assert.equal(line.cancelled, 0)
      },
    },
    {
      name: 'ends in one cancellation through lost answers, endless waits, 429 and 5xx',
      async run(given) {
        const stage = hurried(given)
        await underFaults(
          stage,
          effectFaults,
          () => placed(stage),
          async (order) => {
            await cancel(stage, order)
            await becomesCancelled(stage, order)
          },
        )
      },
    },
    {
      name: 'says stopped only of what the channel has stopped, also when it accepts without applying',
      async run(stage) {
        const rehearsal = await placed(stage)
        for (const operation of await operationsOf(stage, () => cancel(stage, rehearsal))) {
          const order = await placed(stage)
          stage.simulator.faults.arm({ operation, kind: 'accepted_not_applied' })
          const outcome = await attempt(() => cancel(stage, order))
          stage.simulator.faults.clear()
          if (!outcome.ok || outcome.value.outcome !== 'stopped') continue
          const { lines } = channelOrder(stage.simulator, order)
          for (const { quantity, cancelled } of lines)
            assert.equal(cancelled, quantity, 'says stopped, and is not')
        }
      },
    },
    {
      name: 'never claims to have stopped an order that nobody has',
      async run(stage) {
        const unknown = unknownLike(await placed(stage))
        const outcome = await attempt(() => cancel(stage, unknown))
        if (outcome.ok) assert.notEqual(outcome.value.outcome, 'stopped')
        else assert.ok(!outcome.error.retryable, `${outcome.error.code} would be repeated for ever`)
      },
    },
  ],
}

export const cancelRequests: Group = {
  name: 'orders.answerCancelRequest',
  when: (connection) => connection.orders?.answerCancelRequest !== undefined,
  checks: [
    {
      name: "a buyer's wish to cancel is seen, and accepting it cancels",
      async run(stage) {
        const order = await placed(stage)
        const wish = { order, reason: 'bought by mistake' }
        if ((await optionalControl(stage, 'orders/request-cancel', wish)) === null) return
        assert.ok((await orderOf(stage, order)).cancelRequested, 'the wish is not seen')
        const facet = need(stage.connection.orders, 'orders')
        const answer = need(facet.answerCancelRequest?.bind(facet), 'answerCancelRequest')
        await persist(stage, () => answer(stage.context, order, true))
        await becomesCancelled(stage, order)
      },
    },
    {
      name: 'refusing it leaves the order open',
      async run(stage) {
        const order = await placed(stage)
        const wish = { order, reason: 'changed my mind' }
        if ((await optionalControl(stage, 'orders/request-cancel', wish)) === null) return
        const facet = need(stage.connection.orders, 'orders')
        const answer = need(facet.answerCancelRequest?.bind(facet), 'answerCancelRequest')
        await persist(stage, () => answer(stage.context, order, false))
        const { status, lines } = await orderOf(stage, order)
        assert.equal(status, 'open')
        for (const { cancelled } of lines) assert.equal(cancelled, 0)
      },
    },
  ],
}
