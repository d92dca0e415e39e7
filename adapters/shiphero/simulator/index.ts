import { z } from 'zod'
import {
  chooseOperation,
  coerceVariables,
  execute,
  type GraphqlError,
  parseDocument,
  Refusal,
  SyntaxProblem,
  validate,
} from '../../../src/simulator/graphql/index.ts'
import {
  extendSimulator,
  type RunningSimulator,
  reply,
  type SimulatorDefinition,
  type SimulatorKit,
  type SimulatorOptions,
  type SimulatorReply,
  type SimulatorRequest,
  startSimulator,
} from '../../../src/simulator/index.ts'
import { controls, stateOf } from './controls.ts'
import { actualCost, requestedCost } from './cost.ts'
import { Depot } from './depot.ts'
import { type Credits, Gate, unauthorized } from './gate.ts'
import { Hooks, newsOf, webhookPlan } from './hooks.ts'
import { schema } from './schema.ts'
import { idOf, type SimulatedWarehouse } from './types.ts'
import { Views } from './views.ts'
import type { World } from './world.ts'

export { signShipHero } from './hooks.ts'

export interface ShipHeroSimulatorOptions extends SimulatorOptions {
  /** Default `shiphero-test-refresh-token`. */
  readonly refreshToken?: string
  /** What `POST /auth/token` takes. Default `api@example.com` and `simulated`. */
  readonly username?: string
  readonly password?: string
  /** Default two: 8001 (Primary, Fort Lauderdale) and 8002 (West, Las Vegas). The first is asked first. */
  readonly warehouses?: readonly SimulatedWarehouse[]
  /** Default that of ShipHero: 60 credits a second, up to 4,004. */
  readonly credits?: Credits
  /** Default 7,000 requests in any 300,000 ms. */
  readonly requests?: { readonly limit: number; readonly windowMs: number }
  /** Signs webhooks that were not subscribed through the API. Default a fixed one. */
  readonly webhookSecret?: string
}

export interface ShipHeroSimulator extends RunningSimulator {
  readonly refreshToken: string
  readonly webhookSecret: string
  /** ShipHero's ids of the warehouses. */
  readonly warehouses: readonly string[]
  /** What `shiphero()` takes to reach it. */
  readonly options: { readonly endpoint: string; readonly refreshToken: string }
}

const defaultWarehouses: readonly SimulatedWarehouse[] = [
  { number: 8001, identifier: 'Primary', name: 'Fort Lauderdale', country: 'US', zip: '33309' },
  { number: 8002, identifier: 'West', name: 'Las Vegas', country: 'US', zip: '89118' },
]

/**
 * A ShipHero account on loopback: its GraphQL API with credits, tokens, orders, parcels, stock at two warehouses, returns, and signed
 * webhooks with their health.
 *
 * @example
 * const simulator = await startShipHeroSimulator()
 * const west = shiphero(simulator.options)
 * await simulator.control('stock', { sku: 'MUG-RED', quantity: 20 })
 */
export async function startShipHeroSimulator(
  options: ShipHeroSimulatorOptions = {},
): Promise<ShipHeroSimulator> {
  const refreshToken = options.refreshToken ?? 'shiphero-test-refresh-token'
  const webhookSecret = options.webhookSecret ?? 'the secret of the ShipHero simulator'
  const places = options.warehouses ?? defaultWarehouses
  const running = await startSimulator(
    (kit) => define(kit, options, { refreshToken, webhookSecret, places }),
    options,
  )
  return extendSimulator(running, {
    refreshToken,
    webhookSecret,
    warehouses: places.map(({ number }) => idOf('Warehouse', number)),
    options: { endpoint: running.url, refreshToken },
  })
}

interface Facts {
  readonly refreshToken: string
  readonly webhookSecret: string
  readonly places: readonly SimulatedWarehouse[]
}

