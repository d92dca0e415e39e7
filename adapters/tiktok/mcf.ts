import { z } from 'zod'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import { readRow, tryRow } from '../../src/http/index.ts'
import type {
  AdapterContext,
  AskedOrder,
  CancelResult,
  FulfillmentFacet,
  FulfillmentOrder,
  FulfillmentPage,
  FulfillmentRequest,
  OpenOrders,
  ProviderLocation,
  UnreadableOrder,
} from '../../src/spec/index.ts'
import { isId, send, shopOf } from './client.ts'
import { existingId } from './errors.ts'
import { fbtLocation, mcfStock, skusOf } from './mcf-goods.ts'
import { newOrder, stageOf, toFulfillmentOrder } from './mcf-order.ts'
import { createBody } from './mcf-request.ts'
import type { Settings, TikTokMcf } from './options.ts'
import { McfCreated, McfFound, McfStatus, Nothing, WireMcfOrder } from './wire.ts'

/** Multi-channel fulfilment: what lies with Fulfilled by TikTok ships the orders of other channels too. */
export type TikTokFulfillment = Omit<Required<FulfillmentFacet>, 'keep' | 'quote' | 'returns'> & {
  readonly keep?: undefined
  readonly quote?: undefined
  readonly returns?: undefined
}

const orders = '/fbt/202601/mcf_outbound_orders'

interface Found {
  readonly order: WireMcfOrder
  readonly raw: unknown
}

/** The order of this reference under TikTok's own id, which is all that one can be read by; `null`: there is no such. */
async function find(
  context: AdapterContext,
  settings: Settings,
  { id, reference }: { readonly id: string; readonly reference: string },
): Promise<Found | null> {
  if (!isId(id)) return null
  try {
    const { data } = await send(context, settings, {
      operation: 'GetFBFMCFOrderStatus',
      effect: 'read',
      method: 'GET',
      path: orders,
      query: { mcf_order_id: id },
      schema: McfFound,
    })
    if (data.mcf_order == null) return null
    const order = readRow(WireMcfOrder, data.mcf_order, { what: 'an MCF order', details: { order: id } })
    return order.external_order_id === reference ? { order, raw: data.mcf_order } : null
  } catch (error) {
    if (isStockpoolError(error, 'not_found')) return null
    throw error
  }
}

const goodsIn = ({ order }: Found) =>
  (order.consign_orders ?? []).flatMap(({ goods }) => (goods ?? []).map(({ id }) => id))

async function read(
  context: AdapterContext,
  settings: Settings,
  asked: AskedOrder & { readonly id: string },
): Promise<FulfillmentOrder | null> {
  const found = await find(context, settings, asked)
  if (found === null) return null
  const skus = await skusOf(context, settings, goodsIn(found))
  return toFulfillmentOrder(found.order, asked, skus, found.raw, context.clock.now())
}

/**
 * The reference is unique among TikTok's open orders, so a repeat is refused. A refusal that names the order is as good as the
 * answer that was lost; one that does not says that the order is there, and nothing is sent again.
 */
async function submit(
  context: AdapterContext,
  settings: Settings,
  mcf: TikTokMcf,
  request: FulfillmentRequest,
): Promise<FulfillmentOrder> {
  const { reference, lines } = request
  const json = await createBody(context, settings, mcf, request)
  try {
    const { data } = await send(context, settings, {
      operation: 'CreateFBTMCFOrder',
      // Unique only among open orders: whether to repeat it, the engine decides, which knows how long ago it was sent.
      effect: 'once',
      method: 'POST',
      path: orders,
      json,
      schema: McfCreated,
    })
    return newOrder(reference, data.mcf_order?.mcf_order_id ?? '', context.clock.now(), 'created')
  } catch (error) {
    const id = existingId(error, reference)
    if (id === null) throw error
    const there = id === '' ? null : await read(context, settings, { reference, id, lines, acceptedAt: null })
    return there ?? newOrder(reference, '', context.clock.now(), 'there already')
  }
}

async function get(
  context: AdapterContext,
  settings: Settings,
  reference: string,
  asked: AskedOrder | undefined,
): Promise<FulfillmentOrder | null> {
  if (asked === undefined || asked.id === null) {
    throw new StockpoolError('unknown_outcome', 'TikTok shows an MCF order under its own id alone', {
      field: 'asked.id',
      details: { reference },
      remedy: 'Look the order up in Seller Center, and give its id to hub.orders.resume.',
    })
  }
  return read(context, settings, { ...asked, reference, id: asked.id })
}

/** The whole order. TikTok stops each part that has not left, and answers for each; the order is read afterwards. */
async function cancel(
  context: AdapterContext,
  settings: Settings,
  order: { readonly id: string; readonly reference: string },
): Promise<CancelResult> {
  let refusal: StockpoolError | null = null
  try {
    await send(context, settings, {
      operation: 'CancelFBTMCFOrder',
      effect: 'idempotent',
      method: 'POST',
      path: `${orders}/cancel`,
      json: { mcf_order_id: order.id },
      schema: Nothing,
    })
  } catch (error) {
    if (!isStockpoolError(error, 'rejected') && !isStockpoolError(error, 'conflict')) throw error
    refusal = error
  }
  const found = await find(context, settings, order)
  if (found === null)
    throw new StockpoolError('not_found', `TikTok has no MCF order ${order.id}`, { field: 'id' })
  return outcomeOf(found.order, refusal)
}

