import { z } from 'zod'
import type { SimulatorReply, SimulatorRequest } from '../../../src/simulator/index.ts'
import { rejectReasonNames } from './aftersales.ts'
import { asObject, asStrings, keyFrom, no, ok, paged, seconds, wrong } from './answers.ts'
import type { SimulatedReturn, World } from './world.ts'

const dayMs = 86_400_000
const pendingOf = (type: SimulatedReturn['type']) =>
  type === 'REPLACEMENT' ? 'REPLACEMENT_REQUEST_PENDING' : 'RETURN_OR_REFUND_REQUEST_PENDING'

export function openReturn(
  world: World,
  init: Pick<SimulatedReturn, 'order' | 'type' | 'items' | 'reason' | 'refund'>,
): SimulatedReturn {
  const now = world.clock.now()
  const made: SimulatedReturn = {
    id: world.newId('40353'),
    ...init,
    createdAt: now,
    updatedAt: now,
    status: pendingOf(init.type),
    tracking: '',
    buyerKeeps: init.type === 'REFUND',
    offered: null,
    answered: new Set(),
  }
  world.returns.set(made.id, made)
  return made
}

/** POST /return_refund/202309/returns/search */
export function searchReturns(world: World, request: SimulatorRequest): SimulatorReply {
  const filter = asObject(request.json())
  const ids = asStrings(filter.return_ids)
  const orders = asStrings(filter.order_ids)
  const rows = [...world.returns.values()].filter(
    (each) =>
      (ids.length === 0 || ids.includes(each.id)) &&
      (orders.length === 0 || orders.includes(each.order)) &&
      seconds(each.updatedAt) >= Number(filter.update_time_ge ?? 0) &&
      seconds(each.updatedAt) < Number(filter.update_time_lt ?? Number.POSITIVE_INFINITY),
  )
  const byUpdate = request.query.get('sort_field') === 'update_time'
  const keyOf = (each: SimulatedReturn) => keyFrom(byUpdate ? each.updatedAt : each.createdAt, each.id)
  const found = paged(rows, keyOf, request.query, { least: 10, most: 50, usual: 10 })
  if (found === null) return wrong('page_size or page_token is invalid')
  return ok({
    return_orders: found.page.map((each) => returnOnWire(world, each)),
    next_page_token: found.next,
    total_count: rows.length,
  })
}

function actionOf({ status, type }: SimulatedReturn): string | null {
  if (status === 'BUYER_SHIPPED_ITEM') return 'SELLER_RESPOND_RECEIVE_PACKAGE'
  if (status !== pendingOf(type)) return null
  if (type === 'REFUND') return 'SELLER_RESPOND_REFUND'
  return type === 'REPLACEMENT' ? 'SELLER_RESPOND_REPLACEMENT' : 'SELLER_RESPOND_RETURN'
}

function returnOnWire(world: World, each: SimulatedReturn): unknown {
  const order = world.orders.get(each.order)
  const action = actionOf(each)
  return {
    return_id: each.id,
    order_id: each.order,
    return_type: each.type,
    return_status: each.status,
    return_reason: each.reason,
    return_reason_text: each.reason,
    return_tracking_number: each.tracking,
    can_buyer_keep_item: each.buyerKeeps,
    role: 'BUYER',
    create_time: seconds(each.createdAt),
    update_time: seconds(each.updatedAt),
    refund_amount: { currency: each.refund.currency, refund_total: each.refund.amount },
    ...(each.offered === null
      ? {}
      : { partial_refund: each.offered, seller_proposed_return_type: 'PARTIAL_REFUND' }),
    seller_next_action_response:
      action === null ? [] : [{ action, deadline: seconds(each.updatedAt + 2 * dayMs) }],
    return_line_items: each.items.map((id) => {
      const sku = world.skus.get(order?.items.find((item) => item.id === id)?.sku ?? '')
      return {
        order_line_item_id: id,
        return_line_item_id: `${id}1`,
        sku_id: sku?.id ?? '',
        seller_sku: sku?.sellerSku ?? '',
        sku_name: sku?.name ?? '',
        product_name: world.products.get(sku?.product ?? '')?.title ?? '',
      }
    }),
  }
}

const Approve = z.object({
  decision: z.string(),
  buyer_keep_item: z.boolean().optional(),
  partial_refund: z.object({ amount: z.string(), currency: z.string() }).optional(),
})

