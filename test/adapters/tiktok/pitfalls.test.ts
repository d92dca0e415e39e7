import { describe, expect, it } from 'vitest'
import { createHub, sqlite } from '../../../src/index.ts'
import { notice, type Stage, stage, target } from './stage.ts'

/** What others stumbled over, with the adapter against the simulator; named by the thread that tells of it. */

const hourMs = 3_600_000
const orderIds = ({ orders }: { readonly orders: readonly { readonly id: string }[] }) =>
  orders.map(({ id }) => id)

/** Everything that a feed gives until it says that there is no more, with the work that goes on meanwhile. */
async function readAll(at: Stage, cursor: string | null, between: () => Promise<unknown> = async () => {}) {
  const seen: string[] = []
  for (let from = cursor; ; ) {
    const page = await at.connection.orders.read(at.context, from)
    seen.push(...orderIds(page))
    from = page.cursor
    if (!page.more) return { seen, cursor: from }
    await between()
  }
}

describe('credentials', () => {
  it('EcomPHP/tiktokshop-php#39, #40: a missing scope is permission, names the call, and renews no token', async () => {
    await using at = await stage()
    const listing = await at.list('MUG', 5)
    await at.simulator.control('auth/deny', { operation: 'GetOrderList' })
    for (let round = 0; round < 2; round += 1)
      await expect(at.connection.orders.read(at.context, null)).rejects.toMatchObject({
        code: 'permission',
        retryable: false,
        message: expect.stringContaining('GetOrderList'),
        remedy: expect.stringContaining('Partner Center'),
      })
    expect(at.simulator.count('RefreshToken')).toBe(1)
    // The other calls work.
    expect(await at.connection.listings.read(at.context, [{ listing, place: '' }])).toMatchObject([
      { quantity: 5 },
    ])
  })

  it('EcomPHP/tiktokshop-php#30: "shop_id is invalid" out of the blue: the shop is read again once, then it is told', async () => {
    await using at = await stage()
    await at.list('MUG', 5)
    const order = await at.buy('MUG')
    await at.connection.orders.get(at.context, order)
    await at.simulator.control('shop/new-cipher')
    expect((await at.connection.orders.get(at.context, order))?.id).toBe(order)
    expect(at.simulator.count('GetAuthorizedShops')).toBe(2)
    at.simulator.faults.arm({
      operation: 'GetOrderList',
      kind: 'status',
      status: 400,
      times: 5,
      body: { code: 36009004, message: '`shop_id` is invalid', data: null },
    })
    await expect(at.connection.orders.read(at.context, null)).rejects.toMatchObject({
      code: 'permission',
      remedy: expect.stringContaining('shopId'),
    })
    expect(at.simulator.count('GetAuthorizedShops')).toBe(3)
    expect(at.simulator.count('GetOrderList')).toBe(2)
  })

  it('EcomPHP/tiktokshop-php#27: PUT has a body, and a missing parameter is no bad token', async () => {
    await using at = await stage()
    // The simulator says "param body.address is missing" if it did not come.
    await at.connection.webhooks.ensure(at.context, 'https://shop.example/webhooks/tik')
    at.simulator.faults.arm({
      operation: 'UpdateShopWebhook',
      kind: 'status',
      status: 400,
      body: { code: 36009004, message: 'param body.address is missing', data: null },
    })
    await expect(
      at.connection.webhooks.ensure(at.context, 'https://other.example/webhooks/tik'),
    ).rejects.toMatchObject({ code: 'rejected' })
    expect(at.simulator.count('RefreshToken')).toBe(1)
  })

  it('openlinker/openlinker#2882: the tokens’ times are those of the answer, and a refusal may come as HTTP 200', async () => {
    await using at = await stage()
    await at.list('MUG', 5)
    const order = await at.buy('MUG')
    await at.connection.orders.get(at.context, order)
    // Seven days, by the answer: one renewal shortly before they end.
    await at.clock.advance(6 * 24 * hourMs)
    await at.connection.orders.get(at.context, order)
    expect(at.simulator.count('RefreshToken')).toBe(1)
    await at.clock.advance(24 * hourMs)
    await at.connection.orders.get(at.context, order)
    expect(at.simulator.count('RefreshToken')).toBe(2)
    expect(at.simulator.count('GetOrderDetail', 401)).toBe(0)
    at.simulator.faults.arm({
      operation: 'GetOrderDetail',
      kind: 'status',
      status: 400,
      body: { code: 21001099, message: 'Something of the business', data: null },
    })
    await expect(at.connection.orders.get(at.context, order)).rejects.toMatchObject({
      code: 'rejected',
      details: { code: 21001099 },
    })
  })
})

