import { z } from 'zod'
import type { SimulatorReply, SimulatorRequest } from '../../../src/simulator/index.ts'
import { asObject, asStrings, keyFrom, no, noOrder, ok, paged, seconds, wrong } from './answers.ts'
import type { Cancellation, Item, Order, World } from './world.ts'

/** Reasons of the seller's, by market and status: the United Kingdom's have an ending of their own. */
function reasonsOf(world: World, order: Order): readonly string[] {
  const status = world.statusOf(order)
  const uk = world.options.region === 'GB' ? '_uk' : ''
  if (status === 'UNPAID')
    return [`seller_cancel_unpaid_reason_out_of_stock${uk}`, `seller_cancel_unpaid_reason_wrong_price${uk}`]
  const asked = uk === '' ? ['seller_cancel_paid_reason_buyer_requested_cancellation'] : []
  return [
    `seller_cancel_reason_wrong_price${uk}`,
    `seller_cancel_paid_reason_address_not_deliver${uk}`,
    `seller_cancel_reason_out_of_stock${uk}`,
    ...asked,
  ]
}

/** The seller may cancel until something was arranged; a part of what is left where some has shipped, for want of stock. */
function cancellable(world: World, order: Order): readonly Item[] {
  const status = world.statusOf(order)
  const open = order.items.filter((item) => world.isOpen(item))
  if (['UNPAID', 'ON_HOLD', 'AWAITING_SHIPMENT'].includes(status)) return open
  const parts = world.options.region === 'US' || world.options.region === 'GB'
  return status === 'PARTIALLY_SHIPPING' && parts ? open : []
}

/** GET /return_refund/202512/orders/{order_id}/aftersale_eligibility */
export function eligibility(world: World, id: string): SimulatorReply {
  world.settle()
  const order = world.orders.get(id)
  if (!order) return noOrder()
  const may = new Set(cancellable(world, order))
  const reasons = reasonsOf(world, order).filter(
    (name) => world.statusOf(order) !== 'PARTIALLY_SHIPPING' || name.includes('out_of_stock'),
  )
  const bySku = Map.groupBy(order.items, ({ sku }) => sku)
  return ok({
    sku_eligibility: [...bySku].map(([sku_id, items]) => ({
      sku_id,
      line_item_eligibility: items.map((item) => ({
        request_type: 'CANCEL',
        order_line_items_ids: [item.id],
        eligible: may.has(item),
        ...(may.has(item)
          ? { available_reason_names: reasons }
          : { ineligible_code: 25001003, ineligible_reason: `The order is ${world.statusOf(order)}.` }),
      })),
    })),
  })
}

const Cancel = z.object({
  order_id: z.string(),
  cancel_reason: z.string(),
  order_line_item_ids: z.array(z.string()).min(1).optional(),
})

/** POST /return_refund/202309/cancellations */
export function cancelOrder(world: World, request: SimulatorRequest): SimulatorReply {
  const now = world.settle()
  const parsed = Cancel.safeParse(request.json())
  if (!parsed.success) return no(25001001, `invalid param error: ${parsed.error.issues[0]?.path.join('.')}`)
  const { order_id, cancel_reason, order_line_item_ids } = parsed.data
  const order = world.orders.get(order_id)
  if (!order) return noOrder()
  const may = cancellable(world, order)
  if (may.length === 0) return no(25001003, 'The order status does not allow a cancellation.')
  if (!reasonsOf(world, order).includes(cancel_reason)) return no(25001021, 'Reason not match order status')
  const items = order_line_item_ids ? may.filter((item) => order_line_item_ids.includes(item.id)) : may
  if (items.length < may.length && !cancel_reason.includes('out_of_stock'))
    return no(25001001, 'Only want of stock cancels a part of an order.')
  const made: Cancellation = {
    id: world.newId('40353'),
    order: order.id,
    type: 'CANCEL',
    reason: cancel_reason,
    createdAt: now,
    respondBy: 0,
    updatedAt: now,
    status: 'CANCELLATION_REQUEST_SUCCESS',
  }
  world.cancellations.set(made.id, made)
  if (request.fault('accepted_not_applied') === null) world.cancelItems(order, items, cancel_reason, 'SELLER')
  return ok({ cancel_id: made.id, cancel_status: made.status })
}

