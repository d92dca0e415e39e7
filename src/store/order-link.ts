import type { Transaction } from './database.ts'
import { componentsOfAll } from './kits.ts'
import { holdCatalogue } from './locks.ts'
import type { StoredLine, StoredOrder } from './order-rows.ts'
import { chunks, marks } from './sql.ts'

/** Links what has become linkable. What stock was once taken for stays as it was, whatever the listing says now. */
export async function linkLines(tx: Transaction, order: StoredOrder): Promise<StoredLine[]> {
  const lines = await linkedNow(tx, order)
  if (tx.dialect === 'sqlite' || !lines.some(({ state }) => state === 'unlinked')) return lines
  // A link that is being made at this moment goes on with the orders that it sees: it must see this one, or we it.
  await holdCatalogue(tx)
  return linkedNow(tx, order)
}

async function linkedNow(tx: Transaction, order: StoredOrder): Promise<StoredLine[]> {
  const waiting = order.lines.filter((line) => line.components === null && !line.platform)
  const names = waiting.flatMap(({ facts }) => (facts.listing === null ? [] : [facts.listing as string]))
  const listings = new Map<string, { sku: string; units: number }>()
  for (const some of chunks([...new Set(names)])) {
    const rows = await tx.all<{ listing: string; sku: string; units: number }>(
      `SELECT listing, sku, units FROM listing WHERE connection = ? AND listing IN (${marks(some.length)})
       ORDER BY listing, place DESC`,
      [order.connection, ...some],
    )
    for (const { listing, sku, units } of rows) listings.set(listing, { sku, units: Number(units) })
  }
  const kits = await componentsOfAll(
    tx,
    [...listings.values()].map(({ sku }) => sku),
  )
  return order.lines.map((line): StoredLine => {
    if (line.platform) return { ...line, state: 'platform' }
    if (line.components !== null) return line
    const link = line.facts.listing === null ? undefined : listings.get(line.facts.listing)
    const parts = link === undefined ? undefined : kits.get(link.sku)
    if (link === undefined || parts === undefined) return { ...line, state: 'unlinked' }
    const components = parts.map(({ sku, quantity }) => ({ sku, quantity: quantity * link.units }))
    return { ...line, state: 'counted', sku: link.sku, units: link.units, components }
  })
}
