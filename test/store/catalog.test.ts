import { beforeEach, describe, expect, it } from 'vitest'
import { Listing, type ListingInput } from '../../src/model/listing.ts'
import {
  componentsOf,
  getItem,
  getListing,
  getLocation,
  linkListing,
  listItems,
  listListings,
  listLocations,
  unlinkListing,
} from '../../src/store/catalog.ts'
import { offerTerms } from '../../src/store/offers.ts'
import { at, openShop, type Shop } from './support.ts'

let shop: Shop
const read = <T>(work: Parameters<typeof shop.database.read<T>>[0]) => shop.database.read(work)
const rows = (table: string) => read((tx) => tx.all<Record<string, unknown>>(`SELECT * FROM ${table}`))
/** Which listings the stock of each SKU touches, from the derived table. */
const touched = async () => {
  const found = await read((tx) =>
    tx.all<{ sku: string; listing: string }>(
      'SELECT listing_sku.sku AS sku, listing.listing AS listing FROM listing_sku JOIN listing ON listing.id = listing_sku.listing ORDER BY 1, 2',
    ),
  )
  return found.map((row) => `${row.sku}>${row.listing}`)
}

beforeEach(async () => {
  shop = await openShop()
  for (const sku of ['A', 'B', 'C']) await shop.putItem({ sku })
})

describe('items', () => {
  it('are made, replaced, and read', async () => {
    await shop.putItem({ sku: 'A', title: 'Red mug', barcode: '4006381333931', reorderPoint: 5 })
    expect(await read((tx) => getItem(tx, 'A'))).toEqual({
      sku: 'A',
      title: 'Red mug',
      barcode: '4006381333931',
      reorderPoint: 5,
      kit: null,
    })
    expect(await read((tx) => getItem(tx, 'a'))).toBeNull()
    expect((await read(listItems)).map((item) => item.sku)).toEqual(['A', 'B', 'C'])
  })

  it('may be kits, whose components are found in one go', async () => {
    await shop.putItem({
      sku: 'KIT',
      kit: [
        { sku: 'B', quantity: 2 },
        { sku: 'A', quantity: 1 },
      ],
    })
    const parts = [
      { sku: 'A', quantity: 1 },
      { sku: 'B', quantity: 2 },
    ]
    expect(await read((tx) => componentsOf(tx, 'KIT'))).toEqual(parts)
    expect(await read((tx) => componentsOf(tx, 'A'))).toEqual([{ sku: 'A', quantity: 1 }])
    expect((await read(listItems)).find((item) => item.sku === 'KIT')?.kit).toEqual(parts)
    await expect(read((tx) => componentsOf(tx, 'NOBODY'))).rejects.toMatchObject({
      code: 'not_found',
      field: 'sku',
    })
  })
})

