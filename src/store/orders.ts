import { z } from 'zod'
import { StockpoolError } from '../error.ts'
import { Instant } from '../model/ids.ts'
import { type ChannelOrder, type Order, OrderStatus } from '../model/order.ts'
import { type LineState, mergeOrder, nothingProvided, type Route } from '../order/index.ts'
import type { Transaction } from './database.ts'
import { checked } from './input.ts'
import { claimOrder, lockOrder } from './locks.ts'
import { type Attention, tellOrder } from './order-news.ts'
import { eraseAfter, showsMore, storePerson } from './order-people.ts'
import {
  loadOrder,
  type StoredLine,
  type StoredOrder,
  stateOf,
  statusOfOrder,
  toOrder,
} from './order-rows.ts'
import { openByLocation, settleOrder } from './order-settle.ts'
import type { Oversold } from './stock.ts'

export type { Attention } from './order-news.ts'
export {
  eraseDuePeople,
  erasePeople,
  keepPayload,
  ordersOfBuyers,
  ordersWithPeople,
  type Person,
  readPayloads,
  readPerson,
  readReturnPayload,
} from './order-people.ts'
export { applyProviderOrder, type ProviderNews, type ProviderResult } from './order-provider.ts'
export { addTimeline, type TimelineEntry, timeline } from './order-timeline.ts'
export { getParcel, listParcels, noteParcelConfirmed, type StoredParcel } from './parcels.ts'

export interface OrderNews {
  readonly connection: string
  readonly order: ChannelOrder
  /** Now: ISO 8601 UTC. */
  readonly at: string
  /** When the merchant's stock was counted: goods of older orders that had left by then are not in the count. */
  readonly countsFrom: string
  readonly route: Route
  /** When buyer data is to be erased; `null`: kept. */
  readonly eraseAt: string | null
  /** Encrypts, where a key was given. */
  readonly protect: (text: string) => string
}

export interface OrderResult {
  readonly order: Order
  /** Never seen before. */
  readonly first: boolean
  /** `false`: everything in the snapshot was known. */
  readonly changed: boolean
  /** Its channel held it back before, and does no more. */
  readonly letGo: boolean
  readonly oversold: readonly Oversold[]
  readonly attention: readonly Attention[]
  /** What is still to be shipped from where, in units of the SKUs. */
  readonly openByLocation: ReturnType<typeof openByLocation>
}

/**
 * Takes in one snapshot of a channel's order with everything that follows from it, in the caller's transaction: lines
 * are linked, stock is reserved, released or sent, buyer data is put away, events are written. Snapshots may come
 * late, twice and in any order; one that tells nothing new writes nothing.
 */
export async function applyOrder(tx: Transaction, news: OrderNews): Promise<OrderResult> {
  const { connection, order: snapshot, at } = news
  const stored = await claimOrder(tx, connection, snapshot.id)
  const before = stored ? await loadOrder(tx, connection, snapshot.id) : null
  const { state, newest } = mergeOrder(before === null ? null : stateOf(before), snapshot)
  const known = new Map(before?.lines.map((line) => [line.facts.id, line]))
  const shown = snapshot.shipTo?.country
  const early = before === null && snapshot.placedAt < news.countsFrom
  const after: StoredOrder = {
    connection,
    id: snapshot.id,
    header: state.header,
    reached: state.reached,
    country: (newest ? (shown ?? before?.country) : (before?.country ?? shown)) ?? null,
    firstSeenAt: before?.firstSeenAt ?? at,
    revision: before?.revision ?? 0,
    lines: state.lines.map((line) => storedLine(line, known.get(line.facts.id), early)),
    allocations: before?.allocations ?? [],
  }
  const shipTo = { country: after.country, postalCode: snapshot.shipTo?.postalCode ?? null }
  const settled = await settleOrder(tx, { before, after, at, route: news.route, shipTo })
  await keepPerson(tx, news, before, settled.order, newest && settled.changed)
  const attention = settled.changed ? await tellOrder(tx, before, settled.order, at, settled.routed) : []
  const order = toOrder(settled.order)
  const was = settled.changed && before !== null ? toOrder(before).status : order.status
  return {
    order,
    first: before === null,
    changed: settled.changed,
    letGo: was === 'on_hold' && order.status !== 'on_hold',
    oversold: settled.oversold,
    attention,
    openByLocation: openByLocation(settled.order),
  }
}

function storedLine(line: LineState, before: StoredLine | undefined, early: boolean): StoredLine {
  const { facts, factsAt, platform, seen } = line
  const merged = { facts, factsAt, platform, seen }
  if (before !== undefined) return { ...before, ...merged }
  return {
    ...merged,
    sku: null,
    units: 1,
    state: 'unlinked',
    components: null,
    provider: nothingProvided,
    ignored: early ? { released: seen.cancelled, shipped: seen.shipped } : { released: 0, shipped: 0 },
    taken: 0,
    released: 0,
    shipped: 0,
  }
}

const finished: ReadonlySet<OrderStatus> = new Set<OrderStatus>(['shipped', 'delivered', 'cancelled'])

/**
 * Buyer data is kept while the order needs it. Once the order is finished its time runs, whichever snapshot finished it:
 * news of a finished order neither prolong it nor bring it back.
 */
