import type { Money } from './answers.ts'
import {
  cancelState,
  fulfillmentStatus,
  type Order,
  type ReturnCase,
  shippedUnits,
  shownBy,
  type World,
} from './world.ts'

const isArrival = ({ activity }: ReturnCase['history'][number]) =>
  activity === 'NOTIFIED_DELIVERED' || activity === 'SELLER_MARK_AS_RECEIVED'

/** What was paid back for an order, by refund, whatever its lines; and for its returns. */
function paidBack(world: World, order: Order): Money[] {
  const standing = order.refunds.filter(({ status }) => status !== 'FAILED')
  const refunds = [...Map.groupBy(standing, ({ id }) => id).values()].map((parts) => ({
    amount: parts.reduce((sum, { money }) => sum + money.amount, 0),
    currency: parts[0]?.money.currency ?? 'USD',
  }))
  const ofReturns = [...world.returns.values()].flatMap((one) =>
    one.order === order && one.refunded !== null ? [one.refunded] : [],
  )
  return [...refunds, ...ofReturns]
}

/** GET /_simulator/state */
export function stateOf(world: World): unknown {
  world.settle()
  return {
    listings: [...world.shelves.values()].map((shelf) => ({
      sku: shelf.sku ?? '',
      listing: shelf.listing,
      place: '',
      quantity: shownBy(shelf),
      api: shelf.api,
      itemId: shelf.itemId,
      revisions: world.revisionsOf(shelf),
      item: shelf.quantity,
      offers: shelf.offers.map(({ id, available }) => ({ id, available })),
    })),
    orders: [...world.orders.values()].map((order) => ({
      id: order.id,
      number: order.id,
      status: order.cancelled ? 'CANCELED' : fulfillmentStatus(order),
      cancelState: cancelState(order),
      refunds: order.refunds.map(({ id, line, money, status }) => ({
        id,
        line,
        amount: money.amount,
        status,
      })),
      lines: order.lines.map((line) => ({
        id: line.id,
        sku: line.shelf.sku ?? '',
        quantity: line.quantity,
        cancelled: order.cancelled ? line.quantity - shippedUnits(order, line) : 0,
        shipped: shippedUnits(order, line),
      })),
      shipments: order.fulfillments.map(({ id, tracking, carrier, lines }) => ({
        reference: id,
        trackingNumber: tracking,
        carrier,
        lines,
      })),
    })),
    returns: [...world.returns.values()].map(({ id, order, line, quantity, history, state, refunded }) => ({
      id,
      order: order.id,
      state,
      refunded: refunded?.amount ?? null,
      lines: [{ id: line.id, quantity, received: history.some(isArrival) ? quantity : 0 }],
    })),
    refunds: [...world.orders.values()].flatMap((order) =>
      paidBack(world, order).map((amount) => ({ order: order.id, amount })),
    ),
  }
}
