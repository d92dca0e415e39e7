import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv, type AnySchema, type ValidateFunction } from 'ajv'
import formatsPlugin from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import type { SimulatorReply, SimulatorRequest } from '../../src/simulator/index.ts'
import { everyCall } from '../adapters/ebay/tour.ts'
import { readYaml } from './yaml.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const specs = process.env.STOCKPOOL_SPECS ?? `${root}../shared/specs`
const files = [
  'sell_fulfillment_v1_oas3.json',
  'sell_inventory_v1_oas3.json',
  'developer_analytics_v1_beta_oas3.json',
  'developer_key_management_v1_oas3.json',
  'cancellation_oas3.json',
  'return_oas3.json',
  'commerce_notification_v1.5.1.yml',
]
const present = files.every((file) => existsSync(`${specs}/ebay/${file}`))
if (!present)
  console.warn(
    `eBay conformance is not checked: not all of ${files.join(', ')} are in ${specs}/ebay. Set STOCKPOOL_SPECS.`,
  )

interface Operation {
  readonly operationId: string
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly required?: boolean }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: AnySchema }>> }
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly content?: Readonly<Record<string, { readonly schema?: AnySchema }>>
        readonly 'x-response-codes'?: { readonly errors?: Readonly<Record<string, object>> }
      }
    >
  >
}
interface Api {
  readonly servers: readonly { readonly variables: { readonly basePath: { readonly default: string } } }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components?: { readonly schemas?: Readonly<Record<string, object>> }
}

/** Members that a schema does not name are allowed by OpenAPI, and a misspelling all the same. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed)
  if (typeof value !== 'object' || value === null) return value
  const copy: Record<string, unknown> = Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, closed(each)]),
  )
  // A member of that name is a schema itself, not the word of one.
  if (typeof copy.properties === 'object' && copy.type === 'object' && !('additionalProperties' in copy))
    copy.additionalProperties = false
  return copy
}

function load() {
  const ajv = new Ajv({ strict: false, allErrors: true })
  const addFormats = ('default' in formatsPlugin ? formatsPlugin.default : formatsPlugin) as (
    ajv: Ajv,
  ) => void
  addFormats(ajv)
  const operations: {
    method: string
    path: string
    regex: RegExp
    file: string
    template: string
    operation: Operation
  }[] = []
  for (const file of files) {
    const text = readFileSync(`${specs}/ebay/${file}`, 'utf8')
    const api = closed(file.endsWith('.yml') ? readYaml(text) : JSON.parse(text)) as Api
    ajv.addSchema({ $id: file, components: api.components } as AnySchema, file)
    const base = api.servers[0]?.variables.basePath.default ?? ''
    for (const [template, methods] of Object.entries(api.paths)) {
      const path = `${base}${template}`
      const regex = new RegExp(
        `^${path
          .replace(/[.]/g, '\\.')
          .replace(/\{[^}]+\}/g, '[^/]+')
          .replace(/\/$/, '/?')}$`,
      )
      for (const [method, operation] of Object.entries(methods)) {
        if (operation?.operationId)
          operations.push({ method: method.toUpperCase(), path, regex, file, template, operation })
      }
    }
  }
  // Literal paths before those with parameters: `/return/search` is no `{returnId}`.
  operations.sort((one, other) => one.path.split('{').length - other.path.split('{').length)
  const validators = new Map<AnySchema, ValidateFunction>()
  const validator = (file: string, schema: AnySchema): ValidateFunction => {
    const known = validators.get(schema)
    if (known) return known
    const located = JSON.parse(JSON.stringify(schema).replaceAll('"#/', `"${file}#/`)) as AnySchema
    const made = ajv.compile(located)
    validators.set(schema, made)
    return made
  }
  return { operations, validator }
}

const described = (validate: ValidateFunction) =>
  (validate.errors ?? [])
    .map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`)
    .join('; ')

const json = 'application/json'
const errorIds = (body: unknown): readonly string[] => {
  const { errors } = (body ?? {}) as { readonly errors?: readonly { readonly errorId: number }[] }
  return (errors ?? []).map(({ errorId }) => String(errorId)).filter((id) => !id.startsWith('215'))
}

/** Undocumented in the operations: token and quota are matters of every call. */
const everywhere = [401, 403, 429]

