import { gzipSync } from 'node:zlib'
import nock from 'nock'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { amazon } from '../../../adapters/amazon/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'
import { notice, options, target } from './stage.ts'

const host = 'https://sellingpartnerapi-na.amazon.com'
const store = 'https://tortuga-prod-na.s3-external-1.amazonaws.com'
const now = Date.UTC(2026, 6, 1, 12)
const clock = { now: () => now, sleep: () => Promise.resolve() }

const connection = amazon({
  ...options,
  bulkFrom: 1,
  reportFrom: 1,
  feedWaitMs: 0,
  mcf: true,
  labels: true,
  notifications: { sqsArn: 'arn:aws:sqs:us-east-1:123456789012:amazon-news' },
})
const contextOf = () => adapterContext(connection, { clock, random: () => 0, maxAttempts: 1 })

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

const granted = () =>
  nock('https://api.amazon.com')
    .post('/auth/o2/token', (body) => body.grant_type === 'refresh_token')
    .reply(200, { access_token: 'Atza|seller', token_type: 'bearer', expires_in: 3600 })
const api = (token = 'Atza|seller') => nock(host, { reqheaders: { 'x-amz-access-token': token } })
const order = {
  orderId: '111-1111111-1111111',
  createdTime: '2026-06-30T10:00:00Z',
  lastUpdatedTime: '2026-06-30T11:00:00Z',
  salesChannel: { channelName: 'AMAZON', marketplaceId: 'ATVPDKIKX0DER' },
  fulfillment: { fulfillmentStatus: 'UNSHIPPED', fulfilledBy: 'MERCHANT' },
  orderItems: [
    {
      orderItemId: '7',
      quantityOrdered: 1,
      product: { sellerSku: 'A', price: { unitPrice: { amount: '12.50', currencyCode: 'USD' } } },
      fulfillment: { quantityFulfilled: 0, quantityUnfulfilled: 1 },
    },
  ],
}
const orderPath = `/orders/2026-01-01/orders/${order.orderId}`

/** Announce, put, submit: what every feed goes through. */
function handedIn(feedType: string, contentType: string, content: (text: string) => boolean) {
  api()
    .post('/feeds/2021-06-30/documents', { contentType })
    .reply(201, { feedDocumentId: 'doc-1', url: `${store}/doc-1?X-Amz-Signature=s3cret` })
  nock(store, {
    reqheaders: { 'content-type': contentType },
    badheaders: ['x-amz-access-token', 'authorization'],
  })
    .put('/doc-1', (body) => content(typeof body === 'string' ? body : JSON.stringify(body)))
    .query({ 'X-Amz-Signature': 's3cret' })
    .reply(200, '')
  return api().post('/feeds/2021-06-30/feeds', {
    feedType,
    marketplaceIds: ['ATVPDKIKX0DER'],
    inputFeedDocumentId: 'doc-1',
  })
}

const feed = (processingStatus: string, more: object = {}) => ({
  feedId: '77',
  feedType: 'X',
  createdTime: '2026-07-01T11:59:00Z',
  processingStatus,
  ...more,
})

