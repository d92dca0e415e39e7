import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import type { ListingPolicy } from '../../src/model/listing.ts'
import { ListingPolicy as PolicySchema } from '../../src/model/listing.ts'
import { availableOf, type ComponentStock, offer } from '../../src/stock/offer.ts'

const policy = (given: z.input<typeof PolicySchema> = {}): ListingPolicy => PolicySchema.parse(given)
const item = (...available: number[]): ComponentStock[] => [
  {
    sku: 'MUG',
    quantity: 1,
    byLocation: available.map((units, index) => ({ location: `l${index}`, available: units })),
  },
]

describe('offer', () => {
  it.each([
    { name: 'all that is available', stock: item(7), given: {}, units: 1, shown: 7 },
    { name: 'the sum over locations', stock: item(7, 5), given: {}, units: 1, shown: 12 },
    { name: 'nothing when nothing is there', stock: item(), given: {}, units: 1, shown: 0 },
    { name: 'nothing below zero', stock: item(-3), given: {}, units: 1, shown: 0 },
    { name: 'less for what was oversold elsewhere', stock: item(7, -3), given: {}, units: 1, shown: 4 },
    { name: 'only allowed locations', stock: item(7, 5), given: { locations: ['l1'] }, units: 1, shown: 5 },
    {
      name: 'nothing from a location without stock',
      stock: item(7),
      given: { locations: ['l9'] },
      units: 1,
      shown: 0,
    },
    { name: 'less the buffer', stock: item(7), given: { buffer: 2 }, units: 1, shown: 5 },
    { name: 'nothing when the buffer is larger', stock: item(7), given: { buffer: 9 }, units: 1, shown: 0 },
    { name: 'less a percentage, rounded up', stock: item(11), given: { buffer: '10%' }, units: 1, shown: 9 },
    { name: 'less an exact percentage', stock: item(30), given: { buffer: '10%' }, units: 1, shown: 27 },
    { name: 'everything at 0 %', stock: item(7), given: { buffer: '0%' }, units: 1, shown: 7 },
    { name: 'nothing at 100 %', stock: item(7), given: { buffer: '100%' }, units: 1, shown: 0 },
    { name: 'whole six-packs', stock: item(20), given: {}, units: 6, shown: 3 },
    {
      name: 'six-packs of what the buffer leaves',
      stock: item(20),
      given: { buffer: 3 },
      units: 6,
      shown: 2,
    },
    { name: 'at most the cap', stock: item(20), given: { cap: 4 }, units: 1, shown: 4 },
    { name: 'a cap in units of the listing', stock: item(20), given: { cap: 2 }, units: 6, shown: 2 },
    { name: 'nothing at a cap of 0', stock: item(20), given: { cap: 0 }, units: 1, shown: 0 },
    { name: 'nothing below the minimum', stock: item(4), given: { minimum: 5 }, units: 1, shown: 0 },
    { name: 'the minimum itself', stock: item(5), given: { minimum: 5 }, units: 1, shown: 5 },
    {
      name: 'nothing when the cap is below the minimum',
      stock: item(9),
      given: { cap: 3, minimum: 5 },
      units: 1,
      shown: 0,
    },
  ])('shows $name', ({ stock, given, units, shown }) => {
    expect(offer(stock, policy(given), units).offer).toBe(shown)
  })

  it('gives every term', () => {
    expect(offer(item(25, 5), policy({ buffer: '10%', cap: 4, minimum: 2 }), 5)).toEqual({
      available: 30,
      scarcest: 'MUG',
      keptBack: 3,
      sellable: 5,
      capped: true,
      belowMinimum: false,
      offer: 4,
    })
  })

  it('never keeps back more than there is', () => {
    expect(offer(item(3), policy({ buffer: 10 }), 1)).toMatchObject({ keptBack: 3, sellable: 0 })
  })
})

describe('a kit', () => {
  const kit = (mugs: number, boxes: number): ComponentStock[] => [
    { sku: 'MUG', quantity: 2, byLocation: [{ location: 'main', available: mugs }] },
    { sku: 'BOX', quantity: 1, byLocation: [{ location: 'main', available: boxes }] },
  ]

  it('makes as many as its scarcest component allows', () => {
    expect(availableOf(kit(9, 5), null)).toEqual({ available: 4, scarcest: 'MUG' })
    expect(availableOf(kit(9, 3), null)).toEqual({ available: 3, scarcest: 'BOX' })
  })

  it('makes none when a component is missing or oversold', () => {
    expect(availableOf(kit(9, 0), null).available).toBe(0)
    expect(availableOf(kit(-1, 9), null).available).toBe(0)
    expect(availableOf([], null).available).toBe(0)
  })

  it('applies the policy to kits, not to components', () => {
    expect(offer(kit(20, 20), policy({ buffer: 1 }), 3).offer).toBe(3)
  })

  it('draws components from allowed locations only', () => {
    const stock: ComponentStock[] = [
      { sku: 'MUG', quantity: 1, byLocation: [{ location: 'east', available: 5 }] },
      { sku: 'BOX', quantity: 1, byLocation: [{ location: 'west', available: 5 }] },
    ]
    expect(offer(stock, policy(), 1).offer).toBe(5)
    expect(offer(stock, policy({ locations: ['east'] }), 1)).toMatchObject({ offer: 0, scarcest: 'BOX' })
  })
})
