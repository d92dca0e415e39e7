import { afterEach, describe, expect, it } from 'vitest'
import { shopify } from '../../../adapters/shopify/index.ts'
import { throttle } from '../../../adapters/shopify/limits.ts'
import {
  type ShopifySimulator,
  type ShopifySimulatorOptions,
  signShopify,
  startShopifySimulator,
} from '../../../adapters/shopify/simulator/index.ts'
import { subscribedTopics } from '../../../adapters/shopify/webhooks.ts'
import { acceleratedClock } from '../../../src/simulator/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'
import { noticeOf, target } from './fixtures.ts'

/** What others stumbled over, with the adapter against the simulator; named by the thread that tells of it. */

const running: ShopifySimulator[] = []
afterEach(async () => {
  for (const simulator of running.splice(0)) {
    expect(simulator.errors).toEqual([])
    await simulator.close()
  }
})

async function start(options: ShopifySimulatorOptions = {}, speed = 600) {
  const clock = acceleratedClock(speed)
  const simulator = await startShopifySimulator({ clock, ...options })
  running.push(simulator)
  const connection = shopify(simulator.options)
  return { simulator, connection, context: adapterContext(connection, { clock }) }
}

const stock = (simulator: ShopifySimulator, sku: string, quantity: number, more = {}) =>
  simulator.control<{ listing: string; place: string }>('listings', { sku, quantity, ...more })
const buy = async (simulator: ShopifySimulator, ...skus: string[]) => {
  const lines = skus.map((sku) => ({ sku, quantity: 1 }))
  return (await simulator.control<{ order: string }>('orders', { lines })).order
}

