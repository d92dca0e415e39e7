import type { AdapterContext } from '../../src/spec/context.ts'
import { send } from './client.ts'
import { orderHistoryDocument, refundLinesDocument } from './documents.ts'
import { fulfillmentLinesDocument } from './fulfillment-documents.ts'
import type { Shop } from './options.ts'
import { allOf } from './paging.ts'
import type { WireHistory } from './wire.ts'

/** Every fulfilment and refund of an order, each with all of its lines; `null` when there is no such order. */
export async function readHistory(
  shop: Shop,
  context: AdapterContext,
  order: string,
): Promise<WireHistory | null> {
  const events = (await send(shop, context, orderHistoryDocument, { id: order })).order
  if (events === null) return null
  const fulfillments: WireHistory['fulfillments'][number][] = []
  for (const { id, status, fulfillmentLineItems } of events.fulfillments) {
    const lines = await allOf(fulfillmentLineItems, async (after) => {
      const { fulfillment } = await send(shop, context, fulfillmentLinesDocument, { id, after })
      return fulfillment?.fulfillmentLineItems
    })
    fulfillments.push({ status, lines })
  }
  const refunds: WireHistory['refunds'][number][] = []
  for (const { id, refundLineItems } of events.refunds) {
    const lines = await allOf(refundLineItems, async (after) => {
      const { refund } = await send(shop, context, refundLinesDocument, { id, after })
      return refund?.refundLineItems
    })
    refunds.push({ lines })
  }
  return { fulfillments, refunds }
}
