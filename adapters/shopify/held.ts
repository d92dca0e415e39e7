import type { AdapterContext } from '../../src/spec/context.ts'
import { send } from './client.ts'
import { updatedSince } from './cursor.ts'
import { heldOrdersDocument } from './documents.ts'
import type { Shop } from './options.ts'
import { allOf } from './paging.ts'

export interface HeldOrders {
  /** Orders whose parts changed while they themselves did not. */
  readonly ids: readonly string[]
  /** The latest change that was seen; `since` when there was none. */
  readonly seen: number
}

/**
 * Orders that were put on hold, released or moved: that changes a part of them (a fulfilment order), and not the
 * order's own `updated_at` (community.shopify.com/t/…/322697), so a watermark over orders never sees it. Orders that
 * changed since `given` come by themselves and are left out.
 */
export async function heldOrders(
  shop: Shop,
  context: AdapterContext,
  since: number,
  given: number,
): Promise<HeldOrders> {
  const query = updatedSince(since - shop.overlapMs)
  const read = async (after: string | null) =>
    (await send(shop, context, heldOrdersDocument, { after, query })).fulfillmentOrders
  const parts = await allOf(await read(null), read)
  const quiet = parts.filter(({ order }) => Date.parse(order.updatedAt) < given)
  return {
    ids: [...new Set(quiet.map(({ order }) => order.id))],
    seen: parts.reduce((latest, { updatedAt }) => Math.max(latest, Date.parse(updatedAt)), since),
  }
}
