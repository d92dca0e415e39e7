import { hash } from 'node:crypto'
import { StockpoolError } from '../error.ts'
import type { MovementReason } from '../model/stock.ts'
import { canonicalJson } from '../stock/canonical.ts'
import type { Transaction } from './database.ts'
import { chunks, marks, padded, pieces, rowMarks, sized } from './sql.ts'

/** A key, and what is meant by it. */
export interface Claim {
  readonly key: string
  readonly meaning: unknown
  readonly at: string
}

const insertClaims = sized(
  (rows) => `INSERT INTO posting (key, hash, at) VALUES ${rowMarks(rows, 3)} ON CONFLICT (key) DO NOTHING`,
)

/** Claims keys, all of them different. How many of them nobody had claimed before. */
export async function claimAll(tx: Transaction, claims: readonly Claim[]): Promise<number> {
  let claimed = 0
  for (const some of pieces(claims)) {
    const values = some.flatMap(({ key, meaning, at }) => [key, digestOf(meaning), at])
    claimed += await tx.run(insertClaims(some.length), values)
  }
  return claimed
}

/** Claims a key; `false` when it was claimed before for the same. Throws `conflict` for another. */
export async function claim(tx: Transaction, one: Claim): Promise<boolean> {
  if ((await claimAll(tx, [one])) === 1) return true
  return !repeats(await claimsOf(tx, [one.key]), one.key, one.meaning)
}

/** What was meant by those of these keys that were claimed before, in a digest. */
export async function claimsOf(tx: Transaction, keys: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const some of chunks(keys).map(padded)) {
    const rows = await tx.all<{ key: string; hash: string }>(
      `SELECT key, hash FROM posting WHERE key IN (${marks(some.length)})`,
      some,
    )
    for (const row of rows) found.set(row.key, row.hash)
  }
  return found
}

/** Whether a `derived` posting of this key and body was made before. Throws `conflict` when the body was another. */
export async function claimedBefore(
  tx: Transaction,
  key: string,
  reason: MovementReason,
  body: unknown,
): Promise<boolean> {
  return repeats(await claimsOf(tx, [key]), key, [reason, body])
}

/** Whether the key is among those claimed, for the same. Throws `conflict` for another. */
export function repeats(claimed: ReadonlyMap<string, string>, key: string, meaning: unknown): boolean {
  const digest = claimed.get(key)
  if (digest === undefined) return false
  if (digest === digestOf(meaning)) return true
  throw new StockpoolError('conflict', `key ${key} was used before with another body`, {
    field: 'key',
    remedy: 'Use a new key for a new posting, or repeat the old one unchanged.',
    details: { key },
  })
}

/** The digest of what is meant by a key. */
export function digestOf(meaning: unknown): string {
  return hash('sha256', canonicalJson(meaning), 'base64url')
}
