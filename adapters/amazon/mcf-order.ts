import { StockpoolError } from '../../src/error.ts'
import { readRow } from '../../src/http/index.ts'
import { carriers } from '../../src/model/carrier.ts'
import { trackingStatusFrom } from '../../src/model/tracking-words.ts'
import type { FulfillmentOrder, FulfillmentParcel, FulfillmentStatus } from '../../src/spec/index.ts'
import { carrierCodes } from './carriers.ts'
import { ownSku } from './fba.ts'
import { McfOrder, type McfPackage, type McfShipment } from './mcf-wire.ts'
import type { Settings } from './options.ts'

/**
 * Statuses of 2026-07-04 and those of 2020-07-01, in one table, without case and underscores. PROCESSING says nothing of how far
 * it is: the shipments do.
 */
const statuses: Readonly<Record<string, FulfillmentStatus | 'processing'>> = {
  new: 'submitted',
  received: 'accepted',
  planning: 'accepted',
  processing: 'processing',
  complete: 'shipped',
  completepartial: 'shipped',
  completepartialled: 'shipped',
  cancelled: 'cancelled',
  unfulfillable: 'rejected',
  invalid: 'rejected',
}

/** Statuses after which nothing more is shipped. */
const over: ReadonlySet<FulfillmentStatus> = new Set(['shipped', 'delivered', 'cancelled', 'rejected'])

const plain = (word: string | null | undefined) => (word ?? '').toLowerCase().replaceAll('_', '')

/** `"1.0"` is one unit. @throws StockpoolError `invalid_input` for a part of one. */
export function unitsOf(amount: { readonly value: string } | null | undefined): number {
  if (amount == null) return 0
  const units = Number(amount.value)
  if (Number.isInteger(units) && units >= 0) return units
  throw new StockpoolError('invalid_input', 'an amount of Amazon is no number of whole units', {
    field: 'amount.value',
    retryable: true,
  })
}

function instantOf(text: string | null | undefined): number | null {
  const at = Date.parse(text ?? '')
  return Number.isNaN(at) ? null : at
}

const shipped = ({ status }: McfShipment) => plain(status) === 'shipped'
/** A cancelled shipment ends itself, not the order: Amazon may plan its units anew. */
const dead = ({ status }: McfShipment) => plain(status).startsWith('cancelled')

/** Amazon's code of a carrier, as ours; its names are those of confirmShipment, or a registry's own. */
function carrierOf(code: string | null | undefined): string | null {
  const wanted = plain(code).replace(/[^a-z0-9]/g, '')
  if (wanted === '') return null
  const known = Object.entries(carrierCodes).find(
    ([, amazons]) => amazons.toLowerCase().replace(/[^a-z0-9]/g, '') === wanted,
  )
  return (
    known?.[0] ?? carriers.find((carrier) => carrier.code.replace(/[^a-z0-9]/g, '') === wanted)?.code ?? null
  )
}

type Lines = FulfillmentParcel['lines']

function summed(settings: Settings, items: readonly Item[]): Lines {
  const units = new Map<string, number>()
  for (const { productIdentifier, amount } of items) {
    const sku = ownSku(settings, productIdentifier.amazonSku)
    units.set(sku, (units.get(sku) ?? 0) + unitsOf(amount))
  }
  return [...units].map(([sku, quantity]) => ({ sku, quantity })).filter(({ quantity }) => quantity > 0)
}

type Item = McfShipment['items'][number]

/** By the item's own word or by the package's. */
const isIn = (item: Item, { packageId, shipmentItemIds }: McfPackage): boolean =>
  item.packageId === packageId ||
  (item.shipmentItemId != null && (shipmentItemIds ?? []).includes(item.shipmentItemId))

/**
 * The items of a package, as far as they are named. Amazon need not name the package of an item: once the shipment has left, and so no
 * further package comes, what none names is in the first one. Not before, also where there is one alone: it may be under way
 * while the rest is still packed, and would count as gone with it.
 */
function itemsIn(shipment: McfShipment, pack: McfPackage): readonly Item[] {
  const all = shipment.packages ?? []
  // By its id: in which order Amazon lists them is not documented, and what was once in one would then be in two.
  const [first] = all.map(({ packageId }) => packageId).sort()
  const takesRest = shipped(shipment) && first === pack.packageId
  return shipment.items.filter(
    (item) => isIn(item, pack) || (takesRest && !all.some((each) => isIn(item, each))),
  )
}

function parcelOf(settings: Settings, shipment: McfShipment, pack: McfPackage): FulfillmentParcel {
  const { carrier, amazon } = pack.tracking ?? {}
  const left = shipped(shipment) ? instantOf(shipment.shipTime) : null
  const status = trackingStatusFrom('amazon', pack.status ?? '')
  return {
    id: `${shipment.amazonShipmentId}/${pack.packageId}`,
    carrier: carrierOf(carrier?.carrierCode),
    carrierName: carrier?.carrierCode ?? null,
    service: shipment.serviceLevel?.serviceTier ?? null,
    trackingNumber: carrier?.trackingNumber || amazon?.trackingNumber || null,
    trackingUrl: carrier?.trackingUrl ?? amazon?.trackingUrl ?? null,
    labelledAt: null,
    handedOverAt: left === null ? null : new Date(left).toISOString(),
    deliveredAt:
      status === 'delivered' ? (instantText(pack.deliveryTime) ?? instantText(shipment.deliveryTime)) : null,
    status,
    rawStatus: pack.status ?? null,
    withdrawn: dead(shipment),
    lines: summed(settings, itemsIn(shipment, pack)),
  }
}

