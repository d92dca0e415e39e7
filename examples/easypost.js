// @ts-check
// A parcel of the merchant's own, followed to the buyer's door: npm run build, then node examples/easypost.js
import { createHub, sqlite } from 'stockpool'
import { easypost } from 'stockpool/easypost'
import { shopify } from 'stockpool/shopify'
import { startEasyPostSimulator, startShopifySimulator } from 'stockpool/simulator'

const shop = await startShopifySimulator()
const tracker = await startEasyPostSimulator()
const mug = await shop.control('listings', { sku: 'MUG-RED', title: 'Red mug', quantity: 0 })
const { listing } = /** @type {{ listing: string }} */ (mug)

const hub = createHub({
  store: sqlite(':memory:'),
  connections: {
    web: shopify(shop.options),
    // For the real one leave the endpoint out, and give your own key.
    parcels: easypost({ ...tracker.options, intervals: { trackingMs: 100 } }),
  },
})

try {
  await hub.items.put({ sku: 'MUG-RED', title: 'Red mug' })
  await hub.listings.link({ sku: 'MUG-RED', connection: 'web', listing })
  await hub.stock.receive('MUG-RED', 40, { location: 'main', key: 'po-1001' })
  await hub.sync()
  const sale = await shop.control('orders', { lines: [{ sku: 'MUG-RED', quantity: 2 }] })
  const { order } = /** @type {{ order: string }} */ (sale)
  await hub.sync()

  const trackingNumber = '1Z204E380338943508'
  await hub.shipments.add({ connection: 'web', order, key: 'parcel-1', carrier: 'ups', trackingNumber })
  await hub.sync()
  console.log(`shipped with UPS ${trackingNumber}; the shop has the number, and EasyPost follows it`)

  const where = async () => (await hub.shipments.list('web', order))[0]?.parcels[0]
  for (const status of ['in_transit', 'out_for_delivery', 'delivered']) {
    await tracker.control('scan', { trackingNumber, status })
    await new Promise((resolve) => setTimeout(resolve, 150))
    await hub.sync()
    const parcel = await where()
    console.log(`the carrier scans it as ${status}: here it is ${parcel?.status}`)
  }
  const { ok } = await hub.stock.verify()
  if (!ok) process.exitCode = 1
} finally {
  await hub.close()
  await shop.close()
  await tracker.close()
}
