import type { Transaction } from './database.ts'
import { flat, pieces, rowMarks, sized } from './sql.ts'

/** What was sold of one listing since an instant. */
export interface SoldQuery {
  readonly connection: string
  readonly listing: string
  /** ISO 8601 UTC. */
  readonly after: string
  /** Only orders that were read by then, ISO 8601 UTC: a look that began then shows them. Default: all. */
  readonly seenBy?: string | undefined
  readonly by?: 'placed' | 'seen'
}

/** The listing of an order line has one number on its channel. */
const atOnePlace = `(SELECT COUNT(*) FROM listing
  WHERE listing.connection = order_line.connection AND listing.listing = order_line.listing) <= 1`

const times = { placed: 'order_line.placed_at', seen: 'orders.first_seen_at' } as const
const sold = (by: keyof typeof times) =>
  sized(
    (rows) =>
      `SELECT asked.column1 AS asked, SUM(order_line.taken - order_line.released) AS units
       FROM (VALUES ${rowMarks(rows, 4)}) AS asked
       JOIN order_line ON order_line.listing = asked.column2
       JOIN orders ON orders.connection = order_line.connection AND orders.id = order_line.order_id
       WHERE order_line.connection = ? AND ${times[by]} > asked.column3 AND order_line.state = 'counted'
         AND orders.first_seen_at <= asked.column4 AND ${atOnePlace}
       GROUP BY asked.column1`,
  )
const soldBy = { placed: sold('placed'), seen: sold('seen') }

/**
 * Units of each listing that were sold since an instant, less those cancelled again, in units of the listing: by so much may
 * the channel's own number have fallen without anything unknown having happened. In the order asked.
 *
 * `placed` goes by the channel's clock, and leaves out what was placed at the instant itself; `seen` goes by when the
 * order was first read, for an instant at which no sale was unread.
 *
 * An order does not say at which place of its listing it was sold: where there are several, none is counted, and what fell
 * there waits until every order of the time has been read.
 */
export async function unitsSold(
  tx: Transaction,
  connection: string,
  queries: readonly Omit<SoldQuery, 'connection'>[],
): Promise<number[]> {
  const units = queries.map(() => 0)
  for (const by of ['placed', 'seen'] as const) {
    const asked = queries.flatMap((query, index) =>
      (query.by ?? 'placed') === by ? [[String(index), query.listing, query.after, query.seenBy ?? '9']] : [],
    )
    for (const some of pieces(asked)) {
      const rows = await tx.all<{ asked: string; units: number }>(soldBy[by](some.length), [
        ...flat(some),
        connection,
      ])
      for (const row of rows) units[Number(row.asked)] = Number(row.units)
    }
  }
  return units
}

/** The same of one listing. */
export async function unitsSoldSince(tx: Transaction, { connection, ...query }: SoldQuery): Promise<number> {
  const [units = 0] = await unitsSold(tx, connection, [query])
  return units
}

/** Of the sales that were unseen at an instant, those whose orders have been read since, in units of the listing. */
export async function salesArrived(
  tx: Transaction,
  { connection, listing, at }: { connection: string; listing: string; at: string },
): Promise<number> {
  const row = await tx.get<{ units: number | null }>(
    `SELECT SUM(taken - released) AS units FROM order_line
     JOIN orders ON orders.connection = order_line.connection AND orders.id = order_line.order_id
     WHERE order_line.connection = ? AND listing = ? AND state = 'counted'
       AND order_line.placed_at <= ? AND orders.first_seen_at > ? AND ${atOnePlace}`,
    [connection, listing, at, at],
  )
  return Number(row?.units ?? 0)
}
