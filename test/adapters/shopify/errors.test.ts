import { describe, expect, it } from 'vitest'
import {
  cancelErrors,
  classify,
  graphqlErrors,
  httpErrors,
  quantityErrors,
  returnErrors,
  throttleWaitMs,
  userError,
} from '../../../adapters/shopify/errors.ts'
import { throttle } from '../../../adapters/shopify/limits.ts'
import { answer } from './fixtures.ts'

const reply = (body: unknown, status = 200, headers = {}) => ({ status, headers, body })
const refusal = (code: string, cost = {}, message = `said ${code}`) => ({
  ...answer(undefined, cost),
  errors: [{ message, extensions: { code } }],
})

describe('the error table', () => {
  it.each(Object.entries(graphqlErrors))('GraphQL %s under HTTP 200 is %o', (code, rule) => {
    const error = classify(reply(refusal(code)))
    expect(error).toMatchObject({ code: rule.code, message: `said ${code}`, details: { shopifyCode: code } })
    expect(error?.remedy).toBe(rule.remedy)
  })

  it.each(Object.entries(httpErrors))('HTTP %s is %o', (status, rule) => {
    const error = classify(reply({ errors: 'in words' }, Number(status)))
    expect(error).toMatchObject({ code: rule.code, message: 'in words', details: { status: Number(status) } })
    expect(classify(reply('<html></html>', Number(status)))?.code).toBe(rule.code)
  })

  it.each(Object.entries(returnErrors))('an answer to a return refused as %s is %o', (code, rule) => {
    const error = userError({ field: ['id'], message: 'no', code }, returnErrors)
    expect(error).toMatchObject({ code: rule.code, field: 'id', details: { shopifyCode: code } })
    expect(error.remedy).toBe(rule.remedy)
  })

  it.each(Object.entries(quantityErrors))('a row refused as %s is %o', (code, rule) => {
    const error = userError({ field: ['input', 'quantities', '0'], message: 'no', code }, quantityErrors)
    expect(error).toMatchObject({
      code: rule.code,
      field: 'input.quantities.0',
      details: { shopifyCode: code },
    })
  })

  it.each(Object.entries(cancelErrors))('a cancellation refused as %s is %o', (code, rule) => {
    expect(userError({ message: 'no', code }, cancelErrors).code).toBe(rule.code)
  })

  it('takes an unknown code, or none, for a refusal', () => {
    expect(classify(reply(refusal('NEVER_SEEN')))?.code).toBe('rejected')
    expect(classify(reply({ errors: [{ message: 'no code at all' }] }))?.code).toBe('rejected')
    expect(userError({ message: 'no' })).toMatchObject({ code: 'rejected', retryable: false })
  })

  it('leaves success, and what the HTTP client knows better, alone', () => {
    expect(classify(reply(answer({ order: null })))).toBeNull()
    for (const status of [408, 500, 502, 503, 504]) expect(classify(reply('', status))).toBeNull()
  })

  it('takes hidden buyer data for no error, and a hidden root for one', () => {
    const errors = [
      { message: 'not approved', path: ['order', 'email'], extensions: { code: 'ACCESS_DENIED' } },
    ]
    expect(classify(reply({ data: { order: { id: 'x', email: null } }, errors }))).toBeNull()
    const root = [
      { message: 'Required access: read_orders', path: ['order'], extensions: { code: 'ACCESS_DENIED' } },
    ]
    expect(classify(reply({ data: { order: null }, errors: root }))).toMatchObject({ code: 'permission' })
    expect(classify(reply({ data: null, errors }))).toMatchObject({ code: 'permission' })
    const mixed = [
      ...errors,
      { message: 'oops', path: ['order', 'x'], extensions: { code: 'INTERNAL_SERVER_ERROR' } },
    ]
    expect(classify(reply({ data: { order: { id: 'x' } }, errors: mixed }))).not.toBeNull()
  })

  it('waits as long as Retry-After says under a real 429', () => {
    expect(classify(reply({ errors: 'slow down' }, 429, { 'retry-after': '2.0' }))).toMatchObject({
      code: 'rate_limited',
      retryAfterMs: 2000,
    })
  })
})

describe('the cost bucket', () => {
  const throttled = (left: number, rate: number, asked = 210) => {
    const body = refusal('THROTTLED', { left, rate }, 'Throttled')
    const cost = { ...body.extensions.cost, requestedQueryCost: asked, actualQueryCost: null }
    return { ...body, extensions: { cost } }
  }

  it('waits (asked - left) / rate when throttled', () => {
    expect(classify(reply(throttled(10, 100)))).toMatchObject({ code: 'rate_limited', retryAfterMs: 2000 })
    expect(throttle(reply(throttled(10, 100)))).toEqual({
      rate: 100,
      burst: 2000,
      remaining: 10,
      retryAfterMs: 2000,
    })
  })

  it('waits a second where the rate is 0 or unsaid, and never less than a moment', () => {
    expect(throttleWaitMs(throttled(10, 0))).toBe(1000)
    expect(throttle(reply(throttled(10, 0)))).toEqual({ burst: 2000, remaining: 10, retryAfterMs: 1000 })
    expect(throttleWaitMs({})).toBe(1000)
    expect(throttleWaitMs(throttled(500, 100))).toBe(100)
  })

  it('is read from every answer', () => {
    expect(throttle(reply(answer({}, { left: 730, rate: 200 })))).toEqual({
      rate: 200,
      burst: 2000,
      remaining: 730,
      spent: 10,
    })
    expect(throttle(reply('<html></html>', 502))).toBeNull()
    expect(throttle(reply({ data: {} }))).toBeNull()
  })
})
