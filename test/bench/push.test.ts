import { describe, expect, it } from 'vitest'
import { measurePush } from '../../bench/push/measure.ts'
import { platforms } from '../../bench/push/platforms.ts'
import { sqlite } from '../../src/index.ts'

/** Not held to it: TikTok, which takes one product a call, so that what sells out in the midst of a batch waits for the rest of it. */
const short: ReadonlySet<string> = new Set(['TikTok'])
const held = platforms.filter(({ name }) => !short.has(name))

// The figures themselves are the benchmark's, `npm run bench -- push`. Over SQLite alone: nothing here is the database's.
describe('three hundred quantities that change at once', () => {
  it.each(held.map((platform) => [platform.name, platform] as const))(
    'are shown by %s as soon as its limits allow, in the fewest calls, and what sells out meanwhile goes first',
    async (_, platform) => {
      const store = sqlite(':memory:')
      const pushed = await measurePush({
        platform,
        quantities: 300,
        store,
        latencyMs: 0,
        zeros: 5,
      })
      expect(pushed.refused).toBe(0)
      expect(pushed.calls).toBeLessThanOrEqual(Math.ceil(pushed.fewest * 1.01))
      // How often the state is looked at comes on top.
      expect(pushed.shownMs).toBeLessThanOrEqual(pushed.limitMs * 1.02 + 100)
      expect(Math.max(...pushed.zeroMs)).toBeLessThanOrEqual(2000)
    },
    60_000,
  )
})
