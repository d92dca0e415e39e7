import { z } from 'zod'
import { isStockpoolError, StockpoolError, toStockpoolError } from '../../src/error.ts'
import { readRow, tryRow } from '../../src/http/index.ts'
import { ListingId } from '../../src/model/ids.ts'
import type { AdapterContext, ListedListing, ListingPage, UnreadableOrder } from '../../src/spec/index.ts'
import { activePage } from './active-list.ts'
import { type EbayRequest, send } from './client.ts'
import { itemListing } from './ids.ts'
import { absent, type Held, shownBy } from './inventory-look.ts'
import { leftOf, readItem } from './item-listings.ts'
import { knownOffers, offersOf, rememberOffers } from './offers.ts'
import type { Settings } from './options.ts'
import { InventoryItemsAnswer, WireInventoryItem } from './wire-stock.ts'
import { childOf, childrenOf, textAt, type XmlNode } from './xml.ts'

/** Items a page. Of the Inventory API each costs one more call, for its offers. */
const perPage = { inventory: 50, trading: 100, named: 20 } as const

/** First what the Inventory API made, then the items that `tradingItems` names; of `all`, those alone. */
const Cursor = z.object({ of: z.enum(['inventory', 'trading']), page: z.int().min(0) })
type Cursor = z.infer<typeof Cursor>

interface Rows {
  readonly listings: readonly ListedListing[]
  readonly unreadable: readonly UnreadableOrder[]
  readonly more: boolean
}

function readCursor(text: string | null, { tradingItems }: Settings): Cursor {
  if (text === null) return { of: tradingItems === 'all' ? 'trading' : 'inventory', page: 0 }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = null
  }
  const parsed = Cursor.safeParse(value)
  if (parsed.success) return parsed.data
  throw new StockpoolError('invalid_input', 'this is no cursor of the eBay listings', { field: 'cursor' })
}

/** Unlike in every other list of eBay, `offset` is the number of a page here. */
export const inventoryItemsRequest = (page: number): EbayRequest<z.infer<typeof InventoryItemsAnswer>> => ({
  operation: 'getInventoryItems',
  bucket: 'inventory',
  effect: 'read',
  method: 'GET',
  path: '/sell/inventory/v1/inventory_item',
  query: { limit: perPage.inventory, offset: page },
  schema: InventoryItemsAnswer,
})

/** A number that a scanner reads; sellers without one write "Does not apply". */
const barcodeOf = (candidates: readonly (string | null | undefined)[]): string | null =>
  candidates.find((each) => each != null && /^\d{8,14}$/.test(each)) ?? null

interface ListedSku {
  readonly listing: ListedListing
  readonly held: Pick<Held, 'quantity' | 'offers'>
}

/** An inventory item that is for sale; `null`: nothing of it is published. */
async function listedSku(
  context: AdapterContext,
  settings: Settings,
  raw: unknown,
): Promise<ListedSku | null> {
  const { sku, product, availability } = readRow(WireInventoryItem, raw, {
    what: 'an inventory item of eBay',
  })
  const offers = await offersOf(context, settings, sku).catch((thrown) => {
    const error = toStockpoolError(thrown)
    if (absent(error)) return []
    throw error
  })
  if (offers.length === 0) return null
  const quantity = availability?.shipToLocationAvailability?.quantity ?? null
  const held = { quantity, offers }
  const listing: ListedListing = {
    listing: readRow(ListingId, sku, { what: 'a SKU of eBay' }),
    place: '',
    sku,
    title: product?.title ?? '',
    barcode: barcodeOf([...(product?.ean ?? []), ...(product?.upc ?? []), ...(product?.isbn ?? [])]),
    quantity: shownBy(held),
    fulfilledBy: 'merchant',
  }
  return { listing, held }
}

async function inventoryPage(context: AdapterContext, settings: Settings, page: number): Promise<Rows> {
  const { data } = await send(context, settings, inventoryItemsRequest(page))
  const rows = data.inventoryItems ?? []
  const read = await Promise.all(
    rows.map(async (raw) => ({ raw, row: await tryRow(() => listedSku(context, settings, raw)) })),
  )
  const found = read.flatMap(({ row }) => ('value' in row && row.value ? [row.value] : []))
  // The push that follows a first import need not ask for them again.
  const seen = new Map<string, ListedSku['held']>(found.map(({ listing, held }) => [listing.listing, held]))
  await rememberOffers(context, seen, await knownOffers(context, [...seen.keys()]))
  return {
    listings: found.map(({ listing }) => listing),
    unreadable: read.flatMap(({ raw, row }) =>
      'error' in row ? [{ id: WireInventoryItem.safeParse(raw).data?.sku ?? null, error: row.error }] : [],
    ),
    more: (page + 1) * perPage.inventory < (data.total ?? 0),
  }
}

