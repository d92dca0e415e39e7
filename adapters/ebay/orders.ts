import { z } from 'zod'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import { tryRow } from '../../src/http/index.ts'
import type { ChannelOrder } from '../../src/model/order.ts'
import type { AdapterContext, OrderPage, OrdersFacet, UnreadableOrder } from '../../src/spec/index.ts'
import { answerCancelRequest, cancelOrder } from './cancel.ts'
import { type EbayRequest, readQuota, send } from './client.ts'
import type { QuotaBucket } from './limits.ts'
import type { Settings } from './options.ts'
import { leavesOpen, orderIdOf, toChannelOrder } from './order.ts'
import { fulfillmentsOf, getRequest, orderPath, pageSize, shippedUnits } from './order-calls.ts'
import { OrdersAnswer } from './wire.ts'

export type EbayOrders = Required<Pick<OrdersFacet, 'read' | 'get' | 'cancel' | 'answerCancelRequest'>>

const dayMs = 86_400_000
/** "Up to two years back" (30830), an hour left for the clocks. */
const longestMs = 2 * 365 * dayMs - 3_600_000
const sweepMs = 30 * dayMs
const shortestMs = 60_000
const quotaEveryMs = 3_600_000
/** A window whose `total` keeps changing is begun anew so often; then the pass ends without moving its watermark. */
const mostRestarts = 4

const Page = z.object({
  /** `changes`: by lastmodifieddate. `sweep`: by creationdate, whatever has changed. */
  kind: z.enum(['changes', 'sweep']),
  from: z.number(),
  until: z.number(),
  offset: z.int().min(0),
  total: z.int().nullable(),
  restarts: z.int().min(0),
})
type Page = z.infer<typeof Page>

const Cursor = z.object({
  /** Everything changed before this is known, epoch milliseconds. */
  watermark: z.number(),
  sweptAt: z.number(),
  quotaAt: z.number(),
  /** Present between two pages of one pass. */
  page: Page.optional(),
})
type Cursor = z.infer<typeof Cursor>

export function readCursor(text: string | null, settings: Settings, now: number): Cursor {
  if (text === null) {
    const since = Math.min(settings.ordersSince ?? now - 7 * dayMs, now - settings.skewMs - shortestMs)
    const watermark = Math.max(since, now - longestMs)
    return { watermark, sweptAt: now, quotaAt: 0 }
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = null
  }
  const parsed = Cursor.safeParse(value)
  if (parsed.success) return parsed.data
  throw new StockpoolError('invalid_input', 'this is no cursor of the eBay order list', { field: 'cursor' })
}

/**
 * Only one of the two dates may be sent: with both, eBay heeds the creation date alone. In brackets, in UTC with
 * milliseconds; the client percent-encodes all of it (hendt/ebay-api#145, #158).
 * @example dateFilter('lastmodifieddate', from, until) // 'lastmodifieddate:[2026-07-01T00:00:00.000Z..2026-07-02T00:00:00.000Z]'
 */
export function dateFilter(field: 'lastmodifieddate' | 'creationdate', from: number, until: number): string {
  return `${field}:[${new Date(from).toISOString()}..${new Date(until).toISOString()}]`
}

export function listRequest(
  page: Pick<Page, 'kind' | 'from' | 'until' | 'offset'>,
): EbayRequest<z.infer<typeof OrdersAnswer>> {
  const field = page.kind === 'changes' ? 'lastmodifieddate' : 'creationdate'
  return {
    operation: 'getOrders',
    bucket: 'fulfillment',
    effect: 'read',
    method: 'GET',
    path: orderPath,
    // No filter by status: the two that eBay has leave out one of the three each.
    query: {
      filter: dateFilter(field, page.from, page.until),
      limit: pageSize,
      offset: page.offset,
      fieldGroups: 'TAX_BREAKDOWN',
    },
    schema: OrdersAnswer,
  }
}

/** An order of the list, completed by what only single calls tell. */
async function completed(
  context: AdapterContext,
  settings: Settings,
  listed: unknown,
): Promise<ChannelOrder> {
  const id = orderIdOf(listed)
  const open = leavesOpen(listed)
  const raw = open.cancel && id !== null ? (await send(context, settings, getRequest(id))).data : listed
  return withParcels(context, settings, raw)
}

async function withParcels(context: AdapterContext, settings: Settings, raw: unknown): Promise<ChannelOrder> {
  const id = orderIdOf(raw)
  if (id === null || !leavesOpen(raw).shipped) return toChannelOrder(raw, settings)
  return toChannelOrder(raw, settings, shippedUnits(await fulfillmentsOf(context, settings, id)))
}

async function readEach(
  context: AdapterContext,
  settings: Settings,
  rows: readonly unknown[],
): Promise<Required<Pick<OrderPage, 'orders' | 'unreadable'>>> {
  const orders: ChannelOrder[] = []
  const unreadable: UnreadableOrder[] = []
  for (const raw of rows) {
    const read = await tryRow(() => completed(context, settings, raw))
    if ('value' in read) orders.push(read.value)
    else unreadable.push({ id: orderIdOf(raw), error: read.error })
  }
  orders.sort((one, other) => one.updatedAt.localeCompare(other.updatedAt))
  return { orders, unreadable }
}

