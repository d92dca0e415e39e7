import type { Clock } from '../spec/context.ts'

/** setTimeout holds at most 2^31 - 1 ms and fires at once beyond it, so long sleeps are cut in parts. */
const longestTimerMs = 2 ** 31 - 1

function abortReason(signal: AbortSignal): unknown {
  return signal.reason ?? new Error('aborted')
}

/** Waits real milliseconds. The timer is cleared when the signal aborts, so nothing keeps the process alive. */
function sleepReal(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.reject(abortReason(signal))
  if (!(ms > 0)) return Promise.resolve()
  return new Promise((resolve, reject) => {
    let left = ms
    let timer: NodeJS.Timeout
    const done = () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }
    const arm = () => {
      const part = Math.min(left, longestTimerMs)
      left -= part
      timer = setTimeout(left > 0 ? arm : done, part)
    }
    const abort = () => {
      clearTimeout(timer)
      if (signal) reject(abortReason(signal))
    }
    signal?.addEventListener('abort', abort, { once: true })
    arm()
  })
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: sleepReal,
}

/**
 * A clock that runs `factor` times as fast as the machine's, so that a rate limit of minutes can be watched in seconds.
 *
 * @example
 * const clock = acceleratedClock(60) // one real second is one minute
 */
export function acceleratedClock(factor: number, startAt: number = Date.now()): Clock {
  if (!(factor > 0) || !Number.isFinite(factor)) {
    throw new RangeError(`acceleratedClock: factor must be a positive number, got ${factor}`)
  }
  const startedAt = performance.now()
  return {
    now: () => startAt + (performance.now() - startedAt) * factor,
    sleep: (ms, signal) => sleepReal(ms / factor, signal),
  }
}
