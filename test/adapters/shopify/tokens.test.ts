import { afterEach, describe, expect, it } from 'vitest'
import { deadlinesOf, versionEnds } from '../../../adapters/shopify/deadlines.ts'
import { shopify } from '../../../adapters/shopify/index.ts'
import { type ShopifySimulator, startShopifySimulator } from '../../../adapters/shopify/simulator/index.ts'
import { type VirtualClock, virtualClock } from '../../../src/simulator/index.ts'
import type { AdapterContext, Token, Tokens } from '../../../src/spec/index.ts'
import { adapterContext, memoryTokens } from '../../../src/testing/context.ts'

const running: ShopifySimulator[] = []
afterEach(async () => {
  for (const simulator of running.splice(0)) {
    expect(simulator.errors).toEqual([])
    await simulator.close()
  }
})

const hour = 3_600_000

async function start() {
  const clock = virtualClock()
  const simulator = await startShopifySimulator({ clock })
  running.push(simulator)
  const { refresh_token } = await simulator.control<{ refresh_token: string }>('app/install', {})
  const { clientId, clientSecret } = simulator
  const connect = (refreshToken: string) =>
    shopify({ ...simulator.options, auth: { clientId, clientSecret, refreshToken } })
  /** A process with these tokens; another with the same has the same store. */
  const join = (tokens: Tokens, refreshToken = refresh_token) => {
    const connection = connect(refreshToken)
    const context: AdapterContext = { ...adapterContext(connection, { clock }), tokens }
    return { connection, context, look: () => settled(clock, connection.orders.read(context, null)) }
  }
  return { clock, simulator, join, tokens: memoryTokens(clock), refresh_token }
}

/** Moves the clock while something waits for it. */
async function settled<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  let pending = true
  const end = () => {
    pending = false
  }
  work.then(end, end)
  while (pending) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    await clock.advance(500)
  }
  return work
}

/** Tokens that note what is stored, and can lose what a process had not stored when it crashed. */
function noting(clock: { now(): number }) {
  const held = new Map<string, Token>()
  const log: string[] = []
  const tokens: Tokens = {
    async get(name, refresh) {
      const token = held.get(name)
      if (token && (token.expiresAt === null || token.expiresAt - 60_000 > clock.now())) return token.value
      const fresh = await refresh(token ?? null)
      held.set(name, fresh)
      log.push(`stored ${name}`)
      return fresh.value
    },
    async invalidate(name, value) {
      if (held.get(name)?.value === value) held.delete(name)
    },
  }
  return { tokens, held, log }
}

describe('an expiring offline token', () => {
  it('is renewed every hour, with the refresh token of the last time, for as long as it goes', async () => {
    const { clock, simulator, join, tokens } = await start()
    const { look } = join(tokens)
    for (let hours = 0; hours < 5; hours += 1) {
      await look()
      await look()
      await clock.advance(hour)
    }
    expect(simulator.count('token')).toBe(5)
  })

  it('stores the new refresh token before the access token is used', async () => {
    const { clock, join, simulator } = await start()
    const { tokens, log, held } = noting(clock)
    await join(tokens).look()
    expect(log).toEqual(['stored refresh', 'stored access'])
    expect(simulator.requests.map(({ operation }) => operation)).toEqual(['token', 'Orders'])
    // Never counted as good for use: each look at it renews it.
    expect(held.get('refresh')?.expiresAt).toBe(0)
  })

  it('survives a crash between the two: the stored refresh token goes on', async () => {
    const { clock, join } = await start()
    const { tokens, held } = noting(clock)
    await join(tokens).look()
    held.delete('access')
    await join(tokens).look()
  })

  it('shopify changelog 2026-08-28: survives an answer that was lost, by the token that it was asked with', async () => {
    const { clock, simulator, join } = await start()
    const { tokens } = noting(clock)
    simulator.faults.arm({ operation: 'token', kind: 'drop_after' })
    await join(tokens).look()
    expect(simulator.count('token')).toBe(2)
  })

  it('Zubax/bro#60: is renewed once when Shopify refuses it early', async () => {
    const { simulator, join, tokens } = await start()
    const { look } = join(tokens)
    await look()
    simulator.faults.arm({ operation: 'Orders', kind: 'status', status: 401 })
    await look()
    expect(simulator.count('token')).toBe(2)
  })

  it('begins anew with the options after the app was installed again', async () => {
    const { clock, simulator, join } = await start()
    const { tokens } = noting(clock)
    await join(tokens).look()
    await simulator.control('app/revoke', {})
    const { refresh_token } = await simulator.control<{ refresh_token: string }>('app/install', {})
    await join(tokens, refresh_token).look()
  })

  it('that ended for good is `auth`, and says what to do', async () => {
    const { clock, simulator, join, tokens } = await start()
    await join(tokens).look()
    await clock.advance(91 * 24 * hour)
    await expect(join(tokens).look()).rejects.toMatchObject({
      code: 'auth',
      retryable: false,
      remedy: expect.stringContaining('installed again'),
    })
    await simulator.control('app/revoke', {})
    await expect(join(memoryTokens(clock)).look()).rejects.toMatchObject({ code: 'auth' })
  })

  it('keeps both secrets out of what is printed of a connection', async () => {
    const { join, tokens, refresh_token, simulator } = await start()
    const { connection } = join(tokens)
    expect(connection.secrets()).toEqual([simulator.clientSecret, refresh_token, simulator.clientSecret])
    expect(JSON.stringify(connection)).not.toContain(refresh_token)
  })
})

describe('what ends by itself', () => {
  it('is the version, twelve months after its quarter began', async () => {
    expect(versionEnds('2026-07')).toBe(Date.UTC(2027, 6, 1))
    expect(versionEnds('2026-10')).toBe(Date.UTC(2027, 9, 1))
    const { join, tokens } = await start()
    const { connection, context } = join(tokens)
    expect(await connection.deadlines(context)).toMatchObject([
      { id: 'api-version-2026-07', at: Date.UTC(2027, 6, 1) },
    ])
  })

  it('and the token of a public app that does not expire, on 2027-01-01', () => {
    const version = '2026-07'
    const auth = { accessToken: 'shpat_0123', publicApp: true }
    expect(deadlinesOf({ version, auth }).map(({ id, at }) => [id, at])).toEqual([
      ['api-version-2026-07', Date.UTC(2027, 6, 1)],
      ['non-expiring-token', Date.UTC(2027, 0, 1)],
    ])
    expect(deadlinesOf({ version, auth: { accessToken: 'shpat_0123' } })).toHaveLength(1)
  })
})
