import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { StockpoolError } from '../../src/error.ts'
import { storeAt } from '../stores.ts'
import { expectStock, heard, newFile, pass, query, setUp, stocked } from './kit.ts'

const receive = (kit: ReturnType<typeof setUp>, key: string, quantity = 1) =>
  kit.hub.stock.receive('MUG', quantity, { location: 'main', key })

/** The keys of the movements told. */
const keys = (events: readonly { data: { key: string } }[]) => events.map(({ data }) => data.key)

describe('hub.on', () => {
  it('hears what was committed, once, in order, and nothing of what was rolled back', async () => {
    const kit = setUp()
    const told = heard(kit.hub, 'stock.changed')
    await kit.hub.items.put({ sku: 'MUG' })
    await receive(kit, 'a', 5)
    await expect(receive(kit, 'a', 6)).rejects.toMatchObject({ code: 'conflict' })
    await expect(kit.hub.stock.adjust('MUG', -99, { location: 'nowhere', key: 'b' })).rejects.toMatchObject({
      code: 'not_found',
    })
    await receive(kit, 'c')
    await receive(kit, 'a', 5)
    await kit.hub.sync()
    expect(keys(told)).toEqual(['a', 'c'])
    expect(told[0]).toEqual({
      id: expect.any(Number),
      type: 'stock.changed',
      at: '2026-03-01T08:00:00.000Z',
      data: { skus: ['MUG'], key: 'a' },
    })
  })

  it('is not hindered by a listener that throws, and ends when asked', async () => {
    const kit = setUp()
    kit.hub.on('stock.changed', () => {
      throw new Error('a bad listener')
    })
    const told = heard(kit.hub, 'stock.changed')
    let ended = 0
    const end = kit.hub.on('stock.changed', () => ended++)
    await kit.hub.items.put({ sku: 'MUG' })
    await receive(kit, 'a')
    await kit.hub.sync()
    end()
    await receive(kit, 'b')
    await kit.hub.sync()
    expect(keys(told)).toEqual(['a', 'b'])
    expect(ended).toBe(1)
    expect(kit.logs.filter((line) => line.includes('a bad listener'))).toHaveLength(2)
  })

  it('does not wait for a slow subscriber, nor one subscriber for another', async () => {
    const kit = setUp()
    await kit.hub.items.put({ sku: 'MUG' })
    const slow = Promise.withResolvers<void>()
    await kit.hub.subscribe('slow', 'stock.changed', () => slow.promise)
    const quick: string[] = []
    await kit.hub.subscribe('quick', 'stock.changed', ({ key }) => void quick.push(key))
    const told = heard(kit.hub, 'stock.changed')
    try {
      for (const key of ['a', 'b']) await receive(kit, key)
      await vi.waitFor(
        () =>
          expect([keys(told), quick]).toEqual([
            ['a', 'b'],
            ['a', 'b'],
          ]),
        20_000,
      )
    } finally {
      slow.resolve()
    }
  })
})

