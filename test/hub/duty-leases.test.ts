import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { systemClock } from '../../src/http/index.ts'
import { createHub } from '../../src/index.ts'
import type { AdapterContext, Clock } from '../../src/spec/context.ts'
import { storeAt } from '../stores.ts'
import { FakeShop } from './fakes.ts'
import { down, expectStock, failing, newFile, pass, query, setUp, stocked, written } from './kit.ts'

/** Changes rows of a file from outside. */
async function change(file: string, sql: string): Promise<void> {
  const database = await storeAt(file).open()
  await database.transaction((tx) => tx.run(sql))
  await database.close()
}

const until = async (done: () => boolean | Promise<boolean>, ms = 5000) => {
  for (const end = Date.now() + ms; !(await done()); await sleep(10))
    if (Date.now() > end) throw new Error('it took too long')
}

describe('each duty of a connection', () => {
  it('has a lease and a number of its own', async () => {
    const file = await newFile()
    const kit = setUp({ file })
    await stocked(kit, { own: 10 })
    const names = (
      await query<{ name: string }>(file, `SELECT name FROM lease WHERE name LIKE 'work/%'`)
    ).map(({ name }) => name)
    const [shop, warehouse] = [
      ['orders', 'jobs', 'listings', 'audit'],
      ['locations', 'updates', 'stock', 'jobs'],
    ]
    expect(names.sort()).toEqual(
      [
        ...(shop ?? []).flatMap((duty) => [`work/web/${duty}`, `work/market/${duty}`]),
        ...(warehouse ?? []).map((duty) => `work/east/${duty}`),
      ].sort(),
    )
  })

  it('is taken over by itself: what another worker does is left to it, the rest goes on', async () => {
    const file = await newFile()
    const kit = setUp({ file })
    await stocked(kit, { own: 10 })
    await change(
      file,
      `UPDATE lease SET owner = 'killed', until = '2026-03-01T08:00:10.000Z' WHERE name = 'work/web/orders'`,
    )
    kit.web.sell([{ listing: 'mug', quantity: 1 }])
    await kit.hub.stock.receive('MUG', 5, { location: 'main', key: 'more' })
    kit.web.calls.length = 0
    const { web } = await pass(kit)
    expect(web).toMatchObject({ skipped: 'leased', ordersRead: 0, errors: [] })
    expect(web.listingsShown).toBeGreaterThan(0)
    expect(kit.web.calls).not.toContain('orders.read')
    expect((await pass(kit, 10_000)).web).toMatchObject({ skipped: null, ordersPlaced: 1 })
    await pass(kit)
    await expectStock(kit, { available: 14, reserved: 1, shown: 14 })
  })

  it('is fenced by itself', async () => {
    const file = await newFile()
    const kit = setUp({ file, options: { leaseMs: 60_000 } })
    await stocked(kit, { own: 10 })
    await kit.hub.stock.receive('MUG', 5, { location: 'main', key: 'more' })
    kit.web.sell([{ listing: 'mug', quantity: 1 }])
    written(kit.web)
    const connection = kit.web.connection()
    const hub = createHub({
      store: storeAt(file),
      clock: kit.clock,
      connections: {
        web: {
          ...connection,
          listings: {
            ...connection.listings,
            read: async (...args: Parameters<typeof connection.listings.read>) => {
              await change(
                file,
                `UPDATE lease SET owner = 'another', fence = fence + 1, until = '2027-01-01T00:00:00.000Z' WHERE name = 'work/web/listings'`,
              )
              return connection.listings.read(...args)
            },
          },
        },
      },
    })
    try {
      kit.clock.advance(1000)
      const { web } = await hub.sync()
      expect(web).toMatchObject({ ordersPlaced: 1, listingsShown: 0 })
      expect(web.errors).toMatchObject([{ doing: 'listings', code: 'lease_lost' }])
      expect(written(kit.web)).toEqual([])
      expect(await query(file, 'SELECT id FROM orders')).toHaveLength(1)
    } finally {
      await hub.close()
    }
  })

  it('may be done by one process while another does the next', async () => {
    const file = await newFile()
    const kit = setUp({ file })
    await stocked(kit, { own: 10 })
    const reading = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const connection = kit.web.connection()
    const slow = createHub({
      store: storeAt(file),
      clock: kit.clock,
      connections: {
        web: {
          ...connection,
          orders: {
            ...connection.orders,
            read: async (...args: Parameters<typeof connection.orders.read>) => {
              begun.resolve()
              await reading.promise
              return connection.orders.read(...args)
            },
          },
        },
      },
    })
    try {
      const first = slow.sync()
      await begun.promise
      await kit.hub.stock.receive('MUG', 5, { location: 'main', key: 'more' })
      const { web } = await pass(kit)
      expect(web).toMatchObject({ skipped: 'leased', listingsShown: 1, errors: [] })
      expect(kit.web.shown.get('mug')).toBe(15)
      kit.web.sell([{ listing: 'mug', quantity: 1 }])
      reading.resolve()
      expect((await first).web).toMatchObject({ skipped: null, ordersPlaced: 1, errors: [] })
    } finally {
      await slow.close()
    }
  })
})

