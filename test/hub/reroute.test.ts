import { describe, expect, it } from 'vitest'
import { StockpoolError } from '../../src/error.ts'
import { cheapest, type Quote, routeBy } from '../../src/index.ts'
import type { FakeWarehouse } from './fakes.ts'
import { down, failing } from './kit.ts'
import { rejected, twoWarehouses } from './two-warehouses.ts'

describe('an order that a provider does not ship', () => {
  it('goes to another one that has the goods when it is refused, and no person need look', async () => {
    const kit = await twoWarehouses({ east: 10, west: 10 })
    failing(kit.east, 'submit', rejected())
    await kit.pass()
    await kit.pass()
    expect(kit.live(kit.east)).toEqual([])
    expect(kit.live(kit.west)).toEqual([[3]])
    expect(await kit.places()).toMatchObject({ 'east/w1': '10/0', 'west/w1': '7/3' })
    expect(kit.attention).toEqual([])
    expect(await kit.timeline()).toContain(
      '3 of MUG moved from east/w1 to west/w1: east refused it; has the whole order; priority 100',
    )
    expect(await kit.hub.stock.verify()).toMatchObject({ ok: true })
  })

  it('waits for a person when nobody else has the goods, and goes where the person sends it', async () => {
    const kit = await twoWarehouses({ east: 10, west: 2 })
    failing(kit.east, 'submit', rejected())
    await kit.pass()
    await kit.pass()
    expect(kit.live(kit.west)).toEqual([])
    expect(await kit.places()).toMatchObject({ 'east/w1': '7/3', 'west/w1': '2/0' })
    expect(kit.attention).toEqual([expect.stringContaining('no such street')])
    await kit.hub.orders.resume('web', kit.id)
    await kit.pass()
    expect(kit.live(kit.east)).toEqual([[3]])
  })

  it('does not go round in circles when everybody refuses it', async () => {
    const kit = await twoWarehouses({ east: 10, west: 10 })
    failing(kit.east, 'submit', rejected(), { times: 99 })
    failing(kit.west, 'submit', rejected(), { times: 99 })
    for (let round = 0; round < 5; round++) await kit.pass()
    const submits = (warehouse: FakeWarehouse) => warehouse.calls.filter((call) => call === 'submit').length
    expect([submits(kit.east), submits(kit.west)]).toEqual([1, 1])
    expect(kit.attention).toHaveLength(1)
  })

  it('stays where it is when a reference is taken by another order: that one may ship', async () => {
    const kit = await twoWarehouses({ east: 10, west: 10 })
    failing(kit.east, 'submit', new StockpoolError('conflict', 'the reference has other contents'))
    await kit.pass()
    await kit.pass()
    expect(kit.live(kit.west)).toEqual([])
    expect(kit.attention).toHaveLength(1)
  })

  it('goes elsewhere when the provider gives it up, whole or in part', async () => {
    const whole = await twoWarehouses({ east: 10, west: 10 })
    await whole.pass()
    const [reference = ''] = whole.east.orders.keys()
    whole.east.drop(reference)
    await whole.pass()
    await whole.pass()
    expect(whole.live(whole.west)).toEqual([[3]])
    expect(await whole.places()).toMatchObject({ 'east/w1': '10/0', 'west/w1': '7/3' })

    const part = await twoWarehouses({ east: 10, west: 10 })
    await part.pass()
    const [other = ''] = part.east.orders.keys()
    part.east.giveUp(other, 'MUG', 1)
    await part.pass()
    await part.pass()
    expect(part.live(part.west)).toEqual([[1]])
    expect(part.live(part.east)).toHaveLength(1)
    expect(await part.places()).toMatchObject({ 'east/w1': '8/2', 'west/w1': '9/1' })
    part.east.ship(other)
    for (const one of part.west.orders.keys()) part.west.ship(one)
    await part.pass()
    await part.pass()
    expect(await part.places()).toMatchObject({ 'east/w1': '8/0', 'west/w1': '9/0' })
    expect(part.attention).toEqual([])
    expect(await part.hub.stock.verify()).toMatchObject({ ok: true })
  })

  it('is asked back before it goes elsewhere when it is back-ordered, and stays when it is too late', async () => {
    for (const keeps of [false, true]) {
      const kit = await twoWarehouses({ east: 10, west: 10, keeps })
      await kit.pass()
      const [reference = ''] = kit.east.orders.keys()
      kit.east.tell(reference, { status: 'backordered', rawStatus: 'Backorder', allocated: false })
      await kit.pass()
      await kit.pass()
      expect(kit.east.orders.get(reference)?.status).toBe('cancelled')
      expect(kit.live(kit.west)).toEqual([[3]])
      expect(kit.attention).toEqual([])
    }

    const late = await twoWarehouses({ east: 10, west: 10 })
    await late.pass()
    const [held = ''] = late.east.orders.keys()
    late.east.tell(held, { status: 'backordered', rawStatus: 'Backorder', allocated: false })
    failing(late.east, 'cancel', down(), { phase: 'before' })
    await late.pass()
    late.east.tell(held, { status: 'accepted', rawStatus: 'accepted' })
    late.east.ship(held)
    late.clock.advance(120_000)
    await late.pass()
    await late.pass()
    expect(late.live(late.west)).toEqual([])
    expect(late.east.orders.get(held)?.status).toBe('shipped')
  })

  it('counts a parcel where it left, also when the order was moved away meanwhile', async () => {
    const kit = await twoWarehouses({ east: 10, west: 10 })
    await kit.pass()
    const [reference = ''] = kit.east.orders.keys()
    const order = kit.east.orders.get(reference)
    kit.east.drop(reference)
    await kit.pass()
    // It had it packed all the same.
    if (order) kit.east.orders.set(reference, { ...order, updatedAt: kit.clock.now() })
    kit.east.ship(reference)
    for (let round = 0; round < 3; round++) await kit.pass()
    expect(kit.live(kit.west)).toEqual([])
    expect(await kit.places()).toMatchObject({ 'east/w1': '7/0', 'west/w1': '10/0' })
    expect(await kit.hub.stock.verify()).toMatchObject({ ok: true })
  })

  it('is left alone when the merchant does not want it moved', async () => {
    const kit = await twoWarehouses({ east: 10, west: 10, options: { reroute: false } })
    failing(kit.east, 'submit', rejected())
    await kit.pass()
    await kit.pass()
    expect(kit.live(kit.west)).toEqual([])
    expect(kit.attention).toHaveLength(1)
  })
})

