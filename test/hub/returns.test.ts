import { describe, expect, it } from 'vitest'
import { events, StockpoolError } from '../../src/index.ts'
import { contentsOf } from '../stores.ts'
import { failing, lostAnswer, newFile } from './kit.ts'
import { shipped, sold } from './returning.ts'

type World = Pick<Awaited<ReturnType<typeof sold>>, 'hub' | 'returns'>

function told({ hub }: Pick<World, 'hub'>) {
  const all: { type: string; data: unknown }[] = []
  for (const type of ['return.requested', 'return.updated', 'return.attention', 'order.refunded'] as const)
    hub.on(type, (data) => all.push({ type, data: events[type].parse(data) }))
  return all
}

const types = (all: readonly { type: string }[]) => all.map(({ type }) => type)
const texts = async ({ hub }: World) => (await hub.orders.timeline('web', 'o1')).map(({ text }) => text)
const refund = { connection: 'web', order: 'o1', lines: [{ line: 'l1', quantity: 1 }], key: 'rf-1' } as const
const payments = ({ returns }: World) => returns.calls.filter(({ call }) => call === 'refund')

describe('the returns of a channel', () => {
  it('are kept, told once without buyer data, and late news are harmless', async () => {
    const file = await newFile()
    const world = await sold({ encryptionKey: 'sixteen bytes and more', file })
    const { hub, web, returns, pass, clock } = world
    const all = told(world)
    const asked = returns.tell({ id: 'r1', respondBy: new Date(clock.now() + 86_400_000).toISOString() })
    await pass()
    clock.advance(60_000)
    returns.tell({
      id: 'r1',
      status: 'received',
      lines: [{ ...asked.lines[0], line: 'l1', expected: 1, received: 1 }] as never,
    })
    await pass()
    returns.tell({ ...asked })
    await pass()
    expect(types(all)).toEqual(['return.requested', 'return.attention', 'return.updated'])
    expect(JSON.stringify(all)).not.toMatch(/Ada|leaks|too hot/)
    const known = await hub.returns.get('web', 'r1')
    expect(known).toMatchObject({
      source: 'channel',
      order: { connection: 'web', id: 'o1' },
      status: 'received',
      lines: [{ line: 'l1', expected: 1, received: 1, reason: 'Ada says: too hot' }],
      raw: { note: 'Ada Buyer says that it leaks' },
    })
    expect(await texts(world)).toEqual(
      expect.arrayContaining(['web: return r1 requested', 'web: return r1 received, 1 received']),
    )
    expect((await hub.returns.list({ connection: 'web', order: 'o1' })).returns).toHaveLength(1)
    expect((await hub.returns.list({ status: 'requested' })).returns).toEqual([])
    expect(await contentsOf(file)).not.toMatch(/leaks|too hot/)
    // With the buyer's data goes what names the buyer.
    web.change('o1', (order) => {
      order.status = 'shipped'
    })
    await pass()
    await pass(hub, 31 * 86_400_000)
    expect(await hub.returns.get('web', 'r1')).toMatchObject({
      status: 'received',
      raw: null,
      lines: [{ received: 1, reason: null }],
    })
  })

  it('are read page by page; one that cannot be read is set apart, told once, and read by itself', async () => {
    const world = await sold()
    const { hub, returns, pass } = world
    const all = told(world)
    for (const id of ['r1', 'r2', 'r3']) returns.tell({ id })
    returns.unreadable.set('r4', new StockpoolError('invalid_input', 'no date', { field: 'createdAt' }))
    returns.fault = (call) => {
      if (call === 'get') throw new StockpoolError('invalid_input', 'no date', { field: 'createdAt' })
    }
    const report = await pass()
    expect(report.web).toMatchObject({ returnsRead: 3, errors: [{ doing: 'reading return r4' }] })
    await pass()
    expect(types(all).filter((type) => type === 'return.attention')).toHaveLength(1)
    expect(await hub.jobs.list({ state: 'dead' })).toMatchObject([{ kind: 'return.fetch', key: 'web/r4' }])
    returns.unreadable.clear()
    returns.fault = () => {}
    returns.tell({ id: 'r4' })
    await pass()
    expect(await hub.jobs.list()).toEqual([])
    expect(await hub.returns.get('web', 'r4')).toMatchObject({ status: 'requested' })
    expect((await hub.returns.list({ limit: 3 })).after).not.toBeNull()
  })
})

