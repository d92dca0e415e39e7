import { describe, expect, it } from 'vitest'
import { createHub } from '../../src/index.ts'
import type { ListingRef, ListingsFacet } from '../../src/spec/listings.ts'
import { freshStore } from '../stores.ts'
import { FakeShop, ManualClock } from './fakes.ts'
import { closeLater, heard, type Kit, written } from './kit.ts'

const hourMs = 3_600_000

/** A channel that lets a listing be changed six times a day. */
async function setUp(
  listings: readonly string[],
  { spare = 2, countedAs }: { readonly spare?: number; readonly countedAs?: string } = {},
) {
  const clock = new ManualClock()
  const web = new FakeShop(clock)
  const own = web.connection()
  const facet: ListingsFacet = {
    ...own.listings,
    revisions: { most: 6, spare, zone: 'America/Los_Angeles' },
    read: async (context, refs: readonly ListingRef[]) =>
      (await own.listings.read(context, refs)).map((reading) =>
        reading.status === 'shown' && countedAs !== undefined ? { ...reading, countedAs } : reading,
      ),
  }
  const hub = createHub({ store: freshStore(), clock, connections: { web: { ...own, listings: facet } } })
  closeLater(hub)
  const failed = heard(hub as unknown as Kit['hub'], 'listing.failed')
  for (const listing of listings) {
    const sku = listing.toUpperCase()
    web.shown.set(listing, 0)
    await hub.items.put({ sku })
    await hub.listings.link({ sku, connection: 'web', listing })
  }
  let changes = 0
  /** Puts the pool at a number, and lets a pass go. */
  const to = async (listing: string, quantity: number) => {
    await hub.stock.count(listing.toUpperCase(), quantity, { location: 'main', key: `count ${++changes}` })
    clock.advance(1_000)
    await hub.sync()
    return web.shown.get(listing)
  }
  return { clock, web, hub, failed, to }
}

describe('a listing that may be changed only so often a day', () => {
  it('is changed until that is used up but for its spare, told of once, and shown its number when the day turns', async () => {
    const { clock, web, hub, failed, to } = await setUp(['mug'])
    for (const quantity of [5, 6, 7, 8]) expect(await to('mug', quantity)).toBe(quantity)
    for (const quantity of [9, 10, 7]) expect(await to('mug', quantity)).toBe(8)
    expect(written(web)).toHaveLength(4)
    expect(failed.map(({ data }) => data)).toEqual([
      {
        connection: 'web',
        listing: 'mug',
        place: '',
        code: 'rate_limited',
        message: expect.stringMatching(/6 times a day.* waits until \d{4}-\d\d-\d\dT0[78]:00:00/),
      },
    ])
    expect(await hub.explain('MUG', 'web')).toMatchObject([
      { state: 'failing', offer: 7, error: { code: 'rate_limited' } },
    ])
    clock.advance(24 * hourMs)
    await hub.sync()
    expect(web.shown.get('mug')).toBe(7)
  })

  it('sells out, and is on sale again, while its spare lasts for selling out once more', async () => {
    const { to, failed, web } = await setUp(['mug'], { spare: 4 })
    for (const quantity of [5, 6, 0, 3, 0]) expect(await to('mug', quantity)).toBe(quantity)
    expect(await to('mug', 3)).toBe(0)
    expect(failed).toHaveLength(1)
    expect(written(web)).toHaveLength(5)
  })

  it('counts its variations together', async () => {
    const { to, web } = await setUp(['red', 'blue'], { countedAs: 'item-1' })
    for (const quantity of [5, 6]) await to('red', quantity)
    for (const quantity of [5, 6]) expect(await to('blue', quantity)).toBe(quantity)
    expect(await to('blue', 9)).toBe(6)
    expect(await to('red', 9)).toBe(6)
    expect(await to('red', 0)).toBe(0)
    expect(await to('blue', 0)).toBe(0)
    expect(written(web)).toHaveLength(6)
  })

  it('is not set to 0 twice', async () => {
    const { to, hub, web, clock } = await setUp(['mug'])
    await to('mug', 5)
    await to('mug', 0)
    for (let times = 0; times < 3; times += 1) {
      await hub.stock.adjust('MUG', -1, { location: 'main', key: `less ${times}` })
      clock.advance(1_000)
      await hub.sync()
    }
    expect(written(web)).toEqual([
      ['mug', 5],
      ['mug', 0],
    ])
  })

  it('needs none for a number that the channel shows already', async () => {
    const { to, web } = await setUp(['mug'])
    await to('mug', 5)
    for (let quantity = 6; quantity < 20; quantity += 1) {
      web.shown.set('mug', quantity)
      expect(await to('mug', quantity)).toBe(quantity)
    }
    expect(written(web)).toHaveLength(1)
  })
})
