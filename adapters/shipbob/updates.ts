import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import { tryRow } from '../../src/http/index.ts'
import type {
  AdapterContext,
  FulfillmentOrder,
  FulfillmentPage,
  UnreadableOrder,
} from '../../src/spec/index.ts'
import { send, serverMoment } from './call.ts'
import type { Settings } from './options.ts'
import { orderFrom, readOrder } from './order.ts'
import { WireOrders } from './wire.ts'

/** ShipBob shows changes late at times, and its clock is not ours. */
export const overlapMs = 5 * 60_000
const firstLookBackMs = 24 * 3_600_000
// The documented maximum of `Limit` (developer.shipbob.com, Get Orders: 1 to 250).
const pageSize = 250

// ShipBob keeps two times apart: `last_update_at` of a shipment, and `last_tracking_update_at` when a carrier scanned it.
// Filters are ANDed, so each has a sweep of its own, one after the other.
const sweeps = ['changes', 'tracking'] as const

const Cursor = z.object({
  /** What the pass asks for: everything changed after this, epoch milliseconds. */
  since: z.int(),
  /** When the pass began: where the next one begins, less the overlap. Never the latest time seen in an order. */
  began: z.int().nullable(),
  sweep: z.enum(sweeps),
  page: z.int().min(1),
  /** The first and last order of the page before, to notice a server that repeats its last page for ever. */
  before: z.string().nullable(),
})
type Cursor = z.infer<typeof Cursor>

function cursorFrom(text: string | null, settings: Settings, now: number): Cursor {
  if (text === null) {
    const since = settings.updatesSince ?? now - firstLookBackMs
    return { since, began: null, sweep: 'changes', page: 1, before: null }
  }
  try {
    return Cursor.parse(JSON.parse(text))
  } catch (cause) {
    throw new StockpoolError('invalid_input', 'the cursor of the ShipBob updates is not one of ours', {
      field: 'cursor',
      remedy: 'Forget it: the next read begins at `updatesSince`.',
      cause,
    })
  }
}

const since = (cursor: Cursor) => {
  const time = new Date(cursor.since).toISOString()
  return cursor.sweep === 'changes' ? { LastUpdateStartDate: time } : { LastTrackingUpdateStartDate: time }
}

/**
 * One page of the orders that changed. Three rules keep an order from being missed (pandium/sample_integrations#11):
 * - The next pass begins where this one began, less the overlap; not at the latest change seen, since pages are not sorted
 *   by change.
 * - Pages are sorted by creation, oldest first, and have no end date: an order that changes while pages are read can
 *   only enter the list, which shifts the rest to later pages, so it is seen twice and never skipped.
 * - A short page does not end a sweep, an empty or a repeated one does (or `total-pages`, when ShipBob sends it): the
 *   server may give fewer rows than asked for.
 */
export async function readUpdates(
  context: AdapterContext,
  settings: Settings,
  text: string | null,
): Promise<FulfillmentPage> {
  const startedAt = Math.floor(context.clock.now())
  const cursor = cursorFrom(text, settings, startedAt)
  const { data, headers } = await send(context, settings, {
    operation: 'getOrders',
    method: 'GET',
    path: '/order',
    effect: 'read',
    query: { ...since(cursor), SortOrder: 'Oldest', Page: cursor.page, Limit: pageSize },
    schema: WireOrders,
  })
  const began = cursor.began ?? serverMoment(startedAt, Math.ceil(context.clock.now()) - startedAt, headers)
  const { orders, unreadable } = await readEach(data)

  const edges = data.length === 0 ? null : `${rowId(data[0])}-${rowId(data.at(-1))}-${data.length}`
  const total = Number(headers['total-pages'] ?? Number.NaN)
  const ended = edges === null || edges === cursor.before || cursor.page >= total
  const next: Cursor = ended
    ? afterSweep(cursor, began)
    : { ...cursor, began, page: cursor.page + 1, before: edges }
  return { orders, unreadable, cursor: JSON.stringify(next), more: !(ended && next.sweep === 'changes') }
}

const rowId = (raw: unknown) => (raw as { readonly id?: unknown } | null)?.id

/** The orders of a page; one that cannot be read does not stop the others. */
async function readEach(
  rows: readonly unknown[],
): Promise<Required<Pick<FulfillmentPage, 'orders' | 'unreadable'>>> {
  const orders: FulfillmentOrder[] = []
  const unreadable: UnreadableOrder[] = []
  for (const raw of rows) {
    const read = await tryRow(() => orderFrom(readOrder(raw), raw))
    // Orders that were keyed in at ShipBob have no reference: they are not ours.
    if ('value' in read) {
      if (read.value.reference !== '') orders.push(read.value)
      continue
    }
    const reference = (raw as { readonly reference_id?: unknown } | null)?.reference_id
    if (reference === null || reference === '') continue
    unreadable.push({ id: typeof reference === 'string' ? reference : null, error: read.error })
  }
  return { orders, unreadable }
}

function afterSweep({ since, sweep }: Cursor, began: number): Cursor {
  if (sweep === 'changes') return { since, began, sweep: 'tracking', page: 1, before: null }
  // Never back: a clock that was set back must not make the pass read everything again.
  return { since: Math.max(since, began - overlapMs), began: null, sweep: 'changes', page: 1, before: null }
}
