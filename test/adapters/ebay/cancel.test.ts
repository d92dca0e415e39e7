import { describe, expect, it } from 'vitest'
import { buy, list, notice, type Stage, stage, stateOf } from './stage.ts'

async function bought(it: Stage): Promise<string> {
  await list(it, 'MUG', 100)
  const order = await buy(it, [{ sku: 'MUG', quantity: 2 }])
  it.clear()
  return order
}

const cancel = (it: Stage, order: string, reason: 'out_of_stock' | 'customer' | 'address' = 'out_of_stock') =>
  it.connection.orders.cancel(it.context, { order, reason, key: 'cancel-1' })
const statusOf = async (it: Stage, order: string) =>
  (await it.connection.orders.get(it.context, order))?.status

describe('cancelling', () => {
  it('is of the whole order, under the scheme of Post-Order, and ends with the refund', async () => {
    const it = await stage()
    const order = await bought(it)
    expect(await cancel(it, order)).toMatchObject({ outcome: 'unknown' })
    const [sent] = it.of('createCancellation')
    expect(sent).toMatchObject({
      method: 'POST',
      path: '/post-order/v2/cancellation',
      headers: { authorization: expect.stringMatching(/^IAF v\^1/), 'x-ebay-c-marketplace-id': 'EBAY_US' },
      body: {
        legacyOrderId: order,
        cancelReason: 'OUT_OF_STOCK_OR_CANNOT_FULFILL',
        buyerPaid: true,
        buyerPaidDate: { value: '2026-07-01T09:00:00.000Z' },
      },
    })
    expect(await statusOf(it, order)).toBe('on_hold')
    expect(await cancel(it, order)).toMatchObject({ outcome: 'unknown' })
    await it.clock.advance(5_000)
    expect(await statusOf(it, order)).toBe('cancelled')
    expect(await cancel(it, order)).toMatchObject({ outcome: 'stopped' })
    expect(it.of('createCancellation')).toHaveLength(1)
    expect(stateOf(it).orders[0]?.refunds).toMatchObject([{ amount: 2500, status: 'REFUNDED' }])
  })

  it.each([
    ['customer', 'BUYER_ASKED_CANCEL'],
    ['address', 'ADDRESS_ISSUES'],
  ] as const)('for the reason %s is %s', async (reason, word) => {
    const it = await stage()
    await cancel(it, await bought(it), reason)
    expect(it.of('createCancellation')[0]?.body).toMatchObject({ cancelReason: word })
  })

  it('approves what the buyer asked for, in place of a cancellation that would count as the seller’s', async () => {
    const it = await stage()
    const order = await bought(it)
    await it.simulator.control('orders/request-cancel', { order })
    expect((await cancel(it, order)).outcome).toBe('unknown')
    expect([it.of('createCancellation').length, it.of('approveCancellationRequest').length]).toEqual([0, 1])
    await it.clock.advance(5_000)
    expect(await statusOf(it, order)).toBe('cancelled')
  })

  it('asks the order when an answer is lost', async () => {
    const it = await stage()
    const order = await bought(it)
    it.simulator.faults.arm({ operation: 'createCancellation', kind: 'drop_after' })
    expect(await cancel(it, order)).toMatchObject({ outcome: 'unknown' })
    expect(it.simulator.count('createCancellation')).toBe(1)
  })

  it('comes too late for an order of which something was shipped', async () => {
    const it = await stage()
    const order = await bought(it)
    const [line] = (await it.connection.orders.get(it.context, order))?.lines ?? []
    await it.connection.shipments.confirm(it.context, [
      notice(order, [{ line: line?.id ?? '', quantity: 1 }]),
    ])
    expect(await cancel(it, order)).toMatchObject({ outcome: 'too_late' })
    expect(it.of('createCancellation')).toHaveLength(0)
  })
})

describe("a buyer's request to cancel", () => {
  it('is seen in the list by a single getOrder, and refused with a body of two braces', async () => {
    const it = await stage()
    const order = await bought(it)
    await it.simulator.control('orders/request-cancel', { order, reason: 'WONT_ARRIVE_IN_TIME' })
    await it.clock.advance(60_000)
    const { orders } = await it.connection.orders.read(it.context, null)
    expect(orders[0]).toMatchObject({ status: 'open', cancelRequested: { reason: 'WONT_ARRIVE_IN_TIME' } })
    const listed = it.of('getOrders')[0]?.reply.body as {
      orders: { cancelStatus: { cancelRequests: unknown[] } }[]
    }
    expect(listed.orders[0]?.cancelStatus.cancelRequests).toEqual([])
    expect(it.of('getOrder')).toHaveLength(1)
    expect(await it.connection.orders.answerCancelRequest(it.context, order, false)).toMatchObject({
      outcome: 'unknown',
    })
    expect(it.of('rejectCancellationRequest')[0]?.raw).toBe('{}')
    expect(await it.connection.orders.get(it.context, order)).toMatchObject({
      status: 'open',
      cancelRequested: null,
    })
  })

  it('is approved, and there is nothing to answer twice', async () => {
    const it = await stage()
    const order = await bought(it)
    await it.simulator.control('orders/request-cancel', { order })
    const answer = () => it.connection.orders.answerCancelRequest(it.context, order, true)
    expect((await answer()).outcome).toBe('unknown')
    await it.clock.advance(5_000)
    expect((await answer()).outcome).toBe('stopped')
    expect(it.of('approveCancellationRequest')).toHaveLength(1)
  })

  it('refused a moment after the order was cancelled by hand, is told that nothing stands any more', async () => {
    let byHand = () => {}
    const it = await stage({
      simulator: { observe: ({ operation }) => (operation === 'getOrder' ? byHand() : undefined) },
    })
    const order = await bought(it)
    await it.simulator.control('orders/request-cancel', { order })
    byHand = () => void it.simulator.control('orders/cancel', { order })
    expect(await it.connection.orders.answerCancelRequest(it.context, order, false)).toMatchObject({
      outcome: 'stopped',
    })
    expect(it.simulator.count('rejectCancellationRequest')).toBe(1)
  })

  it('that nobody made has no answer', async () => {
    const it = await stage()
    const order = await bought(it)
    expect(await it.connection.orders.answerCancelRequest(it.context, order, true)).toMatchObject({
      outcome: 'too_late',
      detail: 'no request to cancel waits for an answer',
    })
  })
})
