import { describe, expect, it } from 'vitest'
import { rowsIn } from '../../../adapters/amazon/reports.ts'
import { dayOf, toReturn } from '../../../adapters/amazon/returns.ts'
import type { AmazonSimulatorOptions } from '../../../adapters/amazon/simulator/index.ts'
import type { Return } from '../../../src/model/return.ts'
import type { ReturnPage } from '../../../src/spec/index.ts'
import { notice, type Stage, stage } from './stage.ts'

/** How often a report is asked for at most. */
const reportsMs = 14_400_000

async function shipped(on: Stage): Promise<{ order: string; line: string }> {
  await on.simulator.control('listings', { sku: 'MUG-RED', quantity: 50 })
  const { order } = await on.simulator.control<{ order: string }>('orders', {
    lines: [{ sku: 'MUG-RED', quantity: 2 }],
  })
  await on.clock.advance(10_000)
  const line = (await on.connection.orders.get(on.context, order))?.lines[0]?.id ?? ''
  await on.connection.shipments.confirm(on.context, [notice({ order, lines: [{ line, quantity: 2 }] })])
  return { order, line }
}

/** A pass a minute until a report was read. */
async function pass(
  on: Stage,
  from: string | null,
): Promise<ReturnPage & { readonly all: readonly Return[] }> {
  const all: Return[] = []
  for (let cursor = from; ; ) {
    const page = await on.connection.returns.read(on.context, cursor)
    all.push(...page.returns)
    const { report } = JSON.parse(page.cursor) as { report?: unknown }
    if (!page.more && report === undefined) return { ...page, all }
    if (page.more) expect(page.cursor).not.toBe(cursor)
    else await on.clock.advance(60_000)
    cursor = page.cursor
  }
}

describe('returns', () => {
  it.each([{ returnsNameItems: false }, { returnsNameItems: true }] satisfies AmazonSimulatorOptions[])(
    'come by report, with the order line, whether the report names it or not (%o)',
    async (simulated) => {
      await using on = await stage(simulated)
      const { order, line } = await shipped(on)
      const { return: id } = await on.simulator.control<{ return: string }>('returns', {
        order,
        lines: [{ sku: 'MUG-RED', quantity: 1 }],
        tracking: '9400',
      })
      const { all } = await pass(on, null)
      expect(all).toMatchObject([
        {
          id,
          order,
          status: 'approved',
          rawStatus: 'Approved',
          wants: 'refund',
          trackingNumber: '9400',
          lines: [{ line, expected: 1, received: 0, reason: 'CR-UNWANTED_ITEM' }],
        },
      ])
    },
  )

  it('what has not changed is neither given nor asked for again; what has, is', async () => {
    await using on = await stage()
    const { order } = await shipped(on)
    const { return: id } = await on.simulator.control<{ return: string }>('returns', { order })
    const first = await pass(on, null)
    const orders = on.simulator.count('getOrder')
    await on.clock.advance(reportsMs)
    const second = await pass(on, first.cursor)
    expect(second.all).toEqual([])
    expect(on.simulator.count('getOrder')).toBe(orders)
    await on.clock.advance(86_400_000)
    await on.simulator.control('returns', { return: id, delivered: true })
    const third = await pass(on, second.cursor)
    expect(third.all).toMatchObject([{ id, status: 'received', lines: [{ received: 2 }] }])
  })

  it('no returns at all: Amazon cancels the report, and that is an empty page', async () => {
    await using on = await stage()
    expect(await pass(on, null)).toMatchObject({ all: [], more: false })
  })

  it('a report that is not made in one pass is waited for by the next one, not asked for again', async () => {
    await using on = await stage({ reportMs: 1_200_000 })
    const { order } = await shipped(on)
    await on.simulator.control('returns', { order })
    const began = on.clock.now()
    const asked = await on.connection.returns.read(on.context, null)
    const looked = await on.connection.returns.read(on.context, asked.cursor)
    // It keeps nobody waiting.
    expect(looked).toMatchObject({ returns: [], more: false })
    expect(on.clock.now() - began).toBeLessThan(60_000)
    expect((await pass(on, looked.cursor)).all).toHaveLength(1)
    expect(on.simulator.count('createReport')).toBe(1)
  })

  it('passes that follow one another ask for no report before its time', async () => {
    await using on = await stage()
    let { cursor } = await pass(on, null)
    for (let passes = 0; passes < 30; passes += 1) ({ cursor } = await pass(on, cursor))
    expect(on.simulator.count('createReport')).toBe(1)
    await on.clock.advance(reportsMs)
    await pass(on, cursor)
    expect(on.simulator.count('createReport')).toBe(2)
  })

  it('a report that Amazon cannot make is told, and another is asked for next time', async () => {
    await using on = await stage()
    const { order } = await shipped(on)
    await on.simulator.control('returns', { order })
    on.simulator.faults.arm({ operation: 'createReport', kind: 'accepted_not_applied' })
    const first = await pass(on, null)
    expect(first).toMatchObject({ all: [], unreadable: [{ id: null, error: { code: 'unavailable' } }] })
    await on.clock.advance(reportsMs)
    expect((await pass(on, first.cursor)).all).toHaveLength(1)
  })

  it('one return that cannot be read does not stop the others, and comes again', async () => {
    await using on = await stage()
    const { order } = await shipped(on)
    await on.simulator.control('returns', { order })
    await on.simulator.control('returns', { order })
    on.simulator.faults.arm({ operation: 'getOrder', kind: 'status', status: 404 })
    const first = await pass(on, null)
    expect(first.all).toHaveLength(1)
    expect(first.unreadable).toMatchObject([{ error: { code: 'invalid_input', field: 'lines.0.line' } }])
    await on.clock.advance(reportsMs)
    expect((await pass(on, first.cursor)).all).toHaveLength(1)
  })

  it('a strange cursor is refused', async () => {
    await using on = await stage()
    await expect(on.connection.returns.read(on.context, 'nonsense')).rejects.toMatchObject({
      field: 'cursor',
    })
  })
})

