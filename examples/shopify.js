// @ts-check
// One Shopify listing and one order, against the simulator: npm run build, then node examples/shopify.js
import { createHub, sqlite } from 'stockpool'
import { shopify } from 'stockpool/shopify'
import { startShopifySimulator } from 'stockpool/simulator'

const simulator = await startShopifySimulator()
const mug = await simulator.control('listings', { sku: 'MUG-RED', title: 'Red mug', quantity: 0 })
// What a shop calls it: gid://shopify/InventoryItem/…
const { listing } = /** @type {{ listing: string }} */ (mug)

const hub = createHub({
  store: sqlite(':memory:'),
  connections: {
    // For a real shop leave the endpoint out, and give your own credentials and location.
    web: shopify(simulator.options),
  },
})

const shown = async () => {
  const report = await hub.drift()
  const [now] = /** @type {{ listings: { quantity: number }[] }} */ (simulator.state()).listings
  return `the shop shows ${now?.quantity}, ${report.differences.length} differences`
}

try {
  await hub.items.put({ sku: 'MUG-RED', title: 'Red mug' })
  await hub.listings.link({ sku: 'MUG-RED', connection: 'web', listing, buffer: 2 })
  await hub.stock.receive('MUG-RED', 40, { location: 'main', key: 'po-1001' })
  await hub.sync()
  console.log(`40 received, 2 kept back: ${await shown()}`)

  const sale = await simulator.control('orders', { lines: [{ sku: 'MUG-RED', quantity: 3 }] })
  const { order } = /** @type {{ order: string }} */ (sale)
  await hub.sync()
  const { available, reserved } = await hub.stock.get('MUG-RED')
  console.log(`3 sold: ${available} available, ${reserved} reserved: ${await shown()}`)

  await simulator.control('orders/cancel', { order })
  await hub.sync()
  console.log(`the order was cancelled: ${await shown()}`)

  const { ok } = await hub.stock.verify()
  console.log(ok ? 'the ledger adds up' : 'the ledger does not add up')
} finally {
  await hub.close()
  await simulator.close()
}
