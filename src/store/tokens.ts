import type { Transaction } from './database.ts'

export interface TokenRow {
  /** As it was given: encrypted when the hub has a key. */
  readonly value: string
  readonly expiresAt: string | null
}

export async function readToken(tx: Transaction, connection: string, name: string): Promise<TokenRow | null> {
  const row = await tx.get<{ value: string; expires_at: string | null }>(
    'SELECT value, expires_at FROM token WHERE connection = ? AND name = ?',
    [connection, name],
  )
  return row ? { value: row.value, expiresAt: row.expires_at } : null
}

export async function writeToken(
  tx: Transaction,
  connection: string,
  name: string,
  token: TokenRow,
): Promise<void> {
  await tx.run(
    `INSERT INTO token (connection, name, value, expires_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (connection, name) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`,
    [connection, name, token.value, token.expiresAt],
  )
}

/** Deletes a token if it is still this one, as it is stored: a newer one stays. */
export async function deleteToken(
  tx: Transaction,
  connection: string,
  name: string,
  { value }: TokenRow,
): Promise<void> {
  await tx.run('DELETE FROM token WHERE connection = ? AND name = ? AND value = ?', [connection, name, value])
}
