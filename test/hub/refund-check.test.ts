import { describe, expect, it } from 'vitest'
import { events, type RefundState } from '../../src/index.ts'
import { failing, lostAnswer, newFile } from './kit.ts'
import { sold } from './returning.ts'

const refund = { connection: 'web', order: 'o1', lines: [{ line: 'l1', quantity: 1 }], key: 'rf-1' } as const
const hour = 3_600_000
const pending: RefundState = { outcome: 'pending', amount: null }

/** A refund that the channel took and has not decided. */
async function undecided(options: Parameters<typeof sold>[0] = {}) {
  const world = await sold(options)
  const { hub, returns, pass } = world
  const told: { type: string; data: unknown }[] = []
  for (const type of ['order.refunded', 'order.refund_failed'] as const)
    hub.on(type, (data) => told.push({ type, data: events[type].parse(data) }))
  const reasons: string[] = []
  hub.on('order.attention', ({ reason }) => reasons.push(reason))
  returns.decision = pending
  await hub.returns.refund(refund)
  await pass()
  const looks = () => returns.calls.filter(({ call }) => call === 'checkRefund')
  const state = async (one = hub) => (await one.returns.answers('web', 'o1'))[0]
  return { ...world, told, reasons, looks, state }
}

describe('a refund that its channel has not decided', () => {
  it('is looked at, more and more seldom, until it is paid', async () => {
    const world = await undecided()
    const { returns, pass, hub, told, looks, state } = world
    expect(told).toMatchObject([{ data: { outcome: 'pending', reference: 'pay-1' } }])
    for (let i = 0; i < 4; i++) await pass(hub, 60_000)
    expect(looks()[0]).toMatchObject({
      request: { order: 'o1', return: null, key: 'order.refund/rf-1', reference: 'pay-1' },
    })
    const early = looks().length
    expect(early).toBeGreaterThan(2)
    for (let i = 0; i < 4; i++) await pass(hub, 600_000)
    expect(await state()).toMatchObject({ state: 'pending' })
    returns.decision = { outcome: 'done', amount: { amount: 480, currency: 'USD' } }
    await pass(hub, hour)
    expect(await state()).toMatchObject({ state: 'done', facts: { amount: { amount: 480 } } })
    expect(told.slice(1)).toMatchObject([
      {
        type: 'order.refunded',
        data: { key: 'rf-1', outcome: 'done', reference: 'pay-1', amount: { amount: 480 } },
      },
    ])
    expect(await hub.jobs.list()).toEqual([])
    const seen = looks().length
    await pass(hub, hour)
    expect(looks()).toHaveLength(seen)
    expect(returns.paid).toHaveLength(1)
  })

  it('is still looked at after a crash', async () => {
    const { open, pass, returns, db, clock, state } = await undecided({ file: await newFile() })
    db.broken = true
    clock.advance(300_000)
    db.broken = false
    const next = open()
    returns.decision = { outcome: 'done', amount: null }
    await pass(next, hour)
    expect(await state(next)).toMatchObject({ state: 'done', facts: { amount: { amount: 500 } } })
  })

  it('is told as failed when the channel refuses it after all, and is sent anew when it is asked for again', async () => {
    const { returns, pass, hub, told, reasons, state } = await undecided()
    returns.decision = { outcome: 'refused', amount: null, detail: 'more than was paid' }
    await pass(hub, hour)
    expect(told.slice(1)).toMatchObject([
      { type: 'order.refund_failed', data: { key: 'rf-1', certain: true, detail: 'more than was paid' } },
    ])
    expect(reasons).toEqual([expect.stringContaining('more than was paid')])
    expect(await state()).toMatchObject({ state: 'failed', facts: { outcome: 'refused' } })
    returns.decision = null
    expect(await hub.returns.refund(refund)).toEqual({ status: 'exists' })
    await pass(hub, hour)
    const sent = returns.calls.filter(({ call }) => call === 'refund')
    expect(sent.map(({ request }) => (request as { repeated: boolean }).repeated)).toEqual([false, false])
    expect(await state()).toMatchObject({ state: 'done' })
  })

  it('of which the channel cannot tell any more is a person’s, and one that may have been paid', async () => {
    const { returns, pass, hub, told, reasons, state } = await undecided()
    returns.decision = { outcome: 'unknown', amount: null, detail: 'the batch was aborted' }
    await pass(hub, hour)
    expect(told.at(-1)).toMatchObject({ type: 'order.refund_failed', data: { certain: false } })
    expect(reasons).toEqual([expect.stringContaining('under another key')])
    expect(await state()).toMatchObject({ state: 'failed' })
    returns.decision = null
    await hub.returns.refund(refund)
    await pass(hub, hour)
    expect(returns.calls.filter(({ call }) => call === 'refund').at(-1)).toMatchObject({
      request: { repeated: true },
    })
    expect(returns.paid).toHaveLength(1)
  })

  it('is a person’s after a week', async () => {
    const { pass, hub, reasons, state } = await undecided()
    await pass(hub, 100 * hour)
    expect(reasons).toEqual([])
    await pass(hub, 100 * hour)
    expect(reasons).toEqual([expect.stringContaining('has not decided for a week')])
    expect(await state()).toMatchObject({ state: 'pending' })
    expect(await hub.jobs.list()).toEqual([])
  })

  it('is looked at again when a look fails', async () => {
    const { returns, pass, hub, state } = await undecided()
    failing(returns, 'checkRefund', lostAnswer(), { phase: 'before' })
    returns.decision = { outcome: 'done', amount: null }
    await pass(hub, hour)
    expect(await state()).toMatchObject({ state: 'pending' })
    await pass(hub, hour)
    expect(await state()).toMatchObject({ state: 'done' })
  })
})
