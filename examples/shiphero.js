// @ts-check
// Two boxes, a voided label and a late cancellation at ShipHero: npm run build, then node examples/shiphero.js
import { setTimeout as sleep } from 'node:timers/promises'
import { createHub, sqlite } from 'stockpool'
import { shiphero } from 'stockpool/shiphero'
import { shopify } from 'stockpool/shopify'
import { startShipHeroSimulator, startShopifySimulator } from 'stockpool/simulator'

/** @typedef {{ orders: { reference: string, status: string, history: string[] }[] }} Warehouse */
/** @typedef {{ orders: { number: string, shipments: { carrier: string, trackingNumber: string }[] }[] }} Shop */

const shop = await startShopifySimulator()
const warehouse = await startShipHeroSimulator()
await warehouse.control('stock', { sku: 'MUG-RED', quantity: 40 })
const mug = await shop.control('listings', { sku: 'MUG-RED', title: 'Red mug', quantity: 0 })
const { listing } = /** @type {{ listing: string }} */ (mug)

const hub = createHub({
  store: sqlite(':memory:'),
  connections: {
    // For the real ones leave the endpoints out, and give your own credentials.
    web: shopify(shop.options),
    west: shiphero({
      ...warehouse.options,
      shippingMethods: { 'two-day': { carrier: 'ups', method: '2nd Day Air' } },
    }),
  },
})

/** @param {number} index */
const referenceOf = (index) => /** @type {Warehouse} */ (warehouse.state()).orders[index]?.reference ?? ''

try {
  await hub.items.put({ sku: 'MUG-RED', title: 'Red mug' })
  await hub.listings.link({ sku: 'MUG-RED', connection: 'web', listing })
  await hub.sync()
  console.log(`ShipHero has ${(await hub.stock.get('MUG-RED')).available} red mugs, the shop may sell them`)

  await shop.control('orders', { lines: [{ sku: 'MUG-RED', quantity: 4 }] })
  await hub.sync()
  const reference = referenceOf(0)
  await warehouse.control('ship', { reference, boxes: 2, pickedUp: false })
  await warehouse.control('void', { reference })
  await warehouse.control('ship', { reference, boxes: 2 })
  await hub.sync()
  const [sold] = /** @type {Shop} */ (shop.state()).orders
  const numbers = (sold?.shipments ?? []).map(({ trackingNumber }) => trackingNumber)
  console.log(
    `shipped in two boxes, at the second attempt: order ${sold?.number} shows ${numbers.join(' and ')}`,
  )

  const second = await shop.control('orders', { lines: [{ sku: 'MUG-RED', quantity: 1 }] })
  await hub.sync()
  await warehouse.control('ship', { reference: referenceOf(1), labelOnly: true })
  await shop.control('orders/cancel', { order: /** @type {{ order: string }} */ (second).order })
  await hub.sync()
  const late = /** @type {Warehouse} */ (warehouse.state()).orders[1]
  console.log(`cancelled while it was packed: ShipHero was asked, "${late?.history[0]}"`)

  // ShipHero's times have whole seconds: within one it is not known what came first, and the lower number is taken.
  await sleep(1_100)
  await hub.sync()
  const { available } = await hub.stock.get('MUG-RED')
  const { ok } = await hub.stock.verify()
  console.log(`${available} are left to sell; the ledger ${ok ? 'adds up' : 'does not add up'}`)
  if (numbers.length !== 2 || !late?.history.length || !ok) process.exitCode = 1
} finally {
  await hub.close()
  await shop.close()
  await warehouse.close()
}
