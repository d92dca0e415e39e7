import { describe, expect, it } from 'vitest'
import { ebay } from '../../../adapters/ebay/index.ts'
import { listedItem } from '../../../adapters/ebay/listed.ts'
import { readXml, type XmlNode } from '../../../adapters/ebay/xml.ts'
import { createHub } from '../../../src/index.ts'
import type { ListingPage } from '../../../src/spec/index.ts'
import { storeAt } from '../../stores.ts'
import { list, type Stage, stage, stateOf, target } from './stage.ts'

async function everything({ connection, context }: Stage): Promise<readonly ListingPage[]> {
  const pages: ListingPage[] = []
  for (let cursor: string | null = null; ; ) {
    const page: ListingPage = await connection.listings.list(context, cursor)
    pages.push(page)
    cursor = page.cursor
    if (cursor === null) return pages
  }
}

const listed = async (it: Stage) => (await everything(it)).flatMap(({ listings }) => listings)

const itemNode = (inner: string): XmlNode => {
  const node = readXml(`<Item><ItemID>110012345678</ItemID><Title>Mug &amp; lid</Title>${inner}</Item>`)
  if (node === null) throw new Error('no document')
  return node
}

describe('everything on sale', () => {
  it('of the Inventory API is paged by the number of the page, each SKU once, with the lower of its numbers', async () => {
    const it = await stage()
    const skus = Array.from({ length: 51 }, (_, index) => `SKU-${index}`)
    for (const sku of skus) await list(it, sku, 5)
    await list(it, 'MUG', 9, { title: 'A mug', barcode: '4006381333931' })
    await it.simulator.control('orders', { lines: [{ sku: 'MUG', quantity: 2 }] })
    const pages = await everything(it)
    expect(pages).toHaveLength(2)
    const all = pages.flatMap(({ listings }) => listings)
    expect(all.map(({ listing }) => listing)).toEqual([...skus, 'MUG'])
    expect(all.at(-1)).toEqual({
      listing: 'MUG',
      place: '',
      sku: 'MUG',
      title: 'A mug',
      barcode: '4006381333931',
      quantity: 7,
      fulfilledBy: 'merchant',
    })
    expect(it.of('getInventoryItems').map(({ query }) => query)).toEqual([
      { limit: '50', offset: '0' },
      { limit: '50', offset: '1' },
    ])
  })

  it('tells of the offers for the push that follows: they are not asked for twice', async () => {
    const it = await stage()
    await list(it, 'MUG', 9)
    await listed(it)
    await it.connection.listings.write(it.context, [target('MUG', 4)])
    expect(stateOf(it).listings).toMatchObject([{ item: 4, offers: [{ available: 4 }] }])
    expect(it.of('getOffers')).toHaveLength(1)
  })

  it('leaves out what is not published, and reads no number from a code that is none', async () => {
    const it = await stage()
    await list(it, 'DRAFT', 3, { offers: [] })
    await list(it, 'CUP', 4, { barcode: 'Does not apply' })
    expect(await listed(it)).toMatchObject([{ sku: 'CUP', barcode: null }])
  })

  it('of the Trading API is what tradingItems names, after the others, and each of its variations', async () => {
    const it = await stage({ options: { tradingItems: ['110000000001', '110000000002', '110000000009'] } })
    await list(it, 'MUG', 9)
    await list(it, 'OLD', 5, { api: 'trading', itemId: '110000000001', barcode: '4006381333931' })
    await list(it, 'RED', 2, { api: 'trading', itemId: '110000000002', variation: true })
    await list(it, 'BLUE', 3, { api: 'trading', itemId: '110000000002', variation: true })
    await list(it, 'OTHER', 1, { api: 'trading', itemId: '110000000003' })
    expect(await listed(it)).toMatchObject([
      { listing: 'MUG', sku: 'MUG', quantity: 9 },
      { listing: 'item:110000000001', sku: 'OLD', quantity: 5, barcode: '4006381333931' },
      { listing: 'item:110000000002:RED', sku: 'RED', quantity: 2 },
      { listing: 'item:110000000002:BLUE', sku: 'BLUE', quantity: 3 },
    ])
    expect(it.of('GetMyeBaySelling')).toHaveLength(0)
  })

  it('of a shop of old listings is one list, a hundred a call, oldest first', async () => {
    const it = await stage({ options: { tradingItems: 'all' } })
    const skus = Array.from({ length: 101 }, (_, index) => `OLD-${index}`)
    for (const sku of skus) await list(it, sku, 5, { api: 'trading' })
    await it.simulator.control('orders', { lines: [{ sku: 'OLD-100', quantity: 2 }] })
    const all = await listed(it)
    expect(all.map(({ sku }) => sku)).toEqual(skus)
    expect(all.at(-1)).toMatchObject({ quantity: 3 })
    expect(it.of('getInventoryItems')).toHaveLength(0)
    expect(it.of('GetMyeBaySelling').map(({ raw }) => raw)).toEqual(
      [1, 2].map(
        (page) =>
          `<?xml version="1.0" encoding="utf-8"?><GetMyeBaySellingRequest xmlns="urn:ebay:apis:eBLBaseComponents"><ActiveList><Include>true</Include><Sort>StartTime</Sort><Pagination><EntriesPerPage>100</EntriesPerPage><PageNumber>${page}</PageNumber></Pagination></ActiveList></GetMyeBaySellingRequest>`,
      ),
    )
  })

  it('stops at a failure that is no row’s own, and goes on from the same cursor', async () => {
    const it = await stage()
    await list(it, 'MUG', 9)
    it.simulator.faults.arm({ operation: 'getOffers', kind: 'status', status: 403, times: 9 })
    await expect(it.connection.listings.list(it.context, null)).rejects.toMatchObject({ code: 'permission' })
    it.simulator.faults.clear()
    expect(await listed(it)).toHaveLength(1)
    await expect(it.connection.listings.list(it.context, 'cursor')).rejects.toMatchObject({
      code: 'invalid_input',
      field: 'cursor',
    })
  })
})

