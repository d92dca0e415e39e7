import { describe, expect, it } from 'vitest'
import { virtualClock } from '../../../src/simulator/index.ts'
import type { FulfillmentOrder } from '../../../src/spec/index.ts'
import { request, stage } from './fixtures.ts'

type Stage = Awaited<ReturnType<typeof stage>>

/** All pages of a pass. */
async function updates({ facet, context }: Stage, from: string | null) {
  const orders: FulfillmentOrder[] = []
  let cursor = from
  for (let page = 0; page < 100; page += 1) {
    const answer = await facet.updates(context, cursor)
    orders.push(...answer.orders)
    cursor = answer.cursor
    if (!answer.more) return { orders, cursor, pages: page + 1 }
  }
  throw new Error('the pass does not end')
}

describe('an order at ShipBob', () => {
  it('is created, shipped and delivered', async () => {
    await using shop = await stage({ clock: virtualClock() })
    const { simulator, facet, context } = shop
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 20 })
    const made = await facet.submit(context, request())
    expect(made).toMatchObject({
      reference: 'web-1001-1',
      status: 'accepted',
      rawStatus: 'Processing',
      attention: null,
    })
    expect(made).toMatchObject({ allocated: true, cancelled: [], parcels: [] })

    await simulator.control('ship', { reference: 'web-1001-1', labelOnly: true })
    const labelled = await facet.get(context, 'web-1001-1')
    expect(labelled).toMatchObject({ status: 'labelled', rawStatus: 'Processing', parcels: [] })

    await simulator.control('ship', { reference: 'web-1001-1' })
    const shipped = await facet.get(context, 'web-1001-1')
    expect(shipped).toMatchObject({ status: 'shipped', rawStatus: 'Fulfilled' })
    expect(shipped?.parcels[0]).toMatchObject({ status: 'in_transit', deliveredAt: null, withdrawn: false })
    expect(shipped?.parcels[0]?.labelledAt).toBe(new Date(simulator.clock.now()).toISOString())
    expect(shipped?.parcels[0]?.handedOverAt).toBe(shipped?.parcels[0]?.labelledAt)

    await simulator.control('clock', { advanceMs: 86_400_000 })
    await simulator.control('deliver')
    const delivered = await facet.get(context, 'web-1001-1')
    expect(delivered).toMatchObject({ status: 'delivered', parcels: [{ status: 'delivered' }] })
    expect(simulator.errors).toEqual([])
  })

  it('tells partial parcels apart, each with its own units and tracking', async () => {
    await using shop = await stage()
    const { simulator, facet, context } = shop
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 20 })
    await facet.submit(context, request({ lines: [{ sku: 'MUG-RED', title: 'Red mug', quantity: 5 }] }))
    await simulator.control('ship', { reference: 'web-1001-1', lines: [{ sku: 'MUG-RED', quantity: 2 }] })
    const part = await facet.get(context, 'web-1001-1')
    expect(part).toMatchObject({ status: 'partially_shipped', cancelled: [] })
    expect(part?.parcels.map(({ lines }) => lines)).toEqual([[{ sku: 'MUG-RED', quantity: 2 }]])
    await simulator.control('ship')
    const whole = await facet.get(context, 'web-1001-1')
    expect(whole?.parcels.map(({ lines }) => lines)).toEqual([
      [{ sku: 'MUG-RED', quantity: 2 }],
      [{ sku: 'MUG-RED', quantity: 3 }],
    ])
    expect(new Set(whole?.parcels.map(({ trackingNumber }) => trackingNumber)).size).toBe(2)
    const [stock] = (simulator.state() as { stock: unknown[] }).stock
    expect(stock).toMatchObject({ onHand: 15, committed: 0, fulfillable: 15 })
  })

  it('is split over two places when none has it all', async () => {
    await using shop = await stage()
    const { simulator, facet, context } = shop
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 3, location: '3' })
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 4, location: '8' })
    await facet.submit(context, request({ lines: [{ sku: 'MUG-RED', title: 'Red mug', quantity: 6 }] }))
    await simulator.control('ship')
    const order = await facet.get(context, 'web-1001-1')
    expect(order?.parcels.map(({ lines }) => lines[0]?.quantity)).toEqual([3, 3])
  })

  it('waits for stock, and commits nothing until it is there', async () => {
    await using shop = await stage()
    const { simulator, facet, context } = shop
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 0 })
    const made = await facet.submit(context, request())
    expect(made).toMatchObject({ status: 'backordered', rawStatus: 'Exception', allocated: false })
    expect(made.attention).toMatch(
      /MUG-RED is out of stock at Cicero \(IL\): send stock there, or cancel the order/,
    )
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 5 })
    expect(await facet.get(context, 'web-1001-1')).toMatchObject({
      status: 'accepted',
      allocated: true,
      attention: null,
    })
  })

  it.each([
    ['hold', 'InvalidAddress', 'on_hold', /the address is not deliverable: correct it/],
    ['exception', 'InactiveSku', 'needs_attention', /MUG-RED is inactive: activate it/],
    ['exception', 'ImportReview', 'needs_attention', /import review/],
  ])('%s (%s) asks a person, and goes on when released', async (control, reason, status, text) => {
    await using shop = await stage()
    const { simulator, facet, context } = shop
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 20 })
    await facet.submit(context, request())
    await simulator.control(control, { reference: 'web-1001-1', reason })
    const stopped = await facet.get(context, 'web-1001-1')
    expect(stopped?.status).toBe(status)
    expect(stopped?.attention).toMatch(text)
    await simulator.control('release', { reference: 'web-1001-1' })
    expect(await facet.get(context, 'web-1001-1')).toMatchObject({ status: 'accepted', attention: null })
  })

  it('knows no order of another channel', async () => {
    await using shop = await stage({
      channels: [
        { id: 1, name: 'one' },
        { id: 2, name: 'two' },
      ],
    })
    const { simulator, facet, context } = shop
    await facet.submit(context, request())
    await using other = await stage({}, { endpoint: simulator.url, channelId: 2 })
    expect(await other.facet.get(other.context, 'web-1001-1')).toBeNull()
    await other.facet.submit(other.context, request({ lines: [{ sku: 'CUP', title: 'Cup', quantity: 1 }] }))
    expect((await facet.get(context, 'web-1001-1'))?.raw).toMatchObject({
      products: [{ reference_id: 'MUG-RED' }],
    })
  })
})

