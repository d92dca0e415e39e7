import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { availableByReading, isSettled, type Reading, type ReadingAllocation } from '../../src/order/index.ts'
import { minute } from './support.ts'

const none: ReadingAllocation = {
  taken: 0,
  released: 0,
  shipped: 0,
  shippedAt: null,
  accepted: 0,
  acceptedAt: null,
  putBack: 0,
  putBackAt: null,
  waiting: 0,
}
const reading = (quantity: number, at: number, basis: Reading['basis'] = 'available'): Reading => ({
  quantity,
  basis,
  asOf: minute(at),
})

describe('a reading of what is available', () => {
  it('has an order off from the moment the provider took it on', () => {
    const order = { ...none, taken: 2 }
    expect(availableByReading(reading(10, 5), [[order]], 0)).toBe(8)
    const accepted = { ...order, accepted: 2, acceptedAt: minute(4) }
    expect(availableByReading(reading(8, 5), [[accepted]], 0)).toBe(8)
    expect(availableByReading(reading(10, 3), [[accepted]], 0)).toBe(8)
  })

  it('takes what happened in the very millisecond of the reading as not in it, which is the safe side', () => {
    const accepted = { ...none, taken: 2, accepted: 2, acceptedAt: minute(5) }
    expect(availableByReading(reading(10, 5), [[accepted]], 0)).toBe(8)
    const putBack = { ...accepted, released: 2, acceptedAt: minute(4), putBack: 2, putBackAt: minute(5) }
    expect(availableByReading(reading(10, 5), [[putBack]], 0)).toBe(10)
    expect(isSettled([putBack], minute(5))).toBe(false)
    expect(isSettled([putBack], minute(6))).toBe(true)
  })

  it('never knows of the own checkout', () => {
    expect(availableByReading(reading(10, 5), [], 3)).toBe(7)
  })

  it('does not offer what the channel cancelled before the provider has put it back', () => {
    const cancelled = { ...none, taken: 2, released: 2, accepted: 2, acceptedAt: minute(2) }
    expect(availableByReading(reading(8, 5), [[cancelled]], 0)).toBe(8)
    expect(availableByReading(reading(10, 1), [[cancelled]], 0)).toBe(8)
    const putBack = { ...cancelled, putBack: 2, putBackAt: minute(6) }
    expect(availableByReading(reading(8, 5), [[putBack]], 0)).toBe(10)
    expect(availableByReading(reading(10, 7), [[putBack]], 0)).toBe(10)
  })

  it('does not offer what waits at the provider for goods, though its channel cancelled it', () => {
    const waits = { ...none, taken: 2, released: 2, waiting: 2 }
    expect(availableByReading(reading(10, 5), [[waits]], 0)).toBe(8)
    expect(availableByReading(reading(10, 5, 'on-hand'), [[waits]], 0)).toBe(8)
    expect(isSettled([waits], minute(5))).toBe(false)
    const wanted = { ...none, taken: 2, waiting: 2 }
    expect(availableByReading(reading(10, 5), [[wanted]], 0)).toBe(8)
    const partSent = {
      ...waits,
      taken: 5,
      released: 2,
      shipped: 3,
      shippedAt: minute(4),
      accepted: 3,
      acceptedAt: null,
    }
    expect(availableByReading(reading(7, 5), [[partSent]], 0)).toBe(5)
  })

  it('keeps off what the provider stopped at our wish and the order still wants', () => {
    const again = { ...none, taken: 2, accepted: 2, acceptedAt: minute(2), putBack: 2, putBackAt: minute(4) }
    expect(availableByReading(reading(10, 5), [[again]], 0)).toBe(8)
  })

  it('counts what an order gave up on one line and wants on another once', () => {
    const less = { ...none, taken: 2, released: 1, accepted: 2, acceptedAt: minute(2) }
    const more = { ...none, taken: 1 }
    expect(availableByReading(reading(8, 5), [[less, more]], 0)).toBe(8)
    const left = { shipped: 1, shippedAt: minute(6) }
    const shipped = [
      { ...less, ...left },
      { ...more, ...left },
    ]
    for (const at of [5, 7]) expect(availableByReading(reading(8, at), [shipped], 0)).toBe(8)
    expect(isSettled(shipped, minute(6))).toBe(false)
    expect(isSettled(shipped, minute(7))).toBe(true)
  })

  it('trusts a provider that shipped what it never said it took on', () => {
    expect(
      availableByReading(reading(8, 5), [[{ ...none, taken: 2, shipped: 2, shippedAt: minute(4) }]], 0),
    ).toBe(8)
  })
})

