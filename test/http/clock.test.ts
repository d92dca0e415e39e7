import { describe, expect, it } from 'vitest'
import { acceleratedClock, systemClock } from '../../src/http/clock.ts'

describe('systemClock', () => {
  it('sleeps, and ends at once when its signal aborts', async () => {
    const controller = new AbortController()
    const startedAt = performance.now()
    const sleep = systemClock.sleep(60_000, controller.signal)
    controller.abort(new Error('enough'))
    await expect(sleep).rejects.toThrow('enough')
    await expect(systemClock.sleep(60_000, controller.signal)).rejects.toThrow('enough')
    await systemClock.sleep(0)
    await systemClock.sleep(20)
    const tookMs = performance.now() - startedAt
    expect(tookMs).toBeGreaterThan(18)
    expect(tookMs).toBeLessThan(5_000)
  })

  it('does not wake at once from a sleep longer than a timer can hold', async () => {
    const controller = new AbortController()
    let woken = false
    const sleep = systemClock.sleep(2 ** 31 + 5, controller.signal).then(
      () => {
        woken = true
      },
      () => {},
    )
    await systemClock.sleep(20)
    expect(woken).toBe(false)
    controller.abort()
    await sleep
  })
})

describe('acceleratedClock', () => {
  it('runs as many times as fast', async () => {
    const clock = acceleratedClock(1000, 5_000_000)
    const before = clock.now()
    expect(before).toBeGreaterThanOrEqual(5_000_000)
    await clock.sleep(30_000)
    expect(clock.now() - before).toBeGreaterThan(25_000)
    expect(clock.now() - before).toBeLessThan(2_000_000)
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses a factor of %s', (factor) => {
    expect(() => acceleratedClock(factor)).toThrow(RangeError)
  })
})
