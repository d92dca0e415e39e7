import {
  type InventoryItem,
  type SimulatedLocation,
  type SimulatedOrder,
  type SimulatedShipment,
  statusOf,
} from './types.ts'
import type { Warehouse } from './warehouse.ts'

/** ShipBob writes its times with an offset of zero, not with a Z. */
export const time = (at: number | null) =>
  at === null ? null : `${new Date(at).toISOString().slice(0, -1)}+00:00`

export function shipmentView(warehouse: Warehouse, order: SimulatedOrder, shipment: SimulatedShipment) {
  const { name, email, phone_number, address } = order.input.recipient
  return {
    id: shipment.id,
    order_id: order.id,
    reference_id: order.input.reference_id,
    created_date: time(shipment.createdAt),
    last_update_at: time(shipment.updatedAt),
    last_tracking_update_at: time(shipment.trackedAt),
    actual_fulfillment_date: time(shipment.fulfilledAt),
    delivery_date: time(shipment.deliveredAt),
    estimated_fulfillment_date: null,
    estimated_fulfillment_date_status: estimateOf(shipment),
    is_tracking_uploaded: shipment.trackingUploaded,
    require_signature: false,
    status: shipment.status,
    status_details: shipment.details.map(({ detail, inventoryId }) => ({
      id: detail.id,
      name: detail.name,
      description: detail.description,
      inventory_id: inventoryId,
    })),
    location: { id: shipment.location.id, name: shipment.location.name },
    recipient: { name, full_name: name, email: email ?? null, phone_number: phone_number ?? null, address },
    ship_option: order.input.shipping_method,
    package_material_type: 'Box',
    parent_cartons: [],
    products: shipment.lines.map((line) => {
      const item = warehouse.item(line.sku)
      return {
        id: item.productId,
        reference_id: line.sku,
        sku: line.sku,
        name: item.name,
        inventory_items: [
          {
            id: item.id,
            name: item.name,
            quantity: line.quantity,
            quantity_committed: line.committed,
            is_dangerous_goods: false,
            lot: null,
            expiration_date: null,
            serial_numbers: [],
          },
        ],
      }
    }),
    // Always an object: the document allows no null here.
    tracking: {
      carrier: shipment.tracking?.carrier ?? null,
      carrier_service: shipment.tracking ? 'Ground Advantage' : null,
      tracking_number: shipment.tracking?.number ?? null,
      tracking_url: shipment.tracking?.url ?? null,
      bol: null,
      pro_number: null,
      scac: null,
      shipping_date: null,
    },
  }
}

function estimateOf({ status, lines }: SimulatedShipment): string {
  if (status === 'Completed') return 'FulfilledOnTime'
  if (status === 'Exception' && lines.some((line) => line.committed < line.quantity))
    return 'AwaitingInventoryAllocation'
  return status === 'Processing' || status === 'LabeledCreated' ? 'PendingOnTime' : 'Unavailable'
}

export function orderView(warehouse: Warehouse, order: SimulatedOrder, channelName: string) {
  const { input } = order
  return {
    id: order.id,
    reference_id: input.reference_id,
    order_number: input.order_number ?? input.reference_id,
    created_date: time(order.createdAt),
    purchase_date: input.purchase_date ?? null,
    status: statusOf(order),
    type: input.type,
    channel: { id: order.channel, name: channelName },
    shipping_method: input.shipping_method,
    recipient: input.recipient,
    products: input.products.map(({ reference_id: sku, quantity }) => ({
      id: warehouse.item(sku).productId,
      reference_id: sku,
      sku,
      quantity,
      quantity_unit_of_measure_code: 'EA',
      external_line_id: null,
      gtin: null,
      upc: null,
      unit_price: null,
    })),
    tags: [],
    gift_message: null,
    shipments: order.shipments.map((shipment) => shipmentView(warehouse, order, shipment)),
  }
}

export function levelView(warehouse: Warehouse, item: InventoryItem) {
  const sum = (of: (sku: string, location: number) => number) =>
    warehouse.locations.reduce((total, { id }) => total + of(item.sku, id), 0)
  return {
    inventory_id: item.id,
    name: item.name,
    sku: item.sku,
    total_on_hand_quantity: sum((sku, id) => warehouse.onHand(sku, id)),
    total_committed_quantity: sum((sku, id) => warehouse.committed(sku, id)),
    total_fulfillable_quantity: sum((sku, id) => warehouse.fulfillable(sku, id)),
    total_sellable_quantity: sum((sku, id) => warehouse.fulfillable(sku, id)),
    total_awaiting_quantity: 0,
    total_backordered_quantity: 0,
    total_exception_quantity: 0,
    total_internal_transfer_quantity: 0,
  }
}

/** A location appears once the item lies or lay there: one that never had it is not listed. */
export function locationLevelView(warehouse: Warehouse, item: InventoryItem) {
  return {
    inventory_id: item.id,
    name: item.name,
    sku: item.sku,
    locations: warehouse.locations
      .filter(({ id }) => item.onHand.has(id))
      .map(({ id, name }) => ({
        location_id: id,
        name,
        on_hand_quantity: warehouse.onHand(item.sku, id),
        committed_quantity: warehouse.committed(item.sku, id),
        fulfillable_quantity: warehouse.fulfillable(item.sku, id),
        awaiting_quantity: 0,
        internal_transfer_quantity: 0,
      })),
  }
}

export function locationView({ id, name, country, postalCode }: SimulatedLocation) {
  const address = {
    address1: '1 Warehouse Way',
    address2: null,
    city: name,
    state: null,
    country,
    zip_code: postalCode,
    name: 'ShipBob',
    email: null,
    phone_number: null,
  }
  return {
    id,
    name,
    abbreviation: `FC${id}`,
    is_active: true,
    is_receiving_enabled: true,
    is_shipping_enabled: true,
    access_granted: true,
    attributes: [],
    region: { id: 1, name: 'North America' },
    services: [{ service_type: 'Receiving', enabled: true, address }],
    timezone: 'UTC',
  }
}
