import { describe, it } from 'vitest'
import { startTikTokSimulator } from '../../../adapters/tiktok/simulator/index.ts'
import { acceleratedClock } from '../../../src/simulator/index.ts'
import { testConnection } from '../../../src/testing/index.ts'
import { provider } from './mcf-stage.ts'

await testConnection({
  test: { describe, it },
  simulator: () =>
    startTikTokSimulator({
      clock: acceleratedClock(600),
      limit: { rate: 100, burst: 200 },
      duplicates: 'named',
      mcfMs: 3_600_000,
    }),
  connect: (simulator) => provider({ ...simulator.options, callsPerSecond: 50 }),
  refused: (simulator) => provider({ ...simulator.options, refreshToken: 'TTP_revoked' }),
  signsTimestamp: true,
  without: [
    // TikTok does not tell what was ordered before a warehouse works on it, so that nobody can compare.
    'the same reference with other contents is a conflict, and changes nothing',
    // It cannot be asked by our reference: mcf-hub.test.ts has what happens after a lost answer.
    'when the answer is lost, a look-up by the reference finds the order',
  ],
})
