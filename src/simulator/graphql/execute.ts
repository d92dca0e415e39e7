import type { Directive, Document, Field, Operation, Selection, Value } from './parse.ts'
import {
  type Args,
  Denied,
  type FieldType,
  type GraphqlError,
  type ObjectType,
  Refusal,
  refuse,
  type Schema,
  typeRef,
} from './types.ts'

export interface Execution<Context> {
  readonly schema: Schema<Context>
  readonly document: Document
  readonly operation: Operation
  readonly variables: Args
  readonly context: Context
}

/** The part of the schema that input is checked by. */
type InputSchema = Pick<Schema<never>, 'inputs' | 'enums' | 'longestInput'>

type Fields = Readonly<Record<string, FieldType<unknown, unknown>>>

function fieldsOf<Context>(schema: Schema<Context>, type: string): Fields | null {
  const own: ObjectType<Context> | undefined = schema.objects[type]
  if (own) return { ...(own.fields as Fields), __typename: { type: 'String!' } }
  const shared = schema.interfaces[type]
  if (!shared) return null
  const entries = Object.entries(shared).map(([name, each]) => [name, { type: each }])
  return Object.fromEntries([...entries, ['__typename', { type: 'String!' }]])
}

/** The operation to run, as the protocol chooses it. */
export function chooseOperation(document: Document, name: string | null): Operation {
  const named = name === null ? document.operations : document.operations.filter((each) => each.name === name)
  const [operation, other] = named
  if (operation && (!other || name !== null)) return operation
  return refuse('BAD_REQUEST', operation ? 'An operation name is required' : 'No operation was given')
}

// ---- input ----

/** Checks a value against an input type, with a sentence for what is wrong. Absent members stay absent. */
function coerce(schema: InputSchema, type: string, value: unknown, path: readonly string[]): unknown {
  const { name, list, required, memberRequired } = typeRef(type)
  const problem = (explanation: string): never => {
    throw new InputProblem(path, explanation)
  }
  if (value === null || value === undefined) return required ? problem('Expected value to not be null') : null
  if (list) {
    const members = Array.isArray(value) ? value : [value]
    const { longestInput: most = Number.POSITIVE_INFINITY } = schema
    if (members.length > most) {
      const message = `The input array size of ${members.length} is greater than the maximum allowed of ${most}.`
      return refuse('MAX_INPUT_SIZE_EXCEEDED', message)
    }
    const member = memberRequired ? `${name}!` : name
    return members.map((each, index) => coerce(schema, member, each, [...path, String(index)]))
  }
  const fields = schema.inputs[name]
  if (fields) return coerceObject(schema, fields, value, path, problem)
  const values = schema.enums[name]
  if (values) {
    const known = typeof value === 'string' && values.includes(value)
    return known ? value : problem(`Expected "${String(value)}" to be one of: ${values.join(', ')}`)
  }
  if (!scalarFits(name, value)) return problem(`Could not coerce value ${JSON.stringify(value)} to ${name}`)
  return name === 'ID' ? String(value) : value
}

function coerceObject(
  schema: InputSchema,
  fields: Readonly<Record<string, string>>,
  value: unknown,
  path: readonly string[],
  problem: (explanation: string) => never,
): Args {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return problem('Expected an object')
  const given = value as Args
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(fields, key))
  if (unknown !== undefined) throw new InputProblem([...path, unknown], 'Field is not defined')
  const out: Record<string, unknown> = {}
  for (const [key, type] of Object.entries(fields)) {
    if (Object.hasOwn(given, key) || type.endsWith('!')) {
      out[key] = coerce(schema, type, given[key], [...path, key])
    }
  }
  return out
}

function scalarFits(name: string, value: unknown): boolean {
  if (name === 'Int') return Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31
  if (name === 'Float') return typeof value === 'number'
  if (name === 'Boolean') return typeof value === 'boolean'
  if (name === 'ID') return typeof value === 'string' || Number.isInteger(value)
  return typeof value === 'string'
}

class InputProblem extends Error {
  readonly path: readonly string[]

  constructor(path: readonly string[], explanation: string) {
    super(explanation)
    this.path = path
  }
}

