import { describe, expect, it } from 'vitest'
import { allocate } from '../../src/stock/allocate.ts'

const from = (stock: Record<string, Record<string, number>>) => (sku: string, location: string) =>
  stock[location]?.[sku] ?? 0
const wanted = (units: Record<string, number>) => new Map(Object.entries(units))

describe('allocate', () => {
  it('takes all from the first location that has all', () => {
    const stock = { east: { A: 5 }, west: { A: 5, B: 5 }, north: { A: 9, B: 9 } }
    expect(allocate(wanted({ A: 2, B: 1 }), ['east', 'west', 'north'], from(stock)).placements).toEqual([
      { sku: 'A', location: 'west', quantity: 2 },
      { sku: 'B', location: 'west', quantity: 1 },
    ])
  })

  it('splits in order when no location has all', () => {
    const stock = { east: { A: 3 }, west: { A: 2, B: 1 }, north: { A: 9 } }
    expect(allocate(wanted({ A: 6, B: 1 }), ['east', 'west', 'north'], from(stock)).placements).toEqual([
      { sku: 'A', location: 'east', quantity: 3 },
      { sku: 'A', location: 'west', quantity: 2 },
      { sku: 'A', location: 'north', quantity: 1 },
      { sku: 'B', location: 'west', quantity: 1 },
    ])
  })

  it('places nothing when anything is short, and names every short SKU', () => {
    const stock = { east: { A: 3, C: 9 }, west: { A: 2, B: -4 } }
    expect(allocate(wanted({ A: 6, B: 1, C: 9 }), ['east', 'west'], from(stock))).toEqual({
      placements: [],
      short: [
        { sku: 'A', wanted: 6, available: 5 },
        { sku: 'B', wanted: 1, available: 0 },
      ],
    })
  })

  it('takes nothing from a location below zero, and does not count it against the others', () => {
    const stock = { east: { A: -5 }, west: { A: 2 } }
    expect(allocate(wanted({ A: 2 }), ['east', 'west'], from(stock)).placements).toEqual([
      { sku: 'A', location: 'west', quantity: 2 },
    ])
  })
})
