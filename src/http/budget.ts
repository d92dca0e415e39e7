import type { Limit } from '../spec/context.ts'
import { driftMargin } from './bucket.ts'

/** How a platform's bucket is run when several processes spend of it. Rates in tokens a second, times in milliseconds. */
export interface SharedShape {
  readonly rate: number
  readonly burst: number
  /** The platform's own burst: what a cost above `burst` waits for. */
  readonly ceiling: number
  /** So long after it was drawn a token may be spent. */
  readonly keepMs: number
}

/** The whole spread of a shape. */
export const spreadOf = ({ keepMs }: Pick<SharedShape, 'keepMs'>): number => keepMs * 2

/** A shared bucket as it was last seen. Times are epoch milliseconds. */
export interface SharedState extends SharedShape {
  /** As of `at`. */
  readonly tokens: number
  readonly at: number
  readonly blockedUntil: number
}

/** What is asked of a shared bucket: the most that fits of three amounts. */
export interface Wanted {
  readonly most: number
  readonly middle: number
  /** Less than this is of no use. */
  readonly needed: number
}

/** What a platform's answer means for a shared bucket. Absent: as it is. */
export interface BudgetNews {
  readonly shape?: SharedShape
  /** When the bucket holds more than `above`, it holds `left`. */
  readonly lower?: { readonly above: number; readonly left: number }
  /** So much was drawn for a call and not taken by the platform after all. */
  readonly give?: number
  /** Epoch milliseconds. */
  readonly blockedUntil?: number
}

/**
 * Where the processes that talk to one platform at once keep the buckets that they share. Each method fails when the keeping
 * place cannot be reached: then nothing is drawn, and no request goes.
 */
export interface SharedBudget {
  /**
   * Makes a bucket known. What was learned of it stays, as long as the declared limit is the same. `false`: no other process
   * can spend of it, so that it need not be shared.
   */
  open(bucket: string, declared: Limit, shape: SharedShape): Promise<boolean>
  /** `drawn` is 0 when there is too little; `null`: the bucket is not known (any more). */
  draw(
    bucket: string,
    wanted: Wanted,
  ): Promise<{ readonly drawn: number; readonly state: SharedState } | null>
  tell(bucket: string, news: BudgetNews): Promise<SharedState | null>
}

const leastSpreadMs = 60
const mostSpreadMs = 1000
const widestSpreadMs = 10_000

/**
 * The bucket to draw from, so that the sum of all processes stays within the platform's strict one of rate r and burst B.
 *
 * The platform counts a request when it arrives. A token that was drawn at g is spent by g + `keepMs`, and requests differ on
 * their ways by some time more: together the spread E. So what arrives within [a, b] was drawn within [a − E, b]. A bucket
 * of rate r and burst B' gives out at most B' + r × (b − a + E) then; with B' = B − r × E that is B + r × (b − a), what
 * the platform allows. Where B' would be less than 1, single tokens are drawn, 1/r + E apart (or at (B − 1)/E a second, if
 * that is more): then at least 1/r apart they arrive.
 *
 * The spread takes at most half of the bucket, if 60 ms do not take more: a small bucket of a high rate affords little.
 * A token that comes out of a database slower than `keepMs` is not spent. Where that goes on, `atLeastMs` widens the spread.
 */
export function sharedShape(limit: Pick<Limit, 'rate' | 'burst'>, atLeastMs = 0): SharedShape {
  const rate = limit.rate * (1 - driftMargin)
  const affordableMs = ((limit.burst - 1) / rate / 2) * 1000
  const ordinaryMs = Math.min(mostSpreadMs, Math.max(leastSpreadMs, affordableMs))
  const spreadMs = Math.min(widestSpreadMs, Math.max(ordinaryMs, atLeastMs))
  const burst = limit.burst - (rate * spreadMs) / 1000
  const rest = { ceiling: limit.burst, keepMs: spreadMs / 2 }
  if (burst >= 1) return { rate, burst, ...rest }
  const single = Math.max(((limit.burst - 1) * 1000) / spreadMs, 1000 / (1000 / rate + spreadMs))
  return { rate: Math.min(rate, single), burst: Math.min(1, limit.burst), ...rest }
}

/** What a shared bucket holds by now, if nobody else drew. Above `burst` it counts only for a cost above `burst`. */
export const filledBy = ({ tokens, at, rate }: SharedState, now: number): number =>
  tokens + (Math.max(0, now - at) * rate) / 1000

/** Milliseconds until `amount` may be drawn, if nobody else draws; 0: now. */
export function sharedWaitMs(state: SharedState, amount: number, now: number): number {
  const missing = Math.min(amount, state.ceiling) - filledBy(state, now)
  // A bucket that another machine's clock has filled into the future stands still until then.
  const fillMs = missing <= 0 ? 0 : (missing / state.rate) * 1000 + Math.max(0, state.at - now)
  return Math.max(fillMs, state.blockedUntil - now, 0)
}
