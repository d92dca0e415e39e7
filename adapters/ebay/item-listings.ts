import { isStockpoolError, StockpoolError, toStockpoolError } from '../../src/error.ts'
import type {
  AdapterContext,
  ListingReading,
  ListingTarget,
  ReadTerms,
  WriteResult,
} from '../../src/spec/index.ts'
import { activeItems } from './active-list.ts'
import type { ListingKey } from './ids.ts'
import { chunksOf } from './inventory-look.ts'
import { batches } from './limits.ts'
import type { Settings } from './options.ts'
import {
  callTrading,
  redundantRevision,
  type TradingAnswer,
  type TradingCall,
  tradingError,
} from './trading.ts'
import { childOf, childrenOf, textAt, type XmlNode } from './xml.ts'

export type ItemKey = Extract<ListingKey, { api: 'trading' }>

/** A row of a target whose listing was not made with the Inventory API. */
export interface ItemRow {
  readonly key: ItemKey
  readonly target: ListingTarget
}

/** Up to four listings or variations a call; a variation needs its SKU beside the item id. */
export function reviseCall(rows: readonly ItemRow[]): TradingCall {
  return {
    name: 'ReviseInventoryStatus',
    effect: 'idempotent',
    priority: rows.some(({ target }) => target.quantity === 0) ? 9 : 6,
    members: {
      InventoryStatus: rows.map(({ key, target }) => ({
        ItemID: key.item,
        SKU: key.sku ?? undefined,
        Quantity: target.quantity,
      })),
    },
  }
}

export const getItemCall = (item: string): TradingCall => ({
  name: 'GetItem',
  effect: 'read',
  members: {
    OutputSelector: [
      'ItemID',
      'SKU',
      'Title',
      'ListingType',
      'Quantity',
      'SellingStatus',
      'Variations',
      'ProductListingDetails',
    ],
    ItemID: item,
  },
})

const isRow = (node: XmlNode, { item, sku }: ItemKey): boolean =>
  textAt(node, 'ItemID') === item && (sku === null || textAt(node, 'SKU') === sku)

/** A row that the answer names was revised; the others of a partial failure were not. */
export function resultsOf(
  rows: readonly ItemRow[],
  { ack, root, errors }: TradingAnswer,
): readonly WriteResult[] {
  const revised = childrenOf(root, 'InventoryStatus')
  const redundant = errors.some(({ code }) => code === redundantRevision)
  return rows.map(({ key }): WriteResult => {
    if (revised.some((node) => isRow(node, key))) return { status: 'done' }
    // Without an entry, but with nothing else to complain of than that it is there already.
    if (redundant && ack !== 'PartialFailure') return { status: 'done' }
    if (errors.some(({ severity }) => severity === 'Error')) {
      return { status: 'failed', error: tradingError('ReviseInventoryStatus', errors) }
    }
    return {
      status: 'failed',
      error: new StockpoolError('unavailable', `eBay said nothing of item ${key.item}`),
    }
  })
}

async function revise(
  context: AdapterContext,
  settings: Settings,
  rows: readonly ItemRow[],
): Promise<readonly WriteResult[]> {
  const oneByOne = async () => (await Promise.all(rows.map((row) => revise(context, settings, [row])))).flat()
  try {
    const answer = await callTrading(context, settings, reviseCall(rows))
    const results = resultsOf(rows, answer)
    // The errors of several rows come in one heap: alone, each row gets its own.
    return answer.ack === 'PartialFailure' && rows.length > 1
      ? await mended(context, settings, rows, results)
      : results
  } catch (thrown) {
    const error = toStockpoolError(thrown)
    if (rows.length > 1 && ['rejected', 'not_found'].includes(error.code)) return oneByOne()
    return rows.map(() => ({ status: 'failed', error }))
  }
}

async function mended(
  context: AdapterContext,
  settings: Settings,
  rows: readonly ItemRow[],
  results: readonly WriteResult[],
): Promise<readonly WriteResult[]> {
  return Promise.all(
    results.map(async (result, index) => {
      const row = rows[index]
      if (result.status === 'done' || row === undefined) return result
      return (await revise(context, settings, [row]))[0] ?? result
    }),
  )
}

/**
 * One result per row. A number that is there already is no harm: eBay answers that the revision is redundant, and counts
 * none (its knowledge base, article 2161); asking first would cost a call of the scarcest quota for each listing.
 */
export async function writeItems(
  context: AdapterContext,
  settings: Settings,
  rows: readonly ItemRow[],
): Promise<readonly WriteResult[]> {
  const results: WriteResult[] = []
  for (const chunk of chunksOf(rows, batches.trading))
    results.push(...(await revise(context, settings, chunk)))
  return results
}

const numberAt = (node: XmlNode | undefined, ...path: readonly string[]): number | null => {
  const text = textAt(node, ...path)
  return text !== null && /^\d+$/.test(text) ? Number(text) : null
}

/** `Quantity` is all that was ever offered: what was sold comes off. A list of listings has that done. */
export function leftOf(node: XmlNode): ListingReading {
  const available = numberAt(node, 'QuantityAvailable')
  if (available !== null) return { status: 'shown', quantity: available }
  const quantity = numberAt(node, 'Quantity')
  if (quantity === null) return { status: 'missing', detail: 'the listing has no quantity' }
  return {
    status: 'shown',
    quantity: Math.max(0, quantity - (numberAt(node, 'SellingStatus', 'QuantitySold') ?? 0)),
  }
}

export function readingOf(item: XmlNode | undefined, sku: string | null): ListingReading {
  if (item === undefined) return { status: 'missing', detail: 'eBay has no such item' }
  const status = textAt(item, 'SellingStatus', 'ListingStatus')
  if (status !== null && status !== 'Active') return { status: 'missing', detail: `the listing is ${status}` }
  if (sku === null) return leftOf(item)
  const variation = childrenOf(childOf(item, 'Variations'), 'Variation').find(
    (each) => textAt(each, 'SKU') === sku,
  )
  return variation ? leftOf(variation) : { status: 'missing', detail: `the listing has no variation ${sku}` }
}

/** One call for each item, whatever number of its variations is asked for; in a compare (`mayBeOld`) one for 200 that are active. */
export async function readItems(
  context: AdapterContext,
  settings: Settings,
  keys: readonly ItemKey[],
  { mayBeOld = false }: ReadTerms,
): Promise<readonly ListingReading[]> {
  const ids = new Set(keys.map(({ item }) => item))
  const byList = mayBeOld && ids.size > 0
  const listed = byList ? await activeItems(context, settings, ids) : new Map<string, XmlNode>()
  const items = new Map<string, Promise<XmlNode | undefined | StockpoolError>>()
  for (const item of ids) {
    const known = listed.get(item)
    items.set(item, known ? Promise.resolve(known) : readItem(context, settings, item))
  }
  return Promise.all(
    keys.map(async ({ item, sku }): Promise<ListingReading> => {
      const found = await items.get(item)
      if (isStockpoolError(found)) return { status: 'failed', error: found }
      const reading = readingOf(found, sku)
      // Its variations are revised with it.
      return reading.status === 'shown' ? { ...reading, countedAs: item } : reading
    }),
  )
}

/** The item; `undefined`: eBay does not know it. */
export async function readItem(
  context: AdapterContext,
  settings: Settings,
  item: string,
): Promise<XmlNode | undefined | StockpoolError> {
  try {
    return childOf((await callTrading(context, settings, getItemCall(item))).root, 'Item')
  } catch (thrown) {
    const error = toStockpoolError(thrown)
    return error.code === 'not_found' ? undefined : error
  }
}
