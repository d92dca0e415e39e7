import { readRow } from '../../src/http/index.ts'
import type { AdapterContext } from '../../src/spec/index.ts'
import { send } from './client.ts'
import type { Settings } from './options.ts'
import { orderIdOf } from './order.ts'
import { OrderDetail, WireParcels } from './wire.ts'

/** The order as it came; `null` when TikTok does not know it. */
export async function detailOf(
  context: AdapterContext,
  settings: Settings,
  order: string,
): Promise<unknown | null> {
  // The list of ids is parted by commas.
  if (order === '' || order.includes(',')) return null
  const { data } = await send(context, settings, {
    operation: 'GetOrderDetail',
    effect: 'read',
    method: 'GET',
    path: '/order/202309/orders',
    query: { ids: order },
    schema: OrderDetail,
  })
  return data.orders?.find((raw) => orderIdOf(raw) === order) ?? null
}

/** What of an order says how it ships and what of it has; `null` when TikTok does not know it. */
export async function parcelsOf(
  context: AdapterContext,
  settings: Settings,
  order: string,
): Promise<WireParcels | null> {
  const raw = await detailOf(context, settings, order)
  return raw === null
    ? null
    : readRow(WireParcels, raw, { what: 'an order of TikTok Shop', details: { order } })
}
