import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { feedOf } from '../../adapters/amazon/bulk.ts'
import { amazon } from '../../adapters/amazon/index.ts'
import { limits } from '../../adapters/amazon/limits.ts'
import { parseOptions } from '../../adapters/amazon/options.ts'
import type { AmazonSimulatorOptions } from '../../adapters/amazon/simulator/index.ts'
import type { FulfillmentRequest } from '../../src/spec/index.ts'
import { adapterContext } from '../../src/testing/context.ts'
import { haveModels, Models, schemaCheck } from '../adapters/amazon/models.ts'
import { notice, options, target } from '../adapters/amazon/stage.ts'
import { watched } from '../adapters/amazon/watched.ts'

const folder = resolve(process.env.STOCKPOOL_SPECS ?? '../shared/specs', 'amazon')
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const sqsArn = 'arn:aws:sqs:us-east-1:123456789012:amazon-news'
const eventBridge = { accountId: '123456789012', region: 'us-east-1' }

const order = (more: Partial<FulfillmentRequest> = {}): FulfillmentRequest => ({
  reference: 'sp-web-1',
  number: '#1',
  location: null,
  channel: 'web',
  placedAt: Date.UTC(2026, 0, 5),
  shipTo: {
    name: 'Ana Buyer',
    company: null,
    line1: '1 Main St',
    line2: null,
    line3: null,
    city: 'Boise',
    region: 'ID',
    postalCode: '83702',
    country: 'US',
    phone: '+12085550100',
  },
  buyer: { id: null, name: 'Ana Buyer', email: 'ana@example.com', phone: null },
  serviceLevel: 'standard',
  rawServiceLevel: null,
  shipBy: null,
  lines: [{ sku: 'MUG-RED', title: 'Red mug', quantity: 2 }],
  ...more,
})

