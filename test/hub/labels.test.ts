import { describe, expect, it } from 'vitest'
import { createHub, events, StockpoolError } from '../../src/index.ts'
import type { Label, LabelsFacet } from '../../src/spec/labels.ts'
import { contentsOf, storeAt } from '../stores.ts'
import { bare, FakeShop, ManualClock } from './fakes.ts'
import { closeLater, failing, lostAnswer, newFile, refused } from './kit.ts'

/** A mug sold on a channel that sells labels; with `again`, it also gives them again. */
async function sold({ again = false, file = ':memory:' } = {}) {
  const clock = new ManualClock()
  const web = new FakeShop(clock)
  const bought = new Map<string, Label>()
  const calls: { call: string; request: unknown }[] = []
  const platform = { fault: (() => {}) as FakeShop['fault'], voids: 'stopped' as 'stopped' | 'too_late' }
  const labelOf = (key: string) => [...bought.values()].find(({ id }) => id === key)
  const labels = {
    rates: async (_context, request) => {
      calls.push({ call: 'rates', request })
      const rate = {
        carrier: 'ups',
        carrierName: 'UPS',
        service: 'Ground',
        deliverBy: null,
        keepsPromise: null,
      }
      return [{ ...rate, id: 'rate-1', price: { amount: 650, currency: 'USD' } }]
    },
    buy: async (_context, request) => {
      calls.push({ call: 'buy', request })
      platform.fault('buy', 'before')
      // A platform without idempotency keys: only whoever looks first buys once.
      const key = request.repeated && bought.has(request.key) ? request.key : `${request.key}#${bought.size}`
      const made = bought.get(request.key) ?? {
        id: `label-${bought.size + 1}`,
        packages: request.packages.map(() => ({
          trackingNumber: '1ZLABEL',
          format: 'PDF',
          document: Buffer.from('to Ada Buyer, 1 Long Lane'),
        })),
        carrier: 'ups',
        carrierName: 'UPS',
        price: { amount: 650, currency: 'USD' },
      }
      bought.set(bought.size === 0 ? request.key : key, made)
      platform.fault('buy', 'after')
      return made
    },
    void: async (_context, id) => {
      calls.push({ call: 'void', request: id })
      return { outcome: platform.voids }
    },
    ...(again ? { get: async (_: unknown, id: string) => labelOf(id) ?? null } : {}),
  } satisfies LabelsFacet
  const hub = createHub({
    store: storeAt(file),
    clock,
    encryptionKey: 'sixteen bytes and more',
    connections: { web: { ...web.connection(), labels }, plain: bare },
  })
  closeLater(hub)
  await hub.items.put({ sku: 'MUG' })
  await hub.stock.receive('MUG', 5, { location: 'main', key: 'first' })
  web.shown.set('mug', 0)
  await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
  const pass = async (ms = 1000) => {
    clock.advance(ms)
    await hub.sync()
    clock.advance(1)
  }
  await pass()
  web.sell([{ listing: 'mug', quantity: 2 }])
  await pass()
  const told: string[] = []
  for (const type of ['label.bought', 'label.voided', 'order.attention'] as const)
    hub.on(type, (data) => told.push(`${type} ${JSON.stringify(events[type].parse(data))}`))
  return { hub, web, bought, calls, platform, pass, told }
}

const box = {
  connection: 'web',
  order: 'o1',
  shipFrom: {
    name: 'The shop',
    line1: '2 Short Street',
    city: 'Reno',
    region: 'NV',
    postalCode: '89501',
    country: 'US',
  },
  packages: [
    { size: { length: 200, width: 150, height: 100 }, weight: 450, lines: [{ line: 'l1', quantity: 2 }] },
  ],
} as const
const order = { ...box, rate: 'rate-1', key: 'label-o1' } as const

