import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayEnd, dayIn } from '../../src/hub/calendar.ts'
import { allowed } from '../../src/hub/push-allowance.ts'

const limits = fc
  .record({ most: fc.integer({ min: 2, max: 20 }), spare: fc.integer({ min: 0, max: 20 }) })
  .map(({ most, spare }) => ({ most, spare: Math.min(spare, most), zone: 'UTC' }))
const changes = fc.array(
  fc.record({
    countedAs: fc.constantFrom('one', 'other'),
    from: fc.option(fc.nat(3)),
    to: fc.nat(3),
  }),
)
const used = fc
  .dictionary(fc.constantFrom('one', 'other'), fc.nat(20))
  .map((counts) => new Map(Object.entries(counts)))
const kind = ({ from, to }: { from: number | null; to: number }) =>
  to === 0 ? 'sold-out' : from === 0 ? 'back' : 'other'

describe('what may be changed today', () => {
  it('is never more than the channel allows; selling out goes to the last, all else leaves its share for it', () => {
    fc.assert(
      fc.property(limits, changes, used, (limit, wanted, before) => {
        const going = allowed(limit, wanted, before)
        for (const name of ['one', 'other']) {
          const mine = wanted.filter(({ countedAs }) => countedAs === name)
          const count = (what?: string) =>
            mine.filter((each) => going.has(each) && (what === undefined || kind(each) === what)).length
          const at = before.get(name) ?? 0
          expect(count('sold-out')).toBe(
            Math.min(mine.filter((each) => kind(each) === 'sold-out').length, Math.max(0, limit.most - at)),
          )
          if (count('back') > 0)
            expect(at + count('sold-out') + count('back')).toBeLessThanOrEqual(
              limit.most - Math.ceil(limit.spare / 2),
            )
          if (count('other') > 0) expect(at + count()).toBeLessThanOrEqual(limit.most - limit.spare)
        }
      }),
    )
  })
})

describe('a day of a calendar', () => {
  it.each([
    ['America/Los_Angeles', '2026-07-01T09:00:00Z', '2026-07-01', '2026-07-02T07:00:00.000Z'],
    ['America/Los_Angeles', '2026-07-02T06:59:59.999Z', '2026-07-01', '2026-07-02T07:00:00.000Z'],
    ['America/Los_Angeles', '2026-07-02T07:00:00Z', '2026-07-02', '2026-07-03T07:00:00.000Z'],
    // Of 23 hours, and of 25.
    ['America/Los_Angeles', '2026-03-08T08:00:00Z', '2026-03-08', '2026-03-09T07:00:00.000Z'],
    ['America/Los_Angeles', '2026-11-01T07:00:00Z', '2026-11-01', '2026-11-02T08:00:00.000Z'],
    ['UTC', '2026-12-31T23:59:59Z', '2026-12-31', '2027-01-01T00:00:00.000Z'],
  ])('in %s at %s is %s, until %s', (zone, at, day, end) => {
    expect(dayIn(zone, Date.parse(at))).toBe(day)
    expect(new Date(dayEnd(zone, Date.parse(at))).toISOString()).toBe(end)
  })
})
