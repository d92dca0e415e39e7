import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/http/index.ts'
import { createHub } from '../../src/index.ts'
import { storeAt } from '../stores.ts'
import { FakeShop } from './fakes.ts'
import { down, expectStock, failing, newFile, pass, query, setUp, stocked } from './kit.ts'

const leases = (file: string) =>
  query<{ name: string; until: string }>(
    file,
    `SELECT name, until FROM lease WHERE name LIKE 'work/%' AND until <> ''`,
  )

describe('sync', () => {
  it('reports by connection, and a failing one stops nobody else', async () => {
    const kit = setUp()
    await stocked(kit, { own: 10 })
    kit.market.shown.set('cup', 0)
    await kit.hub.listings.link({ sku: 'MUG', connection: 'market', listing: 'cup' })
    await pass(kit)
    kit.clock.advance(1000)
    kit.market.sell([{ listing: 'cup', quantity: 3 }])
    kit.web.fault = () => {
      throw down()
    }
    const report = await pass(kit)
    expect(Object.keys(report)).toEqual(['web', 'market', 'east'])
    expect(report.web.errors).toContainEqual({
      doing: 'orders',
      code: 'unavailable',
      message: 'the platform is down',
    })
    expect(report.market).toMatchObject({ ordersRead: 1, ordersPlaced: 1, errors: [] })
    expect(kit.market.shown.get('cup')).toBe(7)
    expect(report.east).toMatchObject({ errors: [], skipped: null })
    kit.web.fault = () => {}
    for (let i = 0; i < 2; i++) await pass(kit, 5000)
    await expectStock(kit, { available: 7, reserved: 3, shown: 7 })
  })

  it('ends between two steps when its signal aborts, with the reason, and gives the leases back', async () => {
    const file = await newFile()
    const kit = setUp({ file })
    await stocked(kit, { own: 10 })
    const abort = new AbortController()
    const reason = new Error('that is enough')
    failing(kit.web, 'orders.read', down(), { times: 0 })
    kit.web.fault = (call) => {
      if (call === 'orders.read') abort.abort(reason)
    }
    await expect(kit.hub.sync({ signal: abort.signal })).rejects.toBe(reason)
    expect(await leases(file)).toEqual([])
    await expect(kit.hub.sync({ signal: abort.signal })).rejects.toBe(reason)
    kit.web.fault = () => {}
    expect((await pass(kit)).web.errors).toEqual([])
  })

  it('asked for twice at once runs twice, one after the other', async () => {
    const kit = setUp()
    await stocked(kit, { own: 10 })
    kit.web.calls.length = 0
    const reports = await Promise.all([kit.hub.sync(), kit.hub.sync()])
    expect(reports.map(({ web }) => web.skipped)).toEqual([null, null])
    expect(kit.web.calls.filter((call) => call === 'orders.read')).toHaveLength(2)
  })

  it('leaves a connection alone that another hub works for', async () => {
    const file = await newFile()
    const kit = setUp({ file })
    const other = kit.open()
    await kit.hub.start()
    await sleep(50)
    const report = await other.sync()
    expect(report.web.skipped).toBe('leased')
    await kit.hub.stop()
    expect((await other.sync()).web.skipped).toBe(null)
  })
})

/** A hub on real time over one shop. */
function live(
  file: string,
  change: (web: FakeShop) => Partial<ReturnType<FakeShop['connection']>['listings']> = () => ({}),
) {
  const web = new FakeShop(systemClock)
  const connection = web.connection()
  const hub = createHub({
    store: storeAt(file),
    connections: { web: { ...connection, listings: { ...connection.listings, ...change(web) } } },
  })
  return { web, hub }
}

async function until(done: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  for (const end = Date.now() + ms; !(await done()); await sleep(10))
    if (Date.now() > end) throw new Error('it took too long')
}

async function mugs({ hub, web }: ReturnType<typeof live>): Promise<void> {
  web.shown.set('mug', 0)
  await hub.items.put({ sku: 'MUG' })
  await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
}