/** POST /return_refund/202309/cancellations/search */
export function searchCancellations(world: World, request: SimulatorRequest): SimulatorReply {
  world.settle()
  const filter = asObject(request.json())
  const among = (name: string, value: string) => {
    const wanted = asStrings(filter[name])
    return wanted.length === 0 || wanted.includes(value)
  }
  const rows = [...world.cancellations.values()].filter(
    (each) =>
      among('order_ids', each.order) &&
      among('cancel_ids', each.id) &&
      among('cancel_types', each.type) &&
      among('cancel_status', each.status),
  )
  const found = paged(rows, (each) => keyFrom(each.updatedAt, each.id), request.query, {
    least: 1,
    most: 50,
    usual: 10,
  })
  if (found === null) return wrong('page_size or page_token is invalid')
  return ok({
    cancellations: found.page.map((each) => ({
      cancel_id: each.id,
      order_id: each.order,
      cancel_type: each.type,
      cancel_status: each.status,
      cancel_reason: each.reason,
      cancel_reason_text: each.reason,
      role: each.type === 'BUYER_CANCEL' ? 'BUYER' : 'SELLER',
      create_time: seconds(each.createdAt),
      update_time: seconds(each.updatedAt),
      seller_next_action_response:
        each.status === 'CANCELLATION_REQUEST_PENDING'
          ? [{ action: 'SELLER_RESPOND_CANCEL', deadline: seconds(each.respondBy) }]
          : [],
    })),
    next_page_token: found.next,
    total_count: rows.length,
  })
}

/** POST /return_refund/202309/cancellations/{cancel_id}/approve and …/reject */
export function answerCancellation(
  world: World,
  request: SimulatorRequest,
  id: string,
  approve: boolean,
): SimulatorReply {
  const now = world.settle()
  const found = world.cancellations.get(id)
  const order = world.orders.get(found?.order ?? '')
  if (!found || !order) return noOrder()
  if (found.status !== 'CANCELLATION_REQUEST_PENDING')
    return no(25011011, 'The request is processed already or has expired.')
  if (!approve) {
    const { reject_reason } = asObject(request.json())
    if (!rejectReasonNames.includes(String(reject_reason)))
      return no(25001020, 'The reason is not available.')
  }
  if (request.fault('accepted_not_applied') !== null) return ok({})
  found.updatedAt = now
  found.status = approve ? 'CANCELLATION_REQUEST_SUCCESS' : 'CANCELLATION_REQUEST_CANCELLED'
  if (approve)
    world.cancelItems(
      order,
      order.items.filter((item) => world.isOpen(item)),
      found.reason,
      'BUYER',
    )
  else world.touch(order)
  return ok({})
}

const rejectReasons = [
  [
    'ecom_reverse_reject_refund_request_package_delivery_multiple_boxes',
    'Products were shipped in multiple packages',
  ],
  ['seller_reject_apply_product_has_been_packed', 'Product has been packed'],
  ['seller_reject_apply_unable_to_change_address', 'Unable to change address'],
  ['reverse_reject_request_reason_5', 'You have reached an agreement with the customer'],
  ['reverse_reject_request_reason_6', 'The time to return is over'],
] as const
export const rejectReasonNames: readonly string[] = rejectReasons.map(([name]) => name)

/** GET /return_refund/202309/reject_reasons */
export function getRejectReasons(world: World, request: SimulatorRequest): SimulatorReply {
  const id = request.query.get('return_or_cancel_id') ?? ''
  if (!world.cancellations.has(id) && !world.returns.has(id)) return no(25001004, 'There is no such request.')
  return ok({ reasons: rejectReasons.map(([name, text]) => ({ name, text })) })
}
