import { StockpoolError } from '../../src/error.ts'
import type { AdapterContext, CancelResult } from '../../src/spec/index.ts'
import { ask } from './cancel.ts'
import { find } from './find.ts'
import type { Settings } from './options.ts'
import { readOrder, readShipments } from './order.ts'

type Lines = readonly { readonly sku: string; readonly quantity: number }[]
/** Units by SKU. */
type Units = ReadonlyMap<string, number>

interface Split {
  /** Ordered and not cancelled. */
  readonly open: Units
  readonly backordered: Units
  /** In no shipment: backordered, or set aside. */
  readonly unfulfilled: Units
}

function add(units: Map<string, number>, sku: string, by: number): void {
  units.set(sku, (units.get(sku) ?? 0) + by)
}

async function splitOf(context: AdapterContext, settings: Settings, reference: string): Promise<Split> {
  const found = await find(context, settings, reference)
  if (found === null) {
    throw new StockpoolError('not_found', 'ShipStream has no order of this reference', {
      details: { reference },
    })
  }
  const order = readOrder(found.raw)
  const open = new Map<string, number>()
  const backordered = new Map<string, number>()
  const unfulfilled = new Map<string, number>()
  for (const item of order.items) {
    const left = order.status === 'canceled' ? 0 : item.qty_ordered - item.qty_canceled
    add(open, item.sku, left)
    add(unfulfilled, item.sku, left)
    add(backordered, item.sku, item.qty_backordered)
  }
  for (const { status, items } of readShipments(order, found.shipments)) {
    if (status === 'canceled' || status === 'voided') continue
    for (const { sku, qty, qty_canceled: cancelled } of items) add(unfulfilled, sku, cancelled - qty)
  }
  return { open, backordered, unfulfilled }
}

const same = (one: Units, other: Units) =>
  [...new Set([...one.keys(), ...other.keys()])].every((sku) => (one.get(sku) ?? 0) === (other.get(sku) ?? 0))

function unwanted({ open }: Split, lines: Lines): Units {
  const stop = new Map(open)
  for (const { sku, quantity } of lines) add(stop, sku, -quantity)
  return stop
}

/**
 * Cancels what the order is not wanted for any more. ShipStream cancels no chosen units, only all that are backordered, or all
 * that are in no shipment yet: so it can when the units to stop are just these.
 * @throws StockpoolError `unsupported` when they are others; then only the whole order can be cancelled.
 */
export async function keep(
  context: AdapterContext,
  settings: Settings,
  reference: string,
  lines: Lines,
): Promise<CancelResult> {
  const before = await splitOf(context, settings, reference)
  const stop = unwanted(before, lines)
  const done = (units: Units) => [...units.values()].every((each) => each === 0)
  if (done(stop)) return { outcome: 'stopped' }
  if (same(stop, before.backordered)) await ask(context, settings, reference, { backordered_items: true })
  else if (same(stop, before.unfulfilled))
    await ask(context, settings, reference, { unfulfilled_items: true })
  else throw unable(reference)
  // Stock may have come, or a picker, between the look and the call.
  if (done(unwanted(await splitOf(context, settings, reference), lines))) return { outcome: 'stopped' }
  throw unable(reference)
}

const unable = (reference: string) =>
  new StockpoolError('unsupported', 'ShipStream cannot cancel just these units', {
    details: { reference },
    remedy: 'Cancel the whole order, and ask for the rest anew.',
  })
