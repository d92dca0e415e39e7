import { StockpoolError } from '../error.ts'
import type { EventType, StoredEvent } from '../model/event.ts'
import type { Transaction } from './database.ts'

// An event's place in the stream. In SQLite ids are in the order of the commits. In PostgreSQL an id is given when the
// event is written: one with a lower id may be committed later, when readers have gone past it. There `numberEvents` gives
// each its place once it can be seen, and readers go by that.
const place = { sqlite: 'id', postgres: 'position' } as const
const numberedAtOnce = 5000

interface EventRow {
  id: number
  type: EventType
  at: string
  data: string
}

/** Whether events wait for their place. */
export async function hasNewEvents(tx: Transaction): Promise<boolean> {
  if (tx.dialect === 'sqlite') return false
  return (await tx.get('SELECT id FROM event WHERE position IS NULL LIMIT 1')) !== undefined
}

/**
 * Gives every event that is committed by now its place, oldest first. One process at a time does it, so what was committed
 * before another was begun comes before it.
 */
export async function numberEvents(tx: Transaction): Promise<void> {
  if (tx.dialect === 'sqlite') return
  for (;;) {
    const last = await tx.get<{ value: string }>(`SELECT value FROM meta WHERE name = 'events' FOR UPDATE`)
    const first = Number(last?.value ?? 0)
    const numbered = await tx.run(
      `UPDATE event SET position = CAST(? AS BIGINT) + fresh.n
       FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS n FROM
               (SELECT id FROM event WHERE position IS NULL ORDER BY id LIMIT ?) AS waiting) AS fresh
       WHERE event.id = fresh.id`,
      [first, numberedAtOnce],
    )
    await tx.run(`UPDATE meta SET value = ? WHERE name = 'events'`, [String(first + numbered)])
    if (numbered < numberedAtOnce) return
  }
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
    `SELECT ${place[tx.dialect]} AS id, type, at, data FROM event
     WHERE ${place[tx.dialect]} > ? AND (? = '' OR type = ?) ORDER BY ${place[tx.dialect]} LIMIT ?`,
    [after, type ?? '', type ?? '', limit],
  )
  return rows.map(toEvent)
}

export async function lastEventId(tx: Transaction): Promise<number> {
  const row = await tx.get<{ id: number | null }>(`SELECT MAX(${place[tx.dialect]}) AS id FROM event`)
  return Number(row?.id ?? 0)
}

/**
 * Registers a subscriber at the end of the stream; one that is known keeps its position.
 * @throws StockpoolError `conflict` when the name is known for another type: its position would skip events
 */
export async function ensureSubscriber(
  tx: Transaction,
  name: string,
  type: string,
): Promise<{ type: string; position: number }> {
  await numberEvents(tx)
  await tx.run(
    'INSERT INTO subscriber (name, type, position) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING',
    [name, type, await lastEventId(tx)],
  )
  const row = await tx.get<{ type: string; position: number }>(
    'SELECT type, position FROM subscriber WHERE name = ?',
    [name],
  )
  if (row !== undefined && row.type !== type) {
    throw new StockpoolError('conflict', `the subscriber ${name} hears ${row.type} already`, {
      field: 'name',
      remedy: `Give the subscriber of ${type} a name of its own.`,
    })
  }
  return { type, position: Number(row?.position ?? 0) }
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

/** Deletes events that are older than `before` and that no subscriber of their type waits for. */
export async function pruneEvents(tx: Transaction, before: string): Promise<number> {
  return tx.run(
    `DELETE FROM event WHERE at < ? AND NOT EXISTS (
       SELECT 1 FROM subscriber WHERE subscriber.type = event.type
         AND (subscriber.position < event.${place[tx.dialect]}${tx.dialect === 'sqlite' ? '' : ' OR event.position IS NULL'})
     )`,
    [before],
  )
}
