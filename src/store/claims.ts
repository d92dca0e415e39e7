import { hash } from 'node:crypto'
import { StockpoolError } from '../error.ts'
import type { MovementReason } from '../model/stock.ts'
import { canonicalJson } from '../stock/canonical.ts'
import type { Transaction } from './database.ts'

/** Claims a key for what is meant by it; `false` when it was claimed before for the same. Throws `conflict` for another. */
export async function claim(tx: Transaction, key: string, meaning: unknown, at: string): Promise<boolean> {
  const digest = digestOf(meaning)
  const claimed = await tx.run(
    'INSERT INTO posting (key, hash, at) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING',
    [key, digest, at],
  )
  return claimed === 1 || !(await sameBefore(tx, key, digest))
}

/** Whether a `derived` posting of this key and body was made before. Throws `conflict` when the body was another. */
export async function claimedBefore(
  tx: Transaction,
  key: string,
  reason: MovementReason,
  body: unknown,
): Promise<boolean> {
  return sameBefore(tx, key, digestOf([reason, body]))
}

async function sameBefore(tx: Transaction, key: string, digest: string): Promise<boolean> {
  const known = await tx.get<{ hash: string }>('SELECT hash FROM posting WHERE key = ?', [key])
  if (known === undefined) return false
  if (known.hash === digest) return true
  throw new StockpoolError('conflict', `key ${key} was used before with another body`, {
    field: 'key',
    remedy: 'Use a new key for a new posting, or repeat the old one unchanged.',
    details: { key },
  })
}

function digestOf(meaning: unknown): string {
  return hash('sha256', canonicalJson(meaning), 'base64url')
}
