import { z } from 'zod'
import { StockpoolError } from '../error.ts'
import { LocationId, PositiveQuantity, Sku } from '../model/ids.ts'
import type { MovementReason } from '../model/stock.ts'
import type { Move } from '../stock/moves.ts'
import type { Transaction } from './database.ts'
import { checked } from './input.ts'
import { post } from './stock.ts'
import { UserKey } from './user-key.ts'

export const ReturnInput = z.object({
  connection: z.string().min(1),
  order: z.string().min(1),
  sku: Sku,
  quantity: PositiveQuantity,
  location: LocationId.default(LocationId.parse('main')),
  key: UserKey,
})

/**
 * So many units of a SKU (a component, for a kit) of one order, at a place. Repeating a key changes nothing.
 * @example
 * const back: ReturnMove = { connection: 'web', order: 'o1', sku: 'MUG-RED', quantity: 1, key: 'rma-7' }
 */
export interface ReturnMove {
  /** The channel that the order is of. */
  readonly connection: string
  /** The channel's id of the order. */
  readonly order: string
  readonly sku: string
  /** Units of the SKU: 1 to 1,000,000,000. */
  readonly quantity: number
  /** Where the units lie, or lay. Default `main`. */
  readonly location?: string | undefined
  /** The idempotency key: 1 to 200 characters. */
  readonly key: string
}

export type ReturnStep = 'received' | 'restocked' | 'scrapped'

const steps: Readonly<
  Record<ReturnStep, { reason: MovementReason; from: Move['from']['bucket']; to: Move['to']['bucket'] }>
> = {
  received: { reason: 'returned', from: 'customer', to: 'quarantined' },
  restocked: { reason: 'graded', from: 'quarantined', to: 'available' },
  scrapped: { reason: 'scrapped', from: 'quarantined', to: 'scrap' },
}

/**
 * One step of goods on their way back, bounded: received by what the order's customer got, graded by what was received of
 * the order and not graded yet.
 * @throws StockpoolError `insufficient` when fewer units are there to be moved
 */
export async function returnGoods(
  tx: Transaction,
  step: ReturnStep,
  given: ReturnMove,
  at: string,
): Promise<{ status: 'posted' | 'exists' }> {
  const input = checked(ReturnInput, given)
  const { connection, order, sku, quantity, location, key } = input
  const { reason, from, to } = steps[step]
  const cause = `${connection}/${order}`
  const known = await tx.get<{ key: string }>('SELECT key FROM posting WHERE key = ?', [key])
  if (!known) await mustHave(tx, { step, cause, sku, quantity, connection, order })
  const outside = (bucket: Move['from']['bucket']) => bucket === 'customer' || bucket === 'scrap'
  const posted = await post(tx, {
    key,
    body: [step, input],
    at,
    reason,
    cause,
    guard: 'forced',
    moves: [
      {
        sku,
        quantity,
        from: { bucket: from, location: outside(from) ? null : location },
        to: { bucket: to, location: outside(to) ? null : location },
      },
    ],
  })
  return { status: posted.status === 'exists' ? 'exists' : 'posted' }
}

async function mustHave(
  tx: Transaction,
  want: { step: ReturnStep; cause: string; sku: string; quantity: number; connection: string; order: string },
): Promise<void> {
  const there = want.step === 'received' ? await notReturned(tx, want) : await notGraded(tx, want)
  if (want.quantity <= there) return
  const what = want.step === 'received' ? 'with the customer' : 'received and not graded'
  throw new StockpoolError(
    'insufficient',
    `only ${there} of ${want.sku} of order ${want.order} are ${what}`,
    {
      field: 'quantity',
      remedy: `Give at most ${there}.`,
      details: { short: [{ sku: want.sku, wanted: want.quantity, available: there }] },
    },
  )
}

async function notReturned(
  tx: Transaction,
  want: { cause: string; sku: string; connection: string; order: string },
): Promise<number> {
  const shipped = await tx.get<{ units: number | null }>(
    'SELECT SUM(shipped) AS units FROM allocation WHERE connection = ? AND order_id = ? AND sku = ?',
    [want.connection, want.order, want.sku],
  )
  return Number(shipped?.units ?? 0) - (await moved(tx, want, 'returned'))
}

async function notGraded(tx: Transaction, want: { cause: string; sku: string }): Promise<number> {
  return (
    (await moved(tx, want, 'returned')) -
    (await moved(tx, want, 'graded')) -
    (await moved(tx, want, 'scrapped'))
  )
}

async function moved(
  tx: Transaction,
  want: { cause: string; sku: string },
  reason: MovementReason,
): Promise<number> {
  const row = await tx.get<{ units: number | null }>(
    'SELECT SUM(quantity) AS units FROM movement WHERE sku = ? AND reason = ? AND cause = ?',
    [want.sku, reason, want.cause],
  )
  return Number(row?.units ?? 0)
}
