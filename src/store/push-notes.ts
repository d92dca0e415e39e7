import type { SqlValue, Transaction } from './database.ts'
import { mostAtOnce } from './locks.ts'
import { chunks, flat, marks, padded, pieces, rowMarks, sized } from './sql.ts'

// What the engine notes of the numbers that it writes: many rows in a few statements, since each channel is written in
// batches. A transaction that notes something of several listings holds all of them first, by `lockListings`.

const whole = (column: number) => `CAST(note.column${column} AS BIGINT)`

/** Postings mark listings in the order of their ids too. */
async function holdMarks(tx: Transaction, ids: readonly number[]): Promise<void> {
  if (tx.dialect === 'sqlite') return
  for (const some of chunks(
    ids.toSorted((a, b) => a - b),
    mostAtOnce(tx),
  ).map(padded)) {
    await tx.run(
      `SELECT listing FROM push WHERE listing IN (${marks(some.length)}) ORDER BY listing FOR UPDATE`,
      some,
    )
  }
}

async function forEach(
  tx: Transaction,
  statement: (rows: number) => string,
  rows: readonly (readonly SqlValue[])[],
): Promise<void> {
  for (const some of pieces(rows)) await tx.run(statement(some.length), flat(some))
}

/** A number that is about to be sent. */
export interface Sending {
  readonly id: number
  readonly quantity: number
  readonly held: number
  readonly generation: number
  readonly key: string
  readonly at: string
}

const sending = sized(
  (rows) =>
    `UPDATE push_state SET
       sent_most = CASE WHEN sent_key IS NULL OR sent_most < ${whole(2)} THEN ${whole(2)} ELSE sent_most END,
       sent = ${whole(2)}, sent_held = ${whole(3)}, sent_generation = ${whole(4)}, sent_key = note.column5,
       sent_at = note.column6, handle = NULL, check_at = NULL
     FROM (VALUES ${rowMarks(rows, 6)}) AS note WHERE push_state.listing = ${whole(1)}`,
)

/**
 * Notes what is about to be sent, before it is: after a crash nobody knows whether it arrived. An earlier write that was
 * not applied yet is not asked about any more: the later one wins.
 */
export async function noteSending(tx: Transaction, rows: readonly Sending[]): Promise<void> {
  await forEach(
    tx,
    sending,
    rows.map(({ id, quantity, held, generation, key, at }) => [id, quantity, held, generation, key, at]),
  )
}

/** A number that a channel shows. */
export interface Shown {
  readonly id: number
  readonly quantity: number
  readonly generation: number
  readonly at: string
  /** What is kept off it for unseen sales, as of now. Default: what was kept off when it was sent. */
  readonly held?: number
}

const shown = sized(
  (rows) =>
    `UPDATE push_state SET confirmed = ${whole(2)}, confirmed_at = note.column4, sent_key = NULL, handle = NULL,
       check_at = NULL, held = COALESCE(${whole(5)}, sent_held),
       held_at = CASE WHEN note.column5 IS NULL THEN sent_at ELSE note.column4 END,
       attempts = 0, retry_at = NULL, lower_at = NULL, error = NULL
     FROM (VALUES ${rowMarks(rows, 5)}) AS note WHERE push_state.listing = ${whole(1)}`,
)
const upToDate = sized(
  (rows) =>
    `UPDATE push SET done = ${whole(2)},
       changed_at = CASE WHEN push.generation > ${whole(2)} THEN push.changed_at END
     FROM (VALUES ${rowMarks(rows, 2)}) AS note WHERE push.listing = ${whole(1)} AND push.done < ${whole(2)}`,
)

/** The channel shows these numbers. A listing is up to date if nothing changed since its generation. */
export async function noteShown(tx: Transaction, rows: readonly Shown[]): Promise<void> {
  await forEach(
    tx,
    shown,
    rows.map(({ id, quantity, generation, at, held }) => [id, quantity, generation, at, held ?? null]),
  )
  await holdMarks(
    tx,
    rows.map(({ id }) => id),
  )
  await forEach(
    tx,
    upToDate,
    rows.map(({ id, generation }) => [id, generation]),
  )
}

const observed = sized(
  (rows) =>
    `UPDATE push_state SET observed = ${whole(2)}, observed_at = note.column3
     FROM (VALUES ${rowMarks(rows, 3)}) AS note WHERE push_state.listing = ${whole(1)}`,
)

/** What a fresh look at the channel found. */
export async function noteObserved(
  tx: Transaction,
  rows: readonly { readonly id: number; readonly quantity: number; readonly at: string }[],
): Promise<void> {
  await forEach(
    tx,
    observed,
    rows.map(({ id, quantity, at }) => [id, quantity, at]),
  )
}

/** The channel accepted the write; ask again at `checkAt`. */
export async function notePending(
  tx: Transaction,
  row: { id: number; handle: string; checkAt: string },
): Promise<void> {
  await tx.run(
    'UPDATE push_state SET handle = ?, check_at = ?, retry_at = NULL, lower_at = NULL WHERE listing = ?',
    [row.handle, row.checkAt, row.id],
  )
}

/**
 * The row could not be written; it waits until `retryAt`, a lower number until `lowerAt`, and no other row waits for it.
 * `certain`: what was sent had no effect, and nothing else is in doubt.
 */
export async function noteFailed(
  tx: Transaction,
  row: { id: number; retryAt: string; lowerAt: string; error: string; counts: boolean; certain: boolean },
): Promise<void> {
  await tx.run(
    `UPDATE push_state SET attempts = attempts + ?, retry_at = ?, lower_at = ?, error = ?, handle = NULL, check_at = NULL,
       sent_key = CASE WHEN ? = 1 THEN NULL ELSE sent_key END WHERE listing = ?`,
    [row.counts ? 1 : 0, row.retryAt, row.lowerAt, row.error, row.certain ? 1 : 0, row.id],
  )
}
