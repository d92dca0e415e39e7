import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  buildSchema,
  extendSchema,
  type FieldNode,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNullableType,
  getVariableValues,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  validate,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { leastCost } from '../../adapters/shiphero/document.ts'
import { documents } from '../../adapters/shiphero/documents.ts'
import { signShipHero } from '../../adapters/shiphero/simulator/index.ts'
import { schema as simulated } from '../../adapters/shiphero/simulator/schema.ts'
import { verify } from '../../adapters/shiphero/webhooks.ts'
import type { SimulatorReply, SimulatorRequest } from '../../src/simulator/index.ts'
import { everyCall } from '../adapters/shiphero/tour.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const specs = process.env.STOCKPOOL_SPECS ?? `${root}../shared/specs`
const file = `${specs}/shiphero/shiphero-schema.2023-02.reconstructed.graphql`
const vectors = `${specs}/webhooks/webhook-signature-vectors.json`
const present = existsSync(file) && existsSync(vectors)
if (!present)
  console.warn(`ShipHero conformance is not checked: no schema under ${specs}/shiphero. Set STOCKPOOL_SPECS.`)

// The schema at hand is of February 2023. What ShipHero has added since and the adapter uses, as its schema pages say it:
// developer.shiphero.com/schema/types/webhook.html, …/create-webhook-input.html, …/mutations/webhook-enable.html (2026).
const since2023 = `
  enum CustomersWebhookHealth { HEALTHY WARNING UNHEALTHY }
  extend type Webhook {
    enabled: Boolean
    health: CustomersWebhookHealth
    created_at: ISODateTime
    updated_at: ISODateTime
    last_enabled_change: ISODateTime
  }
  extend input CreateWebhookInput { enabled: Boolean }
  input EnableWebhookInput { webhook_id: String! }
  input DisableWebhookInput { webhook_id: String! }
  type EnableWebhookOutput { request_id: String complexity: Int webhook: Webhook }
  type DisableWebhookOutput { request_id: String complexity: Int webhook: Webhook }
  extend type Mutation {
    webhook_enable(data: EnableWebhookInput!): EnableWebhookOutput
    webhook_disable(data: DisableWebhookInput!): DisableWebhookOutput
  }`

/** Assumed valid: the reconstruction names an interface in a place where graphql-js wants its implementations. */
const load = (): GraphQLSchema => {
  const old = buildSchema(readFileSync(file, 'utf8'), { assumeValid: true, assumeValidSDL: true })
  return extendSchema(old, parse(since2023), { assumeValid: true })
}

interface Envelope {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly {
    readonly message: string
    readonly operation: string
    readonly field: string
    readonly request_id: string
    readonly code: number
  }[]
}

interface Exchange {
  readonly body: {
    readonly query: string
    readonly operationName: string
    readonly variables: Record<string, unknown>
  }
  readonly reply: Envelope
  readonly status: number
}

let seen: Promise<Exchange[]> | undefined
/** Every GraphQL exchange of a tour through all that the adapter can do. */
function exchanges(): Promise<Exchange[]> {
  seen ??= (async () => {
    const all: Exchange[] = []
    await everyCall((request: SimulatorRequest, { status, body }: SimulatorReply) => {
      if (request.path !== '/graphql') return
      all.push({ body: request.json() as Exchange['body'], reply: body as Envelope, status })
    })
    return all
  })()
  return seen
}

/** What of a value breaks the type that the vendor's schema gives it, by path. */
class Checker {
  readonly problems: string[] = []
  readonly #schema: GraphQLSchema
  readonly #fragments: ReadonlyMap<string, SelectionSetNode>

  constructor(schema: GraphQLSchema, fragments: ReadonlyMap<string, SelectionSetNode>) {
    this.#schema = schema
    this.#fragments = fragments
  }

