import type { Order, OrderLine, OrderStatus } from '../model/order.ts'
import {
  type Allocation,
  heldOf,
  type Ignored,
  type LineState,
  type Milestone,
  type OrderHeader,
  type OrderState,
  type ProviderSeen,
  type ReadingAllocation,
  statusOf,
} from '../order/index.ts'
import { canonicalJson } from '../stock/canonical.ts'
import type { SqlValue, Transaction } from './database.ts'
import { chunks, flat, rowMarks } from './sql.ts'

/** A line as it is stored: what was seen of it, what it is linked to, and its counters. */
export interface StoredLine extends LineState {
  readonly sku: string | null
  readonly units: number
  readonly state: OrderLine['state']
  /** Units of each SKU in one unit of the listing, as they were when stock was first taken. */
  readonly components: readonly { readonly sku: string; readonly quantity: number }[] | null
  readonly provider: ProviderSeen
  /** Cancelled and shipped before the merchant's count: no stock is moved for these. */
  readonly ignored: Ignored
  readonly taken: number
  readonly released: number
  readonly shipped: number
}

/** Where units of a line were taken from, with the times that a provider's reading is held against. */
export interface StoredAllocation extends Allocation, ReadingAllocation {
  readonly releasedAt: string | null
}

export interface StoredOrder {
  readonly connection: string
  readonly id: string
  readonly header: OrderHeader
  readonly reached: Milestone
  /** Where it goes, no closer than the country. */
  readonly country: string | null
  readonly firstSeenAt: string
  /** 0: not stored yet. */
  readonly revision: number
  readonly lines: readonly StoredLine[]
  readonly allocations: readonly StoredAllocation[]
}

interface OrderRow {
  id: string
  first_seen_at: string
  revision: number
  facts: string
}

interface LineRow {
  sku: string | null
  units: number
  state: OrderLine['state']
  taken: number
  released: number
  shipped: number
  components: string | null
  facts: string
}

interface AllocationRow {
  line_id: string
  sku: string
  location: string
  taken: number
  released: number
  shipped: number
  accepted_at: string | null
  released_at: string | null
  shipped_at: string | null
  accepted: number
  put_back: number
  put_back_at: string | null
  waiting: number
}

export async function loadOrder(
  tx: Transaction,
  connection: string,
  id: string,
): Promise<StoredOrder | null> {
  const row = await tx.get<OrderRow>(
    'SELECT id, first_seen_at, revision, facts FROM orders WHERE connection = ? AND id = ?',
    [connection, id],
  )
  if (row === undefined) return null
  const facts = JSON.parse(row.facts) as Pick<StoredOrder, 'header' | 'reached' | 'country'>
  return {
    connection,
    id,
    ...facts,
    firstSeenAt: row.first_seen_at,
    revision: Number(row.revision),
    lines: await loadLines(tx, connection, id),
    allocations: await loadAllocations(tx, connection, id),
  }
}

async function loadLines(tx: Transaction, connection: string, id: string): Promise<StoredLine[]> {
  const rows = await tx.all<LineRow>(
    `SELECT sku, units, state, taken, released, shipped, components, facts FROM order_line
     WHERE connection = ? AND order_id = ?`,
    [connection, id],
  )
  const lines = rows.map((row): StoredLine => {
    const facts = JSON.parse(row.facts) as LineState & Pick<StoredLine, 'provider' | 'ignored'>
    const { sku, state } = row
    return {
      ...facts,
      sku,
      state,
      units: Number(row.units),
      components: row.components === null ? null : JSON.parse(row.components),
      taken: Number(row.taken),
      released: Number(row.released),
      shipped: Number(row.shipped),
    }
  })
  return lines.sort((a, b) => a.facts.position - b.facts.position || (a.facts.id < b.facts.id ? -1 : 1))
}

/** In the order in which units are shipped: by line, and by the priority of the location. */
async function loadAllocations(tx: Transaction, connection: string, id: string): Promise<StoredAllocation[]> {
  const rows = await tx.all<AllocationRow>(
    `SELECT allocation.* FROM allocation LEFT JOIN location ON location.id = allocation.location
     WHERE allocation.connection = ? AND order_id = ? AND (taken > 0 OR accepted > 0)
     ORDER BY line_id, sku, location.priority, location`,
    [connection, id],
  )
  return rows.map(toAllocation)
}

export function toAllocation(row: AllocationRow): StoredAllocation {
  const counts = {
    taken: Number(row.taken),
    released: Number(row.released),
    shipped: Number(row.shipped),
    accepted: Number(row.accepted),
    putBack: Number(row.put_back),
    waiting: Number(row.waiting),
  }
  return {
    line: row.line_id,
    sku: row.sku,
    location: row.location,
    ...counts,
    held: heldOf(counts),
    acceptedAt: row.accepted_at,
    releasedAt: row.released_at,
    shippedAt: row.shipped_at,
    putBackAt: row.put_back_at,
  }
}

