import { z } from 'zod'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import { orBeginAgain, readRow, serverMoment, tryRow } from '../../src/http/index.ts'
import type {
  AdapterContext,
  CancelResult,
  FulfillmentFacet,
  FulfillmentOrder,
  FulfillmentPage,
  FulfillmentRequest,
  UnreadableOrder,
} from '../../src/spec/index.ts'
import { ask, segment, send } from './client.ts'
import { fbaLocations, fbaStock } from './fba.ts'
import { orderIdOf, toFulfillmentOrder } from './mcf-order.ts'
import { mcfQuote } from './mcf-quote.ts'
import { choicesOf, createBody, createBody2020, sameContents } from './mcf-request.ts'
import { mcfReturns } from './mcf-returns.ts'
import { McfCreated, McfOrder, McfOrderAnswer, McfOrders } from './mcf-wire.ts'
import type { McfSettings, Settings } from './options.ts'

/** Multi-Channel Fulfillment: what lies in FBA ships the orders of other channels too. */
export type AmazonFulfillment = Omit<Required<FulfillmentFacet>, 'keep'> & { readonly keep?: undefined }

const root = '/fulfillment/outbound/2026-07-04'
const dayMs = 86_400_000

async function find(context: AdapterContext, settings: Settings, reference: string): Promise<unknown | null> {
  try {
    const { order } = await ask(context, settings, {
      operation: 'getMcfOrder',
      effect: 'read',
      method: 'GET',
      path: `${root}/orders/${segment(reference)}`,
      schema: McfOrderAnswer,
    })
    return order ?? null
  } catch (error) {
    if (isStockpoolError(error, 'not_found')) return null
    throw error
  }
}

const waitsMs = [0, 1_000, 2_000, 4_000]

/** The order as soon as Amazon shows it; `null`: not within some seconds. */
async function shown(
  context: AdapterContext,
  settings: Settings,
  reference: string,
): Promise<unknown | null> {
  for (const waitMs of waitsMs) {
    if (waitMs > 0) await context.clock.sleep(waitMs, context.signal)
    const raw = await find(context, settings, reference)
    if (raw !== null) return raw
  }
  return null
}

interface Created {
  /** `null`: taken on, and not shown yet. */
  readonly raw: unknown
  /** By Amazon's clock, epoch milliseconds. */
  readonly askedAt: number
}

async function create(
  context: AdapterContext,
  settings: Settings,
  mcf: McfSettings,
  request: FulfillmentRequest,
): Promise<Created> {
  const startedAt = Math.floor(context.clock.now())
  // The reference is unique at Amazon: a repeat is refused, and then looked up.
  const common = { effect: 'idempotent', method: 'POST' } as const
  if (choicesOf(mcf, request.channel).blockAmazonLogistics) {
    const { headers } = await send(context, settings, {
      ...common,
      operation: 'createFulfillmentOrder',
      path: '/fba/outbound/2020-07-01/fulfillmentOrders',
      json: createBody2020(settings, mcf, request),
      schema: z.unknown(),
    })
    return { raw: null, askedAt: serverMoment({ startedAt, endedAt: context.clock.now() }, headers) }
  }
  const { data, headers } = await send(context, settings, {
    ...common,
    operation: 'createOrder',
    path: `${root}/orders`,
    json: createBody(settings, mcf, request),
    schema: McfCreated,
  })
  return {
    raw: data.order ?? null,
    askedAt: serverMoment({ startedAt, endedAt: context.clock.now() }, headers),
  }
}

/** Amazon refused to create: because it has the order already? Decided by looking, not by the words of the refusal. */
async function fetchInstead(
  context: AdapterContext,
  settings: Settings,
  request: FulfillmentRequest,
  refusal: StockpoolError,
): Promise<FulfillmentOrder> {
  // A first attempt may have been taken on by a 202 whose answer was lost, and not be shown yet.
  const raw = await shown(context, settings, request.reference)
  if (raw === null && !saysExists.test(refusal.message)) throw refusal
  if (raw === null) {
    throw new StockpoolError(
      'unknown_outcome',
      'Amazon has an order under this reference and does not show it yet',
      {
        details: { reference: request.reference },
        remedy: 'It is looked up by its reference in a while.',
        cause: refusal,
      },
    )
  }
  const there = readRow(McfOrder, raw, { what: 'an MCF order' })
  if (sameContents(settings, request, there)) return toFulfillmentOrder(settings, raw)
  throw new StockpoolError('conflict', 'Amazon has another order under this reference', {
    field: 'lines',
    details: { reference: request.reference },
    remedy: 'Compare the two orders in Seller Central; submit under a new reference if both are meant.',
  })
}

const saysExists = /already|duplicate|not unique/i

/** What a 202 promised. Amazon works it off behind the answer: until it shows the order, it is only submitted. */
async function promised(
  context: AdapterContext,
  settings: Settings,
  { reference }: FulfillmentRequest,
  askedAt: number,
): Promise<FulfillmentOrder> {
  const raw = await shown(context, settings, reference)
  if (raw !== null) return toFulfillmentOrder(settings, raw)
  // Older than whatever Amazon will say of the order, whose times have whole seconds: a later word of ours would hide its first.
  const before = askedAt - 1_000
  return {
    id: reference,
    reference,
    status: 'submitted',
    rawStatus: 'accepted, not shown yet',
    attention: null,
    acceptedAt: before,
    allocated: false,
    updatedAt: before,
    cancelled: [],
    parcels: [],
    raw: null,
  }
}

