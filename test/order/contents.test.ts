import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Placed, parcelLines, placeContents, type Want, wholeUnits } from '../../src/order/index.ts'

const want = (line: string, sku: string, ordered: number, rest: Partial<Want> = {}): Want => ({
  line,
  sku,
  perUnit: 1,
  here: 0,
  wanted: ordered,
  ordered,
  ...rest,
})
const text = (placed: readonly Placed[]) =>
  placed.map(({ line, sku, quantity }) => `${line}:${quantity} ${sku}`)

describe('what a parcel holds', () => {
  it('is for the lines in their order', () => {
    const wants = [want('a', 'MUG', 1), want('b', 'MUG', 2)]
    const { placed, rest } = placeContents([{ sku: 'MUG', quantity: 2 }], wants, [])
    expect(text(placed)).toEqual(['a:1 MUG', 'b:1 MUG'])
    expect(rest).toEqual([])
  })

  it('leaves to other parcels what they hold', () => {
    const wants = [want('a', 'MUG', 1), want('b', 'MUG', 2)]
    const { placed } = placeContents([{ sku: 'MUG', quantity: 1 }], wants, [
      { line: 'a', sku: 'MUG', quantity: 1 },
    ])
    expect(text(placed)).toEqual(['b:1 MUG'])
  })

  it('is first for the lines that the parcel’s own place was to send', () => {
    const wants = [want('a', 'MUG', 1), want('b', 'MUG', 1, { here: 1 })]
    expect(text(placeContents([{ sku: 'MUG', quantity: 1 }], wants, []).placed)).toEqual(['b:1 MUG'])
  })

  it('is then for a line that was cancelled too late, and what nobody ordered is left for a person', () => {
    const wants = [want('a', 'MUG', 2, { wanted: 1 })]
    const { placed, rest } = placeContents(
      [
        { sku: 'BAG', quantity: 1 },
        { sku: 'MUG', quantity: 3 },
      ],
      wants,
      [],
    )
    expect(text(placed)).toEqual(['a:2 MUG'])
    expect(rest).toEqual([
      { sku: 'BAG', quantity: 1 },
      { sku: 'MUG', quantity: 1 },
    ])
  })

  it('never places more than a line ordered, and loses nothing', () => {
    const sku = fc.constantFrom('MUG', 'BAG')
    const wants = fc.array(fc.tuple(sku, fc.nat(4), fc.nat(4), fc.nat(4)), { maxLength: 4 }).map((rows) =>
      rows.map(([one, ordered, wanted, here], index) =>
        want(`${index}`, one, ordered, {
          wanted: Math.min(wanted, ordered),
          here: Math.min(here, ordered),
        }),
      ),
    )
    const contents = fc.uniqueArray(fc.record({ sku, quantity: fc.integer({ min: 1, max: 6 }) }), {
      selector: (row) => row.sku,
    })
    fc.assert(
      fc.property(wants, contents, (lines, inside) => {
        const { placed, rest } = placeContents(inside, lines, [])
        for (const one of placed) {
          const line = lines.find((candidate) => candidate.line === one.line)
          expect(one.sku).toBe(line?.sku)
          expect(one.quantity).toBeLessThanOrEqual(line?.ordered ?? 0)
        }
        const sum = (rows: readonly { quantity: number }[]) =>
          rows.reduce((total, row) => total + row.quantity, 0)
        expect(sum(placed) + sum(rest)).toBe(sum(inside))
      }),
    )
  })
})

describe('a kit', () => {
  const wants = [want('k', 'MUG', 2, { perUnit: 1 }), want('k', 'BAG', 4, { perUnit: 2 })]
  const of = (sku: string, quantity: number): Placed => ({ line: 'k', sku, quantity })

  it('counts once all of its components are there', () => {
    expect(wholeUnits(wants, [of('MUG', 2)]).get('k')).toBe(0)
    expect(wholeUnits(wants, [of('MUG', 2), of('BAG', 3)]).get('k')).toBe(1)
    expect(wholeUnits(wants, [of('MUG', 2), of('BAG', 4)]).get('k')).toBe(2)
  })

  it('takes from a parcel what makes it whole; what does not is for the line that it makes whole', () => {
    const both = [...wants, want('m', 'MUG', 1)]
    const inside = (mugs: number, bags: number) =>
      text(
        placeContents(
          [
            { sku: 'MUG', quantity: mugs },
            { sku: 'BAG', quantity: bags },
          ],
          both,
          [],
        ).placed,
      )
    expect(inside(1, 0)).toEqual(['m:1 MUG'])
    expect(inside(2, 4)).toEqual(['k:2 MUG', 'k:4 BAG'])
    expect(inside(2, 2)).toEqual(['k:1 MUG', 'k:2 BAG', 'm:1 MUG'])
    expect(inside(2, 0)).toEqual(['m:1 MUG', 'k:1 MUG'])
  })

  it('is made whole by what an earlier parcel had too little of', () => {
    const both = [...wants, want('m', 'MUG', 1)]
    const { placed } = placeContents([{ sku: 'MUG', quantity: 1 }], both, [of('BAG', 2)])
    expect(text(placed)).toEqual(['k:1 MUG'])
  })

  it('that comes in two parcels is in the one that completes it', () => {
    expect(parcelLines(wants, [[of('MUG', 1)], [of('BAG', 2)], [of('MUG', 1), of('BAG', 2)]])).toEqual([
      [],
      [{ line: 'k', quantity: 1 }],
      [{ line: 'k', quantity: 1 }],
    ])
  })
})
