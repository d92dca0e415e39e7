import { describe, expect, it } from 'vitest'
import { ebay, ebayConsentUrl, ebayScopes } from '../../../adapters/ebay/index.ts'
import { parseOptions } from '../../../adapters/ebay/options.ts'
import { buy, list, stage, target } from './stage.ts'

const good = { clientId: 'Acme-PRD-1', clientSecret: 'PRD-2', refreshToken: 'v^1.1#r^1#t^abc=' }
const fieldOf = (options: object) => {
  try {
    ebay({ ...good, ...options })
    return null
  } catch (error) {
    return (error as { field?: string }).field
  }
}

describe('the options', () => {
  it.each([
    [{ clientId: ' ' }, 'clientId'],
    [{ refreshToken: undefined }, 'refreshToken'],
    [{ marketplaceId: 'US' }, 'marketplaceId'],
    [{ marketplaceId: 'EBAY_ATLANTIS' }, 'siteId'],
    [{ ordersSince: '2026-07-01' }, 'ordersSince'],
    [{ ordersSince: 'yesterday Z' }, 'ordersSince'],
    [{ tradingItems: ['MUG'] }, 'tradingItems.0'],
    [{ quotaShare: 0 }, 'quotaShare'],
    [{ overlapMs: 7_200_000, windowMs: 3_600_000 }, 'overlapMs'],
    [{ webhooks: { verificationToken: 'short', alertEmail: 'a@b.example' } }, 'webhooks.verificationToken'],
    [{ signature: { jwe: 'x', privateKey: 'no key' } }, 'signature.privateKey'],
    [{ endpoint: 'api.ebay.com' }, 'endpoint'],
  ])('%j are refused by the name of the wrong one', (options, field) => {
    expect(fieldOf(options)).toBe(field)
  })

  it('of the sandbox go to its hosts, of a marketplace to its site', () => {
    expect(ebay({ ...good, sandbox: true }).hosts).toEqual(['api.sandbox.ebay.com', 'apiz.sandbox.ebay.com'])
    expect(ebay(good).hosts).toEqual(['api.ebay.com', 'apiz.ebay.com'])
    expect(parseOptions({ ...good, marketplaceId: 'EBAY_DE' }).siteId).toBe(77)
    expect(ebay(good)).not.toHaveProperty('webhooks')
  })

  it('take a token as it stood in an address, decoded once', () => {
    expect(parseOptions({ ...good, refreshToken: 'v%5E1.1%23r%5E1' }).refreshToken).toBe('v^1.1#r^1')
    expect(parseOptions(good).refreshToken).toBe(good.refreshToken)
    expect(parseOptions({ ...good, refreshToken: 'a%ZZ%41%' }).refreshToken).toBe('a%ZZ%41%')
  })
})

