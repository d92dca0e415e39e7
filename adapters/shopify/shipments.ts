import { StockpoolError, toStockpoolError } from '../../src/error.ts'
import { ParcelTurns } from '../../src/http/index.ts'
import type { AdapterContext } from '../../src/spec/context.ts'
import type { NoticeResult, ShipmentNotice, ShipmentsFacet } from '../../src/spec/shipments.ts'
import { companyOf } from './carriers.ts'
import { send } from './client.ts'
import { userError } from './errors.ts'
import {
  fulfillmentCreateDocument,
  fulfillmentLinesDocument,
  trackingUpdateDocument,
} from './fulfillment-documents.ts'
import { type OpenOrder, readOpenOrder } from './fulfillment-orders.ts'
import { isGid, type Shop } from './options.ts'
import { allOf } from './paging.ts'
import { type FulfillmentCall, type Parcel, planFulfillments } from './plan.ts'
import type { UserError } from './wire.ts'

/** A fulfilment that failed or was cancelled confirms nothing. */
const dead: ReadonlySet<string> = new Set(['CANCELLED', 'ERROR', 'FAILURE'])

function trackingOf(notice: ShipmentNotice) {
  if (notice.trackingNumber === null) return null
  const company = companyOf(notice.carrier, notice.carrierName)
  return {
    number: notice.trackingNumber,
    ...(company === null ? {} : { company }),
    ...(notice.trackingUrl === null ? {} : { url: notice.trackingUrl }),
  }
}

/** The units of each line that a fulfilment carries. */
async function linesOf(shop: Shop, context: AdapterContext, id: string): Promise<Map<string, number>> {
  const read = async (after: string | null) => {
    const answer = await send(shop, context, fulfillmentLinesDocument, { id, after })
    return answer.fulfillment?.fulfillmentLineItems ?? null
  }
  const first = await read(null)
  const units = new Map<string, number>()
  for (const { quantity, lineItem } of first ? await allOf(first, read) : []) {
    units.set(lineItem.id, (units.get(lineItem.id) ?? 0) + (quantity ?? 0))
  }
  return units
}

interface Found {
  readonly references: readonly string[]
  /** Units of the notice that no fulfilment carries yet. */
  readonly missing: readonly Parcel[]
}

/** Whether a fulfilment without tracking is of this parcel: all of its lines or, where an attempt was made before, a part. */
function isOf(units: ReadonlyMap<string, number>, { lines, repeated = false }: ShipmentNotice): boolean {
  const of = new Map(lines.map(({ line, quantity }) => [line, quantity]))
  if (repeated) return [...units].every(([line, quantity]) => quantity <= (of.get(line) ?? 0))
  return units.size === of.size && [...of].every(([line, quantity]) => units.get(line) === quantity)
}

/**
 * What of this parcel the order already carries: `fulfillmentCreate` cannot be repeated safely, so it is read first.
 * A parcel is known by what was `made` for it a moment ago, by its tracking number, and by its lines where it has none. A
 * fulfilment that is another parcel's is left out: several parcels may travel under one (master) number.
 */
async function findConfirmed(
  shop: Shop,
  context: AdapterContext,
  order: OpenOrder,
  notice: ShipmentNotice,
  taken: ReadonlySet<string>,
  made: readonly string[],
): Promise<Found> {
  const alive = order.fulfillments.filter(({ id, status }) => !dead.has(status) && !taken.has(id))
  const alike = alive.filter(({ trackingInfo }) =>
    notice.trackingNumber === null
      ? trackingInfo.every(({ number }) => !number)
      : trackingInfo.some(({ number }) => number === notice.trackingNumber),
  )
  const references: string[] = []
  const left = new Map(notice.lines.map(({ line, quantity }) => [line, quantity]))
  for (const { id } of alike) {
    const units = await linesOf(shop, context, id)
    if (notice.trackingNumber === null && !made.includes(id) && !isOf(units, notice)) continue
    const useful = [...units].filter(([line]) => (left.get(line) ?? 0) > 0)
    // The parcel is whole without it, or it holds other lines: it may be another parcel's.
    if (useful.length === 0) continue
    references.push(id)
    for (const [line, quantity] of useful) left.set(line, Math.max(0, (left.get(line) ?? 0) - quantity))
  }
  const missing = [...left].filter(([, quantity]) => quantity > 0)
  return { references, missing: missing.map(([line, quantity]) => ({ line, quantity })) }
}

/** Parts that hold units of these lines back, and will let them go. */
const waitingFor = ({ fulfillmentOrders }: OpenOrder, lines: readonly Parcel[]) =>
  fulfillmentOrders.filter(
    ({ status, lineItems }) =>
      (status === 'ON_HOLD' || status === 'SCHEDULED') &&
      lineItems.nodes.some(
        ({ lineItem, remainingQuantity }) =>
          remainingQuantity > 0 && lines.some(({ line }) => line === lineItem.id),
      ),
  )

/** Why units of a parcel cannot be told, now or ever. */
function notFulfilled(order: OpenOrder, waiting: OpenOrder['fulfillmentOrders']): StockpoolError {
  if (order.cancelledAt != null) {
    return new StockpoolError('rejected', 'the order is cancelled in Shopify', {
      remedy: 'Recall the parcel, or refund it when it comes back.',
    })
  }
  if (waiting.length > 0) {
    return new StockpoolError('rejected', `Shopify holds the order (${waiting[0]?.status})`, {
      remedy: 'Release the hold in Shopify; the confirmation is tried again.',
      retryable: true,
    })
  }
  return new StockpoolError('rejected', 'nothing of this parcel is left to fulfil in Shopify', {
    remedy: 'Somebody fulfilled or refunded these units there: compare the order with the parcel.',
  })
}

