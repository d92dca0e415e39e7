import type { StockpoolError } from '../error.ts'
import type { Transaction } from './database.ts'
import { emit } from './events.ts'

/** What a job does on the outside. Its payload names rows; what is sent is read from them when it runs. */
export type JobKind =
  | 'order.fetch'
  | 'order.cancel'
  | 'order.quote'
  | 'fulfillment.submit'
  | 'fulfillment.cancel'
  | 'fulfillment.fetch'
  | 'shipment.confirm'
  | 'shipment.correct'
  | 'listing.observe'
  | 'order.acknowledge'
  | 'order.answer_cancel'
  | 'order.hold'
  | 'order.assign'
  | 'return.fetch'
  | 'refund.check'
  | AnswerKind
  | 'tracking.follow'
  | 'tracking.fetch'
  | 'tracking.label'

/** What the merchant decided and a channel is to be told, once under each key. */
export type AnswerKind =
  | 'return.open'
  | 'return.approve'
  | 'return.decline'
  | 'return.receive'
  | 'return.close'
  | 'order.refund'
  | 'label.buy'
  | 'label.void'

/**
 * Something that the hub has to do outside, as `hub.jobs.list()` tells it.
 * @example for (const { id } of await hub.jobs.list({ state: 'dead' })) await hub.jobs.replay(id)
 */
export interface Job {
  readonly id: number
  readonly connection: string
  readonly kind: JobKind
  /** What it is about; there is one job of a kind for each. */
  readonly key: string
  readonly payload: Readonly<Record<string, string>>
  /** `dead`: given up after its last attempt, until it is replayed. */
  readonly state: 'waiting' | 'dead'
  /** Counts how often it was asked for while it waited. */
  readonly generation: number
  /** Attempts so far that count towards `maxAttempts`. */
  readonly attempts: number
  /** An earlier attempt may have taken effect: look before repeating. */
  readonly inDoubt: boolean
  /** Not before this time: ISO 8601 UTC. */
  readonly runAt: string
  /** The latest attempt's error, redacted; `null` before the first failure. */
  readonly error: Readonly<Record<string, unknown>> | null
  /** ISO 8601 UTC. */
  readonly createdAt: string
}

interface JobRow {
  id: number
  connection: string
  kind: JobKind
  key: string
  payload: string
  state: 'waiting' | 'dead'
  generation: number
  attempts: number
  in_doubt: number
  run_at: string
  error: string | null
  created_at: string
}

const columns =
  'id, connection, kind, key, payload, state, generation, attempts, in_doubt, run_at, error, created_at'

const toJob = (row: JobRow): Job => ({
  id: Number(row.id),
  connection: row.connection,
  kind: row.kind,
  key: row.key,
  payload: JSON.parse(row.payload),
  state: row.state,
  generation: Number(row.generation),
  attempts: Number(row.attempts),
  inDoubt: Number(row.in_doubt) === 1,
  runAt: row.run_at,
  error: row.error === null ? null : JSON.parse(row.error),
  createdAt: row.created_at,
})

export interface NewJob {
  readonly connection: string
  readonly kind: JobKind
  /** The natural key of the effect: the same kind and key is the same job. */
  readonly key: string
  readonly payload: Readonly<Record<string, string>>
  readonly at: string
  /** Default: at once. */
  readonly runAt?: string
}

/**
 * Writes a job in the transaction of the fact that causes it. A job that waits already is asked to run again after
 * the run that may be under way; a dead one comes back to life.
 */
export async function enqueue(tx: Transaction, job: NewJob): Promise<void> {
  const runAt = job.runAt ?? job.at
  await tx.run(
    `INSERT INTO job (connection, kind, key, payload, state, run_at, created_at) VALUES (?, ?, ?, ?, 'waiting', ?, ?)
     ON CONFLICT (kind, key) DO UPDATE SET
       generation = job.generation + 1,
       payload = excluded.payload,
       attempts = CASE WHEN job.state = 'dead' THEN 0 ELSE job.attempts END,
       run_at = CASE WHEN job.state = 'dead' OR (job.run_at > excluded.run_at AND job.attempts = 0) THEN excluded.run_at ELSE job.run_at END,
       state = 'waiting'`,
    [job.connection, job.kind, job.key, JSON.stringify(job.payload), runAt, job.at],
  )
}