describe('feeds', () => {
  const rows = [target('A', 5, { expected: 1 }), target('B', 6, { expected: 1 })]

  it('a backlog is announced, put without a credential under its content type, and submitted once', async () => {
    granted()
    handedIn('JSON_LISTINGS_FEED', 'application/json; charset=UTF-8', (text) => {
      expect(JSON.parse(text)).toMatchObject({
        header: { sellerId: options.sellerId, version: '2.0' },
        messages: [
          { messageId: 1, sku: 'A' },
          { messageId: 2, sku: 'B' },
        ],
      })
      return true
    }).reply(202, { feedId: '77' })
    expect(await connection.listings.write(contextOf(), rows)).toEqual([
      { status: 'pending', handle: 'feed:77:1', checkAfterMs: 60_000, queued: true },
      { status: 'pending', handle: 'feed:77:2', checkAfterMs: 60_000, queued: true },
    ])
  })

  it('amzn/selling-partner-api-models#4414, #572: a quota that is used up leaves the rows to be tried later', async () => {
    granted()
    const said = { errors: [{ code: 'QuotaExceeded', message: 'You exceeded your quota' }] }
    handedIn('JSON_LISTINGS_FEED', 'application/json; charset=UTF-8', () => true).reply(429, said)
    expect(await connection.listings.write(contextOf(), rows)).toMatchObject([
      {
        status: 'failed',
        error: { code: 'rate_limited', retryable: true, retryAfterMs: expect.any(Number) },
      },
      { status: 'failed', error: { code: 'rate_limited' } },
    ])
  })

  it('amzn/selling-partner-api-models#4097: no write is larger than Amazon’s 25,000 messages', () => {
    expect(connection.listings.batch).toBeLessThanOrEqual(connection.limits.createListingsFeed?.batch ?? 0)
    expect(connection.limits.createListingsFeed?.batch).toBe(25_000)
  })

  it('its report is unpacked, and tells refusals by message', async () => {
    granted()
    api()
      .get('/feeds/2021-06-30/feeds/77')
      .reply(200, feed('DONE', { resultFeedDocumentId: 'res-1' }))
    api()
      .get('/feeds/2021-06-30/documents/res-1')
      .reply(200, { feedDocumentId: 'res-1', url: `${store}/res-1?X=1`, compressionAlgorithm: 'GZIP' })
    const issues = [{ messageId: 2, sku: 'B', code: '90220', severity: 'ERROR', message: 'no' }]
    nock(store)
      .get('/res-1?X=1')
      .reply(200, gzipSync(JSON.stringify({ issues })), {
        'content-type': 'application/json; charset=UTF-8',
      })
    api()
      .get(`/listings/2021-08-01/items/${options.sellerId}/A`)
      .query(true)
      .reply(200, { sku: 'A', fulfillmentAvailability: [{ fulfillmentChannelCode: 'DEFAULT', quantity: 5 }] })
    const asked = rows.map((one, index) => ({ target: one, handle: `feed:77:${index + 1}` }))
    expect(await connection.listings.check(contextOf(), asked)).toMatchObject([
      { status: 'done' },
      { status: 'failed', error: { code: 'rejected', message: expect.stringContaining('no') } },
    ])
  })

  it('an address that has ended is tried again with a new one, and never shown', async () => {
    granted()
    api()
      .post('/feeds/2021-06-30/documents')
      .reply(201, { feedDocumentId: 'doc-1', url: `${store}/doc-1?X-Amz-Signature=s3cret` })
    nock(store).put('/doc-1').query(true).reply(403, '<Error><Code>AccessDenied</Code></Error>')
    const [row] = await connection.listings.write(contextOf(), rows)
    expect(row).toMatchObject({ status: 'failed', error: { code: 'unavailable', retryable: true } })
    expect(JSON.stringify(row)).not.toContain('s3cret')
  })

  it('a cancellation is XML, and reads the order before and after', async () => {
    granted()
    api().get(orderPath).query(true).reply(200, { order })
    handedIn('POST_ORDER_ACKNOWLEDGEMENT_DATA', 'text/xml; charset=UTF-8', (text) => {
      expect(text).toContain(
        '<AmazonOrderItemCode>7</AmazonOrderItemCode><CancelReason>NoInventory</CancelReason>',
      )
      return true
    }).reply(202, { feedId: '77' })
    api().get('/feeds/2021-06-30/feeds/77').reply(200, feed('IN_QUEUE'))
    expect(
      await connection.orders.cancel(contextOf(), { order: order.orderId, reason: 'out_of_stock', key: 'k' }),
    ).toEqual({ outcome: 'unknown', detail: 'Amazon has not worked off its feed', handle: '77:1' })
  })

  it('a repeated refund first asks which refunds were handed in', async () => {
    granted()
    api()
      .get('/feeds/2021-06-30/feeds')
      .query({
        feedTypes: 'POST_PAYMENT_ADJUSTMENT_DATA',
        pageSize: '100',
        createdSince: new Date(now - 3 * 86_400_000).toISOString(),
      })
      .reply(200, { feeds: [feed('DONE')] })
    const request = {
      order: order.orderId,
      return: null,
      lines: [],
      shipping: false,
      amount: null,
      reason: null,
      key: 'r',
      repeated: true,
    }
    await expect(connection.returns.refund(contextOf(), request)).rejects.toMatchObject({
      code: 'unknown_outcome',
      details: { feeds: ['77'] },
    })
  })
})

