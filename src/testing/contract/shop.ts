import assert from 'node:assert/strict'
import type { ChannelOrder } from '../../model/order.ts'
import { need, pass, type Stage } from './stage.ts'

export interface ShopListing {
  readonly sku: string
  readonly listing: string
  readonly place: string
}

let skus = 0

/** Puts new listings on the channel, each of a SKU of its own. */
export async function stockShop(
  stage: Stage,
  count: number,
  quantity: number,
  prefix = 'SKU',
): Promise<ShopListing[]> {
  const made: ShopListing[] = []
  while (made.length < count) {
    skus += 1
    made.push(await putListing(stage, `${prefix}-${skus}`, quantity))
  }
  return made
}

export async function putListing(stage: Stage, sku: string, quantity: number): Promise<ShopListing> {
  const { listing, place } = await stage.simulator.control<{ listing: string; place: string }>('listings', {
    sku,
    title: `Title of ${sku}`,
    quantity,
    price: { amount: 1250, currency: 'USD' },
  })
  assert.equal(typeof listing, 'string', 'the control `listings` answers { listing, place }')
  return { sku, listing, place: place ?? '' }
}

/** A shopper buys; gives the order's id. */
export async function buy(
  stage: Stage,
  lines: readonly { readonly sku: string; readonly quantity: number }[],
  extra: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { order } = await stage.simulator.control<{ order: string }>('orders', { lines, ...extra })
  assert.equal(typeof order, 'string', 'the control `orders` answers { order }')
  return order
}

export interface Reading {
  readonly pages: readonly (readonly ChannelOrder[])[]
  readonly orders: readonly ChannelOrder[]
  readonly cursor: string
  readonly completeUntil: number
}

const mostPages = 500

/** Reads pages until there are no more. */
export async function readToEnd(
  stage: Stage,
  from: string | null,
  who: Pick<Stage, 'connection' | 'context'> = stage,
): Promise<Reading> {
  const facet = need(who.connection.orders, 'orders')
  const pages: ChannelOrder[][] = []
  let cursor = from
  while (pages.length < mostPages) {
    const page = await facet.read(who.context, cursor)
    assert.equal(typeof page.cursor, 'string')
    pages.push([...page.orders])
    if (!page.more) {
      return { pages, orders: pages.flat(), cursor: page.cursor, completeUntil: page.completeUntil }
    }
    assert.notEqual(page.cursor, cursor, 'there is more, yet the cursor stands still')
    cursor = page.cursor
  }
  return assert.fail(`the orders do not end after ${mostPages} pages`)
}

/**
 * Reads on from a cursor until every wanted order was seen; the platform may need time to show them. Gives the
 * latest snapshot of each order by id, and the last cursor.
 */
export async function readUntil(
  stage: Stage,
  from: string | null,
  wanted: (seen: ReadonlyMap<string, ChannelOrder>) => readonly string[],
): Promise<{ seen: ReadonlyMap<string, ChannelOrder>; cursor: string }> {
  const seen = new Map<string, ChannelOrder>()
  let cursor = from
  for (const waitMs of [0, 2_000, 30_000, 60_000, 60_000, 120_000, 300_000]) {
    if (waitMs > 0) await pass(stage, waitMs)
    const reading = await readToEnd(stage, cursor)
    for (const order of reading.orders) seen.set(order.id, order)
    cursor = reading.cursor
    if (wanted(seen).length === 0) return { seen, cursor }
  }
  const missing = wanted(seen)
  return assert.fail(`${missing.length} orders were never given, such as ${missing.slice(0, 3).join(', ')}`)
}

/** Which of the ids were not seen. */
export const missingOf = (ids: readonly string[]) => (seen: ReadonlyMap<string, unknown>) =>
  ids.filter((id) => !seen.has(id))

/** The order by `get`; fails when there is none. */
export async function orderOf(stage: Stage, id: string): Promise<ChannelOrder> {
  const order = await need(stage.connection.orders, 'orders').get(stage.context, id)
  assert.ok(order, `get(${id}) gives null for an order that exists`)
  return order
}

/** An id of the same shape as a real one that nobody has. */
export const unknownLike = (id: string) => id.replace(/\d/g, '9')
