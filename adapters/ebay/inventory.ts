import type { z } from 'zod'
import { StockpoolError, toStockpoolError } from '../../src/error.ts'
import type { AdapterContext, ListingTarget, WriteResult } from '../../src/spec/index.ts'
import { type EbayRequest, send } from './client.ts'
import { hasErrorId } from './errors.ts'
import { chunksOf, type Held, type Looked, lookUp, Noted, rowError } from './inventory-look.ts'
import { batches } from './limits.ts'
import { forgetOffers } from './offers.ts'
import type { Settings } from './options.ts'
import { BulkUpdateAnswer, type BulkUpdateBody, type WireBulkRow } from './wire-stock.ts'

/** A row of a target whose SKU is a listing of the Inventory API. */
export interface InventoryRow {
  readonly sku: string
  readonly target: ListingTarget
}

/** Whether every number that eBay keeps of the SKU is this one already, so that a write would only use up a revision. */
export function isShown({ quantity, offers }: Pick<Held, 'quantity' | 'offers'>, wanted: number): boolean {
  return quantity === wanted && offers.every(({ availableQuantity }) => availableQuantity === wanted)
}

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
    path: '/sell/inventory/v1/bulk_update_price_quantity',
    priority: rows.some(({ quantity }) => quantity === 0) ? 9 : 6,
    json: body,
    schema: BulkUpdateAnswer,
  }
}

/** An offer that is remembered is there no more: withdrawn and published anew, it has another id (25713, or a bare 25709). */
const isGone = (looked: Looked | undefined, result: WriteResult | undefined): boolean =>
  looked !== undefined &&
  'held' in looked &&
  looked.held.remembered === true &&
  result?.status === 'failed' &&
  hasErrorId(result.error, 25709, 25713)

/** One result per row. A number that eBay shows already is not sent: each listing can be revised 250 times a day. */
export async function writeInventory(
  context: AdapterContext,
  settings: Settings,
  rows: readonly InventoryRow[],
): Promise<readonly WriteResult[]> {
  const priority = rows.some(({ target }) => target.quantity === 0) ? 9 : 6
  const unknown = rows.filter(({ target }) => !(target.note instanceof Noted))
  const found = new Map(await lookUp(context, settings, skusOf(unknown), { priority }))
  for (const { sku, target } of rows) if (target.note instanceof Noted) found.set(sku, target.note)
  const results = await writeFound(context, settings, rows, found)
  const gone = rows.filter((row) => isGone(found.get(row.sku), results.get(row)))
  if (gone.length > 0) {
    await forgetOffers(context, skusOf(gone))
    const anew = await lookUp(context, settings, skusOf(gone), { priority, anew: true })
    for (const [row, result] of await writeFound(context, settings, gone, anew)) results.set(row, result)
  }
  return rows.map((row) => results.get(row) ?? unanswered(row.sku))
}

const skusOf = (rows: readonly InventoryRow[]): readonly string[] => rows.map(({ sku }) => sku)

async function writeFound(
  context: AdapterContext,
  settings: Settings,
  rows: readonly InventoryRow[],
  found: ReadonlyMap<string, Looked>,
): Promise<Map<InventoryRow, WriteResult>> {
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
  return results
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
export function resultOf(
  sku: string,
  { offers }: Pick<Held, 'offers'>,
  rows: readonly WireBulkRow[],
): WriteResult {
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
