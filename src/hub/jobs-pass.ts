import { StockpoolError, toStockpoolError } from '../error.ts'
import type { Connection } from '../spec/connection.ts'
import type { Transaction } from '../store/database.ts'
import {
  type Again,
  buryJob,
  finishJob,
  type Job,
  type JobKind,
  postponeJob,
  retryJob,
  takeJobs,
} from '../store/jobs.ts'
import { backoffMs, later } from './backoff.ts'
import { confirmShipment, correctShipment, fetchOrder, observeListing } from './jobs-channel.ts'
import { cancelFulfillment, fetchFulfillment, submitFulfillment } from './jobs-fulfillment.ts'
import { assignOrder, holdOrder } from './jobs-holds.ts'
import { buyLabel, voidLabel } from './jobs-labels.ts'
import { acknowledgeOrder, answerCancelRequest, cancelOrder } from './jobs-orders.ts'
import { answerChannel, giveUpAnswer } from './jobs-returns.ts'
import { trackLabel } from './label-tracking.ts'
import { quoteOrder } from './quotes.ts'
import { checkRefund, giveUpRefund } from './refund-check.ts'
import { fetchReturn } from './returns-pass.ts'
import { allDone, commit, type Pass } from './runtime.ts'
import { fetchTracking, followParcel } from './tracking-pass.ts'

/**
 * Does one job. It stores its outcome in one transaction with whatever follows from it; throwing means "not done": the
 * error says whether to come back.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: most jobs end with their run, and answer nothing.
export type JobHandler = (pass: Pass, job: Job) => Promise<Again | void>

const handlers: Readonly<Record<JobKind, JobHandler>> = {
  'order.fetch': fetchOrder,
  'order.cancel': cancelOrder,
  'order.quote': quoteOrder,
  'fulfillment.submit': submitFulfillment,
  'fulfillment.cancel': cancelFulfillment,
  'fulfillment.fetch': fetchFulfillment,
  'shipment.confirm': confirmShipment,
  'shipment.correct': correctShipment,
  'listing.observe': observeListing,
  'order.acknowledge': acknowledgeOrder,
  'order.answer_cancel': answerCancelRequest,
  'order.hold': holdOrder,
  'order.assign': assignOrder,
  'return.fetch': fetchReturn,
  'return.open': answerChannel,
  'return.approve': answerChannel,
  'return.decline': answerChannel,
  'return.receive': answerChannel,
  'return.close': answerChannel,
  'order.refund': answerChannel,
  'refund.check': checkRefund,
  'label.buy': buyLabel,
  'label.void': voidLabel,
  'tracking.follow': followParcel,
  'tracking.fetch': fetchTracking,
  'tracking.label': trackLabel,
}

/** What else is stored when a job is given up. */
const givenUp: Readonly<
  Partial<Record<JobKind, (pass: Pass, tx: Transaction, job: Job, error: StockpoolError) => Promise<void>>>
> = {
  'return.open': giveUpAnswer,
  'return.approve': giveUpAnswer,
  'return.decline': giveUpAnswer,
  'return.receive': giveUpAnswer,
  'return.close': giveUpAnswer,
  'order.refund': giveUpAnswer,
  'refund.check': giveUpRefund,
  'label.buy': giveUpAnswer,
  'label.void': giveUpAnswer,
}

const atOnce = 8
/** How soon a lane that has nothing to do is looked at again while another one is at work. */
const lookMs = 1000

/** Jobs that are done side by side, so many at once: those of one kind, or all `except` some. */
interface Lane {
  readonly only?: readonly JobKind[]
  readonly except?: readonly JobKind[]
  readonly limit: number
}

const joined = { acknowledge: 'order.acknowledge', cancel: 'order.cancel', refund: 'order.refund' } as const

