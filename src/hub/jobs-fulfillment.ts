import { isStockpoolError, StockpoolError } from '../error.ts'
import type { Order } from '../model/order.ts'
import type { FulfillmentFacet, FulfillmentOrder } from '../spec/fulfillment.ts'
import type { Transaction } from '../store/database.ts'
import { emit } from '../store/events.ts'
import { enqueue, type Job, markInDoubt, payloadOf } from '../store/jobs.ts'
import { lockOrder } from '../store/locks.ts'
import { tellAttention } from '../store/order-news.ts'
import { addTimeline, applyProviderOrder, getOrder, keepPayload } from '../store/orders.ts'
import { parcelsToConfirm } from '../store/parcels.ts'
import {
  getSubmission,
  markLeaving,
  moveSubmission,
  type Submission,
  submissionsOf,
} from '../store/submissions.ts'
import { askForId, lookUp, madeAnew, tellWrongId } from './asked.ts'
import { later } from './backoff.ts'
import { requestFor } from './fulfillment-request.ts'
import { correctLater } from './jobs-channel.ts'
import { gone } from './jobs-pass.ts'
import { keepPart } from './keep-part.ts'
import { askBack, askFor, react } from './reactions.ts'
import { leavingUnits } from './reroute.ts'
import { commit, type Pass } from './runtime.ts'
import { followNewParcels } from './tracking-pass.ts'

const askAgainMs = 60_000
/** So long an order must stay absent before it counts as never given: lists lag, and a call may still be under way. */
const absentMs = 3 * askAgainMs

/** So long the reference of an order that may be there is sure to be taken; a provider may forget it once the order is over. */
const againMs = 24 * 3_600_000

/**
 * Gives an order to the provider, once. The intent is in the store before the call; after a lost answer the provider is
 * asked by reference before anything is sent again.
 */
export async function submitFulfillment(pass: Pass, job: Job): Promise<void> {
  const facet = facetOf(pass)
  const asked = await commit(pass, async (tx) => {
    const submission = await submissionOf(tx, pass, job)
    const goesOn = await moveSubmission(tx, submission, {
      from: ['intended', 'sending', 'rejected'],
      to: 'sending',
      // Since when it may be there: a repeat is no new beginning.
      at: submission.state === 'sending' ? submission.stateAt : pass.run.at(),
    })
    // Known to the provider already, or wanted back: the job that cancels it asks whether it ever arrived.
    if (!goesOn) return null
    await markInDoubt(tx, job)
    const told = await payloadOf(tx, 'fulfillment.fetch', job.key)
    const id = job.payload.id ?? told?.id ?? null
    return { submission, id, request: await requestFor(pass, tx, submission) }
  })
  if (asked === null) return
  const { submission, id, request } = asked
  try {
    const known = await knownBefore(pass, facet, { job, submission, id })
    if (known === 'nameless' && pass.run.clock.now() - Date.parse(submission.stateAt) > againMs)
      return await commit(pass, (tx) => askForId(tx, submission, pass.run.at()))
    // What cannot be looked up is safe to submit again: the reference is unique there.
    const order = known === null || known === 'nameless' ? await facet.submit(pass.context, request) : known
    await commit(pass, (tx) => takeNews(pass, tx, order))
    pass.report.submitted++
  } catch (error) {
    if (
      isStockpoolError(error) &&
      !error.retryable &&
      (error.code === 'rejected' || error.code === 'invalid_input' || error.code === 'conflict')
    ) {
      if (!(await commit(pass, (tx) => refused(pass, tx, request.reference, error)))) return
    }
    throw error
  }
}

/** What the provider has of an order that may be there, by the id that somebody told, or else as it can be asked. */
async function knownBefore(
  pass: Pass,
  facet: FulfillmentFacet,
  { job, submission, id }: { readonly job: Job; readonly submission: Submission; readonly id: string | null },
): Promise<FulfillmentOrder | null | 'nameless'> {
  if (id === null) return job.inDoubt ? lookUp(pass, facet, submission) : null
  const order = await lookUp(pass, facet, submission, id)
  if (order !== null) return order
  await commit(pass, (tx) => tellWrongId(pass, tx, submission, id))
  return lookUp(pass, facet, submission)
}

/** Asks the provider to stop, or to keep what is still wanted. Stopped: what is still wanted is asked for anew. Too late: the parcel will come, and counts. */
export async function cancelFulfillment(pass: Pass, job: Job): Promise<void> {
  const facet = facetOf(pass)
  const submission = await pass.run.database.read((tx) => submissionOf(tx, pass, job))
  if (submission.state !== 'cancelling') return
  const order = await lookUp(pass, facet, submission)
  if (order === 'nameless') {
    if (job.payload.absent === 'true') return settleAbsent(pass, submission)
    // Its news, or a person, will bring the id, and then it is stopped.
    return commit(pass, (tx) => askForId(tx, submission, pass.run.at()))
  }
  if (order === null) {
    const absentFor = pass.run.clock.now() - Date.parse(submission.stateAt)
    if (absentFor >= absentMs) return settleAbsent(pass, submission)
    const message = `${pass.name} does not show the order that is to be stopped`
    throw new StockpoolError('unavailable', message, { retryAfterMs: askAgainMs })
  }
  if (await keepPart(pass, facet, submission, order)) return
  const result = await facet.cancel?.(pass.context, { id: order.id, reference: submission.reference })
  const after = await lookUp(pass, facet, submission, order.id)
  if (after !== null && after !== 'nameless') await commit(pass, (tx) => takeNews(pass, tx, after))
  await settleCancel(pass, submission, result?.outcome ?? 'too_late', result?.detail ?? '')
}

