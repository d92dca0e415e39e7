import { describe, expect, it } from 'vitest'
import { type MetaConnection, meta } from '../../../adapters/meta/index.ts'
import { type MetaSimulator, startMetaSimulator } from '../../../adapters/meta/simulator/index.ts'
import { acceleratedClock } from '../../../src/simulator/index.ts'
import type { Connection } from '../../../src/spec/index.ts'
import { type ConnectionContract, testConnection } from '../../../src/testing/index.ts'

type Contract = Omit<ConnectionContract<MetaSimulator>, 'test'>

const contractOf = (change: (connection: MetaConnection) => Connection = (same) => same): Contract => ({
  simulator: () => startMetaSimulator({ clock: acceleratedClock(600) }),
  connect: (simulator) => change(meta(simulator.options)),
  refused: (simulator) => change(meta({ ...simulator.options, accessToken: 'EAARevokedSystemUserToken' })),
})

await testConnection({ test: { describe, it }, ...contractOf() })

/** Faults of a channel without orders, and the check that must find each. */
const planted: readonly (readonly [string, string, (connection: MetaConnection) => Connection])[] = [
  [
    'that trusts a handle',
    'says done only of what the channel shows, also when it accepts without applying or fails in part',
    (connection) => ({
      ...connection,
      listings: { ...connection.listings, check: async (_, rows) => rows.map(() => ({ status: 'done' })) },
    }),
  ],
  [
    'that skips what is sold out',
    'writes a full batch of absolute numbers, zero among them, and reads them back',
    (connection) => ({
      ...connection,
      listings: {
        ...connection.listings,
        write: async (context, targets) => {
          const some = targets.filter(({ quantity }) => quantity > 0)
          const results = [...(await connection.listings.write(context, some))]
          return targets.map(({ quantity }) => (quantity > 0 ? results.shift() : null) ?? { status: 'done' })
        },
      },
    }),
  ],
  [
    'that takes unsigned webhooks',
    'a body changed by one bit, by a space or cut short is refused',
    (connection) => ({
      ...connection,
      webhooks: {
        maxBytes: 2000,
        verify: ({ body }) => ({
          id: `${body.length}`,
          topic: 't',
          occurredAt: null,
          hints: [{ kind: 'stock' }],
        }),
      },
    }),
  ],
  [
    'that reads nothing where it may not look',
    'a wrong credential is `auth` in every reading call',
    (connection) => ({
      ...connection,
      listings: {
        ...connection.listings,
        read: async (context, refs) =>
          (await connection.listings.read(context, refs)).map((reading) =>
            reading.status === 'failed' ? { status: 'missing', detail: 'hidden' } : reading,
          ),
      },
    }),
  ],
  [
    'that says orders are absent and has some',
    'says why a facet is not there only of one that is not, and what to do instead',
    ({ orders: _, ...connection }) => ({
      ...connection,
      orders: { read: () => Promise.reject(new Error()), get: async () => null },
    }),
  ],
]

describe('the contract finds a channel without orders', () => {
  it.each(planted)('%s', async (_, name, change) => {
    const checks = new Map<string, () => Promise<void>>()
    const test = {
      describe: (__: string, define: () => void) => define(),
      it: (title: string, run: () => Promise<void>) => void checks.set(title, run),
    }
    await testConnection({ test, ...contractOf(change) })
    const run = checks.get(name)
    expect(run, `there is no check named "${name}"`).toBeDefined()
    await expect(run?.()).rejects.toThrow()
  })
})
