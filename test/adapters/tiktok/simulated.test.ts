import { describe, expect, it } from 'vitest'
import { createHub, sqlite } from '../../../src/index.ts'
import type { LabelRequest } from '../../../src/spec/index.ts'
import { notice, stage, target } from './stage.ts'

const hourMs = 3_600_000
const operations = (simulator: { readonly requests: readonly { readonly operation: string }[] }) =>
  simulator.requests.map(({ operation }) => operation)

describe('orders', () => {
  it('on hold are reserved and not released, and have no address yet', async () => {
    await using at = await stage({ holdMs: hourMs })
    await at.list('MUG', 5)
    const id = await at.buy('MUG')
    const held = await at.connection.orders.get(at.context, id)
    expect(held).toMatchObject({ status: 'on_hold', payment: 'paid', shipTo: null })
    await at.clock.advance(hourMs)
    const open = await at.connection.orders.get(at.context, id)
    expect(open).toMatchObject({ status: 'open', shipTo: { city: 'San Francisco', country: 'US' } })
    // The end of the hold is news of the order.
    expect(Date.parse(open?.updatedAt ?? '') - Date.parse(held?.updatedAt ?? '')).toBe(hourMs)
  })

  it('a parcel cannot go while the order is on hold', async () => {
    await using at = await stage({ holdMs: hourMs })
    const listing = await at.list('MUG', 5)
    const order = await at.buy('MUG')
    const lines = [{ line: listing, quantity: 1 }]
    const [result] = await at.connection.shipments.confirm(at.context, [notice({ order, lines })])
    expect(result).toMatchObject({ status: 'failed', error: { code: 'rejected', field: 'lines' } })
  })

  it('masked buyers are nobody', async () => {
    await using at = await stage({ masked: true })
    await at.list('MUG', 5)
    const order = await at.connection.orders.get(at.context, await at.buy('MUG'))
    expect(order?.shipTo).toMatchObject({ name: null, line1: null, phone: null, postalCode: '94105' })
  })

  it('that TikTok fulfils are told, and never take the merchant’s stock', async () => {
    await using at = await stage()
    const listing = await at.list('MUG', 5)
    const id = await at.buy('MUG', 2, { fulfilledBy: 'platform' })
    expect(at.shown(listing)).toBe(5)
    expect(await at.connection.orders.get(at.context, id)).toMatchObject({
      fulfilledBy: 'platform',
      lines: [{ fulfilledBy: 'platform', ordered: 2 }],
    })
    const lines = [{ line: listing, quantity: 2 }]
    const [result] = await at.connection.shipments.confirm(at.context, [notice({ order: id, lines })])
    expect(result).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('FULFILLMENT_BY_TIKTOK') },
    })
  })
})