function define(kit: SimulatorKit, options: ShipHeroSimulatorOptions, facts: Facts): SimulatorDefinition {
  const gate = new Gate(kit, {
    refreshToken: facts.refreshToken,
    username: options.username ?? 'api@example.com',
    password: options.password ?? 'simulated',
    credits: options.credits ?? { rate: 60, burst: 4004 },
    requests: options.requests ?? { limit: 7000, windowMs: 300_000 },
  })
  const hooks = new Hooks(kit)
  const depot: Depot = new Depot(
    kit.clock,
    facts.places,
    newsOf(kit, () => ({ depot, views })),
  )
  const views: Views = new Views(depot)
  return {
    kind: 'shiphero',
    operationOf,
    handle(request) {
      if (request.method !== 'POST') return reply(404, { message: 'Not Found' })
      if (request.path === '/auth/refresh' || request.path === '/auth/token') return gate.grant(request)
      if (request.path !== '/graphql') return reply(404, { message: 'Not Found' })
      return gate.refusal(request) ?? answer(request, gate, { kit, depot, views, hooks })
    },
    controls: controls(depot, hooks),
    state: () => stateOf(depot),
    faultReply: (_, status) =>
      status === 401 ? unauthorized() : reply(status, { message: `Simulated ${status}` }),
    malformed: () => reply(400, { errors: [{ message: 'POST body sent invalid JSON.' }] }),
    webhooks: webhookPlan(facts.webhookSecret),
  }
}

const Body = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
})

/** The client's name for its operation, else the first field it asks for. */
function operationOf({ path, json }: Pick<SimulatorRequest, 'path' | 'json'>): string {
  if (path === '/auth/refresh') return 'refreshToken'
  if (path === '/auth/token') return 'token'
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

type Parts = Pick<World, 'kit' | 'depot' | 'views' | 'hooks'>

function answer(request: SimulatorRequest, gate: Gate, parts: Parts): SimulatorReply {
  const requestId = parts.kit.random.uuid().replaceAll('-', '').slice(0, 24)
  try {
    const body = Body.parse(request.json())
    const document = parseDocument(body.query)
    const operation = chooseOperation(document, body.operationName ?? null)
    validate(schema, document, operation)
    const variables = coerceVariables(schema, operation, body.variables ?? {})
    const roots = operation.selections.flatMap((each) => (each.kind === 'field' ? [each] : []))
    const failed = (errors: readonly object[]) =>
      reply(200, { errors, data: Object.fromEntries(roots.map(({ alias }) => [alias, null])) })
    const name = roots[0]?.name ?? 'unknown'
    const told = { operation: name, field: name, request_id: requestId }

    const unknown: World = { ...parts, requestId, cost: 0, quota: quotaOf(gate, 0), fault: request.fault }
    const cost = requestedCost({ schema, document, operation, variables, context: unknown })
    const short = gate.charge(cost)
    if (short) {
      const { message, required, remaining, seconds } = short
      const figures = {
        required_credits: required,
        remaining_credits: remaining,
        time_remaining: `${seconds} seconds`,
      }
      return failed([{ message, ...told, code: 30, ...figures }])
    }
    const world: World = { ...unknown, cost, quota: quotaOf(gate, cost) }
    try {
      const { data } = execute({ schema, document, operation, variables, context: world })
      gate.bucket.give('', cost - actualCost(data, cost))
      return reply(200, { data })
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown
      gate.bucket.give('', cost - 1)
      return failed(thrown.errors.map((error) => ({ message: error.message, ...told, code: codeOf(error) })))
    }
  } catch (thrown) {
    if (thrown instanceof Refusal) {
      return reply(400, { errors: thrown.errors.map(({ message, path }) => ({ message, path })) })
    }
    if (!(thrown instanceof SyntaxProblem) && !(thrown instanceof z.ZodError)) throw thrown
    const message =
      thrown instanceof SyntaxProblem ? `Syntax Error: ${thrown.message}` : 'Must provide query string.'
    return reply(400, { errors: [{ message }] })
  }
}

const codeOf = ({ extensions }: GraphqlError) => Number(extensions.code)

/** What was there before this very request was charged. */
const quotaOf = ({ bucket }: Gate, cost: number) => ({
  credits_remaining: Math.floor(bucket.remaining() + cost),
  max_available: bucket.burst,
  increment_rate: bucket.rate,
})