describe('orders', () => {
  it('of sixty lines are read whole, in a list and one by one', async () => {
    const { simulator, connection, context } = await start()
    const skus = Array.from({ length: 60 }, (_, index) => `SKU-${index}`)
    for (const sku of skus) await stock(simulator, sku, 5)
    const id = await buy(simulator, ...skus)
    const { orders } = await connection.orders.read(context, null)
    expect(orders[0]?.lines.map(({ channelSku }) => channelSku)).toEqual(skus)
    expect((await connection.orders.get(context, id))?.lines).toHaveLength(60)
  })

  it('frappe/ecommerce_integrations#410: are given also when they are cancelled, fulfilled or refunded', async () => {
    const { simulator, connection, context } = await start()
    await stock(simulator, 'MUG', 50)
    const [cancelled, fulfilled, refunded] = [
      await buy(simulator, 'MUG'),
      await buy(simulator, 'MUG'),
      await buy(simulator, 'MUG'),
    ]
    await simulator.control('orders/cancel', { order: cancelled })
    await simulator.control('orders/fulfill', { order: fulfilled })
    await simulator.control('orders/cancel', { order: refunded, lines: [{ sku: 'MUG' }] })
    const { orders } = await connection.orders.read(context, null)
    const status = new Map(orders.map((order) => [order.id, order.status]))
    expect([cancelled, fulfilled, refunded].map((id) => status.get(id))).toEqual([
      'cancelled',
      'shipped',
      'cancelled',
    ])
  })

  it('lightward/mechanic-tasks PR#66: that the search shows late come with the overlap', async () => {
    const { simulator, connection, context } = await start({}, 1)
    await stock(simulator, 'MUG', 50)
    const early = await buy(simulator, 'MUG')
    simulator.faults.arm({ operation: 'Orders', kind: 'stale_read' })
    const first = await connection.orders.read(context, null)
    expect(first.orders).toEqual([])
    const later = await buy(simulator, 'MUG')
    const second = await connection.orders.read(context, first.cursor)
    expect(second.orders.map(({ id }) => id)).toEqual([early, later])
  })

  it.each(['null', 'denied'] as const)('are read without buyer data (%s)', async (buyerData) => {
    const { simulator, connection, context } = await start({ behaviour: { buyerData } })
    await stock(simulator, 'MUG', 50)
    const id = await buy(simulator, 'MUG')
    const { orders } = await connection.orders.read(context, null)
    expect(orders).toMatchObject([{ id, status: 'open', buyer: null, shipTo: null, lines: [{ ordered: 1 }] }])
  })

  it('show a swap as units cancelled on one line and a line more', async () => {
    const { simulator, connection, context } = await start()
    const [, cup] = [await stock(simulator, 'MUG', 50), await stock(simulator, 'CUP', 50)]
    const order = await buy(simulator, 'MUG')
    const edit = { order, add: [{ sku: 'CUP', quantity: 1 }], remove: [{ sku: 'MUG', quantity: 1 }] }
    await simulator.control('orders/edit', edit)
    expect(await connection.orders.get(context, order)).toMatchObject({
      status: 'open',
      lines: [
        { ordered: 1, cancelled: 1 },
        { listing: cup.listing, ordered: 1, cancelled: 0 },
      ],
    })
  })

  it('tell returned units from cancelled ones', async () => {
    const { simulator, connection, context } = await start()
    await stock(simulator, 'MUG', 50)
    const { order } = await simulator.control<{ order: string }>('orders', {
      lines: [{ sku: 'MUG', quantity: 5 }],
    })
    const lines = (quantity: number) => [{ sku: 'MUG', quantity }]
    await simulator.control('orders/fulfill', { order, lines: lines(3) })
    await simulator.control('orders/cancel', { order, lines: lines(1) })
    await simulator.control('orders/return', { order, lines: lines(2) })
    expect((await connection.orders.get(context, order))?.lines).toMatchObject([
      { ordered: 5, shipped: 3, cancelled: 1, returned: 2 },
    ])
  })

  it('count every line of a large order that was refunded in part', async () => {
    const { simulator, connection, context } = await start()
    const skus = Array.from({ length: 12 }, (_, index) => `SKU-${index}`)
    for (const sku of skus) await stock(simulator, sku, 5)
    const lines = skus.map((sku) => ({ sku, quantity: 2 }))
    const { order } = await simulator.control<{ order: string }>('orders', { lines })
    const half = skus.map((sku) => ({ sku, quantity: 1 }))
    await simulator.control('orders/fulfill', { order, lines: half, trackingNumber: 'A' })
    await simulator.control('orders/cancel', { order, lines: half.slice(0, 6) })
    await simulator.control('orders/return', { order, lines: half.slice(3, 9) })
    const read = await connection.orders.get(context, order)
    const counts = read?.lines.map(({ shipped, cancelled, returned }) => [shipped, cancelled, returned])
    expect(counts).toEqual([
      ...Array.from({ length: 3 }, () => [1, 1, 0]),
      ...Array.from({ length: 3 }, () => [1, 1, 1]),
      ...Array.from({ length: 3 }, () => [1, 0, 1]),
      ...Array.from({ length: 3 }, () => [1, 0, 0]),
    ])
  })
})

