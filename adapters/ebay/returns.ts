import { createHash } from 'node:crypto'
import { z } from 'zod'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import { readRow, tryRow } from '../../src/http/index.ts'
import type { Return } from '../../src/model/return.ts'
import type {
  AdapterContext,
  ReturnPage,
  ReturnRef,
  ReturnResult,
  ReturnsFacet,
  UnreadableOrder,
} from '../../src/spec/index.ts'
import { type EbayRequest, segment, send } from './client.ts'
import type { Settings } from './options.ts'
import { orderIdOf } from './order.ts'
import { idsAtOnce, ordersById } from './order-calls.ts'
import { checkRefund, refund } from './refund.ts'
import { returnStatusOf, toReturn } from './return.ts'
import { detailOf, returnsPath, summaryOf } from './return-calls.ts'
import { Anything, WireLine } from './wire.ts'
import { ReturnSearchAnswer, WireReturn } from './wire-returns.ts'

/**
 * Without `open` and `close`: on eBay only the buyer opens a return, and it closes with the refund, or by itself.
 */
export type EbayReturns = Required<Omit<ReturnsFacet, 'open' | 'close'>>

const pageSize = 200
const dayMs = 86_400_000
/** A return that is still open after so long has been escalated, which is no matter of ours. */
const horizonMs = 120 * dayMs
const narrowestMs = 60_000

type Lines = z.infer<typeof WireLine>[]

const Cursor = z.object({
  /** Spans of creation dates still to be read in this pass, oldest first; empty between passes. */
  spans: z.array(z.tuple([z.number(), z.number()])),
  /** What was told of each return that this pass has shown, in short: a search has no filter by change. */
  seen: z.record(z.string(), z.string()),
  /** The same of the pass before. What a whole pass does not show any more is older than the horizon, and let go with it. */
  before: z.record(z.string(), z.string()).default({}),
})
type Cursor = z.infer<typeof Cursor>

function readCursor(text: string | null, settings: Settings, now: number): Cursor {
  const start = Math.min(now - horizonMs, settings.ordersSince ?? now)
  const whole: [number, number] = [text === null ? start : now - horizonMs, now - settings.skewMs]
  if (text === null) return { spans: [whole], seen: {}, before: {} }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = null
  }
  const parsed = Cursor.safeParse(value)
  if (!parsed.success) {
    throw new StockpoolError('invalid_input', 'this is no cursor of the eBay returns', { field: 'cursor' })
  }
  const { spans, seen, before } = parsed.data
  return spans.length > 0 ? parsed.data : { spans: [whole], seen: {}, before: { ...before, ...seen } }
}

export const searchRequest = (
  from: number,
  until: number,
): EbayRequest<z.infer<typeof ReturnSearchAnswer>> => ({
  operation: 'searchReturns',
  bucket: 'postOrder',
  effect: 'read',
  method: 'GET',
  path: `${returnsPath}/search`,
  auth: 'iaf',
  query: {
    creation_date_range_from: new Date(from).toISOString(),
    creation_date_range_to: new Date(until).toISOString(),
    limit: pageSize,
  },
  schema: ReturnSearchAnswer,
})

/** What a search shows of a return: another text is another state. */
function mark(wire: WireReturn): string {
  const facts = [wire.state, wire.status, wire.currentType, wire.sellerTotalRefund, wire.sellerResponseDue]
  return createHash('sha256').update(JSON.stringify(facts)).digest('base64url').slice(0, 8)
}

/** The lines of each order, 50 orders a call. */
async function linesOf(
  context: AdapterContext,
  settings: Settings,
  ids: readonly string[],
): Promise<Map<string, Lines>> {
  const unique = [...new Set(ids)]
  const found = new Map<string, Lines>()
  for (let start = 0; start < unique.length; start += idsAtOnce) {
    for (const raw of await ordersById(context, settings, unique.slice(start, start + idsAtOnce))) {
      const id = orderIdOf(raw)
      const lines = z.object({ lineItems: z.array(WireLine) }).safeParse(raw).data?.lineItems
      if (id !== null && lines) found.set(id, lines)
    }
  }
  return found
}

/**
 * A page is a span of creation dates. A span that holds more than eBay gives at once is halved: nothing can then be
 * stepped over, whatever an offset would mean.
 */
