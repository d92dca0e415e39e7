import { readRow } from '../../src/http/index.ts'
import { ListingId } from '../../src/model/ids.ts'
import { type Money, moneyFromDecimal } from '../../src/model/money.ts'
import {
  ChannelOrder,
  type ChannelOrderInput,
  type FulfilledBy,
  type OrderStatus,
  type PaymentStatus,
} from '../../src/model/order.ts'
import type { ServiceLevel } from '../../src/model/service-level.ts'
import { type WireAddress, type WireItem, WireOrder } from './wire.ts'

/** A request of the buyer's to cancel, as the cancellations tell it. */
export interface Wish {
  readonly reason: string | null
  /** Epoch milliseconds. */
  readonly respondBy: number | null
}

const statuses: Readonly<Record<string, OrderStatus>> = {
  UNPAID: 'pending',
  // Paid, but the buyer may still cancel without being asked: reserved, and kept from the warehouse.
  ON_HOLD: 'on_hold',
  AWAITING_SHIPMENT: 'open',
  PARTIALLY_SHIPPING: 'partially_shipped',
  IN_TRANSIT: 'shipped',
  DELIVERED: 'delivered',
  COMPLETED: 'delivered',
  CANCELLED: 'cancelled',
}

/**
 * Where an order, or one of its items, stands. `AWAITING_COLLECTION` means two things: the seller has told the tracking of
 * a parcel that left, or a label of TikTok's was bought and the carrier has yet to come. A label is no shipment, and
 * whoever bought it has taken the order on: it waits, and no warehouse is asked again.
 */
export function statusOf(raw: string, shippingType: string | null | undefined): OrderStatus {
  if (raw === 'AWAITING_COLLECTION') return shippingType === 'TIKTOK' ? 'on_hold' : 'shipped'
  return statuses[raw] ?? 'unknown'
}

/** Only what TikTok says is the seller's is the seller's: FULFILLMENT_BY_TIKTOK, and whatever else it adds, is not. */
export function fulfilledByOf(type: string | null | undefined): FulfilledBy {
  return type == null || type === '' || type === 'FULFILLMENT_BY_SELLER' ? 'merchant' : 'platform'
}

/** "Express" promises no day. */
export function serviceLevelOf(name: string | null | undefined): ServiceLevel | null {
  const word = name?.trim().toLowerCase()
  if (word === 'economy shipping') return 'economy'
  return word === 'standard shipping' ? 'standard' : null
}

/** Seconds since 1970 as an instant; 0 and absent are none. */
export function instantOf(seconds: number | null | undefined): string | null {
  if (seconds == null || seconds <= 0) return null
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}

export function moneyOf(
  amount: string | null | undefined,
  currency: string | null | undefined,
): Money | null {
  if (amount == null || amount === '' || currency == null) return null
  try {
    return moneyFromDecimal(amount, currency)
  } catch {
    return null
  }
}

/** TikTok hides parts of a buyer with stars. A masked name is none: nobody should print `J***` on a label. */
function given(value: string | null | undefined): string | null {
  return value == null || value.trim() === '' || value.includes('*') ? null : value
}

function districtOf(wire: WireAddress, level: RegExp): string | null {
  const found = wire.district_info?.find(({ address_level_name }) => level.test(address_level_name ?? ''))
  return given(found?.address_name)
}

function addressOf(wire: WireOrder['recipient_address']): ChannelOrderInput['shipTo'] {
  if (!wire) return null
  const country = wire.region_code?.trim().toUpperCase() ?? ''
  const rest = [given(wire.address_line3), given(wire.address_line4)].filter((line) => line !== null)
  return {
    name: given(wire.name),
    company: null,
    line1: given(wire.address_line1),
    line2: given(wire.address_line2),
    line3: rest.length > 0 ? rest.join(', ') : null,
    city:
      given(wire.post_town) ?? districtOf(wire, /city/i) ?? districtOf(wire, /town|municipality|district/i),
    region: districtOf(wire, /state|province|prefecture|region|county/i),
    postalCode: given(wire.postal_code),
    country: /^[A-Z]{2}$/.test(country) ? country : null,
    phone: given(wire.phone_number),
  }
}

/** The email is an alias of TikTok's. */
function buyerOf({ user_id, buyer_email }: WireOrder): ChannelOrderInput['buyer'] {
  const [id, email] = [given(user_id), given(buyer_email)]
  return id === null && email === null ? null : { id, name: null, email, phone: null }
}

function paymentOf(wire: WireOrder): PaymentStatus {
  if (wire.status === 'UNPAID') return 'pending'
  // What became of the money of a cancelled order, the order does not say.
  if (wire.status === 'CANCELLED') return 'unknown'
  if (instantOf(wire.paid_time) !== null) return 'paid'
  return wire.is_cod ? 'authorized' : 'unknown'
}

/** Items by what they are of: one item is one unit, and a line is so many of one SKU. */
export function bySku<Item extends { readonly sku_id: string }>(items: readonly Item[]): Map<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) groups.set(item.sku_id, [...(groups.get(item.sku_id) ?? []), item])
  return groups
}

function sum(amounts: readonly (Money | null)[]): Money | null {
  const known = amounts.filter((amount) => amount !== null)
  const [first] = known
  if (!first) return null
  return { currency: first.currency, amount: known.reduce((total, { amount }) => total + amount, 0) }
}

