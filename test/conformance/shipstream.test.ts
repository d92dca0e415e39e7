import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { shipstream } from '../../adapters/shipstream/index.ts'
import { orderFrom } from '../../adapters/shipstream/order.ts'
import { parcelsOf } from '../../adapters/shipstream/parcels.ts'
import { returnFrom } from '../../adapters/shipstream/returns.ts'
import { startShipStreamSimulator } from '../../adapters/shipstream/simulator/index.ts'
import { readingsFrom } from '../../adapters/shipstream/stock.ts'
import { topics, verify } from '../../adapters/shipstream/webhooks.ts'
import {
  WireCancelled,
  WireDelivery,
  WireInventory,
  WireQuotes,
  WireShipment,
  WireWarehouses,
  WireWebhooks,
} from '../../adapters/shipstream/wire.ts'
import { hmacSha256, toBase64 } from '../../src/http/index.ts'
import type { SimulatorReply, SimulatorRequest } from '../../src/simulator/index.ts'
import { adapterContext } from '../../src/testing/context.ts'
import { order, request } from '../adapters/shipstream/fixtures.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const specs = process.env.STOCKPOOL_SPECS ?? `${root}../shared/specs`
const folder = `${specs}/shipstream/docs`
const present = existsSync(folder)
if (!present)
  console.warn(`ShipStream conformance is not checked: there is no ${folder}. Set STOCKPOOL_SPECS.`)

/** A page of docs.shipstream.io: prose, so what is checked against it is names, examples and lists of words. */
function page(name: string): string {
  const file = readdirSync(folder).find((each) => each.replace(/^[\d-]+/, '') === `${name}.md`)
  return file === undefined
    ? expect.unreachable(`there is no page ${name}`)
    : readFileSync(`${folder}/${file}`, 'utf8')
}

/** The JSON examples of a page; the few that are abridged by dots, or no JSON, are left out. */
function examplesOf(text: string): Record<string, unknown>[] {
  return [...text.matchAll(/```json\n([\s\S]*?)```/g)].flatMap(([, code = '']) => {
    try {
      return [JSON.parse(code) as Record<string, unknown>]
    } catch {
      return []
    }
  })
}

/** The answer that a page shows for a method: the example after the request that calls it. */
function answerOf(name: string, method: string): unknown {
  const examples = examplesOf(page(name))
  const calls = (each: Record<string, unknown>) => Array.isArray(each.params) && each.params[1] === method
  const asked = examples.findIndex(calls)
  const answer = examples.slice(asked + 1).find((each) => 'result' in each)
  return asked < 0 || answer === undefined ? expect.unreachable(`no example of ${method}`) : answer.result
}

const keysOf = (value: unknown, found = new Set<string>()): Set<string> => {
  if (Array.isArray(value)) for (const each of value) keysOf(each, found)
  else if (typeof value === 'object' && value !== null) {
    for (const [key, child] of Object.entries(value)) {
      found.add(key)
      keysOf(child, found)
    }
  }
  return found
}

/** Every name that a page gives to a property: in its tables, its lists and its examples. */
function namesOf(...pages: readonly string[]): Set<string> {
  const names = new Set<string>()
  for (const text of pages.map(page)) {
    for (const [, name = ''] of text.matchAll(/<th>(\w+)<\/th>/g)) names.add(name)
    for (const [, name = ''] of text.matchAll(/^(\w+)\n: /gm)) names.add(name)
    for (const [, name = ''] of text.matchAll(/"(\w+)\s*"?\s*:/g)) names.add(name)
    for (const [, name = ''] of text.matchAll(/[`"](\w+)["`]/g)) names.add(name)
    for (const example of examplesOf(text)) keysOf(example, names)
  }
  return names
}

