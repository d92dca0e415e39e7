import type { AdapterContext } from '../../src/spec/context.ts'
import type { ListingReading } from '../../src/spec/listings.ts'
import { readBulk, runBulk, settledBulk } from './bulk.ts'
import type { WireBulkOperation } from './bulk-documents.ts'
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

/** A file that was begun longer ago tells too little of now: another is begun. */
const recentMs = 3_600_000

/**
 * The bulk operation of every item of the shop at a location. It is remembered until it was read: whoever was killed while waiting
 * for it, or could not wait any longer, finds it there. `null`: there is none in time.
 */
async function settledFile(shop: Shop, context: AdapterContext, location: string, name: string) {
  const before = (await context.memory.recall([name])).get(name)?.value
  const found = before === undefined ? null : await settledBulk(shop, context, before, lookAfterMs)
  if (found?.state === 'running') return null
  if (found?.state === 'done') {
    const { createdAt } = found.operation
    if (context.clock.now() - Date.parse(createdAt) <= recentMs) return found.operation
  }
  const begun = await runBulk(shop, context, bulkAvailableQuery(location))
  await context.memory.remember(new Map([[name, begun?.id ?? null]]))
  const settled = begun && (await settledBulk(shop, context, begun.id, lookAfterMs))
  return settled?.state === 'done' ? settled.operation : null
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
  const name = `bulk/available/${location}`
  const operation = await settledFile(shop, context, location, name)
  if (operation === null) return null
  const found = await readFile(context, operation, wanted)
  await context.memory.remember(new Map([[name, null]]))
  return found
}

async function readFile(
  context: AdapterContext,
  operation: WireBulkOperation,
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, ListingReading> | null> {
  const found = new Map<string, ListingReading>()
  for (let offset: number | null = 0; offset !== null; ) {
    const page = await readBulk(context, operation, offset)
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
