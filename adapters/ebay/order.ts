import { readRow } from '../../src/http/index.ts'
import { Instant } from '../../src/model/ids.ts'
import { type Money, moneyFromDecimal } from '../../src/model/money.ts'
import {
  ChannelOrder,
  type ChannelOrderInput,
  type OrderStatus,
  type PaymentStatus,
} from '../../src/model/order.ts'
import { listingOf } from './ids.ts'
import type { Settings } from './options.ts'
import {
  type WireAmount,
  type WireCancelRequest,
  type WireContact,
  type WireLine,
  WireOrder,
} from './wire.ts'

/** Units shipped by line, as the fulfilments of an order count them; needed where a line is shipped in part. */
export type ShippedUnits = ReadonlyMap<string, number>

const fulfillmentStatuses: Readonly<Record<string, OrderStatus>> = {
  NOT_STARTED: 'open',
  IN_PROGRESS: 'partially_shipped',
  FULFILLED: 'shipped',
}

/** OrderPaymentStatusEnum. FAILED may speak of the payment or of a refund: the payments themselves then tell. */
const paymentStatuses: Readonly<Record<string, PaymentStatus>> = {
  PENDING: 'pending',
  PAID: 'paid',
  PARTIALLY_REFUNDED: 'partially_refunded',
  FULLY_REFUNDED: 'refunded',
}

export function paymentOf(wire: Pick<WireOrder, 'orderPaymentStatus' | 'paymentSummary'>): PaymentStatus {
  const raw = wire.orderPaymentStatus ?? ''
  const known = paymentStatuses[raw]
  const paid = wire.paymentSummary?.payments?.some(({ paymentStatus }) => paymentStatus === 'PAID') ?? false
  // PENDING also speaks of a refund under way: an order that was paid once is not waiting for money.
  if (raw === 'FAILED' || raw === 'PENDING') return paid ? 'paid' : 'pending'
  return known ?? 'unknown'
}

/** A request that nobody has decided yet. */
export const isOpenRequest = ({ cancelRequestState }: WireCancelRequest): boolean =>
  !['COMPLETED', 'REJECTED', 'CANCELED', 'CLOSED'].includes((cancelRequestState ?? '').toUpperCase())

/** "Typically, either the 'Buyer' or 'Seller'", says eBay of the initiator. */
export const byBuyer = ({ cancelInitiator }: WireCancelRequest): boolean =>
  (cancelInitiator ?? '').toUpperCase() === 'BUYER'

const requestsOf = (wire: Pick<WireOrder, 'cancelStatus'>) => wire.cancelStatus?.cancelRequests ?? []

/** The buyer's request to cancel that waits for the seller; eBay fills the list for getOrder alone. */
export function openRequest(wire: Pick<WireOrder, 'cancelStatus'>): WireCancelRequest | null {
  return requestsOf(wire).find((request) => byBuyer(request) && isOpenRequest(request)) ?? null
}

export function statusOf(wire: WireOrder, payment: PaymentStatus): { status: OrderStatus; raw: string } {
  const cancel = wire.cancelStatus?.cancelState ?? 'NONE_REQUESTED'
  const fulfilment = wire.orderFulfillmentStatus ?? ''
  const raw = cancel === 'NONE_REQUESTED' ? fulfilment : `${fulfilment}, cancellation ${cancel}`
  if (cancel === 'CANCELED') return { status: 'cancelled', raw }
  const status = fulfillmentStatuses[fulfilment] ?? 'unknown'
  if (payment === 'pending' && status === 'open') return { status: 'pending', raw }
  // Our own cancellation is on its way: eBay refunds first. Nothing should be packed meanwhile.
  if (cancel === 'IN_PROGRESS' && requestsOf(wire).some((each) => !byBuyer(each) && isOpenRequest(each)))
    return { status: status === 'open' ? 'on_hold' : status, raw }
  return { status, raw }
}

export function moneyOf(raw: WireAmount): Money | null {
  if (raw?.value == null || raw.currency == null) return null
  try {
    return moneyFromDecimal(raw.value, raw.currency)
  } catch {
    return null
  }
}

