import type { Deliveries } from './deliveries.ts'
import {
  allocatedOf,
  backorderedOf,
  type OrderItem,
  type SimulatedShipment,
  shipmentUnits,
  statusOf,
} from './types.ts'
import type { Warehouse } from './warehouse.ts'

/** What the simulator shows of itself: numbers as they are now, sorted, the same for the same history. */
export function stateOf(warehouse: Warehouse, deliveries: Deliveries) {
  return {
    stock: [...warehouse.onHand]
      .flatMap(([sku, places]) =>
        [...places.keys()].map((id) => ({
          sku,
          location: String(id),
          onHand: warehouse.held(sku, id),
          committed: warehouse.committed(sku, id),
          fulfillable: warehouse.available(sku, id),
        })),
      )
      .sort(
        (one, other) => one.sku.localeCompare(other.sku) || Number(one.location) - Number(other.location),
      ),
    orders: warehouse.orders.map((order) => ({
      id: String(order.id),
      reference: order.input.uniqueId,
      status: statusOf(order)[1],
      lines: order.items.map((item) => ({
        sku: item.sku,
        quantity: item.ordered,
        shipped: shipmentUnits(order, item, ({ status }) => status === 'shipped'),
        cancelled: item.cancelled,
        allocated: allocatedOf(item),
        backordered: backorderedOf(order, item),
      })),
      shipments: order.shipments.flatMap((shipment) => parcelRows(shipment)),
    })),
    deliveries: deliveries.all.map(({ incrementId: id, type, state, status }) => ({
      id,
      type,
      state,
      status,
    })),
  }
}

interface ParcelRow {
  readonly id: string
  readonly status: string
  readonly location: string
  readonly carrier: string
  readonly trackingNumber: string | null
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
}

/** One row for each tracking number; one for a shipment without any. */
function parcelRows({ id, status, warehouse, lines, boxes }: SimulatedShipment): ParcelRow[] {
  const contents = (some: readonly { item: OrderItem; quantity: number }[]) =>
    some.map(({ item, quantity }) => ({ sku: item.sku, quantity }))
  const row = { id, status, location: String(warehouse.id), carrier: 'ups' }
  const rows = boxes.flatMap((box) =>
    box.tracking.map((trackingNumber, index) => ({
      ...row,
      trackingNumber,
      lines: index === 0 ? contents(box.lines) : [],
    })),
  )
  return rows.length > 0 ? rows : [{ ...row, trackingNumber: null, lines: contents(lines) }]
}