/** Has a job run at once that waits for its next try. */
export async function hurryJob(tx: Transaction, kind: JobKind, key: string, at: string): Promise<void> {
  await tx.run(`UPDATE job SET run_at = ? WHERE kind = ? AND key = ? AND state = 'waiting' AND run_at > ?`, [
    at,
    kind,
    key,
    at,
  ])
}

/** What a job that waits, or is under way, is to be done with; `null`: there is none. */
export async function payloadOf(
  tx: Transaction,
  kind: JobKind,
  key: string,
): Promise<Readonly<Record<string, string>> | null> {
  const row = await tx.get<{ payload: string }>(
    `SELECT payload FROM job WHERE kind = ? AND key = ? AND state = 'waiting'`,
    [kind, key],
  )
  return row === undefined ? null : JSON.parse(row.payload)
}

/** Picks, locks and marks what is due, in one statement, oldest first. */
export async function takeJobs(
  tx: Transaction,
  {
    connection,
    owner,
    at,
    until,
    limit,
    only = [],
    except = [],
  }: {
    connection: string
    owner: string
    at: string
    until: string
    limit: number
    /** Of these kinds alone. Default: of any. */
    only?: readonly JobKind[]
    /** But of these. */
    except?: readonly JobKind[]
  },
): Promise<Job[]> {
  const marks = (kinds: readonly JobKind[]) => kinds.map(() => '?').join(', ')
  const kinds = `${only.length === 0 ? '' : ` AND kind IN (${marks(only)})`}${except.length === 0 ? '' : ` AND kind NOT IN (${marks(except)})`}`
  const rows = await tx.all<JobRow>(
    `UPDATE job SET lease_owner = ?, lease_until = ?, attempts = attempts + 1
     WHERE id IN (
       SELECT id FROM job
       WHERE connection = ? AND state = 'waiting' AND run_at <= ? AND (lease_until IS NULL OR lease_until <= ?)${kinds}
       ORDER BY run_at, id LIMIT ?${tx.dialect === 'postgres' ? ' FOR UPDATE SKIP LOCKED' : ''}
     )
     RETURNING ${columns}`,
    [owner, until, connection, at, at, ...only, ...except, limit],
  )
  return rows.map(toJob).sort((a, b) => a.id - b.id)
}

/** Notes, before the call is made, that from now on nobody can be sure that it had no effect. */
export async function markInDoubt(tx: Transaction, job: Job): Promise<void> {
  await tx.run('UPDATE job SET in_doubt = 1 WHERE id = ?', [job.id])
}

/** Deletes a job that is done, unless it was asked for again meanwhile: then it waits for its next run. */
export async function finishJob(tx: Transaction, job: Job, at: string): Promise<void> {
  const deleted = await tx.run('DELETE FROM job WHERE id = ? AND generation = ?', [job.id, job.generation])
  if (deleted === 0) {
    await tx.run(
      `UPDATE job SET lease_owner = NULL, lease_until = NULL, attempts = 0, in_doubt = 0, error = NULL, run_at = ? WHERE id = ?`,
      [at, job.id],
    )
  }
}

export interface Retry {
  readonly runAt: string
  /** Whether this attempt counts towards the last one. A platform that says "later" does not use up attempts. */
  readonly counts: boolean
  readonly inDoubt: boolean
}

/** Puts a job back for another attempt. */
export async function retryJob(
  tx: Transaction,
  job: Job,
  error: StockpoolError,
  retry: Retry,
): Promise<void> {
  await tx.run(
    `UPDATE job SET lease_owner = NULL, lease_until = NULL, attempts = ?, in_doubt = ?, run_at = ?, error = ? WHERE id = ?`,
    [
      retry.counts ? job.attempts : job.attempts - 1,
      retry.inDoubt ? 1 : 0,
      retry.runAt,
      JSON.stringify(error),
      job.id,
    ],
  )
}

/** A job that went well and has not come to its end goes on at another time (ISO 8601 UTC), with what it has learned. */
export interface Again {
  readonly runAt: string
  /** Default: as it was. */
  readonly payload?: Readonly<Record<string, string>>
}

