import { type BalanceChange, rowName } from '../stock/moves.ts'
import type { Transaction } from './database.ts'
import { emitAll, type News, news } from './events.ts'
import { chunks, marks, padded, sized } from './sql.ts'

/** So many units of a SKU that were taken and are not there; `by` is the part that this posting added. */
export interface Oversold {
  readonly sku: string
  readonly location: string
  readonly by: number
  readonly available: number
}

/** What a posting did, as far as others must hear of it. */
export interface Deed {
  readonly key: string
  readonly at: string
  readonly order?: { readonly connection: string; readonly order: string }
  readonly changes: readonly BalanceChange[]
  /** A reading is no sale: what a provider booked before we heard of it is missing only until we do. */
  readonly observed: boolean
}

/**
 * Writes the events of each posting in their order. `after` is what is available in each row after the last of them. What
 * each of them oversold.
 */
export async function tellAll(
  tx: Transaction,
  deeds: readonly Deed[],
  after: ReadonlyMap<string, number>,
): Promise<Oversold[][]> {
  const { news, oversold } = newsOfAll(deeds, after, await levelsOf(tx, deeds))
  await emitAll(tx, news)
  return oversold
}

/** Of the items with a reorder point: that, and what is available over all locations after the last posting. */
export type Levels = ReadonlyMap<string, { readonly point: number; readonly available: number }>

/** The events of these postings, in their order, and what each of them oversold. */
export function newsOfAll(
  deeds: readonly Deed[],
  after: ReadonlyMap<string, number>,
  levels: Levels,
): { news: News[]; oversold: Oversold[][] } {
  const oversold = oversoldBy(deeds, after)
  const low = lowBy(deeds, levels)
  const told = deeds.flatMap((deed, index) => newsOf(deed, oversold[index] ?? [], low[index] ?? []))
  return { news: told, oversold }
}

function newsOf(deed: Deed, oversold: readonly Oversold[], low: readonly News[]): News[] {
  const { at, key, order, changes } = deed
  if (changes.length === 0) return []
  const whose = { connection: order?.connection ?? null, order: order?.order ?? null }
  const skus = [...new Set(changes.map(({ sku }) => sku))]
  return [
    ...oversold.map((one) => news(at, 'stock.oversold', { ...one, ...whose })),
    ...low,
    news(at, 'stock.changed', { skus, key }),
  ]
}

/** The part of a shortfall that each posting added: giving to a balance below zero adds none. */
function oversoldBy(deeds: readonly Deed[], last: ReadonlyMap<string, number>): Oversold[][] {
  const after = new Map(last)
  return backwards(deeds, ({ changes, observed }) =>
    changes.flatMap((change) => {
      const { sku, location } = change
      const available = after.get(rowName(change)) ?? 0
      const before = available - change.available
      after.set(rowName(change), before)
      const by = Math.max(0, -available) - Math.max(0, -before)
      return by > 0 && !observed ? [{ sku, location, by, available }] : []
    }),
  )
}

const reorderPoints = sized(
  (count) =>
    `SELECT sku, reorder_point AS point,
       (SELECT SUM(available) FROM balance WHERE balance.sku = item.sku) AS available
     FROM item WHERE sku IN (${marks(count)}) AND reorder_point IS NOT NULL`,
)

async function levelsOf(tx: Transaction, deeds: readonly Deed[]): Promise<Levels> {
  const nets = deeds.map(({ changes }) => netOf(changes))
  const fell = new Set(nets.flatMap((net) => [...net.keys()].filter((sku) => (net.get(sku) ?? 0) < 0)))
  const levels = new Map<string, { point: number; available: number }>()
  for (const some of chunks([...fell]).map(padded)) {
    const rows = await tx.all<{ sku: string; point: number; available: number }>(
      reorderPoints(some.length),
      some,
    )
    for (const { sku, point, available } of rows) {
      levels.set(sku, { point: Number(point), available: Number(available) })
    }
  }
  return levels
}

/** `stock.low` for each item whose stock, over all locations, a posting brought down to its reorder point. */
function lowBy(deeds: readonly Deed[], levels: Levels): News[][] {
  if (levels.size === 0) return []
  const now = new Map([...levels].map(([sku, { available }]) => [sku, available]))
  return backwards(deeds, ({ at, changes }) =>
    [...netOf(changes)].flatMap(([sku, net]) => {
      const reorderPoint = levels.get(sku)?.point
      if (reorderPoint === undefined) return []
      const available = now.get(sku) ?? 0
      const before = available - net
      now.set(sku, before)
      const crossed = available <= reorderPoint && before > reorderPoint
      return crossed ? [news(at, 'stock.low', { sku, available, reorderPoint })] : []
    }),
  )
}

/** By how much what is available of each SKU changed over all locations. */
function netOf(changes: readonly BalanceChange[]): Map<string, number> {
  const net = new Map<string, number>()
  for (const { sku, available } of changes) net.set(sku, (net.get(sku) ?? 0) + available)
  return net
}

/** Visits the last first, since what is known is how it all ended; answers in the order given. */
function backwards<T, R>(values: readonly T[], visit: (value: T, index: number) => R): R[] {
  return values
    .map((value, index) => ({ value, index }))
    .reverse()
    .map(({ value, index }) => visit(value, index))
    .reverse()
}
