import { StockpoolError } from '../error.ts'
import { digestOf } from './claims.ts'
import type { Transaction } from './database.ts'
import { type AnswerKind, enqueue } from './jobs.ts'
import { forUpdate } from './locks.ts'

/**
 * Where something that the merchant decided stands.
 * - `asked`: the channel is told next. `done`: it has it. `pending`: it took it, and has not decided.
 * - `too_late`: the return stands otherwise by now. `failed`: given up, and its job waits for a person, dead; or refused after
 *   all by a channel that had taken it.
 */
export type AnswerState = 'asked' | 'done' | 'pending' | 'too_late' | 'failed'

/**
 * Something that the merchant decided, and what became of it.
 * @example const refunds = (await hub.returns.answers('web', 'o1')).filter(({ kind }) => kind === 'order.refund')
 */
export interface Answer {
  readonly connection: string
  readonly kind: AnswerKind
  /** The merchant's own key, or the return's id. */
  readonly key: string
  readonly order: string
  /** `null`: not known yet, or a refund without a return. */
  readonly return: string | null
  readonly state: AnswerState
  /** ISO 8601 UTC. */
  readonly askedAt: string
  readonly settledAt: string | null
  /** Which units it is about, and what the channel answered. */
  readonly facts: Readonly<Record<string, unknown>>
}

/** What a channel is told of goods that came back to the merchant: they are graded later, and here. */
export const arrivedAs = 'quarantined' as const

interface AnswerRow {
  connection: string
  kind: AnswerKind
  key: string
  hash: string
  order_id: string
  return_id: string | null
  request: string
  words: string | null
  state: AnswerState
  sent_at: string | null
  sent_by: string | null
  asked_at: string
  settled_at: string | null
  facts: string
}

const toAnswer = (row: AnswerRow): Answer => ({
  connection: row.connection,
  kind: row.kind,
  key: row.key,
  order: row.order_id,
  return: row.return_id,
  state: row.state,
  askedAt: row.asked_at,
  settledAt: row.settled_at,
  facts: JSON.parse(row.facts),
})

export interface NewAnswer {
  readonly connection: string
  readonly kind: AnswerKind
  readonly key: string
  readonly order: string
  readonly return: string | null
  /** What is to be sent, without buyer data. */
  readonly request: Readonly<Record<string, unknown>>
  /** Members of it in the merchant's own words, which may name the buyer; `null`: none. They go with the buyer's data. */
  readonly words: Readonly<Record<string, unknown>> | null
  /** What is meant by the key, when that is not the request itself (a time that is filled in). */
  readonly meaning?: unknown
  /** What of it may be shown, without buyer data. */
  readonly facts: Readonly<Record<string, unknown>>
  readonly protect: (text: string) => string
  readonly at: string
}

/**
 * Has the channel told, once under this key. `exists`: it was asked before; what had failed is tried again.
 * @throws StockpoolError `conflict` when the key was used with another content
 */
export async function ask(tx: Transaction, answer: NewAnswer): Promise<{ status: 'asked' | 'exists' }> {
  const { connection, kind, key, order, at } = answer
  const hash = digestOf([order, answer.return, answer.meaning ?? answer.request, answer.words])
  const words = answer.words === null ? null : answer.protect(JSON.stringify(answer.words))
  const made = await tx.run(
    `INSERT INTO answer (connection, kind, key, hash, order_id, return_id, request, words, facts, state, asked_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'asked', ?) ON CONFLICT (connection, kind, key) DO NOTHING`,
    [
      ...placeOf(answer),
      hash,
      order,
      answer.return,
      JSON.stringify(answer.request),
      words,
      JSON.stringify(answer.facts),
      at,
    ],
  )
  const job = { connection, kind, key: `${connection}/${key}`, payload: { key, order }, at }
  if (made === 1) {
    await enqueue(tx, job)
    return { status: 'asked' }
  }
  const known = await held(tx, answer)
  if (known?.hash !== hash) {
    throw new StockpoolError('conflict', `${kind} ${key} was asked before with another content`, {
      field: 'key',
      remedy: 'Repeat the old content, or use a new key.',
    })
  }
  if (known.state === 'failed') {
    await tx.run(
      `UPDATE answer SET state = 'asked', words = ? WHERE connection = ? AND kind = ? AND key = ?`,
      [words, ...placeOf(answer)],
    )
    await enqueue(tx, job)
  }
  return { status: 'exists' }
}

/** What is to be sent now. */
export interface BegunAnswer extends Answer {
  readonly request: Readonly<Record<string, unknown>>
  /** Protected; `null`: none, or erased. */
  readonly words: string | null
  /** It may have been sent before. */
  readonly repeated: boolean
  /** Not to be sent yet, but after so many milliseconds: an earlier call may still be under way. */
  readonly waitMs: number
}