/** The variables as the operation declares them. @throws Refusal INVALID_VARIABLE */
export function coerceVariables(schema: InputSchema, operation: Operation, given: Args): Args {
  const variables: Record<string, unknown> = {}
  for (const { name, type, default: fallback } of operation.variables) {
    try {
      if (Object.hasOwn(given, name)) variables[name] = coerce(schema, type, given[name], [])
      else if (fallback) variables[name] = coerce(schema, type, literal(fallback, {}), [])
      else if (type.endsWith('!')) coerce(schema, type, null, [])
    } catch (thrown) {
      if (!(thrown instanceof InputProblem)) throw thrown
      const where = thrown.path.length > 0 ? ` for ${thrown.path.join('.')}` : ''
      const message = `Variable $${name} of type ${type} was provided invalid value${where} (${thrown.message})`
      const problems = [{ path: thrown.path, explanation: thrown.message }]
      throw new Refusal({ message, extensions: { code: 'INVALID_VARIABLE', value: given[name], problems } })
    }
  }
  return variables
}

/** A value of the document; absent variables give `undefined`. */
function literal(value: Value, variables: Args): unknown {
  switch (value.kind) {
    case 'variable':
      return variables[value.name]
    case 'list':
      return value.values.map((each) => literal(each, variables))
    case 'object': {
      const entries = [...value.fields].map(([key, each]) => [key, literal(each, variables)] as const)
      return Object.fromEntries(entries.filter(([, each]) => each !== undefined))
    }
    default:
      return value.value
  }
}

function argsOf(
  schema: InputSchema,
  types: Readonly<Record<string, string>>,
  given: ReadonlyMap<string, Value>,
  variables: Args,
): Args {
  const args: Record<string, unknown> = {}
  for (const [name, type] of Object.entries(types)) {
    const value = given.get(name)
    const made = value === undefined ? undefined : literal(value, variables)
    try {
      if (made !== undefined || type.endsWith('!')) args[name] = coerce(schema, type, made, [name])
    } catch (thrown) {
      if (!(thrown instanceof InputProblem)) throw thrown
      refuse('argumentLiteralsIncompatible', `Argument '${name}' has an invalid value. ${thrown.message}.`)
    }
  }
  return args
}

// ---- validation ----

/** Refuses whatever the schema does not have. @throws Refusal with one error for each */
export function validate<Context>(schema: Schema<Context>, document: Document, operation: Operation): void {
  const errors: GraphqlError[] = []
  const say = (code: string, message: string, path: readonly string[], more = {}) =>
    errors.push({ message, path, extensions: { code, ...more } })

  const field = (type: string, one: Field, path: readonly string[], within: readonly string[]) => {
    const known = fieldsOf(schema, type)?.[one.name]
    const here = [...path, one.alias]
    if (!known) {
      const about = { typeName: type, fieldName: one.name }
      say('undefinedField', `Field '${one.name}' doesn't exist on type '${type}'`, here, about)
      return
    }
    for (const name of one.args.keys()) {
      if (Object.hasOwn(known.args ?? {}, name)) continue
      say('argumentNotAccepted', `Field '${one.name}' doesn't accept argument '${name}'`, [...here, name])
    }
    for (const [name, wanted] of Object.entries(known.args ?? {})) {
      if (!wanted.endsWith('!') || one.args.has(name)) continue
      const message = `Field '${one.name}' is missing required arguments: ${name}`
      say('missingRequiredArguments', message, here)
    }
    const { name } = typeRef(known.type)
    const composite = fieldsOf(schema, name) !== null
    if (composite !== (one.selections !== null)) {
      const what = composite ? 'must have selections' : "can't have selections"
      say('selectionMismatch', `Field '${one.name}' of type '${name}' ${what}`, here)
    } else if (one.selections) walk(name, one.selections, here, within)
  }
  const walk = (
    type: string,
    selections: readonly Selection[],
    path: readonly string[],
    within: readonly string[],
  ): void => {
    for (const each of selections) {
      if (each.kind === 'field') field(type, each, path, within)
      else if (each.kind === 'inline') walk(each.on ?? type, each.selections, path, within)
      else {
        const fragment = document.fragments.get(each.name)
        const again = within.includes(each.name)
        if (again) say('infiniteLoop', `Fragment ${each.name} contains an infinite loop`, path)
        else if (fragment) walk(fragment.on, fragment.selections, path, [...within, each.name])
        else say('useAndDefineFragment', `Fragment ${each.name} was used, but not defined`, path)
      }
    }
  }
  const root = operation.type === 'mutation' ? schema.mutation : schema.query
  walk(root, operation.selections, [`${operation.type} ${operation.name ?? ''}`.trim()], [])
  if (errors.length > 0) throw new Refusal(...errors)
}

