import {
  type Args,
  type FieldType,
  type ObjectType,
  objectType,
  refuse,
} from '../../../src/simulator/graphql/index.ts'

/** A page as the resolvers of a connection get it. */
interface Slice {
  readonly rows: readonly { readonly cursor: string; readonly node: unknown }[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
}

/** Arguments of every connection. */
export const paging = {
  first: 'Int',
  last: 'Int',
  after: 'String',
  before: 'String',
  sort: 'String',
} as const

/** What a connection gives when it is not told how much. */
export const defaultPage = 100

const prefix = 'arrayconnection:'
const encode = (index: number) => Buffer.from(`${prefix}${index}`).toString('base64')

/** ShipHero's cursors count rows: one that moves shifts those after it. */
function decode(cursor: string): number {
  const text = Buffer.from(cursor, 'base64').toString('utf8')
  const index = Number(text.slice(prefix.length))
  if (text.startsWith(prefix) && Number.isInteger(index)) return index
  return refuse('3', 'Invalid cursor')
}

function sorted<T extends object>(rows: readonly T[], sort: unknown): readonly T[] {
  if (typeof sort !== 'string') return rows
  const name = sort.replace(/^-/, '')
  const keyOf = (row: T) => String((row as Readonly<Record<string, unknown>>)[name] ?? '')
  if (rows.some((row) => !(name in row))) refuse('3', `Cannot sort by ${name}`)
  const way = sort.startsWith('-') ? -1 : 1
  return [...rows].sort(
    (one, other) => way * (keyOf(one) < keyOf(other) ? -1 : keyOf(one) > keyOf(other) ? 1 : 0),
  )
}

/** Cuts a page out of rows that are shown as they are. */
export function slice<T extends object>(all: readonly T[], args: Args): Slice {
  const ordered = sorted(all, args.sort)
  const start = typeof args.after === 'string' ? decode(args.after) + 1 : 0
  const until = typeof args.before === 'string' ? decode(args.before) : ordered.length
  const window = ordered.slice(start, until)
  const size = (value: unknown) => {
    if (typeof value !== 'number') return null
    return value < 0 ? refuse('3', 'first and last must not be negative') : value
  }
  const last = size(args.last)
  const first = size(args.first) ?? (last === null ? defaultPage : window.length)
  const head = window.slice(0, first)
  const cut = last === null ? head : head.slice(Math.max(0, head.length - last))
  const offset = start + head.length - cut.length
  const rows = cut.map((node, index) => ({ node, cursor: encode(offset + index) }))
  return {
    rows,
    hasNextPage: offset + cut.length < ordered.length,
    hasPreviousPage: offset > 0,
  }
}

/** A field that pages through an array of its source. */
export function connectionField<Context>(node: string, name: string): FieldType<never, Context> {
  return {
    type: `${node}Connection`,
    args: paging,
    resolve: (source: Readonly<Record<string, readonly object[]>>, args) => slice(source[name] ?? [], args),
  }
}

/** The object types of connections to these nodes. */
export function connectionTypes<Context>(...nodes: readonly string[]): Record<string, ObjectType<Context>> {
  const types: Record<string, ObjectType<Context>> = {
    PageInfo: objectType<Slice, Context>({
      hasNextPage: 'Boolean!',
      hasPreviousPage: 'Boolean!',
      startCursor: { type: 'String', resolve: ({ rows }) => rows[0]?.cursor ?? null },
      endCursor: { type: 'String', resolve: ({ rows }) => rows.at(-1)?.cursor ?? null },
    }),
  }
  for (const node of nodes) {
    types[`${node}Connection`] = objectType<Slice, Context>({
      edges: { type: `[${node}Edge]!`, resolve: ({ rows }) => rows },
      pageInfo: { type: 'PageInfo!', resolve: (page) => page },
    })
    types[`${node}Edge`] = objectType<Slice['rows'][number], Context>({ cursor: 'String!', node })
  }
  return types
}