/** The window that a pass goes on with; bounded above (also as its end must not lie in eBay's future, 30850), so that what changes meanwhile leaves it and never shifts it. */
function nextPage(cursor: Cursor, settings: Settings, now: number, first: boolean): Page {
  const from = first ? cursor.watermark : Math.max(cursor.watermark - settings.overlapMs, now - longestMs)
  const until = Math.min(from + settings.windowMs, now - settings.skewMs)
  // A pass may follow at once, and without an overlap: eBay refuses a window that begins where it ends.
  return {
    kind: 'changes',
    from: Math.min(from, until - shortestMs),
    until,
    offset: 0,
    total: null,
    restarts: 0,
  }
}

const sweepPage = (now: number, { skewMs }: Settings): Page => ({
  kind: 'sweep',
  from: now - sweepMs,
  until: now - skewMs,
  offset: 0,
  total: null,
  restarts: 0,
})

async function read(context: AdapterContext, settings: Settings, text: string | null): Promise<OrderPage> {
  const now = context.clock.now()
  const before = readCursor(text, settings, now)
  const cursor = before.page ? before : await withQuotas(context, settings, before, now)
  const page = cursor.page ?? nextPage(cursor, settings, now, text === null)
  const { data } = await send(context, settings, listRequest(page))
  const rows = data.orders ?? []
  const found = await readEach(context, settings, rows)
  const go = (next: Cursor, more: boolean): OrderPage => ({
    ...found,
    cursor: JSON.stringify(next),
    more,
    completeUntil: next.watermark,
  })

  // Offsets count in a set that may shrink under them: another total means that something was stepped over.
  if (page.total !== null && page.total !== data.total) {
    if (page.restarts < mostRestarts)
      return go({ ...cursor, page: { ...page, offset: 0, total: null, restarts: page.restarts + 1 } }, true)
    context.log.warn('the orders of a window keep changing; the pass ends here', { operation: 'getOrders' })
    return go({ ...cursor, page: undefined }, false)
  }
  // By the total, never by the length of a page: a short page is not the last one (PrestaShopCorp/ebay#15).
  const reached = page.offset + Math.max(rows.length, pageSize)
  if (reached < data.total)
    return go({ ...cursor, page: { ...page, offset: page.offset + pageSize, total: data.total } }, true)
  if (page.kind === 'sweep') return go({ ...cursor, sweptAt: now, page: undefined }, false)

  const done: Cursor = { ...cursor, watermark: Math.max(cursor.watermark, page.until), page: undefined }
  // The window was cut off at its longest span: the next one waits.
  if (page.until - page.from >= settings.windowMs)
    return go({ ...done, page: nextPage(done, settings, now, false) }, true)
  const sweepDue = now - cursor.sweptAt >= settings.resweepMs
  return go(sweepDue ? { ...done, page: sweepPage(now, settings) } : done, sweepDue)
}

/** Once an hour: what is left of each quota, so that it lasts for the rest of the day. Not being able to look is no failure. */
async function withQuotas(
  context: AdapterContext,
  settings: Settings,
  cursor: Cursor,
  now: number,
): Promise<Cursor> {
  if (now - cursor.quotaAt < quotaEveryMs) return cursor
  const buckets: readonly QuotaBucket[] =
    settings.tradingItems.length > 0 ? ['fulfillment', 'inventory', 'trading'] : ['fulfillment', 'inventory']
  for (const bucket of buckets) {
    try {
      const quota = await readQuota(context, settings, bucket)
      if (quota !== null && quota.remaining < quota.limit / 10)
        context.log.warn('little is left of a quota of eBay', {
          bucket,
          remaining: quota.remaining,
          resetAt: quota.resetAt,
        })
    } catch (error) {
      // A refused credential is told by the read that follows.
      context.log.info('the quotas of eBay could not be read', {
        bucket,
        code: isStockpoolError(error) ? error.code : 'internal',
      })
      break
    }
  }
  return { ...cursor, quotaAt: now }
}

async function get(context: AdapterContext, settings: Settings, order: string): Promise<ChannelOrder | null> {
  try {
    const { data } = await send(context, settings, getRequest(order))
    return await withParcels(context, settings, data)
  } catch (error) {
    if (isStockpoolError(error, 'not_found')) return null
    throw error
  }
}

export function ebayOrders(settings: Settings): EbayOrders {
  return {
    read: (context, cursor) => read(context, settings, cursor),
    get: (context, order) => get(context, settings, order),
    cancel: (context, request) => cancelOrder(context, settings, request),
    answerCancelRequest: (context, order, accept) => answerCancelRequest(context, settings, order, accept),
  }
}
