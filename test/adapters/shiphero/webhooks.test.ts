import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { shiphero, shipheroTopics } from '../../../adapters/shiphero/index.ts'
import { shopNameOf, verify as verifyFor } from '../../../adapters/shiphero/webhooks.ts'
import { createHub } from '../../../src/index.ts'
import { virtualClock } from '../../../src/simulator/index.ts'
import type { WebhookDelivery } from '../../../src/spec/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'
import { freshStore } from '../../stores.ts'
import { ask, options, request, stage } from './fixtures.ts'

const secret = '7d1f0a6f3c9b4f6e9c1d'
const verify = (sent: WebhookDelivery, secrets: readonly string[]) => verifyFor(sent, secrets, 'stockpool')

/** Signs by hand, independently of the code under test. */
function delivery(body: unknown, more: { key?: string; headers?: Record<string, string | undefined> } = {}) {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const signature = createHmac('sha256', more.key ?? secret)
    .update(bytes)
    .digest('base64')
  const sent: WebhookDelivery = {
    method: 'POST',
    url: '/webhooks/west',
    body: bytes,
    headers: { 'x-shiphero-hmac-sha256': signature, 'x-shiphero-message-id': 'm-1', ...more.headers },
  }
  return sent
}

const code = (work: () => unknown) => {
  try {
    work()
    return 'none'
  } catch (error) {
    return (error as { code: string }).code
  }
}
const hints = (body: object) => verify(delivery(body), [secret]).hints

describe('a webhook of ShipHero', () => {
  it('is taken under any of the secrets, and refused under none', () => {
    const body = { webhook_type: 'Order Canceled', partner_order_id: 'web-1001-1' }
    expect(verify(delivery(body), ['another', secret, 'third']).topic).toBe('Order Canceled')
    expect(code(() => verify(delivery(body), []))).toBe('signature')
    expect(code(() => verify(delivery(body), ['another']))).toBe('signature')
    expect(code(() => verify(delivery(body, { key: 'another' }), [secret]))).toBe('signature')
  })

  it.each([undefined, '', 'x', 'AAAA'])('with the signature %j is refused', (signature) => {
    const sent = delivery({}, { headers: { 'x-shiphero-hmac-sha256': signature } })
    expect(code(() => verify(sent, [secret]))).toBe('signature')
  })

  it('is the same event when it is repeated, whatever message id a stranger writes on it', () => {
    const body = { webhook_type: 'Order Canceled', partner_order_id: 'web-1001-1' }
    const first = verify(delivery(body), [secret]).id
    expect(verify(delivery(body, { headers: { 'x-shiphero-message-id': 'm-2' } }), [secret]).id).toBe(first)
    expect(verify(delivery({ ...body, order_id: 2 }), [secret]).id).not.toBe(first)
  })

  it.each(['not json', '[]', 'null', '3', ''])(
    'whose body is %j is invalid input, though it is signed',
    (body) => {
      expect(code(() => verify(delivery(body), [secret]))).toBe('invalid_input')
    },
  )

  const about = { partner_order_id: 'web-1001-1' }
  const ours = { kind: 'fulfillment', reference: 'web-1001-1' }
  it.each([
    ['Shipment Update', { fulfillment: { ...about, shipment_id: 1 } }, [ours]],
    ['Order Canceled', about, [ours, { kind: 'stock' }]],
    ['Order Allocated', about, [ours]],
    ['Order Deallocated', about, [ours, { kind: 'stock' }]],
    ['Order Packed Out', {}, [{ kind: 'fulfillment', reference: null }]],
    ['PO Update', { purchase_order: { po_id: 1 } }, [{ kind: 'stock' }]],
    ['Inventory Update', { inventory: [] }, [{ kind: 'stock' }]],
    [
      'Return Update',
      { return_uuid: 'UmV0dXJuOjE=' },
      [{ kind: 'return', id: 'UmV0dXJuOjE=' }, { kind: 'stock' }],
    ],
    ['Capture Payment', {}, [{ kind: 'ignored', topic: 'Capture Payment' }]],
  ])('named %s hints at what to read again', (webhook_type, body, wanted) => {
    expect(hints({ webhook_type, ...body })).toEqual(wanted)
  })

  it('of another store of the account hints at stock alone', () => {
    const other = { partner_order_id: '4983648264', shop_name: 'acme.myshopify.com' }
    expect(hints({ webhook_type: 'Order Canceled', ...other })).toEqual([{ kind: 'stock' }])
    expect(hints({ webhook_type: 'Shipment Update', fulfillment: other })).toEqual([
      { kind: 'ignored', topic: 'Shipment Update' },
    ])
    expect(hints({ webhook_type: 'Order Allocated', ...other, shop_name: 'stockpool' })).toHaveLength(1)
  })

  it('with members of other types than documented hints all the same', () => {
    expect(hints({ webhook_type: 'Order Canceled', partner_order_id: 7, fulfillment: 'x' })).toEqual([
      { kind: 'fulfillment', reference: null },
      { kind: 'stock' },
    ])
  })
})

const address = 'https://stockpool.example/webhooks/west'

