/** A token bucket as strict as any platform's: refuses what it does not hold at the moment of arrival. */
export class StrictServer {
  used = 0
  refused = 0
  rate: number
  burst: number
  #tokens: number
  #at = 0

  constructor(rate: number, burst: number) {
    this.rate = rate
    this.burst = burst
    this.#tokens = burst
  }

  remaining(now: number): number {
    this.#tokens = Math.min(this.burst, this.#tokens + ((now - this.#at) * this.rate) / 1000)
    this.#at = now
    return this.#tokens
  }

  /** Another application spends of the same bucket. */
  drain(now: number, cost: number): void {
    this.#tokens = Math.max(0, this.remaining(now) - cost)
  }

  /** What the platform gives from now on. */
  give(now: number, rate: number, burst: number): void {
    this.remaining(now)
    this.rate = rate
    this.burst = burst
  }

  arrive(now: number, cost: number): boolean {
    const fits = this.remaining(now) >= cost
    if (fits) {
      this.#tokens -= cost
      this.used += cost
    } else this.refused += 1
    return fits
  }
}

/** Things to happen at given times, in their order; equal times in the order they were planned. */
export class Agenda {
  now = 0
  #entries: { at: number; order: number; act: () => void }[] = []
  #order = 0

  plan(at: number, act: () => void): void {
    this.#order += 1
    const entry = { at, order: this.#order, act }
    const index = this.#entries.findLastIndex((other) => other.at <= at)
    this.#entries.splice(index + 1, 0, entry)
  }

  run(until: number): void {
    for (;;) {
      const [next] = this.#entries
      if (next === undefined || next.at > until) break
      this.#entries.shift()
      this.now = next.at
      next.act()
    }
    this.now = until
  }
}
