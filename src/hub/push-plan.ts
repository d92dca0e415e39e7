import { createHash } from 'node:crypto'
import type { ListingsFacet } from '../spec/listings.ts'
import { readCursor } from '../store/connections.ts'
import type { Transaction } from '../store/database.ts'
import { lockListings } from '../store/locks.ts'
import { type OfferTerms, offerTerms } from '../store/offers.ts'
import { noteSending, noteShown } from '../store/push-notes.ts'
import { databaseId, type PushRow } from '../store/pushes.ts'
import { type SoldQuery, salesArrived, unitsSold } from '../store/sales.ts'
import { notePlanned } from '../store/stale.ts'
import { type Baseline, baseline, decide, inDoubt, isLower, mayShow, mustBeLower } from './push-decision.ts'
import { raisesWaitFor } from './push-hold.ts'
import { withinRevisions } from './push-revisions.ts'
import { commit, type Pass } from './runtime.ts'
import { userOffer } from './user-offer.ts'

/** A row on its way: what is to be shown, and why. */
export interface Plan {
  readonly row: PushRow
  readonly offer: number
  readonly held: number
  readonly quantity: number
  readonly expected: number | null
  readonly shown: boolean
  /** The database's own id. */
  readonly database: string
  /** What the adapter noted in the look that this follows. */
  readonly note?: unknown
}

/** What the channel was seen to show, by a look that began at `at`. */
export interface Look {
  readonly quantity: number
  readonly at: string
  readonly note?: unknown
  /** What the channel counts changes of it by, where that is not the listing. */
  readonly countedAs?: string | undefined
}

/** What the channel was just seen to show, by the row's id; `failed`: it could not be asked. */
export type Looks = ReadonlyMap<number, Look | 'failed'>

/** What is to be written, and the raises that wait for the first read of every connection's orders. */
export interface Planned {
  readonly plans: readonly Plan[]
  readonly held: readonly PushRow[]
}

/**
 * Computes today's numbers, in one snapshot taken after the look, and notes what is about to be sent. Rows are written in the
 * order of their ids, and given back in the order asked.
 */
export async function plan(
  pass: Pass,
  facet: ListingsFacet,
  rows: readonly PushRow[],
  looks: Looks,
): Promise<Planned> {
  if (rows.length === 0) return { plans: [], held: [] }
  const generations = await commit(pass, (tx) =>
    notePlanned(
      tx,
      rows.map(({ id }) => id),
    ),
  )
  // A listing that was unlinked meanwhile has none.
  const planned = rows
    .flatMap((row) => {
      const generation = generations.get(row.id)
      return generation === undefined ? [] : [{ ...row, generation }]
    })
    .sort((a, b) => a.id - b.id)
  const compute = async (tx: Transaction) => {
    await lockListings(
      tx,
      planned.map(({ id }) => id),
    )
    const completeUntil = await ordersCompleteUntil(pass, tx)
    const offers = await offersOf(pass, tx, rows)
    const database = await databaseId(tx)
    const raises = (await raisesWaitFor(pass.run, tx)).length === 0
    const based = await withSales(pass, tx, facet, planned, looks, completeUntil)
    const plans: Plan[] = []
    const shown: Plan[] = []
    const held: PushRow[] = []
    for (const { row, base, sold } of based) {
      const look = looks.get(row.id)
      const offer = offers.get(row.id) ?? 0
      const unseen = await stillUnseen(tx, pass.name, row, completeUntil)
      const sells = pass.connection.orders !== undefined
      const note = typeof look === 'object' ? look.note : undefined
      const made = { ...planRow(facet, row, { offer, look, base, sold, unseen, sells }), database, note }
      // The pool may have grown since it was taken for a lower number.
      if (mustBeLower(row, pass.run.at()) && !isLower(row, made.quantity)) continue
      if (!raises && isRaise(made, look)) held.push(row)
      else (made.shown ? shown : plans).push(made)
    }
    const going = await withinRevisions(pass, tx, facet, plans, looks)
    await notePlans(pass, tx, going, shown)
    return { plans: going, held, shown: shown.length }
  }
  const { plans, held, shown } = await commit(pass, compute, { snapshot: true })
  pass.report.listingsShown += shown
  const places = new Map(rows.map(({ id }, place) => [id, place]))
  const place = (row: PushRow) => places.get(row.id) ?? 0
  return { plans: plans.toSorted((a, b) => place(a.row) - place(b.row)), held }
}

function isRaise({ row, quantity }: Plan, look: Look | 'failed' | undefined): boolean {
  return quantity > (typeof look === 'object' ? look.quantity : (mayShow(row) ?? 0))
}

/** A row, the number from which it can only have fallen by sales, and those of them that are known. */
interface Based {
  readonly row: PushRow
  readonly base: Baseline | null
  readonly sold: number
}

async function withSales(
  pass: Pass,
  tx: Transaction,
  facet: ListingsFacet,
  rows: readonly PushRow[],
  looks: Looks,
  completeUntil: string | null,
): Promise<Based[]> {
  const all = rows.map((row) => ({ row, base: baseline({ ...row, completeUntil }) }))
  const asked = all.flatMap(({ row, base }) =>
    base === null ? [] : [{ id: row.id, query: soldSince(facet, row, base, looks.get(row.id)) }],
  )
  const units = await unitsSold(
    tx,
    pass.name,
    asked.map(({ query }) => query),
  )
  const sold = new Map(asked.map(({ id }, index) => [id, units[index] ?? 0]))
  return all.map(({ row, base }) => ({ row, base, sold: sold.get(row.id) ?? 0 }))
}