describe('numbers', () => {
  it('openlinker/openlinker#2882: an edit that does nothing is not done, and is written again by the hub', async () => {
    await using at = await stage()
    const listing = await at.list('MUG', 5)
    at.simulator.faults.arm({ operation: 'UpdateInventory', kind: 'accepted_not_applied' })
    const [result] = await at.connection.listings.write(at.context, [target(listing, 3)])
    expect(result).toMatchObject({ status: 'pending', observed: 5 })
    const hub = createHub({ store: sqlite(':memory:'), connections: { tik: at.connection }, clock: at.clock })
    try {
      await hub.items.put({ sku: 'MUG' })
      await hub.stock.receive('MUG', 3, { location: 'main', key: 'MUG' })
      await hub.listings.link({ sku: 'MUG', connection: 'tik', listing })
      at.simulator.faults.arm({ operation: 'UpdateInventory', kind: 'accepted_not_applied' })
      for (let round = 0; round < 12 && at.shown(listing) !== 3; round += 1) {
        await hub.sync()
        await at.clock.advance(120_000)
      }
      expect(at.shown(listing)).toBe(3)
    } finally {
      await hub.close()
    }
  })

  it('facebook-for-woocommerce#2478: the way down to 0 is sent, also where a sale made it so', async () => {
    await using at = await stage()
    const listing = await at.list('MUG', 5)
    expect(await at.connection.listings.write(at.context, [target(listing, 0)])).toEqual([{ status: 'done' }])
    expect(at.shown(listing)).toBe(0)
  })

  it('a refusal of one warehouse comes inside a success', async () => {
    await using at = await stage()
    const listing = await at.list('MUG', 5)
    at.simulator.faults.arm({ operation: 'UpdateInventory', kind: 'partial_failure' })
    expect(await at.connection.listings.write(at.context, [target(listing, 3)])).toMatchObject([
      { status: 'failed', error: { code: 'rejected' } },
    ])
    expect(at.simulator.count('UpdateInventory', 200)).toBe(1)
  })
})

describe('TikTok’s FAQ', () => {
  it('"why does even 1 QPS trigger 429": calls wait and go on, and nothing is lost', async () => {
    await using at = await stage({ limit: { rate: 0.5, burst: 1 } })
    await at.list('MUG', 50)
    const ids = []
    for (let each = 0; each < 3; each += 1) ids.push(await at.buy('MUG'))
    const gets = await Promise.all(ids.map((order) => at.connection.orders.get(at.context, order)))
    expect(gets.map((order) => order?.id)).toEqual(ids)
    expect(at.simulator.count('GetOrderDetail', 429)).toBeGreaterThan(0)
  })

  it('"why does even 1 QPS trigger 429": the pace that TikTok allows is found, not run against again and again', async () => {
    await using at = await stage({ limit: { rate: 1, burst: 2 } })
    await at.list('MUG', 50)
    const order = await at.buy('MUG')
    const calls = 60
    await Promise.all(Array.from({ length: calls }, () => at.connection.orders.get(at.context, order)))
    expect(at.simulator.count('GetOrderDetail', 200)).toBe(calls)
    expect(at.simulator.count('GetOrderDetail', 429)).toBeLessThan(12)
  })

  it('"stock automatically updated to 0 when out-of-stock cancel": the whole product is told as disturbed', async () => {
    await using at = await stage()
    const red = await at.simulator.control<{ listing: string; product: string }>('listings', {
      sku: 'RED',
      quantity: 4,
    })
    const blue = await at.list('BLUE', 2, { product: red.product })
    const other = await at.list('CUP', 7)
    const order = await at.buy('RED')
    const result = await at.connection.orders.cancel(at.context, { order, reason: 'out_of_stock', key: 'k' })
    expect([at.shown(red.listing), at.shown(blue), at.shown(other)]).toEqual([0, 0, 7])
    const disturbed = result.disturbed?.filter(({ place }) => place === '').map(({ listing }) => listing)
    expect(disturbed?.toSorted()).toEqual([red.listing, blue].toSorted())
    // A repeat after a lost answer says so again.
    const again = await at.connection.orders.cancel(at.context, { order, reason: 'out_of_stock', key: 'k' })
    expect(again).toMatchObject({ outcome: 'stopped', disturbed: result.disturbed })
  })

  it('"package freeze": the parcel is told again later, from the order as it is then', async () => {
    await using at = await stage()
    const line = await at.list('MUG', 5)
    const order = await at.buy('MUG')
    await at.simulator.control('orders/freeze', { order })
    const parcel = notice({ order, lines: [{ line, quantity: 1 }] })
    const [frozen] = await at.connection.shipments.confirm(at.context, [parcel])
    expect(frozen).toMatchObject({
      status: 'failed',
      error: {
        code: 'unavailable',
        retryable: true,
        retryAfterMs: hourMs / 2,
        remedy: expect.stringContaining('frozen'),
      },
    })
    await at.simulator.control('orders/freeze', { order, frozen: false })
    expect(await at.connection.shipments.confirm(at.context, [parcel])).toMatchObject([{ status: 'done' }])
  })
})

