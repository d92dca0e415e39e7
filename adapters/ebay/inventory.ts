import type { z } from 'zod'
import { isStockpoolError, StockpoolError, toStockpoolError } from '../../src/error.ts'
import type { AdapterContext, ListingReading, ListingTarget, WriteResult } from '../../src/spec/index.ts'
import { type EbayRequest, send } from './client.ts'
import { errorOf, saidBy } from './errors.ts'
import { batches } from './limits.ts'
import type { Settings } from './options.ts'
import {
  BulkItemsAnswer,
  BulkUpdateAnswer,
  type BulkUpdateBody,
  OffersAnswer,
  type WireBulkRow,
  type WireOffer,
} from './wire-stock.ts'

const root = '/sell/inventory/v1'

/** What eBay holds of a SKU of the Inventory API. */
export interface Held {
  /** Of the inventory item; `null` when it has none. */
  readonly quantity: number | null
  /** Published ones alone: bulkUpdatePriceQuantity is not for others. */
  readonly offers: readonly WireOffer[]
}

/** A row of a target whose SKU is a listing of the Inventory API. */
export interface InventoryRow {
  readonly sku: string
  readonly target: ListingTarget
}

type Looked = { readonly held: Held } | { readonly error: StockpoolError } | { readonly missing: string }

/** The lower of the two is on sale (https://developer.ebay.com/api-docs/sell/static/inventory/bulk-updates.html). */
export function shownBy({ quantity, offers }: Held): number {
  const numbers = [quantity, ...offers.map(({ availableQuantity }) => availableQuantity)]
  return Math.max(0, Math.min(...numbers.flatMap((each) => each ?? [])))
}

/** Whether every number that eBay keeps of the SKU is this one already, so that a write would only use up a revision. */
export function isShown({ quantity, offers }: Held, wanted: number): boolean {
  return quantity === wanted && offers.every(({ availableQuantity }) => availableQuantity === wanted)
}

export const isPublished = ({ status, listing }: WireOffer): boolean =>
  status === 'PUBLISHED' && listing?.listingStatus !== 'ENDED'

export const itemsRequest = (skus: readonly string[]): EbayRequest<z.infer<typeof BulkItemsAnswer>> => ({
  operation: 'bulkGetInventoryItem',
  bucket: 'inventory',
  effect: 'read',
  method: 'POST',
  path: `${root}/bulk_get_inventory_item`,
  json: { requests: skus.map((sku) => ({ sku })) },
  schema: BulkItemsAnswer,
})

/** eBay has no list of all offers: they are asked for SKU by SKU. */
export const offersRequest = (sku: string): EbayRequest<z.infer<typeof OffersAnswer>> => ({
  operation: 'getOffers',
  bucket: 'inventory',
  effect: 'read',
  method: 'GET',
  path: `${root}/offer`,
  query: { sku, limit: 100 },
  schema: OffersAnswer,
})

/**
 * Item and offers of each SKU with the same number, in one entry: the lower of the two would hold back the other. eBay's
 * text allows one SKU a call in one place and 25 in another; several passed on the live sandbox (openlinker#2880).
 */
export function updateRequest(
  rows: readonly { readonly sku: string; readonly quantity: number; readonly held: Held }[],
): EbayRequest<z.infer<typeof BulkUpdateAnswer>> {
  const body: BulkUpdateBody = {
    requests: rows.map(({ sku, quantity, held }) => ({
      sku,
      shipToLocationAvailability: { quantity },
      offers: held.offers.map(({ offerId }) => ({ offerId, availableQuantity: quantity })),
    })),
  }
  return {
    operation: 'bulkUpdatePriceQuantity',
    bucket: 'inventory',
    effect: 'idempotent',
    method: 'POST',
    path: `${root}/bulk_update_price_quantity`,
    priority: rows.some(({ quantity }) => quantity === 0) ? 9 : 6,
    json: body,
    schema: BulkUpdateAnswer,
  }
}

/** The offers of a SKU that are published. @throws StockpoolError one of `absent` when there are none at all */
export async function offersOf(
  context: AdapterContext,
  settings: Settings,
  sku: string,
): Promise<readonly WireOffer[]> {
  const { data } = await send(context, settings, offersRequest(sku))
  return (data.offers ?? []).filter(isPublished)
}

/** eBay names a SKU without an inventory item 25710, and one without an offer 25713, among others. */
export const absent = (error: StockpoolError) =>
  error.code === 'not_found' || (error.code === 'rejected' && error.details?.status === 404)

/** What eBay holds of each SKU: the items 25 a call, the offers one a call. */
export async function lookUp(
  context: AdapterContext,
  settings: Settings,
  skus: readonly string[],
): Promise<ReadonlyMap<string, Looked>> {
  const unique = [...new Set(skus)]
  const quantities = new Map<string, number | null | StockpoolError>()
  await Promise.all(
    chunksOf(unique, batches.inventory).map(async (chunk) => {
      try {
        const { data } = await send(context, settings, itemsRequest(chunk))
        for (const { sku, statusCode, inventoryItem, errors } of data.responses ?? []) {
          if (sku == null) continue
          const failed = (statusCode ?? 200) >= 400
          const quantity = inventoryItem?.availability?.shipToLocationAvailability?.quantity ?? null
          quantities.set(sku, failed ? rowError('bulkGetInventoryItem', statusCode ?? 500, errors) : quantity)
        }
      } catch (error) {
        for (const sku of chunk) quantities.set(sku, toStockpoolError(error))
      }
    }),
  )
  const looked = await Promise.all(
    unique.map(async (sku): Promise<readonly [string, Looked]> => {
      const quantity = quantities.get(sku)
      if (quantity === undefined) return [sku, { missing: 'eBay has no inventory item of this SKU' }]
      if (isStockpoolError(quantity)) {
        return [sku, absent(quantity) ? { missing: quantity.message } : { error: quantity }]
      }
      try {
        const offers = await offersOf(context, settings, sku)
        if (offers.length === 0) return [sku, { missing: 'the SKU has no published offer' }]
        return [sku, { held: { quantity: quantity as number | null, offers } }]
      } catch (thrown) {
        const error = toStockpoolError(thrown)
        return [sku, absent(error) ? { missing: error.message } : { error }]
      }
    }),
  )
  return new Map(looked)
}