/** Puts such a job back. It runs at once, as it was asked for, if that was again meanwhile. */
export async function postponeJob(tx: Transaction, job: Job, again: Again, at: string): Promise<void> {
  const { runAt, payload = job.payload } = again
  await tx.run(
    `UPDATE job SET lease_owner = NULL, lease_until = NULL, attempts = 0, error = NULL,
       payload = CASE WHEN generation = ? THEN ? ELSE payload END,
       run_at = CASE WHEN generation = ? THEN ? ELSE ? END
     WHERE id = ?`,
    [job.generation, JSON.stringify(payload), job.generation, runAt, at, job.id],
  )
}

/**
 * Sends a job to the people's queue: kept with its error, listed, replayable. `false`: it was asked for again meanwhile, perhaps for
 * something else, and waits for that run instead.
 */
export async function buryJob(
  tx: Transaction,
  job: Job,
  error: StockpoolError,
  at: string,
): Promise<boolean> {
  const { id, connection, kind, key, generation } = job
  const buried = await tx.run(
    `UPDATE job SET state = 'dead', lease_owner = NULL, lease_until = NULL, error = ? WHERE id = ? AND generation = ?`,
    [JSON.stringify(error), id, generation],
  )
  if (buried === 0) {
    const again = { runAt: at, counts: true, inDoubt: job.inDoubt }
    await retryJob(tx, { ...job, attempts: 0 }, error, again)
    return false
  }
  await emit(tx, at, 'job.died', { id, connection, kind, key, code: error.code, message: error.message })
  return true
}

/** Gives a dead job its attempts back. `false` when there is no such dead job. */
export async function replayJob(tx: Transaction, id: number, at: string): Promise<boolean> {
  const changed = await tx.run(
    `UPDATE job SET state = 'waiting', attempts = 0, run_at = ?, error = NULL WHERE id = ? AND state = 'dead'`,
    [at, id],
  )
  return changed === 1
}

/** Brings a job back to life that was given up, if it was. Whatever it had learned stays with it. */
export async function reviveJob(tx: Transaction, kind: JobKind, key: string, at: string): Promise<void> {
  await tx.run(
    `UPDATE job SET state = 'waiting', attempts = 0, run_at = ? WHERE kind = ? AND key = ? AND state = 'dead'`,
    [at, kind, key],
  )
}

/** Jobs in a state, oldest first. */
export async function listJobs(
  tx: Transaction,
  {
    state,
    connection,
    limit,
  }: { state?: 'waiting' | 'dead' | undefined; connection?: string | undefined; limit: number },
): Promise<Job[]> {
  const rows = await tx.all<JobRow>(
    `SELECT ${columns} FROM job
     WHERE (? = '' OR state = ?) AND (? = '' OR connection = ?) ORDER BY id LIMIT ?`,
    [state ?? '', state ?? '', connection ?? '', connection ?? '', limit],
  )
  return rows.map(toJob)
}

/** When the next waiting job of a connection may be taken; `null` when none waits. */
export async function nextJobAt(tx: Transaction, connection: string): Promise<string | null> {
  const row = await tx.get<{ due: string | null }>(
    `SELECT MIN(CASE WHEN lease_until IS NOT NULL AND lease_until > run_at THEN lease_until ELSE run_at END) AS due
     FROM job WHERE connection = ? AND state = 'waiting'`,
    [connection],
  )
  return row?.due ?? null
}

/** The jobs of a connection that some worker has taken. */
export async function takenJobs(tx: Transaction, connection: string): Promise<number[]> {
  const rows = await tx.all<{ id: number }>(
    `SELECT id FROM job WHERE connection = ? AND state = 'waiting' AND lease_owner IS NOT NULL ORDER BY id`,
    [connection],
  )
  return rows.map(({ id }) => Number(id))
}

/** Takes a job from a worker that no longer does the jobs of its connection. */
export async function freeJob(tx: Transaction, id: number): Promise<void> {
  await tx.run('UPDATE job SET lease_owner = NULL, lease_until = NULL WHERE id = ?', [id])
}
