import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isStockpoolError } from '../../src/error.ts'
import { Listing } from '../../src/model/listing.ts'
import { linkListing } from '../../src/store/catalog.ts'
import { listOrders, resumeLines, timeline, waitingOrders } from '../../src/store/orders.ts'
import { unitsSoldSince } from '../../src/store/sales.ts'
import { line, minute, Shop, snapshot } from '../order/support.ts'

let shop: Shop
beforeEach(async () => {
  shop = await Shop.open()
})
afterEach(() => shop.close())

const link = (listing: string, sku: string, units = 1) =>
  shop.write((tx) => linkListing(tx, Listing.parse({ connection: 'web', listing, sku, units }), minute(9)))
const counters = async () =>
  (await shop.order()).lines.map(
    ({ id, taken, released, shipped }) => `${id} ${taken}/${released}/${shipped}`,
  )

/** Goes on with all orders that can; those that changed. */
async function resume() {
  const resumed = []
  for (const id of await shop.database.read((tx) => waitingOrders(tx, 'web'))) {
    const one = { connection: 'web', id, at: minute(9), route: shop.route }
    resumed.push(await shop.write((tx) => resumeLines(tx, one)))
  }
  return resumed
}

describe('an order', () => {
  it('reserves what was sold, in one posting of its own', async () => {
    const result = await shop.apply(
      snapshot([line('a', 3), line('b', 1, { listing: 'L-SET' }), line('c', 1, { listing: 'L-SIX' })]),
    )
    expect(result).toMatchObject({ first: true, changed: true, oversold: [], attention: [] })
    expect(result.order.lines).toMatchObject([
      { sku: 'MUG', units: 1, state: 'counted', taken: 3 },
      { sku: 'SET', units: 1, taken: 1 },
      { sku: 'MUG', units: 6, taken: 1 },
    ])
    expect(result.openByLocation).toEqual([
      {
        location: 'main',
        lines: [
          { line: 'a', sku: 'MUG', quantity: 3 },
          { line: 'b', sku: 'BAG', quantity: 2 },
          { line: 'b', sku: 'MUG', quantity: 1 },
          { line: 'c', sku: 'MUG', quantity: 6 },
        ],
      },
    ])
    expect(await shop.balance('MUG')).toBe('0/10')
    expect(await shop.balance('BAG')).toBe('8/2')
    const keys = await shop.read((tx) =>
      tx.all(`SELECT DISTINCT key, cause, reason FROM movement WHERE key <> 'start'`),
    )
    expect(keys).toEqual([{ key: 'order:web/1#1', cause: 'web/1', reason: 'sold' }])
  })

  it('is taken as a fact when there is too little, with the exact figure', async () => {
    const result = await shop.apply(snapshot([line('a', 12)]))
    expect(result.oversold).toEqual([{ sku: 'MUG', location: 'main', by: 2, available: -2 }])
    expect(await shop.events('stock.oversold')).toMatchObject([{ by: 2, connection: 'web', order: '1' }])
    expect(await shop.balance('MUG')).toBe('-2/12')
  })

  it('gives back what the channel cancels, and sends what it ships', async () => {
    await shop.apply(snapshot([line('a', 5)]))
    await shop.apply(
      snapshot([line('a', 5, { cancelled: 2, shipped: 1 })], {
        updatedAt: minute(2),
        status: 'partially_shipped',
      }),
    )
    expect(await shop.balance('MUG')).toBe('7/2')
    expect(await counters()).toEqual(['a 5/2/1'])
  })

  it('is unchanged by a snapshot that tells nothing new: no revision, no event, no movement', async () => {
    const order = snapshot([line('a', 3)])
    await shop.apply(order)
    const rows = (sql: string) => shop.read((tx) => tx.all(sql))
    const tables = ['movement', 'event', 'timeline', 'orders', 'order_line', 'allocation', 'push']
    const before = await Promise.all(tables.map((table) => rows(`SELECT * FROM ${table}`)))
    expect(await shop.apply(order)).toMatchObject({ first: false, changed: false })
    expect(await Promise.all(tables.map((table) => rows(`SELECT * FROM ${table}`)))).toEqual(before)
  })

  it('takes the line that an edit added and gives back the line that it removed', async () => {
    await shop.apply(snapshot([line('a', 2)]))
    await shop.apply(
      snapshot([line('a', 2, { cancelled: 2 }), line('b', 3, { listing: 'L-BAG' })], {
        updatedAt: minute(2),
      }),
    )
    expect(await shop.balance('MUG')).toBe('10/0')
    expect(await shop.balance('BAG')).toBe('7/3')
  })

  it('keeps the stock of a line that a snapshot does not mention', async () => {
    await shop.apply(snapshot([line('a', 2), line('b', 1)]))
    await shop.apply(snapshot([line('b', 1)], { updatedAt: minute(2) }))
    expect(await shop.balance('MUG')).toBe('7/3')
  })

  it('reserves while it is unpaid, on hold, or in a state that nobody knows', async () => {
    for (const [id, status] of [
      ['1', 'pending'],
      ['2', 'on_hold'],
      ['3', 'unknown'],
    ] as const) {
      await shop.apply(snapshot([line('a', 1)], { id, status, rawStatus: 'ODD', payment: 'pending' }))
    }
    expect(await shop.balance('MUG')).toBe('7/3')
    expect(await shop.events('order.attention')).toMatchObject([
      { order: '3', line: null, reason: expect.stringContaining('"ODD"') },
    ])
  })

  it('ends in the same numbers when a cancellation and a shipment of the same units are heard either way', async () => {
    const sold = snapshot([line('a', 2)])
    const cancelled = snapshot([line('a', 2, { cancelled: 2 })], {
      status: 'cancelled',
      updatedAt: minute(2),
    })
    const shipped = snapshot([line('a', 2, { shipped: 2 })], { status: 'shipped', updatedAt: minute(3) })
    for (const arrival of [
      [sold, cancelled, shipped],
      [shipped, cancelled, sold],
      [cancelled, shipped],
    ]) {
      const other = await Shop.open()
      for (const one of arrival) await other.apply(one)
      expect((await other.order()).lines[0]).toMatchObject({ taken: 4, released: 2, shipped: 2 })
      expect(await other.balance('MUG')).toBe('8/0')
      expect((await other.order()).status).toBe('shipped')
      await other.close()
    }
  })
})

