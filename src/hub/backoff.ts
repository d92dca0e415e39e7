import type { StockpoolError } from '../error.ts'

/**
 * Milliseconds until the next attempt: the server's word if it gave one, else doubling from one second to an hour,
 * each shortened by up to half at random, so that many failures do not come back in one wave.
 */
export function backoffMs(
  attempt: number,
  error: StockpoolError,
  random: () => number = Math.random,
): number {
  const doubling = Math.min(3_600_000, 1000 * 2 ** Math.min(attempt, 20))
  const jittered = doubling * (0.5 + random() / 2)
  return Math.round(Math.max(jittered, error.retryAfterMs ?? 0))
}

/** The longest that a number which must go down waits after a failure, in milliseconds. */
export const lowerWaitMs = 30_000

/**
 * When to ask again, in milliseconds, what became of something that has been open for `ageMs`: soon at first, more seldom the
 * longer it takes, at least once an hour.
 */
export const lookAgainMs = (ageMs: number, soonestMs = 60_000): number =>
  Math.min(3_600_000, Math.max(soonestMs, ageMs / 4))

/** The instant `ms` after another one. */
export function later(at: string, ms: number): string {
  return new Date(Date.parse(at) + ms).toISOString()
}
