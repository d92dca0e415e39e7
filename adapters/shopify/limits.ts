import type { HttpAnswer, Limits, ThrottleReading } from '../../src/spec/context.ts'
import { throttleWaitMs } from './errors.ts'
import { Envelope } from './wire.ts'

/** The most input rows that Shopify takes in one array, in any mutation. */
export const arrayLimit = 250

/**
 * One bucket of cost points per app and shop. These are the standard plan's numbers; each answer states the shop's
 * own (`extensions.cost.throttleStatus`: 200, 1,000 or 2,000 points a second on dearer plans) and corrects them.
 */
export const limits: Limits = {
  graphql: { rate: 100, burst: 1000, batch: arrayLimit },
  token: { rate: 1, burst: 5 },
  // Of bulk operations: a file store without a stated limit, asked for a megabyte at a time.
  files: { rate: 10, burst: 10 },
}

/** What an answer says of the cost bucket, also when it was refused. */
export function throttle(answer: HttpAnswer): ThrottleReading | null {
  const parsed = Envelope.safeParse(answer.body)
  if (!parsed.success) return null
  const { errors } = parsed.data
  const { throttleStatus: status, actualQueryCost: spent } = parsed.data.extensions?.cost ?? {}
  const refused = Array.isArray(errors) && errors.some(({ extensions }) => extensions?.code === 'THROTTLED')
  if (!status && !refused) return null
  return {
    // A rate of 0 would stop the bucket for ever (microsoft/BCApps#10417).
    ...(status && status.restoreRate > 0 ? { rate: status.restoreRate } : {}),
    ...(status && status.maximumAvailable > 0 ? { burst: status.maximumAvailable } : {}),
    ...(status ? { remaining: Math.max(0, status.currentlyAvailable) } : {}),
    ...(spent == null ? {} : { spent }),
    ...(refused ? { retryAfterMs: throttleWaitMs(parsed.data) } : {}),
  }
}
