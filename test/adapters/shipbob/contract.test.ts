import { describe, it } from 'vitest'
import { shipbob } from '../../../adapters/shipbob/index.ts'
import { startShipBobSimulator } from '../../../adapters/shipbob/simulator/index.ts'
import { acceleratedClock } from '../../../src/http/index.ts'
import { testConnection } from '../../../src/testing/connection.ts'

await testConnection({
  test: { describe, it },
  simulator: () => startShipBobSimulator({ clock: acceleratedClock(600) }),
  connect: ({ url, token, channelId, webhookSecret }) =>
    shipbob({ endpoint: url, token, channelId, webhookSecret }),
  refused: ({ url, channelId, webhookSecret }) =>
    shipbob({ endpoint: url, token: 'revoked-token', channelId, webhookSecret }),
  signsTimestamp: true,
  many: 260,
})
