import { z } from 'zod'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import { readRow, tryRow } from '../../src/http/index.ts'
import type { ChannelOrder } from '../../src/model/order.ts'
import type { AdapterContext } from '../../src/spec/context.ts'
import type { OrderPage, OrdersFacet, UnreadableOrder } from '../../src/spec/orders.ts'
import { cancelOrder } from './cancel.ts'
import { send } from './client.ts'
import { orderDocument, orderLinesDocument, ordersDocument } from './documents.ts'
import { readHistory } from './history.ts'
import { mapOrder } from './map-order.ts'
import type { Shop } from './options.ts'
import { allOf, nextOf } from './paging.ts'
import { needsHistory } from './quantities.ts'
import { WireOrder } from './wire.ts'

const defaultLookBackMs = 7 * 24 * 3_600_000

/** How long a changed order may be missing from Shopify's search (lightward/mechanic-tasks PR#66 saw seconds). */
const settlingMs = 30_000

/**
 * What is kept between two reads. `seen` is the latest `updatedAt` that was given and only ever grows; the overlap is
 * taken off when asking, never stored. `after` goes on within a pass that began at `began`.
 */
const Cursor = z.object({
  v: z.literal(1),
  seen: z.number(),
  from: z.number(),
  began: z.number(),
  after: z.string().nullable(),
})
type Cursor = z.infer<typeof Cursor>

function readCursor(text: string): Cursor {
  try {
    return Cursor.parse(JSON.parse(text))
  } catch (cause) {
    throw new StockpoolError('invalid_input', 'the cursor is not one of the Shopify adapter', {
      field: 'cursor',
      remedy: 'Give back the cursor of the page before, or null to begin anew.',
      cause,
    })
  }
}

/** Shopify's times have whole seconds: the text is cut to them, so that none is skipped by its milliseconds. */
const isoSecond = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`

function begin(shop: Shop, now: number, cursor: Cursor | null): Cursor {
  if (cursor?.after != null) return cursor
  if (cursor !== null) return { ...cursor, from: cursor.seen - shop.overlapMs, began: now }
  const since = shop.ordersSince ?? now - defaultLookBackMs
  return { v: 1, seen: since, from: since, began: now, after: null }
}

async function readPage(shop: Shop, context: AdapterContext, cursor: string | null): Promise<OrderPage> {
  const at = begin(shop, context.clock.now(), cursor === null ? null : readCursor(cursor))
  const query = `updated_at:>='${isoSecond(at.from)}'`
  const { orders: page } = await send(shop, context, ordersDocument, { after: at.after, query })
  const orders: ChannelOrder[] = []
  const unreadable: UnreadableOrder[] = []
  for (const raw of page.nodes) {
    const read = await tryRow(() => complete(shop, context, raw))
    if ('value' in read) orders.push(read.value)
    else unreadable.push({ id: idOf(raw), error: read.error })
  }
  // Of an unreadable order too, so that the feed goes on behind it.
  const seen = page.nodes.reduce<number>((latest, raw) => Math.max(latest, updatedAtOf(raw) ?? 0), at.seen)
  const after = nextOf(page, at.after)
  const next: Cursor = { ...at, seen, after }
  const completeUntil = at.began - settlingMs
  return { orders, unreadable, cursor: JSON.stringify(next), more: after !== null, completeUntil }
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

async function find(shop: Shop, context: AdapterContext, id: string): Promise<unknown> {
  try {
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
  const whole = { ...wire, lineItems: { ...wire.lineItems, nodes } }
  const history = needsHistory(whole) ? await readHistory(shop, context, wire.id) : null
  return mapOrder(whole, history, shop, withLines(raw as WireOrder, nodes))
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
    read: (context, cursor) => readPage(shop, context, cursor),
    async get(context, id) {
      const order = await find(shop, context, id)
      return order === null ? null : complete(shop, context, order)
    },
    cancel: (context, request) => cancelOrder(shop, context, request),
  } satisfies OrdersFacet
}
