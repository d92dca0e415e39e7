import {
  extendSimulator,
  type Route,
  type RunningSimulator,
  router,
  type SimulatorOptions,
  type SimulatorReply,
  type SimulatorRequest,
  startSimulator,
} from '../../../src/simulator/index.ts'
import { dailyQuotas } from '../limits.ts'
import { documented, failed, tooMany, xmlReply } from './answers.ts'
import { Auth, type EbayCredentials } from './auth.ts'
import { controls } from './controls.ts'
import { Quotas, SigningKeys } from './developer.ts'
import { Notifications } from './notifications.ts'
import { type EbayApi, type Operation, operations, type Parts } from './operations.ts'
import { stateOf } from './state.ts'
import { callName, trading } from './trading.ts'
import { World, type WorldOptions } from './world.ts'

export type { EbayCredentials } from './auth.ts'
export { signEbay } from './notifications.ts'
export type { EbayApi } from './operations.ts'

export interface EbaySimulatorOptions extends SimulatorOptions, Partial<WorldOptions> {
  readonly credentials?: EbayCredentials
  /** Calls a day by API. Default: the documented quotas. */
  readonly quotas?: Partial<Record<EbayApi, number>>
  /** Which API the control `listings` makes listings with, unless it is told. Default `inventory`. */
  readonly api?: 'inventory' | 'trading'
}

export interface EbaySimulator extends RunningSimulator {
  /** What `ebay()` needs to reach this simulator. */
  readonly options: EbayCredentials & {
    readonly endpoint: string
    readonly marketplaceId: string
    readonly tradingItems?: 'all'
    readonly webhooks: { readonly verificationToken: string; readonly alertEmail: string }
  }
  /** A signing key of this eBay, as createSigningKey gives it. */
  signingKey(cipher?: 'ED25519' | 'RSA'): { readonly jwe: string; readonly privateKey: string }
}

const defaults: WorldOptions = {
  marketplaceId: 'EBAY_US',
  currency: 'USD',
  refundMs: 2_000,
  fulfillmentsTouch: false,
  outOfStockControl: true,
  mustSign: false,
  revisionsADay: 250,
  validateDestinations: false,
}

const testCredentials: EbayCredentials = {
  clientId: 'Simulated-App-PRD-0123456789',
  clientSecret: 'PRD-simulated-cert-id',
  refreshToken: 'v^1.1#i^1#r^1#I^3#f^0#p^3#t^simulated-refresh-token',
}

/**
 * Starts a simulated eBay on 127.0.0.1: Fulfillment, Inventory, Trading, Post-Order, Notification, Analytics and key
 * management, each at eBay's own path.
 *
 * It follows the documents where they speak. Where they are silent it does this: a sale comes off item and offer alike; a
 * fulfilment does not move `lastModifiedDate`; orders are listed in no order; a cancellation ends when its refund has
 * arrived, after `refundMs`; quotas begin anew at midnight UTC.
 *
 * @example
 * const simulator = await startEbaySimulator()
 * const connection = ebay(simulator.options)
 * await simulator.control('listings', { sku: 'MUG-RED', quantity: 5 })
 * await simulator.control('orders', { lines: [{ sku: 'MUG-RED', quantity: 1 }] })
 */
export async function startEbaySimulator(options: EbaySimulatorOptions = {}): Promise<EbaySimulator> {
  const {
    credentials = testCredentials,
    quotas: own = {},
    api = 'inventory',
    port,
    clock,
    seed,
    observe,
    ...world
  } = options
  const settings: WorldOptions = { ...defaults, ...world }
  let keys: SigningKeys | undefined
  const running = await startSimulator(
    (kit) => {
      const state = new World(settings, kit.clock, kit.random)
      const auth = new Auth(credentials, kit.clock, kit.random)
      const quotas = new Quotas(kit.clock, { ...dailyQuotas, ...own })
      const notifications = new Notifications(kit, state)
      keys = new SigningKeys(kit.clock, kit.random)
      const parts: Parts = { state, auth, quotas, notifications, keys }
      const routes: Route[] = [
        {
          operation: 'token',
          method: 'POST',
          path: '/identity/v1/oauth2/token',
          handle: (request) => auth.token(request),
        },
        ...operations(parts).map((entry) => guarded(entry, parts)),
      ]
      const rest = router(routes, () =>
        failed(404, { errorId: 11001, domain: 'API', category: 'REQUEST', message: 'Resource not found' }),
      )
      const isTrading = ({ path, method }: Pick<SimulatorRequest, 'path' | 'method'>) =>
        path === '/ws/api.dll' && method === 'POST'
      return {
        kind: 'ebay',
        operationOf: (request) =>
          isTrading(request) ? callName(request) : rest.operationOf(request as SimulatorRequest),
        handle: (request) => (isTrading(request) ? tradingAnswer(parts, request) : rest.handle(request)),
        controls: controls(state, auth, notifications, api),
        state: () => stateOf(state),
        faultReply: (request, status) => documented(status, request.path),
        malformed: () =>
          failed(400, { errorId: 2004, domain: 'ACCESS', category: 'REQUEST', message: 'Invalid request' }),
        webhooks: notifications.plan(),
      }
    },
    { port, clock, seed, observe },
  )
  return extendSimulator(running, {
    options: {
      ...credentials,
      endpoint: running.url,
      marketplaceId: settings.marketplaceId,
      ...(api === 'trading' ? { tradingItems: 'all' as const } : {}),
      webhooks: {
        verificationToken: 'simulated_verification_token_0123456789',
        alertEmail: 'alerts@shop.example',
      },
    },
    signingKey: (cipher: 'ED25519' | 'RSA' = 'ED25519') => {
      const { jwe, privateKey } = (keys as SigningKeys).create(cipher)
      return { jwe, privateKey }
    },
  })
}

function tradingAnswer({ state, auth, quotas }: Parts, request: SimulatorRequest): SimulatorReply {
  if (!quotas.take('trading')) {
    const error = {
      ErrorCode: 518,
      SeverityCode: 'Error' as const,
      ShortMessage: 'Call usage limit has been reached.',
    }
    return xmlReply(callName(request), state.clock.now(), 'Failure', [error])
  }
  return trading(state, auth, request)
}

function guarded(entry: Operation, { auth, quotas, keys, state }: Parts): Route {
  return {
    operation: entry.operation,
    method: entry.method,
    path: entry.path,
    handle: (request, params) => {
      const refusal = auth.check(request, entry.needs)
      if (refusal) return refusal
      if (!quotas.take(entry.api)) return tooMany()
      const unsigned = entry.signed && state.options.mustSign ? keys.check(request) : null
      if (unsigned) return unsigned
      return entry.handle(request, params)
    },
  }
}
