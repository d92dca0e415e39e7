import { createHash, generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { ebay } from '../../../adapters/ebay/index.ts'
import { signEbay } from '../../../adapters/ebay/simulator/index.ts'
import { pemOf } from '../../../adapters/ebay/webhooks.ts'
import { createHub } from '../../../src/index.ts'
import type { WebhookDelivery } from '../../../src/spec/index.ts'
import { startReceiver } from '../../../src/testing/contract/receiver.ts'
import { webhookDelivery } from '../../../src/testing/webhook.ts'
import { storeAt } from '../../stores.ts'
import { buy, list, type Stage, stage } from './stage.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const verify = (it: Stage, delivery: WebhookDelivery) =>
  it.connection.webhooks.verify(delivery, it.clock.now(), [], it.context)

/** What eBay really sent to a listener. */
async function delivered(it: Stage, happen: () => Promise<unknown>): Promise<WebhookDelivery> {
  const receiver = await startReceiver()
  closing.push(() => receiver.close())
  await it.simulator.control('webhooks', { url: receiver.url })
  await happen()
  await it.simulator.webhooks.idle()
  const [delivery] = receiver.deliveries
  if (!delivery) throw new Error('nothing came')
  return delivery
}

const deletion = (it: Stage, username = 'ada_1') =>
  it.simulator.control('account/delete', { username, userId: 'ma8vp1jySJC' })

describe('a notification', () => {
  it('of a sale hints at its order', async () => {
    const it = await stage()
    await list(it, 'MUG', 5)
    let order = ''
    const delivery = await delivered(it, async () => {
      order = await buy(it, [{ sku: 'MUG', quantity: 1 }])
    })
    expect(await verify(it, delivery)).toEqual({
      id: expect.stringMatching(/^ORDER_CONFIRMATION:/),
      topic: 'ORDER_CONFIRMATION',
      occurredAt: it.clock.now(),
      hints: [{ kind: 'order', order }],
    })
  })

  it('of an account that is deleted hints at erasing its buyer, by either name', async () => {
    const it = await stage()
    const delivery = await delivered(it, () => deletion(it))
    const { hints } = await verify(it, delivery)
    expect(hints).toEqual([{ kind: 'erasure', orders: [], buyers: ['ada_1', 'ma8vp1jySJC'] }])
  })

  it('is verified with a key that is fetched once an hour, by the application', async () => {
    const it = await stage()
    const delivery = await delivered(it, () => deletion(it))
    for (let times = 0; times < 3; times += 1) await verify(it, delivery)
    expect(it.of('getPublicKey')).toHaveLength(1)
    await it.clock.advance(3_600_000)
    await verify(it, delivery)
    expect(it.of('getPublicKey')).toHaveLength(2)
  })

  it('eBay-Notification-SDK-Dot-Net-Core#2: is verified over its bytes, and not over the same written anew', async () => {
    const it = await stage()
    const delivery = await delivered(it, () => deletion(it))
    const anew = JSON.stringify(JSON.parse(Buffer.from(delivery.body).toString('utf8')), null, 1)
    await expect(verify(it, { ...delivery, body: Buffer.from(anew) })).rejects.toMatchObject({
      code: 'signature',
    })
    expect(await verify(it, delivery)).toMatchObject({ topic: 'MARKETPLACE_ACCOUNT_DELETION' })
  })

  it('that is stale or comes twice is the same event', async () => {
    const it = await stage()
    const delivery = await delivered(it, () => deletion(it))
    const { id } = await verify(it, delivery)
    await it.clock.advance(86_400_000)
    expect((await verify(it, delivery)).id).toBe(id)
  })

  const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey
  const kidOf = ({ headers }: WebhookDelivery) =>
    JSON.parse(Buffer.from(headers['x-ebay-signature'] ?? '', 'base64').toString()).kid as string

  it.each([
    ['a key of somebody else', (kid: string) => signEbay(other, kid)],
    ['a key id that eBay does not know', () => signEbay(other, 'ffffffff-0000-4000-8000-000000000000')],
    ['a key id that is an address', () => signEbay(other, '../../oauth')],
  ])('with %s is refused', async (_, sign) => {
    const it = await stage()
    const genuine = await delivered(it, () => deletion(it))
    const body = Buffer.from(genuine.body).toString()
    const forged = webhookDelivery({
      sign: sign(kidOf(genuine)),
      topic: 'MARKETPLACE_ACCOUNT_DELETION',
      body,
    })
    await expect(verify(it, forged)).rejects.toMatchObject({ code: 'signature', field: 'x-ebay-signature' })
  })

  it('is no forgery because the key cannot be fetched: eBay sends it again', async () => {
    const it = await stage()
    const delivery = await delivered(it, () => deletion(it))
    it.simulator.faults.arm({ operation: 'getPublicKey', kind: 'status', status: 503, times: 50 })
    await expect(verify(it, delivery)).rejects.toMatchObject({ code: 'unavailable' })
    it.simulator.faults.clear()
    await verify(it, delivery)
  })

  it('of another topic is ignored, and of another shape refused', async () => {
    const it = await stage()
    const receiver = await startReceiver()
    closing.push(() => receiver.close())
    await it.simulator.control('webhooks', { url: receiver.url })
    const notification = {
      notificationId: 'n-1',
      eventDate: '2026-07-01T08:00:00.000Z',
      data: { orderId: 7 },
    }
    const send = async (body: unknown) => {
      const count = receiver.deliveries.length
      it.simulator.webhooks.send({ topic: 'ITEM_SOLD', body })
      await it.simulator.webhooks.idle()
      return verify(it, receiver.deliveries[count] as WebhookDelivery)
    }
    expect((await send({ metadata: { topic: 'ITEM_SOLD' }, notification })).hints).toEqual([
      { kind: 'ignored', topic: 'ITEM_SOLD' },
    ])
    expect((await send({ metadata: { topic: 'ORDER_CONFIRMATION' }, notification })).hints).toEqual([
      { kind: 'ignored', topic: 'ORDER_CONFIRMATION' },
    ])
    await expect(send({ metadata: {} })).rejects.toMatchObject({
      code: 'invalid_input',
      field: 'metadata.topic',
    })
  })

  it('is verified by a key as eBay writes it, without line breaks', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString()
    const flat = pem.replace(/\n/g, '')
    const body = (text: string) => text.replace(/-----[A-Z ]+-----|\s/g, '')
    expect(pemOf(flat)).toMatch(/^-----BEGIN PUBLIC KEY-----\n[A-Za-z0-9+/=]+\n-----END PUBLIC KEY-----$/)
    expect(body(pemOf(flat))).toBe(body(pem))
  })
})

