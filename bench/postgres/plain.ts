import { createHash } from 'node:crypto'
import { Pool, type PoolClient } from 'pg'

/**
 * A reservation as an experienced developer would write it by hand, over the same tables and row for row the same: eight
 * statements, each prepared once, the balances locked in one order, no retries needed. What can be written by one statement
 * is, which spares it three round trips that the plainest code would make.
 */
const statements = {
  lock: `SELECT sku, available FROM balance WHERE sku IN ($1, $2) AND location = 'main'
    ORDER BY sku, location FOR UPDATE`,
  take: `UPDATE balance SET available = available - $2, reserved = reserved + $2, marked = marked + 1
    WHERE sku = $1 AND location = 'main' AND available >= $2 RETURNING marked`,
  post: `WITH claimed AS (INSERT INTO posting (key, hash, at) VALUES ($1, $2, $3))
    INSERT INTO movement (key, at, sku, from_bucket, from_location, to_bucket, to_location, quantity, reason)
    VALUES ($1, $3, $4, 'available', 'main', 'reserved', 'main', $6, 'reserved'),
      ($1, $3, $5, 'available', 'main', 'reserved', 'main', $6, 'reserved')`,
  hold: `WITH made AS (INSERT INTO reservation (key, open) VALUES ($1, 1))
    INSERT INTO reservation_line (reservation, sku, location, taken)
    VALUES ($1, $2, 'main', $4), ($1, $3, 'main', $4)`,
  tell: `INSERT INTO event (type, at, data) VALUES ('stock.changed', $1, $2)`,
  tellAndMark: `WITH told AS (INSERT INTO event (type, at, data) VALUES ('stock.changed', $1, $2))
    UPDATE push SET generation = generation + 1, changed_at = COALESCE(changed_at, $1) WHERE listing IN (
      SELECT push.listing FROM listing_sku JOIN push ON push.listing = listing_sku.listing
      WHERE listing_sku.sku IN ($3, $4) AND push.generation <= push.planned
      ORDER BY push.listing FOR UPDATE OF push)`,
} as const

export class Plain {
  readonly #pool: Pool

  /** Each of so many callers has a connection. */
  constructor(url: string, schema: string, callers: number) {
    this.#pool = new Pool({
      connectionString: url,
      max: callers,
      options: `-c search_path=${schema}`,
      idleTimeoutMillis: 0,
    })
  }

  async reserve(skus: readonly [string, string], key: string): Promise<void> {
    const client = await this.#pool.connect()
    try {
      await client.query('BEGIN')
      await reserveBy(client, skus.toSorted(), key)
      await client.query('COMMIT')
    } catch (error) {
      await client.query('ROLLBACK')
      throw error
    } finally {
      client.release()
    }
  }

  end(): Promise<void> {
    return this.#pool.end()
  }
}

async function reserveBy(client: PoolClient, skus: readonly string[], key: string): Promise<void> {
  const at = new Date().toISOString()
  const run = (name: keyof typeof statements, values: readonly unknown[]) =>
    client.query({ name, text: statements[name], values: [...values] })
  const locked = await run('lock', skus)
  if (locked.rows.length !== 2) throw new Error('a balance is not there')
  let unmarked = false
  for (const sku of skus) {
    const { rows } = await run('take', [sku, 1])
    if (rows.length !== 1) throw new Error(`short of ${sku}`)
    unmarked ||= Number(rows[0].marked) === 1
  }
  const hash = createHash('sha256').update(JSON.stringify(skus)).digest('base64url')
  await run('post', [key, hash, at, ...skus, 1])
  await run('hold', [key, ...skus, 1])
  const told = [at, JSON.stringify({ skus, key })]
  await (unmarked ? run('tellAndMark', [...told, ...skus]) : run('tell', told))
}
