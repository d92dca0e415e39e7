import type { Disposition, ReturnStatus } from '../model/return.ts'
import { canonicalJson } from '../stock/canonical.ts'

/** Which order goods come back from: a channel's connection, and its id of the order. */
export interface OrderRef {
  readonly connection: string
  readonly id: string
}

/** What was made of so many units. */
export interface ReturnDisposition {
  readonly kind: Disposition
  readonly quantity: number
  readonly note: string | null
}

/** A return as a channel or a provider reports it at one moment. The buyer's own reasons are kept with the buyer's data. */
export interface ReturnReport {
  readonly id: string
  readonly order: OrderRef | null
  readonly status: ReturnStatus
  readonly rawStatus: string
  /** ISO 8601 UTC. */
  readonly updatedAt: string
  readonly wants: 'refund' | 'replacement' | 'exchange' | 'unknown'
  readonly respondBy: string | null
  readonly trackingNumber: string | null
  readonly lines: readonly ReturnReportLine[]
}

export interface ReturnReportLine {
  /** A channel's line id of the order; a provider's SKU. */
  readonly name: string
  readonly expected: number
  readonly received: number
  readonly wanted: Disposition | null
  readonly dispositions: readonly ReturnDisposition[]
  readonly pictures: readonly string[]
}

/** A value, and when it was true. */
interface Dated<T> {
  readonly value: T
  readonly at: string
}

type Newest = Pick<ReturnReport, 'status' | 'rawStatus' | 'wants' | 'respondBy'>
type LineFacts = Pick<ReturnReportLine, 'wanted' | 'dispositions' | 'pictures'>

/** A line of a return, of every report so far. The counters never fall. */
export interface ReturnLineState {
  readonly name: string
  readonly expected: number
  readonly received: number
  /** What was decided may be decided otherwise later: the newest report that names the line holds. */
  readonly facts: Dated<LineFacts>
}

/** Every report of one return, joined. */
export interface ReturnState {
  readonly id: string
  readonly newest: Dated<Newest>
  /** The newest that was reported at all: a report that does not know says nothing. */
  readonly order: Dated<OrderRef> | null
  readonly tracking: Dated<string> | null
  /** By name. */
  readonly lines: readonly ReturnLineState[]
}

export function returnFrom(report: ReturnReport): ReturnState {
  const { id, order, status, rawStatus, wants, respondBy, trackingNumber, updatedAt: at } = report
  const dated = <T>(value: T | null) => (value === null ? null : { value, at })
  const lines = sumLines(report.lines).map(({ name, expected, received, ...rest }) => {
    const { wanted, dispositions, pictures } = rest
    return { name, expected, received, facts: { value: { wanted, dispositions, pictures }, at } }
  })
  return {
    id,
    newest: { value: { status, rawStatus, wants, respondBy }, at },
    order: dated(order),
    tracking: dated(trackingNumber),
    lines: joinLines(lines, []),
  }
}

/** Commutative, associative and idempotent: late and repeated reports end alike. */
export function joinReturns(a: ReturnState, b: ReturnState): ReturnState {
  return {
    id: a.id,
    newest: newer(a.newest, b.newest),
    order: newerOf(a.order, b.order),
    tracking: newerOf(a.tracking, b.tracking),
    lines: joinLines(a.lines, b.lines),
  }
}

/** One report may name a SKU on several lines. */
function sumLines(lines: readonly ReturnReportLine[]): ReturnReportLine[] {
  const sums = new Map<string, ReturnReportLine>()
  for (const line of lines) {
    const known = sums.get(line.name)
    sums.set(
      line.name,
      known === undefined
        ? line
        : {
            name: line.name,
            expected: known.expected + line.expected,
            received: known.received + line.received,
            wanted: known.wanted ?? line.wanted,
            dispositions: [...known.dispositions, ...line.dispositions],
            pictures: [...known.pictures, ...line.pictures],
          },
    )
  }
  return [...sums.values()]
}

function joinLines(a: readonly ReturnLineState[], b: readonly ReturnLineState[]): ReturnLineState[] {
  const lines = new Map<string, ReturnLineState>()
  for (const line of [...a, ...b]) {
    const known = lines.get(line.name)
    if (known === undefined) lines.set(line.name, line)
    else {
      lines.set(line.name, {
        name: line.name,
        expected: Math.max(known.expected, line.expected),
        received: Math.max(known.received, line.received),
        facts: newer(known.facts, line.facts),
      })
    }
  }
  return [...lines.values()].sort((one, other) => compare(one.name, other.name))
}

function newerOf<T>(a: Dated<T> | null, b: Dated<T> | null): Dated<T> | null {
  return a === null || b === null ? (a ?? b) : newer(a, b)
}

/** Of two reports of one moment either may be the later: the same one wins wherever they meet. */
function newer<T>(a: Dated<T>, b: Dated<T>): Dated<T> {
  return (compare(a.at, b.at) || compare(canonicalJson(a.value), canonicalJson(b.value))) >= 0 ? a : b
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** What a person must look at, of a return that has changed. */
export function returnAttention(
  before: ReturnState | null,
  after: ReturnState,
  { connection, source, at }: { connection: string; source: 'channel' | 'provider'; at: string },
): string[] {
  const reasons: string[] = []
  const was = before?.newest.value
  const { status, rawStatus, respondBy } = after.newest.value
  const told = was?.status === 'requested' && was.respondBy === respondBy
  if (status === 'requested' && respondBy !== null && respondBy > at && !told) {
    reasons.push(
      `the buyer waits for an answer until ${respondBy}: approve the return or decline it, or ${connection} decides`,
    )
  }
  if (status === 'unknown' && !(was?.status === 'unknown' && was.rawStatus === rawStatus)) {
    reasons.push(`${connection} calls the return "${rawStatus}", a status that stockpool does not know`)
  }
  if (source === 'provider' && after.order === null && before === null) {
    reasons.push(`goods came back to ${connection} that belong to no order known here: ask the warehouse`)
  }
  return reasons
}

/** A line of an order, as much as says which units of a SKU its units are. */
export interface ArrivalLine {
  readonly line: string
  readonly parts: readonly { readonly sku: string; readonly quantity: number }[]
  /** Units of the listing that the buyer means to send back and the channel was not told of yet. */
  readonly open: number
}

/**
 * Which lines of a return so many units of a SKU are, in units of the listings: no more than is expected, and whole units of
 * listings of this one SKU. A part of a set is not the set: of those the channel is not told.
 */
export function arrivedLines(
  lines: readonly ArrivalLine[],
  sku: string,
  quantity: number,
): { readonly line: string; readonly quantity: number }[] {
  const arrived: { line: string; quantity: number }[] = []
  let left = quantity
  for (const { line, parts, open } of lines) {
    const [part] = parts
    if (part?.sku !== sku || parts.length !== 1) continue
    const units = Math.min(open, Math.floor(left / part.quantity))
    if (units <= 0) continue
    arrived.push({ line, quantity: units })
    left -= units * part.quantity
  }
  return arrived
}
