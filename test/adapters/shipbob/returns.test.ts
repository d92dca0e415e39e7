import { describe, expect, it } from 'vitest'
import { shipbob, shipbobVersions } from '../../../adapters/shipbob/index.ts'
import { returnFrom, WireReturn } from '../../../adapters/shipbob/returns.ts'
import { startShipBobSimulator } from '../../../adapters/shipbob/simulator/index.ts'
import { virtualClock } from '../../../src/simulator/index.ts'
import type { ProviderReturn } from '../../../src/spec/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'
import { options, request } from './fixtures.ts'

const wire = (more: Record<string, unknown> = {}) =>
  WireReturn.parse({
    id: 71,
    status: 'Completed',
    reference_id: 'RMA-71',
    original_shipment_id: 501,
    tracking_number: '9400',
    fulfillment_center: { id: 3, name: 'Cicero (IL)' },
    insert_date: '2026-03-02T10:00:00Z',
    completed_date: '2026-03-09T10:00:00+00:00',
    inventory: [
      {
        id: 7001,
        sku: 'MUG-RED',
        quantity: 5,
        action_requested: { action: 'Restock' },
        action_taken: [
          { action: 'Restock', action_reason: null, image_url: null, quantity_processed: 2 },
          {
            action: 'Dispose',
            action_reason: 'Damaged',
            image_url: 'https://images.test/1.jpg',
            quantity_processed: 1,
          },
          { action: 'Donate', action_reason: null, image_url: null, quantity_processed: 1 },
        ],
      },
    ],
    ...more,
  })
const read = (more: Record<string, unknown> = {}, inventorySkus = {}) =>
  returnFrom(wire(more), { reference: 'web-1001-1', inventorySkus, raw: {} })

describe('a return of ShipBob', () => {
  it('tells what was asked and done, unit by unit, with reasons and pictures, and what never came', () => {
    expect(read()).toMatchObject({
      id: '71',
      reference: 'web-1001-1',
      status: 'processed',
      location: '3',
      updatedAt: Date.parse('2026-03-09T10:00:00Z'),
      lines: [
        {
          sku: 'MUG-RED',
          expected: 5,
          received: 4,
          wanted: 'restocked',
          dispositions: [
            { kind: 'restocked', quantity: 2, note: null },
            { kind: 'disposed', quantity: 1, note: 'Damaged' },
            { kind: 'unknown', quantity: 1, note: 'Donate' },
            { kind: 'missing', quantity: 1, note: null },
          ],
          pictures: ['https://images.test/1.jpg'],
        },
      ],
    })
  })

  it.each([
    ['AwaitingArrival', 'in_transit'],
    ['Awaiting Arrival', 'in_transit'],
    ['Arrived', 'received'],
    ['Processing', 'received'],
    ['Cancelled', 'cancelled'],
    ['Teleported', 'unknown'],
  ])('%s is %s, and nothing is missing before it is complete', (status, expected) => {
    const back = read({ status })
    expect(back.status).toBe(expected)
    expect(back.rawStatus).toBe(status)
    expect(back.lines[0]?.dispositions.some(({ kind }) => kind === 'missing')).toBe(false)
  })

  it('names the SKU that the merchant gave for an inventory id', () => {
    expect(read({}, { '7001': 'MUG-OLD' }).lines[0]?.sku).toBe('MUG-OLD')
  })
})

async function warehouse() {
  const clock = virtualClock(Date.parse('2026-03-02T10:00:00Z'))
  const simulator = await startShipBobSimulator({ clock })
  const { fulfillment } = shipbob(simulator.options)
  const context = adapterContext(shipbob(simulator.options), { clock })
  await simulator.control('stock', { sku: 'MUG-RED', quantity: 10 })
  await fulfillment.submit(context, request())
  const pass = async (cursor: string | null) => {
    const returns: ProviderReturn[] = []
    for (let next = cursor; ; ) {
      const page = await fulfillment.returns(context, next)
      returns.push(...page.returns)
      next = page.cursor
      if (!page.more) return { returns, cursor: next }
    }
  }
  return { clock, simulator, fulfillment, context, pass }
}

