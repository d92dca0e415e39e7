import { afterEach, describe, expect, it } from 'vitest'
import { type ShipStreamOptions, shipstream } from '../../../adapters/shipstream/index.ts'
import { createHub, sqlite } from '../../../src/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'
import { FakeShop, ManualClock } from '../../hub/fakes.ts'
import { pass, request, stage } from './fixtures.ts'

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

/** A hub with a shop and ShipStream, with 20 mugs in the first warehouse. */
async function shopAndWarehouse(more: Partial<ShipStreamOptions> = {}) {
  const clock = new ManualClock()
  const at = await stage({ clock }, more)
  const shop = new FakeShop(clock, { corrects: true })
  const south = shipstream({ ...at.simulator.options, requestsPerSecond: 50, ...more })
  const hub = createHub({ store: sqlite(':memory:'), clock, connections: { web: shop.connection(), south } })
  open.push(async () => {
    await hub.close()
    await at.simulator.close()
  })
  await at.simulator.control('stock', { sku: 'MUG', quantity: 20 })
  await hub.items.put({ sku: 'MUG' })
  shop.shown.set('MUG', 0)
  await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'MUG' })
  const sync = async (ms = 400_000) => {
    clock.advance(ms)
    await hub.sync()
  }
  await sync()
  const buy = async (quantity: number) => {
    const id = shop.sell([{ listing: 'MUG', quantity }]) ?? expect.unreachable()
    await sync()
    const orders = (at.simulator.state() as { orders: { reference: string }[] }).orders
    return { id, reference: orders.at(-1)?.reference ?? '' }
  }
  const available = async () => (await hub.stock.get('MUG')).available
  return { ...at, clock, shop, hub, sync, buy, available }
}

describe('an order of a shop', () => {
  it('is shipped in two boxes, one of them with two numbers, and the shop is told of each once', async () => {
    const { simulator, shop, hub, sync, buy, available } = await shopAndWarehouse()
    const { id, reference } = await buy(3)
    expect(await available()).toBe(17)
    await simulator.control('ship', { reference, boxes: 2, labels: 2 })
    await sync()
    await sync()
    const [order] = await hub.orders.list({ connection: 'web' }).then(({ orders }) => orders)
    expect(order).toMatchObject({ id, status: 'shipped' })
    expect(shop.parcels.size).toBe(2)
    expect(
      [...shop.parcels.values()].flatMap(({ lines }) => lines.map(({ quantity }) => quantity)).sort(),
    ).toEqual([1, 2])
    expect(await available()).toBe(17)
    expect((await hub.stock.verify()).ok).toBe(true)
  })

  it('is told to the shop once it is on the carrier’s list, not when packed', async () => {
    const { simulator, shop, sync, buy } = await shopAndWarehouse()
    const { reference } = await buy(2)
    await simulator.control('ship', { reference, labelOnly: true })
    await sync()
    expect(shop.parcels.size).toBe(0)
    await simulator.control('manifest', { reference })
    await sync()
    expect(shop.parcels.size).toBe(1)
  })

  it('is told when packed where that is wanted, and corrected when its labels are voided and made anew', async () => {
    const { simulator, shop, sync, buy, facet, context } = await shopAndWarehouse({ trackingFrom: 'packed' })
    const { reference } = await buy(2)
    await simulator.control('ship', { reference, labelOnly: true })
    await sync()
    const [first] = [...shop.parcels.values()].map(({ tracking }) => tracking)
    await simulator.control('labels/void', { reference })
    await sync()
    const voided = await facet.get(context, reference)
    expect(voided).toMatchObject({
      status: 'picking',
      parcels: [{ trackingNumber: null, status: 'cancelled', withdrawn: false }],
    })
    expect(voided?.attention).toContain(first)
    await simulator.control('ship', { reference })
    await sync()
    await sync()
    const [second, ...others] = [...shop.parcels.values()].map(({ tracking }) => tracking)
    expect(others).toEqual([])
    expect(second).not.toBe(first)
  })

  it('whose shipment was reverted has its parcel withdrawn, and ships in another', async () => {
    const { simulator, hub, sync, buy, available } = await shopAndWarehouse()
    const withdrawn: string[] = []
    hub.on('shipment.withdrawn', ({ parcel }) => withdrawn.push(parcel))
    const { id, reference } = await buy(2)
    await simulator.control('ship', { reference, labelOnly: true })
    await sync()
    await simulator.control('revert', { reference })
    await sync()
    expect(withdrawn).toHaveLength(1)
    await simulator.control('ship', { reference })
    await sync()
    const order = await hub.orders.get('web', id)
    expect(order?.lines).toMatchObject([{ taken: 2, shipped: 2, released: 0 }])
    expect(await available()).toBe(18)
  })

  it('cancelled in time frees its stock; cancelled late it is asked for, and the staff decide', async () => {
    const { simulator, shop, hub, sync, buy, available } = await shopAndWarehouse()
    const early = await buy(2)
    shop.cancel(early.id)
    await sync()
    await sync()
    expect(await available()).toBe(20)
    const late = await buy(2)
    await simulator.control('pick', { reference: late.reference })
    shop.cancel(late.id)
    await sync()
    // Free for nobody while the warehouse has it.
    expect(await available()).toBe(18)
    await simulator.control('cancel-requests', { reference: late.reference, accept: true })
    await sync()
    await sync()
    expect(await available()).toBe(20)
    expect((await hub.orders.get('web', late.id))?.lines).toMatchObject([{ released: 2, shipped: 0 }])
  })
})

