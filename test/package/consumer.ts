/**
 * A small program of somebody else. `.ci/packed.js` type-checks it against the installed package, with the module
 * resolution of Node and of bundlers; `npm run types` checks it against the source.
 */
import { createHub, isStockpoolError, sqlite } from 'stockpool'
import { type AmazonOptions, amazon } from 'stockpool/amazon'
import { type EbayOptions, ebay } from 'stockpool/ebay'
import { type MetaOptions, meta } from 'stockpool/meta'
import { type PostgresPool, postgres } from 'stockpool/postgres'
import { type ShipBobOptions, shipbob } from 'stockpool/shipbob'
import { type ShopifyOptions, shopify } from 'stockpool/shopify'
import { startShipBobSimulator } from 'stockpool/simulator'
import { testConnection, testDatabase } from 'stockpool/testing'

export async function run(options: {
  amazon: AmazonOptions
  shopify: ShopifyOptions
  shipbob: ShipBobOptions
  ebay: EbayOptions
  meta: MetaOptions
}) {
  const hub = createHub({
    store: sqlite('shop.db'),
    connections: {
      amazonUs: amazon(options.amazon),
      web: shopify(options.shopify),
      east: shipbob(options.shipbob),
      ebayUs: ebay(options.ebay),
      social: meta(options.meta),
    },
  })
  await hub.items.put({ sku: 'MUG-RED', title: 'Red mug' })
  await hub.listings.link({ sku: 'MUG-RED', connection: 'web', listing: 'gid://shopify/InventoryItem/44871' })
  try {
    const { status } = await hub.stock.receive('MUG-RED', 40, { location: 'main', key: 'po-1001' })
    return status
  } catch (error) {
    if (isStockpoolError(error, 'not_found')) return error.remedy
    throw error
  }
}

export const onPostgres = (pool: PostgresPool) =>
  createHub({ store: postgres(pool, { schema: 'shop' }), connections: {} })

export const doors = { startShipBobSimulator, testConnection, testDatabase }
