import { type Args, refuse } from '../../../src/simulator/graphql/index.ts'
import type { World } from './world.ts'

const keepMs = 24 * 3_600_000

export const idempotencyMessages = {
  IDEMPOTENCY_CONCURRENT_REQUEST: 'This request is currently in progress, please try again.',
  IDEMPOTENCY_KEY_PARAMETER_MISMATCH:
    'The same idempotency key cannot be used with different operation parameters.',
  IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED: 'The previous attempt of this request failed, use a new key.',
} as const

type Code = keyof typeof idempotencyMessages

interface Operation<Result> {
  readonly run: () => Result
  readonly failed: (result: Result) => boolean
  readonly refuse: (code: Code, message: string) => Result
}

/**
 * `@idempotent(key:)`: the same key answers with its first result for a day, whatever has happened since. Obligatory since
 * 2026-04.
 */
export function idempotent<Result>(
  world: World,
  directives: ReadonlyMap<string, Args>,
  input: unknown,
  operation: Operation<Result>,
): Result {
  const key = keyOf(directives)
  const refused = (code: Code) => operation.refuse(code, idempotencyMessages[code])
  const fingerprint = JSON.stringify(input)
  const kept = world.kept.get(key)
  if (kept && world.shop.clock.now() - kept.at < keepMs) {
    if (kept.fingerprint !== fingerprint) return refused('IDEMPOTENCY_KEY_PARAMETER_MISMATCH')
    if (kept.failed) return refused('IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED')
    return kept.result as Result
  }
  const result = operation.run()
  world.kept.set(key, {
    fingerprint,
    failed: operation.failed(result),
    at: world.shop.clock.now(),
    result,
  })
  return result
}

export function keyOf(directives: ReadonlyMap<string, Args>): string {
  const key = directives.get('idempotent')?.key
  if (typeof key === 'string' && key.trim() !== '') return key
  return refuse(
    'BAD_REQUEST',
    'The @idempotent directive is required for this mutation but was not provided.',
  )
}
