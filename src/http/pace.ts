/** What an answer adds to the pace, and a refusal leaves of it: some 35 calls go between two refusals, at three quarters of what is allowed. */
const faster = 1.02
const slower = 0.5
const slowest = 1 / 50

/**
 * How fast to go where a platform publishes no limit: its refusals alone tell. Each one halves the pace, and answers bring it back
 * little by little, so that a share that moves is followed down and up.
 */
export class Pace {
  #share = 1
  #slowedAt = Number.NEGATIVE_INFINITY

  /** Of the limit that was guessed: above 0, at most 1. */
  get share(): number {
    return this.#share
  }

  answered(): void {
    this.#share = Math.min(1, this.#share * faster)
  }

  /** What left before the last change was sent at the faster pace: its refusal says nothing of this one. Epoch milliseconds. */
  refused(leftAt: number, now: number): void {
    if (leftAt < this.#slowedAt) return
    this.#slowedAt = now
    this.#share = Math.max(slowest, this.#share * slower)
  }
}
