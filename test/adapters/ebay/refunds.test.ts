import { describe, expect, it } from 'vitest'
import type { RefundRequest } from '../../../src/spec/index.ts'
import { buy, list, type Stage, stage } from './stage.ts'

/** An order of three mugs and a bag, a way to pay back for it, and one to ask what became of that. */
async function sold(it: Stage) {
  await list(it, 'MUG', 100, { price: { amount: 1250, currency: 'USD' } })
  await list(it, 'BAG', 100, { price: { amount: 400, currency: 'USD' } })
  const order = await buy(it, [
    { sku: 'MUG', quantity: 3 },
    { sku: 'BAG', quantity: 1 },
  ])
  const lines = (await it.connection.orders.get(it.context, order))?.lines ?? []
  const line = (quantity: number) => lines.find((one) => one.ordered === quantity)?.id ?? ''
  const [mugs, bag] = [line(3), line(1)]
  const refund = async (more: Partial<RefundRequest>) => {
    const request = { order, return: null, shipping: false, amount: null, reason: null, key: 'k', lines: [] }
    const result = await it.connection.returns.refund(it.context, { ...request, ...more })
    // eBay takes no other one while this is under way.
    await it.clock.advance(5_000)
    return result
  }
  const check = (reference: string | null, key = 'k') =>
    it.connection.returns.checkRefund(it.context, { order, return: null, key, reference: reference ?? '' })
  return { order, mugs, bag, refund, check }
}

describe('a refund whose answer was lost', () => {
  it('is not taken for another one of the same amount, which the engine knows', async () => {
    const it = await stage()
    const { mugs, refund } = await sold(it)
    const one = { lines: [{ line: mugs, quantity: 1 }] }
    const first = await refund({ ...one, key: 'first' })
    const others = [first.reference ?? '']
    const second = await refund({ ...one, key: 'second', repeated: true, others })
    expect(second).toMatchObject({ outcome: 'pending', amount: { amount: 1250 } })
    expect(second.reference).not.toBe(first.reference)
    const again = await refund({ ...one, key: 'second', repeated: true, others })
    expect(again).toMatchObject({ outcome: 'done', reference: second.reference })
    expect(it.of('issueRefund')).toHaveLength(2)
  })

  it('is not taken for another one of another amount', async () => {
    const it = await stage()
    const { mugs, bag, refund } = await sold(it)
    await refund({ lines: [{ line: bag, quantity: 1 }] })
    const of = { lines: [{ line: mugs, quantity: 1 }], repeated: true }
    expect(await refund(of)).toMatchObject({ outcome: 'pending', amount: { amount: 1250 } })
  })

  it('is known by what all of its lines were paid together', async () => {
    const it = await stage()
    const { mugs, bag, refund } = await sold(it)
    const both = {
      lines: [
        { line: mugs, quantity: 2 },
        { line: bag, quantity: 1 },
      ],
    }
    const first = await refund(both)
    expect(first).toMatchObject({ amount: { amount: 2900 } })
    for (const amount of [null, { amount: 2900, currency: 'USD' }]) {
      expect(await refund({ ...both, amount, repeated: true })).toMatchObject({
        outcome: 'done',
        reference: first.reference,
        amount: { amount: 2900 },
      })
    }
    expect(it.of('issueRefund')).toHaveLength(1)
  })
})

describe('a refund that eBay took', () => {
  it('is paid once its date is there, of a line as of the order', async () => {
    const it = await stage({ simulator: { refundMs: 600_000 } })
    const { mugs, refund, check } = await sold(it)
    const { reference } = await refund({ lines: [{ line: mugs, quantity: 1 }] })
    expect(await check(reference)).toMatchObject({ outcome: 'pending' })
    await it.clock.advance(600_000)
    expect(await check(reference)).toMatchObject({ outcome: 'done', amount: { amount: 1250 } })
    const whole = await refund({ amount: { amount: 300, currency: 'USD' } })
    expect(await check(whole.reference)).toMatchObject({ outcome: 'pending' })
    await it.clock.advance(600_000)
    expect(await check(whole.reference)).toMatchObject({ outcome: 'done', amount: { amount: 300 } })
  })

  it('and could not pay is refused, and may be paid anew', async () => {
    const it = await stage()
    const { refund, check } = await sold(it)
    it.simulator.faults.arm({ operation: 'issueRefund', kind: 'accepted_not_applied' })
    const amount = { amount: 300, currency: 'USD' }
    const first = await refund({ amount })
    expect(await check(first.reference)).toEqual({ outcome: 'refused', amount: null, detail: 'FAILED' })
    const second = await refund({ amount, repeated: true })
    expect(second.reference).not.toBe(first.reference)
    expect(await check(second.reference)).toMatchObject({ outcome: 'done', amount })
  })

  it('and does not list is nobody’s to say', async () => {
    const it = await stage()
    const { check } = await sold(it)
    expect(await check('5000000000')).toMatchObject({ outcome: 'unknown' })
  })
})
