import { z } from 'zod'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import { orBeginAgain, readRow, tryRow } from '../../src/http/index.ts'
import type { Disposition } from '../../src/model/return.ts'
import type {
  AdapterContext,
  ProviderReturn,
  ProviderReturnPage,
  UnreadableOrder,
} from '../../src/spec/index.ts'
import { ask, segment } from './client.ts'
import { fbaLocation, fbaMarketplaces, ownSku } from './fba.ts'
import { ListedOrders, OrderWithReturns, ReturnItem } from './mcf-wire.ts'
import type { Settings } from './options.ts'

// Returns are in Fulfillment Outbound 2020-07-01 alone; 2026-07-04 has none.

const root = '/fba/outbound/2020-07-01/fulfillmentOrders'
const dayMs = 86_400_000

const Cursor = z.object({
  token: z.string().nullable(),
  after: z.string().nullable(),
  /** When the pass that is under way, or the last one, began: epoch milliseconds. */
  askedAt: z.number().optional(),
  /** When the pass last began again, Amazon having refused its page token. */
  restartedAt: z.number().optional(),
})
type Cursor = z.infer<typeof Cursor>

function readCursor(text: string | null): Cursor {
  if (text === null) return { token: null, after: null }
  try {
    return Cursor.parse(JSON.parse(text))
  } catch {
    throw new StockpoolError('invalid_input', 'this is no cursor of the MCF returns', { field: 'cursor' })
  }
}

/** What Amazon found: only `Sellable` goes back onto its shelves, and its stock tells of that by itself. */
const conditions: Readonly<Record<string, Disposition>> = {
  Sellable: 'restocked',
  Defective: 'damaged',
  CustomerDamaged: 'damaged',
  CarrierDamaged: 'damaged',
  FulfillerDamaged: 'damaged',
}

interface Found {
  readonly returns: readonly ProviderReturn[]
  readonly unreadable: readonly UnreadableOrder[]
}

/** A return item is one unit. Those of one authorisation are one return. */
export async function returnsOf(
  settings: Settings,
  reference: string,
  { payload }: z.infer<typeof OrderWithReturns>,
): Promise<Found> {
  const items = payload?.fulfillmentOrderItems ?? []
  const skus = new Map(items.map((item) => [item.sellerFulfillmentOrderItemId, item.sellerSku]))
  const groups = new Map<string, unknown[]>()
  for (const item of payload?.returnItems ?? []) {
    const named = Authorised.safeParse(item)
    const id = `${reference}/${(named.success && named.data.returnAuthorizationId) || 'none'}`
    groups.set(id, [...(groups.get(id) ?? []), item])
  }
  const returns: ProviderReturn[] = []
  const unreadable: UnreadableOrder[] = []
  for (const [id, raw] of groups) {
    const read = await tryRow(() => returnOf(settings, reference, id, raw, skus))
    if ('value' in read) returns.push(read.value)
    else unreadable.push({ id, error: read.error })
  }
  return { returns, unreadable }
}

const Authorised = ReturnItem.pick({ returnAuthorizationId: true })

function returnOf(
  settings: Settings,
  reference: string,
  id: string,
  raw: unknown[],
  skus: ReadonlyMap<string, string>,
): ProviderReturn {
  const items = readRow(z.array(ReturnItem), raw, { what: 'a return of MCF', details: { return: id } })
  const bySku = new Map<string, ReturnItem[]>()
  for (const item of items) {
    const sku = ownSku(settings, skus.get(item.sellerFulfillmentOrderItemId) ?? '')
    bySku.set(sku, [...(bySku.get(sku) ?? []), item])
  }
  const [marketplace = ''] = fbaMarketplaces(settings)
  return {
    id,
    reference,
    ...statusOf(items.map(({ status }) => status)),
    location: fbaLocation(marketplace),
    updatedAt: Math.max(...items.map(({ statusChangedDate }) => Date.parse(statusChangedDate) || 0)),
    trackingNumber: null,
    lines: [...bySku].map(([sku, some]) => lineOf(sku, some)),
    raw,
  }
}

/** Amazon has a status for each unit (FulfillmentReturnItemStatus), of which it documents two. */
function statusOf(words: readonly string[]): Pick<ProviderReturn, 'status' | 'rawStatus'> {
  const others = new Set(words.filter((word) => word !== 'New' && word !== 'Processed'))
  if (others.size > 0) return { status: 'unknown', rawStatus: [...others].join('/') }
  if (!words.includes('New')) return { status: 'processed', rawStatus: 'Processed' }
  return { status: words.includes('Processed') ? 'received' : 'approved', rawStatus: 'New' }
}

