import { type ErrorCode, type StockpoolError, toStockpoolError } from '../error.ts'

/** What one bad row can make of a whole call; anything else is the platform's or the connection's state. */
const rowsFault: ReadonlySet<ErrorCode> = new Set([
  'invalid_input',
  'not_found',
  'conflict',
  'rejected',
  'internal',
])

/** Platforms that take one row a write often give twenty or a hundred a read: at least so many are looked at together. */
export const lookedAtTogether = 40

/** How many rows are looked at together where a call takes `batch`: as many calls as that needs, each of them full. */
export const lookOf = (batch: number): number => Math.ceil(lookedAtTogether / batch) * batch

type Failed = { readonly status: 'failed'; readonly error: StockpoolError }

/**
 * One call for a batch, with a result for each row. When the whole call fails for what one row can cause, the halves are
 * tried by themselves, until only the bad rows have failed: absolute numbers and readings are safe to repeat.
 */
export async function callBatch<Row, Result>(
  rows: readonly Row[],
  call: (rows: readonly Row[]) => Promise<readonly Result[]>,
): Promise<readonly (Result | Failed)[]> {
  try {
    return await call(rows)
  } catch (thrown) {
    const error = toStockpoolError(thrown)
    if (rows.length < 2 || error.retryable || !rowsFault.has(error.code))
      return rows.map(() => ({ status: 'failed', error }))
    const middle = Math.ceil(rows.length / 2)
    const first = await callBatch(rows.slice(0, middle), call)
    // One result for each row, whatever the adapter answered.
    const padded = Array.from(
      { length: middle },
      (_, i) => first[i] ?? ({ status: 'failed', error } as const),
    )
    return [...padded, ...(await callBatch(rows.slice(middle), call))]
  }
}

/** A refused credential concerns the connection, not the row: it stops the pass, and the connection with it. */
export function throwRefusal(
  results: readonly { readonly status: string; readonly error?: unknown }[],
): void {
  for (const { status, error } of results) {
    if (status === 'failed' && toStockpoolError(error).code === 'auth') throw error
  }
}
