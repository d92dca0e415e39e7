// @ts-check
// One Shopify listing, one order, and one return, against the simulator: npm run build, then node examples/shopify.js
import { createHub, sqlite } from 'stockpool'
import { shopify } from 'stockpool/shopify'
import { startShopifySimulator } from 'stockpool/simulator'
import { adapterContext } from 'stockpool/testing'

const restocked = /** @type {const} */ ('restocked')

const simulator = await startShopifySimulator()
const mug = await simulator.control('listings', { sku: 'MUG-RED', title: 'Red mug', quantity: 0 })
// What a shop calls it: gid://shopify/InventoryItem/…
const { listing } = /** @type {{ listing: string }} */ (mug)

// For a real shop leave the endpoint out, and give your own credentials and location.
const web = shopify(simulator.options)
const hub = createHub({ store: sqlite(':memory:'), connections: { web } })

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

  // A buyer sends one of two back. The adapter by itself, as an engine of your own would call it.
  const second = await simulator.control('orders', { lines: [{ sku: 'MUG-RED', quantity: 2 }] })
  const bought = /** @type {{ order: string }} */ (second).order
  await simulator.control('orders/fulfill', { order: bought })
  await simulator.control('returns', { order: bought, lines: [{ sku: 'MUG-RED', quantity: 1 }] })
  const context = adapterContext(web)
  const { returns } = await web.returns.read(context, null)
  for (const { id, order, status, lines } of returns) {
    console.log(`a return is ${status}: ${lines[0]?.expected} unit, ${lines[0]?.reason}`)
    await web.returns.approve(context, { return: id, order, key: 'approve-1' })
    const arrived = lines.map(({ line, expected }) => ({ line, quantity: expected, disposition: restocked }))
    await web.returns.receive(context, { return: id, order, key: 'receive-1', lines: arrived })
    const refund = { order, return: id, shipping: false, amount: null, reason: 'came back', key: 'refund-1' }
    const units = lines.map(({ line, expected }) => ({ line, quantity: expected }))
    const paid = await web.returns.refund(context, { ...refund, lines: units })
    const again = await web.returns.refund(context, { ...refund, lines: units, repeated: true })
    console.log(`paid back ${paid.amount?.amount} cents, once: ${paid.reference === again.reference}`)
  }

  const { ok } = await hub.stock.verify()
  console.log(ok ? 'the ledger adds up' : 'the ledger does not add up')
} finally {
  await hub.close()
  await simulator.close()
}
