import type { TrackingStatus } from '../../src/model/tracking.ts'
import { trackingStatusFrom } from '../../src/model/tracking-words.ts'
import type { FulfillmentStatus } from '../../src/spec/index.ts'
import type { WireOrder, WireShipment, WireStatusDetail } from './wire.ts'

// developer.shipbob.com/status-reference. Shipment statuses are facts; ShipBob imputes the order's from them.
// An order whose word is not in the table is `unknown`, with the word kept.
const orderStatuses: Readonly<Record<string, FulfillmentStatus>> = {
  Processing: 'accepted',
  Exception: 'needs_attention',
  PartiallyFulfilled: 'partially_shipped',
  Fulfilled: 'shipped',
  Cancelled: 'cancelled',
  ImportReview: 'needs_attention',
}

/** What one shipment's status means. `CleanSweeped` is documented nowhere: a person must look until it is. */
const shipmentStatuses: Readonly<Record<string, FulfillmentStatus>> = {
  None: 'accepted',
  Processing: 'accepted',
  LabeledCreated: 'labelled',
  Completed: 'shipped',
  Exception: 'needs_attention',
  OnHold: 'on_hold',
  Cancelled: 'cancelled',
  CleanSweeped: 'needs_attention',
  ImportReview: 'needs_attention',
}

interface Detail {
  readonly status?: FulfillmentStatus
  readonly tracking?: TrackingStatus
  /** What a person should do; `{sku}` and `{place}` are filled in. */
  readonly act?: string
}

const stock = (act: string): Detail => ({ status: 'backordered', act })
const attention = (act: string): Detail => ({ status: 'needs_attention', act })
const hold = (act: string): Detail => ({ status: 'on_hold', act })
const parcel = (name: string): Detail => ({ tracking: trackingStatusFrom('shipbob', name) })

// By ShipBob's name, and by its id for when only that is sent.
const details: readonly (readonly [id: number, name: string, detail: Detail])[] = [
  [100, 'Picked', { status: 'picking' }],
  [101, 'Packed', { status: 'picking' }],
  [102, 'Labeled', { status: 'labelled' }],
  [200, 'Processing', parcel('Processing')],
  [201, 'InTransit', parcel('InTransit')],
  [202, 'OutForDelivery', parcel('OutForDelivery')],
  [203, 'Delivered', { ...parcel('Delivered'), status: 'delivered' }],
  [204, 'DeliveryException', parcel('DeliveryException')],
  [300, 'Bundle', attention('{sku} is a bundle ShipBob cannot resolve: correct the bundle in ShipBob')],
  [301, 'MergedItem', attention('{sku} was merged into another product: send the SKU it was merged into')],
  [302, 'InactiveSku', attention('{sku} is inactive: activate it in ShipBob')],
  [303, 'OutOfStock', stock('{sku} is out of stock{place}: send stock there, or cancel the order')],
  [304, 'UnknownSku', attention('{sku} was never received by ShipBob: correct the SKU, or send stock')],
  [305, 'InternalTransferInProgress', stock('{sku} is on its way between centres: wait')],
  [306, 'BinTransferInProgress', stock('{sku} is being moved{place}: wait')],
  [
    307,
    'InventoryInNonPickableLocation',
    stock('{sku} lies where it cannot be picked{place}: ask ShipBob to move it'),
  ],
  [
    308,
    'InventoryPartiallyCommitted',
    stock('there is not enough of {sku}{place}: send stock there, or cancel the order'),
  ],
  [400, 'PaymentDeclined', hold('ShipBob could not charge the account: renew the payment method in ShipBob')],
  [401, 'InvalidAddress', hold('the address is not deliverable: correct it in ShipBob')],
  [402, 'ReserveDateNotMet', hold('it waits for its pick date')],
  [
    404,
    'MissingTarriffInformation',
    hold('customs information is missing for {sku}: complete it in ShipBob'),
  ],
]
const byId = new Map(details.map(([id, , detail]) => [id, detail]))
const byName = new Map(details.map(([, name, detail]) => [name.toLowerCase(), detail]))

export function detailOf(shipment: WireShipment, { id, name }: WireStatusDetail): Detail {
  const named = byName.get((name ?? '').toLowerCase())
  // "Processing" names both a status and detail 200; ids settle it.
  const found = (id === null ? undefined : byId.get(id)) ?? named ?? {}
  return found.tracking !== undefined && shipment.status !== 'Completed' ? {} : found
}

const strongest = (shipment: WireShipment, wanted: readonly FulfillmentStatus[]) =>
  shipment.status_details
    .map((each) => detailOf(shipment, each).status)
    .filter((status) => status !== undefined && wanted.includes(status))
    .at(-1)