interface RowFacts {
  readonly offer: number
  readonly look: Look | 'failed' | undefined
  readonly base: Baseline | null
  /** The channel's own sales since the baseline, as far as they were read. */
  readonly sold: number
  /** Sales that an earlier look found unread, and that still are. */
  readonly unseen: number
  /** `false`: the channel tells no orders, so that whatever it shows less was somebody's hand, and nothing is held back. */
  readonly sells: boolean
}

function planRow(
  facet: ListingsFacet,
  row: PushRow,
  { offer, look, base, sold, unseen, sells }: RowFacts,
): Omit<Plan, 'database'> {
  const observed = typeof look === 'object' ? look.quantity : null
  const believed = base === null ? null : Math.max(0, base.quantity - sold)
  // Written without a look, as zero is, it may wipe out any number of sales that we have not read.
  const blind = sells && look === undefined && facet.read !== undefined && !facet.compareAndSet
  const waited = unseen + (blind ? (believed ?? 0) : 0)
  const seen = observed === null ? null : { base: sells ? base : null, soldSinceBase: sold, observed }
  const decision = decide(offer, waited, seen)
  const expected = observed ?? (facet.compareAndSet ? believed : null)
  // While an earlier write may still be applied, what the channel shows now proves nothing: a new write ends it.
  const unsettled = facet.check !== undefined && inDoubt(row)
  return { row, offer, expected, ...decision, shown: decision.shown && !unsettled }
}

async function notePlans(
  pass: Pass,
  tx: Transaction,
  plans: readonly Plan[],
  shown: readonly Plan[],
): Promise<void> {
  const at = pass.run.at()
  const noted = ({ row: { id, generation }, quantity, held }: Plan) => ({
    id,
    quantity,
    held,
    generation,
    at,
  })
  await noteShown(tx, shown.map(noted))
  await noteSending(
    tx,
    plans.map((made) => ({ ...noted(made), key: keyOf(made) })),
  )
}

/** Until when every order is known. A channel that tells no orders sells nothing that could still arrive. */
async function ordersCompleteUntil(pass: Pass, tx: Transaction): Promise<string | null> {
  if (!pass.connection.orders) return pass.run.at()
  return (await readCursor(tx, pass.name, 'orders')).completeUntil
}

/** Sales that an earlier look found unread, and that still are. In doubt which number the channel has, the more. */
async function stillUnseen(
  tx: Transaction,
  connection: string,
  row: PushRow,
  completeUntil: string | null,
): Promise<number> {
  const left = async (held: number, at: string | null) => {
    // Once every order up to then has been read, what is left was somebody's hand.
    if (held === 0 || at === null || (completeUntil !== null && at <= completeUntil)) return 0
    return Math.max(0, held - (await salesArrived(tx, { connection, listing: row.listing, at })))
  }
  const confirmed = await left(row.held, row.heldAt)
  return inDoubt(row) ? Math.max(confirmed, await left(row.sentHeld, row.sentAt)) : confirmed
}

/**
 * The channel's own sales since the baseline. After a compare-and-set that held nothing back, no sale was unread at that
 * moment: then every order read since counts, and the channel's clock, which may be coarse, need not be asked.
 */
function soldSince(
  facet: ListingsFacet,
  row: PushRow,
  base: Baseline,
  look: Look | 'failed' | undefined,
): Omit<SoldQuery, 'connection'> {
  const exact = facet.compareAndSet && row.held === 0 && base.at === row.confirmedAt
  return {
    listing: row.listing,
    after: base.at,
    // An order that came in after the look began may not be in what it shows.
    seenBy: typeof look === 'object' ? look.at : undefined,
    by: exact ? 'seen' : 'placed',
  }
}

/** The policy's offer for each row, then the user's own word. */
export async function offersOf(
  pass: Pass,
  tx: Transaction,
  rows: readonly PushRow[],
): Promise<Map<number, number>> {
  const terms = await offerTerms(
    tx,
    rows.map(({ id }) => id),
  )
  return new Map(rows.map((row) => [row.id, offerOf(pass, row, terms.get(row.id))]))
}

/** A fault of the user's function is told once a pass, however often it is asked. */
function offerOf(pass: Pass, row: PushRow, terms: OfferTerms | undefined): number {
  const { offer, error } = userOffer(pass.run.offer, pass.name, row, terms)
  if (error !== null && !pass.report.errors.some((known) => known.message === error.message)) {
    const { code, message } = error
    pass.report.errors.push({ doing: 'asking the offer function', code, message })
    pass.run.log.warn('the offer function failed; 0 is shown', {
      connection: pass.name,
      sku: row.sku,
      message,
    })
  }
  return offer
}

/**
 * The same number, meant for the same state of things, has the same key: a repeat after a lost answer is recognised. A
 * listing linked anew, or in another database, counts its generations from 1 again and is another row.
 */
export function keyOf({ database, row, quantity, expected }: Plan): string {
  const text = `${database}|${row.id}|${row.listing}|${row.place}|${row.generation}|${quantity}|${expected}`
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
