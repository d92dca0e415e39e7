import type { z } from 'zod'
import { isStockpoolError, StockpoolError, toStockpoolError } from '../error.ts'

export interface ReadRowOptions {
  /** What it is, for people: `an order of Amazon`. */
  readonly what: string
  /** Facts that name the row. Never secrets, never buyer data. */
  readonly details?: Readonly<Record<string, unknown>>
}

/**
 * Reads one row of an answer by its schema, apart from the rows beside it.
 * @throws StockpoolError `invalid_input` with the path of the offending value in `field`. Retryable, since a platform
 * may mend its answer. It never tells the value itself, which may be the buyer's.
 * @example const wire = readRow(WireOrder, raw, { what: 'an order of Acme', details: { order: id } })
 */
export function readRow<T>(schema: z.ZodType<T>, value: unknown, { what, details }: ReadRowOptions): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const field = issue?.path.join('.') ?? ''
  throw new StockpoolError(
    'invalid_input',
    `${what} cannot be read: ${field ? `${field}: ` : ''}${issue?.message ?? ''}`,
    {
      field,
      details,
      retryable: true,
      remedy: 'Look at it on the platform; report it if it looks sound there.',
    },
  )
}

/**
 * What reading a row came to: the value, or the error when it is the row's own. Errors that say nothing of the row (the
 * platform is down, the credential refused) are thrown.
 */
export async function tryRow<T>(
  read: () => T | Promise<T>,
): Promise<{ readonly value: T } | { readonly error: StockpoolError }> {
  try {
    return { value: await read() }
  } catch (thrown) {
    if (isStockpoolError(thrown) && ownFault.has(thrown.code)) return { error: thrown }
    // A row that the code did not reckon with is a bug, but no reason to stop at it for ever.
    if (thrown instanceof TypeError || thrown instanceof RangeError)
      return { error: toStockpoolError(thrown) }
    throw thrown
  }
}

const ownFault: ReadonlySet<StockpoolError['code']> = new Set([
  'invalid_input',
  'not_found',
  'rejected',
  'internal',
])
