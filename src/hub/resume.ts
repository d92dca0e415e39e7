import type { Transaction } from '../store/database.ts'
import { resumeLines } from '../store/orders.ts'
import { moveSubmission, settleGivenUp, submissionsOf } from '../store/submissions.ts'
import { react } from './reactions.ts'
import type { Runtime } from './runtime.ts'

/**
 * Counts the lines whose listings are linked by now, of one order or of all of a connection, and goes on with what follows.
 */
export async function resumeOrders(
  run: Runtime,
  tx: Transaction,
  connection: string,
  id: string | null,
): Promise<void> {
  for (const order of await resumeLines(tx, connection, id, run.at(), run.route)) await react(run, tx, order)
}

/** A person has looked: what a provider gave up or refused may be asked for anew. */
export async function retryDropped(
  run: Runtime,
  tx: Transaction,
  connection: string,
  order: string,
): Promise<void> {
  for (const submission of await submissionsOf(tx, connection, order)) {
    const whole = await moveSubmission(tx, submission, {
      from: ['dropped', 'rejected'],
      to: 'void',
      at: run.at(),
    })
    if (!whole && submission.cancelled.length > 0) await settleGivenUp(tx, submission)
  }
}
