import type { HttpAnswer, Limits, ThrottleReading } from '../../src/spec/index.ts'
import { creditsShort } from './errors.ts'
import { Envelope } from './wire.ts'

/**
 * A bucket of 4,004 credits per account, 60 of which come back each second (developer.shiphero.com, Throttling & Quotas).
 * Each document states beforehand what it may cost at most; `user_quota` in the answers says what is left.
 */
export function limitsFor(share: number): Limits {
  return {
    credits: { rate: 60 * share, burst: Math.floor(4004 * share) },
    token: { rate: 1, burst: 5 },
  }
}

/** What an answer says of the credits. The quota is only believed by an account that has it alone (`share` 1). */
export function throttleOf(share: number) {
  return (answer: HttpAnswer): ThrottleReading | null => {
    const parsed = Envelope.safeParse(answer.body)
    if (!parsed.success) return null
    const short = creditsShort(parsed.data)
    if (short) {
      return {
        ...(short.remaining === null ? {} : { remaining: Math.floor(short.remaining * share) }),
        retryAfterMs: short.waitMs,
      }
    }
    const quota = parsed.data.data?.user_quota
    if (!quota) return null
    // ShipHero does not say whether the quota is read before or after this very answer is charged: take the lower.
    const left = Math.max(0, quota.credits_remaining - complexityOf(parsed.data))
    if (share < 1) return { remaining: Math.floor(left * share) }
    return {
      remaining: left,
      ...(quota.max_available > 0 ? { burst: quota.max_available } : {}),
      ...(quota.increment_rate > 0 ? { rate: quota.increment_rate } : {}),
    }
  }
}

function complexityOf({ data }: Envelope): number {
  return Object.values(data ?? {}).reduce<number>((sum, field) => {
    const complexity = (field as { readonly complexity?: unknown } | null)?.complexity
    return typeof complexity === 'number' ? sum + complexity : sum
  }, 0)
}