  value(
    type: GraphQLOutputType,
    value: unknown,
    selections: SelectionSetNode | undefined,
    path: string,
  ): void {
    if (value === null) {
      if (isNonNullType(type)) this.problems.push(`${path} is null`)
      return
    }
    const inner = getNullableType(type)
    if (isListType(inner)) {
      if (!Array.isArray(value)) this.problems.push(`${path} is no list`)
      else
        for (const [index, each] of value.entries())
          this.value(inner.ofType, each, selections, `${path}.${index}`)
    } else if (isEnumType(inner)) {
      if (!inner.getValues().some(({ name }) => name === value))
        this.problems.push(`${path}: ${value} is no ${inner.name}`)
    } else if (isScalarType(inner)) this.scalar(inner.name, value, path)
    else if (selections && typeof value === 'object') this.object(inner.name, value, selections, path)
    else this.problems.push(`${path} should be an object`)
  }

  scalar(name: string, value: unknown, path: string): void {
    const rules: Readonly<Record<string, (value: unknown) => boolean>> = {
      Int: (each) => Number.isInteger(each),
      Float: (each) => typeof each === 'number',
      Boolean: (each) => typeof each === 'boolean',
      ISODateTime: (each) => typeof each === 'string' && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/.test(each),
    }
    const holds = rules[name] ?? ((each) => typeof each === 'string')
    if (!holds(value)) this.problems.push(`${path}: ${JSON.stringify(value)} is no ${name}`)
  }

  object(type: string, value: object, selections: SelectionSetNode, path: string): void {
    const wanted = this.#fields(selections)
    const keys = wanted.map((field) => field.alias?.value ?? field.name.value)
    for (const key of Object.keys(value)) {
      if (!keys.includes(key)) this.problems.push(`${path}.${key} was not asked for`)
    }
    const named = this.#schema.getType(type)
    const known = isObjectType(named) ? named.getFields() : {}
    for (const field of wanted) {
      const key = field.alias?.value ?? field.name.value
      const declared = known[field.name.value]
      if (!declared) this.problems.push(`${type}.${field.name.value} does not exist`)
      else if (!(key in value)) this.problems.push(`${path}.${key} is absent`)
      else
        this.value(
          declared.type,
          (value as Record<string, unknown>)[key],
          field.selectionSet,
          `${path}.${key}`,
        )
    }
  }

  #fields(selections: SelectionSetNode): FieldNode[] {
    return selections.selections.flatMap((each) => {
      if (each.kind === Kind.FIELD) return [each]
      const set =
        each.kind === Kind.INLINE_FRAGMENT ? each.selectionSet : this.#fragments.get(each.name.value)
      return set ? this.#fields(set) : []
    })
  }
}

const operationsOf = (query: string) => {
  const document = parse(query)
  const operation = document.definitions.find(
    (each) => each.kind === Kind.OPERATION_DEFINITION,
  ) as OperationDefinitionNode
  const fragments = new Map<string, SelectionSetNode>()
  for (const each of document.definitions) {
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each.selectionSet)
  }
  return { document, operation, fragments }
}

describe.skipIf(!present)('ShipHero public GraphQL API', () => {
  const schema = present ? load() : undefined
  const vendor = () => schema ?? expect.fail('no schema')

  it.each(documents.map((document) => [document.operation, document] as const))(
    'has everything that %s asks for',
    (_, { query }) => {
      expect(validate(vendor(), parse(query)).map(({ message }) => message)).toEqual([])
    },
  )

  it('takes every request that the adapter makes, and could have given every answer of the simulator', async () => {
    const all = await exchanges()
    const operations = new Set(all.map(({ body }) => body.operationName))
    expect([...operations].sort()).toEqual(documents.map(({ operation }) => operation).sort())
    const problems: string[] = []
    for (const exchange of all) problems.push(...problemsOf(vendor(), exchange))
    expect([...new Set(problems)]).toEqual([])
  })

  it('costs no more than the adapter counts with, and never more than one operation may', async () => {
    for (const { cost, operation } of documents) {
      expect(cost, operation).toBeLessThanOrEqual(4004)
      // Else the second limit, 7,000 requests in five minutes, could be met before the first.
      expect(cost, operation).toBeGreaterThanOrEqual(leastCost)
    }
    for (const { body, reply } of await exchanges()) {
      const { cost } = documents.find(({ operation }) => operation === body.operationName) ?? { cost: 0 }
      for (const field of Object.values(reply.data ?? {})) {
        const told = (field as { complexity?: number } | null)?.complexity ?? 0
        expect(told, body.operationName).toBeLessThanOrEqual(cost)
      }
    }
  })

  it('has every type, field, argument and enum value that the simulator describes', () => {
    expect(differences(vendor())).toEqual([])
  })

  it('signs webhooks as the simulator and the adapter do', () => {
    const { shiphero } = JSON.parse(readFileSync(vectors, 'utf8'))
    const body = Buffer.from(shiphero.raw_body)
    const secret: string = shiphero.shared_signature_secret
    const made = signShipHero(secret)({
      id: 'e',
      topic: 'Order Canceled',
      url: 'http://x',
      secret: null,
      subscription: 's',
      attempt: 1,
      at: 0,
      body,
    })
    expect(made['x-shiphero-hmac-sha256']).toBe(shiphero['x-shiphero-hmac-sha256'])
    const headers = { 'x-shiphero-hmac-sha256': shiphero['x-shiphero-hmac-sha256'] }
    expect(verify({ method: 'POST', url: '/', headers, body }, ['another', secret], 'stockpool').topic).toBe(
      '',
    )
  })
})

