import { describe, expect, it } from 'vitest'
import type { ChannelOrder, OrderStatus } from '../../src/model/order.ts'
import { joinMilestones, mergeOrder, milestoneOf, type OrderState, statusOf } from '../../src/order/index.ts'
import { line, minute, snapshot } from './support.ts'

function merged(...snapshots: ChannelOrder[]): OrderState {
  let state: OrderState | null = null
  for (const one of snapshots) state = mergeOrder(state, one).state
  if (state === null) throw new Error('nothing to merge')
  return state
}

const lineIds = (state: OrderState) => state.lines.map(({ facts }) => facts.id)

describe('mergeOrder', () => {
  it('keeps the facts of the snapshot that was updated last, whenever it arrives', () => {
    const early = snapshot([line('a', 1)], { number: '#old', updatedAt: minute(1) })
    const late = snapshot([line('a', 1)], { number: '#new', updatedAt: minute(2) })
    expect(merged(early, late).header.number).toBe('#new')
    expect(merged(late, early).header.number).toBe('#new')
    expect(mergeOrder(merged(late), early).newest).toBe(false)
    expect(mergeOrder(merged(early), late).newest).toBe(true)
    expect(mergeOrder(merged(late), late).newest).toBe(true)
  })

  it('of two snapshots of one second believes the one that is further on', () => {
    const unpaid = snapshot([line('a', 1)], { payment: 'pending', status: 'pending' })
    const paid = snapshot([line('a', 1)], { payment: 'paid', status: 'open' })
    expect(merged(paid, unpaid).header).toMatchObject({ payment: 'paid', status: 'open' })
    expect(merged(unpaid, paid)).toEqual(merged(paid, unpaid))
    const asked = snapshot([line('a', 1)], {
      payment: 'paid',
      cancelRequested: { reason: 'changed my mind' },
    })
    expect(merged(asked, paid).header.cancelRequested).not.toBeNull()
  })

  it('of one second believes that an order is held', () => {
    const held = snapshot([line('a', 1)], { status: 'on_hold' })
    expect(merged(held, snapshot([line('a', 1)])).header.status).toBe('on_hold')
  })

  it('keeps a line that a later snapshot leaves out, in its place', () => {
    const before = snapshot([line('a', 1), line('b', 2)])
    const after = snapshot([line('b', 2)], { updatedAt: minute(2) })
    expect(merged(before, after).lines.map(({ seen }) => seen.ordered)).toEqual([1, 2])
    expect(merged(after, before)).toEqual(merged(before, after))
  })

  it('takes in a line that an edit added', () => {
    const before = snapshot([line('b', 1)])
    const after = snapshot([line('b', 1), line('c', 4)], { updatedAt: minute(2) })
    expect(lineIds(merged(before, after))).toEqual(['b', 'c'])
    expect(merged(after, before)).toEqual(merged(before, after))
  })

  it('remembers that the platform ships a line, by its own word or the order’s', () => {
    const own = snapshot([line('a', 1, { fulfilledBy: 'platform' }), line('b', 1)])
    expect(merged(own).lines.map(({ platform }) => platform)).toEqual([true, false])
    const whole = snapshot([line('a', 1), line('b', 1)], { fulfilledBy: 'platform' })
    expect(merged(whole, own).lines.every(({ platform }) => platform)).toBe(true)
  })

  it('holds neither the buyer nor the address nor the payload', () => {
    const state = merged(
      snapshot([line('a', 1)], {
        buyer: { name: 'Ada Example' },
        shipTo: { city: 'Paris' },
        raw: { email: 'ada@example.com' },
      }),
    )
    expect(JSON.stringify(state)).not.toMatch(/Ada|Paris|example\.com/)
  })
})

describe('the status of an order', () => {
  const open = { open: 1, shipped: 0 }
  const part = { open: 1, shipped: 1 }
  const done = { open: 0, shipped: 2 }
  const after = (...statuses: OrderStatus[]) =>
    statuses.map((status) => milestoneOf[status]).reduce(joinMilestones)

  it.each<[string, OrderStatus[], OrderStatus, typeof open, OrderStatus]>([
    ['a late shipped does not undo delivered', ['delivered', 'shipped'], 'shipped', done, 'delivered'],
    ['a late open does not undo shipped', ['shipped', 'open'], 'open', done, 'shipped'],
    [
      'a late open does not undo partially shipped',
      ['partially_shipped', 'open'],
      'open',
      part,
      'partially_shipped',
    ],
    ['what was shipped was not cancelled', ['cancelled', 'shipped'], 'cancelled', done, 'shipped'],
    [
      'the rest of a part-shipped order can be cancelled',
      ['partially_shipped', 'cancelled'],
      'cancelled',
      { open: 0, shipped: 1 },
      'cancelled',
    ],
    [
      'open, held and pending follow the newest word',
      ['open', 'on_hold', 'pending'],
      'pending',
      open,
      'pending',
    ],
    ['a held order may go on', ['on_hold', 'open'], 'open', open, 'open'],
    [
      'the rest of a part-shipped order may be held',
      ['partially_shipped', 'on_hold'],
      'on_hold',
      part,
      'on_hold',
    ],
    ['an unknown word says nothing of shipped goods', ['shipped', 'unknown'], 'unknown', done, 'shipped'],
    ['an unknown word holds what is left', ['partially_shipped', 'unknown'], 'unknown', part, 'unknown'],
    [
      'a line added after all had shipped is to be shipped',
      ['shipped', 'partially_shipped'],
      'partially_shipped',
      part,
      'partially_shipped',
    ],
    [
      'unless the channel does not say that it goes on',
      ['delivered', 'shipped'],
      'shipped',
      part,
      'delivered',
    ],
  ])('%s', (_name, statuses, reported, lines, expected) => {
    expect(statusOf(after(...statuses), reported, lines)).toBe(expected)
  })
})
