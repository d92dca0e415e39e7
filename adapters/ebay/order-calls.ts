import type { AdapterContext } from '../../src/spec/index.ts'
import { type EbayRequest, segment, send } from './client.ts'
import type { Settings } from './options.ts'
import type { ShippedUnits } from './order.ts'
import { Anything, FulfillmentsAnswer, OrdersAnswer, type WireFulfillment } from './wire.ts'

export const orderPath = '/sell/fulfillment/v1/order'

/** More is an error, not a shorter page (31100). */
export const pageSize = 200
/** How many order ids one question may name (30900). */
export const idsAtOnce = 50

/** Orders by id; more than `idsAtOnce` are refused. Those eBay does not know are absent. */
export async function ordersById(context: AdapterContext, settings: Settings, ids: readonly string[]) {
  const { data } = await send(context, settings, {
    operation: 'getOrders',
    bucket: 'fulfillment',
    effect: 'read',
    method: 'GET',
    path: orderPath,
    query: { orderIds: ids.join(','), limit: pageSize },
    schema: OrdersAnswer,
  })
  return data.orders ?? []
}

export const getRequest = (order: string): EbayRequest<unknown> => ({
  operation: 'getOrder',
  bucket: 'fulfillment',
  effect: 'read',
  method: 'GET',
  path: `${orderPath}/${segment(order)}`,
  query: { fieldGroups: 'TAX_BREAKDOWN' },
  schema: Anything,
})

/** The parcels of an order, as eBay has them. */
export async function fulfillmentsOf(
  context: AdapterContext,
  settings: Settings,
  order: string,
): Promise<readonly WireFulfillment[]> {
  const { data } = await send(context, settings, {
    operation: 'getShippingFulfillments',
    bucket: 'fulfillment',
    effect: 'read',
    method: 'GET',
    path: `${orderPath}/${segment(order)}/shipping_fulfillment`,
    schema: FulfillmentsAnswer,
  })
  return data.fulfillments ?? []
}

export function shippedUnits(fulfillments: readonly WireFulfillment[]): ShippedUnits {
  const units = new Map<string, number>()
  for (const { lineItemId, quantity } of fulfillments.flatMap(({ lineItems }) => lineItems ?? []))
    units.set(lineItemId, (units.get(lineItemId) ?? 0) + (quantity ?? 1))
  return units
}
