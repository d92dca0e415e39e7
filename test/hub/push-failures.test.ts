import { describe, expect, it } from 'vitest'
import { createHub } from '../../src/index.ts'
import type { ListingTarget } from '../../src/spec/listings.ts'
import { freshStore } from '../stores.ts'
import { FakeShop, ManualClock } from './fakes.ts'
import {
  closeLater,
  down,
  failing,
  heard,
  letters,
  lostAnswer,
  pass,
  refused,
  setUp,
  six,
  stocked,
  written,
} from './kit.ts'

describe('a write of which nobody knows what became', () => {
  it('is told to the next one, by its time, until that is known', async () => {
    const kit = setUp()
    await stocked(kit, { own: 10 })
    const told: (number | undefined)[] = []
    const web = kit.web.connection()
    const write: typeof web.listings.write = (context, targets) => {
      told.push(...targets.map(({ doubtSince }: ListingTarget) => doubtSince))
      return web.listings.write(context, targets)
    }
    const hub = createHub({
      store: freshStore(),
      connections: { web: { ...web, listings: { ...web.listings, write } } },
      clock: kit.clock,
    })
    closeLater(hub)
    await hub.items.put({ sku: 'MUG' })
    await hub.stock.receive('MUG', 9, { location: 'main', key: 'first' })
    await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
    failing(kit.web, 'listings.write', lostAnswer())
    const began = kit.clock.now()
    await hub.sync()
    kit.clock.advance(600_000)
    await hub.sync()
    await hub.stock.receive('MUG', 1, { location: 'main', key: 'second' })
    await hub.sync()
    expect(told).toEqual([undefined, began, undefined])
  })
})

describe('a bad row', () => {
  it('fails by itself, is told once, and does not keep its batch', async () => {
    const kit = await six(10)
    const told = heard(kit.hub, 'listing.failed')
    kit.web.shown.delete('C')
    for (const sku of letters) await kit.hub.stock.receive(sku, 1, { location: 'main', key: `more ${sku}` })
    const report = await pass(kit)
    expect(report.web).toMatchObject({ listingsShown: 5, listingsFailed: 1 })
    expect(letters.map((sku) => kit.web.shown.get(sku))).toEqual([11, 11, undefined, 11, 11, 11])
    for (let i = 0; i < 3; i++) await pass(kit, 3_700_000)
    expect(told.map(({ data }) => data)).toMatchObject([
      { connection: 'web', listing: 'C', code: 'not_found' },
    ])
    expect((await kit.hub.drift()).differences).toMatchObject([{ listing: 'C', cause: 'missing' }])
    kit.web.shown.set('C', 0)
    // Made anew with 0 on it, which might as well be sales: a pass later it is known that it is not.
    await pass(kit, 3_700_000)
    await pass(kit)
    expect(kit.web.shown.get('C')).toBe(11)
  })

  it('that makes the whole call fail is found, and the others are written', async () => {
    const kit = await six(10)
    const connection = kit.web.connection()
    const broken = (rows: readonly { listing: string }[]) => {
      if (rows.some(({ listing }) => listing === 'D')) throw new TypeError('cannot read the row')
    }
    const hub = kit.open({})
    await hub.close()
    const { read, write } = connection.listings
    const calls: string[] = []
    const market = createHub({
      store: freshStore(),
      clock: kit.clock,
      connections: {
        web: {
          ...connection,
          listings: {
            ...connection.listings,
            read: async (context: Parameters<typeof read>[0], rows: Parameters<typeof read>[1]) => {
              calls.push('read')
              broken(rows)
              return read(context, rows)
            },
            write: async (context: Parameters<typeof write>[0], rows: Parameters<typeof write>[1]) => {
              calls.push('write')
              broken(rows)
              return write(context, rows)
            },
          },
        },
      },
    })
    try {
      for (const sku of letters) {
        await market.items.put({ sku })
        await market.stock.receive(sku, 33, { location: 'main', key: sku })
        await market.listings.link({ sku, connection: 'web', listing: sku })
      }
      const report = await market.sync()
      expect(report.web).toMatchObject({ listingsShown: 5, listingsFailed: 1 })
      expect(letters.map((sku) => kit.web.shown.get(sku))).toEqual([33, 33, 33, 10, 33, 33])
      // Halves, then halves of the bad half: not one call for each row.
      expect(calls.filter((call) => call === 'read').length).toBeLessThan(8)
    } finally {
      await market.close()
    }
  })

  it('is retried by itself after a failure that passes', async () => {
    const kit = await six(10)
    failing(kit.web, 'listings.write', down())
    await kit.hub.stock.adjust('A', 1, { location: 'main', key: 'a' })
    await pass(kit)
    expect((await kit.hub.explain('A', 'web'))[0]).toMatchObject({
      state: 'failing',
      error: { code: 'unavailable' },
    })
    await pass(kit, 5000)
    // It may have been written and one sold since: a pass later every order is read, and it is known that it was not.
    await pass(kit, 10_000)
    await pass(kit)
    expect(kit.web.shown.get('A')).toBe(11)
    expect((await kit.hub.explain('A', 'web'))[0]).toMatchObject({ state: 'shown', error: null })
  })

  it('that comes back with fewer results than rows is a failure of the rest', async () => {
    const clock = new ManualClock()
    const web = new FakeShop(clock)
    const connection = web.connection()
    const hub = createHub({
      store: freshStore(),
      clock,
      connections: {
        web: {
          ...connection,
          listings: { ...connection.listings, write: async () => [{ status: 'done' as const }] },
        },
      },
    })
    try {
      for (const sku of ['A', 'B']) {
        web.shown.set(sku, 0)
        await hub.items.put({ sku })
        await hub.stock.receive(sku, 1, { location: 'main', key: sku })
        await hub.listings.link({ sku, connection: 'web', listing: sku })
      }
      expect((await hub.sync()).web).toMatchObject({ listingsShown: 1, listingsFailed: 1 })
    } finally {
      await hub.close()
    }
  })
})

