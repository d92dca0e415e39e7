import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ServerBucket, SlidingWindow } from '../../src/simulator/index.ts'

const parameters = { seed: process.env.SEED ? Number(process.env.SEED) : undefined, numRuns: 300 }

/** A clock that is set by hand. */
const handClock = () => {
  let now = 1_000_000
  const forward = (ms: number) => {
    now += ms
  }
  return { now: () => now, sleep: () => Promise.resolve(), forward }
}

describe('a token bucket', () => {
  it('gives its burst at once, then one at a time at its rate', () => {
    const clock = handClock()
    const bucket = new ServerBucket(clock, { rate: 2, burst: 3 })
    expect([1, 2, 3].map(() => bucket.take().ok)).toEqual([true, true, true])
    expect(bucket.take()).toEqual({ ok: false, remaining: 0, retryAfterMs: 500 })
    clock.forward(499)
    expect(bucket.take()).toMatchObject({ ok: false, retryAfterMs: 1 })
    clock.forward(1)
    expect(bucket.take()).toMatchObject({ ok: true, remaining: 0 })
    clock.forward(3_600_000)
    expect(bucket.remaining()).toBe(3)
  })

  it('weighs requests, keeps keys apart and takes tokens back', () => {
    const bucket = new ServerBucket(handClock(), { rate: 100, burst: 1_000 })
    expect(bucket.take('a', 900)).toMatchObject({ ok: true, remaining: 100 })
    expect(bucket.take('a', 200)).toEqual({ ok: false, remaining: 100, retryAfterMs: 1_000 })
    expect(bucket.take('b', 1_000).ok).toBe(true)
    bucket.give('a', 100)
    expect(bucket.take('a', 200).ok).toBe(true)
    bucket.give('a', 5_000)
    expect(bucket.remaining('a')).toBe(1_000)
    expect(bucket.take('a', 1_001).ok).toBe(false)
  })

  it('is exact: never above burst + rate x time in any span, and passes after the wait it names', () => {
    const step = fc.record({
      waitMs: fc.integer({ min: 0, max: 3_000 }),
      cost: fc.integer({ min: 1, max: 5 }),
    })
    const limit = fc.record({
      rate: fc.double({ min: 0.1, max: 50, noNaN: true }),
      burst: fc.integer({ min: 5, max: 50 }),
    })
    fc.assert(
      fc.property(limit, fc.array(step, { maxLength: 60 }), ({ rate, burst }, steps) => {
        const clock = handClock()
        const bucket = new ServerBucket(clock, { rate, burst })
        const taken: { at: number; cost: number }[] = []
        for (const { waitMs, cost } of steps) {
          clock.forward(waitMs)
          const first = bucket.take('', cost)
          if (!first.ok) {
            clock.forward(first.retryAfterMs - 1)
            if (first.retryAfterMs > 1) expect(bucket.take('', cost).ok).toBe(false)
            clock.forward(1)
            expect(bucket.take('', cost).ok).toBe(true)
          }
          taken.push({ at: clock.now(), cost })
        }
        for (const [index, from] of taken.entries()) {
          let sum = 0
          for (const each of taken.slice(index)) {
            sum += each.cost
            expect(sum).toBeLessThanOrEqual(burst + (rate * (each.at - from.at)) / 1000 + 0.001)
          }
        }
      }),
      parameters,
    )
  })
})

describe('a sliding window', () => {
  it('allows its limit in any span of its length', () => {
    const clock = handClock()
    const window = new SlidingWindow(clock, { limit: 2, windowMs: 60_000 })
    expect(window.take()).toEqual({ ok: true, remaining: 1, retryAfterMs: 0 })
    clock.forward(20_000)
    expect(window.take().ok).toBe(true)
    expect(window.take()).toEqual({ ok: false, remaining: 0, retryAfterMs: 40_000 })
    expect(window.take('another').ok).toBe(true)
    clock.forward(40_000)
    expect(window.take()).toMatchObject({ ok: true, remaining: 0 })
    expect(window.remaining('another')).toBe(1)
  })

  it('is exact: never above the limit, and passes after the wait it names, not before', () => {
    const waits = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 80 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), waits, (limit, steps) => {
        const clock = handClock()
        const windowMs = 100
        const window = new SlidingWindow(clock, { limit, windowMs })
        const taken: number[] = []
        for (const waitMs of steps) {
          clock.forward(waitMs)
          const first = window.take()
          if (!first.ok) {
            clock.forward(first.retryAfterMs - 1)
            if (first.retryAfterMs > 1) expect(window.take().ok).toBe(false)
            clock.forward(1)
            expect(window.take().ok).toBe(true)
          }
          taken.push(clock.now())
          expect(taken.filter((at) => at > clock.now() - windowMs).length).toBeLessThanOrEqual(limit)
        }
      }),
      parameters,
    )
  })
})