describe('a hint', () => {
  it('of a return reads it afresh; of erasure takes what names the buyer, and leaves what was decided', async () => {
    const world = await sold()
    const { hub, returns, pass } = world
    const calls = () => returns.calls.splice(0).map(({ call, request }) => [call, request])
    returns.tell({ id: 'r1' })
    calls()
    await hub.notify('web', { kind: 'return', id: 'r1' })
    await pass()
    expect(calls()).toContainEqual(['get', 'r1'])
    await hub.returns.refund({ ...refund, reason: 'Ada Buyer rang' })
    await hub.notify('web', { kind: 'erasure', orders: ['o1'] })
    returns.tell({ id: 'r1', status: 'approved' })
    await pass()
    expect(await hub.returns.get('web', 'r1')).toMatchObject({ status: 'approved', raw: null })
    expect(calls()).toContainEqual(['refund', expect.objectContaining({ reason: null, lines: refund.lines })])
    expect(returns.paid).toHaveLength(1)
  })
})

describe('goods that came back to a provider', () => {
  it('are kept with what was made of them, and counted once: by its reading of its stock', async () => {
    const world = await shipped()
    const { hub, came, pass, east, clock, reference } = world
    const all = told(world)
    const line = { sku: 'MUG', expected: 2, wanted: null, pictures: ['https://east.test/1.jpg'] }
    const back = {
      id: 'b1',
      reference,
      rawStatus: 'Completed',
      location: 'w1',
      trackingNumber: null,
      raw: {},
    }
    came.push({
      ...back,
      status: 'in_transit',
      updatedAt: clock.now(),
      lines: [{ ...line, received: 0, dispositions: [] }],
    })
    await pass()
    expect(await hub.stock.get('MUG')).toMatchObject({ available: 8 })
    const dispositions = [
      { kind: 'restocked', quantity: 1, note: null },
      { kind: 'damaged', quantity: 1, note: 'wet' },
    ] as const
    came.push({
      ...back,
      status: 'processed',
      updatedAt: clock.now() + 5,
      lines: [{ ...line, received: 2, dispositions }],
    })
    east.onHand.set('MUG', 9)
    for (let i = 0; i < 2; i++) await pass(hub, 600_000)
    // One of the two is good: nine are there, not ten, nor eleven.
    expect(await hub.stock.get('MUG')).toMatchObject({ available: 9, quarantined: 0 })
    expect(world.web.shown.get('mug')).toBe(9)
    expect(await hub.stock.verify()).toMatchObject({ ok: true })
    await expect(
      hub.returns.receive({
        connection: 'web',
        order: 'o1',
        sku: 'MUG',
        quantity: 1,
        location: 'east/w1',
        key: 'x',
      }),
    ).rejects.toMatchObject({ code: 'invalid_input', field: 'location' })
    expect(await hub.returns.get('east', 'b1')).toMatchObject({
      source: 'provider',
      order: { connection: 'web', id: 'o1' },
      lines: [{ sku: 'MUG', expected: 2, received: 2, dispositions, pictures: line.pictures }],
    })
    expect((await hub.returns.list({ connection: 'web', order: 'o1' })).returns).toHaveLength(1)
    expect(types(all)).toEqual(['return.requested', 'return.updated'])
  })

  it('without a slip are a person’s, and those of others are left alone', async () => {
    const world = await shipped()
    const { came, pass, clock, hub } = world
    const all = told(world)
    const back = {
      status: 'received',
      rawStatus: '',
      location: null,
      updatedAt: clock.now(),
      trackingNumber: null,
      lines: [],
      raw: {},
    } as const
    came.push({ ...back, id: 'b2', reference: null }, { ...back, id: 'b3', reference: 'of-another-shop' })
    await pass()
    expect(all).toMatchObject([
      { type: 'return.requested', data: { return: 'b2', order: null } },
      { type: 'return.attention', data: { return: 'b2', reason: expect.stringContaining('no order known') } },
    ])
    expect(await hub.returns.get('east', 'b3')).toBeNull()
  })
})