describe('reports', () => {
  it('the listing report is asked for by marketplace; a Windows encoding is read as one', async () => {
    granted()
    api()
      .get('/reports/2021-06-30/reports')
      .query({
        reportTypes: 'GET_MERCHANT_LISTINGS_ALL_DATA',
        processingStatuses: 'IN_QUEUE,IN_PROGRESS,DONE',
        marketplaceIds: 'ATVPDKIKX0DER',
        createdSince: new Date(now - 1_800_000).toISOString(),
      })
      .reply(200, { reports: [] })
    api()
      .post('/reports/2021-06-30/reports', {
        reportType: 'GET_MERCHANT_LISTINGS_ALL_DATA',
        marketplaceIds: ['ATVPDKIKX0DER'],
      })
      .reply(202, { reportId: 'rep-1' })
    api()
      .get('/reports/2021-06-30/reports/rep-1')
      .reply(200, { reportId: 'rep-1', processingStatus: 'DONE', reportDocumentId: 'res-2' })
    api()
      .get('/reports/2021-06-30/documents/res-2')
      .reply(200, { reportDocumentId: 'res-2', url: `${store}/res-2` })
    const text =
      'item-name\tseller-sku\tquantity\tfulfillment-channel\nTasse f\u00fcr Gr\u00f6\u00dfe\tGR\u00d6SSE\t4\tDEFAULT\n'
    nock(store).get('/res-2').reply(200, Buffer.from(text, 'latin1'), {
      'content-type': 'text/plain; charset=ISO-8859-1',
    })
    expect(
      await connection.listings.read(contextOf(), [{ listing: 'GRÖSSE', place: '' }], { mayBeOld: true }),
    ).toEqual([{ status: 'shown', quantity: 4 }])
  })

  it('columns in another language are not guessed: the listings are asked for', async () => {
    granted()
    // One that was asked for a moment ago; that of two marketplaces is another one.
    const createdTime = '2026-07-01T12:00:00Z'
    const made = (reportId: string, marketplaceIds: readonly string[]) => ({
      reportId,
      marketplaceIds,
      createdTime,
      processingStatus: 'IN_PROGRESS',
    })
    api()
      .get('/reports/2021-06-30/reports')
      .query(true)
      .reply(200, {
        reports: [
          made('rep-0', ['ATVPDKIKX0DER', 'A2EUQ1WTGCTBG2']),
          { ...made('old', ['ATVPDKIKX0DER']), createdTime: '2026-07-01T11:50:00Z' },
          made('rep-1', ['ATVPDKIKX0DER']),
        ],
      })
    api()
      .get('/reports/2021-06-30/reports/rep-1')
      .reply(200, { reportId: 'rep-1', processingStatus: 'DONE', reportDocumentId: 'res-2' })
    api()
      .get('/reports/2021-06-30/documents/res-2')
      .reply(200, { reportDocumentId: 'res-2', url: `${store}/res-2` })
    nock(store).get('/res-2').reply(200, '商品名\t出品者SKU\t数量\nx\tA\t4\n')
    api()
      .get(`/listings/2021-08-01/items/${options.sellerId}/A`)
      .query(true)
      .reply(200, { sku: 'A', fulfillmentAvailability: [{ fulfillmentChannelCode: 'DEFAULT', quantity: 5 }] })
    expect(
      await connection.listings.read(contextOf(), [{ listing: 'A', place: '' }], { mayBeOld: true }),
    ).toEqual([{ status: 'shown', quantity: 5 }])
  })

  it('returns are asked for by the day they were asked for, sixty days back', async () => {
    granted()
    api()
      .post('/reports/2021-06-30/reports', {
        reportType: 'GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE',
        marketplaceIds: ['ATVPDKIKX0DER'],
        dataStartTime: new Date(now - 60 * 86_400_000).toISOString(),
        dataEndTime: new Date(now).toISOString(),
      })
      .reply(202, { reportId: 'rep-1' })
    expect(await connection.returns.read(contextOf(), null)).toMatchObject({ returns: [], more: true })
  })
})

