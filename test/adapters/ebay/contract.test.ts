import { describe, it } from 'vitest'
import { ebay } from '../../../adapters/ebay/index.ts'
import { startEbaySimulator } from '../../../adapters/ebay/simulator/index.ts'
import { acceleratedClock } from '../../../src/simulator/index.ts'
import { testConnection } from '../../../src/testing/connection.ts'

await testConnection({
  test: { describe, it },
  simulator: () => startEbaySimulator({ clock: acceleratedClock(600) }),
  connect: (simulator) => ebay(simulator.options),
  refused: (simulator) => ebay({ ...simulator.options, refreshToken: 'v^1.1#of-another-client' }),
  // More than the 200 of a page.
  many: 210,
  // Its simulator opens returns in another form, and eBay takes a return as a whole: its own tests hold them.
  without: ['returns'],
})

// Listings of the Trading API go another way; nothing else does.
await testConnection({
  test: { describe, it },
  simulator: () => startEbaySimulator({ clock: acceleratedClock(600), api: 'trading' }),
  connect: ({ options }) => {
    const { specVersion, kind, hosts, limits, intervals, secrets, listings } = ebay(options)
    return { specVersion, kind, hosts, limits, intervals, secrets, listings }
  },
})
