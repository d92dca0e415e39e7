import { describe, expect, it } from 'vitest'
import { isStockpoolError } from '../../src/error.ts'
import type { WebhookDelivery } from '../../src/spec/webhooks.ts'
import { adapterContext } from '../../src/testing/context.ts'
import { webhookDelivery, webhookRequest } from '../../src/testing/webhook.ts'
import { toyDepot } from './toy/depot-connection.ts'
import { credentials, signToy } from './toy/simulator.ts'

const sign: Parameters<typeof webhookDelivery>[0]['sign'] = ({ id, topic, body, secret, at }) => {
  const timestamp = String(Math.floor(at / 1000))
  const signature = signToy(secret ?? credentials.webhookSecret, id, timestamp, body)
  return { 'Toy-Id': id, 'Toy-Topic': topic, 'Toy-Timestamp': timestamp, 'Toy-Signature': signature }
}

const depot = toyDepot({ url: 'http://127.0.0.1:9' })
const context = adapterContext(depot)
const verify = (delivery: WebhookDelivery) => depot.webhooks?.verify(delivery, now, [], context)
const now = Date.UTC(2026, 2, 3)
const webhook = { sign, topic: 'job', body: { reference: 'sp-1', at: now }, at: now }

const codeOf = (run: () => unknown) => {
  try {
    run()
    return null
  } catch (error) {
    return isStockpoolError(error) ? error.code : 'another error'
  }
}

describe('the webhook helper', () => {
  it('makes deliveries that an adapter takes', () => {
    const event = verify(webhookDelivery({ ...webhook, id: 'event-7' }))
    expect(event).toMatchObject({ id: 'event-7', hints: [{ kind: 'fulfillment', reference: 'sp-1' }] })
  })

  it.each([
    ['tampered with', { tampered: true }],
    ['signed with another secret', { secret: 'another' }],
    ['signed long ago', { at: now - 86_400_000 }],
  ])('and some that it refuses: %s', (_, change) => {
    expect(codeOf(() => verify(webhookDelivery({ ...webhook, ...change })))).toBe('signature')
  })

  it('makes the same as a Request, with the bytes that were signed', async () => {
    const body = '{ "reference": "sp-1",  "at": 1 }'
    const request = webhookRequest({ ...webhook, body, url: 'https://shop.example/hooks/toy?x=1' })
    expect(request.method).toBe('POST')
    expect(request.url).toBe('https://shop.example/hooks/toy?x=1')
    const delivery = {
      method: 'POST',
      url: request.url,
      headers: Object.fromEntries(request.headers),
      body: new Uint8Array(await request.arrayBuffer()),
    }
    expect(Buffer.from(delivery.body).toString()).toBe(body)
    expect(verify(delivery)).toMatchObject({ occurredAt: 1 })
  })
})
