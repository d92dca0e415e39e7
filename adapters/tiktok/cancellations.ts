import type { AdapterContext } from '../../src/spec/index.ts'
import { send } from './client.ts'
import type { Settings } from './options.ts'
import type { Wish } from './order.ts'
import { CancellationList, Reasons, type WireCancellation } from './wire.ts'

const pageSize = 50

/** Buyers' requests to cancel that nobody has answered, of these orders. */
export async function openRequests(
  context: AdapterContext,
  settings: Settings,
  orders: readonly string[],
): Promise<readonly WireCancellation[]> {
  const found: WireCancellation[] = []
  for (let start = 0; start < orders.length; start += pageSize) {
    const { data } = await send(context, settings, {
      operation: 'SearchCancellations',
      effect: 'read',
      method: 'POST',
      path: '/return_refund/202309/cancellations/search',
      query: { page_size: pageSize, sort_field: 'update_time', sort_order: 'DESC' },
      json: {
        order_ids: orders.slice(start, start + pageSize),
        // CANCEL is the seller's or TikTok's own; only a buyer's has to be answered.
        cancel_types: ['BUYER_CANCEL'],
        cancel_status: ['CANCELLATION_REQUEST_PENDING'],
      },
      schema: CancellationList,
    })
    found.push(...(data.cancellations ?? []))
  }
  return found
}

/** The earliest time by which the seller must do something; `null`: none is named. Epoch milliseconds. */
export function deadlineOf(
  actions: readonly { readonly deadline?: number | null | undefined }[] | null | undefined,
): number | null {
  const times = (actions ?? []).flatMap(({ deadline }) =>
    deadline != null && deadline > 0 ? [deadline] : [],
  )
  return times.length === 0 ? null : Math.min(...times) * 1000
}

/** What buyers asked, by order. Unanswered, TikTok grants it. */
export async function wishesOf(
  context: AdapterContext,
  settings: Settings,
  orders: readonly string[],
): Promise<Map<string, Wish>> {
  if (orders.length === 0) return new Map()
  const requests = await openRequests(context, settings, orders)
  return new Map(
    requests.map((request) => [
      request.order_id,
      {
        reason: request.cancel_reason_text || request.cancel_reason || null,
        respondBy: deadlineOf(request.seller_next_action_response),
      },
    ]),
  )
}

/** The reasons that TikTok lets this request be refused for: they differ by market and status, and change. */
export async function rejectReasons(
  context: AdapterContext,
  settings: Settings,
  request: string,
): Promise<readonly { readonly name: string; readonly words: string }[]> {
  const { data } = await send(context, settings, {
    operation: 'GetRejectReasons',
    effect: 'read',
    method: 'GET',
    path: '/return_refund/202309/reject_reasons',
    query: { return_or_cancel_id: request },
    schema: Reasons,
  })
  return (data.reasons ?? []).map(({ name, text }) => ({
    name,
    words: `${name} ${text ?? ''}`.toLowerCase(),
  }))
}

/** The first of the reasons that one of the patterns fits, the patterns in order; else the first of all. */
export function nearest<Reason extends { readonly words: string }>(
  reasons: readonly Reason[],
  patterns: readonly RegExp[],
): Reason | null {
  for (const pattern of patterns) {
    const found = reasons.find(({ words }) => pattern.test(words))
    if (found) return found
  }
  return reasons[0] ?? null
}
