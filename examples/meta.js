// @ts-check
// A buyer from Instagram, over a web shop and a Meta catalogue, against the simulators: npm run build, then node examples/meta.js
import { createHub, sqlite } from 'stockpool'
import { checkoutHandler, meta } from 'stockpool/meta'
import { shopify } from 'stockpool/shopify'
import { startMetaSimulator, startShopifySimulator } from 'stockpool/simulator'

// A simulated Meta that does at once what the real one takes a minute for.
const facebook = await startMetaSimulator({ processMs: 0 })
const shop = await startShopifySimulator()
await facebook.control('listings', { sku: 'MUG-RED', title: 'Red mug', quantity: 0 })
const mug = await shop.control('listings', { sku: 'MUG-RED', title: 'Red mug', quantity: 0 })
const { listing } = /** @type {{ listing: string }} */ (mug)

const hub = createHub({
  store: sqlite(':memory:'),
  connections: {
    web: shopify(shop.options),
    // For the real one leave the endpoint out, and give your own credentials.
    social: meta({ ...facebook.options, checkAfterMs: 0 }),
  },
})

// What Commerce Manager gets as the shop's checkout URL: it looks at the stock of this moment.
const checkout = checkoutHandler({
  stock: { available: async (sku) => (await hub.stock.get(sku)).available },
  redirect: ({ checked, source }) => {
    const lines = checked.map(({ sku, buyable }) => `${sku}:${buyable}`).join(',')
    return `https://my-shop.example/cart?lines=${lines}&attributes[cart_origin]=${source}`
  },
})

const shown = () => {
  const states = [shop.state(), facebook.state()]
  const [web, social] = states.map((state) => {
    const [item] = /** @type {{ listings: { quantity: number }[] }} */ (state).listings
    return item?.quantity
  })
  return `the web shop shows ${web}, Facebook and Instagram show ${social}`
}

try {
  await hub.items.put({ sku: 'MUG-RED', title: 'Red mug' })
  await hub.listings.link({ sku: 'MUG-RED', connection: 'web', listing })
  await hub.listings.link({ sku: 'MUG-RED', connection: 'social', listing: 'MUG-RED' })
  await hub.stock.receive('MUG-RED', 5, { location: 'main', key: 'po-1001' })
  await hub.sync()
  console.log(`5 received: ${shown()}`)

  const cart = { lines: [{ sku: 'MUG-RED', quantity: 8 }], from: 'instagram' }
  const { url } = /** @type {{ url: string }} */ (await facebook.control('checkout', cart))
  const answer = await checkout(new Request(url))
  console.log(`a cart of 8 from Instagram is sent to ${answer.headers.get('location')?.split('&fbclid')[0]}`)

  await shop.control('orders', {
    lines: [{ sku: 'MUG-RED', quantity: 5 }],
    attributes: { cart_origin: 'instagram' },
  })
  await hub.sync()
  const { orders } = await hub.orders.list()
  console.log(`${orders.length} order, of ${orders[0]?.connection}, from ${orders[0]?.source}: ${shown()}`)

  // Meta has no orders any more: TypeScript does not let one ask, and JavaScript is told.
  const untyped = /** @type {{ list(query: { connection: string }): Promise<unknown> }} */ (
    /** @type {unknown} */ (hub.orders)
  )
  await untyped.list({ connection: 'social' }).catch((error) => console.log(error.message))
} finally {
  await hub.close()
  await facebook.close()
  await shop.close()
}