/** The provider never got it. That cannot be proven: where the rest is asked for anew, a person is told of it. */
async function settleAbsent(pass: Pass, submission: Submission): Promise<void> {
  const at = pass.run.at()
  const { provider, reference, connection, order: id } = submission
  await commit(pass, async (tx) => {
    await lockOrder(tx, connection, id)
    const text = `${provider}: never got the order`
    await addTimeline(tx, connection, id, at, { text, facts: { reference } })
    await moveSubmission(tx, submission, { from: ['cancelling'], to: 'cancelled', at })
    const order = await getOrder(tx, connection, id)
    if (order === null) return
    const before = await submissionsOf(tx, connection, id)
    await react(pass.run, tx, order)
    if ((await submissionsOf(tx, connection, id)).length === before.length) return
    const reason = `${provider} gave no answer to ${reference} and does not show it: the rest is asked for under a new reference; see that both are not shipped`
    await tellAttention(tx, connection, id, at, [{ line: null, reason }])
  })
}

async function settleCancel(
  pass: Pass,
  submission: Submission,
  outcome: 'stopped' | 'too_late' | 'unknown',
  detail: string,
): Promise<void> {
  const at = pass.run.at()
  const { provider, reference, connection, order: id } = submission
  await commit(pass, async (tx) => {
    await lockOrder(tx, connection, id)
    const text = {
      stopped: 'stopped',
      too_late: 'too late to stop',
      unknown: 'asked to stop; not decided yet',
    }[outcome]
    await addTimeline(tx, connection, id, at, { text: `${provider}: ${text}`, facts: { reference, detail } })
    if (outcome === 'unknown') return fetchLater(tx, submission, at)
    await moveSubmission(tx, submission, {
      from: ['cancelling'],
      to: outcome === 'stopped' ? 'cancelled' : 'kept',
      at,
    })
    const order = await getOrder(tx, connection, id)
    if (order) await react(pass.run, tx, order)
  })
}

/** Looks again at what a provider has not decided yet. */
export async function fetchLater(
  tx: Transaction,
  { provider, reference }: Submission,
  at: string,
): Promise<void> {
  await enqueue(tx, {
    connection: provider,
    kind: 'fulfillment.fetch',
    key: `${provider}/${reference}`,
    payload: { reference },
    at,
    runAt: later(at, askAgainMs),
  })
}

/**
 * Reads one order of the provider afresh. An id that a webhook or a person named is believed once the provider shows the order
 * of our reference under it. While the order is being given to the provider, whoever does that looks there first: two at once might
 * each find another one, where a provider forgets a reference whose order is over.
 */
export async function fetchFulfillment(pass: Pass, job: Job): Promise<void> {
  const { reference = '', id = null } = job.payload
  const facet = facetOf(pass)
  const submission = await pass.run.database.read((tx) => getSubmission(tx, pass.name, reference))
  if (submission === null) return
  const named = submission.externalId === null && id !== null
  if (named && submission.state === 'sending')
    return commit(pass, (tx) => askFor(tx, pass.name, reference, pass.run.at(), id))
  const order =
    (await madeAnew(pass, facet, submission, id)) ??
    (await lookUp(pass, facet, submission, submission.externalId ?? id))
  if (order === 'nameless') return
  if (order !== null) await commit(pass, (tx) => takeNews(pass, tx, order))
  else if (named) await commit(pass, (tx) => tellWrongId(pass, tx, submission, id))
}

/** Stores a provider's news of one order with everything that follows from it. `false`: not an order of ours. */
export async function takeNews(pass: Pass, tx: Transaction, news: FulfillmentOrder): Promise<boolean> {
  const { run, name: provider } = pass
  const at = run.at()
  const submission = await getSubmission(tx, provider, news.reference)
  if (submission === null) return false
  const { connection, order: id, reference } = submission
  const { protect } = run.vault
  await lockOrder(tx, connection, id)
  await keepPayload(tx, { connection, order: id, provider, reference, raw: news.raw, protect })
  const { correct, givenUp } = await applyProviderOrder(tx, { provider, order: news, at })
  await moveByNews(tx, submission, at)
  const order = await getOrder(tx, connection, id)
  if (order === null) return true
  pass.report.parcelsReported += await confirmNewParcels(pass, tx, order)
  for (const parcel of correct) await tellAnew(pass, tx, order, parcel.id)
  await followNewParcels(run, tx, order)
  await react(run, tx, order)
  const now = await getSubmission(tx, provider, reference)
  if (now !== null && standsStill(now)) await tellAttention(tx, connection, id, at, givenUp)
  return true
}

