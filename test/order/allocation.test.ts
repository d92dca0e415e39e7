import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Allocation,
  type Demand,
  heldOf,
  meetDemand,
  movesBetween,
  openOf,
  shareBooked,
  sharePutBack,
  takesOf,
} from '../../src/order/index.ts'

const demand = (taken: number, released: number, shipped: number, rest: Partial<Demand> = {}): Demand => ({
  line: 'a',
  sku: 'MUG',
  taken,
  released,
  shipped,
  shippedFrom: new Map(),
  releasedFrom: new Map(),
  ...rest,
})
const at = (location: string, taken: number, released = 0, shipped = 0, held = 0): Allocation => ({
  line: 'a',
  sku: 'MUG',
  location,
  taken,
  released,
  shipped,
  held,
})
const meet = (wanted: Demand, slots: Allocation[], placed: Record<string, number> = {}) =>
  meetDemand(wanted, slots, new Map(Object.entries(placed)), takesOf(wanted, slots)).map(
    ({ location, taken, released, shipped }) => `${location} ${taken}/${released}/${shipped}`,
  )
const moved = (before: Allocation[], wanted: Demand, placed: Record<string, number> = {}) =>
  movesBetween(
    before,
    meetDemand(wanted, before, new Map(Object.entries(placed)), takesOf(wanted, before)),
  ).map(
    ({ from, to, quantity }) => `${quantity} ${from.bucket}@${from.location} -> ${to.bucket}@${to.location}`,
  )

describe('takesOf', () => {
  it('routes what is new', () => {
    expect(takesOf(demand(3, 0, 0), []).routed).toBe(3)
    expect(takesOf(demand(3, 0, 0), [at('main', 2)]).routed).toBe(1)
  })

  it('routes nothing for units that were cancelled before they were ever seen', () => {
    expect(takesOf(demand(5, 3, 0), [])).toMatchObject({ routed: 2, passing: 3 })
    expect(takesOf(demand(4, 2, 2), [at('main', 2, 0, 2)])).toMatchObject({ routed: 0, passing: 2 })
  })

  it('takes at its place what a provider shipped and the pool no longer held', () => {
    const wanted = demand(4, 2, 2, { shippedFrom: new Map([['east', 2]]) })
    expect(takesOf(wanted, [at('east', 2, 2, 0)])).toMatchObject({ routed: 0, fixed: new Map([['east', 2]]) })
  })
})

