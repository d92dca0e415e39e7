import { type AmazonConnection, type AmazonOptions, amazon } from '../../../adapters/amazon/index.ts'
import {
  type AmazonSimulator,
  type AmazonSimulatorOptions,
  startAmazonSimulator,
} from '../../../adapters/amazon/simulator/index.ts'
import { type VirtualClock, virtualClock } from '../../../src/simulator/index.ts'
import type { AdapterContext, ListingTarget, ShipmentNotice } from '../../../src/spec/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'

export interface Stage {
  readonly simulator: AmazonSimulator
  readonly connection: AmazonConnection
  readonly context: AdapterContext
  readonly clock: VirtualClock
  readonly warnings: string[]
}

/**
 * A simulator and a connection to it, on one virtual clock that jumps over waits. `quietMs`: more of it where what is tested is how much
 * happens in a time, which a busy machine must not stretch.
 */
export async function stage(
  simulated: AmazonSimulatorOptions = {},
  options: Partial<AmazonOptions> = {},
  quietMs = 5,
): Promise<Stage & AsyncDisposable> {
  const clock = virtualClock(undefined, { autoAdvance: { quietMs } })
  const simulator = await startAmazonSimulator({ clock, ...simulated })
  const connection = amazon({ ...simulator.options, feedWaitMs: 120_000, ...options })
  const warnings: string[] = []
  const log = { debug: () => {}, info: () => {}, warn: (message: string) => void warnings.push(message) }
  const context = adapterContext(connection, { clock, log, random: () => 0, fetchTimeoutMs: 500 })
  return {
    simulator,
    connection,
    context,
    clock,
    warnings,
    async [Symbol.asyncDispose]() {
      clock.stop()
      await simulator.close()
    },
  }
}

export const target = (
  listing: string,
  quantity: number,
  more: Partial<ListingTarget> = {},
): ListingTarget => ({
  listing,
  place: '',
  quantity,
  expected: null,
  key: `${listing}/${quantity}`,
  ...more,
})

export const notice = (
  more: Partial<ShipmentNotice> & Pick<ShipmentNotice, 'order' | 'lines'>,
): ShipmentNotice => ({
  parcel: 'p1',
  sequence: 1,
  carrier: 'ups',
  carrierName: null,
  service: null,
  trackingNumber: '1Z999AA10123456784',
  trackingUrl: null,
  shippedAt: Date.UTC(2026, 0, 5),
  ...more,
})

export const options: AmazonOptions = {
  region: 'na',
  sellerId: 'A1EXAMPLESELLER',
  marketplaceIds: ['ATVPDKIKX0DER'],
  clientId: 'amzn1.application-oa2-client.test',
  clientSecret: 'amzn1.oa2-cs.v1.test-secret',
  refreshToken: 'Atzr|test-refresh-token',
}
