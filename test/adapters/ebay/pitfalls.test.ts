import { describe, expect, it } from 'vitest'
import { ebay } from '../../../adapters/ebay/index.ts'
import { parseOptions } from '../../../adapters/ebay/options.ts'
import { createHub } from '../../../src/index.ts'
import type { ChannelOrder } from '../../../src/model/order.ts'
import { storeAt } from '../../stores.ts'
import { buy, list, notice, type Stage, stage, stateOf, target } from './stage.ts'

async function readAll(it: Stage, from: string | null = null) {
  const orders: ChannelOrder[] = []
  let cursor = from
  for (;;) {
    const page = await it.connection.orders.read(it.context, cursor)
    orders.push(...page.orders)
    cursor = page.cursor
    if (!page.more) return { orders, cursor, completeUntil: page.completeUntil }
  }
}

async function sold(it: Stage, count: number): Promise<string[]> {
  await list(it, 'MUG', 10_000)
  const made: string[] = []
  for (let index = 0; index < count; index += 1) made.push(await buy(it, [{ sku: 'MUG', quantity: 1 }]))
  await it.clock.advance(60_000)
  return made
}

describe('orders', () => {
  it('hendt/ebay-api#145, #158, ebay-sdk-php#218: the filter is written and encoded as eBay reads it', async () => {
    const it = await stage()
    await readAll(it)
    const [asked] = it.of('getOrders')
    expect(asked?.reply.status).toBe(200)
    expect(asked?.query.filter).toMatch(
      /^lastmodifieddate:\[\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z\.\.\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z\]$/,
    )
    expect(asked?.query).not.toHaveProperty('orderIds')
  })

  it('with both dates eBay heeds the creation date alone: only one is ever sent', async () => {
    const it = await stage({ options: { resweepMs: 1000 } })
    const { cursor } = await readAll(it)
    await it.clock.advance(2_000)
    await readAll(it, cursor)
    const fields = it.of('getOrders').map(({ query }) => query.filter?.split(':')[0])
    expect(fields).toEqual(['lastmodifieddate', 'lastmodifieddate', 'creationdate'])
  })

  it('PrestaShopCorp/ebay#15: a page that is shorter than asked for is not the last one', async () => {
    const it = await stage()
    const made = await sold(it, 205)
    const context = {
      ...it.context,
      http: {
        // eBay gives a few less than asked for, as it does when some of them cannot be shown.
        request: async (request: Parameters<typeof it.context.http.request>[0]) => {
          const answer = await it.context.http.request(request)
          const data = answer.data as { orders?: unknown[] }
          return request.operation === 'getOrders' && data.orders && data.orders.length > 10
            ? { ...answer, data: { ...data, orders: data.orders.slice(0, 190) } }
            : answer
        },
      } as typeof it.context.http,
    }
    const first = await it.connection.orders.read(context, null)
    expect([first.orders.length, first.more]).toEqual([190, true])
    const second = await it.connection.orders.read(context, first.cursor)
    expect([second.orders.length, second.more]).toEqual([5, false])
    expect(made).toHaveLength(205)
  })

  it('openlinker#2880: nothing is stepped over when the set shrinks between two pages', async () => {
    const it = await stage()
    const made = await sold(it, 210)
    const seen = new Set<string>()
    let page = await it.connection.orders.read(it.context, null)
    for (const { id } of page.orders) seen.add(id)
    // One that was given already changes: it leaves the window, and the rest moves up by one.
    await it.simulator.control('orders/cancel', { order: page.orders[0]?.id })
    while (page.more) {
      page = await it.connection.orders.read(it.context, page.cursor)
      for (const { id } of page.orders) seen.add(id)
    }
    expect(made.filter((id) => !seen.has(id))).toEqual([])
    const offsets = it.of('getOrders').map(({ query }) => query.offset)
    expect(offsets).toEqual(['0', '200', '0', '200'])
  })

  it('a window that never holds still ends the pass without moving its watermark', async () => {
    const it = await stage()
    await sold(it, 420)
    let page = await it.connection.orders.read(it.context, null)
    const before = page.completeUntil
    for (let index = 0; page.more; index += 1) {
      expect(index).toBeLessThan(30)
      await it.simulator.control('orders/cancel', { order: page.orders[0]?.id })
      page = await it.connection.orders.read(it.context, page.cursor)
    }
    expect(page.completeUntil).toBe(before)
    expect(it.logged.some((each) => each.includes('keep changing'))).toBe(true)
    const { orders } = await readAll(it, page.cursor)
    expect(orders.length).toBeGreaterThanOrEqual(400)
  })

  it('limit above 200 is an error: the adapter never asks for more', async () => {
    const it = await stage()
    await sold(it, 3)
    await readAll(it)
    expect(it.of('getOrders').map(({ query }) => query.limit)).toEqual(['200'])
  })

  it('cancelRequests is always empty in the list: an order under cancellation is read alone', async () => {
    const it = await stage()
    const [order = ''] = await sold(it, 3)
    await it.simulator.control('orders/request-cancel', { order })
    await it.clock.advance(60_000)
    const { orders } = await readAll(it)
    expect(orders.filter(({ cancelRequested }) => cancelRequested !== null).map(({ id }) => id)).toEqual([
      order,
    ])
    expect(it.of('getOrder').map(({ path }) => path.split('/').at(-1))).toEqual([order])
  })

  it('a fulfilment made by hand may not move lastModifiedDate: a daily sweep finds it', async () => {
    const it = await stage()
    const [order = ''] = await sold(it, 2)
    await it.clock.advance(3_600_000)
    const first = await readAll(it)
    await it.simulator.control('orders/ship', { order })
    await it.clock.advance(3_600_000)
    const unseen = await readAll(it, first.cursor)
    expect(unseen.orders.some(({ status }) => status === 'shipped')).toBe(false)
    await it.clock.advance(86_400_000)
    const swept = await readAll(it, unseen.cursor)
    expect(swept.orders.find(({ id }) => id === order)).toMatchObject({ status: 'shipped' })
    expect((await readAll(it, swept.cursor)).orders).toEqual([])
  })

  it('address lines vanish after 90 days: an order without them is still an order', async () => {
    const it = await stage()
    const [order = ''] = await sold(it, 1)
    const { raw } = (await it.connection.orders.get(it.context, order)) ?? {}
    const bare = JSON.parse(JSON.stringify(raw).replace(/"addressLine1":"[^"]*",/, ''))
    const { toChannelOrder } = await import('../../../adapters/ebay/order.ts')
    const settings = parseOptions({ clientId: 'a', clientSecret: 'b', refreshToken: 'c' })
    expect(toChannelOrder(bare, settings).shipTo).toMatchObject({
      line1: null,
      city: 'San Jose',
      country: 'US',
    })
  })

  it('usernames are immutable ids for some sellers: they key nothing but an erasure', async () => {
    const it = await stage()
    await list(it, 'MUG', 9)
    const orders = [
      await buy(it, [{ sku: 'MUG', quantity: 1 }], { buyer: 'x' }),
      await buy(it, [{ sku: 'MUG', quantity: 1 }], { buyer: 'x' }),
    ]
    await it.clock.advance(60_000)
    expect((await readAll(it)).orders.map(({ id }) => id).sort()).toEqual(orders.sort())
  })
})

describe('numbers', () => {
  it('openlinker#2880: several SKUs go in one bulk call, whatever one of eBay’s pages says', async () => {
    const it = await stage()
    for (const sku of ['A', 'B']) await list(it, sku, 5)
    await it.connection.listings.write(it.context, [target('A', 1), target('B', 2)])
    expect(it.of('bulkUpdatePriceQuantity')).toHaveLength(1)
  })

  it('openlinker#2976: an item is never replaced, which would wipe its EAN and its other languages', async () => {
    const it = await stage()
    await list(it, 'A', 5)
    await it.connection.listings.write(it.context, [target('A', 1)])
    expect(it.seen.filter(({ method }) => method === 'PUT')).toEqual([])
  })

  it('25713 is no proof that an offer is gone: the listing fails, and its mapping is left alone', async () => {
    const it = await stage()
    await list(it, 'A', 5)
    const errors = [{ errorId: 25713, category: 'REQUEST', message: 'This Offer is not available.' }]
    it.simulator.faults.arm({
      operation: 'bulkUpdatePriceQuantity',
      kind: 'status',
      status: 404,
      body: { errors },
    })
    const [result] = await it.connection.listings.write(it.context, [target('A', 1)])
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'rejected', remedy: expect.stringContaining('published offer') },
    })
  })

  it('250 revisions a listing a day: the same number again and again uses up none', async () => {
    const it = await stage()
    await list(it, 'A', 5)
    for (let times = 0; times < 5; times += 1)
      await it.connection.listings.write(it.context, [target('A', 4)])
    expect(stateOf(it).listings[0]?.revisions).toBe(1)
  })

  it('250 revisions a listing a day: the hub never asks for more, and keeps the last of them for selling out', async () => {
    const it = await stage({ simulator: { revisionsADay: 10 } })
    const { itemId } = await list(it, 'RED', 0, { variation: true })
    await list(it, 'BLUE', 0, { variation: true, itemId })
    const own = ebay(it.simulator.options)
    const revisions = { ...own.listings.revisions, most: 10, spare: 4 }
    const hub = createHub({
      store: storeAt(':memory:'),
      clock: it.clock,
      connections: { shop: { ...own, listings: { ...own.listings, revisions } } },
    })
    try {
      const told: string[] = []
      hub.on('listing.failed', ({ listing, code }) => told.push(`${listing}: ${code}`))
      for (const sku of ['RED', 'BLUE']) {
        await hub.items.put({ sku })
        await hub.listings.link({ sku, connection: 'shop', listing: sku })
      }
      const show = async (sku: string, quantity: number) => {
        await hub.stock.count(sku, quantity, { location: 'main', key: `${sku} ${it.clock.now()}` })
        await it.clock.advance(1_000)
        await hub.sync()
      }
      for (let quantity = 1; quantity <= 5; quantity += 1)
        for (const sku of ['RED', 'BLUE']) await show(sku, quantity)
      expect(stateOf(it).listings.map(({ quantity }) => quantity)).toEqual([3, 3])
      expect(told).toEqual(['RED: rate_limited', 'BLUE: rate_limited'])
      await show('BLUE', 0)
      expect(stateOf(it).listings.map(({ quantity }) => quantity)).toEqual([3, 0])
      await it.clock.advance(86_400_000)
      await hub.sync()
      expect(stateOf(it).listings.map(({ quantity }) => quantity)).toEqual([5, 0])
      const refused = it.of('bulkUpdatePriceQuantity').filter(({ reply }) => reply.status !== 200)
      expect(refused).toEqual([])
    } finally {
      await hub.close()
    }
  })

  it('a listing that was revised too often today fails by row, and not for ever', async () => {
    const it = await stage({ simulator: { revisionsADay: 10 } })
    await list(it, 'A', 5)
    const revise = (quantity: number) => it.connection.listings.write(it.context, [target('A', quantity)])
    for (let times = 0; times < 10; times += 1) await revise(times + 10)
    expect((await revise(3))[0]).toMatchObject({ status: 'failed', error: { code: 'rejected' } })
    await it.clock.advance(86_400_000)
    expect((await revise(3))[0]).toEqual({ status: 'done' })
  })

  it('ebay-sdk-php#27, PrestaShopCorp/ebay#61: a sold-out listing that stays alive is an alarm, not a success', async () => {
    const it = await stage({ simulator: { outOfStockControl: false } })
    await list(it, 'MUG', 1)
    const hub = createHub({
      store: storeAt(':memory:'),
      clock: it.clock,
      connections: { shop: ebay(it.simulator.options) },
    })
    try {
      const failed: string[] = []
      hub.on('listing.failed', ({ listing, message }) => failed.push(`${listing}: ${message}`))
      await hub.items.put({ sku: 'MUG' })
      await hub.listings.link({ sku: 'MUG', connection: 'shop', listing: 'MUG' })
      await hub.sync()
      expect(failed).toEqual([expect.stringMatching(/^MUG: .*out-of-stock control is off/)])
    } finally {
      await hub.close()
    }
  })

  it('vendure#3508, #1738, #1355, #4930: eBay can sell more than it was offered; the pool says by how much', async () => {
    const it = await stage()
    await list(it, 'MUG', 2)
    const hub = createHub({
      store: storeAt(':memory:'),
      clock: it.clock,
      connections: { shop: ebay(it.simulator.options) },
    })
    try {
      const oversold: number[] = []
      hub.on('stock.oversold', ({ by }) => oversold.push(by))
      await hub.items.put({ sku: 'MUG' })
      await hub.listings.link({ sku: 'MUG', connection: 'shop', listing: 'MUG' })
      await hub.stock.receive('MUG', 2, { location: 'main', key: 'first' })
      await hub.sync()
      await it.clock.advance(1_000)
      await buy(it, [{ sku: 'MUG', quantity: 2 }])
      await buy(it, [{ sku: 'MUG', quantity: 1 }], { force: true })
      await it.clock.advance(60_000)
      await hub.sync()
      expect(oversold).toEqual([1])
      expect(stateOf(it).listings[0]?.quantity).toBe(0)
    } finally {
      await hub.close()
    }
  })
})