/** The listings of an item: itself, or each of its variations. An auction's number is nobody's to change. */
export function listedItem(item: XmlNode): Omit<Rows, 'more'> {
  const id = textAt(item, 'ItemID')
  const title = textAt(item, 'Title') ?? ''
  const none = { listings: [], unreadable: [] }
  if (id === null || textAt(item, 'ListingType') === 'Chinese') return none
  const status = textAt(item, 'SellingStatus', 'ListingStatus')
  if (status !== null && status !== 'Active') return none
  const listed = (node: XmlNode, sku: string | null, listing: string, barcode: string | null) => {
    const left = leftOf(node)
    const quantity = left.status === 'shown' ? left.quantity : null
    return { listing, place: '', sku, title, barcode, quantity, fulfilledBy: 'merchant' } as const
  }
  const barcode = (node: XmlNode, name: string) =>
    barcodeOf(['EAN', 'UPC', 'ISBN'].map((each) => textAt(node, name, each)))
  const variations = childrenOf(childOf(item, 'Variations'), 'Variation')
  if (variations.length === 0) {
    const own = listed(
      item,
      textAt(item, 'SKU'),
      itemListing(id, null),
      barcode(item, 'ProductListingDetails'),
    )
    return { listings: [own], unreadable: [] }
  }
  const rows = variations.map((node) => ({ node, sku: textAt(node, 'SKU') || null }))
  return {
    listings: rows.flatMap(({ node, sku }) =>
      sku === null
        ? []
        : [listed(node, sku, itemListing(id, sku), barcode(node, 'VariationProductListingDetails'))],
    ),
    unreadable: rows.flatMap(({ sku }) => (sku === null ? [{ id, error: unnamed(id) }] : [])),
  }
}

const unnamed = (item: string) =>
  new StockpoolError('invalid_input', `a variation of item ${item} has no SKU, by which alone it is told`, {
    field: 'sku',
    remedy: 'Give every variation a SKU on eBay.',
  })

async function itemOf(context: AdapterContext, settings: Settings, id: string): Promise<XmlNode | undefined> {
  const found = await readItem(context, settings, id)
  if (isStockpoolError(found)) throw found
  return found
}

async function tradingPage(
  context: AdapterContext,
  settings: Settings,
  page: number,
): Promise<{ items: readonly XmlNode[]; failed: readonly UnreadableOrder[]; more: boolean }> {
  const { tradingItems } = settings
  if (tradingItems === 'all') {
    const { items, pages } = await activePage(context, settings, page, perPage.trading)
    return { items, failed: [], more: page + 1 < pages }
  }
  const ids = tradingItems.slice(page * perPage.named, (page + 1) * perPage.named)
  const found = await Promise.all(
    ids.map(async (id) => ({ id, row: await tryRow(() => itemOf(context, settings, id)) })),
  )
  return {
    items: found.flatMap(({ row }) => ('value' in row && row.value ? [row.value] : [])),
    failed: found.flatMap(({ id, row }) => ('error' in row ? [{ id, error: row.error }] : [])),
    more: (page + 1) * perPage.named < tradingItems.length,
  }
}

/** One page of what the seller has on sale. A page may be shorter than others, also empty, before the last one. */
export async function listListings(
  context: AdapterContext,
  settings: Settings,
  text: string | null,
): Promise<ListingPage> {
  const { of, page } = readCursor(text, settings)
  const cursor = (next: Cursor) => JSON.stringify(next)
  if (of === 'inventory') {
    const { more, ...rows } = await inventoryPage(context, settings, page)
    if (more) return { ...rows, cursor: cursor({ of, page: page + 1 }) }
    const named = settings.tradingItems.length > 0
    return { ...rows, cursor: named ? cursor({ of: 'trading', page: 0 }) : null }
  }
  const { items, failed, more } = await tradingPage(context, settings, page)
  const rows = items.map(listedItem)
  return {
    listings: rows.flatMap(({ listings }) => listings),
    unreadable: [...failed, ...rows.flatMap(({ unreadable }) => unreadable)],
    cursor: more ? cursor({ of, page: page + 1 }) : null,
  }
}