describe('notifications', () => {
  it('destinations want a token of the application, subscriptions one of the seller; abuzuhri#621: the filter is whole', async () => {
    nock('https://api.amazon.com')
      .post('/auth/o2/token', {
        grant_type: 'client_credentials',
        client_id: options.clientId,
        client_secret: options.clientSecret,
        scope: 'sellingpartnerapi::notifications',
      })
      .reply(200, { access_token: 'Atza|application', token_type: 'bearer', expires_in: 3600 })
    granted()
    api('Atza|application').get('/notifications/v1/destinations').reply(200, { payload: [] })
    const sqs = { arn: 'arn:aws:sqs:us-east-1:123456789012:amazon-news' }
    api('Atza|application')
      .post('/notifications/v1/destinations', { name: 'stockpool-sqs', resourceSpecification: { sqs } })
      .reply(200, { payload: { destinationId: 'd-1', name: 'stockpool-sqs', resource: { sqs } } })
    const missing = { errors: [{ code: 'NotFound', message: 'none' }] }
    const wanted: readonly (readonly [string, string, object])[] = [
      [
        'ORDER_CHANGE',
        '1.0',
        {
          processingDirective: {
            eventFilter: {
              eventFilterType: 'ORDER_CHANGE',
              marketplaceIds: ['ATVPDKIKX0DER'],
              orderChangeTypes: ['OrderStatusChange', 'BuyerRequestedChange'],
            },
          },
        },
      ],
      ['FEED_PROCESSING_FINISHED', '2020-09-04', {}],
      ['REPORT_PROCESSING_FINISHED', '2020-09-04', {}],
      ['FULFILLMENT_ORDER_STATUS', '1.0', {}],
      ['FBA_INVENTORY_AVAILABILITY_CHANGES', '1.0', {}],
    ]
    for (const [type, payloadVersion, more] of wanted) {
      const path = `/notifications/v1/subscriptions/${type}`
      api().get(path).query({ payloadVersion }).reply(404, missing)
      api()
        .post(path, { payloadVersion, destinationId: 'd-1', ...more })
        .reply(200, { payload: { subscriptionId: 's', payloadVersion, destinationId: 'd-1' } })
    }
    await connection.queue.ensure?.(contextOf())
  })
})

describe('Multi-Channel Fulfillment and labels', () => {
  it('an order is created once, read back by its reference, and listed by its last change', async () => {
    granted()
    const wire = {
      orderId: 'sp-web-1',
      receiveTime: '2026-07-01T11:00:00Z',
      status: 'PROCESSING',
      lineItems: [
        { lineItemId: '1', product: { productIdentifier: { amazonSku: 'A' } }, amount: { value: '2.0' } },
      ],
    }
    const root = '/fulfillment/outbound/2026-07-04/orders'
    api()
      .post(root, (body) => body.orderId === 'sp-web-1' && body.lineItems[0].amount.value === '2')
      .reply(202, { orderId: 'sp-web-1', status: 'PROCESSING' })
    api().get(`${root}/sp-web-1`).reply(200, { order: wire })
    const shipTo = {
      name: 'Ana',
      company: null,
      line1: '1 Main St',
      line2: null,
      line3: null,
      city: 'Boise',
      region: 'ID',
      postalCode: '83702',
      country: 'US',
      phone: null,
    }
    const context = contextOf()
    const made = await connection.fulfillment.submit(context, {
      reference: 'sp-web-1',
      number: '#1',
      location: null,
      channel: 'web',
      placedAt: now,
      shipTo,
      buyer: null,
      serviceLevel: null,
      rawServiceLevel: null,
      shipBy: null,
      lines: [{ sku: 'A', title: '', quantity: 2 }],
    })
    expect(made).toMatchObject({
      reference: 'sp-web-1',
      status: 'accepted',
      acceptedAt: Date.UTC(2026, 6, 1, 11),
    })
    const updatedAfter = new Date(now - 7 * 86_400_000).toISOString()
    api()
      .get(root)
      .query({ updatedAfter })
      .reply(200, { orders: [wire], pagination: { nextToken: 't' } })
    api()
      .get(root)
      .query({ updatedAfter, pageToken: 't' })
      .reply(200, { orders: [{ nonsense: true }], pagination: {} })
    const first = await connection.fulfillment.updates(context, null)
    expect(first).toMatchObject({ more: true, orders: [{ reference: 'sp-web-1' }] })
    const last = await connection.fulfillment.updates(context, first.cursor)
    expect(last).toMatchObject({ more: false, orders: [], unreadable: [{ id: null }] })
    api()
      .get(root)
      .query({ updatedAfter: new Date(now - 3_600_000).toISOString() })
      .reply(200, { orders: [] })
    await connection.fulfillment.updates(context, last.cursor)
  })

  it('a label is bought under a key, so that a repeat is known', async () => {
    granted()
    const rate = Buffer.from(
      JSON.stringify({
        token: 'req-1',
        rate: 'rate-1',
        carrier: 'UPS',
        name: 'UPS',
        price: null,
        document: {
          format: 'PDF',
          size: { width: 4, length: 6, unit: 'INCH' },
          dpi: 300,
          pageLayout: 'DEFAULT',
        },
      }),
    ).toString('base64url')
    nock(host, { reqheaders: { 'x-amzn-idempotencykey': /^[0-9a-f]{36}$/ } })
      .post('/shipping/v2/shipments', {
        requestToken: 'req-1',
        rateId: 'rate-1',
        requestedDocumentSpecification: {
          format: 'PDF',
          size: { width: 4, length: 6, unit: 'INCH' },
          dpi: 300,
          pageLayout: 'DEFAULT',
          needFileJoining: false,
          requestedDocumentTypes: ['LABEL'],
        },
      })
      .reply(200, {
        payload: {
          shipmentId: 'sid',
          packageDocumentDetails: [
            {
              packageClientReferenceId: '1',
              packageDocuments: [{ type: 'LABEL', format: 'PDF', contents: 'aGk=' }],
              trackingId: '1Z',
            },
          ],
          promise: {},
        },
      })
    const label = await connection.labels.buy(contextOf(), {
      order: order.orderId,
      shipFrom: null as never,
      packages: [],
      shipAt: now,
      rate,
      key: 'label-1',
    })
    expect(label).toMatchObject({ carrier: 'ups', packages: [{ trackingNumber: '1Z', format: 'PDF' }] })
    expect(Buffer.from(label.packages[0]?.document ?? []).toString()).toBe('hi')
  })
})

