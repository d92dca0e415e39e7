import { describe, expect, it } from 'vitest'
import { StockpoolError } from '../../src/error.ts'
import { createHub } from '../../src/index.ts'
import { freshStore } from '../stores.ts'
import { FakeShop, ManualClock } from './fakes.ts'
import { down, failing, pass, setUp, six, stocked, written } from './kit.ts'

describe('numbers are written', () => {
  it.each([1, 2, 10])('zero first, decreases before raises, %i a call', async (batch) => {
    const kit = await six(batch)
    const { stock } = kit.hub
    await stock.adjust('A', 5, { location: 'main', key: 'a' })
    await stock.adjust('B', -3, { location: 'main', key: 'b' })
    await stock.adjust('C', 1, { location: 'main', key: 'c' })
    await stock.adjust('D', -10, { location: 'main', key: 'd' })
    await stock.adjust('E', -1, { location: 'main', key: 'e' })
    await stock.adjust('F', -10, { location: 'main', key: 'f' })
    await pass(kit)
    const order = written(kit.web).map(([listing]) => listing)
    expect(order).toHaveLength(6)
    expect(order.slice(0, 2).sort()).toEqual(['D', 'F'])
    expect(order.slice(2, 4).sort()).toEqual(['B', 'E'])
    expect(order.slice(4).sort()).toEqual(['A', 'C'])
  })

  it('to zero without a look, and raised only after a fresh one', async () => {
    const kit = await six(10)
    kit.web.calls.length = 0
    await kit.hub.stock.adjust('A', -10, { location: 'main', key: 'a' })
    await pass(kit)
    expect(kit.web.calls.filter((call) => call.startsWith('listings'))).toEqual(['listings.write'])
    kit.web.calls.length = 0
    await kit.hub.stock.adjust('A', 4, { location: 'main', key: 'a again' })
    await pass(kit)
    expect(kit.web.calls.filter((call) => call.startsWith('listings'))).toEqual([
      'listings.read',
      'listings.write',
    ])
    expect(kit.web.shown.get('A')).toBe(4)
  })

  it('not at all while the channel cannot be read', async () => {
    const kit = await six(10)
    failing(kit.web, 'listings.read', down())
    await kit.hub.stock.adjust('A', 4, { location: 'main', key: 'a' })
    const report = await pass(kit)
    expect(report.web).toMatchObject({ listingsFailed: 1, errors: [] })
    expect(written(kit.web)).toEqual([])
    await pass(kit, 60_000)
    expect(written(kit.web)).toEqual([['A', 14]])
  })

  it('by compare-and-set without a look, and again after one when it is stale', async () => {
    const kit = await six(10, { web: { compareAndSet: true, visibleAfterMs: 60_000 } })
    kit.web.calls.length = 0
    await kit.hub.stock.adjust('A', 4, { location: 'main', key: 'a' })
    await pass(kit)
    expect(kit.web.calls.filter((call) => call.startsWith('listings'))).toEqual(['listings.write'])
    kit.web.calls.length = 0
    kit.clock.advance(1000)
    kit.web.sell([{ listing: 'A', quantity: 3 }])
    await kit.hub.stock.adjust('A', 1, { location: 'main', key: 'a again' })
    await pass(kit)
    expect(kit.web.calls.filter((call) => call.startsWith('listings'))).toEqual([
      'listings.write',
      'listings.read',
      'listings.write',
    ])
    expect(kit.web.shown.get('A')).toBe(12)
  })

  it('later when the number never stops changing under the write', async () => {
    const kit = await six(10, { web: { compareAndSet: true } })
    kit.web.fault = (call, phase) => {
      if (call === 'listings.write' && phase === 'before')
        kit.web.shown.set('A', (kit.web.shown.get('A') ?? 0) - 1)
    }
    await kit.hub.stock.adjust('A', 50, { location: 'main', key: 'a' })
    const report = await pass(kit)
    expect(report.web.listingsFailed).toBe(1)
    expect((await kit.hub.explain('A', 'web'))[0]).toMatchObject({
      state: 'failing',
      error: { code: 'unavailable' },
    })
    kit.web.fault = () => {}
    for (let i = 0; i < 3; i++) await pass(kit, 60_000)
    expect(kit.web.shown.get('A')).toBe(60)
  })

  it('never twice at once: a pass asked for beside the worker waits for it', async () => {
    const clock = new ManualClock()
    const web = new FakeShop(clock)
    const connection = web.connection()
    const open = { now: 0, most: 0 }
    const write = connection.listings.write
    const slow: typeof write = async (context, targets) => {
      open.most = Math.max(open.most, ++open.now)
      await new Promise((resolve) => setTimeout(resolve, 20))
      open.now--
      return write(context, targets)
    }
    const hub = createHub({
      store: freshStore(),
      clock,
      connections: { web: { ...connection, listings: { ...connection.listings, write: slow } } },
    })
    try {
      web.shown.set('mug', 0)
      await hub.items.put({ sku: 'MUG' })
      await hub.start()
      await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
      for (let i = 0; i < 5; i++) {
        await hub.stock.receive('MUG', 1, { location: 'main', key: `r${i}` })
        await Promise.all([hub.sync(), hub.sync()])
      }
      await hub.stop()
      expect(web.shown.get('mug')).toBe(5)
      expect(open.most).toBe(1)
    } finally {
      await hub.close()
    }
  })
})

