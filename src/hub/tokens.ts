import { isStockpoolError, StockpoolError } from '../error.ts'
import type { Clock, Token, Tokens } from '../spec/context.ts'
import type { Database } from '../store/database.ts'
import { acquireLease, assertLease, type Lease, releaseLease } from '../store/leases.ts'
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

/** One connection's tokens, for callers of many signals. */
export interface ConnectionTokens extends Tokens {
  /** The same tokens for a caller that waits only until its signal aborts. */
  withSignal(signal: AbortSignal): Tokens
}

type Refresh = (previous: Token | null) => Promise<Token>

/** A refresh that is under way, and the signal of the caller that does it. */
interface UnderWay {
  readonly value: Promise<string>
  readonly signal: AbortSignal | undefined
}

/**
 * One connection's tokens. A refresh is done by one caller of one process, under a lease that is renewed as long as it
 * takes; all others wait for its result. The new token is stored before anybody uses it, so that a rotated one is never
 * lost, and only while the lease is held, so that a late answer never replaces a newer one.
 */
export function createTokens({
  database,
  vault,
  clock,
  connection,
  secret,
}: TokensOptions): ConnectionTokens {
  const underWay = new Map<string, UnderWay>()
  const owner = crypto.randomUUID()
  const at = () => new Date(clock.now()).toISOString()

  const stored = async (name: string): Promise<Token | null> => {
    const row = await database.read((tx) => readToken(tx, connection, name))
    if (row === null) return null
    const value = vault.reveal(row.value)
    secret(value)
    return { value, expiresAt: row.expiresAt === null ? null : Date.parse(row.expiresAt) }
  }
  const fresh = (token: Token | null): token is Token =>
    token !== null && (token.expiresAt === null || token.expiresAt - aheadMs > clock.now())

  const take = (name: string): Promise<Lease | null> =>
    database.transaction((tx) =>
      acquireLease(tx, {
        name: `token/${connection}/${name}`,
        owner,
        at: at(),
        until: later(at(), refreshMs),
      }),
    )

  /** Renews the lease until the signal ends. One that has run out is not taken again: another process may refresh by now. */
  const keep = async (name: string, signal: AbortSignal): Promise<void> => {
    let ends = clock.now() + refreshMs
    while (!signal.aborted) {
      await clock.sleep(refreshMs / 3, signal).catch(() => undefined)
      if (signal.aborted || clock.now() >= ends) return
      if ((await take(name).catch(() => null)) !== null) ends = clock.now() + refreshMs
    }
  }

  /** Refreshes under the lease and stores the answer; `null` when another process has the lease by then. */
  const refreshed = async (
    name: string,
    lease: Lease,
    current: Token | null,
    refresh: Refresh,
  ): Promise<Token | null> => {
    const done = new AbortController()
    const keeper = keep(name, done.signal)
    try {
      const token = await refresh(current)
      secret(token.value)
      const expiresAt = token.expiresAt === null ? null : new Date(token.expiresAt).toISOString()
      await database.transaction(async (tx) => {
        await assertLease(tx, lease)
        await writeToken(tx, connection, name, { value: vault.protect(token.value), expiresAt })
      })
      return token
    } catch (thrown) {
      if (isStockpoolError(thrown, 'lease_lost')) return null
      throw thrown
    } finally {
      done.abort(new StockpoolError('aborted', 'the refresh has ended'))
      await keeper
      await database.transaction((tx) => releaseLease(tx, lease))
    }
  }

  const refreshOnce = async (
    name: string,
    refresh: Refresh,
    signal: AbortSignal | undefined,
  ): Promise<string> => {
    for (;;) {
      signal?.throwIfAborted()
      const lease = await take(name)
      const current = await stored(name)
      if (fresh(current)) {
        if (lease) await database.transaction((tx) => releaseLease(tx, lease))
        return current.value
      }
      if (lease === null) {
        await clock.sleep(askAgainMs, signal)
        continue
      }
      const token = await refreshed(name, lease, current, refresh)
      if (token !== null) return token.value
    }
  }

  const get = async (name: string, refresh: Refresh, signal: AbortSignal | undefined): Promise<string> => {
    for (;;) {
      signal?.throwIfAborted()
      const current = await stored(name)
      if (fresh(current)) return current.value
      const running = underWay.get(name)
      if (running === undefined) {
        const value = refreshOnce(name, refresh, signal).finally(() => underWay.delete(name))
        underWay.set(name, { value, signal })
        return value
      }
      try {
        return await orAborted(running.value, signal)
      } catch (thrown) {
        // The caller that refreshed was called off; that says nothing of this one, which refreshes itself.
        if (!running.signal?.aborted || signal?.aborted) throw thrown
      }
    }
  }

  const of = (signal: AbortSignal | undefined): Tokens => ({
    get: (name, refresh) => get(name, refresh, signal),
    async invalidate(name, value) {
      await database.transaction(async (tx) => {
        const row = await readToken(tx, connection, name)
        if (row !== null && vault.reveal(row.value) === value) await deleteToken(tx, connection, name, row)
      })
    },
  })
  return { ...of(undefined), withSignal: of }
}

/** The promise, or the signal's reason when it aborts first. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', abort))
}