describe('credentials', () => {
  it('hendt/ebay-api#179, #164: a token is renewed ahead of its end, not when eBay complains', async () => {
    const it = await stage()
    await it.connection.orders.get(it.context, '12-34567-89012')
    await it.clock.advance(7_150_000)
    await it.connection.orders.get(it.context, '12-34567-89012')
    expect(it.of('getOrder').map(({ reply }) => reply.status)).toEqual([404, 404])
    expect(it.of('token')).toHaveLength(2)
  })

  it('hendt/ebay-api#148: a 403 with 1100 of the Inventory API may be a token that merely ended', async () => {
    const it = await stage()
    await list(it, 'A', 5)
    it.simulator.faults.arm({ operation: 'getOffers', kind: 'status', status: 403 })
    const [reading] = await it.connection.listings.read(it.context, [{ listing: 'A', place: '' }])
    expect(reading).toMatchObject({ status: 'shown', quantity: 5 })
  })

  it('hendt/ebay-api#76, #58: Post-Order wants IAF, all others Bearer', async () => {
    const it = await stage()
    const [order = ''] = await sold(it, 1)
    await it.connection.orders.cancel(it.context, { order, reason: 'other', key: 'k' })
    await it.connection.returns.read(it.context, null)
    const schemes = (prefix: string) =>
      new Set(
        it.seen
          .filter(({ path }) => path.startsWith(prefix))
          .map(({ headers }) => headers.authorization?.split(' ')[0]),
      )
    expect([schemes('/post-order/'), schemes('/sell/')]).toEqual([new Set(['IAF']), new Set(['Bearer'])])
  })

  it('matecsaj/ebay_rest#35, ebay-sdk-php#226, hendt/ebay-api#77: invalid_grant asks for a new consent', async () => {
    const it = await stage({
      options: (simulator) => ({ refreshToken: encodeURIComponent(simulator.options.refreshToken) }),
    })
    expect(await it.connection.orders.get(it.context, '12-34567-89012')).toBeNull()
    await it.simulator.control('auth/consent', { consented: false })
    await expect(it.connection.orders.get(it.context, '12-34567-89012')).rejects.toMatchObject({
      code: 'auth',
      retryable: false,
    })
    expect(it.simulator.count('token', 400)).toBe(1)
  })
})

