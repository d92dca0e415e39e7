import { readRow } from '../../src/http/index.ts'
import type { FulfillmentOrder } from '../../src/spec/index.ts'
import { cancelled, isAllocated, pending } from './lines.ts'
import type { Settings } from './options.ts'
import { parcelsOf } from './parcels.ts'
import { standing } from './status.ts'
import { type WireOrder, WireOrderName, WireOrder as WireOrderSchema } from './wire.ts'

/** ShipHero's times have whole seconds: what happened at one may have happened up to so much later. */
const secondMs = 999

/** When ShipHero made the order: `order_date` is the date we gave it, the lines carry the real one. */
function madeAt(order: WireOrder): number {
  const times = order.line_items.nodes.map((line) => line.created_at).filter((at) => at !== null)
  return times.length === 0 ? (order.updated_at ?? 0) : Math.min(...times)
}

/**
 * When ShipHero took the units off, as late as it may have been. It says when it allocated; when it found out that units are owed
 * (a backorder) it does not say, so that is as late as the last change.
 */
function acceptedAt(order: WireOrder, now: number): number {
  const allocated = order.allocations.map((one) => one.allocated_at).filter((at) => at !== null)
  const owed = order.line_items.nodes.some((line) => line.backorder_quantity > 0 && pending(order, line) > 0)
  const latest = Math.max(madeAt(order), ...allocated, ...(owed ? [order.updated_at ?? 0] : []))
  return Math.min(latest + secondMs, now)
}

/**
 * Reads a row as ShipHero sent it.
 * @throws StockpoolError `invalid_input` naming the field.
 */
export function readOrder(raw: unknown): WireOrder {
  const named = WireOrderName.safeParse(raw).data
  return readRow(WireOrderSchema, raw, {
    what: 'an order of ShipHero',
    details: { reference: named?.partner_order_id ?? null },
  })
}

/** An order of ShipHero, all its lines at hand, as the engine reads it. `raw` is the row as it came. */
export function orderFrom(
  order: WireOrder,
  raw: unknown,
  settings: Pick<Settings, 'statuses'>,
  now: number,
): FulfillmentOrder {
  const parcels = parcelsOf(order)
  const { status, attention } = standing(order, parcels, settings, now)
  const made = madeAt(order)
  const shipped = order.shipments.map((one) => one.created_date).filter((at) => at !== null)
  return {
    id: order.id,
    reference: order.partner_order_id ?? '',
    status,
    rawStatus: order.fulfillment_status ?? '',
    attention,
    acceptedAt: acceptedAt(order, now),
    allocated: isAllocated(order),
    updatedAt: Math.max(order.updated_at ?? 0, made, ...shipped),
    cancelled: cancelled(order),
    parcels,
    raw,
  }
}