describe('cancelling', () => {
  it('takes a reason that TikTok names for this order: the United Kingdom has others', async () => {
    for (const [region, ending] of [
      ['US', ''],
      ['GB', '_uk'],
    ] as const) {
      await using at = await stage({ region })
      await at.list('MUG', 5)
      const order = await at.buy('MUG')
      const result = await at.connection.orders.cancel(at.context, { order, reason: 'address', key: 'k' })
      expect(result).toEqual({ outcome: 'stopped', detail: 'the order is CANCELLED' })
      const raw = JSON.stringify((await at.connection.orders.get(at.context, order))?.raw)
      expect(raw).toContain(`"seller_cancel_paid_reason_address_not_deliver${ending}"`)
    }
  })

  it('never gives want of stock as the reason when it is not', async () => {
    await using at = await stage({ region: 'GB' })
    const listing = await at.list('MUG', 5)
    for (const reason of ['customer', 'fraud', 'address', 'other'] as const)
      await at.connection.orders.cancel(at.context, { order: await at.buy('MUG'), reason, key: reason })
    expect(at.shown(listing)).toBe(5)
  })

  it('of an order that is not paid takes the reasons of such orders', async () => {
    await using at = await stage()
    await at.list('MUG', 5)
    const order = await at.buy('MUG', 1, { paid: false })
    const result = await at.connection.orders.cancel(at.context, { order, reason: 'out_of_stock', key: 'k' })
    expect(result.outcome).toBe('stopped')
  })

  it('of the rest of an order takes the rest, where the market lets it', async () => {
    for (const [region, outcome] of [
      ['US', 'stopped'],
      ['DE', 'too_late'],
    ] as const) {
      await using at = await stage({ region })
      const listing = await at.list('MUG', 5)
      const order = await at.buy('MUG', 3)
      const lines = [{ line: listing, quantity: 1 }]
      await at.connection.shipments.confirm(at.context, [notice({ order, lines })])
      const result = await at.connection.orders.cancel(at.context, {
        order,
        reason: 'out_of_stock',
        key: 'k',
      })
      expect(result.outcome, region).toBe(outcome)
      const after = await at.connection.orders.get(at.context, order)
      expect(after?.lines[0]).toMatchObject({
        ordered: 3,
        shipped: 1,
        cancelled: outcome === 'stopped' ? 2 : 0,
      })
    }
  })

  it('an order whose buyer has asked for it is granted the wish', async () => {
    await using at = await stage()
    await at.list('MUG', 5)
    const order = await at.buy('MUG')
    await at.simulator.control('orders/request-cancel', { order })
    at.simulator.log.clear()
    const result = await at.connection.orders.cancel(at.context, { order, reason: 'customer', key: 'k' })
    expect(result.outcome).toBe('stopped')
    expect(operations(at.simulator)).toContain('ApproveCancellation')
    expect(operations(at.simulator)).not.toContain('CancelOrder')
  })

  it('a wish that is gone is too late to answer', async () => {
    await using at = await stage()
    await at.list('MUG', 5)
    const order = await at.buy('MUG')
    expect(await at.connection.orders.answerCancelRequest(at.context, order, true)).toMatchObject({
      outcome: 'too_late',
    })
    await at.simulator.control('orders/cancel', { order })
    expect(await at.connection.orders.answerCancelRequest(at.context, order, true)).toMatchObject({
      outcome: 'stopped',
    })
  })
})

describe('numbers', () => {
  it('of several variants of a product go in one call, and one bad row fails alone', async () => {
    await using at = await stage()
    const red = await at.simulator.control<{ listing: string; product: string }>('listings', {
      sku: 'RED',
      quantity: 1,
    })
    const blue = await at.list('BLUE', 2, { product: red.product })
    at.simulator.log.clear()
    const rows = [
      target(red.listing, 4),
      target(blue, 100_000),
      target('1729500000000000', 3),
      target(blue, 6),
    ]
    const results = await at.connection.listings.write(at.context, rows)
    expect(
      results.map((result) => (result.status === 'failed' ? result.error.field : result.status)),
    ).toEqual(['done', 'quantity', 'listing', 'done'])
    expect([at.shown(red.listing), at.shown(blue)]).toEqual([4, 6])
    expect(at.simulator.count('UpdateInventory')).toBe(1)
  })

  it('what sells out goes before a batch that waits for the limit', async () => {
    await using at = await stage({}, { callsPerSecond: 5 })
    const more = await Promise.all(Array.from({ length: 30 }, (_, i) => at.list(`SKU-${i}`, 1)))
    const soldOut = await at.list('LAST', 1)
    const batch = at.connection.listings.write(
      at.context,
      more.map((listing) => target(listing, 2, { expected: 1 })),
    )
    while (at.simulator.count('UpdateInventory') < 5) await new Promise((resolve) => setTimeout(resolve, 1))
    await at.connection.listings.write(at.context, [target(soldOut, 0, { expected: 1 })])
    expect(at.shown(soldOut)).toBe(0)
    expect(at.simulator.count('UpdateInventory')).toBeLessThan(25)
    expect(new Set((await batch).map(({ status }) => status))).toEqual(new Set(['done']))
  })

  it('of one warehouse leave the other as it is', async () => {
    await using at = await stage({ warehouses: 2 })
    const [first = '', second = ''] = (at.simulator.state() as { warehouses: string[] }).warehouses
    const listing = await at.list('MUG', 0, { warehouses: { [first]: 3, [second]: 8 } })
    const results = await at.connection.listings.write(at.context, [target(listing, 5, { place: second })])
    expect(results).toEqual([{ status: 'done' }])
    expect([at.shown(listing, first), at.shown(listing, second)]).toEqual([3, 5])
  })

  it('without a place are of the warehouse that the options name', async () => {
    const clocked = await stage({ warehouses: 2 })
    const [, second = ''] = (clocked.simulator.state() as { warehouses: string[] }).warehouses
    await clocked[Symbol.asyncDispose]()
    await using at = await stage({ warehouses: 2 }, { warehouse: second })
    const [first = ''] = (at.simulator.state() as { warehouses: string[] }).warehouses
    const listing = await at.list('MUG', 0, { warehouses: { [first]: 3, [second]: 8 } })
    await at.connection.listings.write(at.context, [target(listing, 2)])
    expect([at.shown(listing, first), at.shown(listing, second)]).toEqual([3, 2])
    expect(await at.connection.listings.read(at.context, [{ listing, place: '' }])).toEqual([
      { status: 'shown', quantity: 2 },
    ])
  })
})

