import { describe, it } from 'vitest'
import { easypost } from '../../../adapters/easypost/index.ts'
import { startEasyPostSimulator } from '../../../adapters/easypost/simulator/index.ts'
import { acceleratedClock } from '../../../src/http/index.ts'
import { testConnection } from '../../../src/testing/connection.ts'

await testConnection({
  test: { describe, it },
  simulator: () => startEasyPostSimulator({ clock: acceleratedClock(600) }),
  connect: ({ options }) => easypost(options),
  refused: ({ options }) => easypost({ ...options, apiKey: 'EZAK-revoked' }),
  many: 130,
})
