import { StockpoolError } from '../error.ts'
import type { Order } from '../model/order.ts'
import type { Transaction } from '../store/database.ts'
import { getOrder } from '../store/orders.ts'
import { mustOffer } from './absent.ts'
import { orderId } from './inputs.ts'
import type { Runtime } from './runtime.ts'

/** @throws StockpoolError `not_found` for an unknown connection, or an order that was never read */
export async function mustHave(
  run: Runtime,
  tx: Transaction,
  connection: string,
  id: string,
): Promise<Order> {
  const order = await getOrder(tx, connection, known(run, connection, id))
  if (order) return order
  throw new StockpoolError('not_found', `${connection} has no order ${id} in the store`, {
    field: 'order',
    remedy: 'Read it with hub.sync() first.',
  })
}

/** The order's id, of a connection that there is and that may have orders. */
export function known(run: Runtime, connection: string, order: string): string {
  mustOffer(run, connection, 'orders')
  return orderId(order)
}
