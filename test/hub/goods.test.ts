import { describe, expect, it } from 'vitest'
import { expectStock, heard, pass, setUp, stocked } from './kit.ts'

async function soldFromOwn(quantity = 3) {
  const kit = setUp()
  await stocked(kit, { own: 10 })
  kit.clock.advance(1000)
  kit.web.sell([{ listing: 'mug', quantity }])
  await pass(kit)
  return kit
}

const parcel = {
  connection: 'web' as const,
  order: 'o1',
  carrier: 'UPS',
  trackingNumber: '1Z999AA10123456784',
}

describe('a parcel of the merchant’s own', () => {
  it('takes its units out of the pool once, and is told to the channel', async () => {
    const kit = await soldFromOwn()
    const told = heard(kit.hub, 'order.shipped', 'shipment.confirmed')
    const input = { ...parcel, key: 'p1', lines: [{ line: 'l1', quantity: 2 }] }
    await kit.hub.shipments.add(input)
    await kit.hub.shipments.add(input)
    await pass(kit)
    await expectStock(kit, { available: 7, reserved: 1, shown: 7 })
    expect([...kit.web.parcels.values()]).toMatchObject([
      { order: 'o1', tracking: parcel.trackingNumber, lines: [{ line: 'l1', quantity: 2 }] },
    ])
    // Without lines: everything that is still open.
    await kit.hub.shipments.add({ ...parcel, key: 'p2', trackingNumber: '1Z999AA10123456785' })
    for (let i = 0; i < 2; i++) await pass(kit)
    await expectStock(kit, { available: 7, reserved: 0, shown: 7 })
    expect(kit.web.orders.get('o1')).toMatchObject({ status: 'shipped' })
    expect(told.map(({ type }) => type)).toEqual([
      'order.shipped',
      'shipment.confirmed',
      'order.shipped',
      'shipment.confirmed',
    ])
    expect(await kit.hub.shipments.list('web', 'o1')).toMatchObject([
      { id: 'own', provider: null, parcels: [{ carrier: 'ups' }, { carrier: 'ups' }] },
    ])
  })

  it.each([
    ['more than is open', { lines: [{ line: 'l1', quantity: 4 }] }, 'insufficient', 'lines'],
    ['an unknown line', { lines: [{ line: 'l9', quantity: 1 }] }, 'not_found', 'lines'],
    ['no units', { lines: [{ line: 'l1', quantity: 0 }] }, 'invalid_input', 'lines.0.quantity'],
    ['half a unit', { lines: [{ line: 'l1', quantity: 0.5 }] }, 'invalid_input', 'lines.0.quantity'],
    ['an unknown order', { order: 'o9' }, 'not_found', 'order'],
    ['an unknown connection', { connection: 'nowhere' }, 'not_found', 'connection'],
    ['an unknown place', { location: 'attic' }, 'not_found', 'location'],
    ['a place that holds none of it', { location: 'east/w1' }, 'insufficient', 'location'],
    ['an empty key', { key: '' }, 'invalid_input', 'key'],
    ['no tracking number', { trackingNumber: '' }, 'invalid_input', 'trackingNumber'],
    ['a date that is none', { shippedAt: 'yesterday' }, 'invalid_input', 'shippedAt'],
  ])('with %s is refused, and nothing is written', async (_what, wrong, code, field) => {
    const kit = await soldFromOwn()
    await expect(kit.hub.shipments.add({ ...parcel, key: 'p1', ...(wrong as object) })).rejects.toMatchObject(
      {
        code,
        field,
        remedy: expect.any(String),
      },
    )
    await expectStock(kit, { available: 7, reserved: 3, shown: 7 })
    expect(await kit.hub.shipments.list('web', 'o1')).toEqual([])
    expect(await kit.hub.jobs.list()).toEqual([])
  })
})

describe('goods that come back', () => {
  async function shipped() {
    const kit = await soldFromOwn()
    await kit.hub.shipments.add({ ...parcel, key: 'p1' })
    for (let i = 0; i < 2; i++) await pass(kit)
    return kit
  }
  const back = (key: string, quantity: number) => ({
    connection: 'web' as const,
    order: 'o1',
    sku: 'MUG',
    quantity,
    key,
  })

  it('are sold again once they are graded, each step once and within its bounds', async () => {
    const kit = await shipped()
    const { returns } = kit.hub
    expect(await returns.receive(back('r1', 3))).toEqual({ status: 'posted' })
    expect(await returns.receive(back('r1', 3))).toEqual({ status: 'exists' })
    expect(await kit.hub.stock.get('MUG')).toMatchObject({ available: 7, quarantined: 3 })
    await pass(kit)
    expect(kit.web.shown.get('mug')).toBe(7)
    await expect(returns.receive(back('r2', 1))).rejects.toMatchObject({
      code: 'insufficient',
      field: 'quantity',
    })
    await returns.restock(back('g1', 2))
    await expect(returns.scrap(back('s1', 2))).rejects.toMatchObject({
      code: 'insufficient',
      details: { short: [{ sku: 'MUG', wanted: 2, available: 1 }] },
    })
    await returns.scrap(back('s1', 1))
    await expect(returns.restock(back('g2', 1))).rejects.toMatchObject({ code: 'insufficient' })
    await pass(kit)
    expect(await kit.hub.stock.get('MUG')).toMatchObject({ available: 9, quarantined: 0 })
    await expectStock(kit, { available: 9, reserved: 0, shown: 9 })
  })

  it.each([
    ['of an unknown order', { order: 'o9' }, 'not_found', 'order'],
    ['of an unknown connection', { connection: 'nowhere' }, 'not_found', 'connection'],
    ['of another SKU', { sku: 'CUP' }, 'insufficient', 'quantity'],
    ['to an unknown place', { location: 'attic' }, 'not_found', 'location'],
    ['in no quantity', { quantity: 0 }, 'invalid_input', 'quantity'],
    ['with a key of another return', { key: 'p' }, 'conflict', 'key'],
  ])('%s are refused', async (_what, wrong, code, field) => {
    const kit = await shipped()
    await kit.hub.returns.receive(back('p', 1))
    await expect(kit.hub.returns.receive({ ...back('r', 2), ...(wrong as object) })).rejects.toMatchObject({
      code,
      field,
      remedy: expect.any(String),
    })
    expect(await kit.hub.stock.get('MUG')).toMatchObject({ available: 7, quarantined: 1 })
  })
})

