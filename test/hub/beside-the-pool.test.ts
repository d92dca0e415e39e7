import { describe, expect, it } from 'vitest'
import { createHub, type Deadline, events, StockpoolError } from '../../src/index.ts'
import type { StockReading } from '../../src/spec/fulfillment.ts'
import { freshStore } from '../stores.ts'
import { FakeShop, ManualClock } from './fakes.ts'
import { closeLater } from './kit.ts'

const day = 86_400_000

/** A shop whose platform keeps stock of its own and has things that end; four mugs at the merchant's own place. */
async function shop() {
  const clock = new ManualClock()
  const web = new FakeShop(clock)
  const platform = {
    deadlines: [] as Deadline[],
    fault: null as StockpoolError | null,
    pages: [[]] as StockReading[][],
    stockFault: null as StockpoolError | null,
  }
  const hub = createHub({
    store: freshStore(),
    clock,
    connections: {
      web: {
        ...web.connection(),
        async deadlines() {
          if (platform.fault) throw platform.fault
          return platform.deadlines
        },
        platformStock: {
          async locations() {
            return [{ id: 'FBA', name: 'The platform’s own', country: 'US', postalCode: null }]
          },
          async stock(_: unknown, { cursor }: { cursor: string | null }) {
            const index = Number(cursor ?? 0)
            if (platform.stockFault && index > 0) throw platform.stockFault
            const more = index + 1 < platform.pages.length
            return { readings: platform.pages[index] ?? [], cursor: more ? String(index + 1) : null }
          },
        },
      },
    },
  })
  closeLater(hub)
  await hub.items.put({ sku: 'MUG' })
  await hub.stock.receive('MUG', 4, { location: 'main', key: 'first' })
  web.shown.set('mug', 0)
  await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
  const told: unknown[] = []
  hub.on('connection.deadline', (data) => told.push(events['connection.deadline'].parse(data)))
  const pass = async (ms = 1000) => {
    clock.advance(ms)
    return hub.sync()
  }
  return { hub, web, clock, platform, told, pass }
}

describe('what ends by itself', () => {
  it('is told when it is seen, again when it is near, and anew when it was renewed', async () => {
    const { hub, clock, platform, told, pass } = await shop()
    const at = clock.now() + 40 * day
    const secret = { id: 'secret', what: 'the client secret', at, remedy: 'Rotate it.' }
    platform.deadlines = [secret]
    const days: number[] = []
    for (let passed = 0; passed < 41; passed++) {
      const before = told.length
      await pass(passed === 0 ? 1000 : day)
      if (told.length > before) days.push(passed)
    }
    expect(days).toEqual([0, 10, 33, 39])
    expect(told[0]).toEqual({ connection: 'web', ...secret, at: new Date(at).toISOString() })
    expect(await hub.connections.list()).toMatchObject([
      { deadlines: [{ id: 'secret', remedy: 'Rotate it.' }] },
    ])
    platform.deadlines = [{ ...secret, at: at + 365 * day }]
    for (let i = 0; i < 2; i++) await pass(day)
    expect(told).toHaveLength(5)
    platform.deadlines = []
    await pass(day)
    expect(await hub.connections.list()).toMatchObject([{ deadlines: [] }])
  })

  it('is told in time when the platform cannot be asked; one that makes no sense hides no other', async () => {
    const { hub, clock, platform, told, pass } = await shop()
    const at = clock.now() + 8 * day
    platform.deadlines = [
      { id: 'odd', what: 'odd', at: Number.NaN, remedy: '' },
      { id: 'secret', what: 'the client secret', at, remedy: 'Rotate it.' },
    ]
    expect((await pass()).web.errors).toMatchObject([{ doing: 'reading deadlines', code: 'invalid_input' }])
    expect(told).toHaveLength(1)
    platform.fault = new StockpoolError('unavailable', 'the platform is down')
    const report = await pass(day)
    expect(report.web.errors).toMatchObject([{ doing: 'deadlines', code: 'unavailable' }])
    await pass(day)
    expect(told).toHaveLength(2)
    expect((await hub.connections.list())[0]?.deadlines).toHaveLength(1)
  })
})

describe('stock that a platform keeps by itself', () => {
  it('is shown with its age, and never promised', async () => {
    const { hub, web, clock, platform, pass } = await shop()
    const asOf = clock.now()
    const reading = { location: 'FBA', basis: 'available', asOf } as const
    platform.pages = [[{ ...reading, sku: 'MUG', quantity: 50 }], [{ ...reading, sku: 'OTHER', quantity: 7 }]]
    await pass()
    await pass(60_000)
    expect(await hub.stock.elsewhere('MUG')).toEqual([
      {
        sku: 'MUG',
        connection: 'web',
        place: 'FBA',
        name: 'The platform’s own',
        quantity: 50,
        basis: 'available',
        asOf: new Date(asOf).toISOString(),
        ageMs: 61_000,
      },
    ])
    expect(await hub.stock.elsewhere('OTHER')).toHaveLength(1)
    expect(await hub.explain('MUG', 'web')).toMatchObject([{ offer: 4, elsewhere: [{ quantity: 50 }] }])
    expect(web.shown.get('mug')).toBe(4)
    expect(await hub.stock.reserve([{ sku: 'MUG', quantity: 5 }], { key: 'cart' })).toMatchObject({
      status: 'insufficient',
    })
    expect((await hub.locations.list()).map(({ id }) => id)).toEqual(['main'])
    expect(await hub.stock.verify()).toMatchObject({ ok: true })
  })

  it('is not overwritten by an older reading, and gone when a whole pass does not mention it', async () => {
    const { hub, clock, platform, pass } = await shop()
    const asOf = clock.now()
    const reading = { sku: 'MUG', location: 'FBA', basis: 'on-hand' } as const
    const quantity = async () => (await hub.stock.elsewhere('MUG')).map((one) => one.quantity)
    platform.pages = [[{ ...reading, quantity: 5, asOf: asOf + 10 }]]
    await pass()
    platform.pages = [
      [
        { ...reading, quantity: 9, asOf },
        { ...reading, quantity: -1, asOf: asOf + 20 },
      ],
    ]
    expect((await pass()).web.errors).toMatchObject([{ doing: 'reading platform stock' }])
    expect(await quantity()).toEqual([5])
    // A pass that does not come to its end says nothing of what it did not mention.
    platform.pages = [[], []]
    platform.stockFault = new StockpoolError('unavailable', 'the platform is down')
    await pass()
    expect(await quantity()).toEqual([5])
    platform.stockFault = null
    await pass()
    expect(await quantity()).toEqual([])
  })
})
