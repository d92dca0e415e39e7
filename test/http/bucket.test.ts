import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenBucket } from '../../src/http/bucket.ts'
import type { ThrottleReading } from '../../src/spec/context.ts'
import { Agenda, StrictServer } from './strict-server.ts'

const seed = process.env.SEED ? Number(process.env.SEED) : undefined

interface Scene {
  readonly rate: number
  readonly burst: number
  readonly spanMs: number
  readonly cost: () => number
  /** One way, in milliseconds. */
  readonly delay: () => number
  readonly jitterMs?: number | undefined
  readonly reading?: (server: StrictServer, now: number) => ThrottleReading
  /** What the client begins with, where the platform tells nobody its own. */
  readonly guess?: { readonly rate: number; readonly burst: number; readonly adapts: boolean }
  /** What happens to the server meanwhile. */
  readonly events?: (agenda: Agenda, server: StrictServer) => void
}

/** Sends as fast as the bucket lets it, every request on its own way to a strict server. */
function play(scene: Scene): StrictServer {
  const { rate, burst, spanMs, cost, delay, jitterMs, reading, guess, events } = scene
  const agenda = new Agenda()
  const server = new StrictServer(rate, burst)
  const bucket = new TokenBucket(guess ?? { rate, burst }, 0, jitterMs)
  events?.(agenda, server)
  let next = cost()
  const send = () => {
    for (;;) {
      const waitMs = bucket.waitMs(next, agenda.now)
      if (waitMs > 0) return void agenda.plan(agenda.now + Math.ceil(waitMs), send)
      const spent = next
      const ticket = bucket.take(spent, agenda.now)
      next = cost()
      const arrivesAt = agenda.now + delay()
      agenda.plan(arrivesAt, () => {
        if (!server.arrive(arrivesAt, spent))
          return bucket.refused(ticket, arrivesAt, guess ? { remaining: 0, retryAfterMs: 1000 } : null)
        const word = reading?.(server, arrivesAt) ?? null
        const answeredAt = arrivesAt + delay()
        agenda.plan(answeredAt, () => bucket.answered(ticket, answeredAt, word))
      })
    }
  }
  send()
  agenda.run(spanMs)
  return server
}

