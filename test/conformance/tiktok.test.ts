import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2020, type AnySchema, type ValidateFunction } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { tiktok } from '../../adapters/tiktok/index.ts'
import { isKnownStatus } from '../../adapters/tiktok/mcf-order.ts'
import { statusOf } from '../../adapters/tiktok/order.ts'
import { returnStatusOf } from '../../adapters/tiktok/return-map.ts'
import { signRequest, signWebhook } from '../../adapters/tiktok/sign.ts'
import { startTikTokSimulator, type TikTokSimulatorOptions } from '../../adapters/tiktok/simulator/index.ts'
import { subscribedTopics } from '../../adapters/tiktok/webhooks.ts'
import { acceleratedClock, type SimulatorReply, type SimulatorRequest } from '../../src/simulator/index.ts'
import { adapterContext } from '../../src/testing/context.ts'
import { asked } from '../adapters/tiktok/mcf-stage.ts'
import { notice, target } from '../adapters/tiktok/stage.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const specs = process.env.STOCKPOOL_SPECS ?? `${root}../shared/specs`
const folder = `${specs}/tiktok/oas`
const present = existsSync(folder)
if (!present) console.warn(`TikTok conformance is not checked: there is no ${folder}. Set STOCKPOOL_SPECS.`)

interface Schema {
  readonly type?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
}
interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly required?: boolean }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >
}
type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>

const modules = [
  'authorization',
  'event',
  'fbt',
  'fulfillment',
  'logistics',
  'order',
  'product',
  'return_refund',
]
const json = 'application/json'

/** TikTok's schemas allow anything beside what they name; here a member that they do not name is an invented one. */
function strict(schema: Schema): object {
  const { type, properties, items } = schema
  if (properties) {
    const members = Object.entries(properties).map(([name, each]) => [name, strict(each)])
    return { type: 'object', properties: Object.fromEntries(members), additionalProperties: false }
  }
  if (type === 'array') return { type, items: items ? strict(items) : {} }
  return type === undefined ? {} : { type }
}

