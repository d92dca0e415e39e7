import type {
  AdapterContext,
  FulfillmentFacet,
  ProviderLocation,
  StockPage,
  StockReading,
} from '../../src/spec/index.ts'
import { momentOf, send } from './call.ts'
import type { Settings } from './options.ts'
import { WireInventory, WireWarehouses } from './wire.ts'

type Query = Parameters<FulfillmentFacet['stock']>[1]

/**
 * The readings: `qty_available` of each warehouse, which has accepted orders taken off. Not `qty_expected`, `qty_processed`
 * and `qty_putaway`: inbound goods count once their delivery is committed, and are in `qty_available` then. Not
 * `qty_advertised` either: it adds what could be assembled from components that are themselves for sale.
 */
export function readingsFrom(
  inventory: WireInventory,
  warehouses: readonly string[] | null,
  wanted: ReadonlySet<string> | null,
  asOf: number,
): StockReading[] {
  const readings: StockReading[] = []
  for (const { sku, detailed } of inventory) {
    // A database may find SKUs in any case.
    if (wanted !== null && !wanted.has(sku)) continue
    const places = new Map((warehouses ?? []).map((place) => [place, 0]))
    for (const { warehouse_id: place, qty_available: quantity } of detailed)
      if (warehouses === null || warehouses.includes(place)) places.set(place, quantity)
    for (const [location, quantity] of places)
      readings.push({ sku, location, quantity, basis: 'available', asOf })
  }
  return readings
}

/** All the stock in one page: `inventory.detailed` has no pages. */
export async function readStock(
  context: AdapterContext,
  settings: Settings,
  { skus }: Query,
): Promise<StockPage> {
  // An empty list would be taken for "all".
  if (skus?.length === 0) return { readings: [], cursor: null }
  const startedAt = context.clock.now()
  const { data, headers } = await send(context, settings, {
    method: 'inventory.detailed',
    args: [skus],
    effect: 'read',
    schema: WireInventory,
  })
  const asOf = momentOf(startedAt, context.clock.now(), headers)
  return { readings: readingsFrom(data, settings.warehouses, skus && new Set(skus), asOf), cursor: null }
}

/** The active warehouses, or those of the `warehouses` option. */
export async function readLocations(
  context: AdapterContext,
  settings: Settings,
): Promise<ProviderLocation[]> {
  const { data } = await send(context, settings, {
    method: 'warehouse.list',
    args: [],
    effect: 'read',
    schema: WireWarehouses,
  })
  return data
    .filter(({ warehouse_id: id, is_active: active }) => settings.warehouses?.includes(id) ?? active)
    .map(({ warehouse_id: id, name, address }) => ({
      id,
      name: name ?? id,
      country: /^[A-Z]{2}$/.test(address?.country ?? '') ? (address?.country ?? null) : null,
      postalCode: address?.postcode ?? null,
    }))
}
