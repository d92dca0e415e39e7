import { describe, expect, it } from 'vitest'
import { send } from '../../../adapters/ebay/client.ts'
import { itemListing, keyOf } from '../../../adapters/ebay/ids.ts'
import { resultOf, updateRequest } from '../../../adapters/ebay/inventory.ts'
import { readingOf, resultsOf } from '../../../adapters/ebay/item-listings.ts'
import { parseOptions } from '../../../adapters/ebay/options.ts'
import { errorsOf } from '../../../adapters/ebay/trading.ts'
import { readXml } from '../../../adapters/ebay/xml.ts'
import { list, type Stage, stage, stateOf, target } from './stage.ts'

const shown = (it: Stage) =>
  Object.fromEntries(stateOf(it).listings.map(({ listing, quantity }) => [listing, quantity]))
const codeOf = (result: unknown) => {
  const one = result as { status: string; error?: { code: string } }
  return one.error?.code ?? one.status
}

describe('numbers of the Inventory API', () => {
  it('are written to item and offer together, 25 a call, after one look', async () => {
    const it = await stage()
    for (let index = 1; index <= 30; index += 1) await list(it, `MUG-${index}`, 7)
    it.clear()
    const targets = Array.from({ length: 30 }, (_, index) => target(`MUG-${index + 1}`, index + 10))
    const results = await it.connection.listings.write(it.context, targets)
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['done']))
    const sizes = (operation: string) =>
      it.of(operation).map(({ body }) => (body as { requests: unknown[] }).requests.length)
    expect([
      sizes('bulkGetInventoryItem'),
      sizes('bulkUpdatePriceQuantity'),
      it.of('getOffers').length,
    ]).toEqual([[25, 5], [25, 5], 30])
    const offer = stateOf(it).listings[0]?.offers[0]?.id
    const [update] = it.of('bulkUpdatePriceQuantity')
    expect([update?.method, update?.path]).toEqual(['POST', '/sell/inventory/v1/bulk_update_price_quantity'])
    const { requests } = (update?.body ?? {}) as { requests?: unknown[] }
    expect(requests?.[0]).toEqual({
      sku: 'MUG-1',
      shipToLocationAvailability: { quantity: 10 },
      offers: [{ offerId: offer, availableQuantity: 10 }],
    })
    expect(stateOf(it).listings.map(({ item, offers }) => [item, offers[0]?.available])).toEqual(
      targets.map(({ quantity }) => [quantity, quantity]),
    )
  })

  it('of several offers are the same everywhere', async () => {
    const it = await stage()
    await list(it, 'MUG', 7, { offers: ['EBAY_US', 'EBAY_GB'] })
    await it.connection.listings.write(it.context, [target('MUG', 4)])
    expect(stateOf(it).listings[0]).toMatchObject({ item: 4, offers: [{ available: 4 }, { available: 4 }] })
  })

  it('that are there already are not sent: each listing may be revised 250 times a day', async () => {
    const it = await stage()
    await list(it, 'MUG', 7)
    await list(it, 'CUP', 7)
    const results = await it.connection.listings.write(it.context, [target('MUG', 7), target('CUP', 8)])
    expect(results.map(({ status }) => status)).toEqual(['done', 'done'])
    expect(it.of('bulkUpdatePriceQuantity').map(({ body }) => body)).toMatchObject([
      { requests: [{ sku: 'CUP' }] },
    ])
    expect(stateOf(it).listings.map(({ revisions }) => revisions)).toEqual([0, 1])
  })

  it('are answered row by row, in a 207 as in a 200', async () => {
    const it = await stage()
    for (const sku of ['A', 'B', 'C']) await list(it, sku, 7)
    it.simulator.faults.arm({ operation: 'bulkUpdatePriceQuantity', kind: 'partial_failure' })
    const results = await it.connection.listings.write(it.context, [
      target('A', 1),
      target('B', 2),
      target('C', 3),
    ])
    expect(it.of('bulkUpdatePriceQuantity')[0]?.reply.status).toBe(207)
    expect(results.map(codeOf)).toEqual(['unavailable', 'done', 'done'])
    expect(shown(it)).toEqual({ A: 7, B: 2, C: 3 })
  })

  it('of a row that spoils its call are sent again one by one', async () => {
    const it = await stage()
    for (const sku of ['A', 'B']) await list(it, sku, 7)
    it.simulator.faults.arm({ operation: 'bulkUpdatePriceQuantity', kind: 'status', status: 400 })
    const results = await it.connection.listings.write(it.context, [target('A', 1), target('B', 2)])
    expect(results.map(codeOf)).toEqual(['done', 'done'])
    expect(it.of('bulkUpdatePriceQuantity').map(({ reply }) => reply.status)).toEqual([400, 200, 200])
  })

  it.each([
    [[{ sku: 'A', offerId: '1', statusCode: 200 }], 'done'],
    [
      [
        { sku: 'A', offerId: '1', statusCode: 200 },
        { sku: 'A', offerId: '2', statusCode: 400, errors: [{ errorId: 25709 }] },
      ],
      'rejected',
    ],
    [[{ sku: 'A', statusCode: 200 }], 'unavailable'],
    [[{ sku: 'B', offerId: '1', statusCode: 200 }], 'unavailable'],
    [[], 'unavailable'],
  ])('are done only when every offer was answered: %j', (rows, code) => {
    const held = { quantity: 1, offers: [{ offerId: '1', status: 'PUBLISHED' }] as never }
    expect(codeOf(resultOf('A', held, rows))).toBe(code)
  })

  it('read as the lower of item and offer, and as missing where nothing is published', async () => {
    const it = await stage()
    await list(it, 'MUG', 7)
    await list(it, 'DRAFT', 5, { offers: [] })
    const [offer] = stateOf(it).listings[0]?.offers ?? []
    expect(offer?.available).toBe(7)
    await it.simulator.control('orders', { lines: [{ sku: 'MUG', quantity: 3 }] })
    const refs = ['MUG', 'DRAFT', 'NOBODY'].map((listing) => ({ listing, place: '' }))
    const readings = await it.connection.listings.read(it.context, refs)
    expect(readings).toMatchObject([
      { status: 'shown', quantity: 4 },
      { status: 'missing' },
      { status: 'missing' },
    ])
  })

  it('have no place', async () => {
    const it = await stage()
    await list(it, 'MUG', 7)
    const [result] = await it.connection.listings.write(it.context, [target('MUG', 1, { place: 'main' })])
    expect(codeOf(result)).toBe('invalid_input')
    const [reading] = await it.connection.listings.read(it.context, [{ listing: 'MUG', place: 'main' }])
    expect(reading?.status).toBe('failed')
    expect(shown(it)).toEqual({ MUG: 7 })
  })
})

