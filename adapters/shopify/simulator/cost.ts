import {
  type Args,
  collect,
  type Execution,
  type Field,
  type Schema,
  type Selection,
  typeRef,
  type Value,
} from '../../../src/simulator/graphql/index.ts'

type Part<Context> = Pick<Execution<Context>, 'schema' | 'document' | 'variables'>

/**
 * What a query asks for at most, by Shopify's published rule: an object 1 point, a scalar 0, a connection 2 and its
 * size times what it holds, a mutation 10. Without a `first`, a list counts as one object.
 */
export function requestedCost<Context>(execution: Execution<Context>): number {
  const { schema, operation } = execution
  const mutation = operation.type === 'mutation'
  const root = mutation ? schema.mutation : schema.query
  if (mutation) return 10 * collect(execution, root, operation.selections).length
  return selectionCost(execution, root, operation.selections)
}

function selectionCost<Context>(part: Part<Context>, type: string, selections: readonly Selection[]): number {
  return possible(part.schema, type)
    .map((real) =>
      collect(part, real, selections).reduce((sum, field) => sum + fieldCost(part, real, field), 0),
    )
    .reduce((most, each) => Math.max(most, each), 0)
}

/** The object types that a field of this type may give. */
function possible<Context>(schema: Schema<Context>, type: string): string[] {
  if (schema.objects[type]) return [type]
  return Object.entries(schema.objects).flatMap(([name, { implements: all }]) =>
    all?.includes(type) ? [name] : [],
  )
}

function fieldCost<Context>(part: Part<Context>, type: string, field: Field): number {
  const known = part.schema.objects[type]?.fields[field.name]
  if (!known || field.selections === null) return 0
  const { name, list } = typeRef(known.type)
  const size = sizeOf(field, part.variables)
  if (name.endsWith('Connection')) {
    // The connection's own objects (nodes, edges, pageInfo) are in its 2 points; its rows count by their number.
    return 2 + size * rowCost(part, name, field.selections)
  }
  return (list ? size : 1) * (1 + selectionCost(part, name, field.selections))
}

function rowCost<Context>(part: Part<Context>, connection: string, selections: readonly Selection[]): number {
  const rows = collect(part, connection, selections).filter(
    ({ name }) => name === 'nodes' || name === 'edges',
  )
  return rows.reduce((sum, row) => {
    const { name } = typeRef(part.schema.objects[connection]?.fields[row.name]?.type ?? 'String')
    const inner = row.selections ?? []
    if (row.name === 'nodes') return sum + 1 + selectionCost(part, name, inner)
    return sum + selectionCost(part, name, inner)
  }, 0)
}

function sizeOf(field: Field, variables: Args): number {
  const ids = plain(field.args.get('ids'), variables)
  if (Array.isArray(ids)) return ids.length
  const first = plain(field.args.get('first') ?? field.args.get('last'), variables)
  return typeof first === 'number' ? first : 1
}

function plain(value: Value | undefined, variables: Args): unknown {
  if (value?.kind === 'variable') return variables[value.name]
  return value?.kind === 'literal' ? value.value : undefined
}

/** What an answer was worth: its objects, each 1 point. Never more than was asked for; a mutation stays at 10. */
export function actualCost(data: unknown, requested: number, mutation: boolean): number {
  return mutation ? requested : Math.min(requested, Math.max(1, objectsIn(data) - 1))
}

function objectsIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inner = Object.values(value).reduce((sum: number, each) => sum + objectsIn(each), 0)
  return Array.isArray(value) ? inner : inner + 1
}
