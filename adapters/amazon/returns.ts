import { createHash } from 'node:crypto'
import { z } from 'zod'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import { readRow, tryRow } from '../../src/http/index.ts'
import type { ChannelOrder } from '../../src/model/order.ts'
import { Return, type ReturnStatus } from '../../src/model/return.ts'
import type { AdapterContext, ReturnPage, ReturnsFacet, UnreadableOrder } from '../../src/spec/index.ts'
import { feedActions } from './feed-actions.ts'
import type { Settings } from './options.ts'
import type { OrderActions } from './order-actions.ts'
import { getOrder } from './orders.ts'
import { checkRefund, refund } from './refund.ts'
import { createReport, getReport, isMade, type Row, reportRows } from './reports.ts'

/** Amazon decides on most returns itself, and takes answers in Seller Central only: they are read, and paid back. */
export type AmazonReturns = Pick<ReturnsFacet, 'read'> &
  Required<Pick<ReturnsFacet, 'refund' | 'checkRefund'>>

/**
 * By the date they were asked for, at most 60 days a report. Needs the restricted role Direct-to-Consumer Shipping too
 * (developer-docs.amazon.com/sp-api/docs/returns-reports-attributes).
 */
const reportType = 'GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE'
const dayMs = 86_400_000
/** A report that Amazon has not made by then is given up, and another one asked for. */
const reportLifeMs = 6 * 3_600_000

const Cursor = z.object({
  /** What the last report held, by return: what has not changed is not given, nor its order asked for, again. */
  seen: z.array(z.string()).default([]),
  /** A report that was asked for and is not read yet. */
  report: z.object({ id: z.string(), askedAt: z.number() }).optional(),
  /** When the last one was asked for: passes may follow one another faster than reports may (`returnsMs`). */
  askedAt: z.number().optional(),
})
type Cursor = z.infer<typeof Cursor>

function readCursor(text: string | null): Cursor {
  if (text === null) return { seen: [] }
  try {
    return Cursor.parse(JSON.parse(text))
  } catch {
    throw new StockpoolError('invalid_input', "this is no cursor of Amazon's returns", { field: 'cursor' })
  }
}

/** `Return request status` and what is done to the goods, in Amazon's words of the report. */
const statuses: Readonly<Record<string, ReturnStatus>> = {
  pending: 'requested',
  'pending approval': 'requested',
  requested: 'requested',
  approved: 'approved',
  authorized: 'approved',
  completed: 'processed',
  closed: 'processed',
  refunded: 'processed',
  denied: 'declined',
  declined: 'declined',
  rejected: 'declined',
  cancelled: 'cancelled',
  canceled: 'cancelled',
}

const months = 'janfebmaraprmayjunjulaugsepoctnovdec'

/** `23-Jul-2026`, as this report writes days, or ISO 8601; epoch milliseconds, `null` when it is neither. */
export function dayOf(text: string | undefined): number | null {
  const match = /^(\d{1,2})-([A-Za-z]{3})-(\d{4})$/.exec(text ?? '')
  if (match) {
    const month = months.indexOf((match[2] ?? '').toLowerCase()) / 3
    return Number.isInteger(month) && month >= 0 ? Date.UTC(Number(match[3]), month, Number(match[1])) : null
  }
  const at = Date.parse(text ?? '')
  return /^\d{4}-\d{2}-\d{2}/.test(text ?? '') && !Number.isNaN(at) ? at : null
}

/**
 * The rows of one return as stockpool knows it. The goods arrived when the report has a delivery date of the return: what
 * they are worth then, the merchant says, not Amazon.
 * @throws StockpoolError `invalid_input` naming the column.
 */
export function toReturn(rows: readonly Row[], order: ChannelOrder | null, now: number): Return {
  const [first = {}] = rows
  const id = returnIdOf(first)
  const named = { what: 'a return of Amazon', details: { return: id } }
  const rawStatus = first['return request status'] ?? ''
  const arrived = dayOf(first['return delivery date'])
  const asked = dayOf(first['return request date'])
  const known = statuses[rawStatus.toLowerCase()] ?? 'unknown'
  const received = arrived !== null && arrived <= now
  return readRow(
    Return,
    {
      id,
      order: first['order id'],
      status: received && (known === 'approved' || known === 'unknown') ? 'received' : known,
      rawStatus,
      updatedAt: new Date(Math.max(asked ?? 0, received ? (arrived ?? 0) : 0)).toISOString(),
      wants: wantsOf(first.resolution),
      trackingNumber: first['tracking id'] ?? null,
      lines: rows.map((row) => ({
        line: row['order item id'] ?? lineOf(row, order),
        expected: Number(row['return quantity'] ?? Number.NaN),
        received: received ? Number(row['return quantity'] ?? 0) : 0,
        reason: row['return reason'] ?? null,
      })),
      raw: rows,
    },
    named,
  )
}