describe('the challenge', () => {
  it('is answered with the hash of code, token and address', async () => {
    const it = await stage()
    const ask = (method: string, query: string) =>
      it.connection.webhooks.challenge(
        { method, url: `http://10.0.0.7/webhooks/ebay${query}`, headers: {}, body: new Uint8Array() },
        'https://shop.example/webhooks/ebay',
      )
    const token = it.simulator.options.webhooks.verificationToken
    const expected = createHash('sha256')
      .update(`a1b2c3${token}https://shop.example/webhooks/ebay`)
      .digest('hex')
    expect(ask('GET', '?challenge_code=a1b2c3')).toEqual({
      status: 200,
      type: 'application/json',
      body: JSON.stringify({ challengeResponse: expected }),
    })
    expect([ask('POST', '?challenge_code=a1b2c3'), ask('GET', '')]).toEqual([null, null])
  })
})

describe('subscriptions', () => {
  const address = 'https://shop.example/webhooks/ebay'

  it('are made in the order that eBay wants, each with the token of its scope', async () => {
    const it = await stage()
    await it.connection.webhooks.ensure(it.context, address)
    const sent = it.seen.filter(({ method, operation }) => method !== 'GET' && operation !== 'token')
    expect(sent.map(({ operation }) => operation)).toEqual([
      'updateConfig',
      'createDestination',
      'createSubscription',
      'createSubscription',
    ])
    expect(sent.map(({ body }) => body)).toEqual([
      { alertEmail: 'alerts@shop.example' },
      {
        name: 'stockpool',
        status: 'ENABLED',
        deliveryConfig: {
          endpoint: address,
          verificationToken: it.simulator.options.webhooks.verificationToken,
        },
      },
      ...['ORDER_CONFIRMATION', 'MARKETPLACE_ACCOUNT_DELETION'].map((topicId) => ({
        topicId,
        status: 'ENABLED',
        destinationId: expect.any(String),
        payload: { format: 'JSON', schemaVersion: '1.0', deliveryProtocol: 'HTTPS' },
      })),
    ])
    it.clear()
    await it.connection.webhooks.ensure(it.context, address)
    expect(it.seen.filter(({ method, operation }) => method !== 'GET' && operation !== 'token')).toEqual([])
  })

  it('that eBay marked down are brought back', async () => {
    const it = await stage()
    await it.connection.webhooks.ensure(it.context, address)
    await it.simulator.control('notifications/mark-down')
    expect(it.simulator.webhooks.subscriptions).toEqual([])
    it.clear()
    await it.connection.webhooks.ensure(it.context, address)
    expect(it.of('updateDestination')).toHaveLength(1)
    expect(it.of('enableSubscription')).toHaveLength(2)
    expect(it.simulator.webhooks.subscriptions.map(({ url }) => url)).toEqual([address, address])
  })
})

