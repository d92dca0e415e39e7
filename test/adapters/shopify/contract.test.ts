import { describe, it } from 'vitest'
import { shopify } from '../../../adapters/shopify/index.ts'
import { startShopifySimulator } from '../../../adapters/shopify/simulator/index.ts'
import { acceleratedClock } from '../../../src/simulator/index.ts'
import { testConnection } from '../../../src/testing/connection.ts'

await testConnection({
  test: { describe, it },
  simulator: () => startShopifySimulator({ clock: acceleratedClock(600) }),
  connect: (simulator) => shopify(simulator.options),
  refused: (simulator) =>
    shopify({
      ...simulator.options,
      auth: { clientId: simulator.clientId, clientSecret: 'shpss_revoked' },
    }),
  many: 35,
})