describe('a sale that was cancelled before it was read', () => {
  it.each([true, false])(
    'leaves the pool alone, and the channel its number (compare-and-set: %s)',
    async (compareAndSet) => {
      const kit = setUp({ web: { compareAndSet, visibleAfterMs: 40_000 } })
      await stocked(kit, { own: 2 })
      for (const ms of [0, 60_000]) await pass(kit, ms)
      expect(kit.web.shown.get('mug')).toBe(2)
      const id = kit.web.sell([{ listing: 'mug', quantity: 2 }])
      if (id !== null) kit.web.cancel(id)
      expect(kit.web.shown.get('mug')).toBe(0)
      for (let i = 0; i < 2; i++) await pass(kit, 60_000)
      expect(await kit.hub.stock.get('MUG')).toMatchObject({ available: 2 })
      expect(kit.web.shown.get('mug')).toBe(2)
    },
  )
})

describe('unseen sales are held back', () => {
  const late = { visibleAfterMs: 60_000 }

  it.each([true, false])(
    'until their orders arrive, over any number of writes (compare-and-set: %s)',
    async (compareAndSet) => {
      const kit = setUp({ web: { compareAndSet, ...late } })
      await stocked(kit, { own: 10 })
      expect(kit.web.shown.get('mug')).toBe(10)
      kit.clock.advance(1000)
      kit.web.sell([{ listing: 'mug', quantity: 2 }])
      await kit.hub.stock.receive('MUG', 5, { location: 'main', key: 'more' })
      await pass(kit)
      expect(kit.web.shown.get('mug')).toBe(13)
      await kit.hub.stock.receive('MUG', 1, { location: 'main', key: 'yet more' })
      await pass(kit)
      expect(kit.web.shown.get('mug')).toBe(14)
      const [told] = await kit.hub.explain('MUG', 'web')
      expect(told).toMatchObject({ offer: 16, heldBack: 2, target: 14 })
      expect((await kit.hub.drift()).differences).toMatchObject([
        { cause: 'held-back', offer: 16, shown: 14 },
      ])
      // The order can be read now: the pool knows of it, and nothing is held back.
      await pass(kit, 60_000)
      expect(kit.web.shown.get('mug')).toBe(14)
      await pass(kit)
      expect((await kit.hub.explain('MUG', 'web'))[0]).toMatchObject({
        offer: 14,
        heldBack: 0,
        state: 'shown',
      })
    },
  )

  it('woocommerce#21808, #7673, #26039, #44273, WooCommerce.NET#507: once, however often the absolute write fails', async () => {
    const kit = setUp({ web: late })
    await stocked(kit, { own: 10 })
    kit.clock.advance(1000)
    kit.web.sell([{ listing: 'mug', quantity: 2 }])
    await kit.hub.stock.receive('MUG', 5, { location: 'main', key: 'more' })
    failing(kit.web, 'listings.write', new StockpoolError('rate_limited', 'slow down'), { times: 3 })
    for (let i = 0; i < 4; i++) await pass(kit, 8000)
    expect(kit.web.shown.get('mug')).toBe(13)
  })

  it('until every order of the time has been read, when somebody lowered the number by hand', async () => {
    const kit = setUp({ web: late })
    await stocked(kit, { own: 10 })
    kit.clock.advance(1000)
    kit.web.shown.set('mug', 4)
    await kit.hub.stock.receive('MUG', 1, { location: 'main', key: 'more' })
    await pass(kit)
    expect(kit.web.shown.get('mug')).toBe(5)
    await pass(kit, 30_000)
    expect(kit.web.shown.get('mug')).toBe(5)
    await pass(kit, 31_000)
    await pass(kit)
    expect(kit.web.shown.get('mug')).toBe(11)
  })

  it('never on a channel that tells no orders: nothing could explain them', async () => {
    const clock = new ManualClock()
    const web = new FakeShop(clock)
    const { orders: _, ...connection } = web.connection()
    const hub = createHub({ store: freshStore(), clock, connections: { web: connection } })
    try {
      web.shown.set('mug', 0)
      await hub.items.put({ sku: 'MUG' })
      await hub.stock.receive('MUG', 10, { location: 'main', key: 'first' })
      await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
      await hub.sync()
      web.shown.set('mug', 3)
      for (let i = 0; i < 3; i++) {
        clock.advance(1000)
        await hub.stock.receive('MUG', 1, { location: 'main', key: `more ${i}` })
        await hub.sync()
      }
      expect(web.shown.get('mug')).toBe(13)
    } finally {
      await hub.close()
    }
  })
})

