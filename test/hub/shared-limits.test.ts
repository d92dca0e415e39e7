import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { systemClock } from '../../src/http/index.ts'
import { createHub, sqlite } from '../../src/index.ts'
import type { AdapterContext } from '../../src/spec/context.ts'
import type { Database, Store } from '../../src/store/database.ts'
import { StrictServer } from '../http/strict-server.ts'
import { storeAt } from '../stores.ts'
import { FakeShop } from './fakes.ts'
import { newFile, query } from './kit.ts'

/** A platform on loopback that counts every request, and refuses what its bucket does not hold at that moment. */
async function platform(rate: number, burst: number) {
  const bucket = new StrictServer(rate, burst)
  const by = new Map<string, number>()
  const startedAt = performance.now()
  const server = createServer((request, response) => {
    const fits = bucket.arrive(performance.now() - startedAt, 1)
    const who = String(request.headers['x-who'])
    if (fits) by.set(who, (by.get(who) ?? 0) + 1)
    response.statusCode = fits ? 200 : 429
    response.setHeader('content-type', 'application/json')
    request.resume().on('end', () => response.end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    bucket,
    by,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    capacity: () => burst + (rate * (performance.now() - startedAt)) / 1000,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

type Platform = Awaited<ReturnType<typeof platform>>

/** A shop whose every call is a request to the platform; it has so many listings, and they are read one by one. */
function shop(on: Platform, who: string, rate: number, burst: number) {
  const connection = new FakeShop(systemClock).connection()
  const call = async ({ http }: Pick<AdapterContext, 'http'>) => {
    await http.request({
      operation: 'call',
      effect: 'read',
      method: 'GET',
      url: `${on.url}/`,
      headers: { 'x-who': who },
      schema: z.object({}),
    })
  }
  return {
    ...connection,
    hosts: [new URL(on.url).host],
    limits: { call: { rate, burst } },
    intervals: { ordersMs: 1 },
    orders: {
      ...connection.orders,
      read: async (context: AdapterContext, cursor: string | null) => {
        await Promise.all(Array.from({ length: 10 }, () => call(context)))
        return { orders: [], cursor: cursor ?? '0', more: false, completeUntil: Date.now() }
      },
    },
    listings: {
      ...connection.listings,
      read: async (context: AdapterContext, refs: readonly unknown[]) => {
        await Promise.all(refs.map(() => call(context)))
        return refs.map(() => ({ status: 'shown' as const, quantity: 0 }))
      },
    },
  }
}

describe('two hubs on one file', () => {
  const [rate, burst] = [60, 60]

  it('that both call one platform are never refused, and go on at once', async () => {
    const on = await platform(rate, burst)
    const file = await newFile()
    const hubs = ['worker', 'web server'].map((who) =>
      createHub({ store: storeAt(file), connections: { web: shop(on, who, rate, burst) } }),
    )
    const [worker, other] = hubs
    if (!worker || !other) throw new Error('no hubs')
    try {
      for (let n = 0; n < 40; n++) {
        await worker.items.put({ sku: `S${n}` })
        await worker.listings.link({ sku: `S${n}`, connection: 'web', listing: `L${n}` })
      }
      await worker.start()
      const end = performance.now() + 5000
      while (performance.now() < end) await other.drift('web')
      const used = on.bucket.used / on.capacity()
      const [mine = 0, theirs = 0] = [on.by.get('worker'), on.by.get('web server')]
      process.stdout.write(
        `two hubs: ${Math.round(used * 1000) / 10} % used, ${mine} and ${theirs} requests\n`,
      )
      expect(on.bucket.refused).toBe(0)
      // How much more depends on how busy this machine is otherwise.
      expect(used).toBeGreaterThan(0.5)
      expect(Math.min(mine, theirs)).toBeGreaterThan(50)
    } finally {
      await Promise.all(hubs.map((hub) => hub.close()))
      on.close()
    }
  })

  it('are refused when each has the limit for itself', async () => {
    const on = await platform(rate, burst)
    const file = await newFile()
    const hubs = ['one', 'two'].map((who) =>
      createHub({
        store: storeAt(file),
        connections: { web: shop(on, who, rate, burst) },
        shareLimits: false,
      }),
    )
    const [one, two] = hubs
    if (!one || !two) throw new Error('no hubs')
    try {
      for (let n = 0; n < 60; n++) {
        await one.items.put({ sku: `S${n}` })
        await one.listings.link({ sku: `S${n}`, connection: 'web', listing: `L${n}` })
      }
      const drifts = [one.drift('web'), two.drift('web')].map((drift) => drift.catch(() => null))
      while (on.bucket.refused === 0 && performance.now() < 60_000) await sleep(10)
      expect(on.bucket.refused).toBeGreaterThan(0)
      expect(await query(file, 'SELECT name FROM budget')).toEqual([])
      await Promise.all([...hubs.map((hub) => hub.close()), ...drifts])
    } finally {
      await Promise.all(hubs.map((hub) => hub.close()))
      on.close()
    }
  })
})

/** A store that notes what is drawn. */
async function noting(store: Store): Promise<{ store: Store; draws: () => number }> {
  const database = await store.open()
  let draws = 0
  const transaction: typeof database.transaction = (work) =>
    database.transaction((tx) =>
      work({
        dialect: tx.dialect,
        all: (sql, parameters) => tx.all(sql, parameters),
        run: (sql, parameters) => tx.run(sql, parameters),
        get: (sql, parameters) => {
          if (sql.includes('UPDATE budget')) draws++
          return tx.get(sql, parameters)
        },
        finish: (sql, parameters) => tx.finish(sql, parameters),
      }),
    )
  const noted: Database = {
    dialect: database.dialect,
    transaction,
    read: (work) => database.read(work),
    close: () => database.close(),
  }
  return { store: { ...store, open: async () => noted }, draws: () => draws }
}

describe('limits are kept in the store', () => {
  it.each([
    ['that lies in a file', {}, true],
    ['unless that is not wanted', { shareLimits: false }, false],
  ])('%s', async (_, options, shared) => {
    const on = await platform(1000, 1000)
    const { store, draws } = await noting(storeAt(await newFile()))
    const hub = createHub({ store, connections: { web: shop(on, 'one', 1000, 1000) }, ...options })
    try {
      await hub.sync()
      expect(on.bucket.used).toBe(10)
      expect(draws() > 0).toBe(shared)
    } finally {
      await hub.close()
      on.close()
    }
  })

  it('but not where nobody else can open it', async () => {
    const on = await platform(1000, 1000)
    const { store, draws } = await noting(sqlite(':memory:'))
    const hub = createHub({ store, connections: { web: shop(on, 'one', 1000, 1000) } })
    try {
      await hub.sync()
      expect([on.bucket.used, draws()]).toEqual([10, 0])
    } finally {
      await hub.close()
      on.close()
    }
  })
})

describe('shareLimits', () => {
  it('is true or false', () => {
    const options = { store: sqlite(':memory:'), connections: {}, shareLimits: 'yes' as unknown as boolean }
    expect(() => createHub(options)).toThrow(
      expect.objectContaining({ code: 'invalid_input', field: 'shareLimits' }),
    )
  })
})
