import { z } from 'zod'
import { reply, type SimulatorReply, type SimulatorRequest } from '../../../src/simulator/index.ts'
import { failed, instant, invalidInput, listOf, seconds } from './answers.ts'
import { v0Status } from './notices.ts'
import { type Order, openUnits, shippedUnits, statusOf, type World } from './world.ts'

// Orders v0, which most clients still read. Amazon takes it away on 2027-03-27; the adapter does not use it but for
// confirmShipment, which nothing newer has.

const dateTime = z.iso.datetime({ offset: true })
const twoMinutesMs = 120_000
const dayMs = 86_400_000

/** GET /orders/v0/orders */
export function getOrders(world: World, request: SimulatorRequest): SimulatorReply {
  const now = world.settle()
  const { query } = request
  const marketplaces = listOf(query, 'MarketplaceIds')
  const ids = listOf(query, 'AmazonOrderIds')
  if (marketplaces === null) return invalidInput('MarketplaceIds')
  const after = query.get('LastUpdatedAfter') ?? query.get('CreatedAfter')
  if (ids === null && (after === null || !dateTime.safeParse(after).success))
    return invalidInput('CreatedAfter or LastUpdatedAfter must be given, in ISO 8601')
  const before = query.get('LastUpdatedBefore') ?? query.get('CreatedBefore')
  if (before !== null && Date.parse(before) > now - twoMinutesMs)
    return invalidInput('the end of the window must be at least two minutes ago')
  const size = Number(query.get('MaxResultsPerPage') ?? 100)
  if (!Number.isInteger(size) || size < 1 || size > 100) return invalidInput('MaxResultsPerPage')
  const byUpdate = query.has('LastUpdatedAfter')
  const at = (order: Order) => (byUpdate ? order.updatedAt : order.createdAt)
  const statuses = listOf(query, 'OrderStatuses')
  const channels = listOf(query, 'FulfillmentChannels')
  const found = [...world.orders.values()]
    .filter((order) => order.visibleAt <= now && marketplaces.includes(order.marketplaceId))
    .filter((order) => ids?.includes(order.id) ?? seconds(at(order)) >= Date.parse(after ?? ''))
    .filter((order) => before === null || seconds(at(order)) <= Date.parse(before))
    .filter((order) => statuses?.includes(v0Status(order, now)) ?? true)
    .filter((order) => channels?.includes(channelOf(order)) ?? true)
    .sort((one, other) => at(one) - at(other) || one.id.localeCompare(other.id))
  const from = Number(query.get('NextToken') ?? 0)
  if (!Number.isInteger(from) || from < 0) return invalidInput('NextToken')
  return reply(200, {
    payload: {
      Orders: found.slice(from, from + size).map((order) => onWire(world, order, now)),
      ...(from + size < found.length ? { NextToken: String(from + size) } : {}),
      ...(byUpdate
        ? { LastUpdatedBefore: instant(now - twoMinutesMs) }
        : { CreatedBefore: instant(now - twoMinutesMs) }),
    },
  })
}

/** GET /orders/v0/orders/{orderId} */
export function getOrderV0(world: World, id: string): SimulatorReply {
  const now = world.settle()
  const order = world.orders.get(id)
  return order ? reply(200, { payload: onWire(world, order, now) }) : unknown(id)
}

/** GET /orders/v0/orders/{orderId}/orderItems */
export function getOrderItems(world: World, id: string): SimulatorReply {
  const now = world.settle()
  const order = world.orders.get(id)
  if (!order) return unknown(id)
  const shown = statusOf(order, now) !== 'PENDING'
  return reply(200, {
    payload: {
      AmazonOrderId: id,
      OrderItems: order.lines.map((line) => {
        const listing = world.listings.get(line.sku)
        const price = listing?.price ?? { amount: '10.00', currencyCode: 'USD' }
        const total = (Number(price.amount) * line.quantity).toFixed(2)
        return {
          ASIN: listing?.asin ?? 'B000000000',
          OrderItemId: line.id,
          SellerSKU: line.sku,
          Title: listing?.title ?? line.sku,
          // v0 lowers what was ordered when units are cancelled.
          QuantityOrdered: line.quantity - line.cancelled,
          QuantityShipped: shippedUnits(order, line),
          ...(shown ? { ItemPrice: { CurrencyCode: price.currencyCode, Amount: total } } : {}),
          // Text, not a truth value.
          BuyerRequestedCancel: {
            IsBuyerRequestedCancel: String(line.requested !== null),
            ...(line.requested === null ? {} : { BuyerCancelReason: line.requested }),
          },
        }
      }),
    },
  })
}

const unknown = (id: string) => failed(404, 'NotFound', `There is no order ${id}.`)
const channelOf = ({ fulfilledBy }: Order) => (fulfilledBy === 'AMAZON' ? 'AFN' : 'MFN')

/** Without a restricted data token there is neither buyer nor address. */
function onWire(world: World, order: Order, now: number): unknown {
  const sum = (count: (line: Order['lines'][number]) => number) =>
    order.lines.reduce((total, line) => total + count(line), 0)
  const total = sum((line) => Number(world.listings.get(line.sku)?.price?.amount ?? '10.00') * line.quantity)
  const shown = statusOf(order, now) !== 'PENDING'
  return {
    AmazonOrderId: order.id,
    PurchaseDate: instant(order.createdAt),
    LastUpdateDate: instant(order.updatedAt),
    OrderStatus: v0Status(order, now),
    FulfillmentChannel: channelOf(order),
    SalesChannel: 'Amazon.com',
    MarketplaceId: order.marketplaceId,
    NumberOfItemsShipped: sum((line) => shippedUnits(order, line)),
    NumberOfItemsUnshipped: shown ? sum((line) => openUnits(order, line)) : 0,
    ...(shown ? { OrderTotal: { CurrencyCode: 'USD', Amount: total.toFixed(2) } } : {}),
    OrderType: 'StandardOrder',
    EarliestShipDate: instant(order.createdAt + dayMs),
    LatestShipDate: instant(order.createdAt + 2 * dayMs),
    IsPrime: order.programs.includes('PRIME'),
    IsBusinessOrder: order.programs.includes('AMAZON_BUSINESS'),
  }
}