/** Everything that the vendor's documents say of one exchange; an empty list is a conforming one. */
function conformance() {
  const { operations, validator } = load()
  const seen = new Set<string>()
  const problems: string[] = []
  const observe = (incoming: SimulatorRequest, reply: SimulatorReply) => {
    if (incoming.path === '/ws/api.dll' || incoming.path.startsWith('/identity/')) return
    const found = operations.find(
      ({ method, regex }) => method === incoming.method && regex.test(incoming.path),
    )
    const name = `${incoming.method} ${found?.path ?? incoming.path} ${reply.status}`
    seen.add(name)
    if (!found) {
      problems.push(`${name}: no such operation`)
      return
    }
    const { operation, file } = found
    // Of Post-Order the documents are hand-made, and hold paths alone.
    const thin = incoming.path.startsWith('/post-order/')
    const parameters = operation.parameters ?? []
    for (const parameter of incoming.query.keys()) {
      if (!thin && !parameters.some((each) => each.in === 'query' && each.name === parameter))
        problems.push(`${name}: no query parameter ${parameter}`)
    }
    for (const { in: where, name: header, required } of parameters) {
      if (where === 'header' && required && incoming.headers[header.toLowerCase()] === undefined)
        problems.push(`${name}: the header ${header} is missing`)
    }
    const asked = operation.requestBody?.content[json]?.schema
    if (asked && reply.status < 400) {
      const validate = validator(file, asked)
      if (!validate(incoming.json())) problems.push(`${name}: the request: ${described(validate)}`)
    }
    const documented = operation.responses[String(reply.status)]
    if (!documented && !thin && !everywhere.includes(reply.status) && reply.status < 500)
      problems.push(`${name}: status not documented`)
    const numbers = documented?.['x-response-codes']?.errors
    for (const id of errorIds(reply.body)) {
      if (numbers && !(id in numbers)) problems.push(`${name}: the error ${id} is not of this operation`)
    }
    const answered = documented?.content?.[json]?.schema
    if (!answered || reply.body === undefined) return
    const validate = validator(file, answered)
    if (!validate(JSON.parse(JSON.stringify(reply.body))))
      problems.push(`${name}: the answer: ${described(validate)}`)
  }
  return { observe, seen, problems, operations, validator }
}

