import nock from 'nock'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { amazon } from '../../../adapters/amazon/index.ts'
import type { HttpEvent } from '../../../src/http/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'
import { notice, options, target } from './stage.ts'

const host = 'https://sellingpartnerapi-na.amazon.com'
const item = `/listings/2021-08-01/items/${options.sellerId}`
const now = Date.UTC(2026, 6, 1, 12)
const clock = { now: () => now, sleep: () => Promise.resolve() }

const connection = amazon({ ...options, ordersSince: '2026-06-01T00:00:00Z' })
const contextOf = (on?: (event: HttpEvent) => void) =>
  adapterContext(connection, { clock, random: () => 0, ...(on ? { on } : {}) })

beforeAll(() => nock.disableNetConnect())
afterAll(() => {
  nock.enableNetConnect()
  nock.restore()
})
afterEach(() => {
  const left = nock.pendingMocks()
  nock.cleanAll()
  expect(left).toEqual([])
})

const granted = (value = 'Atza|one') =>
  nock('https://api.amazon.com')
    .post('/auth/o2/token', {
      grant_type: 'refresh_token',
      refresh_token: options.refreshToken,
      client_id: options.clientId,
      client_secret: options.clientSecret,
    })
    .matchHeader('content-type', /^application\/x-www-form-urlencoded/)
    .reply(200, {
      access_token: value,
      token_type: 'bearer',
      expires_in: 3600,
      refresh_token: options.refreshToken,
    })

const api = (token = 'Atza|one') =>
  nock(host, {
    reqheaders: {
      'x-amz-access-token': token,
      'x-amz-date': '20260701T120000Z',
      'user-agent': 'stockpool/0.1 (Language=TypeScript; Platform=Node.js)',
    },
  })

const data = 'BUYER,RECIPIENT,PROCEEDS,CANCELLATION,FULFILLMENT,TAX'
const order = {
  orderId: '111-1111111-1111111',
  createdTime: '2026-06-30T10:00:00Z',
  lastUpdatedTime: '2026-06-30T11:00:00Z',
  salesChannel: { channelName: 'AMAZON', marketplaceId: 'ATVPDKIKX0DER' },
  orderItems: [{ orderItemId: '1', quantityOrdered: 1, product: { sellerSku: 'MUG-RED' } }],
}
const confirmation = `/orders/v0/orders/${order.orderId}/shipmentConfirmation`
const one = () => notice({ order: order.orderId, lines: [{ line: '1', quantity: 1 }] })

describe('tokens', () => {
  it('one token serves many calls', async () => {
    granted()
    api()
      .get(`/orders/2026-01-01/orders/${order.orderId}`)
      .query({ includedData: data })
      .times(2)
      .reply(200, { order })
    const context = contextOf()
    await connection.orders.get(context, order.orderId)
    expect((await connection.orders.get(context, order.orderId))?.id).toBe(order.orderId)
  })

  it('a refused token is renewed once and the call repeated', async () => {
    granted()
    granted('Atza|two')
    const path = `/orders/2026-01-01/orders/${order.orderId}`
    const details = 'The access token you provided has expired.'
    api()
      .get(path)
      .query(true)
      .reply(403, { errors: [{ code: 'Unauthorized', message: 'Access denied', details }] })
    api('Atza|two').get(path).query(true).reply(200, { order })
    expect((await connection.orders.get(contextOf(), order.orderId))?.id).toBe(order.orderId)
  })

  it('a wrong secret is auth, said once, without the secret', async () => {
    nock('https://api.amazon.com')
      .post('/auth/o2/token')
      .reply(401, { error: 'invalid_client', error_description: options.clientSecret })
    await expect(connection.orders.get(contextOf(), order.orderId)).rejects.toMatchObject({ code: 'auth' })
  })
})

