import {
  chooseOperation,
  type Document,
  execute,
  type Field,
  parseDocument,
  Refusal,
  type Schema,
  type Selection,
  SyntaxProblem,
  validate,
} from '../../../src/simulator/graphql/index.ts'
import type { SimulatorReply, SimulatorRequest } from '../../../src/simulator/index.ts'
import { reply } from '../../../src/simulator/index.ts'
import { everything } from './connection.ts'
import type { Shop } from './shop.ts'
import type { World } from './world.ts'

/** Most bulk queries of an app that run at once, since 2026-01. */
const mostAtOnce = 5
const mostConnections = 5
const deepestConnection = 2
const keepMs = 7 * 24 * 3_600_000

export interface BulkOperation {
  readonly id: string
  readonly query: string
  readonly grouped: boolean
  readonly createdAt: number
  status: 'CREATED' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'EXPIRED'
  errorCode: string | null
  completedAt: number | null
  objects: number
  file: Buffer | null
  /** What there was of it when it failed. */
  partial: Buffer | null
  readonly origin: string
}

type Row = Record<string, unknown>

const isConnection = (value: unknown): value is { edges: { node: Row }[] } =>
  typeof value === 'object' && value !== null && 'edges' in value

/** The rows of a file: nested connections become rows of their own, which name their parent. */
function rowsOf(data: Row, grouped: boolean): Row[] {
  const parents: Row[] = []
  const parts: Row[] = []
  const add = (node: Row, parent: string | null) => {
    const plain = Object.entries(node).filter(([, value]) => !isConnection(value))
    const row = { ...Object.fromEntries(plain), ...(parent === null ? {} : { __parentId: parent }) }
    const list = grouped || parent === null ? parents : parts
    list.push(row)
    for (const value of Object.values(node)) {
      if (isConnection(value)) for (const edge of value.edges) add(edge.node, String(node.id))
    }
  }
  for (const value of Object.values(data)) {
    if (isConnection(value)) for (const { node } of value.edges) add(node, null)
  }
  return [...parents, ...parts]
}

const fieldsOf = (selections: readonly Selection[] | null): Field[] =>
  (selections ?? []).filter((each) => each.kind === 'field')

const edgesOf = (field: Field) => fieldsOf(field.selections).find(({ name }) => name === 'edges')
const nodeOf = (field: Field) =>
  fieldsOf(edgesOf(field)?.selections ?? null).find(({ name }) => name === 'node')

/** What is wrong with a query for bulk; `null`: nothing. Pages are asked for whole: `first` is made "everything". */
function prepare(field: Field, depth: number, count: { value: number }): string | null {
  const node = edgesOf(field) && nodeOf(field)
  if (!node) {
    const inner = fieldsOf(field.selections).map((each) => prepare(each, depth, count))
    return inner.find((problem) => problem !== null) ?? null
  }
  count.value += 1
  if (count.value > mostConnections) return `Queries cannot have more than ${mostConnections} connections.`
  if (depth > deepestConnection)
    return `Queries that have connections nested deeper than ${deepestConnection} levels are not supported.`
  ;(field.args as Map<string, unknown>).set('first', { kind: 'literal', value: everything })
  const members = fieldsOf(node.selections)
  const nested = members.filter((each) => edgesOf(each) !== undefined)
  if (nested.length > 0 && !members.some(({ name, alias }) => name === 'id' && alias === 'id'))
    return "The parent 'node' field for a nested connection must select the 'id' field without an alias."
  return members.map((each) => prepare(each, depth + 1, count)).find((problem) => problem !== null) ?? null
}

/** The app's bulk operations: a query runs by itself, and its answer is a file. */
export class BulkOperations {
  readonly all = new Map<string, BulkOperation>()
  readonly #shop: Shop
  readonly #schema: () => Schema<World>

  constructor(shop: Shop, schema: () => Schema<World>) {
    this.#shop = shop
    this.#schema = schema
  }

