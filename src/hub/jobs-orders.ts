import type { ChannelOrder } from '../model/order.ts'
import type { CancelResult } from '../spec/orders.ts'
import { type Job, markInDoubt } from '../store/jobs.ts'
import { tellAttention } from '../store/order-news.ts'
import { addTimeline } from '../store/orders.ts'
import { observeLater, unsupported } from './jobs-channel.ts'
import { applySnapshot } from './orders-pass.ts'
import { commit, type Pass } from './runtime.ts'

/** Tells a channel that an order was taken in. It may be told again. */
export async function acknowledgeOrder(pass: Pass, job: Job): Promise<void> {
  const { orders } = pass.connection
  if (!orders?.acknowledge) return
  const order = job.payload.order ?? ''
  await orders.acknowledge(pass.context, order)
  const text = `${pass.name} knows that the order was taken in`
  await commit(pass, (tx) => addTimeline(tx, pass.name, order, pass.run.at(), { text, facts: {} }))
}

/**
 * Accepts or refuses a buyer's request to cancel. When nobody knows whether the channel was told, it is asked first: a request
 * that it does not show any more is answered.
 */
export async function answerCancelRequest(pass: Pass, job: Job): Promise<void> {
  const { orders } = pass.connection
  if (!orders?.answerCancelRequest) throw unsupported(pass, 'take an answer to a request to cancel')
  const { order = '', answer = '' } = job.payload
  const repeated = job.inDoubt || job.attempts > 1
  const before = repeated ? await orders.get(pass.context, order) : null
  if (before !== null && isAnswered(before)) {
    await tellAnswer(pass, order, answer, { outcome: 'stopped', detail: 'answered before' })
    return applySnapshot(pass, before)
  }
  await commit(pass, (tx) => markInDoubt(tx, job))
  const result = await orders.answerCancelRequest(pass.context, order, answer === 'accept')
  const snapshot = await orders.get(pass.context, order)
  await tellAnswer(pass, order, answer, result)
  if (snapshot) await applySnapshot(pass, snapshot)
}

const isAnswered = ({ cancelRequested, status }: ChannelOrder) =>
  cancelRequested === null || status === 'cancelled'

async function tellAnswer(
  pass: Pass,
  order: string,
  answer: string,
  { outcome, detail = '', disturbed = [] }: CancelResult,
): Promise<void> {
  const what = answer === 'accept' ? 'the request to cancel is accepted' : 'the request to cancel is refused'
  const how = { stopped: what, too_late: `too late: ${what} no more`, unknown: `${what}; not decided yet` }
  const at = pass.run.at()
  await commit(pass, async (tx) => {
    const facts = { answer, outcome, detail }
    await addTimeline(tx, pass.name, order, at, { text: `${pass.name}: ${how[outcome]}`, facts })
    await observeLater(tx, pass.name, disturbed, at)
    if (outcome !== 'too_late') return
    const reason = `${pass.name} says that it is too late to answer the request to cancel: see how the order stands there`
    await tellAttention(tx, pass.name, order, at, [{ line: null, reason }])
  })
}