/** Whether it waits for a person: nothing of it goes on by itself, here or elsewhere. */
function standsStill(submission: Submission): boolean {
  const { state, status, leaving } = submission
  return leavingUnits(submission).length > 0 || (state === 'sent' && status === 'backordered' && !leaving)
}

/** What a provider's newest word makes of a submission; news that come late say nothing new. */
async function moveByNews(tx: Transaction, before: Submission, at: string): Promise<void> {
  const { provider, reference } = before
  const submission = await getSubmission(tx, provider, reference)
  if (submission === null) return
  if (submission.status === 'cancelled') {
    await moveSubmission(tx, submission, { from: ['cancelling'], to: 'cancelled', at })
    await moveSubmission(tx, submission, { from: ['sending', 'sent'], to: 'dropped', at })
    return
  }
  if (submission.status === 'rejected') {
    await moveSubmission(tx, submission, { from: ['sending', 'sent', 'cancelling'], to: 'rejected', at })
    return
  }
  // It lives, whatever was thought of it: a refusal whose order was made all the same, or one that was given up or taken back
  // and turns up after all.
  await moveSubmission(tx, submission, {
    from: ['sending', 'intended', 'rejected', 'dropped'],
    to: 'sent',
    at,
  })
  const back = await moveSubmission(tx, submission, { from: ['void', 'cancelled'], to: 'cancelling', at })
  // One that is to be stopped and could not even be asked for: now there is an id to stop it by.
  const named = before.externalId === null && submission.externalId !== null
  if (back || (named && submission.state === 'cancelling')) await askBack(tx, provider, reference, at)
  if (isOver(submission)) await moveSubmission(tx, submission, { from: ['cancelling'], to: 'kept', at })
}

/** Whether every unit asked for has left or was given up: there is nothing more to stop. */
function isOver({ lines, shipped, cancelled }: Submission): boolean {
  const units = (some: Submission['lines']) => some.reduce((sum, { quantity }) => sum + quantity, 0)
  return units(lines) <= units(shipped) + units(cancelled)
}

/** Every parcel with tracking that its channel does not know yet gets a job to tell it. */
export async function confirmNewParcels(
  pass: Pick<Pass, 'run'>,
  tx: Transaction,
  order: Order,
): Promise<number> {
  if (!pass.run.connections.get(order.connection)?.shipments) return 0
  const parcels = await parcelsToConfirm(tx, order.connection, order.id)
  for (const id of parcels) {
    await enqueue(tx, {
      connection: order.connection,
      kind: 'shipment.confirm',
      key: `${order.connection}/${order.id}/${id}`,
      payload: { order: order.id, parcel: id },
      at: pass.run.at(),
    })
  }
  return parcels.length
}

/** The label was changed after the channel had its tracking: a channel that takes corrections gets one. */
async function tellAnew(
  pass: Pass,
  tx: Transaction,
  { connection, id: order }: Order,
  parcel: string,
): Promise<void> {
  if (!pass.run.connections.get(connection)?.shipments?.correct) return
  await correctLater(tx, connection, order, parcel, pass.run.at())
}

/**
 * The provider refused the order: it waits for a person, and nothing is sent again by itself. `false`: meanwhile the
 * order is known to live, or is not wanted any more.
 */
async function refused(
  pass: Pass,
  tx: Transaction,
  reference: string,
  error: StockpoolError,
): Promise<boolean> {
  const at = pass.run.at()
  const submission = await getSubmission(tx, pass.name, reference)
  if (submission === null) return false
  const { connection, order } = submission
  await lockOrder(tx, connection, order)
  const remedy = error.remedy ? ` (${error.remedy})` : ''
  const reason = `${pass.name} refused the order: ${error.message}${remedy}`
  const waits = { from: ['sending'], to: 'rejected', at, attention: reason } as const
  if (!(await moveSubmission(tx, submission, waits))) return false
  await addTimeline(tx, connection, order, at, {
    text: reason,
    facts: { reference, code: error.code, field: error.field ?? null },
  })
  // What would be refused as well when it is repeated is another place's business; a reference that is taken is a person's.
  if (error.code !== 'conflict') await markLeaving(tx, submission)
  const stored = await getOrder(tx, connection, order)
  if (stored !== null) await react(pass.run, tx, stored)
  const now = await getSubmission(tx, pass.name, reference)
  if (now?.state === 'rejected')
    await emit(tx, at, 'order.attention', { connection, order, line: null, reason })
  return now?.state === 'rejected'
}

async function submissionOf(tx: Transaction, pass: Pass, job: Job): Promise<Submission> {
  const submission = await getSubmission(tx, pass.name, job.payload.reference ?? '')
  if (submission === null) throw gone(`submission ${job.payload.reference}`)
  return submission
}

function facetOf(pass: Pass): FulfillmentFacet {
  if (pass.connection.fulfillment) return pass.connection.fulfillment
  throw new StockpoolError('unsupported', `${pass.name} is no fulfilment provider`, {
    remedy: 'Route orders to locations of a provider.',
  })
}
