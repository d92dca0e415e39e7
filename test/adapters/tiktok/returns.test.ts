import { describe, expect, it } from 'vitest'
import { notice, type Stage, stage } from './stage.ts'

/** A delivered order of three mugs, and a return of it. */
async function returned(at: Stage, type = 'RETURN_AND_REFUND', quantity = 2) {
  const line = await at.list('MUG', 9, { price: { amount: 1250, currency: 'USD' } })
  const order = await at.buy('MUG', 3)
  await at.connection.shipments.confirm(at.context, [notice({ order, lines: [{ line, quantity: 3 }] })])
  await at.simulator.control('orders/collect', { order })
  const opened = { order, type, lines: [{ sku: 'MUG', quantity }] }
  const id = (await at.simulator.control<{ return: string }>('returns', opened)).return
  return { id, order, line, ref: { return: id, order, key: `key-${id}` } }
}

const rawOf = (at: Stage, id: string) =>
  (
    at.simulator.state() as { returns: { id: string; status: string; offered: object | null }[] }
  ).returns.find((each) => each.id === id)
const money = (amount: number) => ({ amount, currency: 'USD' })
const pay = { lines: [], shipping: false, reason: null }

describe('reading', () => {
  it('gives what changed, oldest first, and goes on from its cursor', async () => {
    await using at = await stage()
    const { id, line, order } = await returned(at)
    const first = await at.connection.returns.read(at.context, null)
    expect(first).toMatchObject({
      more: false,
      returns: [
        { id, order, status: 'requested', wants: 'refund', lines: [{ line, expected: 2, received: 0 }] },
      ],
    })
    // Read again, because it overlaps with what was read; and no more, once that is long enough ago.
    await at.clock.advance(600_000)
    const second = await at.connection.returns.read(at.context, first.cursor)
    await at.clock.advance(600_000)
    expect((await at.connection.returns.read(at.context, second.cursor)).returns).toEqual([])
    await at.connection.returns.approve(at.context, { return: id, order, key: 'k' })
    await at.simulator.control('returns/ship', { return: id, tracking: 'BACK1' })
    const next = await at.connection.returns.read(at.context, second.cursor)
    expect(next.returns).toMatchObject([{ id, status: 'in_transit', trackingNumber: 'BACK1' }])
    expect(await at.connection.returns.get(at.context, id)).toMatchObject({ status: 'in_transit' })
    expect(await at.connection.returns.get(at.context, '999')).toBeNull()
    expect(await at.connection.returns.get(at.context, 'no-id')).toBeNull()
  })

  it('says until when the merchant must answer', async () => {
    await using at = await stage()
    const { id } = await returned(at)
    const { respondBy } = (await at.connection.returns.get(at.context, id)) ?? {}
    expect(Date.parse(respondBy ?? '')).toBe(at.clock.now() + 2 * 86_400_000)
  })
})

