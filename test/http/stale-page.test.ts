import { describe, expect, it } from 'vitest'
import { type ErrorCode, StockpoolError } from '../../src/error.ts'
import { orBeginAgain } from '../../src/http/index.ts'
import type { Logger } from '../../src/spec/index.ts'

const now = Date.UTC(2026, 6, 1)
const clock = { now: () => now, sleep: async () => {} }

function ask(code: ErrorCode | null, token: string | null | undefined, restartedAt?: number) {
  const warnings: string[] = []
  const log: Logger = { debug() {}, info() {}, warn: (message) => warnings.push(message) }
  const asked = code === null ? Promise.resolve('rows') : Promise.reject(new StockpoolError(code, 'no'))
  const answer = orBeginAgain({ clock, log }, asked, { of: 'orders', token, restartedAt })
  return answer.then((found) => ({ found, warned: warnings.length }))
}

describe('a page token that was kept', () => {
  it.each(['rejected', 'not_found', 'invalid_input'] as const)('is given up when it is %s', async (code) => {
    expect(await ask(code, 'kept')).toEqual({ found: null, warned: 1 })
    expect(await ask(code, 'kept', now - 3_600_000)).toEqual({ found: null, warned: 1 })
    // A clock that was set back must not turn it into an error for days.
    expect(await ask(code, 'kept', now + 86_400_000)).toEqual({ found: null, warned: 1 })
  })

  it('is not to blame for what fails without it, at once after a new beginning, or for other causes', async () => {
    for (const token of [null, undefined, ''])
      await expect(ask('rejected', token)).rejects.toMatchObject({ code: 'rejected' })
    await expect(ask('rejected', 'kept', now - 60_000)).rejects.toMatchObject({ code: 'rejected' })
    for (const code of ['auth', 'permission', 'rate_limited', 'unavailable', 'internal'] as const)
      await expect(ask(code, 'kept')).rejects.toMatchObject({ code })
  })

  it('that is good gives its page', async () => {
    expect(await ask(null, 'kept')).toEqual({ found: 'rows', warned: 0 })
  })
})
