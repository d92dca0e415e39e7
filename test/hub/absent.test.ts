import { afterEach, describe, expect, it } from 'vitest'
import { createHub, type StockpoolError } from '../../src/index.ts'
import type { Connection } from '../../src/spec/index.ts'
import { freshStore } from '../stores.ts'
import { FakeShop, ManualClock } from './fakes.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A shop window whose platform took its orders away, next to a web shop. */
function setUp() {
  const clock = new ManualClock()
  const { orders: _, shipments: __, ...rest }: Connection = new FakeShop(clock).connection()
  const window: Connection = {
    ...rest,
    absent: {
      orders: { since: '2026-10-27', why: 'the platform removed them', instead: 'Ask the web shop.' },
    },
  }
  const connections: Record<string, Connection> = { window, web: new FakeShop(clock).connection() }
  const hub = createHub({ store: freshStore(), clock, connections })
  closing.push(() => hub.close())
  return hub
}

describe('a connection that says why it has no orders', () => {
  it.each([
    ['orders.get', (hub: ReturnType<typeof setUp>) => hub.orders.get('window', '1')],
    ['orders.list', (hub: ReturnType<typeof setUp>) => hub.orders.list({ connection: 'window' })],
    ['orders.person', (hub: ReturnType<typeof setUp>) => hub.orders.person('window', '1')],
    ['orders.timeline', (hub: ReturnType<typeof setUp>) => hub.orders.timeline('window', '1')],
    ['orders.cancel', (hub: ReturnType<typeof setUp>) => hub.orders.cancel('window', '1')],
    ['orders.resume', (hub: ReturnType<typeof setUp>) => hub.orders.resume('window', '1')],
    ['shipments.list', (hub: ReturnType<typeof setUp>) => hub.shipments.list('window', '1')],
    [
      'shipments.add',
      (hub: ReturnType<typeof setUp>) =>
        hub.shipments.add({
          connection: 'window',
          order: '1',
          key: 'p',
          carrier: 'ups',
          trackingNumber: '1Z',
        }),
    ],
  ])('answers %s with the day, the reason and the way round', async (_, ask) => {
    const error: StockpoolError = await ask(setUp()).then(
      () => expect.fail('it should have thrown'),
      (thrown) => thrown,
    )
    expect(error).toMatchObject({
      code: 'unsupported',
      retryable: false,
      field: 'connection',
      remedy: 'Ask the web shop.',
      details: { since: '2026-10-27' },
    })
    expect(error.message).toContain('has no orders since 2026-10-27: the platform removed them')
  })

  it('leaves the other connections as they are', async () => {
    const hub = setUp()
    expect(await hub.orders.get('web', 'nobody')).toBeNull()
    await expect(hub.orders.get('nowhere', '1')).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('a channel that tells no orders', () => {
  it('is shown the whole offer, however low somebody has set its number: it has sold nothing', async () => {
    const clock = new ManualClock()
    const shop = new FakeShop(clock)
    const { orders: _, shipments: __, ...window }: Connection = shop.connection()
    const connections: Record<string, Connection> = { window }
    const hub = createHub({ store: freshStore(), clock, connections })
    closing.push(() => hub.close())
    await hub.items.put({ sku: 'MUG' })
    await hub.stock.receive('MUG', 9, { location: 'main', key: 'first' })
    shop.shown.set('mug', 0)
    await hub.listings.link({ sku: 'MUG', connection: 'window', listing: 'mug' })
    await hub.sync()
    expect(shop.shown.get('mug')).toBe(9)

    clock.advance(1000)
    shop.shown.set('mug', 2)
    expect((await hub.drift()).differences).toMatchObject([{ shown: 2, cause: 'changed-on-channel' }])
    await hub.stock.receive('MUG', 1, { location: 'main', key: 'second' })
    await hub.sync()
    expect(shop.shown.get('mug')).toBe(10)
    expect((await hub.drift()).differences).toEqual([])
  })
})
