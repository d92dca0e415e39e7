import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/http/index.ts'
import { createHub } from '../../src/index.ts'
import { acquireLease, assertLease, releaseLease } from '../../src/store/leases.ts'
import { dialect, freshStore, storeAt } from '../stores.ts'
import { FakeShop, FakeWarehouse } from './fakes.ts'
import { newFile, pass, query, setUp, stocked } from './kit.ts'

describe('a lease', () => {
  it('is one owner’s until it ends or is given back; its fence grows with every change of hands', async () => {
    const database = await freshStore().open()
    const take = (owner: string, at: string, until: string) =>
      database.transaction((tx) => acquireLease(tx, { name: 'duty', owner, at, until }))
    const first = await take('a', '1', '5')
    expect(first).toMatchObject({ owner: 'a', fence: 1 })
    expect(await take('b', '2', '6')).toBe(null)
    expect(await take('a', '3', '7')).toMatchObject({ fence: 1 })
    expect(await take('b', '7', '9')).toMatchObject({ owner: 'b', fence: 2 })
    if (first === null) throw new Error('no lease')
    await expect(database.transaction((tx) => assertLease(tx, first))).rejects.toMatchObject({
      code: 'lease_lost',
    })
    // The old owner gives back what is not its own any more: nothing happens.
    await database.transaction((tx) => releaseLease(tx, first))
    expect(await take('a', '8', '9')).toBe(null)
    // An owner whose lease ended starts anew: what it did before must not be stored.
    expect(await take('b', '9', '11')).toMatchObject({ fence: 3 })
    await database.close()
  })
})