/** A small generator of its own, so that one number replays a whole scene. */
function randomOf(start: number): () => number {
  let state = start >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const longestDelayMs = 45

/**
 * Rates from one in three minutes to 200 a second. A bucket that a strict server keeps must hold at least what can be
 * on its way at once: with less, two requests sent rightly can arrive together, and no client can do both, use it
 * wholly and never be refused.
 */
const scenes = fc
  .record({
    rateLog: fc.double({ min: Math.log(0.005), max: Math.log(200), noNaN: true }),
    spare: fc.integer({ min: 0, max: 100 }),
    start: fc.integer({ min: 0, max: 2 ** 31 }),
  })
  .map(({ rateLog, spare, start }) => {
    const rate = Math.exp(rateLog)
    const burst = Math.ceil(Math.max(2, 1 + rate * 0.06)) + spare
    return { rate, burst, start, spanMs: Math.max(10_000, (400 / rate) * 1000) }
  })

describe('TokenBucket', () => {
  it('is never refused by a strict server and uses at least 97 % of it', () => {
    fc.assert(
      fc.property(scenes, ({ rate, burst, start, spanMs }) => {
        const random = randomOf(start)
        const server = play({ rate, burst, spanMs, cost: () => 1, delay: () => random() * longestDelayMs })
        expect(server.refused).toBe(0)
        expect(server.used).toBeGreaterThanOrEqual(0.97 * (burst + (rate * spanMs) / 1000) - 1)
      }),
      { seed, numRuns: 150 },
    )
  })

  it('would be refused if it filled while requests are on their way', () => {
    const refusals = (jitterMs: number | undefined) =>
      Array.from({ length: 50 }, (_, start) => {
        const random = randomOf(start)
        const delay = () => random() * longestDelayMs
        return play({ rate: 20, burst: 3, spanMs: 5_000, cost: () => 1, delay, jitterMs }).refused
      }).reduce((sum, refused) => sum + refused, 0)
    expect(refusals(0)).toBeGreaterThan(10)
    expect(refusals(undefined)).toBe(0)
  })

  it('keeps that with weighted costs, and with the server telling what is left', () => {
    fc.assert(
      fc.property(scenes, ({ rate, burst, start, spanMs }) => {
        const random = randomOf(start)
        const most = Math.max(1, Math.floor(burst / 4))
        const server = play({
          rate,
          burst,
          spanMs,
          cost: () => 1 + Math.floor(random() * most),
          delay: () => random() * longestDelayMs,
          reading: (each, now) => ({ rate, burst, remaining: Math.floor(each.remaining(now)) }),
        })
        expect(server.refused).toBe(0)
        // A large cost waits for room while others are on their way: allow what one of them holds.
        expect(server.used).toBeGreaterThanOrEqual(0.97 * (burst + (rate * spanMs) / 1000) - 2 * most)
      }),
      { seed, numRuns: 100 },
    )
  })

  it('that adapts finds a limit that nobody published, and asks little more than it gives', () => {
    const hour = (rate: number, adapts: boolean) => {
      const random = randomOf(Math.round(rate * 1000))
      const delay = () => random() * longestDelayMs
      const guess = { rate: 5, burst: 10, adapts }
      return play({ rate, burst: 1 + rate, spanMs: 3_600_000, cost: () => 1, delay, guess })
    }
    for (const rate of [0.3, 0.5, 1, 2, 4]) {
      const { used, refused } = hour(rate, true)
      expect(used / (rate * 3600), `used at ${rate}/s`).toBeGreaterThan(0.6)
      expect(refused / used, `refused at ${rate}/s`).toBeLessThan(0.06)
    }
    expect(hour(1, false).refused / hour(1, false).used).toBeGreaterThan(0.5)
    expect(hour(5, true).used / (5 * 3600)).toBeGreaterThan(0.9)
  })

  it('that adapts follows a share that moves, down and up again', () => {
    const gained = { slow: 0, after: 0 }
    const minutes = (count: number) => count * 60_000
    const server = play({
      rate: 20,
      burst: 20,
      spanMs: minutes(40),
      cost: () => 1,
      delay: () => 10,
      guess: { rate: 5, burst: 10, adapts: true },
      events: (agenda, each) => {
        agenda.plan(minutes(10), () => {
          expect(each.refused).toBe(0)
          each.give(agenda.now, 0.5, 1)
          gained.slow = -each.used
        })
        agenda.plan(minutes(20), () => {
          gained.slow += each.used
          each.give(agenda.now, 20, 20)
        })
        agenda.plan(minutes(30), () => {
          gained.after = -each.used
        })
      },
    })
    gained.after += server.used
    expect(server.refused).toBeLessThan(30)
    expect(gained.slow / (0.5 * 600)).toBeGreaterThan(0.55)
    expect(gained.after / (5 * 600)).toBeGreaterThan(0.98)
  })

  it('waits 178.9 s for a token at 0.0056 a second', () => {
    const bucket = new TokenBucket({ rate: 0.0056, burst: 20 }, 0)
    for (let sent = 0; sent < 20; sent += 1) {
      expect(bucket.waitMs(1, 0)).toBe(0)
      bucket.answered(bucket.take(1, 0), 0)
    }
    expect(bucket.waitMs(1, 0)).toBeCloseTo(1000 / 0.0056 / 0.998, -2)
  })

  it('lets a cost above the burst go when the bucket is full', () => {
    const bucket = new TokenBucket({ rate: 10, burst: 5 }, 0)
    expect(bucket.waitMs(50, 0)).toBe(0)
    bucket.answered(bucket.take(50, 0), 10)
    expect(bucket.waitMs(1, 10)).toBeGreaterThan(4_000)
  })

  it('takes no time back when the clock steps back', () => {
    const bucket = new TokenBucket({ rate: 1, burst: 1 }, 10_000)
    bucket.answered(bucket.take(1, 10_000), 10_000)
    expect(bucket.waitMs(1, 5_000)).toBeGreaterThan(1_000)
    expect(bucket.waitMs(1, 11_100)).toBe(0)
  })

  it('gives back what never reached the server', () => {
    const bucket = new TokenBucket({ rate: 0.01, burst: 1 }, 0)
    bucket.unsent(bucket.take(1, 0), 5)
    expect(bucket.waitMs(1, 5)).toBe(0)
  })

  it('refuses a limit without rate or burst', () => {
    expect(() => new TokenBucket({ rate: 0, burst: 1 }, 0)).toThrow(/above 0/)
    expect(() => new TokenBucket({ rate: 1, burst: Number.NaN }, 0)).toThrow(/above 0/)
  })
})

describe('corrections by the server', () => {
  const answer = (bucket: TokenBucket, at: number, reading: ThrottleReading) =>
    bucket.answered(bucket.take(1, at), at, reading)

  it('takes another rate at once, and ignores a rate of 0', () => {
    const bucket = new TokenBucket({ rate: 1, burst: 1 }, 0)
    answer(bucket, 0, { rate: 10 })
    expect(bucket.waitMs(1, 0)).toBeCloseTo(101, 0)
    const other = new TokenBucket({ rate: 1, burst: 1 }, 0)
    answer(other, 0, { rate: 0, burst: -1, remaining: Number.NaN })
    expect(other.waitMs(1, 0)).toBeCloseTo(1003, 0)
  })

  it('believes that somebody else has spent the bucket', () => {
    const bucket = new TokenBucket({ rate: 1, burst: 100 }, 0)
    answer(bucket, 0, { remaining: 2 })
    expect(bucket.waitMs(2, 0)).toBe(0)
    expect(bucket.waitMs(5, 0)).toBeGreaterThan(2_900)
  })

  it('believes a larger bucket, less what may not have been counted yet', () => {
    const bucket = new TokenBucket({ rate: 1, burst: 10 }, 0)
    const early = bucket.take(4, 0)
    const asked = bucket.take(4, 0)
    bucket.answered(asked, 20, { rate: 1, burst: 1000, remaining: 900 })
    expect(bucket.waitMs(896, 20)).toBe(0)
    expect(bucket.waitMs(898, 20)).toBeGreaterThan(0)
    bucket.answered(early, 30)
  })

  it('does not spend the rest of a sliding window at once', () => {
    const bucket = new TokenBucket({ rate: 1, burst: 10 }, 0)
    bucket.answered(bucket.take(10, 0), 0, { remaining: 140 })
    expect(bucket.waitMs(1, 0)).toBeGreaterThan(900)
  })

  it('keeps its own, finer figure when the server rounds down', () => {
    const bucket = new TokenBucket({ rate: 1, burst: 10 }, 0)
    bucket.answered(bucket.take(9, 0), 0)
    bucket.answered(bucket.take(1, 700), 700, { rate: 1, burst: 10, remaining: 0 })
    expect(bucket.waitMs(1, 700)).toBeLessThan(310)
  })

  it('is empty after a refusal, or holds what the server says, and waits as long as it says', () => {
    const empty = new TokenBucket({ rate: 1, burst: 100 }, 0)
    empty.refused(empty.take(1, 0), 0)
    expect(empty.waitMs(1, 0)).toBeGreaterThan(1_000)
    const told = new TokenBucket({ rate: 100, burst: 1000 }, 0)
    told.refused(told.take(500, 0), 0, { rate: 100, burst: 1000, remaining: 400, retryAfterMs: 900 })
    expect(told.waitMs(300, 0)).toBe(900)
    expect(told.waitMs(300, 900)).toBe(0)
  })

  it('finds its way back after another application emptied the bucket, with few refusals', () => {
    const server = new StrictServer(100, 1000)
    const bucket = new TokenBucket({ rate: 100, burst: 1000 }, 0)
    const agenda = new Agenda()
    for (const at of [2_000, 5_000, 9_000]) agenda.plan(at, () => server.drain(at, 600))
    const send = () => {
      const waitMs = bucket.waitMs(20, agenda.now)
      if (waitMs > 0) return agenda.plan(agenda.now + Math.ceil(waitMs), send)
      const ticket = bucket.take(20, agenda.now)
      agenda.plan(agenda.now + 20, () => {
        const fits = server.arrive(agenda.now, 20)
        const remaining = server.remaining(agenda.now)
        const retryAfterMs = ((20 - remaining) / 100) * 1000
        const reading = { rate: 100, burst: 1000, remaining, ...(fits ? {} : { retryAfterMs }) }
        agenda.plan(agenda.now + 20, () => bucket[fits ? 'answered' : 'refused'](ticket, agenda.now, reading))
      })
      agenda.plan(agenda.now + 50, send)
    }
    send()
    agenda.run(60_000)
    expect(server.refused).toBeLessThanOrEqual(6)
    expect(server.used).toBeGreaterThan(0.95 * (1000 + 6000 - 1800))
  })
})
