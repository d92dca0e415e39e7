import { readRow, tryRow } from '../../src/http/index.ts'
import type {
  AdapterContext,
  PlatformStockFacet,
  ProviderLocation,
  StockPage,
  StockReading,
} from '../../src/spec/index.ts'
import { send } from './client.ts'
import type { Settings } from './options.ts'
import { FbtInventory, FbtWarehouses, WireGoods } from './wire.ts'

const pageSize = 100

/** The merchant's own name of goods: as the options say, else FBT's reference code, else TikTok's own id. */
export const skuOf = (settings: Settings, { id, reference_code }: WireGoodsName): string =>
  settings.fbtSkus[id] ?? (reference_code || id)
type WireGoodsName = { readonly id: string; readonly reference_code?: string | null | undefined }

/** One page of what lies in TikTok's warehouses. It has no time of its own: it was true when it was asked for. */
async function stock(
  context: AdapterContext,
  settings: Settings,
  { skus, cursor }: { readonly skus: readonly string[] | null; readonly cursor: string | null },
): Promise<StockPage> {
  const asOf = context.clock.now()
  const { data } = await send(context, settings, {
    operation: 'SearchFBTInventory',
    effect: 'read',
    method: 'POST',
    path: '/fbt/202408/inventory/search',
    query: { page_size: pageSize, ...(cursor === null ? {} : { page_token: cursor }) },
    // It can be narrowed by TikTok's ids alone, which a SKU does not tell.
    json: {},
    schema: FbtInventory,
  })
  const wanted = skus === null ? null : new Set(skus)
  const readings = new Map<string, StockReading>()
  for (const raw of data.inventory ?? []) {
    const read = await tryRow(() => readRow(WireGoods, raw, { what: 'an FBT inventory row' }))
    if (!('value' in read)) {
      context.log.warn('a row of the FBT inventory cannot be read', { error: read.error })
      continue
    }
    const { fbt_warehouse_id: location, goods, on_hand_detail } = read.value
    const sku = skuOf(settings, goods)
    if (wanted !== null && !wanted.has(sku)) continue
    const key = JSON.stringify([sku, location])
    const quantity = (readings.get(key)?.quantity ?? 0) + Math.max(0, on_hand_detail.available_quantity)
    readings.set(key, { sku, location, quantity, basis: 'available', asOf })
  }
  return { readings: [...readings.values()], cursor: data.next_page_token || null }
}

async function locations(context: AdapterContext, settings: Settings): Promise<readonly ProviderLocation[]> {
  const { data } = await send(context, settings, {
    operation: 'GetFBTWarehouseList',
    effect: 'read',
    method: 'GET',
    path: '/fbt/202408/warehouses',
    schema: FbtWarehouses,
  })
  return (data.warehouses ?? [])
    .filter(({ subscribed }) => subscribed !== false)
    .map(({ fbt_warehouse_id, name, addresses }) => {
      const [address] = addresses ?? []
      const country = address?.region_code?.toUpperCase() ?? ''
      return {
        id: fbt_warehouse_id,
        name: name || fbt_warehouse_id,
        country: /^[A-Z]{2}$/.test(country) ? country : null,
        postalCode: address?.postal_code || null,
      }
    })
}

/** Stock in TikTok's own warehouses: TikTok sells and ships it; it is shown with its age and promised nowhere else. */
export function tiktokPlatformStock(settings: Settings): PlatformStockFacet {
  return {
    stock: (context, query) => stock(context, settings, query),
    locations: (context) => locations(context, settings),
  }
}