describe('what the shop sells', () => {
  it('is listed page by page, each SKU with the number that is written', async () => {
    await using at = await stage()
    const red = await at.simulator.control<{ listing: string; product: string }>('listings', {
      sku: 'RED',
      title: 'Mug',
      quantity: 4,
    })
    const blue = await at.list('BLUE', 2, { product: red.product })
    for (let number = 1; number <= 100; number += 1) await at.list(`CUP-${number}`, 1)
    const first = await at.connection.listings.list(at.context, null)
    expect(first.listings.slice(0, 2)).toEqual([
      {
        listing: red.listing,
        place: '',
        sku: 'RED',
        title: 'Mug',
        barcode: null,
        quantity: 4,
        fulfilledBy: 'merchant',
      },
      {
        listing: blue,
        place: '',
        sku: 'BLUE',
        title: 'Mug',
        barcode: null,
        quantity: 2,
        fulfilledBy: 'merchant',
      },
    ])
    const rest = await at.connection.listings.list(at.context, first.cursor)
    expect([first.listings.length, rest.listings.length, rest.cursor]).toEqual([101, 1, null])
  })

  it('is at each warehouse, or at the one that is to be written', async () => {
    const probe = await stage({ warehouses: 2 })
    const [one = '', two = ''] = (probe.simulator.state() as { warehouses: string[] }).warehouses
    await probe[Symbol.asyncDispose]()
    for (const [warehouse, expected] of [
      [
        undefined,
        [
          [one, 3],
          [two, 8],
        ],
      ],
      [two, [['', 8]]],
    ] as const) {
      await using at = await stage({ warehouses: 2 }, warehouse === undefined ? {} : { warehouse })
      await at.list('MUG', 0, { warehouses: { [one]: 3, [two]: 8 } })
      const { listings } = await at.connection.listings.list(at.context, null)
      expect(listings.map(({ place, quantity }) => [place, quantity])).toEqual(expected)
    }
  })

  it('a hub takes in: linked by SKU, with the stock that it shows', async () => {
    await using at = await stage()
    const listing = await at.list('MUG', 7)
    const hub = createHub({ store: sqlite(':memory:'), connections: { tik: at.connection }, clock: at.clock })
    try {
      const report = await hub.import('tik', { create: 'with-stock' })
      expect(report.listings).toMatchObject({ read: 1 })
      expect((await hub.stock.get('MUG')).available).toBe(7)
      await hub.sync()
      expect(at.shown(listing)).toBe(7)
    } finally {
      await hub.close()
    }
  })
})

