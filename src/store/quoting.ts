import type { RouteQuote } from '../order/index.ts'
import type { Transaction } from './database.ts'

/** What providers were asked of an order before it is routed for good. */
export interface Quoting {
  /** From then the order goes on without those that have not answered: ISO 8601 UTC. */
  readonly until: string
  /** Providers that have not answered. */
  readonly pending: readonly string[]
  readonly quotes: readonly RouteQuote[]
  /** Whether the order was routed by them. */
  readonly routed: boolean
}

interface QuotingRow {
  until: string
  pending: string
  quotes: string
  routed: number
}

export async function getQuoting(
  tx: Transaction,
  connection: string,
  order: string,
): Promise<Quoting | null> {
  const row = await tx.get<QuotingRow>(
    'SELECT until, pending, quotes, routed FROM quoting WHERE connection = ? AND order_id = ?',
    [connection, order],
  )
  if (row === undefined) return null
  const { until, pending, quotes, routed } = row
  return { until, pending: JSON.parse(pending), quotes: JSON.parse(quotes), routed: Number(routed) === 1 }
}

/** The caller holds the order's lock. */
export async function putQuoting(
  tx: Transaction,
  connection: string,
  order: string,
  { until, pending, quotes, routed }: Quoting,
): Promise<void> {
  await tx.run(
    `INSERT INTO quoting (connection, order_id, until, pending, quotes, routed) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (connection, order_id) DO UPDATE SET until = excluded.until, pending = excluded.pending,
       quotes = excluded.quotes, routed = excluded.routed`,
    [connection, order, until, JSON.stringify(pending), JSON.stringify(quotes), routed ? 1 : 0],
  )
}

/** Orders whose providers have had their time. */
export async function overdueQuotings(
  tx: Transaction,
  at: string,
): Promise<{ connection: string; order: string }[]> {
  return tx.all<{ connection: string; order: string }>(
    'SELECT connection, order_id AS "order" FROM quoting WHERE routed = 0 AND until <= ? ORDER BY until LIMIT 500',
    [at],
  )
}
