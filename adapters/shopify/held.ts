import type { AdapterContext } from '../../src/spec/context.ts'
import { sendTimed } from './client.ts'
import { updatedSince } from './cursor.ts'
import { heldOrdersDocument } from './documents.ts'
import type { Shop } from './options.ts'
import { allOf } from './paging.ts'

export interface HeldOrders {
  /** Orders whose parts changed while they themselves did not. */
  readonly ids: readonly string[]
  /** Up to when every change was seen; never before `since`. */
  readonly seen: number
}

/** How long a changed part may be missing from Shopify's search. */
const settlingMs = 30_000

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
  // By Shopify's clock: a quiet shop's mark moves on, else the last parts that changed would be read for ever.
  let asked: number | null = null
  const read = async (after: string | null) => {
    const { data, at } = await sendTimed(shop, context, heldOrdersDocument, { after, query })
    asked ??= at
    return data.fulfillmentOrders
  }
  const parts = await allOf(await read(null), read)
  const quiet = parts.filter(({ order }) => Date.parse(order.updatedAt) < given)
  const seen = parts.map(({ updatedAt }) => Date.parse(updatedAt))
  return {
    ids: [...new Set(quiet.map(({ order }) => order.id))],
    seen: Math.max(since, (asked ?? 0) - settlingMs, ...seen),
  }
}