describe('numbers of listings that were not made with the Inventory API', () => {
  it('go through ReviseInventoryStatus, four a call, with the SKU of a variation', async () => {
    const it = await stage()
    const plain = await list(it, 'PLAIN', 7, { api: 'trading' })
    const itemId = '110000000077'
    const many = []
    for (const sku of ['RED', 'BLUE', 'GREEN', 'A&B <c>'])
      many.push(await list(it, sku, 7, { api: 'trading', itemId, variation: true }))
    expect(many[3]?.listing).toBe(`item:${itemId}:A&B <c>`)
    const results = await it.connection.listings.write(
      it.context,
      [plain, ...many].map(({ listing }, index) => target(listing, index + 1)),
    )
    expect(results.map(({ status }) => status)).toEqual(['done', 'done', 'done', 'done', 'done'])
    expect(Object.values(shown(it))).toEqual([1, 2, 3, 4, 5])
    const [first, second] = it.of('ReviseInventoryStatus')
    expect(first?.path).toBe('/ws/api.dll')
    expect(first?.headers).toMatchObject({
      'x-ebay-api-call-name': 'ReviseInventoryStatus',
      'x-ebay-api-siteid': '0',
      'x-ebay-api-iaf-token': expect.stringMatching(/^v\^1/),
      'content-type': 'text/xml; charset=utf-8',
    })
    expect(first?.raw).toBe(
      '<?xml version="1.0" encoding="utf-8"?><ReviseInventoryStatusRequest xmlns="urn:ebay:apis:eBLBaseComponents">' +
        `<InventoryStatus><ItemID>${plain.itemId}</ItemID><Quantity>1</Quantity></InventoryStatus>` +
        ['RED', 'BLUE', 'GREEN']
          .map(
            (sku, index) =>
              `<InventoryStatus><ItemID>${itemId}</ItemID><SKU>${sku}</SKU><Quantity>${index + 2}</Quantity></InventoryStatus>`,
          )
          .join('') +
        '</ReviseInventoryStatusRequest>',
    )
    expect(second?.raw).toContain('<SKU>A&amp;B &lt;c&gt;</SKU><Quantity>5</Quantity>')
  })

  it('are chosen listing by listing, beside those of the Inventory API', async () => {
    const it = await stage()
    const item = await list(it, 'OLD', 7, { api: 'trading' })
    await list(it, 'NEW', 7)
    await it.connection.listings.write(it.context, [target(item.listing, 1), target('NEW', 2)])
    expect(shown(it)).toEqual({ [item.listing]: 1, NEW: 2 })
    const readings = await it.connection.listings.read(it.context, [
      { listing: 'NEW', place: '' },
      { listing: item.listing, place: '' },
    ])
    expect(readings).toMatchObject([{ quantity: 2 }, { quantity: 1 }])
  })

  it('of a partial failure are asked for one by one, so that each has its own error', async () => {
    const it = await stage()
    const one = await list(it, 'ONE', 7, { api: 'trading' })
    const made = await list(it, 'MADE', 7)
    const results = await it.connection.listings.write(it.context, [
      target(one.listing, 1),
      target(itemListing(made.itemId, null), 2),
      target('item:999999999999', 3),
    ])
    expect(results.map(codeOf)).toEqual(['done', 'rejected', 'not_found'])
    expect(results[1]).toMatchObject({ error: { remedy: expect.stringContaining('link it by its SKU') } })
  })

  it('that are there already cost no revision: eBay says that they are redundant', async () => {
    const it = await stage()
    const { listing } = await list(it, 'ONE', 7, { api: 'trading' })
    const [result] = await it.connection.listings.write(it.context, [target(listing, 7)])
    expect([result?.status, stateOf(it).listings[0]?.revisions]).toEqual(['done', 0])
  })

  it('are read from the list of active ones when everything is compared, and one by one before a write', async () => {
    const it = await stage({ simulator: { api: 'trading' }, options: { tradingItems: 'all' } })
    const refs = [{ listing: 'item:999999999999', place: '' }]
    for (let index = 0; index < 202; index += 1)
      refs.push({ listing: (await list(it, `OLD-${index}`, index)).listing, place: '' })
    const itemId = '110000000099'
    for (const sku of ['RED', 'BLUE'])
      refs.push({ listing: (await list(it, sku, 7, { itemId, variation: true })).listing, place: '' })
    await it.simulator.control('orders', { lines: [{ sku: 'BLUE', quantity: 3 }] })
    it.clear()
    const readings = await it.connection.listings.read(it.context, refs, { mayBeOld: true })
    expect(readings[0]).toMatchObject({ status: 'missing' })
    expect(readings.slice(1).map((each) => (each.status === 'shown' ? each.quantity : each))).toEqual([
      ...Array.from({ length: 202 }, (_, index) => index),
      7,
      4,
    ])
    expect([it.of('GetMyeBaySelling').length, it.of('GetItem').length]).toEqual([2, 1])
    it.clear()
    await it.connection.listings.read(it.context, refs.slice(1, 6))
    expect([it.of('GetMyeBaySelling').length, it.of('GetItem').length]).toEqual([0, 5])
    expect(it.connection.listings.batch).toBe(4)
  })

  it('are read as what was offered less what was sold, one call for all variations of an item', async () => {
    const it = await stage()
    const itemId = '110000000088'
    const red = await list(it, 'RED', 7, { api: 'trading', itemId, variation: true })
    const blue = await list(it, 'BLUE', 9, { api: 'trading', itemId, variation: true })
    await it.simulator.control('orders', { lines: [{ sku: 'RED', quantity: 2 }] })
    const refs = [red.listing, blue.listing, `item:${itemId}:GREEN`, 'item:999999999999'].map((listing) => ({
      listing,
      place: '',
    }))
    const readings = await it.connection.listings.read(it.context, refs)
    expect(readings).toMatchObject([
      { quantity: 5 },
      { quantity: 9 },
      { status: 'missing' },
      { status: 'missing' },
    ])
    expect(it.of('GetItem')).toHaveLength(2)
  })

  const rowsOf = (document: string) => {
    const root = readXml(document)
    if (root === null) throw new Error('no document')
    const row = (sku: string) => ({
      key: { api: 'trading', item: '110000000001', sku } as const,
      target: target('x', 1),
    })
    const answer = { ack: 'PartialFailure', root, errors: errorsOf(root) }
    return resultsOf([row('RED'), row('BLUE')], answer).map(codeOf)
  }

  it('count as written only where the answer names them', () => {
    const status = (sku: string) =>
      `<InventoryStatus><ItemID>110000000001</ItemID><SKU>${sku}</SKU></InventoryStatus>`
    const failure =
      '<Errors><ErrorCode>515</ErrorCode><SeverityCode>Error</SeverityCode><ShortMessage>no</ShortMessage></Errors>'
    expect(rowsOf(`<R>${failure}${status('BLUE')}</R>`)).toEqual(['rejected', 'done'])
    expect(rowsOf(`<R>${status('RED')}</R>`)).toEqual(['done', 'unavailable'])
  })

  it('of a listing that has ended are missing', () => {
    const item = readXml(
      '<Item><Quantity>5</Quantity><SellingStatus><ListingStatus>Ended</ListingStatus></SellingStatus></Item>',
    )
    expect(readingOf(item ?? undefined, null)).toEqual({ status: 'missing', detail: 'the listing is Ended' })
  })
})

