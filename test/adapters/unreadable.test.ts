import { describe, expect, it } from 'vitest'
import { parseOptions as amazonSettings } from '../../adapters/amazon/options.ts'
import { amazonOrders } from '../../adapters/amazon/orders.ts'
import { amazonShipments } from '../../adapters/amazon/shipments.ts'
import { fulfillmentFacet } from '../../adapters/shipbob/fulfillment.ts'
import { settingsFrom as shipbobSettings } from '../../adapters/shipbob/options.ts'
import { readReturns as shipheroReturns } from '../../adapters/shiphero/returns.ts'
import { readReturns as shipstreamReturns } from '../../adapters/shipstream/returns.ts'
import { shopifyOrders } from '../../adapters/shopify/orders.ts'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import type { AdapterContext, HttpRequest } from '../../src/spec/index.ts'
import { options as amazonOptions, notice } from './amazon/stage.ts'
import { options as shipbobOptions, order as shipbobOrder } from './shipbob/fixtures.ts'
import { page as shipheroPage, settings as shipheroSettings } from './shiphero/fixtures.ts'
import { settings as shipstreamSettings } from './shipstream/fixtures.ts'
import { shop, wireLine, wireOrder } from './shopify/fixtures.ts'

type Call = Pick<HttpRequest<unknown>, 'operation' | 'json' | 'query'>

/** A context whose platform answers as told; whatever was asked is kept. */
function platform(answer: (call: Call) => unknown) {
  const calls: Call[] = []
  const now = () => Date.UTC(2026, 6, 1, 12)
  const http = {
    async request<T>(request: HttpRequest<T>) {
      calls.push(request)
      const body = answer(request)
      const parsed = request.schema.safeParse(body)
      if (!parsed.success) throw new StockpoolError('invalid_input', parsed.error.message)
      return { data: parsed.data, body, status: 200, headers: {} }
    },
  }
  const context = {
    clock: { now },
    log: { debug() {}, info() {}, warn() {} },
    tokens: { get: async () => 'token', invalidate: async () => {} },
    http,
  } as unknown as AdapterContext
  return { calls, context }
}

const amazonOrder = (number: number, more: object = {}) => ({
  orderId: `113-${number}`,
  createdTime: '2026-07-01T08:00:00Z',
  lastUpdatedTime: '2026-07-01T08:00:00Z',
  orderItems: [{ orderItemId: '1', quantityOrdered: 1 }],
  fulfillment: { fulfillmentStatus: 'UNSHIPPED' },
  ...more,
})
const item = (more: object) => ({ orderItems: [{ orderItemId: '1', quantityOrdered: 1, ...more }] })
const settings = amazonSettings(amazonOptions)

describe('Amazon', () => {
  const read = (...orders: unknown[]) =>
    amazonOrders(settings).read(
      platform(() => ({ orders, pagination: null, lastUpdatedBefore: null })).context,
      null,
    )

  it.each([
    ['without a date', amazonOrder(2, { lastUpdatedTime: undefined }), '113-2', 'lastUpdatedTime'],
    [
      'with a negative quantity',
      amazonOrder(2, item({ quantityOrdered: -1 })),
      '113-2',
      'orderItems.0.quantityOrdered',
    ],
    ['without an id', amazonOrder(2, { orderId: null }), null, 'orderId'],
    ['that is nothing', null, null, ''],
  ])('gives an order %s by itself, and the page goes on', async (_, bad, id, field) => {
    const page = await read(amazonOrder(1), bad, amazonOrder(3))
    expect(page.orders.map((order) => order.id)).toEqual(['113-1', '113-3'])
    expect(page).toMatchObject({ more: false, unreadable: [{ id, error: { code: 'invalid_input', field } }] })
    expect(page.unreadable?.every(({ error }) => isStockpoolError(error) && error.retryable)).toBe(true)
  })

  it.each([
    ['programs', { programs: null }],
    ['buyer', { buyer: null }],
    ['salesChannel', { salesChannel: null }],
    ['recipient', { recipient: { deliveryAddress: null } }],
    ['proceeds', { proceeds: null }],
    ['grandTotal', { proceeds: { grandTotal: null } }],
    ['fulfillment', { fulfillment: null }],
    ['windows', { fulfillment: { fulfillmentStatus: null, shipByWindow: null, deliverByWindow: null } }],
    ['product', item({ product: null })],
    ['price', item({ product: { price: null, title: null, sellerSku: null } })],
    ['tax', item({ tax: null })],
    ['collections', item({ tax: { taxCollections: null } })],
    ['cancellation', item({ cancellation: null })],
    ['item fulfillment', item({ fulfillment: { quantityFulfilled: null, quantityUnfulfilled: null } })],
    ['breakdowns', item({ proceeds: { breakdowns: null } })],
  ])('takes null for %s', async (_, more) => {
    const page = await read(amazonOrder(1, more))
    expect(page).toMatchObject({ orders: [{ id: '113-1' }], unreadable: [] })
  })

  it.each([[{ amount: 12.5, currencyCode: 'USD' }], [{ amount: '1.0E-7', currencyCode: 'USD' }], ['12.50']])(
    'has no total for the unreadable money %o, and keeps it in raw',
    async (grandTotal) => {
      const page = await read(amazonOrder(1, { proceeds: { grandTotal } }))
      expect(page).toMatchObject({
        orders: [{ total: null, raw: { proceeds: { grandTotal } } }],
        unreadable: [],
      })
    },
  )

  it('reads before it repeats a confirmation, with one marketplace too', async () => {
    const sent = notice({ order: '113-1', lines: [{ line: '1', quantity: 1 }] })
    const packages = [{ packageReferenceId: '7', trackingNumber: sent.trackingNumber }]
    // Of the order itself nothing else can be read.
    const given = platform(({ operation }) => (operation === 'getOrder' ? { order: { packages } } : null))
    const { confirm } = amazonShipments(settings)
    expect(await confirm(given.context, [{ ...sent, repeated: true }])).toEqual([
      { status: 'done', reference: '7' },
    ])
    expect(given.calls.map(({ operation }) => operation)).toEqual(['getOrder'])
    expect(await confirm(given.context, [sent])).toEqual([{ status: 'done', reference: '1' }])
    expect(given.calls.map(({ operation }) => operation)).toEqual(['getOrder', 'confirmShipment'])
    // Another parcel's package under the same (master) number is not this parcel's.
    const again = { ...sent, repeated: true, others: ['7'], sequence: 2 }
    expect(await confirm(given.context, [again])).toEqual([{ status: 'done', reference: '2' }])
    given.calls.length = 2
    packages.pop()
    expect(await confirm(given.context, [{ ...sent, repeated: true }])).toEqual([
      { status: 'done', reference: '1' },
    ])
    expect(given.calls.map(({ operation }) => operation).slice(2)).toEqual(['getOrder', 'confirmShipment'])
  })
})

