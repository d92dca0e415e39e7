import { afterEach } from 'vitest'
import { StockpoolError } from '../../src/error.ts'
import { createHub, type HubOptions, type Quote } from '../../src/index.ts'
import { storeAt } from '../stores.ts'
import { FakeShop, FakeWarehouse, ManualClock } from './fakes.ts'
import { newFile } from './kit.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((hub) => hub.close()))
})

export const rejected = () => new StockpoolError('rejected', 'no such street')

interface Given {
  readonly east: number
  readonly west: number
  readonly options?: Partial<Omit<HubOptions<never>, 'tracker'>>
  /** Whether they can stop a part of an order and go on with the rest. */
  readonly keeps?: boolean
  readonly quotes?: Readonly<Partial<Record<'east' | 'west', readonly Quote[]>>>
}

/** A shop, two warehouses with mugs, east asked first, and an order of three mugs that nobody has read yet. */
export async function twoWarehouses({ east: eastHas, west: westHas, options, keeps = false, quotes }: Given) {
  const clock = new ManualClock()
  const web = new FakeShop(clock)
  const [east, west] = [new FakeWarehouse(clock, { keeps }), new FakeWarehouse(clock, { keeps })]
  east.quotes = quotes?.east ?? null
  west.quotes = quotes?.west ?? null
  east.onHand.set('MUG', eastHas)
  west.onHand.set('MUG', westHas)
  const file = await newFile()
  const open = () => {
    const hub = createHub({
      store: storeAt(file),
      connections: { web: web.connection(), east: east.connection(), west: west.connection() },
      clock,
      ...options,
    })
    opened.push(hub)
    return hub
  }
  const hub = open()
  const pass = async (by = hub) => {
    clock.advance(1000)
    const report = await by.sync()
    clock.advance(1)
    return report
  }
  const attention: string[] = []
  hub.on('order.attention', ({ reason }) => attention.push(reason))
  await hub.items.put({ sku: 'MUG' })
  web.shown.set('mug', 0)
  await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
  await pass()
  const id = web.sell([{ listing: 'mug', quantity: 3 }])
  if (id === null) throw new Error('not sold')
  const places = async () =>
    Object.fromEntries(
      (await hub.stock.get('MUG')).locations.map(({ location, available, reserved }) => [
        location,
        `${available}/${reserved}`,
      ]),
    )
  const timeline = async () => (await hub.orders.timeline('web', id)).map(({ text }) => text)
  const live = (warehouse: FakeWarehouse) =>
    [...warehouse.orders.values()]
      .filter(({ status }) => status !== 'cancelled' && status !== 'rejected')
      .map(({ request }) => request.lines.map(({ quantity }) => quantity))
  return { clock, web, east, west, hub, open, pass, id, places, timeline, live, attention }
}
