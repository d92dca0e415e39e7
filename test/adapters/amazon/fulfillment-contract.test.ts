import { describe, it } from 'vitest'
import { type AmazonOptions, amazon } from '../../../adapters/amazon/index.ts'
import { startAmazonSimulator } from '../../../adapters/amazon/simulator/index.ts'
import { acceleratedClock } from '../../../src/simulator/index.ts'
import type { Connection } from '../../../src/spec/index.ts'
import { testConnection } from '../../../src/testing/index.ts'

/** The same connection as a provider alone: what it is as a channel is held by its own contract. */
function provider(options: AmazonOptions): Connection {
  const {
    orders: _orders,
    listings: _listings,
    shipments: _shipments,
    returns: _returns,
    ...rest
  } = amazon({
    ...options,
    mcf: true,
    // Passes over the returns of MCF are so far apart: those of the contract do not wait for hours.
    returnsMs: 1_000,
  })
  return { ...rest, kind: 'amazon-mcf' }
}

await testConnection({
  test: { describe, it },
  simulator: () => startAmazonSimulator({ clock: acceleratedClock(1500) }),
  connect: (simulator) => provider(simulator.options),
  refused: (simulator) => provider({ ...simulator.options, refreshToken: 'Atzr|withdrawn-by-the-seller' }),
})
