import {
  type Args,
  type FieldType,
  type ObjectType,
  objectType,
  refuse,
} from '../../../src/simulator/graphql/index.ts'

/** A page as the resolvers of a connection get it. */
export interface Slice<T> {
  readonly rows: readonly { readonly cursor: string; readonly node: T }[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
}

/** Arguments of every connection. */
export const paging = { first: 'Int', after: 'String' } as const

const most = 250

/** In place of `first`: all there is. Only bulk operations ask so. */
export const everything = 2 ** 31 - 1

/** Cuts a page out of rows that each have a key; the cursor is the key, so rows that move do not shift the page. */
export function slice<T>(all: readonly T[], keyOf: (row: T, index: number) => string, args: Args): Slice<T> {
  const { first, after } = args
  if (typeof first !== 'number') return refuse('BAD_REQUEST', 'you must provide one of first or last')
  if (first < 0 || (first > most && first !== everything))
    refuse('BAD_REQUEST', `first must be between 0 and ${most}`)
  const keys = all.map(keyOf)
  const start = typeof after === 'string' ? startAfter(keys, after) : 0
  const rows = all
    .slice(start, start + first)
    .map((node, index) => ({ node, cursor: encode(keys[start + index] ?? '') }))
  return { rows, hasNextPage: start + first < all.length, hasPreviousPage: start > 0 }
}

/** Keys ascend, so a cursor whose own row is gone still has a place. */
function startAfter(keys: readonly string[], after: string): number {
  const key = decode(after)
  const index = keys.findIndex((each) => each > key)
  return index === -1 ? keys.length : index
}

const encode = (key: string) => Buffer.from(JSON.stringify({ last_value: key })).toString('base64url')

function decode(cursor: string): string {
  try {
    const { last_value } = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (typeof last_value === 'string') return last_value
  } catch {
    // Falls through: whatever it was, it is no cursor of this shop.
  }
  return refuse('BAD_REQUEST', 'Invalid cursor for current pagination sort.')
}

/** Keys in the order of a list that only grows. */
export const byIndex = (_: unknown, index: number) => String(index).padStart(8, '0')

/** The object types of a connection to `node`. */
export function connectionTypes<Context>(
  node: string,
  nullableEdges = false,
): Record<string, ObjectType<Context>> {
  const edge: FieldType<Slice<unknown>, Context> = {
    type: nullableEdges ? `[${node}Edge]` : `[${node}Edge!]!`,
    resolve: ({ rows }) => rows,
  }
  return {
    [`${node}Connection`]: objectType<Slice<unknown>, Context>({
      nodes: { type: `[${node}!]!`, resolve: ({ rows }) => rows.map((row) => row.node) },
      edges: edge,
      pageInfo: {
        type: 'PageInfo!',
        resolve: ({ rows, hasNextPage, hasPreviousPage }) => ({
          hasNextPage,
          hasPreviousPage,
          startCursor: rows[0]?.cursor ?? null,
          endCursor: rows.at(-1)?.cursor ?? null,
        }),
      },
    }),
    [`${node}Edge`]: objectType<Slice<unknown>['rows'][number], Context>({
      cursor: 'String!',
      node: `${node}!`,
    }),
  }
}