function load() {
  const paths: Paths = Object.assign(
    {},
    ...modules.map((name) => JSON.parse(readFileSync(`${folder}/${name}.json`, 'utf8')).paths),
  )
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  const compiled = new Map<Schema, ValidateFunction>()
  const validator = (schema: Schema): ValidateFunction => {
    const made = compiled.get(schema) ?? ajv.compile(strict(schema) as AnySchema)
    compiled.set(schema, made)
    return made
  }
  // Literal paths before those with parameters: `/packages/search` is no `{package_id}`.
  const templates = Object.keys(paths)
    .sort((one, other) => one.split('{').length - other.split('{').length)
    .map((path) => ({ path, regex: new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`) }))
  return { paths, validator, templates }
}

const described = (validate: ValidateFunction) =>
  (validate.errors ?? [])
    .map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`)
    .join('; ')

/** Query parameters of every call, which no operation lists. */
const common = new Set(['app_key', 'timestamp', 'sign'])

function conformance() {
  const { paths, validator, templates } = load()
  const seen = new Set<string>()
  const problems: string[] = []
  const observe = (incoming: SimulatorRequest, answer: SimulatorReply) => {
    // The token endpoint is of another host, and the label of a file store: neither is in the document.
    if (incoming.path.startsWith('/api/v2/token') || incoming.path.startsWith('/labels/')) return
    const found = templates.find(({ regex }) => regex.test(incoming.path))
    const operation = found && paths[found.path]?.[incoming.method.toLowerCase()]
    const body = answer.body as { code: number; data: unknown }
    const name = `${incoming.method} ${found?.path ?? incoming.path} ${body.code === 0 ? 'ok' : body.code}`
    seen.add(name)
    if (!found || !operation) {
      problems.push(`${name}: no such operation`)
      return
    }
    const parameters = operation.parameters ?? []
    const known = new Set(parameters.filter((each) => each.in === 'query').map((each) => each.name))
    for (const parameter of incoming.query.keys())
      if (!known.has(parameter) && !common.has(parameter))
        problems.push(`${name}: no query parameter ${parameter}`)
    for (const { in: where, name: parameter, required } of parameters) {
      const missing =
        (where === 'header' && incoming.headers[parameter.toLowerCase()] === undefined) ||
        (where === 'query' && !incoming.query.has(parameter))
      if (required && missing) problems.push(`${name}: ${parameter} is missing`)
    }
    if (known.has('shop_cipher') !== incoming.query.has('shop_cipher')) problems.push(`${name}: shop_cipher`)
    const asked = operation.requestBody?.content[json]?.schema
    if (asked === undefined && incoming.raw.length > 0) problems.push(`${name}: a body that nobody asked for`)
    if (asked !== undefined) {
      const validate = validator(asked)
      if (!validate(incoming.json())) problems.push(`${name}: the request: ${described(validate)}`)
    }
    const told = operation.responses['200']?.content?.[json]?.schema
    if (told === undefined || body.code !== 0) return
    const validate = validator(told)
    if (!validate(JSON.parse(JSON.stringify(answer.body))))
      problems.push(`${name}: the answer: ${described(validate)}`)
  }
  return { observe, seen, problems, paths, validator }
}

/** A whole life of a shop in one market. */
async function life(
  observe: TikTokSimulatorOptions['observe'],
  more: TikTokSimulatorOptions,
): Promise<unknown[]> {
  const simulator = await startTikTokSimulator({
    clock: acceleratedClock(600),
    settlingMs: 0,
    limit: { rate: 100, burst: 200 },
    ...(observe ? { observe } : {}),
    ...more,
  })
  const connection = tiktok({ ...simulator.options, deactivateAtZero: true, callsPerSecond: 50, fbt: true })
  const context = adapterContext(connection, { clock: simulator.clock })
  const errors: unknown[] = []
  const refused = (work: Promise<unknown>) => work.catch((error: unknown) => errors.push(error))
  const list = async (sku: string, quantity: number, rest: object = {}) =>
    await simulator.control<{ listing: string; product: string }>('listings', { sku, quantity, ...rest })
  const buy = async (lines: object[], rest: object = {}) =>
    (await simulator.control<{ order: string }>('orders', { lines, ...rest })).order
  const { orders, listings, shipments, returns, labels, webhooks, platformStock } = connection
  try {
    const mug = await list('MUG-RED', 30)
    const blue = await list('MUG-BLUE', 20, { product: mug.product })
    await listings.write(context, [target(mug.listing, 25), target(blue.listing, 12), target('999', 1)])
    await listings.list(context, null)
    await listings.write(context, [target(mug.listing, 0), target(blue.listing, 0)])
    await listings.write(context, [target(mug.listing, 25), target(blue.listing, 12)])

    const one = await buy([
      { sku: 'MUG-RED', quantity: 2 },
      { sku: 'MUG-BLUE', quantity: 1 },
    ])
    await buy([{ sku: 'MUG-RED', quantity: 1 }], { paid: false })
    const lines = [{ line: mug.listing, quantity: 2 }]
    const [sent] = await shipments.confirm(context, [notice({ order: one, lines })])
    const rest = {
      ...notice({ order: one, lines: [{ line: blue.listing, quantity: 1 }] }),
      trackingNumber: '1Z2',
    }
    await shipments.confirm(context, [rest])
    const reference = sent?.status === 'done' ? (sent.reference ?? null) : null
    await shipments.correct(context, { ...notice({ order: one, lines }), trackingNumber: '1Z3' }, reference)

    const wished = await buy([{ sku: 'MUG-RED', quantity: 1 }])
    await simulator.control('orders/request-cancel', { order: wished })
    for (let cursor: string | null = null, on = true; on; )
      ({ cursor, more: on } = await orders.read(context, cursor))
    await orders.answerCancelRequest(context, wished, false)
    await simulator.control('orders/request-cancel', { order: wished })
    await orders.cancel(context, { order: wished, reason: 'customer', key: 'c1' })
    const gone = await buy([{ sku: 'MUG-RED', quantity: 1 }])
    await orders.cancel(context, { order: gone, reason: 'out_of_stock', key: 'c2' })
    await refused(orders.cancel(context, { order: '111', reason: 'other', key: 'c3' }))

    for (const type of ['RETURN_AND_REFUND', 'REPLACEMENT', 'REFUND'] as const) {
      const opened = await simulator.control<{ return: string }>('returns', { order: one, type })
      const ref = { return: opened.return, order: one, key: `r-${type}` }
      await returns.get(context, opened.return)
      if (type === 'REFUND') await returns.decline(context, { ...ref, reason: 'too_late', note: 'Sorry' })
      else await returns.approve(context, ref)
      if (type !== 'RETURN_AND_REFUND') continue
      await simulator.control('returns/ship', { return: opened.return })
      await returns.refund(context, { ...ref, lines: [], shipping: false, amount: null, reason: null })
    }
    await returns.read(context, null)

    await simulator.control('listings', { sku: 'MUG-RED', quantity: 9 })
    const labelled = await buy([{ sku: 'MUG-RED', quantity: 1 }], { shippingType: 'TIKTOK' })
    const shipFrom = { ...nowhere, country: 'US' }
    const box = {
      size: { length: 200, width: 150, height: 100 },
      weight: 350,
      lines: [{ line: mug.listing, quantity: 1 }],
    }
    const request = { order: labelled, shipFrom, packages: [box], shipAt: simulator.clock.now() }
    const [rate] = await labels.rates(context, request)
    const label = await labels.buy(context, { ...request, rate: rate?.id ?? '', key: 'l1' })
    await labels.get(context, label.id)

    await simulator.control('fbt', { sku: 'MUG-RED', quantity: 7 })
    await platformStock.stock(context, { skus: null, cursor: null })
    await platformStock.locations(context)
    await webhooks.ensure(context, 'https://example.com/webhooks/tiktok')
    await webhooks.ensure(context, 'https://example.com/webhooks/tiktok')
    return [...errors, ...simulator.errors]
  } finally {
    await simulator.close()
  }
}

const nowhere = {
  name: null,
  company: null,
  line1: null,
  line2: null,
  line3: null,
  city: null,
  region: null,
  postalCode: null,
  phone: null,
}

/** A whole life of a shop that ships for other channels. */
async function mcfLife(observe: TikTokSimulatorOptions['observe']): Promise<unknown[]> {
  const simulator = await startTikTokSimulator({
    clock: acceleratedClock(600),
    limit: { rate: 100, burst: 200 },
    duplicates: 'named',
    ...(observe ? { observe } : {}),
  })
  const connection = tiktok({ ...simulator.options, callsPerSecond: 50, mcf: true })
  const context = adapterContext(connection, { clock: simulator.clock })
  const { submit, get, cancel, updates, stock, locations } = connection.fulfillment
  const errors: unknown[] = []
  const refused = (work: Promise<unknown>) => work.catch((error: unknown) => errors.push(error))
  try {
    await simulator.control('stock', { sku: 'MUG', quantity: 30 })
    await locations(context)
    await stock(context, { skus: null, cursor: null })
    await stock(context, { skus: ['MUG', 'NONE', '12345'], cursor: null })
    const order = await submit(context, asked())
    await submit(context, asked())
    const one = { ...order, lines: asked().lines, acceptedAt: null }
    await get(context, order.reference, one)
    await simulator.control('mcf/split', { reference: order.reference })
    await simulator.control('ship', {
      reference: order.reference,
      lines: [{ sku: 'MUG', quantity: 1 }],
    })
    await simulator.control('hold', { reference: order.reference })
    await updates(context, null, async () => [one])
    await cancel(context, order)
    await get(context, order.reference, { ...one, id: '404' })
    await refused(submit(context, asked({ reference: 'web-2-1', lines: [{ ...mugs, quantity: 40 }] })))
    await simulator.control('mcf/enrol', { active: false })
    await refused(locations(context))
    return [...errors, ...simulator.errors]
  } finally {
    await simulator.close()
  }
}

const mugs = { sku: 'MUG', title: 'Mug', quantity: 3 }

describe('TikTok Shop, against its OpenAPI documents', () => {
  it.skipIf(!present)('every request and answer of shipping for other channels conforms', async () => {
    const { observe, seen, problems } = conformance()
    const errors = await mcfLife(observe)
    expect(problems).toEqual([])
    expect(errors.map((error) => (error as { code?: string }).code)).toEqual(['rejected', 'permission'])
    expect([...seen].sort()).toMatchInlineSnapshot(`
      [
        "GET /authorization/202309/shops ok",
        "GET /fbt/202601/mcf_outbound_orders 177001010",
        "GET /fbt/202601/mcf_outbound_orders ok",
        "GET /fbt/202601/merchants/mcf_status ok",
        "POST /fbt/202409/goods/search ok",
        "POST /fbt/202601/mcf/goods/inventory/search ok",
        "POST /fbt/202601/mcf_outbound_orders 177001004",
        "POST /fbt/202601/mcf_outbound_orders 177001007",
        "POST /fbt/202601/mcf_outbound_orders ok",
        "POST /fbt/202601/mcf_outbound_orders/cancel ok",
      ]
    `)
  })

  it.skipIf(!present)('every status of a consign order in the documents is known', () => {
    const { paths } = load()
    const path = '/fbt/202601/mcf_outbound_orders'
    let schema = paths[path]?.get?.responses['200']?.content?.[json]?.schema
    for (const name of ['data', 'mcf_order', 'consign_orders', 'status'])
      schema = schema?.properties?.[name] ?? schema?.items?.properties?.[name]
    const words = [...(schema?.description ?? '').matchAll(/\*\*([A-Z_]+)\*\*/g)].map(([, word = '']) => word)
    expect(words).toHaveLength(9)
    expect(words.filter((word) => !isKnownStatus(word))).toEqual([])
  })

  it.skipIf(!present)('every request and every answer of a whole life conforms', async () => {
    const { observe, seen, problems } = conformance()
    const errors = [
      ...(await life(observe, { region: 'US', zero: 'refused' })),
      ...(await life(observe, { region: 'TH' })),
    ]
    expect(problems).toEqual([])
    expect(errors.map((error) => (error as { code?: string }).code)).toEqual(['not_found', 'not_found'])
    expect([...seen].sort()).toMatchInlineSnapshot(`
      [
        "GET /authorization/202309/shops ok",
        "GET /event/202309/webhooks ok",
        "GET /fbt/202408/warehouses ok",
        "GET /fulfillment/202309/packages/{package_id} ok",
        "GET /fulfillment/202309/packages/{package_id}/handover_time_slots ok",
        "GET /fulfillment/202309/packages/{package_id}/shipping_documents ok",
        "GET /logistics/202309/delivery_options/{delivery_option_id}/shipping_providers ok",
        "GET /order/202309/orders ok",
        "GET /return_refund/202309/reject_reasons ok",
        "GET /return_refund/202512/orders/{order_id}/aftersale_eligibility ok",
        "POST /fbt/202408/inventory/search ok",
        "POST /fulfillment/202309/orders/{order_id}/packages ok",
        "POST /fulfillment/202309/orders/{order_id}/shipping_services/query ok",
        "POST /fulfillment/202309/orders/{order_id}/split ok",
        "POST /fulfillment/202309/packages ok",
        "POST /fulfillment/202309/packages/{package_id}/ship ok",
        "POST /fulfillment/202309/packages/{package_id}/shipping_info/update ok",
        "POST /order/202309/orders/search ok",
        "POST /product/202309/inventory/search ok",
        "POST /product/202309/products/activate ok",
        "POST /product/202309/products/deactivate ok",
        "POST /product/202309/products/{product_id}/inventory/update ok",
        "POST /product/202502/products/search ok",
        "POST /return_refund/202309/cancellations ok",
        "POST /return_refund/202309/cancellations/search ok",
        "POST /return_refund/202309/cancellations/{cancel_id}/approve ok",
        "POST /return_refund/202309/cancellations/{cancel_id}/reject ok",
        "POST /return_refund/202309/returns/search ok",
        "POST /return_refund/202309/returns/{return_id}/approve ok",
        "POST /return_refund/202309/returns/{return_id}/reject ok",
        "PUT /event/202309/webhooks ok",
      ]
    `)
  })

  it.skipIf(!present)('every status word of the documents is known', () => {
    const { paths } = load()
    const words = (path: string, ...names: string[]) => {
      let schema = paths[path]?.post?.responses['200']?.content?.[json]?.schema
      for (const name of names) schema = schema?.properties?.[name] ?? schema?.items?.properties?.[name]
      const found = [...(schema?.description ?? '').matchAll(/`([A-Z_]{6,})`/g)].map(([, word = '']) => word)
      return [...new Set(found)].filter((word) => word !== 'PRE_ORDER')
    }
    const orderWords = words('/order/202309/orders/search', 'data', 'orders', 'status')
    const returnWords = words(
      '/return_refund/202309/returns/search',
      'data',
      'return_orders',
      'return_status',
    )
    expect(orderWords.length).toBeGreaterThanOrEqual(9)
    expect(returnWords.length).toBeGreaterThanOrEqual(14)
    expect(orderWords.filter((word) => statusOf(word, 'SELLER') === 'unknown')).toEqual([])
    expect(returnWords.filter((word) => returnStatusOf(word) === 'unknown')).toEqual([])
  })

  it.skipIf(!present)('the topics subscribed to are topics of the document', () => {
    const { paths } = load()
    const body = paths['/event/202309/webhooks']?.put?.requestBody?.content[json]?.schema
    const known = body?.properties?.event_type?.description ?? ''
    for (const topic of subscribedTopics) expect(known, topic).toContain(`\`${topic}\``)
  })

  it.skipIf(!present)('signatures are those of the vectors', () => {
    const file = JSON.parse(readFileSync(`${specs}/tiktok/test-vectors.json`, 'utf8'))
    for (const { app_secret, path, query, body, sign } of file.request_sign)
      expect(signRequest(app_secret, { path, query: Object.entries<string>(query), body })).toBe(sign)
    for (const { app_key, app_secret, raw_body, signature } of file.webhook_authorization)
      expect(signWebhook(app_key, app_secret, raw_body)).toBe(signature)
  })

  it.skipIf(!present)('a request or an answer that does not conform is found (a test of this test)', () => {
    const { paths, validator } = conformance()
    const mark = paths['/fulfillment/202309/orders/{order_id}/packages']?.post
    const body = validator(mark?.requestBody?.content[json]?.schema ?? {})
    expect(body({ order_line_item_ids: ['1'], tracking_number: '1Z', shipping_provider_id: '7' })).toBe(true)
    expect(body({ order_line_item_ids: [1] })).toBe(false)
    expect(body({ carrier: 'UPS' })).toBe(false)
    const answer = validator(mark?.responses['200']?.content?.[json]?.schema ?? {})
    expect(answer({ code: 0, data: { package_id: 7 } })).toBe(false)
  })
})
