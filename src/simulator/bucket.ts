import type { Clock } from '../spec/context.ts'

/** What a server-side limit says to one request. */
export interface Take {
  readonly ok: boolean
  /** What is left after this take, never below 0. */
  readonly remaining: number
  /** 0 when `ok`; else how long until the same take can pass, in whole milliseconds. */
  readonly retryAfterMs: number
}

// Refilling in fractions leaves errors of about 1e-10; a client that waits exactly long enough must pass.
const tolerance = 1e-6

/**
 * A strict token bucket per key, as platforms keep one per application and account: `rate` tokens a second come
 * back, up to `burst`. A refused take costs nothing. A cost above `burst` never passes.
 * @example
 * const bucket = new ServerBucket(clock, { rate: 5, burst: 10 })
 * const { ok, retryAfterMs } = bucket.take(sellerId)
 */
export class ServerBucket {
  readonly rate: number
  readonly burst: number
  readonly #clock: Clock
  readonly #levels = new Map<string, { tokens: number; at: number }>()

  constructor(clock: Clock, limit: { readonly rate: number; readonly burst: number }) {
    this.#clock = clock
    this.rate = limit.rate
    this.burst = limit.burst
  }

  take(key = '', cost = 1): Take {
    const level = this.#level(key)
    if (level.tokens + tolerance >= cost) {
      level.tokens = Math.max(0, level.tokens - cost)
      return { ok: true, remaining: level.tokens, retryAfterMs: 0 }
    }
    const missing = Math.min(cost, this.burst) - level.tokens
    const retryAfterMs = Math.max(1, Math.ceil(((missing - tolerance) / this.rate) * 1000))
    return { ok: false, remaining: level.tokens, retryAfterMs }
  }

  /** Tokens left now. */
  remaining(key = ''): number {
    return this.#level(key).tokens
  }

  /** Gives tokens back, where the platform charges an estimate first and the true cost afterwards. */
  give(key: string, tokens: number): void {
    const level = this.#level(key)
    level.tokens = Math.min(this.burst, Math.max(0, level.tokens + tokens))
  }

  #level(key: string): { tokens: number; at: number } {
    const now = this.#clock.now()
    const level = this.#levels.get(key) ?? { tokens: this.burst, at: now }
    const elapsed = Math.max(0, now - level.at)
    level.tokens = Math.min(this.burst, level.tokens + (elapsed * this.rate) / 1000)
    level.at = now
    this.#levels.set(key, level)
    return level
  }
}

/**
 * A sliding window per key: at most `limit` in any `windowMs` (ShipBob: 150 in 60,000). A refused take is not
 * counted.
 */
export class SlidingWindow {
  readonly limit: number
  readonly windowMs: number
  readonly #clock: Clock
  readonly #taken = new Map<string, { at: number; cost: number }[]>()

  constructor(clock: Clock, window: { readonly limit: number; readonly windowMs: number }) {
    this.#clock = clock
    this.limit = window.limit
    this.windowMs = window.windowMs
  }

  take(key = '', cost = 1): Take {
    const now = this.#clock.now()
    const taken = this.#recent(key, now)
    const used = taken.reduce((sum, entry) => sum + entry.cost, 0)
    if (used + cost <= this.limit) {
      taken.push({ at: now, cost })
      return { ok: true, remaining: this.limit - used - cost, retryAfterMs: 0 }
    }
    return { ok: false, remaining: this.limit - used, retryAfterMs: this.#wait(taken, used, cost, now) }
  }

  remaining(key = ''): number {
    const taken = this.#recent(key, this.#clock.now())
    return this.limit - taken.reduce((sum, entry) => sum + entry.cost, 0)
  }

  #recent(key: string, now: number): { at: number; cost: number }[] {
    const kept = (this.#taken.get(key) ?? []).filter(({ at }) => at > now - this.windowMs)
    this.#taken.set(key, kept)
    return kept
  }

  #wait(taken: readonly { at: number; cost: number }[], used: number, cost: number, now: number): number {
    let over = used + Math.min(cost, this.limit) - this.limit
    for (const entry of taken) {
      over -= entry.cost
      if (over <= 0) return Math.max(1, Math.ceil(entry.at + this.windowMs - now))
    }
    return this.windowMs
  }
}
