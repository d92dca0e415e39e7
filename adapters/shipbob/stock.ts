import { StockpoolError } from '../../src/error.ts'
import { serverMoment } from '../../src/http/index.ts'
import type {
  AdapterContext,
  FulfillmentFacet,
  ProviderLocation,
  StockPage,
  StockReading,
} from '../../src/spec/index.ts'
import { send } from './call.ts'
import type { Settings } from './options.ts'
import { WireLocations, WireStockPage } from './wire.ts'

type Query = Parameters<FulfillmentFacet['stock']>[1]

const pageSize = 250

/**
 * The readings of one page. The number is `fulfillable_quantity`: on hand minus committed. Not `sellable`, which adds
 * what has not arrived yet. Rows of one SKU are summed: ShipBob has a second inventory item for it when a product was
 * made twice and not merged.
 */
export function readingsFrom(
  page: WireStockPage,
  settings: Pick<Settings, 'locations' | 'inventorySkus'>,
  wanted: ReadonlySet<string> | null,
  asOf: number,
): StockReading[] {
  const found = new Map<string, Map<string, number>>()
  for (const item of page.items) {
    const sku = settings.inventorySkus[item.inventory_id] ?? item.sku
    if (!sku || (wanted && !wanted.has(sku))) continue
    const places = found.get(sku) ?? new Map((settings.locations ?? []).map((place) => [place, 0]))
    found.set(sku, places)
    for (const { location_id: id, fulfillable_quantity: quantity } of item.locations) {
      const place = String(id)
      if (settings.locations && !settings.locations.includes(place)) continue
      places.set(place, (places.get(place) ?? 0) + Math.max(0, quantity))
    }
  }
  return [...found].flatMap(([sku, places]) =>
    [...places].map(([location, quantity]) => ({
      sku,
      location,
      quantity,
      basis: 'available' as const,
      asOf,
    })),
  )
}

/** The query of the `next` address. Only its query is used: the address may name another host than ours. */
export function nextQuery(next: string | null): string | null {
  if (!next) return null
  const mark = next.indexOf('?')
  return mark < 0 ? null : new URLSearchParams(next.slice(mark + 1)).toString() || null
}

function queryOf({ skus, cursor }: Query): Record<string, string | number> {
  if (cursor !== null) return Object.fromEntries(new URLSearchParams(cursor))
  // ShipBob's search finds parts of an SKU, in any case: it can narrow to one, what it finds is filtered exactly.
  const [only] = skus?.length === 1 ? skus : []
  return { PageSize: pageSize, ...(only === undefined ? {} : { SearchBy: only }) }
}

/** One page of the stock, by location. */
export async function readStock(
  context: AdapterContext,
  settings: Settings,
  query: Query,
): Promise<StockPage> {
  const startedAt = Math.floor(context.clock.now())
  // An SKU that ShipBob knows under another name is not found by a search for ours.
  const renamed = new Set(Object.values(settings.inventorySkus))
  const narrowed =
    query.skus?.some((sku) => renamed.has(sku)) && query.cursor === null ? { ...query, skus: null } : query
  const { data, headers } = await send(context, settings, {
    operation: 'getInventoryLevelsByLocation',
    method: 'GET',
    path: '/inventory-level/locations',
    effect: 'read',
    query: queryOf(narrowed),
    schema: WireStockPage,
  })
  const asOf = serverMoment({ startedAt, endedAt: context.clock.now() }, headers)
  const next = nextQuery(data.next)
  const readings = readingsFrom(data, settings, query.skus && new Set(query.skus), asOf)
  // It is not the last page then, and what is missing is not absent.
  if (data.next && (next === null || next === query.cursor)) {
    throw new StockpoolError('unavailable', 'ShipBob names no other page as the next one of its stock')
  }
  return { readings, cursor: next }
}

const countryOf = (words: string | null | undefined) => {
  const code = words?.trim().toUpperCase() ?? ''
  if (/^[A-Z]{2}$/.test(code)) return code
  return (
    (
      { USA: 'US', 'UNITED STATES': 'US', CANADA: 'CA', 'UNITED KINGDOM': 'GB', AUSTRALIA: 'AU' } as Record<
        string,
        string
      >
    )[code] ?? null
  )
}

/** The active locations this account may use, or those of the `locations` option. */
export async function readLocations(
  context: AdapterContext,
  settings: Settings,
): Promise<ProviderLocation[]> {
  const { data } = await send(context, settings, {
    operation: 'getLocations',
    method: 'GET',
    path: '/location',
    effect: 'read',
    query: { AccessGranted: true },
    schema: WireLocations,
  })
  return data
    .filter(
      ({ id, is_active: active }) => active !== false && (settings.locations?.includes(String(id)) ?? true),
    )
    .map(({ id, name, services }) => {
      const address = services.map((service) => service.address).find((each) => each !== null)
      return {
        id: String(id),
        name: name ?? String(id),
        country: countryOf(address?.country),
        postalCode: address?.zip_code ?? null,
      }
    })
}
