import { describe, it } from 'vitest'
import { shipstream } from '../../../adapters/shipstream/index.ts'
import { startShipStreamSimulator } from '../../../adapters/shipstream/simulator/index.ts'
import { acceleratedClock } from '../../../src/http/index.ts'
import { testConnection } from '../../../src/testing/connection.ts'

await testConnection({
  test: { describe, it },
  simulator: () => startShipStreamSimulator({ clock: acceleratedClock(600) }),
  connect: ({ options, webhookSecret }) => shipstream({ ...options, webhookSecret }),
  refused: ({ options, webhookSecret }) => shipstream({ ...options, apiKey: 'revoked-key', webhookSecret }),
  many: 120,
  without: [
    // `rate.quote` is documented as a reckoning of prices and dates: nothing says that it looks at the stock.
    'says of what is not there that it cannot ship it, quotes nothing, or refuses',
  ],
})
