import type { z } from 'zod'
import { isStockpoolError, type StockpoolError, toStockpoolError } from '../../src/error.ts'
import type { AdapterContext, ListingReading } from '../../src/spec/index.ts'
import { type EbayRequest, send } from './client.ts'
import { errorOf, saidBy } from './errors.ts'
import { batches } from './limits.ts'
import { knownOffers, offersOf, rememberOffers } from './offers.ts'
import type { Settings } from './options.ts'
import { BulkItemsAnswer, type WireOffer } from './wire-stock.ts'

/** What eBay holds of a SKU of the Inventory API. */
export interface Held {
  /** Of the inventory item; `null` when it has none. */
  readonly quantity: number | null
  /** Published ones alone: bulkUpdatePriceQuantity is not for others. */
  readonly offers: readonly WireOffer[]
  /** Of its inventory item group, whose SKUs are variations of one listing; `null`: it is a listing by itself. */
  readonly group: string | null
  /** The ids of the offers are remembered, and their numbers taken to be the item's. Absent: all of it was just read. */
  readonly remembered?: true
}

export type Looked =
  | { readonly held: Held }
  | { readonly error: StockpoolError }
  | { readonly missing: string }

/** The lower of the two is on sale (https://developer.ebay.com/api-docs/sell/static/inventory/bulk-updates.html). */
export function shownBy({ quantity, offers }: Pick<Held, 'quantity' | 'offers'>): number {
  const numbers = [quantity, ...offers.map(({ availableQuantity }) => availableQuantity)]
  return Math.max(0, Math.min(...numbers.flatMap((each) => each ?? [])))
}

export const itemsRequest = (
  skus: readonly string[],
  priority?: number,
): EbayRequest<z.infer<typeof BulkItemsAnswer>> => ({
  operation: 'bulkGetInventoryItem',
  bucket: 'inventory',
  effect: 'read',
  method: 'POST',
  path: '/sell/inventory/v1/bulk_get_inventory_item',
  ...(priority === undefined ? {} : { priority }),
  json: { requests: skus.map((sku) => ({ sku })) },
  schema: BulkItemsAnswer,
})

/** eBay names a SKU without an inventory item 25710, and one without an offer 25713, among others. */
export const absent = (error: StockpoolError) =>
  error.code === 'not_found' || (error.code === 'rejected' && error.details?.status === 404)

/**
 * Of so few the offers are always asked for. eBay does not say whether a sale comes off the item's number as it comes off the offer's:
 * should it not, the item hides what was sold since the last look, which matters where that may be all there is.
 */
const few = 5

export interface LookUpOptions {
  /** Of every call. Default: as any call. */
  readonly priority?: number
  /** Ask for the offers whatever is remembered of them. */
  readonly anew?: true
}

/** What eBay holds of each SKU: the items 25 a call, and the offers that are not remembered one a call. */
export async function lookUp(
  context: AdapterContext,
  settings: Settings,
  skus: readonly string[],
  { priority, anew }: LookUpOptions = {},
): Promise<ReadonlyMap<string, Looked>> {
  const unique = [...new Set(skus)]
  const known = anew ? new Map() : await knownOffers(context, unique)
  const seen = new Map<string, Held>()
  const items = new Map<string, Pick<Held, 'quantity' | 'group'> | StockpoolError>()
  await Promise.all(
    chunksOf(unique, batches.inventory).map(async (chunk) => {
      try {
        const { data } = await send(context, settings, itemsRequest(chunk, priority))
        for (const { sku, statusCode, inventoryItem, errors } of data.responses ?? []) {
          if (sku == null) continue
          const failed = (statusCode ?? 200) >= 400
          const quantity = inventoryItem?.availability?.shipToLocationAvailability?.quantity ?? null
          const group = inventoryItem?.inventoryItemGroupKeys?.[0] ?? null
          const error = () => rowError('bulkGetInventoryItem', statusCode ?? 500, errors)
          items.set(sku, failed ? error() : { quantity, group })
        }
      } catch (error) {
        for (const sku of chunk) items.set(sku, toStockpoolError(error))
      }
    }),
  )
  const looked = await Promise.all(
    unique.map(async (sku): Promise<readonly [string, Looked]> => {
      const item = items.get(sku)
      if (item === undefined) return [sku, { missing: 'eBay has no inventory item of this SKU' }]
      if (isStockpoolError(item)) return [sku, absent(item) ? { missing: item.message } : { error: item }]
      const { quantity } = item
      const ids = known.get(sku)
      if (Array.isArray(ids) && quantity !== null && quantity > few) {
        const offers = ids.map((offerId: string) => ({ offerId, availableQuantity: quantity }))
        return [sku, { held: { ...item, offers, remembered: true } }]
      }
      try {
        const offers = await offersOf(context, settings, sku, priority)
        if (offers.length === 0) return [sku, { missing: 'the SKU has no published offer' }]
        const held = { ...item, offers }
        seen.set(sku, held)
        return [sku, { held }]
      } catch (thrown) {
        const error = toStockpoolError(thrown)
        return [sku, absent(error) ? { missing: error.message } : { error }]
      }
    }),
  )
  await rememberOffers(context, seen, known)
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
    else {
      const { held } = looked
      const group = held.group === null ? {} : { countedAs: `group:${held.group}` }
      readings.set(sku, { status: 'shown', quantity: shownBy(held), note: new Noted(held), ...group })
    }
  }
  return readings
}

export const rowError = (operation: string, status: number, errors: unknown): StockpoolError =>
  errorOf(operation, status, saidBy({ errors: errors ?? [] }))

export function chunksOf<T>(rows: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, index) =>
    rows.slice(index * size, (index + 1) * size),
  )
}
