import { describe, expect, it } from 'vitest'
import { KnownPlaces } from '../../src/store/known-places.ts'
import type { ReservationRequest } from '../../src/store/reservations.ts'
import type { StockView } from '../../src/store/stock-view.ts'
import { at } from './support.ts'

const request = (key: string, ...skus: string[]): ReservationRequest => ({
  key,
  lines: skus.map((sku) => ({ sku, quantity: 1 })),
  locations: null,
  expiresAt: null,
  cause: null,
  at,
  body: null,
})

/** A look that finds each SKU at this place; `null`: at several, or a kit. */
const seen = (places: Record<string, string | null>): StockView => ({
  wantedBy: () => new Map(),
  locationsFor: () => [],
  available: () => 0,
  take: () => undefined,
  stockOf: () => undefined,
  placeOf: (sku) => places[sku] ?? null,
})

const none: ReadonlySet<string> = new Set()
const placesOf = (known: KnownPlaces, ...requests: ReservationRequest[]) =>
  known
    .foresee(requests)
    ?.map(({ placements }) =>
      placements.map(({ sku, location, quantity }) => `${quantity} ${sku} ${location}`),
    ) ?? null

function knowing(places: Record<string, string | null>): KnownPlaces {
  const known = new KnownPlaces()
  known.learn([request('a look', ...Object.keys(places))], seen(places), none)
  return known
}

describe('where SKUs lie', () => {
  it('is not known before a look', () => {
    expect(placesOf(new KnownPlaces(), request('k', 'A'))).toBeNull()
  })

  it('is known after one, of repeated lines together', () => {
    expect(placesOf(knowing({ A: 'main', B: 'east' }), request('k', 'A', 'B', 'A'))).toEqual([
      ['2 A main', '1 B east'],
    ])
  })

  it('is guessed where all of a look lay at one place, and else not', () => {
    expect(placesOf(knowing({ A: 'main', B: 'main' }), request('k', 'NEW'))).toEqual([['1 NEW main']])
    expect(placesOf(knowing({ A: 'main', B: 'east' }), request('k', 'NEW'))).toBeNull()
    expect(placesOf(knowing({ A: 'main', KIT: null }), request('k', 'NEW'))).toBeNull()
  })

  it('cannot be told of any when one of them needs a look, was short, or its key comes twice', () => {
    const known = knowing({ A: 'main', B: 'main' })
    known.learn([request('k', 'KIT', 'B')], seen({ KIT: null, B: 'main' }), none)
    expect(placesOf(known, request('k', 'A'), request('l', 'KIT'))).toBeNull()
    known.learn([request('k', 'A')], seen({ A: 'main' }), new Set(['A']))
    expect(placesOf(known, request('k', 'A'))).toBeNull()
    expect(placesOf(known, request('k', 'B'), request('k', 'B'))).toBeNull()
    expect(placesOf(known, request('k', 'B'))).toEqual([['1 B main']])
  })

  it('is taken where it is asked for, and looked at where another place is named', () => {
    const known = knowing({ A: 'main' })
    expect(placesOf(known, { ...request('k', 'A'), locations: ['main'] })).toEqual([['1 A main']])
    expect(placesOf(known, { ...request('k', 'A'), locations: ['east', 'main'] })).toBeNull()
  })

  it('is in doubt after something was otherwise, until a look', () => {
    const known = knowing({ A: 'main', B: 'main' })
    known.doubt([request('k', 'A')])
    expect(placesOf(known, request('k', 'B'))).toBeNull()
    expect(placesOf(known, request('k', 'A'))).toBeNull()
    expect(placesOf(known, request('k', 'B'))).toEqual([['1 B main']])
    expect(placesOf(known, request('k', 'NEW'))).toEqual([['1 NEW main']])
    known.learn([request('k', 'A')], seen({ A: 'main' }), none)
    expect(placesOf(known, request('k', 'A'))).toEqual([['1 A main']])
  })

  it('is known of each, where some lie at one place and some at another', () => {
    const known = knowing({ A: 'main' })
    known.learn([request('k', 'B')], seen({ B: 'east' }), none)
    known.learn([request('k', 'A')], seen({ A: 'main' }), none)
    expect(placesOf(known, request('k', 'A'), request('l', 'B'))).toEqual([['1 A main'], ['1 B east']])
  })

  it('is gone by less and less often while it is wrong each time, and as before once it was right', () => {
    const known = knowing({ A: 'main' })
    /** How many looks come before it is tried again. */
    const looks = () => {
      let count = 0
      while (placesOf(known, request('k', 'A')) === null) {
        count += 1
        known.learn([request('k', 'A')], seen({ A: 'main' }), none)
      }
      return count
    }
    const failed = Array.from({ length: 9 }, () => {
      known.doubt([request('k', 'A')])
      return looks()
    })
    expect(failed).toEqual([1, 2, 4, 8, 16, 32, 64, 64, 64])
    known.trust()
    known.doubt([request('k', 'A')])
    expect(looks()).toBe(1)
  })

  it('is guessed anew once it was wrong often enough: all may have been brought elsewhere', () => {
    const known = knowing({ A: 'main' })
    const guess = () => {
      known.learn([request('k', 'B')], seen({ B: 'east' }), none)
      for (let look = 0; look < 64; look += 1) placesOf(known, request('k', 'A'))
      return placesOf(known, request('k', 'NEW'))
    }
    for (let failed = 1; failed <= 6; failed += 1) known.doubt([request('k', 'A')])
    expect(guess()).toEqual([['1 NEW main']])
    known.doubt([request('k', 'A')])
    expect(guess()).toEqual([['1 NEW east']])
  })

  it('is remembered of the latest ten thousand that are unlike the others', () => {
    const known = knowing({ A: 'main' })
    for (let n = 0; n <= 10_000; n += 1) known.learn([request('k', `KIT-${n}`)], seen({}), none)
    // Forgotten, it is guessed again, which a write finds out.
    expect(placesOf(known, request('k', 'KIT-0'))).toEqual([['1 KIT-0 main']])
    expect(placesOf(known, request('k', 'KIT-1'))).toBeNull()
  })
})