describe('the events of an order', () => {
  it('tell that it was placed, changed and cancelled, once each', async () => {
    await shop.apply(snapshot([line('a', 2)]))
    await shop.apply(snapshot([line('a', 2, { cancelled: 1 })], { updatedAt: minute(2) }))
    const cancelled = snapshot([line('a', 2)], { status: 'cancelled', updatedAt: minute(3) })
    await shop.apply(cancelled)
    await shop.apply(cancelled)
    expect(await shop.eventTypes()).toEqual([
      'order.placed',
      'order.updated',
      'order.updated',
      'order.cancelled',
    ])
  })

  it('tell a wish to cancel once, and that a person must answer it', async () => {
    const asked = snapshot([line('a', 1)], {
      updatedAt: minute(2),
      cancelRequested: { reason: 'wrong size' },
    })
    await shop.apply(snapshot([line('a', 1)]))
    const result = await shop.apply(asked)
    await shop.apply({ ...asked, updatedAt: minute(3) })
    expect(result.attention).toMatchObject([
      { line: null, reason: expect.stringContaining('asked to cancel') },
    ])
    expect(await shop.events('order.cancel_requested')).toEqual([
      { connection: 'web', order: '1', reason: 'wrong size' },
    ])
    expect(await shop.events('order.attention')).toHaveLength(1)
  })

  it('are not cancellations when all was shipped, or when something still can be', async () => {
    await shop.apply(snapshot([line('a', 1, { shipped: 1 })], { status: 'shipped' }))
    await shop.apply(snapshot([line('a', 2, { cancelled: 1 })], { id: '2' }))
    expect(await shop.events('order.cancelled')).toEqual([])
  })
})

describe('the timeline of an order', () => {
  it('has one line for each change', async () => {
    await shop.apply(snapshot([line('a', 3)]))
    await shop.apply(
      snapshot([line('a', 3, { cancelled: 1, shipped: 2 })], { status: 'shipped', updatedAt: minute(2) }),
    )
    await shop.apply(
      snapshot([line('a', 3, { cancelled: 1, shipped: 2 })], { status: 'shipped', updatedAt: minute(3) }),
    )
    const entries = await shop.read((tx) => timeline(tx, 'web', '1'))
    expect(entries.map(({ text }) => text)).toEqual([
      'seen for the first time, open, 3 taken, from main (has the whole order; priority 100)',
      'open became shipped, 1 released, 2 shipped',
      'details changed',
    ])
    expect(entries[1]?.facts).toMatchObject({
      status: 'shipped',
      lines: [{ line: 'a', taken: 0, released: 1, shipped: 2 }],
    })
  })
})

