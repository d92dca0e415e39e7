import { StockpoolError } from '../../src/error.ts'
import type { AdapterContext } from '../../src/spec/context.ts'
import type {
  DeclineReason,
  OpenReturnRequest,
  ReturnArrival,
  ReturnRef,
  ReturnResult,
  ReturnsFacet,
} from '../../src/spec/returns.ts'
import { hasArrived, planArrival } from './arrivals.ts'
import { send } from './client.ts'
import type { GraphqlDocument } from './document.ts'
import { returnErrors, userError } from './errors.ts'
import { goodsOf, mapReturn } from './map-return.ts'
import { openReturn } from './open-return.ts'
import { isGid, type Shop } from './options.ts'
import { findReturn, readReturns, type WholeReturn } from './read-returns.ts'
import { refund } from './refunds.ts'
import {
  returnApproveDocument,
  returnCloseDocument,
  returnDeclineDocument,
  returnProcessDocument,
} from './return-documents.ts'
import type { UserError } from './wire.ts'

const declineReasons: Readonly<Record<DeclineReason, string>> = {
  not_returnable: 'FINAL_SALE',
  too_late: 'RETURN_PERIOD_ENDED',
  not_as_described_by_buyer: 'OTHER',
  other: 'OTHER',
}

async function known(shop: Shop, context: AdapterContext, request: ReturnRef): Promise<WholeReturn> {
  const found = isGid(request.return, 'Return') ? await findReturn(shop, context, request.return) : null
  if (found && found.wire.order.id === request.order) return found
  throw new StockpoolError('not_found', 'Shopify has no such return of this order', {
    field: found ? 'order' : 'return',
  })
}

/** What each status of a return makes of an answer; absent: the answer is sent. */
type Settled = Readonly<Record<string, ReturnResult['outcome']>>

const approved: Settled = { OPEN: 'done', CLOSED: 'done', DECLINED: 'too_late', CANCELED: 'too_late' }
const declined: Settled = { DECLINED: 'done', OPEN: 'too_late', CLOSED: 'too_late', CANCELED: 'too_late' }
const closed: Settled = { CLOSED: 'done', DECLINED: 'too_late', CANCELED: 'too_late' }

function settledBy(table: Settled, { wire }: WholeReturn): ReturnResult | null {
  const outcome = Object.hasOwn(table, wire.status) ? table[wire.status] : undefined
  return outcome === undefined ? null : { outcome, detail: `the return is ${wire.status}` }
}

interface Answer<T> {
  readonly document: GraphqlDocument<T>
  readonly variables: Readonly<Record<string, unknown>>
  readonly errorsOf: (data: T) => readonly UserError[]
}

/**
 * Sends an answer that moves a return from one status to another: sent twice, the second is refused, and the return
 * itself then tells.
 */
async function move<T>(
  shop: Shop,
  context: AdapterContext,
  request: ReturnRef,
  table: Settled,
  { document, variables, errorsOf }: Answer<T>,
): Promise<ReturnResult> {
  const before = settledBy(table, await known(shop, context, request))
  if (before) return before
  const data = await send(shop, context, document, variables, { effect: 'idempotent' })
  const [refusal] = errorsOf(data)
  if (!refusal) return { outcome: 'done' }
  const now = settledBy(table, await known(shop, context, request))
  if (now) return now
  throw userError(refusal, returnErrors)
}

/** Says what became of goods that came back. Sent once only: a repeat looks whether the return has it. */
async function receive(shop: Shop, context: AdapterContext, arrival: ReturnArrival): Promise<ReturnResult> {
  const { wire } = await known(shop, context, arrival)
  const goods = goodsOf(wire)
  const all = [...(arrival.before ?? []), ...arrival.lines]
  if (arrival.repeated && hasArrived(goods, all, shop.returns.restock)) return { outcome: 'done' }
  if (wire.status === 'REQUESTED') {
    throw new StockpoolError('rejected', 'the return was not approved yet', {
      remedy: 'Approve it, then say what arrived.',
    })
  }
  if (wire.status !== 'OPEN') return { outcome: 'too_late', detail: `the return is ${wire.status}` }
  const { lines, unplaced } = planArrival(goods, arrival.lines, {
    restock: shop.returns.restock,
    location: shop.location,
  })
  if (lines.length === 0) {
    throw new StockpoolError('rejected', 'the return expects none of these units any more', {
      field: 'lines',
      remedy: 'Compare it with the return in Shopify: it may have been processed there.',
    })
  }
  if (unplaced.length > 0) {
    context.log.warn('the return in Shopify expects fewer units than arrived', { return: wire.id, unplaced })
  }
  const { notifyCustomer } = shop.returns
  const input = { returnId: wire.id, returnLineItems: lines, notifyCustomer }
  const { returnProcess } = await send(shop, context, returnProcessDocument, { input }, { effect: 'once' })
  const [refusal] = returnProcess.userErrors
  if (refusal) throw userError(refusal, returnErrors)
  return { outcome: 'done' }
}

/** Returns and refunds of a shop. */
export function shopifyReturns(shop: Shop) {
  const { notifyCustomer } = shop.returns
  return {
    read: (context, cursor) => readReturns(shop, context, cursor),
    async get(context: AdapterContext, id: string) {
      const found = await findReturn(shop, context, id)
      return found && mapReturn(found.wire, found.raw)
    },
    open: (context: AdapterContext, request: OpenReturnRequest) => openReturn(shop, context, request),
    approve: (context: AdapterContext, request: ReturnRef) =>
      move(shop, context, request, approved, {
        document: returnApproveDocument,
        variables: { input: { id: request.return, notifyCustomer } },
        errorsOf: ({ returnApproveRequest }) => returnApproveRequest.userErrors,
      }),
    decline: (context, request) =>
      move(shop, context, request, declined, {
        document: returnDeclineDocument,
        variables: {
          input: {
            id: request.return,
            declineReason: declineReasons[request.reason],
            declineNote: request.note,
            notifyCustomer,
          },
        },
        errorsOf: ({ returnDeclineRequest }) => returnDeclineRequest.userErrors,
      }),
    receive: (context: AdapterContext, arrival: ReturnArrival) => receive(shop, context, arrival),
    close: (context: AdapterContext, request: ReturnRef) =>
      move(shop, context, request, closed, {
        document: returnCloseDocument,
        variables: { id: request.return },
        errorsOf: ({ returnClose }) => returnClose.userErrors,
      }),
    refund: (context, request) => refund(shop, context, request),
  } satisfies ReturnsFacet
}
