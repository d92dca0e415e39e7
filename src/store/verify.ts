import type { Transaction } from './database.ts'

/** A balance that is not what it should be. */
export interface Difference {
  readonly sku: string
  readonly location: string
  readonly bucket: 'available' | 'reserved' | 'quarantined'
  /** `ledger`: the movements fold to `expected`. `holds`: the open reservations and orders hold `expected`. */
  readonly against: 'ledger' | 'holds'
  readonly expected: number
  readonly actual: number
}

/** What `hub.stock.verify()` found: the ledger summed up again, compared with the balances. */
export interface Verification {
  readonly ok: boolean
  readonly differences: readonly Difference[]
}

interface Row {
  sku: string
  location: string
  available: number
  reserved: number
  quarantined: number
  ledger_available: number
  ledger_reserved: number
  ledger_quarantined: number
  held: number
}

const zero = '0 AS available, 0 AS reserved, 0 AS quarantined'
const noLedger = '0 AS ledger_available, 0 AS ledger_reserved, 0 AS ledger_quarantined'

/** One side of every movement, as what it added to a balance row. */
function side(name: 'from' | 'to'): string {
  const sum = (bucket: string) =>
    `SUM(CASE WHEN ${name}_bucket = '${bucket}' THEN quantity ELSE 0 END)${name === 'from' ? ' * -1' : ''}`
  return `SELECT sku, ${name}_location AS location, ${zero}, ${sum('available')} AS ledger_available,
      ${sum('reserved')} AS ledger_reserved, ${sum('quarantined')} AS ledger_quarantined, 0 AS held
    FROM movement WHERE ${name}_location IS NOT NULL GROUP BY sku, ${name}_location`
}

function holds(table: 'reservation_line' | 'allocation'): string {
  return `SELECT sku, location, ${zero}, ${noLedger}, taken - released - shipped AS held FROM ${table}
    WHERE taken > released + shipped`
}

const query = `SELECT sku, location, SUM(available) AS available, SUM(reserved) AS reserved,
    SUM(quarantined) AS quarantined, SUM(ledger_available) AS ledger_available,
    SUM(ledger_reserved) AS ledger_reserved, SUM(ledger_quarantined) AS ledger_quarantined, SUM(held) AS held
  FROM (
    SELECT sku, location, available, reserved, quarantined, ${noLedger}, 0 AS held FROM balance
    UNION ALL ${side('to')}
    UNION ALL ${side('from')}
    UNION ALL ${holds('reservation_line')}
    UNION ALL ${holds('allocation')}
  ) AS parts
  GROUP BY sku, location
  HAVING SUM(available) <> SUM(ledger_available) OR SUM(reserved) <> SUM(ledger_reserved)
    OR SUM(quarantined) <> SUM(ledger_quarantined) OR SUM(reserved) <> SUM(held)
  ORDER BY sku, location`

/** Folds the whole ledger anew and adds up the open holds, and compares both with the balances. Reads everything. */
export async function verify(tx: Transaction): Promise<Verification> {
  const differences = (await tx.all<Row>(query)).flatMap(differencesOf)
  return { ok: differences.length === 0, differences }
}

function differencesOf(row: Row): Difference[] {
  const { sku, location } = row
  const found: Difference[] = []
  for (const bucket of ['available', 'reserved', 'quarantined'] as const) {
    const [expected, actual] = [Number(row[`ledger_${bucket}`]), Number(row[bucket])]
    if (expected !== actual) found.push({ sku, location, bucket, against: 'ledger', expected, actual })
  }
  const [expected, actual] = [Number(row.held), Number(row.reserved)]
  if (expected !== actual) {
    found.push({ sku, location, bucket: 'reserved', against: 'holds', expected, actual })
  }
  return found
}