describe('a movement while the number is being written', () => {
  it.each([true, false])('makes it out of date again (compare-and-set: %s)', async (compareAndSet) => {
    const kit = setUp({ web: { compareAndSet } })
    await stocked(kit, { own: 10 })
    const connection = kit.web.connection()
    let moved = false
    const { write } = connection.listings
    const hub = createHub({
      store: freshStore(),
      clock: kit.clock,
      connections: {
        web: {
          ...connection,
          listings: {
            ...connection.listings,
            write: async (context: Parameters<typeof write>[0], targets: Parameters<typeof write>[1]) => {
              const results = await write(context, targets)
              if (!moved) await hub.stock.receive('MUG', 5, { location: 'main', key: 'meanwhile' })
              moved = true
              return results
            },
          },
        },
      },
    })
    try {
      await hub.items.put({ sku: 'MUG' })
      await hub.stock.receive('MUG', 20, { location: 'main', key: 'first' })
      await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
      await hub.sync()
      expect(kit.web.shown.get('mug')).toBe(25)
    } finally {
      await hub.close()
    }
  })
})

describe('a number written without a look', () => {
  it('is not raised by what may have been sold before it, until every order of then is read', async () => {
    const kit = setUp({ web: { visibleAfterMs: 60_000 } })
    await stocked(kit, { own: 3 })
    kit.clock.advance(1000)
    kit.web.sell([{ listing: 'mug', quantity: 1 }])
    // The merchant takes all three away; the sale on the channel is wiped out by the 0.
    await kit.hub.stock.adjust('MUG', -3, { location: 'main', key: 'broken' })
    await pass(kit)
    expect(kit.web.shown.get('mug')).toBe(0)
    await kit.hub.stock.receive('MUG', 5, { location: 'main', key: 'more' })
    await pass(kit)
    expect(kit.web.shown.get('mug')).toBe(2)
    await pass(kit, 61_000)
    await pass(kit)
    expect(kit.web.shown.get('mug')).toBe(4)
  })
})
