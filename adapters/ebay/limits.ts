import { z } from 'zod'
import type { HttpAnswer, Limit, Limits, RevisionLimit, ThrottleReading } from '../../src/spec/index.ts'

/**
 * eBay counts calls per application and calendar day, one number for each API, and states no rate within the day. Each
 * quota is spread over the day here, with a burst on top that is a small share of it. Sources, as numbers a day:
 * Inventory 2,000,000 and Fulfillment 100,000 (developer.ebay.com/develop/get-started/api-call-limits, by a third party's
 * reading), Trading 5,000 (same), Notification 10,000 and Analytics 5,000 (same page). Post-Order, key management and
 * the token endpoint state none: ours only keep a fault from hammering. getRateLimits corrects the first three.
 */
export const dailyQuotas = {
  fulfillment: 100_000,
  inventory: 2_000_000,
  trading: 5_000,
  postOrder: 10_000,
  notification: 10_000,
  analytics: 5_000,
} as const

const dayS = 86_400

const spread = (quota: number, burst: number) => ({ rate: (quota - burst) / dayS, burst })

/** How many rows one call carries. */
export const batches = { inventory: 25, trading: 4 } as const

/**
 * "Regardless of the API used, active listings can only be revised a maximum of 250 times per calendar day"
 * (https://developer.ebay.com/develop/guides/listing-management), variations with their listing. eBay does not say in which zone; the
 * day of its call limits begins at midnight in California (ApiAccessRuleType of the Trading API).
 */
export const revisions = {
  most: 250,
  spare: 50,
  zone: 'America/Los_Angeles',
} as const satisfies RevisionLimit

/** The rate limits by API. */
export const limits = {
  fulfillment: spread(dailyQuotas.fulfillment, 500),
  inventory: { ...spread(dailyQuotas.inventory, 500), batch: batches.inventory },
  trading: { ...spread(dailyQuotas.trading, 250), batch: batches.trading },
  postOrder: spread(dailyQuotas.postOrder, 500),
  notification: spread(dailyQuotas.notification, 200),
  analytics: spread(dailyQuotas.analytics, 50),
  keys: { rate: 0.05, burst: 10 },
  token: { rate: 0.2, burst: 10 },
} as const satisfies Limits

export type EbayBucket = keyof typeof limits

/** The same for a connection that may spend a part of what its application has. */
export function limitsFor(share: number): Limits {
  const part = ({ rate, burst, ...rest }: Limit): Limit => ({
    ...rest,
    rate: rate * share,
    burst: Math.max(1, Math.floor(burst * share)),
  })
  return Object.fromEntries(Object.entries(limits).map(([bucket, limit]) => [bucket, part(limit)]))
}

/** The APIs whose quota is read, by what getRateLimits calls them. */
export const quotaNames = {
  fulfillment: { api_context: 'sell', api_name: 'fulfillment' },
  inventory: { api_context: 'sell', api_name: 'inventory' },
  trading: { api_context: 'tradingapi', api_name: 'tradingapi' },
} as const satisfies Partial<Record<EbayBucket, Readonly<Record<string, string>>>>

export type QuotaBucket = keyof typeof quotaNames

/** Built when it is first needed. The sandbox answers placeholder texts in place of numbers and times: all is optional. */
export const RateLimitsAnswer = () =>
  z.union([
    z.object({
      rateLimits: z
        .array(
          z.object({
            resources: z
              .array(
                z.object({
                  rates: z
                    .array(
                      z.object({
                        limit: z.number().optional().catch(undefined),
                        remaining: z.number().optional().catch(undefined),
                        reset: z.string().optional().catch(undefined),
                      }),
                    )
                    .nullish(),
                }),
              )
              .nullish(),
          }),
        )
        .nullish(),
    }),
    // 204, without a body: no calls were made yet.
    z.literal('').transform(() => ({ rateLimits: [] })),
  ])

/** What is left of a day's quota. */
export interface Quota {
  readonly limit: number
  readonly remaining: number
  /** When the count begins anew, epoch milliseconds. */
  readonly resetAt: number
}

/** The scarcest quota that an answer of getRateLimits names; `null` when it names none that can be read. */
export function quotaOf(body: unknown): Quota | null {
  const parsed = RateLimitsAnswer().safeParse(body)
  if (!parsed.success) return null
  const quotas = (parsed.data.rateLimits ?? [])
    .flatMap(({ resources }) => resources ?? [])
    .flatMap(({ rates }) => rates ?? [])
    .flatMap(({ limit, remaining, reset }): Quota[] => {
      const resetAt = Date.parse(reset ?? '')
      if (limit === undefined || limit <= 0 || remaining === undefined || Number.isNaN(resetAt)) return []
      return [{ limit, remaining: Math.max(0, remaining), resetAt }]
    })
  return quotas.sort((a, b) => a.remaining / a.limit - b.remaining / b.limit)[0] ?? null
}

/** What is left, or a share of it, spread over what is left of the day: a reading for the API's own bucket. */
export function budget(quota: Quota, now: number, share = 1): ThrottleReading {
  const leftS = Math.max(60, (quota.resetAt - now) / 1000)
  const spent = quota.remaining < 1 && quota.resetAt > now
  const own = Math.floor(quota.remaining * share)
  return {
    rate: Math.max(own, 1) / leftS,
    remaining: own,
    ...(spent ? { retryAfterMs: quota.resetAt - now } : {}),
  }
}

export function throttleOf(now: number, share: number): (answer: HttpAnswer) => ThrottleReading | null {
  return ({ status, body }) => {
    const quota = status >= 200 && status < 300 ? quotaOf(body) : null
    return quota === null ? null : budget(quota, now, share)
  }
}
