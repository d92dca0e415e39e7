import { StockpoolError } from '../../src/error.ts'
import type {
  AdapterContext,
  FulfillmentFacet,
  ProviderLocation,
  StockPage,
  StockReading,
} from '../../src/spec/index.ts'
import { send } from './client.ts'
import { stockDocument, warehousesDocument } from './documents.ts'
import { nextOf } from './find.ts'
import type { Settings } from './options.ts'
import type { WireProduct } from './wire.ts'

type Query = Parameters<FulfillmentFacet['stock']>[1]

/**
 * What ShipHero has free of a product at a warehouse: on hand, less what is allocated to orders, less what is owed to orders as
 * a backorder, less what the merchant keeps back (`reserve_inventory`, which ShipHero itself takes off before it tells a store).
 *
 * `available` is described in two ways, with and without the backorder, and the community says that it never holds `sell_ahead`
 * (community.shiphero.com/t/…/2893): so it only ever lowers the figure. The backorder is taken off so that every order which
 * ShipHero has taken in is off, whether or not it found stock for it. The number may be below zero.
 */
export function freeOf(product: WireProduct): number {
  const { on_hand: onHand, available } = product
  const owed = (product.allocated ?? 0) + (product.backorder ?? 0)
  const counted = onHand === null ? null : onHand - owed
  const told = available ?? counted
  if (told === null) {
    throw new StockpoolError('invalid_input', 'a product of ShipHero has no figure of its stock', {
      field: 'available',
      details: { sku: product.sku, warehouse: product.warehouse_id },
      retryable: true,
      remedy: 'Look at the product in ShipHero.',
    })
  }
  return Math.min(told, counted ?? told) - (product.reserve_inventory ?? 0)
}

/** The readings of one page. Rows of one SKU and warehouse are summed. */
export function readingsFrom(
  products: readonly WireProduct[],
  settings: Pick<Settings, 'warehouses'>,
  wanted: ReadonlySet<string> | null,
  asOf: number,
): StockReading[] {
  const found = new Map<string, { sku: string; location: string; quantity: number }>()
  for (const product of products) {
    const { sku, warehouse_id: location } = product
    if (!sku || !location || (wanted && !wanted.has(sku))) continue
    if (settings.warehouses && !settings.warehouses.includes(location)) continue
    const key = JSON.stringify([sku, location])
    const quantity = freeOf(product) + (found.get(key)?.quantity ?? 0)
    found.set(key, { sku, location, quantity })
  }
  return [...found.values()].map((row) => ({ ...row, basis: 'available' as const, asOf }))
}

/** One page of the stock, by warehouse. ShipHero narrows to one SKU; more than one are picked from all. */
export async function readStock(
  context: AdapterContext,
  settings: Settings,
  { skus, cursor }: Query,
): Promise<StockPage> {
  const [only] = skus?.length === 1 ? skus : []
  const variables = { sku: only ?? null, after: cursor, customer: settings.customer }
  const { data, asOf } = await send(context, settings, stockDocument, variables)
  const page = data.warehouse_products.data
  const readings = readingsFrom(page.nodes, settings, skus && new Set(skus), asOf)
  return { readings, cursor: nextOf(page, cursor) }
}

const countryOf = (words: string | null | undefined) => {
  const code = words?.trim().toUpperCase() ?? ''
  if (/^[A-Z]{2}$/.test(code)) return code
  const known: Readonly<Record<string, string>> = {
    USA: 'US',
    'UNITED STATES': 'US',
    CANADA: 'CA',
    'UNITED KINGDOM': 'GB',
    AUSTRALIA: 'AU',
  }
  return known[code] ?? null
}

/** The account's warehouses, or those of the `warehouses` option. */
export async function readLocations(
  context: AdapterContext,
  settings: Settings,
): Promise<ProviderLocation[]> {
  const { data } = await send(context, settings, warehousesDocument, {})
  return (data.account.data?.warehouses ?? [])
    .filter(({ id }) => settings.warehouses?.includes(id) ?? true)
    .map(({ id, identifier, address }) => ({
      id,
      name: [identifier, address?.name].filter((each) => each).join(', ') || id,
      country: countryOf(address?.country),
      postalCode: address?.zip ?? null,
    }))
}
