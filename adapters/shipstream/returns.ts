import { readRow, tryRow } from '../../src/http/index.ts'
import type { Disposition, ReturnStatus } from '../../src/model/return.ts'
import type { AdapterContext, ProviderReturn, ProviderReturnPage } from '../../src/spec/index.ts'
import { momentOf } from './call.ts'
import type { Settings } from './options.ts'
import { changedSince, search, searchAll } from './search.ts'
import { afterPage, cursorFrom, nextPass, PassCursor } from './updates.ts'
import { WireDelivery, WireOrderName } from './wire.ts'

// docs.shipstream.io, Delivery. `put_away` is not the end: its goods count once they are committed.
const statuses: Readonly<Record<string, ReturnStatus>> = {
  new: 'approved',
  accepting: 'received',
  accepted: 'received',
  ready_to_process: 'received',
  processing: 'received',
  processing_exception: 'received',
  processed: 'received',
  putting_away: 'received',
  put_away: 'received',
  complete: 'processed',
  canceled: 'cancelled',
  void: 'cancelled',
}

// docs.shipstream.io, Delivery, the four reasons of an exception. `null`: of units that came, and are counted.
const fates: Readonly<Record<string, Disposition | null>> = {
  shortage_damaged: 'damaged',
  shortage_missing: 'missing',
  overage_counted: null,
  overage_unexpected: null,
}

/** Another reason may be of a shortage as well as not: its units are `unknown`, with the word beside the comment. */
function fateOf(reason: string, comment: string | null) {
  const kind = fates[reason]
  if (kind !== undefined) return { kind, note: comment }
  return { kind: 'unknown' as const, note: comment === null ? reason : `${reason}: ${comment}` }
}

type Line = ProviderReturn['lines'][number]

/** ShipStream grades no unit: what is committed may be sold, and a shortage that was approved says what became of the rest. */
function dispositionsOf(delivery: WireDelivery, item: WireDelivery['items'][number]): Line['dispositions'] {
  const shortages = delivery.exceptions
    .filter((each) => each.delivery_item_id === item.delivery_item_id && each.status === 'approved')
    .map(({ reason, comment, qty: quantity }) => ({ ...fateOf(reason, comment), quantity }))
  const all = [{ kind: 'restocked' as const, quantity: item.qty_committed, note: null }, ...shortages]
  return all.flatMap(({ kind, quantity, note }) =>
    kind === null || quantity === 0 ? [] : [{ kind, quantity, note }],
  )
}

/** A delivery whose state is `complete` may still say `put_away`: it is over once all that was put away is committed. */
function statusOf({ state, status, items }: WireDelivery): ReturnStatus {
  const committed = items.some((item) => item.qty_committed > 0)
  const all = committed && items.every((item) => item.qty_committed >= item.qty_putaway)
  if (status === 'put_away' && state === 'complete' && all) return 'processed'
  return statuses[status] ?? 'unknown'
}

/** A delivery of the type `rma`. @param references our references, by what ShipStream calls the order */
export function returnFrom(
  delivery: WireDelivery,
  raw: unknown,
  references: ReadonlyMap<string, string>,
): ProviderReturn {
  return {
    id: delivery.increment_id,
    reference: references.get(delivery.sender_ref_alt ?? '') ?? null,
    status: statusOf(delivery),
    rawStatus: [delivery.state, delivery.status].filter((each) => each !== null).join('/'),
    location: delivery.warehouse_id,
    updatedAt: delivery.updated_at ?? 0,
    trackingNumber: delivery.tracking_numbers[0] ?? null,
    lines: delivery.items.map((item) => ({
      sku: item.sku,
      expected: item.qty,
      received: item.qty_received,
      wanted: null,
      dispositions: dispositionsOf(delivery, item),
      pictures: [],
    })),
    raw,
  }
}

/**
 * Our references of the orders that returns are for. An RMA names its order in `sender_ref_alt` ("Merchant Order #"), which
 * whoever made it filled with our reference or with the number on the packing slip; a number that two orders share
 * names neither.
 */
async function referencesOf(
  context: AdapterContext,
  settings: Settings,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const field of ['unique_id', 'order_ref'] as const) {
    const wanted = [...new Set(names)].filter((name) => !found.has(name))
    if (wanted.length === 0) break
    const rows = await searchAll(context, settings, {
      method: 'order.search',
      filters: { [field]: { in: wanted } },
      sort: 'order_id',
      fields: [],
    })
    // One that cannot be read names no return's order; it must not keep the returns of all others back.
    const orders = rows.flatMap((row) => WireOrderName.safeParse(row).data ?? [])
    for (const name of wanted) {
      const [only, other] = orders.filter((order) => order[field] === name)
      if (only !== undefined && other === undefined) found.set(name, only.unique_id)
    }
  }
  return found
}

/** One page of the returns that changed. The stock that they bring is read as stock, once it is committed. */
export async function readReturns(
  context: AdapterContext,
  settings: Settings,
  text: string | null,
): Promise<ProviderReturnPage> {
  const startedAt = context.clock.now()
  const cursor = cursorFrom(PassCursor, text, settings, Math.floor(startedAt))
  const found = await search(context, settings, {
    method: 'delivery.search',
    filters: { delivery_type: { eq: 'rma' }, ...changedSince(cursor.since, settings.timeZone) },
    sort: 'delivery_id',
    page: cursor.page,
  })
  const began = cursor.began ?? momentOf(startedAt, context.clock.now(), found.headers)
  const read = await Promise.all(
    found.rows.map(async (raw) => ({
      raw,
      row: await tryRow(() => readRow(WireDelivery, raw, { what: 'a return of ShipStream' })),
    })),
  )
  const deliveries = read.flatMap(({ raw, row }) => ('value' in row ? [{ raw, delivery: row.value }] : []))
  const unreadable = read.flatMap(({ raw, row }) => {
    const id = WireDelivery.pick({ increment_id: true }).safeParse(raw).data?.increment_id ?? null
    return 'error' in row ? [{ id, error: row.error }] : []
  })
  const names = deliveries.map(({ delivery }) => delivery.sender_ref_alt).filter((name) => name !== null)
  const references = await referencesOf(context, settings, names)
  const { next, ended } = afterPage(cursor, found, began)
  return {
    returns: deliveries.map(({ raw, delivery }) => returnFrom(delivery, raw, references)),
    unreadable,
    cursor: JSON.stringify(ended ? nextPass(cursor, began) : next),
    more: !ended,
  }
}
