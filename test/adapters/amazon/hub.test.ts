import { describe, expect, it } from 'vitest'
import { type AmazonOptions, amazon } from '../../../adapters/amazon/index.ts'
import {
  type AmazonSimulatorOptions,
  startAmazonSimulator,
} from '../../../adapters/amazon/simulator/index.ts'
import { createHub, StockpoolError } from '../../../src/index.ts'
import { virtualClock } from '../../../src/simulator/index.ts'
import { freshStore } from '../../stores.ts'

const sqsArn = 'arn:aws:sqs:us-east-1:123456789012:amazon-news'
const shipFrom = {
  name: 'Mug Works',
  company: null,
  line1: '1 Kiln Lane',
  line2: null,
  line3: null,
  city: 'Tacoma',
  region: 'WA',
  postalCode: '98402',
  country: 'US',
  phone: '+12535550100',
}
const skus = ['A', 'B', 'C', 'D', 'E']

/** A hub with five listings at Amazon, ten of each in stock. */
async function shop(
  simulated: AmazonSimulatorOptions = {},
  options: Partial<AmazonOptions> = {},
  listens = false,
  /** Killed once the first write that hands in a feed is through, before anything of it is stored. */
  killed = false,
) {
  const clock = virtualClock(undefined, { autoAdvance: { quietMs: 5 } })
  const simulator = await startAmazonSimulator({
    clock,
    pendingMs: 0,
    settlingMs: 0,
    applyMs: 1_000,
    ...simulated,
  })
  const amazonUs = amazon({
    ...simulator.options,
    settlingMs: 0,
    checkAfterMs: 1_000,
    ...options,
    labels: true,
    ...(listens && { notifications: { sqsArn, queue: simulator.queue } }),
  })
  let kills = killed ? 1 : 0
  const listings = {
    ...amazonUs.listings,
    write: async (...call: Parameters<typeof amazonUs.listings.write>) => {
      const results = await amazonUs.listings.write(...call)
      if (simulator.count('createFeed') > 0 && kills-- > 0)
        throw new StockpoolError('aborted', 'the process is killed')
      return results
    },
  }
  const connection = killed ? { ...amazonUs, listings } : amazonUs
  const hub = createHub({ store: freshStore(), clock, connections: { amazonUs: connection } })
  for (const sku of skus) {
    await simulator.control('listings', { sku, quantity: 0, price: { amount: 1000, currency: 'USD' } })
    await hub.items.put({ sku, title: sku })
    await hub.listings.link({ sku, connection: 'amazonUs', listing: sku })
    await hub.stock.receive(sku, 10, { location: 'main', key: `po-${sku}` })
  }
  const pass = async (ms: number) => {
    await clock.advance(ms)
    await hub.sync()
  }
  return {
    simulator,
    hub,
    clock,
    pass,
    async [Symbol.asyncDispose]() {
      await hub.close()
      clock.stop()
      await simulator.close()
    },
  }
}
type Shop = Awaited<ReturnType<typeof shop>>

const shown = (on: Shop) =>
  (on.simulator.state() as { listings: { sku: string; quantity: number }[] }).listings.map(
    ({ quantity }) => quantity,
  )

