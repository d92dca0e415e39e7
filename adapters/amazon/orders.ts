import { createHash } from 'node:crypto'
import { z } from 'zod'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import { orBeginAgain, tryRow } from '../../src/http/index.ts'
import type { ChannelOrder } from '../../src/model/order.ts'
import type {
  AdapterContext,
  CancelOrderRequest,
  OrderPage,
  OrdersFacet,
  UnreadableOrder,
} from '../../src/spec/index.ts'
import { cancelOrder } from './cancel.ts'
import { type AmazonRequest, segment, send } from './client.ts'
import { feedActions } from './feed-actions.ts'
import type { Settings } from './options.ts'
import { orderIdOf, toChannelOrder } from './order.ts'
import type { OrderActions } from './order-actions.ts'
import { GetOrderAnswer, SearchOrdersAnswer } from './wire.ts'

/** Orders, and what a seller does to them; `acknowledge` only where the option asks for it. */
export type AmazonOrders = Required<Pick<OrdersFacet, 'read' | 'get' | 'cancel' | 'answerCancelRequest'>> &
  Pick<OrdersFacet, 'acknowledge'>

/** The datasets that are used. FULFILLMENT above all: without it an order has not even a status. */
export const includedData = ['BUYER', 'RECIPIENT', 'PROCEEDS', 'CANCELLATION', 'FULFILLMENT', 'TAX'] as const

export const ordersPath = '/orders/2026-01-01/orders'

const Cursor = z.object({
  /** Everything changed before this is known, epoch milliseconds. */
  watermark: z.number(),
  /** Present between two pages of one pass. */
  page: z
    .object({
      token: z.string(),
      /** Sent unchanged with the token: every filter must be (amzn/selling-partner-api-models#5144). */
      after: z.string(),
      /** What the watermark becomes when the pass ends. */
      until: z.number(),
      /** When Amazon gave the token. */
      issued: z.number(),
      seen: z.array(z.string()),
    })
    .optional(),
  /** When the pass last began again, Amazon having refused its page token. */
  restartedAt: z.number().optional(),
})
type Cursor = z.infer<typeof Cursor>

const dayMs = 86_400_000
/**
 * A page token lives 24 hours from when it was given; an hour is left for the clocks. A pass may take longer: 50,000 orders are
 * 500 pages, of which the rate lets one through every 3 minutes.
 */
const tokenLifeMs = 23 * 3_600_000

export function readCursor(text: string | null, settings: Settings, now: number): Cursor {
  if (text === null) return { watermark: settings.ordersSince ?? now - 7 * dayMs }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = null
  }
  const parsed = Cursor.safeParse(value)
  if (!parsed.success) {
    throw new StockpoolError('invalid_input', 'this is no cursor of the Amazon order list', {
      field: 'cursor',
    })
  }
  return parsed.data
}

export function searchRequest(
  settings: Settings,
  lastUpdatedAfter: string,
  paginationToken?: string,
): AmazonRequest<z.infer<typeof SearchOrdersAnswer>> {
  return {
    operation: 'searchOrders',
    effect: 'read',
    method: 'GET',
    path: ordersPath,
    // No lastUpdatedBefore: it may not lie in the last two minutes, and without it nothing has to be waited for.
    query: {
      lastUpdatedAfter,
      marketplaceIds: settings.marketplaceIds,
      includedData,
      maxResultsPerPage: 100,
      paginationToken,
    },
    schema: SearchOrdersAnswer,
  }
}

export function getRequest(
  order: string,
  datasets: readonly string[] = includedData,
): AmazonRequest<z.infer<typeof GetOrderAnswer>> {
  return {
    operation: 'getOrder',
    effect: 'read',
    method: 'GET',
    path: `${ordersPath}/${segment(order)}`,
    query: { includedData: datasets },
    schema: GetOrderAnswer,
  }
}

const fingerprint = (token: string) => createHash('sha256').update(token).digest('base64url').slice(0, 12)

