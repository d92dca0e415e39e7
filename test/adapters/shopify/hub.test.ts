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

/** A pass that begins with full buckets: their refill is waited for in real time. */
const pass = (clock: { skip(ms: number): void }, hub: { sync(): Promise<unknown> }) => {
  clock.skip(15_000)
  return hub.sync()
}

describe('an order that the hub holds', () => {
  const stateOf = (shop: { state(): unknown }) =>
    (shop.state() as { orders: { status: string; parts: { status: string; holds: string[] }[] }[] }).orders[0]

  it('is on hold at Shopify too, and goes on when it is released, here or by staff', async () => {
    const { clock, shop, hub, released, buy } = await start()
    const unpaid = { lines: [{ sku: 'MUG', quantity: 2 }], paid: false }
    const { order } = await shop.control<{ order: string }>('orders', unpaid)
    await pass(clock, hub)
    await hub.orders.hold('web', order, { reason: 'address' })
    await pass(clock, hub)
    expect(stateOf(shop)?.parts).toMatchObject([{ status: 'ON_HOLD', holds: ['INCORRECT_ADDRESS'] }])
    expect(await hub.orders.get('web', order)).toMatchObject({ status: 'on_hold' })
    // Shopify's own word counts from now on.
    expect(await hub.orders.holds()).toEqual([])
    await shop.control('orders/pay', { order })
    await pass(clock, hub)
    expect(released()).toBe(0)
    await hub.orders.release('web', order)
    await pass(clock, hub)
    expect(stateOf(shop)?.parts).toMatchObject([{ status: 'OPEN', holds: [] }])
    expect(released()).toBe(1)
    const second = await shop.control<{ order: string }>('orders', unpaid)
    await pass(clock, hub)
    await hub.orders.hold('web', second.order)
    await pass(clock, hub)
    await shop.control('orders/pay', second)
    clock.skip(600_000)
    await shop.control('orders/hold', { order: second.order, hold: false })
    await pass(clock, hub)
    expect(released()).toBe(2)
    // Held and released before Shopify heard of either: the last word counts.
    const third = await buy()
    await pass(clock, hub)
    await hub.orders.hold('web', third)
    await hub.orders.release('web', third)
    await pass(clock, hub)
    expect(await hub.orders.get('web', third)).toMatchObject({ status: 'open' })
  })
})

describe('an order that leaves from another location than Shopify thought', () => {
  it('is moved there, and both numbers are right after it', async () => {
    const { clock, shop } = await start()
    const back = 'gid://shopify/Location/7002'
    await shop.control('locations', { name: 'Back' })
    const { listing } = await shop.control<{ listing: string }>('listings', { sku: 'CUP', quantity: 0 })
    await shop.control('listings', { sku: 'CUP', quantity: 0, location: back })
    const hub = createHub({
      store: sqlite(':memory:'),
      clock,
      connections: { web: shopify(shop.options) },
    })
    closing.push(() => hub.close())
    await hub.items.put({ sku: 'CUP' })
    await hub.locations.put({ id: 'cellar', priority: 1 })
    await hub.listings.link({ sku: 'CUP', connection: 'web', listing, locations: ['main'] })
    await hub.listings.link({ sku: 'CUP', connection: 'web', listing, place: back, locations: ['cellar'] })
    await hub.stock.receive('CUP', 5, { location: 'main', key: 'a' })
    await hub.stock.receive('CUP', 5, { location: 'cellar', key: 'b' })
    await pass(clock, hub)
    // Shopify takes it from the front, the hub from the cellar.
    const { order } = await shop.control<{ order: string }>('orders', {
      lines: [{ sku: 'CUP', quantity: 2 }],
    })
    await pass(clock, hub)
    // What fell at the back might have been a sale: until every order of that moment is read, so many fewer are shown there.
    clock.skip(60_000)
    await pass(clock, hub)
    const { orders, listings } = shop.state() as {
      orders: { id: string; parts: { location: string }[] }[]
      listings: { sku: string; quantity: number; committed: number }[]
    }
    expect(orders.find(({ id }) => id === order)?.parts).toMatchObject([{ location: back }])
    expect(listings.filter(({ sku }) => sku === 'CUP')).toMatchObject([
      { quantity: 5, committed: 0 },
      { quantity: 3, committed: 2 },
    ])
    expect((await hub.drift()).differences).toEqual([])
    // Asked for once: whoever moves it by hand afterwards is not contradicted.
    clock.skip(600_000)
    await shop.control('orders/move', { order, location: 'gid://shopify/Location/7001' })
    clock.skip(15_000)
    await hub.sync({ audit: true })
    clock.skip(60_000)
    await pass(clock, hub)
    expect(shop.count('FulfillmentOrderMove')).toBe(1)
    expect((await hub.drift()).differences).toEqual([])
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
    await pass(clock, hub)
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
    await pass(clock, hub)
    expect(await hub.orders.person('web', order)).toBe(null)
    expect(told).toEqual([{ connection: 'web', orders: [order], answerBy: expect.any(String) }])
    const days = (Date.parse(told[0]?.answerBy ?? '') - clock.now()) / 86_400_000
    expect(days).toBeGreaterThan(29)
    expect(days).toBeLessThanOrEqual(30)
  })
})
