import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import { orBeginAgain, readRow, tryRow } from '../../src/http/index.ts'
import type { Disposition, ReturnStatus } from '../../src/model/return.ts'
import type {
  AdapterContext,
  ProviderReturn,
  ProviderReturnPage,
  UnreadableOrder,
} from '../../src/spec/index.ts'
import { send, timeText } from './client.ts'
import { returnsDocument } from './documents.ts'
import { nextOf } from './find.ts'
import type { Settings } from './options.ts'
import { overlapMs } from './updates.ts'
import { type WireReturn, type WireReturnLine, WireReturn as WireReturnSchema } from './wire.ts'

/** A free word. What is not in the table is `unknown`, with the word kept. */
const statuses: Readonly<Record<string, ReturnStatus>> = {
  pending: 'approved',
  'in transit': 'in_transit',
  received: 'received',
  processing: 'received',
  'warehouse complete': 'processed',
  complete: 'processed',
  completed: 'processed',
  canceled: 'cancelled',
  cancelled: 'cancelled',
}
const over = new Set<ReturnStatus>(['processed', 'cancelled', 'declined'])

function statusOf({ status, line_items: lines }: WireReturn): ReturnStatus {
  const known = statuses[(status ?? '').toLowerCase().replaceAll('_', ' ')] ?? 'unknown'
  const arrived = lines.some(({ quantity_received: received }) => received > 0)
  return known === 'approved' && arrived ? 'received' : known
}

const damaged = /damag|defect|broken|unsellable/i

/** ShipHero counts what went back on the shelf; of the rest it has a condition, in words. */
function dispositionsOf(line: WireReturnLine): ProviderReturn['lines'][number]['dispositions'] {
  const restocked = Math.min(line.restock, line.quantity_received)
  const rest = line.quantity_received - restocked
  const kind: Disposition = damaged.test(line.condition ?? '') ? 'damaged' : 'unknown'
  return [
    { kind: 'restocked' as const, quantity: restocked, note: line.condition },
    { kind, quantity: rest, note: line.condition },
  ].filter(({ quantity }) => quantity > 0)
}

/** A return of ShipHero as the engine reads it. Units whose fate is not told yet have no disposition. */
export function returnFrom(wire: WireReturn, raw: unknown): ProviderReturn {
  const status = statusOf(wire)
  const changes = wire.line_items.map((line) => line.updated_at).filter((at) => at !== null)
  return {
    id: wire.id,
    reference: wire.order?.partner_order_id || null,
    status,
    rawStatus: wire.status ?? '',
    location: wire.line_items.find((line) => line.warehouse_id)?.warehouse_id ?? null,
    updatedAt: Math.max(wire.created_at ?? 0, ...changes),
    trackingNumber: wire.labels.find((label) => label.tracking_number)?.tracking_number ?? null,
    lines: wire.line_items.map((line) => ({
      sku: line.line_item?.sku ?? '',
      expected: line.quantity,
      received: line.quantity_received,
      wanted: null,
      // Before the warehouse is done, what is not restocked is not decided either.
      dispositions: over.has(status)
        ? dispositionsOf(line)
        : dispositionsOf(line).filter(({ kind }) => kind !== 'unknown'),
      pictures: [],
    })),
    raw,
  }
}

/**
 * ShipHero lists returns by the day they were opened, not by their last change. So a pass begins at the eldest return that was
 * still open at the last one, and no return is looked after for longer than `returnsDays`.
 */
const Cursor = z.object({
  since: z.int(),
  began: z.int().nullable(),
  after: z.string().nullable(),
  /** When the eldest return of this pass that is still open was made. */
  open: z.int().nullable(),
  /** When the pass last began again, ShipHero having refused its page token. */
  restartedAt: z.number().optional(),
})
type Cursor = z.infer<typeof Cursor>

function cursorFrom(text: string | null, now: number, settings: Settings): Cursor {
  if (text === null) return { since: now - settings.returnsMs, began: null, after: null, open: null }
  try {
    return Cursor.parse(JSON.parse(text))
  } catch (cause) {
    throw new StockpoolError('invalid_input', 'the cursor of the ShipHero returns is not one of ours', {
      field: 'cursor',
      remedy: 'Forget it: the next read begins anew.',
      cause,
    })
  }
}

/** One page of the returns that may have changed. */
export async function readReturns(
  context: AdapterContext,
  settings: Settings,
  text: string | null,
): Promise<ProviderReturnPage> {
  const now = Math.floor(context.clock.now())
  const cursor = cursorFrom(text, now, settings)
  const variables = { date_from: timeText(cursor.since), after: cursor.after, customer: settings.customer }
  const answer = await orBeginAgain(context, send(context, settings, returnsDocument, variables), {
    of: 'returns',
    token: cursor.after,
    restartedAt: cursor.restartedAt,
  })
  if (answer === null) {
    const anew: Cursor = { since: cursor.since, began: null, after: null, open: null, restartedAt: now }
    return { returns: [], cursor: JSON.stringify(anew), more: true }
  }
  const { data, asOf } = answer
  const began = cursor.began ?? asOf
  const page = data.returns.data
  const { returns, unreadable, eldest } = await readEach(page.nodes, cursor.since)
  const open = Math.min(cursor.open ?? began, eldest ?? began)
  const after = nextOf(page, cursor.after)
  if (after !== null) {
    const next: Cursor = { ...cursor, began, after, open }
    return { returns, unreadable, cursor: JSON.stringify(next), more: true }
  }
  const since = Math.max(now - settings.returnsMs, Math.min(open, began) - overlapMs)
  const next: Cursor = { since, began: null, after: null, open: null }
  return { returns, unreadable, cursor: JSON.stringify(next), more: false }
}

const Opened = WireReturnSchema.pick({ id: true, created_at: true })

/**
 * The returns of a page, and when the eldest of them was made that is still open; `null`: none is. One that cannot be read does
 * not stop the others, and counts as open, so that it is looked at again.
 */
async function readEach(
  rows: readonly unknown[],
  since: number,
): Promise<
  Required<Pick<ProviderReturnPage, 'returns' | 'unreadable'>> & { readonly eldest: number | null }
> {
  const returns: ProviderReturn[] = []
  const unreadable: UnreadableOrder[] = []
  let eldest: number | null = null
  for (const raw of rows) {
    const read = await tryRow(() => readRow(WireReturnSchema, raw, { what: 'a return of ShipHero' }))
    const named = Opened.safeParse(raw).data
    if ('error' in read) unreadable.push({ id: named?.id ?? null, error: read.error })
    const made = 'value' in read ? returnFrom(read.value, raw) : null
    if (made !== null) returns.push(made)
    const at = named?.created_at ?? (made === null ? since : null)
    if (at !== null && (made === null || !over.has(made.status))) eldest = Math.min(eldest ?? at, at)
  }
  return { returns, unreadable, eldest }
}
