import { readRow, tryRow } from '../../src/http/index.ts'
import type { AdapterContext, ListedListing, ListingPage, UnreadableOrder } from '../../src/spec/index.ts'
import { send } from './client.ts'
import { type Stocked, stockOfProducts } from './inventory.ts'
import type { Settings } from './options.ts'
import { ProductRows, WireProduct } from './wire.ts'

const pageSize = 100

/** Products that a shopper never saw, or never will again. */
const unlisted: ReadonlySet<string> = new Set(['DRAFT', 'FAILED', 'DELETED'])

/**
 * One page of what the shop sells: 100 products with all of their SKUs, at each warehouse. The number is that of the inventory, which
 * is what will be written, and not the product's own copy of it.
 */
export async function listPage(
  context: AdapterContext,
  settings: Settings,
  cursor: string | null,
): Promise<ListingPage> {
  const { data } = await send(context, settings, {
    operation: 'SearchProducts',
    effect: 'read',
    method: 'POST',
    path: '/product/202502/products/search',
    query: { page_size: pageSize, ...(cursor === null ? {} : { page_token: cursor }) },
    json: { status: 'ALL' },
    schema: ProductRows,
  })
  const products: WireProduct[] = []
  const unreadable: UnreadableOrder[] = []
  for (const raw of data.products ?? []) {
    const read = await tryRow(() => readRow(WireProduct, raw, { what: 'a product of TikTok Shop' }))
    if ('value' in read) products.push(read.value)
    else unreadable.push({ id: idOf(raw), error: read.error })
  }
  const sold = products.filter(({ status }) => !unlisted.has(status ?? ''))
  const stocked = await stockOfProducts(
    context,
    settings,
    sold.map(({ id }) => id),
  )
  const bySku = new Map(stocked.map((each) => [each.sku, each]))
  return {
    listings: sold.flatMap((product) => listingsOf(settings, product, bySku)),
    unreadable,
    cursor: data.next_page_token || null,
  }
}

const idOf = (raw: unknown) =>
  WireProduct.shape.id.safeParse((raw as { id?: unknown } | null)?.id).data ?? null

function listingsOf(
  settings: Settings,
  product: WireProduct,
  stocked: ReadonlyMap<string, Stocked>,
): readonly ListedListing[] {
  // Hidden by us at 0, or by the seller: its numbers show nobody anything.
  const hidden = settings.deactivateAtZero && product.status === 'SELLER_DEACTIVATED'
  return (product.skus ?? []).flatMap(({ id, seller_sku }) => {
    const listed = (place: string, quantity: number | null): ListedListing => ({
      listing: id,
      place,
      sku: seller_sku || null,
      title: product.title ?? '',
      barcode: null,
      quantity: hidden ? 0 : quantity,
      fulfilledBy: 'merchant',
    })
    const warehouses = stocked.get(id)?.warehouses ?? new Map<string, number>()
    const [only] = warehouses
    if (!only) return [listed('', null)]
    // TikTok adds the warehouses of a SKU together, so one that is named is the one to write.
    const chosen = settings.warehouse === undefined ? undefined : warehouses.get(settings.warehouse)
    if (chosen !== undefined) return [listed('', chosen)]
    if (warehouses.size === 1) return [listed('', only[1])]
    return [...warehouses].map(([place, quantity]) => listed(place, quantity))
  })
}