describe('a kit is refused', () => {
  const kit = (sku: string, ...parts: string[]) =>
    shop.putItem({ sku, kit: parts.map((part) => ({ sku: part, quantity: 1 })) })

  it.each<[string, () => Promise<void>, string, string]>([
    ['of itself', () => kit('A', 'A'), 'invalid_input', 'kit.0.sku'],
    ['of an SKU that nobody made', () => kit('K', 'A', 'NOBODY'), 'not_found', 'kit.1.sku'],
    ['of an SKU named twice', () => kit('K', 'A', 'A'), 'invalid_input', 'kit.1.sku'],
    ['of a kit', () => kit('K', 'A').then(() => kit('K2', 'K')), 'invalid_input', 'kit.0.sku'],
    ['when it is a component itself', () => kit('K', 'A').then(() => kit('A', 'B')), 'invalid_input', 'kit'],
    ['in a ring', () => kit('K', 'A').then(() => kit('A', 'K')), 'invalid_input', 'kit.0.sku'],
    [
      'when it holds stock of its own',
      () => shop.stock.receive('C', 1, { key: 'r' }).then(() => kit('C', 'A')),
      'invalid_input',
      'kit',
    ],
    [
      'when a reservation holds its last unit',
      async () => {
        await shop.stock.receive('C', 1, { key: 'r' })
        await shop.stock.reserve([{ sku: 'C', quantity: 1 }], { key: 'h' })
        await kit('C', 'A')
      },
      'invalid_input',
      'kit',
    ],
  ])('%s', async (_, put, code, field) => {
    const before = JSON.stringify(await rows('kit_component'))
    await expect(put()).rejects.toMatchObject({ code, field, remedy: expect.any(String) })
    expect((await read((tx) => getItem(tx, 'C')))?.kit).toBeNull()
    expect(JSON.stringify(await rows('kit_component')).startsWith(before.slice(0, -1))).toBe(true)
  })

  it('but allowed once its own stock is gone, which then takes none', async () => {
    await shop.stock.receive('C', 1, { key: 'in' })
    await shop.stock.adjust('C', -1, { key: 'out' })
    await kit('C', 'A')
    await expect(shop.stock.receive('C', 1, { key: 'again' })).rejects.toMatchObject({
      code: 'invalid_input',
    })
    expect(await shop.stock.verify()).toEqual({ ok: true, differences: [] })
  })
})

describe('changing a kit', () => {
  it('makes its listings follow the new components, and marks them', async () => {
    await shop.putItem({
      sku: 'KIT',
      kit: [
        { sku: 'A', quantity: 1 },
        { sku: 'B', quantity: 1 },
      ],
    })
    await shop.link({ connection: 'web', listing: 'kit', sku: 'KIT' })
    await shop.link({ connection: 'web', listing: 'a', sku: 'A' })
    expect(await touched()).toEqual(['A>a', 'A>kit', 'B>kit'])

    await shop.putItem({
      sku: 'KIT',
      title: 'renamed',
      kit: [
        { sku: 'B', quantity: 1 },
        { sku: 'A', quantity: 1 },
      ],
    })
    expect(await shop.generations()).toEqual({ kit: 1, a: 1 })

    await shop.putItem({
      sku: 'KIT',
      kit: [
        { sku: 'B', quantity: 2 },
        { sku: 'C', quantity: 1 },
      ],
    })
    expect(await touched()).toEqual(['A>a', 'B>kit', 'C>kit'])
    expect(await shop.generations()).toEqual({ kit: 2, a: 1 })
    await shop.stock.receive('C', 1, { key: 'c' })
    expect(await shop.generations()).toEqual({ kit: 3, a: 1 })

    await shop.putItem({ sku: 'KIT' })
    expect(await touched()).toEqual(['A>a', 'KIT>kit'])
    await shop.stock.receive('KIT', 1, { key: 'k' })
    expect(await shop.generations()).toEqual({ kit: 4, a: 1 })
  })

  it('makes an item with listings a kit', async () => {
    await shop.link({ connection: 'web', listing: 'c', sku: 'C' })
    await shop.putItem({ sku: 'C', kit: [{ sku: 'A', quantity: 3 }] })
    expect(await touched()).toEqual(['A>c'])
    expect(await shop.generations()).toEqual({ c: 2 })
  })
})

