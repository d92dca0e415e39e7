import type { Movement } from '../model/stock.ts'
import type { Transaction } from './database.ts'

interface MovementRow {
  id: number
  key: string
  at: string
  sku: string
  from_bucket: string
  from_location: string | null
  to_bucket: string
  to_location: string | null
  quantity: number
  reason: string
  cause: string | null
}

/** The ledger of one SKU, oldest first. The last id is the `after` of the next page. */
export async function listMovements(
  tx: Transaction,
  { sku, after, limit }: { readonly sku: string; readonly after: number; readonly limit: number },
): Promise<Movement[]> {
  const rows = await tx.all<MovementRow>(
    'SELECT * FROM movement WHERE sku = ? AND id > ? ORDER BY id LIMIT ?',
    [sku, after, limit],
  )
  return rows.map(toMovement)
}

// What is read here was checked when it was written.
function toMovement(row: MovementRow): Movement {
  return {
    id: Number(row.id),
    key: row.key,
    at: row.at,
    sku: row.sku as Movement['sku'],
    from: {
      bucket: row.from_bucket as Movement['from']['bucket'],
      location: row.from_location as Movement['from']['location'],
    },
    to: {
      bucket: row.to_bucket as Movement['to']['bucket'],
      location: row.to_location as Movement['to']['location'],
    },
    quantity: Number(row.quantity),
    reason: row.reason as Movement['reason'],
    cause: row.cause,
  }
}