describe('pitfalls of what is sent', () => {
  it('amzn/selling-partner-api-models#1462: a tracking number that a carrier does not know is refused in Amazon’s words', async () => {
    granted()
    const message = 'Invalid tracking number for carrier UPS'
    api()
      .post(`/orders/v0/orders/${order.orderId}/shipmentConfirmation`)
      .reply(400, { errors: [{ code: 'InvalidInput', message }] })
    const sent = notice({
      order: order.orderId,
      trackingNumber: 'nonsense',
      lines: [{ line: '7', quantity: 1 }],
    })
    expect(await connection.shipments.confirm(contextOf(), [sent])).toMatchObject([
      {
        status: 'failed',
        error: { code: 'rejected', message: expect.stringContaining(message), retryable: false },
      },
    ])
  })

  it('jlevers/selling-partner-api#240, #493: patches and values are lists, and a value names its channel', async () => {
    granted()
    api()
      .patch(`/listings/2021-08-01/items/${options.sellerId}/A`, (body) => {
        const [{ value }] = body.patches
        return Array.isArray(value) && value.every((each) => each.fulfillment_channel_code === 'DEFAULT')
      })
      .query(true)
      .reply(200, { sku: 'A', status: 'ACCEPTED', submissionId: 's' })
    expect(await connection.listings.write(contextOf(), [target('A', 1)])).toMatchObject([
      { status: 'pending' },
    ])
  })

  it('jlevers/selling-partner-api#492: an order id goes as Amazon writes it, with its hyphens', async () => {
    granted()
    api().get('/orders/2026-01-01/orders/111-1111111-1111111').query(true).reply(200, { order })
    expect((await connection.orders.get(contextOf(), '111-1111111-1111111'))?.id).toBe(order.orderId)
  })

  it('abuzuhri/Amazon-SP-API-CSharp#702: every page asks for the same, so that addresses are not on the first one only', async () => {
    granted()
    const recipient = { deliveryAddress: { name: 'Ana', countryCode: 'US' } }
    const page = (more: object) => ({ orders: [{ ...order, recipient }], ...more })
    const query = (token?: string) => (given: Record<string, unknown>) =>
      String(given.includedData).includes('RECIPIENT') && given.paginationToken === token
    api()
      .get('/orders/2026-01-01/orders')
      .query(query())
      .reply(200, page({ pagination: { nextToken: 't' } }))
    api().get('/orders/2026-01-01/orders').query(query('t')).reply(200, page({}))
    const context = contextOf()
    const first = await connection.orders.read(context, null)
    const last = await connection.orders.read(context, first.cursor)
    for (const given of [first, last])
      expect(given.orders[0]?.shipTo).toMatchObject({ name: 'Ana', country: 'US' })
  })
})