describe('searchOrders', () => {
  const query = {
    lastUpdatedAfter: '2026-06-01T00:00:00.000Z',
    marketplaceIds: 'ATVPDKIKX0DER',
    includedData: data,
    maxResultsPerPage: '100',
  }

  it('asks from ordersSince, page by page with the same filters, and ends three minutes ago', async () => {
    granted()
    api()
      .get('/orders/2026-01-01/orders')
      .query(query)
      .reply(200, { orders: [order], pagination: { nextToken: 't1' } })
    api()
      .get('/orders/2026-01-01/orders')
      .query({ ...query, paginationToken: 't1' })
      .reply(200, { orders: [] })
    const context = contextOf()
    const first = await connection.orders.read(context, null)
    expect(first).toMatchObject({ more: true })
    expect(first.orders.map(({ id }) => id)).toEqual([order.orderId])
    const last = await connection.orders.read(context, first.cursor)
    expect(last).toMatchObject({ more: false, orders: [], completeUntil: now - 180_000 })
  })

  it('looks back ten minutes behind the last pass', async () => {
    granted()
    api().get('/orders/2026-01-01/orders').query(query).reply(200, { orders: [] })
    const lastUpdatedAfter = new Date(now - 180_000 - 600_000).toISOString()
    api()
      .get('/orders/2026-01-01/orders')
      .query({ ...query, lastUpdatedAfter })
      .reply(200, { orders: [] })
    const context = contextOf()
    await connection.orders.read(context, (await connection.orders.read(context, null)).cursor)
  })

  it('believes Amazon when it looked less far', async () => {
    granted()
    const lastUpdatedBefore = new Date(now - 500_000).toISOString()
    api().get('/orders/2026-01-01/orders').query(query).reply(200, { orders: [], lastUpdatedBefore })
    expect((await connection.orders.read(contextOf(), null)).completeUntil).toBe(now - 500_000)
  })

  it('gives the oldest change first', async () => {
    granted()
    const later = { ...order, orderId: '111-2222222-2222222', lastUpdatedTime: '2026-06-30T12:00:00Z' }
    api()
      .get('/orders/2026-01-01/orders')
      .query(query)
      .reply(200, { orders: [later, order] })
    const { orders } = await connection.orders.read(contextOf(), null)
    expect(orders.map(({ id }) => id)).toEqual([order.orderId, later.orderId])
  })

  it('a cursor that is none is refused', async () => {
    for (const cursor of ['', 'x', '{}', '[]', '{"watermark":"now"}']) {
      await expect(connection.orders.read(contextOf(), cursor)).rejects.toMatchObject({
        code: 'invalid_input',
        field: 'cursor',
      })
    }
  })
})

describe('listings', () => {
  const sent = (quantity: number, productType = 'PRODUCT') => ({
    productType,
    patches: [
      {
        op: 'merge',
        path: '/attributes/fulfillment_availability',
        value: [{ fulfillment_channel_code: 'DEFAULT', quantity }],
      },
    ],
  })
  const query = { marketplaceIds: 'ATVPDKIKX0DER', includedData: 'issues' }
  const accepted = { sku: 'MUG-RED', status: 'ACCEPTED', submissionId: 's-1', issues: [] }

  it('writes by a merge patch, and an accepted one is pending', async () => {
    granted()
    api().patch(`${item}/MUG-RED`, sent(7)).query(query).reply(200, accepted)
    expect(await connection.listings.write(contextOf(), [target('MUG-RED', 7)])).toEqual([
      { status: 'pending', handle: 's-1', checkAfterMs: 60_000 },
    ])
  })

  it('names the product type and the marketplace that the options give', async () => {
    granted()
    const other = amazon({
      ...options,
      marketplaceIds: ['ATVPDKIKX0DER', 'A2EUQ1WTGCTBG2'],
      productTypes: { 'MUG-RED': 'DRINKING_CUP' },
      listingMarketplaces: { 'MUG-RED': 'A2EUQ1WTGCTBG2' },
    })
    api()
      .patch(`${item}/MUG-RED`, sent(7, 'DRINKING_CUP'))
      .query({ ...query, marketplaceIds: 'A2EUQ1WTGCTBG2' })
      .reply(200, accepted)
    const context = adapterContext(other, { clock })
    expect(await other.listings.write(context, [target('MUG-RED', 7)])).toMatchObject([{ status: 'pending' }])
  })

  it('INVALID inside a 200 is a failed row with its issues', async () => {
    granted()
    const issues = [
      {
        code: '90220',
        message: 'quantity is wrong',
        severity: 'ERROR',
        attributeNames: ['fulfillment_availability'],
        categories: [],
      },
    ]
    api()
      .patch(`${item}/MUG-RED`)
      .query(query)
      .reply(200, { ...accepted, status: 'INVALID', issues })
    const [row] = await connection.listings.write(contextOf(), [target('MUG-RED', 7)])
    expect(row).toMatchObject({
      status: 'failed',
      error: { code: 'rejected', details: { issues: [{ code: '90220' }] } },
    })
  })

  it('one bad row spoils no other', async () => {
    granted()
    api()
      .patch(`${item}/A`)
      .query(query)
      .reply(400, { errors: [{ code: 'BAD_REQUEST', message: 'Invalid input' }] })
    api()
      .patch(`${item}/B`)
      .query(query)
      .reply(200, { ...accepted, sku: 'B' })
    const rows = await connection.listings.write(contextOf(), [
      target('A', 1),
      target('B', 2),
      target('C', 3, { place: 'x' }),
      target('..', 1),
    ])
    expect(rows.map(({ status }) => status)).toEqual(['failed', 'pending', 'failed', 'failed'])
    expect(rows[2]).toMatchObject({ error: { code: 'invalid_input', field: 'place' } })
    expect(rows[3]).toMatchObject({ error: { code: 'invalid_input', field: 'listing' } })
  })

  it('reads one by getListingsItem and several by one search', async () => {
    granted()
    const listing = (sku: string, quantity: number) => ({
      sku,
      fulfillmentAvailability: [{ fulfillmentChannelCode: 'DEFAULT', quantity }],
    })
    const datasets = {
      marketplaceIds: 'ATVPDKIKX0DER',
      includedData: 'summaries,issues,fulfillmentAvailability',
    }
    api().get(`${item}/A`).query(datasets).reply(200, listing('A', 3))
    api()
      .get(item)
      .query({ ...datasets, identifiers: 'A,B,C', identifiersType: 'SKU', pageSize: '20' })
      .reply(200, { numberOfResults: 2, items: [listing('B', 2), listing('A', 1)] })
    api()
      .get(`${item}/C`)
      .query(datasets)
      .reply(404, { errors: [{ code: 'NOT_FOUND', message: 'none' }] })
    const context = contextOf()
    expect(await connection.listings.read(context, [{ listing: 'A', place: '' }])).toEqual([
      { status: 'shown', quantity: 3 },
    ])
    const refs = ['A', 'B', 'C', 'A'].map((sku) => ({ listing: sku, place: '' }))
    expect(await connection.listings.read(context, refs)).toMatchObject([
      { status: 'shown', quantity: 1 },
      { status: 'shown', quantity: 2 },
      { status: 'missing' },
      { status: 'shown', quantity: 1 },
    ])
  })
})