describe('stock', () => {
  it.each(['all', 'first', 'unnamed'] as const)(
    'Eshopbox/Central-Backlog#333: one bad row of forty fails alone, however errors are named (%s)',
    async (quantityErrors) => {
      const { simulator, connection, context } = await start({
        locations: ['Front', 'Back'],
        behaviour: { quantityErrors },
      })
      const targets = []
      for (let index = 0; index < 40; index += 1) {
        const { listing } = await stock(simulator, `SKU-${index}`, 7)
        targets.push(target(1, { listing, place: '', expected: index === 7 ? 6 : 7, key: `row-${index}` }))
      }
      const elsewhere = targets.map((each, index) =>
        index === 20 ? { ...each, place: 'gid://shopify/Location/7002', expected: null } : each,
      )
      const results = await connection.listings.write(context, elsewhere)
      const statuses = results.map(({ status }) => status)
      expect(statuses.filter((status) => status === 'done')).toHaveLength(38)
      expect([statuses[7], statuses[20]]).toEqual(['stale', 'failed'])
    },
  )

  it('a write whose answer was lost is made once, by its idempotency key', async () => {
    const { simulator, connection, context } = await start()
    const { listing } = await stock(simulator, 'MUG', 7)
    simulator.faults.arm({ operation: 'InventorySetQuantities', kind: 'drop_after' })
    const results = await connection.listings.write(context, [target(1, { listing, quantity: 3 })])
    expect(results).toEqual([{ status: 'done' }])
    expect(simulator.count('InventorySetQuantities')).toBe(2)
    expect(simulator.state()).toMatchObject({ listings: [{ quantity: 3 }] })
  })

  it('a sale that we have not read yet is never overwritten', async () => {
    const { simulator, connection, context } = await start()
    const { listing } = await stock(simulator, 'MUG', 7)
    await buy(simulator, 'MUG')
    const row = target(1, { listing, quantity: 9, expected: 7 })
    expect(await connection.listings.write(context, [row])).toEqual([{ status: 'stale', observed: null }])
    expect(await connection.listings.read(context, [row])).toEqual([{ status: 'shown', quantity: 6 }])
  })
})

describe('shipments', () => {
  it('microsoft/BCApps#7065: of goods from two locations are two fulfilments with one tracking number', async () => {
    const { simulator, connection, context } = await start({ locations: ['Front', 'Back'] })
    await stock(simulator, 'MUG', 7)
    await stock(simulator, 'CUP', 7, { location: 'gid://shopify/Location/7002' })
    const id = await buy(simulator, 'MUG', 'CUP')
    const order = await connection.orders.get(context, id)
    if (!order) throw new Error('no order')
    const notice = noticeOf(order)
    // The second of the two calls is lost after its effect: what is there is found, nothing is made twice.
    simulator.faults.arm({ operation: 'FulfillmentCreate', kind: 'drop_after', skip: 1 })
    const [first] = await connection.shipments.confirm(context, [notice])
    expect(first).toMatchObject({ status: 'failed', error: { code: 'unknown_outcome' } })
    const [again] = await connection.shipments.confirm(context, [notice])
    expect(again).toMatchObject({ status: 'done' })
    expect(again?.status === 'done' && again.reference?.split(' ')).toHaveLength(2)
    expect(simulator.state()).toMatchObject({ orders: [{ status: 'fulfilled', shipments: [{}, {}] }] })
  })
})

describe('webhooks', () => {
  it('craftcms/shopify#61: a sale is told by its order and by the changed number', async () => {
    const { simulator, connection, context } = await start()
    await stock(simulator, 'MUG', 7)
    await connection.webhooks.ensure(context, 'http://127.0.0.1:9/nobody')
    await buy(simulator, 'MUG')
    await simulator.close()
    const topics = new Set(simulator.webhooks.attempts.map(({ topic }) => topic))
    expect([...topics].sort()).toEqual([
      'inventory_levels/update',
      'orders/create',
      'orders/paid',
      'orders/updated',
    ])
  })

  it('are subscribed once, and again when Shopify has dropped one', async () => {
    const { simulator, connection, context } = await start()
    const address = 'https://hub.example/webhooks/web'
    await connection.webhooks.ensure(context, address)
    const made = simulator.count('WebhookSubscriptionCreate')
    expect(made).toBe(subscribedTopics.length)
    await connection.webhooks.ensure(context, address)
    expect(simulator.count('WebhookSubscriptionCreate')).toBe(made)
    await simulator.control('webhooks/drop', { topic: 'ORDERS_PAID' })
    await connection.webhooks.ensure(context, address)
    expect(simulator.count('WebhookSubscriptionCreate')).toBe(made + 1)
    simulator.log.clear()
    await connection.webhooks.ensure(context, 'https://hub.example/elsewhere')
    expect(simulator.count('WebhookSubscriptionCreate')).toBe(made)
  })
})

