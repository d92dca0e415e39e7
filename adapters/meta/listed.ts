import { StockpoolError } from '../../src/error.ts'
import { readRow, tryRow } from '../../src/http/index.ts'
import { ListingId } from '../../src/model/ids.ts'
import type { AdapterContext, ListedListing, ListingPage } from '../../src/spec/index.ts'
import { send } from './client.ts'
import { numberOf, sells } from './items.ts'
import { limits } from './limits.ts'
import type { Settings } from './options.ts'
import { ListedItem, ProductsAnswer } from './wire.ts'

const fields = 'retailer_id,name,gtin,availability,quantity_to_sell_on_facebook,inventory'

/**
 * One page of the catalogue, in Meta's own order. The cursor is Meta's `after`, never the address in `paging.next`, which may
 * hold the token (docs/graph-api/results). That address alone says whether there is more: `after` also comes with the last page.
 */
export async function list(
  settings: Settings,
  context: AdapterContext,
  cursor: string | null,
): Promise<ListingPage> {
  const answer = await send(settings, context, {
    operation: 'products',
    bucket: 'catalogManagement',
    effect: 'read',
    method: 'GET',
    path: `${settings.catalogId}/products`,
    query: {
      fields,
      limit: limits.catalogManagement.batch,
      ...(cursor === null ? {} : { after: cursor }),
    },
    schema: ProductsAnswer,
  })
  const rows = await Promise.all(
    answer.data.map(async (raw) => ({ raw, read: await tryRow(() => listedOf(raw)) })),
  )
  return {
    listings: rows.flatMap(({ read }) => ('value' in read ? [read.value] : [])),
    unreadable: rows.flatMap(({ raw, read }) =>
      'error' in read ? [{ id: idOf(raw), error: read.error }] : [],
    ),
    cursor: answer.paging?.next == null ? null : after(answer.paging.cursors?.after),
  }
}

function after(cursor: string | null | undefined): string {
  if (cursor) return cursor
  throw new StockpoolError('invalid_input', 'Meta says that there are more items, and not after which one', {
    field: 'paging.cursors.after',
  })
}

/** The content id is what sellers give an item, as a rule the SKU: Meta has no other field for it. */
function listedOf(raw: unknown): ListedListing {
  const item = readRow(ListedItem, raw, { what: 'an item of the catalogue' })
  const listing = readRow(ListingId, item.retailer_id, { what: 'the content id of an item' })
  return {
    listing,
    place: '',
    sku: listing,
    title: item.name ?? '',
    barcode: item.gtin || null,
    quantity: quantityOf(item),
    // Meta has no warehouse.
    fulfilledBy: 'merchant',
  }
}

/** `null` where an item that can be bought has no number, or none that bounds anything: nobody said how many there are. */
function quantityOf(item: ListedItem): number | null {
  if (!sells(item)) return 0
  const number = Math.floor(numberOf(item) ?? 0)
  return number > 0 ? number : null
}

function idOf(raw: unknown): string | null {
  const id = (raw as { retailer_id?: unknown } | null)?.retailer_id
  return typeof id === 'string' ? id : null
}
