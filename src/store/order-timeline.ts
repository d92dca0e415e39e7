import type { RoutePlacement } from '../order/index.ts'
import type { Transaction } from './database.ts'
import { type StoredOrder, statusOfOrder } from './order-rows.ts'

/** One thing that happened to an order. Never holds buyer data. */
export interface TimelineEntry {
  /** When the hub learned of it: ISO 8601 UTC. */
  readonly at: string
  /** One line for people. */
  readonly text: string
  /** The same for programs. */
  readonly facts: Readonly<Record<string, unknown>>
}

/** Appends to an order's timeline. */
export async function addTimeline(
  tx: Transaction,
  connection: string,
  order: string,
  at: string,
  entry: Pick<TimelineEntry, 'text' | 'facts'>,
): Promise<void> {
  await tx.run('INSERT INTO timeline (connection, order_id, at, entry) VALUES (?, ?, ?, ?)', [
    connection,
    order,
    at,
    JSON.stringify({ text: entry.text, facts: entry.facts }),
  ])
}

/** Everything that happened to an order, oldest first. */
export async function timeline(tx: Transaction, connection: string, order: string): Promise<TimelineEntry[]> {
  const rows = await tx.all<{ at: string; entry: string }>(
    'SELECT at, entry FROM timeline WHERE connection = ? AND order_id = ? ORDER BY id',
    [connection, order],
  )
  return rows.map(({ at, entry }) => ({
    at,
    ...(JSON.parse(entry) as Pick<TimelineEntry, 'text' | 'facts'>),
  }))
}

interface LineChange {
  line: string
  taken: number
  released: number
  shipped: number
}

/** Each place once, with the reason of its first choice: `main (has the whole order; priority 100)`. */
function placesOf(routed: readonly RoutePlacement[]): string {
  const places = new Map<string, string | undefined>()
  for (const { location, why } of routed) if (!places.has(location)) places.set(location, why)
  return [...places]
    .map(([location, why]) => (why === undefined ? location : `${location} (${why})`))
    .join(', ')
}

/** What is different about an order now, in units of the listings. */
export function describeChange(
  before: StoredOrder | null,
  after: StoredOrder,
  routed: readonly RoutePlacement[],
): Pick<TimelineEntry, 'text' | 'facts'> {
  const known = new Map(before?.lines.map((line) => [line.facts.id, line]))
  const lines: LineChange[] = after.lines.map((line) => {
    const was = known.get(line.facts.id)
    return {
      line: line.facts.id,
      taken: line.taken - (was?.taken ?? 0),
      released: line.released - (was?.released ?? 0),
      shipped: line.shipped - (was?.shipped ?? 0),
    }
  })
  const changed = lines.filter(({ taken, released, shipped }) => taken + released + shipped > 0)
  const sum = (what: 'taken' | 'released' | 'shipped') =>
    changed.reduce((total, line) => total + line[what], 0)
  const status = statusOfOrder(after)
  const was = before === null ? null : statusOfOrder(before)
  const parts = [
    before === null ? `seen for the first time, ${status}` : null,
    was !== null && was !== status ? `${was} became ${status}` : null,
    sum('taken') > 0 ? `${sum('taken')} taken` : null,
    sum('released') > 0 ? `${sum('released')} released` : null,
    sum('shipped') > 0 ? `${sum('shipped')} shipped` : null,
    routed.length > 0 ? `from ${placesOf(routed)}` : null,
  ].filter((part) => part !== null)
  return {
    text: parts.length === 0 ? 'details changed' : parts.join(', '),
    facts: {
      revision: after.revision,
      status,
      updatedAt: after.header.updatedAt,
      lines: changed,
      ...(routed.length > 0 ? { routed } : {}),
    },
  }
}
