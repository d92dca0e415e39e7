import type { Balance } from '../model/stock.ts'
import type { Transaction } from './database.ts'
import { chunks, marks, padded } from './sql.ts'

/** The balances of these SKUs, by SKU, each in the order of its locations' names. A SKU without any is absent. */
export async function balancesOf(tx: Transaction, skus: readonly string[]): Promise<Map<string, Balance[]>> {
  const found = new Map<string, Balance[]>()
  for (const some of chunks(skus, 500)) {
    const list = padded(some)
    const rows = await tx.all<Balance>(
      `SELECT sku, location, available, reserved, quarantined FROM balance
       WHERE sku IN (${marks(list.length)}) ORDER BY sku, location`,
      list,
    )
    for (const row of rows) {
      const balance = {
        sku: row.sku,
        location: row.location,
        available: Number(row.available),
        reserved: Number(row.reserved),
        quarantined: Number(row.quarantined),
      }
      const known = found.get(row.sku)
      if (known === undefined) found.set(row.sku, [balance])
      else known.push(balance)
    }
  }
  return found
}
