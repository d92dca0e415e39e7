import type { HttpAnswer, Limits, ThrottleReading } from '../../src/spec/index.ts'

/**
 * ShipBob counts 150 calls in a sliding window of 60 seconds, per user and application, over all its operations
 * (developer.shipbob.com/rate-limit). A token bucket of `burst` and `rate` sends at most `burst + 60 × rate` in any such
 * window, so the pair is cut from one budget: a sixth of it as burst, the rest as a steady rate. With the default
 * budget of 145: 24 + 60 × 2.0167 = 145. The five calls kept back are 2.5 seconds of jitter on the way.
 */
export function limitsFor(requestsPerMinute: number): Limits {
  const burst = Math.max(1, Math.floor(requestsPerMinute / 6))
  return { api: { rate: (requestsPerMinute - burst) / 60, burst } }
}

const number = (value: string | undefined) => {
  const read = value === undefined || value.trim() === '' ? Number.NaN : Number(value)
  return Number.isFinite(read) && read >= 0 ? read : undefined
}

/** Milliseconds from `x-retry-after` (seconds) and the standard header, which a proxy before ShipBob may send: the longer. */
export function retryAfterMs({ headers }: HttpAnswer): number | undefined {
  const told = [number(headers['x-retry-after']), number(headers['retry-after'])].filter(
    (each) => each !== undefined,
  )
  return told.length === 0 ? undefined : Math.ceil(Math.max(...told) * 1000)
}

/** ShipBob's own word: `x-remaining-calls`, and `x-retry-after` once none remain. */
export function throttleOf(answer: HttpAnswer): ThrottleReading | null {
  const remaining = number(answer.headers['x-remaining-calls'])
  const wait = answer.status === 429 || remaining === 0 ? retryAfterMs(answer) : undefined
  if (remaining === undefined && wait === undefined) return null
  return {
    ...(remaining === undefined ? {} : { remaining }),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  }
}