describe('eBay, against its OpenAPI documents', () => {
  it.skipIf(!present)('every request and every answer of a whole life conforms', async () => {
    const { observe, seen, problems } = conformance()
    const it = await everyCall(observe)
    expect(problems).toEqual([])
    expect(it.simulator.errors).toEqual([])
    expect([...seen].sort()).toMatchInlineSnapshot(`
      [
        "GET /commerce/notification/v1/config 200",
        "GET /commerce/notification/v1/config 404",
        "GET /commerce/notification/v1/destination 200",
        "GET /commerce/notification/v1/public_key/{public_key_id} 200",
        "GET /commerce/notification/v1/public_key/{public_key_id} 404",
        "GET /commerce/notification/v1/subscription 200",
        "GET /commerce/notification/v1/topic 200",
        "GET /developer/analytics/v1_beta/rate_limit/ 200",
        "GET /developer/key_management/v1/signing_key 200",
        "GET /post-order/v2/cancellation/search 200",
        "GET /post-order/v2/cancellation/{cancelId} 404",
        "GET /post-order/v2/return/search 200",
        "GET /post-order/v2/return/{returnId} 200",
        "GET /post-order/v2/return/{returnId} 404",
        "GET /sell/fulfillment/v1/order 200",
        "GET /sell/fulfillment/v1/order 400",
        "GET /sell/fulfillment/v1/order/{orderId} 200",
        "GET /sell/fulfillment/v1/order/{orderId} 400",
        "GET /sell/fulfillment/v1/order/{orderId} 404",
        "GET /sell/fulfillment/v1/order/{orderId}/shipping_fulfillment 200",
        "GET /sell/fulfillment/v1/order/{orderId}/shipping_fulfillment/{fulfillmentId} 200",
        "GET /sell/inventory/v1/inventory_item 200",
        "GET /sell/inventory/v1/inventory_item 400",
        "GET /sell/inventory/v1/inventory_item/{sku} 200",
        "GET /sell/inventory/v1/offer 200",
        "GET /sell/inventory/v1/offer 400",
        "GET /sell/inventory/v1/offer/{offerId} 200",
        "POST /commerce/notification/v1/destination 201",
        "POST /commerce/notification/v1/destination 400",
        "POST /commerce/notification/v1/destination 409",
        "POST /commerce/notification/v1/subscription 201",
        "POST /commerce/notification/v1/subscription 400",
        "POST /commerce/notification/v1/subscription/{subscription_id}/enable 204",
        "POST /commerce/notification/v1/subscription/{subscription_id}/enable 404",
        "POST /developer/key_management/v1/signing_key 200",
        "POST /post-order/v2/cancellation 201",
        "POST /post-order/v2/cancellation/check_eligibility 200",
        "POST /post-order/v2/cancellation/{cancelId}/approve 200",
        "POST /post-order/v2/cancellation/{cancelId}/reject 200",
        "POST /post-order/v2/return/{returnId}/decide 200",
        "POST /post-order/v2/return/{returnId}/issue_refund 200",
        "POST /post-order/v2/return/{returnId}/mark_as_received 200",
        "POST /sell/fulfillment/v1/order/{orderId}/shipping_fulfillment 201",
        "POST /sell/fulfillment/v1/order/{orderId}/shipping_fulfillment 400",
        "POST /sell/fulfillment/v1/order/{order_id}/issue_refund 200",
        "POST /sell/fulfillment/v1/order/{order_id}/issue_refund 400",
        "POST /sell/inventory/v1/bulk_get_inventory_item 200",
        "POST /sell/inventory/v1/bulk_get_inventory_item 207",
        "POST /sell/inventory/v1/bulk_update_price_quantity 200",
        "POST /sell/inventory/v1/bulk_update_price_quantity 207",
        "PUT /commerce/notification/v1/config 204",
        "PUT /commerce/notification/v1/destination/{destination_id} 204",
      ]
    `)
  })

  it.skipIf(!present)('a request or an answer that does not conform is found (a test of this test)', () => {
    const { operations, validator } = conformance()
    const of = (id: string, file: string) =>
      operations.find((each) => each.operation.operationId === id && each.file.startsWith(file))
    const body =
      of('bulkUpdatePriceQuantity', 'sell_inventory')?.operation.requestBody?.content[json]?.schema ?? {}
    const update = validator('sell_inventory_v1_oas3.json', body)
    const entry = (offer: object) => ({
      requests: [{ sku: 'MUG', shipToLocationAvailability: { quantity: 1 }, offers: [offer] }],
    })
    expect(update(entry({ offerId: '1', availableQuantity: 1 }))).toBe(true)
    expect(update(entry({ offerId: '1', available: 1 }))).toBe(false)
    expect(update(entry({ offerId: '1', availableQuantity: '1' }))).toBe(false)
    const config = of('updateConfig', 'commerce')?.operation.requestBody?.content[json]?.schema ?? {}
    const alert = validator('commerce_notification_v1.5.1.yml', config)
    expect([alert({ alertEmail: 'a@b.example' }), alert({ email: 'a@b.example' })]).toEqual([true, false])
  })
})
