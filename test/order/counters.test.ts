import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  countersOf,
  joinSeen,
  type LineSeen,
  nothingSeen,
  seenIn,
  soldAndGivenBack,
} from '../../src/order/index.ts'
import { line, snapshot } from './support.ts'

const seen = (ordered: number, cancelled: number, shipped: number): LineSeen => ({
  ordered,
  cancelled,
  shipped,
  returned: 0,
})

describe('countersOf', () => {
  it.each([
    { was: seen(3, 0, 0), taken: 3, released: 0, shipped: 0 },
    { was: seen(3, 1, 2), taken: 3, released: 1, shipped: 2 },
    { was: seen(2, 2, 2), taken: 4, released: 2, shipped: 2 },
    { was: seen(0, 0, 1), taken: 1, released: 0, shipped: 1 },
  ])('$was takes $taken', ({ was, ...counters }) => {
    expect(countersOf(was)).toMatchObject(counters)
  })

  it('counts what the channel and a provider both report once', () => {
    expect(countersOf(seen(3, 1, 2), { shipped: 2 })).toMatchObject({
      taken: 3,
      released: 1,
      shipped: 2,
    })
    expect(countersOf(seen(3, 0, 1), { shipped: 3 })).toMatchObject({ taken: 3, shipped: 3 })
  })

  it('never has more released and shipped than taken', () => {
    const n = fc.nat(9)
    fc.assert(
      fc.property(n, n, n, n, (ordered, cancelled, shipped, sent) => {
        const counters = countersOf(seen(ordered, cancelled, shipped), { shipped: sent })
        expect(counters.taken).toBeGreaterThanOrEqual(counters.released + counters.shipped)
        expect(counters.taken).toBeGreaterThanOrEqual(ordered)
      }),
    )
  })
})

describe('seenIn', () => {
  const [one] = snapshot([line('a', 5, { shipped: 2, cancelled: 1 })]).lines
  if (one === undefined) throw new Error('no line')

  it('takes the channel at its word', () => {
    expect(seenIn(one, 'open')).toEqual({ ordered: 5, cancelled: 1, shipped: 2, returned: 0 })
  })

  it('counts all that did not ship of a cancelled order as cancelled', () => {
    expect(seenIn(one, 'cancelled')).toEqual({ ordered: 5, cancelled: 3, shipped: 2, returned: 0 })
  })

  it('takes what was ordered beyond what will ship as cancelled, whichever is heard first', () => {
    const before = seenIn({ ...one, ordered: 5, cancelled: 0, shipped: 0, willShip: 5 }, 'open')
    const after = seenIn({ ...one, ordered: 0, cancelled: 0, shipped: 0, willShip: 0 }, 'cancelled')
    expect(joinSeen(before, after)).toMatchObject({ ordered: 5, cancelled: 5 })
    expect(joinSeen(after, before)).toEqual(joinSeen(before, after))
  })
})

describe('joinSeen', () => {
  const n = fc.nat(5)
  const some = fc
    .record({ ordered: n, cancelled: n, shipped: n, returned: n, willShip: fc.option(n, { nil: undefined }) })
    .map((q) =>
      seenIn({ ...snapshot([line('a', 0)]).lines[0], ...q } as Parameters<typeof seenIn>[0], 'open'),
    )

  it('is a join: commutative, associative, idempotent, with nothing seen below all', () => {
    fc.assert(
      fc.property(some, some, some, (a, b, c) => {
        expect(joinSeen(a, b)).toEqual(joinSeen(b, a))
        expect(joinSeen(joinSeen(a, b), c)).toEqual(joinSeen(a, joinSeen(b, c)))
        expect(joinSeen(a, a)).toEqual(a)
        expect(joinSeen(nothingSeen, a)).toEqual(a)
      }),
    )
  })
})

describe('soldAndGivenBack', () => {
  const of = (id: string, sku: string, taken: number, released: number) => ({
    facts: { id },
    components: [{ sku }, { sku: 'BOX' }],
    taken,
    released,
  })

  it.each([
    { name: 'bought and cancelled in one', before: [], after: [of('1', 'A', 2, 2)], skus: ['A', 'BOX'] },
    { name: 'only bought', before: [], after: [of('1', 'A', 2, 0)], skus: [] },
    { name: 'only cancelled', before: [of('1', 'A', 2, 0)], after: [of('1', 'A', 2, 1)], skus: [] },
    { name: 'the same again', before: [of('1', 'A', 2, 2)], after: [of('1', 'A', 2, 2)], skus: [] },
    {
      name: 'one line swapped for another',
      before: [of('1', 'A', 1, 0)],
      after: [of('1', 'A', 1, 1), of('2', 'A', 1, 0)],
      skus: ['A', 'BOX'],
    },
    {
      name: 'swapped for another SKU with the same box',
      before: [of('1', 'A', 1, 0)],
      after: [of('1', 'A', 1, 1), of('2', 'B', 1, 0)],
      skus: ['BOX'],
    },
  ])('$name: $skus', ({ before, after, skus }) => {
    expect(soldAndGivenBack(before, after)).toEqual(skus)
  })

  it('knows no SKU of a line that is not linked', () => {
    expect(soldAndGivenBack([], [{ ...of('1', 'A', 2, 2), components: null }])).toEqual([])
  })
})
