import type { z } from 'zod'
import { isStockpoolError, StockpoolError, toStockpoolError } from '../../src/error.ts'
import type { AdapterContext, ListingReading, ListingRef, ReadTerms } from '../../src/spec/index.ts'
import { type AmazonRequest, segment, send } from './client.ts'
import { limits } from './limits.ts'
import type { Settings } from './options.ts'
import { SearchListingsAnswer, WireListing } from './wire.ts'

/** The merchant's own channel. The quantities of AMAZON_NA, _EU, _JP are Amazon's to set. */
export const merchantChannel = 'DEFAULT'

export const itemsPath = (settings: Settings) => `/listings/2021-08-01/items/${segment(settings.sellerId)}`

const datasets = ['summaries', 'issues', 'fulfillmentAvailability'] as const

export function getListingRequest(
  settings: Settings,
  sku: string,
  priority?: number,
): AmazonRequest<WireListing> {
  return {
    ...(priority === undefined ? {} : { priority }),
    operation: 'getListingsItem',
    effect: 'read',
    method: 'GET',
    path: `${itemsPath(settings)}/${segment(sku)}`,
    query: { marketplaceIds: settings.marketplaceIds, includedData: datasets },
    schema: WireListing,
  }
}

export function searchListingsRequest(
  settings: Settings,
  skus: readonly string[],
  priority?: number,
): AmazonRequest<z.infer<typeof SearchListingsAnswer>> {
  return {
    ...(priority === undefined ? {} : { priority }),
    operation: 'searchListingsItems',
    effect: 'read',
    method: 'GET',
    path: itemsPath(settings),
    query: {
      marketplaceIds: settings.marketplaceIds,
      identifiers: skus,
      identifiersType: 'SKU',
      includedData: datasets,
      pageSize: limits.searchListingsItems.batch,
    },
    schema: SearchListingsAnswer,
  }
}

/** What a listing shows of the merchant's own stock. A channel entry without a number offers nothing. */
export function readingOf(listing: WireListing | null): ListingReading {
  if (listing === null) return { status: 'missing', detail: 'Amazon has no such SKU for this seller' }
  const channels = listing.fulfillmentAvailability ?? []
  const own = channels.find(({ fulfillmentChannelCode }) => fulfillmentChannelCode === merchantChannel)
  if (own) return { status: 'shown', quantity: Math.max(0, own.quantity ?? 0) }
  return notKept(channels.map(({ fulfillmentChannelCode }) => fulfillmentChannelCode))
}

/** A listing that keeps none of the merchant's own stock. */
export function notKept(channels: readonly string[]): ListingReading {
  const codes = channels.join(', ')
  const detail =
    codes === '' ? 'the listing keeps no stock' : `fulfilled by Amazon (${codes}): not the merchant's stock`
  return { status: 'missing', detail }
}

export function placeRefused(place: string): StockpoolError {
  return new StockpoolError(
    'invalid_input',
    `Amazon keeps one quantity per SKU, there is no place "${place}"`,
    { field: 'place', remedy: 'Link the listing without a place.' },
  )
}

export type Looked = { readonly listing: WireListing | null } | { readonly error: StockpoolError }

async function lookOne(
  context: AdapterContext,
  settings: Settings,
  sku: string,
  priority?: number,
): Promise<Looked> {
  try {
    return { listing: (await send(context, settings, getListingRequest(settings, sku, priority))).data }
  } catch (error) {
    if (isStockpoolError(error, 'not_found')) return { listing: null }
    return { error: toStockpoolError(error) }
  }
}

/**
 * Twenty SKUs a call by search, at the same rate as one a call by getListingsItem. What the search leaves out is
 * asked for by name before it counts as missing; so is a SKU with a comma, which breaks the comma-separated list
 * (amzn/selling-partner-api-models#421).
 */
export async function lookMany(
  context: AdapterContext,
  settings: Settings,
  skus: readonly string[],
  priority?: number,
): Promise<ReadonlyMap<string, Looked>> {
  const found = new Map<string, Looked>()
  const unique = [...new Set(skus)]
  const listable = unique.length > 1 ? unique.filter((sku) => !sku.includes(',')) : []
  const size = limits.searchListingsItems.batch
  const chunks = Array.from({ length: Math.ceil(listable.length / size) }, (_, index) =>
    listable.slice(index * size, (index + 1) * size),
  )
  await Promise.all(
    chunks.map(async (chunk) => {
      try {
        const { data } = await send(context, settings, searchListingsRequest(settings, chunk, priority))
        for (const listing of data.items) found.set(listing.sku, { listing })
      } catch (error) {
        // A bad identifier spoils its whole call: asked one by one, it spoils only itself.
        if (isStockpoolError(error, 'rejected')) return
        for (const sku of chunk) found.set(sku, { error: toStockpoolError(error) })
      }
    }),
  )
  const left = unique.filter((sku) => !found.has(sku))
  await Promise.all(left.map(async (sku) => found.set(sku, await lookOne(context, settings, sku, priority))))
  return found
}

/** Below the looks that a write waits for. */
const idlePriority = 3

/** So many SKUs are asked about before the next ones are: no call waits for minutes with a token that ends meanwhile. */
const lookedAtOnce = 200

/** What the SKUs show, asked whenever nothing else is to be: what was written is there already, or it is a compare. */
export async function lookWhenIdle(
  context: AdapterContext,
  settings: Settings,
  skus: readonly string[],
): Promise<ReadonlyMap<string, Looked>> {
  const found = new Map<string, Looked>()
  for (let start = 0; start < skus.length; start += lookedAtOnce) {
    const part = skus.slice(start, start + lookedAtOnce)
    for (const [sku, looked] of await lookMany(context, settings, part, idlePriority)) found.set(sku, looked)
  }
  return found
}

/** One reading for each ref, by asking Amazon now; of a compare (`mayBeOld`), whenever nothing else is to be asked. */
export async function readNow(
  context: AdapterContext,
  settings: Settings,
  refs: readonly ListingRef[],
  { mayBeOld = false }: ReadTerms = {},
): Promise<readonly ListingReading[]> {
  const skus = refs.filter(({ place }) => place === '').map(({ listing }) => listing)
  const found = await (mayBeOld ? lookWhenIdle : lookMany)(context, settings, skus)
  return refs.map(({ listing, place }): ListingReading => {
    if (place !== '') return { status: 'failed', error: placeRefused(place) }
    const looked = found.get(listing) ?? { listing: null }
    return 'error' in looked ? { status: 'failed', error: looked.error } : readingOf(looked.listing)
  })
}
