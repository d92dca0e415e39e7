import { describe, expect, it } from 'vitest'
import { returnRefundBody, spread, worthOf } from '../../../adapters/ebay/refund.ts'
import { returnStatusOf, toReturn } from '../../../adapters/ebay/return.ts'
import { searchRequest } from '../../../adapters/ebay/returns.ts'
import type { WireReturnDetail } from '../../../adapters/ebay/wire-returns.ts'
import type { RefundRequest, ReturnRef } from '../../../src/spec/index.ts'
import { buy, list, type Stage, stage, stateOf } from './stage.ts'

async function sold(it: Stage, quantity = 2) {
  await list(it, 'MUG', 100, { price: { amount: 1250, currency: 'USD' } })
  const order = await buy(it, [{ sku: 'MUG', quantity }])
  const [line] = (await it.connection.orders.get(it.context, order))?.lines ?? []
  return { order, line: line?.id ?? '' }
}

async function opened(it: Stage, more: Readonly<Record<string, unknown>> = {}) {
  const { order, line } = await sold(it)
  const made = await it.simulator.control<{ return: string }>('returns', { order, ...more })
  await it.clock.advance(60_000)
  it.clear()
  return {
    order,
    line,
    id: made.return,
    ref: { return: made.return, order, key: 'key-1' } satisfies ReturnRef,
  }
}

async function readAll(it: Stage, from: string | null = null) {
  const returns = []
  let cursor = from
  for (;;) {
    const page = await it.connection.returns.read(it.context, cursor)
    returns.push(...page.returns)
    cursor = page.cursor
    if (!page.more) return { returns, cursor }
  }
}

const paying = (order: string, more: Partial<RefundRequest> = {}): RefundRequest => ({
  order,
  return: null,
  lines: [],
  shipping: false,
  amount: null,
  reason: null,
  key: 'refund-1',
  ...more,
})

