import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  fromBase64,
  headerOf,
  hmacSha256,
  type StandardWebhook,
  sameBytes,
  toBase64,
  toHex,
  verifyStandardWebhook,
} from '../../src/http/index.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('hmacSha256', () => {
  it('agrees with RFC 4231, test case 2, in one part or in several', () => {
    const expected = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'
    expect(toHex(hmacSha256('Jefe', 'what do ya want for nothing?'))).toBe(expected)
    expect(toHex(hmacSha256(bytes('Jefe'), 'what do ya ', bytes('want for nothing?')))).toBe(expected)
  })
})

describe('sameBytes', () => {
  it('knows equal from unequal, and takes nothing for a match', () => {
    expect(sameBytes('abc', bytes('abc'))).toBe(true)
    expect(sameBytes('abc', 'abd')).toBe(false)
    expect(sameBytes('abc', 'ab')).toBe(false)
    expect(sameBytes('', '')).toBe(false)
  })
})

describe('base64', () => {
  it('reads back what it writes, of a part of a buffer too, and nothing from what is no base64', () => {
    const part = new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4)
    expect([...fromBase64(toBase64(part))]).toEqual([1, 2, 3])
    expect(toHex(part)).toBe('010203')
    expect(fromBase64('not base64!')).toHaveLength(0)
  })
})

describe('headerOf', () => {
  it('finds a header in any case, and none that is repeated', () => {
    expect(headerOf({ 'X-Sig': 'a' }, 'x-sig')).toBe('a')
    expect(headerOf(new Headers({ 'x-sig': 'b' }), 'X-SIG')).toBe('b')
    expect(headerOf({ 'x-sig': ['c'] }, 'x-sig')).toBe('c')
    expect(headerOf({ 'x-sig': ['c', 'd'] }, 'x-sig')).toBeUndefined()
    expect(headerOf({}, 'x-sig')).toBeUndefined()
  })
})

describe('verifyStandardWebhook', () => {
  const secret = `whsec_${Buffer.from('a secret of some length').toString('base64')}`
  const body = bytes('{"a":1}')
  const signedAt = 1_700_000_000
  const sign = (key: string, id: string, timestamp: number | string, payload: Uint8Array) =>
    `v1,${toBase64(hmacSha256(Buffer.from(key.replace('whsec_', ''), 'base64'), `${id}.${timestamp}.`, payload))}`
  const webhook = (
    changes: Partial<StandardWebhook> & { extra?: Record<string, string> } = {},
  ): StandardWebhook => ({
    secret,
    body,
    now: signedAt * 1000,
    ...changes,
    headers: {
      'Webhook-Id': 'msg_1',
      'Webhook-Timestamp': String(signedAt),
      'Webhook-Signature': sign(secret, 'msg_1', signedAt, body),
      ...changes.extra,
    },
  })

  it('takes a rightly signed webhook, and says its id and time', () => {
    expect(verifyStandardWebhook(webhook())).toEqual({ id: 'msg_1', signedAt: signedAt * 1000 })
    expect(verifyStandardWebhook(webhook({ secret: secret.slice(6) })).id).toBe('msg_1')
  })

  it('takes any signature of the list, and any of several secrets', () => {
    const good = sign(secret, 'msg_1', signedAt, body)
    const list = `v1a,ignored v1,AAAA ${good}`
    expect(verifyStandardWebhook(webhook({ extra: { 'Webhook-Signature': list } })).id).toBe('msg_1')
    const old = `whsec_${Buffer.from('an older secret').toString('base64')}`
    expect(verifyStandardWebhook(webhook({ secret: [old, secret] })).id).toBe('msg_1')
  })

  it.each([
    ['another body', { body: bytes('{"a":2}') }, 'webhook-signature'],
    ['another id', { extra: { 'Webhook-Id': 'msg_2' } }, 'webhook-signature'],
    ['another time', { extra: { 'Webhook-Timestamp': String(signedAt + 1) } }, 'webhook-signature'],
    ['another secret', { secret: 'whsec_b3RoZXI=' }, 'webhook-signature'],
    ['an empty signature', { extra: { 'Webhook-Signature': 'v1,' } }, 'webhook-signature'],
    [
      'another version',
      { extra: { 'Webhook-Signature': sign(secret, 'msg_1', signedAt, body).replace('v1', 'v2') } },
      'webhook-signature',
    ],
    ['a time that is none', { extra: { 'Webhook-Timestamp': '1e9' } }, 'webhook-timestamp'],
    ['a webhook of six minutes ago', { now: (signedAt + 360) * 1000 }, 'webhook-timestamp'],
    ['a webhook from the future', { now: (signedAt - 360) * 1000 }, 'webhook-timestamp'],
  ])('refuses %s', (_name, changes, field) => {
    expect(() => verifyStandardWebhook(webhook(changes))).toThrow(
      expect.objectContaining({ code: 'signature', field }),
    )
  })

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])(
    'refuses a webhook without %s',
    (name) => {
      const { headers, ...rest } = webhook()
      const kept = Object.fromEntries(Object.entries(headers).filter(([key]) => key.toLowerCase() !== name))
      expect(() => verifyStandardWebhook({ ...rest, headers: kept })).toThrow(
        expect.objectContaining({ code: 'signature', field: name }),
      )
    },
  )

  it('takes an older one when told to', () => {
    const later = webhook({ now: (signedAt + 3_600) * 1000, toleranceMs: 4_000_000 })
    expect(verifyStandardWebhook(later).id).toBe('msg_1')
  })

  it('says when the secret itself is wrong', () => {
    expect(() => verifyStandardWebhook(webhook({ secret: 'not base64!' }))).toThrow(
      expect.objectContaining({ code: 'invalid_input', field: 'secret' }),
    )
  })
})

const specs = resolve(process.env.STOCKPOOL_SPECS ?? '../shared/specs')
const vectorFile = `${specs}/webhooks/webhook-signature-vectors.json`
const present = existsSync(vectorFile)
if (!present)
  console.warn(`webhook signature vectors NOT checked: there is no ${vectorFile} (set STOCKPOOL_SPECS)`)

describe.skipIf(!present)('webhook signature vectors of STOCKPOOL_SPECS', () => {
  const vectors = present ? JSON.parse(readFileSync(vectorFile, 'utf8')) : {}

  it('ShipBob (Standard Webhooks)', () => {
    const { secret, raw_body, ...headers } = vectors.shipbob
    const now = Number(headers['webhook-timestamp']) * 1000
    expect(verifyStandardWebhook({ secret, headers, body: bytes(raw_body), now }).id).toBe(
      headers['webhook-id'],
    )
  })

  it.each([
    ['shiphero', 'shared_signature_secret', 'x-shiphero-hmac-sha256', toBase64],
    ['shipstream', 'secret_key', 'X-Plugin-Hmac-Sha256', toBase64],
    ['meta', 'app_secret', 'X-Hub-Signature-256', (hmac: Uint8Array) => `sha256=${toHex(hmac)}`],
    ['easypost', 'secret', 'X-Hmac-Signature', (hmac: Uint8Array) => `hmac-sha256-hex=${toHex(hmac)}`],
  ])('%s', (name, secret, header, written) => {
    const vector = vectors[name]
    expect(written(hmacSha256(vector[secret], vector.raw_body))).toBe(vector[header])
  })
})
