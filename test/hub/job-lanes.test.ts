import { describe, expect, it } from 'vitest'
import { createHub } from '../../src/index.ts'
import { freshStore } from '../stores.ts'
import { FakeShop, ManualClock } from './fakes.ts'
import { closeLater } from './kit.ts'

/** A channel that sends acknowledgements on together, and takes its time for it. */
async function shop(orders: number) {
  const clock = new ManualClock()
  const web = new FakeShop(clock)
  const gate = Promise.withResolvers<void>()
  const asked: string[] = []
  const { orders: facet, ...rest } = web.connection()
  const hub = createHub({
    store: freshStore(),
    clock,
    connections: {
      web: {
        ...rest,
        together: { acknowledge: 20 },
        orders: {
          ...facet,
          async acknowledge(_: unknown, order: string) {
            asked.push(order)
            await gate.promise
          },
        },
      },
    },
  })
  closeLater(hub)
  await hub.items.put({ sku: 'MUG' })
  await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
  await hub.stock.receive('MUG', 100, { location: 'main', key: 'first' })
  web.shown.set('mug', 100)
  for (let i = 0; i < orders; i++) web.sell([{ listing: 'mug', quantity: 1 }])
  clock.advance(1000)
  return { clock, web, hub, gate, asked }
}

describe('calls that a channel sends on together', () => {
  it('are made so many at once', async () => {
    const { hub, gate, asked } = await shop(15)
    const pass = hub.sync()
    await expect.poll(() => asked.length).toBe(15)
    gate.resolve()
    await pass
    expect(await hub.jobs.list()).toEqual([])
  })

  it('keep nothing else of the channel waiting', async () => {
    const { clock, web, hub, gate, asked } = await shop(3)
    const pass = hub.sync()
    await expect.poll(() => asked.length).toBe(3)
    await hub.orders.cancel('web', 'o1')
    // The other lane looks again within a second.
    await expect
      .poll(async () => {
        clock.advance(1000)
        return web.orders.get('o1')?.status
      })
      .toBe('cancelled')
    gate.resolve()
    await pass
    expect(await hub.jobs.list()).toEqual([])
  })
})
