import { isStockpoolError, StockpoolError } from '../error.ts'
import { type BegunAnswer, beginAnswer, isSettled } from '../store/answers.ts'
import type { AnswerKind, Job } from '../store/jobs.ts'
import { gone } from './jobs-pass.ts'
import { commit, type Pass } from './runtime.ts'

/** What cannot be taken back, and costs when it is done twice. */
const once: ReadonlySet<AnswerKind> = new Set<AnswerKind>(['order.refund', 'return.open', 'label.buy'])

/** So long, at least, platforms may take to show what they did. */
const quietMs = 60_000

/**
 * What a job is to tell its channel; `null` when it was told before. That the call may have gone out is in the store before it
 * goes. What costs is not looked up, let alone sent, while an earlier call may still be under way: that of a worker which lost
 * its duty in the middle of it, or one whose effect a lagging list does not show yet.
 */
export async function begin(pass: Pass, job: Job): Promise<BegunAnswer | null> {
  const { run, name: connection } = pass
  const which = { connection, kind: job.kind as AnswerKind, key: job.payload.key ?? '' }
  const quiet = once.has(which.kind) ? Math.max(quietMs, 2 * run.requestTimeoutMs) : 0
  const answer = await commit(pass, (tx) =>
    beginAnswer(tx, which, { at: run.at(), by: run.owner, quietMs: quiet }),
  )
  const what = `${which.kind} ${which.key}`
  if (answer === null) throw gone(what)
  if (isSettled(answer)) return null
  if (answer.waitMs > 0) {
    throw new StockpoolError('unavailable', `an earlier call of ${what} may still be under way`, {
      retryAfterMs: answer.waitMs,
    })
  }
  return answer
}

/** What is to be sent, with the merchant's own words as far as they are kept. */
export function requestOf(pass: Pass, { request, words }: BegunAnswer): unknown {
  if (words === null) return request
  try {
    return { ...request, ...JSON.parse(pass.run.vault.reveal(words)) }
  } catch (error) {
    // Another key stops this one job, not the store that it is read from.
    if (!isStockpoolError(error) || error.field !== 'encryptionKey') throw error
    const { message, field } = error
    throw new StockpoolError('invalid_input', message, {
      field,
      remedy: `${error.remedy} Then replay the job.`,
    })
  }
}
