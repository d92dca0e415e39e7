// @ts-check
// Two boxes from a ShipStream warehouse, and a mug that comes back: npm run build, then node examples/shipstream.js
import { createHub, sqlite } from 'stockpool'
import { shipstream } from 'stockpool/shipstream'
import { shopify } from 'stockpool/shopify'
import { acceleratedClock, startShipStreamSimulator, startShopifySimulator } from 'stockpool/simulator'

/** @typedef {{ orders: { number: string, status: string, shipments: { carrier: string, trackingNumber: string }[] }[] }} Shop */
/** @typedef {{ orders: { reference: string, status: string }[] }} Warehouse */

// One second here is a minute there.
const clock = acceleratedClock(60)
const shop = await startShopifySimulator({ clock })
const warehouse = await startShipStreamSimulator({ clock })
await warehouse.control('stock', { sku: 'MUG-RED', quantity: 30 })
await warehouse.control('stock', { sku: 'MUG-RED', quantity: 10, location: 2 })
const mug = await shop.control('listings', { sku: 'MUG-RED', title: 'Red mug', quantity: 0 })
const { listing } = /** @type {{ listing: string }} */ (mug)

const hub = createHub({
  store: sqlite(':memory:'),
  clock,
  connections: {
    // For the real ones leave the clock and the simulators' options out, and give your own.
    web: shopify(shop.options),
    south: shipstream({ ...warehouse.options, shippingMethods: { 'two-day': 'ups_02' } }),
  },
})
const lastOrder = () => /** @type {Warehouse} */ (warehouse.state()).orders.at(-1)

try {
  await hub.items.put({ sku: 'MUG-RED', title: 'Red mug' })
  await hub.listings.link({ sku: 'MUG-RED', connection: 'web', listing })
  await hub.sync()
  const { available } = await hub.stock.get('MUG-RED')
  console.log(`ShipStream has ${available} red mugs in two warehouses, the shop may sell them`)

  await shop.control('orders', { lines: [{ sku: 'MUG-RED', quantity: 3 }] })
  await hub.sync()
  const order = lastOrder()
  console.log(`a shopper bought 3: ShipStream has the order ${order?.reference}, ${order?.status}`)

  await warehouse.control('ship', { reference: order?.reference, labelOnly: true, boxes: 2 })
  await hub.sync()
  const told = () => /** @type {Shop} */ (shop.state()).orders[0]?.shipments ?? []
  console.log(`packed and labelled: the shop shows ${told().length} parcels, they may still be taken apart`)
  await warehouse.control('ship', { reference: order?.reference })
  await hub.sync()
  for (const { carrier, trackingNumber } of told())
    console.log(`left: the shop shows ${carrier} ${trackingNumber}`)

  const rma = { type: 'rma', order: order?.reference, lines: [{ sku: 'MUG-RED', quantity: 1 }] }
  const { id } = /** @type {{ id: string }} */ (await warehouse.control('deliveries', rma))
  for (const step of ['accept', 'process', 'putaway'])
    await warehouse.control('deliveries/step', { id, step })
  await hub.sync()
  console.log(`one came back and lies on a shelf: ${(await hub.stock.get('MUG-RED')).available} for sale`)
  await warehouse.control('deliveries/step', { id, step: 'commit' })
  await hub.sync()
  console.log(`it was committed: ${(await hub.stock.get('MUG-RED')).available} for sale`)

  const { ok } = await hub.stock.verify()
  console.log(ok ? 'the ledger adds up' : 'the ledger does not add up')
  if (told().length !== 2 || !ok) process.exitCode = 1
} finally {
  await hub.close()
  await shop.close()
  await warehouse.close()
}
