import type { Clock, Token, Tokens } from '../spec/context.ts'
import type { Database } from '../store/database.ts'
import { acquireLease, releaseLease } from '../store/leases.ts'
import { deleteToken, readToken, writeToken } from '../store/tokens.ts'
import { later } from './backoff.ts'
import type { Vault } from './vault.ts'

const aheadMs = 60_000
const refreshMs = 60_000
const askAgainMs = 200

export interface TokensOptions {
  readonly database: Database
  readonly vault: Vault
  readonly clock: Clock
  readonly connection: string
  /** Told of every token, so that the redaction knows it. */
  readonly secret: (value: string) => void
}

/**
 * One connection's tokens. A refresh is done by one caller of one process, under a lease; all others wait for its
 * result. The new token is stored before anybody uses it, so that a rotated one is never lost.
 */
export function createTokens({ database, vault, clock, connection, secret }: TokensOptions): Tokens {
  const underWay = new Map<string, Promise<string>>()
  const owner = crypto.randomUUID()

  const stored = async (name: string): Promise<Token | null> => {
    const row = await database.read((tx) => readToken(tx, connection, name))
    if (row === null) return null
    const value = vault.reveal(row.value)
    secret(value)
    return { value, expiresAt: row.expiresAt === null ? null : Date.parse(row.expiresAt) }
  }
  const fresh = (token: Token | null): token is Token =>
    token !== null && (token.expiresAt === null || token.expiresAt - aheadMs > clock.now())

  const refreshOnce = async (
    name: string,
    refresh: (previous: Token | null) => Promise<Token>,
  ): Promise<string> => {
    for (;;) {
      const at = new Date(clock.now()).toISOString()
      const lease = await database.transaction((tx) =>
        acquireLease(tx, { name: `token/${connection}/${name}`, owner, at, until: later(at, refreshMs) }),
      )
      const current = await stored(name)
      if (fresh(current)) {
        if (lease) await database.transaction((tx) => releaseLease(tx, lease))
        return current.value
      }
      if (lease === null) {
        await clock.sleep(askAgainMs)
        continue
      }
      try {
        const token = await refresh(current)
        secret(token.value)
        const expiresAt = token.expiresAt === null ? null : new Date(token.expiresAt).toISOString()
        await database.transaction((tx) =>
          writeToken(tx, connection, name, { value: vault.protect(token.value), expiresAt }),
        )
        return token.value
      } finally {
        await database.transaction((tx) => releaseLease(tx, lease))
      }
    }
  }

  return {
    async get(name, refresh) {
      const current = await stored(name)
      if (fresh(current)) return current.value
      const running = underWay.get(name)
      if (running) return running
      const started = refreshOnce(name, refresh).finally(() => underWay.delete(name))
      underWay.set(name, started)
      return started
    },
    async invalidate(name, value) {
      const current = await stored(name)
      if (current?.value === value) await database.transaction((tx) => deleteToken(tx, connection, name))
    },
  }
}