describe('returns', () => {
  it('are asked for by two field groups, as neither tells where a return stands and what came of it', async () => {
    const it = await stage()
    const { id, ref } = await opened(it)
    const groups = () => it.of('getReturn').map(({ query }) => query.fieldgroups)
    const [listed] = (await readAll(it)).returns
    expect(groups()).toEqual(['FULL'])
    expect(await it.connection.returns.get(it.context, id)).toEqual(listed)
    expect(groups().sort()).toEqual(['FULL', 'FULL', 'SUMMARY'])
    it.clear()
    await it.connection.returns.approve(it.context, ref)
    expect(groups()).toEqual(['SUMMARY'])
  })

  it('are read with the line that comes back, the deadline and the parcel', async () => {
    const it = await stage()
    const { order, line, id } = await opened(it, { quantity: 2 })
    const { returns, cursor } = await readAll(it)
    expect(returns).toMatchObject([
      {
        id,
        order,
        status: 'requested',
        rawStatus: 'RETURN_REQUESTED',
        wants: 'refund',
        respondBy: '2026-07-04T09:00:00.000Z',
        trackingNumber: null,
        lines: [{ line, expected: 2, received: 0, reason: 'NO_LONGER_NEED_ITEM' }],
      },
    ])
    const [search] = it.of('searchReturns')
    expect(search?.headers.authorization).toMatch(/^IAF /)
    expect(search?.query).toEqual({
      creation_date_range_from: '2026-03-03T09:01:00.000Z',
      creation_date_range_to: '2026-07-01T09:00:55.000Z',
      limit: '200',
    })
    await it.simulator.control('returns/ship', { return: id, trackingNumber: '9400' })
    const next = await readAll(it, cursor)
    expect(next.returns).toMatchObject([{ status: 'in_transit', trackingNumber: '9400' }])
    await it.simulator.control('returns/deliver', { return: id })
    expect((await readAll(it, next.cursor)).returns).toMatchObject([
      { status: 'received', lines: [{ received: 2 }] },
    ])
  })

  it('that have not changed are not given again, and cost one call for all', async () => {
    const it = await stage()
    await opened(it)
    const { cursor } = await readAll(it)
    it.clear()
    const next = await readAll(it, cursor)
    expect(next.returns).toEqual([])
    expect(it.seen.map(({ operation }) => operation)).toEqual(['searchReturns'])
    // What no search shows any more is not kept for ever.
    await it.clock.advance(130 * 86_400_000)
    const late = await readAll(it, (await readAll(it, next.cursor)).cursor)
    expect(JSON.parse(late.cursor ?? '')).toMatchObject({ seen: {}, before: {} })
  })

  it('that are more than eBay gives at once are read in halves of time, none stepped over', async () => {
    const it = await stage()
    const { order } = await sold(it, 1)
    const made: string[] = []
    for (let index = 0; index < 205; index += 1) {
      made.push((await it.simulator.control<{ return: string }>('returns', { order })).return)
      await it.clock.advance(600_000)
    }
    const { returns } = await readAll(it)
    expect(returns.map(({ id }) => id).sort()).toEqual(made.sort())
    expect(it.of('searchReturns').length).toBeGreaterThan(2)
  })

  it('are got by their id, or are not there', async () => {
    const it = await stage()
    const { id } = await opened(it)
    expect(await it.connection.returns.get(it.context, id)).toMatchObject({ id, status: 'requested' })
    expect(await it.connection.returns.get(it.context, '5999999999')).toBeNull()
  })

  it('are approved and received once, and by then it is too late to decline', async () => {
    const it = await stage()
    const { ref, line } = await opened(it)
    const { returns } = it.connection
    expect(await returns.approve(it.context, ref)).toEqual({ outcome: 'done' })
    expect(it.of('processReturnRequest')[0]).toMatchObject({
      path: `/post-order/v2/return/${ref.return}/decide`,
      body: { decision: 'APPROVE' },
    })
    expect(await returns.approve(it.context, ref)).toMatchObject({
      outcome: 'done',
      detail: 'the return is ITEM_READY_TO_SHIP',
    })
    expect(await returns.decline(it.context, { ...ref, reason: 'too_late', note: null })).toMatchObject({
      outcome: 'too_late',
    })
    const arrival = { ...ref, lines: [{ line, quantity: 1, disposition: 'restocked' as const }] }
    expect(await returns.receive(it.context, arrival)).toEqual({ outcome: 'done' })
    expect(await returns.receive(it.context, arrival)).toMatchObject({ outcome: 'done' })
    expect([it.of('processReturnRequest').length, it.of('markReturnReceived').length]).toEqual([1, 1])
  })

  it('are declined with a note; one that is not as described eBay does not let go', async () => {
    const it = await stage()
    const { ref } = await opened(it)
    const declined = await it.connection.returns.decline(it.context, {
      ...ref,
      reason: 'other',
      note: 'worn',
    })
    expect([declined, it.of('processReturnRequest')[0]?.body]).toEqual([
      { outcome: 'done' },
      { decision: 'DECLINE', comments: { content: 'worn' } },
    ])
    const other = await opened(it, { reason: 'NOT_AS_DESCRIBED' })
    await expect(
      it.connection.returns.decline(it.context, { ...other.ref, reason: 'other', note: null }),
    ).rejects.toMatchObject({ code: 'rejected' })
  })

  it('whose answer is lost are asked what became of them', async () => {
    const it = await stage()
    const { ref } = await opened(it)
    it.simulator.faults.arm({ operation: 'processReturnRequest', kind: 'drop_after' })
    expect(await it.connection.returns.approve(it.context, ref)).toMatchObject({ outcome: 'done' })
    expect(it.simulator.count('processReturnRequest')).toBe(1)
    await expect(
      it.connection.returns.approve(it.context, { ...ref, return: '5999999999' }),
    ).rejects.toMatchObject({ code: 'not_found' })
  })

  const wire = (state: string, status = state, paid = 0): WireReturnDetail =>
    ({
      returnId: '1',
      orderId: 'o',
      state,
      status,
      sellerTotalRefund: { actualRefundAmount: { value: paid, currency: 'USD' } },
    }) as WireReturnDetail

  it.each([
    [wire('RETURN_REQUESTED'), 'requested'],
    [wire('RETURN_REJECTED'), 'declined'],
    [wire('ITEM_READY_TO_SHIP', 'READY_FOR_SHIPPING'), 'approved'],
    [wire('ITEM_SHIPPED'), 'in_transit'],
    [wire('ITEM_DELIVERED'), 'received'],
    [wire('REFUND_FAILED'), 'received'],
    [wire('CLOSED', 'CLOSED', 10), 'processed'],
    [wire('CLOSED'), 'cancelled'],
    [wire('ITEM_DELIVERED', 'ESCALATED'), 'unknown'],
    [wire('SOMETHING_NEW'), 'unknown'],
  ])('of %j are %s', (one, status) => {
    expect(returnStatusOf(one)).toBe(status)
  })

  it('of an item that is on two lines of the order name none', () => {
    const line = (lineItemId: string) => ({ lineItemId, legacyItemId: '33', quantity: 1 })
    const item = { itemId: '33', transactionId: 'b', returnQuantity: 1 }
    const one = {
      ...wire('ITEM_SHIPPED'),
      creationInfo: { creationDate: { value: '2026-07-01T09:00:00.000Z' }, item },
    } as WireReturnDetail
    const lines = (ids: string[]) => toReturn(one, ids.map(line) as never, {}).lines.map((each) => each.line)
    expect([lines(['a']), lines(['a', 'b']), lines(['a', 'c']), lines([])]).toEqual([['a'], ['b'], [], []])
  })

  it('are asked for by creation, as there is no other filter', () => {
    expect(searchRequest(0, 1000).query).toMatchObject({ creation_date_range_to: '1970-01-01T00:00:01.000Z' })
  })
})

