import { type TikTokMcfConnection, type TikTokOptions, tiktok } from '../../../adapters/tiktok/index.ts'
import {
  startTikTokSimulator,
  type TikTokSimulator,
  type TikTokSimulatorOptions,
} from '../../../adapters/tiktok/simulator/index.ts'
import { type VirtualClock, virtualClock } from '../../../src/simulator/index.ts'
import type {
  AdapterContext,
  AskedOrder,
  Connection,
  FulfillmentOrder,
  FulfillmentRequest,
} from '../../../src/spec/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'

export const mcfKind = 'tiktok-mcf'

/** The merchant's own, for channels that show none of the buyer's. */
const contact = { email: 'orders@example.com', phone: '+12175550100' }

/** The same connection as a provider alone: what it is as a channel is held by its own contract. */
export function provider(options: TikTokOptions): Connection & Pick<TikTokMcfConnection, 'fulfillment'> {
  const {
    orders: _orders,
    listings: _listings,
    shipments: _shipments,
    returns: _returns,
    labels: _labels,
    ...rest
  } = tiktok({ ...options, mcf: contact })
  return { ...rest, kind: mcfKind }
}

export interface McfStage {
  readonly simulator: TikTokSimulator
  readonly connection: TikTokMcfConnection
  readonly facet: TikTokMcfConnection['fulfillment']
  readonly context: AdapterContext
  readonly clock: VirtualClock
  readonly warnings: string[]
  /** Puts goods on TikTok's shelf; gives their id. */
  stock(sku: string, quantity: number): Promise<string>
  /** Reads an order as the hub does: by what it knows of it. */
  look(
    order: Pick<FulfillmentOrder, 'id' | 'reference'>,
    more?: Partial<AskedOrder>,
  ): Promise<FulfillmentOrder>
}

/** A simulator and a connection to it, on one virtual clock that jumps over waits. */
export async function mcfStage(
  simulated: TikTokSimulatorOptions = {},
  options: Partial<Omit<TikTokOptions, 'mcf' | 'fbt'>> = {},
  mcf: NonNullable<TikTokOptions['mcf']> = true,
): Promise<McfStage & AsyncDisposable> {
  const clock = virtualClock(Date.UTC(2026, 6, 1, 12), { autoAdvance: { quietMs: 5 } })
  const simulator = await startTikTokSimulator({ clock, ...simulated })
  const connection = tiktok({ ...simulator.options, ...options, mcf })
  const warnings: string[] = []
  const log = { debug: () => {}, info: () => {}, warn: (message: string) => void warnings.push(message) }
  const context = adapterContext(connection, { clock, log, random: () => 0, fetchTimeoutMs: 500 })
  const facet = connection.fulfillment
  return {
    simulator,
    connection,
    facet,
    context,
    clock,
    warnings,
    stock: async (sku, quantity) =>
      (await simulator.control<{ goods: string }>('stock', { sku, quantity })).goods,
    look: async ({ id, reference }, more = {}) => {
      const asked = { reference, id, lines: [{ sku: 'MUG', quantity: 3 }], acceptedAt: null, ...more }
      const found = await facet.get(context, reference, asked)
      if (found === null) throw new Error(`there is no order ${id}`)
      return found
    },
    async [Symbol.asyncDispose]() {
      clock.stop()
      await simulator.close()
    },
  }
}

export const asked = (more: Partial<FulfillmentRequest> = {}): FulfillmentRequest => ({
  reference: 'web-1001-1',
  number: '#1001',
  location: 'fbt',
  channel: 'web',
  placedAt: Date.UTC(2026, 6, 1, 11),
  shipTo: {
    name: 'Ada Example',
    company: null,
    line1: '12 Sample Street',
    line2: 'Apt 3',
    line3: null,
    city: 'Springfield',
    region: 'IL',
    postalCode: '62701',
    country: 'US',
    phone: '+12175550111',
  },
  buyer: { id: null, name: 'Ada Example', email: 'ada@example.com', phone: null },
  serviceLevel: null,
  rawServiceLevel: null,
  shipBy: null,
  lines: [{ sku: 'MUG', title: 'Mug', quantity: 3 }],
  ...more,
})
