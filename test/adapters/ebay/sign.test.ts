import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { signatureHeaders } from '../../../adapters/ebay/sign.ts'
import { buy, list, stage } from './stage.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const bare = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')
const at = Date.UTC(2026, 6, 1, 9, 0, 0, 999)
const sent = {
  method: 'POST',
  url: new URL('https://api.ebay.com/sell/fulfillment/v1/order/12-34567-89012/issue_refund?x=1'),
  headers: {},
  body: '{"comment":"Größe"}',
  at,
}

/** Written out by hand from eBay's guide. */
const digest = `sha-256=:${createHash('sha256').update('{"comment":"Größe"}', 'utf8').digest('base64')}:`
const parameters =
  '("content-digest" "x-ebay-signature-key" "@method" "@path" "@authority");created=1782896400'
const base = [
  `"content-digest": ${digest}`,
  '"x-ebay-signature-key": jwe-1',
  '"@method": POST',
  '"@path": /sell/fulfillment/v1/order/12-34567-89012/issue_refund',
  '"@authority": api.ebay.com',
  `"@signature-params": ${parameters}`,
].join('\n')

describe('a signature', () => {
  it('digital-signature-verification-ebay-api#17, #19, #21, #25, #27: these components in this order, the path without its query, lines joined by a line feed alone', () => {
    const headers = signatureHeaders(sent, { jwe: 'jwe-1', privateKey: bare })
    expect(headers).toMatchObject({
      'content-digest': digest,
      'signature-input': `sig1=${parameters}`,
      'x-ebay-signature-key': 'jwe-1',
      'x-ebay-enforce-signature': 'true',
    })
    const signature = /^sig1=:(.+):$/.exec(headers.signature ?? '')?.[1] ?? ''
    expect(verify(null, Buffer.from(base), publicKey, Buffer.from(signature, 'base64'))).toBe(true)
  })

  it('has no digest where there is no body', () => {
    const headers = signatureHeaders({ ...sent, body: '' }, { jwe: 'jwe-1', privateKey: bare })
    expect(headers).not.toHaveProperty('content-digest')
    expect(headers['signature-input']).toBe(
      'sig1=("x-ebay-signature-key" "@method" "@path" "@authority");created=1782896400',
    )
  })

  it('digital-signature-verification-ebay-api#17, #19: with RSA by PKCS#1 v1.5 over SHA-256, also with a PEM', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
    const headers = signatureHeaders(sent, { jwe: 'jwe-1', privateKey: pem })
    const signature = Buffer.from(/^sig1=:(.+):$/.exec(headers.signature ?? '')?.[1] ?? '', 'base64')
    expect(verify('sha256', Buffer.from(base), createPublicKey(createPrivateKey(pem)), signature)).toBe(true)
  })
})

describe('a seller who must sign', () => {
  it.each(['ED25519', 'RSA'] as const)('refunds and cancels with a key of %s', async (cipher) => {
    const it = await stage({
      simulator: { mustSign: true },
      options: (simulator) => ({ signature: simulator.signingKey(cipher) }),
    })
    await list(it, 'MUG', 9)
    const order = await buy(it, [{ sku: 'MUG', quantity: 1 }])
    const amount = { amount: 100, currency: 'USD' }
    const paid = await it.connection.returns.refund(it.context, {
      order,
      return: null,
      lines: [],
      shipping: false,
      amount,
      reason: null,
      key: 'k',
    })
    expect(paid.outcome).toBe('pending')
    const other = await buy(it, [{ sku: 'MUG', quantity: 1 }])
    expect(
      await it.connection.orders.cancel(it.context, { order: other, reason: 'other', key: 'k' }),
    ).toMatchObject({ outcome: 'unknown' })
    const third = await buy(it, [{ sku: 'MUG', quantity: 1 }])
    await it.simulator.control('orders/request-cancel', { order: third })
    expect(await it.connection.orders.answerCancelRequest(it.context, third, true)).toMatchObject({
      outcome: 'unknown',
    })
    const opened = await it.simulator.control<{ return: string }>('returns', { order: third })
    const ref = { return: opened.return, order: third, key: 'k' }
    expect(await it.connection.returns.approve(it.context, ref)).toEqual({ outcome: 'done' })
  })

  it('without a key is told to give one', async () => {
    const it = await stage({ simulator: { mustSign: true } })
    await list(it, 'MUG', 9)
    const order = await buy(it, [{ sku: 'MUG', quantity: 1 }])
    await expect(
      it.connection.orders.cancel(it.context, { order, reason: 'other', key: 'k' }),
    ).rejects.toMatchObject({
      code: 'permission',
      remedy: expect.stringContaining('Give `signature`'),
    })
  })

  it('with a key of another application is refused', async () => {
    const it = await stage({
      simulator: { mustSign: true },
      options: (simulator) => ({ signature: { ...simulator.signingKey(), privateKey: bare } }),
    })
    await list(it, 'MUG', 9)
    const order = await buy(it, [{ sku: 'MUG', quantity: 1 }])
    const cancelled = it.connection.orders.cancel(it.context, { order, reason: 'other', key: 'k' })
    await expect(cancelled).rejects.toMatchObject({ code: 'permission', details: { errorIds: [215122] } })
  })
})

describe('a client that is rerouted to the simulator', () => {
  it.each([
    ['api.ebay.com', 200],
    ['elsewhere.example', 400],
  ])('and signs for %s is answered %d', async (host, status) => {
    const staged = await stage({ simulator: { mustSign: true } })
    const { simulator, clock } = staged
    await list(staged, 'MUG', 9)
    const order = await buy(staged, [{ sku: 'MUG', quantity: 1 }])
    const { clientId, clientSecret, refreshToken } = simulator.options
    const answer = await fetch(`${simulator.url}/identity/v1/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken }),
    })
    const { access_token } = (await answer.json()) as { access_token: string }
    const path = `/sell/fulfillment/v1/order/${order}/issue_refund`
    const body = JSON.stringify({
      reasonForRefund: 'OTHER_ADJUSTMENT',
      orderLevelRefundAmount: { value: '1.00', currency: 'USD' },
    })
    const signed = {
      method: 'POST',
      url: new URL(path, `https://${host}`),
      headers: {},
      body,
      at: clock.now(),
    }
    const refunded = await fetch(`${simulator.url}${path}`, {
      method: 'POST',
      headers: {
        ...signatureHeaders(signed, simulator.signingKey()),
        authorization: `Bearer ${access_token}`,
        'content-type': 'application/json',
      },
      body,
    })
    expect(refunded.status).toBe(status)
  })
})
