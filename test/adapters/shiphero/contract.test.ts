import { describe, it } from 'vitest'
import { shiphero } from '../../../adapters/shiphero/index.ts'
import { startShipHeroSimulator } from '../../../adapters/shiphero/simulator/index.ts'
import { acceleratedClock } from '../../../src/http/index.ts'
import { testConnection } from '../../../src/testing/connection.ts'

await testConnection({
  test: { describe, it },
  simulator: () => startShipHeroSimulator({ clock: acceleratedClock(600) }),
  connect: ({ options, webhookSecret }) => shiphero({ ...options, webhookSecrets: [webhookSecret] }),
  refused: ({ options, webhookSecret }) =>
    shiphero({ ...options, refreshToken: 'revoked-refresh-token', webhookSecrets: [webhookSecret] }),
  // More than two pages of updates.
  many: 60,
})
