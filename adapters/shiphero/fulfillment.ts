import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import type {
  AdapterContext,
  FulfillmentFacet,
  FulfillmentOrder,
  FulfillmentRequest,
} from '../../src/spec/index.ts'
import { cancel, keep } from './cancel.ts'
import { send } from './client.ts'
import { cancelOrderDocument, createOrderDocument, renameOrderDocument } from './documents.ts'
import { chosenOf, complete, type Found, findAll, othersOf } from './find.ts'
import type { Settings } from './options.ts'
import { orderFrom, readOrder } from './order.ts'
import { type CreateOrder, differences, toCreateOrder } from './request.ts'
import { readReturns } from './returns.ts'
import { readLocations, readStock } from './stock.ts'
import { readUpdates } from './updates.ts'

/** The facet with every optional method that ShipHero can do. */
export type ShipHeroFulfillment = FulfillmentFacet &
  Required<Pick<FulfillmentFacet, 'cancel' | 'keep' | 'returns'>>

/** The order that counts of all that were found under a reference, with a word on any others that live. */
function orderOf(
  context: AdapterContext,
  settings: Settings,
  found: readonly Found[],
): FulfillmentOrder | null {
  const chosen = chosenOf(found)
  if (chosen === null) return null
  const order = orderFrom(chosen.wire, chosen.raw, settings, context.clock.now())
  const others = othersOf(found)
  if (others.length === 0) return order
  const ids = others.map(({ wire }) => wire.legacy_id ?? wire.id).join(', ')
  const text = `ShipHero has the order more than once: cancel ${ids} there`
  return { ...order, attention: [order.attention, text].filter((each) => each !== null).join('; ') }
}

/** The order that exists already under the reference: fetched when it is ours, a conflict when it is another. */
function existing(
  context: AdapterContext,
  settings: Settings,
  found: readonly Found[],
  wanted: CreateOrder,
): FulfillmentOrder | null {
  const chosen = chosenOf(found)
  if (chosen === null) return null
  const differs = differences(wanted, chosen.wire)
  if (differs.length === 0) return orderOf(context, settings, found)
  throw new StockpoolError(
    'conflict',
    `ShipHero has another order under this reference: ${differs.join(', ')} differ`,
    {
      field: differs[0],
      details: { reference: wanted.partner_order_id, order: chosen.wire.id, differs },
      remedy: 'Compare the two orders in ShipHero; submit under a new reference if both are meant.',
    },
  )
}

async function create(context: AdapterContext, settings: Settings, data: CreateOrder): Promise<Found> {
  try {
    const answer = await send(context, settings, createOrderDocument, { data }, { effect: 'once' })
    const raw = answer.data.order_create.order
    return { wire: await complete(context, settings, readOrder(raw)), raw }
  } catch (thrown) {
    // Created, but the answer cannot be read: nothing was refused.
    if (!isStockpoolError(thrown, 'invalid_input')) throw thrown
    throw new StockpoolError('unknown_outcome', thrown.message, { remedy: thrown.remedy, cause: thrown })
  }
}

/**
 * ShipHero keeps no reference unique, so two that create at the same moment both succeed. Each looks once more: all see the
 * same eldest, and who made a younger one takes it back, under another reference so that nobody mistakes it for the order.
 * Cancelled before it is renamed: an order that nobody finds any more must not ship.
 */
async function withdrawn(context: AdapterContext, settings: Settings, made: Found): Promise<Found> {
  const reference = made.wire.partner_order_id ?? ''
  const eldest = chosenOf(await findAll(context, settings, reference))
  if (eldest === null || eldest.wire.id === made.wire.id) return made
  const customer = settings.customer === null ? {} : { customer_account_id: settings.customer }
  const order = { ...customer, order_id: made.wire.id }
  const reason = `made twice: ${eldest.wire.id} is the same order`
  await send(context, settings, cancelOrderDocument, { data: { ...order, reason } }, { effect: 'idempotent' })
  const renamed = { data: { ...order, partner_order_id: `${reference} (twice: ${made.wire.id})` } }
  await send(context, settings, renameOrderDocument, renamed, { effect: 'idempotent' })
  context.log.warn('ShipHero had the order twice; the younger one was taken back', { reference })
  return eldest
}

/** Looks first, creates once, looks again. */
async function submit(
  context: AdapterContext,
  settings: Settings,
  request: FulfillmentRequest,
): Promise<FulfillmentOrder> {
  const wanted = toCreateOrder(request, settings)
  const known = existing(context, settings, await findAll(context, settings, request.reference), wanted)
  if (known !== null) return known
  try {
    const made = await create(context, settings, wanted)
    const kept = await withdrawn(context, settings, made)
    return orderFrom(kept.wire, kept.raw, settings, context.clock.now())
  } catch (thrown) {
    // Refused: perhaps since somebody made it a moment ago, which the order itself tells better than the words do.
    if (!isStockpoolError(thrown, 'rejected')) throw thrown
    const now = existing(context, settings, await findAll(context, settings, request.reference), wanted)
    if (now === null) throw thrown
    return now
  }
}

/** ShipHero as a fulfilment provider. */
export function fulfillmentFacet(settings: Settings): ShipHeroFulfillment {
  return {
    submit: (context, request) => submit(context, settings, request),
    async get(context, reference) {
      return orderOf(context, settings, await findAll(context, settings, reference))
    },
    cancel: (context, { id }) => cancel(context, settings, id),
    keep: (context, { id }, lines) => keep(context, settings, id, lines),
    updates: (context, cursor) => readUpdates(context, settings, cursor),
    stock: (context, query) => readStock(context, settings, query),
    locations: (context) => readLocations(context, settings),
    returns: (context, cursor) => readReturns(context, settings, cursor),
  }
}