describe('submitting', () => {
  it('fetches the order that exists under the same reference', async () => {
    await using shop = await stage()
    const first = await shop.facet.submit(shop.context, request())
    const again = await shop.facet.submit(shop.context, request())
    expect(again.id).toBe(first.id)
    expect((shop.simulator.state() as { orders: unknown[] }).orders).toHaveLength(1)
  })

  it.each([
    [{ lines: [{ sku: 'MUG-RED', title: 'Red mug', quantity: 3 }] }, ['lines.MUG-RED.quantity']],
    [
      { lines: [{ sku: 'CUP', title: 'Cup', quantity: 2 }] },
      ['lines.CUP.quantity', 'lines.MUG-RED.quantity'],
    ],
    [
      { shipTo: { ...request().shipTo, name: 'Ann Other', postalCode: '10001' } },
      ['shipTo.name', 'shipTo.postalCode'],
    ],
  ])('refuses other contents under the same reference, and names them', async (other, differs) => {
    await using shop = await stage()
    await shop.facet.submit(shop.context, request())
    const error = await shop.facet.submit(shop.context, request(other)).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'conflict', details: { differs, reference: 'web-1001-1' } })
    expect(JSON.stringify(error)).not.toMatch(/Ann|Jane|10001|62704/)
  })

  it.each(['drop_after', 'drop_before'] as const)(
    'does not know what happened after %s, and finds out',
    async (kind) => {
      await using shop = await stage()
      const { simulator, facet, context } = shop
      simulator.faults.arm({ operation: 'createOrder', kind })
      await expect(facet.submit(context, request())).rejects.toMatchObject({
        code: 'unknown_outcome',
        retryable: true,
      })
      expect(simulator.count('createOrder')).toBe(1)
      const found = await facet.get(context, 'web-1001-1')
      expect(found === null).toBe(kind === 'drop_before')
      await facet.submit(context, request())
      expect((simulator.state() as { orders: unknown[] }).orders).toHaveLength(1)
    },
  )

  it('a 5xx leaves it open, too', async () => {
    await using shop = await stage()
    shop.simulator.faults.arm({ operation: 'createOrder', kind: 'status', status: 502, afterEffect: true })
    await expect(shop.facet.submit(shop.context, request())).rejects.toMatchObject({
      code: 'unknown_outcome',
    })
    await expect(shop.facet.submit(shop.context, request())).resolves.toMatchObject({
      reference: 'web-1001-1',
    })
  })

  it('does not take "exists" for a refusal when the list is late', async () => {
    await using shop = await stage()
    await shop.facet.submit(shop.context, request())
    shop.simulator.faults.arm({ operation: 'getOrders', kind: 'stale_read' })
    await expect(shop.facet.submit(shop.context, request())).rejects.toMatchObject({
      code: 'unknown_outcome',
    })
    await expect(shop.facet.submit(shop.context, request())).resolves.toMatchObject({
      status: 'needs_attention',
    })
  })

  it('waits for its turn after a 429 and is then done', async () => {
    await using shop = await stage({ clock: virtualClock(undefined, { autoAdvance: true }) })
    shop.simulator.faults.arm({ operation: 'createOrder', kind: 'status', status: 429 })
    const before = shop.simulator.clock.now()
    await shop.facet.submit(shop.context, request())
    expect(shop.simulator.clock.now() - before).toBeGreaterThanOrEqual(2_000)
    expect(shop.simulator.count('createOrder')).toBe(2)
  })

  it('accepted is not allocated: an import review commits nothing', async () => {
    await using shop = await stage()
    await shop.simulator.control('stock', { sku: 'MUG-RED', quantity: 9 })
    shop.simulator.faults.arm({ operation: 'createOrder', kind: 'accepted_not_applied' })
    expect(await shop.facet.submit(shop.context, request())).toMatchObject({
      status: 'needs_attention',
      allocated: false,
    })
  })
})

