import { afterEach, describe, expect, it } from 'vitest'
import { tiktok } from '../../../adapters/tiktok/index.ts'
import {
  signTikTok,
  startTikTokSimulator,
  type TikTokSimulator,
  type TikTokSimulatorOptions,
} from '../../../adapters/tiktok/simulator/index.ts'
import { createHub } from '../../../src/index.ts'
import { type VirtualClock, virtualClock } from '../../../src/simulator/index.ts'
import { providerState } from '../../../src/testing/contract/state.ts'
import { webhookRequest } from '../../../src/testing/index.ts'
import { FakeShop } from '../../hub/fakes.ts'
import { freshStore } from '../../stores.ts'
import { provider } from './mcf-stage.ts'

const minuteMs = 60_000
const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

/** A web shop that sells three mugs, and TikTok's warehouse with ten to ship them from. */
async function setUp(simulated: TikTokSimulatorOptions = {}) {
  const clock = virtualClock(Date.UTC(2026, 6, 1, 9), { autoAdvance: true })
  const simulator = await startTikTokSimulator({ clock, ...simulated })
  opened.push(async () => {
    clock.stop()
    await simulator.close()
  })
  await simulator.control('stock', { sku: 'MUG', quantity: 10 })
  const web = new FakeShop(clock)
  const hub = createHub({
    store: freshStore(),
    clock,
    connections: { web: web.connection(), tik: provider(simulator.options) },
  })
  opened.push(() => hub.close())
  const told: string[] = []
  hub.on('order.attention', ({ reason }) => void told.push(reason))
  web.shown.set('mug', 0)
  await hub.items.put({ sku: 'MUG' })
  await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
  await hub.sync()
  const pass = async (ms = minuteMs) => {
    await clock.advance(ms)
    await hub.sync()
  }
  const units = () =>
    providerState(simulator)
      .orders.flatMap(({ lines }) => lines)
      .reduce((sum, { quantity, cancelled }) => sum + quantity - cancelled, 0)
  const shipped = async (order: string) => (await hub.orders.get('web', order))?.lines[0]?.shipped
  const first = () => providerState(simulator).orders[0] ?? { id: '', reference: '' }
  return { clock, simulator, web, hub, told, pass, units, shipped, first }
}

/** TikTok's news of an order, as it would send them now. */
const news = (simulator: TikTokSimulator, clock: VirtualClock, order: { id: string; reference: string }) =>
  webhookRequest({
    topic: 'FBT_MCF_ORDER_STATUS',
    url: 'https://hub.test/webhooks/tik',
    body: {
      type: 58,
      tts_notification_id: `n-${order.id}-${clock.now()}`,
      shop_id: simulator.options.shopId,
      timestamp: Math.floor(clock.now() / 1000),
      data: {
        mcf_order: {
          external_order_id: order.reference,
          mcf_order_id: order.id,
          // An object where the status call has a list: so the documents' example.
          consign_orders: { id: 'OBF1', status: 'processing' },
        },
      },
    },
    sign: signTikTok(simulator.options.appKey, simulator.options.appSecret),
  })

const loseTheAnswer = (simulator: TikTokSimulator) =>
  simulator.faults.arm({ operation: 'CreateFBTMCFOrder', kind: 'drop_after' })