describe('a reading of what is on hand', () => {
  it('has an order off from the moment it left', () => {
    const accepted = { ...none, taken: 2, accepted: 2, acceptedAt: minute(2) }
    expect(availableByReading(reading(10, 5, 'on-hand'), [[accepted]], 0)).toBe(8)
    const shipped = { ...accepted, shipped: 2, shippedAt: minute(6) }
    expect(availableByReading(reading(10, 5, 'on-hand'), [[shipped]], 0)).toBe(8)
    expect(availableByReading(reading(8, 7, 'on-hand'), [[shipped]], 0)).toBe(8)
  })

  it('counts shipped units once more only while the reading is older', () => {
    const both = { ...none, taken: 3, accepted: 3, acceptedAt: minute(2), shipped: 1, shippedAt: minute(4) }
    expect(availableByReading(reading(9, 5, 'on-hand'), [[both]], 0)).toBe(7)
  })
})

// A provider, its warehouse and its clock: each step happens one minute after the one before.
type Step =
  | {
      readonly do: 'accept' | 'ship' | 'put back' | 'channel cancel'
      readonly order: number
      readonly units: number
    }
  | { readonly do: 'look' }

const steps = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constantFrom('accept' as const, 'ship' as const, 'put back' as const, 'channel cancel' as const),
      order: fc.nat(3),
      units: fc.integer({ min: 1, max: 4 }),
    }),
    fc.record({ do: fc.constant('look' as const) }),
  ),
  { maxLength: 40, size: 'max' },
)

interface Run {
  readonly readings: readonly Reading[]
  readonly allocations: readonly ReadingAllocation[]
  /** The same, each as two lines of an order, whatever was booked to which of them. */
  readonly orders: readonly (readonly ReadingAllocation[])[]
  /** What the provider itself has free in the end. */
  readonly providerFree: number
}

type Mutable = { -readonly [Key in keyof ReadingAllocation]: ReadingAllocation[Key] }

/** Two lines of one order that are of the same SKU; the provider knows only their sum. */
function inLines(one: ReadingAllocation, shares: readonly number[]): ReadingAllocation[] {
  const counts = ['taken', 'released', 'shipped', 'accepted', 'putBack'] as const
  const first: Mutable = { ...one }
  const second: Mutable = { ...one }
  for (const [index, count] of counts.entries()) {
    first[count] = Math.min(one[count], shares[index] ?? 0)
    second[count] = one[count] - first[count]
  }
  return [first, second].map((line) => ({
    ...line,
    shippedAt: line.shipped > 0 ? line.shippedAt : null,
    acceptedAt: line.accepted > 0 ? line.acceptedAt : null,
    putBackAt: line.putBack > 0 ? line.putBackAt : null,
  }))
}