describe('a hub with Amazon', () => {
  it('killed while it handed in a feed knows of it afterwards: what sold out stays so when the feed comes', async () => {
    const slow = { feedQueueMs: 1_200_000, feedMs: 60_000 }
    await using on = await shop(slow, { bulkFrom: 2 }, false, true)
    await on.hub.sync().catch(() => {})
    expect(on.simulator.count('createFeed')).toBe(1)
    await on.hub.stock.adjust('A', -10, { location: 'main', key: 'lost' })
    for (let minute = 0; minute < 6; minute += 1) await on.pass(60_000)
    expect(on.simulator.count('createFeed')).toBe(1)
    // What of the rest is on sale is found out by and by: until then it might have been sold.
    for (let round = 0; round < 12; round += 1) await on.pass(300_000)
    expect(shown(on)).toEqual([0, 10, 10, 10, 10])
    expect((await on.hub.drift()).differences).toEqual([])
  })

  it('leaves a backlog in its feed for as long as Amazon has it queued, and then knows that it is shown', async () => {
    await using on = await shop({ feedQueueMs: 2_400_000, feedMs: 60_000 }, { bulkFrom: 2 })
    await on.hub.sync()
    expect(on.simulator.count('createFeed')).toBe(1)
    // Past the quarter of an hour after which a write that shows nothing of itself is looked at afresh.
    for (let minute = 0; minute < 6; minute += 1) await on.pass(300_000)
    expect(on.simulator.count('createFeed')).toBe(1)
    expect(on.simulator.count('patchListingsItem')).toBe(0)
    await on.pass(900_000)
    await on.pass(120_000)
    expect(shown(on)).toEqual([10, 10, 10, 10, 10])
    expect((await on.hub.drift()).differences).toEqual([])
  })

  it('what sells out while its SKU lies in a feed goes down at once, and stays down when the feed has come', async () => {
    await using on = await shop({}, { bulkFrom: 100 })
    await on.hub.sync()
    await on.pass(30_000)
    expect(shown(on)).toEqual([10, 10, 10, 10, 10])
    // Another run of the same shop, now with feeds that take an hour.
    await using slow = await shop({ feedQueueMs: 3_600_000 }, { bulkFrom: 2 })
    for (const sku of skus) await slow.simulator.control('listings', { sku, quantity: 4 })
    await slow.hub.sync()
    expect(slow.simulator.count('createFeed')).toBe(1)
    await slow.hub.stock.adjust('A', -10, { location: 'main', key: 'broken' })
    await slow.pass(60_000)
    await slow.pass(10_000)
    expect(slow.simulator.count('patchListingsItem')).toBe(1)
    expect(shown(slow)).toEqual([0, 4, 4, 4, 4])
    for (let round = 0; round < 20; round += 1) await slow.pass(300_000)
    expect(shown(slow)).toEqual([0, 10, 10, 10, 10])
    expect((await slow.hub.drift()).differences).toEqual([])
  })

  it('cancels by one feed, however often it has to ask what became of it', async () => {
    await using on = await shop({ feedQueueMs: 900_000 }, { feedWaitMs: 0 })
    await on.hub.sync()
    await on.pass(30_000)
    const { order } = await on.simulator.control<{ order: string }>('orders', {
      lines: [{ sku: 'A', quantity: 2 }],
    })
    await on.pass(300_000)
    await on.hub.orders.cancel('amazonUs', order, { reason: 'out_of_stock' })
    for (let round = 0; round < 6; round += 1) await on.pass(240_000)
    const feeds = (on.simulator.state() as { feeds: { type: string }[] }).feeds
    expect(feeds.map(({ type }) => type)).toEqual(['POST_ORDER_ACKNOWLEDGEMENT_DATA'])
    const found = await on.hub.orders.get('amazonUs', order)
    expect(found).toMatchObject({ status: 'cancelled' })
    expect(await on.hub.stock.get('A')).toMatchObject({ available: 10, reserved: 0 })
  })

  it('tells Amazon of the orders that it took in, many in one feed', async () => {
    await using on = await shop({}, { acknowledgeOrders: true })
    await on.hub.sync()
    await on.pass(30_000)
    for (let index = 0; index < 40; index += 1)
      await on.simulator.control('orders', { lines: [{ sku: skus[index % 5] ?? 'A', quantity: 1 }] })
    await on.pass(300_000)
    await on.pass(60_000)
    const { orders, feeds } = on.simulator.state() as {
      orders: { acknowledged: boolean | null }[]
      feeds: { type: string }[]
    }
    expect(orders.map(({ acknowledged }) => acknowledged)).toEqual(Array(40).fill(true))
    expect(feeds.filter(({ type }) => type === 'POST_ORDER_ACKNOWLEDGEMENT_DATA')).toHaveLength(1)
  })

  it('follows what its queue tells, once for each event, empties it, and tells of the secret that ends', async () => {
    await using on = await shop({}, { clientSecretSince: new Date(Date.now() - 400 * 86_400_000) }, true)
    await on.hub.sync()
    await on.pass(30_000)
    await on.simulator.control('queue/chaos', { duplicate: 1 })
    const { order } = await on.simulator.control<{ order: string }>('orders', {
      lines: [{ sku: 'A', quantity: 2 }],
    })
    expect(on.simulator.count('getOrder')).toBe(0)
    for (let round = 0; round < 3; round += 1) await on.pass(30_000)
    // The order list gives whole orders: only a hint makes the hub ask for one.
    expect(on.simulator.count('getOrder')).toBe(1)
    await on.clock.advance(60_000)
    const { messages } = await on.simulator.control<{ messages: readonly unknown[] }>('queue/receive', {})
    expect(messages).toEqual([])
    expect(await on.hub.orders.get('amazonUs', order)).toMatchObject({ status: 'open' })
    expect(await on.hub.stock.get('A')).toMatchObject({ available: 8 })
    expect(await on.hub.connections.list()).toMatchObject([
      { deadlines: [{ id: expect.stringContaining('client-secret') }] },
    ])
  })

  it('brings returns by report, and pays one back by one feed', async () => {
    await using on = await shop()
    await on.hub.sync()
    await on.pass(30_000)
    const { order } = await on.simulator.control<{ order: string }>('orders', {
      lines: [{ sku: 'A', quantity: 2 }],
    })
    await on.pass(300_000)
    const found = await on.hub.orders.get('amazonUs', order)
    await on.hub.shipments.add({
      connection: 'amazonUs',
      order,
      key: 'parcel-1',
      carrier: 'ups',
      trackingNumber: '1Z999AA10123456784',
    })
    await on.pass(60_000)
    const { return: id } = await on.simulator.control<{ return: string }>('returns', { order })
    // A report was asked for at the beginning; the next one is four hours later, and is read in the pass after it.
    for (const ms of [14_400_000, 60_000, 60_000]) await on.pass(ms)
    expect((await on.hub.returns.list()).returns).toMatchObject([{ id, order: { id: order } }])
    const line = found?.lines[0]?.id ?? ''
    const refund = {
      connection: 'amazonUs',
      order,
      return: id,
      lines: [{ line, quantity: 1 }],
      key: 'refund-1',
    } as const
    await on.hub.returns.refund(refund)
    await on.hub.returns.refund(refund)
    for (let round = 0; round < 4; round += 1) await on.pass(300_000)
    const feeds = (on.simulator.state() as { feeds: { type: string }[] }).feeds
    expect(feeds.map(({ type }) => type)).toEqual(['POST_PAYMENT_ADJUSTMENT_DATA'])
    expect(await on.hub.returns.answers('amazonUs', order)).toMatchObject([{ state: 'done' }])
  })

  it('buys one label for a Prime order under its key though the answer was lost, shows it and gives it back', async () => {
    await using on = await shop()
    await on.hub.sync()
    await on.pass(30_000)
    const { order } = await on.simulator.control<{ order: string }>('orders', {
      lines: [{ sku: 'A', quantity: 1 }],
      programs: ['PRIME'],
    })
    await on.pass(300_000)
    const line = (await on.hub.orders.get('amazonUs', order))?.lines[0]?.id ?? ''
    const size = { length: 200, width: 150, height: 100 }
    const wanted = {
      connection: 'amazonUs',
      order,
      shipFrom,
      packages: [{ size, weight: 900, lines: [{ line, quantity: 1 }] }],
      shipAt: new Date(on.clock.now()).toISOString(),
    } as const
    const [rate] = await on.hub.labels.rates(wanted)
    const key = 'k'.repeat(200)
    on.simulator.faults.arm({ operation: 'purchaseShipment', kind: 'drop_after' })
    await on.hub.labels.buy({ ...wanted, rate: rate?.id ?? '', key })
    for (let round = 0; round < 3; round += 1) await on.pass(60_000)
    const labels = () => (on.simulator.state() as { labels: { voided: boolean }[] }).labels
    expect(labels()).toMatchObject([{ voided: false }])
    const bought = await on.hub.labels.get('amazonUs', key)
    expect(bought).toMatchObject({ state: 'done', order, label: { carrierName: expect.any(String) } })
    expect(bought?.documents[0]?.byteLength).toBeGreaterThan(0)
    await on.hub.labels.void('amazonUs', key)
    await on.pass(60_000)
    expect(labels()).toMatchObject([{ voided: true }])
  })
  it('follows the parcel of a label that it bought until it has arrived', async () => {
    await using on = await shop()
    await on.hub.sync()
    await on.pass(30_000)
    const { order } = await on.simulator.control<{ order: string }>('orders', {
      lines: [{ sku: 'A', quantity: 1 }],
      programs: ['PRIME'],
    })
    await on.pass(300_000)
    const line = (await on.hub.orders.get('amazonUs', order))?.lines[0]?.id ?? ''
    const size = { length: 200, width: 150, height: 100 }
    const wanted = {
      connection: 'amazonUs',
      order,
      shipFrom,
      packages: [{ size, weight: 900, lines: [{ line, quantity: 1 }] }],
    } as const
    const [rate] = await on.hub.labels.rates(wanted)
    await on.hub.labels.buy({ ...wanted, rate: rate?.id ?? '', key: 'label' })
    await on.pass(60_000)
    const bought = await on.hub.labels.get('amazonUs', 'label')
    const tracking = bought?.label?.packages[0]?.trackingNumber ?? ''
    await on.hub.shipments.add({
      connection: 'amazonUs',
      order,
      key: 'p1',
      carrier: 'usps',
      trackingNumber: tracking,
    })
    const told: string[] = []
    on.hub.on('shipment.tracked', ({ status }) => told.push(status))
    for (const code of ['PickupDone', 'OutForDelivery', 'Delivered']) {
      await on.simulator.control('labels/scan', { tracking, code })
      await on.pass(3_700_000)
    }
    expect(told).toEqual(['in_transit', 'out_for_delivery', 'delivered'])
    const [shipment] = await on.hub.shipments.list('amazonUs', order)
    expect(shipment?.parcels).toMatchObject([{ status: 'delivered', deliveredAt: expect.any(String) }])
    const asked = on.simulator.count('getTracking')
    for (let round = 0; round < 3; round += 1) await on.pass(3_700_000)
    expect(on.simulator.count('getTracking')).toBe(asked)
    expect(await on.hub.jobs.list()).toEqual([])
  })
})

