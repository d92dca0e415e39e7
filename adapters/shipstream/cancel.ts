import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import type { AdapterContext, CancelResult } from '../../src/spec/index.ts'
import { send } from './call.ts'
import { rpcCode, withoutValues } from './errors.ts'
import { find } from './find.ts'
import type { Settings } from './options.ts'
import { readOrder, readShipments } from './order.ts'
import { parcelsOf } from './parcels.ts'
import { WireCancelled } from './wire.ts'

/** Units of an order that are to be stopped, and what became of them. */
interface Count {
  readonly ordered: number
  readonly cancelled: number
  /** Left the warehouse. */
  readonly gone: number
  /** The warehouse was asked for them and has not decided. */
  readonly requested: number
}

/** Of a shipment: what was asked of it is decided. */
const over: ReadonlySet<string> = new Set(['shipped', 'canceled', 'voided'])

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)

async function count(context: AdapterContext, settings: Settings, reference: string): Promise<Count> {
  const found = await find(context, settings, reference)
  if (found === null) {
    throw new StockpoolError('not_found', 'ShipStream has no order of this reference', {
      details: { reference },
    })
  }
  const order = readOrder(found.raw)
  const shipments = readShipments(order, found.shipments)
  const left = shipments
    .flatMap((each) => parcelsOf(each, settings.trackingFrom))
    .filter(({ withdrawn, handedOverAt }) => !withdrawn && handedOverAt !== null)
  const undecided = shipments.filter(({ status }) => !over.has(status))
  const ordered = sum(order.items.map((item) => item.qty_ordered))
  const listed = sum(order.items.map((item) => item.qty_canceled))
  return {
    ordered,
    cancelled: order.status === 'canceled' ? ordered : listed,
    gone: sum(left.flatMap(({ lines }) => lines.map(({ quantity }) => quantity))),
    requested: sum(undecided.flatMap(({ items }) => items.map((item) => item.qty_cancel_requested))),
  }
}

/** What there is to say without asking again; `null`: there is something left to stop. */
function decided({ ordered, cancelled, gone, requested }: Count): CancelResult | null {
  const open = ordered - cancelled - gone
  if (open <= 0 && gone === 0) return { outcome: 'stopped' }
  if (open <= 0)
    return {
      outcome: cancelled > 0 ? 'unknown' : 'too_late',
      detail: `${gone} of ${ordered} units have left`,
    }
  return requested >= open
    ? { outcome: 'unknown', detail: 'requested before; the warehouse has not decided' }
    : null
}

/**
 * What is not in picking yet is cancelled at once; the whole order where the store allows it; for what is picked or packed
 * the warehouse is asked (`cancellation_request`), which is `unknown` until it decides. The order itself is read before
 * and after: `success` only says that one of the three was done.
 */
export async function cancel(
  context: AdapterContext,
  settings: Settings,
  reference: string,
): Promise<CancelResult> {
  const before = await count(context, settings, reference)
  const known = decided(before)
  if (known !== null) return known
  const { success, warnings } = await ask(context, settings, reference, everything)
  const after = await count(context, settings, reference)
  const detail = warnings.map(withoutValues).join('; ')
  const told = detail === '' ? {} : { detail }
  if (after.cancelled >= after.ordered && after.gone === 0) return { outcome: 'stopped', ...told }
  const changed = after.cancelled > before.cancelled || after.requested > before.requested
  return { outcome: success || changed ? 'unknown' : 'too_late', ...told }
}

const everything = { unfulfilled_items: true, all_items: true, cancellation_request: true } as const

/** Asks ShipStream to cancel by these options. */
export async function ask(
  context: AdapterContext,
  settings: Settings,
  reference: string,
  options: Readonly<Record<string, true>>,
): Promise<{ readonly success: boolean; readonly warnings: readonly string[] }> {
  try {
    const { data } = await send(context, settings, {
      method: 'order.cancel',
      args: [reference, options],
      effect: 'idempotent',
      priority: 8,
      schema: WireCancelled,
    })
    return data
  } catch (thrown) {
    // "Order status not changed": the order tells what it is instead.
    if (!isStockpoolError(thrown, 'rejected') || rpcCode(thrown) !== 103) throw thrown
    return { success: false, warnings: [thrown.message] }
  }
}
