import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import type { AdapterContext, CancelResult } from '../../src/spec/index.ts'
import { send } from './client.ts'
import {
  cancelOrderDocument,
  holdOrderDocument,
  noteOrderDocument,
  updateLinesDocument,
} from './documents.ts'
import { findById } from './find.ts'
import { isOrderCanceled, pending, pendingUnits, type SkuQuantity, shippedUnits } from './lines.ts'
import type { Settings } from './options.ts'
import type { WireOrder } from './wire.ts'

const reason = 'stockpool: the order is not wanted any more'

async function read(context: AdapterContext, settings: Settings, id: string): Promise<WireOrder> {
  const order = await findById(context, settings, id)
  if (order !== null) return order
  throw new StockpoolError('not_found', `ShipHero has no order ${id}`, {
    remedy: 'Look the order up by its reference.',
  })
}

/** What an order is by now, for one who wanted nothing of it to ship. */
function outcomeOf(order: WireOrder, detail?: string): CancelResult | null {
  const told = detail === undefined ? {} : { detail }
  if (isOrderCanceled(order) && shippedUnits(order) === 0) return { outcome: 'stopped', ...told }
  if (pendingUnits(order) > 0) return null
  if (shippedUnits(order) === 0) return { outcome: 'stopped', ...told }
  // The rest was stopped, or all has shipped: each unit counts as what the order's own news say of it.
  const stopped = order.line_items.nodes.some((line) => line.quantity_shipped < line.quantity)
  return { outcome: stopped ? 'unknown' : 'too_late', ...told }
}

/**
 * Cancels what has not shipped. An order of which nothing shipped is cancelled whole; of one that shipped in part the rest is
 * taken off its lines. What ShipHero refuses to stop (it is being packed) is asked for: the order is put on client hold, with
 * a note for the warehouse, and its news will tell.
 */
export async function cancel(context: AdapterContext, settings: Settings, id: string): Promise<CancelResult> {
  const before = await read(context, settings, id)
  const already = outcomeOf(before)
  if (already !== null) return already
  let refusal: StockpoolError | null = null
  try {
    if (shippedUnits(before) > 0) await lower(context, settings, before, () => 0)
    else await cancelWhole(context, settings, id)
  } catch (thrown) {
    if (!isStockpoolError(thrown, 'rejected')) throw thrown
    refusal = thrown
  }
  const after = await read(context, settings, id)
  const outcome = outcomeOf(after, refusal?.message)
  if (outcome !== null) return outcome
  if (refusal === null)
    return { outcome: 'unknown', detail: 'ShipHero took the request, and has not cancelled yet' }
  return ask(context, settings, after, refusal)
}

const orderRef = (settings: Settings, id: string) => ({
  ...(settings.customer === null ? {} : { customer_account_id: settings.customer }),
  order_id: id,
})

async function cancelWhole(context: AdapterContext, settings: Settings, id: string): Promise<void> {
  const data = { ...orderRef(settings, id), reason }
  await send(context, settings, cancelOrderDocument, { data }, { effect: 'idempotent', priority: 8 })
}

/** A late cancellation is a request: the warehouse decides. Repeating it changes nothing. */
async function ask(
  context: AdapterContext,
  settings: Settings,
  order: WireOrder,
  refusal: StockpoolError,
): Promise<CancelResult> {
  const ref = orderRef(settings, order.id)
  if (order.holds?.client_hold !== true) {
    const data = { ...ref, client_hold: true }
    await send(context, settings, holdOrderDocument, { data }, { effect: 'idempotent', priority: 8 })
    const history_entry = {
      message: `${reason}: cancel it, or release the client hold and ship it`,
      source: 'stockpool',
    }
    const note = { data: { ...ref, history_entry } }
    await send(context, settings, noteOrderDocument, note, { effect: 'idempotent' })
  }
  return { outcome: 'unknown', detail: `put on client hold; ${refusal.message}` }
}

/** Lowers what each line still means to ship to what `target` gives, where it is more. */
async function lower(
  context: AdapterContext,
  settings: Settings,
  order: WireOrder,
  target: (line: WireOrder['line_items']['nodes'][number]) => number,
): Promise<void> {
  const line_items = order.line_items.nodes
    .map((line) => ({ id: line.id, now: pending(order, line), quantity_pending_fulfillment: target(line) }))
    .filter(({ now, quantity_pending_fulfillment: wanted }) => wanted < now)
    .map(({ id, quantity_pending_fulfillment }) => ({ id, quantity_pending_fulfillment }))
  if (line_items.length === 0) return
  // Absolute numbers: repeating it ends in the same state. `quantity` stays, as the record of what was ordered.
  const data = { ...orderRef(settings, order.id), line_items }
  await send(context, settings, updateLinesDocument, { data }, { effect: 'idempotent', priority: 8 })
}

/** How many units of each line may still ship when so many of its SKU shall be left in all; earlier lines first. */
export function targets(order: WireOrder, left: readonly SkuQuantity[]): ReadonlyMap<string, number> {
  const room = new Map<string, number>()
  for (const { sku, quantity } of left) room.set(sku, (room.get(sku) ?? 0) + quantity)
  for (const { sku, quantity_shipped: shipped } of order.line_items.nodes) {
    room.set(sku ?? '', (room.get(sku ?? '') ?? 0) - shipped)
  }
  const found = new Map<string, number>()
  for (const line of order.line_items.nodes) {
    const free = Math.max(0, room.get(line.sku ?? '') ?? 0)
    const give = Math.min(free, pending(order, line))
    room.set(line.sku ?? '', free - give)
    found.set(line.id, give)
  }
  return found
}

/**
 * Leaves so many units of an order, and cancels what is more and has not shipped. The lines say all that shall be left: an SKU
 * that they do not name is cancelled.
 */
export async function keep(
  context: AdapterContext,
  settings: Settings,
  id: string,
  left: readonly SkuQuantity[],
): Promise<CancelResult> {
  if (left.every(({ quantity }) => quantity <= 0)) return cancel(context, settings, id)
  const before = await read(context, settings, id)
  const tooMany = (order: WireOrder) => {
    const found = targets(order, left)
    return order.line_items.nodes.some((line) => pending(order, line) > (found.get(line.id) ?? 0))
  }
  let refusal: StockpoolError | null = null
  if (tooMany(before)) {
    try {
      const found = targets(before, left)
      await lower(context, settings, before, (line) => found.get(line.id) ?? 0)
    } catch (thrown) {
      if (!isStockpoolError(thrown, 'rejected')) throw thrown
      refusal = thrown
    }
  }
  const after = refusal === null && !tooMany(before) ? before : await read(context, settings, id)
  if (tooMany(after)) {
    if (refusal !== null) return ask(context, settings, after, refusal)
    return { outcome: 'unknown', detail: 'ShipHero took the request, and has not changed the order yet' }
  }
  return { outcome: shippedTooMany(after, left) ? 'too_late' : 'stopped' }
}

function shippedTooMany(order: WireOrder, left: readonly SkuQuantity[]): boolean {
  const room = new Map<string, number>()
  for (const { sku, quantity } of left) room.set(sku, (room.get(sku) ?? 0) + quantity)
  for (const { sku, quantity_shipped: shipped } of order.line_items.nodes) {
    room.set(sku ?? '', (room.get(sku ?? '') ?? 0) - shipped)
  }
  return [...room.values()].some((rest) => rest < 0)
}
