import { z } from 'zod'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import { orBeginAgain, readRow, serverMoment, tryRow } from '../../src/http/index.ts'
import type { Disposition, ReturnStatus } from '../../src/model/return.ts'
import type {
  AdapterContext,
  ProviderReturn,
  ProviderReturnPage,
  UnreadableOrder,
} from '../../src/spec/index.ts'
import { send } from './call.ts'
import type { Settings } from './options.ts'
import { nextQuery } from './stock.ts'
import { overlapMs } from './updates.ts'

const text = z.string().nullish().catch(null)
const id = z.union([z.int(), z.string()]).nullish().catch(null)

const WireReturnLine = z.object({
  sku: text,
  id,
  quantity: z.int().min(0).catch(0),
  action_requested: z.object({ action: text }).nullish().catch(null),
  action_taken: z
    .array(
      z.object({
        action: text,
        action_reason: text,
        image_url: text,
        quantity_processed: z.int().min(0).catch(0),
      }),
    )
    .nullish()
    .catch(null),
})

/** What is read of a return (ShipBob, Get Returns). */
export const WireReturn = z.object({
  id: z.union([z.int(), z.string()]),
  status: text,
  reference_id: text,
  original_shipment_id: id,
  tracking_number: text,
  fulfillment_center: z.object({ id }).nullish().catch(null),
  insert_date: text,
  awaiting_arrival_date: text,
  arrived_date: text,
  processing_date: text,
  completed_date: text,
  cancelled_date: text,
  inventory: z.array(WireReturnLine).nullish(),
})
export type WireReturn = z.infer<typeof WireReturn>

const WirePage = z.object({ items: z.array(z.unknown()).nullish(), next: text })
const WireShipment = z.object({ reference_id: text })

/** Without spaces: `Awaiting Arrival` is written both ways. */
const statuses: Readonly<Record<string, ReturnStatus>> = {
  awaitingarrival: 'in_transit',
  arrived: 'received',
  processing: 'received',
  completed: 'processed',
  cancelled: 'cancelled',
}

// Actions of Create Return; what is taken may differ from what was asked.
const dispositions: Readonly<Record<string, Disposition>> = {
  restock: 'restocked',
  quarantine: 'quarantined',
  dispose: 'disposed',
}
const dispositionOf = (action: string | null | undefined): Disposition =>
  dispositions[(action ?? '').toLowerCase()] ?? 'unknown'

function updatedAt(wire: WireReturn): number {
  const {
    insert_date,
    awaiting_arrival_date,
    arrived_date,
    processing_date,
    completed_date,
    cancelled_date,
  } = wire
  const times = [
    insert_date,
    awaiting_arrival_date,
    arrived_date,
    processing_date,
    completed_date,
    cancelled_date,
  ]
    .map((at) => Date.parse(at ?? ''))
    .filter(Number.isFinite)
  return Math.max(0, ...times)
}

/** A return as the engine reads it. `reference`: ours, of the order that the original shipment was for. */
export function returnFrom(
  wire: WireReturn,
  {
    reference,
    inventorySkus,
    raw,
  }: { reference: string | null; inventorySkus: Settings['inventorySkus']; raw: unknown },
): ProviderReturn {
  const rawStatus = wire.status ?? ''
  const status = statuses[rawStatus.replace(/\s+/g, '').toLowerCase()] ?? 'unknown'
  return {
    id: String(wire.id),
    reference,
    status,
    rawStatus,
    location: wire.fulfillment_center?.id == null ? null : String(wire.fulfillment_center.id),
    updatedAt: updatedAt(wire),
    trackingNumber: wire.tracking_number ?? null,
    lines: (wire.inventory ?? []).map((line) => lineFrom(line, status, inventorySkus)),
    raw,
  }
}

function lineFrom(
  line: z.infer<typeof WireReturnLine>,
  status: ReturnStatus,
  inventorySkus: Settings['inventorySkus'],
): ProviderReturn['lines'][number] {
  const taken = (line.action_taken ?? []).filter(({ quantity_processed }) => quantity_processed > 0)
  const received = taken.reduce((sum, { quantity_processed }) => sum + quantity_processed, 0)
  const asked = line.action_requested?.action ?? null
  const missing = status === 'processed' ? Math.max(0, line.quantity - received) : 0
  return {
    sku: inventorySkus[String(line.id ?? '')] ?? line.sku ?? '',
    expected: line.quantity,
    received,
    // `Default` is the inventory's own rule, which the API does not tell.
    wanted: asked === null || asked.toLowerCase() === 'default' ? null : dispositionOf(asked),
    dispositions: [
      ...taken.map(({ action, action_reason, quantity_processed }) => ({
        kind: dispositionOf(action),
        quantity: quantity_processed,
        note: action_reason ?? (dispositionOf(action) === 'unknown' ? (action ?? null) : null),
      })),
      ...(missing > 0 ? [{ kind: 'missing' as const, quantity: missing, note: null }] : []),
    ],
    pictures: taken.flatMap(({ image_url }) => image_url ?? []),
  }
}