describe.skipIf(!haveModels)(
  "Amazon's models: feeds, reports, notifications, FBA, MCF, labels (needs the models)",
  () => {
    const models = haveModels ? new Models() : null

    async function shop(simulated: AmazonSimulatorOptions = {}) {
      const made = await watched(models, { pendingMs: 0, settlingMs: 0, ...simulated }, () => ({
        bulkFrom: 1,
        reportFrom: 2,
        acknowledgeOrders: true,
        notifications: { sqsArn, eventBridge },
        labels: true,
        mcf: { channels: { tiktok: { blockAmazonLogistics: true, blankBox: true } } },
      }))
      closing.push(made.close)
      for (const sku of ['MUG-RED', 'MUG-BLUE'])
        await made.simulator.control('listings', {
          sku,
          quantity: 9,
          price: { amount: 1250, currency: 'USD' },
        })
      return made
    }

    it('bulk quantities, cancellations, refunds and reports: every request, answer and document is as Amazon says', async () => {
      const { simulator, connection, context, clock, wrong, seen, documents } = await shop()
      const targets = [target('MUG-RED', 20, { expected: 9 }), target('MUG-BLUE', 20, { expected: 9 })]
      const rows = await connection.listings.write(context, targets)
      await clock.advance(10_000)
      const asked = rows.flatMap((row, index) => {
        const one = targets[index]
        return row.status === 'pending' && one ? [{ target: one, handle: row.handle }] : []
      })
      expect(await connection.listings.check(context, asked)).toEqual([
        { status: 'done' },
        { status: 'done' },
      ])
      expect(schemaCheck('feeds/listings-feed-schema-v2.json')(JSON.parse(documents[0] ?? ''))).toEqual([])
      await connection.listings.read(
        context,
        targets.map(({ listing }) => ({ listing, place: '' })),
        { mayBeOld: true },
      )
      const place = async () => {
        const made = await simulator.control<{ order: string }>('orders', {
          lines: [{ sku: 'MUG-RED', quantity: 2 }],
        })
        return made.order
      }
      const first = await place()
      await connection.orders.acknowledge?.(context, first)
      await connection.orders.cancel(context, { order: first, reason: 'customer', key: 'c' })
      const second = await place()
      const line = (await connection.orders.get(context, second))?.lines[0]?.id ?? ''
      await connection.shipments.confirm(context, [notice({ order: second, lines: [{ line, quantity: 2 }] })])
      const request = {
        order: second,
        return: 'R',
        lines: [],
        shipping: false,
        amount: null,
        reason: null,
        key: 'r',
      }
      await connection.returns.refund?.(context, request)
      await connection.returns.refund?.(context, { ...request, repeated: true }).catch(() => {})
      await simulator.control('returns', { order: second })
      let cursor: string | null = null
      for (let more = true; more; ) {
        const page = await connection.returns.read(context, cursor)
        cursor = page.cursor
        more = page.more
      }
      expect(wrong).toEqual([])
      expect(simulator.errors).toEqual([])
      for (const called of [
        'createFeedDocument 201',
        'createFeed 202',
        'getFeed 200',
        'getFeeds 200',
        'getFeedDocument 200',
        'getReports 200',
        'createReport 202',
        'getReport 200',
        'getReportDocument 200',
      ])
        expect(seen).toContain(called)
    })

    it("the simulator's report of a listings feed is as Amazon's schema says", async () => {
      const { simulator, connection, context, clock } = await shop()
      const check = schemaCheck('feeds/listings-feed-processing-report-schema-v2.json')
      const targets = [target('MUG-RED', 20, { expected: 9 }), target('NONE', 2, { expected: 1 })]
      const [row] = await connection.listings.write(context, targets)
      await clock.advance(10_000)
      const feedId = row?.status === 'pending' ? row.handle.split(':')[1] : ''
      const { data } = await context.http.request({
        operation: 'getFeed',
        effect: 'read',
        method: 'GET',
        url: `${simulator.url}/feeds/2021-06-30/feeds/${feedId}`,
        headers: {
          'x-amz-access-token': await context.tokens.get('lwa', async () => expect.unreachable()),
          'user-agent': 'a/1',
        },
        schema: z.unknown(),
      })
      const { feedReport } = await import('../../adapters/amazon/feeds.ts')
      const report = await feedReport(context, parseOptions(simulator.options), data as never)
      expect(check(JSON.parse(report ?? ''))).toEqual([])
      expect(check({ header: {} })).not.toEqual([])
    })

    it('a feed that is taken back, and a subscription that is made anew: every request and answer is as the models say', async () => {
      const marketplaceIds = ['ATVPDKIKX0DER', 'A2EUQ1WTGCTBG2']
      const { simulator, connection, context, clock, wrong, seen } = await shop({
        marketplaceIds,
        feedQueueMs: 36_000_000,
      })
      const targets = [target('MUG-RED', 20, { expected: 9 }), target('MUG-BLUE', 20, { expected: 9 })]
      const rows = await connection.listings.write(context, targets)
      await clock.advance(7_300_000)
      const asked = rows.flatMap((row, index) => {
        const one = targets[index]
        return row.status === 'pending' && one ? [{ target: one, handle: row.handle }] : []
      })
      expect(await connection.listings.check(context, asked)).toMatchObject([
        { status: 'failed' },
        { status: 'failed' },
      ])
      const narrow = amazon({
        ...simulator.options,
        marketplaceIds: marketplaceIds.slice(0, 1),
        notifications: { sqsArn },
      })
      await narrow.queue.ensure?.(adapterContext(narrow, { clock }))
      await connection.queue?.ensure?.(context)
      expect(wrong).toEqual([])
      for (const called of ['cancelFeed 200', 'deleteSubscriptionById 200']) expect(seen).toContain(called)
    })

    it('subscriptions, MCF, FBA and labels: every request and every answer is as the models say', async () => {
      const { simulator, connection, context, clock, wrong, seen } = await shop()
      await connection.queue?.ensure?.(context)
      await connection.queue?.ensure?.(context)
      const mcf = connection.fulfillment
      if (!mcf || !connection.labels) return expect.unreachable()
      for (const sku of ['MUG-RED', 'MUG-BLUE']) await simulator.control('stock', { sku, quantity: 10 })
      await mcf.locations(context)
      await mcf.stock(context, { skus: null, cursor: null })
      await mcf.stock(context, { skus: ['MUG-RED', 'a,b'], cursor: null })
      const shipTo = { country: 'US', postalCode: '83702', city: 'Boise', region: 'ID' }
      const lines = [{ sku: 'MUG-RED', quantity: 11 }]
      await mcf.quote(context, { lines, shipTo, serviceLevel: 'two-day' })
      await mcf.quote(context, { lines: [{ sku: 'MUG-RED', quantity: 1 }], shipTo, serviceLevel: null })
      await mcf.submit(context, order())
      await mcf.submit(context, order({ reference: 'sp-tiktok-1', channel: 'tiktok' }))
      await mcf.submit(context, order({ reference: 'sp-web-2' }))
      await mcf.cancel(context, { id: 'sp-web-2', reference: 'sp-web-2' })
      await clock.advance(5_000)
      await simulator.control('ship', { reference: 'sp-web-1' })
      await simulator.control('mcf/returns', { reference: 'sp-web-1', condition: 'Sellable' })
      await mcf.get(context, 'sp-web-1')
      await mcf.get(context, 'sp-none')
      await mcf.updates(context, null)
      await mcf.returns(context, null)
      const { order: id } = await simulator.control<{ order: string }>('orders', {
        lines: [{ sku: 'MUG-RED', quantity: 1 }],
      })
      const line = (await connection.orders.get(context, id))?.lines[0]?.id ?? ''
      const shipFrom = order().shipTo
      const box = {
        size: { length: 200, width: 150, height: 100 },
        weight: 900,
        lines: [{ line, quantity: 1 }],
      }
      const wanted = { order: id, shipFrom, packages: [box], shipAt: clock.now() }
      const [rate] = await connection.labels.rates(context, wanted)
      const label = await connection.labels.buy(context, { ...wanted, rate: rate?.id ?? '', key: 'l' })
      await connection.labels.get(context, label.id)
      const trackingNumber = label.packages[0]?.trackingNumber ?? ''
      await connection.labels.track(context, { label: label.id, trackingNumber })
      await connection.labels.void(context, label.id)
      expect(wrong).toEqual([])
      expect(simulator.errors).toEqual([])
      for (const called of [
        'getDestinations 200',
        'createDestination 200',
        'getSubscription 200',
        'getSubscription 404',
        'createSubscription 200',
        'getMarketplaceParticipations 200',
        'getInventorySummaries 200',
        'getOrderPreview 200',
        'createOrder 202',
        'createFulfillmentOrder 200',
        'getMcfOrder 200',
        'getMcfOrder 404',
        'cancelOrder 202',
        'listOrders 200',
        'listAllFulfillmentOrders 200',
        'getFulfillmentOrder 200',
        'getRates 200',
        'purchaseShipment 200',
        'getShipmentDocuments 200',
        'cancelShipment 200',
        'getTracking 200',
      ])
        expect(seen).toContain(called)
    })

    it('the order that createOrder answers at once is as the model says', async () => {
      const { connection, context, simulator, wrong, seen } = await shop({ mcfAsync: false })
      await simulator.control('stock', { sku: 'MUG-RED', quantity: 10 })
      await connection.fulfillment?.submit(context, order())
      expect(wrong).toEqual([])
      expect(seen).toContain('createOrder 200')
    })

    it("notifications of the simulator are as Amazon's schemas say, and Amazon's own examples are read", async () => {
      const { simulator, connection, context, clock } = await shop()
      await connection.queue?.ensure?.(context)
      const { order: id } = await simulator.control<{ order: string }>('orders', {
        lines: [{ sku: 'MUG-RED', quantity: 1 }],
      })
      await simulator.control('orders/request-cancel', { order: id })
      await connection.orders.cancel(context, { order: id, reason: 'customer', key: 'c' })
      await connection.returns.read(context, null)
      await clock.advance(10_000)
      for (const sku of ['MUG-RED']) await simulator.control('stock', { sku, quantity: 10 })
      await connection.fulfillment?.submit(context, order())
      await simulator.control('ship', { reference: 'sp-web-1' })
      const messages = [
        ...(await simulator.queue.receive(context.signal)),
        ...(await simulator.queue.receive(context.signal)),
      ].map(({ Body }) => JSON.parse(Body ?? ''))
      const events = simulator.events.map((event) => (event as { detail: unknown }).detail)
      const files: Readonly<Record<string, string>> = {
        ORDER_CHANGE: 'OrderChangeNotification',
        FEED_PROCESSING_FINISHED: 'FeedProcessingFinishedNotification',
        REPORT_PROCESSING_FINISHED: 'ReportProcessingFinishedNotification',
        FULFILLMENT_ORDER_STATUS: 'FulfillmentOrderStatusNotification',
        LISTINGS_ITEM_MFN_QUANTITY_CHANGE: 'ListingsItemMfnQuantityChange',
      }
      const types = new Set<string>()
      for (const message of [...messages, ...events]) {
        const type = message.NotificationType ?? message.notificationType
        types.add(type)
        expect(schemaCheck(`notifications/${files[type]}.json`)(message)).toEqual([])
      }
      expect([...types].sort()).toEqual(Object.keys(files).sort())
      const { queue } = amazon({ ...options, notifications: {} })
      for (const [type, file] of Object.entries(files)) {
        const schema = JSON.parse(
          readFileSync(resolve(folder, 'schemas/notifications', `${file}.json`), 'utf8'),
        )
        for (const example of schema.examples) expect(queue.parse(example)).toMatchObject({ topic: type })
      }
    })

    it('the reading operations of Orders v0, which other clients use: every answer is as the model says', async () => {
      const { simulator, connection, context, wrong, seen } = await shop()
      const { order: id } = await simulator.control<{ order: string }>('orders', {
        lines: [{ sku: 'MUG-RED', quantity: 2 }],
      })
      await connection.orders.get(context, id)
      const token = await context.tokens.get('lwa', async () => expect.unreachable())
      const get = async (path: string) => {
        const headers = { 'x-amz-access-token': token, 'user-agent': 'a/1' }
        return (await fetch(`${simulator.url}/orders/v0/orders${path}`, { headers })).status
      }
      expect(await get('?MarketplaceIds=ATVPDKIKX0DER&CreatedAfter=2026-01-01T00:00:00Z')).toBe(200)
      expect(await get(`/${id}`)).toBe(200)
      expect(await get(`/${id}/orderItems`)).toBe(200)
      expect(await get('/999-9999999-9999999')).toBe(404)
      expect(wrong).toEqual([])
      expect(seen).toContain('getOrderItems 200')
    })

    it('a feed of 25,000 rows, the most that Amazon takes, is as its schema says and under its 10 MiB', () => {
      const rows = Array.from({ length: limits.createListingsFeed.batch }, (_, index) =>
        target(`SKU-${index}`, index),
      )
      const feed = feedOf(parseOptions(options), rows)
      expect(schemaCheck('feeds/listings-feed-schema-v2.json')(feed)).toEqual([])
      expect(JSON.stringify(feed).length).toBeLessThan(10 * 1024 * 1024)
    })

    it('every limit is the one of its operation, or lower', () => {
      const operations = JSON.parse(readFileSync(resolve(folder, 'operations.json'), 'utf8')) as readonly {
        readonly api: string
        readonly operationId: string
        readonly rate: number | null
        readonly burst: number | null
      }[]
      const own = new Set(['createListingsFeed', 'document', 'lwaToken', 'getMcfOrder'])
      const old = ['ordersV0.json', 'listingsItems_2020-09-01.json', 'merchantFulfillmentV0.json']
      for (const [name, limit] of Object.entries(limits)) {
        if (own.has(name)) continue
        const named = operations.filter(({ operationId, api }) => {
          return (
            operationId === name &&
            (name === 'confirmShipment' || !old.includes(api)) &&
            !api.startsWith('fulfillmentOutbound')
          )
        })
        const mcf = operations.filter(
          ({ operationId, api }) => operationId === name && api.startsWith('fulfillmentOutbound'),
        )
        const [found] = named.length > 0 ? named : mcf
        expect(found, name).toBeDefined()
        expect(limit.rate, name).toBeLessThanOrEqual(found?.rate ?? 0)
        expect(limit.burst, name).toBeLessThanOrEqual(found?.burst ?? 0)
      }
    })
  },
)
