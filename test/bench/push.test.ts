import { describe, expect, it } from 'vitest'
import { measurePush } from '../../bench/push/measure.ts'
import { platforms } from '../../bench/push/platforms.ts'
import { sqlite } from '../../src/index.ts'

// The figures themselves are the benchmark's, `npm run bench -- push`. Over SQLite alone: nothing here is the database's.
describe('three hundred quantities that change at once', () => {
  it.each(platforms.map((platform) => [platform.name, platform] as const))(
    'are shown by %s as soon as its limits allow, in the fewest calls, and what sells out meanwhile goes first',
    // The clock goes on when nothing has happened for some milliseconds: on a busy machine it may do so while we are merely held up.
    { timeout: 60_000, retry: 2 },
    async (_, platform) => {
      const store = sqlite(':memory:')
      const pushed = await measurePush({
        platform,
        quantities: 300,
        store,
        latencyMs: 0,
        zeros: 2,
        quietMs: 5,
      })
      expect(pushed.refused).toBe(0)
      expect(pushed.calls).toBeLessThanOrEqual(Math.ceil(pushed.fewest * 1.01))
      // How often the state is looked at comes on top.
      expect(pushed.shownMs).toBeLessThanOrEqual(pushed.limitMs * 1.02 + 100)
      expect(Math.max(...pushed.zeroMs)).toBeLessThanOrEqual(2000)
    },
  )
})