describe('an audit of many listings', () => {
  it('takes one report, and asks by name only for what differs in it', async () => {
    await using on = await shop({}, { reportFrom: 201 })
    await on.hub.items.put({ sku: 'MANY' })
    await on.hub.stock.receive('MANY', 4, { location: 'main', key: 'many' })
    for (let i = 0; i < 200; i++) {
      const listing = `MANY-${i}`
      await on.simulator.control('listings', { sku: listing, quantity: 4 })
      await on.hub.listings.link({ sku: 'MANY', connection: 'amazonUs', listing })
    }
    for (let i = 0; i < 3; i++) await on.pass(60_000)
    await on.simulator.control('listings', { sku: 'MANY-7', quantity: 9 })
    on.simulator.log.clear()
    const { compared, differences } = await on.hub.drift('amazonUs')
    expect({ compared, differences }).toMatchObject({
      compared: 205,
      differences: [{ listing: 'MANY-7', shown: 9, offer: 4, cause: 'changed-on-channel' }],
    })
    expect(on.simulator.count('createReport')).toBe(1)
    expect(on.simulator.count('searchListingsItems')).toBe(0)
    expect(on.simulator.count('getListingsItem')).toBe(1)
    await on.pass(6 * 3_600_000 + 1)
    expect(on.simulator.count('searchListingsItems')).toBeLessThan(5)
    await on.pass(60_000)
    expect(await on.hub.drift('amazonUs')).toMatchObject({ differences: [] })
  })
})
