import { z } from 'zod'
import { reply, type SimulatorReply, type SimulatorRequest } from '../../../src/simulator/index.ts'
import { centsOf, instant, type Money, postOrderError } from './answers.ts'
import type { ReturnCase, World } from './world.ts'

const date = (at: number) => ({ value: instant(at), formattedValue: instant(at) })
/** Post-Order writes amounts as numbers. */
const money = ({ amount, currency }: Money) => ({ value: amount / 100, currency })
const none = () => postOrderError(404, 1720, 'The return request could not be found.')
const wrong = (message: string) => postOrderError(400, 1721, message)

const threeDaysMs = 3 * 86_400_000

/** What eBay reckons: the units' price, and the shipping where the item was not as described. */
export function estimateOf({ line, quantity, reason }: ReturnCase): { fee: string; money: Money }[] {
  const { price } = line.shelf
  const shipping =
    reason === 'NOT_AS_DESCRIBED' ? [{ fee: 'ORIGINAL_SHIPPING', money: { ...price, amount: 500 } }] : []
  return [{ fee: 'PURCHASE_PRICE', money: { ...price, amount: price.amount * quantity } }, ...shipping]
}

function summary(one: ReturnCase): Record<string, unknown> {
  const total = estimateOf(one).reduce((sum, { money: each }) => sum + each.amount, 0)
  return {
    returnId: one.id,
    orderId: one.order.id,
    buyerLoginName: one.order.buyer,
    sellerLoginName: 'simulated_seller',
    currentType: 'MONEY_BACK',
    state: one.state,
    status: one.state === 'ITEM_READY_TO_SHIP' ? 'READY_FOR_SHIPPING' : one.state,
    creationInfo: {
      item: { itemId: one.line.shelf.itemId, transactionId: one.line.id, returnQuantity: one.quantity },
      type: 'MONEY_BACK',
      reason: one.reason,
      creationDate: date(one.createdAt),
    },
    sellerTotalRefund: {
      estimatedRefundAmount: money({ ...one.line.shelf.price, amount: total }),
      ...(one.refunded === null ? {} : { actualRefundAmount: money(one.refunded) }),
    },
    ...(one.state === 'RETURN_REQUESTED'
      ? {
          sellerResponseDue: {
            activityDue: 'SELLER_APPROVE_REQUEST',
            respondByDate: date(one.createdAt + threeDaysMs),
          },
        }
      : {}),
  }
}

function detail(one: ReturnCase): unknown {
  return {
    itemDetail: {
      itemId: one.line.shelf.itemId,
      transactionId: one.line.id,
      itemTitle: one.line.shelf.title,
      returnQuantity: one.quantity,
    },
    responseHistory: one.history.map(({ activity, at }) => ({
      activity,
      author: 'SELLER',
      creationDate: date(at),
    })),
    returnShipmentInfo:
      one.tracking === null
        ? {}
        : { shipmentTracking: { trackingNumber: one.tracking, carrierUsed: 'USPS' } },
    refundInfo: {
      estimatedRefundDetail: {
        itemizedRefundDetails: estimateOf(one).map(({ fee, money: each }) => ({
          refundFeeType: fee,
          estimatedAmount: money(each),
        })),
      },
      ...(one.refunded === null
        ? {}
        : { actualRefundDetail: { actualRefund: { totalAmount: money(one.refunded) } } }),
    },
  }
}

/** GET /post-order/v2/return/search: by creation, there is no filter by change. */
export function searchReturns(world: World, request: SimulatorRequest): SimulatorReply {
  const now = world.settle()
  const { query } = request
  const from = Date.parse(query.get('creation_date_range_from') ?? instant(now - 90 * 86_400_000))
  const until = Date.parse(query.get('creation_date_range_to') ?? instant(now))
  const limit = Math.min(200, Number(query.get('limit') ?? 25))
  const offset = Number(query.get('offset') ?? 0)
  if (Number.isNaN(from) || Number.isNaN(until) || from > until) return wrong('The date range is not valid.')
  const found = [...world.returns.values()]
    .filter(({ createdAt }) => createdAt >= from && createdAt <= until)
    .sort((one, other) => one.createdAt - other.createdAt)
  return reply(200, {
    members: found.slice(offset, offset + limit).map(summary),
    total: found.length,
    paginationOutput: {
      limit,
      offset,
      totalEntries: found.length,
      totalPages: Math.ceil(found.length / limit),
    },
  })
}

