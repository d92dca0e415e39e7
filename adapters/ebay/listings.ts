import { isStockpoolError, StockpoolError, toStockpoolError } from '../../src/error.ts'
import type {
  AdapterContext,
  ListingReading,
  ListingRef,
  ListingsFacet,
  ListingTarget,
  ReadTerms,
  WriteResult,
} from '../../src/spec/index.ts'
import { itemListing, keyOf } from './ids.ts'
import { type InventoryRow, writeInventory } from './inventory.ts'
import { readInventory } from './inventory-look.ts'
import { type ItemRow, readItems, writeItems } from './item-listings.ts'
import { batches, revisions } from './limits.ts'
import { listListings } from './listed.ts'
import type { Settings } from './options.ts'
import { callTrading } from './trading.ts'
import { textAt } from './xml.ts'

/** Without `check`: eBay applies a number before it answers. */
export type EbayListings = Required<Omit<ListingsFacet, 'check' | 'portion'>>

function placeRefused(place: string): StockpoolError {
  return new StockpoolError('invalid_input', `the numbers of eBay have no place "${place}"`, {
    field: 'place',
    remedy: 'Link the listing without a place.',
  })
}

const controlOff = () =>
  new StockpoolError(
    'rejected',
    'eBay would end this listing, or refuse the zero: out-of-stock control is off',
    {
      field: 'quantity',
      remedy:
        'Turn on out-of-stock control (My eBay, Selling preferences), or end the listing by hand: until then it still sells.',
      details: { preference: 'OutOfStockControlPreference' },
    },
  )

const dayMs = 86_400_000

/**
 * Whether a listing stays when nothing is left of it: a preference of the seller, off unless somebody turned it on. Looked
 * up once a day at most, before a zero is written. A yes is kept where tokens are, for which one process asks for all of
 * them; a no is not, so that turning it on helps at once.
 */
async function keepsSoldOut(context: AdapterContext, settings: Settings): Promise<boolean> {
  const yes = 'out-of-stock-control-on'
  const kept = await context.tokens.get('out-of-stock-control', async (previous) => {
    const { clock, log } = context
    try {
      const on = await preferenceOf(context, settings)
      return { value: on ? yes : 'out-of-stock-control-off', expiresAt: clock.now() + (on ? dayMs : 0) }
    } catch (error) {
      // What was so yesterday most likely is today; that zeros go out must not hang on a preference that cannot be read.
      if (previous?.value !== yes || isStockpoolError(error, 'auth')) throw error
      const { code } = toStockpoolError(error)
      log.info('the out-of-stock control of eBay could not be looked up; it was on a day ago', { code })
      return { value: yes, expiresAt: clock.now() + dayMs / 24 }
    }
  })
  return kept === yes
}

async function preferenceOf(context: AdapterContext, settings: Settings): Promise<boolean> {
  const { root } = await callTrading(context, settings, {
    name: 'GetUserPreferences',
    effect: 'read',
    priority: 9,
    members: { ShowOutOfStockControlPreference: true },
  })
  return textAt(root, 'OutOfStockControlPreference') === 'true'
}

async function write(
  context: AdapterContext,
  settings: Settings,
  targets: readonly ListingTarget[],
): Promise<readonly WriteResult[]> {
  const results = new Map<ListingTarget, WriteResult>()
  const failed = (target: ListingTarget, error: StockpoolError) =>
    results.set(target, { status: 'failed', error })
  const zeros = await refusalOfZeros(context, settings, targets)
  const inventory: InventoryRow[] = []
  const items: ItemRow[] = []
  for (const target of targets) {
    const key = keyOf(target.listing)
    if (target.place !== '') failed(target, placeRefused(target.place))
    else if (target.quantity === 0 && zeros !== null) failed(target, zeros)
    else if (key.api === 'trading') items.push({ key, target })
    else inventory.push({ sku: key.sku, target })
  }
  const [skus, numbers] = await Promise.all([
    writeInventory(context, settings, inventory),
    writeItems(context, settings, items),
  ])
  for (const [index, { target }] of inventory.entries()) results.set(target, skus[index] ?? lost(target))
  for (const [index, { target }] of items.entries()) results.set(target, numbers[index] ?? lost(target))
  return targets.map((target) => results.get(target) ?? lost(target))
}

const lost = ({ listing }: ListingTarget): WriteResult => ({
  status: 'failed',
  error: new StockpoolError('internal', `no result for ${listing}`),
})

/** Why no zero may be written now; `null` when one may. */
async function refusalOfZeros(
  context: AdapterContext,
  settings: Settings,
  targets: readonly ListingTarget[],
): Promise<StockpoolError | null> {
  if (targets.every(({ quantity }) => quantity > 0)) return null
  try {
    return (await keepsSoldOut(context, settings)) ? null : controlOff()
  } catch (error) {
    return toStockpoolError(error)
  }
}

async function read(
  context: AdapterContext,
  settings: Settings,
  refs: readonly ListingRef[],
  terms: ReadTerms = {},
): Promise<readonly ListingReading[]> {
  const asked = refs.filter(({ place }) => place === '').map(({ listing }) => keyOf(listing))
  const skus = asked.flatMap((key) => (key.api === 'inventory' ? [key.sku] : []))
  const items = asked.flatMap((key) => (key.api === 'trading' ? [key] : []))
  const [bySku, byItem] = await Promise.all([
    skus.length === 0 ? new Map<string, ListingReading>() : readInventory(context, settings, skus),
    readItems(context, settings, items, terms),
  ])
  const ofItems = new Map(items.map(({ item, sku }, index) => [itemListing(item, sku), byItem[index]]))
  return refs.map(({ listing, place }): ListingReading => {
    if (place !== '') return { status: 'failed', error: placeRefused(place) }
    const key = keyOf(listing)
    const reading = key.api === 'inventory' ? bySku.get(key.sku) : ofItems.get(itemListing(key.item, key.sku))
    return reading ?? { status: 'missing', detail: 'eBay has no such listing' }
  })
}

export function ebayListings(settings: Settings): EbayListings {
  return {
    // Full calls where there is one kind of listings alone.
    batch: settings.tradingItems === 'all' ? batches.trading : batches.inventory,
    compareAndSet: false,
    revisions,
    // Items of the Trading API are then read from its list of active ones: each by itself would use up its quota.
    readTogether: 5_000,
    write: (context, targets) =>
      targets.length === 0 ? Promise.resolve([]) : write(context, settings, targets),
    read: (context, refs, terms) => read(context, settings, refs, terms),
    list: (context, cursor) => listListings(context, settings, cursor),
  }
}
