import {
  extendSimulator,
  type RunningSimulator,
  router,
  type SimulatorOptions,
  startSimulator,
} from '../../../src/simulator/index.ts'
import type { AmazonSqsQueue } from '../options.ts'
import { denied, documented, invalidInput } from './answers.ts'
import { type AmazonCredentials, Auth } from './auth.ts'
import { controls } from './controls.ts'
import { type AmazonOperation, serve } from './operations.ts'
import { stateOf } from './state.ts'
import type { SandboxVector } from './vectors.ts'
import { World, type WorldOptions } from './world.ts'

export type { AmazonCredentials } from './auth.ts'
export type { AmazonOperation } from './operations.ts'
export { SandboxVector } from './vectors.ts'

export interface AmazonSimulatorOptions extends SimulatorOptions, Partial<WorldOptions> {
  readonly credentials?: AmazonCredentials
  /** Replace documented limits: `{ searchOrders: { rate: 5, burst: 20 } }`. They are enforced per operation. */
  readonly limits?: Partial<Record<AmazonOperation, { readonly rate: number; readonly burst: number }>>
  /** Static mode: answer nothing but these of Amazon's own sandbox examples, without state, token or limit. */
  readonly vectors?: readonly SandboxVector[]
}

export interface AmazonSimulator extends RunningSimulator {
  /** What `amazon()` needs to reach this simulator. */
  readonly options: AmazonCredentials & {
    readonly region: 'na'
    readonly sellerId: string
    readonly marketplaceIds: readonly string[]
    readonly endpoint: string
    readonly tokenEndpoint: string
  }
  /** The SQS queue that notifications go to once something is subscribed: give it as `notifications.queue`. */
  readonly queue: AmazonSqsQueue
  /** What EventBridge was given so far, as a handler gets it. */
  readonly events: readonly unknown[]
}

const defaults: WorldOptions = {
  sellerId: 'A1SIMULATEDSELLER',
  marketplaceIds: ['ATVPDKIKX0DER'],
  pendingMs: 2_000,
  settlingMs: 3_000,
  applyMs: 2_000,
  feedQueueMs: 1_000,
  feedMs: 2_000,
  reportMs: 2_000,
  mcfAcceptMs: 500,
  mcfPlanMs: 1_200_000,
  mcfAsync: true,
  fba: true,
  returnsNameItems: false,
  reconfirm: 'edit',
  cancelled: 'kept',
  roles: { address: true, buyer: true },
}

const testCredentials: AmazonCredentials = {
  clientId: 'amzn1.application-oa2-client.simulated',
  clientSecret: 'amzn1.oa2-cs.v1.simulated-secret',
  refreshToken: 'Atzr|simulated-refresh-token',
}

/**
 * Starts a simulated Selling Partner API, Login with Amazon included, on 127.0.0.1.
 *
 * It follows the documents where they speak. Where they are silent it does this: an order is PENDING for `pendingMs`
 * with neither address nor price; searchOrders shows a change up to `settlingMs` late and gives the oldest change
 * first; an accepted quantity shows after `applyMs`, a feed waits for `feedQueueMs` and is
 * worked on for `feedMs`, a report is made in `reportMs`; a cancelled order does not raise the shown number.
 *
 * @example
 * const simulator = await startAmazonSimulator()
 * const connection = amazon(simulator.options)
 * await simulator.control('listings', { sku: 'MUG-RED', quantity: 5 })
 * await simulator.control('orders', { lines: [{ sku: 'MUG-RED', quantity: 1 }] })
 */
export async function startAmazonSimulator(options: AmazonSimulatorOptions = {}): Promise<AmazonSimulator> {
  const {
    credentials = testCredentials,
    limits: own = {},
    vectors,
    port,
    clock,
    seed,
    observe,
    ...given
  } = options
  const settings: WorldOptions = { ...defaults, ...given }
  let world: World | undefined
  const running = await startSimulator(
    (kit) => {
      const state = new World(settings, kit.clock, kit.random, kit.url)
      world = state
      const auth = new Auth(credentials, kit.clock, kit.random)
      const routes = serve(state, auth, own, vectors)
      return {
        kind: 'amazon',
        // An address that is none, such as a SKU with a bare slash, reads like a missing role (amzn/selling-partner-api-models#4727).
        ...router(routes, () => denied()),
        controls: controls(state, auth),
        state: () => stateOf(state),
        faultReply: (_, status) => documented(status),
        malformed: () => invalidInput('the body is not JSON'),
      }
    },
    { port, clock, seed, observe },
  )
  const { sellerId, marketplaceIds } = settings
  const more = {
    options: {
      ...credentials,
      region: 'na' as const,
      sellerId,
      marketplaceIds,
      endpoint: running.url,
      tokenEndpoint: `${running.url}/auth/o2/token`,
    },
    queue: {
      receive: async () => world?.notices.receive(world.settle()) ?? [],
      remove: async (receipts: readonly string[]) => world?.notices.remove(receipts),
    },
    get events() {
      world?.settle()
      return world?.notices.events ?? []
    },
  }
  return extendSimulator(running, more)
}