function instantText(text: string | null | undefined): string | null {
  const at = instantOf(text)
  return at === null ? null : new Date(at).toISOString()
}

/** A shipment that has left without a package being told is a parcel by itself. */
function parcelsOf(settings: Settings, shipment: McfShipment): readonly FulfillmentParcel[] {
  const packages = shipment.packages ?? []
  const made = packages.map((pack) => parcelOf(settings, shipment, pack))
  if (packages.length > 0 || !shipped(shipment)) return made
  return [parcelOf(settings, { ...shipment, packages: [{ packageId: '1' }] }, { packageId: '1' })]
}

function statusOf(
  raw: string,
  shipments: readonly McfShipment[],
  parcels: readonly FulfillmentParcel[],
): FulfillmentStatus {
  const status = statuses[plain(raw)] ?? 'unknown'
  const live = shipments.filter((shipment) => !dead(shipment))
  if (status === 'shipped') {
    const there = parcels.filter(({ withdrawn }) => !withdrawn)
    return there.length > 0 && there.every((parcel) => parcel.status === 'delivered')
      ? 'delivered'
      : 'shipped'
  }
  if (status !== 'processing') return status
  if (live.some(shipped)) return 'partially_shipped'
  if (parcels.some(({ withdrawn }) => !withdrawn)) return 'labelled'
  return live.length > 0 ? 'picking' : 'accepted'
}

const attentions: Readonly<Record<string, string>> = {
  unfulfillable:
    'Amazon cannot ship it: too little stock, or an address that it does not serve. Ship it from elsewhere.',
  invalid:
    'Amazon calls the order invalid: look at its address and its SKUs in Seller Central, and ship it from elsewhere.',
}

const heldAttention =
  'The order is held at Amazon: release it in Seller Central, or cancel it. Amazon cancels it after 14 days.'

/** Whether every unit that Amazon will still ship, or has shipped, is in a shipment. */
function isPlanned({ lineItems, shipments }: McfOrder): boolean {
  const wanted = lineItems.reduce(
    (sum, { amount, cancelledAmount }) => sum + unitsOf(amount) - unitsOf(cancelledAmount),
    0,
  )
  const items = (shipments ?? []).filter((shipment) => !dead(shipment)).flatMap((shipment) => shipment.items)
  return items.reduce((sum, { amount }) => sum + unitsOf(amount), 0) >= wanted
}

/** Units that will never ship: the seller's cancellations, and, once Amazon is through, everything that has not left. */
function cancelledOf(settings: Settings, order: McfOrder, status: FulfillmentStatus): Lines {
  const left = new Map<string, number>()
  for (const { lines } of (order.shipments ?? [])
    .filter(shipped)
    .map(({ items }) => ({ lines: summed(settings, items) })))
    for (const { sku, quantity } of lines) left.set(sku, (left.get(sku) ?? 0) + quantity)
  const units = new Map<string, number>()
  for (const { product, amount, cancelledAmount } of order.lineItems) {
    const sku = ownSku(settings, product.productIdentifier.amazonSku)
    const gone = over.has(status) ? unitsOf(amount) : unitsOf(cancelledAmount)
    units.set(sku, (units.get(sku) ?? 0) + gone)
  }
  return [...units]
    .map(([sku, quantity]) => ({
      sku,
      quantity: over.has(status) ? quantity - (left.get(sku) ?? 0) : quantity,
    }))
    .filter(({ quantity }) => quantity > 0)
}

/**
 * An order of Fulfillment Outbound 2026-07-04 as stockpool knows it.
 * @throws StockpoolError `invalid_input` when it lacks what the model requires.
 */
export function toFulfillmentOrder(settings: Settings, raw: unknown): FulfillmentOrder {
  const order = readRow(McfOrder, raw, { what: 'an MCF order', details: { order: orderIdOf(raw) } })
  const shipments = order.shipments ?? []
  const parcels = shipments.flatMap((shipment) => parcelsOf(settings, shipment))
  const rawStatus = order.status ?? ''
  const found = statusOf(rawStatus, shipments, parcels)
  const held = found === 'accepted' && order.fulfillmentConfiguration?.action === 'HOLD'
  const status = held ? 'on_hold' : found
  const updatedAt = Math.max(instantOf(order.receiveTime) ?? 0, instantOf(order.statusUpdateTime) ?? 0)
  return {
    id: order.orderId,
    reference: order.orderId,
    status,
    rawStatus,
    attention: held ? heldAttention : (attentions[plain(rawStatus)] ?? null),
    // Amazon takes units off its stock when it plans a shipment of them, not when it takes the order on, and does not say when that
    // was: by its latest word at the latest. Earlier would call a reading from before lower than it was. No time of its own that stands
    // still will do (the model of 2026-07-04): `receiveTime` is before that, and `shipTime` an estimate until the shipment has left.
    acceptedAt: updatedAt,
    ...(isPlanned(order) ? {} : { allocated: false }),
    updatedAt,
    cancelled: cancelledOf(settings, order, status),
    parcels,
    raw,
  }
}

/** The id, `null` when not even that can be read. */
export function orderIdOf(raw: unknown): string | null {
  const id = (raw as { readonly orderId?: unknown } | null | undefined)?.orderId
  return typeof id === 'string' && id !== '' ? id : null
}
