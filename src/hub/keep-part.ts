import { isStockpoolError } from '../error.ts'
import type { FulfillmentFacet, FulfillmentOrder } from '../spec/fulfillment.ts'
import type { CancelResult } from '../spec/orders.ts'
import type { Transaction } from '../store/database.ts'
import { lockOrder } from '../store/locks.ts'
import { addTimeline, getOrder } from '../store/orders.ts'
import {
  moveSubmission,
  openAllocations,
  type Submission,
  type SubmissionLine,
  settleStopped,
  submissionsOf,
} from '../store/submissions.ts'
import { lookUp } from './asked.ts'
import { fetchLater, takeNews } from './jobs-fulfillment.ts'
import { covers, react } from './reactions.ts'
import { commit, type Pass } from './runtime.ts'

/**
 * Part of a submission is not wanted any more: a provider that can keep the rest is asked to, so that it goes on with what it
 * may have picked already. `false`: the whole is to be stopped. Of what has begun to leave only a whole cancellation is sure.
 */
export async function keepPart(
  pass: Pass,
  facet: FulfillmentFacet,
  submission: Submission,
  order: FulfillmentOrder,
): Promise<boolean> {
  if (!facet.keep || submission.shipped.length > 0 || order.parcels.length > 0) return false
  // What is to go to another place is wanted back as a whole.
  if (submission.leaving) return false
  const wanted = await pass.run.database.read((tx) => stillWanted(tx, submission))
  if (wanted.length === 0) return false
  const stopped = less(submission.lines, wanted)
  if (stopped.length === 0) {
    await commit(pass, (tx) => goesOn(pass, tx, submission))
    return true
  }
  let result: CancelResult
  try {
    result = await facet.keep(pass.context, { id: order.id, reference: submission.reference }, wanted)
  } catch (error) {
    if (isStockpoolError(error, 'rejected') || isStockpoolError(error, 'unsupported')) return false
    throw error
  }
  const after = await lookUp(pass, facet, submission, order.id)
  if (after !== null && after !== 'nameless') await commit(pass, (tx) => takeNews(pass, tx, after))
  await commit(pass, async (tx) => {
    const { connection, order: id, reference } = submission
    await lockOrder(tx, connection, id)
    const what = stopped.map(({ sku, quantity }) => `${quantity} of ${sku}`).join(', ')
    const text = {
      stopped: `stopped ${what}`,
      too_late: `too late to stop ${what}`,
      unknown: `asked to stop ${what}; not decided yet`,
    }[result.outcome]
    const facts = { reference, stopped, kept: wanted, detail: result.detail ?? '' }
    await addTimeline(tx, connection, id, pass.run.at(), { text: `${pass.name}: ${text}`, facts })
    // Its next news tell: see what `react` makes of them.
    if (result.outcome === 'unknown') return fetchLater(tx, submission, pass.run.at())
    if (result.outcome === 'stopped') await settleStopped(tx, submission, stopped)
    const to = result.outcome === 'stopped' ? 'sent' : 'kept'
    await moveSubmission(tx, submission, { from: ['cancelling'], to, at: pass.run.at() })
    const now = await getOrder(tx, connection, id)
    if (now) await react(pass.run, tx, now)
  })
  return true
}

/** It is wanted again as a whole. */
async function goesOn(pass: Pass, tx: Transaction, submission: Submission): Promise<void> {
  await lockOrder(tx, submission.connection, submission.order)
  await moveSubmission(tx, submission, { from: ['cancelling'], to: 'sent', at: pass.run.at() })
}

/** What of a submission the order still needs there, when all its others stand for what they stand for. */
async function stillWanted(tx: Transaction, submission: Submission): Promise<SubmissionLine[]> {
  const { connection, order, location, reference } = submission
  const open = await openAllocations(tx, connection, order)
  const others = (await submissionsOf(tx, connection, order)).filter(
    (one) => one.location === location && one.reference !== reference,
  )
  return submission.lines.flatMap(({ sku, quantity }) => {
    const need = open.find((row) => row.location === location && row.sku === sku)?.open ?? 0
    const rest = need - others.reduce((sum, one) => sum + covers(one, sku), 0)
    return rest > 0 ? [{ sku, quantity: Math.min(quantity, rest) }] : []
  })
}

function less(lines: readonly SubmissionLine[], kept: readonly SubmissionLine[]): SubmissionLine[] {
  return lines.flatMap(({ sku, quantity }) => {
    const left = quantity - (kept.find((one) => one.sku === sku)?.quantity ?? 0)
    return left > 0 ? [{ sku, quantity: left }] : []
  })
}