/**
 * Notes, before the call is made, that from now on nobody can be sure that it had no effect. Answers what was known before
 * that; `null` when there is no such answer. For `quietMs` after a call of this process went out it is not begun again, nor
 * for as long after it was taken over from another process, whose call nobody here knows the end of.
 */
export async function beginAnswer(
  tx: Transaction,
  which: Pick<Answer, 'connection' | 'kind' | 'key'>,
  { at, by, quietMs }: { readonly at: string; readonly by: string; readonly quietMs: number },
): Promise<BegunAnswer | null> {
  const row = await held(tx, which)
  if (row === undefined) return null
  const waitMs = isSettled(row) ? 0 : waitFor(row, at, by, quietMs)
  const { words } = row
  const request = JSON.parse(row.request)
  const begun = { ...toAnswer(row), request, words, repeated: row.sent_at !== null, waitMs }
  if (isSettled(row) || (waitMs > 0 && row.sent_by === by)) return begun
  await tx.run(
    `UPDATE answer SET sent_at = ?, sent_by = ?, state = 'asked' WHERE connection = ? AND kind = ? AND key = ?`,
    [at, by, ...placeOf(which)],
  )
  return begun
}

function waitFor({ sent_at, sent_by }: AnswerRow, at: string, by: string, quietMs: number): number {
  if (sent_at === null) return 0
  if (sent_by !== by) return quietMs
  return Math.max(0, quietMs - (Date.parse(at) - Date.parse(sent_at)))
}

export const isSettled = ({ state }: Pick<Answer, 'state'>): boolean =>
  state !== 'asked' && state !== 'failed'

/** Stores what the channel answered. The merchant's words are of no more use, and may name the buyer. */
export async function settleAnswer(
  tx: Transaction,
  answer: Answer,
  settled: {
    readonly state: 'done' | 'pending' | 'too_late'
    readonly return: string | null
    readonly facts: Readonly<Record<string, unknown>>
    readonly at: string
  },
): Promise<void> {
  const facts = JSON.stringify({ ...answer.facts, ...settled.facts })
  await tx.run(
    `UPDATE answer SET state = ?, return_id = COALESCE(?, return_id), facts = ?, settled_at = ?, words = NULL
     WHERE connection = ? AND kind = ? AND key = ?`,
    [settled.state, settled.return, facts, settled.at, ...placeOf(answer)],
  )
}

/**
 * What the channel took came to nothing after all. `notDone`: for certain, so that it may be sent anew under its key; otherwise it
 * stays one that may have been done.
 */
export async function undoAnswer(
  tx: Transaction,
  answer: Answer,
  { facts, notDone }: { readonly facts: Readonly<Record<string, unknown>>; readonly notDone: boolean },
): Promise<void> {
  await tx.run(
    `UPDATE answer SET state = 'failed', facts = ?${notDone ? ', sent_at = NULL, sent_by = NULL' : ''}
     WHERE connection = ? AND kind = ? AND key = ?`,
    [JSON.stringify({ ...answer.facts, ...facts }), ...placeOf(answer)],
  )
}

/** Its job was given up. */
export async function failAnswer(
  tx: Transaction,
  which: Pick<Answer, 'connection' | 'kind' | 'key'>,
): Promise<Answer | null> {
  const row = await held(tx, which)
  if (row === undefined || isSettled(row)) return null
  await tx.run(
    `UPDATE answer SET state = 'failed' WHERE connection = ? AND kind = ? AND key = ?`,
    placeOf(which),
  )
  return toAnswer(row)
}

export async function getAnswer(
  tx: Transaction,
  which: Pick<Answer, 'connection' | 'kind' | 'key'>,
): Promise<Answer | null> {
  const row = await tx.get<AnswerRow>(
    'SELECT * FROM answer WHERE connection = ? AND kind = ? AND key = ?',
    placeOf(which),
  )
  return row === undefined ? null : toAnswer(row)
}

/** Everything that was decided for an order, oldest first. */
export async function answersOf(tx: Transaction, connection: string, order: string): Promise<Answer[]> {
  const rows = await tx.all<AnswerRow>(
    'SELECT * FROM answer WHERE connection = ? AND order_id = ? ORDER BY asked_at, kind, key',
    [connection, order],
  )
  return rows.map(toAnswer)
}

function held(
  tx: Transaction,
  which: Pick<Answer, 'connection' | 'kind' | 'key'>,
): Promise<AnswerRow | undefined> {
  return tx.get<AnswerRow>(
    `SELECT * FROM answer WHERE connection = ? AND kind = ? AND key = ?${forUpdate(tx)}`,
    placeOf(which),
  )
}

const placeOf = ({ connection, kind, key }: Pick<Answer, 'connection' | 'kind' | 'key'>) => [
  connection,
  kind,
  key,
]
