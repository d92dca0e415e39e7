import { describe, expect, it } from 'vitest'
import { topics, verify } from '../../../adapters/shipstream/webhooks.ts'
import type { StockpoolError } from '../../../src/error.ts'
import { hmacSha256, toBase64 } from '../../../src/http/index.ts'
import { stage } from './fixtures.ts'

const secret = 's3cret'
const at = Date.parse('2026-03-02T10:00:00Z')
const stamp = { webhook_increment_id: 7, event_timestamp: '2026-03-02T10:00:00+00:00' }

const signed = (content: unknown, key = secret) => {
  const body = Buffer.from(typeof content === 'string' ? content : JSON.stringify(content))
  const headers = { 'x-plugin-hmac-sha256': toBase64(hmacSha256(key, body)) }
  return { method: 'POST', url: 'https://hub.test/webhooks/south', headers, body }
}
const event = (topic: string, message: object = {}, now = at) =>
  verify(secret, signed({ topic, message: { ...message, ...stamp } }), now)

const refusal = (work: () => unknown): StockpoolError => {
  try {
    work()
  } catch (thrown) {
    return thrown as StockpoolError
  }
  return expect.unreachable()
}

describe('a webhook', () => {
  it('verifies by the documented algorithm: base64 of HMAC-SHA256 over the raw bytes', () => {
    const body = Buffer.from('{"a":1}')
    const headers = { 'x-plugin-hmac-sha256': 'WRDmIBbvUDQnLJJsJwcZkqRlwjNc7PQYUb2gcVd/T20=' }
    const delivery = { method: 'POST', url: 'https://hub.test/', headers, body }
    // The signature is right; it is no event of ShipStream.
    expect(refusal(() => verify(secret, delivery, at)).code).toBe('invalid_input')
    const changed = { ...delivery, body: Buffer.from('{"a": 1}') }
    expect(refusal(() => verify(secret, changed, at)).code).toBe('signature')
  })

  it.each([
    ['with another key', { ...signed({ topic: 'order:shipped', message: {} }, 'other') }],
    ['without a signature', { ...signed({ topic: 'order:shipped', message: {} }), headers: {} }],
    ['with a signature that is no base64', { ...signed('{}'), headers: { 'x-plugin-hmac-sha256': '%%%' } }],
    ['with an empty signature', { ...signed('{}'), headers: { 'x-plugin-hmac-sha256': '' } }],
  ])('%s is refused', (_, delivery) => {
    expect(refusal(() => verify(secret, delivery, at))).toMatchObject({
      code: 'signature',
      field: 'x-plugin-hmac-sha256',
    })
  })

  it('has the id of its event, the same however late it comes, and is refused after ShipStream would repeat it', () => {
    const day = 86_400_000
    expect(event('order:shipped')).toMatchObject({
      id: 'order:shipped#7@2026-03-02T10:00:00+00:00',
      occurredAt: at,
    })
    expect(event('order:shipped', {}, at + 5 * day).id).toBe(event('order:shipped').id)
    expect(refusal(() => event('order:shipped', {}, at + 8 * day)).code).toBe('signature')
  })

  it('has an id of its own where ShipStream numbers none', () => {
    const bare = (message: object) => verify(secret, signed({ topic: 'order:shipped', message }), at)
    expect(bare({ unique_id: 'a' }).id).toBe(bare({ unique_id: 'a' }).id)
    expect(bare({ unique_id: 'a' }).id).not.toBe(bare({ unique_id: 'b' }).id)
    expect(bare({}).occurredAt).toBeNull()
  })
})

describe('what a webhook hints at', () => {
  const fulfillment = (reference: string | null) => ({ kind: 'fulfillment', reference })
  const adjusted = { stock_adjustments: { MUG: { sku: 'MUG', qty_available: 95 } } }

  it.each([
    ['order:completed', { unique_id: 'web-1-1' }, [fulfillment('web-1-1')]],
    ['order:shipped', { unique_id: 'web-1-1', order_unique_id: 'web-1-1' }, [fulfillment('web-1-1')]],
    ['order:holded', {}, [fulfillment(null)]],
    ['order:canceled', { unique_id: 'web-1-1', ...adjusted }, [fulfillment('web-1-1'), { kind: 'stock' }]],
    ['shipment:reverted', { unique_id: '100000596', order_unique_id: 'web-1-1' }, [fulfillment('web-1-1')]],
    ['shipment:packed', { unique_id: '100000596' }, [fulfillment(null)]],
    ['package:shipped', { package_id: 22 }, [fulfillment(null)]],
    ['tracker:exception', { order_unique_id: 'web-1-1' }, [fulfillment('web-1-1')]],
    ['inventory:adjusted', adjusted, [{ kind: 'stock' }]],
    ['delivery:committed', { delivery_type: 'asn', increment_id: 9 }, [{ kind: 'stock' }]],
    ['delivery:accepted', { delivery_type: 'asn' }, [{ kind: 'ignored', topic: 'delivery:accepted' }]],
    [
      'delivery:processed',
      { delivery_type: 'rma', increment_id: '1000032' },
      [{ kind: 'return', id: '1000032' }],
    ],
    [
      'delivery:committed',
      { delivery_type: 'rma', increment_id: '1000032', ...adjusted },
      [{ kind: 'return', id: '1000032' }, { kind: 'stock' }],
    ],
    ['product:updated', { sku: 'MUG' }, [{ kind: 'ignored', topic: 'product:updated' }]],
    ['order:teleported', { unique_id: 'web-1-1' }, [fulfillment('web-1-1')]],
  ])('%s %j', (topic, message, hints) => {
    expect(event(topic, message).hints).toEqual(hints)
  })
})

describe('subscribing', () => {
  const address = 'https://hub.test/webhooks/south'

  it('makes one webhook with the topics and the secret, and leaves a sound one alone', async () => {
    await using at = await stage()
    const { webhooks } = at.connection
    await webhooks?.ensure?.(at.context, address)
    await webhooks?.ensure?.(at.context, address)
    expect(at.simulator.count('webhook.create')).toBe(1)
    expect(at.simulator.webhooks.subscriptions).toMatchObject([{ url: address, topics: [...topics] }])
  })

  it('makes a webhook anew whose topics or secret are others, and deletes the old one after', async () => {
    await using at = await stage()
    const other = await stage({}, { webhookSecret: 'another secret' })
    await using _ = other
    await at.connection.webhooks?.ensure?.(at.context, address)
    at.simulator.webhooks.subscribe({ url: address, topics: ['order:created'], id: '77' })
    at.simulator.webhooks.subscribe({ url: 'https://elsewhere.test/', topics: ['order:created'], id: '78' })
    await at.connection.webhooks?.ensure?.(at.context, address)
    expect(at.simulator.webhooks.subscriptions.map(({ url }) => url).sort()).toEqual([
      'https://elsewhere.test/',
      address,
    ])
    expect(at.simulator.count('webhook.delete')).toBe(1)
  })
})
