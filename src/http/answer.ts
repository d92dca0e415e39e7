import { StockpoolError } from '../error.ts'
import type { HttpAnswer, HttpRequest } from '../spec/context.ts'
import { type Label, located, unknownOutcome } from './failure.ts'

/** A refusal as its caller must take it: a `once` that may have had its effect is in doubt, whatever the status. */
export function refusal(
  label: Label,
  answer: HttpAnswer,
  error: StockpoolError,
  request: HttpRequest<unknown>,
  retryAfterMs: number | undefined,
): StockpoolError {
  if (request.effect === 'once' && error.code === 'unavailable') {
    return located(label, answer, unknownOutcome('sent, but the answer leaves open what happened', error))
  }
  if (retryAfterMs === undefined || error.retryAfterMs !== undefined) return located(label, answer, error)
  const { code, field, remedy, retryable, details, cause } = error
  return located(
    label,
    answer,
    new StockpoolError(code, error.message, { field, remedy, retryable, details, cause, retryAfterMs }),
  )
}

/** @throws StockpoolError `invalid_input`: a 2xx whose body is not what the platform documents. */
export function readAnswer<T>(label: Label, answer: HttpAnswer, request: HttpRequest<T>): T {
  const parsed = request.schema.safeParse(answer.body)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const field = issue?.path.map(String).join('.') || 'body'
  throw located(
    label,
    answer,
    // Only the code of the issue: its message may quote a value.
    new StockpoolError(
      'invalid_input',
      `the platform answered something unexpected at ${field} (${issue?.code})`,
      {
        field,
        remedy: 'the platform may have changed its format: report it with the operation and the field',
        retryable: false,
        details: { sent: true },
      },
    ),
  )
}
