import { describe, expect, it } from 'vitest'
import { signer, signRequest, signWebhook, stringToSign } from '../../../adapters/tiktok/sign.ts'

describe('the signature of a request', () => {
  it('is that of the published examples', () => {
    // EcomPHP/tiktokshop-php, tests/ClientTest.php.
    expect(signRequest('app_secret', { path: '/test-api', query: [['foo', 'bar']], body: '' })).toBe(
      'd3cb7fe11ecae942802ceeca67e7cf10120cc12f1517d45fbc1c8cfe5413c80f',
    )
    // partner.tiktokshop.com, "Sign your API request".
    const query = [['timestamp', '1623812664'], ['app_key', '29a39d']] as const // biome-ignore format: two pairs
    expect(signRequest('e59af819cc', { path: '/authorization/202309/shops', query, body: '' })).toBe(
      'b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8',
    )
  })

  it('leaves out sign and access_token, sorts by name, and ends with the very body', () => {
    const signed = {
      path: '/order/202309/orders/search',
      query: [
        ['timestamp', '1'],
        ['sign', 'x'],
        ['access_token', 'y'],
        ['app_key', 'k'],
        ['page_size', '10'],
      ] as const,
      body: '{ "a":1}',
    }
    expect(stringToSign(signed)).toBe('/order/202309/orders/searchapp_keykpage_size10timestamp1{ "a":1}')
  })

  it('is made of the request as it leaves, at that moment, in lower case', () => {
    const url = new URL('https://x.test/order/202309/orders?ids=1%2C2&shop_cipher=ROW_a%2B')
    const sign = (at: number) =>
      signer('key', 'secret')({ method: 'GET', url, headers: {}, body: '', at }).query
    const first = sign(1_700_000_000_999)
    expect(first).toMatchObject({ app_key: 'key', timestamp: '1700000000' })
    expect(first.sign).toMatch(/^[0-9a-f]{64}$/)
    expect(first.sign).toBe(
      signRequest('secret', {
        path: '/order/202309/orders',
        query: [
          ['ids', '1,2'],
          ['shop_cipher', 'ROW_a+'],
          ['app_key', 'key'],
          ['timestamp', '1700000000'],
        ],
        body: '',
      }),
    )
    expect(sign(1_700_000_001_000).sign).not.toBe(first.sign)
  })

  it('of a webhook covers the app key and the raw bytes', () => {
    const body = '{"type":1}'
    expect(signWebhook('key', 'secret', body)).toBe(signWebhook('key', 'secret', Buffer.from(body)))
    expect(signWebhook('key', 'secret', `${body} `)).not.toBe(signWebhook('key', 'secret', body))
    expect(signWebhook('kei', 'secret', body)).not.toBe(signWebhook('key', 'secret', body))
  })
})
