// @ts-check
// One Amazon listing and one order, against the simulator: npm run build, then node examples/amazon.js
import { createHub, sqlite } from 'stockpool'
import { amazon } from 'stockpool/amazon'
import { startAmazonSimulator } from 'stockpool/simulator'

// A simulated Amazon that does at once what the real one takes minutes for.
const simulator = await startAmazonSimulator({ pendingMs: 0, settlingMs: 0, applyMs: 0 })
await simulator.control('listings', { sku: 'MUG-RED', title: 'Red mug', quantity: 0 })

const hub = createHub({
  store: sqlite(':memory:'),
  connections: {
    // For the real one leave the endpoints out, and give your own credentials.
    amazonUs: amazon({ ...simulator.options, settlingMs: 0, checkAfterMs: 0 }),
  },
})

const shown = async () => {
  const report = await hub.drift()
  const [listing] = /** @type {{ listings: { quantity: number }[] }} */ (simulator.state()).listings
  return `Amazon shows ${listing?.quantity}, ${report.differences.length} differences`
}

try {
  await hub.items.put({ sku: 'MUG-RED', title: 'Red mug' })
  await hub.listings.link({ sku: 'MUG-RED', connection: 'amazonUs', listing: 'MUG-RED', buffer: 2 })
  await hub.stock.receive('MUG-RED', 40, { location: 'main', key: 'po-1001' })
  await hub.sync()
  console.log(`40 received, 2 kept back: ${await shown()}`)

  await simulator.control('orders', { lines: [{ sku: 'MUG-RED', quantity: 3 }] })
  await hub.sync()
  const { available, reserved } = await hub.stock.get('MUG-RED')
  console.log(`3 sold: ${available} available, ${reserved} reserved: ${await shown()}`)

  const { ok } = await hub.stock.verify()
  console.log(ok ? 'the ledger adds up' : 'the ledger does not add up')
} finally {
  await hub.close()
  await simulator.close()
}
