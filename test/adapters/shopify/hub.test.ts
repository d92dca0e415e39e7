import { afterEach, describe, expect, it } from 'vitest'
import { shipbob } from '../../../adapters/shipbob/index.ts'
import { startShipBobSimulator } from '../../../adapters/shipbob/simulator/index.ts'
import { shopify } from '../../../adapters/shopify/index.ts'
import { signShopify, startShopifySimulator } from '../../../adapters/shopify/simulator/index.ts'
import { createHub, sqlite } from '../../../src/index.ts'
import { systemClock } from '../../../src/simulator/index.ts'

/** What the engine makes of what this adapter tells: with a warehouse that ships. */

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** Goes by itself, and can be set forward: leases are held by it, and must not run out while a machine is slow. */
function skippingClock() {
  let skipped = 0
  return {
    now: () => systemClock.now() + skipped,
    sleep: systemClock.sleep,
    skip(ms: number) {
      skipped += ms
    },
  }
}

async function start() {
  const clock = skippingClock()
  const shop = await startShopifySimulator({ clock, behaviour: { bulkAfterMs: 100 } })
  const warehouse = await startShipBobSimulator({ clock })
  const { listing } = await shop.control<{ listing: string }>('listings', { sku: 'MUG', quantity: 0 })
  await warehouse.control('stock', { sku: 'MUG', quantity: 40 })
  const hub = createHub({
    store: sqlite(':memory:'),
    clock,
    connections: { web: shopify(shop.options), east: shipbob(warehouse.options) },
  })
  closing.push(
    () => shop.close(),
    () => warehouse.close(),
    () => hub.close(),
  )
  await hub.items.put({ sku: 'MUG', title: 'Mug' })
  await hub.listings.link({ sku: 'MUG', connection: 'web', listing })
  await hub.sync()
  const released = () => (warehouse.state() as { orders: unknown[] }).orders.length
  const buy = async () =>
    (await shop.control<{ order: string }>('orders', { lines: [{ sku: 'MUG', quantity: 2 }] })).order
  return { clock, shop, hub, released, buy }
}

describe('an order on hold at Shopify', () => {
  it('holds its stock, is not sent to a warehouse, and is sent once it is released', async () => {
    const { clock, shop, hub, released, buy } = await start()
    const order = await buy()
    await shop.control('orders/hold', { order })
    await hub.sync()
    expect(await hub.stock.get('MUG')).toMatchObject({ available: 38, reserved: 2 })
    expect(released()).toBe(0)
    // The release changes nothing of the order itself, and later orders have moved its mark on.
    clock.skip(600_000)
    await buy()
    await hub.sync()
    expect(released()).toBe(1)
    clock.skip(600_000)
    await shop.control('orders/hold', { order, hold: false })
    await hub.sync()
    expect(released()).toBe(2)
    expect((await hub.stock.verify()).ok).toBe(true)
  })
})

describe('a large first import', () => {
  it('takes every order in, and the numbers are right after it', async () => {
    const { clock, shop, buy } = await start()
    const bulk = createHub({
      store: sqlite(':memory:'),
      clock,
      connections: { web: shopify({ ...shop.options, bulkFrom: 5 }) },
    })
    closing.push(() => bulk.close())
    for (let count = 0; count < 8; count += 1) await buy()
    const [{ listing }] = (shop.state() as { listings: [{ listing: string }] }).listings
    await bulk.items.put({ sku: 'MUG', title: 'Mug' })
    await bulk.listings.link({ sku: 'MUG', connection: 'web', listing })
    await bulk.stock.receive('MUG', 100, { location: 'main', key: 'po-1' })
    await bulk.sync()
    expect(shop.count('BulkOperationRun')).toBe(1)
    expect((await bulk.orders.list({ limit: 20 })).orders).toHaveLength(8)
    const order = await buy()
    await bulk.sync()
    expect(await bulk.orders.get('web', order)).toMatchObject({ lines: [{ taken: 2 }] })
    expect((await bulk.drift()).differences).toEqual([])
  })
})

describe('what the law asks of an app', () => {
  it('a buyer who wants to know is told of, once; of one who is to be forgotten nothing is kept', async () => {
    const { clock, shop, hub, buy } = await start()
    const order = await buy()
    await hub.sync()
    const told: { answerBy: string }[] = []
    hub.on('buyer.data_requested', (data) => told.push(data))
    const send = async (topic: string, content: object) => {
      const body = Buffer.from(JSON.stringify({ shop_id: 1, ...content }))
      const url = 'https://hub.example/webhooks/web'
      const sent = {
        id: topic,
        topic,
        url,
        body,
        secret: null,
        subscription: 's',
        attempt: 1,
        at: clock.now(),
      }
      const headers = signShopify(shop.clientSecret)(sent)
      return (await hub.webhook(new Request(url, { method: 'POST', headers, body }))).status
    }
    const id = Number(order.split('/').at(-1))
    const wish = { customer: { email: 'ada@example.com' }, orders_requested: [id] }
    for (let i = 0; i < 2; i++) expect(await send('customers/data_request', wish)).toBe(200)
    expect(await hub.orders.person('web', order)).toMatchObject({ shipTo: { city: 'Springfield' } })
    expect(await send('customers/redact', { orders_to_redact: [id] })).toBe(200)
    await hub.sync()
    expect(await hub.orders.person('web', order)).toBe(null)
    expect(told).toEqual([{ connection: 'web', orders: [order], answerBy: expect.any(String) }])
    const days = (Date.parse(told[0]?.answerBy ?? '') - clock.now()) / 86_400_000
    expect(days).toBeGreaterThan(29)
    expect(days).toBeLessThanOrEqual(30)
  })
})
