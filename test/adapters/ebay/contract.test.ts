import { describe, it } from 'vitest'
import { ebay } from '../../../adapters/ebay/index.ts'
import { type EbaySimulatorOptions, startEbaySimulator } from '../../../adapters/ebay/simulator/index.ts'
import { acceleratedClock } from '../../../src/simulator/index.ts'
import { testConnection } from '../../../src/testing/connection.ts'

const contract = (options: EbaySimulatorOptions, many: number) =>
  testConnection({
    test: { describe, it },
    simulator: () => startEbaySimulator({ clock: acceleratedClock(600), ...options }),
    connect: (simulator) => ebay(simulator.options),
    refused: (simulator) => ebay({ ...simulator.options, refreshToken: 'v^1.1#of-another-client' }),
    many,
  })

describe('listings of the Inventory API', async () => {
  await contract({ api: 'inventory' }, 210)
})

describe('listings of the Trading API', async () => {
  await contract({ api: 'trading' }, 20)
})
