import type { ChannelOrder, ChannelOrderLine, OrderStatus, PaymentStatus } from '../model/order.ts'
import { canonicalJson } from '../stock/canonical.ts'
import { joinSeen, type LineSeen, seenIn } from './counters.ts'
import { joinMilestones, type Milestone, milestoneOf } from './status.ts'

/** The facts of an order apart from its lines and from who bought it; `status` is what the channel reported last. */
export type OrderHeader = Omit<ChannelOrder, 'lines' | 'buyer' | 'shipTo' | 'raw'>

/** The facts of a line that are not counted. `position` is where the channel lists it. */
export type LineFacts = Omit<
  ChannelOrderLine,
  'ordered' | 'cancelled' | 'shipped' | 'returned' | 'willShip'
> & {
  readonly position: number
}

export interface LineState {
  readonly facts: LineFacts
  /** `updatedAt` of the snapshot that the facts are from. */
  readonly factsAt: string
  /** Any snapshot said that the platform ships it: the merchant's pool never does then. */
  readonly platform: boolean
  readonly seen: LineSeen
}

/** Every snapshot of one order, joined. */
export interface OrderState {
  readonly header: OrderHeader
  readonly reached: Milestone
  /** In the order in which the channel lists them. */
  readonly lines: readonly LineState[]
}

export interface Merged {
  readonly state: OrderState
  /** Whether this snapshot is the newest one seen: its facts, and who bought, are the ones to keep. */
  readonly newest: boolean
}

/**
 * Joins one snapshot to what is known. Quantities grow, the status follows its lattice, all else is from the snapshot
 * that was updated last. A line that a later snapshot leaves out keeps its counters: a channel reports a removal as
 * cancelled units. Any arrival order of the same snapshots, with any repeats, ends in the same state.
 */
export function mergeOrder(known: OrderState | null, snapshot: ChannelOrder): Merged {
  const header = headerOf(snapshot)
  const newest = known === null || compareHeaders(header, known.header) >= 0
  const lines = new Map(known?.lines.map((line) => [line.facts.id, line]))
  for (const [position, line] of snapshot.lines.entries()) {
    const before = lines.get(line.id)
    const now = lineIn(snapshot, line, position)
    lines.set(line.id, before === undefined ? now : joinLines(before, now))
  }
  return {
    newest,
    state: {
      header: newest ? header : known.header,
      reached: joinMilestones(known?.reached ?? 'none', milestoneOf[snapshot.status]),
      lines: [...lines.values()].sort(byPosition),
    },
  }
}

function headerOf(snapshot: ChannelOrder): OrderHeader {
  const { lines: _lines, buyer: _buyer, shipTo: _shipTo, raw: _raw, ...header } = snapshot
  return header
}

function lineIn(snapshot: ChannelOrder, line: ChannelOrderLine, position: number): LineState {
  const {
    ordered: _ordered,
    cancelled: _cancelled,
    shipped: _shipped,
    returned: _returned,
    willShip: _willShip,
    ...facts
  } = line
  return {
    facts: { ...facts, position },
    factsAt: snapshot.updatedAt,
    platform: line.fulfilledBy === 'platform' || snapshot.fulfilledBy === 'platform',
    seen: seenIn(line, snapshot.status),
  }
}

function joinLines(before: LineState, now: LineState): LineState {
  const later = compareText(before.factsAt, now.factsAt) || compareJson(before.facts, now.facts)
  const { facts, factsAt } = later <= 0 ? now : before
  return { facts, factsAt, platform: before.platform || now.platform, seen: joinSeen(before.seen, now.seen) }
}

/**
 * Which of two headers is the later one. Channels give times to the second, so two different snapshots may carry the
 * same one: then the one that is further on counts as the later, so that a payment or a request to cancel is not
 * missed; and what is still equal is settled by the text, so that every arrival order settles it alike.
 */
function compareHeaders(a: OrderHeader, b: OrderHeader): number {
  return (
    compareText(a.updatedAt, b.updatedAt) ||
    Number(a.cancelRequested !== null) - Number(b.cancelRequested !== null) ||
    statusProgress[a.status] - statusProgress[b.status] ||
    paymentProgress[a.payment] - paymentProgress[b.payment] ||
    compareJson(a, b)
  )
}

const statusProgress: Readonly<Record<OrderStatus, number>> = {
  unknown: 0,
  pending: 1,
  open: 2,
  // Within one second, holding an order back is the report that is safe to believe.
  on_hold: 3,
  partially_shipped: 4,
  cancelled: 5,
  shipped: 6,
  delivered: 7,
}

const paymentProgress: Readonly<Record<PaymentStatus, number>> = {
  unknown: 0,
  pending: 1,
  authorized: 2,
  partially_paid: 3,
  paid: 4,
  partially_refunded: 5,
  refunded: 6,
  voided: 7,
}

function byPosition(a: LineState, b: LineState): number {
  return a.facts.position - b.facts.position || compareText(a.facts.id, b.facts.id)
}

function compareJson(a: unknown, b: unknown): number {
  return compareText(canonicalJson(a), canonicalJson(b))
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
