import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import { readRow } from '../../src/http/index.ts'
import type {
  AdapterContext,
  CancelResult,
  FulfillmentFacet,
  FulfillmentOrder,
  FulfillmentRequest,
} from '../../src/spec/index.ts'
import { send } from './call.ts'
import { saysDuplicate } from './errors.ts'
import type { Settings } from './options.ts'
import { isOfChannel, orderFrom, readOrder } from './order.ts'
import { differences, toCreateOrder } from './request.ts'
import { readReturns } from './returns.ts'
import { isLive } from './status.ts'
import { readLocations, readStock } from './stock.ts'
import { readUpdates } from './updates.ts'
import {
  WireCancelled,
  type WireOrder,
  WireOrderName,
  WireOrder as WireOrderSchema,
  WireOrders,
} from './wire.ts'

interface Found {
  readonly wire: WireOrder
  readonly raw: unknown
}

/** By our reference, spelt exactly; `null` when ShipBob lists none. */
async function find(context: AdapterContext, settings: Settings, reference: string): Promise<Found | null> {
  const { data } = await send(context, settings, {
    operation: 'getOrders',
    method: 'GET',
    path: '/order',
    effect: 'read',
    query: { ReferenceIds: reference },
    schema: WireOrders,
    priority: 7,
  })
  const named = data.map((raw) => {
    const name = readRow(WireOrderName, raw, { what: 'an order of ShipBob' })
    // A row without a reference may be ours when it cannot be read: that throws, since nobody may take ours for absent.
    if (name.reference_id === null) readOrder(raw)
    return { raw, name }
  })
  const matches = named.filter(({ name }) => name.reference_id === reference)
  const own = matches.find(({ name }) => isOfChannel(name, settings))
  return own === undefined ? null : { wire: readOrder(own.raw), raw: own.raw }
}

/** ShipBob refused to create: is it because it has the order already? Decided by looking, not by the words of the refusal. */
async function fetchInstead(
  context: AdapterContext,
  settings: Settings,
  request: FulfillmentRequest,
  refusal: StockpoolError,
): Promise<FulfillmentOrder> {
  const found = await find(context, settings, request.reference)
  if (found === null) {
    if (!saysDuplicate(refusal)) throw refusal
    throw new StockpoolError(
      'unknown_outcome',
      'ShipBob says the reference exists, but does not list the order yet',
      {
        details: { reference: request.reference },
        remedy: 'Look the order up by its reference in a while.',
        cause: refusal,
      },
    )
  }
  const differs = differences(toCreateOrder(request, settings), found.wire)
  if (differs.length === 0) return orderFrom(found.wire, found.raw)
  throw new StockpoolError(
    'conflict',
    `ShipBob has another order under this reference: ${differs.join(', ')} differ`,
    {
      field: differs[0],
      details: { reference: request.reference, order: found.wire.id, differs },
      remedy: 'Compare the two orders in ShipBob; submit under a new reference if both are meant.',
    },
  )
}

// ShipBob's documents give 422 to a reference that exists; its versions have moved refusals between these before.
const refusals: ReadonlySet<number> = new Set([400, 409, 422])

async function submit(
  context: AdapterContext,
  settings: Settings,
  request: FulfillmentRequest,
): Promise<FulfillmentOrder> {
  const json = toCreateOrder(request, settings)
  try {
    const { data, body } = await send(context, settings, {
      operation: 'createOrder',
      method: 'POST',
      path: '/order',
      effect: 'once',
      json,
      schema: WireOrderSchema,
    })
    return orderFrom(data, body)
  } catch (thrown) {
    if (!isStockpoolError(thrown)) throw thrown
    const status = Number(thrown.details?.status ?? 0)
    if (thrown.code === 'rejected' && refusals.has(status))
      return fetchInstead(context, settings, request, thrown)
    // Created, but the answer cannot be read: nothing was refused.
    if (thrown.code !== 'invalid_input' || status < 200 || status > 299) throw thrown
    throw new StockpoolError('unknown_outcome', thrown.message, { remedy: thrown.remedy, cause: thrown })
  }
}

const describe = (results: WireCancelled['canceled_shipment_results']) =>
  results
    .map(
      ({ shipment_id: id, is_success: ok, reason }) =>
        `shipment ${id} ${ok ? 'cancelled' : 'not cancelled'}${reason ? ` (${reason})` : ''}`,
    )
    .join('; ')

/** What an order that ShipBob refuses to cancel comes to: an earlier attempt may have stopped all of it, or a part. */
function refusedOutcome(order: WireOrder): CancelResult['outcome'] {
  const live = order.shipments.filter(isLive).length
  if (order.status === 'Cancelled' || (order.shipments.length > 0 && live === 0)) return 'stopped'
  return live < order.shipments.length ? 'unknown' : 'too_late'
}

async function read(context: AdapterContext, settings: Settings, id: string): Promise<WireOrder> {
  const { data } = await send(context, settings, {
    operation: 'getOrder',
    method: 'GET',
    path: `/order/${encodeURIComponent(id)}`,
    effect: 'read',
    schema: WireOrderSchema,
    priority: 7,
  })
  return data
}

/**
 * All shipments cancelled: `stopped`. None: `too_late`, or `stopped` when an earlier attempt had done it. Some: `unknown`, and
 * `get` tells which units were stopped (`Orders.CancellationResult`: Success, Failure, PartialSuccess).
 */
async function cancel(context: AdapterContext, settings: Settings, id: string): Promise<CancelResult> {
  try {
    const { data } = await send(context, settings, {
      operation: 'cancelOrder',
      method: 'POST',
      path: `/order/${encodeURIComponent(id)}:cancel`,
      effect: 'idempotent',
      schema: WireCancelled,
      priority: 8,
    })
    const detail = describe(data.canceled_shipment_results)
    if (data.status === 'Success') return { outcome: 'stopped', detail }
    if (data.status !== 'Failure') return { outcome: 'unknown', detail }
    return { outcome: refusedOutcome(data.order ?? (await read(context, settings, id))), detail }
  } catch (thrown) {
    // "The order must be in a cancellable state": the order itself says which state it is in.
    if (!isStockpoolError(thrown, 'rejected')) throw thrown
    return { outcome: refusedOutcome(await read(context, settings, id)), detail: thrown.message }
  }
}

/** ShipBob as a fulfilment provider. */
export function fulfillmentFacet(
  settings: Settings,
): FulfillmentFacet & Required<Pick<FulfillmentFacet, 'cancel' | 'returns'>> {
  return {
    submit: (context, request) => submit(context, settings, request),
    async get(context, reference) {
      const found = await find(context, settings, reference)
      return found && orderFrom(found.wire, found.raw)
    },
    cancel: (context, order) => cancel(context, settings, order.id),
    updates: (context, cursor) => readUpdates(context, settings, cursor),
    stock: (context, query) => readStock(context, settings, query),
    locations: (context) => readLocations(context, settings),
    returns: (context, cursor) => readReturns(context, settings, cursor),
  }
}
