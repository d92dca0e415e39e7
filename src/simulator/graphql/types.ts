/** How a simulator describes the part of its platform's schema that it serves; types are written as in GraphQL: `[Order!]!`. */

export type Args = Readonly<Record<string, unknown>>

export interface FieldType<Source, Context> {
  readonly type: string
  readonly args?: Readonly<Record<string, string>>
  /** Default: the member of the same name. */
  readonly resolve?: (
    source: Source,
    args: Args,
    context: Context,
    directives: ReadonlyMap<string, Args>,
  ) => unknown
}

export interface ObjectType<Context> {
  readonly fields: Readonly<Record<string, FieldType<never, Context>>>
  readonly implements?: readonly string[]
}

export interface Schema<Context> {
  readonly query: string
  readonly mutation: string
  readonly objects: Readonly<Record<string, ObjectType<Context>>>
  /** Fields that may be asked of an interface itself. */
  readonly interfaces: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Fields of input objects; a type that ends in `!` must be given. */
  readonly inputs: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly enums: Readonly<Record<string, readonly string[]>>
  /** The most members that any list of input may have. Default: as many as wanted. */
  readonly longestInput?: number
}

/** Declares an object type with the source that its resolvers get. */
export function objectType<Source, Context>(
  fields: Readonly<Record<string, string | FieldType<Source, Context>>>,
  ...interfaces: readonly string[]
): ObjectType<Context> {
  const full = Object.entries(fields).map(([name, field]) => [
    name,
    typeof field === 'string' ? { type: field } : field,
  ])
  return { fields: Object.fromEntries(full), implements: interfaces }
}

export interface TypeRef {
  readonly name: string
  readonly list: boolean
  readonly required: boolean
  /** Of a list: whether its members may be null. */
  readonly memberRequired: boolean
}

/** Reads `[Name!]!`; lists of lists do not occur. */
export function typeRef(text: string): TypeRef {
  const match = /^(\[)?(\w+)(!)?(?:\])?(!)?$/.exec(text)
  if (!match) throw new Error(`not a type: ${text}`)
  const [, open, name = '', first, second] = match
  const list = open !== undefined
  return {
    name,
    list,
    required: (list ? second : first) !== undefined,
    memberRequired: list && first !== undefined,
  }
}

/** An entry of `errors`. */
export interface GraphqlError {
  readonly message: string
  readonly path?: readonly (string | number)[]
  readonly extensions: { readonly code: string; readonly [more: string]: unknown }
}

/** Refuses the whole request. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly errors: readonly GraphqlError[]

  constructor(...errors: readonly GraphqlError[]) {
    super(errors[0]?.message ?? 'refused')
    this.errors = errors
  }
}

/** A field that may not be read: it becomes `null`, and `errors` says why. */
export class Denied extends Error {
  override readonly name = 'Denied'
}

export function refuse(code: string, message: string, more: Readonly<Record<string, unknown>> = {}): never {
  throw new Refusal({ message, extensions: { code, ...more } })
}
