import type { StockpoolError } from '../../src/error.ts'
import type { AdapterContext } from '../../src/spec/index.ts'
import { send } from './client.ts'
import { refuse, rowError } from './errors.ts'
import { type Stocked, stockOfProducts } from './inventory.ts'
import type { Settings } from './options.ts'
import { ProductList, RowErrors } from './wire.ts'

// TikTok documents numbers from 1 to 99,999 for Update Inventory, and sets 0 by itself when an order is cancelled for want of
// stock. So 0 is written like any other number; only a refusal leads here.

const mostSkusAsked = 10

/** What a product is to show of one SKU, over all its warehouses. */
export interface Asked {
  readonly sku: string
  readonly units: number
}

/**
 * Deactivates a product whose zeros TikTok refused, when nothing of it is left to sell, and takes those refusals back. A product
 * with SKUs that still sell cannot be hidden: then the refusal stands.
 */
export async function deactivateWhenEmpty(
  context: AdapterContext,
  settings: Settings,
  product: string,
  asked: readonly Asked[],
  refusals: Map<string, StockpoolError>,
): Promise<void> {
  const zeros = asked.filter(({ sku, units }) => units === 0 && refusals.has(sku))
  if (zeros.length === 0) return
  const all = settings.deactivateAtZero ? await stockOfProducts(context, settings, [product]) : []
  const zero = new Set(zeros.map(({ sku }) => sku))
  const selling = all.filter(
    ({ sku, warehouses }) => !zero.has(sku) && [...warehouses.values()].some((n) => n > 0),
  )
  if (!settings.deactivateAtZero || selling.length > 0) {
    for (const { sku } of zeros)
      refusals.set(sku, zeroRefused(sku, product, refusals.get(sku), selling.length))
    return
  }
  const refused = await toggle(context, settings, 'DeactivateProducts', product)
  for (const { sku } of zeros) {
    if (refused === null) refusals.delete(sku)
    else refusals.set(sku, refused)
  }
}

function zeroRefused(
  sku: string,
  product: string,
  refusal: StockpoolError | undefined,
  selling: number,
): StockpoolError {
  return refuse(
    'rejected',
    'quantity',
    refusal?.message ?? `TikTok refused 0 of SKU ${sku}`,
    selling > 0
      ? `Product ${product} still sells ${selling} other SKUs: deactivate this SKU in Seller Center.`
      : 'Deactivate the product in Seller Center, or set `deactivateAtZero`.',
  )
}

/** Shows a product again that was hidden at 0, for these SKUs of it; a refusal is one of each, for nobody can buy them. */
export async function activate(
  context: AdapterContext,
  settings: Settings,
  product: string,
  skus: readonly string[],
  refusals: Map<string, StockpoolError>,
): Promise<void> {
  const hidden = await hiddenProducts(
    context,
    settings,
    skus.slice(0, 1).map((sku) => ({ sku })),
  )
  if (!hidden.has(product)) return
  const refused = await toggle(context, settings, 'ActivateProduct', product)
  if (refused !== null) for (const sku of skus) refusals.set(sku, refused)
}

async function toggle(
  context: AdapterContext,
  settings: Settings,
  operation: 'ActivateProduct' | 'DeactivateProducts',
  product: string,
): Promise<StockpoolError | null> {
  const { data } = await send(context, settings, {
    operation,
    effect: 'idempotent',
    method: 'POST',
    path: `/product/202309/products/${operation === 'ActivateProduct' ? 'activate' : 'deactivate'}`,
    json: { product_ids: [product] },
    schema: RowErrors,
  })
  const [error] = data.errors ?? []
  return error ? rowError(`${operation} of ${product}`, error.code ?? null, error.message ?? '') : null
}

/** Products that the seller has hidden: a shopper is shown nothing of them, whatever their numbers. Only asked where it matters. */
export async function hiddenProducts(
  context: AdapterContext,
  settings: Settings,
  stocked: readonly Pick<Stocked, 'sku'>[],
): Promise<ReadonlySet<string>> {
  const hidden = new Set<string>()
  if (!settings.deactivateAtZero) return hidden
  for (let start = 0; start < stocked.length; start += mostSkusAsked) {
    const { data } = await send(context, settings, {
      operation: 'SearchProducts',
      effect: 'read',
      method: 'POST',
      path: '/product/202502/products/search',
      query: { page_size: 100 },
      json: { sku_ids: stocked.slice(start, start + mostSkusAsked).map(({ sku }) => sku), status: 'ALL' },
      schema: ProductList,
    })
    for (const { id, status } of data.products ?? []) if (status === 'SELLER_DEACTIVATED') hidden.add(id)
  }
  return hidden
}
