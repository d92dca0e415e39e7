import { describe, expect, it } from 'vitest'
import { classify, refuse, rowError, staleIn } from '../../../adapters/tiktok/errors.ts'
import { throttleOf } from '../../../adapters/tiktok/limits.ts'

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
  status,
  body,
  headers,
})
const of = (code: number, message = '', status = 200) =>
  classify('GetOrderList')(answer(status, { code, message, request_id: 'R1', data: null }))

describe('classify', () => {
  it('takes code 0 for a success, whatever else the body says', () => {
    expect(of(0, 'Success')).toBeNull()
  })

  it('leaves to its status what is not of TikTok’s making', () => {
    for (const body of ['<html>', '', null, [], { unexpected: true }, { code: '0' }])
      expect(classify('GetOrderList')(answer(502, body))).toBeNull()
  })

  it('does not take code 0 under an error status for a success', () => {
    expect(of(0, 'Success', 500)).toMatchObject({ code: 'unavailable' })
  })

  it.each([
    [105002, '', 'auth'],
    [105005, 'should apply auth pkg', 'permission'],
    [105004, '', 'permission'],
    [106001, 'Signature invalid', 'auth'],
    [106011, 'Invalid shop_cipher', 'permission'],
    [106013, '', 'permission'],
    [36009002, '', 'rate_limited'],
    [36009037, '', 'rate_limited'],
    [36009003, '', 'unavailable'],
    [36009007, '', 'unavailable'],
    [36009033, '', 'permission'],
    [36009043, '', 'permission'],
    [36009009, 'Invalid path', 'rejected'],
    [21011051, '', 'rejected'],
    [177001001, 'Invalid parameter', 'rejected'],
    [177001002, '', 'rejected'],
    [177001003, '', 'rejected'],
    [177001004, '', 'rejected'],
    [177001006, '', 'permission'],
    [177001007, '', 'conflict'],
    [177001008, '', 'rate_limited'],
    [177001009, '', 'unavailable'],
    [177001010, '', 'not_found'],
    [177001011, '', 'rejected'],
    [177001012, '', 'conflict'],
    [177001013, '', 'rejected'],
    [77_777_777, 'never heard of', 'rejected'],
  ])('%i is %s%s', (code, message, expected) => {
    expect(of(code, message)).toMatchObject({ code: expected })
  })

  it('reads the words of 36009004, which stands for many things', () => {
    expect(of(36009004, "Invalid 'timestamp' query parameter")).toMatchObject({ code: 'auth' })
    expect(of(36009004, 'The `x-tts-access-token` header is invalid')).toMatchObject({
      code: 'auth',
      details: { stale: 'token' },
    })
    expect(of(36009004, "Invalid credentials. Invalid 'app_key' query parameter")).toMatchObject({
      code: 'auth',
    })
    expect(of(36009004, 'shop_id is invalid')).toMatchObject({
      code: 'permission',
      details: { stale: 'shop' },
    })
    expect(of(36009004, 'param body.address is missing')).toMatchObject({ code: 'rejected' })
  })

  it('keeps the code and TikTok’s own id of the request, and names the operation', () => {
    expect(of(21011051, 'too late')).toMatchObject({
      message: 'TikTok GetOrderList answered 21011051: too late',
      details: { code: 21011051, requestId: 'R1' },
    })
  })

  it('falls back to the status for a code that nobody knows', () => {
    expect(of(1, '', 401)).toMatchObject({ code: 'auth' })
    expect(of(1, '', 403)).toMatchObject({ code: 'permission' })
    expect(of(1, '', 429)).toMatchObject({ code: 'rate_limited' })
    expect(of(1, '', 503)).toMatchObject({ code: 'unavailable', retryable: true })
  })

  it('waits a second after a refusal, unless TikTok says how long', () => {
    const body = { code: 36009002, message: 'Too many requests' }
    expect(classify('GetOrderList')(answer(429, body))?.retryAfterMs).toBe(1000)
    expect(classify('GetOrderList')(answer(429, body, { 'retry-after': '7' }))?.retryAfterMs).toBeUndefined()
  })
})

it('throttleOf says that the bucket is empty, by the code also inside a 200', () => {
  expect(throttleOf(answer(200, { code: 0 }))).toBeNull()
  expect(throttleOf(answer(200, { code: 36009002 }))).toEqual({ remaining: 0, retryAfterMs: 1000 })
  expect(throttleOf(answer(429, 'x', { 'retry-after': '7' }))).toEqual({ remaining: 0 })
})

it('staleIn tells what a call may mend by itself', () => {
  expect(staleIn(of(105002))).toBe('token')
  expect(staleIn(of(106011))).toBe('shop')
  expect(staleIn(of(105005))).toBeNull()
  expect(staleIn(refuse('auth', undefined, 'x', 'y'))).toBeNull()
  expect(staleIn(new Error('x'))).toBeNull()
})

it('rowError names the row and what TikTok said of it', () => {
  expect(rowError('the number of SKU 1', 12052037, 'wrong warehouse')).toMatchObject({
    code: 'rejected',
    message: 'TikTok refused the number of SKU 1: wrong warehouse',
    details: { code: 12052037 },
  })
  expect(rowError('x', 36009002, '')).toMatchObject({ code: 'rate_limited', retryable: true })
  expect(rowError('x', null, '').message).toBe('TikTok refused x: no reason given')
})
