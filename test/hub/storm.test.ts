import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dialect, runs } from '../stores.ts'
import { Storm, type StormOptions } from './storm.ts'

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stockpool-storm-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const seeds = process.env.SEED
  ? [Number(process.env.SEED)]
  : Array.from({ length: runs(3) }, (_, i) => 1000 + i)

const kinds: Record<string, Partial<StormOptions>> = {
  'a compare-and-set channel and a plain one': { web: { compareAndSet: true } },
  'orders that can be read only later': {
    web: { compareAndSet: true, visibleAfterMs: 40_000 },
    market: { visibleAfterMs: 90_000 },
  },
  'writes that are applied only later': { market: { appliesAfterMs: 15_000 } },
}

describe.each(Object.entries(kinds))('after a storm with %s, everything is exact', (name, options) => {
  it.each(seeds)('seed %i', async (seed) => {
    const storm = new Storm(join(directory, `${name.replaceAll(' ', '-')}-${seed}.db`), {
      seed,
      rounds: dialect === 'sqlite' ? 25 : 15,
      failing: 0.1,
      deaths: 8,
      ...options,
    })
    try {
      await storm.begin()
      await storm.rage()
      await storm.rest()
      expect(storm.sales).toBeGreaterThan(3)
      expect(await storm.faults(), `replay with SEED=${seed}`).toEqual([])
    } finally {
      await storm.hub.close()
    }
  })
})