describe('zero', () => {
  it('is written like any other number', async () => {
    await using at = await stage()
    const listing = await at.list('MUG', 5)
    expect(await at.connection.listings.write(at.context, [target(listing, 0)])).toEqual([{ status: 'done' }])
    expect(at.shown(listing)).toBe(0)
  })

  it('that TikTok refuses fails, and says what to do', async () => {
    await using at = await stage({ zero: 'refused' })
    const listing = await at.list('MUG', 5)
    expect(await at.connection.listings.write(at.context, [target(listing, 0)])).toMatchObject([
      {
        status: 'failed',
        error: { code: 'rejected', field: 'quantity', remedy: expect.stringContaining('deactivateAtZero') },
      },
    ])
  })

  it('may hide the product instead, once nothing of it is left, and the next number shows it again', async () => {
    await using at = await stage({ zero: 'refused' }, { deactivateAtZero: true })
    const red = await at.simulator.control<{ listing: string; product: string }>('listings', {
      sku: 'RED',
      quantity: 4,
    })
    const blue = await at.list('BLUE', 2, { product: red.product })
    const statusOf = () =>
      (at.simulator.state() as { products: { id: string; status: string }[] }).products[0]?.status
    const [alone] = await at.connection.listings.write(at.context, [target(red.listing, 0)])
    expect(alone).toMatchObject({
      status: 'failed',
      error: { remedy: expect.stringContaining('1 other SKUs') },
    })
    expect(statusOf()).toBe('ACTIVATE')
    const both = [target(red.listing, 0), target(blue, 0)]
    expect(await at.connection.listings.write(at.context, both)).toEqual([
      { status: 'done' },
      { status: 'done' },
    ])
    expect(statusOf()).toBe('SELLER_DEACTIVATED')
    expect(await at.connection.listings.read(at.context, [{ listing: blue, place: '' }])).toEqual([
      { status: 'shown', quantity: 0 },
    ])
    // Its own numbers are what they were, and shown to nobody.
    await at.simulator.control('listings', { sku: 'BLUE', quantity: 2 })
    const { listings } = await at.connection.listings.list(at.context, null)
    expect(listings.map(({ quantity }) => quantity)).toEqual([0, 0])
    expect(await at.connection.listings.write(at.context, [target(blue, 3)])).toEqual([{ status: 'done' }])
    expect(statusOf()).toBe('ACTIVATE')
  })
})

describe('shipping', () => {
  it('in markets with packages of TikTok’s ships those, and splits one that goes in two parcels', async () => {
    await using at = await stage({ region: 'TH' })
    const listing = await at.list('MUG', 9)
    const order = await at.buy('MUG', 3)
    const one = notice({ order, lines: [{ line: listing, quantity: 2 }], trackingNumber: '1Z1' })
    const two = notice({ order, lines: [{ line: listing, quantity: 1 }], trackingNumber: '1Z2', sequence: 2 })
    at.simulator.log.clear()
    const results = await at.connection.shipments.confirm(at.context, [one, two])
    expect(results.map(({ status }) => status)).toEqual(['done', 'done'])
    expect(operations(at.simulator).filter((each) => /^(Split|Ship|Mark)/.test(each))).toEqual([
      'SplitOrders',
      'ShipPackage',
      'ShipPackage',
    ])
    expect(await at.connection.orders.get(at.context, order)).toMatchObject({ status: 'shipped' })
    expect(await at.connection.shipments.confirm(at.context, [two, one])).toEqual(results.toReversed())
    expect(at.simulator.count('SplitOrders')).toBe(1)
  })

  it('corrects a tracking number for 72 hours, and then says why not', async () => {
    await using at = await stage()
    const listing = await at.list('MUG', 9)
    const order = await at.buy('MUG')
    const first = notice({ order, lines: [{ line: listing, quantity: 1 }] })
    const [told] = await at.connection.shipments.confirm(at.context, [first])
    const reference = told?.status === 'done' ? (told.reference ?? null) : null
    await at.clock.advance(71 * hourMs)
    const second = { ...first, trackingNumber: '1Z999AA10000000001' }
    expect(await at.connection.shipments.correct(at.context, second, reference)).toEqual({
      status: 'done',
      reference,
    })
    // Again, and without knowing the reference: it is so already.
    expect(await at.connection.shipments.correct(at.context, second, null)).toEqual({
      status: 'done',
      reference,
    })
    await at.clock.advance(2 * hourMs)
    const third = { ...first, trackingNumber: '1Z999AA10000000002' }
    expect(await at.connection.shipments.correct(at.context, third, reference)).toMatchObject({
      status: 'failed',
      error: { code: 'rejected', retryable: false, remedy: expect.stringContaining('72 hours') },
    })
    expect(await at.connection.shipments.correct(at.context, third, '1')).toMatchObject({
      status: 'failed',
      error: { code: 'not_found', field: 'reference' },
    })
  })

  it('tells of TikTok’s warning about a number, and confirms all the same', async () => {
    await using at = await stage()
    const listing = await at.list('MUG', 9)
    const order = await at.buy('MUG')
    const short = notice({ order, lines: [{ line: listing, quantity: 1 }], trackingNumber: '1Z' })
    expect(await at.connection.shipments.confirm(at.context, [short])).toMatchObject([{ status: 'done' }])
    expect(at.warnings).toEqual(['TikTok took a parcel with a warning'])
  })
})

