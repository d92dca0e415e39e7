import { describe, expect, it } from 'vitest'
import { StockpoolError } from '../../src/error.ts'
import type { ImportProgress } from '../../src/index.ts'
import { down, failing, newFile, pass, setUp } from './kit.ts'

/** A shop that sells so many things already, ten of each, listed seven on a page. */
function shop(things: number, file?: string) {
  const kit = setUp({ web: { listPage: 7 }, ...(file === undefined ? {} : { file }) })
  for (let n = 0; n < things; n++) kit.web.shown.set(`l${String(n).padStart(3, '0')}`, 10)
  return kit
}

describe('a first import', () => {
  it('links what the channel sells, makes the items with their stock, and reads the orders', async () => {
    const kit = shop(20)
    kit.web.sell([{ listing: 'l003', quantity: 2 }])
    kit.clock.advance(1000)
    const report = await kit.hub.import('web', { create: 'with-stock' })
    expect(report).toMatchObject({
      listings: { read: 20, linked: 20, known: 0, skipped: 0 },
      items: 20,
      orders: { read: 1, placed: 1 },
      skipped: [],
    })
    await pass(kit)
    // The shop shows what is left beside the open order: on the shelf lie ten.
    expect(await kit.hub.stock.get('L003')).toMatchObject({ available: 8, reserved: 2 })
    expect(await kit.hub.stock.get('L004')).toMatchObject({ available: 10, reserved: 0 })
    expect(kit.web.shown.get('l003')).toBe(8)
    expect(await kit.hub.stock.verify()).toMatchObject({ ok: true })
  })

  it('links only what is known unless asked to make items, and says what it left out and why', async () => {
    const kit = shop(4)
    await kit.hub.items.put({ sku: 'L000' })
    kit.web.skus.set('l002', null)
    kit.web.platformShips.add('l003')
    const report = await kit.hub.import('web')
    expect(report.listings).toEqual({ read: 4, linked: 1, known: 0, skipped: 3 })
    expect(report.skipped).toEqual([
      { listing: 'l002', sku: null, why: 'the channel has no SKU for it' },
      { listing: 'l003', sku: 'L003', why: 'the platform ships it from its own stock' },
      { listing: 'l001', sku: 'L001', why: 'there is no item of this SKU here' },
    ])
    expect(await kit.hub.items.list()).toHaveLength(1)
  })

  it('takes the SKU from the user’s own function, and leaves what is linked as it is', async () => {
    const kit = shop(3)
    await kit.hub.items.put({ sku: 'MUG' })
    await kit.hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'l000', buffer: 3 })
    const report = await kit.hub.import('web', {
      create: 'without-stock',
      sku: ({ listing }) => (listing === 'l001' ? null : 'MUG'),
    })
    expect(report).toMatchObject({ listings: { linked: 1, known: 1, skipped: 1 }, items: 0 })
    expect(await kit.hub.listings.get({ connection: 'web', listing: 'l000' })).toMatchObject({ buffer: 3 })
  })

  it('tells its progress page by page, goes on where it was killed, and changes nothing when repeated', async () => {
    const file = await newFile()
    const kit = shop(30, file)
    const stop = new AbortController()
    const told: ImportProgress[] = []
    const first = kit.hub.import('web', {
      create: 'with-stock',
      signal: stop.signal,
      onProgress: (progress) => {
        told.push(progress)
        if (told.length === 2) stop.abort(new Error('killed'))
      },
    })
    await expect(first).rejects.toThrow('killed')
    expect(told.map(({ listings }) => listings.linked)).toEqual([7, 14])
    await kit.hub.close()

    const second = kit.open()
    kit.clock.advance(60_000)
    kit.web.calls.length = 0
    const report = await second.import('web', { create: 'with-stock' })
    expect(report.listings).toEqual({ read: 16, linked: 16, known: 0, skipped: 0 })
    expect(kit.web.calls.filter((call) => call === 'listings.list')).toHaveLength(3)
    const again = await second.import('web', { create: 'with-stock' })
    expect(again.listings).toEqual({ read: 30, linked: 0, known: 30, skipped: 0 })
    const { available } = await second.stock.get('L029')
    expect(available).toBe(10)
    expect(await second.stock.verify()).toMatchObject({ ok: true })
  })

  it('begins anew when the channel no longer knows the page where it was killed', async () => {
    const kit = shop(20, await newFile())
    const stop = new AbortController()
    const onProgress = () => stop.abort(new Error('killed'))
    await expect(kit.hub.import('web', { signal: stop.signal, onProgress })).rejects.toThrow('killed')
    failing(kit.web, 'listings.list', new StockpoolError('rejected', 'what page is that?'))
    expect((await kit.hub.import('web', { create: 'with-stock' })).listings.read).toBe(20)
    // What is refused of the first page is no page's fault.
    failing(kit.web, 'listings.list', new StockpoolError('rejected', 'no'))
    await expect(kit.hub.import('web')).rejects.toMatchObject({ code: 'rejected' })
  })

  it('counts right what is ordered while it goes on, before and after each listing was looked at', async () => {
    const kit = shop(20)
    const sell = (listing: string, quantity: number) => {
      kit.clock.advance(1000)
      expect(kit.web.sell([{ listing, quantity }])).not.toBeNull()
      kit.clock.advance(1000)
    }
    let pages = 0
    await kit.hub.import('web', {
      create: 'with-stock',
      onProgress: ({ doing }) => {
        pages += 1
        if (doing !== 'listings' || pages !== 2) return
        // l000 was looked at already, l019 was not.
        sell('l000', 3)
        sell('l019', 4)
      },
    })
    for (let passes = 0; passes < 3; passes++) await pass(kit)
    expect(await kit.hub.stock.get('L000')).toMatchObject({ available: 7, reserved: 3 })
    expect(await kit.hub.stock.get('L019')).toMatchObject({ available: 6, reserved: 4 })
    expect([kit.web.shown.get('l000'), kit.web.shown.get('l019')]).toEqual([7, 6])
    expect(await kit.hub.stock.verify()).toMatchObject({ ok: true })
  })

  it('stores a page whole or not at all, and throws what the channel answers', async () => {
    const kit = shop(20)
    failing(kit.web, 'listings.list', down(), { phase: 'after' })
    await expect(kit.hub.import('web', { create: 'with-stock' })).rejects.toMatchObject({
      code: 'unavailable',
    })
    expect(await kit.hub.items.list()).toHaveLength(0)
    expect((await kit.hub.import('web', { create: 'with-stock' })).items).toBe(20)
  })

  it('refuses a channel that lists nothing, an unknown one, and options it does not know', async () => {
    const kit = shop(1)
    await expect(kit.hub.import('market', { orders: false })).rejects.toMatchObject({ code: 'unsupported' })
    await expect(kit.hub.import('nowhere' as 'web')).rejects.toMatchObject({ code: 'not_found' })
    await expect(kit.hub.import('web', { creates: 'no' } as never)).rejects.toMatchObject({
      code: 'invalid_input',
    })
  })
})
