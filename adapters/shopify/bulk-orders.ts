import type { AdapterContext } from '../../src/spec/context.ts'
import { readBulk, runBulk, type Settled, settledBulk } from './bulk.ts'
import { updatedSince } from './cursor.ts'
import type { BulkRow } from './jsonl.ts'
import type { Shop } from './options.ts'
import { bulkOrdersQuery } from './order-fields.ts'

/** Waits between looks at the operation within one read, in milliseconds. The read after it looks again. */
const lookAfterMs = [500, 1000, 2000, 4000, 8000, 15_000] as const

/** How far a bulk file of orders was read. */
export interface BulkPlace {
  readonly id: string
  /** In bytes. */
  readonly offset: number
  /** It was begun before, and came to nothing. */
  readonly again?: boolean | undefined
}

export type BulkOrders =
  /** Orders, and where the next ones are; `next: null`: these were the last, and the file was begun at `at`. */
  | {
      readonly state: 'read'
      readonly rows: readonly BulkRow[]
      readonly next: number | null
      readonly at: number
    }
  | { readonly state: 'running' }
  | Extract<Settled, { readonly state: 'gone' }>

/** Lets Shopify put every order changed since into one file. `null`: it does not. */
export async function beginBulkOrders(
  shop: Shop,
  context: AdapterContext,
  from: number,
): Promise<BulkPlace | null> {
  const begun = await runBulk(shop, context, bulkOrdersQuery(updatedSince(from)))
  return begun && { id: begun.id, offset: 0 }
}

export async function readBulkOrders(
  shop: Shop,
  context: AdapterContext,
  { id, offset }: BulkPlace,
): Promise<BulkOrders> {
  const settled = await settledBulk(shop, context, id, lookAfterMs)
  if (settled.state !== 'done') return settled
  const { operation } = settled
  const page = await readBulk(context, operation, offset)
  if (page === null) return { state: 'gone', again: false }
  // By Shopify's own clock: what has changed since then is read page by page.
  return { state: 'read', ...page, at: Date.parse(operation.createdAt) }
}

const whole = (nodes: readonly unknown[]) => ({ nodes, pageInfo: { hasNextPage: false, endCursor: null } })

/** An order as a page would have it: what follows it in the file, put in its place. */
export function orderOfRow({ row, parts }: Extract<BulkRow, { readonly row: unknown }>): unknown {
  const members = parts.map(({ __parentId, ...member }) => member)
  const of = (type: string) => members.filter(({ id }) => String(id).startsWith(`gid://shopify/${type}/`))
  return { ...row, lineItems: whole(of('LineItem')), fulfillmentOrders: whole(of('FulfillmentOrder')) }
}