describe('several parcels under one (master) tracking number', () => {
  async function two() {
    const on = await start()
    await stock(on.simulator, 'MUG', 50)
    const lines = [{ sku: 'MUG', quantity: 2 }]
    const { order } = await on.simulator.control<{ order: string }>('orders', { lines })
    const read = async () => {
      const found = await on.connection.orders.get(on.context, order)
      if (found === null) throw new Error('the order is gone')
      return found
    }
    const [line] = (await read()).lines
    const half = { trackingNumber: '1ZMASTER', lines: [{ line: line?.id ?? '', quantity: 1 }] }
    const one = noticeOf(await read(), { ...half, parcel: 'p1', sequence: 1 })
    const other = noticeOf(await read(), { ...half, parcel: 'p2', sequence: 2 })
    return { ...on, read, one, other }
  }

  it('are each a fulfilment of their own, in one call, in two at once, and when repeated', async () => {
    const { connection, context, one, other, read } = await two()
    const { confirm } = connection.shipments
    const [[first], [second]] = await Promise.all([confirm(context, [one]), confirm(context, [other])])
    expect(first).toMatchObject({ status: 'done' })
    expect(second).toMatchObject({ status: 'done' })
    expect(second).not.toEqual(first)
    expect(await read()).toMatchObject({ status: 'shipped', lines: [{ shipped: 2 }] })
    expect(await confirm(context, [one, other])).toEqual([first, second])
  })

  it('are told apart after a restart by what the notice says of the others', async () => {
    const { simulator, connection, context, one, other, read } = await two()
    const [first] = await connection.shipments.confirm(context, [one])
    const reference = first?.status === 'done' ? (first.reference ?? '') : ''
    const again = shopify(simulator.options).shipments
    const [second] = await again.confirm(context, [{ ...other, others: [reference], repeated: true }])
    expect(second).toMatchObject({ status: 'done' })
    expect(second).not.toEqual(first)
    expect(await read()).toMatchObject({ status: 'shipped', lines: [{ shipped: 2 }] })
    // And the first is not made again.
    expect(await shopify(simulator.options).shipments.confirm(context, [{ ...one, repeated: true }])).toEqual(
      [first],
    )
    expect((await read()).lines).toMatchObject([{ shipped: 2 }])
  })
})

