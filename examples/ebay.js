// @ts-check
// One eBay listing, one order and its parcel, against the simulator: npm run build, then node examples/ebay.js
import { createHub, sqlite } from 'stockpool'
import { ebay } from 'stockpool/ebay'
import { startEbaySimulator } from 'stockpool/simulator'

const simulator = await startEbaySimulator()
// One listing made with the Inventory API, and one from before: it is named by its item id.
await simulator.control('listings', { sku: 'MUG-RED', title: 'Red mug', quantity: 0 })
const old = await simulator.control('listings', {
  sku: 'OLD-MUG',
  title: 'Red mug, old listing',
  quantity: 0,
  api: 'trading',
})
const { listing, itemId } = /** @type {{ listing: string, itemId: string }} */ (old)

const hub = createHub({
  store: sqlite(':memory:'),
  connections: {
    // For the real one leave the endpoint out, and give your own credentials.
    ebayUs: ebay({ ...simulator.options, tradingItems: [itemId], skewMs: 0 }),
  },
})

const shown = async () => {
  const report = await hub.drift()
  const { listings } = /** @type {{ listings: { quantity: number }[] }} */ (simulator.state())
  return `eBay shows ${listings.map(({ quantity }) => quantity).join(' and ')}, ${report.differences.length} differences`
}

try {
  await hub.items.put({ sku: 'MUG-RED', title: 'Red mug' })
  await hub.listings.link({ sku: 'MUG-RED', connection: 'ebayUs', listing: 'MUG-RED' })
  await hub.listings.link({ sku: 'MUG-RED', connection: 'ebayUs', listing, cap: 5 })
  await hub.stock.receive('MUG-RED', 40, { location: 'main', key: 'po-1001' })
  await hub.sync()
  console.log(`40 received, the old listing shows 5 at most: ${await shown()}`)

  const sale = await simulator.control('orders', { lines: [{ sku: 'MUG-RED', quantity: 3 }] })
  const { order } = /** @type {{ order: string }} */ (sale)
  await hub.sync()
  const { available, reserved } = await hub.stock.get('MUG-RED')
  console.log(`3 sold: ${available} available, ${reserved} reserved: ${await shown()}`)

  await simulator.control('orders/request-cancel', { order, reason: 'ORDER_MISTAKE' })
  await hub.sync()
  const asked = await hub.orders.get('ebayUs', order)
  console.log(`the buyer asks to cancel: ${asked?.cancelRequested?.reason}`)

  const { ok } = await hub.stock.verify()
  console.log(ok ? 'the ledger adds up' : 'the ledger does not add up')
} finally {
  await hub.close()
  await simulator.close()
}
