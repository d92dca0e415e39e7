import type { EventType, StoredEvent } from '../model/event.ts'
import type { Transaction } from './database.ts'

interface EventRow {
  id: number
  type: EventType
  at: string
  data: string
}

const toEvent = (row: EventRow): StoredEvent => ({
  id: Number(row.id),
  type: row.type,
  at: row.at,
  data: JSON.parse(row.data),
})

/** Events after a position, oldest first. */
export async function readEvents(
  tx: Transaction,
  { after, type, limit }: { after: number; type?: string; limit: number },
): Promise<StoredEvent[]> {
  const rows = await tx.all<EventRow>(
    `SELECT id, type, at, data FROM event WHERE id > ? AND (? = '' OR type = ?) ORDER BY id LIMIT ?`,
    [after, type ?? '', type ?? '', limit],
  )
  return rows.map(toEvent)
}

export async function lastEventId(tx: Transaction): Promise<number> {
  const row = await tx.get<{ id: number | null }>('SELECT MAX(id) AS id FROM event')
  return Number(row?.id ?? 0)
}

/** Registers a subscriber at the end of the stream; one that is known keeps its position. */
export async function ensureSubscriber(
  tx: Transaction,
  name: string,
  type: string,
): Promise<{ type: string; position: number }> {
  await tx.run(
    'INSERT INTO subscriber (name, type, position) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING',
    [name, type, await lastEventId(tx)],
  )
  const row = await tx.get<{ type: string; position: number }>(
    'SELECT type, position FROM subscriber WHERE name = ?',
    [name],
  )
  return { type: row?.type ?? type, position: Number(row?.position ?? 0) }
}

export interface SubscriberState {
  readonly position: number
  readonly attempts: number
  readonly retryAt: string | null
}

export async function subscriberState(tx: Transaction, name: string): Promise<SubscriberState> {
  const row = await tx.get<{ position: number; attempts: number; retry_at: string | null }>(
    'SELECT position, attempts, retry_at FROM subscriber WHERE name = ?',
    [name],
  )
  return {
    position: Number(row?.position ?? 0),
    attempts: Number(row?.attempts ?? 0),
    retryAt: row?.retry_at ?? null,
  }
}

export async function advanceSubscriber(tx: Transaction, name: string, position: number): Promise<void> {
  await tx.run(
    'UPDATE subscriber SET position = ?, attempts = 0, retry_at = NULL, error = NULL WHERE name = ? AND position < ?',
    [position, name, position],
  )
}

export async function delaySubscriber(
  tx: Transaction,
  name: string,
  retryAt: string,
  error: string,
): Promise<void> {
  await tx.run('UPDATE subscriber SET attempts = attempts + 1, retry_at = ?, error = ? WHERE name = ?', [
    retryAt,
    error,
    name,
  ])
}

export async function removeSubscriber(tx: Transaction, name: string): Promise<void> {
  await tx.run('DELETE FROM subscriber WHERE name = ?', [name])
}

/** Deletes events that every subscriber has had and that are older than `before`. */
export async function pruneEvents(tx: Transaction, before: string): Promise<number> {
  return tx.run(
    `DELETE FROM event WHERE at < ? AND id <= COALESCE((SELECT MIN(position) FROM subscriber), (SELECT MAX(id) FROM event))`,
    [before],
  )
}