describe('the rows of a report', () => {
  const row = {
    'order id': '111-1',
    'return request date': '23-Jul-2026',
    'return request status': 'Approved',
    'amazon rma id': 'D1RRMA',
    'order item id': '7',
    'return quantity': '1',
  }
  const now = Date.UTC(2026, 6, 30)

  it.each([
    ['Pending approval', 'requested'],
    ['Approved', 'approved'],
    ['Completed', 'processed'],
    ['Denied', 'declined'],
    ['Cancelled', 'cancelled'],
    ['Verschoben', 'unknown'],
  ])('%s is %s, and the word is kept', (rawStatus, status) => {
    expect(toReturn([{ ...row, 'return request status': rawStatus }], null, now)).toMatchObject({
      status,
      rawStatus,
    })
  })

  it('arrived is a fact of its own: it does not undo what was decided', () => {
    const arrived = { ...row, 'return delivery date': '28-Jul-2026' }
    expect(toReturn([arrived], null, now)).toMatchObject({
      status: 'received',
      updatedAt: '2026-07-28T00:00:00.000Z',
    })
    expect(toReturn([{ ...arrived, 'return request status': 'Completed' }], null, now).status).toBe(
      'processed',
    )
    expect(toReturn([{ ...row, 'return delivery date': '31-Dec-2026' }], null, now)).toMatchObject({
      status: 'approved',
      lines: [{ received: 0 }],
    })
  })

  it('several items of one return are its lines', () => {
    const rows = [row, { ...row, 'order item id': '8', 'return quantity': '2' }]
    expect(toReturn(rows, null, now).lines.map(({ line, expected }) => [line, expected])).toEqual([
      ['7', 1],
      ['8', 2],
    ])
  })

  it.each([
    ['5-Jan-2026', Date.UTC(2026, 0, 5)],
    ['2026-01-05T10:00:00Z', Date.UTC(2026, 0, 5, 10)],
    ['31-Foo-2026', null],
    ['', null],
    [undefined, null],
  ])('%s is read as a day', (text, day) => expect(dayOf(text)).toBe(day))

  it('tabs part cells, quotation marks do not; a byte order mark and empty cells are nothing', async () => {
    const rowsOf = async (text: string) => {
      const rows: object[] = []
      const whole = async function* () {
        yield text
      }
      for await (const row of rowsIn(whole())) rows.push(row)
      return rows
    }
    expect(await rowsOf('\uFEFFSKU\tTitle\tNote\r\nA\t6" mug\t\r\n\r\nB\t"x\ty\r\n')).toEqual([
      { sku: 'A', title: '6" mug' },
      { sku: 'B', title: '"x', note: 'y' },
    ])
    expect(await rowsOf('')).toEqual([])
  })
})
