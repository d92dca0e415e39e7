import { isStockpoolError } from '../../src/error.ts'
import { orBeginAgain, readRow, tryRow } from '../../src/http/index.ts'
import type { Return } from '../../src/model/return.ts'
import type { AdapterContext } from '../../src/spec/context.ts'
import type { UnreadableOrder } from '../../src/spec/orders.ts'
import type { ReturnPage } from '../../src/spec/returns.ts'
import { send } from './client.ts'
import { afterPage, beginPass, readCursor, updatedSince, type Watermark } from './cursor.ts'
import { mapReturn } from './map-return.ts'
import type { Shop } from './options.ts'
import { allOf, nextOf } from './paging.ts'
import {
  orderReturnsDocument,
  ordersWithReturnsDocument,
  returnDocument,
  returnLinesDocument,
  reverseLinesDocument,
  reverseOrdersDocument,
} from './return-documents.ts'
import { WireReturn, type WireReverseOrder } from './wire-returns.ts'

/** A return with all of its lines, and as it came. */
export interface WholeReturn {
  readonly wire: WireReturn
  readonly raw: unknown
}

/** `null`: the shop has no such return. */
export async function findReturn(
  shop: Shop,
  context: AdapterContext,
  id: string,
): Promise<WholeReturn | null> {
  let raw: unknown
  try {
    raw = (await send(shop, context, returnDocument, { id })).return ?? null
  } catch (error) {
    // A text that is no id of Shopify's at all is refused as a variable: no such return either.
    if (isStockpoolError(error) && error.details?.shopifyCode === 'INVALID_VARIABLE') return null
    throw error
  }
  if (raw === null) return null
  const wire = readRow(WireReturn, raw, { what: 'a return of Shopify', details: { return: id } })
  const lines = await allOf(wire.returnLineItems, async (after) => {
    const more = await send(shop, context, returnLinesDocument, { id, after })
    return more.return?.returnLineItems
  })
  const orders = await allOf(wire.reverseFulfillmentOrders, async (after) => {
    const more = await send(shop, context, reverseOrdersDocument, { id, after })
    return more.return?.reverseFulfillmentOrders
  })
  const reverse: WireReverseOrder[] = []
  for (const order of orders) reverse.push(await withAllLines(shop, context, order))
  const whole = {
    ...wire,
    returnLineItems: { ...wire.returnLineItems, nodes: lines },
    reverseFulfillmentOrders: { ...wire.reverseFulfillmentOrders, nodes: reverse },
  }
  return { wire: whole, raw }
}

async function withAllLines(
  shop: Shop,
  context: AdapterContext,
  order: WireReverseOrder,
): Promise<WireReverseOrder> {
  const nodes = await allOf(order.lineItems, async (after) => {
    const more = await send(shop, context, reverseLinesDocument, { id: order.id, after })
    return more.reverseFulfillmentOrder?.lineItems
  })
  return { ...order, lineItems: { ...order.lineItems, nodes } }
}

/** The ids of an order's returns, oldest first; `null`: the shop has no such order. */
export async function returnsOfOrder(
  shop: Shop,
  context: AdapterContext,
  order: string,
): Promise<string[] | null> {
  const read = async (after: string | null) =>
    (await send(shop, context, orderReturnsDocument, { id: order, after })).order?.returns ?? null
  const first = await read(null)
  return first === null ? null : (await allOf(first, read)).map(({ id }) => id)
}

/** One page of returns: those of a page of orders that changed and have any. */
export async function readReturns(
  shop: Shop,
  context: AdapterContext,
  cursor: string | null,
): Promise<ReturnPage> {
  const at = beginPass(shop, context.clock.now(), cursor === null ? null : readCursor(cursor))
  // Not narrowed by `return_status`: of an order whose only return was withdrawn it may say "no return" again.
  const variables = { after: at.after, query: updatedSince(at.from) }
  const answer = await orBeginAgain(context, send(shop, context, ordersWithReturnsDocument, variables), {
    of: 'returns',
    token: at.after,
    restartedAt: at.restartedAt,
  })
  if (answer === null) {
    const anew: Watermark = { ...at, after: null, restartedAt: context.clock.now() }
    return { returns: [], unreadable: [], cursor: JSON.stringify(anew), more: true }
  }
  const { orders: page } = answer
  const returns: Return[] = []
  const unreadable: UnreadableOrder[] = []
  for (const order of page.nodes) {
    const ids = order.returns.pageInfo.hasNextPage
      ? await returnsOfOrder(shop, context, order.id)
      : order.returns.nodes.map(({ id }) => id)
    for (const id of ids ?? []) {
      const read = await tryRow(async () => {
        const found = await findReturn(shop, context, id)
        return found && mapReturn(found.wire, found.raw)
      })
      if ('error' in read) unreadable.push({ id, error: read.error })
      else if (read.value) returns.push(read.value)
    }
  }
  const seen = page.nodes.reduce((latest, { updatedAt }) => Math.max(latest, Date.parse(updatedAt)), at.seen)
  const after = nextOf(page, at.after)
  returns.sort((a, b) => (a.updatedAt < b.updatedAt ? -1 : a.updatedAt > b.updatedAt ? 1 : 0))
  return {
    returns,
    unreadable,
    cursor: JSON.stringify(afterPage(shop, at, { seen, after, rows: page.nodes.length })),
    more: after !== null,
  }
}