describe('stop', () => {
  it('takes no lease from a pass that was asked for and still goes on', async () => {
    const file = await newFile()
    const web = new FakeShop(systemClock)
    const connection = web.connection()
    const [begun, reading] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let slow = false
    const hub = createHub({
      store: storeAt(file),
      connections: {
        web: {
          ...connection,
          orders: {
            ...connection.orders,
            read: async (...args: Parameters<typeof connection.orders.read>) => {
              if (slow) {
                begun.resolve()
                await reading.promise
              }
              return connection.orders.read(...args)
            },
          },
        },
      },
    })
    const held = () => query(file, `SELECT name FROM lease WHERE name LIKE 'work/%' AND until <> ''`)
    try {
      await hub.start()
      await until(() => web.calls.includes('orders.read'))
      slow = true
      // Two pages: the second is asked for after the stop.
      for (let n = 0; n < 5; n++) web.sell([])
      const asked = hub.sync()
      await begun.promise
      await hub.stop()
      expect(await held()).toEqual([{ name: 'work/web/orders' }])
      reading.resolve()
      expect((await asked).web).toMatchObject({ errors: [], ordersPlaced: 5 })
      expect(await held()).toEqual([])
    } finally {
      reading.resolve()
      await hub.close()
    }
  })
})

describe('jobs of a worker that is gone', () => {
  const takenBy = (owner: string) =>
    `UPDATE job SET lease_owner = '${owner}', lease_until = '2099-01-01T00:00:00.000Z'`

  it('are free as soon as their duty has changed hands', async () => {
    const file = await newFile()
    const kit = setUp({ file, options: { leaseMs: 5000 } })
    await stocked(kit, { east: 10 })
    failing(kit.east, 'submit', down(), { times: 1 })
    kit.web.sell([{ listing: 'mug', quantity: 1 }])
    await pass(kit)
    await change(file, takenBy('killed'))
    await change(
      file,
      `UPDATE lease SET owner = 'killed', fence = fence + 1, until = '2026-03-01T08:01:00.000Z' WHERE name = 'work/east/jobs'`,
    )
    expect((await pass(kit, 10_000)).east).toMatchObject({ skipped: 'leased', submitted: 0 })
    expect((await pass(kit, 60_000)).east).toMatchObject({ skipped: null, submitted: 1 })
    expect(kit.east.orders.size).toBe(1)
  })

  it('are left alone while the lease is only renewed', async () => {
    const file = await newFile()
    const web = new FakeShop(systemClock)
    const hub = createHub({ store: storeAt(file), leaseMs: 150, connections: { web: web.connection() } })
    try {
      await hub.start()
      await until(
        async () => (await query(file, `SELECT name FROM lease WHERE name = 'work/web/jobs'`)).length === 1,
      )
      // As if a handler of this very worker had it.
      await change(
        file,
        `INSERT INTO job (connection, kind, key, payload, state, run_at, created_at, lease_owner, lease_until)
         VALUES ('web', 'order.fetch', 'web/x', '{}', 'waiting', '2026-01-01', '2026-01-01', 'me', '2099-01-01')`,
      )
      await sleep(400)
      expect(await query(file, 'SELECT lease_owner FROM job')).toEqual([{ lease_owner: 'me' }])
    } finally {
      await hub.close()
    }
  })
})

/** A process that was stopped: its clock has gone on when it wakes, but none of its timers has rung yet. */
function stoppableClock(): Clock & { stopFor(ms: number): void } {
  let slept = 0
  return {
    now: () => Date.now() + slept,
    sleep: systemClock.sleep,
    stopFor: (ms) => {
      slept += ms
    },
  }
}