const given = (value: string | null | undefined) => (value == null || value.trim() === '' ? null : value)

function instantOf(raw: string | null | undefined): string | null {
  const parsed = Instant.safeParse(raw)
  return parsed.success ? parsed.data : null
}

function countryOf(raw: string | null | undefined): string | null {
  const code = raw?.trim().toUpperCase() ?? ''
  return /^[A-Z]{2}$/.test(code) ? code : null
}

/** eBay takes both address lines away 90 days after the sale. The reference belongs on the label of eBay's own shipping programmes. */
function addressOf(wire: WireContact, reference: string | null): ChannelOrderInput['shipTo'] {
  if (!wire) return null
  const { contactAddress: address } = wire
  return {
    name: given(wire.fullName),
    company: given(wire.companyName),
    line1: given(address?.addressLine1),
    line2: given(address?.addressLine2),
    line3: reference,
    city: given(address?.city),
    region: given(address?.stateOrProvince) ?? given(address?.county),
    postalCode: given(address?.postalCode),
    country: countryOf(address?.countryCode),
    phone: given(wire.primaryPhone?.phoneNumber),
  }
}

/**
 * The user name, for an erasure to find the order by; an immutable id in its place for sellers of some jurisdictions (since
 * 2025-09-26). Never a key of anything.
 */
function buyerOf(wire: WireOrder, shipTo: WireContact): ChannelOrderInput['buyer'] {
  const id = given(wire.buyer?.username)
  const registered = wire.buyer?.buyerRegistrationAddress
  const name = given(registered?.fullName) ?? given(shipTo?.fullName)
  const email = given(registered?.email) ?? given(shipTo?.email)
  const phone = given(registered?.primaryPhone?.phoneNumber)
  return [id, name, email, phone].every((each) => each === null) ? null : { id, name, email, phone }
}

const same = (one: Money | null, other: Money | null): other is Money =>
  one !== null && other !== null && one.currency === other.currency

/** `lineItemCost` is for all units together. Half a cent that does not divide is rounded. */
const unitPrice = (cost: Money | null, quantity: number): Money | null =>
  cost === null || quantity === 0 ? null : { ...cost, amount: Math.round(cost.amount / quantity) }

function less(cost: Money | null, off: Money | null): Money | null {
  if (cost === null || !same(cost, off)) return cost
  return { ...cost, amount: Math.max(0, cost.amount - Math.abs(off.amount)) }
}

function taxesOf(line: WireLine): NonNullable<ChannelOrderInput['lines'][number]['taxes']> {
  const of = (taxes: WireLine['taxes'], collectedBy: 'platform' | 'merchant') =>
    (taxes ?? []).flatMap(({ amount, taxType }) => {
      const money = moneyOf(amount)
      return money === null ? [] : [{ amount: money, collectedBy, title: taxType ?? null }]
    })
  return [...of(line.ebayCollectAndRemitTaxes, 'platform'), ...of(line.taxes, 'merchant')]
}

/** Units shipped of a line: its own status tells it but for a part, which only the fulfilments count. */
function shippedOf(line: WireLine, shipped: ShippedUnits | null): number {
  if (line.lineItemFulfillmentStatus === 'FULFILLED') return line.quantity
  return Math.min(line.quantity, shipped?.get(line.lineItemId) ?? 0)
}

function lineOf(
  line: WireLine,
  status: OrderStatus,
  fulfilledBy: 'merchant' | 'platform',
  shippedUnits: ShippedUnits | null,
  settings: Settings,
): ChannelOrderInput['lines'][number] {
  const cost = moneyOf(line.lineItemCost)
  const discounted = moneyOf(line.discountedLineItemCost)
  const shipped = shippedOf(line, shippedUnits)
  const off = same(cost, discounted) && cost !== null ? cost.amount - discounted.amount : 0
  return {
    id: line.lineItemId,
    listing: listingOf(line, settings),
    channelSku: given(line.sku),
    title: line.title ?? '',
    fulfilledBy,
    price: unitPrice(cost, line.quantity),
    discount: cost !== null && off > 0 ? { ...cost, amount: off } : null,
    shipping: less(moneyOf(line.deliveryCost?.shippingCost), moneyOf(line.deliveryCost?.discountAmount)),
    taxes: taxesOf(line),
    ordered: line.quantity,
    // A cancellation is of the whole order, never of a line.
    cancelled: status === 'cancelled' ? line.quantity - shipped : 0,
    shipped,
  }
}

