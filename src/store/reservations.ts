import { allocate, type Placement } from '../stock/allocate.ts'
import { claimsOf, repeats } from './claims.ts'
import type { Database, Transaction } from './database.ts'
import { KnownPlaces } from './known-places.ts'
import { type Held, writeForeseen, writeReservation, writeReservations } from './reserve-postgres.ts'
import { flat, pieces, rowMarks, sized } from './sql.ts'
import { type Posting, post, postAll, type Short } from './stock.ts'
import { type StockView, viewStock } from './stock-view.ts'

export interface ReservationRequest {
  readonly key: string
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
  /** Where to take from, in this order. `null`: all locations, by their priority. */
  readonly locations: readonly string[] | null
  readonly expiresAt: string | null
  readonly cause: string | null
  /** ISO 8601 UTC. */
  readonly at: string
  /** What the caller asked for, to tell a repeat from another request with the same key. */
  readonly body: unknown
}

/**
 * What came of a reservation: all of it or nothing. `exists`: the same key with the same lines was answered before.
 * `insufficient` names each SKU that is short, and holds nothing.
 */
export type ReservationResult =
  | { readonly status: 'reserved'; readonly placements: readonly Placement[] }
  | { readonly status: 'exists' }
  | { readonly status: 'insufficient'; readonly short: readonly Short[] }

/** Units of one SKU at one location that a reservation holds. */
export interface ReservationLine {
  readonly sku: string
  readonly location: string
  readonly taken: number
  readonly released: number
  readonly shipped: number
}

export interface ReservationRow {
  readonly key: string
  readonly open: boolean
  readonly expiresAt: string | null
  readonly cause: string | null
  readonly lines: readonly ReservationLine[]
}

/** What became of one of several reservations: an answer, or why it was refused. */
export type ReservationOutcome = { readonly value: ReservationResult } | { readonly error: unknown }

/** What was foreseen is otherwise; nothing was written. */
class Unforeseen extends Error {}

/**
 * How reservations that wait together are made: `inputs`, asked when the transaction begins, says which. In PostgreSQL those of
 * ordinary goods are written without a look first, and all of them with one where anything is otherwise.
 */
export function reserving(database: Pick<Database, 'dialect' | 'transaction'>) {
  const places = new KnownPlaces()
  const withLook = (inputs: () => readonly ReservationRequest[]) =>
    database.transaction((tx) => reserveAll(tx, inputs(), places))
  if (database.dialect === 'sqlite') return withLook
  const asForeseen = (inputs: () => readonly ReservationRequest[]) =>
    database.transaction((tx) => {
      const held = places.foresee(inputs())
      return held === null ? reserveAll(tx, inputs(), places) : reserveForeseen(tx, held, places)
    })
  return (inputs: () => readonly ReservationRequest[]) =>
    asForeseen(inputs).catch((error: unknown) => {
      if (error instanceof Unforeseen) return withLook(inputs)
      throw error
    })
}

async function reserveForeseen(
  tx: Transaction,
  held: readonly Held[],
  places: KnownPlaces,
): Promise<ReservationOutcome[]> {
  try {
    await writeForeseen(tx, held, held.map(postingOf))
  } catch (cause) {
    places.doubt(held.map(({ request }) => request))
    throw new Unforeseen('not as foreseen', { cause })
  }
  places.trust()
  return held.map(({ placements }) => ({ value: { status: 'reserved', placements } }))
}

/**
 * Holds stock for the merchant's own checkouts: of each all lines or none, kits as their components; in this order and
 * as if one after the other, in a few statements. What is wrong with one is its own outcome; when this throws, all of
 * it must end, and each is to be tried by itself. What it sees, `places` learn.
 */
export async function reserveAll(
  tx: Transaction,
  requests: readonly ReservationRequest[],
  places = new KnownPlaces(),
): Promise<ReservationOutcome[]> {
  const outcomes: ReservationOutcome[] = []
  const alone = requests.length === 1
  const parts = withoutRepeats(requests)
  // All that any of them is about is held first, in one order.
  if (parts.length > 1 && tx.dialect === 'postgres') await viewStock(tx, requests)
  for (const some of parts) {
    const last = some === parts.at(-1)
    outcomes.push(...(await reserveDifferent(tx, some, { alone, last, places })))
  }
  return outcomes
}

/** A key that comes again begins a new part, in which what the first one did is known. */
function withoutRepeats(requests: readonly ReservationRequest[]): ReservationRequest[][] {
  const parts: ReservationRequest[][] = []
  let keys = new Set<string>()
  for (const request of requests) {
    if (parts.length === 0 || keys.has(request.key)) {
      parts.push([])
      keys = new Set()
    }
    parts.at(-1)?.push(request)
    keys.add(request.key)
  }
  return parts
}

interface Part {
  /** It is the only reservation of its transaction. */
  readonly alone: boolean
  /** Nothing else follows in the transaction. */
  readonly last: boolean
  readonly places: KnownPlaces
}

