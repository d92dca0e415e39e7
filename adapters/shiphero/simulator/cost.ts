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
import { defaultPage } from './connection.ts'

type Part<Context> = Pick<Execution<Context>, 'schema' | 'document' | 'variables'>

/**
 * What an operation may cost at most, as ShipHero's messages count: each object one, and a connection its size (100 when none is
 * asked for) times one and what lies in a row. "100 products with 50 locations each" come to 1 + 100 × (1 + 50) = 5,101.
 */
export function requestedCost<Context>(execution: Execution<Context>): number {
  const { schema, operation } = execution
  const root = operation.type === 'mutation' ? schema.mutation : schema.query
  return selectionCost(execution, root, operation.selections)
}

function selectionCost<Context>(part: Part<Context>, type: string, selections: readonly Selection[]): number {
  return collect(part, type, selections).reduce((sum, field) => sum + fieldCost(part, type, field), 0)
}

function fieldCost<Context>(part: Part<Context>, type: string, field: Field): number {
  if (field.selections === null) return 0
  const name = nameOf(part.schema, type, field)
  if (name === null) return 0
  if (!name.endsWith('Connection')) return 1 + selectionCost(part, name, field.selections)
  const edges = collect(part, name, field.selections).filter((each) => each.name === 'edges')
  const content = edges.reduce((sum, edge) => sum + rowCost(part, name, edge), 0)
  return sizeOf(field, part.variables) * (1 + content)
}

/** What lies in a row: the node itself is the row's one. */
function rowCost<Context>(part: Part<Context>, connection: string, edge: Field): number {
  const row = nameOf(part.schema, connection, edge)
  if (row === null) return 0
  return collect(part, row, edge.selections ?? []).reduce((sum, field) => {
    const node = nameOf(part.schema, row, field)
    return node === null || field.selections === null
      ? sum
      : sum + selectionCost(part, node, field.selections)
  }, 0)
}

function nameOf<Context>(schema: Schema<Context>, type: string, field: Field): string | null {
  const known = schema.objects[type]?.fields[field.name]
  return known ? typeRef(known.type).name : null
}

function sizeOf(field: Field, variables: Args): number {
  const asked = plain(field.args.get('first') ?? field.args.get('last'), variables)
  return typeof asked === 'number' ? asked : defaultPage
}

function plain(value: Value | undefined, variables: Args): unknown {
  if (value?.kind === 'variable') return variables[value.name]
  return value?.kind === 'literal' ? value.value : undefined
}

/** What was given of it: its objects, each one credit. Edges and page information are a connection's own. */
export function actualCost(data: unknown, requested: number): number {
  return Math.min(requested, Math.max(1, objectsIn(data) - 1))
}

function objectsIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  if (Array.isArray(value)) return value.reduce((sum: number, each) => sum + objectsIn(each), 0)
  const own = 'edges' in value || 'node' in value || 'hasNextPage' in value ? 0 : 1
  return Object.values(value).reduce((sum: number, each) => sum + objectsIn(each), own)
}