describe('cancelling', () => {
  const made = async () => {
    const shop = await stage()
    await shop.simulator.control('stock', { sku: 'MUG-RED', quantity: 20 })
    const order = await shop.facet.submit(
      shop.context,
      request({ lines: [{ sku: 'MUG-RED', title: 'Red mug', quantity: 5 }] }),
    )
    return { ...shop, order }
  }

  it('stops an order that is not packed, and says so again when asked again', async () => {
    await using shop = await made()
    expect(await shop.facet.cancel(shop.context, shop.order)).toMatchObject({ outcome: 'stopped' })
    expect(await shop.facet.cancel(shop.context, shop.order)).toMatchObject({ outcome: 'stopped' })
    expect(await shop.facet.get(shop.context, shop.order.reference)).toMatchObject({
      status: 'cancelled',
      cancelled: [{ sku: 'MUG-RED', quantity: 5 }],
      allocated: true,
    })
    expect((shop.simulator.state() as { stock: unknown[] }).stock).toMatchObject([
      { committed: 0, fulfillable: 20 },
    ])
  })

  it('is too late once it is labelled or shipped', async () => {
    await using shop = await made()
    await shop.simulator.control('ship', { labelOnly: true })
    const refused = await shop.facet.cancel(shop.context, shop.order)
    expect(refused).toMatchObject({ outcome: 'too_late', detail: expect.stringMatching(/LabeledCreated/) })
    await shop.simulator.control('ship')
    expect(await shop.facet.cancel(shop.context, shop.order)).toMatchObject({ outcome: 'too_late' })
  })

  it('stops a part: the outcome is unknown, and get tells the units', async () => {
    await using shop = await made()
    await shop.simulator.control('ship', { lines: [{ sku: 'MUG-RED', quantity: 2 }] })
    const result = await shop.facet.cancel(shop.context, shop.order)
    expect(result).toMatchObject({
      outcome: 'unknown',
      detail: expect.stringMatching(/shipment \d+ cancelled; shipment|not cancelled.*cancelled/),
    })
    expect(await shop.facet.get(shop.context, shop.order.reference)).toMatchObject({
      status: 'shipped',
      cancelled: [{ sku: 'MUG-RED', quantity: 3 }],
      parcels: [{ lines: [{ sku: 'MUG-RED', quantity: 2 }] }],
    })
    expect(await shop.facet.cancel(shop.context, shop.order)).toMatchObject({ outcome: 'unknown' })
  })

  it('an order nobody has is an error, not an outcome', async () => {
    await using shop = await made()
    const nobody = { id: '1', reference: 'none' }
    await expect(shop.facet.cancel(shop.context, nobody)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('survives a lost answer: it is asked again', async () => {
    await using shop = await made()
    shop.simulator.faults.arm({ operation: 'cancelOrder', kind: 'drop_after' })
    expect(await shop.facet.cancel(shop.context, shop.order)).toMatchObject({ outcome: 'stopped' })
    expect(shop.simulator.count('cancelOrder')).toBe(2)
  })
})

describe('updates', () => {
  it('begin where the last pass began, so that nothing is missed and little is repeated', async () => {
    const clock = virtualClock()
    await using shop = await stage({ clock })
    await shop.simulator.control('stock', { sku: 'MUG-RED', quantity: 100 })
    await shop.facet.submit(shop.context, request())
    const first = await updates(shop, null)
    expect(first.orders.map(({ reference }) => reference)).toContain('web-1001-1')
    await clock.advance(3_600_000)
    const second = await updates(shop, first.cursor)
    expect((await updates(shop, second.cursor)).orders).toEqual([])
    await shop.simulator.control('ship')
    const third = await updates(shop, second.cursor)
    expect(third.orders.map(({ status }) => status)).toContain('shipped')
  })

  it('hear of a delivery, which changes the tracking and not the shipment', async () => {
    const clock = virtualClock()
    await using shop = await stage({ clock })
    await shop.simulator.control('stock', { sku: 'MUG-RED', quantity: 100 })
    await shop.facet.submit(shop.context, request())
    await shop.simulator.control('ship')
    const { cursor } = await updates(shop, null)
    await clock.advance(86_400_000)
    const between = await updates(shop, cursor)
    await shop.simulator.control('deliver')
    const { orders } = await updates(shop, between.cursor)
    expect(orders.map(({ status }) => status)).toEqual(['delivered'])
  })

  it('read every page, whatever the page length, and end', async () => {
    await using shop = await stage({
      limit: { limit: 1e6, windowMs: 60_000 },
      clock: virtualClock(undefined, { autoAdvance: { quietMs: 3 } }),
    })
    for (let number = 1; number <= 260; number += 1) {
      const response = await fetch(`${shop.simulator.url}/2026-01/order`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${shop.simulator.token}`,
          shipbob_channel_id: String(shop.simulator.channelId),
        },
        body: JSON.stringify({
          reference_id: `r-${number}`,
          shipping_method: 'Standard',
          type: 'DTC',
          recipient: { name: 'A', address: { address1: 'B', city: 'C', country: 'US' } },
          products: [{ reference_id: 'MUG-RED', name: 'Red mug', quantity: 1 }],
        }),
      })
      expect(response.status).toBe(201)
    }
    const { orders } = await updates(shop, null)
    expect(new Set(orders.map(({ reference }) => reference)).size).toBe(260)
  })

  it('refuse a cursor that is not theirs', async () => {
    await using shop = await stage()
    await expect(shop.facet.updates(shop.context, 'page-2')).rejects.toMatchObject({
      code: 'invalid_input',
      field: 'cursor',
    })
  })
})

describe('stock and locations', () => {
  it('gives what is free by location, with the moment it was true', async () => {
    const clock = virtualClock()
    await using shop = await stage({ clock })
    await shop.simulator.control('stock', { sku: 'MUG-RED', quantity: 20 })
    await shop.simulator.control('stock', { sku: 'MUG-RED', quantity: 7, location: 8 })
    await shop.simulator.control('stock', { sku: 'MUG-REDDISH', quantity: 1 })
    const made = await shop.facet.submit(shop.context, request())
    await clock.advance(1_000)
    const page = await shop.facet.stock(shop.context, { skus: ['MUG-RED'], cursor: null })
    expect(page).toEqual({
      cursor: null,
      readings: [
        { sku: 'MUG-RED', location: '3', quantity: 18, basis: 'available', asOf: clock.now() },
        { sku: 'MUG-RED', location: '8', quantity: 7, basis: 'available', asOf: clock.now() },
      ],
    })
    expect(made.acceptedAt).toBeLessThan(page.readings[0]?.asOf ?? 0)
  })

  it('follows the pages to their end', async () => {
    await using shop = await stage()
    for (let number = 0; number < 260; number += 1)
      await shop.simulator.control('stock', { sku: `SKU-${number}`, quantity: number })
    const seen = new Map<string, number>()
    let cursor: string | null = null
    do {
      const page = await shop.facet.stock(shop.context, { skus: null, cursor })
      for (const { sku, quantity } of page.readings) seen.set(sku, quantity)
      cursor = page.cursor
    } while (cursor !== null)
    expect(seen.size).toBe(260)
    expect(seen.get('SKU-259')).toBe(259)
    expect(shop.simulator.count('getInventoryLevelsByLocation')).toBe(2)
  })

  it('names the locations', async () => {
    await using shop = await stage()
    expect(await shop.facet.locations(shop.context)).toEqual([
      { id: '3', name: 'Cicero (IL)', country: 'US', postalCode: '60804' },
      { id: '8', name: 'Moreno Valley (CA)', country: 'US', postalCode: '92551' },
    ])
  })

  it('ships from the place it is told', async () => {
    await using shop = await stage()
    await shop.simulator.control('stock', { sku: 'MUG-RED', quantity: 20 })
    await shop.simulator.control('stock', { sku: 'MUG-RED', quantity: 20, location: 8 })
    await shop.facet.submit(shop.context, request({ location: '8' }))
    expect((shop.simulator.state() as { stock: unknown[] }).stock).toMatchObject([
      { location: '3', committed: 0 },
      { location: '8', committed: 2 },
    ])
  })
})