describe('a refused credential', () => {
  it.each(['listings.read', 'listings.write'])(
    'at %s stops the connection, and nothing waits an hour',
    async (call) => {
      const kit = await six(10)
      const told = heard(kit.hub, 'connection.paused', 'listing.failed')
      await kit.hub.stock.adjust('A', 1, { location: 'main', key: 'a' })
      failing(kit.web, call, refused())
      await pass(kit)
      expect(told.map(({ type }) => type)).toEqual(['connection.paused'])
      await kit.hub.connections.resume('web')
      await pass(kit)
      expect(kit.web.shown.get('A')).toBe(11)
    },
  )
})

describe('an accepted write', () => {
  const later = { appliesAfterMs: 15_000 }

  it('is checked, and shown once it is applied; nothing else is written meanwhile', async () => {
    const kit = setUp({ web: later })
    await stocked(kit, { own: 10 })
    expect((await kit.hub.explain('MUG', 'web'))[0]).toMatchObject({
      state: 'pending',
      lastSent: { quantity: 10 },
    })
    expect((await kit.hub.drift()).differences).toMatchObject([{ cause: 'write-pending' }])
    await kit.hub.stock.receive('MUG', 3, { location: 'main', key: 'more' })
    await pass(kit)
    expect(written(kit.web)).toEqual([['mug', 10]])
    // Applied; the number of meanwhile follows.
    await pass(kit, 15_000)
    expect(written(kit.web)).toEqual([['mug', 13]])
    await pass(kit, 16_000)
    expect((await kit.hub.explain('MUG', 'web'))[0]).toMatchObject({
      state: 'shown',
      lastConfirmed: { quantity: 13 },
    })
  })

  it('that shows its own sales already is applied', async () => {
    const kit = setUp({ web: later })
    await stocked(kit, { own: 10 })
    kit.clock.advance(15_001)
    expect(kit.web.sell([{ listing: 'mug', quantity: 4 }])).toBe('o1')
    await pass(kit)
    await pass(kit)
    expect((await kit.hub.explain('MUG', 'web'))[0]).toMatchObject({ state: 'shown', offer: 6 })
    expect(kit.web.shown.get('mug')).toBe(6)
  })

  it('that is never applied is looked at afresh, and written again', async () => {
    const kit = setUp({ web: { appliesAfterMs: 15_000 } })
    await stocked(kit, { own: 10 })
    kit.web.forgetAccepted()
    for (let i = 0; i < 14; i++) await pass(kit, 60_000)
    expect(written(kit.web)).toEqual([['mug', 10]])
    for (let i = 0; i < 4; i++) await pass(kit, 60_000)
    expect(written(kit.web).at(-1)).toEqual(['mug', 10])
    await pass(kit, 60_000)
    expect(kit.web.shown.get('mug')).toBe(10)
  })

  it('is asked about again when asking fails', async () => {
    const kit = setUp({ web: later })
    await stocked(kit, { own: 10 })
    failing(kit.web, 'listings.check', down())
    await pass(kit, 16_000)
    expect((await kit.hub.explain('MUG', 'web'))[0]).toMatchObject({ state: 'pending' })
    await pass(kit, 16_000)
    expect((await kit.hub.explain('MUG', 'web'))[0]).toMatchObject({ state: 'shown' })
  })
})

