import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../src/stock/canonical.ts'
import { balanceChanges, checkMove, type Move, rowChanges, sumMoves } from '../../src/stock/moves.ts'

const available = (location: string) => ({ bucket: 'available', location }) as const
const reserved = (location: string) => ({ bucket: 'reserved', location }) as const
const supplier = { bucket: 'supplier', location: null } as const
const take = (sku: string, quantity: number, location = 'main'): Move => ({
  sku,
  from: available(location),
  to: reserved(location),
  quantity,
})

describe('sumMoves', () => {
  it('makes one move of equal ones, and keeps others apart', () => {
    expect(sumMoves([take('B', 1), take('A', 2), take('B', 3), take('A', 1, 'east')])).toEqual([
      take('A', 1, 'east'),
      take('A', 2),
      take('B', 4),
    ])
  })
})

describe('balanceChanges', () => {
  it('sorts by SKU and location in code units, whatever the order given', () => {
    const moves = [take('b', 1), take('B', 1), take('a', 1, 'é'), take('a', 1, 'z'), take('a', 1, 'Z')]
    const rows = (given: Move[]) => balanceChanges(given).map(({ sku, location }) => `${sku}@${location}`)
    expect(rows(moves)).toEqual(['B@main', 'a@Z', 'a@z', 'a@é', 'b@main'])
    expect(rows([...moves].reverse())).toEqual(rows(moves))
  })

  it('counts both sides of a move within a row, and both rows of a transfer', () => {
    const transfer: Move = { sku: 'A', from: available('main'), to: available('east'), quantity: 5 }
    expect(balanceChanges([take('A', 2), transfer])).toEqual([
      { sku: 'A', location: 'east', available: 5, reserved: 0, quarantined: 0 },
      { sku: 'A', location: 'main', available: -7, reserved: 2, quarantined: 0 },
    ])
  })

  it('leaves out rows that end as they were', () => {
    const back: Move = { sku: 'A', from: reserved('main'), to: available('main'), quantity: 2 }
    expect(balanceChanges([take('A', 2), back])).toEqual([])
  })
})

describe('checkMove', () => {
  const into: Move = { sku: 'A', from: supplier, to: available('main'), quantity: 1 }

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1_000_000_001])(
    'refuses %s units',
    (quantity) => {
      expect(() => checkMove({ ...into, quantity }, 'moves.3')).toThrow(
        expect.objectContaining({ code: 'invalid_input', field: 'moves.3.quantity' }),
      )
    },
  )

  it('wants a location inside the pool, and none outside', () => {
    const nowhere = { ...into, to: { bucket: 'available', location: null } } as const
    const there = { ...into, from: { bucket: 'supplier', location: 'main' } } as const
    expect(() => checkMove(nowhere, 'm')).toThrow(expect.objectContaining({ field: 'm.to' }))
    expect(() => checkMove(there, 'm')).toThrow(expect.objectContaining({ field: 'm.from' }))
    expect(() => checkMove({ ...into, from: into.to }, 'm')).toThrow(
      expect.objectContaining({ field: 'm.to' }),
    )
    expect(() => checkMove(into, 'm')).not.toThrow()
  })
})

describe('canonicalJson', () => {
  it('reads the same for bodies that mean the same', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: undefined })).toBe('{"b":[1,{"c":"x","d":null}]}')
    expect(canonicalJson({ b: 1, a: 2 })).toBe(canonicalJson({ a: 2, b: 1 }))
  })

  it('differs where the meaning does', () => {
    const texts = [
      1,
      '1',
      [1],
      ['1'],
      { 1: 1 },
      null,
      [null],
      {},
      [],
      '',
      true,
      'true',
      [[], 1],
      [[1]],
      5n,
    ].map(canonicalJson)
    expect(new Set(texts).size).toBe(texts.length)
  })

  it('is JSON', () => {
    const value = { text: 'quote " and \u2028', deep: [{ x: -0.5 }] }
    expect(JSON.parse(canonicalJson(value))).toEqual(value)
  })
})

describe('rowChanges', () => {
  const step = (moves: Move[], guarded = true) => ({ changes: balanceChanges(moves), guarded })
  const give = (sku: string, quantity: number): Move => ({
    sku,
    from: supplier,
    to: available('main'),
    quantity,
  })
  const back = (sku: string, quantity: number): Move => ({
    sku,
    from: reserved('main'),
    to: available('main'),
    quantity,
  })
  const freely = Number.MIN_SAFE_INTEGER

  it('sums what the steps do to a row, and sorts the rows', () => {
    expect(rowChanges([step([take('B', 1), take('A', 2)]), step([take('A', 3)])])).toMatchObject([
      { sku: 'A', location: 'main', available: -5, reserved: 5, needs: { available: 5 } },
      { sku: 'B', location: 'main', available: -1, reserved: 1, needs: { available: 1 } },
    ])
  })

  it('needs at first what the steps take before they give', () => {
    const needs = (...steps: Parameters<typeof rowChanges>[0]) => rowChanges(steps)[0]?.needs.available
    expect(needs(step([take('A', 4)]), step([give('A', 9)]), step([take('A', 6)]))).toBe(4)
    expect(needs(step([give('A', 4)]), step([take('A', 6)]))).toBe(2)
    expect(needs(step([give('A', 6)]), step([take('A', 4)]))).toBe(-2)
  })

  it('lets what is available fall freely where a step is not guarded, and asks all of it of those after', () => {
    const needs = (...steps: Parameters<typeof rowChanges>[0]) => rowChanges(steps)[0]?.needs.available
    expect(needs(step([take('A', 4)], false))).toBe(freely)
    expect(needs(step([give('A', 4)]))).toBe(freely)
    expect(needs(step([take('A', 4)], false), step([take('A', 1)]))).toBe(5)
    expect(needs(step([take('A', 1)]), step([take('A', 4)], false))).toBe(1)
  })

  it('never lets what is reserved fall below zero in between', () => {
    const rows = rowChanges([step([back('A', 3)], false), step([take('A', 5)]), step([back('A', 1)], false)])
    expect(rows).toMatchObject([{ available: -1, reserved: 1, needs: { available: 2, reserved: 3 } }])
  })

  it('keeps rows apart whose names run together', () => {
    expect(rowChanges([step([take('A', 1, 'B C'), take('A B', 1, 'C')])])).toHaveLength(2)
  })
})