describe('meetDemand', () => {
  it('ships where a provider says so, then in order', () => {
    const slots = [at('main', 2), at('east', 2)]
    expect(meet(demand(4, 0, 2, { shippedFrom: new Map([['east', 1]]) }), slots)).toEqual([
      'main 2/0/1',
      'east 2/0/1',
    ])
  })

  it('releases what no provider holds first, and the last allocation first', () => {
    expect(meet(demand(4, 2, 0), [at('main', 2), at('east', 2, 0, 0, 2)])).toEqual([
      'main 2/2/0',
      'east 2/0/0',
    ])
    expect(meet(demand(4, 1, 0), [at('main', 2), at('east', 2)])).toEqual(['main 2/0/0', 'east 2/1/0'])
  })

  it('releases where a provider put units back', () => {
    const wanted = demand(4, 1, 0, { releasedFrom: new Map([['main', 1]]) })
    expect(meet(wanted, [at('main', 2, 0, 0, 1), at('east', 2)])).toEqual(['main 2/1/0', 'east 2/0/0'])
  })

  it('moves each unit once, and those taken and given back in one not at all', () => {
    expect(moved([], demand(5, 3, 0), { main: 2 })).toEqual(['2 available@main -> reserved@main'])
    expect(moved([at('main', 2, 0, 2)], demand(4, 2, 2))).toEqual([])
    expect(moved([at('main', 3)], demand(3, 1, 2))).toEqual([
      '1 reserved@main -> available@main',
      '2 reserved@main -> customer@null',
    ])
    expect(moved([at('main', 2, 2)], demand(4, 2, 2), { main: 2 })).toEqual([
      '2 available@main -> reserved@main',
      '2 reserved@main -> customer@null',
    ])
  })

  it('always meets the demand, never lets a counter fall, and keeps every place within its own', () => {
    const n = fc.nat(4)
    const location = fc.constantFrom('main', 'east', 'west')
    const slot = fc
      .tuple(location, n, n, n, n)
      .map(([place, open, released, shipped, held]) =>
        at(place, open + released + shipped, released, shipped, Math.min(held, open)),
      )
    const slots = fc.uniqueArray(slot, { selector: (one) => one.location })
    const hints = fc
      .uniqueArray(fc.tuple(location, n), { selector: ([place]) => place })
      .map((rows) => new Map(rows))
    fc.assert(
      fc.property(
        slots,
        n,
        n,
        n,
        hints,
        hints,
        location,
        (before, more, back, left, shippedFrom, releasedFrom, home) => {
          const total = (key: 'taken' | 'released' | 'shipped') =>
            before.reduce((sum, one) => sum + one[key], 0)
          const released = total('released') + back
          const shipped = total('shipped') + left
          const wanted = demand(Math.max(total('taken') + more, released + shipped), released, shipped, {
            shippedFrom,
            releasedFrom,
          })
          const takes = takesOf(wanted, before)
          const after = meetDemand(wanted, before, new Map([[home, takes.routed]]), takes)
          const now = (key: 'taken' | 'released' | 'shipped') => after.reduce((sum, one) => sum + one[key], 0)
          // Units that pass through need a place to be written down at; without one they leave no trace.
          const untold = after.length === 0 ? takes.passing : 0
          expect([now('taken') + untold, now('released') + untold, now('shipped')]).toEqual([
            wanted.taken,
            released,
            shipped,
          ])
          for (const one of after) {
            const was = before.find((candidate) => candidate.location === one.location)
            expect(openOf(one)).toBeGreaterThanOrEqual(0)
            for (const key of ['taken', 'released', 'shipped'] as const)
              expect(one[key]).toBeGreaterThanOrEqual(was?.[key] ?? 0)
          }
        },
      ),
      { numRuns: 1000 },
    )
  })
})

describe('what a provider holds', () => {
  const units = (taken: number, released: number, shipped: number, accepted: number, putBack: number) => ({
    taken,
    released,
    shipped,
    accepted,
    putBack,
    waiting: 0,
  })

  it('is shared among open units first', () => {
    expect(shareBooked(3, [units(2, 2, 0, 0, 0), units(2, 0, 0, 0, 0), units(2, 0, 0, 0, 0)])).toEqual([
      0, 2, 1,
    ])
    expect(shareBooked(3, [units(2, 0, 0, 0, 0)])).toEqual([3])
    expect(shareBooked(3, [])).toEqual([])
    const waits = { ...units(2, 0, 0, 0, 0), waiting: 2 }
    expect(shareBooked(2, [waits, units(2, 0, 0, 0, 0)])).toEqual([0, 2])
  })

  it('is put back first where the pool released it, then from the last', () => {
    expect(sharePutBack(2, [units(2, 2, 0, 2, 0), units(2, 0, 0, 2, 0)])).toEqual([2, 0])
    expect(sharePutBack(1, [units(2, 0, 0, 2, 0), units(2, 0, 0, 2, 0)])).toEqual([0, 1])
    expect(sharePutBack(9, [units(2, 0, 1, 2, 0)])).toEqual([2])
  })

  it('never gives back more than was accepted', () => {
    const n = fc.nat(4)
    const some = fc.array(
      fc
        .tuple(n, n, n, n, n)
        .map(([open, released, shipped, accepted, putBack]) =>
          units(open + released + shipped, released, shipped, accepted + putBack, putBack),
        ),
      { minLength: 1, maxLength: 3 },
    )
    fc.assert(
      fc.property(some, fc.nat(9), (slots, quantity) => {
        const room = slots.reduce((sum, one) => sum + one.accepted - one.putBack, 0)
        const shares = sharePutBack(quantity, slots)
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(Math.min(quantity, room))
        for (const [index, one] of slots.entries()) {
          const share = shares[index] ?? 0
          expect(share).toBeGreaterThanOrEqual(0)
          expect(one.putBack + share).toBeLessThanOrEqual(one.accepted)
          expect(heldOf(one)).toBeGreaterThanOrEqual(0)
        }
      }),
    )
  })
})
