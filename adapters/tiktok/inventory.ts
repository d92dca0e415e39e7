import type { AdapterContext, ListingRef } from '../../src/spec/index.ts'
import { isId, send } from './client.ts'
import type { Settings } from './options.ts'
import { InventoryList } from './wire.ts'

/** What TikTok shows of one SKU, in each warehouse that it is assigned to. */
export interface Stocked {
  readonly product: string
  readonly sku: string
  /** Free to order: what is written, less what was ordered since. */
  readonly warehouses: ReadonlyMap<string, number>
}

const mostSkus = 600
const mostProducts = 100

type Asked = { readonly sku_ids: readonly string[] } | { readonly product_ids: readonly string[] }

async function search(context: AdapterContext, settings: Settings, asked: Asked): Promise<Stocked[]> {
  const { data } = await send(context, settings, {
    operation: 'InventorySearch',
    effect: 'read',
    method: 'POST',
    path: '/product/202309/inventory/search',
    json: asked,
    schema: InventoryList,
  })
  return (data.inventory ?? []).flatMap(({ product_id, skus }) =>
    (skus ?? []).map(({ id, warehouse_inventory }) => ({
      product: product_id,
      sku: id,
      warehouses: new Map(
        (warehouse_inventory ?? []).map((each) => [
          each.warehouse_id,
          Math.max(0, each.available_quantity ?? 0),
        ]),
      ),
    })),
  )
}

function* chunks<T>(values: readonly T[], size: number): Iterable<readonly T[]> {
  for (let start = 0; start < values.length; start += size) yield values.slice(start, start + size)
}

/** The SKUs that TikTok has among these, by id. */
export async function stockOf(
  context: AdapterContext,
  settings: Settings,
  skus: readonly string[],
): Promise<Map<string, Stocked>> {
  const found = new Map<string, Stocked>()
  for (const some of chunks([...new Set(skus.filter(isId))], mostSkus)) {
    for (const each of await search(context, settings, { sku_ids: some })) found.set(each.sku, each)
  }
  return found
}

/** Every number of these products. */
export async function stockOfProducts(
  context: AdapterContext,
  settings: Settings,
  products: readonly string[],
): Promise<readonly Stocked[]> {
  const found: Stocked[] = []
  for (const some of chunks(products.filter(isId), mostProducts)) {
    found.push(...(await search(context, settings, { product_ids: some })))
  }
  return found
}

/** Every number of these products, as listings: of the default place, and of each warehouse. */
export async function productSkus(
  context: AdapterContext,
  settings: Settings,
  products: readonly string[],
): Promise<readonly ListingRef[]> {
  const found = await stockOfProducts(context, settings, products)
  return found.flatMap(({ sku, warehouses }) =>
    ['', ...warehouses.keys()].map((place) => ({ listing: sku, place })),
  )
}