const hubOf = (it: Stage, publicUrl: string) =>
  createHub({
    store: storeAt(':memory:'),
    clock: it.clock,
    publicUrl,
    connections: { shop: ebay(it.simulator.options) },
  })

/** A hub that eBay can reach. */
async function reachable(it: Stage) {
  let hub: ReturnType<typeof hubOf> | undefined
  const server = createServer((req, res) => hub?.listener()(req, res))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`
  const made = hubOf(it, publicUrl)
  hub = made
  closing.push(async () => {
    await made.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { hub: made, address: `${publicUrl}/shop` }
}

describe('with a hub', () => {
  it('eBay finds the address, tells of a sale, and a user who wants to be forgotten is forgotten', async () => {
    const it = await stage({ simulator: { validateDestinations: true } })
    const { hub, address } = await reachable(it)
    await list(it, 'MUG', 20)
    await hub.items.put({ sku: 'MUG' })
    await hub.listings.link({ sku: 'MUG', connection: 'shop', listing: 'MUG' })
    await hub.stock.receive('MUG', 20, { location: 'main', key: 'first' })
    await hub.sync()
    expect(it.simulator.webhooks.subscriptions.map(({ url, topics }) => [url, topics])).toEqual([
      [address, ['ORDER_CONFIRMATION']],
      [address, ['MARKETPLACE_ACCOUNT_DELETION']],
    ])
    const ada = await buy(it, [{ sku: 'MUG', quantity: 1 }], { buyer: 'ada_1' })
    const bob = await buy(it, [{ sku: 'MUG', quantity: 2 }], { buyer: 'bob_2' })
    await it.simulator.webhooks.idle()
    expect((await hub.jobs.list()).map(({ kind, key }) => [kind, key]).sort()).toEqual(
      [
        ['order.fetch', `shop/${ada}`],
        ['order.fetch', `shop/${bob}`],
      ].sort(),
    )
    await hub.sync()
    const known = async () =>
      Promise.all([ada, bob].map(async (order) => (await hub.orders.person('shop', order)) !== null))
    expect(await known()).toEqual([true, true])
    await deletion(it, 'ada_1')
    await it.simulator.webhooks.idle()
    expect(it.simulator.webhooks.attempts.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(await known()).toEqual([false, true])
    await hub.sync()
    expect(await known()).toEqual([false, true])
  })
})
