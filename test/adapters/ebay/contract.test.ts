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
  // eBay takes what came back as a whole: its own tests hold it to that.
  without: [
    'receive: counts each arrival once, also when repeated, and the rest later',
    'receive: ends in one arrival through lost answers, endless waits, 429 and 5xx',
  ],
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