describe('confirmShipment', () => {
  it('sends one package, and a 204 is done', async () => {
    granted()
    api()
      .post(confirmation, {
        marketplaceId: 'ATVPDKIKX0DER',
        packageDetail: {
          packageReferenceId: '1',
          carrierCode: 'UPS',
          trackingNumber: '1Z999AA10123456784',
          shipDate: '2026-01-05T00:00:00.000Z',
          orderItems: [{ orderItemId: '1', quantity: 1 }],
        },
      })
      .reply(204)
    expect(await connection.shipments.confirm(contextOf(), [one()])).toEqual([
      { status: 'done', reference: '1' },
    ])
  })

  it('an unlisted carrier goes as Other with its name, and the service along', async () => {
    granted()
    api()
      .post(confirmation, (body) => {
        expect(body.packageDetail).toMatchObject({
          carrierCode: 'Other',
          carrierName: 'Velo Bob',
          shippingMethod: 'Bike',
        })
        return true
      })
      .reply(204)
    const odd = { ...one(), carrier: null, carrierName: 'Velo Bob', service: 'Bike' }
    expect(await connection.shipments.confirm(contextOf(), [odd])).toMatchObject([{ status: 'done' }])
  })

  it('with several marketplaces the order tells its own, and what it has already', async () => {
    granted()
    const wide = amazon({ ...options, marketplaceIds: ['ATVPDKIKX0DER', 'A2EUQ1WTGCTBG2'] })
    const path = `/orders/2026-01-01/orders/${order.orderId}`
    const canadian = { ...order, salesChannel: { channelName: 'AMAZON', marketplaceId: 'A2EUQ1WTGCTBG2' } }
    api().get(path).query({ includedData: 'PACKAGES' }).reply(200, { order: canadian })
    api()
      .post(confirmation, (body) => body.marketplaceId === 'A2EUQ1WTGCTBG2')
      .reply(204)
    const packages = [{ packageReferenceId: '7', trackingNumber: '1z999aa1-0123456784' }]
    api()
      .get(path)
      .query({ includedData: 'PACKAGES' })
      .reply(200, { order: { ...canadian, packages } })
    const context = adapterContext(wide, { clock })
    expect(await wide.shipments.confirm(context, [one()])).toEqual([{ status: 'done', reference: '1' }])
    expect(await wide.shipments.confirm(context, [one()])).toEqual([{ status: 'done', reference: '7' }])
  })

  it.each([
    [{ trackingNumber: null, lines: [] }, 'lines'],
    [{ sequence: 0 }, 'sequence'],
    [{ lines: [] }, 'lines'],
  ])('refuses %o before anything is sent', async (more, field) => {
    const [row] = await connection.shipments.confirm(contextOf(), [{ ...one(), ...more }])
    expect(row).toMatchObject({ status: 'failed', error: { code: 'invalid_input', field } })
  })

  it('corrects under the reference that was given back', async () => {
    granted()
    api()
      .post(confirmation, (body) => body.packageDetail.packageReferenceId === '7')
      .reply(204)
    expect(await connection.shipments.correct(contextOf(), one(), '7')).toEqual({
      status: 'done',
      reference: '7',
    })
  })

  it('a 5xx is looked up before anything is sent again', async () => {
    granted()
    const path = `/orders/2026-01-01/orders/${order.orderId}`
    api().post(confirmation).reply(500, { errors: [] })
    api().get(path).query({ includedData: 'PACKAGES' }).reply(200, { order })
    const [row] = await connection.shipments.confirm(contextOf(), [one()])
    expect(row).toMatchObject({ status: 'failed', error: { code: 'unknown_outcome', retryable: true } })
  })
})