/** The order moved under our hands so many times at most: then a person looks. */
const mostLooks = 3

async function confirmOne(
  shop: Shop,
  context: AdapterContext,
  notice: ShipmentNotice,
  taken: ReadonlySet<string>,
): Promise<NoticeResult> {
  let before = ''
  const made: string[] = []
  for (let look = 1; ; look += 1) {
    const order = isGid(notice.order, 'Order') ? await readOpenOrder(shop, context, notice.order) : null
    if (order === null) {
      throw new StockpoolError('not_found', 'Shopify has no such order', { field: 'order' })
    }
    const { references, missing } = await findConfirmed(shop, context, order, notice, taken, made)
    if (missing.length === 0) return { status: 'done', reference: references.join(' ') }
    const { calls, unplaced } = planFulfillments(order.fulfillmentOrders, missing)
    const waiting = waitingFor(order, unplaced)
    if (calls.length === 0) {
      // A part of the parcel is there and the rest cannot be any more (refunded since): that is all there is to tell.
      if (references.length > 0 && waiting.length === 0)
        return { status: 'done', reference: references.join(' ') }
      throw notFulfilled(order, waiting)
    }
    if (unplaced.length > 0 && waiting.length === 0) {
      context.log.warn('Shopify has no open units for a part of this parcel', {
        order: notice.order,
        unplaced,
      })
    }
    const refusal = await fulfill(shop, context, notice, calls, made)
    // What is on hold is told once that is over: the next attempt finds what there is.
    if (refusal === null && waiting.length > 0) throw notFulfilled(order, waiting)
    if (refusal === null)
      return { status: 'done', reference: [...new Set([...references, ...made])].join(' ') }
    // A move closes fulfilment orders and makes new ones: what was planned a moment ago may be of parts that are gone.
    const plan = JSON.stringify(calls)
    if (plan === before || look === mostLooks) throw userError(refusal)
    before = plan
  }
}

/** Makes fulfilments until one is refused, and adds them to `made`. */
async function fulfill(
  shop: Shop,
  context: AdapterContext,
  notice: ShipmentNotice,
  calls: readonly FulfillmentCall[],
  made: string[],
): Promise<UserError | null> {
  const trackingInfo = trackingOf(notice)
  for (const lineItemsByFulfillmentOrder of calls) {
    const fulfillment = {
      lineItemsByFulfillmentOrder,
      notifyCustomer: shop.notifyCustomer,
      ...(trackingInfo === null ? {} : { trackingInfo }),
    }
    const effect = { effect: 'once', priority: 6 } as const
    const { fulfillmentCreate } = await send(
      shop,
      context,
      fulfillmentCreateDocument,
      { fulfillment },
      effect,
    )
    const [refusal] = fulfillmentCreate.userErrors
    if (refusal) return refusal
    if (fulfillmentCreate.fulfillment) made.push(fulfillmentCreate.fulfillment.id)
  }
  return null
}

async function correctOne(
  shop: Shop,
  context: AdapterContext,
  notice: ShipmentNotice,
  reference: string | null,
): Promise<NoticeResult> {
  const tracking = trackingOf(notice)
  const ids = (reference ?? '').split(' ').filter((id) => isGid(id, 'Fulfillment'))
  if (ids.length === 0 || tracking === null) {
    throw new StockpoolError('not_found', 'there is no fulfilment of Shopify to correct', {
      field: ids.length === 0 ? 'reference' : 'trackingNumber',
      remedy: 'Confirm the parcel first.',
    })
  }
  for (const id of ids) {
    const variables = { id, tracking, notifyCustomer: shop.notifyCustomer }
    const effect = { effect: 'idempotent' } as const
    const answer = await send(shop, context, trackingUpdateDocument, variables, effect)
    const [refusal] = answer.fulfillmentTrackingInfoUpdate.userErrors
    if (refusal) throw userError(refusal)
  }
  return { status: 'done', reference: ids.join(' ') }
}

async function asResult(work: Promise<NoticeResult>): Promise<NoticeResult> {
  try {
    return await work
  } catch (thrown) {
    const error = toStockpoolError(thrown)
    if (error.code === 'auth' || error.code === 'aborted') throw error
    return { status: 'failed', error }
  }
}

/** Tells a shop what was shipped, as fulfilments of its fulfilment orders, which two parcels of one order share. */
export function shopifyShipments(shop: Shop) {
  const turns = new ParcelTurns()
  const confirm = (context: AdapterContext, notice: ShipmentNotice) =>
    turns.take(notice, (others) => {
      const taken = [...others, ...(notice.others ?? [])].flatMap((reference) => reference.split(' '))
      return asResult(confirmOne(shop, context, notice, new Set(taken)))
    })

  return {
    async confirm(context, notices) {
      const results: NoticeResult[] = []
      for (const notice of notices) results.push(await confirm(context, notice))
      return results
    },
    correct: (context, notice, reference) => asResult(correctOne(shop, context, notice, reference)),
  } satisfies ShipmentsFacet
}