describe('goods that come in', () => {
  it('raise the stock when their delivery is committed, and not before', async () => {
    const { simulator, sync, available } = await shopAndWarehouse()
    const { id } = await simulator.control<{ id: string }>('deliveries', {
      lines: [{ sku: 'MUG', quantity: 30 }],
    })
    for (const step of ['accept', 'process', 'putaway']) {
      await simulator.control('deliveries/step', { id, step })
      await sync()
      expect(await available()).toBe(20)
    }
    await simulator.control('deliveries/step', { id, step: 'commit' })
    await sync()
    expect(await available()).toBe(50)
  })
})

describe('returns', () => {
  it('are read by the cursor, with their order by either of its names, and once more when they change', async () => {
    await using at = await stage()
    const { simulator, facet, context } = at
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 9 })
    await facet.submit(context, request())
    await facet.submit(context, request({ reference: 'web-2-1', number: '#2' }))
    await facet.submit(context, request({ reference: 'web-3-1', number: '#2' }))
    const make = async (order?: string) =>
      (
        await simulator.control<{ id: string }>('deliveries', {
          type: 'rma',
          lines: [{ sku: 'MUG-RED', quantity: 2 }],
          tracking: ['1Zback'],
          ...(order === undefined ? {} : { order }),
        })
      ).id
    // Our reference; the number on the slip; a number of two orders; none.
    const ids = [await make('web-1001-1'), await make('#1001'), await make('#2'), await make()]
    await simulator.control('deliveries', { type: 'asn', lines: [{ sku: 'MUG-RED', quantity: 5 }] })
    const first = await facet.returns(context, null)
    expect(first.returns.map(({ id, reference, status }) => [id, reference, status])).toEqual([
      [ids[0], 'web-1001-1', 'approved'],
      [ids[1], 'web-1001-1', 'approved'],
      [ids[2], null, 'approved'],
      [ids[3], null, 'approved'],
    ])
    expect(first.more).toBe(false)
    const [id] = ids
    await simulator.control('deliveries/step', {
      id,
      step: 'process',
      found: [{ sku: 'MUG-RED', quantity: 2, damaged: 1 }],
    })
    await simulator.control('deliveries/step', { id, step: 'putaway' })
    const damaged = { kind: 'damaged', quantity: 1, note: null }
    const lines = async () => (await facet.returns(context, first.cursor)).returns[0]?.lines[0]?.dispositions
    expect(await lines()).toEqual([damaged])
    await simulator.control('deliveries/step', { id, step: 'commit' })
    expect(await lines()).toEqual([{ kind: 'restocked', quantity: 1, note: null }, damaged])
  })
})

describe('the session mode', () => {
  it('logs in once for many calls, and again after a day or when the instance forgot', async () => {
    const clock = new ManualClock()
    await using at = await stage({ clock }, { auth: 'session' })
    const { simulator, facet, context } = at
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 9 })
    await facet.submit(context, request())
    await facet.locations(context)
    expect(simulator.count('login')).toBe(1)
    await simulator.control('sessions/end')
    await facet.submit(context, request({ reference: 'web-2-1' }))
    expect(simulator.count('login')).toBe(2)
    clock.advance(25 * 3_600_000)
    await facet.locations(context)
    expect(simulator.count('login')).toBe(3)
    expect(simulator.requests.filter(({ status }) => status !== 200)).toEqual([])
  })

  it('refuses a wrong key by `auth`, after one log-in', async () => {
    await using at = await stage()
    const wrong = shipstream({ ...at.simulator.options, auth: 'session', apiKey: 'revoked-key' })
    const context = adapterContext(wrong, { clock: at.simulator.clock })
    await expect(wrong.fulfillment.locations(context)).rejects.toMatchObject({ code: 'auth' })
    expect(at.simulator.count('login')).toBe(1)
  })
})

describe('updates', () => {
  it('tell of a part that left, though the order itself does not change with it', async () => {
    const clock = new ManualClock()
    await using at = await stage({ clock })
    await at.simulator.control('stock', { sku: 'MUG-RED', quantity: 9 })
    const lines = [{ sku: 'MUG-RED', title: '', quantity: 3 }]
    await at.facet.submit(at.context, request({ lines }))
    await at.simulator.control('ship', {
      reference: 'web-1001-1',
      labelOnly: true,
      lines: [{ sku: 'MUG-RED', quantity: 1 }],
    })
    await at.simulator.control('ship', { reference: 'web-1001-1', labelOnly: true })
    clock.advance(3_600_000)
    const { cursor } = await pass(at, null)
    clock.advance(3_600_000)
    expect((await pass(at, cursor)).orders).toEqual([])
    clock.advance(1_000)
    await at.simulator.control('ship', { reference: 'web-1001-1' })
    await at.simulator.control('deliver', {})
    const [order] = (await pass(at, cursor)).orders
    expect(order).toMatchObject({ reference: 'web-1001-1', status: 'delivered' })
  })
})
