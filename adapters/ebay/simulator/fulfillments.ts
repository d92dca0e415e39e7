import { z } from 'zod'
import { reply, type SimulatorReply, type SimulatorRequest } from '../../../src/simulator/index.ts'
import { centsOf, fulfillmentError, instant } from './answers.ts'
import { hrefOf } from './orders.ts'
import {
  type Fulfillment,
  type Order,
  orderTotal,
  refundedCents,
  shippedUnits,
  shippingOf,
  type World,
} from './world.ts'

const Body = z.object({
  lineItems: z.array(z.object({ lineItemId: z.string(), quantity: z.int().min(1).default(1) })).min(1),
  shippedDate: z.string().optional(),
  shippingCarrierCode: z.string().optional(),
  trackingNumber: z.string().optional(),
})

/** ShippingCarrierCodeType, as far as this simulator knows it. */
const carriers = /^[A-Za-z0-9_]{2,40}$/

const noOrder = (id: string) => fulfillmentError(400, 32100, `Invalid Order Id: ${id}`)

/** POST /sell/fulfillment/v1/order/{orderId}/shipping_fulfillment */
export function createFulfillment(world: World, request: SimulatorRequest, id: string): SimulatorReply {
  const now = world.settle()
  const order = world.orders.get(id)
  if (!order) return noOrder(id)
  const parsed = Body.safeParse(request.json())
  if (!parsed.success) return fulfillmentError(400, 32600, 'Invalid input data')
  const { lineItems, shippedDate, shippingCarrierCode: carrier, trackingNumber } = parsed.data
  const wrong = wrongLines(order, lineItems)
  if (wrong) return wrong
  if (
    (carrier === undefined) !== (trackingNumber === undefined) ||
    (carrier !== undefined && !carriers.test(carrier))
  )
    return fulfillmentError(400, 32300, 'Invalid shipment tracking number or carrier')
  if (trackingNumber !== undefined && !/^[A-Za-z0-9]+$/.test(trackingNumber))
    return fulfillmentError(400, 32300, 'Invalid shipment tracking number or carrier')
  const shippedAt = shippedDate === undefined ? now : Date.parse(shippedDate)
  if (Number.isNaN(shippedAt)) return fulfillmentError(400, 32500, 'Invalid shipped date')
  // The id is the number, or an arbitrary one where there is none: it tells two parcels under one number apart no more.
  const made: Fulfillment = {
    id: trackingNumber ?? '999',
    tracking: trackingNumber ?? null,
    carrier: carrier ?? null,
    shippedAt,
    lines: lineItems.map(({ lineItemId, quantity }) => ({ id: lineItemId, quantity })),
  }
  order.fulfillments.push(made)
  if (world.options.fulfillmentsTouch) order.modifiedAt = now
  return reply(201, undefined, { location: hrefOf(order, made.id) })
}

function wrongLines(
  order: Order,
  lines: readonly { readonly lineItemId: string; readonly quantity: number }[],
): SimulatorReply | null {
  if (order.cancelled || order.paidAt === null) return fulfillmentError(400, 32600, 'Invalid input data')
  if (new Set(lines.map(({ lineItemId }) => lineItemId)).size < lines.length)
    return fulfillmentError(400, 32210, 'Duplicate line item in the request')
  for (const { lineItemId, quantity } of lines) {
    const line = order.lines.find((each) => each.id === lineItemId)
    if (!line) return fulfillmentError(400, 32200, `Invalid line item id: ${lineItemId}`)
    if (shippedUnits(order, line) + quantity > line.quantity)
      return fulfillmentError(400, 32600, 'Invalid input data')
  }
  return null
}

const onWire = ({ id, tracking, carrier, shippedAt, lines }: Fulfillment) => ({
  fulfillmentId: id,
  ...(tracking === null ? {} : { shipmentTrackingNumber: tracking, shippingCarrierCode: carrier }),
  shippedDate: instant(shippedAt),
  lineItems: lines.map((line) => ({ lineItemId: line.id, quantity: line.quantity })),
})