function outcomeOf({ consign_orders }: WireMcfOrder, refusal: StockpoolError | null): CancelResult {
  const goods = (consign_orders ?? []).map((each) => stageOf(each).goods)
  // Nothing was in work yet, and TikTok took the cancellation of the whole.
  if (goods.length === 0 && refusal === null) return { outcome: 'stopped' }
  if (refusal === null && goods.includes('in'))
    return { outcome: 'unknown', detail: 'asked for; TikTok has not closed all of it' }
  if (goods.includes('stopped') && !goods.includes('in')) return { outcome: 'stopped' }
  return { outcome: 'too_late', detail: refusal?.message.slice(0, 300) ?? 'TikTok: it has left' }
}

/** Where a round over the open orders is, and how many it has read in this pass. */
const Cursor = z.object({ after: z.string().nullable(), read: z.int().min(0) })
const ordersAtOnce = 50

function readCursor(text: string | null): z.infer<typeof Cursor> {
  if (text === null) return { after: null, read: 0 }
  try {
    return Cursor.parse(JSON.parse(text))
  } catch {
    throw new StockpoolError('invalid_input', 'this is no cursor of the MCF orders', { field: 'cursor' })
  }
}

/**
 * TikTok keeps no list of changes: the open orders are looked at one after the other, round and round, in each pass as many as the
 * limit allows until the next.
 */
async function updates(
  context: AdapterContext,
  settings: Settings,
  text: string | null,
  open: OpenOrders | undefined,
): Promise<FulfillmentPage> {
  const cursor = readCursor(text)
  const asked = (await open?.({ after: cursor.after, most: ordersAtOnce })) ?? []
  const unreadable: UnreadableOrder[] = []
  const seen: { readonly one: AskedOrder; readonly found: Found }[] = []
  for (const one of asked) {
    const { reference, id } = one
    const looked = await tryRow(async () => {
      const found = await find(context, settings, { reference, id: id ?? '' })
      if (found !== null) return { one, found }
      throw new StockpoolError('not_found', `TikTok no longer shows MCF order ${id}`, { field: 'id' })
    })
    if ('value' in looked) seen.push(looked.value)
    else unreadable.push({ id: reference, error: looked.error })
  }
  // What is refused of every order is no order's fault.
  const [first] = unreadable
  if (
    first &&
    unreadable.length === asked.length &&
    unreadable.every(({ error }) => error.code === 'rejected')
  )
    throw first.error
  const skus = await skusOf(
    context,
    settings,
    seen.flatMap(({ found }) => goodsIn(found)),
  )
  const now = context.clock.now()
  const most = Math.max(ordersAtOnce, Math.floor((settings.callsPerSecond * settings.updatesMs) / 1000))
  const done = cursor.read + asked.length
  const ended = asked.length < ordersAtOnce
  const more = !ended && done < most
  const after = ended ? null : (asked.at(-1)?.reference ?? null)
  return {
    orders: seen.map(({ one, found }) => toFulfillmentOrder(found.order, one, skus, found.raw, now)),
    unreadable,
    cursor: JSON.stringify({ after, read: more ? done : 0 } satisfies z.infer<typeof Cursor>),
    more,
  }
}

/**
 * One place, once the shop may have other channels' orders shipped from it.
 * @throws StockpoolError `permission` when the shop is not enrolled
 */
async function locations(context: AdapterContext, settings: Settings): Promise<readonly ProviderLocation[]> {
  const { data } = await send(context, settings, {
    operation: 'GetFBTMerchantMCFStatus',
    effect: 'read',
    method: 'GET',
    path: '/fbt/202601/merchants/mcf_status',
    schema: McfStatus,
  })
  if (data.mcf_status?.is_mcf !== 1) {
    throw new StockpoolError('permission', 'the shop does not take part in multi-channel fulfilment', {
      field: 'mcf',
      remedy:
        'Enrol it with Fulfilled by TikTok, multi-channel fulfilment, in Seller Center; or leave mcf out.',
    })
  }
  const { region } = await shopOf(context, settings)
  const country = /^[A-Z]{2}$/.test(region) ? region : null
  return [{ id: fbtLocation, name: 'Fulfilled by TikTok', country, postalCode: null }]
}

export function tiktokFulfillment(settings: Settings, mcf: TikTokMcf): TikTokFulfillment {
  return {
    submit: (context, request) => submit(context, settings, mcf, request),
    get: (context, reference, asked) => get(context, settings, reference, asked),
    cancel: (context, order) => cancel(context, settings, order),
    updates: (context, cursor, open) => updates(context, settings, cursor, open),
    stock: (context, { skus }) => mcfStock(context, settings, skus),
    locations: (context) => locations(context, settings),
  }
}
