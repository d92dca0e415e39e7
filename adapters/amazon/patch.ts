import type { z } from 'zod'
import { StockpoolError, toStockpoolError } from '../../src/error.ts'
import type { AdapterContext, ListingTarget, WriteResult } from '../../src/spec/index.ts'
import { type AmazonRequest, segment, send } from './client.ts'
import { itemsPath, merchantChannel } from './look.ts'
import type { Settings } from './options.ts'
import { type PatchBody, type QuantityPatch, SubmissionAnswer, type WireIssue } from './wire.ts'

/** The attribute that holds the quantity: snake case. In camel case Amazon answers INVALID inside a 200 (jlevers/selling-partner-api#861). */
const attribute = 'fulfillment_availability'

export function marketplaceOf(settings: Settings, sku: string): string {
  return settings.listingMarketplaces[sku] ?? settings.marketplaceIds[0] ?? ''
}

/** `PRODUCT` is enough to set a quantity. */
export const productTypeOf = (settings: Settings, sku: string) => settings.productTypes[sku] ?? 'PRODUCT'

/**
 * `merge` keeps the handling time and the restock date that `replace` wipes (amzn/selling-partner-api-models#4406);
 * the channel code is obligatory in the value (#4554), and both lists must be lists (jlevers/selling-partner-api#240).
 */
export const quantityPatch = (quantity: number): readonly [QuantityPatch] => [
  {
    op: 'merge',
    path: '/attributes/fulfillment_availability',
    value: [{ fulfillment_channel_code: merchantChannel, quantity }],
  },
]

/** Selling less is urgent, nothing left most of all; selling more can wait. */
export function urgencyOf({ quantity, expected }: ListingTarget): 'none-left' | 'less' | 'more' {
  if (quantity === 0) return 'none-left'
  return expected !== null && quantity < expected ? 'less' : 'more'
}

const priorities = { 'none-left': 9, less: 7, more: 5 } as const

export function patchRequest(
  settings: Settings,
  target: ListingTarget,
): AmazonRequest<z.infer<typeof SubmissionAnswer>> {
  const body: PatchBody = {
    productType: productTypeOf(settings, target.listing),
    patches: quantityPatch(target.quantity),
  }
  return {
    operation: 'patchListingsItem',
    effect: 'idempotent',
    method: 'PATCH',
    path: `${itemsPath(settings)}/${segment(target.listing)}`,
    query: { marketplaceIds: [marketplaceOf(settings, target.listing)], includedData: ['issues'] },
    priority: priorities[urgencyOf(target)],
    json: body,
    schema: SubmissionAnswer,
  }
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

export const isAboutQuantity = ({ attributeNames }: WireIssue) => attributeNames?.includes(attribute) ?? false

export function refused(sku: string, issues: readonly WireIssue[]): StockpoolError {
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

/** Sets one quantity now. `handleOf` makes the row's handle of Amazon's submission id. */
export async function patchOne(
  context: AdapterContext,
  settings: Settings,
  target: ListingTarget,
  handleOf: (submission: string) => string,
): Promise<WriteResult> {
  try {
    const { data } = await send(context, settings, patchRequest(settings, target))
    // A 200 can carry INVALID (jlevers/selling-partner-api#861), and ACCEPTED is not applied.
    if (data.status === 'INVALID')
      return { status: 'failed', error: refused(target.listing, data.issues ?? []) }
    return { status: 'pending', handle: handleOf(data.submissionId), checkAfterMs: settings.checkAfterMs }
  } catch (error) {
    return { status: 'failed', error: toStockpoolError(error) }
  }
}
