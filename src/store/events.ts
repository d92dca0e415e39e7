import type { Events, EventType } from '../model/event.ts'
import type { Transaction } from './database.ts'

/** Writes an event in the transaction of its fact; the hub gives it out after the commit. */
export async function emit<Type extends EventType>(
  tx: Transaction,
  at: string,
  type: Type,
  data: Events[Type],
): Promise<void> {
  await tx.run('INSERT INTO event (type, at, data) VALUES (?, ?, ?)', [type, at, JSON.stringify(data)])
}