describe('labels', () => {
  const requestOf = (order: string, line: string, quantity = 1): LabelRequest => ({
    order,
    shipFrom: {
      name: 'Mug & Co',
      company: null,
      line1: '2 Dock Road',
      line2: null,
      line3: null,
      city: 'Reno',
      region: 'NV',
      postalCode: '89501',
      country: 'US',
      phone: null,
    },
    packages: [
      { size: { length: 205, width: 150, height: 100 }, weight: 350.4, lines: [{ line, quantity }] },
    ],
    shipAt: Date.UTC(2026, 6, 2),
  })

  it('are bought for orders that TikTok ships, once, and the parcel is known by the label', async () => {
    await using at = await stage()
    const line = await at.list('MUG', 9)
    const order = await at.buy('MUG', 2, { shippingType: 'TIKTOK' })
    const request = requestOf(order, line, 2)
    const rates = await at.connection.labels.rates(at.context, request)
    expect(rates.map(({ carrier, service, price }) => ({ carrier, service, price }))).toEqual([
      { carrier: 'usps', service: 'USPS Ground Advantage', price: { amount: 410, currency: 'USD' } },
      { carrier: 'ups', service: 'UPS Ground Saver', price: { amount: 635, currency: 'USD' } },
    ])
    expect(rates[0]?.deliverBy).toBe(Date.UTC(2026, 6, 7))
    const rate = rates[1]?.id ?? ''
    const label = await at.connection.labels.buy(at.context, { ...request, rate, key: 'k' })
    expect(label).toMatchObject({ carrier: 'ups', price: { amount: 635, currency: 'USD' } })
    expect(Buffer.from(label.packages[0]?.document ?? []).toString()).toMatch(/^%PDF/)
    const again = await at.connection.labels.buy(at.context, { ...request, rate, key: 'k', repeated: true })
    expect([again.id, again.packages[0]?.trackingNumber]).toEqual([
      label.id,
      label.packages[0]?.trackingNumber,
    ])
    expect(at.simulator.count('CreatePackages')).toBe(1)

    expect(await at.connection.orders.get(at.context, order)).toMatchObject({ status: 'on_hold' })
    const parcel = notice({
      order,
      lines: [{ line, quantity: 2 }],
      trackingNumber: label.packages[0]?.trackingNumber ?? null,
    })
    expect(await at.connection.shipments.confirm(at.context, [parcel])).toEqual([
      { status: 'done', reference: label.id },
    ])
    await at.simulator.control('orders/collect', { order })
    expect(await at.connection.orders.get(at.context, order)).toMatchObject({
      status: 'shipped',
      lines: [{ shipped: 2 }],
    })
  })

  it('elsewhere are a hand-over of TikTok’s own package', async () => {
    await using at = await stage({ region: 'TH' })
    const line = await at.list('MUG', 9)
    const order = await at.buy('MUG', 1, { shippingType: 'TIKTOK' })
    const request = requestOf(order, line)
    const rates = await at.connection.labels.rates(at.context, request)
    expect(rates.map(({ id, price }) => [id.split(':')[0], price])).toEqual([
      ['DROP_OFF', null],
      ['PICKUP', null],
    ])
    const label = await at.connection.labels.buy(at.context, {
      ...request,
      rate: rates[1]?.id ?? '',
      key: 'k',
    })
    expect(label.packages[0]?.trackingNumber).toMatch(/^TTS/)
    await expect(
      at.connection.labels.buy(at.context, {
        ...requestOf(await at.buy('MUG', 1, { shippingType: 'TIKTOK' }), line),
        rate: '7',
        key: 'l',
      }),
    ).rejects.toMatchObject({ code: 'invalid_input', field: 'rate' })
  })

  it('and own carriers are told apart order by order', async () => {
    await using at = await stage()
    const line = await at.list('MUG', 9)
    const seller = await at.buy('MUG')
    const platform = await at.buy('MUG', 1, { shippingType: 'TIKTOK' })
    await expect(at.connection.labels.rates(at.context, requestOf(seller, line))).rejects.toMatchObject({
      code: 'rejected',
      field: 'order',
    })
    const lines = [{ line, quantity: 1 }]
    const results = await at.connection.shipments.confirm(at.context, [
      notice({ order: seller, lines }),
      notice({ order: platform, lines }),
    ])
    expect(results).toMatchObject([
      { status: 'done' },
      {
        status: 'failed',
        error: { code: 'rejected', field: 'trackingNumber', remedy: expect.stringContaining('labels') },
      },
    ])
  })

  it('are sold box by box', async () => {
    await using at = await stage()
    const line = await at.list('MUG', 9)
    const request = requestOf(await at.buy('MUG', 2, { shippingType: 'TIKTOK' }), line)
    const two = { ...request, packages: [...request.packages, ...request.packages] }
    await expect(at.connection.labels.rates(at.context, two)).rejects.toMatchObject({ field: 'packages' })
    await expect(at.connection.labels.rates(at.context, requestOf('1', line))).rejects.toMatchObject({
      code: 'not_found',
    })
    expect(await at.connection.labels.get(at.context, 'no-label')).toBeNull()
  })
})

