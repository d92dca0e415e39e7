import nock from 'nock'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { shipbob, shipbobApiVersion } from '../../../adapters/shipbob/index.ts'
import { topics } from '../../../adapters/shipbob/webhooks.ts'
import type { StockpoolError } from '../../../src/error.ts'
import { virtualClock } from '../../../src/simulator/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'
import { options, order, request, shipment, tracking } from './fixtures.ts'

const host = 'https://api.shipbob.com'
const headers = {
  reqheaders: {
    authorization: 'Bearer pat-4f1c09',
    shipbob_channel_id: '433123',
    accept: 'application/json',
  },
}

beforeEach(() => nock.disableNetConnect())
afterEach(() => {
  const pending = nock.pendingMocks()
  nock.cleanAll()
  nock.enableNetConnect()
  expect(pending).toEqual([])
})

const connect = (more: Parameters<typeof shipbob>[0] = options) => {
  const connection = shipbob(more)
  const clock = virtualClock(Date.parse('2026-03-02T12:00:00Z'), { autoAdvance: { quietMs: 2 } })
  const lines: string[] = []
  const write = (message: string, facts: unknown) => lines.push(`${message} ${JSON.stringify(facts)}`)
  const log = { debug: write, info: write, warn: write }
  const context = adapterContext(connection, { clock, log, random: () => 0, maxAttempts: 3 })
  return { ...connection.fulfillment, connection, context, lines, clock }
}

const failing = async (work: Promise<unknown>): Promise<StockpoolError> => {
  const thrown = await work.then(
    () => null,
    (error: unknown) => error,
  )
  expect(thrown).not.toBeNull()
  return thrown as StockpoolError
}

