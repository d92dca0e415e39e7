import { describe, expect, it } from 'vitest'
import { afterPage, beginPass, readCursor, updatedSince } from '../../../adapters/shopify/cursor.ts'

const now = Date.UTC(2026, 6, 2)
const hour = 3_600_000
const policy = { ordersSince: null, overlapMs: 120_000 }

describe('a mark', () => {
  it('begins seven days back, or where the options say', () => {
    expect(beginPass(policy, now, null)).toMatchObject({ from: now - 168 * hour, after: null })
    const since = now - hour
    expect(beginPass({ ...policy, ordersSince: since }, now, null)).toMatchObject({
      from: since,
      seen: since,
    })
  })

  it('goes on within its pass, and begins the next one a little before the last', () => {
    const at = { v: 1 as const, seen: now, from: now - hour, began: now, after: 'page-2' }
    expect(beginPass(policy, now + hour, at)).toBe(at)
    expect(beginPass(policy, now + hour, { ...at, after: null })).toMatchObject({
      from: now - 120_000,
      began: now + hour,
      given: 0,
    })
  })

  it('cuts a pass before its pages are deeper than Shopify goes, and asks anew from what was given', () => {
    const at = {
      v: 1 as const,
      seen: now - 10 * hour,
      from: now - 20 * hour,
      began: now,
      after: 'page-2399',
      given: 23_990,
    }
    const page = { seen: now - 5 * hour, after: 'page-2400', rows: 10 }
    const cut = afterPage(policy, at, page)
    expect(cut).toMatchObject({ seen: page.seen, after: null })
    expect(beginPass(policy, now, cut)).toMatchObject({ from: page.seen - 120_000, given: 0 })
    // One page earlier, or where a new question would begin no later than this one, it goes on.
    expect(afterPage(policy, { ...at, given: 23_980 }, page).after).toBe('page-2400')
    expect(afterPage(policy, at, { ...page, seen: at.from + 60_000 }).after).toBe('page-2400')
  })

  it('is refused where it is no mark of ours', () => {
    for (const text of ['', '{}', 'null', '{"v":1,"seen":"x"}']) {
      expect(() => readCursor(text)).toThrow(
        expect.objectContaining({ code: 'invalid_input', field: 'cursor' }),
      )
    }
  })

  it('asks by whole seconds, so that none is skipped by its milliseconds', () => {
    expect(updatedSince(now + 999)).toBe("updated_at:>='2026-07-02T00:00:00Z'")
  })
})
