import { hmacSha256, sameBytes, toHex } from '../../../src/http/index.ts'
import {
  extendSimulator,
  matchPath,
  type OutgoingWebhook,
  type RunningSimulator,
  type SimulatorKit,
  type SimulatorOptions,
  type SimulatorReply,
  type SimulatorRequest,
  SlidingWindow,
  startSimulator,
  type WebhookPlan,
} from '../../../src/simulator/index.ts'
import { appSecretProof } from '../client.ts'
import { controls, signedRequest, stateOf } from './controls.ts'
import { badProof, badToken, documented, endedToken, invalid, nothing, removed, tooMany } from './graph.ts'
import { batchStatus, debugToken, itemsBatch, products, shop } from './routes.ts'
import { World, type WorldOptions } from './world.ts'

export interface MetaSimulatorOptions extends SimulatorOptions, Partial<WorldOptions> {
  readonly accessToken?: string
  readonly appSecret?: string
  readonly verifyToken?: string
  readonly shopId?: string
  /** Whether the app's settings require `appsecret_proof` on every call. Default `true`. */
  readonly requireProof?: boolean
  /** Calls in a rolling hour. Default 200 batches and 20,000 others, the least that any app has. */
  readonly limits?: { readonly batches?: number; readonly calls?: number }
}

export interface MetaSimulator extends RunningSimulator {
  readonly accessToken: string
  readonly appSecret: string
  readonly verifyToken: string
  /** What `meta()` takes to reach it. */
  readonly options: {
    readonly catalogId: string
    readonly accessToken: string
    readonly appSecret: string
    readonly verifyToken: string
    readonly shopId: string
    readonly checkAfterMs: number
    readonly endpoint: string
  }
}

const version = 'v26.0'
const hourMs = 3_600_000

/** Signs a notification as Meta does: hex of HMAC-SHA256 over the raw body. For tests of your own handler too. */
export function signMeta(appSecret: string) {
  return ({ body }: Pick<OutgoingWebhook, 'body'>): Record<string, string> => ({
    'content-type': 'application/json',
    'user-agent': 'facebookexternalua',
    'x-hub-signature-256': `sha256=${toHex(hmacSha256(appSecret, body))}`,
  })
}

/** Signs a request to delete a person's data: the body of the form that Meta posts. */
export const signMetaDeletion = (appSecret: string, userId: string, at = Date.now()) =>
  signedRequest(appSecret, userId, at)

/** At once, and then more and more seldom over 36 hours (docs/graph-api/webhooks/getting-started). */
const repeatsMs = [0.5, 5, 30, 120, 480, 1440].map((minutes) => minutes * 60_000)

/** Edges of the order API that is gone, wherever they stood. */
const gone =
  /^(commerce_orders|commerce_returns|shipments|refunds|cancellations|acknowledge_orders|returns|commerce_payouts|commerce_transactions)$/

/**
 * A Meta catalogue on loopback: the Graph API's batches and handles, reading by filter, tokens, proofs, hourly limits with
 * their headers, the checkout URL, webhooks with their challenge, requests to delete data; and the order API as it is now,
 * removed.
 *
 * Where the documents are silent it does this: a batch takes `processMs`; a row that breaks the format turns the whole call
 * away with its name and no handle; the removed order API answers code 12.
 *
 * @example
 * const simulator = await startMetaSimulator()
 * await simulator.control('listings', { sku: 'MUG-RED', quantity: 5 })
 * const social = meta(simulator.options)
 * const { url } = await simulator.control('checkout', { lines: [{ sku: 'MUG-RED', quantity: 1 }] })
 */
export async function startMetaSimulator(options: MetaSimulatorOptions = {}): Promise<MetaSimulator> {
  const facts = {
    catalogId: options.catalogId ?? '1017309634048260',
    accessToken: options.accessToken ?? 'EAASimulatedSystemUserToken',
    appSecret: options.appSecret ?? 'simulated0app0secret',
    verifyToken: options.verifyToken ?? 'simulated-verify-token',
    shopId: options.shopId ?? '208477394013',
    processMs: options.processMs ?? 2000,
  }
  const { port, clock, seed, observe } = options
  const running = await startSimulator((kit) => define(kit, facts, options), { port, clock, seed, observe })
  const { catalogId, accessToken, appSecret, verifyToken, shopId } = facts
  const reach = { catalogId, accessToken, appSecret, verifyToken, shopId, checkAfterMs: 1000 }
  return extendSimulator(running, {
    accessToken,
    appSecret,
    verifyToken,
    options: { ...reach, endpoint: running.url },
  })
}

