import { describe, expect, it } from 'vitest'
import { createHub } from '../../src/index.ts'
import type { CancelOutcome } from '../../src/spec/orders.ts'
import { freshStore } from '../stores.ts'
import { bare, FakeShop, FakeWarehouse, ManualClock } from './fakes.ts'
import { closeLater, failing, lostAnswer } from './kit.ts'

/** A mug sold on web, whose buyer asks to cancel before anything was given to the warehouse. */
async function asked({ says = 'stopped' }: { says?: CancelOutcome } = {}) {
  const clock = new ManualClock()
  const [web, east] = [new FakeShop(clock), new FakeWarehouse(clock)]
  const given: [string, boolean][] = []
  const taken: string[] = []
  const answers = { fault: (() => {}) as FakeShop['fault'] }
  const { orders, ...shop } = web.connection()
  const hub = createHub({
    store: freshStore(),
    clock,
    connections: {
      web: {
        ...shop,
        orders: {
          ...orders,
          async answerCancelRequest(_: unknown, order: string, accept: boolean) {
            answers.fault('answer', 'before')
            given.push([order, accept])
            if (says !== 'too_late') {
              if (accept) web.cancel(order)
              web.change(order, (one) => {
                one.cancelRequested = false
              })
            }
            answers.fault('answer', 'after')
            return { outcome: says }
          },
          async acknowledge(_: unknown, order: string) {
            answers.fault('acknowledge', 'before')
            taken.push(order)
            answers.fault('acknowledge', 'after')
          },
        },
      },
      plain: bare,
      east: east.connection(),
    },
  })
  closeLater(hub)
  await hub.items.put({ sku: 'MUG' })
  east.onHand.set('MUG', 10)
  web.shown.set('mug', 0)
  await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
  const pass = async (ms = 1000) => {
    clock.advance(ms)
    await hub.sync()
    clock.advance(1)
  }
  await pass()
  web.sell([{ listing: 'mug', quantity: 2 }])
  web.change('o1', (order) => {
    order.cancelRequested = true
  })
  await pass()
  const texts = async () => (await hub.orders.timeline('web', 'o1')).map(({ text }) => text)
  return { hub, web, east, given, taken, answers, pass, texts }
}

describe('a buyer’s request to cancel', () => {
  it('that is accepted cancels the order, and frees its stock', async () => {
    const { hub, east, given, pass, texts } = await asked()
    expect(east.orders.size).toBe(0)
    await hub.orders.answerCancel('web', 'o1', { accept: true })
    await pass()
    expect(given).toEqual([['o1', true]])
    expect(await hub.orders.get('web', 'o1')).toMatchObject({ status: 'cancelled' })
    expect(await hub.stock.get('MUG')).toMatchObject({ available: 10, reserved: 0 })
    expect(await texts()).toContain('web: the request to cancel is accepted')
    expect([east.orders.size, await hub.jobs.list()]).toEqual([0, []])
  })

  it('that is refused lets the order go on; the latest answer counts', async () => {
    const { hub, east, given, pass } = await asked()
    await hub.orders.answerCancel('web', 'o1', { accept: true })
    await hub.orders.answerCancel('web', 'o1', { accept: false })
    for (let i = 0; i < 2; i++) await pass()
    expect(given).toEqual([['o1', false]])
    expect([...east.orders.values()]).toMatchObject([{ status: 'accepted' }])
  })

  it('whose answer was lost is looked at before it is answered again', async () => {
    for (const phase of ['before', 'after'] as const) {
      const { hub, given, answers, pass } = await asked()
      failing(answers, 'answer', lostAnswer(), { phase })
      await hub.orders.answerCancel('web', 'o1', { accept: true })
      for (let i = 0; i < 2; i++) await pass(60_000)
      expect(given).toEqual([['o1', true]])
      expect(await hub.orders.get('web', 'o1')).toMatchObject({ status: 'cancelled' })
      expect(await hub.jobs.list()).toEqual([])
    }
  })

  it('that is answered too late is a person’s', async () => {
    const { hub, pass } = await asked({ says: 'too_late' })
    const reasons: string[] = []
    hub.on('order.attention', ({ reason }) => reasons.push(reason))
    await hub.orders.answerCancel('web', 'o1', { accept: true })
    await pass()
    expect(reasons).toEqual([expect.stringContaining('too late')])
  })

  it('is not answered where the channel takes none, or of an order that nobody read', async () => {
    const { hub } = await asked()
    const answer = (connection: string, order: string, options: object) =>
      hub.orders.answerCancel(connection as 'web', order, options as { accept: boolean })
    await expect(answer('plain', 'o1', { accept: true })).rejects.toMatchObject({ code: 'unsupported' })
    await expect(answer('web', 'o9', { accept: true })).rejects.toMatchObject({
      code: 'not_found',
      field: 'order',
    })
    await expect(answer('web', 'o1', {})).rejects.toMatchObject({ code: 'invalid_input', field: 'accept' })
  })
})

describe('a channel that wants to know', () => {
  it('is told once that an order was taken in, and again only when nobody knows whether it was', async () => {
    const { hub, web, taken, answers, pass } = await asked()
    expect(taken).toEqual(['o1'])
    failing(answers, 'acknowledge', lostAnswer(), { phase: 'after' })
    web.sell([{ listing: 'mug', quantity: 1 }])
    for (let i = 0; i < 3; i++) await pass(60_000)
    expect(taken).toEqual(['o1', 'o2', 'o2'])
    // One that was over when it was first seen waits for no word.
    web.cancel(web.sell([{ listing: 'mug', quantity: 1 }]) ?? '')
    for (let i = 0; i < 2; i++) await pass()
    expect(taken).toHaveLength(3)
    expect(await hub.jobs.list()).toEqual([])
  })
})