async function keepPerson(
  tx: Transaction,
  news: OrderNews,
  before: StoredOrder | null,
  after: StoredOrder,
  newer: boolean,
): Promise<void> {
  const { connection, eraseAt, protect } = news
  const { id: order, buyer, shipTo, raw } = news.order
  const isFinished = finished.has(statusOfOrder(after))
  if (isFinished && eraseAt !== null) await eraseAfter(tx, connection, order, eraseAt)
  if (eraseAt !== null && eraseAt <= news.at) return
  if (before !== null && isFinished && finished.has(statusOfOrder(before))) return
  // Once a role is granted, a channel may show the address of an order that has not changed.
  if (!newer && !(await showsMore(tx, connection, order, { buyer, shipTo }))) return
  await storePerson(tx, {
    connection,
    order,
    buyer,
    shipTo,
    raw: raw ?? null,
    eraseAt: isFinished ? eraseAt : null,
    protect,
  })
}

/** An order as the pool knows it, without who bought it; `null` when it was never seen. */
export async function getOrder(tx: Transaction, connection: string, id: string): Promise<Order | null> {
  const order = await loadOrder(tx, connection, id)
  return order === null ? null : toOrder(order)
}

/** Which orders to list. Without members: all, a page at a time. */
export interface OrderQuery {
  readonly connection?: string | undefined
  readonly status?: OrderStatus | undefined
  /** Only orders that the channel changed after this instant: ISO 8601 with any offset, such as `2026-07-01T09:30:00+02:00`. */
  readonly updatedAfter?: string | undefined
  /** Orders of a page: 1 to 1,000, default 100. */
  readonly limit?: number | undefined
  /** Where the page before ended. */
  readonly after?: string | null | undefined
}

const Query = z.strictObject({
  connection: z.string('connection must be a string').min(1, 'connection must not be empty').optional(),
  status: OrderStatus.optional(),
  updatedAfter: Instant.optional(),
  limit: z
    .int('limit must be a whole number')
    .min(1, 'limit must be at least 1')
    .max(1000, 'limit must be at most 1,000')
    .default(100),
  after: z.string('after must be what the page before gave').nullable().default(null),
})

/** One page of orders, by the time of the channel's last change, oldest first. `after` is `null` on the last page. */
export async function listOrders(
  tx: Transaction,
  query: OrderQuery = {},
): Promise<{ orders: Order[]; after: string | null }> {
  const { limit, connection, status, updatedAfter, after } = checked(Query, query, 'query')
  const where = ['1 = 1']
  const values: (string | number)[] = []
  const add = (sql: string, ...some: string[]) => {
    where.push(sql)
    values.push(...some)
  }
  if (connection !== undefined) add('connection = ?', connection)
  if (status !== undefined) add('status = ?', status)
  if (updatedAfter !== undefined) add('updated_at > ?', updatedAfter)
  if (after !== null) add('(updated_at, connection, id) > (?, ?, ?)', ...position(after))
  const rows = await tx.all<{ connection: string; id: string; updated_at: string }>(
    `SELECT connection, id, updated_at FROM orders WHERE ${where.join(' AND ')}
     ORDER BY updated_at, connection, id LIMIT ?`,
    [...values, limit + 1],
  )
  const page = rows.slice(0, limit)
  const orders: Order[] = []
  for (const { connection, id } of page) {
    const order = await getOrder(tx, connection, id)
    if (order !== null) orders.push(order)
  }
  const last = rows.length > limit ? page.at(-1) : undefined
  return {
    orders,
    after: last === undefined ? null : JSON.stringify([last.updated_at, last.connection, last.id]),
  }
}

function position(after: string): [string, string, string] {
  const value = parsed(after)
  const [updatedAt, connection, id] = Array.isArray(value) ? value : []
  if (typeof updatedAt === 'string' && typeof connection === 'string' && typeof id === 'string') {
    return [updatedAt, connection, id]
  }
  throw new StockpoolError('invalid_input', 'this is no place in a list of orders', {
    field: 'after',
    remedy: 'Give back the `after` of the page before, unchanged.',
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** The orders with lines that waited for their listing to be linked, and can go on now. */
export async function waitingOrders(tx: Transaction, connection: string): Promise<string[]> {
  const waiting = await tx.all<{ order_id: string }>(
    `SELECT DISTINCT order_line.order_id AS order_id FROM order_line
     JOIN listing ON listing.connection = order_line.connection AND listing.listing = order_line.listing
     WHERE order_line.state = 'unlinked' AND order_line.connection = ?
     ORDER BY order_line.order_id`,
    [connection],
  )
  return waiting.map(({ order_id }) => order_id)
}

/**
 * Goes on with the lines of an order that waited for their listing to be linked. Lines that are still not linked go on
 * waiting. Answers the order when it changed.
 */
export async function resumeLines(
  tx: Transaction,
  { connection, id, at, route }: { connection: string; id: string; at: string; route: Route },
): Promise<Order | null> {
  await lockOrder(tx, connection, id)
  const before = await loadOrder(tx, connection, id)
  if (before === null) return null
  const shipTo = { country: before.country, postalCode: null }
  const { order, changed, routed } = await settleOrder(tx, { before, after: before, at, route, shipTo })
  if (!changed) return null
  await tellOrder(tx, before, order, at, routed)
  return toOrder(order)
}
