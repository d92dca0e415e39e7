import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import {
  buildClientSchema,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  getVariableValues,
  type IntrospectionQuery,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  validate,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { documents } from '../../adapters/shopify/documents.ts'
import { bulkAvailableQuery, bulkOrdersQuery } from '../../adapters/shopify/order-fields.ts'
import { signShopify } from '../../adapters/shopify/simulator/index.ts'
import { schema as simulated } from '../../adapters/shopify/simulator/schema.ts'
import type { SimulatorReply, SimulatorRequest } from '../../src/simulator/index.ts'
import { everyCall } from '../adapters/shopify/tour.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const specs = process.env.STOCKPOOL_SPECS ?? `${root}../shared/specs`
const versions = ['2026-07', '2026-10'] as const
const fileOf = (version: string) => `${specs}/shopify/admin_${version}.json.gz`
const present = versions.every((version) => existsSync(fileOf(version)))
if (!present)
  console.warn(`Shopify conformance is not checked: no schemas under ${specs}/shopify. Set STOCKPOOL_SPECS.`)

/** Assumed valid: six fields are deprecated in a type and not in its interface, which graphql-js does not allow. */
function load(version: string): GraphQLSchema {
  const introspection: { data: IntrospectionQuery } = JSON.parse(
    gunzipSync(readFileSync(fileOf(version))).toString('utf8'),
  )
  return buildClientSchema(introspection.data, { assumeValid: true })
}

interface Envelope {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[]
  readonly extensions: {
    readonly cost: { readonly requestedQueryCost: number; readonly actualQueryCost: number }
  }
}

interface Exchange {
  readonly body: {
    readonly query: string
    readonly operationName: string
    readonly variables: Record<string, unknown>
  }
  readonly reply: Envelope
}

/** Every GraphQL exchange of a tour through all that the adapter can do. */
async function exchanges(version: string): Promise<Exchange[]> {
  const seen: Exchange[] = []
  await everyCall(version, (request: SimulatorRequest, reply: SimulatorReply) => {
    if (!request.path.endsWith('/graphql.json')) return
    seen.push({ body: request.json() as Exchange['body'], reply: reply.body as Envelope })
  })
  return seen
}

/** What of a value breaks the type that the vendor's schema gives it, by path. */
class Checker {
  readonly problems: string[] = []
  readonly #schema: GraphQLSchema
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>

  constructor(schema: GraphQLSchema, fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
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
      DateTime: (each) => typeof each === 'string' && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(each),
      Decimal: (each) => typeof each === 'string' && /^-?\d+(\.\d+)?$/.test(each),
      ID: (each) => typeof each === 'string' && each.startsWith('gid://shopify/'),
      URL: (each) => typeof each === 'string' && URL.canParse(each),
    }
    const holds = rules[name] ?? ((each) => typeof each === 'string')
    if (!holds(value)) this.problems.push(`${path}: ${JSON.stringify(value)} is no ${name}`)
  }

  object(type: string, value: object, selections: SelectionSetNode, path: string): void {
    const wanted = this.#fields(type, value, selections)
    const keys = wanted.map(({ field }) => field.alias?.value ?? field.name.value)
    for (const key of Object.keys(value)) {
      if (!keys.includes(key)) this.problems.push(`${path}.${key} was not asked for`)
    }
    for (const { of, field } of wanted) {
      const key = field.alias?.value ?? field.name.value
      const known = this.#fieldsOf(of)[field.name.value]
      if (!known) this.problems.push(`${of}.${field.name.value} does not exist`)
      else if (!(key in value)) {
        // Left out by `@include`, or a part of another type than this object's.
        if (of === type && !field.directives?.length) this.problems.push(`${path}.${key} is absent`)
      } else
        this.value(known.type, (value as Record<string, unknown>)[key], field.selectionSet, `${path}.${key}`)
    }
  }

  #fieldsOf(type: string) {
    const named = this.#schema.getType(type)
    return isObjectType(named) || isInterfaceType(named) ? named.getFields() : {}
  }

  /** The fields that are asked for, each with the type that it is asked of: a fragment's own, else the object's. */
  #fields(type: string, value: object, selections: SelectionSetNode): { of: string; field: FieldNode }[] {
    return selections.selections.flatMap((each): { of: string; field: FieldNode }[] => {
      if (each.kind === Kind.FIELD) return [{ of: type, field: each }]
      const part = each.kind === Kind.INLINE_FRAGMENT ? each : this.#fragments.get(each.name.value)
      // The members of `nodes(ids)` of another type than the fragment's answer nothing.
      if (!part || Object.keys(value).length === 0) return []
      return this.#fields(part.typeCondition?.name.value ?? type, value, part.selectionSet)
    })
  }

  /** The type that an inline fragment narrows an interface to. */
  narrowed(type: string, selections: SelectionSetNode): string {
    const [first] = selections.selections
    return first?.kind === Kind.INLINE_FRAGMENT ? (first.typeCondition?.name.value ?? type) : type
  }
}