describe('effects', () => {
  it('createShippingFulfillment is not idempotent: the list is read before each, whoever called before', async () => {
    const it = await stage()
    const [order = ''] = await sold(it, 1)
    const [line] = (await it.connection.orders.get(it.context, order))?.lines ?? []
    const one = notice(order, [{ line: line?.id ?? '', quantity: 1 }])
    for (const repeated of [false, false, true])
      await it.connection.shipments.confirm(it.context, [{ ...one, repeated }])
    expect(it.of('createShippingFulfillment')).toHaveLength(1)
  })

  it('ebay-sdk-php#7: a tracking number holds letters and digits alone', async () => {
    const it = await stage()
    const [order = ''] = await sold(it, 1)
    const [line] = (await it.connection.orders.get(it.context, order))?.lines ?? []
    const lines = [{ line: line?.id ?? '', quantity: 1 }]
    await it.connection.shipments.confirm(it.context, [
      notice(order, lines, { trackingNumber: '1Z 999-AA1' }),
    ])
    expect(stateOf(it).orders[0]?.shipments[0]?.trackingNumber).toBe('1Z999AA1')
  })

  it('aden-hive/hive#7079: after a partial refund only the rest is paid back', async () => {
    const it = await stage()
    await list(it, 'MUG', 9, { price: { amount: 1000, currency: 'USD' } })
    const order = await buy(it, [{ sku: 'MUG', quantity: 2 }])
    const line = (await it.connection.orders.get(it.context, order))?.lines[0]?.id ?? ''
    const refund = (quantity: number, amount: number | null) =>
      it.connection.returns.refund(it.context, {
        order,
        return: null,
        lines: [{ line, quantity }],
        shipping: false,
        amount: amount === null ? null : { amount, currency: 'USD' },
        reason: null,
        key: `${quantity}-${amount}`,
      })
    await refund(1, 1600)
    await it.clock.advance(5_000)
    expect(await refund(2, null)).toMatchObject({ amount: { amount: 900 } })
    expect(stateOf(it).orders[0]?.refunds.map(({ amount }) => amount)).toEqual([1600, 900])
  })

  it('openlinker#2880: a body that must not be empty is {} (411 otherwise)', async () => {
    const it = await stage()
    const [order = ''] = await sold(it, 1)
    await it.simulator.control('orders/request-cancel', { order })
    await it.connection.orders.answerCancelRequest(it.context, order, false)
    expect(it.of('rejectCancellationRequest')[0]).toMatchObject({ raw: '{}', reply: { status: 200 } })
  })

  it('openlinker#2976: without an alert email there is no destination (195003), so it comes first', async () => {
    const it = await stage()
    await it.connection.webhooks.ensure(it.context, 'https://shop.example/webhooks/ebay')
    const writes = it.seen.filter(({ path, method }) => path.startsWith('/commerce') && method !== 'GET')
    expect(writes.map(({ operation, reply }) => [operation, reply.status]).slice(0, 2)).toEqual([
      ['updateConfig', 204],
      ['createDestination', 201],
    ])
  })

  it('a destination whose challenge fails is a conflict (409, 195020), and no destination that is there already', async () => {
    const it = await stage({ simulator: { validateDestinations: true } })
    await expect(
      it.connection.webhooks.ensure(it.context, 'http://127.0.0.1:9/webhooks/ebay'),
    ).rejects.toMatchObject({
      code: 'rejected',
      details: { status: 409, errorIds: [195020] },
      remedy: expect.stringContaining('start the listener first'),
    })
  })
})
