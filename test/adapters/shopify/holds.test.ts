import { afterEach, describe, expect, it } from 'vitest'
import { shopify } from '../../../adapters/shopify/index.ts'
import { type Assigned, nextMove } from '../../../adapters/shopify/plan-moves.ts'
import { type ShopifySimulator, startShopifySimulator } from '../../../adapters/shopify/simulator/index.ts'
import type { WireFulfillmentOrder } from '../../../adapters/shopify/wire.ts'
import { StockpoolError } from '../../../src/error.ts'
import { acceleratedClock } from '../../../src/simulator/index.ts'
import type { ShipmentNotice } from '../../../src/spec/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'
import { noticeOf } from './fixtures.ts'

const running: ShopifySimulator[] = []
afterEach(async () => {
  for (const simulator of running.splice(0)) {
    expect(simulator.errors).toEqual([])
    await simulator.close()
  }
})

const front = 'gid://shopify/Location/7001'
const back = 'gid://shopify/Location/7002'
const third = 'gid://shopify/Location/7003'

interface Part {
  readonly location: string
  readonly status: string
  readonly units: Readonly<Record<string, number>>
  readonly holds: readonly string[]
}

async function start() {
  const clock = acceleratedClock(600)
  const simulator = await startShopifySimulator({ clock, locations: ['Front', 'Back', 'Third'] })
  running.push(simulator)
  const connection = shopify(simulator.options)
  const context = adapterContext(connection, { clock })
  for (const sku of ['MUG', 'CUP'])
    for (const location of [front, back]) await simulator.control('listings', { sku, quantity: 10, location })
  const buy = async (lines: Readonly<Record<string, number>>) => {
    const wanted = Object.entries(lines).map(([sku, quantity]) => ({ sku, quantity }))
    const { order } = await simulator.control<{ order: string }>('orders', { lines: wanted })
    return order
  }
  const get = async (id: string) => {
    const order = await connection.orders.get(context, id)
    if (order === null) throw new Error('no order')
    return order
  }
  /** The order's parts that are not over, as the shop keeps them. */
  const parts = (order: string) =>
    (simulator.state() as { orders: { id: string; parts: Part[] }[] }).orders
      .find(({ id }) => id === order)
      ?.parts.filter(({ status }) => status !== 'CLOSED')
  return { simulator, connection, context, buy, get, parts }
}

/** The same call, of no hold at all. */
const holdless = (json: unknown) => ({
  ...(json as object),
  variables: { ...(json as { variables: object }).variables, holds: [] },
})

