import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/http/index.ts'
import { createHub } from '../../src/index.ts'
import { postgres } from '../../src/store/postgres.ts'
import { FakeShop } from '../hub/fakes.ts'
import { endHelpers, Helper, type OwnDatabase, ownDatabase, until } from './support.ts'

let own: OwnDatabase
beforeEach(async () => {
  own = await ownDatabase()
})
afterEach(async () => {
  await endHelpers()
  await own.drop()
})

interface Said {
  readonly status: string
  readonly onHand: number
  readonly orders: number
  readonly offer: number
}

describe('a process whose hub is never started', () => {
  it('adds stock and reads while a worker sells, and calls no platform', async () => {
    const times = 40
    const web = new FakeShop(systemClock)
    const hub = createHub({
      store: postgres(own.pool(), { schema: 'shop' }),
      connections: { web: { ...web.connection(), intervals: { ordersMs: 50 } } },
    })
    try {
      await hub.items.put({ sku: 'MUG' })
      web.shown.set('mug', 0)
      await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
      await hub.start()
      const server = new Helper('web-server.ts', [own.url, 'shop', String(times)])
      let sold = 0
      await until(() => {
        if (sold < 10 && web.sell([{ listing: 'mug', quantity: 1 }]) !== null) sold++
        return server.child.exitCode !== null
      })
      expect(await server.ended()).toBe(0)
      const said = server.lines.slice(0, times) as Said[]
      expect(said.map(({ status }) => status)).toEqual(Array(times).fill('posted'))
      expect(said.map(({ onHand }) => onHand)).toEqual(Array.from({ length: times }, (_, n) => n + 1))
      expect(server.lines.at(-1)).toEqual({ calls: [] })
      // What it added is on sale, though it told no worker.
      await until(() => web.shown.get('mug') === times - sold)
      await until(async () => (await hub.orders.list({ connection: 'web' })).orders.length === sold)
      expect(sold).toBeGreaterThan(0)
      expect(await hub.stock.get('MUG')).toMatchObject({ available: times - sold, reserved: sold })
      expect(await hub.stock.verify()).toEqual({ ok: true, differences: [] })
    } finally {
      await hub.close()
    }
    expect(await own.deadlocks()).toBe(0)
  })
})
