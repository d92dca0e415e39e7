import { describe, expect, it } from 'vitest'
import { serverMoment } from '../../src/http/index.ts'

describe('the moment of an answer', () => {
  const date = 'Mon, 02 Mar 2026 10:00:00 GMT'
  const server = Date.parse('2026-03-02T10:00:00Z')
  it.each([
    ['a clock that agrees', server + 400, 100, server + 400],
    ['a clock that is behind', server - 60_000, 100, server - 60_000],
    ['a clock that is ahead by an hour', server + 3_600_000, 300, server - 300],
    ['no Date', 5, 1, 5],
  ])('%s', (what, startedAt, took, expected) => {
    expect(serverMoment({ startedAt, endedAt: startedAt + took }, what === 'no Date' ? {} : { date })).toBe(
      expected,
    )
  })
})
