import type { Connection } from '../../src/spec/connection.ts'
import type { Clock } from '../../src/spec/context.ts'

export { FakeShop, type ShopOptions } from './fake-shop.ts'
export { FakeWarehouse } from './fake-warehouse.ts'

/** A connection that can do nothing, and costs a pass next to nothing. */
export const bare = {
  specVersion: 1,
  kind: 'bare',
  hosts: [],
  limits: {},
  secrets: () => [],
  intervals: {},
} as const satisfies Connection

/** Time that moves only when told; sleepers wake in order. */
export class ManualClock implements Clock {
  #now = Date.parse('2026-03-01T08:00:00.000Z')
  #sleepers: { at: number; wake: () => void }[] = []

  now(): number {
    return this.#now
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      this.#sleepers.push({ at: this.#now + ms, wake: resolve })
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  }

  advance(ms: number): void {
    this.#now += ms
    const due = this.#sleepers.filter(({ at }) => at <= this.#now)
    this.#sleepers = this.#sleepers.filter(({ at }) => at > this.#now)
    for (const { wake } of due) wake()
  }
}