/** The earliest of the lines' deadlines. */
function earliest(times: readonly (string | null | undefined)[]): string | null {
  return times.flatMap((each) => instantOf(each) ?? []).sort()[0] ?? null
}

function cancelRequestOf(wire: WireOrder): ChannelOrderInput['cancelRequested'] {
  const request = openRequest(wire)
  if (request === null || wire.cancelStatus?.cancelState === 'CANCELED') return null
  return { at: instantOf(request.cancelRequestedDate), reason: given(request.cancelReason) }
}

/** The id of an order, `null` when not even that can be read. */
export function orderIdOf(raw: unknown): string | null {
  const id = (raw as { readonly orderId?: unknown } | null | undefined)?.orderId
  return WireOrder.shape.orderId.safeParse(id).data ?? null
}

/** Whether the list leaves open what getOrder and the fulfilments tell: a request to cancel, a line shipped in part. */
export function leavesOpen(raw: unknown): { readonly cancel: boolean; readonly shipped: boolean } {
  const wire = WireOrder.safeParse(raw).data
  return {
    cancel: (wire?.cancelStatus?.cancelState ?? 'NONE_REQUESTED') === 'IN_PROGRESS',
    shipped:
      wire?.lineItems.some(({ lineItemFulfillmentStatus }) => lineItemFulfillmentStatus === 'IN_PROGRESS') ??
      false,
  }
}

/**
 * An order of the Fulfillment API as stockpool knows it; an unknown status becomes `unknown` and is kept as it came.
 * @throws StockpoolError `invalid_input` when it lacks what an order cannot do without.
 */
export function toChannelOrder(
  raw: unknown,
  settings: Settings,
  shipped: ShippedUnits | null = null,
): ChannelOrder {
  const named = { what: 'an order of eBay', details: { order: orderIdOf(raw) } }
  const wire = readRow(WireOrder, raw, named)
  const payment = paymentOf(wire)
  const { status, raw: rawStatus } = statusOf(wire, payment)
  const [instruction] = wire.fulfillmentStartInstructions ?? []
  const step = instruction?.shippingStep
  const fulfilledBy = wire.program?.fulfillmentProgram?.fulfilledBy === 'EBAY' ? 'platform' : 'merchant'
  const total = moneyOf(wire.pricingSummary?.total)
  const type = instruction?.fulfillmentInstructionsType
  const programs = Object.keys(wire.program ?? {})
  const order = {
    id: wire.orderId,
    number: wire.orderId,
    status,
    rawStatus,
    payment,
    placedAt: wire.creationDate,
    // eBay's clock of changes may lag its clock of sales by a moment.
    updatedAt: [wire.creationDate, wire.lastModifiedDate].sort().at(-1) ?? wire.lastModifiedDate,
    fulfilledBy,
    rawServiceLevel: given(step?.shippingServiceCode),
    shipBy: earliest(wire.lineItems.map((line) => line.lineItemFulfillmentInstructions?.shipByDate)),
    deliverBy:
      earliest(
        wire.lineItems.map((line) => line.lineItemFulfillmentInstructions?.maxEstimatedDeliveryDate),
      ) ?? instantOf(instruction?.maxEstimatedDeliveryDate),
    currency: total?.currency ?? null,
    total,
    programs: type == null || type === 'SHIP_TO' ? programs : [...programs, type],
    cancelRequested: cancelRequestOf(wire),
    buyer: buyerOf(wire, step?.shipTo),
    shipTo: addressOf(step?.shipTo, given(step?.shipToReferenceId)),
    lines: wire.lineItems.map((line) => lineOf(line, status, fulfilledBy, shipped, settings)),
    raw,
  } satisfies ChannelOrderInput
  return readRow(ChannelOrder, order, named)
}
