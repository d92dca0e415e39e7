import type { z } from 'zod'
import { isStockpoolError, StockpoolError, toStockpoolError } from '../../src/error.ts'
import type {
  AdapterContext,
  ListingReading,
  ListingRef,
  ListingsFacet,
  ListingTarget,
  WriteResult,
} from '../../src/spec/index.ts'
import { type AmazonRequest, segment, send } from './client.ts'
import { limits } from './limits.ts'
import type { Settings } from './options.ts'
import {
  type PatchBody,
  SearchListingsAnswer,
  SubmissionAnswer,
  type WireIssue,
  WireListing,
} from './wire.ts'

export type AmazonListings = ListingsFacet & Required<Pick<ListingsFacet, 'read' | 'check'>>

/** The attribute that holds the quantity: snake case. In camel case Amazon answers INVALID inside a 200 (jlevers/selling-partner-api#861). */
const attribute = 'fulfillment_availability'
/** The merchant's own channel. The quantities of AMAZON_NA, _EU, _JP are Amazon's to set. */
const merchantChannel = 'DEFAULT'

const itemsPath = (settings: Settings) => `/listings/2021-08-01/items/${segment(settings.sellerId)}`

function marketplaceOf(settings: Settings, sku: string): string {
  return settings.listingMarketplaces[sku] ?? settings.marketplaceIds[0] ?? ''
}

/**
 * `merge` keeps the handling time and the restock date that `replace` wipes (amzn/selling-partner-api-models#4406);
 * the channel code is obligatory in the value (#4554), and both lists must be lists (jlevers/selling-partner-api#240).
 */
export function patchRequest(
  settings: Settings,
  target: ListingTarget,
): AmazonRequest<z.infer<typeof SubmissionAnswer>> {
  const body: PatchBody = {
    productType: settings.productTypes[target.listing] ?? 'PRODUCT',
    patches: [
      {
        op: 'merge',
        path: '/attributes/fulfillment_availability',
        value: [{ fulfillment_channel_code: merchantChannel, quantity: target.quantity }],
      },
    ],
  }
  return {
    operation: 'patchListingsItem',
    effect: 'idempotent',
    method: 'PATCH',
    path: `${itemsPath(settings)}/${segment(target.listing)}`,
    query: { marketplaceIds: [marketplaceOf(settings, target.listing)], includedData: ['issues'] },
    // Selling less is urgent, nothing left most of all; selling more can wait.
    priority:
      target.quantity === 0 ? 9 : target.expected !== null && target.quantity < target.expected ? 7 : 5,
    json: body,
    schema: SubmissionAnswer,
  }
}

const datasets = ['summaries', 'issues', 'fulfillmentAvailability'] as const

export function getListingRequest(settings: Settings, sku: string): AmazonRequest<WireListing> {
  return {
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
): AmazonRequest<z.infer<typeof SearchListingsAnswer>> {
  return {
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
  const codes = channels.map(({ fulfillmentChannelCode }) => fulfillmentChannelCode).join(', ')
  const detail =
    codes === '' ? 'the listing keeps no stock' : `fulfilled by Amazon (${codes}): not the merchant's stock`
  return { status: 'missing', detail }
}

/** The first error that stands in the way of the quantity. Other errors of a listing (images, sizes) do not. */
export function quantityIssue(issues: readonly WireIssue[], marketplaceId: string): WireIssue | null {
  const found = issues.find(
    ({ severity, attributeNames, marketplaceIds }) =>
      severity === 'ERROR' &&
      attributeNames?.includes(attribute) &&
      (marketplaceIds === undefined || marketplaceIds.length === 0 || marketplaceIds.includes(marketplaceId)),
  )
  return found ?? null
}

function refused(sku: string, issues: readonly WireIssue[]): StockpoolError {
  const first = issues.find(({ severity }) => severity === 'ERROR') ?? issues[0]
  return new StockpoolError(
    'rejected',
    `Amazon refused the quantity of ${sku}: ${first?.message || 'INVALID'}`,
    {
      field: 'quantity',
      remedy:
        'Correct the listing in Seller Central. If the product type is at fault, name the real one in productTypes.',
      details: {
        issues: issues.slice(0, 10).map(({ code, severity, attributeNames, message }) => ({
          code,
          severity,
          attributeNames,
          message,
        })),
      },
    },
  )
}

function placeRefused(place: string): StockpoolError {
  return new StockpoolError(
    'invalid_input',
    `Amazon keeps one quantity per SKU, there is no place "${place}"`,
    {
      field: 'place',
      remedy: 'Link the listing without a place.',
    },
  )
}

async function writeOne(
  context: AdapterContext,
  settings: Settings,
  target: ListingTarget,
): Promise<WriteResult> {
  if (target.place !== '') return { status: 'failed', error: placeRefused(target.place) }
  try {
    const { data } = await send(context, settings, patchRequest(settings, target))
    // A 200 can carry INVALID (jlevers/selling-partner-api#861), and ACCEPTED is not applied.
    if (data.status === 'INVALID')
      return { status: 'failed', error: refused(target.listing, data.issues ?? []) }
    return { status: 'pending', handle: data.submissionId, checkAfterMs: settings.checkAfterMs }
  } catch (error) {
    return { status: 'failed', error: toStockpoolError(error) }
  }
}

type Looked = { readonly listing: WireListing | null } | { readonly error: StockpoolError }

async function lookOne(context: AdapterContext, settings: Settings, sku: string): Promise<Looked> {
  try {
    return { listing: (await send(context, settings, getListingRequest(settings, sku))).data }
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
async function lookMany(
  context: AdapterContext,
  settings: Settings,
  skus: readonly string[],
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
        const { data } = await send(context, settings, searchListingsRequest(settings, chunk))
        for (const listing of data.items) found.set(listing.sku, { listing })
      } catch (error) {
        // A bad identifier spoils its whole call: asked one by one, it spoils only itself.
        if (isStockpoolError(error, 'rejected')) return
        for (const sku of chunk) found.set(sku, { error: toStockpoolError(error) })
      }
    }),
  )
  const left = unique.filter((sku) => !found.has(sku))
  await Promise.all(left.map(async (sku) => found.set(sku, await lookOne(context, settings, sku))))
  return found
}

