import type { Clock } from '../../src/spec/context.ts'

/** A clock that stands still until told, and knows who sleeps. */
export interface TestClock extends Clock {
  advance(ms: number): Promise<void>
  readonly sleeps: readonly number[]
}

/** Lets everything that is ready run, bottleneck's own few milliseconds of timers among it. */
export async function settle(ms = 25): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}

/** Waits, in real time, for what must become true. */
export async function until(condition: () => boolean): Promise<void> {
  const givesUpAt = performance.now() + 5_000
  while (!condition()) {
    if (performance.now() > givesUpAt) throw new Error('it did not come true within 5 s')
    await settle(2)
  }
}

export function testClock(startAt = 1_000_000): TestClock {
  let now = startAt
  const sleepers = new Set<{ wakeAt: number; wake: () => void }>()
  const sleeps: number[] = []
  return {
    sleeps,
    now: () => now,
    sleep(ms, signal) {
      sleeps.push(ms)
      if (signal?.aborted) return Promise.reject(signal.reason)
      return new Promise((resolve, reject) => {
        const sleeper = { wakeAt: now + ms, wake: resolve }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper)
          reject(signal.reason)
        })
      })
    },
    async advance(ms) {
      await settle()
      const until = now + ms
      for (;;) {
        const [next] = [...sleepers]
          .filter(({ wakeAt }) => wakeAt <= until)
          .sort((a, b) => a.wakeAt - b.wakeAt)
        if (next === undefined) break
        sleepers.delete(next)
        now = Math.max(now, next.wakeAt)
        next.wake()
        await settle()
      }
      now = until
      await settle()
    },
  }
}

/** Sleeps take no time at all, but are remembered. */
export function hastyClock(startAt = 1_000_000): Clock & { readonly sleeps: readonly number[] } {
  let now = startAt
  const sleeps: number[] = []
  return {
    sleeps,
    now: () => now,
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      sleeps.push(ms)
      now += ms
    },
  }
}