describe('an item', () => {
  it('that is an auction, or has ended, is not for sale here', () => {
    expect(listedItem(itemNode('<ListingType>Chinese</ListingType><Quantity>1</Quantity>')).listings).toEqual(
      [],
    )
    const ended =
      '<Quantity>4</Quantity><SellingStatus><ListingStatus>Completed</ListingStatus></SellingStatus>'
    expect(listedItem(itemNode(ended)).listings).toEqual([])
  })

  it('without a SKU has none, and without a number none either', () => {
    expect(listedItem(itemNode('')).listings).toEqual([
      {
        listing: 'item:110012345678',
        place: '',
        sku: null,
        title: 'Mug & lid',
        barcode: null,
        quantity: null,
        fulfilledBy: 'merchant',
      },
    ])
  })

  it('with a variation without a SKU names it, as nothing else could', () => {
    const { listings, unreadable } = listedItem(
      itemNode(
        '<Variations><Variation><SKU>RED</SKU><Quantity>5</Quantity><SellingStatus><QuantitySold>2</QuantitySold></SellingStatus></Variation><Variation><Quantity>1</Quantity></Variation></Variations>',
      ),
    )
    expect(listings).toMatchObject([{ listing: 'item:110012345678:RED', quantity: 3 }])
    expect(unreadable).toMatchObject([{ id: '110012345678', error: { field: 'sku' } }])
  })
})

describe('a first import', () => {
  it('links what is on sale and counts it into the pool', async () => {
    const it = await stage()
    await list(it, 'MUG', 9)
    await list(it, 'CUP', 4)
    const hub = createHub({
      store: storeAt(':memory:'),
      clock: it.clock,
      connections: { us: ebay(it.simulator.options) },
    })
    try {
      const report = await hub.import('us', { create: 'with-stock' })
      expect(report).toMatchObject({ listings: { read: 2, linked: 2, skipped: 0 }, items: 2 })
      expect(await hub.stock.get('MUG')).toMatchObject({ available: 9 })
    } finally {
      await hub.close()
    }
  })
})
