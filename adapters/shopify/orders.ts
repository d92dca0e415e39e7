import { z } from 'zod'
import { isStockpoolError, type StockpoolError } from '../../src/error.ts'
import { orBeginAgain, readRow, tryRow } from '../../src/http/index.ts'
import type { ChannelOrder } from '../../src/model/order.ts'
import type { AdapterContext } from '../../src/spec/context.ts'
import type { OrderPage, OrdersFacet, UnreadableOrder } from '../../src/spec/orders.ts'
import { beginBulkOrders, orderOfRow, readBulkOrders } from './bulk-orders.ts'
import { cancelOrder } from './cancel.ts'
import { send } from './client.ts'
import { afterPage, beginPass, readCursorAs, updatedSince, Watermark } from './cursor.ts'
import { orderDocument, orderLinesDocument, orderOfPartDocument, ordersDocument } from './documents.ts'
import { readOpenOrder } from './fulfillment-orders.ts'
import { heldOrders } from './held.ts'
import { readHistory } from './history.ts'
import { holdOrder, releaseOrder } from './holds.ts'
import { mapOrder } from './map-order.ts'
import { assignOrder } from './moves.ts'
import { isGid, type Shop } from './options.ts'
import { allOf, nextOf } from './paging.ts'
import { needsHistory } from './quantities.ts'
import { WireOrder } from './wire.ts'

/** How long a changed order may be missing from Shopify's search (lightward/mechanic-tasks PR#66 saw seconds). */
const settlingMs = 30_000

const Cursor = Watermark.extend({
  /** The latest change of a fulfilment order that was seen. */
  heldSeen: z.number().optional(),
  /** A file of orders that is being read. */
  bulk: z.object({ id: z.string(), offset: z.number(), again: z.boolean().optional() }).optional(),
})
type Cursor = z.infer<typeof Cursor>

interface Rows {
  readonly orders: ChannelOrder[]
  readonly unreadable: UnreadableOrder[]
}

const nothing: Rows = { orders: [], unreadable: [] }

const pageOf = (
  { orders, unreadable }: Rows,
  cursor: Cursor,
  more: boolean,
  completeUntil: number,
): OrderPage => ({
  // By the change of a part too, which Shopify's own order does not know.
  orders: orders.toSorted((a, b) => Date.parse(a.updatedAt) - Date.parse(b.updatedAt)),
  unreadable,
  cursor: JSON.stringify(cursor),
  more,
  completeUntil,
})

async function read(shop: Shop, context: AdapterContext, text: string | null): Promise<OrderPage> {
  const given = text === null ? null : readCursorAs(Cursor, text)
  if (given?.bulk) return readFile(shop, context, given, given.bulk)
  const at: Cursor = beginPass(shop, context.clock.now(), given)
  return readPage(shop, context, at, given === null && Number.isFinite(shop.bulkFrom))
}

/** One page of a question; `first`: the very first, which also asks how many there are. */
async function readPage(shop: Shop, context: AdapterContext, at: Cursor, first: boolean): Promise<OrderPage> {
  const limit = first ? shop.bulkFrom : null
  const variables = { after: at.after, query: updatedSince(at.from), count: first, limit }
  const answer = await orBeginAgain(context, send(shop, context, ordersDocument, variables), {
    of: 'orders',
    token: at.after,
    restartedAt: at.restartedAt,
  })
  // What the pass gave stays given: what is left is asked for anew, as after its end.
  if (answer === null)
    return pageOf(nothing, { ...at, after: null, restartedAt: context.clock.now() }, true, at.from)
  const { orders: page, ordersCount } = answer
  if (first && (ordersCount?.count ?? 0) >= shop.bulkFrom) {
    const bulk = await beginBulkOrders(shop, context, at.from)
    if (bulk) return readFile(shop, context, { ...at, bulk }, bulk)
  }
  const rows = await readRows(shop, context, page.nodes)
  // Of an unreadable order too, so that the feed goes on behind it.
  const seen = page.nodes.reduce<number>((latest, raw) => Math.max(latest, updatedAtOf(raw) ?? 0), at.seen)
  const after = nextOf(page, at.after)
  const completeUntil = at.began - settlingMs
  const next = afterPage(shop, at, { seen, after, rows: page.nodes.length })
  if (after !== null) return pageOf(rows, next, true, completeUntil)
  const heldSeen = await addHeld(shop, context, at, rows)
  return pageOf(rows, { ...next, heldSeen }, false, completeUntil)
}

/** At the end of a pass, what its watermark cannot see. The first pass gives every order there is to give. */
async function addHeld(shop: Shop, context: AdapterContext, at: Cursor, rows: Rows): Promise<number> {
  if (at.heldSeen === undefined) return at.began
  const { ids, seen } = await heldOrders(shop, context, at.heldSeen, at.from)
  const found: unknown[] = []
  for (const id of ids) found.push((await send(shop, context, orderDocument, { id })).order)
  const held = await readRows(
    shop,
    context,
    found.filter((raw) => raw !== null),
  )
  rows.orders.push(...held.orders)
  rows.unreadable.push(...held.unreadable)
  return seen
}