describe('a write that follows a look', () => {
  it('asks for no offers again, and sends no number that was shown', async () => {
    const it = await stage()
    await list(it, 'MUG', 7)
    await list(it, 'CUP', 7)
    const refs = ['MUG', 'CUP'].map((listing) => ({ listing, place: '' }))
    const looks = await it.connection.listings.read(it.context, refs)
    it.clear()
    const notes = looks.map((look) => (look.status === 'shown' ? { note: look.note } : {}))
    const results = await it.connection.listings.write(it.context, [
      target('MUG', 3, notes[0]),
      target('CUP', 7, notes[1]),
    ])
    expect(results.map(codeOf)).toEqual(['done', 'done'])
    expect(it.seen.map(({ operation }) => operation)).toEqual(['bulkUpdatePriceQuantity'])
    expect(it.of('bulkUpdatePriceQuantity')[0]?.body).toMatchObject({ requests: [{ sku: 'MUG' }] })
  })

  it('without one, or with another’s, looks by itself', async () => {
    const it = await stage()
    await list(it, 'MUG', 7)
    it.clear()
    await it.connection.listings.write(it.context, [target('MUG', 3, { note: { held: 'nonsense' } })])
    expect(it.of('getOffers')).toHaveLength(1)
  })
})

describe('the offers of a SKU', () => {
  const write = async (it: Stage, listing: string, quantity: number) =>
    (await it.connection.listings.write(it.context, [target(listing, quantity)])).map(codeOf)

  it('are asked for every other day, and a push needs them no more', async () => {
    const it = await stage()
    for (let index = 1; index <= 30; index += 1) await list(it, `MUG-${index}`, 17)
    const all = (quantity: number) =>
      it.connection.listings.write(
        it.context,
        Array.from({ length: 30 }, (_, index) => target(`MUG-${index + 1}`, quantity)),
      )
    await all(18)
    it.clear()
    expect(new Set((await all(19)).map(codeOf))).toEqual(new Set(['done']))
    expect(it.seen.map(({ operation }) => operation).sort()).toEqual([
      'bulkGetInventoryItem',
      'bulkGetInventoryItem',
      'bulkUpdatePriceQuantity',
      'bulkUpdatePriceQuantity',
    ])
    expect(stateOf(it).listings.map(({ item, offers }) => [item, offers[0]?.available])).toEqual(
      Array.from({ length: 30 }, () => [19, 19]),
    )
    await it.clock.advance(2 * 86_400_000)
    await write(it, 'MUG-1', 4)
    expect(it.of('getOffers')).toHaveLength(1)
  })

  it('that were published anew have other ids, which are found', async () => {
    const it = await stage()
    await list(it, 'MUG', 17)
    await list(it, 'CUP', 17)
    await write(it, 'MUG', 18)
    await write(it, 'CUP', 18)
    await list(it, 'MUG', 17)
    it.clear()
    const results = await it.connection.listings.write(it.context, [target('MUG', 5), target('CUP', 5)])
    expect(results.map(codeOf)).toEqual(['done', 'done'])
    expect(shown(it)).toEqual({ MUG: 5, CUP: 5 })
    expect(it.of('getOffers')).toHaveLength(1)
  })

  it('are asked for each time where few are left: a sale might come off the offer’s number alone', async () => {
    const it = await stage()
    await list(it, 'MUG', 6)
    await list(it, 'CUP', 5)
    const look = () =>
      it.connection.listings.read(
        it.context,
        ['MUG', 'CUP'].map((listing) => ({ listing, place: '' })),
      )
    await look()
    it.clear()
    await look()
    expect(it.of('getOffers').map(({ query }) => query?.sku)).toEqual(['CUP'])
  })

  it('whose numbers differ from the item’s are asked for each time: the item does not tell what is on sale', async () => {
    const it = await stage()
    await list(it, 'MUG', 7)
    const look = () => it.connection.listings.read(it.context, [{ listing: 'MUG', place: '' }])
    const offerId = stateOf(it).listings[0]?.offers[0]?.id ?? ''
    await send(it.context, parseOptions(it.simulator.options), {
      ...updateRequest([]),
      json: { requests: [{ sku: 'MUG', offers: [{ offerId, availableQuantity: 5 }] }] },
    })
    it.clear()
    expect(await look()).toMatchObject([{ quantity: 5 }])
    await write(it, 'MUG', 6)
    expect(await look()).toMatchObject([{ quantity: 6 }])
    expect(it.of('getOffers')).toHaveLength(3)
  })
})

