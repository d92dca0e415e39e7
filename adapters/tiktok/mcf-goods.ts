import { StockpoolError } from '../../src/error.ts'
import { readRow, tryRow } from '../../src/http/index.ts'
import type { AdapterContext, StockPage } from '../../src/spec/index.ts'
import { isId, send } from './client.ts'
import { skuOf } from './fbt.ts'
import type { Settings } from './options.ts'
import { McfGoods, McfInventory, WireMcfGoods } from './wire.ts'

/** All of TikTok's stock is one place: which of its warehouses ships an order, it decides and does not tell. */
export const fbtLocation = 'fbt'

const goodsAtOnce = 100
const numbersAtOnce = 50

interface Filter {
  readonly goods_ids?: readonly string[]
  readonly reference_codes?: readonly string[]
}

/** TikTok's goods by their ids, each with the merchant's SKU. */
async function search(
  context: AdapterContext,
  settings: Settings,
  filter: Filter,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (let token: string | null = ''; token !== null; ) {
    const { data }: { data: McfGoods } = await send(context, settings, {
      operation: 'SearchGoodsInfo',
      effect: 'read',
      method: 'POST',
      path: '/fbt/202409/goods/search',
      query: { page_size: goodsAtOnce, ...(token === '' ? {} : { page_token: token }) },
      json: filter,
      schema: McfGoods,
    })
    for (const raw of data.goods ?? []) {
      const read = await tryRow(() => readRow(WireMcfGoods, raw, { what: 'goods of Fulfilled by TikTok' }))
      if ('value' in read) found.set(read.value.id, skuOf(settings, read.value))
      else context.log.warn('goods of Fulfilled by TikTok cannot be read', { error: read.error })
    }
    token = data.next_page_token || null
  }
  return found
}

/** The goods of these SKUs: those that the options name, and those that bear one as reference code, or have none and are called so. */
async function goodsOf(
  context: AdapterContext,
  settings: Settings,
  skus: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const wanted = new Set(skus)
  const found = new Map(Object.entries(settings.fbtSkus).filter(([, sku]) => wanted.has(sku)))
  // Two filters in one call would give what is in both.
  const filters: Filter[] = [
    ...chunks([...wanted]).map((some) => ({ reference_codes: some })),
    ...chunks([...wanted].filter(isId)).map((some) => ({ goods_ids: some })),
  ]
  for (const filter of filters)
    for (const [id, sku] of await search(context, settings, filter)) if (wanted.has(sku)) found.set(id, sku)
  return found
}

function chunks(all: readonly string[], size = goodsAtOnce): string[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, nth) =>
    all.slice(nth * size, (nth + 1) * size),
  )
}

/** What the merchant calls these goods. */
export async function skusOf(
  context: AdapterContext,
  settings: Settings,
  ids: Iterable<string>,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  const unnamed: string[] = []
  for (const id of new Set(ids)) {
    const sku = settings.fbtSkus[id]
    if (sku === undefined) unnamed.push(id)
    else found.set(id, sku)
  }
  for (const some of chunks(unnamed))
    for (const [id, sku] of await search(context, settings, { goods_ids: some })) found.set(id, sku)
  return found
}

/**
 * What an order's lines are at TikTok.
 * @throws StockpoolError `rejected` for an SKU that it has not, or has as several goods
 */
export async function orderedGoods(
  context: AdapterContext,
  settings: Settings,
  lines: readonly { readonly sku: string; readonly quantity: number }[],
): Promise<{ id: string; quantity: number }[]> {
  const units = new Map<string, number>()
  for (const { sku, quantity } of lines) units.set(sku, (units.get(sku) ?? 0) + quantity)
  const goods = [...(await goodsOf(context, settings, [...units.keys()]))]
  return [...units].map(([sku, quantity]) => {
    const [id, another] = goods.filter(([, each]) => each === sku).map(([each]) => each)
    if (id !== undefined && another === undefined) return { id, quantity }
    throw new StockpoolError(
      'rejected',
      id === undefined
        ? `Fulfilled by TikTok has no goods of SKU ${sku}`
        : `Fulfilled by TikTok has SKU ${sku} as several goods, such as ${id} and ${another}`,
      {
        field: 'lines',
        remedy:
          id === undefined
            ? 'Give the goods this SKU as their reference code in Seller Center, or name them in fbtSkus.'
            : 'Give each but one of them another SKU in fbtSkus.',
      },
    )
  })
}

/** All of the stock in one page, so that an SKU which is several goods is counted whole. It was true when it was begun to be read. */
export async function mcfStock(
  context: AdapterContext,
  settings: Settings,
  skus: readonly string[] | null,
): Promise<StockPage> {
  const goods = skus === null ? await search(context, settings, {}) : await goodsOf(context, settings, skus)
  const asOf = context.clock.now()
  const units = new Map<string, number>()
  for (const some of chunks([...goods.keys()], numbersAtOnce)) {
    const { data } = await send(context, settings, {
      operation: 'QueryGoodsInventoryForMCF',
      effect: 'read',
      method: 'POST',
      path: '/fbt/202601/mcf/goods/inventory/search',
      json: { goods: some.map((goods_id) => ({ goods_id })) },
      schema: McfInventory,
    })
    for (const { goods_id, available_qty } of data.goods_inventory_list ?? []) {
      const sku = goods.get(goods_id)
      if (sku !== undefined) units.set(sku, (units.get(sku) ?? 0) + Math.max(0, available_qty ?? 0))
    }
  }
  const readings = [...units].map(
    ([sku, quantity]) => ({ sku, location: fbtLocation, quantity, basis: 'available', asOf }) as const,
  )
  return { readings, cursor: null }
}