/** A piece of a file of orders. Until it is there the pass ends early: nothing is complete yet. */
async function readFile(
  shop: Shop,
  context: AdapterContext,
  at: Cursor,
  bulk: NonNullable<Cursor['bulk']>,
): Promise<OrderPage> {
  const { bulk: _, ...plain } = at
  const file = await readBulkOrders(shop, context, bulk)
  if (file.state === 'running') return pageOf(nothing, at, false, at.from)
  if (file.state === 'gone') {
    const begun = file.again && !bulk.again ? await beginBulkOrders(shop, context, at.from) : null
    // What came of it is no file: everything is read page by page, from where it should have begun.
    return pageOf(nothing, begun ? { ...plain, bulk: { ...begun, again: true } } : plain, true, at.from)
  }
  const errors: StockpoolError[] = []
  const raw: unknown[] = []
  for (const row of file.rows) {
    if ('error' in row) errors.push(row.error)
    else raw.push(orderOfRow(row))
  }
  const rows = await readRows(shop, context, raw)
  rows.unreadable.push(...errors.map((error) => ({ id: null, error })))
  if (file.next !== null) return pageOf(rows, { ...at, bulk: { ...bulk, offset: file.next } }, true, at.from)
  return pageOf(rows, { ...plain, seen: file.at, heldSeen: file.at }, true, at.from)
}

async function readRows(shop: Shop, context: AdapterContext, found: readonly unknown[]): Promise<Rows> {
  const rows: Rows = { orders: [], unreadable: [] }
  for (const raw of found) {
    const row = await tryRow(() => complete(shop, context, raw))
    if ('value' in row) rows.orders.push(row.value)
    else rows.unreadable.push({ id: idOf(raw), error: row.error })
  }
  return rows
}

const partOf = (raw: unknown, name: 'id' | 'updatedAt') =>
  z
    .string()
    .min(1)
    .safeParse((raw as Record<string, unknown> | null)?.[name]).data ?? null

/** What `get` takes, `null` when not even that can be read. */
const idOf = (raw: unknown) => partOf(raw, 'id')

function updatedAtOf(raw: unknown): number | null {
  const at = Date.parse(partOf(raw, 'updatedAt') ?? '')
  return Number.isNaN(at) ? null : at
}

/** By the order's id, or by that of one of its fulfilment orders. */
async function find(shop: Shop, context: AdapterContext, id: string): Promise<unknown> {
  try {
    if (isGid(id, 'FulfillmentOrder'))
      return (await send(shop, context, orderOfPartDocument, { id })).fulfillmentOrder?.order ?? null
    return (await send(shop, context, orderDocument, { id })).order ?? null
  } catch (error) {
    // A text that is no id of Shopify's at all is refused as a variable: no such order either.
    if (isStockpoolError(error) && error.details?.shopifyCode === 'INVALID_VARIABLE') return null
    throw error
  }
}

/** The order with all of its lines, and with its history where the lines alone do not tell enough. */
async function complete(shop: Shop, context: AdapterContext, raw: unknown): Promise<ChannelOrder> {
  const wire = readRow(WireOrder, raw, { what: 'an order of Shopify', details: { order: idOf(raw) } })
  const nodes = await allOf(wire.lineItems, async (after) => {
    const { order } = await send(shop, context, orderLinesDocument, { id: wire.id, after })
    return order?.lineItems
  })
  const fulfillmentOrders = await allParts(shop, context, wire)
  const whole = { ...wire, fulfillmentOrders, lineItems: { ...wire.lineItems, nodes } }
  const history = needsHistory(whole) ? await readHistory(shop, context, wire.id) : null
  return mapOrder(whole, history, shop, withLines(raw as WireOrder, nodes))
}

/** All parts of an order: beyond the first page one might be on hold. */
async function allParts(shop: Shop, context: AdapterContext, { id, fulfillmentOrders }: WireOrder) {
  if (!fulfillmentOrders?.pageInfo.hasNextPage) return fulfillmentOrders
  const open = await readOpenOrder(shop, context, id)
  return open ? { ...fulfillmentOrders, nodes: [...open.fulfillmentOrders] } : fulfillmentOrders
}

/** The order as it came, with the lines that came after its first page. */
function withLines(raw: WireOrder, nodes: WireOrder['lineItems']['nodes']): unknown {
  const first = raw.lineItems.nodes
  const lineItems = { ...raw.lineItems, nodes: [...first, ...nodes.slice(first.length)] }
  return { ...raw, lineItems }
}

/** Orders of a shop, oldest change first. */
export function shopifyOrders(shop: Shop) {
  return {
    read: (context, cursor) => read(shop, context, cursor),
    async get(context, id) {
      const order = await find(shop, context, id)
      return order === null ? null : complete(shop, context, order)
    },
    cancel: (context, request) => cancelOrder(shop, context, request),
    hold: (context, request) => holdOrder(shop, context, request),
    release: (context, order) => releaseOrder(shop, context, order),
    assign: (context, request) => assignOrder(shop, context, request),
  } satisfies OrdersFacet
}
