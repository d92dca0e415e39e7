import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lineCounts, needsHistory } from '../../../adapters/shopify/quantities.ts'
import type { WireHistory } from '../../../adapters/shopify/wire.ts'
import { wireLine, wireOrder } from './fixtures.ts'

const line = 'gid://shopify/LineItem/1'
const touched = { cancelled: false, untouched: false }
const untouched = { cancelled: false, untouched: true }

interface Past {
  readonly fulfilled?: number
  readonly void?: number
  readonly refunds?: readonly (readonly [number, 'CANCEL' | 'RETURN' | 'NO_RESTOCK'])[]
}

function history({ fulfilled = 0, void: cancelled = 0, refunds = [] }: Past): WireHistory {
  const part = (status: string, quantity: number) => ({
    status,
    lines: [
      { quantity, lineItem: { id: line } },
      { quantity: 99, lineItem: { id: 'gid://shopify/LineItem/2' } },
    ],
  })
  return {
    fulfillments: [part('SUCCESS', fulfilled), part('CANCELLED', cancelled)],
    refunds: refunds.map(([quantity, restockType]) => ({
      lines: [{ quantity, restockType, lineItem: { id: line } }],
    })),
  }
}

const wire = (quantity: number, currentQuantity: number, unfulfilledQuantity: number) =>
  wireLine({ quantity, currentQuantity, unfulfilledQuantity })

describe('the counts of a line', () => {
  it('of a fresh order are all open', () => {
    expect(lineCounts(wire(3, 3, 3), untouched, null)).toEqual({
      ordered: 3,
      shipped: 0,
      cancelled: 0,
      returned: 0,
    })
  })

  it('of a partly shipped order need no history while nothing was refunded', () => {
    expect(lineCounts(wire(5, 5, 2), touched, null)).toEqual({
      ordered: 5,
      shipped: 3,
      cancelled: 0,
      returned: 0,
    })
  })

  it('count units removed before anything shipped as cancelled, without history', () => {
    expect(lineCounts(wire(5, 3, 3), untouched, null)).toMatchObject({ cancelled: 2, shipped: 0 })
    // Whatever `unfulfilledQuantity` says of removed units.
    expect(lineCounts(wire(5, 3, 5), untouched, null)).toMatchObject({ cancelled: 2, shipped: 0 })
  })

  it('part units refunded before shipping from units returned after it', () => {
    const before = history({ fulfilled: 3, refunds: [[2, 'CANCEL']] })
    expect(lineCounts(wire(5, 3, 0), touched, before)).toEqual({
      ordered: 5,
      shipped: 3,
      cancelled: 2,
      returned: 0,
    })
    const after = history({ fulfilled: 3, refunds: [[2, 'RETURN']] })
    expect(lineCounts(wire(5, 3, 2), touched, after)).toEqual({
      ordered: 5,
      shipped: 3,
      cancelled: 0,
      returned: 2,
    })
  })

  it('take a refund that does not say which from what is still to ship (shopify-api-ruby#667)', () => {
    const past = history({ fulfilled: 3, refunds: [[2, 'NO_RESTOCK']] })
    expect(lineCounts(wire(5, 3, 2), touched, past)).toMatchObject({ cancelled: 0, returned: 2 })
    expect(lineCounts(wire(5, 3, 0), touched, past)).toMatchObject({ cancelled: 2, returned: 0 })
  })

  it('do not count a fulfilment that was cancelled', () => {
    const past = history({ fulfilled: 0, void: 3, refunds: [[1, 'CANCEL']] })
    expect(lineCounts(wire(3, 2, 2), touched, past)).toEqual({
      ordered: 3,
      shipped: 0,
      cancelled: 1,
      returned: 0,
    })
  })

  it('of a cancelled order leave nothing to ship', () => {
    const facts = { cancelled: true, untouched: true }
    expect(lineCounts(wire(3, 0, 0), facts, null)).toMatchObject({ cancelled: 3, shipped: 0 })
    // Cancelled without a refund entry, the line may keep its numbers.
    expect(lineCounts(wire(3, 3, 3), facts, null)).toMatchObject({ cancelled: 3, shipped: 0 })
    const shipped = history({ fulfilled: 1, refunds: [[2, 'CANCEL']] })
    expect(lineCounts(wire(3, 1, 0), { cancelled: true, untouched: false }, shipped)).toMatchObject({
      cancelled: 2,
      shipped: 1,
    })
  })

  it('never add up to more than was ordered, whatever Shopify says', () => {
    const count = fc.integer({ min: -1, max: 12 })
    const kind = fc.constantFrom('CANCEL' as const, 'RETURN' as const, 'NO_RESTOCK' as const)
    const past = fc.record({
      fulfilled: fc.nat(12),
      void: fc.nat(12),
      refunds: fc.array(fc.tuple(fc.nat(12), kind)),
    })
    const facts = fc.record({ cancelled: fc.boolean(), untouched: fc.boolean() })
    const seed = process.env.SEED ? Number(process.env.SEED) : undefined
    fc.assert(
      fc.property(
        count,
        count,
        count,
        fc.option(past),
        facts,
        (quantity, current, unfulfilled, gone, order) => {
          const counts = lineCounts(wire(quantity, current, unfulfilled), order, gone && history(gone))
          expect(Math.min(...Object.values(counts))).toBeGreaterThanOrEqual(0)
          expect(counts.shipped + counts.cancelled).toBeLessThanOrEqual(counts.ordered)
          expect(counts.returned).toBeLessThanOrEqual(counts.shipped)
        },
      ),
      { ...(seed === undefined ? {} : { seed }), numRuns: 500 },
    )
  })
})

describe('the history of an order', () => {
  it.each([
    [{ fulfillmentsCount: { count: 0 } }, wire(3, 1, 1), false],
    [{ fulfillmentsCount: { count: 1 } }, wire(3, 3, 1), false],
    [{ fulfillmentsCount: { count: 1 } }, wire(3, 2, 1), true],
    [{ fulfillmentsCount: null }, wire(3, 2, 1), true],
    [{ fulfillmentsCount: { count: 1 }, cancelledAt: '2026-07-01T10:00:00Z' }, wire(3, 3, 0), true],
    [{ fulfillmentsCount: { count: 0 }, cancelledAt: '2026-07-01T10:00:00Z' }, wire(3, 0, 0), false],
  ])('of %o is asked for only where the lines leave something open', (over, one, needed) => {
    expect(needsHistory(wireOrder(over, [one]))).toBe(needed)
  })
})
