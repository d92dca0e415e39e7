import { isStockpoolError } from '../error.ts'
import type { AskedOrder, FulfillmentFacet, FulfillmentOrder, OpenOrders } from '../spec/fulfillment.ts'
import type { Transaction } from '../store/database.ts'
import { tellAttention } from '../store/order-news.ts'
import { namelessSubmissions, noteAttention, openSubmissions, type Submission } from '../store/submissions.ts'
import { later } from './backoff.ts'
import { commit, type Pass } from './runtime.ts'

// Providers that answer to their own id alone: reading their orders, and asking for ids that nobody told.

const dayMs = 86_400_000
/** What has not moved for so long will not. */
const forgottenMs = 90 * dayMs
/** So long news of a provider have time to bring an id, before a person is asked. */
const idMs = 900_000

/**
 * What a provider has of a submission; `null`: no such order; `'nameless'`: it answers to its own id alone, which nobody has told.
 */
export async function lookUp(
  pass: Pass,
  facet: FulfillmentFacet,
  submission: Submission,
  id: string | null = submission.externalId,
): Promise<FulfillmentOrder | null | 'nameless'> {
  const { reference } = submission
  try {
    return await facet.get(pass.context, reference, { ...askedOf(submission), id })
  } catch (error) {
    if (id === null && isStockpoolError(error, 'unknown_outcome')) return 'nameless'
    throw error
  }
}

function askedOf({ reference, externalId: id, lines, acceptedAt }: Submission): AskedOrder {
  return { reference, id, lines, acceptedAt: acceptedAt === null ? null : Date.parse(acceptedAt) }
}

/** The orders that a provider has and is not through with. */
export function openOrders({ run, name }: Pass): OpenOrders {
  const since = later(run.at(), -forgottenMs)
  return async ({ after, most }) => {
    const page = { after: after ?? '', most, since }
    return (await run.database.read((tx) => openSubmissions(tx, name, page))).map(askedOf)
  }
}

/** Has a person asked for the ids of orders that the provider took without telling them, and of which no news came. */
export async function askForIds(pass: Pass): Promise<void> {
  const { run, name } = pass
  const before = later(run.at(), -idMs)
  const nameless = await run.database.read((tx) => namelessSubmissions(tx, name, before))
  for (const submission of nameless) await commit(pass, (tx) => askForId(tx, submission, run.at()))
}

/** Asks once: a person can look there, the hub cannot. */
export async function askForId(tx: Transaction, submission: Submission, at: string): Promise<void> {
  const { provider, reference, connection, order, state } = submission
  const give = `give the id by hub.orders.resume('${connection}', '${order}', { provider: '${provider}', id })`
  const reason =
    state === 'sending' || state === 'cancelling'
      ? `${provider} may have ${reference} since an answer was lost, and cannot be asked without its own id of it: look it up there, and ${give}, or id: null if it has no such order`
      : `${provider} has ${reference} and never told its own id of it, so nothing more is known: look it up there, and ${give}`
  if (!(await noteAttention(tx, submission, reason))) return
  await tellAttention(tx, connection, order, at, [{ line: null, reason }])
}

/** Where a reference is free again once its order is over, a repeat whose answer was lost may have made another one of it. */
export async function madeAnew(
  pass: Pass,
  facet: FulfillmentFacet,
  submission: Submission,
  id: string | null,
): Promise<FulfillmentOrder | null> {
  const { externalId, status } = submission
  if (status !== 'cancelled' || id === null || externalId === null || id === externalId) return null
  const order = await lookUp(pass, facet, submission, id)
  return order === null || order === 'nameless' || order.status === 'cancelled' ? null : order
}

/** A person, or a webhook, named an id under which the provider has nothing of ours. */
export async function tellWrongId(
  { name, run }: Pass,
  tx: Transaction,
  { connection, order, reference }: Submission,
  id: string,
): Promise<void> {
  const reason = `${name} has no order ${id} under the reference ${reference}: look the id up there again`
  await tellAttention(tx, connection, order, run.at(), [{ line: null, reason }])
}