describe('TikTok as a provider, behind a hub', () => {
  it('ships what another channel sold, in several parcels, which that channel is told of', async () => {
    const { simulator, web, hub, pass, shipped, first } = await setUp()
    expect(web.shown.get('mug')).toBe(10)
    const order = web.sell([{ listing: 'mug', quantity: 3 }]) ?? ''
    await hub.sync()
    await simulator.control('ship', { reference: first().reference, lines: [{ sku: 'MUG', quantity: 1 }] })
    await pass(6 * minuteMs)
    expect(await shipped(order)).toBe(1)
    await simulator.control('ship', { reference: first().reference })
    await pass(6 * minuteMs)
    expect(await shipped(order)).toBe(3)
    const [shipment] = await hub.shipments.list('web', order)
    expect(shipment?.parcels.map(({ carrier, lines }) => [carrier, lines[0]?.quantity])).toEqual([
      ['ups', 1],
      ['ups', 2],
    ])
    expect(web.parcels.size).toBe(2)
    await pass()
    expect(await hub.stock.get('MUG')).toMatchObject({ available: 7, reserved: 0 })
  })

  it('has what is in work off once, in its own number or in the pool, whenever which is read', async () => {
    const { web, hub, pass } = await setUp()
    web.sell([{ listing: 'mug', quantity: 3 }])
    await hub.sync()
    // Not in work yet: TikTok may not have it off, so the pool has.
    expect((await hub.stock.get('MUG')).available).toBeLessThanOrEqual(7)
    for (let times = 0; times < 4; times += 1) await pass(3 * minuteMs)
    expect(await hub.stock.get('MUG')).toMatchObject({ available: 7, reserved: 3 })
  })

  it('looks at open orders and no longer at those that are over', async () => {
    const { simulator, web, hub, pass, first } = await setUp()
    web.sell([{ listing: 'mug', quantity: 3 }])
    await hub.sync()
    const looks = async () => {
      simulator.log.clear()
      await pass()
      return simulator.count('GetFBFMCFOrderStatus')
    }
    // A whole pass asks before its jobs, and after.
    expect(await looks()).toBe(2)
    await simulator.control('ship', {})
    expect(await looks()).toBe(2)
    await simulator.control('mcf/move', { reference: first().reference, to: 'COMPLETED' })
    expect(await looks()).toBe(1)
    expect(await looks()).toBe(0)
  })

  it('stops at TikTok what the channel cancelled', async () => {
    const { web, hub, pass, units } = await setUp()
    const order = web.sell([{ listing: 'mug', quantity: 3 }]) ?? ''
    await hub.sync()
    web.cancel(order)
    await pass()
    expect(units()).toBe(0)
    await pass()
    expect(await hub.stock.get('MUG')).toMatchObject({ available: 10, reserved: 0 })
  })

  it('asks a person when TikTok closes an order unasked, and ships it anew once told to', async () => {
    const { simulator, web, hub, told, pass, units, first } = await setUp()
    const order = web.sell([{ listing: 'mug', quantity: 3 }]) ?? ''
    await hub.sync()
    await simulator.control('mcf/close', { reference: first().reference, issue: 'Lack of inventory' })
    await pass(6 * minuteMs)
    expect(told.join()).toMatch(/TikTok closed OBF\d+ by itself: Lack of inventory/)
    expect(units()).toBe(0)
    await hub.orders.resume('web', order)
    await pass()
    expect(units()).toBe(3)
    expect(new Set(providerState(simulator).orders.map(({ reference }) => reference)).size).toBe(2)
  })
})

