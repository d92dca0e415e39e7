import type { ChannelOrder } from '../model/order.ts'
import type { CancelReason, CancelResult } from '../spec/orders.ts'
import { type Again, enqueue, type Job, markInDoubt } from '../store/jobs.ts'
import { tellAttention } from '../store/order-news.ts'
import { addTimeline } from '../store/orders.ts'
import { later, lookAgainMs } from './backoff.ts'
import { observeLater, unsupported } from './jobs-channel.ts'
import { applySnapshot } from './orders-pass.ts'
import { commit, type Pass } from './runtime.ts'

/** A channel that has not decided for so long whether an order is cancelled will not. */
const patienceMs = 2 * 86_400_000

/** Cancels an order on its channel. What the channel then says of the order is what counts. */
export async function cancelOrder(pass: Pass, job: Job): Promise<Again | undefined> {
  const { orders } = pass.connection
  if (!orders?.cancel) throw unsupported(pass, 'cancel orders')
  const { order = '', underway = null, since } = job.payload
  const reason = (job.payload.reason ?? 'other') as CancelReason
  // From here on nobody can be sure that the channel was not asked, also after a crash or when a dead job is replayed.
  await commit(pass, (tx) => markInDoubt(tx, job))
  const repeated = job.inDoubt || job.attempts > 1
  const result = await orders.cancel(pass.context, { order, reason, key: job.key, repeated, underway })
  const { outcome, detail = '' } = result
  const text = {
    stopped: 'cancelled',
    too_late: 'too late to cancel',
    unknown: 'asked to cancel; not decided yet',
  }[outcome]
  const snapshot = await orders.get(pass.context, order)
  await commit(pass, async (tx) => {
    const at = pass.run.at()
    // That it is not decided yet is said once.
    if (outcome !== 'unknown' || since === undefined)
      await addTimeline(tx, pass.name, order, at, {
        text: `${pass.name}: ${text}`,
        facts: { outcome, detail },
      })
    await observeLater(tx, pass.name, result.disturbed ?? [], at)
    if (outcome !== 'too_late' || snapshot?.status === 'cancelled') return
    const reason = `${pass.name} says that it is too late to cancel: what has not shipped will be; stop it at whoever ships it, or agree on a return`
    await tellAttention(tx, pass.name, order, at, [{ line: null, reason }])
  })
  if (snapshot) await applySnapshot(pass, snapshot)
  return outcome === 'unknown' ? undecided(pass, job, result.handle ?? underway) : undefined
}

/** It is asked again, with what the channel gave for it, until it has decided or a person must ask it. */
async function undecided(pass: Pass, { payload }: Job, underway: string | null): Promise<Again | undefined> {
  const { name, run } = pass
  const at = run.at()
  const { order = '', since = at } = payload
  const ageMs = Date.parse(at) - Date.parse(since)
  if (ageMs < patienceMs) {
    const asked: Record<string, string> = { ...payload, since }
    if (underway !== null) asked.underway = underway
    return { runAt: later(at, lookAgainMs(ageMs, 30_000)), payload: asked }
  }
  const reason = `${name} has not decided for two days whether the order is cancelled: see how it stands there`
  await commit(pass, (tx) => tellAttention(tx, name, order, at, [{ line: null, reason }]))
  return undefined
}

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
  { outcome, detail = '', disturbed = [], handle }: CancelResult,
): Promise<void> {
  const what = answer === 'accept' ? 'the request to cancel is accepted' : 'the request to cancel is refused'
  // A refusal decides: the order goes on.
  const waits = answer === 'accept' ? `${what}; not decided yet` : what
  const how = { stopped: what, too_late: `too late: ${what} no more`, unknown: waits }
  const at = pass.run.at()
  await commit(pass, async (tx) => {
    const facts = { answer, outcome, detail }
    await addTimeline(tx, pass.name, order, at, { text: `${pass.name}: ${how[outcome]}`, facts })
    await observeLater(tx, pass.name, disturbed, at)
    // The channel could still refuse it: it is asked like any other cancellation.
    if (outcome === 'unknown' && answer === 'accept' && handle !== undefined) {
      const key = `${pass.name}/${order}`
      const payload = { order, reason: 'customer', since: at, underway: handle }
      const runAt = later(at, lookAgainMs(0, 30_000))
      await enqueue(tx, { connection: pass.name, kind: 'order.cancel', key, payload, at, runAt })
    }
    if (outcome !== 'too_late') return
    const reason = `${pass.name} says that it is too late to answer the request to cancel: see how the order stands there`
    await tellAttention(tx, pass.name, order, at, [{ line: null, reason }])
  })
}