describe('what is sent', () => {
  it('creates an order with our reference, the channel, and the address', async () => {
    const { submit, context } = connect()
    nock(host, headers)
      .post(`/${shipbobApiVersion}/order`, {
        reference_id: 'web-1001-1',
        order_number: '#1001',
        type: 'DTC',
        shipping_method: 'Standard',
        purchase_date: '2026-03-02T09:30:00.000Z',
        location_id: 8,
        recipient: {
          name: 'Jane Poe',
          address: {
            address1: '12 Elm St',
            address2: 'Flat 3',
            city: 'Springfield',
            state: 'IL',
            zip_code: '62704',
            country: 'US',
          },
          email: 'jane.poe@example.com',
          phone_number: '+1 217 555 0100',
        },
        products: [{ reference_id: 'MUG-RED', name: 'Red mug', quantity: 2 }],
      })
      .matchHeader('content-type', /^application\/json/)
      .reply(201, order())
    expect(await submit(context, request({ location: '8' }))).toMatchObject({ id: '900', status: 'accepted' })
  })

  it('looks an order up by its reference, and keeps the body as it came', async () => {
    const { get, context } = connect()
    const body = order({
      status: 'Fulfilled',
      shipments: [shipment({ status: 'Completed', tracking: tracking() })],
    })
    nock(host, headers)
      .get(`/${shipbobApiVersion}/order`)
      .query({ ReferenceIds: 'web-1001-1' })
      .reply(200, [body])
    expect((await get(context, 'web-1001-1'))?.raw).toEqual(body)
  })

  it.each([
    ['an empty list', []],
    ['an order whose reference only begins like ours', [order({ reference_id: 'web-1001-10' })]],
    ['an order of another channel', [order({ channel: { id: 5, name: 'other' } })]],
  ])('takes %s for "not there"', async (_, body) => {
    const { get, context } = connect()
    nock(host).get(`/${shipbobApiVersion}/order`).query(true).reply(200, body)
    expect(await get(context, 'web-1001-1')).toBeNull()
  })

  it('cancels by ShipBob’s id, with a colon and no body', async () => {
    const { cancel, context } = connect()
    const canceled_shipment_results = [{ shipment_id: 501, is_success: true, action: 'Cancel' }]
    nock(host, headers)
      .post(`/${shipbobApiVersion}/order/900:cancel`)
      .reply(200, { order_id: 900, status: 'Success', canceled_shipment_results })
    expect(await cancel(context, { id: '900', reference: 'web-1001-1' })).toEqual({
      outcome: 'stopped',
      detail: 'shipment 501 cancelled',
    })
  })

  it.each([
    ['Failure', 'too_late', [shipment({ status: 'Completed' })]],
    ['Failure', 'stopped', [shipment({ status: 'Cancelled' })]],
    ['PartialSuccess', 'unknown', []],
    ['Queued', 'unknown', []],
  ])('reads %s of a cancellation as %s', async (status, outcome, shipments) => {
    const { cancel, context } = connect()
    nock(host)
      .post(`/${shipbobApiVersion}/order/900:cancel`)
      .reply(200, { order_id: 900, status, order: order({ shipments }), canceled_shipment_results: [] })
    expect((await cancel(context, { id: '900', reference: 'web-1001-1' })).outcome).toBe(outcome)
  })

  it('asks for updates by two times, in UTC, oldest first, 250 a page, and ends a sweep at an empty page', async () => {
    const { updates, context } = connect({
      ...options,
      updatesSince: '2026-03-01T00:00:00+02:00',
      markTracking: false,
    })
    const page = (query: Record<string, unknown>, body: unknown) =>
      nock(host, headers)
        .get(`/${shipbobApiVersion}/order`)
        .query({ SortOrder: 'Oldest', Limit: 250, ...query })
        .reply(200, body as nock.Body)
    const since = '2026-02-28T22:00:00.000Z'
    page({ LastUpdateStartDate: since, Page: 1 }, [order()])
    page({ LastUpdateStartDate: since, Page: 2 }, [])
    page({ LastTrackingUpdateStartDate: since, Page: 1 }, [])
    const first = await updates(context, null)
    expect(first).toMatchObject({ more: true, orders: [{ reference: 'web-1001-1' }] })
    const second = await updates(context, first.cursor)
    expect(second).toMatchObject({ more: true, orders: [] })
    const third = await updates(context, second.cursor)
    expect(third).toMatchObject({ more: false, orders: [] })
    // The next pass begins where this one began, less the overlap.
    page({ LastUpdateStartDate: '2026-03-02T11:55:00.000Z', Page: 1 }, [])
    await updates(context, third.cursor)
  })

  it('asks for tracking that was never marked as taken over, and marks it once the page was stored', async () => {
    const { updates, context } = connect({ ...options, updatesSince: '2026-03-01T00:00:00Z' })
    const page = (query: Record<string, unknown>, body: unknown) =>
      nock(host, headers)
        .get(`/${shipbobApiVersion}/order`)
        .query({ SortOrder: 'Oldest', Limit: 250, ...query })
        .reply(200, body as nock.Body)
    page({ LastUpdateStartDate: '2026-03-01T00:00:00.000Z', Page: 1 }, [])
    page({ LastTrackingUpdateStartDate: '2026-03-01T00:00:00.000Z', Page: 1 }, [])
    const sent = shipment({ id: 501, status: 'Completed', tracking: tracking() })
    const marked = shipment({
      id: 502,
      status: 'Completed',
      tracking: tracking(),
      more: { is_tracking_uploaded: true },
    })
    const other = { id: 505, status: 'Completed', tracking: tracking() }
    // Not the whole history of an account, of which most may never be marked.
    const untaken = { HasTracking: true, IsTrackingUploaded: false, StartDate: '2025-12-31T00:00:00.000Z' }
    page({ ...untaken, Page: 1 }, [
      order({ shipments: [sent, marked, shipment({ id: 503 })] }),
      { ...order({ shipments: [shipment({ id: 504, tracking: tracking() })] }), reference_id: null },
      // Whoever reads that channel waits for its tracking.
      { ...order({ shipments: [shipment(other)] }), channel: { id: 7, name: 'another' } },
    ])
    page({ ...untaken, Page: 2 }, [])
    let cursor: string | null = null
    const steps: boolean[] = []
    for (let call = 0; call < 4; call += 1) {
      const read = await updates(context, cursor)
      steps.push(read.more)
      cursor = read.cursor
    }
    // Nothing is marked before the engine has come back with the cursor of the stored page.
    expect(JSON.parse(cursor ?? '')).toMatchObject({ sweep: 'mark', marks: [501] })
    nock(host, headers)
      .post(`/${shipbobApiVersion}/shipment:batchUpdateTrackingUpload`, {
        shipment_ids: [501],
        is_tracking_uploaded: true,
      })
      .reply(200, { results: [], summary: { total: 1, successful: 1, failed: 0 } })
    expect(await updates(context, cursor)).toMatchObject({ more: false, orders: [] })
    expect(steps).toEqual([true, true, true, true])
  })

  it('takes nothing of the merchant’s other channels for ours, where references may be the same', async () => {
    const { updates, context } = connect({ ...options, markTracking: false })
    const foreign = { ...order({ status: 'Cancelled' }), channel: { id: 7, name: 'another' } }
    nock(host)
      .get(`/${shipbobApiVersion}/order`)
      .query(true)
      .reply(200, [foreign, { ...foreign, status: 5 }])
    expect(await updates(context, null)).toMatchObject({ orders: [], unreadable: [] })
  })

  it('believes total-pages when ShipBob sends it, and stops at a page that repeats', async () => {
    const { updates, context } = connect({ ...options, markTracking: false })
    nock(host).get(`/${shipbobApiVersion}/order`).query(true).reply(200, [order()], { 'total-pages': '1' })
    const first = await updates(context, null)
    expect(JSON.parse(first.cursor)).toMatchObject({ sweep: 'tracking', page: 1 })
    nock(host).get(`/${shipbobApiVersion}/order`).query(true).times(2).reply(200, [order()])
    const second = await updates(context, first.cursor)
    expect(second.more).toBe(true)
    expect((await updates(context, second.cursor)).more).toBe(false)
  })

  it('reads stock and follows only the query of `next`, to our own host', async () => {
    const { stock, context } = connect()
    const level = (sku: string | null, quantity: number) => ({
      inventory_id: 7,
      sku,
      name: 'x',
      locations: [
        { location_id: 3, fulfillable_quantity: quantity, on_hand_quantity: 99, committed_quantity: 1 },
      ],
    })
    nock(host, headers)
      .get(`/${shipbobApiVersion}/inventory-level/locations`)
      .query({ PageSize: 250 })
      .reply(200, {
        items: [level('MUG-RED', 4), level(null, 9)],
        next: 'https://elsewhere.test/inventory-level/locations?PageSize=250&token=a%2Fb',
      })
    nock(host, headers)
      .get(`/${shipbobApiVersion}/inventory-level/locations`)
      .query({ PageSize: '250', token: 'a/b' })
      .reply(200, { items: [level('CUP', -2)], next: null })
    const first = await stock(context, { skus: null, cursor: null })
    expect(first.readings).toMatchObject([{ sku: 'MUG-RED', location: '3', quantity: 4, basis: 'available' }])
    const second = await stock(context, { skus: null, cursor: first.cursor })
    expect(second).toMatchObject({ cursor: null, readings: [{ sku: 'CUP', quantity: 0 }] })
  })

  it('searches for one SKU, and keeps only what is spelt exactly so', async () => {
    const { stock, context } = connect()
    const level = (sku: string) => ({
      inventory_id: 7,
      sku,
      locations: [{ location_id: 3, fulfillable_quantity: 1 }],
    })
    nock(host)
      .get(`/${shipbobApiVersion}/inventory-level/locations`)
      .query({ PageSize: 250, SearchBy: 'MUG' })
      .reply(200, { items: [level('MUG'), level('mug'), level('MUG-RED')] })
    const { readings } = await stock(context, { skus: ['MUG'], cursor: null })
    expect(readings.map(({ sku }) => sku)).toEqual(['MUG'])
  })

  it('goes to the sandbox, to another endpoint, in another version', async () => {
    expect(connect({ ...options, sandbox: true }).connection.hosts).toEqual(['sandbox-api.shipbob.com'])
    const { locations, context } = connect({ ...options, sandbox: true, version: '2026-07' })
    nock('https://sandbox-api.shipbob.com')
      .get('/2026-07/location')
      .query({ AccessGranted: 'true' })
      .reply(200, [
        { id: 3, name: 'Cicero (IL)', is_active: true },
        { id: 9, name: 'Closed', is_active: false },
      ])
    expect(await locations(context)).toEqual([
      { id: '3', name: 'Cicero (IL)', country: null, postalCode: null },
    ])
    expect(connect({ ...options, endpoint: 'http://127.0.0.1:4012/' }).connection.hosts).toEqual([
      '127.0.0.1:4012',
    ])
  })

  it.each([
    ['that ShipBob disabled', { enabled: false, topics }],
    ['of fewer topics', { enabled: true, topics: ['order.shipped'] }],
  ])('subscribes with our secret, and replaces a subscription %s', async (_, old) => {
    const { connection, context } = connect({ ...options, webhookSecret: 'whsec_c2VjcmV0' })
    const url = 'https://shop.example/webhooks/east'
    nock(host, headers)
      .get(`/${shipbobApiVersion}/webhook`)
      .query({ RecordsPerPage: 250 })
      .reply(200, {
        items: [{ id: 'old', url, ...old }],
        next: '?RecordsPerPage=250&Cursor=2',
      })
    nock(host, headers)
      .get(`/${shipbobApiVersion}/webhook`)
      .query({ RecordsPerPage: 250, Cursor: 2 })
      .reply(200, { items: [{ id: 'other', url: 'https://other.example', topics: [] }], next: null })
    nock(host, headers)
      .post(
        `/${shipbobApiVersion}/webhook`,
        (body) =>
          body.url === url && body.secret === 'whsec_c2VjcmV0' && body.topics.includes('order.shipped'),
      )
      .reply(200, { id: 'new' })
    nock(host, headers).delete(`/${shipbobApiVersion}/webhook/old`).reply(204)
    await connection.webhooks?.ensure?.(context, url)
  })

  it('refuses a webhook address that ShipBob would refuse', async () => {
    const { connection, context } = connect({ ...options, webhookSecret: 'whsec_c2VjcmV0' })
    await expect(connection.webhooks?.ensure?.(context, 'http://shop.example/')).rejects.toMatchObject({
      field: 'address',
    })
  })
})