describe('after a lost answer to the create', () => {
  it('the order is there once, and its id is learnt from the refusal where that names it', async () => {
    const { simulator, web, hub, told, pass, units } = await setUp({ duplicates: 'named' })
    web.sell([{ listing: 'mug', quantity: 3 }])
    loseTheAnswer(simulator)
    await hub.sync()
    await simulator.control('ship', {})
    await pass(6 * minuteMs)
    await pass(6 * minuteMs)
    expect(await hub.stock.get('MUG')).toMatchObject({ available: 7, reserved: 0 })
    expect(units()).toBe(3)
    expect(told).toEqual([])
  })

  it('else from a webhook, whose word for it is checked before it is believed', async () => {
    const { clock, simulator, web, hub, told, pass, units, shipped, first } = await setUp()
    const order = web.sell([{ listing: 'mug', quantity: 3 }]) ?? ''
    loseTheAnswer(simulator)
    await hub.sync()
    await pass()
    expect(units()).toBe(3)
    // Of another order, and of none: neither is taken for ours.
    await hub.webhook(await news(simulator, clock, { ...first(), id: '7136100000000000000' }))
    await hub.sync()
    expect(told.splice(0).join()).toMatch(/no order 7136100000000000000 under the reference/)
    await hub.webhook(await news(simulator, clock, first()))
    await hub.sync()
    await simulator.control('ship', {})
    await pass(6 * minuteMs)
    expect(await shipped(order)).toBe(3)
    expect(units()).toBe(3)
    expect(told).toEqual([])
    expect(simulator.count('CreateFBTMCFOrder')).toBe(2)
  })

  it('else a person is asked for it once, and nothing is sent again, under no reference', async () => {
    const { simulator, web, hub, told, pass, units, shipped, first } = await setUp()
    const order = web.sell([{ listing: 'mug', quantity: 3 }]) ?? ''
    loseTheAnswer(simulator)
    await hub.sync()
    for (let times = 0; times < 5; times += 1) {
      await pass(10 * minuteMs)
      await hub.orders.resume('web', order)
    }
    expect(told.length).toBe(1)
    expect(told[0]).toMatch(
      /never told its own id .* hub\.orders\.resume\('web', 'o1', \{ provider: 'tik', id \}\)/,
    )
    expect(units()).toBe(3)
    expect(simulator.count('CreateFBTMCFOrder')).toBe(2)
    expect(await hub.stock.get('MUG')).toMatchObject({ available: 4, reserved: 3 })

    await hub.orders.resume('web', order, { provider: 'tik', id: first().id })
    await simulator.control('ship', {})
    await pass(6 * minuteMs)
    expect(await shipped(order)).toBe(3)
    await pass(6 * minuteMs)
    expect(await hub.stock.get('MUG')).toMatchObject({ available: 7, reserved: 0 })
    await expect(hub.orders.resume('web', order, { provider: 'tik', id: '1' })).rejects.toMatchObject({
      code: 'not_found',
      field: 'provider',
    })
    expect((await hub.jobs.list({ state: 'dead' })).length).toBe(0)
  })

  it('it is stopped, if it is no longer wanted, as soon as its id is known', async () => {
    const { simulator, web, hub, told, pass, units, first } = await setUp()
    const order = web.sell([{ listing: 'mug', quantity: 3 }]) ?? ''
    loseTheAnswer(simulator)
    await hub.sync()
    web.cancel(order)
    await pass()
    expect(told.join()).toMatch(/may have \S+ since an answer was lost/)
    expect(units()).toBe(3)
    await hub.orders.resume('web', order, { provider: 'tik', id: first().id })
    await pass()
    await pass()
    expect(units()).toBe(0)
    expect(await hub.stock.get('MUG')).toMatchObject({ available: 10, reserved: 0 })
  })

  it('nothing is repeated days later, when the order may be over and its reference free again', async () => {
    const { clock, simulator, web, hub, told, pass, units, shipped, first } = await setUp()
    const order = web.sell([{ listing: 'mug', quantity: 3 }]) ?? ''
    loseTheAnswer(simulator)
    simulator.faults.arm({ operation: 'CreateFBTMCFOrder', kind: 'status', status: 503, times: 100 })
    await hub.sync()
    simulator.faults.clear()
    await simulator.control('ship', {})
    await simulator.control('mcf/move', { reference: first().reference, to: 'COMPLETED' })
    await clock.advance(2 * 24 * 60 * minuteMs)
    await pass()
    expect(told.join()).toMatch(
      /may have \S+ since an answer was lost, .* or id: null if it has no such order/,
    )
    expect(units()).toBe(3)
    await hub.orders.resume('web', order, { provider: 'tik', id: first().id })
    await pass()
    expect(await shipped(order)).toBe(3)
    expect(units()).toBe(3)
  })

  it('a person may say then that it never arrived, and it is sent', async () => {
    const { clock, simulator, web, hub, told, pass, units } = await setUp()
    const order = web.sell([{ listing: 'mug', quantity: 3 }]) ?? ''
    simulator.faults.arm({ operation: 'CreateFBTMCFOrder', kind: 'status', status: 503, times: 100 })
    await hub.sync()
    simulator.faults.clear()
    await clock.advance(2 * 24 * 60 * minuteMs)
    await pass()
    expect(told).toHaveLength(1)
    expect(units()).toBe(0)
    await hub.orders.resume('web', order, { provider: 'tik', id: null })
    await pass()
    expect(units()).toBe(3)
  })

  it('a person may say that it never arrived, when the crash came before it was sent', async () => {
    const { simulator, web, hub, pass, units } = await setUp()
    const order = web.sell([{ listing: 'mug', quantity: 3 }]) ?? ''
    simulator.faults.arm({ operation: 'CreateFBTMCFOrder', kind: 'status', status: 503, times: 100 })
    await hub.sync()
    web.change(order, ({ lines: [line] }) => {
      if (line) line.cancelled = 1
    })
    await pass()
    simulator.faults.clear()
    expect(units()).toBe(0)
    await hub.orders.resume('web', order, { provider: 'tik', id: null })
    await pass()
    expect(units()).toBe(2)
  })
})

describe('the same goods shown twice', () => {
  it('by one connection are refused', () => {
    const { options } = { options: { appKey: 'k', appSecret: 's', refreshToken: 'r' } }
    expect(() => tiktok({ ...options, fbt: true, mcf: true })).toThrow(
      expect.objectContaining({ code: 'invalid_input', field: 'fbt' }),
    )
  })

  it('by two connections of one shop count once: what is shown as stock elsewhere promises nothing', async () => {
    const clock = virtualClock(Date.UTC(2026, 6, 1, 9), { autoAdvance: true })
    const simulator = await startTikTokSimulator({ clock })
    opened.push(async () => {
      clock.stop()
      await simulator.close()
    })
    await simulator.control('stock', { sku: 'MUG', quantity: 10 })
    const hub = createHub({
      store: freshStore(),
      clock,
      connections: {
        shop: tiktok({ ...simulator.options, fbt: true }),
        tik: provider(simulator.options),
      },
    })
    opened.push(() => hub.close())
    await hub.items.put({ sku: 'MUG' })
    await hub.sync()
    expect((await hub.stock.get('MUG')).available).toBe(10)
    expect((await hub.stock.elsewhere('MUG')).map(({ quantity }) => quantity)).toEqual([10])
  })
})
