import type { Transaction } from './database.ts'
import { emit } from './events.ts'
import { enqueue, type NewJob } from './jobs.ts'
import { addTimeline } from './orders.ts'

type ReadingKind = 'order.fetch' | 'fulfillment.fetch' | 'return.fetch'

/** An order that a platform gave and nobody could read. */
export interface Unreadable {
  readonly job: NewJob & { readonly kind: ReadingKind }
  /** The channel's connection and its id of the order. */
  readonly connection: string
  readonly order: string
  /** What a person is told. */
  readonly reason: string
}

/**
 * Stores the job that reads the order alone, and tells a person. Once: while that job waits or is dead, nothing more is
 * done, since feeds repeat themselves. Answers whether it was new.
 */
export async function noteUnreadable(tx: Transaction, { job, ...told }: Unreadable): Promise<boolean> {
  const known = await tx.get('SELECT id FROM job WHERE kind = ? AND key = ?', [job.kind, job.key])
  if (known !== undefined) return false
  const { connection, order, reason } = told
  await enqueue(tx, job)
  await emit(tx, job.at, 'order.attention', { connection, order, line: null, reason })
  await addTimeline(tx, connection, order, job.at, { text: reason, facts: { attention: true, line: null } })
  return true
}

/** The same for a return; the order that it is of cannot be told. */
export async function noteUnreadableReturn(
  tx: Transaction,
  { job, reason }: { readonly job: NewJob & { readonly kind: 'return.fetch' }; readonly reason: string },
): Promise<boolean> {
  const known = await tx.get('SELECT id FROM job WHERE kind = ? AND key = ?', [job.kind, job.key])
  if (known !== undefined) return false
  await enqueue(tx, job)
  const { connection, payload, at } = job
  const news = { connection, return: payload.return ?? '', order: null, respondBy: null }
  await emit(tx, at, 'return.attention', { ...news, reason })
  return true
}

/** The order was read after all: its job, if it was given up, is of no more use, and a later fault is told anew. */
export async function noteReadable(tx: Transaction, kind: ReadingKind, key: string): Promise<void> {
  await tx.run(`DELETE FROM job WHERE kind = ? AND key = ? AND state = 'dead'`, [kind, key])
}