describe('locations', () => {
  it('are made, replaced, and listed by priority', async () => {
    await shop.putLocation({ id: 'east', name: 'East', priority: 10, country: 'US', postalCode: '10001' })
    await shop.putLocation({ id: '3pl', connection: 'shipbob', externalId: '7' })
    await shop.putLocation({
      id: '3pl',
      connection: 'shipbob',
      externalId: '8',
      name: 'ShipBob Moreno Valley',
    })
    expect((await read(listLocations)).map((location) => location.id)).toEqual(['east', '3pl', 'main'])
    expect(await read((tx) => getLocation(tx, '3pl'))).toMatchObject({
      externalId: '8',
      priority: 100,
      country: null,
    })
    expect(await read((tx) => getLocation(tx, 'west'))).toBeNull()
  })

  it('cannot be the same place of a provider twice', async () => {
    await shop.putLocation({ id: 'east', connection: 'shipbob', externalId: '7' })
    await expect(
      shop.putLocation({ id: 'west', connection: 'shipbob', externalId: '7' }),
    ).rejects.toMatchObject({
      code: 'conflict',
      field: 'externalId',
      remedy: expect.stringContaining('east'),
    })
    await shop.putLocation({ id: 'west', connection: 'other', externalId: '7' })
    await shop.putLocation({ id: 'own', connection: null, externalId: null })
    await shop.putLocation({ id: 'own2', connection: null, externalId: null })
  })
})

describe('linking a listing', () => {
  const six: ListingInput = {
    connection: 'web',
    listing: 'six',
    sku: 'A',
    units: 6,
    buffer: '10%',
    cap: 9,
    minimum: 1,
    locations: ['main'],
  }

  it('stores it, out of date from the start', async () => {
    const id = await shop.link(six)
    expect(await read((tx) => getListing(tx, 'web', 'six'))).toEqual({ ...six, place: '', id })
    expect(await rows('push')).toEqual([
      { listing: id, connection: 'web', generation: 1, done: 0, planned: 0, changed_at: at },
    ])
    expect(await rows('push_state')).toMatchObject([{ listing: id, sent: null, held: 0, attempts: 0 }])
  })

  it('again changes nothing', async () => {
    const id = await shop.link(six)
    expect(await shop.link(six)).toBe(id)
    expect(await shop.generations()).toEqual({ six: 1 })
  })

  it.each<[string, Partial<ListingInput>]>([
    ['units', { units: 5 }],
    ['buffer', { buffer: 3 }],
    ['cap', { cap: null }],
    ['minimum', { minimum: 0 }],
    ['locations', { locations: null }],
    ['SKU', { sku: 'B' }],
  ])('with another %s marks it', async (_, change) => {
    const id = await shop.link(six)
    expect(await shop.link({ ...six, ...change })).toBe(id)
    expect(await shop.generations()).toEqual({ six: 2 })
    expect(await read((tx) => getListing(tx, 'web', 'six'))).toMatchObject(change)
    expect(await touched()).toEqual([`${change.sku ?? 'A'}>six`])
  })

  it('keeps places apart', async () => {
    await shop.link({ connection: 'web', listing: 'x', place: 'p1', sku: 'A' })
    await shop.link({ connection: 'web', listing: 'x', place: 'p2', sku: 'B' })
    expect(await read((tx) => getListing(tx, 'web', 'x', 'p2'))).toMatchObject({ sku: 'B' })
    expect(await read((tx) => getListing(tx, 'web', 'x'))).toBeNull()
  })

  it('of an unknown SKU or location is refused', async () => {
    await expect(shop.link({ ...six, sku: 'NOBODY' })).rejects.toMatchObject({
      code: 'not_found',
      field: 'sku',
    })
    await expect(shop.link({ ...six, locations: ['main', 'moon'] })).rejects.toMatchObject({
      code: 'not_found',
      field: 'locations.1',
    })
    expect(await rows('listing')).toEqual([])
  })
})

describe('unlinking a listing', () => {
  it('forgets all of it, and never gives its id again', async () => {
    await shop.putItem({
      sku: 'KIT',
      kit: [
        { sku: 'A', quantity: 1 },
        { sku: 'B', quantity: 1 },
      ],
    })
    const id = await shop.link({ connection: 'web', listing: 'kit', sku: 'KIT' })
    const unlink = () => shop.database.transaction((tx) => unlinkListing(tx, 'web', 'kit'))
    expect(await unlink()).toBe(true)
    expect(await unlink()).toBe(false)
    for (const table of ['listing', 'listing_sku', 'push', 'push_state'])
      expect(await rows(table)).toEqual([])
    expect(await shop.link({ connection: 'web', listing: 'kit', sku: 'KIT' })).toBeGreaterThan(id)
  })
})

