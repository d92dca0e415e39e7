import type { Deliveries } from './deliveries.ts'
import {
  type Box,
  backorderedOf,
  isLive,
  type OrderItem,
  type SimulatedDelivery,
  type SimulatedOrder,
  type SimulatedShipment,
  type SimulatedWarehouse,
  shipmentUnits,
  statusOf,
  sum,
} from './types.ts'
import type { Warehouse } from './warehouse.ts'

/** Whole seconds with an offset, as ShipStream writes times. */
export const time = (at: number | null) =>
  at === null ? null : `${new Date(at).toISOString().slice(0, 19)}+00:00`
/** Decimals in text. */
const qty = (units: number) => units.toFixed(4)

const carrierOf = ({ input }: SimulatedOrder) => {
  const [code = ''] = input.info.shipping_method.split('_')
  return code === 'cheapest' || code === 'external' ? 'ups' : code
}
const trackUrl = (number: string) => `https://wwwapps.ups.com/tracking/tracking.cgi?tracknum=${number}`

function itemView(order: SimulatedOrder, item: OrderItem) {
  const shipped = shipmentUnits(order, item, ({ status }) => status === 'packed' || status === 'shipped')
  return {
    sku: item.sku,
    name: item.sku,
    qty_ordered: qty(item.ordered),
    qty_backordered: qty(backorderedOf(order, item)),
    qty_canceled: qty(item.cancelled),
    qty_processing: qty(shipmentUnits(order, item) - shipped),
    qty_shipped: qty(shipped),
    unit_declared_value: null,
    unit_declared_value_currency: 'USD',
    unit_customs_value: null,
    unit_customs_value_currency: 'USD',
    weight: '1.000000',
    row_weight: `${item.ordered}.000000`,
    allocation_data: [...item.allocated].map(([id, units]) => ({
      warehouse_id: String(id),
      qty_allocated: qty(units),
    })),
    order_item_id: String(item.id),
    order_item_ref: order.input.items.find(({ sku }) => sku === item.sku)?.ref ?? null,
    weight_unit: 'lb',
    row_weight_unit: 'lb',
  }
}

export function orderView(order: SimulatedOrder) {
  const { input } = order
  const [state, status] = statusOf(order)
  const { street1, ...address } = input.address
  return {
    order_id: order.id,
    unique_id: input.uniqueId,
    order_ref: input.orderRef,
    state,
    status,
    store_code: input.store,
    carrier_code: carrierOf(order),
    shipping_method: input.info.shipping_method,
    shipping_description: input.info.shipping_method,
    backorder_policy: input.info.backorder_policy ?? 'default',
    total_item_count: String(order.items.length),
    created_at: time(order.createdAt),
    updated_at: time(order.updatedAt),
    completed_at: time(order.completedAt),
    shipped_at: time(order.shippedAt),
    delivered_at: time(order.deliveredAt),
    shipping_address: { street: street1, ...address, is_valid: order.hold === 'invalid_address' ? 0 : 1 },
    items: order.items.map((item) => itemView(order, item)),
    shipments: order.shipments.map(({ id, status: shipmentStatus }) => ({
      shipment_id: id,
      status: shipmentStatus,
    })),
    packages: order.shipments
      .filter(isLive)
      .flatMap((shipment) => shipment.boxes.map((box) => packageView(order, shipment, box))),
    status_history: [],
  }
}

export function packageView(order: SimulatedOrder, shipment: SimulatedShipment, box: Box) {
  return {
    warehouse_id: String(shipment.warehouse.id),
    status: box.status,
    shipment_id: shipment.id,
    shipment_status: shipment.status,
    carrier: carrierOf(order),
    manifest_courier_code: carrierOf(order),
    manifest_courier_name: carrierOf(order).toUpperCase(),
    created_at: time(box.createdAt),
    tracking_added_at: time(box.labelledAt),
    shipped_at: time(box.shippedAt),
    delivered_at: time(box.deliveredAt),
    weight: '1.0000',
    weight_unit: 'lb',
    tracking: box.tracking.map((number) => ({
      number,
      description: 'UPS Ground',
      track_url: trackUrl(number),
    })),
    order_items: box.lines.map(({ item, quantity }) => ({
      order_item_id: String(item.id),
      order_item_ref: null,
      sku: item.sku,
      quantity: qty(quantity),
    })),
    package_items: box.lines.map(({ item, quantity }) => ({
      order_item_id: String(item.id),
      sku: item.sku,
      quantity: qty(quantity),
    })),
    package_data: [],
  }
}