describe('the webhooks of a connection', () => {
  const listed = async (shop: Awaited<ReturnType<typeof stage>>) =>
    shop.simulator.webhooks.subscriptions
      .filter(({ url }) => url === address)
      .flatMap(({ topics }) => topics ?? [])

  it('are subscribed, each with a secret that is kept, and named for their address alone', async () => {
    await using shop = await stage({ clock: virtualClock() })
    const { connection, context } = shop
    await connection.webhooks.ensure(context, address)
    expect(await listed(shop)).toEqual([...shipheroTopics])
    expect(connection.webhooks.secretNames).toEqual(shipheroTopics.map((name) => `webhook ${name}`))
    const kept = await context.tokens.get('webhook PO Update', () =>
      Promise.reject(new Error('was not kept')),
    )
    expect(kept).toMatch(/^\w{32}$/)
    expect(shopNameOf(address)).toMatch(/^stockpool-[0-9a-f]{12}$/)
    expect(shopNameOf(address)).not.toBe(shopNameOf(`${address}/`))
  })

  it('are enabled again after ShipHero has disabled them, and a warning is told', async () => {
    const clock = virtualClock()
    const lines: string[] = []
    const note = (message: string, facts: unknown) => lines.push(`${message} ${JSON.stringify(facts)}`)
    await using shop = await stage({ clock }, {}, { log: { debug: note, info: note, warn: note } })
    const { simulator, connection, context } = shop
    await connection.webhooks.ensure(context, address)
    await simulator.control('webhooks/health', { health: 'UNHEALTHY', name: 'Shipment Update' })
    await simulator.control('webhooks/health', { health: 'WARNING', name: 'PO Update' })
    expect(await listed(shop)).not.toContain('Shipment Update')
    const before = simulator.count('CreateWebhook')
    await connection.webhooks.ensure(context, address)
    expect((await listed(shop)).sort()).toEqual([...shipheroTopics].sort())
    expect(simulator.count('CreateWebhook')).toBe(before)
    expect(lines.join('\n')).toContain(
      'a ShipHero webhook was disabled, and is enabled again {"connection":"shiphero","name":"Shipment Update"}',
    )
    expect(lines.join('\n')).toContain('"name":"PO Update","health":"WARNING"}')
  })

  it('are made anew where the secret was lost or the webhook is gone', async () => {
    await using shop = await stage({ clock: virtualClock() })
    const { simulator, connection, context } = shop
    await connection.webhooks.ensure(context, address)
    const fresh = adapterContext(connection, { clock: simulator.clock })
    await connection.webhooks.ensure(fresh, address)
    expect(simulator.count('CreateWebhook')).toBe(2 * shipheroTopics.length)
    expect(await listed(shop)).toEqual([...shipheroTopics])
    const shopName = JSON.stringify(shopNameOf(address))
    await ask(
      simulator,
      `mutation { webhook_delete(data: { name: "PO Update", shop_name: ${shopName} }) { request_id } }`,
    )
    expect(await listed(shop)).not.toContain('PO Update')
    await connection.webhooks.ensure(fresh, address)
    expect((await listed(shop)).sort()).toEqual([...shipheroTopics].sort())
    expect(simulator.count('CreateWebhook')).toBe(2 * shipheroTopics.length + 1)
  })

  it('are those that the options name', async () => {
    await using shop = await stage({ clock: virtualClock() }, { webhookTopics: ['Inventory Change'] })
    await shop.connection.webhooks.ensure(shop.context, address)
    expect(await listed(shop)).toEqual(['Inventory Change'])
  })

  it('need an https address', async () => {
    const { webhooks } = shiphero(options)
    const context = adapterContext(shiphero(options))
    await expect(webhooks.ensure(context, 'http://shop.example')).rejects.toMatchObject({
      code: 'invalid_input',
      field: 'address',
    })
  })
})

it('a hub subscribes, keeps the secrets, takes what ShipHero signs with them, and reads the order', async () => {
  const clock = virtualClock(Date.UTC(2026, 6, 1), { autoAdvance: true })
  await using shop = await stage({ clock })
  const { simulator } = shop
  const hub = createHub({
    store: freshStore(),
    clock,
    publicUrl: 'https://stockpool.example/webhooks',
    connections: { west: shop.connection },
  })
  const answers: { status: number; body: unknown }[] = []
  try {
    await hub.sync()
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 9 })
    await shop.facet.submit(shop.context, request())
    const bodies: Buffer[] = []
    // What the simulator would post there, signed with the secret of the subscription, given to the hub by hand.
    const { createServer } = await import('node:http')
    const server = createServer(async (incoming, response) => {
      const parts: Buffer[] = []
      for await (const part of incoming) parts.push(part as Buffer)
      bodies.push(Buffer.concat(parts))
      const headers = Object.entries(incoming.headers).flatMap(([name, value]) =>
        typeof value === 'string' ? [[name, value] as [string, string]] : [],
      )
      const answer = await hub.webhook(
        new Request('https://stockpool.example/webhooks/west', {
          method: 'POST',
          headers,
          body: Buffer.concat(parts),
        }),
      )
      answers.push({ status: answer.status, body: await answer.json() })
      response.writeHead(answer.status).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    await simulator.control('webhooks/move', { url: `http://127.0.0.1:${port}/` })
    await simulator.control('ship', { reference: 'web-1001-1' })
    await expect.poll(() => answers.length, { timeout: 5_000 }).toBeGreaterThan(0)
    expect(answers[0]).toMatchObject({ status: 200, body: { repeated: false } })
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  } finally {
    clock.stop()
    await hub.close()
  }
})
