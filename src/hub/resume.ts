import type { Transaction } from '../store/database.ts'
import { enqueue } from '../store/jobs.ts'
import { lockOrder } from '../store/locks.ts'
import { resumeLines, waitingOrders } from '../store/orders.ts'
import { moveSubmission, type Submission, settleGivenUp, submissionsOf } from '../store/submissions.ts'
import { askFor, react } from './reactions.ts'
import type { Runtime } from './runtime.ts'

/** Counts the lines of an order whose listings are linked by now, and goes on with what follows. */
export async function resumeOrder(
  run: Runtime,
  tx: Transaction,
  connection: string,
  id: string,
): Promise<void> {
  const order = await resumeLines(tx, { connection, id, at: run.at(), route: run.route })
  if (order !== null) await react(run, tx, order)
}

/** The same for all orders of a connection that can go on, each in a transaction of its own. */
export async function resumeOrders(run: Runtime, connection: string): Promise<void> {
  for (const id of await run.database.read((tx) => waitingOrders(tx, connection))) {
    await run.database.transaction((tx) => resumeOrder(run, tx, connection, id))
  }
}

/**
 * A person has looked at the provider's: it has what it took on without telling under this id, or, `null`, it has nothing of it.
 * Answers how many requests to ship wait for that.
 */
export async function nameOrders(
  run: Runtime,
  tx: Transaction,
  order: { readonly connection: string; readonly id: string },
  named: { readonly provider: string; readonly id: string | null },
): Promise<number> {
  const { provider, id } = named
  const waiting = (await submissionsOf(tx, order.connection, order.id)).filter(
    (one) => one.provider === provider && one.externalId === null && waitsForId.has(one.state),
  )
  const job = { connection: provider, at: run.at() }
  for (const { reference, state } of waiting) {
    const key = `${provider}/${reference}`
    if (id !== null) await enqueue(tx, { ...job, kind: 'fulfillment.fetch', key, payload: { reference, id } })
    else if (state === 'sending') await askFor(tx, provider, reference, run.at())
    else if (state === 'cancelling')
      await enqueue(tx, { ...job, kind: 'fulfillment.cancel', key, payload: { reference, absent: 'true' } })
  }
  return waiting.length
}

const waitsForId: ReadonlySet<Submission['state']> = new Set(['sending', 'sent', 'kept', 'cancelling'])

/**
 * A person has looked: what a provider gave up or refused may be asked for anew. A call that it refused is repeated under
 * the same reference, in case the order was made all the same; what it told us that it will not ship gets a new one.
 */
export async function retryDropped(
  run: Runtime,
  tx: Transaction,
  connection: string,
  order: string,
): Promise<void> {
  const at = run.at()
  await lockOrder(tx, connection, order)
  for (const submission of await submissionsOf(tx, connection, order)) {
    const { provider, reference, status, cancelled } = submission
    if (status === null) {
      const refused = await moveSubmission(tx, submission, { from: ['rejected'], to: 'intended', at })
      if (refused) await askFor(tx, provider, reference, at)
    } else if (isGivenUp(submission)) {
      await moveSubmission(tx, submission, { from: ['dropped', 'rejected'], to: 'void', at })
    } else if (cancelled.length > 0) {
      await settleGivenUp(tx, submission)
    }
  }
}

/** By the provider's newest word, nothing of it will ever ship. */
function isGivenUp({ status, lines, cancelled }: Submission): boolean {
  if (status !== 'cancelled' && status !== 'rejected') return false
  const given = new Map(cancelled.map(({ sku, quantity }) => [sku, quantity]))
  return lines.every(({ sku, quantity }) => quantity <= (given.get(sku) ?? 0))
}
