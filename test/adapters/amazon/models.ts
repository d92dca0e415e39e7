import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import { SandboxVector } from '../../../adapters/amazon/simulator/index.ts'
import { matchPath } from '../../../src/simulator/index.ts'

const folder = resolve(process.env.STOCKPOOL_SPECS ?? '../shared/specs', 'amazon')

/** Whether Amazon's models lie beside the repository (or where STOCKPOOL_SPECS says). */
export const haveModels = existsSync(resolve(folder, 'models'))
if (!haveModels)
  console.warn(`Amazon's models are not in ${folder}: the conformance tests that need them are skipped`)

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header' | 'body'
  readonly required?: boolean
  readonly type?: string
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly items?: object
  readonly maxItems?: number
  readonly maximum?: number
  readonly minimum?: number
  readonly schema?: object
}

interface Operation {
  readonly operationId: string
  readonly parameters?: readonly Parameter[]
  readonly responses: Readonly<
    Record<string, { readonly schema?: object; readonly headers?: Readonly<Record<string, unknown>> }>
  >
}

interface Model {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

const files = {
  orders: 'models/orders-api-model/orders_2026-01-01.json',
  ordersV0: 'models/orders-api-model/ordersV0.json',
  listings: 'models/listings-items-api-model/listingsItems_2021-08-01.json',
  feeds: 'models/feeds-api-model/feeds_2021-06-30.json',
  reports: 'models/reports-api-model/reports_2021-06-30.json',
  notifications: 'models/notifications-api-model/notifications.json',
  inventory: 'models/fba-inventory-api-model/fbaInventory.json',
  mcf: 'models/fulfillment-outbound-api-model/fulfillmentOutbound_2026-07-04.json',
  mcf2020: 'models/fulfillment-outbound-api-model/fulfillmentOutbound_2020-07-01.json',
  shipping: 'models/shipping-api-model/shippingV2.json',
  sellers: 'models/sellers-api-model/sellers.json',
} as const

/** What travelled, either way. */
export interface Exchange {
  readonly method: string
  /** As it was sent: percent-encoded. */
  readonly path: string
  readonly query: URLSearchParams
  readonly body: unknown
}

/**
 * Amazon's models as checks. Stricter than they are written: a member that an object of the model does not name is an
 * error, so that a misspelt one is found.
 */
export class Models {
  readonly #ajv = new Ajv({ strict: false, allErrors: true })
  readonly #models: Readonly<Record<string, Model>>
  readonly #compiled = new Map<string, ValidateFunction>()

  constructor() {
    formats.default(this.#ajv)
    this.#models = Object.fromEntries(
      Object.entries(files).map(([name, file]) => {
        const text = readFileSync(resolve(folder, file), 'utf8')
        const model = closed(JSON.parse(text), partsIn(JSON.parse(text)))
        this.#ajv.addSchema({ ...(model as object), $id: name })
        return [name, model as Model]
      }),
    )
  }

  /** What is wrong with a request; empty when it is as the model says. */
  request(exchange: Exchange): string[] {
    const { name, operation, params } = this.#find(exchange)
    const declared = operation.parameters ?? []
    const wrong: string[] = []
    for (const key of new Set(exchange.query.keys())) {
      if (!declared.some((each) => each.in === 'query' && each.name === key))
        wrong.push(`${key} is not declared`)
    }
    for (const parameter of declared) {
      // Headers are not part of an exchange.
      if (parameter.in === 'header') continue
      const value = sentValue(parameter, exchange, params)
      if (value === undefined) {
        if (parameter.required) wrong.push(`${parameter.name} is missing`)
      } else
        wrong.push(
          ...this.#check(name, `${operation.operationId}.${parameter.name}`, schemaOf(parameter), value),
        )
    }
    return wrong
  }

