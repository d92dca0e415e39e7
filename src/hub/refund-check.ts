import type { StockpoolError } from '../error.ts'
import type { RefundState } from '../spec/returns.ts'
import { type Answer, getAnswer, settleAnswer, undoAnswer } from '../store/answers.ts'
import { callDuty } from '../store/connections.ts'
import type { Transaction } from '../store/database.ts'
import { emit } from '../store/events.ts'
import { type Again, enqueue, type Job } from '../store/jobs.ts'
import { lockOrder } from '../store/locks.ts'
import { tellAttention } from '../store/order-news.ts'
import { addTimeline } from '../store/orders.ts'
import { later, lookAgainMs } from './backoff.ts'
import { commit, type Pass } from './runtime.ts'

/** A channel that has not decided for so long will not. */
const patienceMs = 7 * 86_400_000

/** Has a refund looked at that its channel took and had not decided, where the channel can be asked. */
export async function checkLater(
  { run, name: connection, connection: { returns } }: Pass,
  tx: Transaction,
  { order, key }: Pick<Answer, 'order' | 'key'>,
): Promise<void> {
  if (!returns?.checkRefund) return
  const at = run.at()
  await enqueue(tx, {
    connection,
    kind: 'refund.check',
    key: `${connection}/${key}`,
    payload: { key, order },
    at,
    runAt: later(at, lookAgainMs(0)),
  })
}

/** Asks what became of a pending refund, until the channel has decided. Looks only: nothing is paid here. */
export async function checkRefund(pass: Pass, job: Job): Promise<Again | undefined> {
  const { run, name: connection } = pass
  const which = { connection, kind: 'order.refund', key: job.payload.key ?? '' } as const
  const answer = await run.database.read((tx) => getAnswer(tx, which))
  const reference = answer?.facts.reference
  const { returns } = pass.connection
  if (answer?.state !== 'pending' || typeof reference !== 'string' || !returns?.checkRefund) return
  const { order, return: id, key } = answer
  const refund = { order, return: id, key: `${answer.kind}/${key}`, reference }
  const state = await returns.checkRefund(pass.context, refund)
  const { outcome } = state
  if (outcome !== 'pending') {
    await commit(pass, (tx) => decided(pass, tx, answer, { ...state, outcome }))
    return
  }
  const ageMs = run.clock.now() - Date.parse(answer.settledAt ?? answer.askedAt)
  if (ageMs < patienceMs) return { runAt: later(run.at(), lookAgainMs(ageMs)) }
  const reason = `${connection} has not decided for a week whether it pays back refund ${key} (${reference}): ask it there`
  await commit(pass, (tx) => tellAttention(tx, connection, order, run.at(), [{ line: null, reason }]))
}

type Decided = RefundState & { readonly outcome: Exclude<RefundState['outcome'], 'pending'> }

async function decided(pass: Pass, tx: Transaction, asked: Answer, state: Decided): Promise<void> {
  const { run, name: connection } = pass
  const { order, return: id, key } = asked
  const { outcome, detail = '' } = state
  const at = run.at()
  await lockOrder(tx, connection, order)
  // It may have been decided, and even asked for anew, while the channel was being asked.
  const answer = await getAnswer(tx, asked)
  if (answer?.state !== 'pending' || answer.settledAt !== asked.settledAt) return
  const reference = String(answer.facts.reference)
  const amount = state.amount ?? (answer.facts.amount as RefundState['amount'])
  const facts = { outcome, detail, amount }
  const text = {
    done: 'refund paid',
    refused: 'refund refused',
    unknown: 'refund: it cannot tell whether it was paid',
  }[outcome]
  await addTimeline(tx, connection, order, at, {
    text: `${connection}: ${text}`,
    facts: { kind: answer.kind, key, return: id, reference, ...facts },
  })
  const about = { connection, order, return: id, key }
  if (outcome === 'done') {
    await settleAnswer(tx, answer, { state: 'done', return: id, facts, at })
    await emit(tx, at, 'order.refunded', { ...about, outcome, reference, amount })
    return callDuty(tx, connection, 'returns')
  }
  const certain = outcome === 'refused'
  await undoAnswer(tx, answer, { facts, notDone: certain })
  await emit(tx, at, 'order.refund_failed', { ...about, certain, detail })
  const reason = certain
    ? `${connection} refused refund ${key} after it had taken it (${detail}): put right what it says and ask for it again, or pay back there`
    : `${connection} cannot tell whether it paid back refund ${key} (${detail}): see there, and if nothing was paid, ask for it under another key`
  await tellAttention(tx, connection, order, at, [{ line: null, reason }])
}

/** Nobody could ask any more. The refund stays pending, and is a person's. */
export async function giveUpRefund(
  pass: Pass,
  tx: Transaction,
  job: Job,
  { message }: StockpoolError,
): Promise<void> {
  const { key = '', order = '' } = job.payload
  const reason = `what became of refund ${key} could not be asked of ${pass.name} (${message}): see there, or replay job ${job.id}`
  await tellAttention(tx, pass.name, order, pass.run.at(), [{ line: null, reason }])
}