describe('Shopify', () => {
  const pageOf = (nodes: unknown[]) => ({ nodes, pageInfo: { hasNextPage: false } })
  const id = (number: number) => `gid://shopify/Order/${number}`
  const read = (...nodes: unknown[]) =>
    shopifyOrders(shop).read(platform(() => ({ data: { orders: pageOf(nodes) } })).context, null)
  const many = Array.from({ length: 1001 }, (_, index) => wireLine({ id: `gid://shopify/LineItem/${index}` }))

  it.each([
    ['of 1,001 lines', wireOrder({ id: id(2) }, many), id(2), 'lines'],
    ['without a date', { ...wireOrder({ id: id(2) }), createdAt: null }, id(2), 'createdAt'],
    ['with a date that is none', wireOrder({ id: id(2), createdAt: 'soon' }), id(2), 'placedAt'],
    ['without an id', { ...wireOrder(), id: null }, null, 'id'],
    ['that is nothing', null, null, ''],
  ])('gives an order %s by itself, and the page goes on', async (_, bad, named, field) => {
    const page = await read(wireOrder({ id: id(1) }), bad, wireOrder({ id: id(3) }))
    expect(page.orders.map((order) => order.id)).toEqual([id(1), id(3)])
    expect(page).toMatchObject({
      more: false,
      unreadable: [{ id: named, error: { code: 'invalid_input', field } }],
    })
  })

  it('goes on behind an unreadable order that changed last', async () => {
    const bad = { ...wireOrder({ id: id(2), updatedAt: '2026-07-01T10:00:00Z' }), createdAt: null }
    const { cursor } = await read(bad)
    expect(JSON.parse(cursor)).toMatchObject({ seen: Date.UTC(2026, 6, 1, 10) })
  })

  it.each([
    ['an exponent', { shopMoney: { amount: '1.0E-7', currencyCode: 'USD' } }],
    ['a number', { shopMoney: { amount: 1, currencyCode: 'USD' } }],
    ['no currency', { shopMoney: { amount: '1.00', currencyCode: '' } }],
  ])('has no total for money with %s, and keeps it in raw', async (_, currentTotalPriceSet) => {
    const page = await read({ ...wireOrder(), currencyCode: '', currentTotalPriceSet })
    expect(page.unreadable).toEqual([])
    expect(page.orders).toMatchObject([{ total: null, currency: null, raw: { currentTotalPriceSet } }])
  })

  it('get says what is wrong with one order, never as a bare error of the schema', async () => {
    const { context } = platform(() => ({ data: { order: { ...wireOrder(), updatedAt: 5 } } }))
    const error: unknown = await shopifyOrders(shop)
      .get(context, id(1))
      .catch((thrown: unknown) => thrown)
    expect(isStockpoolError(error, 'invalid_input')).toBe(true)
    expect(error).toMatchObject({ field: 'updatedAt' })
  })
})

