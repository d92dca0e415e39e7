import { StockpoolError } from '../error.ts'
import { allocate, type Placement } from '../stock/allocate.ts'
import type { Transaction } from './database.ts'
import { lockBalances, lockReservations } from './locks.ts'
import { getReservation, type ReservationLine, type ReservationRow } from './reservations.ts'
import { chunks, marks } from './sql.ts'
import { Touched } from './stale.ts'
import { claimedBefore, type Move, post } from './stock.ts'

/** How held units leave a reservation: back to what is available, or out to the customer. */
export type Settlement = 'released' | 'expired' | 'shipped'

/** `posted`: units left the reservation now. `exists`: they had before, by the same call. */
export type SettleResult = { readonly status: 'posted' | 'exists' }

/**
 * Ends a reservation, or a part of it. `part` names the units (of stocked SKUs) and has a key of its own; without it,
 * everything still held is meant, and repeating that answers `exists`.
 */
export async function settle(
  tx: Transaction,
  key: string,
  how: Settlement,
  at: string,
  part: { readonly key: string; readonly units: ReadonlyMap<string, number>; readonly body: unknown } | null,
  later?: Touched,
): Promise<SettleResult> {
  await lockReservations(tx, [key])
  const reservation = await getReservation(tx, key)
  if (reservation === null) return noReservation(key)
  const body = part === null ? { reservation: key } : { reservation: key, part: part.body }
  const postingKey = part?.key ?? `${key}#${how}`
  if (await claimedBefore(tx, postingKey, how, body)) return { status: 'exists' }
  if (part === null && !reservation.open) return ended(reservation, how)
  const units = part === null ? heldUnits(reservation) : takeFrom(reservation, part.units)
  const posting = {
    key: postingKey,
    body,
    derived: true,
    at,
    reason: how,
    cause: key,
    moves: units.map((unit) => toMove(unit, how)),
    guard: 'guarded',
  } as const
  const result = await post(tx, posting, later)
  if (result.status !== 'posted') return { status: 'exists' }
  await note(tx, reservation, units, how)
  return { status: 'posted' }
}

/** The reservations that have expired and still hold something, the longest expired first. */
export async function expiredReservations(tx: Transaction, at: string, limit: number): Promise<string[]> {
  const rows = await tx.all<{ key: string }>(
    `SELECT key FROM reservation WHERE open = 1 AND expires_at IS NOT NULL AND expires_at <= ?
     ORDER BY expires_at, key LIMIT ?`,
    [at, limit],
  )
  return rows.map((row) => row.key)
}

/** Gives back what expired reservations hold, the longest expired first. Answers their keys. */
export async function expireReservations(tx: Transaction, at: string, limit: number): Promise<string[]> {
  const found = await expiredReservations(tx, at, limit)
  const skus: string[] = []
  await lockReservations(tx, found)
  // Some may have been shipped or released while we waited for them.
  const open = new Set(tx.dialect === 'sqlite' ? found : await expiredReservations(tx, at, limit))
  const keys = found.filter((key) => open.has(key))
  for (const some of chunks(keys, 500)) {
    const lines = await tx.all<{ sku: string }>(
      `SELECT DISTINCT sku FROM reservation_line WHERE reservation IN (${marks(some.length)})`,
      some,
    )
    skus.push(...lines.map(({ sku }) => sku))
  }
  await lockBalances(tx, skus)
  const touched = new Touched()
  for (const key of keys) await settle(tx, key, 'expired', at, null, touched)
  await touched.mark(tx, at)
  return keys
}

/** Gives back what one expired reservation holds. */
export async function expireReservation(tx: Transaction, key: string, at: string): Promise<void> {
  await settle(tx, key, 'expired', at, null)
}

function held(line: ReservationLine): number {
  return line.taken - line.released - line.shipped
}

function heldUnits({ lines }: ReservationRow): Placement[] {
  return lines
    .filter((line) => held(line) > 0)
    .map((line) => ({ sku: line.sku, location: line.location, quantity: held(line) }))
}

function takeFrom(reservation: ReservationRow, units: ReadonlyMap<string, number>): Placement[] {
  const placements: Placement[] = []
  for (const [sku, quantity] of units) {
    const lines = reservation.lines.filter((line) => line.sku === sku)
    const { placements: found, short } = allocate(
      new Map([[sku, quantity]]),
      lines.map((line) => line.location),
      (_, location) =>
        lines.filter((line) => line.location === location).reduce((sum, line) => sum + held(line), 0),
    )
    for (const one of short) {
      throw new StockpoolError(
        'conflict',
        `reservation ${reservation.key} holds only ${one.available} of ${sku}`,
        {
          field: 'lines',
          remedy: 'Name at most what is still held; what was released or shipped no longer is.',
          details: { reservation: reservation.key, sku, wanted: quantity, held: one.available },
        },
      )
    }
    placements.push(...found)
  }
  return placements
}

function toMove({ sku, location, quantity }: Placement, how: Settlement): Move {
  return {
    sku,
    from: { bucket: 'reserved', location },
    to: how === 'shipped' ? { bucket: 'customer', location: null } : { bucket: 'available', location },
    quantity,
  }
}

/** Counts the units on the lines, and closes the reservation when none is held any more. */
async function note(
  tx: Transaction,
  reservation: ReservationRow,
  units: readonly Placement[],
  how: Settlement,
): Promise<void> {
  const column = how === 'shipped' ? 'shipped' : 'released'
  for (const { sku, location, quantity } of units) {
    await tx.run(
      `UPDATE reservation_line SET ${column} = ${column} + ? WHERE reservation = ? AND sku = ? AND location = ?`,
      [quantity, reservation.key, sku, location],
    )
  }
  await tx.run(
    `UPDATE reservation SET open = 0 WHERE key = ? AND NOT EXISTS (
       SELECT 1 FROM reservation_line WHERE reservation = ? AND taken > released + shipped)`,
    [reservation.key, reservation.key],
  )
}

function noReservation(key: string): never {
  throw new StockpoolError('not_found', `there is no reservation ${key}`, {
    field: 'reservation',
    remedy: 'Give the key that hub.stock.reserve was called with, after it answered "reserved".',
    details: { key },
  })
}

/** Nothing is held any more. That is what was asked for, unless it went the other way. */
function ended({ key, lines }: ReservationRow, how: Settlement): SettleResult {
  const shipped = lines.reduce((sum, line) => sum + line.shipped, 0)
  const released = lines.reduce((sum, line) => sum + line.released, 0)
  if (how === 'shipped' ? released === 0 : released > 0) return { status: 'exists' }
  throw new StockpoolError(
    'conflict',
    `reservation ${key} has ended: ${shipped} units shipped, ${released} released or expired`,
    {
      field: 'reservation',
      remedy:
        how === 'shipped'
          ? 'Its units went back to what is available: reserve anew.'
          : 'Its units were shipped: post a return, or correct the stock by hub.stock.adjust.',
      details: { key, shipped, released },
    },
  )
}
