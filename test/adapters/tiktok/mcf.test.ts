import { describe, expect, it } from 'vitest'
import { tiktok } from '../../../adapters/tiktok/index.ts'
import { isKnownStatus, newOrder, stageOf, toFulfillmentOrder } from '../../../adapters/tiktok/mcf-order.ts'
import type { WireConsign } from '../../../adapters/tiktok/wire.ts'
import type { AskedOrder, OpenOrders } from '../../../src/spec/index.ts'
import { asked, mcfStage } from './mcf-stage.ts'
import { options } from './stage.ts'

const now = Date.UTC(2026, 6, 1, 12)
const skus = new Map([
  ['735', 'MUG'],
  ['736', 'POT'],
])
const lines = [{ sku: 'MUG', quantity: 3 }]

const part = (status: string, quantity = 3, more: Partial<WireConsign> = {}): WireConsign => ({
  id: `OBF${quantity}${status}`,
  status,
  goods: [{ id: '735', quantity }],
  tracking_number: undefined,
  carrier: undefined,
  shipping_provider: undefined,
  issue: undefined,
  is_platform_closed: false,
  ...more,
})
const seen = (consign_orders: WireConsign[], more: Partial<AskedOrder> = {}) =>
  toFulfillmentOrder(
    { mcf_order_id: '71', external_order_id: 'web-1-1', consign_orders },
    { lines, acceptedAt: null, ...more },
    skus,
    {},
    now,
  )

describe('an MCF order as stockpool knows it', () => {
  it.each([
    ['nothing in work', [], 'submitted'],
    ['PENDING', [part('PENDING')], 'accepted'],
    ['in work', [part('HANDLE_BY_WAREHOUSE')], 'picking'],
    ['labelled', [part('HANDLE_BY_WAREHOUSE', 3, { tracking_number: 'T' })], 'labelled'],
    ['a part gone', [part('SHIPPED', 1), part('PENDING', 2)], 'partially_shipped'],
    ['the only part that there is yet gone', [part('SHIPPED', 1)], 'partially_shipped'],
    ['all gone', [part('SHIPPED', 1), part('HANDOVER', 2)], 'shipped'],
    ['all brought', [part('COMPLETED')], 'delivered'],
    ['a part closed, the rest gone', [part('CLOSED', 1), part('SHIPPED', 2)], 'shipped'],
    ['all closed', [part('CLOSED')], 'cancelled'],
    ['closed as far as it was in work', [part('CLOSED', 1)], 'accepted'],
    ['ABNORMAL', [part('ABNORMAL', 3, { issue: 'Damaged label' })], 'needs_attention'],
    ['waiting for goods', [part('PENDING', 3, { issue: 'Lack of inventory' })], 'backordered'],
    ['waiting for something else', [part('PENDING', 3, { issue: 'Bill unpaid' })], 'needs_attention'],
    ['LOST', [part('LOST')], 'needs_attention'],
    ['DAMAGE', [part('DAMAGE', 1), part('COMPLETED', 2)], 'needs_attention'],
    ['a word nobody knows', [part('TELEPORTED')], 'unknown'],
  ] as const)('%s', (_, parts, status) => {
    expect(seen([...parts]).status).toBe(status)
  })

  it('keeps a word that nobody knows, and holds nothing of it to be true', () => {
    const order = seen([part('TELEPORTED', 3, { tracking_number: 'T' })])
    expect(order).toMatchObject({ rawStatus: 'TELEPORTED', allocated: false, cancelled: [] })
    expect(order.parcels).toMatchObject([{ status: 'unknown', rawStatus: 'TELEPORTED', handedOverAt: null }])
    expect(isKnownStatus('TELEPORTED')).toBe(false)
    expect(stageOf({ status: 'SHIPPED' })).toMatchObject({ goods: 'out' })
  })

  it('is off TikTok’s number only once all of it is in work, and so since it was first seen to be', () => {
    for (const parts of [[], [part('PENDING')], [part('HANDLE_BY_WAREHOUSE', 2)], [part('ABNORMAL')]])
      expect(seen(parts)).toMatchObject({ allocated: false })
    expect(seen([part('HANDLE_BY_WAREHOUSE', 2), part('SHIPPED', 1)])).not.toHaveProperty('allocated')
    expect(seen([part('HANDLE_BY_WAREHOUSE')]).acceptedAt).toBe(now)
    expect(seen([part('HANDLE_BY_WAREHOUSE')], { acceptedAt: now - 5 }).acceptedAt).toBe(now - 5)
  })

  it('tells each part with a number as a parcel, of a carrier by its canonical name', () => {
    const order = seen([
      part('SHIPPED', 1, {
        tracking_number: '1Z1',
        shipping_provider: { name: 'UPS' },
        carrier: 'ups ground',
      }),
      part('HANDLE_BY_WAREHOUSE', 2, { tracking_number: '94', carrier: 'USPS' }),
    ])
    expect(order.parcels).toMatchObject([
      {
        id: 'OBF1SHIPPED',
        carrier: 'ups',
        carrierName: 'UPS',
        trackingNumber: '1Z1',
        status: 'in_transit',
        handedOverAt: '2026-07-01T12:00:00.000Z',
        lines: [{ sku: 'MUG', quantity: 1 }],
      },
      { carrier: 'usps', trackingNumber: '94', handedOverAt: null, withdrawn: false },
    ])
  })

  it('takes the label of a part that was closed back, and counts its units as cancelled', () => {
    const order = seen([part('CLOSED', 1, { tracking_number: '1Z1' }), part('SHIPPED', 2)])
    expect(order.cancelled).toEqual([{ sku: 'MUG', quantity: 1 }])
    expect(order.parcels).toMatchObject([{ trackingNumber: '1Z1', withdrawn: true }, { withdrawn: false }])
  })

  it('counts nothing as cancelled that TikTok packs anew', () => {
    expect(seen([part('CLOSED', 1), part('PENDING', 3)]).cancelled).toEqual([])
    expect(seen([part('CLOSED', 2), part('PENDING', 2)]).cancelled).toEqual([{ sku: 'MUG', quantity: 1 }])
  })

  it('says whose doing it was, and what a person should do', () => {
    const closed = (more: Partial<WireConsign>) => seen([part('CLOSED', 3, more)]).attention
    expect(closed({ is_platform_closed: true, issue: 'Item blocked' })).toBe(
      'TikTok closed OBF3CLOSED by itself: Item blocked',
    )
    expect(closed({ is_platform_closed: false })).toBeNull()
    expect(seen([part('LOST')]).attention).toMatch(/claim it in Seller Center/)
    expect(seen([part('ABNORMAL', 3, { issue: 'Invalid address' })]).attention).toMatch(
      /ABNORMAL: Invalid address\): see it in Seller Center/,
    )
  })

  it('calls goods that have no SKU any more by their id, rather than losing them', () => {
    expect(seen([part('SHIPPED', 1, { goods: [{ id: '999', quantity: 1 }] })]).parcels[0]?.lines).toEqual([
      { sku: '999', quantity: 1 },
    ])
    expect(newOrder('web-1-1', '', now, 'there already')).toMatchObject({ id: '', allocated: false })
  })
})

