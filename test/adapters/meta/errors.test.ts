import { describe, expect, it } from 'vitest'
import { classify } from '../../../adapters/meta/errors.ts'
import { limits, throttleOf } from '../../../adapters/meta/limits.ts'

const answer = (status: number, error?: object, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: error === undefined ? 'upstream' : { error },
})

describe('the error table', () => {
  it.each<[string, number, object | undefined, string | null]>([
    ['a success', 200, undefined, null],
    ['an outage without a body', 502, undefined, 'unavailable'],
    ['an unknown error of Meta', 500, { code: 1, message: 'An unknown error occurred' }, 'unavailable'],
    ['a service that is down', 503, { code: 2 }, 'unavailable'],
    ['a transient failure under a code of its own', 400, { code: 960, is_transient: true }, 'unavailable'],
    ['a transient invalid parameter', 400, { code: 100, is_transient: true }, 'unavailable'],
    ['an ended token', 400, { code: 190, error_subcode: 463 }, 'auth'],
    ['a session that is gone', 401, { code: 102 }, 'auth'],
    ['a refusal without a body', 401, undefined, 'auth'],
    [
      'a wrong proof',
      400,
      { code: 100, message: 'Invalid appsecret_proof provided in the API argument' },
      'auth',
    ],
    ['a missing permission', 403, { code: 200, message: 'Permissions error' }, 'permission'],
    ['another missing permission', 400, { code: 278 }, 'permission'],
    ['a missing capability', 400, { code: 3 }, 'permission'],
    ['calls taken for abuse', 400, { code: 368 }, 'permission'],
    ['nothing there', 400, { code: 100, error_subcode: 33 }, 'not_found'],
    ['no such id', 404, { code: 803 }, 'not_found'],
    ['a wrong parameter', 400, { code: 100 }, 'rejected'],
    ['what was removed', 400, { code: 12 }, 'rejected'],
    ['a version that is gone', 400, { code: 2635 }, 'rejected'],
    ['an unknown code', 400, { code: 987_654 }, 'rejected'],
    ['the limit of the app', 400, { code: 4 }, 'rate_limited'],
    ['the limit of the user', 400, { code: 17 }, 'rate_limited'],
    ['a limit of its own', 400, { code: 613 }, 'rate_limited'],
    ['the limit of the catalogue', 400, { code: 80_009 }, 'rate_limited'],
    ['the limit of batches', 400, { code: 80_014 }, 'rate_limited'],
    ['a limit under HTTP 429', 429, undefined, 'rate_limited'],
    ['an error inside a 200', 200, { code: 190 }, 'auth'],
  ])('%s', (_, status, error, code) => {
    expect(classify(answer(status, error))?.code ?? null).toBe(code)
  })

  it('keeps what support asks for, and Meta in its own words', () => {
    const error = classify(
      answer(400, { code: 100, error_subcode: 7, message: 'So it is', fbtrace_id: 'Abc' }),
    )
    expect(error?.message).toBe('So it is')
    expect(error?.details).toEqual({ status: 400, metaCode: 100, metaSubcode: 7, traceId: 'Abc' })
  })

  it('leaves the wait to a Retry-After', () => {
    expect(classify(answer(429, { code: 4 }, { 'retry-after': '7' }))?.retryAfterMs).toBeUndefined()
    expect(classify(answer(429, { code: 4 }))?.retryAfterMs).toBe(60_000)
  })
})

const business = (...usages: object[]) => ({
  'x-business-use-case-usage': JSON.stringify({ '506914307656634': usages }),
})
const read = (headers: Record<string, string>) => throttleOf('catalogBatch')(answer(200, {}, headers))

describe('the usage headers', () => {
  it('that are absent or unreadable say nothing', () => {
    expect(read({})).toBeNull()
    expect(read({ 'x-business-use-case-usage': '{', 'x-app-usage': '"x"' })).toBeNull()
  })

  it('leave as much as the most used share leaves', () => {
    const facts = { type: 'catalog_batch', call_count: 20, total_cputime: 75, total_time: 3 }
    expect(read(business(facts))).toEqual({ remaining: limits.catalogBatch.burst * 0.25 })
  })

  it('of the app as a whole count too', () => {
    const app = JSON.stringify({ call_count: 90, total_time: 1, total_cputime: 1 })
    expect(read({ ...business({ type: 'catalog_batch', call_count: 5 }), 'x-app-usage': app })).toEqual({
      remaining: 10,
    })
  })

  it('of advertising and pages are not the catalogue', () => {
    const ads = { type: 'ads_management', call_count: 100, estimated_time_to_regain_access: 50 }
    expect(read(business(ads, { type: 'catalog_management', call_count: 10 }))).toEqual({ remaining: 90 })
  })

  it('say in minutes when access comes back', () => {
    expect(
      read(business({ type: 'catalog_batch', call_count: 100, estimated_time_to_regain_access: 4 })),
    ).toEqual({
      remaining: 0,
      retryAfterMs: 240_000,
    })
  })
})
