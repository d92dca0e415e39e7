import { type TikTokFbtConnection, type TikTokOptions, tiktok } from '../../../adapters/tiktok/index.ts'
import {
  startTikTokSimulator,
  type TikTokSimulator,
  type TikTokSimulatorOptions,
} from '../../../adapters/tiktok/simulator/index.ts'
import { type VirtualClock, virtualClock } from '../../../src/simulator/index.ts'
import type { AdapterContext, ListingTarget, ShipmentNotice } from '../../../src/spec/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'

export interface Stage {
  readonly simulator: TikTokSimulator
  readonly connection: TikTokFbtConnection
  readonly context: AdapterContext
  readonly clock: VirtualClock
  readonly warnings: string[]
  /** Puts a listing on the shop; gives its id. */
  list(sku: string, quantity: number, more?: object): Promise<string>
  /** A shopper buys; gives the order's id. */
  buy(sku: string, quantity?: number, more?: object): Promise<string>
  /** What the shop shows of a listing, over all its warehouses. */
  shown(listing: string, place?: string): number | undefined
}

interface State {
  readonly listings: readonly {
    readonly listing: string
    readonly place: string
    readonly quantity: number
  }[]
}

/** A simulator and a connection to it, on one virtual clock that jumps over waits. */
export async function stage(
  simulated: TikTokSimulatorOptions = {},
  options: Partial<TikTokOptions> = {},
): Promise<Stage & AsyncDisposable> {
  const clock = virtualClock(Date.UTC(2026, 6, 1, 12), { autoAdvance: { quietMs: 5 } })
  const simulator = await startTikTokSimulator({ clock, settlingMs: 0, ...simulated })
  const connection = tiktok({ ...simulator.options, ...options, fbt: true })
  const warnings: string[] = []
  const log = { debug: () => {}, info: () => {}, warn: (message: string) => void warnings.push(message) }
  const context = adapterContext(connection, { clock, log, random: () => 0, fetchTimeoutMs: 500 })
  return {
    simulator,
    connection,
    context,
    clock,
    warnings,
    list: async (sku, quantity, more = {}) =>
      (await simulator.control<{ listing: string }>('listings', { sku, quantity, ...more })).listing,
    buy: async (sku, quantity = 1, more = {}) =>
      (await simulator.control<{ order: string }>('orders', { lines: [{ sku, quantity }], ...more })).order,
    shown: (listing, place = '') =>
      (simulator.state() as State).listings.find((each) => each.listing === listing && each.place === place)
        ?.quantity,
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
): ListingTarget => ({ listing, place: '', quantity, expected: null, key: `${listing}/${quantity}`, ...more })

export const notice = (
  more: Partial<ShipmentNotice> & Pick<ShipmentNotice, 'order' | 'lines'>,
): ShipmentNotice => ({
  parcel: 'p1',
  sequence: 1,
  carrier: 'ups',
  carrierName: 'UPS',
  service: null,
  trackingNumber: '1Z999AA10123456784',
  trackingUrl: null,
  shippedAt: Date.UTC(2026, 6, 1, 12),
  ...more,
})

export const options: TikTokOptions = {
  appKey: '68xu9ks5p4i8',
  appSecret: 'test-app-secret',
  refreshToken: 'TTP_test-refresh-token',
  shopId: '7494726673780148744',
}
