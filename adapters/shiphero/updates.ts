import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import { orBeginAgain, tryRow } from '../../src/http/index.ts'
import type {
  AdapterContext,
  FulfillmentOrder,
  FulfillmentPage,
  UnreadableOrder,
} from '../../src/spec/index.ts'
import { send, timeText } from './client.ts'
import { updatesDocument } from './documents.ts'
import { chosenOf, complete, findAll, nextOf } from './find.ts'
import { isOrderCanceled } from './lines.ts'
import type { Settings } from './options.ts'
import { orderFrom, readOrder } from './order.ts'
import { WireOrderName } from './wire.ts'

/** ShipHero shows changes late at times, and its clock is not ours. */
export const overlapMs = 5 * 60_000
const firstLookBackMs = 24 * 3_600_000

export interface Cursor {
  /** What the pass asks for: everything changed after this, epoch milliseconds. */
  readonly since: number
  /** When the pass began: where the next one begins, less the overlap. Never the latest time seen in an order. */
  readonly began: number | null
  /** ShipHero's cursor of the next page of this pass. */
  readonly after: string | null
  /** When the pass last began again, ShipHero having refused `after`. */
  readonly restartedAt?: number | undefined
}

const schema = () =>
  z.object({
    since: z.int(),
    began: z.int().nullable(),
    after: z.string().nullable(),
    restartedAt: z.number().optional(),
  })

/** @throws StockpoolError `invalid_input` for a cursor that this adapter did not give. */
export function cursorFrom(text: string | null, first: number, of: string): Cursor {
  if (text === null) return { since: first, began: null, after: null }
  try {
    return schema().parse(JSON.parse(text))
  } catch (cause) {
    throw new StockpoolError('invalid_input', `the cursor of the ShipHero ${of} is not one of ours`, {
      field: 'cursor',
      remedy: 'Forget it: the next read begins anew.',
      cause,
    })
  }
}

/**
 * One page of the orders that changed. ShipHero's page cursors count rows, so two rules keep an order from being missed:
 * - The next pass begins where this one began, less the overlap; not at the latest change seen.
 * - Pages are sorted by a date that does not change, and have no end date: an order that changes while pages are read can only
 *   enter the list, which shifts the rest to later pages, so it is seen twice and never skipped.
 */
export async function readUpdates(
  context: AdapterContext,
  settings: Settings,
  text: string | null,
): Promise<FulfillmentPage> {
  const now = Math.floor(context.clock.now())
  const first = settings.updatesSince ?? now - firstLookBackMs
  const cursor = cursorFrom(text, first, 'updates')
  const variables = {
    updated_from: timeText(cursor.since),
    // Of this store alone: an account's other stores may have a thousand times as many, each at its price in credits.
    shop: settings.shopName,
    after: cursor.after,
    customer: settings.customer,
  }
  const answer = await orBeginAgain(context, send(context, settings, updatesDocument, variables), {
    of: 'orders',
    token: cursor.after,
    restartedAt: cursor.restartedAt,
  })
  if (answer === null) {
    const anew: Cursor = { since: cursor.since, began: null, after: null, restartedAt: now }
    return { orders: [], cursor: JSON.stringify(anew), more: true }
  }
  const { data, asOf } = answer
  const began = cursor.began ?? asOf
  const page = data.orders.data
  const read = await readEach(context, settings, page.nodes)
  const after = nextOf(page, cursor.after)
  const next: Cursor =
    after === null
      ? // Never back: a clock that was set back must not make the pass read everything again.
        { since: Math.max(cursor.since, began - overlapMs), began: null, after: null }
      : { ...cursor, began, after }
  return { ...read, cursor: JSON.stringify(next), more: after !== null }
}

/** The orders of a page; one that cannot be read does not stop the others. */
async function readEach(
  context: AdapterContext,
  settings: Settings,
  rows: readonly unknown[],
): Promise<Required<Pick<FulfillmentPage, 'orders' | 'unreadable'>>> {
  const orders: FulfillmentOrder[] = []
  const unreadable: UnreadableOrder[] = []
  for (const raw of rows) {
    const reference = WireOrderName.safeParse(raw).data?.partner_order_id ?? null
    const read = await tryRow(() => readOne(context, settings, raw))
    if ('error' in read) {
      // Orders of the account's stores have references of their own: whose this one is, the engine knows.
      if (reference !== '') unreadable.push({ id: reference, error: read.error })
    } else if (read.value.reference !== '') orders.push(read.value)
  }
  return { orders, unreadable }
}

async function readOne(context: AdapterContext, settings: Settings, raw: unknown): Promise<FulfillmentOrder> {
  const order = readOrder(raw)
  const now = () => context.clock.now()
  // A cancelled order may be the younger of two of one reference: then the other one is the order.
  if (isOrderCanceled(order) && order.partner_order_id) {
    const chosen = chosenOf(await findAll(context, settings, order.partner_order_id))
    if (chosen !== null && chosen.wire.id !== order.id)
      return orderFrom(chosen.wire, chosen.raw, settings, now())
  }
  return orderFrom(await complete(context, settings, order), raw, settings, now())
}
