import type { Events, EventType } from '../model/event.ts'
import type { Transaction } from './database.ts'
import { pieces, rowMarks, sized } from './sql.ts'

/** An event that is to be written. */
export interface News {
  readonly at: string
  readonly type: EventType
  readonly data: unknown
}

/** What is to be told of a type of event. */
export function news<Type extends EventType>(at: string, type: Type, data: Events[Type]): News {
  return { at, type, data }
}

const insertEvents = sized((rows) => `INSERT INTO event (type, at, data) VALUES ${rowMarks(rows, 3)}`)

/** Writes events, in this order, in the transaction of their facts; the hub gives them out after the commit. */
export async function emitAll(tx: Transaction, events: readonly News[]): Promise<void> {
  for (const some of pieces(events)) {
    const values = some.flatMap(({ at, type, data }) => [type, at, JSON.stringify(data)])
    await tx.run(insertEvents(some.length), values)
  }
}

/** Writes an event in the transaction of its fact; the hub gives it out after the commit. */
export function emit<Type extends EventType>(
  tx: Transaction,
  at: string,
  type: Type,
  data: Events[Type],
): Promise<void> {
  return emitAll(tx, [news(at, type, data)])
}
