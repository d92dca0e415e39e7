import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runDemo } from '../../src/cli/demo/run.ts'

const entry = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const seed = process.env.SEED ? Number(process.env.SEED) : 20_260_701

describe('the demo, as a test', () => {
  it('ends exact after its hub was killed fifty times at random moments', { timeout: 300_000 }, async () => {
    const result = await runDemo({
      seed,
      entry,
      kills: 50,
      shoppers: 150,
      overMs: 60_000,
      patienceMs: 90_000,
    })
    expect(result.faults, `replay with SEED=${seed}`).toEqual([])
    expect(result.kills).toBe(50)
    expect(result.orders).toBeGreaterThan(50)
    expect(result.webhooks.forged).toBeGreaterThan(0)
    expect(result.webhooks.forgedAccepted).toBe(0)
  })
})
