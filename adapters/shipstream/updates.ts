import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import { tryRow } from '../../src/http/index.ts'
import type {
  AdapterContext,
  FulfillmentOrder,
  FulfillmentPage,
  UnreadableOrder,
} from '../../src/spec/index.ts'
import { momentOf } from './call.ts'
import type { Settings } from './options.ts'
import { orderFields, orderFrom, shipmentsOf } from './order.ts'
import { changedSince, edgesOf, type SearchPage, search, searchAll } from './search.ts'
import { WireOrderName, WireShipmentName } from './wire.ts'

/** ShipStream's clock is not ours, and an order may show a change late. */
export const overlapMs = 5 * 60_000
const firstLookBackMs = 24 * 3_600_000

// An order's `updated_at` is not documented to move with its shipments, and a shipment has a time of its own: so each
// has a sweep, one after the other.
const sweeps = ['orders', 'shipments'] as const

export const PassCursor = z.object({
  /** What the pass asks for: everything changed since this, epoch milliseconds. */
  since: z.int(),
  /** When the pass began: where the next one begins, less the overlap. Never the latest time seen in a row. */
  began: z.int().nullable(),
  page: z.int().min(1),
  /** The edges of the page before, to notice a server that repeats its last page for ever. */
  before: z.string().nullable(),
})
const Cursor = PassCursor.extend({ sweep: z.enum(sweeps) })
type Cursor = z.infer<typeof Cursor>

export function cursorFrom<T extends z.infer<typeof PassCursor>>(
  schema: z.ZodType<T>,
  text: string | null,
  settings: Settings,
  now: number,
): T {
  const since = settings.updatesSince ?? now - firstLookBackMs
  try {
    return schema.parse(
      text === null ? { since, began: null, page: 1, before: null, sweep: 'orders' } : JSON.parse(text),
    )
  } catch (cause) {
    throw new StockpoolError('invalid_input', 'the cursor is not one of ours', {
      field: 'cursor',
      remedy: 'Forget it: the next read begins at `updatesSince`.',
      cause,
    })
  }
}

/** Where a pass is after a page, and whether its search ended with it. */
export function afterPage<T extends z.infer<typeof PassCursor>>(
  cursor: T,
  page: SearchPage,
  began: number,
): { readonly next: T; readonly ended: boolean } {
  const edges = edgesOf(page.rows)
  const ended = page.last || edges === cursor.before
  return { next: { ...cursor, began, page: cursor.page + 1, before: edges }, ended }
}

/** The next pass begins where this one began. Never back: a clock that was set back must not make it read everything again. */
export const nextPass = <T extends z.infer<typeof PassCursor>>(cursor: T, began: number): T => ({
  ...cursor,
  since: Math.max(cursor.since, began - overlapMs),
  began: null,
  page: 1,
  before: null,
})

/**
 * One page of the orders that changed. As with every list of changes: the next pass begins where this one began, less the
 * overlap, since pages are not sorted by change; and pages have no end date, so an order that changes meanwhile can only
 * enter the list, which shifts the rest to later pages: it is seen twice and never skipped.
 */
export async function readUpdates(
  context: AdapterContext,
  settings: Settings,
  text: string | null,
): Promise<FulfillmentPage> {
  const startedAt = context.clock.now()
  const cursor = cursorFrom(Cursor, text, settings, Math.floor(startedAt))
  const filters = changedSince(cursor.since, settings.timeZone)
  const { page } = cursor
  const found = await (cursor.sweep === 'orders'
    ? search(context, settings, {
        method: 'order.search',
        filters,
        sort: 'order_id',
        page,
        fields: orderFields,
      })
    : search(context, settings, {
        method: 'shipment.search',
        filters,
        sort: 'shipment_id',
        page,
        fields: [],
      }))
  const began = cursor.began ?? momentOf(startedAt, context.clock.now(), found.headers)
  const rows = cursor.sweep === 'orders' ? found.rows : await ordersOf(context, settings, found.rows)
  const given = await readEach(context, settings, rows)
  const { next, ended } = afterPage(cursor, found, began)
  if (!ended) return { ...given, cursor: JSON.stringify(next), more: true }
  if (cursor.sweep === 'shipments')
    return { ...given, cursor: JSON.stringify({ ...nextPass(cursor, began), sweep: 'orders' }), more: false }
  const other: Cursor = { ...cursor, began, sweep: 'shipments', page: 1, before: null }
  return { ...given, cursor: JSON.stringify(other), more: true }
}

async function ordersOf(
  context: AdapterContext,
  settings: Settings,
  shipments: readonly unknown[],
): Promise<readonly unknown[]> {
  const names = shipments.map((row) => WireShipmentName.safeParse(row).data?.order_unique_id)
  const ids = [...new Set(names.filter((each) => each !== undefined))]
  if (ids.length === 0) return []
  return searchAll(context, settings, {
    method: 'order.search',
    filters: { unique_id: { in: ids } },
    sort: 'order_id',
    fields: orderFields,
  })
}

/** The orders of a page; one that cannot be read does not stop the others. */
async function readEach(
  context: AdapterContext,
  settings: Settings,
  rows: readonly unknown[],
): Promise<Required<Pick<FulfillmentPage, 'orders' | 'unreadable'>>> {
  const named = rows.map((raw) => ({ raw, id: WireOrderName.safeParse(raw).data?.unique_id ?? null }))
  const ids = named.map(({ id }) => id).filter((id) => id !== null)
  const shipments = await shipmentsOf(context, settings, ids)
  const orders: FulfillmentOrder[] = []
  const unreadable: UnreadableOrder[] = []
  for (const { raw, id } of named) {
    const read = await tryRow(() => orderFrom(raw, shipments.get(id ?? '') ?? [], settings))
    if ('value' in read) orders.push(read.value)
    else unreadable.push({ id, error: read.error })
  }
  return { orders, unreadable }
}
