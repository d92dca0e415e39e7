import type { AdapterContext } from '../../src/spec/context.ts'
import { send } from './client.ts'
import {
  fulfillmentOrderLinesDocument,
  fulfillmentOrdersDocument,
  moreFulfillmentOrdersDocument,
} from './fulfillment-documents.ts'
import type { Shop } from './options.ts'
import { allOf } from './paging.ts'
import type { WireFulfillment, WireFulfillmentOrder } from './wire.ts'

/** An order as seen by who fulfils it. */
export interface OpenOrder {
  readonly cancelledAt: string | null
  readonly fulfillments: readonly WireFulfillment[]
  readonly fulfillmentOrders: readonly WireFulfillmentOrder[]
}

/** Reads all fulfilment orders of an order, each with all of its lines. `null`: no such order. */
export async function readOpenOrder(
  shop: Shop,
  context: AdapterContext,
  id: string,
): Promise<OpenOrder | null> {
  const { order } = await send(shop, context, fulfillmentOrdersDocument, { id })
  if (order === null) return null
  const all = await allOf(order.fulfillmentOrders, async (after) => {
    const more = await send(shop, context, moreFulfillmentOrdersDocument, { id, after })
    return more.order?.fulfillmentOrders
  })
  const whole: WireFulfillmentOrder[] = []
  for (const one of all) whole.push(await withAllLines(shop, context, one))
  return {
    cancelledAt: order.cancelledAt ?? null,
    fulfillments: order.fulfillments,
    fulfillmentOrders: whole,
  }
}

async function withAllLines(
  shop: Shop,
  context: AdapterContext,
  one: WireFulfillmentOrder,
): Promise<WireFulfillmentOrder> {
  const nodes = await allOf(one.lineItems, async (after) => {
    const more = await send(shop, context, fulfillmentOrderLinesDocument, { id: one.id, after })
    return more.fulfillmentOrder?.lineItems
  })
  return { ...one, lineItems: { ...one.lineItems, nodes } }
}