describe('orders', () => {
  it('pandium/sample_integrations PR#11: the cursor is the start of the pass less the overlap, not the latest seen', async () => {
    await using at = await stage()
    await at.list('MUG', 50)
    const early = await at.buy('MUG')
    await at.clock.advance(2_000)
    const late = await at.buy('MUG')
    await at.clock.advance(60_000)
    at.simulator.faults.arm({ operation: 'GetOrderList', kind: 'stale_read', detail: { ms: 61_000 } })
    const first = await readAll(at, null)
    expect(first.seen).toEqual([early])
    const second = await readAll(at, first.cursor)
    expect(second.seen).toContain(late)
    // Nor does an order of the far past stay the mark: the pass's own time is.
    await at.clock.advance(24 * hourMs)
    const third = await readAll(at, second.cursor)
    expect((await readAll(at, third.cursor)).seen).toEqual([])
  })

  it('Get Order List: none is skipped when orders move while the list is paged', async () => {
    await using at = await stage()
    await at.list('MUG', 500)
    const ids: string[] = []
    for (let each = 0; each < 130; each += 1) {
      ids.push(await at.buy('MUG'))
      if (each % 4 === 3) await at.clock.advance(1_000)
    }
    let moved = 0
    // Ten orders of the first page become news while the second is still to be asked for.
    const { seen } = await readAll(at, null, async () => {
      await at.clock.advance(1_000)
      if (moved === 0)
        for (const order of ids.slice(0, 10)) await at.simulator.control('orders/cancel', { order })
      moved += 1
    })
    expect(moved).toBeGreaterThan(0)
    expect([...new Set(seen)].toSorted()).toEqual(ids.toSorted())
  })

  it('one unit a line: units of one SKU are one line, gifts too', async () => {
    await using at = await stage()
    const listing = await at.list('MUG', 9)
    const { order } = await at.simulator.control<{ order: string }>('orders', {
      lines: [
        { sku: 'MUG', quantity: 2 },
        { sku: 'MUG', quantity: 1, gift: true },
      ],
    })
    expect((await at.connection.orders.get(at.context, order))?.lines).toMatchObject([
      { id: listing, listing, ordered: 3 },
    ])
  })

  it('ON_HOLD: in a hub the units are reserved, and nothing is released to be sent', async () => {
    await using at = await stage({ holdMs: hourMs })
    const listing = await at.list('MUG', 0)
    const hub = createHub({ store: sqlite(':memory:'), connections: { tik: at.connection }, clock: at.clock })
    try {
      await hub.items.put({ sku: 'MUG' })
      await hub.stock.receive('MUG', 6, { location: 'main', key: 'MUG' })
      await hub.listings.link({ sku: 'MUG', connection: 'tik', listing })
      await hub.sync()
      const order = await at.buy('MUG', 2)
      await hub.sync()
      expect(await hub.stock.get('MUG')).toMatchObject({ available: 4, reserved: 2 })
      expect((await hub.orders.get('tik', order))?.status).toBe('on_hold')
      await at.clock.advance(hourMs + 60_000)
      await hub.sync()
      expect((await hub.orders.get('tik', order))?.status).toBe('open')
    } finally {
      await hub.close()
    }
  })

  it('jaygroup, ordoro, easyship (2026): whose label it is, each order says by itself', async () => {
    await using at = await stage()
    const line = await at.list('MUG', 9)
    const own = await at.buy('MUG')
    const platform = await at.buy('MUG', 1, { shippingType: 'TIKTOK' })
    const lines = [{ line, quantity: 1 }]
    const results = await at.connection.shipments.confirm(
      at.context,
      [own, platform].map((order) => notice({ order, lines })),
    )
    expect(results.map(({ status }) => status)).toEqual(['done', 'failed'])
  })
})

