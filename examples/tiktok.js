// @ts-check
// Two variants of one TikTok product, and two orders, against the simulator: npm run build, then node examples/tiktok.js
import { createHub, sqlite } from 'stockpool'
import { acceleratedClock, startTikTokSimulator } from 'stockpool/simulator'
import { tiktok } from 'stockpool/tiktok'

// A second is some three minutes here. A paid order is on hold for a while, in which the buyer may still think better of it.
const clock = acceleratedClock(200)
const simulator = await startTikTokSimulator({ clock, settlingMs: 0, holdMs: 300_000 })

/** @typedef {{ listing: string, product: string }} Sku */
const red = /** @type {Sku} */ (await simulator.control('listings', { sku: 'MUG-RED', quantity: 0 }))
const { product } = red
const blue = /** @type {Sku} */ (
  await simulator.control('listings', { sku: 'MUG-BLUE', product, quantity: 0 })
)

const hub = createHub({
  store: sqlite(':memory:'),
  clock,
  connections: {
    // For a real shop leave the endpoints and the short times out, and give your own credentials.
    tik: tiktok({ ...simulator.options, settlingMs: 0, checkAfterMs: 1_000 }),
  },
})

/** @typedef {{ listings: { sku: string, place: string, quantity: number }[] }} State */
const shown = () =>
  /** @type {State} */ (simulator.state()).listings
    .filter(({ place }) => place === '')
    .map(({ sku, quantity }) => `${sku} ${quantity}`)
    .join(', ')

/** @param {number} quantity */
const buy = async (quantity) => {
  const sale = await simulator.control('orders', { lines: [{ sku: 'MUG-RED', quantity }] })
  return /** @type {{ order: string }} */ (sale).order
}

/** What `hub.start()` does by itself: a pass now and then. */
const aMinute = async () => {
  for (let pass = 0; pass < 3; pass += 1) {
    await hub.sync()
    await clock.sleep(20_000)
  }
}

try {
  for (const [sku, { listing }] of Object.entries({ 'MUG-RED': red, 'MUG-BLUE': blue })) {
    await hub.items.put({ sku, title: 'Mug' })
    await hub.listings.link({ sku, connection: 'tik', listing, cap: 99_999 })
    await hub.stock.receive(sku, 40, { location: 'main', key: `po-1001-${sku}` })
  }
  await aMinute()
  console.log(`40 of each received: ${shown()}`)

  const order = await buy(2)
  await aMinute()
  const held = await hub.orders.get('tik', order)
  console.log(`2 sold: ${shown()}; the order is ${held?.status}`)

  await clock.sleep(300_000)
  await aMinute()
  await hub.shipments.add({
    connection: 'tik',
    order,
    key: 'parcel-1',
    carrier: 'ups',
    trackingNumber: '1Z999AA10123456784',
  })
  await aMinute()
  const sent = await hub.orders.get('tik', order)
  console.log(`no longer on hold, and sent: the order is ${sent?.status}`)

  const broken = await buy(1)
  await hub.sync()
  await hub.orders.cancel('tik', broken, { reason: 'out_of_stock' })
  await hub.sync()
  await aMinute()
  console.log(
    `one cancelled for want of stock, at which TikTok zeroes the product; a minute later: ${shown()}`,
  )

  const { ok } = await hub.stock.verify()
  console.log(ok ? 'the ledger adds up' : 'the ledger does not add up')
} finally {
  await hub.close()
  await simulator.close()
}
