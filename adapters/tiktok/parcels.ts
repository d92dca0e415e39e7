import { StockpoolError } from '../../src/error.ts'
import { carrierFrom } from '../../src/model/carrier.ts'
import type { AdapterContext, ShipmentNotice } from '../../src/spec/index.ts'
import { id, send } from './client.ts'
import { refuse } from './errors.ts'
import type { Settings } from './options.ts'
import { bySku, statusOf } from './order.ts'
import { OptionList, ProviderList, type WireItem, type WireParcels } from './wire.ts'

/** A parcel that TikTok has of an order. */
export interface Package {
  readonly id: string
  readonly tracking: string
  readonly items: readonly WireItem[]
}

const plain = (value: string | null | undefined) => (value ?? '').replace(/[\s-]/g, '').toUpperCase()

/** The parcels of an order that have a tracking number. */
export function packagesOf(order: WireParcels): readonly Package[] {
  const groups = Map.groupBy(
    order.line_items.filter(({ package_id, tracking_number }) => package_id && plain(tracking_number) !== ''),
    ({ package_id }) => package_id ?? '',
  )
  return [...groups].map(([packageId, items]) => ({
    id: packageId,
    tracking: plain(items[0]?.tracking_number),
    items,
  }))
}

/** The parcel that carries this tracking number already, whoever told TikTok of it; not one that is another parcel's. */
export function packageOf(order: WireParcels, notice: ShipmentNotice): Package | null {
  const wanted = plain(notice.trackingNumber)
  if (wanted === '') return null
  return (
    packagesOf(order).find((each) => each.tracking === wanted && !notice.others?.includes(each.id)) ?? null
  )
}

const shippable = (raw: string, order: WireParcels) =>
  ['open', 'partially_shipped'].includes(statusOf(raw, order.shipping_type))

/** Whether an item may still go into a parcel: an order on hold may not, although its items await shipment. */
export function isOpen(order: WireParcels, item: WireItem): boolean {
  const waits = shippable(order.status, order) && shippable(item.display_status || order.status, order)
  return waits && plain(item.tracking_number) === '' && item.package_status !== 'CANCELLED'
}

/**
 * Which items a parcel holds: so many units of a line are so many items of its SKU. Items of one package of TikTok's first, so
 * that no more packages are touched than must be.
 * @throws StockpoolError `rejected` when fewer are left than the parcel is said to hold.
 */
export function itemsOf(
  order: WireParcels,
  lines: readonly { readonly line: string; readonly quantity: number }[],
): readonly WireItem[] {
  const open = bySku(order.line_items.filter((item) => isOpen(order, item)))
  return lines.flatMap(({ line, quantity }) => {
    const items = (open.get(line) ?? []).toSorted((one, other) =>
      (one.package_id ?? '').localeCompare(other.package_id ?? ''),
    )
    if (items.length >= quantity) return items.slice(0, quantity)
    throw new StockpoolError(
      'rejected',
      `TikTok has ${items.length} of SKU ${line} left to ship, not ${quantity} (the order is ${order.status})`,
      {
        field: 'lines',
        remedy: 'Look at the order in Seller Center: it may be cancelled, on hold or shipped by hand.',
      },
    )
  })
}

interface Provider {
  readonly id: string
  readonly name: string
}

async function providersOf(
  context: AdapterContext,
  settings: Settings,
  option: string,
): Promise<readonly Provider[]> {
  const { data } = await send(context, settings, {
    operation: 'GetShippingProviders',
    effect: 'read',
    method: 'GET',
    path: `/logistics/202309/delivery_options/${id(option, 'delivery_option_id')}/shipping_providers`,
    schema: ProviderList,
  })
  return data.shipping_providers ?? []
}

/** The order names its delivery option; if not, its warehouse has one for parcels that the seller sends. */
async function optionOf(context: AdapterContext, settings: Settings, order: WireParcels): Promise<string> {
  if (order.delivery_option_id) return order.delivery_option_id
  const { data } = await send(context, settings, {
    operation: 'GetWarehouseDeliveryOptions',
    effect: 'read',
    method: 'GET',
    path: `/logistics/202309/warehouses/${id(order.warehouse_id ?? '', 'warehouse_id')}/delivery_options`,
    schema: OptionList,
  })
  const own = data.delivery_options?.find(({ type }) => type === 'SEND_BY_SELLER')
  if (own) return own.id
  throw refuse(
    'rejected',
    'carrier',
    "the order's warehouse has no delivery option for parcels of the seller's",
    'Enable shipping by seller in Seller Center.',
  )
}

/**
 * TikTok's id of a carrier: no free text, and another list for each delivery option.
 * @throws StockpoolError `invalid_input` naming what there is to choose from.
 */
export async function providerOf(
  context: AdapterContext,
  settings: Settings,
  order: WireParcels,
  { carrier, carrierName }: Pick<ShipmentNotice, 'carrier' | 'carrierName'>,
): Promise<string> {
  const named = [carrier, carrierName].flatMap((name) => (name === null ? [] : [settings.carriers[name]]))
  const [chosen] = named.filter((each) => each !== undefined)
  if (chosen !== undefined) return chosen
  const providers = await providersOf(context, settings, await optionOf(context, settings, order))
  const code = carrier ?? carrierFrom(carrierName ?? '')?.code ?? null
  const found =
    providers.find(({ name }) => code !== null && carrierFrom(name)?.code === code) ??
    providers.find(({ name }) => carrierName !== null && plain(name) === plain(carrierName))
  if (found) return found.id
  const names = providers.map(({ name }) => name).join(', ')
  throw refuse(
    'invalid_input',
    'carrier',
    `TikTok has no carrier ${carrierName ?? carrier ?? 'without a name'} for this order; it has: ${names}`,
    "Name the carrier's shipping provider id in `carriers`.",
  )
}
