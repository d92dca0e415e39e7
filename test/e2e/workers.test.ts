import { fileURLToPath } from 'node:url'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Oversold } from '../../src/cli/demo/checks.ts'
import { demoHub } from '../../src/cli/demo/hub-process.ts'
import { listingsMatch, pause, settle, until } from '../../src/cli/demo/settle.ts'
import { shop } from '../../src/cli/demo/shoppers.ts'
import { World } from '../../src/cli/demo/world.ts'
import { type SeededRandom, seededRandom } from '../../src/simulator/index.ts'
import { type Server, startPostgres } from '../postgres/embedded.ts'

const entry = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const seed = process.env.SEED ? Number(process.env.SEED) : 20_260_701

const workers = 8
const kills = 20
const patienceMs = 240_000

/**
 * So slow that the platforms' limits bind, whichever of the workers asks: at eight times the real pace Amazon takes forty
 * numbers a second, and twenty readings of orders and then three a minute. ShipBob takes so much less here than in truth
 * that one budget must last for all: with `shareLimits: false` it refuses some. The difference to what may be spent is what
 * a stalled machine brings to it late. So it is with Amazon's numbers: its reference page names a burst of 10, of which the
 * adapter spends 5, as its page on limits says.
 */
const pace = {
  factor: 8,
  leaseMs: 16_000,
  shareLimits: true,
  ordersMs: 64_000,
  updatesMs: 24_000,
  stockMs: 32_000,
  checkAfterMs: 15_000,
  shipAfterMs: 15_000,
  shipbob: { takes: 30, spend: 20 },
  amazon: { patchListingsItem: { rate: 5, burst: 10 }, getListingsItem: { rate: 5, burst: 10 } },
}
const leaseRealMs = pace.leaseMs / pace.factor

// A server of its own, which writes what it promises to disk, and which is restarted.
let server: Server
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

describe('eight workers on one PostgreSQL', () => {
  it('end exact, though one is killed every second, some stand still past their lease and the server restarts', {
    timeout: 400_000,
  }, async () => {
    const database = { postgres: { url: server.url, schema: 'shop' } }
    const world = await World.build({ seed, entry, database, hubs: workers, pace })
    // A process beside them that only reads, and hears events.
    const reader = await demoHub(world.config, false)
    const oversold: Oversold[] = []
    const hear = () => reader.subscribe('demo', 'stock.oversold', (event) => void oversold.push(event))
    try {
      await hear()
      await Promise.all(Array.from({ length: workers }, (_, index) => world.startHub(index)))
      await until(patienceMs, () => listingsMatch(world, reader))
      const trade = { placed: 0, turnedAway: 0 }
      const random = seededRandom(seed + 1)
      await Promise.all([
        shop(world, random, 80, kills * 1000, trade),
        misfortunes(world, random),
        pause(kills * 500).then(() => server.restart()),
      ])
      const verdict = await settle(world, reader, oversold, hear, patienceMs, () => undefined)
      expect(verdict.faults, `replay with SEED=${seed}`).toEqual([])
      expect(verdict.orders).toBe(trade.placed)
      expect(verdict.orders).toBeGreaterThan(30)
      // No two workers spent one budget.
      expect(world.refused(), JSON.stringify(world.refusedLately())).toBe(0)
      expect(world.deaths).toEqual([])
      expect(await deadlocks(server)).toBe(0)
    } finally {
      await reader.close()
      await world.close()
    }
  })
})

/** Every second one worker dies, and another takes its place. Meanwhile one at a time stands still, past its lease. */
async function misfortunes(world: World, random: SeededRandom): Promise<void> {
  const order = Array.from({ length: workers }, (_, index) => index).sort(() => random.next() - 0.5)
  let still: number | null = null
  const standing = (async () => {
    for (const index of order.slice(0, 3)) {
      still = index
      world.pauseHub(index)
      await pause(leaseRealMs * 2.5)
      world.resumeHub(index)
    }
    still = null
  })()
  for (let n = 0; n < kills; n++) {
    await pause(1000)
    const index = random.pick(order.filter((one) => one !== still))
    await world.killHub('SIGKILL', index)
    // It may be killed again before it works.
    world.startHub(index).catch(() => undefined)
  }
  await standing
}

async function deadlocks({ url }: Server): Promise<number> {
  const pool = new Pool({ connectionString: url, max: 1 })
  const { rows } = await pool.query<{ deadlocks: string }>(
    'SELECT sum(deadlocks) AS deadlocks FROM pg_stat_database',
  )
  await pool.end()
  return Number(rows[0]?.deadlocks)
}
