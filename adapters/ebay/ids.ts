import { ListingId } from '../../src/model/ids.ts'
import type { Settings } from './options.ts'

/** What a listing id stands for, and with it which of eBay's two APIs may change its number. */
export type ListingKey =
  | { readonly api: 'inventory'; readonly sku: string }
  | { readonly api: 'trading'; readonly item: string; readonly sku: string | null }

/**
 * A SKU is a listing of the Inventory API; `item:110012345678`, or `item:110012345678:MUG-RED` for a variation, one that
 * was made with the Trading API or on eBay's pages. The two do not mix: a listing made with the one cannot be revised
 * through the other (https://developer.ebay.com/api-docs/sell/inventory/overview.html).
 */
export function keyOf(listing: string): ListingKey {
  const match = /^item:(\d{6,20})(?::(.+))?$/.exec(listing)
  if (match?.[1] === undefined) return { api: 'inventory', sku: listing }
  return { api: 'trading', item: match[1], sku: match[2] ?? null }
}

/** @example itemListing('110012345678', 'MUG-RED') // 'item:110012345678:MUG-RED' */
export const itemListing = (item: string, sku: string | null): string =>
  sku === null ? `item:${item}` : `item:${item}:${sku}`

/** What the order line tells of its listing. */
export interface LineNames {
  readonly sku?: string | null | undefined
  readonly legacyItemId?: string | null | undefined
  readonly legacyVariationId?: string | null | undefined
}

/** The listing that a line was bought from; `null` when eBay names none that can be an id. */
export function listingOf(
  line: LineNames,
  { tradingItems }: Pick<Settings, 'tradingItems'>,
): ListingId | null {
  const sku = line.sku?.trim() || null
  const item = line.legacyItemId?.trim() || null
  const trading = item !== null && (tradingItems === 'all' || tradingItems.includes(item))
  // Listings of the Inventory API always have a SKU; others may have none.
  if (sku !== null && !trading) return ListingId.safeParse(sku).data ?? null
  if (item === null) return null
  const varied = line.legacyVariationId != null && !['', '0'].includes(line.legacyVariationId)
  return ListingId.safeParse(itemListing(item, varied ? sku : null)).data ?? null
}