/** What a decision makes of a return; `null`: it does not fit. */
function decided(each: SimulatedReturn, body: z.infer<typeof Approve>): string | null {
  const pending = each.status === pendingOf(each.type)
  const back = each.status === 'BUYER_SHIPPED_ITEM'
  const fits: Readonly<Record<string, string | null>> = {
    APPROVE_REFUND: pending && each.type === 'REFUND' ? 'RETURN_OR_REFUND_REQUEST_SUCCESS' : null,
    APPROVE_RETURN:
      pending && each.type === 'RETURN_AND_REFUND'
        ? body.buyer_keep_item
          ? 'RETURN_OR_REFUND_REQUEST_SUCCESS'
          : 'AWAITING_BUYER_SHIP'
        : null,
    APPROVE_RECEIVED_PACKAGE: back
      ? each.type === 'REPLACEMENT'
        ? 'REPLACEMENT_REQUEST_COMPLETE'
        : 'RETURN_OR_REFUND_REQUEST_SUCCESS'
      : null,
    APPROVE_REPLACEMENT: pending && each.type === 'REPLACEMENT' ? 'AWAITING_BUYER_SHIP' : null,
    ISSUE_REPLACEMENT_REFUND:
      pending && each.type === 'REPLACEMENT' ? 'REPLACEMENT_REQUEST_REFUND_SUCCESS' : null,
    OFFER_PARTIAL_REFUND: (pending || back) && body.partial_refund ? 'AWAITING_BUYER_RESPONSE' : null,
  }
  return fits[body.decision] ?? null
}

/** POST /return_refund/202309/returns/{return_id}/approve */
export function approveReturn(world: World, request: SimulatorRequest, id: string): SimulatorReply {
  const each = world.returns.get(id)
  if (!each) return no(25007006, 'The return does not exist.')
  const parsed = Approve.safeParse(request.json())
  if (!parsed.success) return no(25001001, 'invalid param error')
  const key = request.query.get('idempotency_key')
  if (key !== null && each.answered.has(key)) return ok({})
  const { decision, partial_refund, buyer_keep_item } = parsed.data
  const stray =
    (partial_refund !== undefined && decision !== 'OFFER_PARTIAL_REFUND') ||
    (buyer_keep_item !== undefined && decision !== 'APPROVE_RETURN')
  const status = stray ? null : decided(each, parsed.data)
  if (status === null) return no(25020004, 'The decision does not match the return.')
  each.status = status
  each.updatedAt = world.clock.now()
  each.offered = partial_refund ?? null
  if (key !== null) each.answered.add(key)
  return ok({})
}

const Reject = z.object({ decision: z.string(), reject_reason: z.string(), comment: z.string().optional() })

/** POST /return_refund/202309/returns/{return_id}/reject */
export function rejectReturn(world: World, request: SimulatorRequest, id: string): SimulatorReply {
  const each = world.returns.get(id)
  if (!each) return no(25007006, 'The return does not exist.')
  const parsed = Reject.safeParse(request.json())
  if (!parsed.success) return no(25001001, 'invalid param error')
  const key = request.query.get('idempotency_key')
  if (key !== null && each.answered.has(key)) return ok({})
  if (!rejectReasonNames.includes(parsed.data.reject_reason))
    return no(25001020, 'The reason is not available.')
  const pending = each.status === pendingOf(each.type)
  const wanted = pending
    ? { REFUND: 'REJECT_REFUND', RETURN_AND_REFUND: 'REJECT_RETURN', REPLACEMENT: 'REJECT_REPLACEMENT' }[
        each.type
      ]
    : each.status === 'BUYER_SHIPPED_ITEM'
      ? 'REJECT_RECEIVED_PACKAGE'
      : null
  if (parsed.data.decision !== wanted) return no(25020004, 'The decision does not match the return.')
  const refused =
    each.type === 'REPLACEMENT' ? 'REPLACEMENT_REQUEST_REJECT' : 'REFUND_OR_RETURN_REQUEST_REJECT'
  each.status = pending ? refused : 'REJECT_RECEIVE_PACKAGE'
  each.updatedAt = world.clock.now()
  if (key !== null) each.answered.add(key)
  return ok({})
}