/** What one shipment's status and its details come to. */
export function shipmentStatus(shipment: WireShipment): FulfillmentStatus {
  const plain = shipmentStatuses[shipment.status] ?? 'unknown'
  if (plain === 'accepted') return strongest(shipment, ['picking', 'labelled']) ?? plain
  if (plain === 'shipped') return isDelivered(shipment) ? 'delivered' : plain
  if (shipment.status !== 'Exception') return plain
  const reasons = shipment.status_details.map((each) => detailOf(shipment, each).status)
  return reasons.length > 0 && reasons.every((each) => each === 'backordered') ? 'backordered' : plain
}

export const isLive = (shipment: WireShipment) => shipment.status !== 'Cancelled'
const isDelivered = (shipment: WireShipment) =>
  shipment.delivery_date !== null || trackingStatus(shipment) === 'delivered'

// Which of several shipments speaks for an order that is still being worked on: the one a person must look at first.
const loudness: readonly FulfillmentStatus[] = [
  'needs_attention', 'on_hold', 'backordered', 'unknown', 'accepted', 'picking', 'labelled', 'shipped', 'delivered',
] // biome-ignore format: one line reads better

/** The status of a whole order. */
export function orderStatus(order: WireOrder): FulfillmentStatus {
  const plain = orderStatuses[order.status] ?? 'unknown'
  const live = order.shipments.filter(isLive).map(shipmentStatus)
  if (plain === 'shipped')
    return live.length > 0 && live.every((each) => each === 'delivered') ? 'delivered' : plain
  if (plain !== 'accepted' && order.status !== 'Exception') return plain
  const [loudest] = live.sort((one, other) => loudness.indexOf(one) - loudness.indexOf(other))
  return loudest === undefined || loudest === 'cancelled' ? plain : loudest
}

/** Where a parcel is, from the delivery date and the details of a completed shipment. */
export function trackingStatus(shipment: WireShipment): TrackingStatus {
  if (shipment.status === 'Cancelled') return 'cancelled'
  if (shipment.delivery_date !== null) return 'delivered'
  const known = shipment.status_details
    .map((each) => detailOf(shipment, each).tracking)
    .filter((each) => each !== undefined)
  // Details are reasons that hold at once, in no stated order: the furthest one is where the parcel is.
  const order: readonly TrackingStatus[] = [
    'info_received',
    'in_transit',
    'exception',
    'out_for_delivery',
    'delivered',
  ]
  const furthest = known.sort((one, other) => order.indexOf(one) - order.indexOf(other)).at(-1)
  return furthest ?? (shipment.tracking?.tracking_number ? 'info_received' : 'unknown')
}

const waiting = new Set<FulfillmentStatus>(['needs_attention', 'on_hold', 'backordered', 'unknown'])

function shipmentAttention(shipment: WireShipment): string[] {
  if (!isLive(shipment) || !waiting.has(shipmentStatus(shipment))) return []
  const skus = new Map(
    shipment.products.flatMap((product) =>
      product.inventory_items.map(({ id }) => [id, product.reference_id ?? product.sku] as const),
    ),
  )
  const place = shipment.location?.name ? ` at ${shipment.location.name}` : ''
  const texts = shipment.status_details.map((each) => {
    const sku = (each.inventory_id === null ? null : skus.get(each.inventory_id)) ?? 'a product'
    const act = detailOf(shipment, each).act ?? each.description ?? each.name ?? `status detail ${each.id}`
    return act.replaceAll('{sku}', sku).replaceAll('{place}', place)
  })
  const plain: Readonly<Record<string, string>> = {
    OnHold: 'it is on hold: release it in ShipBob',
    ImportReview: 'it waits in the import review: complete it in ShipBob',
  }
  if (texts.length === 0)
    texts.push(plain[shipment.status] ?? `its status is ${shipment.status}: look at it in ShipBob`)
  return texts.map((text) => `ShipBob shipment ${shipment.id}: ${text}`)
}

/** What a person should do for an order, or `null`. Shipment numbers are given since the portal shows them as order ids. */
export function attentionOf(order: WireOrder): string | null {
  const texts = order.shipments.flatMap(shipmentAttention)
  if (texts.length === 0 && order.status === 'ImportReview') {
    texts.push(`ShipBob order ${order.id}: it waits in the import review: complete it in ShipBob`)
  }
  if (texts.length === 0 && waiting.has(orderStatus(order))) {
    texts.push(`ShipBob order ${order.id}: its status is ${order.status}: look at it in ShipBob`)
  }
  return texts.length === 0 ? null : [...new Set(texts)].join('; ')
}