/** One price for all units, or none: what was bought at several prices has no price of one unit. */
function unitPrice(prices: readonly (Money | null)[]): Money | null {
  const [first] = prices
  return first && prices.every((price) => price?.amount === first.amount) ? first : null
}

function lineOf(
  wire: WireOrder,
  skuId: string,
  items: readonly WireItem[],
): ChannelOrderInput['lines'][number] {
  const [first] = items
  const currency = wire.payment?.currency
  const money = (pick: (item: WireItem) => string | null | undefined) =>
    items.map((item) => moneyOf(pick(item), item.currency ?? currency))
  const statusesOf = items.map((item) => statusOf(item.display_status || wire.status, wire.shipping_type))
  const count = (...wanted: readonly OrderStatus[]) =>
    statusesOf.filter((status) => wanted.includes(status)).length
  const taxes = [
    ...Map.groupBy(
      items.flatMap((item) => item.item_tax ?? []),
      ({ tax_type }) => tax_type ?? '',
    ),
  ]
  const discount = sum([...money((item) => item.seller_discount), ...money((item) => item.platform_discount)])
  const listing = ListingId.safeParse(skuId)
  const name = [first?.product_name, first?.sku_name].filter((part) => part != null && part !== '')
  return {
    id: skuId,
    listing: listing.success ? listing.data : null,
    channelSku: first?.seller_sku ?? null,
    title: name.join(', '),
    fulfilledBy: fulfilledByOf(wire.fulfillment_type),
    price: unitPrice(money((item) => item.original_price)),
    discount: discount && discount.amount > 0 ? discount : null,
    taxes: taxes.flatMap(([type, each]) => {
      const amount = sum(each.map(({ tax_amount }) => moneyOf(tax_amount, currency)))
      // TikTok collects it and pays it over: it is the marketplace facilitator.
      return amount === null || amount.amount === 0
        ? []
        : [{ amount, collectedBy: 'platform' as const, title: type }]
    }),
    ordered: items.length,
    cancelled:
      wire.status === 'CANCELLED' ? items.length - count('shipped', 'delivered') : count('cancelled'),
    shipped: count('shipped', 'delivered'),
  }
}

function programsOf(wire: WireOrder): string[] {
  const { order_type, fast_delivery_program } = wire
  return [
    ...(order_type && order_type !== 'NORMAL' ? [order_type] : []),
    ...(fast_delivery_program ? [fast_delivery_program] : []),
    ...(wire.is_sample_order ? ['SAMPLE'] : []),
    ...(wire.is_replacement_order ? ['REPLACEMENT'] : []),
    ...(wire.is_exchange_order ? ['EXCHANGE'] : []),
    ...(wire.is_cod ? ['COD'] : []),
  ]
}

function cancelRequestOf(wire: WireOrder, wish: Wish | undefined): ChannelOrderInput['cancelRequested'] {
  if (!wire.is_buyer_request_cancel || wire.status === 'CANCELLED') return null
  return {
    at: instantOf(wire.request_cancel_time),
    reason: wish?.reason ?? given(wire.cancel_reason),
    respondBy: wish?.respondBy == null ? null : new Date(wish.respondBy).toISOString(),
  }
}

/** The id of an order, `null` when not even that can be read. */
export function orderIdOf(raw: unknown): string | null {
  const id = (raw as { readonly id?: unknown } | null | undefined)?.id
  return WireOrder.shape.id.safeParse(id).data ?? null
}

/** Whether a buyer's request to cancel waits for an answer. */
export function asksToCancel(raw: unknown): boolean {
  return (
    (raw as { readonly is_buyer_request_cancel?: unknown } | null | undefined)?.is_buyer_request_cancel ===
    true
  )
}

/**
 * An order of Get Order List or Get Order Detail (202309) as stockpool knows it. Unknown statuses become `unknown` and are
 * kept as they came; masked and missing parts of a buyer become `null`.
 * @throws StockpoolError `invalid_input` when it lacks what the model requires.
 */
export function toChannelOrder(raw: unknown, wish?: Wish): ChannelOrder {
  const named = { what: 'an order of TikTok Shop', details: { order: orderIdOf(raw) } }
  const wire = readRow(WireOrder, raw, named)
  const currency = wire.payment?.currency ?? null
  const order = {
    id: wire.id,
    number: wire.id,
    status: statusOf(wire.status, wire.shipping_type),
    rawStatus: wire.status,
    payment: paymentOf(wire),
    placedAt: instantOf(wire.create_time) ?? '',
    updatedAt: instantOf(Math.max(wire.update_time, wire.create_time)) ?? '',
    fulfilledBy: fulfilledByOf(wire.fulfillment_type),
    serviceLevel: serviceLevelOf(wire.delivery_option_name),
    rawServiceLevel: given(wire.delivery_option_name),
    shipBy: instantOf(wire.rts_sla_time) ?? instantOf(wire.shipping_due_time) ?? instantOf(wire.tts_sla_time),
    deliverBy: instantOf(wire.delivery_sla_time),
    currency,
    total: moneyOf(wire.payment?.total_amount, currency),
    programs: programsOf(wire),
    cancelRequested: cancelRequestOf(wire, wish),
    buyer: buyerOf(wire),
    shipTo: addressOf(wire.recipient_address),
    lines: [...bySku(wire.line_items)].map(([skuId, items]) => lineOf(wire, skuId, items)),
    raw,
  } satisfies ChannelOrderInput
  return readRow(ChannelOrder, order, named)
}
