import { z } from 'zod'
import { reply, type SimulatorReply, type SimulatorRequest } from '../../../src/simulator/index.ts'
import { instant, postOrderError } from './answers.ts'
import { type CancelRequest, fulfillmentStatus, type Order, refundAll, type World } from './world.ts'

const reasons = [
  'OUT_OF_STOCK_OR_CANNOT_FULFILL', 'BUYER_ASKED_CANCEL', 'ADDRESS_ISSUES', 'ORDER_UNPAID',
] // biome-ignore format: a list reads better packed

const Create = z.object({
  legacyOrderId: z.string(),
  cancelReason: z.string().optional(),
  buyerPaid: z.boolean().optional(),
  buyerPaidDate: z.object({ value: z.string() }).optional(),
})

const date = (at: number) => ({ value: instant(at), formattedValue: instant(at) })
const noOrder = () => postOrderError(404, 1617, 'The order could not be found.')
const noCancel = () => postOrderError(404, 1610, 'The cancellation request could not be found.')

function eligible(order: Order): boolean {
  return fulfillmentStatus(order) === 'NOT_STARTED' && !order.cancelled && !order.requests.some(isOpen)
}

const isOpen = ({ state }: CancelRequest) => state === 'REQUESTED' || state === 'APPROVED'

/** POST /post-order/v2/cancellation/check_eligibility */
export function checkEligibility(world: World, request: SimulatorRequest): SimulatorReply {
  world.settle()
  const parsed = Create.safeParse(request.json())
  const order = parsed.success ? world.orders.get(parsed.data.legacyOrderId) : undefined
  if (!order) return noOrder()
  return reply(200, {
    legacyOrderId: order.id,
    eligible: eligible(order),
    failureReason: eligible(order) ? [] : ['OTHER'],
  })
}

/** POST /post-order/v2/cancellation */
export function createCancellation(world: World, request: SimulatorRequest): SimulatorReply {
  const now = world.settle()
  const parsed = Create.safeParse(request.json())
  if (!parsed.success) return postOrderError(400, 1604, 'The request is not valid.')
  const { legacyOrderId, cancelReason = 'OUT_OF_STOCK_OR_CANNOT_FULFILL' } = parsed.data
  const order = world.orders.get(legacyOrderId)
  if (!order) return noOrder()
  if (!reasons.includes(cancelReason))
    return postOrderError(400, 1605, 'The cancel reason is not valid for a seller.')
  if (!eligible(order)) return postOrderError(400, 1606, 'The order is not eligible for cancellation.')
  const id = world.digits(10)
  if (request.fault('accepted_not_applied')) return reply(201, { cancelId: id })
  order.requests.push({ id, by: 'Seller', reason: cancelReason, at: now, state: 'APPROVED' })
  refundAll(world, order, now)
  order.modifiedAt = now
  world.settle()
  return reply(201, { cancelId: id })
}

function find(world: World, id: string): { order: Order; request: CancelRequest } | null {
  for (const order of world.orders.values()) {
    const request = order.requests.find((each) => each.id === id)
    if (request) return { order, request }
  }
  return null
}

/** POST /post-order/v2/cancellation/{cancelId}/approve and /reject */
export function decideCancellation(
  world: World,
  request: SimulatorRequest,
  id: string,
  accept: boolean,
): SimulatorReply {
  const now = world.settle()
  // An empty body is refused: the braces must be there.
  if (request.raw.length === 0 && !accept) return postOrderError(411, 1001, 'Content-Length is required.')
  const found = find(world, id)
  if (!found) return noCancel()
  if (found.request.state !== 'REQUESTED')
    return postOrderError(400, 1611, 'The cancellation request was decided already.')
  if (request.fault('accepted_not_applied')) return reply(200)
  found.request.state = accept ? 'APPROVED' : 'REJECTED'
  if (accept) refundAll(world, found.order, now)
  found.order.modifiedAt = now
  return reply(200)
}

const summary = (order: Order, request: CancelRequest) => ({
  cancelId: request.id,
  legacyOrderId: order.id,
  marketplaceId: 'EBAY_US',
  requestorType: request.by.toUpperCase(),
  cancelReason: request.reason,
  cancelState:
    request.state === 'REQUESTED'
      ? 'APPROVAL_PENDING'
      : request.state === 'APPROVED'
        ? 'REFUND_PENDING'
        : 'CLOSED',
  cancelStatus:
    request.state === 'REQUESTED'
      ? 'CANCEL_REQUESTED'
      : request.state === 'REJECTED'
        ? 'CANCEL_REJECTED'
        : 'CANCEL_PENDING',
  cancelRequestDate: date(request.at),
})

/** GET /post-order/v2/cancellation/{cancelId} */
export function getCancellation(world: World, id: string): SimulatorReply {
  world.settle()
  const found = find(world, id)
  return found ? reply(200, { cancelDetail: summary(found.order, found.request) }) : noCancel()
}

/** GET /post-order/v2/cancellation/search */
export function searchCancellations(world: World, request: SimulatorRequest): SimulatorReply {
  world.settle()
  const order = request.query.get('legacy_order_id')
  const cancellations = [...world.orders.values()]
    .filter(({ id }) => order === null || id === order)
    .flatMap((each) => each.requests.map((one) => summary(each, one)))
  return reply(200, { cancellations, total: cancellations.length })
}