describe('a hold of ours', () => {
  it('is placed once on each part, with a reason, and taken off alone', async () => {
    const { simulator, connection, context, buy, get, parts } = await start()
    const order = await buy({ MUG: 1 })
    const request = { order, reason: 'address' } as const
    expect(await connection.orders.hold(context, request)).toEqual({ outcome: 'held' })
    expect(await connection.orders.hold(context, request)).toEqual({ outcome: 'held' })
    expect(simulator.count('FulfillmentOrderHold')).toBe(1)
    expect(await get(order)).toMatchObject({
      status: 'on_hold',
      rawStatus: expect.stringContaining('INCORRECT_ADDRESS'),
    })
    expect(await connection.shipments.confirm(context, [noticeOf(await get(order))])).toMatchObject([
      { status: 'failed', error: { code: 'rejected', retryable: true } },
    ])
    await connection.orders.release(context, order)
    await connection.orders.release(context, order)
    expect(simulator.count('FulfillmentOrderReleaseHold')).toBe(1)
    expect((await get(order)).status).toBe('open')
    expect(parts(order)).toMatchObject([{ status: 'OPEN', holds: [] }])
  })

  it('stands beside that of staff: releasing ours leaves theirs', async () => {
    const { simulator, connection, context, buy, get, parts } = await start()
    const order = await buy({ MUG: 1 })
    await simulator.control('orders/hold', { order, reason: 'HIGH_RISK_OF_FRAUD' })
    await connection.orders.hold(context, { order, reason: 'payment' })
    expect(parts(order)?.[0]?.holds).toEqual(['HIGH_RISK_OF_FRAUD', 'AWAITING_PAYMENT'])
    await connection.orders.release(context, order)
    expect(parts(order)?.[0]?.holds).toEqual(['HIGH_RISK_OF_FRAUD'])
    expect((await get(order)).status).toBe('on_hold')
  })

  it('whose answer was lost is the same hold', async () => {
    const { simulator, connection, context, buy, parts } = await start()
    const order = await buy({ MUG: 1 })
    simulator.faults.arm({ operation: 'FulfillmentOrderHold', kind: 'drop_after' })
    expect(await connection.orders.hold(context, { order, reason: 'other' })).toEqual({ outcome: 'held' })
    expect(parts(order)?.[0]?.holds).toEqual(['OTHER'])
  })

  it.each([true, false])('is released though Shopify refuses, if it is gone by then (%s)', async (gone) => {
    const { connection, context, buy, parts } = await start()
    const order = await buy({ MUG: 1 })
    await connection.orders.hold(context, { order, reason: 'other' })
    const { http } = context
    const request: typeof http.request = async (given) => {
      if (given.operation !== 'FulfillmentOrderReleaseHold') return http.request(given)
      // By staff, or by an attempt whose answer was lost.
      const answer = await http.request(gone ? given : { ...given, json: holdless(given.json) })
      const userErrors = [{ field: ['id'], message: 'The fulfillment order is not on hold.' }]
      return { ...answer, data: { data: { fulfillmentOrderReleaseHold: { userErrors } } } as never }
    }
    const released = connection.orders.release({ ...context, http: { ...http, request } }, order)
    if (gone) await released
    else await expect(released).rejects.toMatchObject({ code: 'rejected' })
    expect(parts(order)?.[0]?.holds).toEqual(gone ? [] : ['OTHER'])
  })

  it('comes too late for what has shipped, and leaves out what staff have begun', async () => {
    const { simulator, connection, context, buy } = await start()
    const order = await buy({ MUG: 1 })
    const hold = { order, reason: 'fraud' } as const
    await simulator.control('orders/progress', { order })
    expect(await connection.orders.hold(context, hold)).toMatchObject({ outcome: 'too_late' })
    await simulator.control('orders/progress', { order, progress: false })
    await simulator.control('orders/fulfill', { order })
    expect(await connection.orders.hold(context, hold)).toMatchObject({ outcome: 'too_late' })
    await expect(
      connection.orders.hold(context, { ...hold, order: 'gid://shopify/Order/1' }),
    ).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('goods that leave from another location than Shopify thought', () => {
  const line = (id: string | undefined, quantity: number, place: string) => ({
    line: id ?? '',
    quantity,
    place,
  })

  it('are moved whole, and what lies right stays', async () => {
    const { simulator, connection, context, buy, get, parts } = await start()
    const order = await buy({ MUG: 2, CUP: 1 })
    const [mug, cup] = (await get(order)).lines
    const request = { order, lines: [line(mug?.id, 2, back), line(cup?.id, 1, back)] }
    expect(await connection.orders.assign(context, request)).toEqual({ moved: 1, refused: [] })
    expect(await connection.orders.assign(context, request)).toEqual({ moved: 0, refused: [] })
    expect(parts(order)).toMatchObject([{ location: back, units: { MUG: 2, CUP: 1 } }])
    const at = (sku: string, place: string) =>
      (simulator.state() as { listings: { sku: string; place: string; quantity: number }[] }).listings.find(
        (each) => each.sku === sku && each.place === place,
      )?.quantity
    expect([at('MUG', front), at('MUG', back), at('CUP', front), at('CUP', back)]).toEqual([10, 8, 10, 9])
    expect(await connection.shipments.confirm(context, [noticeOf(await get(order))])).toMatchObject([
      { status: 'done' },
    ])
  })

  it('are split over locations, unit by unit, and fulfilled from each', async () => {
    const { connection, context, buy, get, parts } = await start()
    const order = await buy({ MUG: 3, CUP: 1 })
    const [mug, cup] = (await get(order)).lines
    // The first move makes a new fulfilment order; the second closes that one, and makes another in its place.
    const first = { order, lines: [line(mug?.id, 1, back), line(mug?.id, 2, front)] }
    expect(await connection.orders.assign(context, first)).toEqual({ moved: 1, refused: [] })
    const second = { order, lines: [line(mug?.id, 2, back), line(mug?.id, 1, ''), line(cup?.id, 1, back)] }
    expect(await connection.orders.assign(context, second)).toEqual({ moved: 1, refused: [] })
    expect(parts(order)).toMatchObject([
      { location: front, units: { MUG: 1 } },
      { location: back, units: { MUG: 2, CUP: 1 } },
    ])
    const [confirmed] = await connection.shipments.confirm(context, [noticeOf(await get(order))])
    expect(confirmed).toMatchObject({ status: 'done', reference: expect.stringMatching(/ /) })
    expect((await get(order)).status).toBe('shipped')
  })

  it('stay where they are when the location does not stock them, or staff have begun, and that is told', async () => {
    const { simulator, connection, context, buy, get, parts } = await start()
    const order = await buy({ MUG: 1 })
    const [mug] = (await get(order)).lines
    const away = { order, lines: [line(mug?.id, 1, third)] }
    expect(await connection.orders.assign(context, away)).toEqual({
      moved: 0,
      refused: [expect.stringContaining('does not stock')],
    })
    await simulator.control('orders/progress', { order })
    const later = { order, lines: [line(mug?.id, 1, back)] }
    expect(await connection.orders.assign(context, later)).toEqual({ moved: 0, refused: [] })
    expect(parts(order)).toMatchObject([{ location: front }])
  })

  it('are not moved twice after an answer that was lost', async () => {
    const { simulator, connection, context, buy, get, parts } = await start()
    const order = await buy({ MUG: 3 })
    const [mug] = (await get(order)).lines
    const request = { order, lines: [line(mug?.id, 1, back), line(mug?.id, 2, front)] }
    simulator.faults.arm({ operation: 'FulfillmentOrderMove', kind: 'drop_after' })
    await expect(connection.orders.assign(context, request)).rejects.toMatchObject({
      code: 'unknown_outcome',
    })
    expect(await connection.orders.assign(context, request)).toEqual({ moved: 0, refused: [] })
    expect(parts(order)).toMatchObject([{ units: { MUG: 2 } }, { location: back, units: { MUG: 1 } }])
  })

  it('of a part that was moved while its parcel was confirmed are fulfilled from the part that took its place', async () => {
    const { connection, context, buy, get } = await start()
    const order = await buy({ MUG: 2, CUP: 1 })
    const [mug, cup] = (await get(order)).lines
    const first = [line(mug?.id, 1, front), line(mug?.id, 1, back)]
    await connection.orders.assign(context, { order, lines: first })
    const notice = noticeOf(await get(order))
    let moved = false
    const { http } = context
    const request: typeof http.request = async (given) => {
      if (given.operation === 'FulfillmentCreate' && !moved) {
        moved = true
        // Between the look and the write: the part at the back closes, and a new one has its goods and the cup.
        await connection.orders.assign(context, { order, lines: [line(cup?.id, 1, back)] })
      }
      return http.request(given)
    }
    const racing = { ...context, http: { ...http, request } }
    expect(await connection.shipments.confirm(racing, [notice])).toMatchObject([{ status: 'done' }])
    expect((await get(order)).status).toBe('shipped')
  })
})

describe('a parcel of several parts', () => {
  const moved = async () => {
    const on = await start()
    const order = await on.buy({ MUG: 4, CUP: 1 })
    const [mug, cup] = (await on.get(order)).lines
    const to = (id: string | undefined, quantity: number, place: string) => ({
      line: id ?? '',
      quantity,
      place,
    })
    await on.connection.orders.assign(on.context, {
      order,
      lines: [to(mug?.id, 2, front), to(mug?.id, 2, back)],
    })
    const cupAtBack = { order, lines: [to(cup?.id, 1, back)] }
    const notice = async (quantity: number, more: Partial<ShipmentNotice> = {}) =>
      noticeOf(await on.get(order), { lines: [{ line: mug?.id ?? '', quantity }], ...more })
    const shipped = async () => (await on.get(order)).lines.map((line) => line.shipped)
    return { ...on, order, cupAtBack, notice, shipped }
  }

  it.each(['moved meanwhile', 'an answer lost'] as const)(
    'without tracking takes no more units than it has: %s between its parts',
    async (what) => {
      const { connection, context, cupAtBack, notice, shipped } = await moved()
      const { http } = context
      let calls = 0
      const request: typeof http.request = async (given) => {
        if (given.operation === 'FulfillmentCreate' && ++calls === 2) {
          if (what === 'an answer lost') throw new StockpoolError('unknown_outcome', 'no answer')
          await connection.orders.assign(context, cupAtBack)
        }
        return http.request(given)
      }
      const parcel = await notice(3, { trackingNumber: null })
      const racing = { ...context, http: { ...http, request } }
      const [first] = await connection.shipments.confirm(racing, [parcel])
      if (what === 'an answer lost')
        expect(await connection.shipments.confirm(context, [{ ...parcel, repeated: true }])).toMatchObject([
          { status: 'done', reference: expect.stringMatching(/ /) },
        ])
      else expect(first).toMatchObject({ status: 'done', reference: expect.stringMatching(/ /) })
      expect(await shipped()).toEqual([3, 0])
    },
  )

  it('of which one is on hold is told in part, and whole once that is released', async () => {
    const { simulator, connection, context, order, notice, shipped } = await moved()
    await connection.orders.hold(context, { order, reason: 'other' })
    const parcel = await notice(4)
    expect(await connection.shipments.confirm(context, [parcel])).toMatchObject([
      { status: 'failed', error: { retryable: true } },
    ])
    await releaseOne(simulator, order)
    for (let looks = 0; looks < 2; looks += 1) {
      expect(await connection.shipments.confirm(context, [parcel])).toMatchObject([
        { status: 'failed', error: { retryable: true, message: expect.stringContaining('ON_HOLD') } },
      ])
      expect(await shipped()).toEqual([2, 0])
    }
    await connection.orders.release(context, order)
    expect(await connection.shipments.confirm(context, [parcel])).toMatchObject([{ status: 'done' }])
    expect(await shipped()).toEqual([4, 0])
  })
})

/** Staff let go one part of an order that is held. */
async function releaseOne({ url, accessToken }: ShopifySimulator, order: string) {
  const ask = async (query: string, variables: object) => {
    const answer = await fetch(`${url}/admin/api/2026-07/graphql.json`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-shopify-access-token': accessToken },
      body: JSON.stringify({ query, variables }),
    })
    return (await answer.json()) as { data: { order: { fulfillmentOrders: { nodes: { id: string }[] } } } }
  }
  const parts = await ask(
    'query ($id: ID!) { order(id: $id) { fulfillmentOrders(first: 9) { nodes { id } } } }',
    {
      id: order,
    },
  )
  await ask(
    'mutation ($id: ID!) { fulfillmentOrderReleaseHold(id: $id) { userErrors { message } } }',
    parts.data.order.fulfillmentOrders.nodes[0] ?? {},
  )
}

describe('a plan of moves', () => {
  const part = (
    id: string,
    location: string,
    lines: Readonly<Record<string, number>>,
    more: Partial<WireFulfillmentOrder> = {},
  ): WireFulfillmentOrder => ({
    id,
    status: 'OPEN',
    supportedActions: [{ action: 'MOVE' }],
    assignedLocation: { location: { id: location } },
    lineItems: {
      nodes: Object.entries(lines).map(([line, remainingQuantity]) => ({
        id: `${id}/${line}`,
        remainingQuantity,
        lineItem: { id: line },
      })),
      pageInfo: { hasNextPage: false, endCursor: null },
    },
    ...more,
  })
  const none = new Set<string>()
  const wanted = (line: string, quantity: number, location: string): Assigned => ({
    line,
    quantity,
    location,
  })

  it('takes no unit from where it is wanted, and none of a line that nobody asked about', () => {
    const parts = [part('1', front, { mug: 3, cup: 2 }), part('2', back, { mug: 1 })]
    expect(nextMove(parts, [wanted('mug', 2, front), wanted('mug', 2, back)], none)).toEqual({
      id: '1',
      location: back,
      lines: [{ id: '1/mug', quantity: 1 }],
    })
    expect(nextMove(parts, [wanted('mug', 3, front), wanted('mug', 1, back)], none)).toBe(null)
  })

  it('leaves what is closed, what a fulfilment service has, and what was refused', () => {
    const to = [wanted('mug', 1, back)]
    expect(nextMove([part('1', front, { mug: 1 }, { status: 'CLOSED' })], to, none)).toBe(null)
    expect(nextMove([part('1', front, { mug: 1 }, { supportedActions: [] })], to, none)).toBe(null)
    expect(nextMove([part('1', front, { mug: 1 })], to, new Set([`1 ${back}`]))).toBe(null)
    expect(nextMove([part('1', front, { mug: 1 })], to, none)).toEqual({
      id: '1',
      location: back,
      lines: null,
    })
  })
})