describe('holds and moves', () => {
  const read = async (on: Awaited<ReturnType<typeof start>>, cursor: string | null) => {
    const page = await on.connection.orders.read(on.context, cursor)
    return { cursor: page.cursor, seen: page.orders.map(({ id, status }) => [id, status]) }
  }

  it('community.shopify.com/t/322697: a hold changes no order, and is seen all the same, as is its end', async () => {
    const on = await start()
    await stock(on.simulator, 'MUG', 50)
    const order = await buy(on.simulator, 'MUG')
    let { cursor } = await read(on, null)
    // A later order moves the mark on, past the overlap: the first one does not come by itself any more.
    await on.context.clock.sleep(600_000)
    const later = await buy(on.simulator, 'MUG')
    ;({ cursor } = await read(on, cursor))
    await on.context.clock.sleep(600_000)
    const again = [later, 'open']
    await on.simulator.control('orders/hold', { order })
    let { cursor: next, seen } = await read(on, cursor)
    expect(seen).toEqual([again, [order, 'on_hold']])
    // Once more by the overlap, and then no longer: a quiet shop's parts are not read for ever.
    for (const wanted of [[again, [order, 'on_hold']], [again]]) {
      await on.context.clock.sleep(600_000)
      ;({ cursor: next, seen } = await read(on, next))
      expect(seen).toEqual(wanted)
    }
    await on.simulator.control('orders/hold', { order, hold: false })
    ;({ seen } = await read(on, next))
    expect(seen).toEqual([again, [order, 'open']])
  })

  it('a hold on one part of an order holds all of it back, and its webhook finds the order', async () => {
    const { simulator, connection, context } = await start({ locations: ['Front', 'Back'] })
    await stock(simulator, 'MUG', 7)
    await stock(simulator, 'CUP', 7, { location: 'gid://shopify/Location/7002' })
    const order = await buy(simulator, 'MUG', 'CUP')
    await simulator.control('orders/hold', {
      order,
      location: 'gid://shopify/Location/7002',
      reason: 'INCORRECT_ADDRESS',
    })
    const [held, free] = ['gid://shopify/FulfillmentOrder/1002', 'gid://shopify/FulfillmentOrder/1001']
    for (const id of [held, free, order]) {
      expect(await connection.orders.get(context, id)).toMatchObject({
        id: order,
        status: 'on_hold',
        rawStatus: 'UNFULFILLED / PAID / ON_HOLD / INCORRECT_ADDRESS',
      })
    }
    expect(await connection.orders.get(context, 'gid://shopify/FulfillmentOrder/999')).toBe(null)
  })

  it('a part behind ten others still holds the order back', async () => {
    const { simulator, connection, context } = await start()
    await stock(simulator, 'MUG', 50)
    const order = await buy(simulator, 'MUG')
    // A part on hold takes no new lines, so each edit makes another one.
    for (let edit = 0; edit < 11; edit += 1) {
      await simulator.control('orders/hold', { order })
      await simulator.control('orders/edit', { order, add: [{ sku: 'MUG', quantity: 1 }] })
    }
    expect((await connection.orders.get(context, order))?.status).toBe('on_hold')
    await simulator.control('orders/hold', { order, hold: false })
    expect((await connection.orders.get(context, order))?.status).toBe('open')
  })

  it('goods that were moved to another location are fulfilled from there, and free where they were', async () => {
    const { simulator, connection, context } = await start({ locations: ['Front', 'Back'] })
    const { listing } = await stock(simulator, 'MUG', 7)
    const id = await buy(simulator, 'MUG')
    const back = 'gid://shopify/Location/7002'
    await stock(simulator, 'MUG', 5, { location: back })
    await simulator.control('orders/move', { order: id, location: back })
    expect(
      await connection.listings.read(context, [
        { listing, place: '' },
        { listing, place: back },
      ]),
    ).toEqual([
      { status: 'shown', quantity: 7 },
      { status: 'shown', quantity: 4 },
    ])
    const order = await connection.orders.get(context, id)
    if (!order) throw new Error('no order')
    expect(await connection.shipments.confirm(context, [noticeOf(order)])).toMatchObject([{ status: 'done' }])
    expect((await connection.orders.get(context, id))?.status).toBe('shipped')
    // Shipped from the back: what is on hand there went down.
    expect(simulator.state()).toMatchObject({ listings: [{ onHand: 7 }, { onHand: 4, committed: 0 }] })
  })
})