/** GET /sell/fulfillment/v1/order/{orderId}/shipping_fulfillment */
export function listFulfillments(world: World, id: string): SimulatorReply {
  const order = world.orders.get(id)
  if (!order) return noOrder(id)
  return reply(200, { fulfillments: order.fulfillments.map(onWire), total: order.fulfillments.length })
}

/** GET /sell/fulfillment/v1/order/{orderId}/shipping_fulfillment/{fulfillmentId} */
export function getFulfillment(world: World, id: string, fulfillment: string): SimulatorReply {
  const found = world.orders.get(id)?.fulfillments.find((each) => each.id === fulfillment)
  return found ? reply(200, onWire(found)) : fulfillmentError(404, 32100, 'Invalid fulfillment ID')
}

const Money = z.object({ value: z.string(), currency: z.string() })
const RefundBody = z.object({
  reasonForRefund: z.enum([
    'BUYER_CANCEL',
    'SELLER_CANCEL',
    'ITEM_NOT_RECEIVED',
    'BUYER_RETURN',
    'ITEM_NOT_AS_DESCRIBED',
    'OTHER_ADJUSTMENT',
    'SHIPPING_DISCOUNT',
  ]),
  comment: z.string().max(100).optional(),
  refundItems: z.array(z.object({ lineItemId: z.string(), refundAmount: Money })).optional(),
  orderLevelRefundAmount: Money.optional(),
})

/** POST /sell/fulfillment/v1/order/{order_id}/issue_refund */
export function issueRefund(world: World, request: SimulatorRequest, id: string): SimulatorReply {
  const now = world.settle()
  const order = world.orders.get(id)
  if (!order) return fulfillmentError(404, 34913, 'Can not find the order.')
  const parsed = RefundBody.safeParse(request.json())
  if (!parsed.success) return fulfillmentError(400, 34903, 'The refund reason must be specified.')
  const { refundItems, orderLevelRefundAmount } = parsed.data
  if ((refundItems === undefined) === (orderLevelRefundAmount === undefined))
    return fulfillmentError(400, 34905, 'Either orderLevelRefundAmount or refundItems must be specified.')
  if (order.paidAt === null)
    return fulfillmentError(
      409,
      34929,
      'You cannot refund this order yet since the buyer payment has not been processed. Please try again later.',
    )
  if (order.refunds.some(({ status }) => status === 'PENDING'))
    return fulfillmentError(400, 34922, "Refund can't be issued while previous refund is processing.")
  const total = orderTotal(order)
  const left = total.amount - refundedCents(order)
  if (left <= 0) return fulfillmentError(400, 34917, 'This order was already refunded.')
  const parts = refundItems?.map((item) => ({ line: item.lineItemId, money: item.refundAmount })) ?? [
    { line: null, money: orderLevelRefundAmount },
  ]
  const refund = world.digits(10)
  const fails = request.fault('accepted_not_applied') !== null
  const made: Order['refunds'] = []
  for (const { line, money } of parts) {
    const cents = centsOf(money?.value)
    if (cents === null || cents <= 0)
      return fulfillmentError(400, 34907, 'The amount value must be positive and within two decimals.')
    if (money?.currency !== total.currency)
      return fulfillmentError(400, 34909, "The amount currency isn't correct.")
    if (line !== null && cents > leftOf(order, line))
      return fulfillmentError(409, 34924, 'The item refund amount exceeds the item remaining amount.')
    made.push({
      id: refund,
      line,
      money: { amount: cents, currency: total.currency },
      at: now,
      status: 'PENDING',
      fails,
    })
  }
  if (made.reduce((sum, { money }) => sum + money.amount, 0) > left)
    return fulfillmentError(400, 34915, 'The refund amount exceeds order amount.')
  order.refunds.push(...made)
  order.modifiedAt = now
  return reply(200, { refundId: refund, refundStatus: 'PENDING' })
}

function leftOf(order: Order, id: string): number {
  const line = order.lines.find((each) => each.id === id)
  if (!line) return 0
  const back = order.refunds
    .filter((each) => each.line === id && each.status !== 'FAILED')
    .reduce((sum, { money }) => sum + money.amount, 0)
  return line.shelf.price.amount * line.quantity + shippingOf(order, line).amount - back
}
