import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type TikTokOptions, tiktok } from '../../../adapters/tiktok/index.ts'
import { operations } from '../../../adapters/tiktok/limits.ts'
import { parseOptions } from '../../../adapters/tiktok/options.ts'
import { options } from './stage.ts'

describe('options', () => {
  it.each([
    ['appKey', { appKey: '' }],
    ['appSecret', { appSecret: 'two words' }],
    ['refreshToken', { refreshToken: 'TTP_x\n' }],
    ['shopId', { shopId: 'my-shop' }],
    ['warehouse', { warehouse: 'main' }],
    ['ordersSince', { ordersSince: 'yesterday' }],
    ['overlapMs', { overlapMs: -1 }],
    ['ordersMs', { ordersMs: 10 }],
    ['callsPerSecond', { callsPerSecond: 0 }],
    ['carriers.ups', { carriers: { ups: 'UPS' } }],
    ['labelHosts.0', { labelHosts: ['https://files.example.com'] }],
    ['endpoint', { endpoint: 'open-api.tiktokglobalshop.com' }],
    ['appkey', { appkey: 'x' } as Partial<TikTokOptions>],
  ])('a wrong %s is refused at once, by its name', (field, more) => {
    expect(() => tiktok({ ...options, ...more })).toThrow(
      expect.objectContaining({ code: 'invalid_input', field }),
    )
  })

  it('have defaults, and addresses without a slash at the end', () => {
    expect(parseOptions({ ...options, endpoint: 'https://x.test/' })).toMatchObject({
      endpoint: 'https://x.test',
      authEndpoint: 'https://auth.tiktok-shops.com',
      ordersSince: null,
      overlapMs: 300_000,
      callsPerSecond: 5,
      deactivateAtZero: false,
    })
    expect(parseOptions({ ...options, ordersSince: '2026-07-01T00:00:00+02:00' }).ordersSince).toBe(
      Date.UTC(2026, 5, 30, 22),
    )
  })

  it('tell one authorisation from another, without telling the token', () => {
    const { grant } = parseOptions(options)
    expect(parseOptions({ ...options, refreshToken: 'TTP_another' }).grant).not.toBe(grant)
    expect(options.refreshToken).not.toContain(grant)
  })
})

describe('the connection', () => {
  it('names the hosts of calls, of tokens and of label documents, and only https for the last', () => {
    const { hosts } = tiktok({ ...options, labelHosts: ['files.example.com'] })
    expect(hosts).toEqual([
      'open-api.tiktokglobalshop.com',
      'auth.tiktok-shops.com',
      '*.tiktokshop.com',
      '*.tiktokglobalshop.com',
      '*.tiktokcdn.com',
      '*.tiktokcdn-us.com',
      '*.tiktokcdn-eu.com',
      'files.example.com',
    ])
  })

  it('has a limit for every operation, since TikTok counts endpoint by endpoint', () => {
    const { limits } = tiktok({ ...options, callsPerSecond: 2 })
    for (const operation of operations) expect(limits[operation]).toEqual({ rate: 2, burst: 4, adapts: true })
    expect(limits.RefreshToken).toEqual({ rate: 0.5, burst: 5 })
  })

  it('has what it can do, and no more', () => {
    const plain = tiktok(options)
    expect(plain).toMatchObject({ specVersion: 1, kind: 'tiktok' })
    expect('platformStock' in plain).toBe(false)
    expect('fulfillment' in plain).toBe(false)
    expect(Object.keys(plain.returns).sort()).toEqual([
      'approve',
      'checkRefund',
      'decline',
      'get',
      'read',
      'refund',
    ])
    expect(Object.keys(plain.labels).sort()).toEqual(['buy', 'get', 'rates'])
    expect(tiktok({ ...options, fbt: true }).platformStock).toBeDefined()
  })

  it('does not show its secrets when it is printed', () => {
    const connection = tiktok(options)
    expect(connection.secrets()).toEqual([options.appSecret, options.refreshToken])
    const text = inspect(connection, { depth: 9 })
    for (const secret of connection.secrets()) expect(text).not.toContain(secret)
  })
})
