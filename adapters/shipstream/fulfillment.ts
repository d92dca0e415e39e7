import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import type {
  AdapterContext,
  CancelResult,
  FulfillmentFacet,
  FulfillmentOrder,
  FulfillmentRequest,
} from '../../src/spec/index.ts'
import { send } from './call.ts'
import { cancel } from './cancel.ts'
import { rpcCode } from './errors.ts'
import { type Found, find } from './find.ts'
import { keep } from './keep.ts'
import type { Settings } from './options.ts'
import { orderFrom, readOrder } from './order.ts'
import { readQuotes } from './quote.ts'
import { type CreateOrder, differences, toCreateOrder } from './request.ts'
import { readReturns } from './returns.ts'
import { readLocations, readStock } from './stock.ts'
import { readUpdates } from './updates.ts'
import { Anything } from './wire.ts'

async function get(
  context: AdapterContext,
  settings: Settings,
  reference: string,
): Promise<FulfillmentOrder | null> {
  const found = await find(context, settings, reference)
  return found && orderFrom(found.raw, found.shipments, settings)
}

/** The order that is known to exist: just made, or made before. */
async function existing(context: AdapterContext, settings: Settings, reference: string): Promise<Found> {
  const found = await find(context, settings, reference)
  if (found !== null) return found
  throw new StockpoolError(
    'unknown_outcome',
    'ShipStream says that the reference exists, but does not show the order',
    { details: { reference }, remedy: 'Look the order up by its reference in a while.' },
  )
}

/** @throws StockpoolError `conflict` when what ShipStream has under our reference is another order. */
function mustBeOurs(args: CreateOrder, { raw }: Found, reference: string): void {
  const differs = differences(args, readOrder(raw))
  if (differs.length === 0) return
  throw new StockpoolError(
    'conflict',
    `ShipStream has another order under this reference: ${differs.join(', ')} differ`,
    {
      field: differs[0],
      details: { reference, differs },
      remedy: 'Compare the two orders in ShipStream; submit under a new reference if both are meant.',
    },
  )
}

/** Why ShipStream refused an order, in words that lead on. */
function refusalOf(thrown: StockpoolError, { lines }: FulfillmentRequest): StockpoolError {
  const remedies: Readonly<Record<number, string>> = {
    102: 'Correct what ShipStream names. Where stock is missing, send some, or set `backorderPolicy`.',
    107: `Make the product in ShipStream, or correct the SKU: ${lines.map(({ sku }) => sku).join(', ')}.`,
  }
  const { code, message, details } = thrown
  const remedy = remedies[rpcCode(thrown) ?? 0] ?? thrown.remedy
  const field = rpcCode(thrown) === 107 ? 'lines' : thrown.field
  return new StockpoolError(code, message, { remedy, field, details, cause: thrown })
}

/** Creates, or finds that it was created: `unique_id` is unique, and error 104 says so. `true`: just now. */
async function create(
  context: AdapterContext,
  settings: Settings,
  args: CreateOrder,
  request: FulfillmentRequest,
): Promise<boolean> {
  try {
    await send(context, settings, { method: 'order.create', args, effect: 'once', schema: Anything })
    return true
  } catch (thrown) {
    if (!isStockpoolError(thrown)) throw thrown
    if (rpcCode(thrown) === 104) return false
    // Answered with a success that cannot be read: nothing was refused.
    if (thrown.code === 'invalid_input' && thrown.details?.sent === true)
      throw new StockpoolError('unknown_outcome', thrown.message, { remedy: thrown.remedy, cause: thrown })
    throw thrown.code === 'rejected' ? refusalOf(thrown, request) : thrown
  }
}

/** An order is read after it was made too: its address may have been found wrong, and its stock short, in the making. */
async function submit(
  context: AdapterContext,
  settings: Settings,
  request: FulfillmentRequest,
): Promise<FulfillmentOrder> {
  const args = toCreateOrder(request, settings)
  const isNew = await create(context, settings, args, request)
  const found = await existing(context, settings, request.reference)
  if (!isNew) mustBeOurs(args, found, request.reference)
  return orderFrom(found.raw, found.shipments, settings)
}

/** ShipStream as a fulfilment provider. */
export function fulfillmentFacet(
  settings: Settings,
): FulfillmentFacet & Required<Pick<FulfillmentFacet, 'cancel' | 'keep' | 'quote' | 'returns'>> {
  return {
    submit: (context, request) => submit(context, settings, request),
    get: (context, reference) => get(context, settings, reference),
    cancel: (context, order): Promise<CancelResult> => cancel(context, settings, order.reference),
    keep: (context, order, lines) => keep(context, settings, order.reference, lines),
    updates: (context, cursor) => readUpdates(context, settings, cursor),
    stock: (context, query) => readStock(context, settings, query),
    locations: (context) => readLocations(context, settings),
    quote: (context, request) => readQuotes(context, settings, request),
    returns: (context, cursor) => readReturns(context, settings, cursor),
  }
}
