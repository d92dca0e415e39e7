import { StockpoolError } from '../../src/error.ts'
import type { Money } from '../../src/model/money.ts'
import { moneyToDecimal } from '../../src/model/money.ts'
import type { Return } from '../../src/model/return.ts'
import type {
  AdapterContext,
  DeclineReason,
  PendingRefund,
  RefundRequest,
  RefundResult,
  RefundState,
  ReturnPage,
  ReturnRef,
  ReturnResult,
  ReturnsFacet,
} from '../../src/spec/index.ts'
import { nearest, rejectReasons } from './cancellations.ts'
import { id, isId, send } from './client.ts'
import { refuse } from './errors.ts'
import { type ListQuery, readFeed } from './feed.ts'
import type { Settings } from './options.ts'
import { moneyOf } from './order.ts'
import { readReturn, returnIdOf, returnStatusOf, toReturn } from './return-map.ts'
import { Nothing, ReturnList, type WireReturn } from './wire.ts'

export type TikTokReturns = Required<
  Pick<ReturnsFacet, 'read' | 'get' | 'approve' | 'decline' | 'refund' | 'checkRefund'>
>

const pageSize = 50

async function search(context: AdapterContext, settings: Settings, filter: object, token: string | null) {
  const { data } = await send(context, settings, {
    operation: 'SearchReturns',
    effect: 'read',
    method: 'POST',
    path: '/return_refund/202309/returns/search',
    query: {
      page_size: pageSize,
      sort_field: 'update_time',
      sort_order: 'ASC',
      ...(token === null ? {} : { page_token: token }),
    },
    json: filter,
    schema: ReturnList,
  })
  return { rows: data.return_orders ?? [], next: data.next_page_token ?? null }
}

async function read(context: AdapterContext, settings: Settings, cursor: string | null): Promise<ReturnPage> {
  const feed = {
    what: "TikTok's list of returns",
    list: ({ from, token }: ListQuery) => search(context, settings, { update_time_ge: from }, token),
    read: toReturn,
    idOf: returnIdOf,
    updatedAt: (each: Return) => each.updatedAt,
  }
  const page = await readFeed(context, settings, feed, cursor)
  return { returns: page.rows, unreadable: page.unreadable, cursor: page.cursor, more: page.more }
}

async function rawOf(context: AdapterContext, settings: Settings, returnId: string): Promise<unknown | null> {
  if (!isId(returnId)) return null
  const { rows } = await search(context, settings, { return_ids: [returnId] }, null)
  return rows.find((raw) => returnIdOf(raw) === returnId) ?? null
}

async function wireOf(context: AdapterContext, settings: Settings, returnId: string): Promise<WireReturn> {
  const raw = await rawOf(context, settings, returnId)
  if (raw !== null) return readReturn(raw)
  throw refuse(
    'not_found',
    'return',
    'TikTok has no such return',
    'Check the id, and that it is of this shop.',
  )
}

/**
 * TikTok knows an answer that was given before by its key: at most 255 characters. A return is answered more than once, so the
 * decision is of the key: one key used for two answers would lose the second.
 */
const keyOf = (decision: string, key: string) => ({ idempotency_key: `${decision}-${key}`.slice(0, 255) })

/** The body of an approval. */
interface Decision {
  readonly decision: string
  readonly buyer_keep_item?: boolean
  readonly partial_refund?: { readonly amount: string; readonly currency: string }
}

async function approveAs(
  context: AdapterContext,
  settings: Settings,
  request: ReturnRef,
  body: Decision,
): Promise<void> {
  await send(context, settings, {
    operation: 'ApproveReturn',
    effect: 'idempotent',
    method: 'POST',
    path: `/return_refund/202309/returns/${id(request.return, 'return')}/approve`,
    query: keyOf(body.decision, request.key),
    json: body,
    schema: Nothing,
  })
}

const isPending = ({ return_status }: WireReturn) =>
  return_status === 'RETURN_OR_REFUND_REQUEST_PENDING' || return_status === 'REPLACEMENT_REQUEST_PENDING'

const goodsAreBack = ({ return_status }: WireReturn) => return_status === 'BUYER_SHIPPED_ITEM'

