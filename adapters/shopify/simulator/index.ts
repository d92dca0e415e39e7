import { z } from 'zod'
import { hmacSha256, toBase64 } from '../../../src/http/index.ts'
import {
  chooseOperation,
  coerceVariables,
  type Document,
  execute,
  parseDocument,
  Refusal,
  SyntaxProblem,
  validate,
} from '../../../src/simulator/graphql/index.ts'
import {
  extendSimulator,
  type OutgoingWebhook,
  type RunningSimulator,
  reply,
  ServerBucket,
  type SimulatorDefinition,
  type SimulatorKit,
  type SimulatorOptions,
  type SimulatorReply,
  type SimulatorRequest,
  startSimulator,
  type WebhookPlan,
} from '../../../src/simulator/index.ts'
import { BulkOperations } from './bulk.ts'
import { controls, stateOf } from './controls.ts'
import { actualCost, requestedCost } from './cost.ts'
import { schema } from './schema.ts'
import { Shop } from './shop.ts'
import { subscriptionControls } from './subscriptions.ts'
import { Tokens } from './tokens.ts'
import { type Behaviour, type Kept, type Subscription, worldOf } from './world.ts'

export interface ShopifySimulatorOptions extends SimulatorOptions {
  /** Default `simulated-shop`; webhooks carry `<shop>.myshopify.com`. */
  readonly shop?: string
  /** A token that is always taken. Default `shpat_simulated`. */
  readonly accessToken?: string
  /** Of the app, for client-credentials tokens. Default `simulated-client`. */
  readonly clientId?: string
  /** Also signs webhooks. Default `shpss_simulated`. */
  readonly clientSecret?: string
  /** Names of the shop's locations. Default one, `Shop location`. */
  readonly locations?: readonly string[]
  /** Default `USD`. */
  readonly currency?: string
  /** The cost bucket. Default that of the standard plan: 100 points a second, up to 2,000. */
  readonly limit?: { readonly rate: number; readonly burst: number }
  /** Default `{ buyerData: 'shown', quantityErrors: 'all', cancelAfterMs: 500, bulkAfterMs: 2000, taxRate: 0 }`. */
  readonly behaviour?: Partial<Behaviour>
}

export interface ShopifySimulator extends RunningSimulator {
  readonly shop: string
  readonly accessToken: string
  readonly clientId: string
  readonly clientSecret: string
  /** The gid of the first location. */
  readonly location: string
  /** What `shopify()` takes to reach it. */
  readonly options: {
    readonly shop: string
    readonly endpoint: string
    readonly auth: { readonly clientId: string; readonly clientSecret: string }
    readonly location: string
  }
}

/** Versions that are served; an older one falls forward to the first of them. */
const versions = ['2026-04', '2026-07', '2026-10', 'unstable'] as const
const singleQueryLimit = 1000
const filePrefix = '/bulk/'

/** Signs a delivery as Shopify does: base64 of HMAC-SHA256 over the raw body. For tests of your own handler too. */
export function signShopify(secret: string, shop = 'simulated-shop') {
  return ({ id, topic, body, subscription, attempt, at }: OutgoingWebhook): Record<string, string> => ({
    'content-type': 'application/json',
    'user-agent': 'Shopify-Captain-Hook',
    'x-shopify-topic': topic,
    'x-shopify-shop-domain': `${shop}.myshopify.com`,
    'x-shopify-api-version': '2026-07',
    'x-shopify-event-id': id,
    'x-shopify-webhook-id': `${id}-${subscription}-${attempt}`,
    'x-shopify-triggered-at': new Date(at).toISOString(),
    'x-shopify-hmac-sha256': toBase64(hmacSha256(secret, body)),
  })
}

/** Eight repeats over four hours. */
const repeatsMs = [10, 60, 300, 900, 1800, 2700, 3600, 5040].map((seconds) => seconds * 1000)

/**
 * A Shopify shop on loopback: Admin GraphQL with the cost throttle, idempotency keys and asynchronous jobs, the
 * client-credentials endpoint, and signed webhooks.
 *
 * @example
 * const simulator = await startShopifySimulator()
 * const { listing } = await simulator.control('listings', { sku: 'MUG-RED', quantity: 7 })
 * const web = shopify(simulator.options)
 */
