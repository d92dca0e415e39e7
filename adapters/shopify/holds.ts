import { StockpoolError } from '../../src/error.ts'
import type { AdapterContext } from '../../src/spec/context.ts'
import type { HoldCause, HoldRequest, HoldResult } from '../../src/spec/orders.ts'
import { send } from './client.ts'
import { holdErrors, userError } from './errors.ts'
import { holdDocument, releaseHoldDocument } from './fulfillment-documents.ts'
import { readOpenOrder } from './fulfillment-orders.ts'
import { isGid, type Shop } from './options.ts'
import { closed } from './plan-moves.ts'
import type { WireFulfillmentOrder } from './wire.ts'

/** Tells our hold from those of staff and of the app's other parts: Shopify takes it once on each fulfilment order. */
export const holdHandle = 'stockpool'

const reasons: Readonly<Record<HoldCause, string>> = {
  address: 'INCORRECT_ADDRESS',
  fraud: 'HIGH_RISK_OF_FRAUD',
  out_of_stock: 'INVENTORY_OUT_OF_STOCK',
  payment: 'AWAITING_PAYMENT',
  other: 'OTHER',
}

const oursOf = ({ fulfillmentHolds }: WireFulfillmentOrder) =>
  (fulfillmentHolds ?? []).filter(
    ({ handle, heldByRequestingApp }) => handle === holdHandle && heldByRequestingApp !== false,
  )

/** Our handle is there: placed by an attempt whose answer was lost, or by another process. */
const placedAlready: ReadonlySet<string> = new Set(['DUPLICATE_FULFILLMENT_HOLD_HANDLE', 'TAKEN'])

const hasUnits = ({ lineItems }: WireFulfillmentOrder) =>
  lineItems.nodes.some(({ remainingQuantity }) => remainingQuantity > 0)

/** A part that another one holds too takes a hold of ours beside it, since API version 2025-01. */
const takesHold = ({ status, supportedActions }: WireFulfillmentOrder) =>
  status === 'ON_HOLD' || supportedActions.some(({ action }) => action === 'HOLD')

async function partsOf(shop: Shop, context: AdapterContext, id: string) {
  const order = isGid(id, 'Order') ? await readOpenOrder(shop, context, id) : null
  if (order === null) throw new StockpoolError('not_found', 'Shopify has no such order', { field: 'order' })
  return order.fulfillmentOrders.filter((part) => !closed.has(part.status) && hasUnits(part))
}

/** Holds every part of an order that has not left. Repeated, it holds what has been added or moved since. */
export async function holdOrder(
  shop: Shop,
  context: AdapterContext,
  { order, reason }: HoldRequest,
): Promise<HoldResult> {
  const parts = await partsOf(shop, context, order)
  const free = parts.filter((part) => oursOf(part).length === 0)
  let held = parts.length - free.length
  for (const { id } of free.filter(takesHold)) {
    const hold = { reason: reasons[reason], reasonNotes: 'Held by stockpool', handle: holdHandle }
    const effect = { effect: 'idempotent', priority: 6 } as const
    const { fulfillmentOrderHold } = await send(shop, context, holdDocument, { id, hold }, effect)
    const [refusal] = fulfillmentOrderHold.userErrors
    if (refusal && !placedAlready.has(refusal.code ?? '')) throw userError(refusal, holdErrors)
    held += 1
  }
  if (held === parts.length && held > 0) return { outcome: 'held' }
  const detail =
    held === 0
      ? 'nothing of it can be held in Shopify any more'
      : `${parts.length - held} of its parts cannot be held in Shopify: a fulfilment service has them`
  return { outcome: held === 0 ? 'too_late' : 'held', detail }
}

/** Takes our own holds off an order, and no others: what staff hold stays held. */
export async function releaseOrder(shop: Shop, context: AdapterContext, order: string): Promise<void> {
  for (const part of await partsOf(shop, context, order)) {
    const holds = oursOf(part).map(({ id }) => id)
    if (holds.length === 0) continue
    const variables = { id: part.id, holds }
    const effect = { effect: 'idempotent', priority: 6 } as const
    const answer = await send(shop, context, releaseHoldDocument, variables, effect)
    const [refusal] = answer.fulfillmentOrderReleaseHold.userErrors
    if (refusal && (refusal.code === gone || (await isOurs(shop, context, order, part.id))))
      throw userError(refusal, holdErrors)
  }
}

/** Merged into another part, which has its holds: that one is found by the next attempt. */
const gone = 'FULFILLMENT_ORDER_NOT_FOUND'

/** Refused though nothing of ours is on it any more: an attempt whose answer was lost, or staff, took it off. */
const isOurs = async (shop: Shop, context: AdapterContext, order: string, part: string) =>
  (await partsOf(shop, context, order)).some((one) => one.id === part && oursOf(one).length > 0)