/** Lets the goods come, or for a replacement takes those that came. Nothing here pays money back: that is `refund`'s. */
async function approve(
  context: AdapterContext,
  settings: Settings,
  request: ReturnRef,
): Promise<ReturnResult> {
  const wire = await wireOf(context, settings, request.return)
  const replaces = wire.return_type === 'REPLACEMENT'
  if (isPending(wire)) {
    if (wire.return_type === 'REFUND') {
      throw refuse(
        'rejected',
        'return',
        'the buyer wants the money and sends nothing back: to approve this is to pay',
        'Call `refund` for the return, or `decline` it.',
      )
    }
    const decision = replaces ? 'APPROVE_REPLACEMENT' : 'APPROVE_RETURN'
    await approveAs(context, settings, request, { decision })
    return { outcome: 'done', detail: decision }
  }
  if (replaces && goodsAreBack(wire)) {
    await approveAs(context, settings, request, { decision: 'APPROVE_RECEIVED_PACKAGE' })
    return { outcome: 'done', detail: 'APPROVE_RECEIVED_PACKAGE' }
  }
  const status = returnStatusOf(wire.return_status)
  const isSo = status === 'approved' || status === 'in_transit' || status === 'processed'
  return { outcome: isSo ? 'done' : 'too_late', detail: wire.return_status }
}

const rejections: Readonly<Record<string, string>> = {
  REFUND: 'REJECT_REFUND',
  RETURN_AND_REFUND: 'REJECT_RETURN',
  REPLACEMENT: 'REJECT_REPLACEMENT',
}

const declining: Readonly<Record<DeclineReason, readonly RegExp[]>> = {
  not_returnable: [/not_?.?returnable|non_?.?return|policy/, /agreement/],
  too_late: [/time|period|window|expired/, /agreement/],
  not_as_described_by_buyer: [/match|descri|evidence|proof|condition/, /agreement/],
  other: [/agreement|other/],
}

/** Declines with one of the reasons that TikTok names for this very return; others it refuses. */
async function decline(
  context: AdapterContext,
  settings: Settings,
  request: ReturnRef & { readonly reason: DeclineReason; readonly note: string | null },
): Promise<ReturnResult> {
  const wire = await wireOf(context, settings, request.return)
  if (returnStatusOf(wire.return_status) === 'declined')
    return { outcome: 'done', detail: wire.return_status }
  const decision = isPending(wire)
    ? rejections[wire.return_type ?? '']
    : goodsAreBack(wire)
      ? 'REJECT_RECEIVED_PACKAGE'
      : undefined
  if (decision === undefined) return { outcome: 'too_late', detail: wire.return_status }
  const reason = nearest(await rejectReasons(context, settings, request.return), declining[request.reason])
  await send(context, settings, {
    operation: 'RejectReturn',
    effect: 'idempotent',
    method: 'POST',
    path: `/return_refund/202309/returns/${id(request.return, 'return')}/reject`,
    query: keyOf(decision, request.key),
    json: {
      decision,
      reject_reason: reason?.name ?? '',
      ...(request.note === null ? {} : { comment: request.note }),
    },
    schema: Nothing,
  })
  return { outcome: 'done', detail: `${decision}: ${reason?.name ?? 'no reason given'}` }
}

/**
 * The decision that pays. After goods came back it is the word that they were received, so give it when they were inspected;
 * before, it lets the buyer keep them.
 */
function paying(wire: WireReturn, amount: Money | null): Decision | null {
  const whole = moneyOf(wire.refund_amount?.refund_total, wire.refund_amount?.currency)
  const partial = amount !== null && (whole === null || amount.amount < whole.amount)
  if (
    amount !== null &&
    whole !== null &&
    (amount.currency !== whole.currency || amount.amount > whole.amount)
  ) {
    throw refuse(
      'invalid_input',
      'amount',
      `TikTok pays at most ${moneyToDecimal(whole)} ${whole.currency} back for this return`,
      'Leave the amount out, or ask for less.',
    )
  }
  if (partial && (isPending(wire) || goodsAreBack(wire))) {
    const partial_refund = { amount: moneyToDecimal(amount), currency: amount.currency }
    return { decision: 'OFFER_PARTIAL_REFUND', partial_refund }
  }
  if (goodsAreBack(wire)) return { decision: 'APPROVE_RECEIVED_PACKAGE' }
  if (!isPending(wire)) return null
  if (wire.return_type === 'REPLACEMENT') return { decision: 'ISSUE_REPLACEMENT_REFUND' }
  return wire.return_type === 'REFUND'
    ? { decision: 'APPROVE_REFUND' }
    : { decision: 'APPROVE_RETURN', buyer_keep_item: true }
}

