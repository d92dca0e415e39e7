import type { Limit, ThrottleReading } from '../spec/context.ts'
import { Pace } from './pace.ts'

/** Two machines' clocks drift apart; this much slower, a strict server never refuses (0.2 %). */
export const driftMargin = 0.002

/**
 * How far two requests' ways to the server may differ: until then an unanswered request may not have been counted yet.
 * The longer, the safer from a stalled machine or network; but what is held so cannot be filled, so a small bucket of
 * a high rate affords less.
 */
const leastJitterMs = 50
const mostJitterMs = 250

/** Additions of fractions leave errors of about 1e-12. */
const tolerance = 1e-9

/** One request's share of a bucket, from the moment it was let go. */
export interface Ticket {
  readonly at: number
  readonly cost: number
  /** Cost of the others under way when this one was let go. */
  readonly othersBefore: number
  /** All cost ever let go, this one included. */
  readonly total: number
}

/**
 * A token bucket that stays within a strict server's bucket, whatever each request's way takes.
 *
 * The server counts a request when it arrives, not when it leaves, and a full bucket does not fill further
 * meanwhile. So tokens here are taken at once, but the room they leave is filled only when the request was answered
 * (or surely arrived, after `jitterMs`): tokens here plus cost under way never exceed the burst. With that, tokens
 * here are never more than the server's own, less what is on its way.
 *
 * Pure: the time is given. All times are milliseconds.
 */
export class TokenBucket {
  #ratePerMs: number
  #burst: number
  #tokens: number
  #at: number
  #blockedUntil = Number.NEGATIVE_INFINITY
  #held: Ticket[] = []
  #heldCost = 0
  #underWayCost = 0
  #total = 0
  #jitterMs = 0
  readonly #fixedJitterMs: number | undefined
  readonly #guess: Pick<Limit, 'rate' | 'burst'>
  readonly #pace: Pace | null

  /** @param jitterMs for tests: fixed, instead of as long as the bucket affords. */
  constructor(limit: Pick<Limit, 'rate' | 'burst' | 'adapts'>, now: number, jitterMs?: number) {
    if (!(limit.rate > 0) || !(limit.burst > 0)) {
      throw new RangeError(`a limit needs a rate and a burst above 0, got ${limit.rate} and ${limit.burst}`)
    }
    this.#ratePerMs = marginal(limit.rate)
    this.#burst = limit.burst
    this.#tokens = limit.burst
    this.#at = now
    this.#fixedJitterMs = jitterMs
    this.#guess = limit
    this.#pace = limit.adapts === true ? new Pace() : null
    this.#setJitter()
  }

  /** Held cost, at most rate × jitter, leaves half of the bucket free, one token kept aside. */
  #setJitter(): void {
    const affordableMs = (this.#burst - 1) / this.#ratePerMs / 2
    this.#jitterMs = this.#fixedJitterMs ?? Math.min(mostJitterMs, Math.max(leastJitterMs, affordableMs))
  }

