import {
  type Route,
  type RouteParams,
  type RunningSimulator,
  router,
  ServerBucket,
  type SimulatorOptions,
  type SimulatorReply,
  type SimulatorRequest,
  startSimulator,
} from '../../../src/simulator/index.ts'
import { limits } from '../limits.ts'
import { denied, documented, invalidInput, quotaExceeded } from './answers.ts'
import { type AmazonCredentials, Auth } from './auth.ts'
import { controls, stateOf } from './controls.ts'
import { getListing, patchListing, searchListings } from './listings.ts'
import { getOrder, searchOrders } from './orders.ts'
import { confirmShipment } from './shipments.ts'
import { type SandboxVector, staticAnswer } from './vectors.ts'
import { World, type WorldOptions } from './world.ts'

export type { AmazonCredentials } from './auth.ts'
export { SandboxVector } from './vectors.ts'

/** Operations that a limit or a fault can name. */
export type AmazonOperation =
  | 'searchOrders'
  | 'getOrder'
  | 'confirmShipment'
  | 'patchListingsItem'
  | 'getListingsItem'
  | 'searchListingsItems'

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
}

const defaults: WorldOptions = {
  sellerId: 'A1SIMULATEDSELLER',
  marketplaceIds: ['ATVPDKIKX0DER'],
  pendingMs: 2_000,
  settlingMs: 3_000,
  applyMs: 2_000,
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
 * first; an accepted quantity shows after `applyMs`; a cancelled order does not raise the shown number.
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
    ...world
  } = options
  const settings: WorldOptions = { ...defaults, ...world }
  const running = await startSimulator(
    (kit) => {
      const state = new World(settings, kit.clock, kit.random)
      const auth = new Auth(credentials, kit.clock, kit.random)
      const served = serve(state, auth, own, vectors)
      const routes: Route[] = [
        {
          operation: 'lwaToken',
          method: 'POST',
          path: '/auth/o2/token',
          handle: (request) => auth.token(request),
        },
        ...served,
      ]
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
  }
  // `requests` is read anew each time: its accessor must survive.
  return Object.defineProperties(more, Object.getOwnPropertyDescriptors(running)) as AmazonSimulator
}

type Handler = (world: World, request: SimulatorRequest, params: RouteParams) => SimulatorReply

interface Operation {
  readonly operation: AmazonOperation
  readonly method: string
  readonly path: string
  readonly handle: Handler
}

const itemPath = '/listings/2021-08-01/items/{sellerId}/{sku}'
const orderPath = '/orders/2026-01-01/orders'
const of = (params: RouteParams, name: string) => params[name] ?? ''

const operations: readonly Operation[] = [
  { operation: 'searchOrders', method: 'GET', path: orderPath, handle: searchOrders },
  {
    operation: 'getOrder',
    method: 'GET',
    path: `${orderPath}/{orderId}`,
    handle: (world, request, params) => getOrder(world, request, of(params, 'orderId')),
  },
  {
    operation: 'confirmShipment',
    method: 'POST',
    path: '/orders/v0/orders/{orderId}/shipmentConfirmation',
    handle: (world, request, params) => confirmShipment(world, request, of(params, 'orderId')),
  },
  {
    operation: 'patchListingsItem',
    method: 'PATCH',
    path: itemPath,
    handle: (world, request, params) =>
      patchListing(world, request, of(params, 'sellerId'), of(params, 'sku')),
  },
  {
    operation: 'getListingsItem',
    method: 'GET',
    path: itemPath,
    handle: (world, request, params) => getListing(world, request, of(params, 'sellerId'), of(params, 'sku')),
  },
  {
    operation: 'searchListingsItems',
    method: 'GET',
    path: '/listings/2021-08-01/items/{sellerId}',
    handle: (world, request, params) => searchListings(world, request, of(params, 'sellerId')),
  },
]

function serve(
  world: World,
  auth: Auth,
  own: NonNullable<AmazonSimulatorOptions['limits']>,
  vectors: readonly SandboxVector[] | undefined,
): Route[] {
  return operations.map((entry) => {
    const bucket = new ServerBucket(world.clock, own[entry.operation] ?? limits[entry.operation])
    return {
      ...entry,
      handle: (request, params) => {
        if (vectors) return identified(world, staticAnswer(vectors, entry, request, params))
        const refusal = auth.check(request)
        if (refusal) return identified(world, refusal)
        if (!bucket.take(world.options.sellerId).ok) return identified(world, quotaExceeded())
        return identified(world, entry.handle(world, request, params), bucket.rate)
      },
    }
  })
}

/** The headers of an answer. The models declare the rate with successes, 400s and 404s, not with 403s and 429s. */
function identified(world: World, answer: SimulatorReply, rate?: number): SimulatorReply {
  const limited = rate !== undefined && (answer.status < 401 || answer.status === 404)
  return {
    ...answer,
    headers: {
      ...answer.headers,
      'x-amzn-RequestId': world.random.uuid(),
      ...(limited ? { 'x-amzn-RateLimit-Limit': String(rate) } : {}),
    },
  }
}