describe('the last unit', () => {
  it('is not taken off while out-of-stock control is off, and says what to do', async () => {
    const it = await stage({ simulator: { outOfStockControl: false } })
    await list(it, 'MUG', 7)
    const { listing } = await list(it, 'OLD', 7, { api: 'trading' })
    const write = () =>
      it.connection.listings.write(it.context, [
        target('MUG', 0),
        target(listing, 0),
        target('MUG', 3, { key: 'other' }),
      ])
    const results = await write()
    expect(results.map(codeOf)).toEqual(['rejected', 'rejected', 'done'])
    expect(results[0]).toMatchObject({
      error: { field: 'quantity', retryable: false, remedy: expect.stringContaining('out-of-stock control') },
    })
    expect(it.of('GetUserPreferences')[0]?.raw).toContain(
      '<ShowOutOfStockControlPreference>true</ShowOutOfStockControlPreference>',
    )
    await it.simulator.control('preferences', { outOfStockControl: true })
    expect((await write()).map(codeOf)).toEqual(['done', 'done', 'done'])
  })

  it('asks for the preference once a day, and only for a zero', async () => {
    const it = await stage()
    await list(it, 'MUG', 7)
    await it.connection.listings.write(it.context, [target('MUG', 3)])
    expect(it.of('GetUserPreferences')).toHaveLength(0)
    for (const quantity of [0, 5, 0])
      await it.connection.listings.write(it.context, [target('MUG', quantity)])
    expect(it.of('GetUserPreferences')).toHaveLength(1)
    await it.clock.advance(86_400_000)
    await it.connection.listings.write(it.context, [target('MUG', 1), target('MUG', 0, { key: 'zero' })])
    expect(it.of('GetUserPreferences')).toHaveLength(2)
  })

  it('goes on by what the preference was when it cannot be read any more', async () => {
    const it = await stage()
    await list(it, 'MUG', 7)
    await it.connection.listings.write(it.context, [target('MUG', 0)])
    await it.clock.advance(2 * 86_400_000)
    await it.connection.listings.write(it.context, [target('MUG', 3)])
    it.simulator.faults.arm({ operation: 'GetUserPreferences', kind: 'status', status: 503, times: 20 })
    const zero = async (key: string) =>
      (await it.connection.listings.write(it.context, [target('MUG', 0, { key })])).map(codeOf)
    expect(await zero('first')).toEqual(['done'])
    const asked = it.of('GetUserPreferences').length
    expect(await zero('again')).toEqual(['done'])
    expect(it.of('GetUserPreferences')).toHaveLength(asked)
  })

  it('fails alone when the preference cannot be read', async () => {
    const it = await stage()
    await list(it, 'MUG', 7)
    await list(it, 'CUP', 7)
    it.simulator.faults.arm({ operation: 'GetUserPreferences', kind: 'status', status: 503, times: 20 })
    const results = await it.connection.listings.write(it.context, [target('MUG', 0), target('CUP', 3)])
    expect(results.map(codeOf)).toEqual(['unavailable', 'done'])
  })
})

it('a listing id says which of the two APIs it is for', () => {
  expect(keyOf('MUG-RED')).toEqual({ api: 'inventory', sku: 'MUG-RED' })
  expect(keyOf('item:110012345678')).toEqual({ api: 'trading', item: '110012345678', sku: null })
  expect(keyOf('item:110012345678:a:b')).toEqual({ api: 'trading', item: '110012345678', sku: 'a:b' })
  expect(keyOf('item:mug')).toEqual({ api: 'inventory', sku: 'item:mug' })
})
