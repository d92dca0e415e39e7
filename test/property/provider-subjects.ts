import { amazon } from '../../adapters/amazon/index.ts'
import { startAmazonSimulator } from '../../adapters/amazon/simulator/index.ts'
import { shipbob } from '../../adapters/shipbob/index.ts'
import { startShipBobSimulator } from '../../adapters/shipbob/simulator/index.ts'
import { shiphero } from '../../adapters/shiphero/index.ts'
import { startShipHeroSimulator } from '../../adapters/shiphero/simulator/index.ts'
import { shipstream } from '../../adapters/shipstream/index.ts'
import { startShipStreamSimulator } from '../../adapters/shipstream/simulator/index.ts'
import { tiktok } from '../../adapters/tiktok/index.ts'
import { startTikTokSimulator } from '../../adapters/tiktok/simulator/index.ts'
import type { RunningSimulator, VirtualClock } from '../../src/simulator/index.ts'
import type { Connection, FulfillmentFacet } from '../../src/spec/index.ts'

export type Provider = Connection & { readonly fulfillment: FulfillmentFacet }
type Extra = (simulator: RunningSimulator, reference: string) => Promise<unknown>

/** A provider to try: its simulator, the connection to it, and what its staff can do besides what all of them do. */
export interface ProviderSubject {
  readonly kind: string
  start(clock: VirtualClock): Promise<{ readonly simulator: RunningSimulator; readonly connection: Provider }>
  /** How its creating call is named, for faults. */
  readonly creates: string
  readonly extras: readonly Extra[]
  /** Carriers take what was packed and waits for them; absent where packing is leaving. */
  readonly collect?: Extra
}

/** Every provider that the property is run over. */
export const providers: readonly ProviderSubject[] = [
  {
    kind: 'shipbob',
    creates: 'createOrder',
    extras: [
      (simulator, reference) => simulator.control('exception', { reference, reason: 'InvalidAddress' }),
      (simulator, reference) => simulator.control('release', { reference }),
    ],
    async start(clock) {
      const simulator = await startShipBobSimulator({ clock })
      return { simulator, connection: shipbob(simulator.options) }
    },
  },
  {
    kind: 'shiphero',
    creates: 'CreateOrder',
    extras: [
      (simulator, reference) => simulator.control('void', { reference }),
      (simulator, reference) => simulator.control('deallocate', { reference }),
      (simulator, reference) => simulator.control('ship', { reference, boxes: 3, pickedUp: false }),
      (simulator, reference) => simulator.control('pickup', { reference }),
      (simulator, reference) => simulator.control('release', { reference }),
    ],
    collect: (simulator, reference) => simulator.control('pickup', { reference }),
    async start(clock) {
      const simulator = await startShipHeroSimulator({ clock })
      return { simulator, connection: shiphero(simulator.options) }
    },
  },
  {
    kind: 'shipstream',
    creates: 'order.create',
    extras: [
      (simulator, reference) => simulator.control('release', { reference }),
      (simulator, reference) => simulator.control('revert', { reference }),
    ],
    async start(clock) {
      const simulator = await startShipStreamSimulator({ clock })
      return { simulator, connection: shipstream(simulator.options) }
    },
  },
  {
    kind: 'amazon-mcf',
    creates: 'createOrder',
    extras: [(simulator, reference) => simulator.control('release', { reference })],
    async start(clock) {
      const simulator = await startAmazonSimulator({ clock })
      const {
        orders: _orders,
        listings: _listings,
        shipments: _shipments,
        returns: _returns,
        ...provider
      } = amazon({ ...simulator.options, mcf: true })
      return { simulator, connection: provider }
    },
  },
  {
    kind: 'tiktok-mcf',
    creates: 'CreateFBTMCFOrder',
    extras: [
      (simulator, reference) => simulator.control('release', { reference }),
      (simulator, reference) => simulator.control('mcf/split', { reference }),
      (simulator, reference) => simulator.control('mcf/close', { reference, one: true }),
    ],
    async start(clock) {
      // A lost answer whose order's id no refusal names is had in a test of its own: provider-tiktok.test.ts.
      const simulator = await startTikTokSimulator({ clock, duplicates: 'named' })
      const contact = { email: 'orders@example.com', phone: '+12175550100' }
      const {
        orders: _orders,
        listings: _listings,
        shipments: _shipments,
        returns: _returns,
        labels: _labels,
        ...provider
      } = tiktok({ ...simulator.options, mcf: contact })
      return { simulator, connection: provider }
    },
  },
]