const costs = (cents: number): Quote => ({
  location: null,
  service: 'ground',
  serviceLevel: 'standard',
  cost: { amount: cents, currency: 'USD' },
  shipBy: null,
  deliverBy: null,
  cannotShip: [],
})

describe('an order that is routed by quotes', () => {
  const options = { route: routeBy(cheapest), quoteWithinMs: 300_000 }

  it('is reserved at once, and goes to the cheapest place once all have answered', async () => {
    const quotes = { east: [costs(900)], west: [costs(450)] }
    const kit = await twoWarehouses({ east: 10, west: 10, options, quotes })
    failing(kit.west, 'quote', down())
    await kit.pass()
    expect(await kit.places()).toMatchObject({ 'east/w1': '7/3' })
    expect([...kit.live(kit.east), ...kit.live(kit.west)]).toEqual([])
    kit.clock.advance(60_000)
    await kit.pass()
    await kit.pass()
    expect(kit.live(kit.west)).toEqual([[3]])
    expect(kit.live(kit.east)).toEqual([])
    expect(await kit.places()).toMatchObject({ 'east/w1': '10/0', 'west/w1': '7/3' })
    expect(await kit.timeline()).toContain(
      '3 of MUG moved from east/w1 to west/w1: by the quotes; has the whole order; 4.50 USD by ground, priority 100',
    )
  })

  it('does not wait longer than it may for one that does not answer', async () => {
    const quotes = { east: [costs(900)], west: [costs(450)] }
    const kit = await twoWarehouses({ east: 10, west: 10, options, quotes })
    failing(kit.west, 'quote', down(), { times: 999 })
    await kit.pass()
    expect(kit.live(kit.east)).toEqual([])
    kit.clock.advance(300_000)
    await kit.pass()
    await kit.pass()
    expect(kit.live(kit.east)).toEqual([[3]])
  })

  it('goes on without one that refuses to say, and asks nobody where nobody can say', async () => {
    const quotes = { east: [costs(900)], west: [costs(450)] }
    const kit = await twoWarehouses({ east: 10, west: 10, options, quotes })
    failing(kit.west, 'quote', rejected())
    await kit.pass()
    await kit.pass()
    expect(kit.live(kit.east)).toEqual([[3]])
    const silent = await twoWarehouses({ east: 10, west: 10, options })
    await silent.pass()
    expect(silent.live(silent.east)).toEqual([[3]])
  })

  it('is asked for once, whatever dies between an answer and its storing', async () => {
    const quotes = { east: [costs(900)], west: [costs(450)] }
    const kit = await twoWarehouses({ east: 10, west: 10, options, quotes })
    failing(kit.west, 'quote', down(), { phase: 'after' })
    await kit.pass()
    await kit.hub.close()
    const second = kit.open()
    kit.clock.advance(60_000)
    await kit.pass(second)
    await kit.pass(second)
    expect(kit.live(kit.west)).toEqual([[3]])
    expect(await second.stock.verify()).toMatchObject({ ok: true })
  })
})