describe('a return of goods', () => {
  it('is approved, inspected, and paid by the word that the package was received', async () => {
    await using at = await stage()
    const { id, ref } = await returned(at)
    expect(await at.connection.returns.approve(at.context, ref)).toMatchObject({ outcome: 'done' })
    expect(await at.connection.returns.approve(at.context, ref)).toMatchObject({ outcome: 'done' })
    expect(rawOf(at, id)?.status).toBe('AWAITING_BUYER_SHIP')
    const request = { ...pay, return: id, order: ref.order, amount: null, key: 'pay' }
    await expect(at.connection.returns.refund(at.context, request)).rejects.toMatchObject({
      code: 'rejected',
      field: 'return',
    })
    await at.simulator.control('returns/ship', { return: id })
    expect(await at.connection.returns.refund(at.context, request)).toEqual({
      outcome: 'pending',
      reference: id,
      amount: money(2500),
      detail: 'APPROVE_RECEIVED_PACKAGE',
    })
    expect(await at.connection.returns.refund(at.context, { ...request, repeated: true })).toMatchObject({
      outcome: 'done',
      amount: money(2500),
    })
    expect(at.simulator.count('ApproveReturn')).toBe(2)
    const asked = { order: ref.order, return: id, key: 'pay', reference: id }
    expect(await at.connection.returns.checkRefund(at.context, asked)).toMatchObject({
      outcome: 'done',
      amount: money(2500),
    })
  })

  it('may be paid without the goods, or in part', async () => {
    await using at = await stage()
    const kept = await returned(at)
    const request = { ...pay, return: kept.id, order: kept.order, key: 'pay' }
    await at.connection.returns.refund(at.context, { ...request, amount: null })
    expect(rawOf(at, kept.id)?.status).toBe('RETURN_OR_REFUND_REQUEST_SUCCESS')
    const part = await returned(at)
    const offer = { ...request, return: part.id, amount: money(700) }
    expect(await at.connection.returns.refund(at.context, offer)).toMatchObject({
      outcome: 'pending',
      amount: money(700),
    })
    expect(rawOf(at, part.id)).toMatchObject({
      status: 'AWAITING_BUYER_RESPONSE',
      offered: { amount: '7.00', currency: 'USD' },
    })
    expect(await at.connection.returns.refund(at.context, offer)).toMatchObject({
      outcome: 'pending',
      amount: null,
    })
    const ask = (id: string) =>
      at.connection.returns.checkRefund(at.context, { ...offer, return: id, reference: id })
    expect(await ask(part.id)).toEqual({
      outcome: 'pending',
      amount: null,
      detail: 'AWAITING_BUYER_RESPONSE',
    })
    expect(await ask('40353999')).toMatchObject({ outcome: 'unknown', amount: null })
    const some = await returned(at)
    const lines = (quantity: number) => ({
      ...request,
      return: some.id,
      amount: null,
      lines: [{ line: some.line, quantity }],
    })
    for (const quantity of [1, 3])
      await expect(at.connection.returns.refund(at.context, lines(quantity))).rejects.toMatchObject({
        code: 'invalid_input',
        field: 'lines',
      })
    expect(rawOf(at, some.id)?.status).toBe('RETURN_OR_REFUND_REQUEST_PENDING')
    await at.connection.returns.refund(at.context, lines(2))
    expect(rawOf(at, some.id)?.status).toBe('RETURN_OR_REFUND_REQUEST_SUCCESS')
    const more = await returned(at)
    for (const amount of [money(2501), { amount: 100, currency: 'EUR' }])
      await expect(
        at.connection.returns.refund(at.context, { ...request, return: more.id, amount }),
      ).rejects.toMatchObject({ code: 'invalid_input', field: 'amount' })
  })

  it('is declined for a reason that TikTok names, before and after the goods came', async () => {
    await using at = await stage()
    const early = await returned(at)
    const words = { reason: 'too_late', note: 'Sorry' } as const
    expect(await at.connection.returns.decline(at.context, { ...early.ref, ...words })).toEqual({
      outcome: 'done',
      detail: 'REJECT_RETURN: reverse_reject_request_reason_6',
    })
    expect(await at.connection.returns.decline(at.context, { ...early.ref, ...words })).toMatchObject({
      outcome: 'done',
    })
    const asked = { ...early.ref, reference: early.id }
    expect(await at.connection.returns.checkRefund(at.context, asked)).toMatchObject({ outcome: 'refused' })
    const late = await returned(at)
    await at.connection.returns.approve(at.context, late.ref)
    await expect(
      at.connection.returns.decline(at.context, { ...late.ref, reason: 'other', note: null }),
    ).resolves.toMatchObject({ outcome: 'too_late' })
    await at.simulator.control('returns/ship', { return: late.id })
    await at.connection.returns.decline(at.context, { ...late.ref, reason: 'other', note: null })
    expect(await at.connection.returns.get(at.context, late.id)).toMatchObject({ status: 'received' })
    expect(await at.connection.returns.approve(at.context, late.ref)).toMatchObject({ outcome: 'too_late' })
  })
})

describe('others', () => {
  it('a wish for the money alone is paid by refund, never by approve', async () => {
    await using at = await stage()
    const { id, ref } = await returned(at, 'REFUND')
    await expect(at.connection.returns.approve(at.context, ref)).rejects.toMatchObject({
      code: 'rejected',
      remedy: expect.stringContaining('refund'),
    })
    await at.connection.returns.refund(at.context, {
      ...pay,
      return: id,
      order: ref.order,
      amount: null,
      key: 'k',
    })
    expect(rawOf(at, id)?.status).toBe('RETURN_OR_REFUND_REQUEST_SUCCESS')
  })

  it('a replacement is approved twice, for the way and for the goods, or paid instead', async () => {
    await using at = await stage()
    const { id, ref } = await returned(at, 'REPLACEMENT')
    await at.connection.returns.approve(at.context, ref)
    await at.simulator.control('returns/ship', { return: id })
    await at.connection.returns.approve(at.context, { ...ref, key: 'second' })
    expect(rawOf(at, id)?.status).toBe('REPLACEMENT_REQUEST_COMPLETE')
    const paid = await returned(at, 'REPLACEMENT')
    await at.connection.returns.refund(at.context, {
      ...pay,
      return: paid.id,
      order: paid.order,
      amount: null,
      key: 'k',
    })
    expect(rawOf(at, paid.id)?.status).toBe('REPLACEMENT_REQUEST_REFUND_SUCCESS')
  })

  it('money without a return cannot be paid, and a return that nobody has is not found', async () => {
    await using at = await stage()
    const request = { ...pay, return: null, order: '1', amount: money(100), key: 'k' }
    await expect(at.connection.returns.refund(at.context, request)).rejects.toMatchObject({
      code: 'unsupported',
    })
    for (const id of ['999', 'no-id'])
      await expect(
        at.connection.returns.approve(at.context, { return: id, order: '1', key: 'k' }),
      ).rejects.toMatchObject({ code: 'not_found', field: 'return' })
  })

  it('an answer that was lost is given once: TikTok knows its key', async () => {
    await using at = await stage()
    const { id, ref } = await returned(at)
    at.simulator.faults.arm({ operation: 'ApproveReturn', kind: 'drop_after' })
    expect(await at.connection.returns.approve(at.context, ref)).toMatchObject({ outcome: 'done' })
    expect(rawOf(at, id)?.status).toBe('AWAITING_BUYER_SHIP')
  })
})
