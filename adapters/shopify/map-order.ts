import { readRow } from '../../src/http/index.ts'
import { Currency, type Money, moneyFromDecimal } from '../../src/model/money.ts'
import {
  ChannelOrder,
  type ChannelOrderInput,
  type OrderStatus,
  type PaymentStatus,
} from '../../src/model/order.ts'
import type { ServiceLevel } from '../../src/model/service-level.ts'
import { type LineCounts, lineCounts, orderFacts } from './quantities.ts'
import { sourceOf } from './source.ts'
import type { WireAddress, WireHistory, WireLine, WireMoney, WireOrder } from './wire.ts'

type Line = NonNullable<ChannelOrderInput['lines']>[number]

/** `displayFulfillmentStatus`; the last three are kept for orders of old. */
const fulfillmentStatuses: Readonly<Record<string, OrderStatus>> = {
  UNFULFILLED: 'open',
  IN_PROGRESS: 'open',
  PARTIALLY_FULFILLED: 'partially_shipped',
  FULFILLED: 'shipped',
  ON_HOLD: 'on_hold',
  // A prepaid subscription or a pre-order: not to be shipped before its day.
  SCHEDULED: 'on_hold',
  REQUEST_DECLINED: 'open',
  // Since 2026-10, in place of UNFULFILLED where nothing is left to ship: the lines tell why.
  FULFILLMENT_NOT_REQUIRED: 'open',
  OPEN: 'open',
  PENDING_FULFILLMENT: 'open',
  RESTOCKED: 'open',
}

/** `displayFinancialStatus`. */
const paymentStatuses: Readonly<Record<string, PaymentStatus>> = {
  AUTHORIZED: 'authorized',
  PAID: 'paid',
  PARTIALLY_PAID: 'partially_paid',
  PARTIALLY_REFUNDED: 'partially_refunded',
  PENDING: 'pending',
  REFUNDED: 'refunded',
  // An authorisation that ran out before it was captured: nobody has paid.
  EXPIRED: 'pending',
  VOIDED: 'voided',
}

const unpaid: ReadonlySet<PaymentStatus> = new Set(['pending', 'partially_paid', 'voided', 'unknown'])

/** A fulfilment order in one of these states is not to be shipped yet. */
const waiting: ReadonlySet<string> = new Set(['ON_HOLD', 'SCHEDULED'])

/** Words in a shipping rate's title or code. Only words that promise something: "Express" alone promises no day. */
const promises: readonly (readonly [RegExp, ServiceLevel])[] = [
  [/\bsame[ -]?day\b/i, 'same-day'],
  [/\b(next|one|1)[ -]?(business[ -]?)?day\b|\bovernight\b/i, 'next-day'],
  [/\b(two|2|2nd|second)[ -]?(business[ -]?)?day\b/i, 'two-day'],
  [/\beconomy\b|\bsaver\b|\bbudget\b/i, 'economy'],
  [/\bstandard\b|\bground\b|\bfree shipping\b/i, 'standard'],
]

/** What is decided by the connection's options. */
export interface OrderPolicy {
  readonly shipUnpaid: boolean
  readonly serviceLevels: Readonly<Record<string, ServiceLevel>>
}

/** Reads an order. `history` is needed only when `needsHistory` says so; `raw` is the order as it came. */
export function mapOrder(
  wire: WireOrder,
  history: WireHistory | null,
  policy: OrderPolicy,
  raw: unknown = wire,
): ChannelOrder {
  const facts = orderFacts(wire)
  const lines = wire.lineItems.nodes
    // A tip or a fee is no goods: no variant, nothing to ship. It stays in `raw`.
    .filter((line) => line.variant != null || line.requiresShipping)
    .map((line) => mapLine(line, lineCounts(line, facts, history)))
  const payment = paymentOf(wire)
  const order = {
    id: wire.id,
    number: wire.name ?? '',
    status: statusOf(wire, payment, lines, policy.shipUnpaid),
    rawStatus: rawStatus(wire),
    payment,
    placedAt: wire.createdAt,
    updatedAt: changedAt(wire),
    serviceLevel: serviceLevelOf(wire, policy.serviceLevels),
    rawServiceLevel: wire.shippingLine?.title ?? wire.shippingLine?.code ?? null,
    currency: Currency.safeParse(wire.currencyCode).data ?? null,
    total: moneyOf(wire.currentTotalPriceSet),
    source: sourceOf(wire),
    buyer: wire.email || wire.phone ? { email: wire.email ?? null, phone: wire.phone ?? null } : null,
    shipTo: wire.shippingAddress ? mapAddress(wire.shippingAddress) : null,
    lines,
    raw,
  } satisfies ChannelOrderInput
  return readRow(ChannelOrder, order, { what: 'an order of Shopify', details: { order: wire.id } })
}

