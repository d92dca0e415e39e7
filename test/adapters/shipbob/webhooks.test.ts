import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { verify } from '../../../adapters/shipbob/webhooks.ts'
import type { WebhookDelivery } from '../../../src/spec/index.ts'
import { request, stage } from './fixtures.ts'

const secret = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
const now = Date.parse('2026-03-02T10:00:00Z')

/** Signs by hand, independently of the code under test. */
function delivery(
  topic: string,
  body: string | Buffer,
  more: { id?: string; at?: number; key?: string; headers?: Record<string, string | undefined> } = {},
): WebhookDelivery {
  const bytes = Buffer.from(body)
  const id = more.id ?? 'msg_31eW7bWRi16lL0Ajjik68kfyeUh'
  const timestamp = String(Math.floor((more.at ?? now) / 1000))
  const key = Buffer.from((more.key ?? secret).replace('whsec_', ''), 'base64')
  const signed = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(bytes).digest('base64')
  return {
    method: 'POST',
    url: '/webhooks/east',
    body: bytes,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signed}`,
      'x-webhook-topic': topic,
      ...more.headers,
    },
  }
}

const body = JSON.stringify({ id: 501, order_id: 900, reference_id: 'web-1001-1' })
const read = (sent: WebhookDelivery, at = now) => verify(secret, sent, at)
const code = (work: () => unknown) => {
  try {
    work()
    return 'none'
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('a webhook of ShipBob', () => {
  it('is verified by a vector that was computed elsewhere', () => {
    // standardwebhooks.com's own example: secret, id, timestamp, body, signature.
    const vector: WebhookDelivery = {
      method: 'POST',
      url: '/',
      body: Buffer.from('{"test": 2432232314}'),
      headers: {
        'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
        'webhook-timestamp': '1614265330',
        'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
        'x-webhook-topic': 'order.shipped',
      },
    }
    const event = verify('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', vector, 1_614_265_330_000)
    expect(event).toMatchObject({ id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', occurredAt: 1_614_265_330_000 })
  })

  it.each([
    ['order.shipped', { kind: 'fulfillment', reference: 'web-1001-1' }],
    ['order.shipment.delivered', { kind: 'fulfillment', reference: 'web-1001-1' }],
    ['order.shipment.exception', { kind: 'fulfillment', reference: 'web-1001-1' }],
    ['order.shipment.on_hold', { kind: 'fulfillment', reference: 'web-1001-1' }],
    ['order.shipment.cancelled', { kind: 'fulfillment', reference: 'web-1001-1' }],
    ['order.shipment.tracking.updated', { kind: 'fulfillment', reference: 'web-1001-1' }],
    ['order.of.another.year', { kind: 'fulfillment', reference: 'web-1001-1' }],
    ['return.completed', { kind: 'return', id: '501' }],
    ['wro.completed', { kind: 'stock' }],
    ['wro.box.stowed', { kind: 'stock' }],
    ['wro.created', { kind: 'ignored', topic: 'wro.created' }],
    ['billing.charge.created', { kind: 'ignored', topic: 'billing.charge.created' }],
    ['', { kind: 'ignored', topic: '' }],
  ])('%s hints at %j', (topic, hint) => {
    expect(read(delivery(topic, body))).toEqual({
      id: 'msg_31eW7bWRi16lL0Ajjik68kfyeUh',
      topic,
      occurredAt: now,
      hints: [hint],
    })
  })

  it.each(['{}', '{"reference_id":null}', '{"reference_id":7}', '{"data":{"reference_id":"x"}}'])(
    '%s hints without a reference',
    (text) => {
      expect(read(delivery('order.shipped', text)).hints).toEqual([{ kind: 'fulfillment', reference: null }])
    },
  )

  it('verifies the raw bytes: numbers and spaces that a parser would change', () => {
    // EasyPost/easypost-node#467: a body parsed and written again loses 1.0.
    const raw = '{ "reference_id":"web-1001-1", "insurance_value": 1.0 }'
    expect(read(delivery('order.shipped', raw)).hints).toHaveLength(1)
    const sent = delivery('order.shipped', raw)
    expect(code(() => read({ ...sent, body: Buffer.from(JSON.stringify(JSON.parse(raw))) }))).toBe(
      'signature',
    )
  })

  it('takes any of several signatures, as while a secret is rotated', () => {
    const sent = delivery('order.shipped', body)
    const several = `v1,AAAA v2,xyz ${sent.headers['webhook-signature']}`
    expect(read({ ...sent, headers: { ...sent.headers, 'webhook-signature': several } }).topic).toBe(
      'order.shipped',
    )
  })

  it.each([
    ['another secret', delivery('order.shipped', body, { key: 'whsec_AAAA' })],
    ['another id', delivery('order.shipped', body, { headers: { 'webhook-id': 'msg_other' } })],
    ['another time', delivery('order.shipped', body, { headers: { 'webhook-timestamp': '1772445601' } })],
    ['no signature', delivery('order.shipped', body, { headers: { 'webhook-signature': undefined } })],
    ['no version', delivery('order.shipped', body, { headers: { 'webhook-signature': 'AAAA' } })],
    ['more than 5 minutes ago', delivery('order.shipped', body, { at: now - 301_000 })],
    ['more than 5 minutes ahead', delivery('order.shipped', body, { at: now + 301_000 })],
    [
      'the retired headers',
      delivery('order.shipped', body, {
        headers: { 'webhook-signature': undefined, 'shipbob-topic': 'order_shipped' },
      }),
    ],
  ])('is refused with %s', (_, sent) => {
    expect(code(() => read(sent))).toBe('signature')
  })

  it.each([299_000, -299_000])('is taken %i ms off', (off) => {
    expect(read(delivery('order.shipped', body, { at: now + off })).topic).toBe('order.shipped')
  })

  it.each(['', 'not json', '[]', '"x"', 'null'])('%j is no document of ShipBob', (text) => {
    expect(code(() => read(delivery('order.shipped', text)))).toBe('invalid_input')
  })
})

describe('webhooks of the simulator', () => {
  const closing: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0)) await close()
  })

  async function receiver() {
    const received: WebhookDelivery[] = []
    const server = createServer(async (message, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of message) chunks.push(chunk)
      const headers = message.headers as Record<string, string | undefined>
      received.push({ method: 'POST', url: message.url ?? '', headers, body: Buffer.concat(chunks) })
      response.end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => new Promise((resolve) => server.close(() => resolve())))
    return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
  }

  it('are signed with the secret of the subscription, and their reference leads to the order', async () => {
    await using shop = await stage()
    const { simulator, facet, context } = shop
    const { received, url } = await receiver()
    simulator.webhooks.subscribe({ url, secret })
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 20 })
    await facet.submit(context, request())
    await simulator.control('ship')
    await simulator.control('deliver')
    await simulator.webhooks.idle()
    const events = received.map((sent) => verify(secret, sent, Date.now()))
    expect(events.map(({ topic }) => topic).sort()).toEqual(['order.shipment.delivered', 'order.shipped'])
    for (const { hints } of events) expect(hints).toEqual([{ kind: 'fulfillment', reference: 'web-1001-1' }])
  })
})