  /** Milliseconds until `cost` may go, if nothing else is taken before; 0: now. */
  waitMs(cost: number, now: number): number {
    this.#accrue(now)
    // A cost above the burst goes when the bucket is full: the server is then the judge.
    const need = Math.min(cost, this.#burst) - tolerance
    const unblockedMs = Math.max(0, this.#blockedUntil - now)
    let tokens = this.#tokens
    if (tokens >= need) return unblockedMs
    let at = Math.max(now, this.#at)
    let heldCost = this.#heldCost
    for (const ticket of this.#held) {
      if (this.#burst - heldCost >= need) break
      const until = Math.max(at, ticket.at + this.#jitterMs)
      tokens = Math.max(tokens, Math.min(this.#burst - heldCost, tokens + (until - at) * this.#ratePerMs))
      at = until
      heldCost -= ticket.cost
    }
    return Math.max(unblockedMs, at + (need - tokens) / this.#ratePerMs - now)
  }

  /** Milliseconds until all of `cost` may have gone, one request after the other. Nearly: it takes no account of jitter. */
  queueMs(cost: number, now: number): number {
    this.#accrue(now)
    return Math.max(0, this.#blockedUntil - now, (cost - this.#tokens) / this.#ratePerMs)
  }

  /** Takes `cost`. Call it only when `waitMs` is 0. */
  take(cost: number, now: number): Ticket {
    this.#accrue(now)
    this.#total += cost
    const ticket = { at: now, cost, othersBefore: this.#underWayCost, total: this.#total }
    this.#tokens -= cost
    this.#underWayCost += cost
    this.#heldCost += cost
    this.#held.push(ticket)
    return ticket
  }

  /** The request came back, with or without an answer. */
  answered(ticket: Ticket, now: number, reading: ThrottleReading | null = null): void {
    this.#cameBack(ticket, now, reading)
    this.#pace?.answered()
    this.#keepPace()
  }

  /** The request never reached the server: its cost comes back. */
  unsent(ticket: Ticket, now: number): void {
    this.#finish(ticket, now)
    this.#tokens = Math.min(this.#burst - this.#heldCost, this.#tokens + ticket.cost)
  }

  /** The server said no: there is no more left than it says, and nothing when it does not say. */
  refused(ticket: Ticket, now: number, reading: ThrottleReading | null = null): void {
    this.#cameBack(ticket, now, reading)
    this.#tokens = Math.min(this.#tokens, reading?.remaining ?? 0)
    this.#pace?.refused(ticket.at, now)
    this.#keepPace()
  }

  #cameBack(ticket: Ticket, now: number, reading: ThrottleReading | null): void {
    this.#finish(ticket, now)
    if (reading !== null) this.#correct(ticket, reading, now)
  }

  #keepPace(): void {
    if (this.#pace === null) return
    const { share } = this.#pace
    this.#ratePerMs = marginal(this.#guess.rate * share)
    this.#burst = Math.max(Math.min(1, this.#guess.burst), this.#guess.burst * share)
    this.#setJitter()
    this.#tokens = Math.min(this.#tokens, this.#burst - this.#heldCost)
  }

  #finish(ticket: Ticket, now: number): void {
    this.#accrue(now)
    this.#underWayCost -= ticket.cost
    const index = this.#held.indexOf(ticket)
    if (index < 0) return
    // The server's bucket starts filling when the request arrives, which may be this very moment; the clock may
    // show it up to one millisecond early.
    if (this.#tokens + this.#heldCost >= this.#burst - tolerance) this.#at = Math.max(this.#at, now + 1)
    this.#held.splice(index, 1)
    this.#heldCost -= ticket.cost
  }

  /** Fills up to `now`, letting go of what must have arrived by its time. */
  #accrue(now: number): void {
    for (;;) {
      const [first] = this.#held
      const releaseAt = first === undefined ? Number.POSITIVE_INFINITY : first.at + this.#jitterMs
      const until = Math.min(now, releaseAt)
      if (until > this.#at) {
        const room = this.#burst - this.#heldCost - this.#tokens
        if (room > 0) this.#tokens += Math.min(room, (until - this.#at) * this.#ratePerMs)
        this.#at = until
      }
      if (first === undefined || releaseAt > now) return
      this.#held.shift()
      this.#heldCost -= first.cost
    }
  }

  /**
   * Takes the server's word where it contradicts ours. What overlapped with this request may or may not be in its
   * figure, so there is a lowest and a highest number of tokens the answer allows; within them ours stands.
   *
   * A figure above ours is believed only beside a `burst`: then it speaks of a bucket like this one. What is left of
   * a sliding window (ShipBob's `x-remaining-calls`) is no allowance to spend it at once.
   */
  #correct(ticket: Ticket, reading: ThrottleReading, now: number): void {
    const { rate, burst, remaining, retryAfterMs } = reading
    if (isAbove(rate, 0)) this.#ratePerMs = marginal(rate)
    if (isAbove(burst, 0)) this.#burst = burst
    this.#setJitter()
    if (remaining !== undefined && Number.isFinite(remaining) && remaining >= 0) {
      const overlapping = ticket.othersBefore + (this.#total - ticket.total)
      // Servers show whole tokens, rounded down.
      const highest = remaining + 1 + (now - ticket.at) * this.#ratePerMs
      if (this.#tokens > highest) this.#tokens = remaining - this.#underWayCost
      else if (burst !== undefined) this.#tokens = Math.max(this.#tokens, remaining - overlapping)
    }
    this.#tokens = Math.min(this.#tokens, this.#burst - this.#heldCost)
    if (isAbove(retryAfterMs, 0)) this.#blockedUntil = Math.max(this.#blockedUntil, now + retryAfterMs)
  }
}

function isAbove(value: number | undefined, least: number): value is number {
  return value !== undefined && Number.isFinite(value) && value > least
}

function marginal(ratePerSecond: number): number {
  return (ratePerSecond * (1 - driftMargin)) / 1000
}