function mapLine(line: WireLine, counts: LineCounts): Line {
  const item = line.variant?.inventoryItem ?? null
  return {
    id: line.id,
    listing: item?.id ?? null,
    channelSku: line.sku || null,
    title: line.title ?? '',
    // Gift cards and downloads: Shopify or an app delivers them, and there is no stock to count.
    fulfilledBy:
      !line.requiresShipping && (line.isGiftCard || item?.tracked === false) ? 'platform' : 'merchant',
    ...counts,
    price: moneyOf(line.originalUnitPriceSet),
    discount: sum(line.discountAllocations?.map((one) => moneyOf(one.allocatedAmountSet))),
    taxes: (line.taxLines ?? []).flatMap((tax) => {
      const amount = moneyOf(tax.priceSet)
      const collectedBy = tax.channelLiable === true ? ('platform' as const) : ('merchant' as const)
      return amount ? [{ amount, collectedBy, title: tax.title ?? null }] : []
    }),
  }
}

/** When the order or a part of it changed: a hold is news of the part alone, and the newest report of an order counts. */
function changedAt({ updatedAt, fulfillmentOrders }: WireOrder): string {
  const times = (fulfillmentOrders?.nodes ?? []).flatMap((part) => part.updatedAt ?? [])
  return times.reduce((last, time) => (Date.parse(time) > Date.parse(last) ? time : last), updatedAt)
}

function paymentOf({ displayFinancialStatus: word }: WireOrder): PaymentStatus {
  return word ? (paymentStatuses[word] ?? 'unknown') : 'unknown'
}

function statusOf(
  wire: WireOrder,
  payment: PaymentStatus,
  lines: readonly Line[],
  shipUnpaid: boolean,
): OrderStatus {
  if (wire.cancelledAt != null) return 'cancelled'
  const status = fulfillmentStatuses[wire.displayFulfillmentStatus ?? ''] ?? 'unknown'
  const financial = wire.displayFinancialStatus
  if (financial != null && !(financial in paymentStatuses)) return 'unknown'
  if (status !== 'open' && status !== 'partially_shipped') return status
  // The order's own word says "on hold" only once all that is left waits; a part that waits must not leave either.
  const waits = wire.fulfillmentOrders?.nodes.some((part) => waiting.has(part.status)) ?? false
  const open = lines.some((line) => line.ordered > (line.cancelled ?? 0) + (line.shipped ?? 0))
  if (!open && lines.length > 0) {
    return lines.some((line) => (line.shipped ?? 0) > 0) ? 'shipped' : 'cancelled'
  }
  if (waits) return 'on_hold'
  return status === 'open' && unpaid.has(payment) && !shipUnpaid ? 'pending' : status
}

function rawStatus(wire: WireOrder): string {
  const waits = wire.fulfillmentOrders?.nodes.filter(({ status }) => waiting.has(status)) ?? []
  const why = waits.flatMap(({ fulfillmentHolds }) => fulfillmentHolds ?? []).map(({ reason }) => reason)
  const held = [...waits.map(({ status }) => status), ...why]
  const words = [...new Set([wire.displayFulfillmentStatus, wire.displayFinancialStatus, ...held])]
  if (wire.cancelledAt != null) words.push(`CANCELLED${wire.cancelReason ? `: ${wire.cancelReason}` : ''}`)
  return words.filter(Boolean).join(' / ')
}

function serviceLevelOf(wire: WireOrder, own: OrderPolicy['serviceLevels']): ServiceLevel | null {
  const names = [wire.shippingLine?.title, wire.shippingLine?.code].filter((name) => name != null)
  for (const name of names) {
    if (Object.hasOwn(own, name)) return own[name] ?? null
  }
  for (const [pattern, level] of promises) {
    if (names.some((name) => pattern.test(name))) return level
  }
  return null
}

function mapAddress(address: WireAddress) {
  const country = address.countryCodeV2 ?? null
  return {
    name: address.name ?? null,
    company: address.company ?? null,
    line1: address.address1 ?? null,
    line2: address.address2 ?? null,
    city: address.city ?? null,
    region: address.provinceCode ?? address.province ?? null,
    postalCode: address.zip ?? null,
    // ZZ is Shopify's word for a country it does not know.
    country: country !== null && /^[A-Z]{2}$/.test(country) && country !== 'ZZ' ? country : null,
    phone: address.phone ?? null,
  }
}

/** In the shop's own currency: what the merchant earns, equal for orders in any presentment currency. `null`: unreadable. */
function moneyOf(bag: WireMoney): Money | null {
  if (!bag) return null
  try {
    return moneyFromDecimal(bag.shopMoney.amount, bag.shopMoney.currencyCode)
  } catch {
    return null
  }
}

function sum(parts: readonly (Money | null)[] | undefined): Money | null {
  const known = (parts ?? []).filter((part) => part !== null)
  // A part that cannot be read would make the sum wrong.
  if (known.length < (parts?.length ?? 0)) return null
  const currency = known[0]?.currency
  return currency === undefined
    ? null
    : { amount: known.reduce((total, { amount }) => total + amount, 0), currency }
}
