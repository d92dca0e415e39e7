import nock from 'nock'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import { clientCredentials, refreshTokenGrant, withToken } from '../../src/http/index.ts'
import type { Connection } from '../../src/spec/connection.ts'
import { adapterContext, memoryTokens } from '../../src/testing/context.ts'
import { hastyClock } from './test-clock.ts'

const host = 'auth.shop.example'
const origin = `https://${host}`
const url = `${origin}/token`

beforeAll(() => nock.disableNetConnect())
afterEach(() => nock.cleanAll())
afterAll(() => {
  nock.enableNetConnect()
  nock.restore()
})

function setUp() {
  const connection: Connection = {
    specVersion: 1,
    kind: 'shop',
    hosts: [host],
    limits: {},
    secrets: () => ['client-secret-1'],
    intervals: {},
  }
  const clock = hastyClock()
  return { clock, context: adapterContext(connection, { clock, random: () => 0, maxAttempts: 2 }) }
}
const client = { url, clientId: 'id', clientSecret: 'client-secret-1' }

describe('clientCredentials', () => {
  it('posts the form and reads the token with its end', async () => {
    const { context, clock } = setUp()
    nock(origin)
      .post(
        '/token',
        'grant_type=client_credentials&client_id=id&client_secret=client-secret-1&scope=a+b&audience=x',
      )
      .reply(200, { access_token: 'token-1', expires_in: '3600' })
    const token = await clientCredentials(context, { ...client, scope: 'a b', fields: { audience: 'x' } })()
    expect(token).toEqual({ value: 'token-1', expiresAt: clock.now() + 3_600_000 })
  })

  it('sends basic credentials, both halves encoded', async () => {
    const { context } = setUp()
    const authorization = `Basic ${Buffer.from('i%3Ad+1:s%26t').toString('base64')}`
    nock(origin, { reqheaders: { authorization } })
      .post('/token', 'grant_type=client_credentials')
      .reply(200, { access_token: 'token-1' })
    const basic = { ...client, clientId: 'i:d 1', clientSecret: 's&t', credentials: 'basic' } as const
    expect(await clientCredentials(context, basic)()).toEqual({ value: 'token-1', expiresAt: null })
  })
})

describe('refreshTokenGrant', () => {
  const refresh = (context: Parameters<typeof refreshTokenGrant>[0]) =>
    refreshTokenGrant(context, { ...client, refreshToken: 'refresh-1', operation: 'lwa' })()

  it('posts the refresh token', async () => {
    const { context } = setUp()
    nock(origin)
      .post(
        '/token',
        'grant_type=refresh_token&refresh_token=refresh-1&client_id=id&client_secret=client-secret-1',
      )
      .reply(200, { access_token: 'token-1', token_type: 'bearer', expires_in: 60 })
    expect((await refresh(context)).value).toBe('token-1')
  })

  it.each([
    [400, { error: 'invalid_grant' }, 'auth', /authorise the application again/],
    [401, { error: 'invalid_client' }, 'auth', /client id and secret/],
    [400, { error: 'unauthorized_client' }, 'auth', /settings/],
    [400, { error: 'invalid_scope' }, 'permission', /scope/],
    [403, 'no', 'auth', /check the client id/],
    [400, { error: 'invalid_request', error_description: 'client-secret-1' }, 'rejected', /correct/],
  ])('HTTP %i %j is %s, at once', async (status, body, code, remedy) => {
    const { context } = setUp()
    nock(origin).post('/token').reply(status, body)
    const error = await refresh(context).catch((thrown: StockpoolError) => thrown)
    expect(error).toMatchObject({ code, retryable: false, details: { operation: 'lwa', status } })
    expect((error as StockpoolError).remedy).toMatch(remedy)
    expect(JSON.stringify(error)).not.toContain('client-secret-1')
  })

  it.each([500, 429])('HTTP %i is repeated', async (status) => {
    const { context } = setUp()
    nock(origin)
      .post('/token')
      .reply(status)
      .post('/token')
      .reply(200, { access_token: 'token-2', expires_in: 60 })
    expect((await refresh(context)).value).toBe('token-2')
  })

  it('refuses an answer without a token', async () => {
    const { context } = setUp()
    nock(origin).post('/token').reply(200, { access_token: '' })
    await expect(refresh(context)).rejects.toMatchObject({ code: 'invalid_input', field: 'access_token' })
  })
})

describe('withToken', () => {
  const source = () => {
    let count = 0
    return async () => {
      count += 1
      return { value: `token-${count}`, expiresAt: null }
    }
  }
  const refuse = () => new StockpoolError('auth', 'stale')

  it('refreshes once and repeats once when the platform refuses the token', async () => {
    const tokens = memoryTokens()
    const refresh = source()
    const seen: string[] = []
    const send = async (token: string) => {
      seen.push(token)
      if (token === 'token-1') throw refuse()
      return 'done'
    }
    expect(await withToken({ tokens }, 'access', refresh, send)).toBe('done')
    expect(await withToken({ tokens }, 'access', refresh, send)).toBe('done')
    expect(seen).toEqual(['token-1', 'token-2', 'token-2'])
  })

  it('gives up after the second refusal, and repeats nothing else', async () => {
    const tokens = memoryTokens()
    let calls = 0
    const send = (error: StockpoolError) => async () => {
      calls += 1
      throw error
    }
    await expect(withToken({ tokens }, 'access', source(), send(refuse()))).rejects.toMatchObject({
      code: 'auth',
    })
    expect(calls).toBe(2)
    const other = new StockpoolError('permission', 'no')
    await expect(withToken({ tokens }, 'access', source(), send(other))).rejects.toBe(other)
    expect(calls).toBe(3)
  })

  it('refreshes once for all who were refused together', async () => {
    const tokens = memoryTokens()
    const refresh = source()
    const send = async (token: string) => {
      if (token === 'token-1') throw refuse()
      return token
    }
    const all = Array.from({ length: 20 }, () => withToken({ tokens }, 'access', refresh, send))
    expect(new Set(await Promise.all(all))).toEqual(new Set(['token-2']))
  })
})

describe('tokens in memory', () => {
  it('renews a minute ahead, gives the previous one to the refresh, and keeps what a failure left', async () => {
    const clock = hastyClock()
    const tokens = memoryTokens(clock)
    const first = { value: 'one', expiresAt: clock.now() + 120_000 }
    expect(await tokens.get('a', async () => first)).toBe('one')
    await clock.sleep(59_000)
    expect(await tokens.get('a', () => expect.fail('too early'))).toBe('one')
    await clock.sleep(2_000)
    await expect(tokens.get('a', () => Promise.reject(new Error('down')))).rejects.toThrow('down')
    expect(
      await tokens.get('a', async (previous) => ({ value: `after ${previous?.value}`, expiresAt: null })),
    ).toBe('after one')
    await tokens.invalidate('a', 'one')
    expect(await tokens.get('a', () => expect.fail('another one was invalidated'))).toBe('after one')
  })
})

describe('adapterContext', () => {
  it('sends through the real client, with the limits and hosts of the connection', async () => {
    const { context } = setUp()
    nock(origin).get('/').reply(200, '1')
    const request = {
      operation: 'x',
      effect: 'read',
      method: 'GET',
      url: origin,
      schema: z.unknown(),
    } as const
    expect((await context.http.request(request)).status).toBe(200)
    await expect(context.http.request({ ...request, url: 'https://other.example/' })).rejects.toMatchObject({
      field: 'url',
    })
  })
})
