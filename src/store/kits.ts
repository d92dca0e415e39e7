import { StockpoolError } from '../error.ts'
import type { Transaction } from './database.ts'
import { chunks, marks, padded } from './sql.ts'

/** What one unit of each of these SKUs takes: an ordinary item is one of itself. SKUs that nobody made are absent. */
export async function componentsOfAll(
  tx: Transaction,
  skus: readonly string[],
): Promise<Map<string, { sku: string; quantity: number }[]>> {
  const found = new Map<string, { sku: string; quantity: number }[]>()
  for (const some of chunks([...new Set(skus)]).map(padded)) {
    const rows = await tx.all<{ item: string; sku: string | null; quantity: number | null }>(
      `SELECT item.sku AS item, kit_component.sku AS sku, kit_component.quantity AS quantity
       FROM item LEFT JOIN kit_component ON kit_component.kit = item.sku
       WHERE item.sku IN (${marks(some.length)}) ORDER BY item.sku, kit_component.sku`,
      some,
    )
    for (const row of rows) {
      const part = { sku: row.sku ?? row.item, quantity: Number(row.quantity ?? 1) }
      const parts = found.get(row.item)
      if (parts === undefined) found.set(row.item, [part])
      else parts.push(part)
    }
  }
  return found
}

/** What one unit of a SKU takes. Throws `not_found` when there is no such item. */
export async function componentsOf(
  tx: Transaction,
  sku: string,
): Promise<{ sku: string; quantity: number }[]> {
  return (await componentsOfAll(tx, [sku])).get(sku) ?? noItem(sku)
}

export function noItem(sku: string, field = 'sku'): never {
  throw new StockpoolError('not_found', `there is no item ${sku}`, {
    field,
    remedy: 'Make it first with hub.items.put, or correct the SKU.',
    details: { sku },
  })
}

export function noLocation(location: string, field = 'location'): never {
  throw new StockpoolError('not_found', `there is no location ${location}`, {
    field,
    remedy: 'Make it first with hub.locations.put, or correct the name.',
    details: { location },
  })
}