  /** Begins one, or says why not. */
  begin(query: string, grouped: boolean, world: World): BulkOperation | { code: string; message: string } {
    const running = [...this.all.values()].filter(({ completedAt }) => completedAt === null)
    if (running.length >= mostAtOnce)
      return { code: 'LIMIT_REACHED', message: 'Bulk operations limit reached. Please try again later.' }
    const read = this.#read(query)
    if ('message' in read) return { code: 'INVALID', message: read.message }
    const operation: BulkOperation = {
      id: this.#shop.nextId('BulkOperation'),
      query,
      grouped,
      createdAt: this.#shop.now(),
      status: 'CREATED',
      errorCode: null,
      completedAt: null,
      objects: 0,
      file: null,
      partial: null,
      origin: world.origin,
    }
    this.all.set(operation.id, operation)
    const fault = world.fault('accepted_not_applied')
    const failure = fault && (typeof fault.detail === 'string' ? fault.detail : 'INTERNAL_SERVER_ERROR')
    this.#shop.jobs.set(operation.id, {
      id: operation.id,
      dueAt: this.#shop.clock.now() + world.behaviour.bulkAfterMs,
      done: false,
      run: () => this.#finish(operation, read.document, world, failure),
    })
    return operation
  }

  #read(query: string): { document: Document } | { message: string } {
    try {
      const document = parseDocument(query)
      const operation = chooseOperation(document, null)
      validate(this.#schema(), document, operation)
      const count = { value: 0 }
      const roots = fieldsOf(operation.selections)
      if (roots.length !== 1) return { message: 'Bulk queries must have exactly one top-level field.' }
      const problem = roots.map((root) => prepare(root, 1, count)).find((each) => each !== null)
      if (problem) return { message: problem }
      if (count.value === 0) return { message: 'Bulk queries must contain at least one connection.' }
      return { document }
    } catch (thrown) {
      if (thrown instanceof SyntaxProblem || thrown instanceof Refusal) return { message: thrown.message }
      throw thrown
    }
  }

  /** Fails with a code where one is given, and of a query that the app may not ask in part. */
  #finish(operation: BulkOperation, document: Document, world: World, failure: string | null): void {
    operation.completedAt = this.#shop.now()
    const chosen = chooseOperation(document, null)
    const run = { schema: this.#schema(), document, operation: chosen, variables: {}, context: world }
    const { data, errors = [] } = execute(run)
    const code = failure ?? (errors.length > 0 ? 'ACCESS_DENIED' : null)
    const rows = rowsOf(data as Row, operation.grouped)
    if (code === null) {
      operation.objects = rows.length
      operation.file = fileOf(rows)
      operation.status = 'COMPLETED'
    } else {
      operation.status = 'FAILED'
      operation.errorCode = code
      if (code !== 'ACCESS_DENIED') operation.partial = fileOf(rows.slice(0, Math.ceil(rows.length / 2)))
    }
    this.#shop.tell('bulk_operations/finish', {
      admin_graphql_api_id: operation.id,
      status: operation.status.toLowerCase(),
      error_code: operation.errorCode,
      type: 'query',
    })
  }

  find(id: string): BulkOperation | undefined {
    const operation = this.all.get(id)
    if (!operation) return undefined
    const { completedAt } = operation
    if (completedAt === null) operation.status = 'RUNNING'
    else if (operation.status === 'COMPLETED' && completedAt + keepMs <= this.#shop.clock.now()) {
      operation.status = 'EXPIRED'
      operation.file = null
    }
    if (completedAt !== null && completedAt + keepMs <= this.#shop.clock.now()) operation.partial = null
    return operation
  }

  /** `GET /bulk/<number>.jsonl`, as the file store serves it: whole, or a range of bytes. */
  serve({ path, headers }: SimulatorRequest): SimulatorReply {
    const number = /^\/bulk\/(\d+)\.jsonl$/.exec(path)?.[1]
    const operation = this.find(`gid://shopify/BulkOperation/${number}`)
    const file = operation?.file ?? operation?.partial
    if (!file) return reply(404, '<Error><Code>NoSuchKey</Code></Error>')
    const type = { 'content-type': 'application/jsonl', 'accept-ranges': 'bytes' }
    const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '')
    if (!range) return reply(200, file, type)
    const start = Number(range[1])
    const end = Math.min(file.length - 1, range[2] ? Number(range[2]) : file.length)
    if (start >= file.length) return reply(416, '<Error><Code>InvalidRange</Code></Error>')
    const part = file.subarray(start, end + 1)
    return reply(206, part, { ...type, 'content-range': `bytes ${start}-${end}/${file.length}` })
  }
}

const fileOf = (rows: readonly Row[]) =>
  rows.length === 0 ? null : Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))

/** The address of an operation's file, or of what there is of one that failed; `null`: there is none. */
export const fileUrl = ({ id, origin }: BulkOperation, file: Buffer | null) =>
  file === null ? null : `${origin}/bulk/${id.split('/').at(-1)}.jsonl`