export async function startShopifySimulator(
  options: ShopifySimulatorOptions = {},
): Promise<ShopifySimulator> {
  const facts = {
    shop: options.shop ?? 'simulated-shop',
    accessToken: options.accessToken ?? 'shpat_simulated',
    clientId: options.clientId ?? 'simulated-client',
    clientSecret: options.clientSecret ?? 'shpss_simulated',
  }
  let location = ''
  const running = await startSimulator((kit) => {
    const made = define(kit, options, facts)
    location = made.location
    return made.definition
  }, options)
  const { shop, clientId, clientSecret } = facts
  const reach = { shop, endpoint: running.url, auth: { clientId, clientSecret }, location }
  return extendSimulator(running, { ...facts, location, options: reach })
}

function define(
  kit: SimulatorKit,
  options: ShopifySimulatorOptions,
  facts: Pick<ShopifySimulator, 'shop' | 'accessToken' | 'clientId' | 'clientSecret'>,
): { definition: SimulatorDefinition; location: string } {
  const shop = new Shop(kit.clock, options.currency ?? 'USD', options.locations ?? ['Shop location'])
  const behaviour: Behaviour = {
    buyerData: 'shown',
    quantityErrors: 'all',
    cancelAfterMs: 500,
    bulkAfterMs: 2000,
    taxRate: 0,
    ...options.behaviour,
  }
  const tokens = new Tokens(kit, facts)
  const bucket = new ServerBucket(kit.clock, options.limit ?? { rate: 100, burst: 2000 })
  const kept = new Map<string, Kept>()
  const subscriptions = new Map<string, Subscription>()
  const bulk = new BulkOperations(shop, () => schema)
  shop.onNews((topic, body) => {
    kit.webhooks.send({ topic, body })
  })
  const webhooks: WebhookPlan = {
    sign: signShopify(facts.clientSecret, facts.shop),
    timeoutMs: 5000,
    retryAfterMs: repeatsMs,
  }

  const graphql = (request: SimulatorRequest, version: string): SimulatorReply => {
    const headers = { 'x-shopify-api-version': version, 'x-request-id': kit.random.uuid() }
    if (!tokens.accepts(request.headers['x-shopify-access-token'])) {
      return reply(401, {
        errors: '[API] Invalid API key or access token (unrecognized login or wrong password)',
      })
    }
    shop.settle()
    const world = worldOf({
      shop,
      version,
      behaviour,
      kept,
      subscriptions,
      webhooks: kit.webhooks,
      bulk,
      origin: `http://${request.headers.host ?? 'localhost'}`,
      fault: request.fault,
      injected: injectedCode(request),
    })
    return reply(200, answer(request, world, bucket), headers)
  }

  const definition: SimulatorDefinition = {
    kind: 'shopify',
    operationOf,
    handle(request) {
      if (request.method === 'POST' && request.path === '/admin/oauth/access_token')
        return tokens.grant(request)
      if (request.method === 'GET' && request.path === '/admin/oauth/authorize')
        return tokens.authorize(request)
      if (request.method === 'GET' && request.path.startsWith(filePrefix)) return bulk.serve(request)
      const asked = /^\/admin\/api\/([^/]+)\/graphql\.json$/.exec(request.path)?.[1]
      const version = asked === undefined ? null : servedVersion(asked)
      if (request.method !== 'POST' || version === null) return reply(404, { errors: 'Not Found' })
      return graphql(request, version)
    },
    controls: {
      ...controls(shop),
      ...subscriptionControls(subscriptions, kit.webhooks),
      // The app is installed by OAuth: the first pair of expiring tokens.
      'app/install': () => tokens.install(),
      'app/revoke': () => tokens.revoke(),
    },
    state: () => stateOf(shop),
    faultReply: (_, status) => reply(status, { errors: faultTexts[status] ?? 'Internal Server Error' }),
    malformed: () => reply(400, { errors: 'Bad Request' }),
    webhooks,
  }
  return { definition, location: shop.locations[0]?.id ?? '' }
}

