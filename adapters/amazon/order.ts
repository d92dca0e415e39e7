import { readRow } from '../../src/http/index.ts'
import { Instant, ListingId } from '../../src/model/ids.ts'
import { type Money, moneyFromDecimal } from '../../src/model/money.ts'
import {
  ChannelOrder,
  type ChannelOrderInput,
  type FulfilledBy,
  type OrderStatus,
  type PaymentStatus,
} from '../../src/model/order.ts'
import type { ServiceLevel } from '../../src/model/service-level.ts'
import { type WireAddress, type WireItem, type WireMoney, WireOrder } from './wire.ts'

/**
 * Statuses of Orders v2026-01-01 and, spelled differently, of v0 and of ORDER_CHANGE notifications ("Canceled" with
 * one l; InvoiceUnconfirmed, which has no 2026 twin and means shipped), in one table. Keys have neither case nor
 * underscores.
 */
const statuses: Readonly<Record<string, OrderStatus>> = {
  pendingavailability: 'pending',
  pending: 'pending',
  unshipped: 'open',
  partiallyshipped: 'partially_shipped',
  shipped: 'shipped',
  invoiceunconfirmed: 'shipped',
  canceled: 'cancelled',
  cancelled: 'cancelled',
  // Only orders that Amazon fulfils for other shops have it: a person must look, none of the merchant's stock is bound.
  unfulfillable: 'on_hold',
}

/**
 * Fulfillment service levels. Amazon sells EXPEDITED as two days and PRIORITY as one in its own shipping; SCHEDULED
 * names no speed, the deliver-by window does.
 */
const serviceLevels: Readonly<Record<string, ServiceLevel>> = {
  freeeconomy: 'economy',
  standard: 'standard',
  expedited: 'two-day',
  secondday: 'two-day',
  priority: 'next-day',
  nextday: 'next-day',
  sameday: 'same-day',
}

const plain = (word: string) => word.toLowerCase().replaceAll('_', '')

/** @example statusOf('PARTIALLY_SHIPPED') // 'partially_shipped' */
export function statusOf(raw: string): OrderStatus {
  return statuses[plain(raw)] ?? 'unknown'
}

/** @example serviceLevelOf('SECOND_DAY') // 'two-day' */
export function serviceLevelOf(raw: string | null | undefined): ServiceLevel | null {
  return raw == null ? null : (serviceLevels[plain(raw)] ?? null)
}

/** AFN in v0's words, AMAZON in those of 2026. */
export function fulfilledByOf(raw: string | null | undefined): FulfilledBy {
  return raw != null && ['amazon', 'afn'].includes(plain(raw)) ? 'platform' : 'merchant'
}

/** An instant, or `null` for an absent or unreadable one: a bad window must not cost the order. */
function instantOf(raw: string | null | undefined): string | null {
  const parsed = Instant.safeParse(raw)
  return parsed.success ? parsed.data : null
}

function moneyOf(raw: WireMoney): Money | null {
  if (raw?.amount == null || raw.currencyCode == null) return null
  try {
    return moneyFromDecimal(raw.amount, raw.currencyCode)
  } catch {
    return null
  }
}

/** Amazon leaves absent parts out, or sends them empty. */
const given = (value: string | null | undefined) => (value == null || value.trim() === '' ? null : value)

function countryOf(raw: string | null | undefined): string | null {
  const code = raw?.trim().toUpperCase() ?? ''
  return /^[A-Z]{2}$/.test(code) ? code : null
}

function addressOf(wire: WireAddress | null | undefined): ChannelOrderInput['shipTo'] {
  if (!wire) return null
  return {
    name: given(wire.name),
    company: given(wire.companyName),
    line1: given(wire.addressLine1),
    line2: given(wire.addressLine2),
    line3: given(wire.addressLine3),
    city: given(wire.city) ?? given(wire.municipality),
    region: given(wire.stateOrRegion) ?? given(wire.districtOrCounty),
    postalCode: given(wire.postalCode),
    country: countryOf(wire.countryCode),
    phone: given(wire.phone),
  }
}

/** The buyer's email is an alias of Amazon's. Without the role the fields are missing, with no error (amzn/selling-partner-api-models#5300). */
function buyerOf(wire: WireOrder['buyer']): ChannelOrderInput['buyer'] {
  const name = given(wire?.buyerName)
  const email = given(wire?.buyerEmail)
  return name === null && email === null ? null : { id: null, name, email, phone: null }
}

/**
 * Units that will never ship. Amazon gives no such number: it is what was ordered and is neither shipped nor waiting
 * any more. Not while the order is pending, when nothing counts as waiting yet although all of it is.
 */
export function cancelledUnits(item: WireItem, status: OrderStatus): number {
  const shipped = Math.min(item.fulfillment?.quantityFulfilled ?? 0, item.quantityOrdered)
  if (status === 'cancelled') return item.quantityOrdered - shipped
  const waiting = item.fulfillment?.quantityUnfulfilled
  if (waiting == null || status === 'pending' || status === 'unknown') return 0
  return Math.max(0, item.quantityOrdered - shipped - waiting)
}