  /** What is wrong with an answer; empty when its status is declared and its body as the model says. */
  answer(exchange: Exchange, status: number, body: unknown, headers: readonly string[] = []): string[] {
    const { name, operation } = this.#find(exchange)
    const response = operation.responses[String(status)]
    if (!response) return [`${operation.operationId} declares no ${status}`]
    const known = Object.keys(response.headers ?? {}).map((header) => header.toLowerCase())
    const strange = headers.filter((header) => !known.includes(header.toLowerCase()))
    const wrong = strange.map(
      (header) => `${operation.operationId} declares no header ${header} with a ${status}`,
    )
    if (!response.schema) return body === undefined ? wrong : [...wrong, `a ${status} has no body`]
    return [...wrong, ...this.#check(name, `${operation.operationId}.${status}`, response.schema, body)]
  }

  #find(exchange: Exchange): {
    name: string
    operation: Operation
    params: Readonly<Record<string, string>>
  } {
    for (const [name, model] of Object.entries(this.#models)) {
      for (const [path, methods] of Object.entries(model.paths)) {
        const operation = methods[exchange.method.toLowerCase()]
        const params = operation ? matchPath(path, exchange.path) : null
        if (operation && params) return { name, operation, params }
      }
    }
    throw new Error(`no model has ${exchange.method} ${exchange.path}`)
  }

  #check(model: string, key: string, schema: object, value: unknown): string[] {
    const id = `${model}/${key}`
    let validate = this.#compiled.get(id)
    if (!validate) {
      validate = this.#ajv.compile(absolute(schema, model) as object)
      this.#compiled.set(id, validate)
    }
    if (validate(value)) return []
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${key}${instancePath} ${message} ${JSON.stringify(params)}`,
    )
  }
}

function schemaOf(parameter: Parameter): object {
  if (parameter.schema) return parameter.schema
  const { type, format, items, maxItems, maximum, minimum } = parameter
  return {
    type,
    format,
    items,
    maxItems,
    maximum,
    minimum,
    ...(parameter.enum ? { enum: parameter.enum } : {}),
  }
}

function sentValue(
  parameter: Parameter,
  exchange: Exchange,
  params: Readonly<Record<string, string>>,
): unknown {
  if (parameter.in === 'body') return exchange.body
  if (parameter.in === 'path') return params[parameter.name]
  const values = exchange.query.getAll(parameter.name)
  const [first] = values
  if (first === undefined) return undefined
  if (parameter.type === 'array') return values.flatMap((value) => value.split(','))
  if (parameter.type === 'boolean') return first === 'true'
  return parameter.type === 'integer' ? Number(first) : first
}

/** The definitions that are parts of others (`allOf`): each names only some of the members. */
function partsIn(schema: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof schema !== 'object' || schema === null) return found
  const { allOf } = schema as { allOf?: readonly { $ref?: string }[] }
  for (const part of allOf ?? []) if (part.$ref) found.add(part.$ref.split('/').at(-1) ?? '')
  for (const child of Object.values(schema)) partsIn(child, found)
  return found
}

/** Refuses members that the model does not name, wherever it names any. */
function closed(schema: unknown, parts: ReadonlySet<string>, name = ''): unknown {
  if (Array.isArray(schema)) return schema.map((each) => closed(each, parts, name))
  if (typeof schema !== 'object' || schema === null) return schema
  const copy = Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => !['example', 'examples', 'x-amzn-api-sandbox'].includes(key))
      .map(([key, value]) => [key, closed(value, parts, key)]),
  )
  const { properties, type } = copy as { properties?: unknown; type?: unknown }
  const whole = typeof properties === 'object' && type === 'object' && name !== 'allOf' && !parts.has(name)
  return whole && !('additionalProperties' in copy) ? { ...copy, additionalProperties: false } : copy
}

/** References inside a model, seen from outside it. */
function absolute(schema: unknown, model: string): unknown {
  if (Array.isArray(schema)) return schema.map((each) => absolute(each, model))
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === '$ref' && typeof value === 'string' && value.startsWith('#')
        ? `${model}${value}`
        : absolute(value, model),
    ]),
  )
}

const Used = SandboxVector.loose()

export interface Vector extends SandboxVector {
  readonly api: string
  readonly path: string
  readonly query: Readonly<Record<string, string | number>>
  readonly body: unknown
  readonly requiredButUnspecified: readonly string[]
  readonly responseMatchesSchema: boolean | null
}

const used: Readonly<Record<string, readonly string[]>> = {
  'orders_2026-01-01.json': ['searchOrders', 'getOrder'],
  'ordersV0.json': ['confirmShipment'],
  'listingsItems_2021-08-01.json': ['patchListingsItem', 'getListingsItem', 'searchListingsItems'],
  'feeds_2021-06-30.json': [
    'createFeedDocument',
    'createFeed',
    'getFeed',
    'getFeeds',
    'cancelFeed',
    'getFeedDocument',
  ],
  'reports_2021-06-30.json': ['createReport', 'getReports', 'getReport', 'getReportDocument'],
  'notifications.json': [
    'getDestinations',
    'createDestination',
    'getSubscription',
    'createSubscription',
    'deleteSubscriptionById',
  ],
  'sellers.json': ['getMarketplaceParticipations'],
}

/** Amazon's own sandbox examples of the operations that the adapter uses. */
export function sandboxVectors(): readonly Vector[] {
  const all = JSON.parse(readFileSync(resolve(folder, 'sandbox-vectors.json'), 'utf8')) as readonly Vector[]
  return all
    .filter(({ api, operationId }) => used[api]?.includes(operationId))
    .map((vector) => ({ ...vector, ...Used.parse(vector) }))
}

/** A document of Amazon's schemas as a check: of a notification, or of a feed. Gives what is wrong; empty: nothing. */
export function schemaCheck(file: string): (value: unknown) => string[] {
  const ajv = new Ajv({ strict: false, allErrors: true })
  formats.default(ajv)
  const text = readFileSync(resolve(folder, 'schemas', file), 'utf8')
  // Some give two of their parts one id.
  const validate = ajv.compile(JSON.parse(text, (key, value) => (key === '$id' ? undefined : value)))
  return (value) =>
    validate(value)
      ? []
      : (validate.errors ?? []).map(({ instancePath, message }) => `${file}${instancePath} ${message}`)
}
