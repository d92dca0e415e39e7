import { describe, expect, it } from 'vitest'
import { type Kit, pass, setUp, stocked } from './kit.ts'

type Call = (hub: Kit['hub']) => unknown

async function sold(): Promise<Kit> {
  const kit = setUp()
  await stocked(kit, { own: 9 })
  kit.web.sell([{ listing: 'mug', quantity: 2 }])
  await pass(kit)
  return kit
}

const none = undefined as never
const web = (connection: string) => connection as 'web'

describe('an unknown connection', () => {
  const calls: [string, Call][] = [
    ['orders.get', (hub) => hub.orders.get(web('nope'), 'o1')],
    ['orders.list', (hub) => hub.orders.list({ connection: web('nope') })],
    ['orders.person', (hub) => hub.orders.person(web('nope'), 'o1')],
    ['orders.timeline', (hub) => hub.orders.timeline(web('nope'), 'o1')],
    ['orders.resume', (hub) => hub.orders.resume(web('nope'), 'o1')],
    ['orders.cancel', (hub) => hub.orders.cancel(web('nope'), 'o1')],
    ['shipments.list', (hub) => hub.shipments.list(web('nope'), 'o1')],
    ['listings.list', (hub) => hub.listings.list({ connection: web('nope') })],
    ['listings.get', (hub) => hub.listings.get({ connection: web('nope'), listing: 'mug' })],
    ['listings.unlink', (hub) => hub.listings.unlink({ connection: web('nope'), listing: 'mug' })],
    ['jobs.list', (hub) => hub.jobs.list({ connection: web('nope') })],
    ['connections.resume', (hub) => hub.connections.resume(web('nope'))],
    ['explain', (hub) => hub.explain('MUG', web('nope'))],
    ['drift', (hub) => hub.drift(web('nope'))],
    [
      'returns.receive',
      (hub) =>
        hub.returns.receive({ connection: web('nope'), order: 'o1', sku: 'MUG', quantity: 1, key: 'r1' }),
    ],
  ]
  it.each(calls)('is told by %s with the names there are', async (_name, call) => {
    const { hub } = await sold()
    await expect(call(hub)).rejects.toMatchObject({
      code: 'not_found',
      field: 'connection',
      message: 'there is no connection nope',
      remedy: 'Use one of: web, market, east.',
    })
  })
})

describe('bad options', () => {
  const bad: [string, Call, string][] = [
    ['a page of no size', (hub) => hub.orders.list({ limit: Number.NaN }), 'limit'],
    ['half an order', (hub) => hub.orders.list({ limit: 1.5 }), 'limit'],
    ['too large a page', (hub) => hub.orders.list({ limit: 1001 }), 'limit'],
    ['a status that is none', (hub) => hub.orders.list({ status: 'bogus' as 'open' }), 'status'],
    ['a time in words', (hub) => hub.orders.list({ updatedAfter: 'yesterday' }), 'updatedAfter'],
    [
      'a time without a zone',
      (hub) => hub.orders.list({ updatedAfter: '2026-03-01T09:00:00' }),
      'updatedAfter',
    ],
    ['a misspelt member', (hub) => hub.orders.list({ conection: 'web' } as never), 'conection'],
    ['an order without an id', (hub) => hub.orders.get('web', none), 'order'],
    ['half a job', (hub) => hub.jobs.list({ limit: 1.5 }), 'limit'],
    ['all jobs and less', (hub) => hub.jobs.list({ limit: -1 }), 'limit'],
    ['a state that is none', (hub) => hub.jobs.list({ state: 'done' as 'dead' }), 'state'],
    ['a job by name', (hub) => hub.jobs.replay('abc' as never), 'id'],
    ['an item of no SKU', (hub) => hub.items.get(none), 'sku'],
    ['no item', (hub) => hub.items.put(none), 'item'],
    ['a location of no name', (hub) => hub.locations.get(none), 'id'],
    ['no listing to unlink', (hub) => hub.listings.unlink(none), 'listing'],
    ['a listing of no id', (hub) => hub.listings.get({ connection: 'web' } as never), 'listing'],
    ['listings of a number', (hub) => hub.listings.list({ sku: 3 as never }), 'sku'],
    [
      'a reason that is none',
      (hub) => hub.orders.cancel('web', 'o1', { reason: 'bogus' as 'other' }),
      'reason',
    ],
    ['an audit in words', (hub) => hub.sync({ audit: 'yes' as never }), 'audit'],
    ['a signal that is none', (hub) => hub.sync({ signal: {} as never }), 'signal'],
    ['a start with a signal that is none', (hub) => hub.start({ signal: {} as never }), 'signal'],
    ['a drift with a signal that is none', (hub) => hub.drift('web', { signal: {} as never }), 'signal'],
    ['an explanation of nothing', (hub) => hub.explain(none, 'web'), 'sku'],
  ]
  it.each(bad)('%s names the field', async (_name, call, field) => {
    const { hub } = await sold()
    const thrown = await Promise.resolve(call(hub)).then(
      () => null,
      (error: unknown) => error,
    )
    expect(thrown).toMatchObject({ code: 'invalid_input', field, remedy: expect.any(String) })
  })
})

describe('orders.list({ updatedAfter })', () => {
  it('compares instants, whatever their offset', async () => {
    const { hub } = await sold()
    const [order] = (await hub.orders.list()).orders
    const changed = Date.parse(order?.updatedAt ?? '')
    const at = (ms: number, hours: number) =>
      `${new Date(changed + ms + hours * 3_600_000).toISOString().slice(0, -1)}${hours < 0 ? '-' : '+'}0${Math.abs(hours)}:00`
    const found = async (updatedAfter: string) => (await hub.orders.list({ updatedAfter })).orders.length
    for (const hours of [2, -5]) {
      expect(await found(at(-1000, hours))).toBe(1)
      expect(await found(at(1000, hours))).toBe(0)
    }
  })
})

describe('shipments.add', () => {
  const parcel = {
    connection: 'web',
    order: 'o1',
    key: 'p1',
    carrier: 'ups',
    trackingNumber: '1Z1',
    lines: [{ line: 'l1', quantity: 1 }],
  } as const

  it('takes the same parcel under the same key once', async () => {
    const { hub } = await sold()
    await hub.shipments.add(parcel)
    await hub.shipments.add(parcel)
    await hub.shipments.add({ ...parcel, lines: undefined as never, location: 'main' })
    expect(await hub.stock.get('MUG')).toMatchObject({ available: 7, reserved: 1 })
  })

  it.each([
    ['tracking number', { trackingNumber: '1Z2' }],
    ['carrier', { carrier: 'fedex' }],
    ['service', { service: 'next day' }],
    ['quantity', { lines: [{ line: 'l1', quantity: 2 }] }],
    ['place', { location: 'attic' }],
  ])('refuses another %s under the same key', async (_what, change) => {
    const { hub } = await sold()
    await hub.shipments.add(parcel)
    await expect(hub.shipments.add({ ...parcel, ...change })).rejects.toMatchObject({
      code: 'conflict',
      field: 'key',
      remedy: expect.any(String),
    })
    expect((await hub.shipments.list('web', 'o1')).flatMap(({ parcels }) => parcels)).toHaveLength(1)
  })
})
