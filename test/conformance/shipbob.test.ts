import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2020, type AnySchema, type ValidateFunction } from 'ajv/dist/2020.js'
import formatsPlugin from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { shipbob, shipbobApiVersion } from '../../adapters/shipbob/index.ts'
import { startShipBobSimulator } from '../../adapters/shipbob/simulator/index.ts'
import { topics } from '../../adapters/shipbob/webhooks.ts'
import type { SimulatorReply, SimulatorRequest } from '../../src/simulator/index.ts'
import { adapterContext } from '../../src/testing/context.ts'
import { request } from '../adapters/shipbob/fixtures.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const specs = process.env.STOCKPOOL_SPECS ?? `${root}../shared/specs`
const file = `${specs}/shipbob/shipbob-openapi-${shipbobApiVersion}.json`
const present = existsSync(file)
if (!present) console.warn(`ShipBob conformance is not checked: there is no ${file}. Set STOCKPOOL_SPECS.`)

interface Parameter {
  readonly in: string
  readonly name: string
  readonly required?: boolean
}
interface Operation {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: AnySchema }>> }
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: AnySchema }>> }>
  >
}
interface Api {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

function load() {
  const api: Api & Record<string, unknown> = JSON.parse(readFileSync(file, 'utf8'))
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  // A default export of a CommonJS module: the function itself, or beside it.
  const addFormats = ('default' in formatsPlugin ? formatsPlugin.default : formatsPlugin) as (
    ajv: Ajv2020,
  ) => void
  addFormats(ajv)
  for (const name of ['postal-code', 'tel']) ajv.addFormat(name, /^[\w+()\-. ]+$/)
  ajv.addSchema({ ...api, $id: 'api' }, 'api')
  const validators = new Map<string, ValidateFunction>()
  const validator = (pointer: readonly string[]): ValidateFunction => {
    const path = pointer
      .map((each) => encodeURIComponent(each.replaceAll('~', '~0').replaceAll('/', '~1')))
      .join('/')
    const made = validators.get(path) ?? ajv.compile({ $ref: `api#/${path}` })
    validators.set(path, made)
    return made
  }
  // Literal paths before those with parameters: `/inventory-level/locations` is no `{inventoryId}`.
  const paths = Object.keys(api.paths).sort((one, other) => one.split('{').length - other.split('{').length)
  const templates = paths.map((path) => ({
    path,
    regex: new RegExp(`^${path.replace(/[.:]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/:]+')}$`),
  }))
  return { api, validator, templates }
}

const described = (validate: ValidateFunction) =>
  (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`).join('; ')

/** Everything that the vendor's document says of one exchange; an empty list is a conforming one. */
function conformance() {
  const { api, validator, templates } = load()
  const seen = new Set<string>()
  const problems: string[] = []
  const observe = (incoming: SimulatorRequest, reply: SimulatorReply) => {
    const found = templates.find(({ regex }) => regex.test(incoming.path))
    const method = incoming.method.toLowerCase()
    const operation = found && api.paths[found.path]?.[method]
    const name = `${incoming.method} ${found?.path ?? incoming.path} ${reply.status}`
    seen.add(name)
    if (!found || !operation) {
      problems.push(`${name}: no such operation`)
      return
    }
    const parameters = operation.parameters ?? []
    const known = new Set(parameters.filter((each) => each.in === 'query').map((each) => each.name))
    for (const parameter of incoming.query.keys()) {
      // The parameters of a `next` address are the server's own, and are not in the document.
      if (!known.has(parameter) && !(parameter === 'Cursor' && incoming.query.has('PageSize'))) {
        problems.push(`${name}: no query parameter ${parameter}`)
      }
    }
    for (const { in: where, name: header, required } of parameters) {
      if (where !== 'header' || !required || incoming.headers[header.toLowerCase()] !== undefined) continue
      problems.push(`${name}: the header ${header} is missing`)
    }
    const type = 'application/json'
    if (operation.requestBody && reply.status < 400) {
      const validate = validator(['paths', found.path, method, 'requestBody', 'content', type, 'schema'])
      if (!validate(incoming.json())) problems.push(`${name}: the request: ${described(validate)}`)
    }
    const status = String(reply.status)
    const documented = operation.responses[status]
    // 429 is documented in prose (developer.shipbob.com/rate-limit), in no operation.
    if (!documented && reply.status !== 429 && reply.status < 500)
      problems.push(`${name}: status not documented`)
    if (!documented?.content?.[type] || reply.body === undefined) return
    const validate = validator(['paths', found.path, method, 'responses', status, 'content', type, 'schema'])
    if (!validate(JSON.parse(JSON.stringify(reply.body))))
      problems.push(`${name}: the answer: ${described(validate)}`)
  }
  return { observe, seen, problems, validator }
}

describe('ShipBob, against its OpenAPI document', () => {
  it.skipIf(!present)('every request and every answer of a whole life conforms', async () => {
    const { observe, seen, problems } = conformance()
    const simulator = await startShipBobSimulator({ observe })
    const options = { endpoint: simulator.url, token: simulator.token, channelId: simulator.channelId }
    const connection = shipbob({ ...options, webhookSecret: simulator.webhookSecret })
    const { fulfillment: facet, webhooks } = connection
    const context = adapterContext(connection)
    const errors: unknown[] = []
    const refused = (work: Promise<unknown>) => work.catch((error: unknown) => errors.push(error))

    await simulator.control('stock', { sku: 'MUG-RED', quantity: 30 })
    await simulator.control('stock', { sku: 'CUP', quantity: 2 })
    await simulator.control('stock', { sku: 'CUP', quantity: 2, location: 8 })
    const one = (number: number, more: Parameters<typeof request>[0] = {}) =>
      request({ reference: `web-${number}-1`, ...more })
    const cups = (quantity: number) => ({ lines: [{ sku: 'CUP', title: 'Cup', quantity }] })
    await facet.submit(context, one(1, { location: '8', serviceLevel: 'two-day', buyer: null }))
    await facet.submit(context, one(1, { location: '8', serviceLevel: 'two-day', buyer: null }))
    await facet.submit(context, one(2, cups(3)))
    await facet.submit(context, one(3, cups(9)))
    const { shipTo } = request()
    const address = {
      ...shipTo,
      company: 'Poe & Co',
      line3: 'Rear',
      country: 'IE',
      postalCode: null,
      region: null,
    }
    const fourth = await facet.submit(context, one(4, { shipTo: address, location: '3' }))
    await refused(facet.submit(context, one(1, cups(1))))
    await simulator.control('ship', { reference: 'web-2-1', lines: [{ sku: 'CUP', quantity: 1 }] })
    const second = await facet.get(context, 'web-2-1')
    await facet.cancel(context, { id: second?.id ?? '', reference: 'web-2-1' })
    await simulator.control('ship', { reference: 'web-4-1', labelOnly: true })
    await facet.cancel(context, fourth)
    await simulator.control('ship')
    await refused(facet.cancel(context, fourth))
    await simulator.control('deliver')
    await simulator.control('exception', { reference: 'web-3-1', reason: 'ImportReview' })
    const { id: back } = await simulator.control<{ id: number }>('returns', {
      reference: 'web-2-1',
      lines: [{ sku: 'CUP', quantity: 2, requested: 'Restock' }],
    })
    await simulator.control('returns/arrive', { id: back })
    await simulator.control('returns/process', {
      id: back,
      lines: [
        { sku: 'CUP', quantity: 1, action: 'Restock' },
        {
          sku: 'CUP',
          quantity: 1,
          action: 'Dispose',
          reason: 'Damaged',
          image: 'https://images.test/1.jpg',
        },
      ],
    })
    for (let cursor: string | null = null, more = true; more; )
      ({ cursor, more } = await facet.returns(context, cursor))
    for (let cursor: string | null = null, more = true; more; )
      ({ cursor, more } = await facet.updates(context, cursor))
    await facet.stock(context, { skus: ['CUP'], cursor: null })
    await facet.stock(context, { skus: null, cursor: null })
    await facet.locations(context)
    await webhooks?.ensure?.(context, 'https://example.com/webhooks/east')
    await webhooks?.ensure?.(context, 'https://example.com/webhooks/east')
    const [subscription] = simulator.webhooks.subscriptions
    const call = (method: string, path: string, body?: unknown) =>
      fetch(`${simulator.url}/${shipbobApiVersion}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${simulator.token}`,
          shipbob_channel_id: String(simulator.channelId),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
    await call('DELETE', `/webhook/${subscription?.id}`)
    await call('GET', '/channel')
    await call('GET', '/inventory-level')
    await call('GET', '/shipping-method')
    await call('GET', `/order/${fourth.id}`)
    await call('GET', `/order/${fourth.id}/shipment`)
    const shipments = (await (await call('GET', `/order/${fourth.id}/shipment`)).json()) as { id: number }[]
    await call('GET', `/shipment/${shipments[0]?.id}`)
    await call('GET', '/order?Limit=251')
    await call('GET', '/order/1')
    await call('POST', '/order', { reference_id: 'x' })
    await call('POST', '/simulate/shipment', {
      shipment_id: String(shipments[0]?.id),
      simulation: { action: 'ShipOrder', delay: 0 },
    })
    const registered = await call('POST', '/simulate/shipment', {
      shipment_id: String(shipments[0]?.id),
      simulation: { action: 'ShipOrder', delay: 0, next: { action: 'DeliverOrder', delay: 5 } },
    })
    const { simulation_id } = (await registered.json()) as { simulation_id: string }
    await call('GET', `/simulate/status/${simulation_id}`)
    await call('GET', `/return/${back}`)
    const wrong = { ...connection, ...shipbob({ ...options, token: 'wrong' }) }
    await refused(wrong.fulfillment.locations(adapterContext(wrong)))
    const foreign = shipbob({ ...options, channelId: 1 })
    await refused(foreign.fulfillment.get(adapterContext(foreign), 'web-1-1'))
    await simulator.close()

    expect(problems).toEqual([])
    expect(simulator.errors).toEqual([])
    expect(errors.map((error) => (error as { code?: string }).code)).toEqual([
      'conflict',
      'auth',
      'permission',
    ])
    expect([...seen].sort()).toMatchInlineSnapshot(`
      [
        "DELETE /2026-01/webhook/{id} 204",
        "GET /2026-01/channel 200",
        "GET /2026-01/inventory-level 200",
        "GET /2026-01/inventory-level/locations 200",
        "GET /2026-01/location 200",
        "GET /2026-01/location 401",
        "GET /2026-01/order 200",
        "GET /2026-01/order 400",
        "GET /2026-01/order 403",
        "GET /2026-01/order/{orderId} 200",
        "GET /2026-01/order/{orderId} 404",
        "GET /2026-01/order/{orderId}/shipment 200",
        "GET /2026-01/return 200",
        "GET /2026-01/return/{id} 200",
        "GET /2026-01/shipment/{shipmentId} 200",
        "GET /2026-01/shipping-method 200",
        "GET /2026-01/simulate/status/{simulationId} 200",
        "GET /2026-01/webhook 200",
        "POST /2026-01/order 201",
        "POST /2026-01/order 400",
        "POST /2026-01/order 422",
        "POST /2026-01/order/{orderId}:cancel 200",
        "POST /2026-01/order/{orderId}:cancel 422",
        "POST /2026-01/shipment:batchUpdateTrackingUpload 200",
        "POST /2026-01/simulate/shipment 200",
        "POST /2026-01/webhook 200",
      ]
    `)
  })

  it.skipIf(!present)('the topics subscribed to are topics of the document', () => {
    const { validator } = conformance()
    const validate = validator(['components', 'schemas', 'Webhooks.Topics'])
    for (const topic of topics) expect(validate(topic), topic).toBe(true)
    expect(validate('order.unheard.of')).toBe(false)
  })

  it.skipIf(!present)('every status word of the document is known to the adapter', async () => {
    const { api } = load()
    const { components } = api as unknown as { components: { schemas: Record<string, { enum?: string[] }> } }
    const { orderStatus, shipmentStatus } = await import('../../adapters/shipbob/status.ts')
    const { WireOrder, WireShipment } = await import('../../adapters/shipbob/wire.ts')
    for (const status of components.schemas['Orders.OrderStatus']?.enum ?? []) {
      expect(orderStatus(WireOrder.parse({ id: 1, status })), status).not.toBe('unknown')
    }
    for (const status of components.schemas['Orders.OrderStatusEnum']?.enum ?? []) {
      expect(shipmentStatus(WireShipment.parse({ id: 1, status })), status).not.toBe('unknown')
    }
  })

  it.skipIf(!present)('a request or an answer that does not conform is found (a test of this test)', () => {
    const { validator } = conformance()
    const body = validator([
      'paths',
      `/${shipbobApiVersion}/order`,
      'post',
      'requestBody',
      'content',
      'application/json',
      'schema',
    ])
    expect(body({ reference_id: 'x' })).toBe(false)
    const answer = validator([
      'paths',
      `/${shipbobApiVersion}/order`,
      'get',
      'responses',
      '200',
      'content',
      'application/json',
      'schema',
    ])
    expect(answer([{ id: 1, status: 'Sent' }])).toBe(false)
    expect(answer([{ id: 1, status: 'Processing' }])).toBe(true)
  })
})
