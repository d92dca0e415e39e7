import { describe, expect, it } from 'vitest'
import { createHub, type Database, StockpoolError } from '../../src/index.ts'
import type { Hint, WebhookEvent } from '../../src/spec/webhooks.ts'
import { storeAt } from '../stores.ts'
import { bare, FakeShop, ManualClock } from './fakes.ts'
import { closeLater, down, newFile } from './kit.ts'

const event = (id: string, ...hints: Hint[]): WebhookEvent => ({ id, topic: 'test', occurredAt: null, hints })
const order = (id: string): Hint => ({ kind: 'order', order: id })

/** A shop that sends its notifications into a queue: whatever is not acknowledged comes again. */
async function shop(file = ':memory:') {
  const clock = new ManualClock()
  const web = new FakeShop(clock)
  const waiting = new Map<string, WebhookEvent | StockpoolError>()
  const queue = {
    fault: null as StockpoolError | null,
    acknowledged: [] as string[],
    ensured: 0,
    calls: [] as string[],
  }
  const db = { broken: false }
  const change = (database: Database): Database => ({
    dialect: database.dialect,
    read: (work) => database.read(work),
    close: () => database.close(),
    transaction: (work, options) => {
      if (db.broken) throw new StockpoolError('database', 'the process is gone')
      return database.transaction(work, options)
    },
  })
  const ask = (call: string) => {
    queue.calls.push(call)
    if (queue.fault) throw queue.fault
  }
  const open = () => {
    const store = storeAt(file)
    const hub = createHub({
      store: { ...store, open: async () => change(await store.open()) },
      clock,
      connections: {
        web: {
          ...web.connection(),
          queue: {
            parse(message: unknown) {
              if (typeof message !== 'object' || message === null || !('id' in message))
                throw new StockpoolError('invalid_input', 'this is no notification', { field: 'message' })
              return message as WebhookEvent
            },
            async receive() {
              ask('receive')
              return [...waiting].slice(0, 2).map(([receipt, event]) => ({ receipt, event }))
            },
            async acknowledge(_: unknown, receipts: readonly string[]) {
              ask('acknowledge')
              for (const receipt of receipts) waiting.delete(receipt)
              queue.acknowledged.push(...receipts)
            },
            async ensure() {
              ask('ensure')
              queue.ensured++
            },
          },
        },
        deaf: bare,
      },
    })
    closeLater(hub)
    return hub
  }
  const hub = open()
  await hub.items.put({ sku: 'MUG' })
  await hub.stock.receive('MUG', 10, { location: 'main', key: 'first' })
  web.shown.set('mug', 0)
  await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
  await hub.sync()
  clock.advance(1000)
  return { clock, web, waiting, queue, db, open, hub }
}

const gets = ({ web }: { web: FakeShop }) => web.calls.filter((call) => call === 'orders.get').length

describe('a queue of notifications', () => {
  it('is emptied: each event is followed once, and acknowledged after it is stored', async () => {
    const world = await shop()
    const { hub, web, waiting, queue } = world
    web.sell([{ listing: 'mug', quantity: 2 }])
    waiting.set('m1', event('e1', order('o1'), { kind: 'return', id: null }))
    waiting.set('m2', event('e1', order('o1')))
    waiting.set('m3', event('e2', { kind: 'ignored', topic: 'weather' }))
    const report = await hub.sync()
    expect(report.web.errors).toEqual([])
    expect(queue.acknowledged).toEqual(['m1', 'm2', 'm3'])
    expect(gets(world)).toBe(1)
    waiting.set('m4', event('e1', order('o1')))
    await hub.sync()
    expect(gets(world)).toBe(1)
    expect(queue.ensured).toBe(1)
  })

  it('gives a message again that the process died over: before its commit, or before it was acknowledged', async () => {
    const world = await shop(await newFile())
    const { hub, waiting, queue, db, open, clock } = world
    waiting.set('m1', event('e1', order('o1')))
    db.broken = true
    await hub.sync().catch(() => undefined)
    expect(queue.acknowledged).toEqual([])
    db.broken = false
    clock.advance(60_000)
    const next = open()
    const real = waiting.delete
    queue.calls.length = 0
    waiting.delete = () => {
      throw down()
    }
    await next.sync()
    waiting.delete = real
    expect(gets(world)).toBe(1)
    clock.advance(60_000)
    await next.sync()
    expect(queue.acknowledged).toEqual(['m1'])
    expect(gets(world)).toBe(1)
  })

  it('that is dead, or refuses its credential, stops nothing: orders are polled as ever', async () => {
    for (const code of ['unavailable', 'auth'] as const) {
      const { hub, web, queue } = await shop()
      queue.fault = new StockpoolError(code, 'the queue is gone')
      web.sell([{ listing: 'mug', quantity: 2 }])
      const report = await hub.sync()
      expect(report.web).toMatchObject({ ordersPlaced: 1, skipped: null })
      expect(report.web.errors).toMatchObject([
        { doing: 'queue', code: code === 'auth' ? 'permission' : code },
      ])
      expect((await hub.connections.list())[0]?.pausedAt).toBeNull()
      expect(await hub.stock.get('MUG')).toMatchObject({ reserved: 2 })
    }
  })

  it('that holds what nobody can read goes on behind it, and tells of it once', async () => {
    const world = await shop()
    const { hub, waiting, queue } = world
    waiting.set('m1', new StockpoolError('invalid_input', 'the notification has no type', { field: 'type' }))
    waiting.set('m2', event('e2', order('o1')))
    const report = await hub.sync()
    expect(report.web.errors).toMatchObject([
      { doing: 'reading a message of the queue', code: 'invalid_input' },
    ])
    expect(queue.acknowledged).toEqual(['m1', 'm2'])
    expect((await hub.sync()).web.errors).toEqual([])
  })
})

describe('a message that is handed in', () => {
  it('is taken once, whichever way it comes', async () => {
    const world = await shop()
    const { hub, web, waiting } = world
    web.sell([{ listing: 'mug', quantity: 2 }])
    expect(await hub.notify('web', event('e1', order('o1')))).toEqual({ received: 'e1', repeated: false })
    expect(await hub.notify('web', event('e1', order('o1')))).toEqual({ received: 'e1', repeated: true })
    waiting.set('m1', event('e1', order('o1')))
    await hub.sync()
    expect(gets(world)).toBe(1)
  })

  it.each([
    ['that is none', 'web', 'hello', 'invalid_input', 'message'],
    ['for a connection without a queue', 'deaf', {}, 'unsupported', 'connection'],
    ['for an unknown connection', 'nope', {}, 'not_found', 'connection'],
  ])('%s is refused', async (_what, connection, message, code, field) => {
    const { hub } = await shop()
    await expect(hub.notify(connection as 'web', message)).rejects.toMatchObject({ code, field })
  })
})
