import { describe, it } from 'vitest'
import { amazon } from '../../../adapters/amazon/index.ts'
import { startAmazonSimulator } from '../../../adapters/amazon/simulator/index.ts'
import { acceleratedClock } from '../../../src/simulator/index.ts'
import { testConnection } from '../../../src/testing/index.ts'

await testConnection({
  test: { describe, it },
  simulator: () =>
    startAmazonSimulator({
      clock: acceleratedClock(1000),
      pendingMs: 0,
      settlingMs: 0,
      feedQueueMs: 0,
      feedMs: 0,
    }),
  connect: (simulator) => amazon(simulator.options),
  refused: (simulator) => amazon({ ...simulator.options, refreshToken: 'Atzr|withdrawn-by-the-seller' }),
})