describe('orders from before the merchant’s count', () => {
  beforeEach(() => {
    shop.countsFrom = minute(5)
  })

  it('take only what is still open', async () => {
    await shop.apply(snapshot([line('a', 6, { shipped: 2, cancelled: 1 })]))
    expect(await shop.balance('MUG')).toBe('7/3')
    expect(await counters()).toEqual(['a 6/1/2'])
  })

  it('count what happens from then on', async () => {
    await shop.apply(snapshot([line('a', 6, { shipped: 2, cancelled: 1 })]))
    await shop.apply(snapshot([line('a', 6, { shipped: 4, cancelled: 2 })], { updatedAt: minute(2) }))
    expect(await shop.balance('MUG')).toBe('8/0')
  })

  it('take nothing when all had left', async () => {
    await shop.apply(snapshot([line('a', 6, { shipped: 6 })], { status: 'delivered' }))
    await shop.apply(snapshot([line('a', 3)], { id: '2', status: 'cancelled' }))
    expect(await shop.balance('MUG')).toBe('10/0')
  })

  it('are told from those placed at that moment or later, which count whole', async () => {
    await shop.apply(snapshot([line('a', 6, { shipped: 2 })], { placedAt: minute(5), updatedAt: minute(6) }))
    expect(await shop.balance('MUG')).toBe('4/4')
  })

  it('ignore the same units when their listing is linked only later', async () => {
    await shop.apply(snapshot([line('a', 3, { listing: 'L-NEW', shipped: 1 })]))
    await link('L-NEW', 'MUG')
    await resume()
    expect(await shop.balance('MUG')).toBe('8/2')
  })
})

describe('a line without a link', () => {
  it('is set aside while the rest of the order goes on, and goes on once linked (openlinker#3359)', async () => {
    const result = await shop.apply(
      snapshot([line('a', 2), line('b', 3, { listing: 'L-NEW', channelSku: 'bag-xl' })]),
    )
    expect(result.order.lines[1]).toMatchObject({ state: 'unlinked', sku: null, ordered: 3, taken: 0 })
    expect(result.attention).toMatchObject([
      { line: 'b', reason: expect.stringMatching(/L-NEW.*bag-xl.*hub\.listings\.link/) },
    ])
    expect(await shop.balance('BAG')).toBe('10/0')
    expect(await resume()).toEqual([])

    await link('L-NEW', 'BAG', 2)
    const resumed = await resume()
    expect(resumed).toMatchObject([
      { id: '1', lines: [{}, { state: 'counted', sku: 'BAG', units: 2, taken: 3 }] },
    ])
    expect(await shop.balance('BAG')).toBe('4/6')
    expect(await resume()).toEqual([])
    expect(await shop.events('order.attention')).toHaveLength(1)
  })

  it('goes on as well with the next snapshot, even one that tells nothing else', async () => {
    const order = snapshot([line('b', 3, { listing: 'L-NEW' })])
    await shop.apply(order)
    await link('L-NEW', 'BAG')
    expect(await shop.apply(order)).toMatchObject({ changed: true })
    expect(await shop.balance('BAG')).toBe('7/3')
  })

  it('takes also what was shipped while it waited', async () => {
    await shop.apply(snapshot([line('b', 3, { listing: 'L-NEW' })]))
    await shop.apply(snapshot([line('b', 3, { listing: 'L-NEW', shipped: 2 })], { updatedAt: minute(2) }))
    await link('L-NEW', 'BAG')
    await resume()
    expect(await shop.balance('BAG')).toBe('7/1')
  })

  it('without any listing says so', async () => {
    const { attention } = await shop.apply(snapshot([line('a', 1, { listing: null })]))
    expect(attention).toMatchObject([
      { line: 'a', reason: expect.stringContaining('does not say what was sold') },
    ])
  })
})