// Returns can be asked for by status, and the completed ones by when they were completed; not by when they changed. So a pass
// goes through those that are open, then those completed and cancelled since the last pass.
const sweeps = ['open', 'completed', 'cancelled'] as const
const cancelledLookBackMs = 90 * 24 * 3_600_000

const Cursor = z.object({
  since: z.int(),
  began: z.int().nullable(),
  sweep: z.enum(sweeps),
  /** Of the next page, as ShipBob gave it; '' for the first. */
  page: z.string(),
  /** When the pass last began again, ShipBob having refused its page token. */
  restartedAt: z.number().optional(),
})
type Cursor = z.infer<typeof Cursor>

/** Where a pass begins. */
const first = (since: number): Cursor => ({ since, began: null, sweep: 'open', page: '' })

function cursorFrom(given: string | null, settings: Settings, now: number): Cursor {
  if (given === null) return first(settings.updatesSince ?? now - 24 * 3_600_000)
  try {
    return Cursor.parse(JSON.parse(given))
  } catch (cause) {
    throw new StockpoolError('invalid_input', 'the cursor of the ShipBob returns is not one of ours', {
      field: 'cursor',
      remedy: 'Forget it: the next read begins at `updatesSince`.',
      cause,
    })
  }
}

function filterOf({ sweep, since }: Cursor): Record<string, string> {
  if (sweep === 'open') return { Status: 'AwaitingArrival,Arrived,Processing' }
  if (sweep === 'completed') return { CompletedStartDate: new Date(since).toISOString() }
  return { Status: 'Cancelled', StartDate: new Date(since - cancelledLookBackMs).toISOString() }
}

/** One page of the returns that are open, or were completed or cancelled since the cursor. */
export async function readReturns(
  context: AdapterContext,
  settings: Settings,
  given: string | null,
): Promise<ProviderReturnPage> {
  const startedAt = Math.floor(context.clock.now())
  const cursor = cursorFrom(given, settings, startedAt)
  const asked = send(context, settings, {
    operation: 'getReturns',
    method: 'GET',
    path: '/return',
    effect: 'read',
    query: {
      ...filterOf(cursor),
      SortOrder: 'Asc',
      Limit: 100,
      ...Object.fromEntries(new URLSearchParams(cursor.page)),
    },
    schema: WirePage,
  })
  const { page: token, restartedAt } = cursor
  const answer = await orBeginAgain(context, asked, { of: 'returns', token, restartedAt })
  if (answer === null) {
    const anew: Cursor = { ...first(cursor.since), restartedAt: startedAt }
    return { returns: [], cursor: JSON.stringify(anew), more: true }
  }
  const { data, headers } = answer
  const began = cursor.began ?? serverMoment({ startedAt, endedAt: context.clock.now() }, headers)
  const read = await readEach(context, settings, data.items ?? [])
  const page = nextQuery(data.next ?? null)
  if (page !== null && page !== cursor.page)
    return { ...read, cursor: JSON.stringify({ ...cursor, began, page }), more: true }
  return { ...read, ...afterSweep(cursor, began) }
}

/** The returns of a page; one that cannot be read does not stop the others. */
async function readEach(
  context: AdapterContext,
  settings: Settings,
  rows: readonly unknown[],
): Promise<Required<Pick<ProviderReturnPage, 'returns' | 'unreadable'>>> {
  const references = new Map<string, string | null>()
  const returns: ProviderReturn[] = []
  const unreadable: UnreadableOrder[] = []
  for (const raw of rows) {
    const read = await tryRow(() => readRow(WireReturn, raw, { what: 'a return of ShipBob' }))
    if ('error' in read) {
      const named = WireReturn.pick({ id: true }).safeParse(raw).data
      unreadable.push({ id: named === undefined ? null : String(named.id), error: read.error })
      continue
    }
    const wire = read.value
    const shipment = wire.original_shipment_id == null ? null : String(wire.original_shipment_id)
    if (shipment !== null && !references.has(shipment))
      references.set(shipment, await referenceOf(context, settings, shipment))
    const reference = shipment === null ? null : (references.get(shipment) ?? null)
    returns.push(returnFrom(wire, { reference, inventorySkus: settings.inventorySkus, raw }))
  }
  return { returns, unreadable }
}

function afterSweep(before: Cursor, began: number): { cursor: string; more: boolean } {
  const next = sweeps[sweeps.indexOf(before.sweep) + 1]
  const cursor: Cursor =
    next === undefined
      ? first(Math.max(before.since, began - overlapMs))
      : { ...before, began, sweep: next, page: '' }
  return { cursor: JSON.stringify(cursor), more: next !== undefined }
}

/** A return names the shipment that it came out of; that names our order. `null`: ShipBob has forgotten the shipment. */
async function referenceOf(
  context: AdapterContext,
  settings: Settings,
  shipment: string,
): Promise<string | null> {
  try {
    const { data } = await send(context, settings, {
      operation: 'getShipment',
      method: 'GET',
      path: `/shipment/${encodeURIComponent(shipment)}`,
      effect: 'read',
      schema: WireShipment,
    })
    return data.reference_id || null
  } catch (error) {
    if (isStockpoolError(error, 'not_found')) return null
    throw error
  }
}
