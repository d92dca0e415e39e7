import { StockpoolError, toStockpoolError } from '../../src/error.ts'
import { readRow, tryRow } from '../../src/http/index.ts'
import type { AdapterContext, ListingReading } from '../../src/spec/index.ts'
import { send } from './client.ts'
import { limits } from './limits.ts'
import type { Settings } from './options.ts'
import { type BatchRow, ProductsAnswer, WireItem } from './wire.ts'

/** Words under which nobody can buy, whatever the number says. A word that is not here may sell. */
const unsellable: ReadonlySet<string> = new Set(['out of stock', 'discontinued', 'pending', 'mark_as_sold'])

/**
 * What is sent for one item. Sold-out items are sent like any other, and both members always: a catalogue that said
 * "in stock" with 0 left, and one that was told nothing at all of 0, are what users of other tools report
 * (facebook/facebook-for-woocommerce#1078, #2478).
 */
export function batchRow(settings: Pick<Settings, 'sellable'>, listing: string, quantity: number): BatchRow {
  const { sellable } = settings
  const word = (Object.hasOwn(sellable, listing) ? sellable[listing] : undefined) ?? 'in stock'
  return {
    method: 'UPDATE',
    data: {
      id: listing,
      availability: quantity > 0 ? word : 'out of stock',
      quantity_to_sell_on_facebook: quantity,
    },
  }
}

/** How many an item says there are; `null`: it does not say. */
export const numberOf = (item: WireItem): number | null =>
  item.quantity_to_sell_on_facebook ?? item.inventory ?? null

/** Whether its word lets anybody buy it. */
export const sells = ({ availability }: WireItem): boolean => !unsellable.has(availability ?? '')

/** Whether an item shows just what was sent, word and number. */
export function shows(item: WireItem, row: BatchRow): boolean {
  const { availability, quantity_to_sell_on_facebook } = row.data
  return item.availability === availability && numberOf(item) === quantity_to_sell_on_facebook
}

/** Stands for "without a bound": more than anybody has, so that no offer is ever taken for shown already. */
const unbounded = 999_999

/**
 * What buyers see. They are sent to the web shop by the word alone, so an item that says it can be bought while its number
 * bounds nothing (none, or 0) can be bought without end.
 */
export function readingOf(item: WireItem | null): ListingReading {
  if (item === null) return { status: 'missing', detail: 'the catalogue has no item with this content id' }
  if (!sells(item)) return { status: 'shown', quantity: 0 }
  const number = Math.floor(numberOf(item) ?? 0)
  return { status: 'shown', quantity: number > 0 ? number : unbounded }
}

export type Looked = { readonly item: WireItem | null } | { readonly error: StockpoolError }

const fields = 'retailer_id,availability,quantity_to_sell_on_facebook,inventory'
/** The filter goes into the address, which servers cut at some 8,000 characters. */
const longestFilter = 5000

/** Reads items by their content ids, many a call. What is not in the answer is not in the catalogue. */
export async function lookMany(
  context: AdapterContext,
  settings: Settings,
  listings: readonly string[],
): Promise<ReadonlyMap<string, Looked>> {
  const found = new Map<string, Looked>()
  const chunks = chunked([...new Set(listings)])
  await Promise.all(
    chunks.map(async (ids) => {
      try {
        const items = await lookChunk(context, settings, ids)
        for (const id of ids) found.set(id, items.get(id) ?? { item: null })
      } catch (thrown) {
        for (const id of ids) found.set(id, { error: toStockpoolError(thrown) })
      }
    }),
  )
  return found
}

function chunked(ids: readonly string[]): string[][] {
  const chunks: string[][] = []
  let length = 0
  for (const id of ids) {
    const cost = encodeURIComponent(JSON.stringify(id)).length + 3
    const last = chunks.at(-1)
    if (last && last.length < limits.catalogManagement.batch && length + cost <= longestFilter) {
      last.push(id)
      length += cost
    } else {
      chunks.push([id])
      length = cost
    }
  }
  return chunks
}

/** One filter, through all of its pages: Meta may give fewer items a page than it was asked for. */
async function lookChunk(
  context: AdapterContext,
  settings: Settings,
  ids: readonly string[],
): Promise<Map<string, Looked>> {
  const items = new Map<string, Looked>()
  let after: string | null = null
  for (let page = 0; page < ids.length + 1; page += 1) {
    const answer: ReturnType<typeof ProductsAnswer.parse> = await send(settings, context, {
      operation: 'products',
      bucket: 'catalogManagement',
      effect: 'read',
      method: 'GET',
      path: `${settings.catalogId}/products`,
      query: {
        fields,
        filter: JSON.stringify({ retailer_id: { is_any: ids } }),
        limit: limits.catalogManagement.batch,
        ...(after === null ? {} : { after }),
      },
      schema: ProductsAnswer,
    })
    for (const raw of answer.data) await takeItem(items, raw)
    const next = answer.paging?.next == null ? null : (answer.paging.cursors?.after ?? null)
    if (next === null || next === after) return items
    after = next
  }
  throw new StockpoolError('unavailable', 'Meta gives page after page of items that were not asked for')
}

/** An item that cannot be read is reported for itself, and stops no other. */
async function takeItem(items: Map<string, Looked>, raw: unknown): Promise<void> {
  const read = await tryRow(() => readRow(WireItem, raw, { what: 'an item of the catalogue' }))
  if ('value' in read) items.set(read.value.retailer_id, { item: read.value })
  else {
    const id = (raw as { retailer_id?: unknown } | null)?.retailer_id
    if (typeof id === 'string') items.set(id, { error: read.error })
  }
}