/** TikTok reckons the whole of a return alone: a part of its lines is not to be paid as if it were all of them. */
function assertWhole(wire: WireReturn, { lines, amount }: RefundRequest): void {
  if (amount !== null || lines.length === 0) return
  const left = new Map<string, number>()
  for (const { sku_id } of wire.return_line_items ?? []) left.set(sku_id, (left.get(sku_id) ?? 0) + 1)
  for (const { line, quantity } of lines) left.set(line, (left.get(line) ?? 0) - quantity)
  if ([...left.values()].every((units) => units === 0)) return
  throw refuse(
    'invalid_input',
    'lines',
    'TikTok decides on a return as a whole, and these are not its lines',
    'Name all units of the return, or the amount to offer for a part.',
  )
}

/** Money moves at TikTok only with a decision on a return (or with a cancellation): there is no other refund. */
async function refund(
  context: AdapterContext,
  settings: Settings,
  request: RefundRequest,
): Promise<RefundResult> {
  if (request.return === null) {
    throw refuse(
      'unsupported',
      'return',
      'TikTok pays back only by a decision on a return, or by a cancellation',
      'Name the return; let the buyer open one in the app if there is none.',
    )
  }
  const wire = await wireOf(context, settings, request.return)
  const whole = moneyOf(wire.refund_amount?.refund_total, wire.refund_amount?.currency)
  const status = returnStatusOf(wire.return_status)
  if (status === 'processed')
    return { outcome: 'done', reference: wire.return_id, amount: whole, detail: wire.return_status }
  const offered = wire.return_status === 'AWAITING_BUYER_RESPONSE'
  if (offered)
    return { outcome: 'pending', reference: wire.return_id, amount: null, detail: wire.return_status }
  assertWhole(wire, request)
  const body = paying(wire, request.amount)
  if (body === null) {
    throw new StockpoolError(
      'rejected',
      `the return is ${wire.return_status}: nothing is to be paid for it now`,
      {
        field: 'return',
        remedy: 'Wait for the goods, or see the return in Seller Center.',
      },
    )
  }
  const ref = { return: wire.return_id, order: wire.order_id, key: request.key }
  await approveAs(context, settings, ref, body)
  const { decision } = body as { readonly decision: string }
  return {
    // TikTok pays when the decision has gone through; the return's next news tells.
    outcome: 'pending',
    reference: wire.return_id,
    amount: request.amount ?? whole,
    detail: decision,
  }
}

/** A refund is its return's decision: what became of it, the return says. */
async function checkRefund(
  context: AdapterContext,
  settings: Settings,
  { reference }: PendingRefund,
): Promise<RefundState> {
  const raw = await rawOf(context, settings, reference)
  if (raw === null) return { outcome: 'unknown', amount: null, detail: 'TikTok has no such return any more' }
  const wire = readReturn(raw)
  const detail = wire.return_status
  const status = returnStatusOf(detail)
  if (status === 'declined' || status === 'cancelled') return { outcome: 'refused', amount: null, detail }
  if (status !== 'processed') return { outcome: 'pending', amount: null, detail }
  // What a buyer agreed to instead is told as an offer, what was paid of it nowhere.
  const offered = wire.partial_refund != null
  const whole = moneyOf(wire.refund_amount?.refund_total, wire.refund_amount?.currency)
  return { outcome: 'done', amount: offered ? null : whole, detail }
}

export function tiktokReturns(settings: Settings): TikTokReturns {
  return {
    read: (context, cursor) => read(context, settings, cursor),
    get: async (context, returnId) => {
      const raw = await rawOf(context, settings, returnId)
      return raw === null ? null : toReturn(raw)
    },
    approve: (context, request) => approve(context, settings, request),
    decline: (context, request) => decline(context, settings, request),
    refund: (context, request) => refund(context, settings, request),
    checkRefund: (context, request) => checkRefund(context, settings, request),
  }
}
