import { sqlite } from '../src/index.ts'
import { measurePush, type Pushed } from './push/measure.ts'
import { type Platform, platforms } from './push/platforms.ts'

const sizes: Readonly<Record<string, readonly number[]>> = {
  short: [300],
  full: [1_000, 10_000, 100_000],
}
const aims = { ratio: 1.02, calls: 1.01, refused: 0.001, zeroMs: 2_000 }
const latencyMs = 100

/**
 * How long it takes until every channel shows its changed quantities, beside the time that the platform's documented rates
 * allow: hub and simulator on one virtual clock, each call 100 ms on its way. And how long a SKU that sells out meanwhile is
 * still on sale. The hub's database lies in memory, so that one process has the limits for itself: what is kept back of them
 * where several share them is not part of this. Never fails on timing: read the ratios.
 *
 * 1,000 and 10,000 quantities by default, some minutes; `STOCKPOOL_BENCH=full` adds 100,000, an hour or more of the machine's
 * time for the five simulated hours of Amazon's rate. `STOCKPOOL_BENCH=short` takes 300, and `STOCKPOOL_PLATFORMS=Amazon,Meta` some.
 */
export default async function benchPush(): Promise<void> {
  const chosen = process.env.STOCKPOOL_PLATFORMS?.split(',')
  const quantities = sizes[process.env.STOCKPOOL_BENCH ?? ''] ?? [1_000, 10_000]
  const rows: Record<string, unknown>[] = []
  for (const platform of platforms.filter(({ name }) => chosen?.includes(name) ?? true)) {
    for (const count of quantities) {
      const pushed = await measurePush({
        platform,
        quantities: count,
        store: sqlite(':memory:'),
        latencyMs,
        zeros: 5,
      })
      rows.push(row(platform, count, pushed))
    }
  }
  const { ratio, calls, refused, zeroMs } = aims
  console.log(
    `Aims: time at most ${ratio} of what the limits allow, and one call's ${latencyMs} ms; calls at most ${calls} of the fewest; ` +
      `at most ${refused * 100} % refused; 0 shown within ${zeroMs / 1000} s. Simulated time, but for the last two columns.`,
  )
  console.table(rows)
}

function row({ name }: Platform, quantities: number, pushed: Pushed): Record<string, unknown> {
  const { limitMs, shownMs, calls, fewest, refused, requests, zeroMs, realMs } = pushed
  const seconds = (ms: number) => (ms / 1000).toFixed(1)
  return {
    platform: name,
    changed: quantities,
    'limit s': seconds(limitMs),
    'shown s': seconds(shownMs),
    // Within the burst no time is needed at all: the calls' own is what is left.
    ratio: limitMs > 0 ? ((shownMs - latencyMs) / limitMs).toFixed(3) : 'within the burst',
    calls,
    'of fewest': (calls / fewest).toFixed(3),
    'refused %': ((refused / Math.max(1, requests)) * 100).toFixed(2),
    'zero s': seconds(Math.max(...zeroMs)),
    'real s': seconds(realMs),
    'MB now': Math.round(process.memoryUsage.rss() / 1e6),
  }
}
