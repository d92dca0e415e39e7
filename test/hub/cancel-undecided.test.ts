import { describe, expect, it } from 'vitest'
import { createHub } from '../../src/index.ts'
import type { CancelOrderRequest, CancelResult } from '../../src/spec/orders.ts'
import { freshStore } from '../stores.ts'
import { FakeShop, ManualClock } from './fakes.ts'
import { closeLater } from './kit.ts'

const hour = 3_600_000

/** An order of a channel that takes cancellations into a queue, and works it off when it likes. */
async function queued() {
  const clock = new ManualClock()
  const web = new FakeShop(clock)
  const asked: CancelOrderRequest[] = []
  const says: { result: CancelResult } = { result: { outcome: 'unknown', handle: 'ticket-1' } }
  const { orders, ...shop } = web.connection()
  const hub = createHub({
    store: freshStore(),
    clock,
    connections: {
      web: {
        ...shop,
        orders: {
          ...orders,
          async cancel(_: unknown, request: CancelOrderRequest) {
            asked.push(request)
            if (says.result.outcome === 'stopped') web.cancel(request.order)
            return says.result
          },
          answerCancelRequest: async () => says.result,
        },
      },
    },
  })
  closeLater(hub)
  await hub.items.put({ sku: 'MUG' })
  await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
  await hub.stock.receive('MUG', 10, { location: 'main', key: 'first' })
  web.shown.set('mug', 10)
  const order = web.sell([{ listing: 'mug', quantity: 2 }]) ?? ''
  const pass = async (ms = 1000) => {
    clock.advance(ms)
    await hub.sync()
  }
  for (let i = 0; i < 2; i++) await pass()
  const reasons: string[] = []
  hub.on('order.attention', ({ reason }) => reasons.push(reason))
  const undecided = async () =>
    (await hub.orders.timeline('web', order)).filter(({ text }) => text.includes('not decided yet'))
  return { web, hub, order, pass, asked, says, reasons, undecided }
}

describe('a cancellation that its channel has not decided', () => {
  it('is asked for again with what the channel gave for it, for as long as that takes, and said once', async () => {
    const { hub, order, pass, asked, says, undecided } = await queued()
    await hub.orders.cancel('web', order)
    await pass()
    for (let i = 0; i < 20; i++) await pass(hour)
    expect(asked.length).toBeGreaterThan(15)
    expect(asked.map(({ underway, repeated }) => [underway, repeated])).toEqual([
      [null, false],
      ...asked.slice(1).map(() => ['ticket-1', true]),
    ])
    expect(await undecided()).toHaveLength(1)
    expect(await hub.jobs.list()).toMatchObject([{ kind: 'order.cancel', state: 'waiting', error: null }])
    says.result = { outcome: 'stopped' }
    await pass(hour)
    expect(await hub.orders.get('web', order)).toMatchObject({ status: 'cancelled' })
    expect(await hub.jobs.list()).toEqual([])
  })

  it('is a person’s after two days', async () => {
    const { hub, order, pass, reasons } = await queued()
    await hub.orders.cancel('web', order)
    await pass()
    await pass(47 * hour)
    expect(reasons).toEqual([])
    await pass(2 * hour)
    expect(reasons).toEqual([expect.stringContaining('has not decided for two days')])
    expect(await hub.jobs.list()).toEqual([])
  })

  it('is followed as well when it was a buyer’s request that was accepted', async () => {
    const { web, hub, order, pass, asked, says } = await queued()
    web.change(order, (one) => {
      one.cancelRequested = true
    })
    await pass()
    await hub.orders.answerCancel('web', order, { accept: true })
    await pass()
    await pass(60_000)
    expect(asked).toMatchObject([{ order, reason: 'customer', underway: 'ticket-1' }])
    says.result = { outcome: 'stopped' }
    await pass(hour)
    expect(await hub.orders.get('web', order)).toMatchObject({ status: 'cancelled' })
    expect(await hub.jobs.list()).toEqual([])
  })
})