const operationsOf = (query: string) => {
  const document = parse(query)
  const operation = document.definitions.find(
    (each) => each.kind === Kind.OPERATION_DEFINITION,
  ) as OperationDefinitionNode
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const each of document.definitions) {
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each)
  }
  return { document, operation, fragments }
}

describe.skipIf(!present).each(versions)('Shopify Admin GraphQL %s', (version) => {
  const schema = present ? load(version) : undefined
  const vendor = () => schema ?? expect.fail('no schema')

  it.each(documents.map((document) => [document.operation, document] as const))(
    'has everything that %s asks for, and asks for nothing deprecated',
    (_, { query }) => {
      const { document } = operationsOf(query)
      expect(validate(vendor(), document).map(({ message }) => message)).toEqual([])
      expect(deprecated(vendor(), query)).toEqual([])
    },
  )

  it.each([
    ['orders', bulkOrdersQuery("updated_at:>='2026-07-01T00:00:00Z'")],
    ['numbers', bulkAvailableQuery('gid://shopify/Location/7001')],
  ])('has everything that the bulk query of %s asks for, and asks for nothing deprecated', (_, query) => {
    expect(validate(vendor(), parse(query)).map(({ message }) => message)).toEqual([])
    expect(deprecated(vendor(), query)).toEqual([])
  })

  it('takes every request that the adapter makes, and could have given every answer of the simulator', async () => {
    const all = await exchanges(version)
    const operations = new Set(all.map(({ body }) => body.operationName))
    expect([...operations].sort()).toEqual(documents.map(({ operation }) => operation).sort())
    const problems: string[] = []
    for (const { body, reply } of all) problems.push(...problemsOf(vendor(), body, reply))
    expect([...new Set(problems)]).toEqual([])
  })

  it('costs no more than the adapter counts with, and never more than a single query may', async () => {
    for (const { body, reply } of await exchanges(version)) {
      const { cost } = documents.find(({ operation }) => operation === body.operationName) ?? { cost: 0 }
      expect(cost, body.operationName).toBeLessThanOrEqual(1000)
      expect(reply.extensions.cost.requestedQueryCost, body.operationName).toBeLessThanOrEqual(cost)
    }
  })

  it('has every type, field, argument and enum value that the simulator describes', () => {
    expect(differences(vendor())).toEqual([])
  })
})

it('webhooks of the simulator carry the headers that Shopify documents', () => {
  const sign = signShopify('secret')
  const at = Date.UTC(2026, 6, 1)
  const delivery = {
    id: 'e',
    topic: 'orders/create',
    url: 'http://x',
    secret: null,
    subscription: 's',
    attempt: 1,
    at,
  }
  expect(sign({ ...delivery, body: Buffer.from('{}') })).toMatchObject({
    'x-shopify-topic': 'orders/create',
    'x-shopify-event-id': 'e',
    'x-shopify-triggered-at': '2026-07-01T00:00:00.000Z',
    // printf '{}' | openssl dgst -sha256 -hmac secret -binary | base64
    'x-shopify-hmac-sha256': 'dzJZAsrKgS3CWXM6rNBGtzgXNyx3e42VtAJkdHRRbhM=',
  })
})

