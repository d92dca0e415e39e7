// @ts-check
// One order of a shop, shipped by a 3PL, its tracking back in the shop: npm run build, then node examples/shipbob.js
import { createHub, sqlite } from 'stockpool'
import { shipbob } from 'stockpool/shipbob'
import { shopify } from 'stockpool/shopify'
import { startShipBobSimulator, startShopifySimulator } from 'stockpool/simulator'

/** @typedef {{ orders: { number: string, status: string, shipments: { carrier: string, trackingNumber: string }[] }[] }} Shop */

const shop = await startShopifySimulator()
const warehouse = await startShipBobSimulator()
await warehouse.control('stock', { sku: 'MUG-RED', quantity: 40 })
const mug = await shop.control('listings', { sku: 'MUG-RED', title: 'Red mug', quantity: 0 })
const { listing } = /** @type {{ listing: string }} */ (mug)

const hub = createHub({
  store: sqlite(':memory:'),
  connections: {
    // For the real ones leave the endpoints out, and give your own credentials.
    web: shopify(shop.options),
    east: shipbob({ ...warehouse.options, shippingMethods: { 'two-day': 'Expedited (2 days)' } }),
  },
})

try {
  await hub.items.put({ sku: 'MUG-RED', title: 'Red mug' })
  await hub.listings.link({ sku: 'MUG-RED', connection: 'web', listing })
  await hub.sync()
  const { available } = await hub.stock.get('MUG-RED')
  console.log(`ShipBob has ${available} red mugs, the shop may sell them`)

  await shop.control('orders', { lines: [{ sku: 'MUG-RED', quantity: 2 }] })
  await hub.sync()
  const [order] = /** @type {Shop} */ (warehouse.state()).orders
  console.log(`a shopper bought 2: ShipBob has the order, ${order?.status}`)

  await warehouse.control('ship')
  await hub.sync()
  const [sold] = /** @type {Shop} */ (shop.state()).orders
  const [parcel] = sold?.shipments ?? []
  console.log(`shipped: the shop shows ${parcel?.carrier} ${parcel?.trackingNumber} on order ${sold?.number}`)

  const { ok } = await hub.stock.verify()
  console.log(ok ? 'the ledger adds up' : 'the ledger does not add up')
  if (!parcel || !ok) process.exitCode = 1
} finally {
  await hub.close()
  await shop.close()
  await warehouse.close()
}
