import { createHub, type Database, StockpoolError } from '../../src/index.ts'
import type { ProviderReturn } from '../../src/spec/fulfillment.ts'
import type { Hint } from '../../src/spec/webhooks.ts'
import { storeAt } from '../stores.ts'
import { FakeReturns } from './fake-returns.ts'
import { bare, FakeShop, FakeWarehouse, ManualClock } from './fakes.ts'
import { closeLater } from './kit.ts'

interface Options {
  encryptionKey?: string
  file?: string
  /** Whether the warehouse is there: each connection makes each pass longer. */
  warehouse?: boolean
}

/** A web shop that takes returns, a warehouse that tells what comes back, and something that can do nothing. */
async function shop({ encryptionKey, file = ':memory:', warehouse = false }: Options) {
  const clock = new ManualClock()
  const [web, east] = [new FakeShop(clock), new FakeWarehouse(clock)]
  const came: ProviderReturn[] = []
  let events = 0
  const returns = new FakeReturns(clock)
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
  const { fulfillment, ...rest } = east.connection()
  const tells = async () => ({ returns: came.slice(), cursor: String(came.length), more: false })
  const store = { ...rest, fulfillment: { ...fulfillment, returns: tells } }
  const connections = {
    web: {
      ...web.connection(),
      returns: returns.facet(),
      queue: {
        parse: (hint: unknown) => ({
          id: `e${++events}`,
          topic: '',
          occurredAt: null,
          hints: [hint as Hint],
        }),
      },
    },
    bare,
    east: warehouse ? store : (bare as unknown as typeof store),
  }
  const open = () => {
    const store = storeAt(file)
    const hub = createHub({
      store: { ...store, open: async () => change(await store.open()) },
      clock,
      ...(encryptionKey === undefined ? {} : { encryptionKey }),
      connections,
    })
    closeLater(hub)
    return hub
  }
  const hub = open()
  await hub.items.put({ sku: 'MUG' })
  await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
  const pass = async (one = hub, ms = 1000) => {
    clock.advance(ms)
    const report = await one.sync()
    clock.advance(1)
    return report
  }
  return { clock, web, east, came, returns, db, open, hub, pass }
}

/** Ten mugs at a place of the merchant's own, two of them sold. */
export async function sold(options: Options = {}) {
  const world = await shop(options)
  await world.hub.stock.receive('MUG', 10, { location: 'main', key: 'first' })
  world.web.shown.set('mug', 10)
  world.web.sell([{ listing: 'mug', quantity: 2 }])
  await world.pass()
  return world
}

/** Ten mugs at a warehouse that tells what comes back, two of them sold and shipped. */
export async function shipped() {
  const world = await shop({ warehouse: true })
  const { east } = world
  east.onHand.set('MUG', 10)
  world.web.shown.set('mug', 10)
  await world.pass()
  world.web.sell([{ listing: 'mug', quantity: 2 }])
  await world.pass()
  const [reference = ''] = east.orders.keys()
  east.ship(reference)
  await world.pass(world.hub, 60_000)
  return { ...world, reference }
}