describe('returns', () => {
  it('are read without the buyer’s data, as orders are', async () => {
    const { simulator, connection, context } = await start({ behaviour: { buyerData: 'denied' } })
    await stock(simulator, 'MUG', 50)
    const order = await buy(simulator, 'MUG')
    await simulator.control('orders/fulfill', { order })
    await simulator.control('returns', { order, lines: [{ sku: 'MUG' }] })
    const { returns } = await connection.returns.read(context, null)
    expect(returns).toMatchObject([{ order, status: 'requested', lines: [{ expected: 1 }] }])
  })

  it('aden-hive/hive#7079: after a partial refund, what is left is paid and no more', async () => {
    const { simulator, connection, context } = await start()
    await stock(simulator, 'MUG', 50, { price: { amount: 1000, currency: 'USD' } })
    const { order } = await simulator.control<{ order: string }>('orders', {
      lines: [{ sku: 'MUG', quantity: 3 }],
      shipping: { amount: 500, currency: 'USD' },
    })
    await simulator.control('orders/fulfill', { order })
    const [line] = (await connection.orders.get(context, order))?.lines ?? []
    const request = { order, return: null, shipping: false, amount: null, reason: null }
    const lines = (quantity: number) => [{ line: line?.id ?? '', quantity }]
    const pay = (key: string, more: object) =>
      connection.returns.refund(context, { ...request, lines: [], key, ...more })
    expect(await pay('one', { lines: lines(1) })).toMatchObject({ amount: { amount: 1000 } })
    expect(await pay('rest', { lines: lines(2), shipping: true })).toMatchObject({ amount: { amount: 2500 } })
    await expect(pay('again', { lines: lines(1) })).rejects.toMatchObject({ code: 'rejected' })
    await expect(pay('more', { amount: { amount: 1, currency: 'USD' } })).rejects.toMatchObject({
      code: 'rejected',
    })
  })

  it('shopify.dev “Migrate to return processing”: goods of a return are paid back less the return’s fee, and stay its own', async () => {
    const { simulator, connection, context } = await start()
    await stock(simulator, 'MUG', 50, { price: { amount: 1000, currency: 'USD' } })
    const { order } = await simulator.control<{ order: string }>('orders', {
      lines: [{ sku: 'MUG', quantity: 3 }],
    })
    await simulator.control('orders/fulfill', { order })
    const asked = { order, lines: [{ sku: 'MUG', quantity: 2 }], fee: 350 }
    const { return: id } = await simulator.control<{ return: string }>('returns', asked)
    const [line] = (await connection.orders.get(context, order))?.lines ?? []
    const ref = { return: id, order }
    await connection.returns.approve(context, { ...ref, key: 'approve' })
    const units = [{ line: line?.id ?? '', quantity: 2 }]
    await connection.returns.receive(context, {
      ...ref,
      key: 'receive',
      lines: units.map((each) => ({ ...each, disposition: 'quarantined' as const })),
    })
    const request = { ...ref, lines: units, shipping: false, amount: null, reason: null, key: 'refund' }
    const paid = await connection.returns.refund(context, request)
    expect(paid).toMatchObject({ outcome: 'done', amount: { amount: 1650 } })
    expect(await connection.returns.refund(context, { ...request, repeated: true })).toEqual(paid)
    expect(simulator.state()).toMatchObject({ refunds: [{ lines: [], amount: { amount: 1650 } }] })
    // Two units came back, each once: the refund took no more of them off the order.
    expect((await connection.orders.get(context, order))?.lines).toMatchObject([
      { ordered: 3, shipped: 3, cancelled: 0, returned: 2 },
    ])
  })

  it('a return whose only buyer withdrew it is told, though its order says that there is no return', async () => {
    const { simulator, connection, context } = await start()
    await stock(simulator, 'MUG', 50)
    const order = await buy(simulator, 'MUG')
    await simulator.control('orders/fulfill', { order })
    const { return: id } = await simulator.control<{ return: string }>('returns', {
      order,
      lines: [{ sku: 'MUG' }],
    })
    const { cursor } = await connection.returns.read(context, null)
    await simulator.control('returns/cancel', { return: id })
    const { returns } = await connection.returns.read(context, cursor)
    expect(returns).toMatchObject([{ id, status: 'cancelled' }])
  })

  it.each([false, true])(
    'goods put back on the shelf raise Shopify’s own number only where asked to (%s)',
    async (restock) => {
      const { simulator, context } = await start()
      const connection = shopify({ ...simulator.options, returns: { restock } })
      await stock(simulator, 'MUG', 50)
      const order = await buy(simulator, 'MUG')
      await simulator.control('orders/fulfill', { order })
      const [line] = (await connection.orders.get(context, order))?.lines ?? []
      const lines = [{ line: line?.id ?? '', quantity: 1, reason: null }]
      const { return: id = '' } = await connection.returns.open(context, {
        order,
        lines,
        note: null,
        key: 'open',
      })
      await connection.returns.receive(context, {
        return: id,
        order,
        key: 'receive',
        lines: [{ line: line?.id ?? '', quantity: 1, disposition: 'restocked' }],
      })
      expect(simulator.state()).toMatchObject({ listings: [{ quantity: restock ? 50 : 49 }] })
      const kind = restock ? 'restocked' : 'unknown'
      expect((await connection.returns.get(context, id))?.lines).toMatchObject([{ dispositions: [{ kind }] }])
    },
  )
})