describe('hub.subscribe', () => {
  it('resumes where it stopped, in a new hub on the same file', async () => {
    const kit = setUp({ file: await newFile() })
    await kit.hub.items.put({ sku: 'MUG' })
    await receive(kit, 'before anybody asked')
    const first: string[] = []
    const { stop } = await kit.hub.subscribe('list', 'stock.changed', ({ key }) => void first.push(key))
    await receive(kit, 'a')
    await kit.hub.sync()
    stop()
    await receive(kit, 'while nobody listens')
    await kit.hub.close()
    const other = kit.open()
    const second: string[] = []
    await other.subscribe('list', 'stock.changed', async ({ key }) => void second.push(key))
    await other.stock.receive('MUG', 1, { location: 'main', key: 'b' })
    await other.sync()
    expect([first, second]).toEqual([['a'], ['while nobody listens', 'b']])
  })

  it('calls a handler that fails again, later and later, and keeps the order', async () => {
    const kit = setUp()
    await kit.hub.items.put({ sku: 'MUG' })
    const calls: string[] = []
    await kit.hub.subscribe('list', 'stock.changed', async ({ key }) => {
      calls.push(key)
      if (calls.length <= 2) throw new Error('the printer is out of paper')
    })
    await receive(kit, 'a')
    await receive(kit, 'b')
    await pass(kit, 100)
    expect(calls).toEqual(['a'])
    await pass(kit, 2000)
    expect(calls).toEqual(['a', 'a'])
    await pass(kit, 500)
    expect(calls).toEqual(['a', 'a'])
    await pass(kit, 2000)
    expect(calls).toEqual(['a', 'a', 'a', 'b'])
  })

  it('gives an event to one process at a time, also while its handler takes long', async () => {
    const file = await newFile()
    const kit = setUp({ file, options: { leaseMs: 300 } })
    const other = kit.open()
    await kit.hub.items.put({ sku: 'MUG' })
    const calls: string[] = []
    const slow = Promise.withResolvers<void>()
    for (const [name, hub] of Object.entries({ one: kit.hub, two: other }))
      await hub.subscribe('list', 'stock.changed', async ({ key }) => {
        calls.push(`${name} ${key}`)
        if (calls.length === 1) await slow.promise
      })
    await receive(kit, 'a')
    await receive(kit, 'b')
    await sleep(30)
    const [first = ''] = calls
    const idle = first.startsWith('one') ? other : kit.hub
    // Longer than a lease, which the handler's process renews meanwhile.
    for (let i = 0; i < 10; i++) {
      kit.clock.advance(90)
      await idle.sync()
      await sleep(10)
    }
    expect(calls).toEqual([first])
    slow.resolve()
    await sleep(20)
    await Promise.all([kit.hub.sync(), other.sync()])
    expect(calls.map((call) => call.slice(4))).toEqual(['a', 'b'])
  })

  it('stores nothing for a process that lost its lease, and the other one gets the event', async () => {
    const file = await newFile()
    const kit = setUp({ file, options: { leaseMs: 1000 } })
    await kit.hub.items.put({ sku: 'MUG' })
    const stuck = Promise.withResolvers<void>()
    const calls: string[] = []
    await kit.hub.subscribe('list', 'stock.changed', async ({ key }) => {
      calls.push(`one ${key}`)
      await stuck.promise
    })
    await receive(kit, 'a')
    await sleep(20)
    const other = kit.open()
    await query(file, 'SELECT 1')
    const database = await storeAt(file).open()
    await database.transaction((tx) =>
      tx.run(
        `UPDATE lease SET owner = 'somebody', fence = fence + 1, until = '' WHERE name = 'subscriber/list'`,
      ),
    )
    await database.close()
    await other.subscribe('list', 'stock.changed', ({ key }) => void calls.push(`two ${key}`))
    await other.sync()
    stuck.reject(new Error('it took too long'))
    await sleep(20)
    await kit.hub.sync()
    expect(calls).toEqual(['one a', 'two a'])
    expect(await query(file, 'SELECT attempts FROM subscriber')).toEqual([{ attempts: 0 }])
  })

  it('may use the hub in its handler, also to sync and to stop it', async () => {
    const kit = setUp()
    await stocked(kit, { own: 10 })
    let done = 0
    await kit.hub.subscribe('list', 'order.placed', async () => {
      await kit.hub.stock.receive('MUG', 1, { location: 'main', key: 'handler' })
      await kit.hub.sync()
      await kit.hub.stop()
      done++
    })
    kit.clock.advance(1000)
    kit.web.sell([{ listing: 'mug', quantity: 1 }])
    await kit.hub.sync()
    expect(done).toBe(1)
    await expectStock(kit, { available: 10, reserved: 1, shown: 10 })
    await kit.hub.start()
    await sleep(20)
    await kit.hub.stop()
  })

  it('refuses a name that hears something else already', async () => {
    const kit = setUp()
    await kit.hub.subscribe('list', 'order.placed', () => {})
    await expect(kit.hub.subscribe('list', 'stock.changed', () => {})).rejects.toMatchObject({
      code: 'conflict',
      field: 'name',
      remedy: expect.any(String),
    })
  })

  it('keeps events for a subscriber that is away, and no longer than a week for the others', async () => {
    const file = await newFile()
    const kit = setUp({ file })
    await kit.hub.items.put({ sku: 'MUG' })
    const { stop } = await kit.hub.subscribe('list', 'stock.changed', () => {})
    await kit.hub.subscribe('never', 'job.died', () => {})
    stop()
    await receive(kit, 'a')
    kit.clock.advance(8 * 24 * 3_600_000)
    await kit.hub.sync()
    const told: string[] = []
    await kit.hub.subscribe('list', 'stock.changed', ({ key }) => void told.push(key))
    await kit.hub.sync()
    expect(told).toEqual(['a'])
    kit.clock.advance(8 * 24 * 3_600_000)
    await kit.hub.sync()
    expect(await query(file, 'SELECT type FROM event')).toEqual([])
    await receive(kit, 'b')
    await kit.hub.sync()
    expect(told).toEqual(['a', 'b'])
  })
})

describe('what is told', () => {
  it('holds no buyer data and no secret: not in events, timelines, jobs, logs or errors', async () => {
    const file = await newFile()
    const kit = setUp({ file })
    await stocked(kit, { east: 10 })
    const told: unknown[] = []
    for (const type of [
      'order.placed',
      'order.updated',
      'order.shipped',
      'order.attention',
      'order.cancelled',
    ] as const)
      kit.hub.on(type, (data) => told.push(data))
    kit.clock.advance(1000)
    for (let i = 0; i < 4; i++) kit.web.sell([{ listing: 'mug', quantity: 1 }])
    let refusals = 0
    kit.east.fault = (call, phase) => {
      if (call === 'submit' && phase === 'before' && refusals++ < 1)
        throw new StockpoolError('rejected', 'no such place')
    }
    await pass(kit)
    for (const reference of [...kit.east.orders.keys()].slice(0, 2)) kit.east.ship(reference)
    kit.east.drop([...kit.east.orders.keys()].at(-1) ?? '')
    kit.web.cancel('o2')
    kit.web.change('o3', (order) => {
      order.cancelRequested = true
    })
    for (let i = 0; i < 3; i++) await pass(kit, 60_000)
    expect(told.length).toBeGreaterThan(6)
    const rows = await Promise.all(
      ['event', 'timeline', 'job', 'submission', 'orders', 'order_line', 'parcel', 'posting', 'movement'].map(
        (table) => query(file, `SELECT * FROM ${table}`),
      ),
    )
    const timeline = await kit.hub.orders.timeline('web', 'o1')
    const everything = JSON.stringify([told, rows, kit.logs, timeline])
    expect(everything).toContain('MUG')
    for (const buyer of ['Ada', 'ada@example', 'Long Lane', 'Springfield', '62701'])
      expect(everything).not.toContain(buyer)
    // It is there for whoever asks for it by name.
    expect(await kit.hub.orders.person('web', 'o1')).toMatchObject({ buyer: { name: 'Ada Buyer' } })
  })
})