describe('start', () => {
  it('works at once when stock changes, stops, gives the leases back, and starts again', async () => {
    const file = await newFile()
    const it = live(file)
    try {
      await mugs(it)
      await it.hub.start()
      await it.hub.start()
      for (let n = 1; n <= 3; n++) {
        await it.hub.stock.receive('MUG', 1, { location: 'main', key: `r${n}` })
        await until(() => it.web.shown.get('mug') === n, 2000)
      }
      await it.hub.stop()
      expect(await leases(file)).toEqual([])
      await it.hub.stock.receive('MUG', 1, { location: 'main', key: 'while stopped' })
      await sleep(50)
      expect(it.web.shown.get('mug')).toBe(3)
      await it.hub.start()
      await until(() => it.web.shown.get('mug') === 4)
      // Asked to start while it stops: it does both.
      const stopping = it.hub.stop()
      await it.hub.start()
      await stopping
      await it.hub.stock.receive('MUG', 1, { location: 'main', key: 'again' })
      await until(() => it.web.shown.get('mug') === 5)
    } finally {
      await it.hub.close()
    }
  })

  it('is stopped by its signal', async () => {
    const file = await newFile()
    const it = live(file)
    try {
      await mugs(it)
      const abort = new AbortController()
      await it.hub.start({ signal: abort.signal })
      abort.abort()
      await until(async () => (await leases(file)).length === 0)
      await expect(it.hub.start({ signal: abort.signal })).rejects.toThrow()
      await it.hub.start()
      await it.hub.stock.receive('MUG', 1, { location: 'main', key: 'r' })
      await until(() => it.web.shown.get('mug') === 1)
    } finally {
      await it.hub.close()
    }
  })

  it('drains: a call under way ends in good order, and its result is stored', async () => {
    const file = await newFile()
    let writing = false
    const it = live(file, (web) => ({
      write: async (_context, targets) => {
        writing = true
        await sleep(200)
        for (const { listing, quantity } of targets) web.shown.set(listing, quantity)
        return targets.map(() => ({ status: 'done' as const }))
      },
    }))
    try {
      await mugs(it)
      await it.hub.stock.receive('MUG', 7, { location: 'main', key: 'r' })
      await it.hub.start()
      await until(() => writing)
      await it.hub.stop()
      expect(it.web.shown.get('mug')).toBe(7)
      expect((await it.hub.explain('MUG', 'web'))[0]).toMatchObject({
        state: 'shown',
        lastConfirmed: { quantity: 7 },
      })
      expect(await leases(file)).toEqual([])
    } finally {
      await it.hub.close()
    }
  })

  it('tells a call under way to end, and looks afterwards what became of it', async () => {
    let calls = 0
    const it = live(await newFile(), (web) => ({
      write: (context, targets) =>
        new Promise((resolve, reject) => {
          if (++calls > 1) {
            for (const { listing, quantity } of targets) web.shown.set(listing, quantity)
            resolve(targets.map(() => ({ status: 'done' as const })))
          }
          context.signal.addEventListener('abort', () => reject(context.signal.reason), { once: true })
        }),
    }))
    try {
      await mugs(it)
      await it.hub.stock.receive('MUG', 7, { location: 'main', key: 'r' })
      await it.hub.start()
      await until(() => calls === 1)
      await it.hub.stop()
      expect((await it.hub.explain('MUG', 'web'))[0]).toMatchObject({
        state: 'waiting',
        lastSent: { quantity: 7 },
      })
      for (let i = 0; i < 3; i++) await it.hub.sync()
      expect(it.web.shown.get('mug')).toBe(7)
    } finally {
      await it.hub.close()
    }
  })

  it('outlives a failing platform', async () => {
    const it = live(await newFile())
    try {
      await mugs(it)
      failing(it.web, 'orders.read', down(), { times: 2 })
      await it.hub.start()
      await it.hub.stock.receive('MUG', 1, { location: 'main', key: 'r' })
      await until(() => it.web.shown.get('mug') === 1)
    } finally {
      await it.hub.close()
    }
  })
})

describe('close', () => {
  it('ends a pass that is under way, for good: nothing opens the store again', async () => {
    const it = live(await newFile())
    await mugs(it)
    await it.hub.stock.receive('MUG', 1, { location: 'main', key: 'r' })
    const syncing = it.hub.sync().then(
      () => 'ended',
      (error: { code: string }) => error.code,
    )
    await it.hub.close()
    expect(['ended', 'aborted']).toContain(await syncing)
    for (const use of [
      () => it.hub.sync(),
      () => it.hub.start(),
      () => it.hub.stock.get('MUG'),
      () => it.hub.items.put({ sku: 'CUP' }),
    ])
      await expect(use()).rejects.toMatchObject({ code: 'aborted', message: 'the hub is closed' })
    expect((await it.hub.webhook(new Request('http://h/web', { method: 'POST' }))).status).toBe(404)
    await it.hub.close()
  })

  it('stops what was started', async () => {
    const file = await newFile()
    const it = live(file)
    await mugs(it)
    await it.hub.start()
    await it.hub.close()
    expect(await leases(file)).toEqual([])
  })
})
