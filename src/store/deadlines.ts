import type { Transaction } from './database.ts'
import { emit } from './events.ts'

/** Something of a connection that ends by itself, and that a person has to renew in time. */
export interface StoredDeadline {
  readonly id: string
  /** In words. */
  readonly what: string
  /** ISO 8601 UTC. */
  readonly at: string
  /** What to do before it. */
  readonly remedy: string
}

interface DeadlineRow extends StoredDeadline {
  told: number
}

const day = 86_400_000
/** So long before it ends a person hears of it again. */
const near = [30 * day, 7 * day, day]

/** How many of the warnings are due. */
const stageOf = (at: string, now: string): number =>
  near.filter((before) => Date.parse(at) - Date.parse(now) <= before).length

/** Takes in all deadlines of a connection: what is not among them any more was renewed. */
export async function putDeadlines(
  tx: Transaction,
  connection: string,
  deadlines: readonly StoredDeadline[],
): Promise<void> {
  const known = await deadlineRows(tx, connection)
  const given = new Map(deadlines.map((one) => [one.id, one]))
  for (const { id } of known) {
    if (!given.has(id)) await tx.run('DELETE FROM deadline WHERE connection = ? AND id = ?', [connection, id])
  }
  for (const { id, what, at, remedy } of given.values()) {
    await tx.run(
      `INSERT INTO deadline (connection, id, what, at, remedy, told) VALUES (?, ?, ?, ?, ?, -1)
       ON CONFLICT (connection, id) DO UPDATE SET what = excluded.what, remedy = excluded.remedy, at = excluded.at,
         told = CASE WHEN deadline.at = excluded.at THEN deadline.told ELSE -1 END`,
      [connection, id, what, at, remedy],
    )
  }
}

/** Tells of deadlines nobody was told of yet, and again of those that have come nearer since. */
export async function tellDeadlines(tx: Transaction, connection: string, now: string): Promise<void> {
  for (const { told, ...deadline } of await deadlineRows(tx, connection)) {
    const stage = stageOf(deadline.at, now)
    if (stage <= told) continue
    await emit(tx, now, 'connection.deadline', { connection, ...deadline })
    await tx.run('UPDATE deadline SET told = ? WHERE connection = ? AND id = ?', [
      stage,
      connection,
      deadline.id,
    ])
  }
}

/** The deadlines of a connection, the next one first. */
export async function deadlinesOf(tx: Transaction, connection: string): Promise<StoredDeadline[]> {
  return (await deadlineRows(tx, connection)).map(({ told: _told, ...deadline }) => deadline)
}

async function deadlineRows(tx: Transaction, connection: string): Promise<DeadlineRow[]> {
  const rows = await tx.all<DeadlineRow>(
    'SELECT id, what, at, remedy, told FROM deadline WHERE connection = ? ORDER BY at, id',
    [connection],
  )
  return rows.map((row) => ({ ...row, told: Number(row.told) }))
}