describe('a label', () => {
  it('is priced, bought once under its key, printed, and given back', async () => {
    const file = await newFile()
    const { hub, bought, calls, pass, told } = await sold({ file })
    expect(await hub.labels.rates(box)).toMatchObject([{ id: 'rate-1', price: { amount: 650 } }])
    expect(await hub.labels.get('web', 'label-o1')).toBeNull()
    expect(await hub.labels.buy(order)).toEqual({ status: 'asked' })
    expect(await hub.labels.buy(order)).toEqual({ status: 'exists' })
    expect(await hub.labels.get('web', 'label-o1')).toMatchObject({ state: 'asked', label: null })
    await pass()
    await hub.labels.buy(order)
    await pass()
    expect(bought.size).toBe(1)
    expect(told).toEqual([
      expect.stringContaining('label.bought {"connection":"web","order":"o1","key":"label-o1"'),
    ])
    const known = await hub.labels.get('web', 'label-o1')
    expect(known).toMatchObject({
      state: 'done',
      label: {
        label: 'label-1',
        price: { amount: 650 },
        packages: [{ trackingNumber: '1ZLABEL', format: 'PDF' }],
      },
    })
    expect(Buffer.from(known?.documents[0] ?? []).toString()).toBe('to Ada Buyer, 1 Long Lane')
    // Neither as text nor as it is kept.
    const stored = await contentsOf(file)
    for (const text of ['Long Lane', Buffer.from('to Ada Buyer, 1 Long Lane').toString('base64')])
      expect(stored).not.toContain(text)
    await expect(hub.labels.buy({ ...order, rate: 'rate-2' })).rejects.toMatchObject({
      code: 'conflict',
      field: 'key',
    })
    await hub.labels.void('web', 'label-o1')
    await pass()
    expect(calls.at(-1)).toEqual({ call: 'void', request: 'label-1' })
    expect(told.at(-1)).toContain('"outcome":"stopped"')
    expect(await hub.jobs.list()).toEqual([])
  })

  it('whose answer was lost is looked for before it is bought again', async () => {
    const { hub, bought, calls, platform, pass } = await sold()
    failing(platform, 'buy', lostAnswer(), { phase: 'after' })
    await hub.labels.buy(order)
    for (let i = 0; i < 3; i++) await pass(120_000)
    expect(bought.size).toBe(1)
    expect(calls.map(({ request }) => (request as { repeated: boolean }).repeated)).toEqual([false, true])
    expect(await hub.labels.get('web', 'label-o1')).toMatchObject({ state: 'done' })
  })

  it('that the channel refuses is a person’s', async () => {
    const { hub, platform, pass, told } = await sold()
    failing(platform, 'buy', new StockpoolError('rejected', 'the rate has ended'))
    await hub.labels.buy(order)
    await pass()
    expect(told).toEqual([expect.stringContaining('the rate has ended')])
    expect(await hub.labels.get('web', 'label-o1')).toMatchObject({ state: 'failed' })
    await expect(hub.labels.void('web', 'label-o1')).rejects.toMatchObject({
      code: 'not_found',
      field: 'key',
    })
  })

  it('names the buyer: it goes with the buyer’s data, or is not kept where the channel gives it again', async () => {
    const { hub, web, pass } = await sold()
    await hub.labels.buy(order)
    await pass()
    web.change('o1', (one) => {
      one.status = 'shipped'
      for (const line of one.lines) line.shipped = line.ordered
    })
    await pass()
    await pass(31 * 86_400_000)
    expect(await hub.labels.get('web', 'label-o1')).toMatchObject({ state: 'done', documents: [null] })
    const again = await sold({ again: true })
    await again.hub.labels.buy(order)
    await again.pass()
    const { documents } = (await again.hub.labels.get('web', 'label-o1')) ?? {}
    expect(Buffer.from(documents?.[0] ?? []).toString()).toContain('Ada Buyer')
    again.bought.clear()
    expect(await again.hub.labels.get('web', 'label-o1')).toMatchObject({ documents: [null] })
  })

  it('is not asked for where it is wrong, and not priced while the connection is paused', async () => {
    const { hub, web, calls, pass } = await sold()
    const wrong: [Parameters<typeof hub.labels.buy>[0], string, string][] = [
      [{ ...order, connection: 'plain' as 'web' }, 'unsupported', 'connection'],
      [{ ...order, order: 'o9' }, 'not_found', 'order'],
      [{ ...order, packages: [] }, 'invalid_input', 'packages'],
      [{ ...order, packages: [{ ...order.packages[0], weight: 0 }] }, 'invalid_input', 'packages.0.weight'],
    ]
    for (const [input, code, field] of wrong)
      await expect(hub.labels.buy(input)).rejects.toMatchObject({ code, field, remedy: expect.any(String) })
    expect(await hub.jobs.list()).toEqual([])
    failing(web, 'orders.read', refused())
    await pass()
    await expect(hub.labels.rates(box)).rejects.toMatchObject({ code: 'auth', remedy: expect.any(String) })
    expect(calls).toEqual([])
  })
})
