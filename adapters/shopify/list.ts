import { StockpoolError } from '../../src/error.ts'
import type { AdapterContext } from '../../src/spec/context.ts'
import type { ListedListing, ListingPage } from '../../src/spec/listings.ts'
import type { UnreadableOrder } from '../../src/spec/orders.ts'
import { readBulk, runBulk, settledBulk } from './bulk.ts'
import { readingOf } from './bulk-available.ts'
import { send } from './client.ts'
import { variantsCountDocument, variantsDocument } from './documents.ts'
import type { Shop } from './options.ts'
import { bulkVariantsQuery } from './order-fields.ts'
import { WireVariant } from './wire.ts'

/** A page of variants costs a small part of what a page of orders does, so files pay off later. */
const variantsPerOrder = 5

/** Waits between looks at the operation within one call, in milliseconds. The call after it looks again. */
const lookAfterMs = [500, 1000, 2000, 4000, 8000, 15_000] as const

/** Where a list is: in pages, or in a bulk file at an offset; `looks` counts the calls that found the file unfinished. */
type Place =
  | { readonly after: string | null }
  | { readonly file: string; readonly offset: number; readonly looks: number }

function placeFrom(cursor: string): Place {
  const [kind, ...parts] = cursor.split('|')
  const [id = '', offset = '0', looks = '0'] = parts
  if (kind === 'page') return { after: id === '' ? null : id }
  if (kind === 'file') return { file: id, offset: Number(offset), looks: Number(looks) }
  throw new StockpoolError('invalid_input', 'the cursor of the Shopify listings is not one of ours', {
    field: 'cursor',
    remedy: 'Begin the list anew, without a cursor.',
  })
}

const cursorOf = (place: Place): string =>
  'after' in place ? `page|${place.after ?? ''}` : `file|${place.file}|${place.offset}|${place.looks}`

/**
 * Every variant of the shop that has stock kept of it, at the adapter's own location: by pages in a small shop, by one bulk file in
 * a large one. A file that came to nothing, or is gone after a week, is made up for by pages.
 */
export async function listVariants(
  shop: Shop,
  context: AdapterContext,
  cursor: string | null,
): Promise<ListingPage> {
  const place = cursor === null ? await begin(shop, context) : placeFrom(cursor)
  return 'after' in place ? page(shop, context, place.after) : fromFile(shop, context, place)
}

async function begin(shop: Shop, context: AdapterContext): Promise<Place> {
  const { productVariantsCount } = await send(shop, context, variantsCountDocument, {})
  if ((productVariantsCount?.count ?? 0) < shop.bulkFrom * variantsPerOrder) return { after: null }
  const begun = await runBulk(shop, context, bulkVariantsQuery(shop.location))
  return begun ? { file: begun.id, offset: 0, looks: 0 } : { after: null }
}

async function page(shop: Shop, context: AdapterContext, after: string | null): Promise<ListingPage> {
  const { productVariants } = await send(shop, context, variantsDocument, { after, location: shop.location })
  const { hasNextPage, endCursor } = productVariants.pageInfo
  const next = hasNextPage && endCursor ? cursorOf({ after: endCursor }) : null
  return { ...rowsOf(productVariants.nodes), cursor: next }
}

async function fromFile(
  shop: Shop,
  context: AdapterContext,
  place: Extract<Place, { file: string }>,
): Promise<ListingPage> {
  const settled = await settledBulk(shop, context, place.file, lookAfterMs)
  if (settled.state === 'running')
    return { listings: [], cursor: cursorOf({ ...place, looks: place.looks + 1 }) }
  const file = settled.state === 'done' ? await readBulk(context, settled.operation, place.offset) : null
  if (file === null) return page(shop, context, null)
  const { rows, next } = file
  const read = rowsOf(rows.flatMap((each) => ('row' in each ? [each.row] : [])))
  return { ...read, cursor: next === null ? null : cursorOf({ ...place, offset: next }) }
}

function rowsOf(
  nodes: readonly unknown[],
): Pick<ListingPage, 'listings'> & { unreadable: UnreadableOrder[] } {
  const listings: ListedListing[] = []
  const unreadable: UnreadableOrder[] = []
  for (const node of nodes) {
    const { success, data: variant, error } = WireVariant.safeParse(node)
    if (!success) {
      const field = error.issues[0]?.path.join('.')
      unreadable.push({
        id: null,
        error: new StockpoolError('invalid_input', 'a variant of Shopify cannot be read', { field }),
      })
      continue
    }
    const { sku, displayName, barcode, inventoryItem } = variant
    const reading = readingOf(inventoryItem)
    // What is not tracked, or not stocked at the location, has no number that could be written.
    if (inventoryItem.id === undefined || reading.status !== 'shown') continue
    listings.push({
      listing: inventoryItem.id,
      place: '',
      sku: sku || null,
      title: displayName,
      barcode: barcode || null,
      quantity: Math.max(0, reading.quantity),
      fulfilledBy: 'merchant',
    })
  }
  return { listings, unreadable }
}