function problemsOf(vendor: GraphQLSchema, { body, reply, status }: Exchange): string[] {
  const { document, operation, fragments } = operationsOf(body.query)
  const where = body.operationName
  const invalid = validate(vendor, document).map(({ message }) => `${where}: ${message}`)
  const coerced = getVariableValues(vendor, operation.variableDefinitions ?? [], body.variables)
  const wrong = (coerced.errors ?? []).map(({ message }) => `${where}: ${message}`)
  if (status !== 200) wrong.push(`${where}: HTTP ${status}`)
  // "Failures are reported in the errors array, and the affected field is null in data" (Error Glossary).
  for (const error of reply.errors ?? []) {
    const members = [error.message, error.operation, error.field, error.request_id]
    if (members.some((each) => typeof each !== 'string') || !Number.isInteger(error.code))
      wrong.push(`${where}: an error lacks a member`)
  }
  if (!reply.data) return [...invalid, ...wrong, `${where}: no data`]
  const checker = new Checker(vendor, fragments)
  const type = operation.operation === 'mutation' ? vendor.getMutationType() : vendor.getQueryType()
  checker.object(type?.name ?? '', reply.data, operation.selectionSet, 'data')
  return [...invalid, ...wrong, ...checker.problems.map((problem) => `${where}: ${problem}`)]
}

/** Where the simulator's description departs from the vendor's schema. Less of it is no departure. */
function differences(vendor: GraphQLSchema): string[] {
  const found: string[] = []
  const say = (path: string, ours: string, theirs: string | undefined) => {
    if (ours !== theirs) found.push(`${path}: ${ours}, not ${theirs}`)
  }
  for (const [name, { fields }] of Object.entries(simulated.objects)) {
    const type = vendor.getType(name)
    if (!isObjectType(type)) {
      found.push(`${name} is no object type`)
      continue
    }
    for (const [field, { type: ours, args = {} }] of Object.entries(fields)) {
      const theirs = type.getFields()[field]
      say(`${name}.${field}`, ours, theirs && String(theirs.type))
      for (const [arg, argType] of Object.entries(args)) {
        const known = theirs?.args.find((each) => each.name === arg)
        say(`${name}.${field}(${arg})`, argType, known && String(known.type))
      }
      for (const { name: arg, type: argType, defaultValue } of theirs?.args ?? []) {
        if (isNonNullType(argType) && defaultValue === undefined && !(arg in args))
          found.push(`${name}.${field} lacks ${arg}`)
      }
    }
  }
  for (const [name, fields] of Object.entries(simulated.inputs)) {
    const type = vendor.getType(name)
    const theirs = isInputObjectType(type) ? type.getFields() : {}
    for (const [field, ours] of Object.entries(fields))
      say(`${name}.${field}`, ours, theirs[field] && String(theirs[field].type))
    for (const { name: field, type: inputType } of Object.values(theirs)) {
      if (isNonNullType(inputType) && !(field in fields)) found.push(`${name} lacks ${field}`)
    }
  }
  for (const [name, values] of Object.entries(simulated.enums)) {
    const type = vendor.getType(name)
    const theirs = isEnumType(type) ? type.getValues().map((value) => value.name) : []
    for (const value of values) if (!theirs.includes(value)) found.push(`${name} has no ${value}`)
  }
  return found
}
