import { StockpoolError } from '../../src/error.ts'
import type { AdapterContext } from '../../src/spec/context.ts'
import type { AssignRequest, AssignResult } from '../../src/spec/orders.ts'
import { send } from './client.ts'
import { moveDocument } from './fulfillment-documents.ts'
import { readOpenOrder } from './fulfillment-orders.ts'
import { isGid, type Shop } from './options.ts'
import { type Assigned, nameOf, nextMove } from './plan-moves.ts'

/** An order of more parts than this is not what moves are for: each brings at least one line to its place. */
const mostMoves = 50

/**
 * Moves the parts of an order to the locations that they leave from. Safe to repeat: what lies right stays, and each move is
 * planned from what Shopify shows after the one before it. What Shopify does not let go is told, and leaves from where it is.
 */
export async function assignOrder(
  shop: Shop,
  context: AdapterContext,
  { order: id, lines }: AssignRequest,
): Promise<AssignResult> {
  const assigned = lines.map(
    ({ line, quantity, place }): Assigned => ({
      line,
      quantity,
      location: place === '' ? shop.location : place,
    }),
  )
  const refused = new Map<string, string>()
  for (let moved = 0; ; ) {
    const order = isGid(id, 'Order') ? await readOpenOrder(shop, context, id) : null
    if (order === null) throw new StockpoolError('not_found', 'Shopify has no such order', { field: 'order' })
    const move = nextMove(order.fulfillmentOrders, assigned, new Set(refused.keys()))
    if (move === null || moved >= mostMoves) return { moved, refused: [...new Set(refused.values())] }
    const variables = { id: move.id, location: move.location, lines: move.lines }
    // One unit of three, moved twice, would be two: after a lost answer the order is read first.
    const effect = { effect: 'once', priority: 6 } as const
    const { fulfillmentOrderMove } = await send(shop, context, moveDocument, variables, effect)
    const [refusal] = fulfillmentOrderMove.userErrors
    if (refusal) refused.set(nameOf(move), refusal.message)
    else moved += 1
  }
}
