import { isStockpoolError } from '../error.ts'
import type { AdapterContext } from '../spec/index.ts'

/** A token that is refused within this time of a new beginning was not old. */
const againAfterMs = 3_600_000

/** How a page is asked for. */
export interface KeptPage {
  /** What is listed, for the log. */
  readonly of: string
  /** The platform's token of the page, as the cursor kept it; `null` or empty for the first page, whose failure is an error. */
  readonly token: string | null | undefined
  /** When the pass last began again, epoch milliseconds, as its cursor keeps it. */
  readonly restartedAt?: number | undefined
}

/**
 * The answer to a page; `null` when the pass is to begin again, because the platform refuses a token that was kept between two calls. For
 * how long such a token is good, most platforms do not say; sent again for ever, it would keep all later news back. A
 * refusal soon after a new beginning has another cause: it is an error, and is told as one until an hour is over.
 * @param asked the call that sends the token
 * @throws StockpoolError what the call threw, when a new beginning would not help
 * @example const answer = await orBeginAgain(context, send(context, …), { of: 'returns', token: cursor.page, restartedAt: cursor.restartedAt })
 */
export async function orBeginAgain<T>(
  { clock, log }: Pick<AdapterContext, 'clock' | 'log'>,
  asked: Promise<T>,
  { of, token, restartedAt }: KeptPage,
): Promise<T | null> {
  try {
    return await asked
  } catch (error) {
    const young = restartedAt !== undefined && Math.abs(clock.now() - restartedAt) < againAfterMs
    if (!token || young || !refusals.some((code) => isStockpoolError(error, code))) throw error
    log.warn('a page token was refused; the pass begins again', { of })
    return null
  }
}

const refusals = ['rejected', 'not_found', 'invalid_input'] as const