const methodsOf = () =>
  new Set(
    readdirSync(folder).flatMap((file) =>
      [...readFileSync(`${folder}/${file}`, 'utf8').matchAll(/\* \[(\w+\.\w+)\]\(#/g)].map(
        ([, name]) => name,
      ),
    ),
  )

/** The pages that say what a method takes and gives. */
const pagesOf: Readonly<Record<string, readonly string[]>> = {
  order: ['order', 'search-options', 'search-filters', 'shipment'],
  shipment: ['shipment', 'search-options', 'search-filters'],
  inventory: ['inventory'],
  warehouse: ['warehouse'],
  delivery: ['delivery', 'search-options', 'search-filters'],
  webhook: ['webhook'],
  rate: ['rate'],
  store: ['store'],
  package: ['shipment-package', 'order', 'search-options'],
}
// SKUs and such are keys, not names; searches give these three (docs.shipstream.io, order.search).
const own = /^(MUG|CUP)\b|^(results|totalCount|numPages)$/

/** Everything that the vendor's pages do not know of one exchange; an empty list is a conforming one. */
function conformance() {
  const methods = methodsOf()
  const names = new Map(Object.entries(pagesOf).map(([room, pages]) => [room, namesOf(...pages)]))
  const seen = new Set<string>()
  const problems: string[] = []
  const unknown = (room: string, value: unknown) =>
    [...keysOf(value)].filter((key) => !own.test(key) && !names.get(room)?.has(key))
  const observe = (incoming: SimulatorRequest, reply: SimulatorReply) => {
    const sent = incoming.json() as { jsonrpc: unknown; id: unknown; method: string; params: unknown[] }
    const answer = JSON.parse(JSON.stringify(reply.body)) as {
      result?: unknown
      error?: { code: number } | null
    }
    const name = sent.method === 'call' ? String(sent.params[1]) : sent.method
    seen.add(`${name} ${answer.error ? answer.error.code : 'result'}`)
    if (sent.jsonrpc !== '2.0' || typeof sent.id !== 'number') problems.push(`${name}: the envelope`)
    if (sent.method !== 'call') return
    if (sent.params.length !== 3 || !Array.isArray(sent.params[2])) problems.push(`${name}: the parameters`)
    if (!methods.has(name)) problems.push(`${name}: no such method`)
    const [room = ''] = name.split('.')
    for (const key of unknown(room, sent.params[2])) problems.push(`${name}: the request has ${key}`)
    for (const key of unknown(room, answer.result)) problems.push(`${name}: the answer has ${key}`)
  }
  return { observe, seen, problems, unknown }
}

describe('ShipStream, against its documents', () => {
  it.skipIf(!present)(
    'every request and every answer of a whole life is made of documented names',
    async () => {
      const { observe, seen, problems } = conformance()
      const simulator = await startShipStreamSimulator({ observe })
      const connection = shipstream({
        ...simulator.options,
        webhookSecret: 's3cret',
        store: 'default',
        backorderPolicy: 'as_available',
      })
      const { fulfillment: facet, webhooks } = connection
      const context = adapterContext(connection)
      const errors: unknown[] = []
      const refused = (work: Promise<unknown>) => work.catch((error: unknown) => errors.push(error))
      await simulator.control('stock', { sku: 'MUG-RED', quantity: 5 })
      await simulator.control('stock', { sku: 'MUG-RED', quantity: 5, location: 2 })
      const one = await facet.submit(context, request())
      await facet.submit(context, request())
      await refused(facet.submit(context, request({ lines: [{ sku: 'MUG-RED', title: '', quantity: 9 }] })))
      await refused(
        facet.submit(context, request({ reference: 'x', lines: [{ sku: 'NONE', title: '', quantity: 1 }] })),
      )
      await facet.submit(
        context,
        request({ reference: 'web-2-1', lines: [{ sku: 'MUG-RED', title: '', quantity: 9 }] }),
      )
      await simulator.control('ship', { reference: 'web-1001-1', boxes: 2, labels: 2 })
      await simulator.control('ship', { reference: 'web-2-1', labelOnly: true })
      await simulator.control('deliver', {})
      await facet.cancel(context, one)
      await facet.cancel(context, { id: '', reference: 'web-2-1' })
      await facet.get(context, 'nobody')
      const rma = { type: 'rma', lines: [{ sku: 'MUG-RED', quantity: 2 }], order: '#1001', tracking: ['1Z'] }
      const { id } = await simulator.control<{ id: string }>('deliveries', rma)
      await simulator.control('deliveries/step', {
        id,
        step: 'process',
        found: [{ sku: 'MUG-RED', quantity: 2, damaged: 1 }],
      })
      for (let cursor: string | null = null, more = true; more; )
        ({ cursor, more } = await facet.updates(context, cursor))
      await facet.returns(context, null)
      await facet.stock(context, { skus: ['MUG-RED'], cursor: null })
      await facet.locations(context)
      const shipTo = { country: 'US', postalCode: '62704', city: 'Springfield', region: 'IL' }
      await facet.quote(context, { lines: [{ sku: 'MUG-RED', quantity: 1 }], shipTo, serviceLevel: null })
      const old = { url: 'https://example.com/webhooks/south', topics: ['order:created'], id: '9' }
      simulator.webhooks.subscribe(old)
      await webhooks?.ensure?.(context, 'https://example.com/webhooks/south')
      await webhooks?.ensure?.(adapterContext(connection), 'https://example.com/webhooks/south')
      const session = shipstream({ ...simulator.options, auth: 'session' })
      await session.fulfillment.locations(adapterContext(session))
      const wrong = shipstream({ ...simulator.options, apiKey: 'wrong' })
      await refused(wrong.fulfillment.locations(adapterContext(wrong)))
      await simulator.close()

      expect(problems).toEqual([])
      expect(simulator.errors).toEqual([])
      expect(errors.map((error) => (error as { code?: string }).code)).toEqual([
        'conflict',
        'rejected',
        'auth',
      ])
      expect([...seen].sort()).toMatchInlineSnapshot(`
        [
          "delivery.search result",
          "inventory.detailed result",
          "login -32002",
          "login result",
          "order.cancel result",
          "order.create -32104",
          "order.create -32107",
          "order.create result",
          "order.info -32100",
          "order.info result",
          "order.search result",
          "rate.quote result",
          "shipment.search result",
          "warehouse.list -32002",
          "warehouse.list result",
          "webhook.create result",
          "webhook.delete result",
          "webhook.list result",
        ]
      `)
    },
  )

  it.skipIf(!present)(
    'the topics, the shipping methods and the words of a cancellation are documented',
    () => {
      const known = page('topics')
      for (const topic of topics) expect(known, topic).toContain(`* [${topic}](`)
      const methods = page('shipping-methods')
      for (const code of ['cheapest_ALL', 'cheapest_TWO_DAY', 'cheapest_OVERNIGHT', 'cheapest_ON_TIME'])
        expect(methods).toContain(`| ${code} |`)
      for (const option of ['unfulfilled_items', 'all_items', 'cancellation_request'])
        expect(page('order')).toContain(`* \`${option}\``)
    },
  )

  it.skipIf(!present)(
    'filters only by what may be filtered, and asks for no more rows than a page may have',
    () => {
      const allowed = (name: string) =>
        [...page(name).matchAll(/Allowed properties for filtering:([\s\S]*?)<\/td>/g)]
          .map(([, list = '']) => list)
          .join()
      for (const field of ['order_unique_id', 'updated_at', 'shipment_id'])
        expect(allowed('shipment')).toContain(`"${field}"`)
      for (const field of ['delivery_type', 'updated_at', 'delivery_id'])
        expect(allowed('delivery')).toContain(`"${field}"`)
      expect(page('search-options')).toContain('Max value: 100')
      expect(page('search-filters')).toContain("timezone is the merchant's configured timezone")
    },
  )

  it.skipIf(!present)(
    'every status word of an order, a shipment, a package and a delivery is known to the adapter',
    () => {
      const statuses = [...page('order').matchAll(/<td><code>(\w+)<\/code><\/td><\/tr>/g)].map(
        ([, word]) => word,
      )
      expect(statuses.length).toBeGreaterThan(9)
      for (const status of statuses)
        expect(orderFrom(order({ status }), [], { trackingFrom: 'packed' }).status, status).not.toBe(
          'unknown',
        )
      const words = (name: string, of: string) =>
        [...page(name).matchAll(new RegExp(`"${of}"[\\s\\S]{0,40}?Allowed(?: values)?: ([^.<]*)`, 'g'))]
          .flatMap(([, list = '']) => list.split(','))
          .map((word) => word.replace(/["\s]/g, ''))
      const deliveries = words('delivery', 'Status').filter((word) => /^[a-z_]+$/.test(word))
      expect(deliveries).toContain('put_away')
      for (const status of deliveries.filter(
        (word) => !['pending', 'approved', 'rejected', 'valid'].includes(word),
      )) {
        const raw = { increment_id: '1', status }
        expect(returnFrom(WireDelivery.parse(raw), raw, new Map()).status, status).not.toBe('unknown')
      }
      const boxes = words('shipment', 'Status').filter((word) => word !== '')
      expect(boxes).toEqual(
        expect.arrayContaining([
          'packing',
          'tracking_required',
          'packed',
          'manifested',
          'shipped',
          'delivered',
        ]),
      )
      const shown = ['packing', 'tracking_required', 'packed', 'manifested', 'shipped', 'delivered'].filter(
        (status) => {
          const raw = { shipment_id: '1', order_unique_id: '1', status: 'packed', packages: [{ status }] }
          return parcelsOf(WireShipment.parse(raw), 'packed').length === 1
        },
      )
      expect(shown).toEqual(['packed', 'manifested', 'shipped', 'delivered'])
    },
  )

  it.skipIf(!present)('reads the examples of the documents', () => {
    const orders = (answerOf('order', 'order.search') as { results: unknown[] }).results
    const read = orders.map((raw) => orderFrom(raw, [], { trackingFrom: 'packed' }))
    expect(read.map(({ reference, status, allocated }) => [reference, status, allocated])).toEqual([
      ['100000114', 'picking', true],
      ['100000116', 'backordered', false],
    ])
    const shipment = WireShipment.parse(answerOf('shipment', 'shipment.info'))
    expect(parcelsOf({ ...shipment, status: 'packed' }, 'packed')).toMatchObject([
      { carrier: 'fedex', trackingNumber: '800027315160887', lines: [{ sku: 'product1', quantity: 1 }] },
    ])
    const stock = readingsFrom(
      WireInventory.parse(answerOf('inventory', 'inventory.detailed')),
      null,
      null,
      0,
    )
    expect(stock[0]).toMatchObject({ sku: 'BlueWidget-1', location: '1', quantity: 8, basis: 'available' })
    const deliveries = (answerOf('delivery', 'delivery.search') as { results: unknown[] }).results
    // Put away, and yet nothing of it is committed; the overage is not approved.
    expect(deliveries.map((raw) => returnFrom(WireDelivery.parse(raw), raw, new Map()))).toMatchObject([
      {
        id: '1000036',
        status: 'received',
        lines: [{ expected: 1, received: 1, dispositions: [] }, { dispositions: [] }],
      },
    ])
    expect(WireCancelled.parse(answerOf('order', 'order.cancel'))).toMatchObject({
      success: false,
      warnings: [expect.any(String)],
    })
    expect(WireWarehouses.parse(answerOf('warehouse', 'warehouse.list'))).toHaveLength(2)
    expect(WireWebhooks.parse(answerOf('webhook', 'webhook.list'))).toMatchObject([
      { is_active: true, topics: ['order:created'] },
    ])
    expect(WireQuotes.parse(answerOf('rate', 'rate.quote')).rates).toMatchObject([
      { code: 'ups_03', shipping_cost: '17.23' },
    ])
  })

  it.skipIf(!present)(
    'verifies the events of the documents, and hints at the right thing for each topic',
    () => {
      const events = examplesOf(page('topics')).filter((each) => typeof each.topic === 'string')
      expect(events.length).toBeGreaterThan(40)
      const hints = events.map((event) => {
        const body = Buffer.from(JSON.stringify(event))
        const headers = { 'x-plugin-hmac-sha256': toBase64(hmacSha256('s', body)) }
        const told = verify(
          's',
          { method: 'POST', url: '', headers, body },
          Date.parse('2021-12-07T17:00:00Z'),
        )
        return [told.topic, told.hints.map(({ kind }) => kind).join('+')] as const
      })
      const byTopic = new Map(hints)
      for (const topic of topics) {
        const kinds = byTopic.get(topic)
        expect(kinds, topic).toMatch(/fulfillment|stock|return/)
      }
      expect([
        byTopic.get('order:created'),
        byTopic.get('delivery:committed'),
        byTopic.get('inventory:adjusted'),
      ]).toEqual(['fulfillment+stock', 'return+stock', 'stock'])
      expect(byTopic.get('product:created')).toBe('ignored')
    },
  )

  it.skipIf(!present)('a name that is not documented is found (a test of this test)', () => {
    const { unknown } = conformance()
    expect(unknown('order', { shipping_method: 'ups_03', items: [{ qty_teleported: 1 }] })).toEqual([
      'qty_teleported',
    ])
    expect(methodsOf().has('order.teleport')).toBe(false)
    expect(methodsOf().has('order.create')).toBe(true)
  })
})