describe('what the merchant decides', () => {
  it('comes with the references of the order’s other refunds, none of which it is', async () => {
    const world = await sold()
    const { hub, pass } = world
    await hub.returns.refund(refund)
    await pass()
    await hub.returns.refund({ ...refund, key: 'rf-2' })
    await pass()
    expect(payments(world).map(({ request }) => request)).toMatchObject([
      { key: 'order.refund/rf-1', others: [] },
      { key: 'order.refund/rf-2', others: ['pay-1'] },
    ])
  })

  it('is told to the channel once, and its word of the return counts', async () => {
    const world = await sold()
    const { hub, returns, pass } = world
    returns.tell({ id: 'r1' })
    returns.tell({ id: 'r2' })
    await pass()
    expect(await hub.returns.approve('web', 'r1')).toEqual({ status: 'asked' })
    expect(await hub.returns.approve('web', 'r1')).toEqual({ status: 'exists' })
    await hub.returns.decline('web', 'r2', { reason: 'too_late' })
    await pass()
    expect(await hub.returns.get('web', 'r1')).toMatchObject({ status: 'approved' })
    expect(await hub.returns.get('web', 'r2')).toMatchObject({ status: 'declined' })
    const open = {
      connection: 'web',
      order: 'o1',
      lines: [{ line: 'l1', quantity: 1 }],
      note: 'Ada, send it to our desk',
      key: 'rma-7',
    } as const
    await hub.returns.open(open)
    await hub.returns.close('web', 'r1')
    await pass()
    expect(await hub.returns.answers('web', 'o1')).toMatchObject([
      { kind: 'return.approve', state: 'done', facts: { outcome: 'done' } },
      { kind: 'return.decline', state: 'done' },
      { kind: 'return.close', state: 'done' },
      { kind: 'return.open', state: 'done', return: 'r-return.open/rma-7' },
    ])
    expect(returns.calls.find(({ call }) => call === 'decline')?.request).toEqual({
      order: 'o1',
      return: 'r2',
      key: 'return.decline/r2',
      repeated: false,
      reason: 'too_late',
      note: null,
    })
    expect(returns.calls.find(({ call }) => call === 'open')?.request).toEqual({
      order: 'o1',
      lines: [{ line: 'l1', quantity: 1, reason: null }],
      note: 'Ada, send it to our desk',
      key: 'return.open/rma-7',
      repeated: false,
    })
    expect(await hub.returns.get('web', 'r-return.open/rma-7')).toMatchObject({ status: 'approved' })
    expect(await hub.jobs.list()).toEqual([])
  })

  it('tells what arrived at a place of one’s own, in the channel’s units', async () => {
    const world = await sold()
    const { hub, returns, pass } = world
    const parcel = { carrier: 'UPS', trackingNumber: '1Z999AA10123456784', key: 'p1' }
    await hub.shipments.add({ connection: 'web', order: 'o1', ...parcel })
    returns.tell({ id: 'r1', lines: [{ line: 'l1', expected: 1 }] as never })
    await pass()
    const back = { connection: 'web', order: 'o1', sku: 'MUG', quantity: 2, return: 'r1', key: 'a1' } as const
    for (let i = 0; i < 2; i++) await hub.returns.receive(back)
    await pass()
    const arrivals = returns.calls.filter(({ call }) => call === 'receive')
    expect(arrivals).toMatchObject([
      { request: { return: 'r1', lines: [{ line: 'l1', quantity: 1, disposition: 'quarantined' }] } },
    ])
    expect(await hub.stock.get('MUG')).toMatchObject({ available: 8, quarantined: 2 })
  })

  it('a second arrival is told beside the first, which a repeat of it must not be taken for', async () => {
    const world = await sold()
    const { hub, returns, pass } = world
    const parcel = { carrier: 'UPS', trackingNumber: '1Z999AA10123456784', key: 'p1' }
    await hub.shipments.add({ connection: 'web', order: 'o1', ...parcel })
    returns.tell({ id: 'r1', lines: [{ line: 'l1', expected: 2 }] as never })
    await pass()
    const back = { connection: 'web', order: 'o1', sku: 'MUG', quantity: 1, return: 'r1' } as const
    await hub.returns.receive({ ...back, key: 'a1' })
    await pass()
    await hub.returns.receive({ ...back, key: 'a2' })
    let lost = 1
    returns.fault = (call, phase) => {
      if (call === 'receive' && phase === 'before' && lost-- > 0)
        throw new StockpoolError('unknown_outcome', 'the answer was lost')
    }
    await pass()
    await pass(hub, 600_000)
    const one = [{ line: 'l1', quantity: 1, disposition: 'quarantined' }]
    expect(
      returns.calls.filter(({ call }) => call === 'receive').map(({ request }) => request),
    ).toMatchObject([
      { lines: one, before: [], repeated: false },
      { lines: one, before: one, repeated: false },
      { lines: one, before: one, repeated: true },
    ])
  })

  it('too late is a person’s', async () => {
    const world = await sold()
    const { hub, returns, pass } = world
    const reasons: string[] = []
    hub.on('order.attention', ({ reason }) => reasons.push(reason))
    returns.tell({ id: 'r1' })
    await pass()
    returns.tell({ id: 'r1', status: 'cancelled' })
    await hub.returns.approve('web', 'r1')
    await pass()
    expect(reasons).toEqual([expect.stringContaining('too late')])
    expect(await hub.returns.answers('web', 'o1')).toMatchObject([{ state: 'too_late' }])
  })

  it('is refused where it is wrong, and nothing is written', async () => {
    const { hub } = await sold()
    const wrong: [string, () => Promise<unknown>, string, string][] = [
      [
        'of a channel that cannot',
        () => hub.returns.approve('bare' as 'web', 'r1'),
        'unsupported',
        'connection',
      ],
      ['of an unknown return', () => hub.returns.approve('web', 'r9'), 'not_found', 'return'],
      [
        'of an unknown line',
        () => hub.returns.refund({ ...refund, lines: [{ line: 'l9', quantity: 1 }] }),
        'not_found',
        'lines.0.line',
      ],
      [
        'of too many',
        () => hub.returns.refund({ ...refund, lines: [{ line: 'l1', quantity: 3 }] }),
        'invalid_input',
        'lines.0.quantity',
      ],
      ['of nothing', () => hub.returns.refund({ ...refund, lines: [] }), 'invalid_input', 'lines'],
      [
        'of less than nothing',
        () => hub.returns.refund({ ...refund, amount: { amount: -1, currency: 'USD' } }),
        'invalid_input',
        'amount.amount',
      ],
      [
        'of a misspelt member',
        () => hub.returns.refund({ ...refund, amont: 1 } as never),
        'invalid_input',
        'amont',
      ],
    ]
    for (const [what, call, code, field] of wrong)
      await expect(call(), what).rejects.toMatchObject({ code, field, remedy: expect.any(String) })
    expect(await hub.jobs.list()).toEqual([])
    expect(await hub.returns.answers('web', 'o1')).toEqual([])
  })
})

