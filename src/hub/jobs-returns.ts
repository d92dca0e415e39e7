import { StockpoolError } from '../error.ts'
import type { Money } from '../model/money.ts'
import type { AdapterContext } from '../spec/context.ts'
import type {
  ArrivedUnits,
  OpenReturnRequest,
  RefundRequest,
  RefundResult,
  ReturnArrival,
  ReturnRef,
  ReturnResult,
  ReturnsFacet,
} from '../spec/returns.ts'
import { type Answer, answersOf, arrivedAs, failAnswer, settleAnswer } from '../store/answers.ts'
import { callDuty } from '../store/connections.ts'
import type { Transaction } from '../store/database.ts'
import { emit } from '../store/events.ts'
import { type AnswerKind, enqueue, type Job } from '../store/jobs.ts'
import { lockOrder } from '../store/locks.ts'
import { tellAttention } from '../store/order-news.ts'
import { addTimeline } from '../store/orders.ts'
import { begin, requestOf } from './begin-answer.ts'
import { checkLater } from './refund-check.ts'
import { fetchJob } from './returns-pass.ts'
import { commit, type Pass } from './runtime.ts'

type Kind = Exclude<AnswerKind, `label.${string}`>
type Result = ReturnResult | RefundResult
/** The call that tells the channel; `undefined` when it cannot be told. */
type Call = (
  facet: ReturnsFacet,
  context: AdapterContext,
  ref: ReturnRef,
  request: never,
) => Promise<Result> | undefined

const calls: Readonly<Record<Kind, Call>> = {
  'return.open': (
    facet,
    context,
    { order, key, repeated },
    request: Pick<OpenReturnRequest, 'lines' | 'note'>,
  ) => facet.open?.(context, { ...request, order, key, repeated: repeated === true }),
  'return.approve': (facet, context, ref) => facet.approve?.(context, ref),
  'return.decline': (facet, context, ref, request: Parameters<NonNullable<ReturnsFacet['decline']>>[1]) =>
    facet.decline?.(context, { ...request, ...ref }),
  'return.receive': (facet, context, ref, request: Pick<ReturnArrival, 'lines'>) =>
    facet.receive?.(context, { ...request, ...ref }),
  'return.close': (facet, context, ref) => facet.close?.(context, ref),
  'order.refund': (facet, context, ref, request: Omit<RefundRequest, 'order' | 'return' | 'key'>) =>
    facet.refund?.(context, { ...request, ...ref, return: ref.return === '' ? null : ref.return }),
}

const words: Readonly<Record<Kind, string>> = {
  'return.open': 'return opened',
  'return.approve': 'return approved',
  'return.decline': 'return declined',
  'return.receive': 'told what arrived',
  'return.close': 'return closed',
  'order.refund': 'refund',
}

/**
 * Tells a channel what the merchant decided, once. That it may have been told is in the store before the call; from then on
 * the adapter reads what the channel has before anything is sent again. What was answered is stored with the answer itself,
 * so that a job that is asked for twice, or runs again after a crash, finds it settled.
 */
export async function answerChannel(pass: Pass, job: Job): Promise<void> {
  const facet = pass.connection.returns
  const answer = await begin(pass, job)
  if (answer === null) return
  const kind = job.kind as Kind
  const ref = {
    order: answer.order,
    return: answer.return ?? '',
    key: `${answer.kind}/${answer.key}`,
    repeated: answer.repeated,
    ...(kind === 'order.refund' ? { others: await otherRefunds(pass, answer) } : {}),
    ...(kind === 'return.receive' ? { before: await arrivedBefore(pass, answer) } : {}),
  }
  const called = facet && calls[kind](facet, pass.context, ref, requestOf(pass, answer) as never)
  if (called === undefined) {
    throw new StockpoolError('unsupported', `${pass.name} (${pass.connection.kind}) cannot be told of it`, {
      remedy: 'Do it on the platform itself; its news will be read.',
    })
  }
  const result = await called
  await commit(pass, (tx) => settle(pass, tx, { ...answer, kind }, result))
}

async function otherRefunds({ run, name }: Pass, { order, key }: Answer): Promise<string[]> {
  const known = await run.database.read((tx) => answersOf(tx, name, order))
  const others = known.filter((one) => one.kind === 'order.refund' && one.key !== key)
  return others.flatMap(({ facts }) => (typeof facts.reference === 'string' ? [facts.reference] : []))
}

async function arrivedBefore(
  { run, name }: Pass,
  { order, key, return: id }: Answer,
): Promise<ArrivedUnits[]> {
  const known = await run.database.read((tx) => answersOf(tx, name, order))
  return known
    .filter((one) => one.kind === 'return.receive' && one.return === id && one.key !== key)
    .filter(({ state }) => state === 'done' || state === 'pending')
    .flatMap(({ facts }) => facts.lines as Omit<ArrivedUnits, 'disposition'>[])
    .map((units) => ({ ...units, disposition: arrivedAs }))
}

async function settle(
  pass: Pass,
  tx: Transaction,
  answer: Answer & { readonly kind: Kind },
  result: Result,
): Promise<void> {
  const { run, name: connection } = pass
  const { kind, key, order } = answer
  const at = run.at()
  await lockOrder(tx, connection, order)
  const id = ('return' in result ? result.return : undefined) ?? answer.return
  const money = 'reference' in result ? { reference: result.reference, amount: result.amount } : {}
  const told = { outcome: result.outcome, detail: result.detail ?? '', ...money }
  await settleAnswer(tx, answer, { state: result.outcome, return: id, facts: told, at })
  const how = {
    done: words[kind],
    pending: `${words[kind]}: asked for; not decided yet`,
    too_late: `${words[kind]}: too late, it stands otherwise by now`,
  }[result.outcome]
  const facts = { kind, key, return: id, ...told }
  await addTimeline(tx, connection, order, at, { text: `${connection}: ${how}`, facts })
  if (result.outcome === 'too_late') {
    const reason = `${connection} says that it is too late: ${words[kind]} was not possible; see how return ${id} stands there`
    await tellAttention(tx, connection, order, at, [{ line: null, reason }])
  } else if (kind === 'order.refund') {
    const { reference = null, amount = null } = money as { reference?: string | null; amount?: Money | null }
    await emit(tx, at, 'order.refunded', {
      connection,
      order,
      return: id,
      key,
      outcome: result.outcome,
      reference,
      amount,
    })
    if (result.outcome === 'pending' && reference !== null) await checkLater(pass, tx, { order, key })
  }
  // What the channel then says of the return is what counts.
  if (id !== null && pass.connection.returns?.get) await enqueue(tx, fetchJob(pass, id))
  else await callDuty(tx, connection, 'returns')
}

/** A decision that was given up is a person's: money, or a buyer who waits. */
export async function giveUpAnswer(
  pass: Pass,
  tx: Transaction,
  job: Job,
  { code, message }: StockpoolError,
): Promise<void> {
  const { name: connection } = pass
  const which = { connection, kind: job.kind as AnswerKind, key: job.payload.key ?? '' }
  const answer = await failAnswer(tx, which)
  if (answer === null) return
  const what = `${which.kind} ${which.key}`
  const reason =
    code === 'unknown_outcome'
      ? `${connection} gave no answer to ${what}, and cannot say what became of it: see there whether it was done; if it was not, replay job ${job.id}`
      : `${what} was given up: ${connection}: ${message}`
  await tellAttention(tx, connection, answer.order, pass.run.at(), [{ line: null, reason }])
}