describe('kits and locations', () => {
  it('a kit is sold from its parts, shipped by the warehouse, and every number follows', async () => {
    const kit = setUp()
    const { hub, web, market, east } = kit
    for (const [sku, quantity] of [
      ['CUP', 10],
      ['PLATE', 5],
    ] as const) {
      await hub.items.put({ sku })
      east.onHand.set(sku, quantity)
      market.shown.set(sku, 0)
      await hub.listings.link({ sku, connection: 'market', listing: sku })
    }
    await hub.items.put({
      sku: 'SET',
      kit: [
        { sku: 'CUP', quantity: 2 },
        { sku: 'PLATE', quantity: 1 },
      ],
    })
    web.shown.set('set', 0)
    await hub.listings.link({ sku: 'SET', connection: 'web', listing: 'set' })
    await pass(kit)
    expect([web.shown.get('set'), market.shown.get('CUP'), market.shown.get('PLATE')]).toEqual([5, 10, 5])
    kit.clock.advance(1000)
    web.sell([{ listing: 'set', quantity: 2 }])
    market.sell([{ listing: 'PLATE', quantity: 1 }])
    await pass(kit)
    expect([web.shown.get('set'), market.shown.get('CUP'), market.shown.get('PLATE')]).toEqual([2, 6, 2])
    const lines = [...east.orders.values()].map(({ request }) =>
      request.lines.map(({ sku, quantity }) => [sku, quantity]),
    )
    expect(lines).toContainEqual([
      ['CUP', 4],
      ['PLATE', 2],
    ])
    for (const reference of east.orders.keys()) east.ship(reference)
    for (let i = 0; i < 2; i++) await pass(kit, 60_000)
    expect([...web.parcels.values()]).toMatchObject([{ lines: [{ line: 'l1', quantity: 2 }] }])
    expect(await hub.stock.get('SET')).toMatchObject({ available: 2 })
    expect(await hub.stock.verify()).toMatchObject({ ok: true })
    expect((await hub.drift()).differences).toEqual([])
  })

  it('an order is split between the warehouse and the merchant’s own place when neither has all of it', async () => {
    const kit = setUp()
    await stocked(kit, { own: 2, east: 3 })
    kit.clock.advance(1000)
    expect(kit.web.shown.get('mug')).toBe(5)
    kit.web.sell([{ listing: 'mug', quantity: 4 }])
    await pass(kit)
    const atEast = [...kit.east.orders.values()].flatMap(({ request }) => request.lines)
    const level = await kit.hub.stock.get('MUG')
    expect(level).toMatchObject({ available: 1, reserved: 4 })
    for (const reference of kit.east.orders.keys()) kit.east.ship(reference)
    await pass(kit, 60_000)
    const own = 4 - (atEast[0]?.quantity ?? 0)
    expect(own).toBeGreaterThan(0)
    await kit.hub.shipments.add({ ...parcel, key: 'p1' })
    for (let i = 0; i < 2; i++) await pass(kit, 60_000)
    expect([...kit.web.parcels.values()].map(({ lines }) => lines[0]?.quantity).sort()).toEqual(
      [own, 4 - own].sort(),
    )
    await expectStock(kit, { available: 1, reserved: 0, shown: 1 })
    expect(kit.web.orders.get('o1')).toMatchObject({ status: 'shipped' })
  })

  it('a listing draws only on the locations of its policy, in its own units', async () => {
    const kit = setUp()
    const { hub, web } = kit
    await stocked(kit, { own: 7, east: 20 })
    web.shown.set('pair', 0)
    await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'pair', units: 2, locations: ['main'] })
    await pass(kit)
    expect([web.shown.get('mug'), web.shown.get('pair')]).toEqual([27, 3])
    kit.clock.advance(1000)
    web.sell([{ listing: 'pair', quantity: 1 }])
    await pass(kit)
    expect(await hub.stock.get('MUG')).toMatchObject({ available: 25, reserved: 2 })
    expect(await hub.stock.verify()).toMatchObject({ ok: true })
  })
})
