import type { Transaction } from './database.ts'

export interface ConnectionState {
  /** Orders placed before this instant count only with what was open at first sight. */
  readonly countsFrom: string
  readonly pausedAt: string | null
  readonly reason: string | null
}

/** The connection's state; its first call for a connection fixes `countsFrom`. */
export async function connectionState(
  tx: Transaction,
  connection: string,
  at: string,
): Promise<ConnectionState> {
  await tx.run(
    'INSERT INTO connection_state (connection, counts_from) VALUES (?, ?) ON CONFLICT (connection) DO NOTHING',
    [connection, at],
  )
  const row = await tx.get<{ counts_from: string; paused_at: string | null; reason: string | null }>(
    'SELECT counts_from, paused_at, reason FROM connection_state WHERE connection = ?',
    [connection],
  )
  return { countsFrom: row?.counts_from ?? at, pausedAt: row?.paused_at ?? null, reason: row?.reason ?? null }
}

/** Whether the connection is paused; `null`: nobody has seen it yet. */
export async function isPaused(tx: Transaction, connection: string): Promise<boolean | null> {
  const row = await tx.get<{ paused_at: string | null }>(
    'SELECT paused_at FROM connection_state WHERE connection = ?',
    [connection],
  )
  return row === undefined ? null : row.paused_at !== null
}

/** Stops a connection until a person resumes it. `true` when this call stopped it. */
export async function pauseConnection(
  tx: Transaction,
  connection: string,
  reason: string,
  at: string,
): Promise<boolean> {
  const changed = await tx.run(
    'UPDATE connection_state SET paused_at = ?, reason = ? WHERE connection = ? AND paused_at IS NULL',
    [at, reason, connection],
  )
  return changed === 1
}

export async function resumeConnection(tx: Transaction, connection: string): Promise<boolean> {
  const changed = await tx.run(
    'UPDATE connection_state SET paused_at = NULL, reason = NULL WHERE connection = ? AND paused_at IS NOT NULL',
    [connection],
  )
  return changed === 1
}

/** A duty's place in a platform's feed. */
export interface Cursor {
  readonly value: string | null
  /** Everything the platform changed before this instant has been read. */
  readonly completeUntil: string | null
  /** When the last whole pass ended. */
  readonly ranAt: string | null
}

export type Duty =
  | 'orders'
  | 'updates'
  | 'stock'
  | 'locations'
  | 'audit'
  | 'webhooks'
  | 'returns'
  | 'provider-returns'
  | 'queue'
  | 'queue-setup'
  | 'deadlines'
  | 'platform-stock'
  | 'tracking'
  | 'import'

export async function readCursor(tx: Transaction, connection: string, duty: Duty): Promise<Cursor> {
  const row = await tx.get<{ value: string | null; complete_until: string | null; ran_at: string | null }>(
    'SELECT value, complete_until, ran_at FROM cursor WHERE connection = ? AND duty = ?',
    [connection, duty],
  )
  return { value: row?.value ?? null, completeUntil: row?.complete_until ?? null, ranAt: row?.ran_at ?? null }
}

export async function writeCursor(
  tx: Transaction,
  connection: string,
  duty: Duty,
  cursor: Cursor,
): Promise<void> {
  await tx.run(
    `INSERT INTO cursor (connection, duty, value, complete_until, ran_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (connection, duty) DO UPDATE SET
       value = excluded.value, complete_until = excluded.complete_until, ran_at = excluded.ran_at`,
    [connection, duty, cursor.value, cursor.completeUntil, cursor.ranAt],
  )
}

/** Makes a duty due at once: something hints at news. */
export async function callDuty(tx: Transaction, connection: string, duty: Duty): Promise<void> {
  await tx.run('UPDATE cursor SET ran_at = NULL WHERE connection = ? AND duty = ?', [connection, duty])
}

/** Forgets webhooks that came before an instant: no platform repeats one so late. */
export async function pruneInbox(tx: Transaction, before: string): Promise<void> {
  await tx.run('DELETE FROM inbox WHERE received_at < ?', [before])
}

/** Stores a webhook's event id. `false`: seen before. */
export async function receiveOnce(
  tx: Transaction,
  connection: string,
  eventId: string,
  at: string,
): Promise<boolean> {
  const inserted = await tx.run(
    'INSERT INTO inbox (connection, event_id, received_at) VALUES (?, ?, ?) ON CONFLICT (connection, event_id) DO NOTHING',
    [connection, eventId, at],
  )
  return inserted === 1
}
