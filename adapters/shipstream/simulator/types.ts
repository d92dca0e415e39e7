export interface SimulatedWarehouse {
  readonly id: number
  readonly name: string
  readonly street: string
  readonly city: string
  readonly region: string
  readonly country: string
  readonly postalCode: string
}

export interface OrderItem {
  readonly id: number
  readonly sku: string
  readonly ordered: number
  cancelled: number
  /** Units set aside in each warehouse, by its id, and not in a shipment yet. */
  readonly allocated: Map<number, number>
}

/** One box of a shipment. */
export interface Box {
  readonly id: number
  status: 'packing' | 'packed' | 'manifested' | 'shipped' | 'delivered'
  readonly createdAt: number
  labelledAt: number
  shippedAt: number | null
  deliveredAt: number | null
  tracking: string[]
  readonly lines: { readonly item: OrderItem; readonly quantity: number }[]
}

export type ShipmentStatus = 'picking' | 'picked' | 'packed' | 'shipped' | 'canceled' | 'voided'

export interface SimulatedShipment {
  readonly id: string
  readonly warehouse: SimulatedWarehouse
  status: ShipmentStatus
  readonly lines: { readonly item: OrderItem; readonly quantity: number; cancelRequested: number }[]
  boxes: Box[]
  readonly createdAt: number
  updatedAt: number
  packedAt: number | null
  shippedAt: number | null
  deliveredAt: number | null
}

export type Hold = 'holded' | 'delayed_shipment' | 'unresolved' | 'invalid_address' | 'unable_to_process'

/** What `order.create` was given, checked. */
export interface OrderInput {
  readonly store: string
  readonly items: readonly { readonly sku: string; readonly quantity: number; readonly ref: string | null }[]
  readonly address: Readonly<Record<string, unknown>>
  readonly info: Readonly<Record<string, unknown>> & { readonly shipping_method: string }
  readonly uniqueId: string
  readonly orderRef: string | null
}

export interface SimulatedOrder {
  readonly id: number
  readonly input: OrderInput
  readonly items: OrderItem[]
  readonly shipments: SimulatedShipment[]
  hold: Hold | null
  readonly createdAt: number
  updatedAt: number
  completedAt: number | null
  shippedAt: number | null
  deliveredAt: number | null
}

export interface DeliveryItem {
  readonly id: number
  readonly sku: string
  readonly expected: number
  received: number
  processed: number
  putaway: number
  committed: number
}

export interface SimulatedDelivery {
  readonly id: number
  readonly incrementId: string
  readonly type: 'asn' | 'rma' | 'other'
  readonly warehouse: SimulatedWarehouse
  readonly orderRef: string | null
  readonly tracking: readonly string[]
  status: string
  state: string
  readonly items: DeliveryItem[]
  readonly exceptions: {
    readonly id: number
    readonly item: DeliveryItem
    readonly reason: string
    readonly sign: 1 | -1
    readonly quantity: number
    status: string
  }[]
  /** Is shown in a form that ShipStream does not document. */
  unreadable: boolean
  readonly createdAt: number
  updatedAt: number
}

/** What others are told of. `skus`: whose stock changed, by how many units. */
export interface News {
  order(topic: string, order: SimulatedOrder, skus?: ReadonlyMap<string, number>): void
  shipment(topic: string, order: SimulatedOrder, shipment: SimulatedShipment): void
  delivery(topic: string, delivery: SimulatedDelivery, skus?: ReadonlyMap<string, number>): void
  stock(skus: ReadonlyMap<string, number>): void
}

export const sum = (numbers: Iterable<number>): number => {
  let total = 0
  for (const each of numbers) total += each
  return total
}

export const isLive = ({ status }: SimulatedShipment): boolean => status !== 'canceled' && status !== 'voided'
export const allocatedOf = (item: OrderItem): number => sum(item.allocated.values())

/** Units of an item in shipments that stand. */
export const shipmentUnits = (order: SimulatedOrder, item: OrderItem, some = isLive): number =>
  sum(
    order.shipments
      .filter(some)
      .flatMap(({ lines }) => lines.filter((line) => line.item === item).map(({ quantity }) => quantity)),
  )

export const backorderedOf = (order: SimulatedOrder, item: OrderItem): number =>
  item.ordered - item.cancelled - allocatedOf(item) - shipmentUnits(order, item)

/** ShipStream's state and status of an order (docs.shipstream.io, Order States and Statuses). */
export function statusOf(order: SimulatedOrder): readonly [state: string, status: string] {
  const { items, shipments, hold } = order
  if (items.every((item) => item.cancelled === item.ordered)) return ['canceled', 'canceled']
  if (hold !== null) return ['holded', hold]
  const backordered = sum(items.map((item) => backorderedOf(order, item)))
  const waiting = backordered + sum(items.map(allocatedOf))
  const live = shipments.filter(isLive)
  if (live.length === 0) {
    if (backordered === 0) return ['new', 'new']
    return ['new', backordered === waiting ? 'backordered' : 'partial_backorder']
  }
  if (backordered > 0) return ['processing', 'partial_backorder']
  const packed = live.every(({ status }) => status === 'packed' || status === 'shipped')
  return waiting === 0 && packed ? ['complete', 'complete'] : ['processing', 'processing']
}
