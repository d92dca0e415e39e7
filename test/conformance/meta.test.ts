import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { meta } from '../../adapters/meta/index.ts'
import { startMetaSimulator } from '../../adapters/meta/simulator/index.ts'
import { availabilities } from '../../adapters/meta/simulator/world.ts'
import type { SimulatorReply, SimulatorRequest } from '../../src/simulator/index.ts'
import { virtualClock } from '../../src/simulator/index.ts'
import { adapterContext } from '../../src/testing/context.ts'
import { target } from '../adapters/meta/stage.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const specs = `${process.env.STOCKPOOL_SPECS ?? `${root}../shared/specs`}/meta`
const present = existsSync(`${specs}/ProductCatalog.json`)
if (!present)
  console.warn(`Meta conformance is not checked: no field lists under ${specs}. Set STOCKPOOL_SPECS.`)

interface Param {
  readonly name: string
  readonly required?: boolean
}
interface Node {
  readonly apis: readonly {
    readonly method: string
    readonly endpoint?: string
    readonly params: readonly Param[]
  }[]
  readonly fields: readonly { readonly name: string; readonly type: string }[]
}
const load = <T>(name: string): T => JSON.parse(readFileSync(`${specs}/${name}.json`, 'utf8'))
const fieldsOf = (name: string) => load<Node>(name).fields.map((field) => field.name)

interface Exchange {
  readonly request: SimulatorRequest
  readonly reply: SimulatorReply
}

/** Every call that the adapter makes, and what the simulator answers: sound rows, broken ones, pages, the shop. */
async function tour(): Promise<readonly Exchange[]> {
  const exchanges: Exchange[] = []
  const clock = virtualClock(undefined, { autoAdvance: { quietMs: 5 } })
  const simulator = await startMetaSimulator({
    clock,
    observe: (request, reply) => void exchanges.push({ request, reply }),
  })
  const connection = meta(simulator.options)
  const context = adapterContext(connection, { clock })
  const { listings } = connection
  try {
    for (const sku of ['MUG', 'CUP']) {
      await simulator.control('listings', { sku, quantity: 1, gtin: '4006381333931' })
    }
    await listings.list(context, null)
    const targets = [target('MUG', 5), target('CUP', 0), target('NOBODY', 1)]
    const written = await listings.write(context, targets)
    await clock.advance(5000)
    const rows = written.flatMap((result, index) => {
      const row = targets[index]
      return result.status === 'pending' && row ? [{ target: row, handle: result.handle }] : []
    })
    await listings.check(context, rows)
    await listings.read(context, [
      { listing: 'MUG', place: '' },
      { listing: 'NOBODY', place: '' },
    ])
    await connection.deadlines(context)
    return exchanges
  } finally {
    clock.stop()
    await simulator.close()
  }
}

/** What the Graph API takes on any edge. */
const common = ['fields', 'limit', 'after', 'appsecret_proof']

const edgeOf = ({ path }: SimulatorRequest) => path.split('/')[3] ?? ''
const given = (request: SimulatorRequest): readonly string[] => [
  ...request.query.keys(),
  ...(request.raw.length > 0 ? Object.keys(request.json() as object) : []),
]

describe.skipIf(!present)("Meta's field lists (needs the specifications)", () => {
  it('have every edge that the adapter calls, with every parameter that it gives and all that they require', async () => {
    const { apis } = load<Node>('ProductCatalog')
    const edges = (await tour()).filter(({ request }) => edgeOf(request) !== '')
    expect(new Set(edges.map(({ request }) => edgeOf(request)))).toEqual(
      new Set(['items_batch', 'check_batch_request_status', 'products']),
    )
    for (const { request } of edges) {
      const edge = edgeOf(request)
      const api = apis.find(({ endpoint, method }) => endpoint === edge && method === request.method)
      const params = api?.params ?? []
      const names = given(request).filter((name) => !common.includes(name))
      expect(params.map(({ name }) => name)).toEqual(expect.arrayContaining(names))
      const required = params.flatMap(({ name, required }) => (required ? [name] : []))
      expect(names).toEqual(expect.arrayContaining(required))
    }
  })

  it('have every field that is asked for', async () => {
    const asked = (await tour()).flatMap(({ request }) => {
      const fields = request.query.get('fields')?.split(',') ?? []
      return fields.map((field) => ({ node: edgeOf(request) === 'products' ? 'ProductItem' : 'Shop', field }))
    })
    expect(asked.length).toBeGreaterThan(5)
    for (const { node, field } of asked) expect(fieldsOf(node)).toContain(field)
  })

  it('have every member that the simulator answers with', async () => {
    const nodes = { products: 'ProductItem', check_batch_request_status: 'CheckBatchRequestStatus' } as const
    let seen = 0
    for (const { request, reply } of await tour()) {
      const node = nodes[edgeOf(request) as keyof typeof nodes]
      if (node === undefined) continue
      const { data } = reply.body as { data: object[] }
      for (const row of data) {
        seen += 1
        expect(fieldsOf(node)).toEqual(expect.arrayContaining(Object.keys(row)))
      }
    }
    expect(seen).toBeGreaterThan(2)
  })

  it('have every word of availability, and no other', async () => {
    const enums = load<readonly { name: string; values: readonly string[] }[]>('enum_types.commerce')
    const { values } = enums.find(({ name }) => name === 'ProductItem_availability') ?? { values: [] }
    expect([...availabilities].sort()).toEqual([...values].sort())
    const sent = (await tour()).flatMap(({ request }) =>
      edgeOf(request) === 'items_batch'
        ? (request.json() as { requests: { data: { availability: string } }[] }).requests.map(
            ({ data }) => data,
          )
        : [],
    )
    expect(new Set(sent.map(({ availability }) => availability))).toEqual(
      new Set(['in stock', 'out of stock']),
    )
    for (const { availability } of sent) expect(values).toContain(availability)
  })

  it('still have an order API, which nothing here calls', async () => {
    const gone = load<Node>('CommerceMerchantSettings').apis.flatMap(({ endpoint }) => endpoint ?? [])
    expect(gone).toContain('commerce_orders')
    const called = (await tour()).map(({ request }) => edgeOf(request))
    expect(called.filter((edge) => gone.includes(edge))).toEqual([])
  })
})