describe('a refund', () => {
  it('is paid once, however often it is asked for under its key', async () => {
    const world = await sold()
    const { hub, returns, pass } = world
    const all = told(world)
    const answers = await Promise.all([hub.returns.refund(refund), hub.returns.refund(refund)])
    expect(answers.map(({ status }) => status).sort()).toEqual(['asked', 'exists'])
    await pass()
    expect(await hub.returns.refund(refund)).toEqual({ status: 'exists' })
    await pass()
    expect(returns.paid).toHaveLength(1)
    expect(all).toMatchObject([
      { type: 'order.refunded', data: { key: 'rf-1', amount: { amount: 500 }, reference: 'pay-1' } },
    ])
    await expect(hub.returns.refund({ ...refund, shipping: true })).rejects.toMatchObject({
      code: 'conflict',
      field: 'key',
    })
  })

  it('whose answer was lost is looked up before anything is paid', async () => {
    for (const phase of ['before', 'after'] as const) {
      const world = await sold()
      const { hub, returns, pass } = world
      failing(returns, 'refund', lostAnswer(), { phase, times: 2 })
      await hub.returns.refund(refund)
      for (let i = 0; i < 3; i++) await pass(hub, 120_000)
      expect(returns.paid).toHaveLength(1)
      expect(payments(world).map(({ request }) => (request as { repeated: boolean }).repeated)).toEqual([
        false,
        true,
        true,
      ])
      expect(await hub.returns.answers('web', 'o1')).toMatchObject([{ state: 'done' }])
    }
  })

  it('is not looked up while the call that lost its answer may still be under way', async () => {
    const world = await sold()
    const { hub, returns, pass } = world
    failing(returns, 'refund', lostAnswer(), { phase: 'after' })
    await hub.returns.refund(refund)
    await pass()
    for (let i = 0; i < 5; i++) await pass(hub, 10_000)
    expect(payments(world)).toHaveLength(1)
    await pass(hub, 15_000)
    expect(payments(world)).toHaveLength(2)
    expect(returns.paid).toHaveLength(1)
  })

  it('is paid once when the process dies between the payment and its commit', async () => {
    const world = await sold({ file: await newFile() })
    const { hub, returns, pass, db, open, clock } = world
    returns.fault = (call, phase) => {
      if (call === 'refund' && phase === 'after') db.broken = true
    }
    await hub.returns.refund(refund)
    await pass().catch(() => undefined)
    expect(returns.paid).toHaveLength(1)
    returns.fault = () => {}
    db.broken = false
    // The dead process gave nothing back.
    clock.advance(300_000)
    const next = open()
    await pass(next, 1000)
    // Nobody knows what the dead process's call came to: it has the time that a call takes.
    expect(payments(world)).toHaveLength(1)
    await pass(next, 61_000)
    expect(payments(world).map(({ request }) => (request as { repeated: boolean }).repeated)).toEqual([
      false,
      true,
    ])
    expect(returns.paid).toHaveLength(1)
    expect(await next.returns.answers('web', 'o1')).toMatchObject([{ state: 'done' }])
    expect(await next.jobs.list()).toEqual([])
  })

  it('that nobody can look up goes to a person, and is never sent blindly', async () => {
    const world = await sold()
    const { hub, returns, pass } = world
    const reasons: string[] = []
    hub.on('order.attention', ({ reason }) => reasons.push(reason))
    returns.forgetful = true
    failing(returns, 'refund', lostAnswer(), { phase: 'after' })
    await hub.returns.refund(refund)
    for (let i = 0; i < 13; i++) await pass(hub, 3_600_000)
    expect(returns.paid).toHaveLength(1)
    expect(reasons).toEqual([expect.stringContaining('cannot say what became of it')])
    const [dead] = await hub.jobs.list({ state: 'dead' })
    expect(dead).toMatchObject({ kind: 'order.refund', error: { code: 'unknown_outcome' } })
    expect(await hub.returns.answers('web', 'o1')).toMatchObject([{ state: 'failed' }])
    // The person has looked, and replays it: it is still one that may have been paid.
    returns.forgetful = false
    await hub.jobs.replay(dead?.id ?? 0)
    await pass()
    expect(returns.paid).toHaveLength(1)
    expect(await hub.returns.answers('web', 'o1')).toMatchObject([{ state: 'done' }])
  })
})