describe('two hubs on one file', () => {
  it('share the work on real time, and do no harm', async () => {
    const file = await newFile()
    const web = new FakeShop(systemClock)
    const market = new FakeShop(systemClock)
    const east = new FakeWarehouse(systemClock)
    const connection = { ...web.connection(), intervals: { ordersMs: 20 } }
    const warehouse = { ...east.connection(), intervals: { updatesMs: 20, stockMs: 30 } }
    const open = () =>
      createHub({
        store: storeAt(file),
        leaseMs: 400,
        connections: {
          web: connection,
          market: { ...market.connection(), intervals: { ordersMs: 20 } },
          east: warehouse,
        },
      })
    const hubs = [open(), open()]
    const [one, two] = hubs
    if (!one || !two) throw new Error('no hubs')
    try {
      for (const sku of ['A', 'B']) {
        east.onHand.set(sku, 300)
        web.shown.set(sku, 0)
        market.shown.set(sku, 0)
        await one.items.put({ sku })
        await one.listings.link({ sku, connection: 'web', listing: sku })
        await two.listings.link({ sku, connection: 'market', listing: sku })
      }
      await one.sync()
      await Promise.all(hubs.map((hub) => hub.start()))
      let sales = 0
      const end = Date.now() + 2500
      for (let n = 0; Date.now() < end; n++) {
        const shop = n % 2 === 0 ? web : market
        if (shop.sell([{ listing: n % 3 === 0 ? 'A' : 'B', quantity: 1 }]) !== null) sales++
        // One of them goes away in the middle, and comes back.
        if (n === 40) await one.stop()
        if (n === 60) await one.start()
        if (n === 90) await two.stop()
        if (n === 110) await two.start()
        await sleep(15)
      }
      await Promise.all(hubs.map((hub) => hub.stop()))
      for (let i = 0; i < 3; i++) await two.sync()
      const ordered = [...east.orders.values()].flatMap(({ request }) => request.lines)
      expect(sales).toBeGreaterThan(40)
      // Nothing was submitted twice, nothing forgotten.
      expect(ordered.reduce((sum, { quantity }) => sum + quantity, 0)).toBe(sales)
      const numbers = [...east.orders.values()].map(
        ({ request }) => `${request.channel} ${request.number} ${request.placedAt}`,
      )
      expect(new Set(numbers).size).toBe(numbers.length)
      for (const sku of ['A', 'B']) {
        const free = east.free(sku)
        expect(await two.stock.get(sku)).toMatchObject({ available: free })
        expect([web.shown.get(sku), market.shown.get(sku)]).toEqual([free, free])
      }
      expect(await two.stock.verify()).toMatchObject({ ok: true })
      expect(await two.jobs.list()).toEqual([])
    } finally {
      await Promise.all(hubs.map((hub) => hub.close()))
    }
  })

  it('one of them killed: the other takes over when its lease has ended, not before', async () => {
    const file = await newFile()
    const kit = setUp({ file, options: { leaseMs: 5000 } })
    await stocked(kit, { own: 10 })
    const database = await storeAt(file).open()
    await database.transaction((tx) =>
      tx.run(
        `UPDATE lease SET owner = 'killed', until = '2026-03-01T08:00:10.000Z' WHERE name LIKE 'work/web/%'`,
      ),
    )
    await database.close()
    expect((await pass(kit)).web.skipped).toBe('leased')
    expect((await pass(kit, 10_000)).web.skipped).toBe(null)
  })

  it('a late write of the one that lost its lease is not stored', async () => {
    const file = await newFile()
    const kit = setUp({ file, options: { leaseMs: 5000 } })
    await stocked(kit, { own: 10 })
    const other = kit.open()
    let taken = false
    kit.web.fault = (call, phase) => {
      if (call !== 'orders.read' || phase !== 'before' || taken) return
      taken = true
      // It was away for so long that its lease ended; the clock of the process stood still meanwhile.
      kit.clock.advance(6000)
    }
    kit.clock.advance(1000)
    kit.web.sell([{ listing: 'mug', quantity: 1 }])
    const reading = kit.hub.sync()
    const both = await Promise.all([reading, sleep(1).then(() => other.sync())])
    expect(taken).toBe(true)
    // In PostgreSQL neither, if the other came while the first had its lease still.
    if (dialect === 'postgres' && (await query(file, 'SELECT id FROM orders')).length === 0)
      both.push(await other.sync())
    // Whoever stored it, it was stored once, and the other said why not.
    expect(await query(file, 'SELECT id FROM orders')).toHaveLength(1)
    expect(both.reduce((sum, { web }) => sum + web.ordersPlaced, 0)).toBe(1)
    expect(await kit.hub.stock.get('MUG')).toMatchObject({ available: 9, reserved: 1 })
    for (let i = 0; i < 2; i++) await pass(kit)
    expect(kit.web.shown.get('mug')).toBe(9)
  })

  it('a write under a lease that was taken over fails with lease_lost', async () => {
    const file = await newFile()
    const kit = setUp({ file })
    await stocked(kit, { own: 10 })
    const connection = kit.web.connection()
    const steal = async () => {
      const database = await storeAt(file).open()
      await database.transaction((tx) =>
        tx.run(`UPDATE lease SET owner = 'another', fence = fence + 1 WHERE name LIKE 'work/web/%'`),
      )
      await database.close()
    }
    const hub = createHub({
      store: storeAt(file),
      clock: kit.clock,
      connections: {
        web: {
          ...connection,
          orders: {
            ...connection.orders,
            read: async (context: Parameters<typeof connection.orders.read>[0], cursor: string | null) => {
              const page = await connection.orders.read(context, cursor)
              await steal()
              return page
            },
          },
        },
      },
    })
    try {
      kit.clock.advance(1000)
      kit.web.sell([{ listing: 'mug', quantity: 1 }])
      const { web } = await hub.sync()
      expect(web.errors).toMatchObject([{ doing: 'orders', code: 'lease_lost' }])
      expect(await query(file, 'SELECT id FROM orders')).toEqual([])
      expect(
        await query(file, `SELECT value FROM cursor WHERE connection = 'web' AND duty = 'orders'`),
      ).toEqual([{ value: '0' }])
    } finally {
      await hub.close()
    }
  })
})