function lineOf(sku: string, items: readonly ReturnItem[]): ProviderReturn['lines'][number] {
  const arrived = items.filter(({ status }) => status === 'Processed')
  const counts = new Map<string, number>()
  for (const { returnReceivedCondition: word } of arrived)
    counts.set(word ?? '', (counts.get(word ?? '') ?? 0) + 1)
  return {
    sku,
    expected: items.length,
    received: arrived.length,
    wanted: null,
    dispositions: [...counts].map(([word, quantity]) => ({
      kind: conditions[word] ?? 'unknown',
      quantity,
      note: word === '' ? null : word,
    })),
    pictures: [],
  }
}

const shippedStatuses = ['Complete', 'CompletePartialled', 'Processing']

/**
 * Amazon lists orders by the last change of their status, which a return is not: each pass asks for every order of `returnsDays`, one
 * by one and two a second, so passes are `returnsMs` apart.
 */
export async function mcfReturns(
  context: AdapterContext,
  settings: Settings,
  text: string | null,
): Promise<ProviderReturnPage> {
  const cursor = readCursor(text)
  const now = context.clock.now()
  const begun = cursor.token === null ? null : cursor.after
  if (begun === null && cursor.askedAt !== undefined && now - cursor.askedAt < settings.returnsMs)
    return { returns: [], cursor: JSON.stringify(cursor), more: false }
  const after = begun ?? new Date(now - settings.returnsDays * dayMs).toISOString()
  const askedAt = begun === null ? now : cursor.askedAt
  const asked = ask(context, settings, {
    operation: 'listAllFulfillmentOrders',
    effect: 'read',
    method: 'GET',
    path: root,
    query: { queryStartDate: after, nextToken: cursor.token ?? undefined },
    schema: ListedOrders,
  })
  const { token: kept, restartedAt } = cursor
  const answer = await orBeginAgain(context, asked, {
    of: 'orders that have returns',
    token: kept,
    restartedAt,
  })
  if (answer === null) {
    const anew: Cursor = { token: null, after: null, restartedAt: now }
    return { returns: [], cursor: JSON.stringify(anew), more: true }
  }
  const { payload } = answer
  const listed = (payload?.fulfillmentOrders ?? []).filter(({ fulfillmentOrderStatus }) =>
    shippedStatuses.includes(fulfillmentOrderStatus),
  )
  const found = await Promise.all(
    listed.map(({ sellerFulfillmentOrderId: id }) => returnsIn(context, settings, id)),
  )
  const returns = found.flatMap((one) => one.returns).sort((one, other) => one.updatedAt - other.updatedAt)
  const token = payload?.nextToken || null
  return {
    returns,
    unreadable: found.flatMap(({ unreadable }) => unreadable),
    cursor: JSON.stringify(
      token === null ? { token, after: null, askedAt } : { token, after, askedAt, restartedAt },
    ),
    more: token !== null,
  }
}

async function returnsIn(context: AdapterContext, settings: Settings, reference: string): Promise<Found> {
  try {
    const answer = await ask(context, settings, {
      operation: 'getFulfillmentOrder',
      effect: 'read',
      method: 'GET',
      path: `${root}/${segment(reference)}`,
      schema: OrderWithReturns,
    })
    return await returnsOf(settings, reference, answer)
  } catch (error) {
    if (isNobodys(reference, error)) return { returns: [], unreadable: [] }
    if (!isStockpoolError(error, 'rejected')) throw error
    // A 400 is "missing or invalid parameters" (the model of getFulfillmentOrder), which says nothing of returns. Which they would be,
    // nobody can tell: the next pass asks again.
    const { message, remedy, details } = error
    const named = new StockpoolError('rejected', `the returns of MCF order ${reference}: ${message}`, {
      remedy,
      details,
      cause: error,
    })
    return { returns: [], unreadable: [{ id: null, error: named }] }
  }
}

/**
 * Whether Amazon does not have it, or cannot read its own id back: one with a plus sign or a space is answered by 400, 403 or 404
 * (amzn/selling-partner-api-models#5374, #1845). Ours have neither.
 */
function isNobodys(reference: string, error: unknown): boolean {
  if (isStockpoolError(error, 'not_found')) return true
  return (
    /[+\s]/.test(reference) && (isStockpoolError(error, 'rejected') || isStockpoolError(error, 'permission'))
  )
}
