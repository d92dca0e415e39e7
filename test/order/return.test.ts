import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Disposition, ReturnStatus } from '../../src/model/return.ts'
import {
  arrivedLines,
  joinReturns,
  type ReturnReport,
  type ReturnState,
  returnAttention,
  returnFrom,
} from '../../src/order/index.ts'
import { minute } from './support.ts'

const seed = process.env.SEED ? { seed: Number(process.env.SEED) } : {}

const units = fc.nat(3)
const someLine = fc.record({
  name: fc.constantFrom('l1', 'l2'),
  expected: units,
  received: units,
  wanted: fc.constantFrom(null, ...Disposition.options),
  dispositions: fc.array(
    fc.record({
      kind: fc.constantFrom(...Disposition.options),
      quantity: fc.integer({ min: 1, max: 3 }),
      note: fc.constant(null),
    }),
    { maxLength: 2 },
  ),
  pictures: fc.constant<string[]>([]),
})
const someReport: fc.Arbitrary<ReturnReport> = fc.record({
  id: fc.constant('r1'),
  order: fc.constantFrom(null, { connection: 'web', id: 'o1' }),
  status: fc.constantFrom(...ReturnStatus.options),
  rawStatus: fc.constantFrom('A', 'B'),
  // Few instants, so that many reports share one.
  updatedAt: fc.integer({ min: 1, max: 3 }).map(minute),
  wants: fc.constantFrom('refund', 'unknown'),
  respondBy: fc.constantFrom(null, minute(9)),
  trackingNumber: fc.constantFrom(null, 'T1', 'T2'),
  lines: fc.array(someLine, { maxLength: 3 }),
})

const report = (change: Partial<ReturnReport> = {}): ReturnReport => ({
  id: 'r1',
  order: { connection: 'web', id: 'o1' },
  status: 'requested',
  rawStatus: 'asked',
  updatedAt: minute(1),
  wants: 'refund',
  respondBy: null,
  trackingNumber: null,
  lines: [],
  ...change,
})

/** Whether reports end alike however they are joined: in any order, in any groups, any of them twice. */
function endsAlike(join: typeof joinReturns): void {
  const some = fc.array(someReport, { minLength: 2, maxLength: 5 }).chain((reports) =>
    fc.record({
      reports: fc.constant(reports),
      order: fc.shuffledSubarray(reports, { minLength: reports.length }),
      again: fc.constantFrom(...reports),
    }),
  )
  fc.assert(
    fc.property(some, ({ reports, order, again }) => {
      const states = reports.map(returnFrom)
      const one = states.reduce(join)
      const grouped = states
        .slice(0, -1)
        .reduceRight((all, state) => join(state, all), states.at(-1) as ReturnState)
      expect(join([...order].map(returnFrom).reduce(join), returnFrom(again))).toEqual(one)
      expect(grouped).toEqual(one)
      for (const { lines } of states)
        for (const { name, expected, received } of lines) {
          const line = one.lines.find((known) => known.name === name)
          expect(line?.expected).toBeGreaterThanOrEqual(expected)
          expect(line?.received).toBeGreaterThanOrEqual(received)
        }
    }),
    { numRuns: 300, ...seed },
  )
}

describe('the reports of a return', () => {
  it('end alike in any order, and its counters never fall', () => endsAlike(joinReturns))

  it.each<[string, typeof joinReturns]>([
    ['the last to arrive wins', (a, b) => ({ ...joinReturns(a, b), newest: b.newest })],
    ['counters fall', (a, b) => (a.newest.at >= b.newest.at ? a : b)],
    ['what is not known wipes out what is', (a, b) => ({ ...joinReturns(a, b), order: b.order })],
  ])('would be caught if %s', (_what, join) => {
    expect(() => endsAlike(join)).toThrow()
  })

  it('sum the lines of one report that name one SKU', () => {
    const line = {
      name: 'MUG',
      expected: 1,
      received: 1,

      wanted: null,
      dispositions: [],
      pictures: [],
    }
    expect(returnFrom(report({ lines: [line, line] })).lines).toMatchObject([{ expected: 2, received: 2 }])
  })
})

describe('a person', () => {
  const told = (
    before: ReturnReport | null,
    after: ReturnReport,
    source: 'channel' | 'provider' = 'channel',
  ) =>
    returnAttention(before && returnFrom(before), returnFrom(after), {
      connection: 'web',
      source,
      at: minute(5),
    })

  it('is told once of an answer that has a deadline, and again when the deadline moves', () => {
    const waits = report({ respondBy: minute(9) })
    expect(told(null, waits)).toEqual([expect.stringContaining(minute(9))])
    expect(told(waits, { ...waits, trackingNumber: 'T1' })).toEqual([])
    expect(told(waits, { ...waits, respondBy: minute(8) })).toHaveLength(1)
    expect(told(null, { ...waits, status: 'approved' })).toEqual([])
    // What is over is over: a first read of old returns asks for nothing.
    expect(told(null, report({ respondBy: minute(4) }))).toEqual([])
  })

  it('is told of a status that nobody knows, and of goods that are nobody’s', () => {
    const odd = report({ status: 'unknown', rawStatus: 'LIMBO' })
    expect(told(null, odd)).toEqual([expect.stringContaining('LIMBO')])
    expect(told(odd, odd)).toEqual([])
    expect(told(null, report({ order: null }), 'provider')).toHaveLength(1)
    expect(told(report({ order: null }), report({ order: null }), 'provider')).toEqual([])
  })
})

it('units that arrived are whole units of the lines that are expected back', () => {
  const line = (id: string, open: number, ...parts: [string, number][]) => ({
    line: id,
    open,
    parts: parts.map(([sku, quantity]) => ({ sku, quantity })),
  })
  const lines = [
    line('set', 1, ['MUG', 1], ['LID', 1]),
    line('six', 1, ['MUG', 6]),
    line('one', 2, ['MUG', 1]),
  ]
  expect(arrivedLines(lines, 'MUG', 9)).toEqual([
    { line: 'six', quantity: 1 },
    { line: 'one', quantity: 2 },
  ])
  expect(arrivedLines(lines, 'MUG', 1)).toEqual([{ line: 'one', quantity: 1 }])
  expect(arrivedLines(lines, 'LID', 1)).toEqual([])
})
