import type { Transaction } from './database.ts'
import { mayKeep } from './order-people.ts'

/** A label to print. */
export interface LabelDocument {
  readonly position: number
  readonly content: Uint8Array
}

/**
 * Keeps what is to be printed, protected: it names the buyer. Erased with the buyer's data, and never kept of an order whose
 * buyer was erased.
 */
export async function keepDocuments(
  tx: Transaction,
  which: { readonly connection: string; readonly key: string; readonly order: string },
  documents: readonly LabelDocument[],
  protect: (text: string) => string,
): Promise<void> {
  const { connection, key, order } = which
  if (!(await mayKeep(tx, connection, order))) return
  for (const { position, content } of documents) {
    const text = protect(Buffer.from(content).toString('base64'))
    await tx.run(
      `INSERT INTO label_document (connection, key, position, order_id, content) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (connection, key, position) DO UPDATE SET content = excluded.content`,
      [connection, key, position, order, text],
    )
  }
}

/** The documents of a label by their package, counted from 0. */
export async function documentsOf(
  tx: Transaction,
  connection: string,
  key: string,
  reveal: (text: string) => string,
): Promise<ReadonlyMap<number, Uint8Array>> {
  const rows = await tx.all<{ position: number; content: string }>(
    'SELECT position, content FROM label_document WHERE connection = ? AND key = ?',
    [connection, key],
  )
  return new Map(
    rows.map(({ position, content }) => [
      Number(position),
      new Uint8Array(Buffer.from(reveal(content), 'base64')),
    ]),
  )
}