describe('a refund of a return', () => {
  it('is what eBay reckons, once', async () => {
    const it = await stage()
    const { ref, order } = await opened(it, { quantity: 2, reason: 'NOT_AS_DESCRIBED' })
    const pay = () =>
      it.connection.returns.refund(it.context, paying(order, { return: ref.return, shipping: true }))
    expect(await pay()).toEqual({
      outcome: 'done',
      reference: ref.return,
      amount: { amount: 3000, currency: 'USD' },
    })
    expect(it.of('issueReturnRefund')[0]?.body).toEqual({
      refundDetail: {
        itemizedRefundDetail: [
          { refundAmount: { value: '25.00', currency: 'USD' }, refundFeeType: 'PURCHASE_PRICE' },
          { refundAmount: { value: '5.00', currency: 'USD' }, refundFeeType: 'ORIGINAL_SHIPPING' },
        ],
        totalAmount: { value: '30.00', currency: 'USD' },
      },
    })
    expect(await pay()).toMatchObject({ outcome: 'done', amount: { amount: 3000 } })
    expect(it.of('issueReturnRefund')).toHaveLength(1)
  })

  it('whose answer is lost was paid once', async () => {
    const it = await stage()
    const { ref, order } = await opened(it)
    it.simulator.faults.arm({ operation: 'issueReturnRefund', kind: 'drop_after' })
    const paid = await it.connection.returns.refund(it.context, paying(order, { return: ref.return }))
    expect([paid.outcome, stateOf(it).returns[0]?.refunded, it.simulator.count('issueReturnRefund')]).toEqual(
      ['done', 1250, 1],
    )
  })

  it('of an amount goes over the fees in their order', () => {
    const estimates = [
      { refundFeeType: 'PURCHASE_PRICE', estimatedAmount: { value: 20, currency: 'USD' } },
      { refundFeeType: 'ORIGINAL_SHIPPING', estimatedAmount: { value: 5, currency: 'USD' } },
    ]
    const one = {
      refundInfo: { estimatedRefundDetail: { itemizedRefundDetails: estimates } },
    } as WireReturnDetail
    const fees = (more: Partial<RefundRequest>) =>
      returnRefundBody(one, paying('o', more)).body.refundDetail.itemizedRefundDetail.map(
        ({ refundFeeType, refundAmount }) => [refundFeeType, refundAmount.value],
      )
    expect(fees({ amount: { amount: 1500, currency: 'USD' } })).toEqual([['PURCHASE_PRICE', '15.00']])
    expect(fees({ amount: { amount: 2200, currency: 'USD' } })).toEqual([
      ['PURCHASE_PRICE', '20.00'],
      ['ORIGINAL_SHIPPING', '2.00'],
    ])
    expect(fees({})).toEqual([['PURCHASE_PRICE', '20.00']])
    expect(() => returnRefundBody({} as WireReturnDetail, paying('o'))).toThrow(/nothing left/)
  })
})