describe('what users of such systems suffered', () => {
  it('5: two lines of one item are both counted, and a split takes no more than was sold (vendurehq/vendure#4930)', async () => {
    const split = await Shop.open({ MUG: { main: 3, east: 4 } })
    await split.apply(snapshot([line('a', 5), line('b', 2)]))
    expect(await split.balance('MUG', 'main')).toBe('0/3')
    expect(await split.balance('MUG', 'east')).toBe('0/4')
    await split.apply(snapshot([line('a', 1)], { id: '2' }))
    expect(await split.balance('MUG', 'main')).toBe('-1/4')
    await split.close()
  })

  it('6: a listing that is linked to another SKU later does not restock the wrong one (magento/inventory#2773)', async () => {
    await shop.apply(snapshot([line('a', 2)]))
    await link('L-MUG', 'BAG')
    await shop.apply(snapshot([line('a', 2)], { status: 'cancelled', updatedAt: minute(2) }))
    expect(await shop.balance('MUG')).toBe('10/0')
    expect(await shop.balance('BAG')).toBe('10/0')
  })

  it('6: the shipment of a bundle compensates its components once (magento/inventory#1246)', async () => {
    const kit = (updatedAt: string, shipped: number) =>
      snapshot([line('k', 2, { listing: 'L-SET', shipped })], { updatedAt })
    await shop.apply(kit(minute(1), 0))
    await shop.apply(kit(minute(2), 1))
    await shop.apply(kit(minute(3), 1))
    await shop.apply(kit(minute(2), 1))
    expect(await shop.balance('MUG')).toBe('8/1')
    expect(await shop.balance('BAG')).toBe('6/2')
  })

  it('12: a cancellation restocks once, however often and in whatever words it is told (woocommerce#22489)', async () => {
    await shop.apply(snapshot([line('a', 4)]))
    for (const n of [2, 3, 4]) {
      await shop.apply(snapshot([line('a', 4)], { status: 'cancelled', updatedAt: minute(n) }))
      await shop.apply(
        snapshot([line('a', 4, { cancelled: 4 })], { status: 'cancelled', updatedAt: minute(n) }),
      )
    }
    // A later change of status, as in woocommerce#28854.
    await shop.apply(
      snapshot([line('a', 4, { cancelled: 4, returned: 4 })], { payment: 'refunded', updatedAt: minute(5) }),
    )
    expect(await shop.balance('MUG')).toBe('10/0')
  })

  it('14: an update may come before the creation (Shopify/shopify-app-js#603)', async () => {
    const created = snapshot([line('a', 2)], { payment: 'pending' })
    const updated = snapshot([line('a', 2, { cancelled: 1 })], { payment: 'paid', updatedAt: minute(2) })
    expect(await shop.apply(updated)).toMatchObject({ first: true })
    expect(await shop.apply(created)).toMatchObject({ first: false, order: { payment: 'paid' } })
    expect(await shop.balance('MUG')).toBe('9/1')
    expect(await shop.eventTypes()).toEqual(['order.placed'])
  })

  it('15: a late “shipped” does not turn a delivered order back (NEARBuilders/nearmerch.com#214)', async () => {
    await shop.apply(snapshot([line('a', 1, { shipped: 1 })], { status: 'delivered', updatedAt: minute(2) }))
    await shop.apply(snapshot([line('a', 1, { shipped: 1 })], { status: 'shipped', updatedAt: minute(1) }))
    await shop.apply(snapshot([line('a', 1, { shipped: 1 })], { status: 'shipped', updatedAt: minute(3) }))
    expect((await shop.order()).status).toBe('delivered')
  })

  it('35: what the platform ships from its own stock never touches the pool, though the SKU is the same (Practica456#89)', async () => {
    const result = await shop.apply(snapshot([line('a', 2, { fulfilledBy: 'platform' }), line('b', 1)]))
    expect(result.order.lines).toMatchObject([
      { state: 'platform', ordered: 2, taken: 0 },
      { state: 'counted', taken: 1 },
    ])
    expect(result.attention).toEqual([])
    await shop.apply(snapshot([line('a', 3)], { id: '2', fulfilledBy: 'platform' }))
    expect(await shop.balance('MUG')).toBe('9/1')
  })

  it('35: a line that turns out to be the platform’s gives back what it took', async () => {
    await shop.apply(snapshot([line('a', 3)]))
    await shop.apply(snapshot([line('a', 3, { fulfilledBy: 'platform' })], { updatedAt: minute(2) }))
    expect(await shop.balance('MUG')).toBe('10/0')
    expect((await shop.order()).lines).toMatchObject([
      { state: 'platform', taken: 3, released: 3, shipped: 0 },
    ])
  })

  it('36: one order with a listing that nobody linked does not stop another (openlinker#3359)', async () => {
    await shop.apply(snapshot([line('a', 1, { listing: 'L-GONE' })]))
    await shop.apply(snapshot([line('a', 1)], { id: '2' }))
    expect(await shop.balance('MUG')).toBe('9/1')
    expect((await shop.order('1')).lines).toMatchObject([{ state: 'unlinked' }])
  })
})