function problemsOf(vendor: GraphQLSchema, body: Exchange['body'], reply: Envelope): string[] {
  const { document, operation, fragments } = operationsOf(body.query)
  const where = body.operationName
  const invalid = validate(vendor, document).map(({ message }) => `${where}: ${message}`)
  const coerced = getVariableValues(vendor, operation.variableDefinitions ?? [], body.variables)
  const wrong = (coerced.errors ?? []).map(({ message }) => `${where}: ${message}`)
  if (!reply.data) return [...invalid, ...wrong]
  const checker = new Checker(vendor, fragments)
  const type = operation.operation === 'mutation' ? vendor.getMutationType() : vendor.getQueryType()
  walk(checker, type?.name ?? '', reply.data, operation.selectionSet)
  return [...invalid, ...wrong, ...checker.problems.map((problem) => `${where}: ${problem}`)]
}

/** `nodes(ids)` gives an interface: each of its objects is checked as the type its fragment names. */
function walk(
  checker: Checker,
  type: string,
  data: Record<string, unknown>,
  selections: SelectionSetNode,
): void {
  const [first] = selections.selections
  const nodes = first?.kind === Kind.FIELD && first.name.value === 'nodes' ? first.selectionSet : undefined
  if (!nodes || !Array.isArray(data.nodes)) {
    checker.object(type, data, selections, 'data')
    return
  }
  const narrowed = checker.narrowed('Node', nodes)
  for (const [index, node] of data.nodes.entries()) {
    if (node !== null) checker.object(narrowed, node, nodes, `data.nodes.${index}`)
  }
}

/** Fields in a document that the vendor has deprecated. */
function deprecated(vendor: GraphQLSchema, query: string): string[] {
  const { operation, fragments } = operationsOf(query)
  const found: string[] = []
  const look = (type: string, set: SelectionSetNode): void => {
    const named = vendor.getType(type)
    const fields = isObjectType(named) || isInterfaceType(named) ? named.getFields() : {}
    for (const each of set.selections) {
      if (each.kind === Kind.INLINE_FRAGMENT) look(each.typeCondition?.name.value ?? type, each.selectionSet)
      else if (each.kind === Kind.FRAGMENT_SPREAD) {
        const part = fragments.get(each.name.value)
        if (part) look(part.typeCondition.name.value, part.selectionSet)
      } else {
        const field = fields[each.name.value]
        if (field?.deprecationReason != null) found.push(`${type}.${each.name.value}`)
        if (field && each.selectionSet) look(getNamedType(field.type).name, each.selectionSet)
      }
    }
  }
  const root = operation.operation === 'mutation' ? vendor.getMutationType() : vendor.getQueryType()
  look(root?.name ?? '', operation.selectionSet)
  return found
}

/** Where the simulator's description departs from the vendor's schema. Less of it is no departure. */
function differences(vendor: GraphQLSchema): string[] {
  const found: string[] = []
  const say = (path: string, ours: string, theirs: string | undefined) => {
    if (ours !== theirs) found.push(`${path}: ${ours}, not ${theirs}`)
  }
  for (const [name, { fields, implements: all = [] }] of Object.entries(simulated.objects)) {
    const type = vendor.getType(name)
    if (!isObjectType(type)) {
      found.push(`${name} is no object type`)
      continue
    }
    for (const one of all) {
      const union = vendor.getType(one)
      const member = isUnionType(union) && vendor.isSubType(union, type)
      if (!member && !type.getInterfaces().some((each) => each.name === one))
        found.push(`${name} is no ${one}`)
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