describe('listListings', () => {
  it('filters by connection, by SKU, or by both', async () => {
    for (const [connection, sku] of [
      ['web', 'A'],
      ['web', 'B'],
      ['amazon', 'A'],
    ] as const) {
      await shop.link({ connection, listing: sku, sku })
    }
    const found = async (filter: { connection?: string; sku?: string }) =>
      (await read((tx) => listListings(tx, filter))).map((row) => `${row.connection}/${row.sku}`)
    expect(await found({})).toEqual(['web/A', 'web/B', 'amazon/A'])
    expect(await found({ connection: 'web' })).toEqual(['web/A', 'web/B'])
    expect(await found({ sku: 'A' })).toEqual(['web/A', 'amazon/A'])
    expect(await found({ connection: 'amazon', sku: 'B' })).toEqual([])
  })
})

describe('offerTerms', () => {
  it('gives the offer of each listing with its terms, and nothing for one that is gone', async () => {
    await shop.putLocation({ id: 'east' })
    await shop.putItem({
      sku: 'KIT',
      kit: [
        { sku: 'A', quantity: 2 },
        { sku: 'B', quantity: 1 },
      ],
    })
    await shop.stock.receive('A', 10, { key: '1' })
    await shop.stock.receive('A', 5, { key: '2', location: 'east' })
    await shop.stock.receive('B', 6, { key: '3', location: 'east' })
    await shop.stock.reserve([{ sku: 'A', quantity: 3 }], { key: 'r', location: 'main' })
    const a = await shop.link({ connection: 'web', listing: 'a', sku: 'A', buffer: 2 })
    const east = await shop.link({
      connection: 'web',
      listing: 'east',
      sku: 'A',
      locations: ['east'],
      units: 2,
    })
    const kit = await shop.link({ connection: 'web', listing: 'kit', sku: 'KIT', cap: 4 })
    const none = await shop.link({ connection: 'web', listing: 'none', sku: 'C' })
    const terms = await read((tx) => offerTerms(tx, [a, east, kit, none, 999]))
    expect([a, east, kit, none, 999].map((id) => terms.get(id)?.offer)).toEqual([10, 2, 4, 0, undefined])
    expect(terms.get(kit)).toMatchObject({ available: 6, scarcest: 'A', sellable: 6, capped: true })
    expect(terms.get(a)).toMatchObject({
      listing: { listing: 'a', buffer: 2 },
      available: 12,
      keptBack: 2,
      stock: [
        {
          sku: 'A',
          quantity: 1,
          locations: [
            { sku: 'A', location: 'east', available: 5, reserved: 0, quarantined: 0 },
            { sku: 'A', location: 'main', available: 7, reserved: 3, quarantined: 0 },
          ],
        },
      ],
    })
  })

  it('answers many at once in a few statements', async () => {
    const ids: number[] = []
    for (let index = 0; index < 300; index += 1) {
      await shop.putItem({ sku: `S${index}` })
      await shop.database.transaction(async (tx) => {
        const listing = Listing.parse({ connection: 'web', listing: `S${index}`, sku: `S${index}` })
        ids.push((await linkListing(tx, listing, at)).id)
      })
    }
    await shop.stock.receive('S299', 7, { key: 'k' })
    let statements = 0
    const terms = await read((tx) =>
      offerTerms(
        {
          dialect: tx.dialect,
          all: (sql, parameters) => {
            statements += 1
            return tx.all(sql, parameters)
          },
          get: tx.get,
          run: tx.run,
          finish: tx.finish,
        },
        ids,
      ),
    )
    expect(terms.size).toBe(300)
    expect(terms.get(ids[299] ?? 0)?.offer).toBe(7)
    expect(statements).toBe(2)
  })
})