const faultTexts: Readonly<Record<number, string>> = {
  401: '[API] Invalid API key or access token (unrecognized login or wrong password)',
  403: '[API] This action requires merchant approval for read_orders scope.',
  404: 'Not Found',
  429: 'Exceeded 40 calls per second for api client. Reduce request rates to resume uninterrupted service.',
  503: 'Service Unavailable',
}

function servedVersion(asked: string): string | null {
  if (versions.some((version) => version === asked)) return asked
  return /^\d{4}-(01|04|07|10)$/.test(asked) && asked < versions[0] ? versions[0] : null
}

const Body = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
})

/** The client's name for its operation, else the first field it asks for. */
function operationOf({ path, json }: Pick<SimulatorRequest, 'path' | 'json'>): string {
  if (path.endsWith('/oauth/access_token')) return 'token'
  if (path.endsWith('/oauth/authorize')) return 'authorize'
  if (path.startsWith(filePrefix)) return 'bulkFile'
  try {
    const { query, operationName } = Body.parse(json())
    if (operationName) return operationName
    const [operation] = parseDocument(query).operations
    const [first] = operation?.selections ?? []
    return operation?.name ?? (first?.kind === 'field' ? first.name : 'unknown')
  } catch {
    return 'unknown'
  }
}

type World = ReturnType<typeof worldOf>

function answer(request: SimulatorRequest, world: World, bucket: ServerBucket): unknown {
  const cost = (requested: number, actual: number | null) => ({
    cost: {
      requestedQueryCost: requested,
      actualQueryCost: actual,
      throttleStatus: {
        maximumAvailable: bucket.burst,
        currentlyAvailable: Math.floor(bucket.remaining()),
        restoreRate: bucket.rate,
      },
    },
  })
  let requested = 0
  try {
    const body = Body.parse(request.json())
    const document: Document = parseDocument(body.query)
    const operation = chooseOperation(document, body.operationName ?? null)
    validate(schema, document, operation)
    const variables = coerceVariables(schema, operation, body.variables ?? {})
    const execution = { schema, document, operation, variables, context: world }
    requested = requestedCost(execution)
    const limited = throttled(requested, bucket, world.injected)
    if (limited) return { errors: [limited], extensions: cost(requested, null) }
    const { data, errors } = execute(execution)
    const actual = actualCost(data, requested, operation.type === 'mutation')
    bucket.give('', requested - actual)
    return { data, ...(errors.length > 0 ? { errors } : {}), extensions: cost(requested, actual) }
  } catch (thrown) {
    if (thrown instanceof Refusal) return { errors: thrown.errors, extensions: cost(requested, requested) }
    if (!(thrown instanceof SyntaxProblem) && !(thrown instanceof z.ZodError)) throw thrown
    const message =
      thrown instanceof SyntaxProblem
        ? `syntax error, ${thrown.message}`
        : 'Parameter Missing or Invalid: query'
    return { errors: [{ message, extensions: { code: 'BAD_REQUEST' } }], extensions: cost(0, 0) }
  }
}

/** An error code that a `partial_failure` asks for in its `detail: { code }`. */
function injectedCode(request: SimulatorRequest): string | null {
  const parsed = z.object({ code: z.string() }).safeParse(request.fault('partial_failure')?.detail)
  return parsed.success ? parsed.data.code : null
}

/** Under HTTP 200, both of them: the code alone tells. */
function throttled(requested: number, bucket: ServerBucket, injected: string | null) {
  if (requested > singleQueryLimit) {
    const message = `Query cost is ${requested}, which exceeds the single query max cost limit (${singleQueryLimit}).`
    return { message, extensions: { code: 'MAX_COST_EXCEEDED', cost: requested, maxCost: singleQueryLimit } }
  }
  if (injected === 'THROTTLED' || !bucket.take('', requested).ok) {
    return { message: 'Throttled', extensions: { code: 'THROTTLED' } }
  }
  return null
}