function breakdownOf(item: WireItem, type: string): Money | null {
  const found = item.proceeds?.breakdowns?.find((each) => each.type === type)
  return moneyOf(found?.subtotal)
}

const positive = (money: Money | null) =>
  money === null ? null : { ...money, amount: Math.abs(money.amount) }

function lineOf(item: WireItem, status: OrderStatus, by: FulfilledBy): ChannelOrderInput['lines'][number] {
  const sku = item.product?.sellerSku
  const listing = ListingId.safeParse(sku)
  const tax = breakdownOf(item, 'TAX')
  const cancelled = cancelledUnits(item, status)
  const facilitated = item.tax?.taxCollections?.some(({ model }) => model === 'MARKETPLACE_FACILITATOR')
  return {
    id: item.orderItemId,
    listing: listing.success ? listing.data : null,
    channelSku: sku ?? null,
    title: item.product?.title ?? '',
    fulfilledBy: by,
    price: moneyOf(item.product?.price?.unitPrice),
    discount: positive(breakdownOf(item, 'DISCOUNT')),
    shipping: breakdownOf(item, 'SHIPPING'),
    taxes: tax === null ? [] : [{ amount: tax, collectedBy: facilitated ? 'platform' : 'merchant' }],
    ordered: item.quantityOrdered,
    cancelled,
    shipped: Math.min(item.fulfillment?.quantityFulfilled ?? 0, item.quantityOrdered),
    // In v0 Amazon gives 0 as ordered once a line is cancelled (frappe/ecommerce_integrations and
    // efeone/eseller_suite guard against it): only a limit tells that the units of earlier snapshots are free again.
    willShip: item.quantityOrdered - cancelled,
  }
}

function paymentOf(status: OrderStatus): PaymentStatus {
  if (status === 'pending') return 'pending'
  return status === 'open' || status === 'partially_shipped' || status === 'shipped' ? 'paid' : 'unknown'
}

/** A buyer's wish to cancel that nobody has answered. It is only a wish: the seller cancels, or ships. */
function cancelRequestOf(wire: WireOrder, status: OrderStatus): ChannelOrderInput['cancelRequested'] {
  if (status === 'cancelled' || status === 'shipped') return null
  const asked = wire.orderItems.find(
    ({ cancellation }) =>
      cancellation?.cancellationRequest?.requester === 'BUYER' && !cancellation.cancellationExecution,
  )
  if (!asked) return null
  return { at: null, reason: given(asked.cancellation?.cancellationRequest?.cancelReason) }
}

/** The id of an order, `null` when not even that can be read. */
export function orderIdOf(raw: unknown): string | null {
  const id = (raw as { readonly orderId?: unknown } | null | undefined)?.orderId
  return WireOrder.shape.orderId.safeParse(id).data ?? null
}

/**
 * An order of Orders v2026-01-01 as stockpool knows it. Whatever is missing (roles, datasets not asked for) becomes
 * `null`; an unknown status becomes `unknown` and is kept as it came.
 * @throws StockpoolError `invalid_input` when it lacks what the model requires.
 */
export function toChannelOrder(raw: unknown): ChannelOrder {
  const named = { what: 'an order of Amazon', details: { order: orderIdOf(raw) } }
  const wire = readRow(WireOrder, raw, named)
  const rawStatus = wire.fulfillment?.fulfillmentStatus ?? ''
  const status = statusOf(rawStatus)
  const fulfilledBy = fulfilledByOf(wire.fulfillment?.fulfilledBy)
  const total = moneyOf(wire.proceeds?.grandTotal)
  const channel = wire.salesChannel?.channelName
  const order = {
    id: wire.orderId,
    number: wire.orderId,
    status,
    rawStatus,
    payment: paymentOf(status),
    placedAt: wire.createdTime,
    updatedAt: wire.lastUpdatedTime,
    fulfilledBy,
    serviceLevel: serviceLevelOf(wire.fulfillment?.fulfillmentServiceLevel),
    rawServiceLevel: wire.fulfillment?.fulfillmentServiceLevel ?? null,
    shipBy: instantOf(wire.fulfillment?.shipByWindow?.latestDateTime),
    deliverBy: instantOf(wire.fulfillment?.deliverByWindow?.latestDateTime),
    currency: total?.currency ?? null,
    total,
    source: channel == null || channel === 'AMAZON' ? null : channel,
    programs: wire.programs ?? [],
    cancelRequested: cancelRequestOf(wire, status),
    buyer: buyerOf(wire.buyer),
    shipTo: addressOf(wire.recipient?.deliveryAddress),
    lines: wire.orderItems.map((item) => lineOf(item, status, fulfilledBy)),
    raw,
  } satisfies ChannelOrderInput
  return readRow(ChannelOrder, order, named)
}
