// @ts-check
// Amazon as a channel and as a warehouse, against the simulators: npm run build, then node examples/amazon.js
import { createHub, sqlite } from 'stockpool'
import { amazon } from 'stockpool/amazon'
import { shopify } from 'stockpool/shopify'
import { startAmazonSimulator, startShopifySimulator } from 'stockpool/simulator'

// A simulated Amazon that does at once what the real one takes minutes for.
const quick = {
  pendingMs: 0,
  settlingMs: 0,
  applyMs: 0,
  feedQueueMs: 0,
  feedMs: 0,
  mcfAcceptMs: 0,
  mcfPlanMs: 0,
}
const seller = await startAmazonSimulator(quick)
await seller.control('listings', { sku: 'MUG-RED', title: 'Red mug', quantity: 0 })

const amazonUs = amazon({
  // For the real one leave the endpoints out, and give your own credentials.
  ...seller.options,
  settlingMs: 0,
  checkAfterMs: 0,
  // Amazon's news comes by a queue of yours; here the simulator's.
  notifications: { sqsArn: 'arn:aws:sqs:us-east-1:123456789012:amazon-news', queue: seller.queue },
})
const channel = createHub({ store: sqlite(':memory:'), connections: { amazonUs } })

const shown = async () => {
  const report = await channel.drift()
  const [listing] = /** @type {{ listings: { quantity: number }[] }} */ (seller.state()).listings
  return `Amazon shows ${listing?.quantity}, ${report.differences.length} differences`
}

try {
  await channel.items.put({ sku: 'MUG-RED', title: 'Red mug' })
  await channel.listings.link({ sku: 'MUG-RED', connection: 'amazonUs', listing: 'MUG-RED', buffer: 2 })
  await channel.stock.receive('MUG-RED', 40, { location: 'main', key: 'po-1001' })
  await channel.sync()
  console.log(`40 received, 2 kept back: ${await shown()}`)

  const sale = await seller.control('orders', { lines: [{ sku: 'MUG-RED', quantity: 3 }] })
  const { order } = /** @type {{ order: string }} */ (sale)
  await channel.sync()
  // A fall that no order explains yet is held back as a sale; once the order has been read, the next pass knows better.
  await channel.sync()
  const { available, reserved } = await channel.stock.get('MUG-RED')
  console.log(`3 sold: ${available} available, ${reserved} reserved: ${await shown()}`)

  await channel.orders.cancel('amazonUs', order, { reason: 'out_of_stock' })
  await channel.sync()
  console.log(`the order was cancelled, by a feed: ${await shown()}`)

  const { ok } = await channel.stock.verify()
  console.log(ok ? 'the ledger adds up' : 'the ledger does not add up')
  if (!ok) process.exitCode = 1
} finally {
  await channel.close()
  await seller.close()
}

// Amazon's warehouses ship the orders of a shop: Multi-Channel Fulfillment.
const shop = await startShopifySimulator()
const fba = await startAmazonSimulator(quick)
await fba.control('stock', { sku: 'MUG-RED', quantity: 40 })
const mug = await shop.control('listings', { sku: 'MUG-RED', title: 'Red mug', quantity: 0 })
const { listing } = /** @type {{ listing: string }} */ (mug)
const hub = createHub({
  store: sqlite(':memory:'),
  connections: {
    web: shopify(shop.options),
    amazonUs: amazon({ ...fba.options, settlingMs: 0, mcf: { blankBox: true } }),
  },
})

try {
  await hub.items.put({ sku: 'MUG-RED', title: 'Red mug' })
  await hub.listings.link({ sku: 'MUG-RED', connection: 'web', listing })
  await hub.sync()
  const { available } = await hub.stock.get('MUG-RED')
  console.log(`FBA has ${available} red mugs, the shop may sell them`)

  await shop.control('orders', { lines: [{ sku: 'MUG-RED', quantity: 2 }] })
  await hub.sync()
  await fba.control('ship')
  await hub.sync()
  const { orders } =
    /** @type {{ orders: { number: string, shipments: { trackingNumber: string }[] }[] }} */ (shop.state())
  const [parcel] = orders[0]?.shipments ?? []
  console.log(`Amazon shipped it: the shop shows ${parcel?.trackingNumber} on order ${orders[0]?.number}`)
  if (!parcel) process.exitCode = 1
} finally {
  await hub.close()
  await shop.close()
  await fba.close()
}
