import type { z } from 'zod'
import { StockpoolError } from '../error.ts'

/**
 * The value as its schema has it, or an `invalid_input` error that names the field; `name` is what to call the value
 * itself when it is none at all.
 */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  name?: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const path = (issue?.path ?? []).map(String)
  if (issue?.code === 'unrecognized_keys') path.push(...issue.keys.slice(0, 1))
  const field = path.length === 0 ? (name ?? '') : path.join('.')
  const message = issue?.message ?? 'the value breaks its schema'
  throw new StockpoolError('invalid_input', field === '' ? message : `${field}: ${message}`, {
    field: field === '' ? undefined : field,
    remedy: 'Correct this value; nothing was written.',
  })
}