describe('wishes to cancel', () => {
  it('say until when they wait, and TikTok grants them then by itself', async () => {
    await using at = await stage()
    await at.list('MUG', 9)
    const order = await at.buy('MUG')
    await at.simulator.control('orders/request-cancel', { order })
    const asked = await at.connection.orders.get(at.context, order)
    expect(asked?.cancelRequested).toMatchObject({
      respondBy: new Date(at.clock.now() + 24 * hourMs).toISOString(),
    })
    await at.clock.advance(24 * hourMs + 1_000)
    expect((await at.connection.orders.get(at.context, order))?.status).toBe('cancelled')
  })

  it('are granted by a hub, and the units go back to the pool', async () => {
    await using at = await stage()
    const listing = await at.list('MUG', 0)
    const hub = createHub({ store: sqlite(':memory:'), connections: { tik: at.connection }, clock: at.clock })
    try {
      await hub.items.put({ sku: 'MUG' })
      await hub.stock.receive('MUG', 6, { location: 'main', key: 'MUG' })
      await hub.listings.link({ sku: 'MUG', connection: 'tik', listing })
      await hub.sync()
      const order = await at.buy('MUG', 2)
      await at.simulator.control('orders/request-cancel', { order })
      await hub.sync()
      expect(await hub.orders.get('tik', order)).toMatchObject({
        status: 'open',
        cancelRequested: { respondBy: expect.any(String) },
      })
      await hub.orders.answerCancel('tik', order, { accept: true })
      await hub.sync()
      expect((await hub.orders.get('tik', order))?.status).toBe('cancelled')
      expect(await hub.stock.get('MUG')).toMatchObject({ available: 6, reserved: 0 })
    } finally {
      await hub.close()
    }
  })

  it('answered twice are answered once, and refused ones leave the order open', async () => {
    await using at = await stage()
    await at.list('MUG', 9)
    const order = await at.buy('MUG')
    await at.simulator.control('orders/request-cancel', { order })
    at.simulator.faults.arm({ operation: 'RejectCancellation', kind: 'drop_after' })
    expect(await at.connection.orders.answerCancelRequest(at.context, order, false)).toEqual({
      outcome: 'unknown',
      detail: 'refused; the order is AWAITING_SHIPMENT',
    })
    expect(await at.connection.orders.get(at.context, order)).toMatchObject({
      status: 'open',
      cancelRequested: null,
    })
  })

  it('that a hub refuses are told as refused, and call nobody for it', async () => {
    await using at = await stage()
    const listing = await at.list('MUG', 0)
    const hub = createHub({ store: sqlite(':memory:'), connections: { tik: at.connection }, clock: at.clock })
    const called: string[] = []
    hub.on('order.attention', ({ reason }) => void called.push(reason))
    try {
      await hub.items.put({ sku: 'MUG' })
      await hub.stock.receive('MUG', 6, { location: 'main', key: 'MUG' })
      await hub.listings.link({ sku: 'MUG', connection: 'tik', listing })
      await hub.sync()
      const order = await at.buy('MUG', 2)
      await at.simulator.control('orders/request-cancel', { order })
      await hub.sync()
      await at.clock.advance(60_000)
      called.length = 0
      await hub.orders.answerCancel('tik', order, { accept: false })
      await hub.sync()
      expect(await hub.orders.get('tik', order)).toMatchObject({ status: 'open', cancelRequested: null })
      const told = (await hub.orders.timeline('tik', order)).map(({ text }) => text)
      expect(told).toContain('tik: the request to cancel is refused')
      expect(called).toEqual([])
    } finally {
      await hub.close()
    }
  })
})
