import type { Clock } from '../spec/context.ts'

interface Sleeper {
  readonly wakeAt: number
  readonly order: number
  wake(): void
}

export interface VirtualClockOptions {
  /**
   * Jump to the next sleeper by itself when nothing asked for the time or slept for `quietMs` of real time. Network
   * on loopback takes real time that this clock does not see: keep `quietMs` above a round trip.
   */
  readonly autoAdvance?: boolean | { readonly quietMs: number }
}

/** A clock that moves only when told. Hours of rate limit pass in milliseconds. */
export interface VirtualClock extends Clock {
  /** Moves on by `ms`, waking sleepers in the order of their times; code they wake may sleep again within the span. */
  advance(ms: number): Promise<void>
  /** Moves to the next sleeper and wakes it; `false` when nobody sleeps. */
  advanceToNext(): Promise<boolean>
  /** How many sleep now. */
  readonly sleeping: number
  /** Ends automatic advancing. */
  stop(): void
}

/** A timer and a few turns of an idle event loop are late by less. */
const busyMs = 5

// Woken code runs on microtasks and immediates; a few turns let it reach its next sleep before time goes on.
async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve))
}

/**
 * @param startAt epoch milliseconds; default 2026-01-05T00:00:00Z, a Monday.
 * @example
 * const clock = virtualClock()
 * const woken = clock.sleep(3_600_000)
 * await clock.advance(3_600_000)
 * await woken
 */
export function virtualClock(
  startAt = Date.UTC(2026, 0, 5),
  options: VirtualClockOptions = {},
): VirtualClock {
  let now = startAt
  let counter = 0
  let sleepers: Sleeper[] = []
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let touches = 0
  const quietMs = typeof options.autoAdvance === 'object' ? options.autoAdvance.quietMs : 15

  const next = (until: number): Sleeper | undefined =>
    sleepers
      .filter(({ wakeAt }) => wakeAt <= until)
      .sort((one, other) => one.wakeAt - other.wakeAt || one.order - other.order)[0]

  const wakeNext = async (until: number): Promise<boolean> => {
    const sleeper = next(until)
    if (!sleeper) return false
    now = Math.max(now, sleeper.wakeAt)
    sleeper.wake()
    await settle()
    return true
  }

  const touch = () => {
    if (!options.autoAdvance || stopped) return
    touches += 1
    clearTimeout(timer)
    timer = undefined
    const armedAt = performance.now()
    if (sleepers.length > 0) timer = setTimeout(() => void whenQuiet(armedAt), quietMs)
  }

  /** A process that was too busy to look at the clock has not been quiet: what it is at goes on first. */
  const whenQuiet = async (armedAt: number) => {
    const counted = touches
    await settle()
    if (counted !== touches) return
    if (performance.now() - armedAt <= quietMs + busyMs) await wakeNext(Number.POSITIVE_INFINITY)
    touch()
  }

  return {
    now() {
      touch()
      return now
    },
    sleep(ms, signal) {
      if (signal?.aborted) return Promise.reject(signal.reason)
      return new Promise((resolve, reject) => {
        const leave = () => {
          sleepers = sleepers.filter((each) => each !== sleeper)
          signal?.removeEventListener('abort', abort)
        }
        const abort = () => {
          leave()
          reject(signal?.reason)
        }
        const wake = () => {
          leave()
          resolve()
        }
        counter += 1
        const sleeper: Sleeper = { wakeAt: now + Math.max(0, ms), order: counter, wake }
        sleepers.push(sleeper)
        signal?.addEventListener('abort', abort, { once: true })
        touch()
      })
    },
    async advance(ms) {
      const until = now + Math.max(0, ms)
      await settle()
      while (await wakeNext(until));
      now = Math.max(now, until)
      await settle()
    },
    advanceToNext: () => wakeNext(Number.POSITIVE_INFINITY),
    get sleeping() {
      return sleepers.length
    },
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

/** Whether a clock can be moved by hand. */
export function isVirtualClock(clock: Clock): clock is VirtualClock {
  return 'advance' in clock && typeof clock.advance === 'function'
}