// ---- execution ----

interface Run<Context> extends Execution<Context> {
  readonly errors: GraphqlError[]
}

/** Runs the operation. Fields answer in order; a mutation's one after the other. */
export function execute<Context>(execution: Execution<Context>): { data: unknown; errors: GraphqlError[] } {
  const run: Run<Context> = { ...execution, errors: [] }
  const { schema, operation } = execution
  const root = operation.type === 'mutation' ? schema.mutation : schema.query
  return { data: complete(run, root, {}, operation.selections, []), errors: run.errors }
}

function flag(directives: readonly Directive[], name: string, variables: Args): unknown {
  const found = directives.find((each) => each.name === name)?.args.get('if')
  return found === undefined ? undefined : literal(found, variables)
}

/** The fields of a selection that apply to an object of this type, fragments opened. */
export function collect<Context>(
  { schema, document, variables }: Pick<Execution<Context>, 'schema' | 'document' | 'variables'>,
  type: string,
  selections: readonly Selection[],
): Field[] {
  const open = (each: Selection): Field[] => {
    if (flag(each.directives, 'skip', variables) === true) return []
    if (flag(each.directives, 'include', variables) === false) return []
    if (each.kind === 'field') return [each]
    const fragment = each.kind === 'inline' ? each : document.fragments.get(each.name)
    const on = fragment?.on ?? type
    const applies = on === type || schema.objects[type]?.implements?.includes(on) === true
    return fragment && applies ? fragment.selections.flatMap(open) : []
  }
  return selections.flatMap(open)
}

function complete<Context>(
  run: Run<Context>,
  type: string,
  source: unknown,
  selections: readonly Selection[],
  path: readonly (string | number)[],
): unknown {
  const real = schemaTypeOf(run.schema, type, source)
  const fields = fieldsOf(run.schema, real) ?? {}
  const out: Record<string, unknown> = {}
  for (const field of collect(run, real, selections)) {
    const known = fields[field.name]
    if (known) out[field.alias] = fieldValue(run, real, known, field, source, [...path, field.alias])
  }
  return out
}

function schemaTypeOf(
  schema: { readonly objects: Readonly<Record<string, unknown>> },
  type: string,
  source: unknown,
): string {
  if (schema.objects[type]) return type
  const named = (source as { __typename?: unknown }).__typename
  if (typeof named !== 'string') throw new Error(`an object behind ${type} has no __typename`)
  return named
}

function fieldValue<Context>(
  run: Run<Context>,
  type: string,
  known: FieldType<unknown, unknown>,
  field: Field,
  source: unknown,
  path: readonly (string | number)[],
): unknown {
  if (field.name === '__typename') return type
  const args = argsOf(run.schema, known.args ?? {}, field.args, run.variables)
  const marked = new Map(
    field.directives.map(({ name, args: given }) => [name, plainArgs(given, run.variables)]),
  )
  let value: unknown
  try {
    value = known.resolve
      ? known.resolve(source, args, run.context, marked)
      : (source as Record<string, unknown>)[field.name]
  } catch (thrown) {
    if (!(thrown instanceof Denied)) throw thrown
    run.errors.push({ message: thrown.message, path, extensions: { code: 'ACCESS_DENIED' } })
    value = null
  }
  const { name, list } = typeRef(known.type)
  const leaf = field.selections === null
  const one = (each: unknown, at: readonly (string | number)[]) =>
    each === null || each === undefined
      ? null
      : leaf
        ? each
        : complete(run, name, each, field.selections ?? [], at)
  if (!list || value === null || value === undefined) return one(value, path)
  return (value as readonly unknown[]).map((each, index) => one(each, [...path, index]))
}

function plainArgs(given: ReadonlyMap<string, Value>, variables: Args): Args {
  return Object.fromEntries([...given].map(([name, value]) => [name, literal(value, variables)]))
}