describe('the tokens', () => {
  it('come from the refresh token, with the keyset in a Basic header and every scope of the consent', async () => {
    const it = await stage()
    await it.connection.orders.get(it.context, '12-34567-89012')
    const [asked] = it.of('token')
    const { clientId, clientSecret, refreshToken } = it.simulator.options
    expect(asked).toMatchObject({
      path: '/identity/v1/oauth2/token',
      headers: {
        authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
    })
    expect(Object.fromEntries(new URLSearchParams(asked?.raw))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
    })
  })

  it('of the application ask for the bare scope, and are another', async () => {
    const it = await stage()
    await it.connection.orders.read(it.context, null)
    const forms = it.of('token').map(({ raw }) => Object.fromEntries(new URLSearchParams(raw)))
    expect(forms).toContainEqual({
      grant_type: 'client_credentials',
      scope: 'https://api.ebay.com/oauth/api_scope',
    })
    expect(it.of('getRateLimits')[0]?.headers.authorization).not.toBe(
      it.of('getOrders')[0]?.headers.authorization,
    )
  })

  it('are renewed a minute before their two hours are over', async () => {
    const it = await stage()
    const get = () => it.connection.orders.get(it.context, '12-34567-89012')
    await get()
    await it.clock.advance(7_100_000)
    await get()
    expect(it.of('token')).toHaveLength(1)
    await it.clock.advance(60_000)
    await get()
    expect(it.of('token')).toHaveLength(2)
    expect(it.of('getOrder').every(({ reply }) => reply.status !== 401)).toBe(true)
  })

  it('that the Trading API no longer takes are renewed once', async () => {
    const it = await stage()
    const { listing } = await list(it, 'OLD', 5, { api: 'trading' })
    await it.connection.listings.read(it.context, [{ listing, place: '' }])
    await it.simulator.control('auth/revoke-tokens')
    expect(await it.connection.listings.read(it.context, [{ listing, place: '' }])).toMatchObject([
      { quantity: 5 },
    ])
    expect(it.of('token')).toHaveLength(2)
  })

  it('that Post-Order no longer takes are renewed once', async () => {
    const it = await stage()
    await list(it, 'MUG', 5)
    const order = await buy(it, [{ sku: 'MUG', quantity: 1 }])
    await it.connection.orders.get(it.context, order)
    it.simulator.faults.arm({ operation: 'createCancellation', kind: 'status', status: 401 })
    expect(await it.connection.orders.cancel(it.context, { order, reason: 'other', key: 'k' })).toMatchObject(
      { outcome: 'unknown' },
    )
    expect(it.of('token')).toHaveLength(2)
  })

  it('that lack a scope are a missing permission, after one renewal, not an ended consent', async () => {
    const it = await stage()
    await list(it, 'MUG', 5)
    it.simulator.faults.arm({ operation: 'bulkGetInventoryItem', kind: 'status', status: 403, times: 9 })
    const [result] = await it.connection.listings.write(it.context, [target('MUG', 3)])
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'permission', remedy: expect.stringContaining('ebayConsentUrl') },
    })
    expect([it.of('bulkGetInventoryItem').length, it.of('token').length]).toEqual([2, 2])
  })
})

describe('a consent that has ended', () => {
  it('says so, and what to do, in an error that pauses the connection', async () => {
    const it = await stage()
    await it.simulator.control('auth/consent', { consented: false })
    const read = it.connection.orders.get(it.context, '12-34567-89012')
    await expect(read).rejects.toMatchObject({
      code: 'auth',
      retryable: false,
      message: expect.stringContaining('the seller has to consent again'),
      remedy: expect.stringContaining('ebayConsentUrl()'),
    })
  })

  it('is told of ahead, as is the end of the signing key', async () => {
    const it = await stage({
      options: (simulator) => ({
        refreshTokenExpiresAt: '2027-12-24T00:00:00Z',
        signature: simulator.signingKey(),
      }),
    })
    const deadlines = await it.connection.deadlines(it.context)
    expect(deadlines.map(({ id, at }) => [id, new Date(at).toISOString()])).toEqual([
      ['consent', '2027-12-24T00:00:00.000Z'],
      ['signing-key', '2029-06-30T09:00:00.000Z'],
    ])
    expect(it.of('getSigningKeys')[0]?.path).toBe('/developer/key_management/v1/signing_key')
  })

  it('tells nothing where nothing is known', async () => {
    const it = await stage()
    expect(await it.connection.deadlines(it.context)).toEqual([])
    const foreign = await stage({
      options: (simulator) => ({ signature: { ...simulator.signingKey(), jwe: 'another' } }),
    })
    expect(await foreign.connection.deadlines(foreign.context)).toEqual([])
  })

  it('is renewed at an address whose scopes are parted by %20', () => {
    const url = ebayConsentUrl({ clientId: 'Acme-PRD-1', ruName: 'Acme-Acme-PRD-a1b2', state: 'x y' })
    expect(url).toContain(
      'https://auth.ebay.com/oauth2/authorize?client_id=Acme-PRD-1&response_type=code&redirect_uri=Acme-Acme-PRD-a1b2&scope=',
    )
    expect(url).not.toContain('+')
    expect(new URL(url).searchParams.get('scope')?.split(' ')).toEqual(ebayScopes)
    expect(url).toContain('&state=x%20y')
    expect(ebayConsentUrl({ clientId: 'a', ruName: 'b', sandbox: true })).toMatch(
      /^https:\/\/auth\.sandbox\.ebay\.com/,
    )
  })
})