describe('ShipBob', () => {
  const facet = fulfillmentFacet(shipbobSettings(shipbobOptions))
  const own = (reference: unknown, more: object = {}) => shipbobOrder({ reference_id: reference, ...more })

  it.each([
    ['with a status that is none', own('web-2-1', { status: 5 }), ['web-2-1', 'status']],
    ['with a date that is none', own('web-2-1', { created_date: 'soon' }), ['web-2-1', 'created_date']],
    ['whose reference is a number', own(17), [null, 'reference_id']],
    ['that is nothing', null, [null, '']],
    ['that was keyed in there, and is none of ours', own(null, { status: 5 }), null],
  ])('gives an order %s by itself, and the page goes on', async (_, bad, told) => {
    const { context } = platform(() => [own('web-1-1'), bad, own('web-3-1')])
    const page = await facet.updates(context, null)
    expect(page.orders.map(({ reference }) => reference)).toEqual(['web-1-1', 'web-3-1'])
    const expected = told === null ? [] : [{ id: told[0], error: { code: 'invalid_input', field: told[1] } }]
    expect(page.unreadable).toMatchObject(expected)
    expect(page.unreadable).toHaveLength(expected.length)
  })

  it('never takes an order that cannot be read for one that is not there', async () => {
    for (const bad of [own('web-1-1', { status: 5 }), own(17), { id: 'nine' }]) {
      await expect(facet.get(platform(() => [bad]).context, 'web-1-1')).rejects.toMatchObject({
        code: 'invalid_input',
      })
    }
    expect(await facet.get(platform(() => [own('web-9-1', { status: 5 })]).context, 'web-1-1')).toBeNull()
  })

  it('never ends its stock at a page that names itself, or no page, as the next one', async () => {
    for (const next of ['?PageSize=250&token=a', 'nonsense']) {
      const { context } = platform(() => ({ items: [], next }))
      const query = { skus: null, cursor: 'PageSize=250&token=a' }
      await expect(facet.stock(context, query)).rejects.toMatchObject({ code: 'unavailable' })
    }
  })
})

describe('Returns at a provider', () => {
  const told = (id: string | null, field: string) => ({ id, error: { code: 'invalid_input', field } })

  it('ShipBob: one that cannot be read is given by itself, and the page goes on', async () => {
    const facet = fulfillmentFacet(shipbobSettings(shipbobOptions))
    const items = [{ id: 1, inventory: [] }, { id: 2, inventory: 'none' }, null, { id: 4, inventory: [] }]
    const page = await facet.returns(platform(() => ({ items, next: null })).context, null)
    expect(page.returns.map(({ id }) => id)).toEqual(['1', '4'])
    expect(page.unreadable).toMatchObject([told('2', 'inventory'), told(null, '')])
  })

  it('ShipHero: the same, and one that is still open there is looked for again', async () => {
    const row = (id: string, more: object = {}) => ({
      id,
      status: 'complete',
      created_at: '2026-06-30T10:00:00',
      labels: [],
      order: null,
      line_items: [],
      ...more,
    })
    const read = (...nodes: unknown[]) => {
      const { context } = platform(() => ({
        data: { returns: { complexity: 1, data: shipheroPage(nodes) } },
      }))
      return shipheroReturns(context, shipheroSettings(), null)
    }
    const bad = row('r2', { line_items: [{ quantity: 'two' }], created_at: '2026-06-25T10:00:00' })
    const page = await read(row('r1'), bad, row('r3'))
    expect(page.returns.map(({ id }) => id)).toEqual(['r1', 'r3'])
    expect(page.unreadable).toMatchObject([{ id: 'r2', error: { code: 'invalid_input' } }])
    expect(JSON.parse(page.cursor).since).toBe(Date.UTC(2026, 5, 25, 9, 55))
    // When it was made cannot be read either: it may be any of those that were asked for.
    const nothing = await read(null)
    expect(nothing.unreadable).toMatchObject([{ id: null, error: { code: 'invalid_input' } }])
    expect(JSON.parse(nothing.cursor).since).toBe(Date.UTC(2026, 6, 1, 12) - shipheroSettings().returnsMs)
  })

  it('ShipStream: the same, and an order that cannot be read stops no return', async () => {
    const row = (increment_id: unknown, more: object = {}) => ({
      increment_id,
      status: 'new',
      sender_ref_alt: 'web-1-1',
      items: [],
      ...more,
    })
    const rows = [row('RMA-1'), row('RMA-2', { status: 5 }), row({}), row('RMA-4')]
    const { context } = platform((call) => {
      const [, method] = (call.json as { params: [unknown, string] }).params
      const results = method === 'delivery.search' ? rows : [null, { unique_id: 'web-1-1', order_ref: null }]
      return { result: { results, totalCount: results.length, numPages: 1 } }
    })
    const page = await shipstreamReturns(context, shipstreamSettings(), null)
    expect(page.returns.map(({ id, reference }) => [id, reference])).toEqual([
      ['RMA-1', 'web-1-1'],
      ['RMA-4', 'web-1-1'],
    ])
    expect(page.unreadable).toMatchObject([told('RMA-2', 'status'), told(null, 'increment_id')])
  })
})