describe('subscriptions', () => {
  const address = 'https://hub.example/webhooks/web'

  it('that somebody narrowed send everything again', async () => {
    const { simulator, connection, context } = await start()
    await connection.webhooks.ensure(context, address)
    await simulator.control('webhooks/filter', { topic: 'ORDERS_UPDATED', filter: 'total_price:>100' })
    await connection.webhooks.ensure(context, address)
    await connection.webhooks.ensure(context, address)
    expect(simulator.count('WebhookSubscriptionUpdate')).toBe(1)
    expect(simulator.count('WebhookSubscriptionCreate')).toBe(subscribedTopics.length)
  })

  it('are made as far as the app may, and what it may not is told', async () => {
    const { simulator, connection, context } = await start()
    simulator.faults.arm({ operation: 'WebhookSubscriptionCreate', kind: 'status', status: 403, skip: 2 })
    await expect(connection.webhooks.ensure(context, address)).rejects.toMatchObject({ code: 'permission' })
    expect(simulator.count('WebhookSubscriptionCreate')).toBe(subscribedTopics.length)
  })
})

describe('news', () => {
  const secret = 'shpss_simulated'
  const deliver = (topic: string, text: string, event = 'e-1') => {
    const body = Buffer.from(text)
    const sent = {
      id: event,
      topic,
      url: 'https://hub.example',
      body,
      secret: null,
      subscription: 's',
      attempt: 1,
    }
    const headers = signShopify(secret)({ ...sent, at: Date.UTC(2026, 6, 1) })
    return { method: 'POST', url: '/', headers, body }
  }
  const order = '{"id": 5001, "total_price": "10.00", "note": "\\u003cb\\u003e"}'

  it('shopify-express#114, Shopify-Prime#2, shopify-app-template-node#1296: are verified over the raw bytes alone', async () => {
    const { connection } = await start()
    const given = deliver('orders/create', order)
    expect(connection.webhooks.verify(given).hints).toEqual([
      { kind: 'order', order: 'gid://shopify/Order/5001' },
    ])
    const again = Buffer.from(JSON.stringify(JSON.parse(order)))
    expect(() => connection.webhooks.verify({ ...given, body: again })).toThrow(/does not match/)
  })

  it('Shopify/shopify-app-js#603, frappe/ecommerce_integrations#425, woocommerce#43019: hint at the same order in whatever order they come', async () => {
    const { connection } = await start()
    const topics = ['orders/paid', 'orders/updated', 'orders/create']
    const events = topics.map((topic, index) =>
      connection.webhooks.verify(deliver(topic, order, `e-${index}`)),
    )
    expect(new Set(events.map(({ hints }) => JSON.stringify(hints))).size).toBe(1)
    expect(new Set(events.map(({ id }) => id)).size).toBe(3)
  })

  it('ShopifySharp#919: delivered again are the same event, however quickly the first was answered', async () => {
    const { connection } = await start()
    const [first, second] = [1, 2].map(() => connection.webhooks.verify(deliver('orders/create', order)))
    expect(second).toEqual(first)
  })
})

describe('limits', () => {
  it('MONEI/Shopify-api-node#489, #456: what an answer says of the bucket is heard, also when nothing was refused', () => {
    const status = { maximumAvailable: 40, currentlyAvailable: 12, restoreRate: 2 }
    const body = { data: {}, extensions: { cost: { requestedQueryCost: 10, throttleStatus: status } } }
    expect(throttle({ status: 200, headers: {}, body })).toEqual({ rate: 2, burst: 40, remaining: 12 })
  })
})