describe('a refund without a return', () => {
  it('is of units at what was paid for them', async () => {
    const it = await stage()
    const { order, line } = await sold(it)
    it.clear()
    const paid = await it.connection.returns.refund(
      it.context,
      paying(order, { lines: [{ line, quantity: 1 }], reason: 'lost in transit' }),
    )
    expect(paid).toMatchObject({
      outcome: 'pending',
      reference: expect.any(String),
      amount: { amount: 1250, currency: 'USD' },
    })
    expect(it.of('issueRefund')[0]).toMatchObject({
      path: `/sell/fulfillment/v1/order/${order}/issue_refund`,
      body: {
        reasonForRefund: 'OTHER_ADJUSTMENT',
        comment: 'lost in transit',
        refundItems: [{ lineItemId: line, refundAmount: { value: '12.50', currency: 'USD' } }],
      },
    })
  })

  it('may be an amount of the order, or its shipping', async () => {
    const it = await stage()
    const { order } = await sold(it)
    const refund = (more: Partial<RefundRequest>) =>
      it.connection.returns.refund(it.context, paying(order, more))
    await refund({ amount: { amount: 300, currency: 'USD' } })
    await it.clock.advance(5_000)
    expect(await refund({ shipping: true })).toMatchObject({ amount: { amount: 500, currency: 'USD' } })
    expect(it.of('issueRefund').map(({ body }) => body)).toMatchObject([
      { reasonForRefund: 'OTHER_ADJUSTMENT', orderLevelRefundAmount: { value: '3.00', currency: 'USD' } },
      { reasonForRefund: 'SHIPPING_DISCOUNT', orderLevelRefundAmount: { value: '5.00', currency: 'USD' } },
    ])
  })

  it.each(['drop_after', 'hang_after'] as const)(
    'whose answer is lost (%s) is found in the order',
    async (kind) => {
      const it = await stage({ fetchTimeoutMs: 300 })
      const { order, line } = await sold(it)
      it.simulator.faults.arm({ operation: 'issueRefund', kind })
      const paid = await it.connection.returns.refund(
        it.context,
        paying(order, { lines: [{ line, quantity: 1 }] }),
      )
      expect(paid).toMatchObject({ outcome: expect.stringMatching(/done|pending/), amount: { amount: 1250 } })
      expect([it.simulator.count('issueRefund'), stateOf(it).orders[0]?.refunds.length]).toEqual([1, 1])
    },
  )

  it('that may have been sent before is not sent again when the order shows its amount', async () => {
    const it = await stage()
    const { order, line } = await sold(it)
    const request = paying(order, {
      lines: [{ line, quantity: 1 }],
      amount: { amount: 1000, currency: 'USD' },
    })
    await it.connection.returns.refund(it.context, request)
    await it.clock.advance(5_000)
    expect(await it.connection.returns.refund(it.context, { ...request, repeated: true })).toMatchObject({
      amount: { amount: 1000 },
      detail: expect.stringContaining('nothing was paid again'),
    })
    expect(it.of('issueRefund')).toHaveLength(1)
    const other = { ...request, repeated: true, amount: { amount: 250, currency: 'USD' } }
    expect(await it.connection.returns.refund(it.context, other)).toMatchObject({
      outcome: 'pending',
      amount: { amount: 250 },
    })
  })

  it('waits while another one is on its way', async () => {
    const it = await stage()
    const { order } = await sold(it)
    const request = paying(order, { amount: { amount: 100, currency: 'USD' } })
    await it.connection.returns.refund(it.context, request)
    await expect(it.connection.returns.refund(it.context, request)).rejects.toMatchObject({
      code: 'rejected',
      retryable: true,
      retryAfterMs: 1_800_000,
    })
  })

  it('of a line is never more than is left of it', () => {
    const line = {
      lineItemId: 'a',
      quantity: 3,
      lineItemCost: { value: '30.00', currency: 'USD' },
      deliveryCost: { shippingCost: { value: '5.00', currency: 'USD' } },
      refunds: [{ refundId: '1', refundStatus: null, amount: { value: '28.00', currency: 'USD' } }],
    } as never
    expect(worthOf(line, 3, true)).toEqual({ amount: 700, currency: 'USD' })
    expect(worthOf({ ...(line as object), refunds: [] } as never, 2, false)).toEqual({
      amount: 2000,
      currency: 'USD',
    })
  })

  it('of an amount is spread over lines up to the worth of each', () => {
    const usd = (amount: number) => ({ amount, currency: 'USD' })
    expect(spread([usd(500), usd(700)], usd(600))).toEqual([usd(500), usd(100)])
    expect(spread([usd(500), usd(700)], null)).toEqual([usd(500), usd(700)])
    expect(spread([usd(500)], usd(900))).toEqual([usd(900)])
  })
})