/** What a look found, for the write that follows it: asking for the offers again would double the calls. */
export class Noted {
  readonly held: Held

  constructor(held: Held) {
    this.held = held
  }
}

export async function readInventory(
  context: AdapterContext,
  settings: Settings,
  skus: readonly string[],
): Promise<ReadonlyMap<string, ListingReading>> {
  const readings = new Map<string, ListingReading>()
  for (const [sku, looked] of await lookUp(context, settings, skus)) {
    if ('error' in looked) readings.set(sku, { status: 'failed', error: looked.error })
    else if ('missing' in looked) readings.set(sku, { status: 'missing', detail: looked.missing })
    else readings.set(sku, { status: 'shown', quantity: shownBy(looked.held), note: new Noted(looked.held) })
  }
  return readings
}

/** One result per row. A number that eBay shows already is not sent: each listing can be revised 250 times a day. */
export async function writeInventory(
  context: AdapterContext,
  settings: Settings,
  rows: readonly InventoryRow[],
): Promise<readonly WriteResult[]> {
  const unknown = rows.filter(({ target }) => !(target.note instanceof Noted))
  const found = new Map<string, Looked>(
    await lookUp(
      context,
      settings,
      unknown.map(({ sku }) => sku),
    ),
  )
  for (const { sku, target } of rows) if (target.note instanceof Noted) found.set(sku, target.note)
  const results = new Map<InventoryRow, WriteResult>()
  const left: {
    readonly row: InventoryRow
    readonly sku: string
    readonly quantity: number
    readonly held: Held
  }[] = []
  for (const row of rows) {
    const looked = found.get(row.sku) ?? { missing: 'eBay has no such SKU' }
    const { quantity } = row.target
    if ('error' in looked) results.set(row, { status: 'failed', error: looked.error })
    else if ('missing' in looked)
      results.set(row, { status: 'failed', error: missing(row.sku, looked.missing) })
    else if (isShown(looked.held, quantity)) results.set(row, { status: 'done' })
    else left.push({ row, sku: row.sku, quantity, held: looked.held })
  }
  for (const chunk of chunksOf(left, batches.inventory)) {
    const written = await update(context, settings, chunk)
    for (const [index, { row }] of chunk.entries()) results.set(row, written[index] ?? unanswered(row.sku))
  }
  return rows.map((row) => results.get(row) ?? unanswered(row.sku))
}

async function update(
  context: AdapterContext,
  settings: Settings,
  rows: readonly { readonly sku: string; readonly quantity: number; readonly held: Held }[],
): Promise<readonly WriteResult[]> {
  try {
    const { data } = await send(context, settings, updateRequest(rows))
    return rows.map((row) => resultOf(row.sku, row.held, data.responses ?? []))
  } catch (thrown) {
    const error = toStockpoolError(thrown)
    // A row that eBay cannot read spoils its whole call: sent one by one, it spoils only itself.
    if (rows.length > 1 && ['rejected', 'not_found'].includes(error.code)) {
      const alone = await Promise.all(rows.map((row) => update(context, settings, [row])))
      return alone.flat()
    }
    return rows.map(() => ({ status: 'failed', error }))
  }
}

/** A 200 or a 207 alike: only the entries tell what became of a SKU, one for each of its offers. */
export function resultOf(sku: string, { offers }: Held, rows: readonly WireBulkRow[]): WriteResult {
  const own = rows.filter((row) => row.sku === sku)
  const failed = own.find(({ statusCode }) => statusCode == null || statusCode >= 400)
  if (failed) {
    return {
      status: 'failed',
      error: rowError('bulkUpdatePriceQuantity', failed.statusCode ?? 500, failed.errors),
    }
  }
  const answered = new Set(own.map(({ offerId }) => offerId))
  return offers.every(({ offerId }) => answered.has(offerId)) ? { status: 'done' } : unanswered(sku)
}

const rowError = (operation: string, status: number, errors: unknown): StockpoolError =>
  errorOf(operation, status, saidBy({ errors: errors ?? [] }))

function unanswered(sku: string): WriteResult {
  const error = new StockpoolError('unavailable', `eBay said nothing of ${sku} in its answer`, {
    field: 'listing',
  })
  return { status: 'failed', error }
}

function missing(sku: string, detail: string): StockpoolError {
  return new StockpoolError('not_found', `${sku}: ${detail}`, {
    field: 'listing',
    remedy:
      'Publish an offer of this SKU; or, if the listing was not made with the Inventory API, link it as item:<ItemID> and name it in tradingItems.',
  })
}

export function chunksOf<T>(rows: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, index) =>
    rows.slice(index * size, (index + 1) * size),
  )
}
