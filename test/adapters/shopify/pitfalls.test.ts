import { afterEach, describe, expect, it } from 'vitest'
import { shopify } from '../../../adapters/shopify/index.ts'
import {
  type ShopifySimulator,
  type ShopifySimulatorOptions,
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

async function start(options: ShopifySimulatorOptions = {}) {
  const clock = acceleratedClock(600)
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
    const { simulator, connection, context } = await start()
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