async function read(context: AdapterContext, settings: Settings, text: string | null): Promise<OrderPage> {
  const now = context.clock.now()
  const cursor = readCursor(text, settings, now)
  const page = cursor.page && now - cursor.page.issued < tokenLifeMs ? cursor.page : undefined
  // The very first pass starts where the user said; later ones look back.
  const from = text === null ? cursor.watermark : cursor.watermark - settings.overlapMs
  const after = page?.after ?? new Date(from).toISOString()

  const asked = send(context, settings, searchRequest(settings, after, page?.token))
  const { restartedAt } = cursor
  const found = await orBeginAgain(context, asked, { of: 'orders', token: page?.token, restartedAt })
  if (found === null) {
    const anew: Cursor = { watermark: cursor.watermark, restartedAt: now }
    return { orders: [], cursor: JSON.stringify(anew), more: true, completeUntil: cursor.watermark }
  }
  const answer = found.data

  const { orders, unreadable } = await readEach(answer.orders)
  const until =
    page?.until ?? settledUntil(answer.lastUpdatedBefore, now - settings.settlingMs, cursor.watermark)
  const token = answer.pagination?.nextToken
  if (!token) {
    return {
      orders,
      unreadable,
      cursor: JSON.stringify({ watermark: until }),
      more: false,
      completeUntil: until,
    }
  }

  const seen = page?.seen ?? []
  const mark = fingerprint(token)
  if (token === page?.token || seen.includes(mark)) {
    // A token given twice leads round in circles (amzn/selling-partner-api-models#2297). The pass ends without moving
    // the watermark, so nothing is lost.
    context.log.warn('Amazon gave a page token twice; the pass ends here', { operation: 'searchOrders' })
    const cursorText = JSON.stringify({ watermark: cursor.watermark } satisfies Cursor)
    return { orders, unreadable, cursor: cursorText, more: false, completeUntil: cursor.watermark }
  }
  const next: Cursor = {
    watermark: cursor.watermark,
    page: { token, after, until, issued: now, seen: [...seen, mark] },
    restartedAt,
  }
  return { orders, unreadable, cursor: JSON.stringify(next), more: true, completeUntil: cursor.watermark }
}

/** The orders of a page, oldest change first; one that cannot be read does not stop the others. */
async function readEach(
  rows: readonly unknown[],
): Promise<Required<Pick<OrderPage, 'orders' | 'unreadable'>>> {
  const orders: ChannelOrder[] = []
  const unreadable: UnreadableOrder[] = []
  for (const raw of rows) {
    const read = await tryRow(() => toChannelOrder(raw))
    if ('value' in read) orders.push(read.value)
    else unreadable.push({ id: orderIdOf(raw), error: read.error })
  }
  orders.sort((one, other) => one.updatedAt.localeCompare(other.updatedAt))
  return { orders, unreadable }
}

/** The earlier of what Amazon says it looked at and what has settled; never back behind what is known. */
function settledUntil(
  lastUpdatedBefore: string | null | undefined,
  settled: number,
  watermark: number,
): number {
  const looked = lastUpdatedBefore == null ? Number.NaN : Date.parse(lastUpdatedBefore)
  return Math.max(watermark, Number.isNaN(looked) ? settled : Math.min(looked, settled))
}

export async function getOrder(
  context: AdapterContext,
  settings: Settings,
  order: string,
): Promise<ChannelOrder | null> {
  try {
    const { data } = await send(context, settings, getRequest(order))
    return toChannelOrder(data.order)
  } catch (error) {
    if (isStockpoolError(error, 'not_found')) return null
    throw error
  }
}

export function amazonOrders(
  settings: Settings,
  actions: OrderActions = feedActions(settings),
): AmazonOrders {
  const cancel = (context: AdapterContext, request: CancelOrderRequest) =>
    cancelOrder(context, actions, (order) => getOrder(context, settings, order), request)
  return {
    read: (context, cursor) => read(context, settings, cursor),
    get: (context, order) => getOrder(context, settings, order),
    cancel,
    async answerCancelRequest(context, order, accept) {
      if (accept) return await cancel(context, { order, reason: 'customer', key: order })
      // Amazon knows no refusal: shipping the order is the answer.
      return { outcome: 'too_late', detail: 'the order stands; Amazon takes no refusal, ship it' }
    },
    ...(settings.acknowledgeOrders
      ? { acknowledge: (context, order) => actions.acknowledge(context, order) }
      : {}),
  }
}
