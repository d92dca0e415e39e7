import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { AdapterContext, Remembered } from '../../src/spec/index.ts'
import { type EbayRequest, send } from './client.ts'
import type { Settings } from './options.ts'
import { OffersAnswer, type WireOffer } from './wire-stock.ts'

// eBay has no list of all offers: they are asked for SKU by SKU, one a call, where everything else goes 25 a call. So the
// ids of a SKU's offers are remembered, and a push of many numbers needs none of these calls.

const dayMs = 86_400_000
/**
 * An offer that is published meanwhile is found within one to two days; until then the item's own number holds it back. By the SKU, so
 * that what was learned in one first push is not all asked for again in one later.
 */
const trustedMs = (sku: string): number =>
  dayMs * (1 + createHash('sha256').update(sku).digest().readUInt32BE() / 2 ** 32)
const apartMs = 7 * dayMs

export const isPublished = ({ status, listing }: WireOffer): boolean =>
  status === 'PUBLISHED' && listing?.listingStatus !== 'ENDED'

export const offersRequest = (sku: string, priority?: number): EbayRequest<z.infer<typeof OffersAnswer>> => ({
  operation: 'getOffers',
  bucket: 'inventory',
  effect: 'read',
  method: 'GET',
  path: '/sell/inventory/v1/offer',
  query: { sku, limit: 100 },
  ...(priority === undefined ? {} : { priority }),
  schema: OffersAnswer,
})

/** The offers of a SKU that are published. @throws StockpoolError one of `absent` when there are none at all */
export async function offersOf(
  context: AdapterContext,
  settings: Settings,
  sku: string,
  priority?: number,
): Promise<readonly WireOffer[]> {
  const { data } = await send(context, settings, offersRequest(sku, priority))
  return (data.offers ?? []).filter(isPublished)
}

/** Numbers of item and offers differ: what the item says is not what is on sale, so the offers are asked for each time. */
const apart = 'apart'

/** What is remembered of a SKU's offers: their ids, or that their numbers cannot be told from the item's. */
export type Known = readonly string[] | typeof apart

const nameOf = (sku: string) => `offers/${sku}`
const Ids = z.array(z.string()).min(1)

function knownOf(sku: string, { value, at }: Remembered, now: number): Known | null {
  if (value === apart) return now - at < apartMs ? apart : null
  return now - at < trustedMs(sku) ? (Ids.safeParse(JSON.parse(value)).data ?? null) : null
}

/** What is known of the offers of each SKU, and not too long ago. */
export async function knownOffers(
  context: AdapterContext,
  skus: readonly string[],
): Promise<ReadonlyMap<string, Known>> {
  const remembered = await context.memory.recall(skus.map(nameOf))
  const now = context.clock.now()
  return new Map(
    skus.flatMap((sku) => {
      const one = remembered.get(nameOf(sku))
      const known = one ? knownOf(sku, one, now) : null
      return known === null ? [] : [[sku, known] as const]
    }),
  )
}

/**
 * Remembers what was seen of the offers. eBay does not say whether a sale comes off the item's number as it comes off the
 * offer's: where the two were seen to differ, the item's is not believed for a week.
 */
export async function rememberOffers(
  context: AdapterContext,
  seen: ReadonlyMap<string, { readonly quantity: number | null; readonly offers: readonly WireOffer[] }>,
  before: ReadonlyMap<string, Known>,
): Promise<void> {
  const learned = new Map<string, string>()
  for (const [sku, { quantity, offers }] of seen) {
    // An offer without a number of its own offers the item's.
    const same = offers.every(({ availableQuantity }) => (availableQuantity ?? quantity) === quantity)
    if (!same) learned.set(nameOf(sku), apart)
    else if (before.get(sku) !== apart)
      learned.set(nameOf(sku), JSON.stringify(offers.map(({ offerId }) => offerId)))
  }
  await context.memory.remember(learned)
}

/** Forgets the offers of these SKUs, of which one proved to be gone. */
export const forgetOffers = (context: AdapterContext, skus: readonly string[]): Promise<void> =>
  context.memory.remember(new Map(skus.map((sku) => [nameOf(sku), null])))
