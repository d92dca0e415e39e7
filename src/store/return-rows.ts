import { z } from 'zod'
import { StockpoolError } from '../error.ts'
import { type Disposition, type Return, ReturnStatus } from '../model/return.ts'
import {
  joinReturns,
  type OrderRef,
  type ReturnDisposition,
  type ReturnReport,
  type ReturnState,
  returnAttention,
  returnFrom,
} from '../order/index.ts'
import type { Transaction } from './database.ts'
import { emit } from './events.ts'
import { checked } from './input.ts'
import { forUpdate, lockOrder } from './locks.ts'
import { same } from './order-rows.ts'
import { addTimeline } from './order-timeline.ts'

/** Who keeps the book of a return: the channel that the buyer asked, or the provider that the goods came back to. */
export type ReturnSource = 'channel' | 'provider'

/** A return as the hub knows it: every report so far, joined. */
export interface StoredReturn {
  /** The connection that tells of it. */
  readonly connection: string
  /** `channel`: the buyer's return. `provider`: goods that arrived at a warehouse. */
  readonly source: ReturnSource
  /** The connection's own id of it. */
  readonly id: string
  /** The channel's order; `null`: the provider does not know. */
  readonly order: OrderRef | null
  readonly status: ReturnStatus
  readonly rawStatus: string
  /** ISO 8601 UTC. */
  readonly updatedAt: string
  readonly wants: Return['wants']
  /** The merchant must answer by then: ISO 8601 UTC. */
  readonly respondBy: string | null
  readonly trackingNumber: string | null
  readonly lines: readonly StoredReturnLine[]
}

export interface StoredReturnLine {
  /** The channel's line of the order; `null` of a provider's return. */
  readonly line: string | null
  /** The provider's SKU; `null` of a channel's return. */
  readonly sku: string | null
  /** A channel's in units of the listing, a provider's in units of the SKU. Neither ever falls. */
  readonly expected: number
  readonly received: number
  /** Why the buyer sends them back, often in the buyer's own words: kept and erased as buyer data are, and given by `get` alone. */
  readonly reason: string | null
  /** What the provider was asked to do with them. */
  readonly wanted: Disposition | null
  readonly dispositions: readonly ReturnDisposition[]
  /** Addresses of pictures that the provider took. */
  readonly pictures: readonly string[]
}

interface ReturnRow {
  connection: string
  source: ReturnSource
  id: string
  facts: string
}

export interface ReturnNews {
  readonly connection: string
  readonly source: ReturnSource
  readonly report: ReturnReport
  /** Now: ISO 8601 UTC. */
  readonly at: string
}

/**
 * Takes in one report of a return, in the caller's transaction. Reports may come late, twice and in any order; one that tells
 * nothing new writes nothing. Stock is not touched: see returns.ts, and the provider's own reading of its stock.
 */
export async function applyReturn(
  tx: Transaction,
  { connection, source, report, at }: ReturnNews,
): Promise<{ changed: boolean; newest: boolean; order: OrderRef | null }> {
  const place = [connection, source, report.id] as const
  const order = report.order ?? (await loadReturn(tx, ...place))?.order?.value ?? null
  if (order !== null) await lockOrder(tx, order.connection, order.id)
  const made = await tx.run(
    `INSERT INTO goods_return (connection, source, id, status, updated_at, facts) VALUES (?, ?, ?, '', '', '')
     ON CONFLICT (connection, source, id) DO NOTHING`,
    place,
  )
  const before = made === 1 ? null : await loadReturn(tx, ...place, true)
  const after = before === null ? returnFrom(report) : joinReturns(before, returnFrom(report))
  const newest = after.newest.at === report.updatedAt
  const known = after.order?.value ?? null
  if (before !== null && same(before, after)) return { changed: false, newest, order: known }
  await tx.run(
    `UPDATE goods_return SET order_connection = ?, order_id = ?, status = ?, updated_at = ?, facts = ?
     WHERE connection = ? AND source = ? AND id = ?`,
    [
      known?.connection ?? null,
      known?.id ?? null,
      after.newest.value.status,
      after.newest.at,
      JSON.stringify(after),
      ...place,
    ],
  )
  await tellReturn(tx, { connection, source, at }, before, after)
  return { changed: true, newest, order: known }
}

async function tellReturn(
  tx: Transaction,
  told: { connection: string; source: ReturnSource; at: string },
  before: ReturnState | null,
  after: ReturnState,
): Promise<void> {
  const { connection, at } = told
  const { status, rawStatus, respondBy } = after.newest.value
  const order = after.order?.value ?? null
  const news = { connection, return: after.id, order }
  const type = before === null ? 'return.requested' : 'return.updated'
  await emit(tx, at, type, { ...news, status, respondBy })
  const note = async (text: string, facts: Record<string, unknown>) => {
    if (order !== null) await addTimeline(tx, order.connection, order.id, at, { text, facts })
  }
  const lines = after.lines.map(({ name, expected, received }) => ({ name, expected, received }))
  const facts = { connection, return: after.id, status, rawStatus, lines }
  await note(`${connection}: return ${after.id} ${describe(before, after)}`, facts)
  for (const reason of returnAttention(before, after, told)) {
    await emit(tx, at, 'return.attention', { ...news, respondBy, reason })
    await note(reason, { attention: true, line: null, return: after.id })
  }
}

