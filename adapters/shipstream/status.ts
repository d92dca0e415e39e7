import type { FulfillmentStatus } from '../../src/spec/index.ts'
import { type ParcelFacts, voidedLabels } from './parcels.ts'
import type { WireOrder, WireShipment } from './wire.ts'

interface Meaning {
  readonly status: FulfillmentStatus
  /** What a person should do. */
  readonly act?: string
}

// docs.shipstream.io, Order, "Valid Order Statuses". A word that is not here is `unknown`, with the word kept.
const meanings: Readonly<Record<string, Meaning>> = {
  new: { status: 'accepted' },
  backordered: { status: 'backordered' },
  partial_backorder: { status: 'backordered' },
  processing: { status: 'picking' },
  // "Entire order has been packaged and labeled for shipping": not handed over yet.
  complete: { status: 'labelled' },
  canceled: { status: 'cancelled' },
  holded: { status: 'on_hold', act: 'it is on hold: release it there' },
  delayed_shipment: {
    status: 'on_hold',
    act: 'it is held until its delayed ship date: wait, or release it there',
  },
  unresolved: {
    status: 'on_hold',
    act: 'its shipping method could not be resolved: choose another one there',
  },
  invalid_address: { status: 'needs_attention', act: 'its address is not valid: correct it there' },
  unable_to_process: { status: 'needs_attention', act: 'it cannot be processed: see its history there' },
}

const meaningOf = (order: WireOrder): Meaning =>
  meanings[order.status] ?? { status: 'unknown', act: `its status is "${order.status}": look at it there` }

// Who stopped an order is louder than how far its parcels are.
const stopped: ReadonlySet<FulfillmentStatus> = new Set([
  'cancelled',
  'on_hold',
  'needs_attention',
  'unknown',
])

const sum = (quantities: readonly number[]) => quantities.reduce((total, each) => total + each, 0)

/** The status of a whole order: ShipStream's word, and how many of its units are labelled, gone and delivered. */
export function orderStatus(order: WireOrder, parcels: readonly ParcelFacts[]): FulfillmentStatus {
  const { status } = meaningOf(order)
  if (stopped.has(status)) return status
  const wanted = sum(order.items.map((item) => item.qty_ordered - item.qty_canceled))
  const standing = parcels.filter(({ withdrawn }) => !withdrawn)
  const unitsOf = (some: readonly ParcelFacts[]) =>
    sum(some.flatMap(({ lines }) => lines.map((line) => line.quantity)))
  const left = unitsOf(standing.filter(({ handedOverAt }) => handedOverAt !== null))
  const delivered = unitsOf(standing.filter(({ deliveredAt }) => deliveredAt !== null))
  if (wanted > 0 && delivered >= wanted) return 'delivered'
  if (wanted > 0 && left >= wanted) return 'shipped'
  if (left > 0) return 'partially_shipped'
  if (status !== 'labelled' && status !== 'picking') return status
  if (standing.length === 0) return status === 'labelled' ? completeStatus(order) : status
  return unitsOf(standing.filter(({ labelledAt }) => labelledAt !== null)) >= wanted ? 'labelled' : 'picking'
}

/** Of a complete order whose shipments cannot be seen. */
function completeStatus({ delivered_at: delivered, shipped_at: shipped }: WireOrder): FulfillmentStatus {
  if (delivered !== null) return 'delivered'
  return shipped === null ? 'labelled' : 'shipped'
}

/** What a person should do for an order, or `null`. @param shipments those whose tracking numbers may have been given on */
export function attentionOf(order: WireOrder, shipments: readonly WireShipment[]): string | null {
  const { act } = meaningOf(order)
  const short = order.items.filter((item) => item.qty_backordered > 0)
  const texts = [
    ...(act === undefined ? [] : [act]),
    ...(order.status === 'canceled' ? [] : short).map(
      ({ sku, qty_backordered: units }) =>
        `${units} of ${sku} are backordered: send stock, or cancel the order`,
    ),
    ...shipments
      .filter((shipment) => voidedLabels(shipment).length > 0)
      .map(
        (shipment) =>
          `the labels of shipment ${shipment.shipment_id} were voided: ${voidedLabels(shipment).join(', ')} do not hold, wait for new ones`,
      ),
  ]
  return texts.length === 0 ? null : `ShipStream order ${order.unique_id}: ${texts.join('; ')}`
}

/**
 * Whether ShipStream's `qty_available` has all of the order taken off. What is backordered is not: "Backordered
 * quantities are not reflected in the Available amount" (docs.shipstream.io, Inventory).
 */
export function isAllocated(order: WireOrder): boolean {
  if (order.status === 'canceled') return true
  return order.items.every((item) => {
    if (item.qty_backordered > 0) return false
    const allocated =
      item.allocation_data === null ? null : sum(item.allocation_data.map((each) => each.qty_allocated))
    const done = item.qty_canceled + item.qty_processing + item.qty_shipped
    return allocated === null || allocated + done >= item.qty_ordered
  })
}
