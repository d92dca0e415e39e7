import http from 'node:http'
import type { Clock } from '../../src/spec/context.ts'

interface Sleeper {
  readonly wakeAt: number
  readonly wake: () => void
}

const quietMs = 10

/** How many requests this process waits for the answers of: a long one is no reason to move the time on. */
function requestsUnderWay(): () => number {
  let open = 0
  const { request } = http
  http.request = ((...args: Parameters<typeof request>) => {
    const sent = request(...args)
    open += 1
    sent.once('close', () => {
      open -= 1
    })
    return sent
  }) as typeof request
  return () => open
}

/**
 * The virtual clock of a simulator in another process. When nobody here has looked at the time for a while, and no answer is
 * waited for, it is moved on to where the first sleeper wakes: there first, then here.
 */
export async function clockOf(url: string): Promise<Clock & { stop(): void }> {
  const { now: startAt } = (await (await fetch(`${url}/_simulator/clock`)).json()) as { now: number }
  let now = startAt
  let sleepers: readonly Sleeper[] = []
  let looked = performance.now()
  let stopped = false
  const underWay = requestsUnderWay()

  const jump = async () => {
    const [first] = sleepers.toSorted((one, other) => one.wakeAt - other.wakeAt)
    if (first === undefined) return
    const advanceMs = Math.max(0, first.wakeAt - now)
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ advanceMs })
    await fetch(`${url}/_simulator/clock`, { method: 'POST', headers, body })
    now = Math.max(now, first.wakeAt)
    first.wake()
  }
  const watch = async () => {
    while (!stopped) {
      const before = performance.now()
      await new Promise((resolve) => setTimeout(resolve, quietMs))
      const late = performance.now() - before > 2 * quietMs
      if (!late && underWay() === 0 && performance.now() - looked >= quietMs) await jump()
    }
  }
  void watch().catch((error: unknown) => {
    if (!stopped) throw error
  })

  return {
    now() {
      looked = performance.now()
      return now
    },
    sleep(ms, signal) {
      if (signal?.aborted) return Promise.reject(signal.reason)
      looked = performance.now()
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
        const sleeper: Sleeper = { wakeAt: now + Math.max(0, ms), wake }
        sleepers = [...sleepers, sleeper]
        signal?.addEventListener('abort', abort, { once: true })
      })
    },
    stop() {
      stopped = true
    },
  }
}
