import { mcfState } from './mcf-controls.ts'
import { type Order, shippedUnits, shownBy, statusOf, type World } from './world.ts'

/** GET /_simulator/state */
export function stateOf(world: World): unknown {
  const now = world.settle()
  return {
    feeds: [...world.feeds.values()].map(({ id, type, status }) => ({ id, type, status })),
    subscriptions: [...world.notices.subscriptions.values()].map(({ type, destinationId }) => ({
      type,
      destinationId,
    })),
    messages: world.notices.waiting,
    labels: [...world.shipping.labels.values()].map(({ id, order, voided }) => ({ id, order, voided })),
    listings: [...world.listings.values()].map((listing) => ({
      sku: listing.sku,
      listing: listing.sku,
      place: '',
      quantity: shownBy(listing.availability),
      availability: listing.availability,
    })),
    stock: [...world.shelves.values()].map((shelf) => ({
      sku: shelf.sku,
      location: `fba-${world.options.marketplaceIds[0]}`,
      onHand: shelf.onHand,
      committed: shelf.committed,
      fulfillable: shelf.onHand - shelf.committed,
    })),
    // Orders of the marketplace, and those that Amazon ships for other channels.
    orders: [
      ...[...world.orders.values()].map((order) => orderState(order, now)),
      ...[...world.mcf.values()].map(mcfState),
    ],
    returns: world.returns.map(({ rma, order, status, deliveredAt, lines }) => ({
      id: rma,
      order,
      status,
      lines: lines.map((line) => ({ ...line, received: deliveredAt === null ? 0 : line.quantity })),
    })),
    refunds: [...world.orders.values()].flatMap(refundsOf),
  }
}

/** Each with what its parts come to. */
function refundsOf({ id, refunds }: Order): unknown[] {
  return [...Map.groupBy(refunds, ({ message }) => message).values()].map((parts) => ({
    order: id,
    amount: {
      amount: parts.reduce((sum, { amount }) => sum + amount, 0),
      currency: parts[0]?.currency ?? '',
    },
  }))
}

function orderState(order: Order, now: number): unknown {
  const skuOf = (id: string) => order.lines.find((line) => line.id === id)?.sku ?? ''
  return {
    id: order.id,
    number: order.id,
    reference: order.id,
    status: statusOf(order, now),
    fulfilledBy: order.fulfilledBy,
    acknowledged: order.acknowledged,
    refunds: order.refunds,
    lines: order.lines.map((line) => ({
      id: line.id,
      sku: line.sku,
      quantity: line.quantity,
      cancelled: line.cancelled,
      shipped: shippedUnits(order, line),
    })),
    shipments: [...order.packages.values()].map((each) => ({
      id: each.reference,
      reference: each.reference,
      trackingNumber: each.tracking || null,
      carrier: each.carrier,
      lines: each.items.map(({ orderItemId: id, quantity }) => ({ id, sku: skuOf(id), quantity })),
    })),
  }
}