async function reserveDifferent(
  tx: Transaction,
  requests: readonly ReservationRequest[],
  { alone, last, places }: Part,
): Promise<ReservationOutcome[]> {
  const claims = () =>
    claimsOf(
      tx,
      requests.map(({ key }) => key),
    )
  // One that is alone learns from its own claim whether it is a repeat, and asks first only when nothing can be held.
  const [view, claimed] = await Promise.all([
    viewStock(tx, requests),
    alone ? new Map<string, string>() : claims(),
  ])
  const look = (known: ReadonlyMap<string, string>) => requests.map((request) => decide(request, known, view))
  let outcomes = look(claimed)
  if (alone && !outcomes.some(isHeld)) outcomes = look(await claims())
  if (tx.dialect === 'postgres') places.learn(requests, view, new Set(outcomes.flatMap(shortOf)))
  const held = outcomes.flatMap((outcome, index) => {
    const request = requests[index]
    return request !== undefined && isHeld(outcome) ? [{ index, request, ...outcome.value }] : []
  })
  const [first] = held
  if (first === undefined) return outcomes
  const postings = held.map(postingOf)
  if (tx.dialect === 'postgres' && !alone) await writeReservations(tx, held, postings, view, last)
  else {
    const written = await write(tx, held, postings, view)
    if (written !== null) outcomes[first.index] = { value: written }
  }
  return outcomes
}

/** Writes what is to be held. `null`: it was; else what one that is the only one turned out to be when it was written. */
async function write(
  tx: Transaction,
  held: readonly Held[],
  postings: readonly Posting[],
  view: StockView,
): Promise<ReservationResult | null> {
  const [one] = held
  const [posting] = postings
  // Alone, it has its exact answer even where another transaction came between the look and the write.
  if (one !== undefined && posting !== undefined && held.length === 1) {
    if (tx.dialect === 'postgres' && (await writeReservation(tx, one, posting, view))) return null
    const posted = await post(tx, posting)
    if (posted.status !== 'posted') return posted
  } else await postAll(tx, postings)
  await insertReservations(tx, held)
  return null
}

function isHeld(
  outcome: ReservationOutcome,
): outcome is { value: Extract<ReservationResult, { status: 'reserved' }> } {
  return 'value' in outcome && outcome.value.status === 'reserved'
}

function shortOf(outcome: ReservationOutcome): string[] {
  if ('error' in outcome || outcome.value.status !== 'insufficient') return []
  return outcome.value.short.map(({ sku }) => sku)
}

/** The outcome as far as can be told by looking. What it holds is taken off the view, for those that follow. */
function decide(
  request: ReservationRequest,
  claimed: ReadonlyMap<string, string>,
  view: StockView,
): ReservationOutcome {
  try {
    const wanted = view.wantedBy(request)
    const locations = view.locationsFor(request, wanted)
    if (repeats(claimed, request.key, ['reserved', request.body])) return { value: { status: 'exists' } }
    const { placements, short } = allocate(wanted, locations, view.available)
    if (short.length > 0) {
      const location = locations.length === 1 ? (locations[0] ?? null) : null
      return { value: { status: 'insufficient', short: short.map((one) => ({ ...one, location })) } }
    }
    for (const placement of placements) view.take(placement)
    return { value: { status: 'reserved', placements } }
  } catch (error) {
    return { error }
  }
}

function postingOf({ request, placements }: Held): Posting {
  const { key, body, at, cause } = request
  const moves = placements.map(({ sku, location, quantity }) => ({
    sku,
    from: { bucket: 'available', location } as const,
    to: { bucket: 'reserved', location } as const,
    quantity,
  }))
  return { key, body, derived: true, at, reason: 'reserved', cause, moves, guard: 'guarded' }
}

const insertRows = sized(
  (rows) => `INSERT INTO reservation (key, open, expires_at, cause) VALUES ${rowMarks(rows, 4)}`,
)
const insertLines = sized(
  (rows) => `INSERT INTO reservation_line (reservation, sku, location, taken) VALUES ${rowMarks(rows, 4)}`,
)

async function insertReservations(tx: Transaction, held: readonly Held[]): Promise<void> {
  for (const some of pieces(held)) {
    const values = some.flatMap(({ request }) => [request.key, 1, request.expiresAt, request.cause])
    await tx.run(insertRows(some.length), values)
  }
  const lines = held.flatMap(({ request, placements }) =>
    placements.map(({ sku, location, quantity }) => [request.key, sku, location, quantity]),
  )
  for (const some of pieces(lines)) await tx.run(insertLines(some.length), flat(some))
}

export async function getReservation(tx: Transaction, key: string): Promise<ReservationRow | null> {
  const row = await tx.get<{ open: number; expires_at: string | null; cause: string | null }>(
    'SELECT open, expires_at, cause FROM reservation WHERE key = ?',
    [key],
  )
  if (row === undefined) return null
  const lines = await tx.all<ReservationLine>(
    `SELECT sku, location, taken, released, shipped FROM reservation_line WHERE reservation = ?
     ORDER BY sku, location`,
    [key],
  )
  return {
    key,
    open: Number(row.open) === 1,
    expiresAt: row.expires_at,
    cause: row.cause,
    lines: lines.map((line) => ({
      sku: line.sku,
      location: line.location,
      taken: Number(line.taken),
      released: Number(line.released),
      shipped: Number(line.shipped),
    })),
  }
}