describe('a write whose answer was lost', () => {
  it('is looked at before anything is written again', async () => {
    const kit = setUp({ web: { compareAndSet: true } })
    await stocked(kit, { own: 10 })
    await kit.hub.stock.receive('MUG', 5, { location: 'main', key: 'more' })
    failing(kit.web, 'listings.write', lostAnswer(), { phase: 'after' })
    await pass(kit)
    kit.web.calls.length = 0
    written(kit.web)
    await pass(kit, 10_000)
    expect(kit.web.calls.filter((call) => call.startsWith('listings'))).toEqual(['listings.read'])
    expect(written(kit.web)).toEqual([])
    expect((await kit.hub.explain('MUG', 'web'))[0]).toMatchObject({ state: 'shown', heldBack: 0 })
  })

  it('and that sold meanwhile holds the sale back', async () => {
    const kit = setUp({ web: { visibleAfterMs: 60_000 } })
    await stocked(kit, { own: 10 })
    await kit.hub.stock.receive('MUG', 5, { location: 'main', key: 'more' })
    failing(kit.web, 'listings.write', lostAnswer(), { phase: 'after' })
    await pass(kit)
    expect(kit.web.shown.get('mug')).toBe(15)
    kit.clock.advance(1000)
    kit.web.sell([{ listing: 'mug', quantity: 4 }])
    await pass(kit, 10_000)
    expect(kit.web.shown.get('mug')).toBe(11)
  })
})

describe('the offer function', () => {
  it('has the last word, after the policy', async () => {
    const asked: unknown[] = []
    const offer = (question: { offer: number }) => {
      asked.push(question)
      return Math.min(question.offer, 7)
    }
    const kit = setUp({ options: { offer } })
    await stocked(kit, { own: 10, policy: { buffer: 2 } })
    expect(kit.web.shown.get('mug')).toBe(7)
    expect(asked[0]).toEqual({
      sku: 'MUG',
      connection: 'web',
      listing: 'mug',
      place: '',
      available: 10,
      offer: 8,
    })
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('no idea')
      },
    ],
    ['answers NaN', () => Number.NaN],
    ['answers a fraction', () => 1.5],
    ['answers less than nothing', () => -1],
    ['answers a promise', (() => Promise.resolve(3)) as unknown as () => number],
  ])('that %s shows 0, and the report and explain say why', async (_what, offer) => {
    const kit = setUp({ options: { offer } })
    await kit.hub.items.put({ sku: 'MUG' })
    await kit.hub.stock.receive('MUG', 10, { location: 'main', key: 'first' })
    kit.web.shown.set('mug', 5)
    await kit.hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
    const report = await pass(kit)
    expect(kit.web.shown.get('mug')).toBe(0)
    expect(report.web.errors).toMatchObject([{ doing: 'asking the offer function', code: 'invalid_input' }])
    expect((await kit.hub.explain('MUG', 'web'))[0]).toMatchObject({
      offer: 0,
      error: { code: 'invalid_input' },
    })
    expect((await kit.hub.drift()).differences).toEqual([])
  })
})