/** @param once every order is accepted, shipped and put back at most once, so that all times are exact. */
function run(
  all: readonly Step[],
  ordered: readonly number[],
  once: boolean,
  shares: readonly number[] = [],
): Run {
  const orders: Mutable[] = ordered.map((taken) => ({ ...none, taken }))
  const booked = (one: Mutable) => one.accepted - one.putBack - one.shipped
  let onHand = 50
  const free = () => onHand - orders.reduce((sum, one) => sum + booked(one), 0)
  const readings: Reading[] = []
  for (const [index, step] of all.entries()) {
    const at = minute(index)
    if (step.do === 'look') {
      readings.push(
        { quantity: free(), basis: 'available', asOf: at },
        { quantity: onHand, basis: 'on-hand', asOf: at },
      )
      continue
    }
    const one = orders[step.order]
    if (one === undefined) continue
    if (step.do === 'channel cancel') {
      one.released += Math.min(step.units, one.taken - one.released - one.shipped)
    } else if (step.do === 'accept' && one.accepted === 0) {
      one.accepted = one.taken - one.released
      one.acceptedAt = one.accepted > 0 ? at : null
    } else if (step.do === 'ship' && booked(one) > 0 && !(once && one.shipped > 0)) {
      const units = Math.min(step.units, booked(one))
      one.shipped += units
      one.shippedAt = at
      onHand -= units
      // Shipped though the channel had cancelled it: both are facts.
      one.taken = Math.max(one.taken, one.released + one.shipped)
    } else if (step.do === 'put back' && booked(one) > 0 && !(once && one.putBack > 0)) {
      one.putBack += Math.min(step.units, booked(one))
      one.putBackAt ??= at
    }
  }
  return {
    readings,
    allocations: orders,
    orders: orders.map((one) => inLines(one, shares)),
    providerFree: free(),
  }
}

/** The provider's own truth, less what our orders want and it does not know of yet. */
function truth({ allocations, providerFree }: Run): number {
  const unknown = allocations.map((one) =>
    Math.max(0, one.taken - one.released - (one.accepted - one.putBack)),
  )
  return providerFree - unknown.reduce((sum, units) => sum + units, 0)
}

const scenario = fc.tuple(
  steps,
  fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 4, maxLength: 4 }),
  fc.array(fc.nat(5), { minLength: 5, maxLength: 5 }),
)
const seed = process.env.SEED ? { seed: Number(process.env.SEED) } : {}

describe('once all news of a provider is in', () => {
  it('any of its readings, however old, gives its own truth', () => {
    fc.assert(
      fc.property(scenario, ([all, ordered, shares]) => {
        const result = run(all, ordered, true, shares)
        for (const one of result.readings) {
          expect(availableByReading(one, result.orders, 0)).toBe(truth(result))
        }
      }),
      { numRuns: 2000, ...seed },
    )
  })

  it('no reading gives too much, and the newest gives the truth, where things happen bit by bit', () => {
    fc.assert(
      fc.property(scenario, ([all, ordered, shares]) => {
        const result = run([...all, { do: 'look' }], ordered, false, shares)
        for (const one of result.readings) {
          expect(availableByReading(one, result.orders, 0)).toBeLessThanOrEqual(truth(result))
        }
        for (const newest of result.readings.slice(-2)) {
          expect(availableByReading(newest, result.orders, 0)).toBe(truth(result))
        }
      }),
      { numRuns: 2000, ...seed },
    )
  })

  it('an order that is settled changes no later number', () => {
    fc.assert(
      fc.property(scenario, ([all, ordered, shares]) => {
        const { readings, orders } = run(all, ordered, false, shares)
        for (const [index, early] of readings.entries()) {
          for (const lines of orders.filter((candidate) => isSettled(candidate, early.asOf))) {
            for (const later of readings.slice(index)) {
              expect(availableByReading(later, [lines], 0)).toBe(later.quantity)
            }
          }
        }
      }),
      { numRuns: 1000, ...seed },
    )
  })

  it('is a property that catches counting an accepted order twice, or not at all', () => {
    const broken = (accepted: 'always off' | 'never off') =>
      fc.check(
        fc.property(scenario, ([all, ordered]) => {
          const result = run(all, ordered, true)
          const acceptedAt = accepted === 'always off' ? minute(-1) : null
          const planted = result.allocations.map((one) => [{ ...one, acceptedAt }])
          return result.readings.every((one) => availableByReading(one, planted, 0) === truth(result))
        }),
        { numRuns: 500, seed: 3, endOnFailure: true },
      )
    expect(broken('always off').failed).toBe(true)
    expect(broken('never off').failed).toBe(true)
  })
})
