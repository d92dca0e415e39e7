import { describe, expect, it } from 'vitest'
import { acceleratedClock } from '../../src/simulator/index.ts'
import { testConnection } from '../../src/testing/connection.ts'
import { type Bug, depotBugs, depotReturnBugs, queueBugs, returnBugs, shopBugs } from './toy/bugs.ts'
import { toyDepot } from './toy/depot-connection.ts'
import { toyShop } from './toy/shop-connection.ts'
import { startToySimulator } from './toy/simulator.ts'

const halves = { shop: toyShop, depot: toyDepot } as const
type Half = keyof typeof halves

const contractOf = (half: Half, bug?: Bug) => ({
  simulator: () => startToySimulator(half, { clock: acceleratedClock(600) }),
  connect: ({ url }: { url: string }) => halves[half]({ url, bug }),
  refused: ({ url }: { url: string }) => halves[half]({ url, bug, secret: 'another-client-secret' }),
  signsTimestamp: true,
  many: 25,
})

for (const half of ['shop', 'depot'] as const) {
  await testConnection({ test: { describe, it }, ...contractOf(half) })
}

/** A runner that keeps the checks by name, so that one of them can be run by itself. */
async function checksOf(half: Half, bug: Bug): Promise<ReadonlyMap<string, () => Promise<void>>> {
  const checks = new Map<string, () => Promise<void>>()
  const test = {
    describe: (_: string, define: () => void) => define(),
    it: (name: string, run: () => Promise<void>) => void checks.set(name, run),
  }
  await testConnection({ test, ...contractOf(half, bug) })
  return checks
}

describe('the contract finds', () => {
  const planted = [
    ...Object.entries({ ...shopBugs, ...queueBugs, ...returnBugs }).map(([bug, check]) => ({
      half: 'shop' as const,
      bug: bug as Bug,
      check,
    })),
    ...Object.entries({ ...depotBugs, ...depotReturnBugs }).map(([bug, check]) => ({
      half: 'depot' as const,
      bug: bug as Bug,
      check,
    })),
  ]
  it.each(planted)('$bug', async ({ half, bug, check }) => {
    const checks = await checksOf(half, bug)
    const run = checks.get(check)
    expect(run, `there is no check named "${check}"`).toBeDefined()
    await expect(run?.()).rejects.toThrow()
  })
})