describe('returns by the simulator', () => {
  it('come by the cursor with our reference, while open, when complete and when cancelled', async () => {
    const { clock, simulator, pass } = await warehouse()
    await simulator.control('ship')
    const announce = (quantity: number) =>
      simulator.control<{ id: number }>('returns', {
        reference: 'web-1001-1',
        lines: [{ sku: 'MUG-RED', quantity }],
      })
    const { id } = await announce(1)
    const other = await announce(1)
    const first = await pass(null)
    expect(first.returns).toMatchObject([
      { reference: 'web-1001-1', status: 'in_transit', lines: [{ wanted: null }] },
      { status: 'in_transit' },
    ])
    await clock.advance(3_600_000)
    const lines = [{ sku: 'MUG-RED', quantity: 1, action: 'Restock' }]
    await simulator.control('returns/process', { id, lines })
    await simulator.control('returns/cancel', { id: other.id })
    const second = await pass(first.cursor)
    expect(second.returns.map(({ status }) => status)).toEqual(['processed', 'cancelled'])
    await clock.advance(3_600_000)
    // Passes overlap: what was completed just before one began is told by the next once more.
    const third = await pass(second.cursor)
    expect(third.returns.map(({ status }) => status)).toEqual(['processed', 'cancelled'])
    const fourth = await pass(third.cursor)
    expect(fourth.returns.map(({ status }) => status)).toEqual(['cancelled'])
    await simulator.close()
  })

  it('restock what the stock reading then shows', async () => {
    const { simulator, fulfillment, context } = await warehouse()
    await simulator.control('ship')
    const available = async () =>
      (await fulfillment.stock(context, { skus: null, cursor: null })).readings[0]?.quantity
    expect(await available()).toBe(8)
    const { id } = await simulator.control<{ id: number }>('returns', {
      reference: 'web-1001-1',
      lines: [{ sku: 'MUG-RED', quantity: 2 }],
    })
    const lines = [
      { sku: 'MUG-RED', quantity: 1, action: 'Restock' },
      { sku: 'MUG-RED', quantity: 1, action: 'Quarantine' },
    ]
    await simulator.control('returns/process', { id, lines })
    expect(await available()).toBe(9)
    await simulator.close()
  })
})

describe('ShipBob’s own sandbox simulations', () => {
  it('ship and deliver a shipment by themselves, minutes apart', async () => {
    const { clock, simulator, fulfillment, context } = await warehouse()
    const { orders } = simulator.state() as { orders: { shipments: { id: string }[] }[] }
    const answer = await fetch(`${simulator.options.endpoint}/2026-01/simulate/shipment`, {
      method: 'POST',
      headers: { authorization: `Bearer ${simulator.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        shipment_id: orders[0]?.shipments[0]?.id,
        simulation: { action: 'ShipOrder', delay: 10, next: { action: 'DeliverOrder', delay: 60 } },
      }),
    })
    expect(answer.status).toBe(200)
    const status = async () => (await fulfillment.get(context, 'web-1001-1'))?.status
    expect(await status()).toBe('accepted')
    await clock.advance(11 * 60_000)
    expect(await status()).toBe('shipped')
    await clock.advance(61 * 60_000)
    expect(await status()).toBe('delivered')
    await simulator.close()
  })
})

describe('the calendar of versions', () => {
  it('says when the version in use ends, and nothing of one whose end is not known', async () => {
    const connection = shipbob(options)
    const context = adapterContext(connection)
    expect(shipbobVersions['2026-01']).toBe('2027-01-31')
    expect(await connection.deadlines?.(context)).toMatchObject([
      { id: 'api-version-2026-01', at: Date.parse('2027-01-31T23:59:59Z') },
    ])
    expect(await shipbob({ ...options, version: '2031-01' }).deadlines?.(context)).toEqual([])
  })
})