describe('routing', () => {
  it('asks the route once, with components, places and stock, and not who bought', async () => {
    const seen: unknown[] = []
    shop.route = (request) => {
      const { lines, locations, shipTo, available, order, connection } = request
      seen.push({
        lines,
        places: locations.map(({ id }) => id),
        shipTo,
        mugs: available('MUG', 'main'),
        none: available('MUG', 'east'),
        order,
        connection,
      })
      return lines.map((one) => ({ ...one, location: 'east' }))
    }
    await shop.apply(
      snapshot([line('k', 2, { listing: 'L-SET' })], {
        shipTo: { name: 'Ada Example', country: 'FR', postalCode: '75001' },
      }),
    )
    expect(seen).toMatchObject([
      {
        connection: 'web',
        lines: [
          { line: 'k', sku: 'BAG', quantity: 4 },
          { line: 'k', sku: 'MUG', quantity: 2 },
        ],
        places: ['main', 'east'],
        shipTo: { country: 'FR', postalCode: '75001' },
        mugs: 10,
        none: 0,
      },
    ])
    expect(JSON.stringify(seen)).not.toContain('Ada')
    expect(await shop.balance('MUG', 'east')).toBe('-2/2')
  })

  it('is not asked for what was cancelled before it was seen', async () => {
    shop.route = () => {
      throw new Error('asked')
    }
    await shop.apply(snapshot([line('a', 3)], { status: 'cancelled' }))
    expect(await shop.balance('MUG')).toBe('10/0')
  })

  it.each([
    ['answers wrongly', () => []],
    [
      'throws',
      () => {
        throw new Error('no map')
      },
    ],
  ])('leaves nothing behind when the user’s function %s', async (_name, route) => {
    shop.route = route
    await expect(shop.apply(snapshot([line('a', 1)]))).rejects.toSatisfy(
      (error) => isStockpoolError(error, 'invalid_input') && error.field === 'route',
    )
    expect(await shop.read((tx) => listOrders(tx))).toEqual({ orders: [], after: null })
    expect(await shop.balance('MUG')).toBe('10/0')
  })
})

describe('listOrders', () => {
  it('gives pages by the time of the last change, and filters', async () => {
    for (const n of [1, 2, 3, 4, 5]) {
      const status = n === 2 ? 'on_hold' : 'open'
      await shop.apply(
        snapshot([line('a', 1)], { id: `${n}`, updatedAt: minute(10 - Math.ceil(n / 2)), status }),
      )
    }
    await shop.apply(snapshot([], { id: 'x' }), 'other')
    const ids = async (query: Parameters<typeof listOrders>[1]) => {
      const { orders, after } = await shop.read((tx) => listOrders(tx, query))
      return { ids: orders.map(({ id }) => id), after }
    }
    const first = await ids({ connection: 'web', limit: 2 })
    expect(first.ids).toEqual(['5', '3'])
    const second = await ids({ connection: 'web', limit: 2, after: first.after })
    expect(second.ids).toEqual(['4', '1'])
    expect(await ids({ connection: 'web', limit: 2, after: second.after })).toEqual({
      ids: ['2'],
      after: null,
    })
    expect((await ids({ status: 'on_hold' })).ids).toEqual(['2'])
    expect((await ids({ updatedAfter: minute(8) })).ids).toEqual(['1', '2'])
    expect((await ids({ connection: 'other' })).ids).toEqual(['x'])
  })

  it('refuses a position that it never gave', async () => {
    for (const after of ['nonsense', '{}', '[1,2,3]', '["a"]']) {
      await expect(shop.read((tx) => listOrders(tx, { after }))).rejects.toSatisfy((error) =>
        isStockpoolError(error, 'invalid_input'),
      )
    }
  })
})

describe('unitsSoldSince', () => {
  it('counts units of a listing in orders placed after an instant', async () => {
    await shop.apply(snapshot([line('a', 2), line('b', 1)], { placedAt: minute(1) }))
    await shop.apply(snapshot([line('a', 4)], { id: '2', placedAt: minute(3) }))
    await shop.apply(snapshot([line('a', 8, { fulfilledBy: 'platform' })], { id: '3', placedAt: minute(3) }))
    await shop.apply(snapshot([line('a', 16, { listing: 'L-SIX' })], { id: '4', placedAt: minute(3) }))
    const since = (after: string) =>
      shop.read((tx) => unitsSoldSince(tx, { connection: 'web', listing: 'L-MUG', after }))
    expect(await since(minute(0))).toBe(7)
    expect(await since(minute(1))).toBe(4)
    expect(await since(minute(3))).toBe(0)
  })
})