async function readRows(
  context: AdapterContext,
  settings: Settings,
  refs: readonly ListingRef[],
): Promise<readonly ListingReading[]> {
  const skus = refs.filter(({ place }) => place === '').map(({ listing }) => listing)
  const found = await lookMany(context, settings, skus)
  return refs.map(({ listing, place }): ListingReading => {
    if (place !== '') return { status: 'failed', error: placeRefused(place) }
    const looked = found.get(listing) ?? { listing: null }
    return 'error' in looked ? { status: 'failed', error: looked.error } : readingOf(looked.listing)
  })
}

/** What became of an accepted quantity. Amazon names no submission in a listing, so the number itself tells. */
export function checked(
  settings: Settings,
  target: ListingTarget,
  handle: string,
  listing: WireListing | null,
): WriteResult {
  const reading = readingOf(listing)
  if (reading.status === 'missing') {
    const error = new StockpoolError('not_found', `${target.listing}: ${reading.detail}`, {
      field: 'listing',
    })
    return { status: 'failed', error }
  }
  if (reading.status === 'shown' && reading.quantity === target.quantity) return { status: 'done' }
  const issues = listing?.issues ?? []
  if (quantityIssue(issues, marketplaceOf(settings, target.listing))) {
    return { status: 'failed', error: refused(target.listing, issues.filter(isAboutQuantity)) }
  }
  const observed = reading.status === 'shown' ? reading.quantity : null
  return { status: 'pending', handle, checkAfterMs: settings.checkAfterMs, observed }
}

const isAboutQuantity = ({ attributeNames }: WireIssue) => attributeNames?.includes(attribute) ?? false

async function checkRows(
  context: AdapterContext,
  settings: Settings,
  rows: readonly { readonly target: ListingTarget; readonly handle: string }[],
): Promise<readonly WriteResult[]> {
  const found = await lookMany(
    context,
    settings,
    rows.map(({ target }) => target.listing),
  )
  return rows.map(({ target, handle }): WriteResult => {
    const looked = found.get(target.listing) ?? { listing: null }
    // Not being able to look says nothing of the write: ask again.
    if ('error' in looked && looked.error.retryable) {
      return { status: 'pending', handle, checkAfterMs: looked.error.retryAfterMs ?? settings.checkAfterMs }
    }
    if ('error' in looked) return { status: 'failed', error: looked.error }
    return checked(settings, target, handle, looked.listing)
  })
}

export function amazonListings(settings: Settings): AmazonListings {
  return {
    // Two seconds' worth of calls: long enough to keep the bucket busy, short enough that urgent rows are not stuck behind.
    batch: limits.patchListingsItem.rate * 2,
    compareAndSet: false,
    write: (context, targets) => Promise.all(targets.map((target) => writeOne(context, settings, target))),
    read: (context, refs) => readRows(context, settings, refs),
    check: (context, rows) => checkRows(context, settings, rows),
  }
}