/** Writes an order, its changed lines and its changed allocations. */
export async function saveOrder(
  tx: Transaction,
  order: StoredOrder,
  before: StoredOrder | null,
): Promise<void> {
  const { connection, id, header, reached, country } = order
  await tx.run(
    `INSERT INTO orders (connection, id, status, placed_at, updated_at, first_seen_at, revision, facts)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (connection, id) DO UPDATE SET status = excluded.status, placed_at = excluded.placed_at,
       updated_at = excluded.updated_at, first_seen_at = excluded.first_seen_at, revision = excluded.revision,
       facts = excluded.facts`,
    [
      connection,
      id,
      statusOfOrder(order),
      header.placedAt,
      header.updatedAt,
      order.firstSeenAt,
      order.revision,
      JSON.stringify({ header, reached, country }),
    ],
  )
  const known = new Map(before?.lines.map((line) => [line.facts.id, line]))
  const changed = order.lines.filter((line) => !same(line, known.get(line.facts.id)))
  for (const some of chunks(changed, 50)) {
    await tx.run(
      `INSERT INTO order_line (connection, order_id, id, listing, sku, units, state, placed_at, ordered, taken,
         released, shipped, components, facts)
       VALUES ${rowMarks(some.length, 14)}
       ON CONFLICT (connection, order_id, id) DO UPDATE SET listing = excluded.listing, sku = excluded.sku,
         units = excluded.units, state = excluded.state, placed_at = excluded.placed_at, ordered = excluded.ordered,
         taken = excluded.taken, released = excluded.released, shipped = excluded.shipped,
         components = excluded.components, facts = excluded.facts`,
      flat(some.map((line) => lineValues(order, line))),
    )
  }
  await saveAllocations(tx, order, before?.allocations ?? [])
}

function lineValues({ connection, id, header }: StoredOrder, line: StoredLine): SqlValue[] {
  const { facts, factsAt, platform, seen, provider, ignored } = line
  return [
    connection,
    id,
    facts.id,
    facts.listing,
    line.sku,
    line.units,
    line.state,
    header.placedAt,
    seen.ordered,
    line.taken,
    line.released,
    line.shipped,
    line.components === null ? null : JSON.stringify(line.components),
    JSON.stringify({ facts, factsAt, platform, seen, provider, ignored }),
  ]
}

async function saveAllocations(
  tx: Transaction,
  order: StoredOrder,
  before: readonly StoredAllocation[],
): Promise<void> {
  const known = new Map(before.map((one) => [allocationKey(one), one]))
  const changed = order.allocations.filter((one) => !same(one, known.get(allocationKey(one))))
  for (const some of chunks(changed, 50)) {
    const rows = some.map((one): SqlValue[] => [
      order.connection,
      order.id,
      one.line,
      one.sku,
      one.location,
      one.taken,
      one.released,
      one.shipped,
      one.acceptedAt,
      one.releasedAt,
      one.shippedAt,
      one.accepted,
      one.putBack,
      one.putBackAt,
      one.waiting,
    ])
    await tx.run(
      `INSERT INTO allocation (connection, order_id, line_id, sku, location, taken, released, shipped,
         accepted_at, released_at, shipped_at, accepted, put_back, put_back_at, waiting)
       VALUES ${rowMarks(rows.length, 15)}
       ON CONFLICT (connection, order_id, line_id, sku, location) DO UPDATE SET taken = excluded.taken,
         released = excluded.released, shipped = excluded.shipped, accepted_at = excluded.accepted_at,
         released_at = excluded.released_at, shipped_at = excluded.shipped_at, accepted = excluded.accepted,
         put_back = excluded.put_back, put_back_at = excluded.put_back_at,
         waiting = excluded.waiting, settled = 0`,
      flat(rows),
    )
  }
}

/** A place of which nothing has been asked yet. */
export const newAllocation = (line: string, sku: string, location: string): StoredAllocation => ({
  line,
  sku,
  location,
  taken: 0,
  released: 0,
  shipped: 0,
  held: 0,
  accepted: 0,
  putBack: 0,
  waiting: 0,
  acceptedAt: null,
  releasedAt: null,
  shippedAt: null,
  putBackAt: null,
})

export function allocationKey(one: Pick<Allocation, 'line' | 'sku' | 'location'>): string {
  return JSON.stringify([one.line, one.sku, one.location])
}

export function same(a: unknown, b: unknown): boolean {
  return a === b || canonicalJson(a) === canonicalJson(b)
}

export function stateOf({ header, reached, lines }: StoredOrder): OrderState {
  return { header, reached, lines }
}

/** By what the channel reports of the lines, so that it says the same whatever is linked and whoever ships. */
export function statusOfOrder({ header, reached, lines }: StoredOrder): OrderStatus {
  const sum = { open: 0, shipped: 0 }
  for (const { seen, provider } of lines) {
    const shipped = Math.max(seen.shipped, provider.shipped)
    sum.open += Math.max(0, seen.ordered - seen.cancelled - shipped)
    sum.shipped += shipped
  }
  return statusOf(reached, header.status, sum)
}

/** The order as the pool knows it. Its raw payload is with the buyer's data: it holds some. */
export function toOrder(order: StoredOrder): Order {
  return {
    connection: order.connection,
    ...order.header,
    status: statusOfOrder(order),
    lines: order.lines.map(toLine),
    raw: null,
  }
}

function toLine(line: StoredLine): OrderLine {
  const { position: _position, ...facts } = line.facts
  const { sku, units, state, seen, taken, released, shipped } = line
  return {
    ...facts,
    sku: sku as OrderLine['sku'],
    units,
    state,
    ordered: seen.ordered,
    taken,
    released,
    shipped,
    returned: seen.returned,
  }
}
