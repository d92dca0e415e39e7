// @ts-check
// A web shop's order, shipped from TikTok's warehouse; one whose answer is lost on the way: npm run build, then node examples/tiktok-mcf.js
import { createHub, sqlite } from 'stockpool'
import { shopify } from 'stockpool/shopify'
import { startShopifySimulator, startTikTokSimulator, virtualClock } from 'stockpool/simulator'
import { tiktok } from 'stockpool/tiktok'

/** @typedef {{ orders: { id: string, reference: string, status: string, shipments: { carrier: string, trackingNumber: string }[] }[] }} State */

// Time that passes only when it is told to.
const clock = virtualClock(Date.now(), { autoAdvance: true })
const shop = await startShopifySimulator({ clock })
const tik = await startTikTokSimulator({ clock })
await tik.control('stock', { sku: 'MUG-RED', quantity: 40 })
const mug = await shop.control('listings', { sku: 'MUG-RED', title: 'Red mug', quantity: 0 })
const { listing } = /** @type {{ listing: string }} */ (mug)

const hub = createHub({
  store: sqlite(':memory:'),
  clock,
  connections: {
    // For the real ones leave the endpoints out, and give your own credentials.
    web: shopify(shop.options),
    tik: tiktok({ ...tik.options, mcf: { email: 'orders@example.com', phone: '+12175550100' } }),
  },
})
/** @type {string[]} */
const asked = []
hub.on('order.attention', ({ reason }) => void asked.push(reason))

const atTikTok = () => /** @type {State} */ (tik.state()).orders
const buy = () => shop.control('orders', { lines: [{ sku: 'MUG-RED', quantity: 2 }] })

try {
  await hub.items.put({ sku: 'MUG-RED', title: 'Red mug' })
  await hub.listings.link({ sku: 'MUG-RED', connection: 'web', listing })
  await hub.sync()
  console.log(`TikTok has ${(await hub.stock.get('MUG-RED')).available} red mugs, the shop may sell them`)

  await buy()
  await hub.sync()
  await tik.control('mcf/split', { reference: atTikTok()[0]?.reference })
  await tik.control('ship')
  await hub.sync()
  const [sold] = /** @type {State} */ (shop.state()).orders
  console.log(
    `bought 2, shipped in ${sold?.shipments.length} parcels: ${sold?.shipments.map((each) => each.trackingNumber).join(', ')}`,
  )

  tik.faults.arm({ operation: 'CreateFBTMCFOrder', kind: 'drop_after' })
  await buy()
  for (let pass = 0; pass < 4; pass += 1) {
    await hub.sync()
    await clock.advance(600_000)
  }
  console.log(
    `bought 2 more, the answer was lost: TikTok has ${atTikTok().length} orders, and a person is asked`,
  )
  console.log(`  ${asked.at(-1)}`)

  const lost = atTikTok().find(({ shipments }) => shipments.length === 0)
  const { orders } = await hub.orders.list({ connection: 'web' })
  const open = orders.find(({ status }) => status === 'open')
  await hub.orders.resume('web', open?.id ?? '', { provider: 'tik', id: lost?.id ?? '' })
  await tik.control('ship')
  await hub.sync()
  const parcels = (await hub.shipments.list('web', open?.id ?? '')).flatMap((each) => each.parcels)
  console.log(
    `with its id it goes on: ${parcels.map((each) => `${each.carrier} ${each.trackingNumber}`).join(', ')}`,
  )

  const { ok } = await hub.stock.verify()
  console.log(ok ? 'the ledger adds up' : 'the ledger does not add up')
  if (!ok || parcels.length !== 1 || atTikTok().length !== 2) process.exitCode = 1
} finally {
  clock.stop()
  await hub.close()
  await shop.close()
  await tik.close()
}