function describe(before: ReturnState | null, after: ReturnState): string {
  const received = (state: ReturnState | null) =>
    (state?.lines ?? []).reduce((sum, line) => sum + line.received, 0)
  const more = received(after) - received(before)
  const { status } = after.newest.value
  const parts = [
    before?.newest.value.status === status ? null : status.replaceAll('_', ' '),
    more > 0 ? `${more} received` : null,
  ].filter((part) => part !== null)
  return parts.length === 0 ? 'changed' : parts.join(', ')
}

async function loadReturn(
  tx: Transaction,
  connection: string,
  source: ReturnSource,
  id: string,
  hold = false,
): Promise<ReturnState | null> {
  const row = await tx.get<{ facts: string }>(
    `SELECT facts FROM goods_return WHERE connection = ? AND source = ? AND id = ?${hold ? forUpdate(tx) : ''}`,
    [connection, source, id],
  )
  return row === undefined || row.facts === '' ? null : (JSON.parse(row.facts) as ReturnState)
}

function toReturn({ connection, source, facts }: ReturnRow): StoredReturn {
  const { id, newest, order, tracking, lines } = JSON.parse(facts) as ReturnState
  return {
    connection,
    source,
    id,
    order: order?.value ?? null,
    ...newest.value,
    updatedAt: newest.at,
    trackingNumber: tracking?.value ?? null,
    lines: lines.map(({ name, expected, received, facts: { value } }) => ({
      line: source === 'channel' ? name : null,
      sku: source === 'provider' ? name : null,
      expected,
      received,
      reason: null,
      ...value,
    })),
  }
}

/** A return by its connection's own id: the channel's, else the provider's. `null` when nobody told of it. */
export async function getReturn(
  tx: Transaction,
  connection: string,
  id: string,
): Promise<StoredReturn | null> {
  const row = await tx.get<ReturnRow>(
    `SELECT connection, source, id, facts FROM goods_return WHERE connection = ? AND id = ? ORDER BY source LIMIT 1`,
    [connection, id],
  )
  return row === undefined ? null : toReturn(row)
}

/** Which returns to list. Without members: all, a page at a time. */
export interface ReturnQuery {
  /** The connection that tells of them: a channel, or a provider. */
  readonly connection?: string | undefined
  /** Of this order; with `connection` that of a channel, the returns that anybody tells of it. */
  readonly order?: string | undefined
  readonly status?: ReturnStatus | undefined
  /** Returns of a page: 1 to 1,000, default 100. */
  readonly limit?: number | undefined
  /** Where the page before ended. */
  readonly after?: string | null | undefined
}

const Query = z.strictObject({
  connection: z.string('connection must be a string').min(1, 'connection must not be empty').optional(),
  order: z.string('order must be a string').min(1, 'order must not be empty').optional(),
  status: ReturnStatus.optional(),
  limit: z
    .int('limit must be a whole number')
    .min(1, 'limit must be at least 1')
    .max(1000, 'limit must be at most 1,000')
    .default(100),
  after: z.string('after must be what the page before gave').nullable().default(null),
})

const Position = z.tuple([z.string(), z.string(), z.string(), z.string()])

/** One page of returns, by the time of their last change, oldest first. `after` is `null` on the last page. */
export async function listReturns(
  tx: Transaction,
  query: ReturnQuery = {},
): Promise<{ returns: StoredReturn[]; after: string | null }> {
  const { connection, order, status, limit, after } = checked(Query, query, 'query')
  const where = ['1 = 1']
  const values: string[] = []
  const add = (sql: string, ...some: string[]) => {
    where.push(sql)
    values.push(...some)
  }
  if (order !== undefined) add('order_id = ?', order)
  if (connection !== undefined && order !== undefined)
    add('(order_connection = ? OR connection = ?)', connection, connection)
  else if (connection !== undefined) add('connection = ?', connection)
  if (status !== undefined) add('status = ?', status)
  if (after !== null) add('(updated_at, connection, source, id) > (?, ?, ?, ?)', ...positionOf(after))
  const rows = await tx.all<ReturnRow & { updated_at: string }>(
    `SELECT connection, source, id, updated_at, facts FROM goods_return WHERE ${where.join(' AND ')}
     ORDER BY updated_at, connection, source, id LIMIT ?`,
    [...values, limit + 1],
  )
  const page = rows.slice(0, limit)
  const last = rows.length > limit ? page.at(-1) : undefined
  return {
    returns: page.map(toReturn),
    after:
      last === undefined ? null : JSON.stringify([last.updated_at, last.connection, last.source, last.id]),
  }
}

function positionOf(after: string): [string, string, string, string] {
  try {
    return Position.parse(JSON.parse(after))
  } catch (cause) {
    throw new StockpoolError('invalid_input', 'this is no place in a list of returns', {
      field: 'after',
      remedy: 'Give back the `after` of the page before, unchanged.',
      cause,
    })
  }
}
