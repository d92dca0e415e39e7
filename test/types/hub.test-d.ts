/**
 * What the compiler must accept and refuse. `npm run types` checks this file; nothing runs it. A line that
 * should not compile but does is an error too: its `@ts-expect-error` is unused.
 */
import { createHub, type Order, sqlite } from 'stockpool'
import { amazon } from 'stockpool/amazon'
import { meta } from 'stockpool/meta'
import { shipbob } from 'stockpool/shipbob'
import { shopify } from 'stockpool/shopify'
import { amazonOptions, metaOptions, shipbobOptions, shopifyOptions } from './options.ts'

const store = sqlite(':memory:')
const hub = createHub({
  store,
  connections: {
    amazonUs: amazon(amazonOptions),
    web: shopify(shopifyOptions),
    east: shipbob(shipbobOptions),
    social: meta(metaOptions),
  },
})

// Connections go by the names given.
await hub.listings.link({ sku: 'A', connection: 'web', listing: 'gid://shopify/InventoryItem/1' })
// @ts-expect-error: a misspelt connection
await hub.listings.link({ sku: 'A', connection: 'wbe', listing: 'gid://shopify/InventoryItem/1' })
// @ts-expect-error: a misspelt connection
await hub.explain('A', 'amazonUS')
// @ts-expect-error: a misspelt connection
await hub.connections.resume('amazonEu')

// @ts-expect-error: a misspelt connection
await hub.orders.get('shop', '1')
// @ts-expect-error: a misspelt connection
await hub.orders.list({ connection: 'shop' })
// @ts-expect-error: a misspelt connection
await hub.listings.list({ connection: 'shop' })
// @ts-expect-error: a misspelt connection
await hub.listings.unlink({ connection: 'shop', listing: '1' })
await hub.orders.get('web', '1')
await hub.orders.list()
await hub.orders.list({ connection: 'web' })
await hub.listings.list({ sku: 'A' })
await hub.shipments.list('amazonUs', '1')

// Asking a connection for what it cannot do.
// @ts-expect-error: a warehouse has no orders of its own
await hub.orders.get('east', '1')
// @ts-expect-error: a warehouse has no orders of its own
await hub.shipments.list('east', '1')
// @ts-expect-error: a warehouse has no listings
await hub.listings.link({ sku: 'A', connection: 'east', listing: '1' })
// @ts-expect-error: a warehouse has no orders of its own to cancel
await hub.orders.cancel('east', '1')
await hub.orders.cancel('amazonUs', '1', { reason: 'out_of_stock' })
// @ts-expect-error: a warehouse has no orders of its own to hold
await hub.orders.hold('east', '1')
const { atWarehouse } = await hub.orders.hold('amazonUs', '1', { reason: 'fraud' })
console.log(atWarehouse satisfies readonly string[])
// @ts-expect-error: a reason that does not exist
await hub.orders.hold('amazonUs', '1', { reason: 'bored' })
// @ts-expect-error: a warehouse shows no numbers
await hub.explain('A', 'east')
// @ts-expect-error: a warehouse shows no numbers
await hub.drift('east')
// @ts-expect-error: a warehouse has no buyers to answer
await hub.orders.answerCancel('east', '1', { accept: true })
// @ts-expect-error: a warehouse approves no returns
await hub.returns.approve('east', 'r1')
// @ts-expect-error: a warehouse pays nothing back
await hub.returns.refund({ connection: 'east', order: '1', shipping: true, key: 'k' })
// @ts-expect-error: a warehouse has no queue
await hub.notify('east', {})
// @ts-expect-error: a warehouse follows nothing
createHub({ store, connections: { east: shipbob(shipbobOptions) }, tracker: 'east' })
await hub.returns.list({ connection: 'web', status: 'requested' })
await hub.orders.cancel('web', '1', { reason: 'customer' })
// @ts-expect-error: a reason that does not exist
await hub.orders.cancel('web', '1', { reason: 'bored' })

// Meta removed its order API: a catalogue has numbers, and nothing that belongs to an order.
await hub.listings.link({ sku: 'A', connection: 'social', listing: 'A' })
await hub.explain('A', 'social')
await hub.drift('social')
// @ts-expect-error: no orders to get
await hub.orders.get('social', '1')
// @ts-expect-error: no orders to list
await hub.orders.list({ connection: 'social' })
// @ts-expect-error: no orders to cancel
await hub.orders.cancel('social', '1')
// @ts-expect-error: no orders to go on with
await hub.orders.resume('social', '1')
// @ts-expect-error: no order to ship
await hub.shipments.add({ connection: 'social', order: '1', key: 'p', carrier: 'ups', trackingNumber: '1Z' })
// @ts-expect-error: no order to take back
await hub.returns.receive({ connection: 'social', order: '1', line: '1', quantity: 1, key: 'r' })
const catalogue = meta(metaOptions)
// @ts-expect-error: no facet to read orders with
catalogue.orders.read
// @ts-expect-error: no facet to confirm parcels with
catalogue.shipments.confirm
catalogue.webhooks.maxBytes
const { appSecret: _, ...unsigned } = metaOptions
// @ts-expect-error: nothing of Meta can be verified without the app's secret
meta(unsigned).webhooks.maxBytes

// Events and what they carry.
hub.on('stock.oversold', ({ sku, by, connection }) => {
  const text: string = sku
  const units: number = by
  const name: string | null = connection
  return [text, units, name]
})
// @ts-expect-error: a misspelt event
hub.on('stock.oversolt', () => undefined)
// @ts-expect-error: an event carries what it carries
hub.on('stock.low', ({ tracking }) => tracking)
await hub.subscribe('pick-list', 'order.placed', async ({ order }) => {
  const placed: Order = order
  // @ts-expect-error: no event carries the buyer
  placed.buyer
})
// @ts-expect-error: a misspelt event
await hub.subscribe('pick-list', 'orders.placed', async () => undefined)

// Options.
// @ts-expect-error: a misspelt option
createHub({ store, connections: {}, encriptionKey: 'secret' })
// @ts-expect-error: a hub needs a store
createHub({ connections: {} })
// @ts-expect-error: a misspelt option of an adapter
shipbob({ ...shipbobOptions, webhookSecrets: 'whsec_x' })
// @ts-expect-error: a misspelt option of an adapter
shopify({ ...shopifyOptions, apiVersions: '2026-07' })
// @ts-expect-error: a misspelt option of an adapter
meta({ ...metaOptions, catalogID: '1' })
// @ts-expect-error: a misspelt option of an adapter
amazon({ ...amazonOptions, regions: 'na' })

// Every write to stock takes a key.
await hub.stock.receive('A', 1, { location: 'main', key: 'po-1' })
// @ts-expect-error: a receipt without a key
await hub.stock.receive('A', 1, { location: 'main' })
// @ts-expect-error: a reservation without a key
await hub.stock.reserve([{ sku: 'A', quantity: 1 }], {})
// @ts-expect-error: a quantity is a number
await hub.stock.receive('A', '1', { location: 'main', key: 'po-1' })
const [kept] = await hub.stock.elsewhere('A')
// @ts-expect-error: what lies elsewhere is not available here
kept?.available
const reserved = await hub.stock.reserve([{ sku: 'A', quantity: 1 }], { key: 'cart-1' })
if (reserved.status === 'insufficient')
  reserved.short.map(({ sku, wanted, available }) => [sku, wanted, available])
// @ts-expect-error: an answer that does not exist
if (reserved.status === 'sold out') process.exit()
