import { instant } from './answers.ts'
import type { World } from './world.ts'

export interface McfLine {
  readonly id: string
  readonly sku: string
  readonly units: number
  cancelled: number
  unfulfillable: number
}

export interface McfPack {
  readonly id: string
  tracking: string
  carrier: string
  status: string
  deliveryAt: number | null
}

export interface McfShipment {
  readonly id: string
  status: 'PROCESSING' | 'SHIPPED' | 'CANCELLED'
  shipAt: number
  readonly items: readonly {
    readonly id: string
    readonly line: string
    readonly sku: string
    readonly units: number
  }[]
  readonly packs: McfPack[]
}

/** One unit that came back. */
export interface McfReturn {
  readonly id: string
  readonly line: string
  readonly authorization: string
  /** `New`, `Processed`; `null`: it is left out, which Amazon does not document. */
  status: string | null
  condition: string | null
  changedAt: number
}

/** An order of another channel that Amazon ships from FBA. Either interface sees it. */
export interface McfOrder {
  readonly id: string
  readonly channel: string | null
  readonly receivedAt: number
  /** Not shown before. */
  readonly visibleAt: number
  status: string
  updatedAt: number
  action: 'SHIP' | 'HOLD'
  readonly policy: string
  readonly tier: string
  readonly unbranded: boolean
  /** By the interface of 2020. */
  readonly features: readonly string[]
  /** As it was sent, to be shown again. */
  readonly address: Readonly<Record<string, string>>
  readonly number: string
  readonly comment: string
  readonly lines: McfLine[]
  readonly shipments: McfShipment[]
  readonly returns: McfReturn[]
}

/** Amazon's schema wants both parts in every notification, whatever it is about. */
export function touch(world: World, order: McfOrder, at: number, shipment?: McfShipment): void {
  order.updatedAt = at
  const parcels = (shipment?.packs ?? []).map(({ carrier, tracking }, index) => ({
    PackageNumber: index + 1,
    CarrierCode: carrier,
    TrackingNumber: tracking,
  }))
  world.tell('FULFILLMENT_ORDER_STATUS', at, {
    FulfillmentOrderStatusNotification: {
      SellerId: world.options.sellerId,
      EventType: shipment ? 'Shipment' : 'Order',
      StatusUpdatedDateTime: instant(at),
      SellerFulfillmentOrderId: order.id,
      FulfillmentOrderStatus: order.status,
      FulfillmentShipment: {
        FulfillmentShipmentStatus: shipment?.status ?? '',
        AmazonShipmentId: shipment?.id ?? '',
        EstimatedArrivalDateTime: instant(shipment?.shipAt ?? at),
        info: parcels[0] ?? { PackageNumber: 0, CarrierCode: '', TrackingNumber: '' },
        FulfillmentShipmentPackages: parcels,
      },
      FulfillmentReturnItem: { ReceivedDateTime: instant(at), ReturnedQuantity: 0, SellerSKU: '' },
    },
  })
}

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)

const unitsIn = (order: McfOrder, line: McfLine, statuses: readonly string[]): number =>
  sumOf(
    order.shipments
      .filter(({ status }) => statuses.includes(status))
      .flatMap(({ items }) => items.filter((item) => item.line === line.id).map(({ units }) => units)),
  )

export const shippedOf = (order: McfOrder, line: McfLine) => unitsIn(order, line, ['SHIPPED'])
/** Neither shipped, nor in a shipment that is planned, nor given up. */
export const unplanned = (order: McfOrder, line: McfLine) =>
  line.units - line.cancelled - line.unfulfillable - unitsIn(order, line, ['PROCESSING', 'SHIPPED'])

/** Amazon takes units off its stock when it plans a shipment. FILL_OR_KILL: all of it, or the order is unfulfillable. */
export function plan(
  world: World,
  order: McfOrder,
  at: number,
  only?: ReadonlyMap<string, number>,
): McfShipment | null {
  const wanted = order.lines
    .map((line) => ({
      line,
      units: Math.min(unplanned(order, line), only ? (only.get(line.sku) ?? 0) : Number.POSITIVE_INFINITY),
    }))
    .filter(({ units }) => units > 0)
  if (wanted.length === 0) return null
  const short = wanted.some(({ line, units }) => {
    const shelf = world.shelves.get(line.sku)
    const needed = sumOf(wanted.filter((each) => each.line.sku === line.sku).map((each) => each.units))
    return !shelf || shelf.onHand - shelf.committed < Math.max(units, needed)
  })
  if (short) {
    for (const line of order.lines) line.unfulfillable = unplanned(order, line)
    order.status = order.shipments.length > 0 ? 'COMPLETE_PARTIAL' : 'UNFULFILLABLE'
    touch(world, order, at)
    return null
  }
  for (const { line, units } of wanted) commit(world, line.sku, units)
  const shipment: McfShipment = {
    id: world.random.text(10, '0123456789BCDFGHJKLMNPQRSTVWXYZ'),
    status: 'PROCESSING',
    shipAt: at + 86_400_000,
    items: wanted.map(({ line, units }, index) => ({
      id: `SI-${order.shipments.length + 1}-${index + 1}`,
      line: line.id,
      sku: line.sku,
      units,
    })),
    packs: [],
  }
  order.shipments.push(shipment)
  touch(world, order, at)
  return shipment
}

function commit(world: World, sku: string, units: number): void {
  const shelf = world.shelves.get(sku)
  if (shelf) shelf.committed += units
}

/** Packs a planned shipment: labels, not yet a shipment. */
export function pack(world: World, order: McfOrder, shipment: McfShipment, at: number): void {
  if (shipment.packs.length > 0) return
  const blocked = order.features.includes('BLOCK_AMZL')
  shipment.packs.push({
    id: `PKG-${world.random.text(12)}`,
    tracking: blocked
      ? `1Z999AA1${world.random.text(10, '0123456789')}`
      : `TBA${world.random.text(12, '0123456789')}`,
    carrier: blocked ? 'UPS' : 'AMZL',
    status: 'PROCESSING',
    deliveryAt: at + 3 * 86_400_000,
  })
  touch(world, order, at)
}

export function send(world: World, order: McfOrder, shipment: McfShipment, at: number): void {
  pack(world, order, shipment, at)
  shipment.status = 'SHIPPED'
  shipment.shipAt = at
  for (const each of shipment.packs) each.status = 'IN_TRANSIT'
  for (const { sku, units } of shipment.items) {
    const shelf = world.shelves.get(sku)
    if (!shelf) continue
    shelf.onHand -= units
    shelf.committed -= units
    shelf.updatedAt = at
  }
  const left = order.lines.some(
    (line) => line.units - line.cancelled - line.unfulfillable > shippedOf(order, line),
  )
  if (!left)
    order.status = order.lines.some((line) => line.cancelled + line.unfulfillable > 0)
      ? 'COMPLETE_PARTIAL'
      : 'COMPLETE'
  touch(world, order, at, shipment)
}

/** A shipment that Amazon gives up: its units may be planned anew, the order goes on. */
export function drop(world: World, order: McfOrder, shipment: McfShipment, at: number): void {
  shipment.status = 'CANCELLED'
  for (const { sku, units } of shipment.items) commit(world, sku, -units)
  touch(world, order, at, shipment)
}

/** `false`: Amazon is at it already. */
export function stop(world: World, order: McfOrder, at: number): boolean {
  if (order.status !== 'PROCESSING' || order.shipments.some(({ status }) => status !== 'CANCELLED'))
    return false
  for (const line of order.lines) line.cancelled = line.units
  order.status = 'CANCELLED'
  touch(world, order, at)
  return true
}
