import { describe, it } from 'vitest'
import { tiktok } from '../../../adapters/tiktok/index.ts'
import { startTikTokSimulator } from '../../../adapters/tiktok/simulator/index.ts'
import { acceleratedClock } from '../../../src/simulator/index.ts'
import { testConnection } from '../../../src/testing/connection.ts'

await testConnection({
  test: { describe, it },
  simulator: () => startTikTokSimulator({ clock: acceleratedClock(600), limit: { rate: 100, burst: 200 } }),
  connect: (simulator) => tiktok({ ...simulator.options, callsPerSecond: 50 }),
  refused: (simulator) => tiktok({ ...simulator.options, refreshToken: 'TTP_revoked' }),
  signsTimestamp: true,
})