export function shipmentView(order: SimulatedOrder, shipment: SimulatedShipment) {
  const gone = shipment.status === 'shipped'
  return {
    shipment_id: shipment.id,
    warehouse_id: shipment.warehouse.id,
    order_unique_id: order.input.uniqueId,
    order_ref: order.input.orderRef,
    store_code: order.input.store,
    status: shipment.status,
    shipment_type: 'parcel',
    total_qty: qty(sum(shipment.lines.map(({ quantity }) => quantity))),
    manifest_courier_code: carrierOf(order),
    manifest_courier_name: carrierOf(order).toUpperCase(),
    created_at: time(shipment.createdAt),
    updated_at: time(shipment.updatedAt),
    packed_at: time(shipment.packedAt),
    shipped_at: time(shipment.shippedAt),
    delivered_at: time(shipment.deliveredAt),
    items: shipment.lines.map(({ item, quantity, cancelRequested }) => ({
      sku: item.sku,
      name: item.sku,
      qty: qty(quantity),
      qty_picked: qty(shipment.status === 'picking' ? 0 : quantity),
      qty_shipped: qty(gone ? quantity : 0),
      qty_cancel_requested: qty(cancelRequested),
      qty_canceled: qty(shipment.status === 'canceled' ? quantity : 0),
      order_item_id: item.id,
    })),
    packages: shipment.boxes.map((box) => packageView(order, shipment, box)),
  }
}

const levels = (warehouse: Warehouse, deliveries: Deliveries, sku: string, { id }: SimulatedWarehouse) => {
  const inShipments = warehouse.inShipments(sku, id)
  return {
    ...deliveries.uncommitted(sku, id),
    available: warehouse.available(sku, id),
    allocated: warehouse.committed(sku, id) - inShipments,
    picked: inShipments,
    held: warehouse.held(sku, id),
  }
}
type Levels = ReturnType<typeof levels>

const levelView = (rows: readonly Levels[]) => {
  const of = (name: keyof Levels) => sum(rows.map((each) => each[name]))
  return {
    qty_expected: qty(of('expected')),
    qty_processed: qty(of('processed')),
    qty_putaway: qty(of('putaway')),
    qty_available: qty(of('available')),
    qty_allocated: qty(of('allocated')),
    qty_reserved: qty(0),
    qty_picked: qty(of('picked')),
    qty_advertised: qty(of('available')),
    qty_on_hand: qty(of('held') + of('processed') + of('putaway')),
  }
}

export function inventoryView(
  warehouse: Warehouse,
  deliveries: Deliveries,
  sku: string,
  places: readonly SimulatedWarehouse[],
) {
  const rows = places.map((place) => ({
    warehouse_id: String(place.id),
    ...levelView([levels(warehouse, deliveries, sku, place)]),
  }))
  const waiting = warehouse.orders.flatMap((order) =>
    order.items.filter((item) => item.sku === sku).map((item) => backorderedOf(order, item)),
  )
  return {
    sku,
    ...levelView(places.map((place) => levels(warehouse, deliveries, sku, place))),
    qty_backordered: qty(sum(waiting)),
    detailed: rows,
  }
}

/** `qty_available` over all warehouses, as events tell it. */
export const adjustmentsView = (warehouse: Warehouse, skus: ReadonlyMap<string, number>) =>
  Object.fromEntries(
    [...skus].map(([sku, by]) => {
      const available = sum(warehouse.places.map(({ id }) => warehouse.available(sku, id)))
      return [
        sku,
        {
          sku,
          external_id: null,
          product_id: 7,
          qty_adjust: by,
          qty_available: available,
          qty_advertised: available,
        },
      ]
    }),
  )

export function deliveryView(delivery: SimulatedDelivery) {
  return {
    delivery_id: delivery.id,
    warehouse_id: delivery.warehouse.id,
    increment_id: delivery.incrementId,
    delivery_type: delivery.type,
    state: delivery.state,
    status: delivery.unreadable ? null : delivery.status,
    total_skus: delivery.items.length,
    sender_name: 'stockpool',
    merchant_ref: null,
    merchant_status: null,
    sender_ref: null,
    sender_ref_alt: delivery.orderRef,
    tracking_numbers: delivery.tracking,
    auto_commit: 2,
    auto_close: 2,
    created_at: time(delivery.createdAt),
    updated_at: time(delivery.updatedAt),
    items: delivery.items.map((item) => ({
      delivery_item_id: item.id,
      delivery_id: delivery.id,
      product_id: 214,
      qty: item.expected,
      qty_expected: Math.max(0, item.expected - item.received),
      qty_received: item.received,
      qty_shortage: 0,
      qty_overage: 0,
      qty_processed: item.processed,
      qty_putaway: item.putaway,
      qty_committed: item.committed,
      sku: item.sku,
      item_ref: null,
    })),
    containers: [],
    exceptions: delivery.exceptions.map(({ id, item, reason, sign, quantity, status }) => ({
      delivery_exception_id: id,
      delivery_id: delivery.id,
      delivery_item_id: item.id,
      container_id: null,
      status,
      sign,
      reason,
      comment: null,
      qty: quantity,
    })),
  }
}

export const warehouseView = ({
  id,
  name,
  street,
  city,
  region,
  country,
  postalCode,
}: SimulatedWarehouse) => ({
  warehouse_id: id,
  name,
  is_active: 1,
  address: { street1: street, street2: '', city, country, region, postcode: postalCode },
})
