import { describe, expect, it } from 'vitest'
import { classify, classifyToken } from '../../../adapters/amazon/errors.ts'
import { throttleOf } from '../../../adapters/amazon/limits.ts'
import type { HttpAnswer } from '../../../src/spec/index.ts'

const answer = (status: number, body: unknown = {}, headers: Record<string, string> = {}): HttpAnswer => ({
  status,
  body,
  headers,
})
const said = (code: string, message: string, details = '') => ({ errors: [{ code, message, details }] })
const denied = 'Access to requested resource is denied.'

describe('errors of the Selling Partner API', () => {
  it.each([
    [200, {}, null],
    [204, '', null],
    [400, said('InvalidInput', 'Invalid Input'), 'rejected'],
    [400, said('400', 'Invalid Input'), 'rejected'],
    [401, said('Unauthorized', denied), 'auth'],
    [403, said('Unauthorized', denied), 'permission'],
    [403, said('Unauthorized', denied, 'The access token you provided has expired.'), 'auth'],
    [
      403,
      said('Unauthorized', denied, 'The access token you provided is revoked, malformed or invalid.'),
      'auth',
    ],
    [404, said('NOT_FOUND', 'No such SKU'), 'not_found'],
    [409, said('Conflict', 'no'), 'rejected'],
    [413, said('RequestTooLarge', 'no'), 'rejected'],
    [415, said('UnsupportedMediaType', 'no'), 'rejected'],
    [418, 'a teapot', 'rejected'],
    [429, said('QuotaExceeded', 'You exceeded your quota for the requested resource.'), 'rate_limited'],
    [500, said('InternalFailure', 'We encountered an internal error.'), 'unavailable'],
    [502, '<html>', 'unavailable'],
    [503, said('ServiceUnavailable', 'busy'), 'unavailable'],
    [504, null, 'unavailable'],
  ])('%i %o is %s', (status, body, code) => {
    expect(classify('getOrder')(answer(status, body))?.code ?? null).toBe(code)
  })

  it('go by the status: the same code under another status is another error', () => {
    const body = said('Unauthorized', denied)
    expect(classify('getOrder')(answer(404, body))?.code).toBe('not_found')
  })

  it("carry Amazon's request id and codes, and its words", () => {
    const error = classify('getOrder')(
      answer(400, said('InvalidInput', 'Invalid Input', 'orderId'), {
        'x-amzn-requestid': 'abc',
        'x-amzn-errortype': 'E',
      }),
    )
    expect(error?.message).toBe('Amazon getOrder answered 400: InvalidInput: Invalid Input: orderId')
    expect(error?.details).toEqual({ status: 400, requestId: 'abc', errorType: 'E', codes: ['InvalidInput'] })
  })

  it.each(['', null, [], '[]', { errors: 'none' }, { errors: [null, 3] }, '<html>'])(
    'bear the body %o',
    (body) => {
      expect(classify('getOrder')(answer(400, body))?.code).toBe('rejected')
    },
  )

  it('amzn/selling-partner-api-models#1898, saleweaver/python-amazon-sp-api#12: a bare 403 names role, consent, secret, host and slash', () => {
    const remedy = classify('patchListingsItem')(answer(403, said('Unauthorized', denied)))?.remedy ?? ''
    for (const word of ['role', 'consent', '365', 'secret', '180', 'host', '%2F'])
      expect(remedy).toContain(word)
  })
})

describe('limits as Amazon states them', () => {
  const limited = (status: number, headers: Record<string, string> = {}) =>
    throttleOf('getOrder')(answer(status, {}, headers))

  it('the header moves the rate and nothing else', () => {
    expect(limited(200, { 'x-amzn-ratelimit-limit': '2.5' })).toEqual({ rate: 2.5 })
  })

  it('it is absent at times, and may be nonsense', () => {
    expect(limited(200)).toBeNull()
    expect(limited(200, { 'x-amzn-ratelimit-limit': 'many' })).toBeNull()
    expect(limited(200, { 'x-amzn-ratelimit-limit': '0' })).toBeNull()
  })

  it('a 429 empties the bucket for as long as one token takes', () => {
    expect(limited(429)).toEqual({ remaining: 0, retryAfterMs: 2000 })
    expect(limited(429, { 'x-amzn-ratelimit-limit': '4' })).toEqual({
      rate: 4,
      remaining: 0,
      retryAfterMs: 250,
    })
    expect(classify('searchOrders')(answer(429))?.retryAfterMs).toBe(178_572)
  })

  it("the server's own word wins", () => {
    expect(limited(429, { 'retry-after': '20' })).toEqual({ remaining: 0 })
    expect(classify('searchOrders')(answer(429, {}, { 'retry-after': '20' }))?.retryAfterMs).toBeUndefined()
  })
})

describe('errors of Login with Amazon', () => {
  it.each([
    [200, {}, null],
    [400, { error: 'invalid_grant' }, 'auth'],
    [401, { error: 'invalid_client' }, 'auth'],
    [400, { error: 'unauthorized_client' }, 'auth'],
    [400, { error: 'invalid_scope' }, 'permission'],
    [400, { error: 'invalid_request' }, 'auth'],
    [400, { error: 'unsupported_grant_type' }, 'internal'],
    [400, 'nonsense', 'auth'],
    [403, said('MissingAuthenticationToken', denied), 'auth'],
    [429, {}, 'rate_limited'],
    [503, {}, 'unavailable'],
  ])('%i %o is %s', (status, body, code) => {
    expect(classifyToken(answer(status, body))?.code ?? null).toBe(code)
  })

  it('amzn/selling-partner-api-models#955: a token asked for at the SP-API host is told so', () => {
    const error = classifyToken(answer(403, said('MissingAuthenticationToken', denied)))
    expect(error?.remedy).toContain('api.amazon.com')
  })

  it('an ended secret or consent says what to renew', () => {
    expect(classifyToken(answer(401, { error: 'invalid_client' }))?.remedy).toContain('180 days')
    expect(classifyToken(answer(400, { error: 'invalid_grant' }))?.remedy).toContain('authorise')
  })
})
