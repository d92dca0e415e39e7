import { readRow } from '../../src/http/index.ts'
import type { AdapterContext, FulfillmentOrder } from '../../src/spec/index.ts'
import type { Settings } from './options.ts'
import { parcelsOf } from './parcels.ts'
import { searchAll } from './search.ts'
import { attentionOf, isAllocated, orderStatus } from './status.ts'
import { WireOrder, WireOrderName, WireShipment, WireShipmentName } from './wire.ts'

/** `*` leaves these out (docs.shipstream.io, order.search). */
export const orderFields = ['*', 'items', 'shipping_address'] as const
const shipmentFields = ['*', 'items', 'packages'] as const

/** Rows as they came, by the order that they are of. */
export type Shipments = ReadonlyMap<string, readonly unknown[]>

/**
 * The shipments of some orders. An order's own list has their ids only, and its `packages` need not name those of a
 * shipment that was reverted, whose tracking must be withdrawn.
 */
export async function shipmentsOf(
  context: AdapterContext,
  settings: Settings,
  orders: readonly string[],
): Promise<Shipments> {
  const found = new Map<string, unknown[]>()
  if (orders.length === 0) return found
  const rows = await searchAll(context, settings, {
    method: 'shipment.search',
    filters: { order_unique_id: { in: orders } },
    sort: 'shipment_id',
    fields: shipmentFields,
  })
  for (const row of rows) {
    const id = WireShipmentName.safeParse(row).data?.order_unique_id
    // Nobody can tell whose it is; it must not keep the news of all others back.
    if (id === undefined) context.log.warn('a shipment of ShipStream names no order')
    else found.set(id, [...(found.get(id) ?? []), row])
  }
  return found
}

/**
 * Reads a row as ShipStream sent it.
 * @throws StockpoolError `invalid_input` naming the field.
 */
export function readOrder(raw: unknown): WireOrder {
  const reference = WireOrderName.safeParse(raw).data?.unique_id ?? null
  return readRow(WireOrder, raw, { what: 'an order of ShipStream', details: { reference } })
}

export function readShipments(order: WireOrder, rows: readonly unknown[]): WireShipment[] {
  const details = { reference: order.unique_id }
  return rows.map((row) => readRow(WireShipment, row, { what: 'a shipment of ShipStream', details }))
}

/**
 * When ShipStream took the order's units off, as late as it may have been while nothing of it was picked: it does not
 * say when an order that was backordered got its stock. From picking on the time of creation stands, since later
 * changes say nothing of it.
 */
function acceptedAt(order: WireOrder, shipments: readonly WireShipment[]): number {
  const created = order.created_at ?? 0
  const touched =
    shipments.length > 0 || order.items.some((item) => item.qty_processing + item.qty_shipped > 0)
  return touched ? created : Math.max(created, order.updated_at ?? 0)
}

/** An order of ShipStream with its shipments, as the engine reads it. `raw` is both as they came. */
export function orderFrom(
  raw: unknown,
  shipmentRows: readonly unknown[],
  { trackingFrom }: Pick<Settings, 'trackingFrom'>,
): FulfillmentOrder {
  const order = readOrder(raw)
  const shipments = readShipments(order, shipmentRows)
  const parcels = shipments.flatMap((each) => parcelsOf(each, trackingFrom))
  const times = [order.created_at, order.updated_at, ...shipments.map((each) => each.updated_at)]
  const cancelled = new Map<string, number>()
  for (const { sku, qty_canceled: units } of order.items)
    if (units > 0) cancelled.set(sku, (cancelled.get(sku) ?? 0) + units)
  return {
    id: order.order_id,
    reference: order.unique_id,
    status: orderStatus(order, parcels),
    rawStatus: [order.state, order.status].filter((each) => each !== null).join('/'),
    attention: attentionOf(order, trackingFrom === 'packed' ? shipments : []),
    acceptedAt: acceptedAt(order, shipments),
    allocated: isAllocated(order),
    updatedAt: Math.max(0, ...times.filter((at) => at !== null)),
    cancelled: [...cancelled].map(([sku, quantity]) => ({ sku, quantity })),
    parcels,
    raw: { order: raw, shipments: shipmentRows },
  }
}