type Facts = Omit<MetaSimulator['options'], 'endpoint' | 'checkAfterMs'> & { readonly processMs: number }

function define(kit: SimulatorKit, facts: Facts, options: MetaSimulatorOptions) {
  const { catalogId, processMs } = facts
  const world = new World({ catalogId, processMs }, kit.clock, kit.random)
  const windows = {
    80014: new SlidingWindow(kit.clock, { limit: options.limits?.batches ?? 200, windowMs: hourMs }),
    80009: new SlidingWindow(kit.clock, { limit: options.limits?.calls ?? 20_000, windowMs: hourMs }),
  }

  /** Counts the call, and says in its headers how much of the hour is used up. */
  const counted = (code: 80009 | 80014, act: () => SimulatorReply): SimulatorReply => {
    const window = windows[code]
    const take = window.take()
    const used = Math.round((1 - window.remaining() / window.limit) * 100)
    const usage = {
      type: code === 80014 ? 'catalog_batch' : 'catalog_management',
      call_count: take.ok ? used : 100,
      total_cputime: Math.floor(used / 4),
      total_time: Math.floor(used / 4),
      // In whole minutes, rounded up.
      estimated_time_to_regain_access: take.ok ? 0 : Math.max(1, Math.ceil(take.retryAfterMs / 60_000)),
    }
    const answer = take.ok ? act() : tooMany(code)
    const headers = { 'x-business-use-case-usage': JSON.stringify({ '506914307656634': [usage] }) }
    return { ...answer, headers: { ...answer.headers, ...headers } }
  }

  const handle = (request: SimulatorRequest): SimulatorReply => {
    const refusal = unauthorised(request, facts, world, options.requireProof ?? true)
    if (refusal) return refusal
    const { id, edge } = addressOf(request)
    if (gone.test(edge)) return removed(edge)
    if (id === 'debug_token' && edge === '') return debugToken(world, request, facts.accessToken)
    if (id === facts.shopId && edge === '' && request.method === 'GET') return shop(world, id)
    if (id !== catalogId) return nothing(request.method, id)
    const key = `${request.method} ${edge}`
    if (key === 'POST items_batch') return counted(80014, () => itemsBatch(world, request))
    if (key === 'GET check_batch_request_status') return counted(80009, () => batchStatus(world, request))
    if (key === 'GET products') return counted(80009, () => products(world, request))
    return nothing(request.method, id)
  }

  const webhooks: WebhookPlan = {
    sign: signMeta(facts.appSecret),
    timeoutMs: 10_000,
    retryAfterMs: repeatsMs,
  }
  return {
    kind: 'meta',
    operationOf,
    handle: (request: SimulatorRequest) => {
      const answer = handle(request)
      return { ...answer, headers: { 'facebook-api-version': version, ...answer.headers } }
    },
    controls: controls(world, kit, facts),
    state: () => stateOf(world),
    faultReply: (_: SimulatorRequest, status: number) => documented(status),
    malformed: () => invalid('The body is not JSON'),
    webhooks,
  }
}

type Incoming = Pick<SimulatorRequest, 'method' | 'path'>

/** `/v26.0/<id>/<edge>`; without a version, the oldest that is served. */
function addressOf({ path }: Incoming): { id: string; edge: string } {
  const known = matchPath('/v{version}/{id}/{edge}', path) ?? matchPath('/v{version}/{id}', path)
  const bare = known ?? matchPath('/{id}/{edge}', path) ?? matchPath('/{id}', path)
  return { id: bare?.id ?? '', edge: bare?.edge ?? '' }
}

function operationOf(request: Incoming): string {
  const { id, edge } = addressOf(request)
  if (edge !== '') return edge
  return id === 'debug_token' ? id : 'shop'
}

function unauthorised(
  request: SimulatorRequest,
  { accessToken, appSecret }: Facts,
  world: World,
  requireProof: boolean,
): SimulatorReply | null {
  const now = world.settle()
  const bearer = /^(?:Bearer|OAuth) (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  const token = bearer ?? request.query.get('access_token')
  if (token !== accessToken || !world.tokenValid) return badToken()
  if (world.tokenExpiresAt !== 0 && world.tokenExpiresAt * 1000 <= now) return endedToken()
  const proof = request.query.get('appsecret_proof')
  if (proof === null) return requireProof ? badProof() : null
  return sameBytes(proof, appSecretProof(accessToken, appSecret)) ? null : badProof()
}
