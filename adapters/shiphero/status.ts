import type { FulfillmentParcel, FulfillmentStatus } from '../../src/spec/index.ts'
import {
  bySku,
  isFulfilled,
  isOrderCanceled,
  missingLines,
  pending,
  pendingUnits,
  shippedUnits,
} from './lines.ts'
import type { Settings } from './options.ts'
import { isPacked, isWithdrawn, strayUnits } from './parcels.ts'
import type { WireOrder } from './wire.ts'

/** What a person should do about each of ShipHero's holds. */
const holds: Readonly<Record<string, string>> = {
  address_hold: 'the address is not deliverable: correct it in ShipHero, then release the address hold',
  payment_hold: 'it is on payment hold: release it in ShipHero once the order is paid',
  fraud_hold: 'it is on fraud hold: review the order, then release it in ShipHero or cancel it',
  operator_hold: 'the warehouse has put it on hold: ask why, then release it in ShipHero',
  client_hold: 'it is on client hold: release it in ShipHero, or cancel it there',
  shipping_method_hold: 'its shipping method cannot be used: choose another in ShipHero',
}

interface Finding {
  readonly status: FulfillmentStatus
  readonly text: string
}

function heldBy(order: WireOrder): Finding[] {
  return Object.entries(order.holds ?? {}).flatMap(([name, held]): Finding[] =>
    held === true ? [{ status: 'on_hold', text: holds[name] ?? `ShipHero holds it: ${name}` }] : [],
  )
}

function waitsUntil(order: WireOrder, now: number): Finding[] {
  const until = order.hold_until_date
  if (until === null || until <= now) return []
  return [{ status: 'on_hold', text: `it waits until ${new Date(until).toISOString().slice(0, 10)}` }]
}

function backordered(order: WireOrder): Finding[] {
  const owed = bySku(order.line_items.nodes, (line) =>
    Math.min(line.backorder_quantity, pending(order, line)),
  )
  if (owed.length === 0) return []
  const what = owed.map(({ sku, quantity }) => `${quantity} of ${sku}`).join(', ')
  return [
    {
      status: 'backordered',
      text: `${what} is out of stock: send stock to its warehouse, or cancel the order`,
    },
  ]
}

function flagged(order: WireOrder): Finding[] {
  if (order.flagged !== true) return []
  return [{ status: 'needs_attention', text: 'it is flagged in ShipHero: see its history for why' }]
}

/** What staff changed of an order that nobody but a person can put right. */
function strays(order: WireOrder): Finding[] {
  const found: Finding[] = []
  const say = (text: string) => found.push({ status: 'needs_attention', text })
  const missing = missingLines(order)
  if (missing > 0) {
    say(
      `${missing} of its lines ${missing === 1 ? 'was' : 'were'} taken off in ShipHero: compare the order there with its channel`,
    )
  }
  const stray = strayUnits(order)
  if (stray > 0) say(`${stray} units were shipped of lines that it no longer has: count the stock`)
  return found
}

/** An order that ShipHero calls fulfilled while nothing stands that was shipped: by hand, or after its labels were voided. */
function withoutParcels(order: WireOrder): Finding[] {
  if (!isFulfilled(order)) return []
  const text = 'ShipHero calls it fulfilled, but shows no parcel: see whether it was shipped'
  return [{ status: 'needs_attention', text }]
}

/** How far the work on an open order is. */
function progress(order: WireOrder, parcels: readonly FulfillmentParcel[]): FulfillmentStatus {
  const standing = parcels.filter(({ withdrawn }) => !withdrawn)
  if (isFulfilled(order)) {
    return standing.every(({ status }) => status === 'delivered') ? 'delivered' : 'shipped'
  }
  if (shippedUnits(order) > 0) return pendingUnits(order) > 0 ? 'partially_shipped' : 'shipped'
  const labelled = order.shipments.some(
    (shipment) => !isPacked(order, shipment) && shipment.shipping_labels.some((label) => !isWithdrawn(label)),
  )
  return labelled || standing.length > 0 ? 'labelled' : 'accepted'
}

const openWords = new Set(['pending', 'unfulfilled', 'processing', 'fulfilled'])

/**
 * Where an order stands, and what a person should do about it. `fulfillment_status` is a free text: `pending`, `fulfilled` and
 * `canceled` are ShipHero's own, and each account may add words, which `statuses` explains.
 */
export function standing(
  order: WireOrder,
  parcels: readonly FulfillmentParcel[],
  settings: Pick<Settings, 'statuses'>,
  now: number,
): { readonly status: FulfillmentStatus; readonly attention: string | null } {
  if (isOrderCanceled(order)) return { status: 'cancelled', attention: null }
  const word = order.fulfillment_status ?? ''
  const told = settings.statuses.get(word.toLowerCase())
  const named: Finding[] =
    told === undefined && !openWords.has(word.toLowerCase())
      ? [{ status: 'unknown', text: `its status is ${word || 'empty'}: look at it in ShipHero` }]
      : told === undefined || told === 'accepted'
        ? []
        : [{ status: told, text: `its status is ${word}: look at it in ShipHero` }]
  if (isFulfilled(order) && parcels.some(({ withdrawn }) => !withdrawn)) {
    // It has left, whatever else is to be said of it.
    return { status: progress(order, parcels), attention: textOf(order, strays(order)) }
  }
  // The first speaks for the order: what a person must look at before anything else.
  const open = isFulfilled(order)
    ? []
    : [...heldBy(order), ...waitsUntil(order, now), ...backordered(order), ...named]
  const findings = [...withoutParcels(order), ...flagged(order), ...strays(order), ...open]
  const status = findings[0]?.status ?? progress(order, parcels)
  return { status, attention: textOf(order, findings) }
}

function textOf(order: WireOrder, findings: readonly Finding[]): string | null {
  if (findings.length === 0) return null
  const where = `ShipHero order ${order.order_number ?? order.id}`
  return `${where}: ${findings.map(({ text }) => text).join('; ')}`
}
