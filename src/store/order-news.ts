import type { RoutePlacement } from '../order/index.ts'
import type { Transaction } from './database.ts'
import { emit } from './events.ts'
import { type StoredLine, type StoredOrder, same, statusOfOrder, toOrder } from './order-rows.ts'
import { addTimeline, describeChange } from './order-timeline.ts'

/** Something that a person must look at. `line` is `null` when it concerns the whole order. */
export interface Attention {
  readonly line: string | null
  readonly reason: string
}

/** Writes the events and the timeline entry of an order that has changed. */
export async function tellOrder(
  tx: Transaction,
  before: StoredOrder | null,
  after: StoredOrder,
  at: string,
  routed: readonly RoutePlacement[] = [],
): Promise<Attention[]> {
  const { connection, id } = after
  const order = toOrder(after)
  // What a provider makes of an allocation is no change of the order.
  if (before !== null && same(toOrder(before), order)) return []
  await addTimeline(tx, connection, id, at, describeChange(before, after, routed))
  await emit(tx, at, before === null ? 'order.placed' : 'order.updated', { connection, order })
  const { cancelRequested } = after.header
  if (cancelRequested !== null && (before?.header.cancelRequested ?? null) === null) {
    await emit(tx, at, 'order.cancel_requested', { connection, order: id, reason: cancelRequested.reason })
  }
  if (isCancelled(after) && (before === null || !isCancelled(before))) {
    await emit(tx, at, 'order.cancelled', { connection, order })
  }
  const attention = attentionOf(before, after)
  await tellAttention(tx, connection, id, at, attention)
  return attention
}

export async function tellAttention(
  tx: Transaction,
  connection: string,
  order: string,
  at: string,
  attention: readonly Attention[],
): Promise<void> {
  for (const { line, reason } of attention) {
    await emit(tx, at, 'order.attention', { connection, order, line, reason })
    await addTimeline(tx, connection, order, at, { text: reason, facts: { attention: true, line } })
  }
}

/** Nothing is left to ship, by the channel's own word, and not all was shipped. */
function isCancelled({ lines }: StoredOrder): boolean {
  const shipped = (line: StoredLine) => Math.max(line.seen.shipped, line.provider.shipped)
  const finished = lines.every((line) => line.seen.cancelled + shipped(line) >= line.seen.ordered)
  return finished && lines.some((line) => shipped(line) < line.seen.ordered)
}

function attentionOf(before: StoredOrder | null, after: StoredOrder): Attention[] {
  const known = new Map(before?.lines.map((line) => [line.facts.id, line]))
  const attention: Attention[] = []
  for (const line of after.lines) {
    if (line.state !== 'unlinked' || known.get(line.facts.id)?.state === 'unlinked') continue
    attention.push({ line: line.facts.id, reason: unlinkedReason(after.connection, line) })
  }
  const status = statusOfOrder(after)
  const rawStatus = after.header.rawStatus
  const told = before !== null && statusOfOrder(before) === 'unknown' && before.header.rawStatus === rawStatus
  if (status === 'unknown' && !told) {
    const reason = `the channel calls the order "${rawStatus}", a status that stockpool does not know: its stock is reserved, and no warehouse gets it until the status is a known one`
    attention.push({ line: null, reason })
  }
  const asked = after.header.cancelRequested !== null && (before?.header.cancelRequested ?? null) === null
  if (asked && after.lines.every(({ shipped }) => shipped === 0)) {
    const reason =
      'the buyer asked to cancel and nothing has shipped: no warehouse gets the order until the request is accepted (cancel the order) or refused'
    attention.push({ line: null, reason })
  }
  return attention
}

function unlinkedReason(connection: string, { facts }: StoredLine): string {
  if (facts.listing === null) {
    return 'the channel does not say what was sold on this line, so it takes no stock: adjust the stock by hand'
  }
  const name = facts.channelSku === null ? '' : ` (the channel's SKU is ${facts.channelSku})`
  return `listing ${facts.listing}${name} is not linked, so the line takes no stock: link it with hub.listings.link({ sku, connection: '${connection}', listing: '${facts.listing}' }), and the line goes on by itself`
}