async function read(context: AdapterContext, settings: Settings, text: string | null): Promise<ReturnPage> {
  const now = context.clock.now()
  const cursor = readCursor(text, settings, now)
  const [[from, until], ...rest] = cursor.spans as [[number, number], ...[number, number][]]
  const { data } = await send(context, settings, searchRequest(from, until))
  const members = data.members ?? []
  if ((data.paginationOutput?.totalEntries ?? 0) > members.length && until - from > narrowestMs) {
    const middle = Math.floor((from + until) / 2)
    const spans = [[from, middle], [middle, until], ...rest] as [number, number][]
    return { returns: [], cursor: JSON.stringify({ ...cursor, spans } satisfies Cursor), more: true }
  }
  const seen = { ...cursor.seen }
  const returns: Return[] = []
  const unreadable: UnreadableOrder[] = []
  const changed: { wire: WireReturn; raw: unknown }[] = []
  for (const raw of members) {
    const row = await tryRow(() => readRow(WireReturn, raw, { what: 'a return of eBay' }))
    if ('error' in row) unreadable.push({ id: idOf(raw), error: row.error })
    else if ((seen[row.value.returnId] ?? cursor.before[row.value.returnId]) !== mark(row.value))
      changed.push({ wire: row.value, raw })
    else seen[row.value.returnId] = mark(row.value)
  }
  const lines = await linesOf(
    context,
    settings,
    changed.map(({ wire }) => wire.orderId),
  )
  for (const { wire, raw } of changed) {
    const full = await tryRow(async () => {
      const detail = await detailOf(context, settings, wire.returnId, raw)
      return detail && toReturn(detail.wire, lines.get(wire.orderId) ?? null, detail.raw)
    })
    if ('error' in full) unreadable.push({ id: wire.returnId, error: full.error })
    else if (full.value) {
      returns.push(full.value)
      seen[wire.returnId] = mark(wire)
    }
  }
  returns.sort((one, other) => one.updatedAt.localeCompare(other.updatedAt))
  const next: Cursor = { spans: rest, seen, before: rest.length > 0 ? cursor.before : {} }
  return { returns, unreadable, cursor: JSON.stringify(next), more: rest.length > 0 }
}

function idOf(raw: unknown): string | null {
  const id = (raw as { readonly returnId?: unknown } | null | undefined)?.returnId
  return typeof id === 'string' || typeof id === 'number' ? String(id) : null
}

async function get(context: AdapterContext, settings: Settings, id: string): Promise<Return | null> {
  const detail = await detailOf(context, settings, id)
  if (detail === null) return null
  const lines = await linesOf(context, settings, [detail.wire.orderId])
  return toReturn(detail.wire, lines.get(detail.wire.orderId) ?? null, detail.raw)
}

const action = (id: string, name: 'decide' | 'mark_as_received', json: unknown): EbayRequest<unknown> => ({
  operation: name === 'decide' ? 'processReturnRequest' : 'markReturnReceived',
  bucket: 'postOrder',
  effect: 'once',
  method: 'POST',
  path: `${returnsPath}/${segment(id)}/${name}`,
  auth: 'iaf',
  signed: name === 'decide',
  priority: 7,
  json,
  schema: Anything,
})

/**
 * Does something to a return that stands as it must for it. What was done already is `done`; what stands otherwise by now is
 * `too_late`; whether a refusal or a lost answer stands, the return itself tells.
 */
async function act(
  context: AdapterContext,
  settings: Settings,
  ref: ReturnRef,
  request: EbayRequest<unknown>,
  open: readonly Return['status'][],
  done: readonly Return['status'][],
): Promise<ReturnResult> {
  const standing = async (): Promise<ReturnResult | null> => {
    const wire = await summaryOf(context, settings, ref.return)
    if (wire === null) throw new StockpoolError('not_found', 'eBay has no such return', { field: 'return' })
    const status = returnStatusOf(wire)
    const word = `the return is ${wire.state ?? 'without a state'}`
    if (done.includes(status)) return { outcome: 'done', detail: word }
    return open.includes(status) ? null : { outcome: 'too_late', detail: word }
  }
  const before = await standing()
  if (before) return before
  try {
    await send(context, settings, request)
  } catch (error) {
    if (!isStockpoolError(error) || !['unknown_outcome', 'rejected'].includes(error.code)) throw error
    const after = await standing()
    if (after) return after
    throw error
  }
  return { outcome: 'done' }
}

const content = (note: string | null) => (note === null ? {} : { comments: { content: note } })

export function ebayReturns(settings: Settings): EbayReturns {
  return {
    read: (context, cursor) => read(context, settings, cursor),
    get: (context, id) => get(context, settings, id),
    approve: (context, ref) =>
      act(
        context,
        settings,
        ref,
        action(ref.return, 'decide', { decision: 'APPROVE' }),
        ['requested'],
        ['approved', 'in_transit', 'received', 'processed'],
      ),
    // eBay takes a note, and no reason, for a refusal; one that is "not as described" it does not let a seller refuse.
    decline: (context, ref) =>
      act(
        context,
        settings,
        ref,
        action(ref.return, 'decide', { decision: 'DECLINE', ...content(ref.note) }),
        ['requested'],
        ['declined'],
      ),
    // What became of the goods eBay does not ask; only that they arrived.
    receive: (context, arrival) =>
      act(
        context,
        settings,
        arrival,
        action(arrival.return, 'mark_as_received', {}),
        ['approved', 'in_transit'],
        ['received', 'processed'],
      ),
    refund: (context, request) => refund(context, settings, request),
    checkRefund: (context, asked) => checkRefund(context, settings, asked),
  }
}
