import type { AdapterContext } from '../../src/spec/context.ts'
import type { ListingReading } from '../../src/spec/listings.ts'
import { readBulk, runBulk, settledBulk } from './bulk.ts'
import type { Shop } from './options.ts'
import { bulkAvailableQuery } from './order-fields.ts'
import { ItemAtPlace } from './wire.ts'

/** Waits between looks at the operation, in milliseconds: about ten minutes in all, for a shop of a million items. */
const lookAfterMs = [1000, 2000, 4000, 8000, 15_000, 30_000, ...Array.from({ length: 9 }, () => 60_000)]

export function readingOf(item: ItemAtPlace | null): ListingReading {
  if (item?.id === undefined) return { status: 'missing', detail: 'the shop has no such inventory item' }
  if (item.tracked === false) return { status: 'missing', detail: 'Shopify does not track its quantity' }
  const available = item.inventoryLevel?.quantities.find(({ name }) => name === 'available')
  if (!available) return { status: 'missing', detail: 'not stocked at this location' }
  return { status: 'shown', quantity: available.quantity }
}

/**
 * What these items have at a location, by a file of every item of the shop. `null`: there is no such file in time.
 * An item that the file does not have, the shop has not.
 */
export async function availableByFile(
  shop: Shop,
  context: AdapterContext,
  location: string,
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, ListingReading> | null> {
  const begun = await runBulk(shop, context, bulkAvailableQuery(location))
  const settled = begun && (await settledBulk(shop, context, begun.id, lookAfterMs))
  if (settled?.state !== 'done') return null
  const found = new Map<string, ListingReading>()
  for (let offset: number | null = 0; offset !== null; ) {
    const page = await readBulk(context, settled.operation, offset)
    if (page === null) return null
    const { rows, next } = page
    for (const each of rows) {
      const item = 'row' in each ? ItemAtPlace.safeParse(each.row).data : undefined
      if (item?.id !== undefined && wanted.has(item.id)) found.set(item.id, readingOf(item))
    }
    offset = next
  }
  return found
}
