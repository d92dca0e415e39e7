import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { StockpoolError } from '../../src/error.ts'
import { createRedactor, redactError, redactingLogger } from '../../src/http/index.ts'

describe('redactor', () => {
  it('takes out what was added, in every form it may take', () => {
    const redactor = createRedactor('p@ss w/rd"1')
    const text = [
      'p@ss w/rd"1',
      encodeURIComponent('p@ss w/rd"1'),
      'p%40ss+w%2Frd%221',
      JSON.stringify('p@ss w/rd"1'),
      Buffer.from('p@ss w/rd"1').toString('base64'),
    ]
    for (const one of text) expect(redactor.redact(`a ${one} b`)).toMatch(/^a "?\[redacted\]"? b$/)
  })

  it('takes the longer of two secrets that begin alike, and treats their characters as characters', () => {
    const redactor = createRedactor('abcd', 'abcd.efgh', '(.*)+')
    expect(redactor.redact('abcd.efgh abcd abcdxefgh (.*)+')).toBe(
      '[redacted] [redacted] [redacted]xefgh [redacted]',
    )
  })

  it('leaves ordinary words alone', () => {
    const redactor = createRedactor('', 'ab')
    redactor.add(null, undefined)
    const text = 'patchListingsItem: 5 tokens left, the signature does not match, HTTP 429 (request 7f-ab)'
    expect(redactor.redact(text)).toBe(text)
  })

  it.each([
    'Authorization: Bearer abc.DEF-123',
    'access_token=abc123def',
    '{"refresh_token":"abc123def"}',
    "client_secret: 'abc123def'",
    'https://x.test/?hmac=abc123def&a=1',
    'shpat_abc123def',
    'Atza|abc123def',
    'Atzr|abc123def',
    'whsec_abc123def',
    'amzn1.oa2-cs.v1.abc123def',
    'eyJhbGciOiJI.abc123def.sig',
    'jo.abc123def@example.com',
  ])('takes out what looks like a credential or an address: %s', (text) => {
    const clean = createRedactor().redact(text)
    expect(clean).toContain('[redacted]')
    expect(clean).not.toMatch(/abc/i)
  })

  it('reads through values, and blanks members named like secrets', () => {
    const redactor = createRedactor('abcd1234')
    const clean = redactor.redactValue({
      list: ['abcd1234', 5, null, true],
      apiKey: 'whatever',
      at: new Date(0),
      error: new Error('abcd1234'),
      known: new StockpoolError('auth', 'abcd1234', { details: { a: 'abcd1234' } }),
    })
    expect(JSON.stringify(clean)).not.toMatch(/abcd|whatever/)
    expect(clean).toMatchObject({
      list: ['[redacted]', 5, null, true],
      apiKey: '[redacted]',
      at: new Date(0),
    })
  })

  it('ends on values that contain themselves', () => {
    const value: Record<string, unknown> = {}
    value.self = value
    expect(JSON.stringify(createRedactor().redactValue(value))).toContain('[redacted]')
  })

  it('forgets old tokens of very many, but neither the newest nor the first', () => {
    const redactor = createRedactor('client-secret')
    for (let index = 0; index < 1_000; index += 1) redactor.add(`issued-${index}-x`)
    expect(redactor.redact('client-secret issued-999-x issued-500-x')).toBe(
      '[redacted] [redacted] [redacted]',
    )
    expect(redactor.redact('issued-250-x')).toBe('issued-250-x')
  })
})

describe('redactError', () => {
  it('keeps everything but the secret', () => {
    const redactor = createRedactor('abcd1234')
    const library = Object.assign(new Error('with abcd1234'), {
      config: { headers: { authorization: 'abcd1234' } },
    })
    const error = redactError(
      redactor,
      new StockpoolError('unavailable', 'got abcd1234', {
        field: 'token',
        remedy: 'not abcd1234',
        details: { status: 500, echo: 'abcd1234' },
        retryAfterMs: 5,
        retryable: false,
        cause: library,
      }),
    )
    expect(error).toMatchObject({
      code: 'unavailable',
      field: 'token',
      retryAfterMs: 5,
      retryable: false,
      details: { status: 500 },
    })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('abcd1234')
  })
})

describe('redactingLogger', () => {
  it('redacts messages and facts, and names the connection', () => {
    const lines: unknown[] = []
    const write = (message: string, facts?: unknown) => void lines.push([message, facts])
    const log = redactingLogger({ debug: write, info: write, warn: write }, createRedactor('abcd1234'), {
      connection: 'web',
    })
    log.debug('abcd1234')
    log.info('fine', { a: 'abcd1234' })
    log.warn('warned', { count: 1 })
    expect(lines).toEqual([
      ['[redacted]', { connection: 'web' }],
      ['fine', { connection: 'web', a: '[redacted]' }],
      ['warned', { connection: 'web', count: 1 }],
    ])
  })
})