describe('a worker that was stopped for longer than its lease', () => {
  it('begins no call that it had prepared', async () => {
    const clock = stoppableClock()
    const web = new FakeShop(clock)
    const connection = web.connection()
    let away = false
    const hub = createHub({
      store: storeAt(await newFile()),
      clock,
      connections: {
        web: {
          ...connection,
          listings: {
            ...connection.listings,
            read: async (...args: Parameters<typeof connection.listings.read>) => {
              const readings = await connection.listings.read(...args)
              if (away) clock.stopFor(31_000)
              return readings
            },
          },
        },
      },
    })
    try {
      web.shown.set('mug', 0)
      await hub.items.put({ sku: 'MUG' })
      await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
      await hub.sync()
      await hub.stock.receive('MUG', 3, { location: 'main', key: 'first' })
      away = true
      const { web: report } = await hub.sync()
      expect(report.errors).toMatchObject([{ doing: 'listings', code: 'lease_lost' }])
      expect(web.writes).toEqual([])
      away = false
      // That nothing was sent is not known: until the orders have been read, 3 may have been shown and sold.
      for (let i = 0; i < 2; i++) await hub.sync()
      expect(web.shown.get('mug')).toBe(3)
    } finally {
      await hub.close()
    }
  })

  it('sends no request that waited for its turn meanwhile', async () => {
    const paths: string[] = []
    const server = createServer((request, response) => {
      paths.push(request.url ?? '')
      response.setHeader('content-type', 'application/json').end('{}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const clock = stoppableClock()
    const connection = new FakeShop(clock).connection()
    let away = true
    const call = (context: AdapterContext, path: string) =>
      context.http.request({
        operation: 'call',
        effect: 'read',
        method: 'POST',
        url: `${url}${path}`,
        schema: z.object({}),
      })
    const hub = createHub({
      store: storeAt(await newFile()),
      clock,
      connections: {
        web: {
          ...connection,
          hosts: [new URL(url).host],
          limits: { call: { rate: 5, burst: 1 } },
          orders: {
            ...connection.orders,
            read: async (context: AdapterContext, cursor: string | null) => {
              await call(context, '/first')
              const second = call(context, '/second')
              if (away) clock.stopFor(31_000)
              await second
              return { orders: [], cursor: cursor ?? '0', more: false, completeUntil: clock.now() }
            },
          },
        },
      },
    })
    try {
      const { web } = await hub.sync()
      expect(web.errors).toMatchObject([{ doing: 'orders', code: 'lease_lost' }])
      expect(paths).toEqual(['/first'])
      away = false
      expect((await hub.sync()).web.errors).toEqual([])
      expect(paths).toEqual(['/first', '/first', '/second'])
    } finally {
      await hub.close()
      server.closeAllConnections()
      server.close()
    }
  })
})

describe('a pause', () => {
  it('by one process stops the duties that others do, and a resume starts them again', async () => {
    const file = await newFile()
    const web = new FakeShop(systemClock)
    const connection = { ...web.connection(), intervals: { ordersMs: 20 } }
    const open = () => createHub({ store: storeAt(file), connections: { web: connection } })
    const [worker, other] = [open(), open()]
    try {
      await worker.start()
      await until(() => web.calls.length > 3)
      await change(file, `UPDATE connection_state SET paused_at = '2026-03-01T08:00:00.000Z'`)
      await sleep(1100)
      web.calls.length = 0
      await sleep(300)
      expect(web.calls).toEqual([])
      expect((await other.sync()).web.skipped).toBe('paused')
      await other.connections.resume('web')
      await until(() => web.calls.length > 3)
    } finally {
      await Promise.all([worker.close(), other.close()])
    }
  })

  it('ends a pass of another process at the next thing it stores', async () => {
    const file = await newFile()
    const kit = setUp({ file, web: { batch: 1 } })
    await stocked(kit, { own: 10 })
    for (let n = 1; n <= 7; n++) kit.web.sell([{ listing: 'mug', quantity: 1 }])
    const connection = kit.web.connection()
    let pages = 0
    const hub = createHub({
      store: storeAt(file),
      clock: kit.clock,
      connections: {
        web: {
          ...connection,
          orders: {
            ...connection.orders,
            read: async (...args: Parameters<typeof connection.orders.read>) => {
              pages++
              await change(file, `UPDATE connection_state SET paused_at = '2026-03-01T08:00:00.000Z'`)
              return connection.orders.read(...args)
            },
          },
        },
      },
    })
    try {
      const { web } = await hub.sync()
      expect(pages).toBe(1)
      // The page that was read is stored all the same.
      expect(web).toMatchObject({ skipped: 'paused', ordersPlaced: 3, errors: [] })
    } finally {
      await hub.close()
    }
  })
})