describe('the error table', () => {
  const path = `/${shipbobApiVersion}/order`

  it.each([
    [401, { message: 'Unauthorized' }, 'auth', false],
    [403, { message: 'Forbidden' }, 'permission', false],
    [404, '', 'not_found', false],
    [400, { Limit: ['must be between 1 and 250'] }, 'rejected', false],
    [409, { message: 'conflict' }, 'rejected', false],
    [422, { ReferenceId: ['is wrong'] }, 'rejected', false],
    [418, '', 'rejected', false],
  ])('a read answered %s', async (status, body, code, retryable) => {
    const { get, context } = connect()
    nock(host).get(path).query(true).reply(status, body)
    expect(await failing(get(context, 'web-1001-1'))).toMatchObject({ code, retryable })
  })

  it.each([408, 500, 502, 503, 504])('a read answered %i is repeated, then unavailable', async (status) => {
    const { get, context } = connect()
    nock(host).get(path).query(true).times(3).reply(status, '<html>')
    expect(await failing(get(context, 'web-1001-1'))).toMatchObject({ code: 'unavailable', retryable: true })
  })

  it('a 429 waits as long as x-retry-after says', async () => {
    const { get, context, clock } = connect()
    const before = clock.now()
    nock(host)
      .get(path)
      .query(true)
      .reply(
        429,
        { statusCode: 429, message: 'Rate limit is exceeded. Try again in 25 seconds.' },
        { 'x-retry-after': '25', 'x-remaining-calls': '0' },
      )
    nock(host).get(path).query(true).reply(200, [])
    expect(await get(context, 'web-1001-1')).toBeNull()
    expect(clock.now() - before).toBeGreaterThanOrEqual(25_000)
  })

  it.each([500, 502, 503, 504, 408])('a create answered %i leaves open what happened', async (status) => {
    const { submit, context } = connect()
    nock(host).post(path).reply(status, '')
    expect(await failing(submit(context, request()))).toMatchObject({
      code: 'unknown_outcome',
      retryable: true,
    })
  })

  it('a create refused for its contents names the field, and repeats no value', async () => {
    const { submit, context, lines } = connect()
    nock(host)
      .post(path)
      .reply(400, {
        'Recipient.Address.ZipCode': [
          '\'62704-X\' is not a zip code of "Springfield" (jane.poe@example.com)',
        ],
      })
    nock(host).get(path).query(true).reply(200, [])
    const error = await failing(submit(context, request()))
    expect(error).toMatchObject({ code: 'rejected', field: 'Recipient.Address.ZipCode' })
    expect(error.message).toMatch(/is not a zip code/)
    expect(`${error.message}${JSON.stringify(error)}${lines.join()}`).not.toMatch(
      /62704|Springfield|jane\.poe|pat-4f1c09/,
    )
  })

  it.each([
    [
      'problem details',
      { title: 'Bad', detail: 'PageSize is too large', status: 400 },
      /PageSize is too large/,
    ],
    ['a list in `errors`', { errors: { Limit: ['too large'] } }, /Limit: too large/],
    ['a message', { message: 'No such filter' }, /No such filter/],
    ['nothing', '', /refused the request/],
  ])('reads %s', async (_, body, text) => {
    const { get, context } = connect()
    nock(host).get(path).query(true).reply(400, body)
    expect((await failing(get(context, 'web-1001-1'))).message).toMatch(text)
  })

  it('an answer in another form is an error that names what was not understood', async () => {
    const { get, context } = connect()
    nock(host)
      .get(path)
      .query(true)
      .reply(200, [{ id: 'nine' }])
    expect(await failing(get(context, 'web-1001-1'))).toMatchObject({
      code: 'invalid_input',
      retryable: true,
      field: 'id',
    })
  })

  it('a created order whose answer cannot be read is in doubt, not refused', async () => {
    const { submit, context } = connect()
    nock(host).post(path).reply(201, { accepted: true })
    expect(await failing(submit(context, request()))).toMatchObject({
      code: 'unknown_outcome',
      retryable: true,
    })
  })
})

describe('bad input never reaches ShipBob', () => {
  const { shipTo } = request()
  it.each([
    ['shipTo.line1', { shipTo: { ...shipTo, line1: ' ' } }],
    ['shipTo.city', { shipTo: { ...shipTo, city: null } }],
    ['shipTo.country', { shipTo: { ...shipTo, country: null } }],
    ['shipTo.postalCode', { shipTo: { ...shipTo, postalCode: null } }],
    ['shipTo.region', { shipTo: { ...shipTo, region: '' } }],
    ['shipTo.name', { shipTo: { ...shipTo, name: null }, buyer: null }],
    ['lines', { lines: [] }],
    ['lines.0.quantity', { lines: [{ sku: 'A', title: 'A', quantity: 0 }] }],
    [
      'lines.1.quantity',
      {
        lines: [
          { sku: 'A', title: 'A', quantity: 1 },
          { sku: 'B', title: 'B', quantity: 1.5 },
        ],
      },
    ],
    ['location', { location: 'east' }],
  ])('%s', async (field, more) => {
    const { submit, context } = connect()
    const error = await failing(submit(context, request(more)))
    expect(error).toMatchObject({ code: 'invalid_input', field, retryable: false })
    expect(error.remedy).toBeTruthy()
  })
})