/** GET /post-order/v2/return/{returnId}: its summary or its detail, never both, and by default the detail. */
export function getReturn(world: World, request: SimulatorRequest, id: string): SimulatorReply {
  world.settle()
  const found = world.returns.get(id)
  if (!found) return none()
  const group = request.query.get('fieldgroups') ?? 'FULL'
  if (group === 'SUMMARY') return reply(200, { summary: summary(found) })
  return group === 'FULL' ? reply(200, { detail: detail(found) }) : wrong('The field group is not valid.')
}

function step(one: ReturnCase, at: number, state: string, activity: string): void {
  one.state = state
  one.history.push({ activity, at })
}

export const moves = {
  ship(one: ReturnCase, at: number, tracking: string) {
    one.tracking = tracking
    step(one, at, 'ITEM_SHIPPED', 'BUYER_PROVIDE_TRACKING_INFO')
  },
  deliver: (one: ReturnCase, at: number) => step(one, at, 'ITEM_DELIVERED', 'NOTIFIED_DELIVERED'),
  close: (one: ReturnCase, at: number) => step(one, at, 'CLOSED', 'BUYER_CLOSE_RETURN'),
}

const Decide = z.object({
  decision: z.enum(['APPROVE', 'DECLINE']),
  comments: z.object({ content: z.string() }).optional(),
})

/** POST /post-order/v2/return/{returnId}/decide */
export function decideReturn(world: World, request: SimulatorRequest, id: string): SimulatorReply {
  const now = world.settle()
  const found = world.returns.get(id)
  if (!found) return none()
  const parsed = Decide.safeParse(request.json())
  if (!parsed.success) return wrong('The decision is not valid.')
  if (found.state !== 'RETURN_REQUESTED') return wrong('The return is not in a state for this decision.')
  const approve = parsed.data.decision === 'APPROVE'
  if (!approve && found.reason === 'NOT_AS_DESCRIBED') return wrong('This return cannot be declined.')
  step(
    found,
    now,
    approve ? 'ITEM_READY_TO_SHIP' : 'RETURN_REJECTED',
    approve ? 'SELLER_APPROVE_REQUEST' : 'SELLER_DECLINE_REQUEST',
  )
  return reply(200, { refundStatus: 'OTHER' })
}

/** POST /post-order/v2/return/{returnId}/mark_as_received */
export function markReceived(world: World, id: string): SimulatorReply {
  const now = world.settle()
  const found = world.returns.get(id)
  if (!found) return none()
  if (found.state !== 'ITEM_SHIPPED' && found.state !== 'ITEM_READY_TO_SHIP')
    return wrong('The return is not in a state for this.')
  step(found, now, 'ITEM_DELIVERED', 'SELLER_MARK_AS_RECEIVED')
  return reply(200)
}

const Amount = z.object({ value: z.union([z.string(), z.number()]), currency: z.string() })
const Refund = z.object({
  refundDetail: z.object({
    itemizedRefundDetail: z.array(z.object({ refundAmount: Amount, refundFeeType: z.string() })).min(1),
    totalAmount: Amount,
  }),
})

/** POST /post-order/v2/return/{returnId}/issue_refund */
export function refundReturn(world: World, request: SimulatorRequest, id: string): SimulatorReply {
  const now = world.settle()
  const found = world.returns.get(id)
  if (!found) return none()
  const parsed = Refund.safeParse(request.json())
  if (!parsed.success) return wrong('The refund is not valid.')
  if (found.refunded !== null) return wrong('The return was refunded already.')
  const { itemizedRefundDetail, totalAmount } = parsed.data.refundDetail
  const cents = (value: string | number) => centsOf(String(value)) ?? Number.NaN
  const total = cents(totalAmount.value)
  const sum = itemizedRefundDetail.reduce((all, { refundAmount }) => all + cents(refundAmount.value), 0)
  if (!(total > 0) || sum !== total) return wrong('The amounts do not add up.')
  const most = estimateOf(found).reduce((all, { money: each }) => all + each.amount, 0)
  if (total > most) return wrong('The amount is more than can be refunded.')
  found.refunded = { amount: total, currency: totalAmount.currency }
  step(found, now, 'CLOSED', 'SELLER_ISSUE_REFUND')
  return reply(200, { refundStatus: 'SUCCESS' })
}