async function submit(
  context: AdapterContext,
  settings: Settings,
  mcf: McfSettings,
  request: FulfillmentRequest,
): Promise<FulfillmentOrder> {
  let created: Created
  try {
    created = await create(context, settings, mcf, request)
    const { raw } = created
    if (raw !== null && sameContents(settings, request, readRow(McfOrder, raw, { what: 'an MCF order' })))
      return toFulfillmentOrder(settings, raw)
  } catch (error) {
    if (!isStockpoolError(error, 'rejected')) throw error
    return await fetchInstead(context, settings, request, error)
  }
  return await promised(context, settings, request, created.askedAt)
}

/** What the order itself says of a cancellation; `null`: nothing is decided yet. */
function outcomeOf(order: FulfillmentOrder): CancelResult | null {
  if (order.status === 'cancelled' || order.status === 'rejected') return { outcome: 'stopped' }
  const late: readonly string[] = ['partially_shipped', 'labelled', 'shipped', 'delivered']
  return late.includes(order.status) ? { outcome: 'too_late', detail: `Amazon: ${order.rawStatus}` } : null
}

/** Asked for only: 202 promises nothing, so the order is read afterwards. Amazon stops nothing that it packs already. */
async function cancel(context: AdapterContext, settings: Settings, reference: string): Promise<CancelResult> {
  let refusal: StockpoolError | null = null
  try {
    await ask(context, settings, {
      operation: 'cancelOrder',
      effect: 'idempotent',
      method: 'PUT',
      path: `${root}/orders/${segment(reference)}/cancel`,
      schema: z.unknown(),
    })
  } catch (error) {
    if (!isStockpoolError(error, 'rejected')) throw error
    refusal = error
  }
  const raw = await find(context, settings, reference)
  if (raw === null)
    throw new StockpoolError('not_found', `Amazon has no MCF order ${reference}`, { field: 'reference' })
  const order = toFulfillmentOrder(settings, raw)
  const told = outcomeOf(order)
  if (told) return told
  return refusal === null
    ? { outcome: 'unknown', detail: 'asked for; Amazon has not decided yet' }
    : { outcome: 'too_late', detail: refusal.message.slice(0, 300) }
}

const Cursor = z.object({
  /** Everything changed before this is known, epoch milliseconds. */
  watermark: z.number(),
  page: z.object({ token: z.string(), after: z.string(), until: z.number() }).optional(),
  /** When the pass last began again, Amazon having refused its page token. */
  restartedAt: z.number().optional(),
})
type Cursor = z.infer<typeof Cursor>

function readCursor(text: string | null, now: number): Cursor {
  if (text === null) return { watermark: now - 7 * dayMs }
  try {
    return Cursor.parse(JSON.parse(text))
  } catch {
    throw new StockpoolError('invalid_input', 'this is no cursor of the MCF orders', { field: 'cursor' })
  }
}

/** Each pass looks a while back: a change may be listed late, and a repeat does no harm. */
const overlapMs = 3_600_000

const listed = {
  operation: 'listOrders',
  effect: 'read',
  method: 'GET',
  path: `${root}/orders`,
  schema: McfOrders,
} as const

async function updates(
  context: AdapterContext,
  settings: Settings,
  text: string | null,
): Promise<FulfillmentPage> {
  const now = Math.floor(context.clock.now())
  const cursor = readCursor(text, now)
  const after =
    cursor.page?.after ?? new Date(cursor.watermark - (text === null ? 0 : overlapMs)).toISOString()
  const page = { updatedAfter: after, pageToken: cursor.page?.token }
  const answer = await orBeginAgain(context, send(context, settings, { ...listed, query: page }), {
    of: 'MCF orders',
    token: cursor.page?.token,
    restartedAt: cursor.restartedAt,
  })
  if (answer === null) {
    const anew: Cursor = { watermark: cursor.watermark, restartedAt: now }
    return { orders: [], cursor: JSON.stringify(anew), more: true }
  }
  const { data, headers } = answer
  const { orders: rows, pagination } = data
  const until = cursor.page?.until ?? serverMoment({ startedAt: now, endedAt: context.clock.now() }, headers)
  const orders: FulfillmentOrder[] = []
  const unreadable: UnreadableOrder[] = []
  for (const raw of rows) {
    const read = await tryRow(() => toFulfillmentOrder(settings, raw))
    if ('value' in read) orders.push(read.value)
    else unreadable.push({ id: orderIdOf(raw), error: read.error })
  }
  const token = pagination?.nextToken
  if (!token) return { orders, unreadable, cursor: JSON.stringify({ watermark: until }), more: false }
  const next: Cursor = { ...cursor, page: { token, after, until } }
  return { orders, unreadable, cursor: JSON.stringify(next), more: true }
}

export function amazonFulfillment(settings: Settings, mcf: McfSettings): AmazonFulfillment {
  return {
    submit: (context, request) => submit(context, settings, mcf, request),
    async get(context, reference) {
      const raw = await find(context, settings, reference)
      return raw === null ? null : toFulfillmentOrder(settings, raw)
    },
    cancel: (context, { reference }) => cancel(context, settings, reference),
    updates: (context, cursor) => updates(context, settings, cursor),
    stock: (context, query) => fbaStock(context, settings, query),
    locations: (context) => fbaLocations(context, settings),
    quote: (context, request) => mcfQuote(context, settings, request),
    returns: (context, cursor) => mcfReturns(context, settings, cursor),
  }
}
