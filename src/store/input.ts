import type { z } from 'zod'
import { StockpoolError } from '../error.ts'

/** The value as its schema has it, or an `invalid_input` error that names the field. */
export function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const field = issue?.path.map(String).join('.') ?? ''
  const message = issue?.message ?? 'the value breaks its schema'
  throw new StockpoolError('invalid_input', field === '' ? message : `${field}: ${message}`, {
    field: field === '' ? undefined : field,
    remedy: 'Correct this value; nothing was written.',
  })
}