describe('stock in TikTok’s own warehouses', () => {
  it('is read with its age, page by page, and promised nowhere', async () => {
    await using at = await stage({}, { fbtSkus: {} })
    for (let number = 0; number < 101; number += 1)
      await at.simulator.control('fbt', { sku: `SKU-${String(number).padStart(3, '0')}`, quantity: number })
    const facet = at.connection.platformStock
    const [place] = await facet.locations(at.context)
    expect(place).toEqual({
      id: '7136104329798256386',
      name: 'TikTok_Eastvale(CA)',
      country: 'US',
      postalCode: '92880',
    })
    const first = await facet.stock(at.context, { skus: null, cursor: null })
    const rest = await facet.stock(at.context, { skus: null, cursor: first.cursor })
    expect([first.readings.length, rest.readings.length, rest.cursor]).toEqual([100, 1, null])
    expect(rest.readings[0]).toEqual({
      sku: 'SKU-100',
      location: place?.id,
      quantity: 100,
      basis: 'available',
      asOf: at.clock.now(),
    })
    expect((await facet.stock(at.context, { skus: ['SKU-007'], cursor: null })).readings).toHaveLength(1)
  })

  it('goes by the SKU that the options name for its goods', async () => {
    const probe = await stage()
    const { goods } = await probe.simulator.control<{ goods: string }>('fbt', { sku: 'REF-1', quantity: 4 })
    await probe[Symbol.asyncDispose]()
    await using at = await stage({}, { fbtSkus: { [goods]: 'MUG-RED' } })
    await at.simulator.control('fbt', { sku: 'REF-1', quantity: 4 })
    const { readings } = await at.connection.platformStock.stock(at.context, { skus: null, cursor: null })
    expect(readings).toMatchObject([{ sku: 'MUG-RED', quantity: 4 }])
  })
})

describe('in a hub', () => {
  it('an order cancelled for want of stock leaves no listing at the 0 that TikTok set', async () => {
    await using at = await stage()
    const red = await at.simulator.control<{ listing: string; product: string }>('listings', {
      sku: 'RED',
      quantity: 0,
    })
    const blue = await at.list('BLUE', 0, { product: red.product })
    const hub = createHub({ store: sqlite(':memory:'), connections: { tik: at.connection }, clock: at.clock })
    try {
      for (const [sku, listing] of [
        ['RED', red.listing],
        ['BLUE', blue],
      ] as const) {
        await hub.items.put({ sku })
        await hub.stock.receive(sku, 6, { location: 'main', key: sku })
        await hub.listings.link({ sku, connection: 'tik', listing })
      }
      await hub.sync()
      expect([at.shown(red.listing), at.shown(blue)]).toEqual([6, 6])
      const order = await at.buy('RED', 2)
      await hub.sync()
      await hub.orders.cancel('tik', order, { reason: 'out_of_stock' })
      await hub.sync()
      expect(at.shown(blue)).toBe(0)
      for (let round = 0; round < 4; round += 1) {
        await at.clock.advance(90_000)
        await hub.sync()
      }
      expect([at.shown(red.listing), at.shown(blue)]).toEqual([6, 6])
      expect((await hub.drift()).differences).toEqual([])
      expect(await hub.stock.verify()).toMatchObject({ ok: true })
    } finally {
      await hub.close()
    }
  })
})