function wantsOf(resolution: string | undefined): Return['wants'] {
  const word = (resolution ?? '').toLowerCase()
  if (word.includes('refund')) return 'refund'
  if (word.includes('replace')) return 'replacement'
  return word.includes('exchange') ? 'exchange' : 'unknown'
}

/** The report names SKUs, not order lines: the order tells which line it is. */
function lineOf(row: Row, order: ChannelOrder | null): string | undefined {
  const sku = row['merchant sku']
  return order?.lines.find(({ channelSku }) => sku !== undefined && channelSku === sku)?.id
}

const returnIdOf = (row: Row) => row['amazon rma id'] ?? row['merchant rma id'] ?? ''

/** Rows of one return lie apart, one for each item. */
function grouped(rows: readonly Row[]): readonly (readonly Row[])[] {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const key = `${returnIdOf(row)} ${row['order id'] ?? ''}`
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  return [...groups.values()]
}

async function read(context: AdapterContext, settings: Settings, text: string | null): Promise<ReturnPage> {
  const now = context.clock.now()
  const { report, seen, askedAt } = readCursor(text)
  if (report === undefined || now - report.askedAt > reportLifeMs) {
    if (report === undefined && askedAt !== undefined && now - askedAt < settings.returnsMs)
      return { returns: [], cursor: JSON.stringify({ seen, askedAt } satisfies Cursor), more: false }
    const id = await createReport(context, settings, {
      reportType,
      marketplaceIds: settings.marketplaceIds,
      dataStartTime: new Date(now - settings.returnsDays * dayMs).toISOString(),
      dataEndTime: new Date(now).toISOString(),
    })
    const cursor: Cursor = { seen, report: { id, askedAt: now } }
    return { returns: [], cursor: JSON.stringify(cursor), more: true }
  }
  const made = await getReport(context, settings, report.id)
  if (!isMade(made)) {
    // Looked at again in the next pass, a minute later: nobody waits for it.
    return { returns: [], cursor: JSON.stringify({ seen, report } satisfies Cursor), more: false }
  }
  try {
    const rows: Row[] = []
    for await (const row of reportRows(context, settings, made)) rows.push(row)
    const { known, ...page } = await readEach(context, settings, rows, new Set(seen))
    return {
      ...page,
      cursor: JSON.stringify({ seen: known, askedAt: report.askedAt } satisfies Cursor),
      more: false,
    }
  } catch (error) {
    // Amazon could not make this one: the next pass asks for another.
    if (!isStockpoolError(error, 'unavailable') || made.processingStatus === 'DONE') throw error
    const cursor = JSON.stringify({ seen, askedAt: report.askedAt } satisfies Cursor)
    return { returns: [], unreadable: [{ id: null, error }], cursor, more: false }
  }
}

async function readEach(
  context: AdapterContext,
  settings: Settings,
  rows: readonly Row[],
  seen: ReadonlySet<string>,
): Promise<Pick<ReturnPage, 'returns' | 'unreadable'> & { readonly known: string[] }> {
  const now = context.clock.now()
  const known: string[] = []
  const returns: Return[] = []
  const unreadable: UnreadableOrder[] = []
  for (const group of grouped(rows)) {
    const mark = createHash('sha256').update(JSON.stringify(group)).digest('base64url').slice(0, 12)
    if (seen.has(mark)) {
      known.push(mark)
      continue
    }
    const read = await tryRow(async () => {
      const named = group.every((row) => row['order item id'] !== undefined)
      const id = group[0]?.['order id']
      const order = named || id === undefined ? null : await getOrder(context, settings, id)
      return toReturn(group, order, now)
    })
    if ('value' in read) {
      returns.push(read.value)
      known.push(mark)
    } else unreadable.push({ id: returnIdOf(group[0] ?? {}) || null, error: read.error })
  }
  returns.sort((one, other) => one.updatedAt.localeCompare(other.updatedAt))
  return { returns, unreadable, known }
}

export function amazonReturns(
  settings: Settings,
  actions: OrderActions = feedActions(settings),
): AmazonReturns {
  return {
    read: (context, cursor) => read(context, settings, cursor),
    refund: (context, request) =>
      refund(context, actions, (order) => getOrder(context, settings, order), request),
    checkRefund: (context, pending) => checkRefund(context, actions, pending),
  }
}