/** What an adapter sends on together has a lane of its own: it waits for its turn there, and keeps nothing else waiting. */
function lanesOf({ together = {} }: Connection): readonly Lane[] {
  const calls = Object.keys(together) as (keyof typeof joined)[]
  const own = calls.map(
    (call): Lane => ({ only: [joined[call]], limit: Math.max(atOnce, together[call] ?? 0) }),
  )
  return [{ except: calls.map((call) => joined[call]), limit: atOnce }, ...own]
}

/** Does every job of a connection that is due, a few at a time; a failing one never stops the others. */
export async function doJobs(pass: Pass): Promise<void> {
  const lanes = lanesOf(pass.connection)
  const atWork = new Map<Lane, Promise<void>>()
  // What stops one lane, such as a refused credential, would stop the others too.
  const failures: unknown[] = []
  try {
    while (!pass.signal.aborted && failures.length === 0) {
      for (const lane of lanes) {
        const jobs = atWork.has(lane) ? [] : await take(pass, lane)
        if (jobs.length === 0) continue
        const work = allDone(jobs.map((job) => doJob(pass, job)))
        const over = () => void atWork.delete(lane)
        atWork.set(lane, work.catch((error) => void failures.push(error)).finally(over))
      }
      if (atWork.size === 0) break
      // While a lane is free, something may become due for it.
      const free = atWork.size < lanes.length
      await someOver(pass, [...atWork.values()], free ? lookMs : Number.POSITIVE_INFINITY)
    }
  } finally {
    // Nothing goes on behind the pass's back.
    await Promise.all(atWork.values())
  }
  if (failures.length > 0) throw failures[0]
}

function take(pass: Pass, lane: Lane): Promise<Job[]> {
  const { run, name } = pass
  const at = run.at()
  const until = later(at, run.leaseMs * 4)
  return commit(pass, (tx) => takeJobs(tx, { connection: name, owner: run.owner, at, until, ...lane }))
}

/** Until one of them is over, or so long. */
async function someOver({ run, signal }: Pass, work: readonly Promise<void>[], ms: number): Promise<void> {
  if (ms === Number.POSITIVE_INFINITY) return await Promise.race(work)
  const stop = new AbortController()
  const sleep = run.clock.sleep(ms, AbortSignal.any([signal, stop.signal])).catch(() => undefined)
  await Promise.race([sleep, ...work])
  stop.abort()
}

async function doJob(pass: Pass, job: Job): Promise<void> {
  try {
    const again = await handlers[job.kind](pass, job)
    const at = pass.run.at()
    await commit(pass, (tx) => (again ? postponeJob(tx, job, again, at) : finishJob(tx, job, at)))
  } catch (thrown) {
    await failJob(pass, job, toStockpoolError(thrown))
  }
}

/** One place decides what a failure means: come back later, stop the connection, or ask a person. */
async function failJob(pass: Pass, job: Job, error: StockpoolError): Promise<void> {
  if (error.code === 'lease_lost' || error.code === 'database') throw error
  const { run } = pass
  const at = run.at()
  const comesBack = error.retryable || error.code === 'auth' || error.code === 'aborted'
  const counts = error.code !== 'rate_limited' && error.code !== 'auth' && error.code !== 'aborted'
  const inDoubt = job.inDoubt || error.code === 'unknown_outcome' || error.code === 'aborted'
  await commit(pass, async (tx) => {
    if (comesBack && (!counts || job.attempts < run.maxAttempts)) {
      const runAt = error.code === 'aborted' ? at : later(at, backoffMs(job.attempts, error))
      await retryJob(tx, job, error, { runAt, counts, inDoubt })
    } else {
      const buried = await buryJob(tx, job, error, at)
      if (buried) await givenUp[job.kind]?.(pass, tx, job, error)
    }
  })
  if (error.code === 'aborted') return
  pass.report.jobsFailed++
  run.log.warn('a job failed', {
    connection: pass.name,
    kind: job.kind,
    key: job.key,
    attempts: job.attempts,
    code: error.code,
  })
  if (error.code === 'auth') throw error
}

/** The row that a job names is not there (any more). */
export const gone = (what: string) => new StockpoolError('not_found', `${what} is not in the store`)