const callsOf = (at: Awaited<ReturnType<typeof mcfStage>>) =>
  at.simulator.requests
    .map(({ operation, status }) => `${operation} ${status}`)
    .filter((call) => !/Token|AuthorizedShops/.test(call))

describe('on the wire', () => {
  it('creates an order as the document has it', async () => {
    const bodies: unknown[] = []
    await using at = await mcfStage({
      observe: (request) => {
        if (request.path === '/fbt/202601/mcf_outbound_orders') bodies.push(request.json())
      },
    })
    const goods = await at.stock('MUG', 10)
    const two = [...asked().lines, { sku: 'MUG', title: 'Mug', quantity: 1 }]
    const order = await at.facet.submit(at.context, asked({ lines: two }))
    expect(bodies).toEqual([
      {
        external_order_id: 'web-1001-1',
        goods: [{ id: goods, quantity: 4 }],
        consignee: {
          name: 'Ada Example',
          phone_number: '+12175550111',
          email: 'ada@example.com',
          address: {
            country_code: 'US',
            state_or_region: 'IL',
            city: 'Springfield',
            postal_code: '62701',
            address_line_1: '12 Sample Street',
            address_line_2: 'Apt 3',
          },
        },
      },
    ])
    expect(order).toMatchObject({ reference: 'web-1001-1', status: 'submitted', allocated: false })
    expect(order.id).toMatch(/^\d{19}$/)
    expect(callsOf(at)).toEqual(['SearchGoodsInfo 200', 'CreateFBTMCFOrder 200'])
  })

  it('reads an order by TikTok’s id, and its goods’ SKUs where the options do not name them', async () => {
    await using at = await mcfStage()
    await at.stock('MUG', 10)
    const order = await at.facet.submit(at.context, asked())
    at.simulator.log.clear()
    await at.look(order)
    expect(callsOf(at)).toEqual(['GetFBFMCFOrderStatus 200'])
    await at.simulator.control('ship', { reference: order.reference })
    at.simulator.log.clear()
    const { parcels } = await at.look(order)
    expect(parcels).toMatchObject([{ lines: [{ sku: 'MUG', quantity: 3 }], carrier: 'ups' }])
    expect(callsOf(at)).toEqual(['GetFBFMCFOrderStatus 200', 'SearchGoodsInfo 200'])
  })

  it('takes no order for ours that has another reference, or an id that is none of TikTok’s', async () => {
    await using at = await mcfStage()
    await at.stock('MUG', 10)
    const { id } = await at.facet.submit(at.context, asked())
    const get = (reference: string, its: string) =>
      at.facet.get(at.context, reference, { reference, id: its, lines: [], acceptedAt: null })
    expect(await get('web-1001-1', id)).toMatchObject({ id })
    expect(await get('web-2-1', id)).toBeNull()
    expect(await get('web-1001-1', '7136109999999999999')).toBeNull()
    expect(await get('web-1001-1', '../../x')).toBeNull()
  })

  it('asks all goods’ numbers fifty at a time, and adds up what is one SKU', async () => {
    await using at = await mcfStage()
    const ids: string[] = []
    for (let nth = 0; nth < 101; nth += 1) ids.push(await at.stock(`SKU-${nth}`, nth))
    const [first = '', second = ''] = ids
    const fbtSkus = { [first]: 'MUG', [second]: 'MUG' }
    const { fulfillment } = tiktok({ ...at.simulator.options, mcf: true, fbtSkus })
    at.simulator.log.clear()
    const page = await fulfillment.stock(at.context, { skus: null, cursor: null })
    expect(page).toMatchObject({ cursor: null })
    expect(page.readings).toHaveLength(100)
    expect(page.readings.find(({ sku }) => sku === 'MUG')).toEqual({
      sku: 'MUG',
      location: 'fbt',
      quantity: 1,
      basis: 'available',
      asOf: at.clock.now(),
    })
    expect(callsOf(at).map((call) => call.split(' ')[0])).toEqual([
      'SearchGoodsInfo',
      'SearchGoodsInfo',
      'QueryGoodsInventoryForMCF',
      'QueryGoodsInventoryForMCF',
      'QueryGoodsInventoryForMCF',
    ])
    const some = await fulfillment.stock(at.context, { skus: ['MUG', 'SKU-7', 'NONE'], cursor: null })
    expect(some.readings.map(({ sku, quantity }) => [sku, quantity])).toEqual([
      ['MUG', 1],
      ['SKU-7', 7],
    ])
  })

  it('goes over open orders fifty at a time, and no more in a pass than the limit allows until the next', async () => {
    await using at = await mcfStage({}, { callsPerSecond: 1, updatesMs: 75_000 })
    const orders = Array.from({ length: 120 }, (_, nth) => ({
      reference: `r-${String(nth).padStart(3, '0')}`,
      id: '1',
      lines: [],
      acceptedAt: null,
    }))
    const open: OpenOrders = async ({ after, most }) =>
      orders.filter(({ reference }) => after === null || reference > after).slice(0, most)
    const read: string[] = []
    let cursor: string | null = null
    const pass = async () => {
      let pages = 0
      for (let more = true; more; pages += 1) {
        const page = await at.facet.updates(at.context, cursor, open)
        read.push(...(page.unreadable ?? []).map(({ id }) => id ?? ''))
        ;({ cursor, more } = page)
      }
      return pages
    }
    expect(await pass()).toBe(2)
    expect(read).toEqual(orders.slice(0, 100).map(({ reference }) => reference))
    expect(await pass()).toBe(1)
    expect(read.slice(100)).toEqual(orders.slice(100).map(({ reference }) => reference))
    expect(await pass()).toBe(2)
    expect(read[120]).toBe('r-000')
  })

  it('is refused as a whole only where every order is', async () => {
    await using at = await mcfStage()
    await at.stock('MUG', 10)
    const { id } = await at.facet.submit(at.context, asked())
    const one = { reference: 'web-1001-1', id, lines, acceptedAt: null }
    const open: OpenOrders = async () => [{ ...one, reference: 'gone', id: '2' }, one]
    const page = await at.facet.updates(at.context, null, open)
    expect(page.orders).toMatchObject([{ reference: 'web-1001-1' }])
    expect(page.unreadable).toMatchObject([{ id: 'gone', error: { code: 'not_found' } }])
    at.simulator.faults.arm({ operation: 'GetFBFMCFOrderStatus', kind: 'status', status: 400, times: 9 })
    await expect(at.facet.updates(at.context, null, open)).rejects.toMatchObject({ code: 'rejected' })
  })
})

describe('the option', () => {
  it('makes a provider of the shop’s connection, with its credentials and limits', () => {
    const connection = tiktok({ ...options, mcf: true })
    expect(connection.fulfillment.keep).toBeUndefined()
    expect(connection.limits.CreateFBTMCFOrder).toEqual(connection.limits.GetOrderList)
    expect(connection.intervals).toMatchObject({ updatesMs: 300_000, stockMs: 300_000 })
    expect(tiktok(options).intervals.stockMs).toBe(900_000)
    expect(tiktok({ ...options, mcf: true, stockMs: 60_000 }).intervals.stockMs).toBe(60_000)
    expect(tiktok(options).fulfillment).toBeUndefined()
  })

  it.each([
    ['fbt', { fbt: true, mcf: true }],
    ['mcf.email', { mcf: { email: 'nobody' } }],
    ['updatesMs', { updatesMs: 3 }],
  ])('a wrong %s is refused at once, by its name', (field, more) => {
    expect(() => tiktok({ ...options, ...more } as never)).toThrow(
      expect.objectContaining({ code: 'invalid_input', field }),
    )
  })
})
