import { describe, expect, it } from 'vitest'
import { amazon } from '../../../adapters/amazon/index.ts'
import { listedOf } from '../../../adapters/amazon/listing-list.ts'
import { startAmazonSimulator } from '../../../adapters/amazon/simulator/index.ts'
import { createHub } from '../../../src/index.ts'
import { virtualClock } from '../../../src/simulator/index.ts'
import type { ListedListing } from '../../../src/spec/index.ts'
import { freshStore } from '../../stores.ts'
import { type Stage, stage } from './stage.ts'

async function everything(on: Stage): Promise<ListedListing[]> {
  const found: ListedListing[] = []
  for (let cursor: string | null = null; ; ) {
    const page = await on.connection.listings.list(on.context, cursor)
    found.push(...page.listings)
    if (page.cursor === null) return found
    expect(page.cursor).not.toBe(cursor)
    cursor = page.cursor
  }
}

describe('everything that a seller lists', () => {
  it('comes from one report, with what Amazon fulfils named as such', async () => {
    await using on = await stage()
    await on.simulator.control('listings', { sku: 'MUG-RED', title: 'Red mug', quantity: 5 })
    await on.simulator.control('listings', {
      sku: 'MUG-FBA',
      title: 'Red mug',
      quantity: 1,
      channel: 'AMAZON_NA',
    })
    expect(await everything(on)).toEqual([
      {
        listing: 'MUG-RED',
        place: '',
        sku: 'MUG-RED',
        title: 'Red mug',
        barcode: null,
        quantity: 5,
        fulfilledBy: 'merchant',
      },
      {
        listing: 'MUG-FBA',
        place: '',
        sku: 'MUG-FBA',
        title: 'Red mug',
        barcode: null,
        quantity: null,
        fulfilledBy: 'platform',
      },
    ])
    expect(on.simulator.count('createReport')).toBe(1)
  })

  it('more than a page is read on from its cursor, which may be asked for again', async () => {
    await using on = await stage()
    for (let index = 0; index < 5_010; index += 1)
      await on.simulator.control('listings', { sku: `S-${index}`, quantity: 1 })
    const { cursor } = await on.connection.listings.list(on.context, null)
    await on.clock.advance(10_000)
    const first = await on.connection.listings.list(on.context, cursor)
    const again = await on.connection.listings.list(on.context, cursor)
    expect(again.listings).toEqual(first.listings)
    const last = await on.connection.listings.list(on.context, first.cursor)
    expect([first.listings.length, last.listings.length, last.cursor]).toEqual([5_000, 10, null])
  })

  it('a SKU that is written in another marketplace comes from the report of that one, and once', async () => {
    const marketplaceIds = ['ATVPDKIKX0DER', 'A2EUQ1WTGCTBG2']
    await using on = await stage({ marketplaceIds }, { listingMarketplaces: { MAPLE: 'A2EUQ1WTGCTBG2' } })
    await on.simulator.control('listings', { sku: 'MUG-RED', quantity: 5 })
    await on.simulator.control('listings', { sku: 'MAPLE', quantity: 2, marketplaceId: 'A2EUQ1WTGCTBG2' })
    expect((await everything(on)).map(({ listing }) => listing)).toEqual(['MUG-RED', 'MAPLE'])
    expect(on.simulator.count('createReport')).toBe(2)
  })

  it('a seller without listings has none; a report that takes too long can be waited for again', async () => {
    await using on = await stage()
    expect(await everything(on)).toEqual([])
    await using slow = await stage({ reportMs: 3_600_000 }, { reportWaitMs: 30_000 })
    await slow.simulator.control('listings', { sku: 'MUG-RED', quantity: 5 })
    await expect(everything(slow)).rejects.toMatchObject({ code: 'unavailable', retryable: true })
  })

  it('an address that has ended before the report was read is asked for anew, once', async () => {
    await using on = await stage()
    await on.simulator.control('listings', { sku: 'MUG-RED', quantity: 5 })
    on.simulator.faults.arm({ operation: 'document', kind: 'status', status: 403 })
    expect(await everything(on)).toHaveLength(1)
    expect([on.simulator.count('getReportDocument'), on.simulator.count('document')]).toEqual([2, 2])
    on.simulator.faults.arm({ operation: 'document', kind: 'status', status: 403, times: 100 })
    await expect(everything(on)).rejects.toMatchObject({ code: 'unavailable', retryable: true })
  })

  it('a barcode is one only when Amazon says that it is, and a row without a SKU is none', () => {
    const row = { 'seller-sku': 'A', quantity: '3', 'product-id': '4006381333931' }
    expect(listedOf({ ...row, 'product-id-type': '4' }).barcode).toBe('4006381333931')
    expect(listedOf({ ...row, 'product-id-type': '1' }).barcode).toBeNull()
    expect(() => listedOf({ quantity: '3' })).toThrow(expect.objectContaining({ field: 'seller-sku' }))
  })

  it('is what a hub takes in when it begins with a shop that sells already', async () => {
    const clock = virtualClock(undefined, { autoAdvance: { quietMs: 5 } })
    const simulator = await startAmazonSimulator({ clock, pendingMs: 0, settlingMs: 0 })
    const hub = createHub({
      store: freshStore(),
      clock,
      connections: { amazonUs: amazon({ ...simulator.options, settlingMs: 0 }) },
    })
    try {
      await simulator.control('listings', { sku: 'MUG-RED', quantity: 5 })
      await simulator.control('listings', { sku: 'MUG-FBA', quantity: 1, channel: 'AMAZON_NA' })
      const report = await hub.import('amazonUs', { create: 'with-stock' })
      expect(report).toMatchObject({ listings: { read: 2, linked: 1, skipped: 1 }, items: 1 })
      expect(await hub.stock.get('MUG-RED')).toMatchObject({ available: 5 })
    } finally {
      await hub.close()
      clock.stop()
      await simulator.close()
    }
  })
})
