import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import { serverMoment, tryRow } from '../../src/http/index.ts'
import type {
  AdapterContext,
  FulfillmentOrder,
  FulfillmentPage,
  UnreadableOrder,
} from '../../src/spec/index.ts'
import { send } from './call.ts'
import type { Settings } from './options.ts'
import { isOfChannel, orderFrom, readOrder } from './order.ts'
import { Anything, WireOrderName, WireOrders, WireTracked } from './wire.ts'

/** ShipBob shows changes late at times, and its clock is not ours. */
export const overlapMs = 5 * 60_000
const firstLookBackMs = 24 * 3_600_000
// The documented maximum of `Limit` (developer.shipbob.com, Get Orders: 1 to 250).
const pageSize = 250

// ShipBob keeps two times apart: `last_update_at` of a shipment, and `last_tracking_update_at` when a carrier scanned it.
// Filters are ANDed, so each has a sweep of its own, one after the other. The third asks for tracking that was never marked
// as taken over (ShipBob, batchUpdateTrackingUpload), which finds what times could miss; then `mark` marks it, once the
// engine has stored the pages before.
const sweeps = ['changes', 'tracking', 'untaken', 'mark'] as const
/** So many shipments are marked in one call, and at most so many in one pass. */
const markAtOnce = 200
const mostMarks = 2_000
/**
 * How old an order may be, in which tracking is looked for that was not marked. Orders of other channels, and those keyed in at
 * ShipBob, are never marked by us: all that an account ever had of them would be read in each pass.
 */
const untakenMs = 60 * 24 * 3_600_000

const Cursor = z.object({
  /** What the pass asks for: everything changed after this, epoch milliseconds. */
  since: z.int(),
  /** When the pass began: where the next one begins, less the overlap. Never the latest time seen in an order. */
  began: z.int().nullable(),
  sweep: z.enum(sweeps),
  page: z.int().min(1),
  /** The first and last order of the page before, to notice a server that repeats its last page for ever. */
  before: z.string().nullable(),
  /** Shipments whose tracking the engine has stored, to be marked. */
  marks: z.array(z.int()).default([]),
})
type Cursor = z.infer<typeof Cursor>

function cursorFrom(text: string | null, settings: Settings, now: number): Cursor {
  if (text === null) {
    const since = settings.updatesSince ?? now - firstLookBackMs
    return { since, began: null, sweep: 'changes', page: 1, before: null, marks: [] }
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
  if (cursor.sweep === 'untaken') {
    const StartDate = new Date(cursor.since - untakenMs).toISOString()
    return { HasTracking: true, IsTrackingUploaded: false, StartDate }
  }
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
  if (cursor.sweep === 'mark') return markTaken(context, settings, cursor, startedAt)
  const { data, headers } = await send(context, settings, {
    operation: 'getOrders',
    method: 'GET',
    path: '/order',
    effect: 'read',
    query: { ...since(cursor), SortOrder: 'Oldest', Page: cursor.page, Limit: pageSize },
    schema: WireOrders,
  })
  const began = cursor.began ?? serverMoment({ startedAt, endedAt: context.clock.now() }, headers)
  const { orders, unreadable } = await readEach(data, settings)

  const edges = data.length === 0 ? null : `${rowId(data[0])}-${rowId(data.at(-1))}-${data.length}`
  const total = Number(headers['total-pages'] ?? Number.NaN)
  const ended = edges === null || edges === cursor.before || cursor.page >= total
  const marks =
    cursor.sweep === 'untaken' ? [...cursor.marks, ...trackedIn(data, settings)].slice(0, mostMarks) : []
  const next: Cursor = ended
    ? afterSweep({ ...cursor, marks }, began, settings.markTracking)
    : { ...cursor, began, page: cursor.page + 1, before: edges, marks }
  return { orders, unreadable, cursor: JSON.stringify(next), more: !(ended && next.sweep === 'changes') }
}

/** The shipments of a page that have tracking which is not marked yet, of orders that are ours. */
function trackedIn(rows: readonly unknown[], settings: Settings): number[] {
  return rows.flatMap((row) => {
    const order = WireTracked.safeParse(row)
    if (!order.success || !order.data.reference_id || !isOfChannel(order.data, settings)) return []
    return order.data.shipments.flatMap(({ id, tracking, is_tracking_uploaded: marked }) =>
      tracking?.tracking_number && !marked ? [id] : [],
    )
  })
}

/** Marks as taken over what the engine has stored since it stored this cursor. Repeating it does no harm. */
async function markTaken(
  context: AdapterContext,
  settings: Settings,
  cursor: Cursor,
  startedAt: number,
): Promise<FulfillmentPage> {
  const marks = cursor.marks.slice(markAtOnce)
  await send(context, settings, {
    operation: 'batchUpdateTrackingUpload',
    method: 'POST',
    path: '/shipment:batchUpdateTrackingUpload',
    effect: 'idempotent',
    json: { shipment_ids: cursor.marks.slice(0, markAtOnce), is_tracking_uploaded: true },
    schema: Anything,
  })
  const began = cursor.began ?? startedAt
  const next = marks.length > 0 ? { ...cursor, marks } : nextPass(cursor.since, began)
  return { orders: [], cursor: JSON.stringify(next), more: marks.length > 0 }
}

const rowId = (raw: unknown) => (raw as { readonly id?: unknown } | null)?.id

/** The orders of a page; one that cannot be read does not stop the others. */
async function readEach(
  rows: readonly unknown[],
  settings: Settings,
): Promise<Required<Pick<FulfillmentPage, 'orders' | 'unreadable'>>> {
  const orders: FulfillmentOrder[] = []
  const unreadable: UnreadableOrder[] = []
  for (const raw of rows) {
    const named = WireOrderName.safeParse(raw)
    if (named.success && !isOfChannel(named.data, settings)) continue
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

function afterSweep({ since, sweep, marks }: Cursor, began: number, markTracking: boolean): Cursor {
  const begin = (next: Cursor['sweep']): Cursor => ({
    since,
    began,
    sweep: next,
    page: 1,
    before: null,
    marks,
  })
  if (sweep === 'changes') return begin('tracking')
  if (sweep === 'tracking' && markTracking) return begin('untaken')
  if (sweep === 'untaken' && marks.length > 0) return begin('mark')
  return nextPass(since, began)
}

function nextPass(since: number, began: number): Cursor {
  // Never back: a clock that was set back must not make the pass read everything again.
  return {
    since: Math.max(since, began - overlapMs),
    began: null,
    sweep: 'changes',
    page: 1,
    before: null,
    marks: [],
  }
}
