import { createHash } from 'node:crypto'
import { StockpoolError, toStockpoolError } from '../error.ts'
import type { ListingReading, ListingsFacet, ListingTarget, WriteResult } from '../spec/listings.ts'
import { readCursor } from '../store/connections.ts'
import type { Transaction } from '../store/database.ts'
import { type OfferTerms, offerTerms } from '../store/offers.ts'
import { unitsSoldSince } from '../store/orders.ts'
import { noteObserved, noteSending, noteShown, type PushRow, staleListings } from '../store/pushes.ts'
import { checkPending } from './push-check.ts'
import { type Baseline, baseline, decide, inDoubt, pushOrder } from './push-decision.ts'
import { fail, lost, missing, noteRowFailed, settle } from './push-results.ts'
import { commit, type Pass } from './runtime.ts'
import { userOffer } from './user-offer.ts'

const roundSize = 1000
const batchesAtOnce = 4
const staleRounds = 4

/** A row on its way: what is to be shown, and why. */
interface Plan {
  readonly row: PushRow
  readonly offer: number
  readonly held: number
  readonly quantity: number
  readonly expected: number | null
  readonly shown: boolean
}

/**
 * Brings every number of a channel up to date: checks what was accepted earlier, then writes what is out of date, zero
 * first, decreases before raises. Level-triggered: the number is computed at the last moment, and a listing stays out of
 * date if anything moved while it was being written.
 */
export async function pushQuantities(pass: Pass): Promise<void> {
  const facet = pass.connection.listings
  if (!facet) return
  await checkPending(pass, facet)
  while (!pass.signal.aborted) {
    const rows = await pass.run.database.read((tx) => staleListings(tx, pass.name, pass.run.at(), roundSize))
    if (rows.length === 0) return
    const offers = await pass.run.database.read((tx) => offersOf(pass, tx, rows))
    const sorted = rows
      .map((row) => ({ row, offer: offers.get(row.id) ?? 0, shown: row.confirmed }))
      .sort(pushOrder)
    const batches: PushRow[][] = []
    for (let i = 0; i < sorted.length; i += facet.batch) {
      batches.push(sorted.slice(i, i + facet.batch).map(({ row }) => row))
    }
    for (let i = 0; i < batches.length && !pass.signal.aborted; i += batchesAtOnce) {
      await Promise.all(batches.slice(i, i + batchesAtOnce).map((batch) => pushBatch(pass, facet, batch)))
    }
  }
}

/** Looks, decides, writes; rows that turn out stale are looked at again at once, a few times. */
async function pushBatch(pass: Pass, facet: ListingsFacet, batch: readonly PushRow[]): Promise<void> {
  let rows = batch
  let mustLook = new Set<number>()
  for (let round = 0; rows.length > 0 && round < staleRounds; round++) {
    const looks = await look(pass, facet, await needLook(pass, facet, rows, mustLook))
    const ready = rows.filter((row) => looks.get(row.id) !== 'failed')
    const plans = await plan(pass, facet, ready, looks)
    const stale = await write(pass, facet, plans)
    rows = stale
    mustLook = new Set(stale.map(({ id }) => id))
  }
  await fail(
    pass,
    rows,
    new StockpoolError('unavailable', 'the number kept changing on the channel while it was written'),
  )
}

async function needLook(
  pass: Pass,
  facet: ListingsFacet,
  rows: readonly PushRow[],
  mustLook: ReadonlySet<number>,
): Promise<PushRow[]> {
  if (!facet.read) return []
  const offers = await pass.run.database.read((tx) => offersOf(pass, tx, rows))
  return rows.filter((row) => {
    // The first time nothing is known, not even whether the channel keeps this number at all.
    if (mustLook.has(row.id) || (row.confirmed === null && row.observed === null)) return true
    if (facet.compareAndSet) return row.confirmed === null || inDoubt(row)
    // Lowering to zero never oversells: no need to look, and nothing faster.
    return (offers.get(row.id) ?? 0) > 0
  })
}

type Look = number | 'failed'

/** Reads what the channel shows; a row that cannot be read is set aside with its reason. */
async function look(pass: Pass, facet: ListingsFacet, rows: readonly PushRow[]): Promise<Map<number, Look>> {
  const looks = new Map<number, Look>()
  if (rows.length === 0 || !facet.read) return looks
  const readings = await facet.read(pass.context, rows).catch((thrown): ListingReading[] => {
    const error = toStockpoolError(thrown)
    return rows.map(() => ({ status: 'failed', error }))
  })
  const at = pass.run.at()
  await commit(pass, async (tx) => {
    for (const [i, row] of rows.entries()) {
      const reading = readings[i] ?? lost('read')
      if (reading.status === 'shown') {
        looks.set(row.id, reading.quantity)
        await noteObserved(tx, { id: row.id, quantity: reading.quantity, at })
      } else {
        looks.set(row.id, 'failed')
        await noteRowFailed(
          pass,
          tx,
          row,
          reading.status === 'failed' ? reading.error : missing(reading.detail),
        )
      }
    }
  })
  return looks
}

/** Computes today's numbers, in one snapshot taken after the look, and notes what is about to be sent. */
async function plan(
  pass: Pass,
  facet: ListingsFacet,
  rows: readonly PushRow[],
  looks: ReadonlyMap<number, Look>,
): Promise<Plan[]> {
  if (rows.length === 0) return []
  return commit(pass, async (tx) => {
    const at = pass.run.at()
    const { completeUntil } = await readCursor(tx, pass.name, 'orders')
    const offers = await offersOf(pass, tx, rows)
    const plans: Plan[] = []
    for (const row of rows) {
      const generation = await currentGeneration(tx, row)
      const offer = offers.get(row.id) ?? 0
      const observed = looks.get(row.id)
      const base = baseline({ ...row, completeUntil })
      const sold = base === null ? 0 : await soldSince(tx, pass.name, facet, row, base)
      const decision = decide(
        offer,
        typeof observed === 'number' ? { base, soldSinceBase: sold, observed } : null,
      )
      const believed = base === null ? null : Math.max(0, base.quantity - sold)
      const expected = typeof observed === 'number' ? observed : facet.compareAndSet ? believed : null
      // While an earlier write may still be applied, what the channel shows now proves nothing: a new write ends it.
      const unsettled = facet.check !== undefined && inDoubt(row)
      const shown = decision.shown && !unsettled
      const made: Plan = { row: { ...row, generation }, offer, expected, ...decision, shown }
      plans.push(made)
      if (made.shown) {
        await noteShown(tx, { id: row.id, quantity: made.quantity, generation, at })
        await noteHeld(tx, row.id, made)
        pass.report.listingsShown++
      } else {
        await noteSending(tx, {
          id: row.id,
          quantity: made.quantity,
          offered: offer,
          held: made.held,
          generation,
          key: keyOf(made),
          at,
        })
      }
    }
    return plans.filter(({ shown }) => !shown)
  })
}

/**
 * The channel's own sales since the baseline. After a compare-and-set that held nothing back, no sale was unread at that
 * moment: then every order read since counts, and the channel's clock, which may be coarse, need not be asked.
 */
function soldSince(
  tx: Transaction,
  connection: string,
  facet: ListingsFacet,
  row: PushRow,
  base: Baseline,
): Promise<number> {
  const exact = facet.compareAndSet && row.held === 0 && base.at === row.confirmedAt
  return unitsSoldSince(tx, {
    connection,
    listing: row.listing,
    after: base.at,
    by: exact ? 'seen' : 'placed',
  })
}

/** Sends the rows and stores what became of each. Answers the rows whose number on the channel was not the expected one. */
async function write(pass: Pass, facet: ListingsFacet, plans: readonly Plan[]): Promise<PushRow[]> {
  if (plans.length === 0) return []
  const targets = plans.map(
    (made): ListingTarget => ({
      listing: made.row.listing,
      place: made.row.place,
      quantity: made.quantity,
      expected: made.expected,
      key: keyOf(made),
    }),
  )
  const results = await facet.write(pass.context, targets).catch((thrown): WriteResult[] => {
    const error = toStockpoolError(thrown)
    return plans.map(() => ({ status: 'failed', error }))
  })
  const stale: PushRow[] = []
  await commit(pass, async (tx) => {
    stale.length = 0
    for (const [i, made] of plans.entries()) {
      const result = results[i] ?? lost('write')
      if (result.status === 'stale') stale.push(made.row)
      else
        await settle(
          pass,
          tx,
          { ...made.row, sent: made.quantity, sentGeneration: made.row.generation },
          result,
        )
    }
  })
  return stale
}

/** The policy's offer for each row, then the user's own word. */
async function offersOf(pass: Pass, tx: Transaction, rows: readonly PushRow[]): Promise<Map<number, number>> {
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

async function currentGeneration(tx: Transaction, row: PushRow): Promise<number> {
  const found = await tx.get<{ generation: number }>('SELECT generation FROM push WHERE listing = ?', [
    row.id,
  ])
  return Number(found?.generation ?? row.generation)
}

async function noteHeld(tx: Transaction, id: number, made: Plan): Promise<void> {
  await tx.run('UPDATE push_state SET held = ?, offered = ? WHERE listing = ?', [made.held, made.offer, id])
}

/** The same number, meant for the same state of things, has the same key: a repeat after a lost answer is recognised. */
function keyOf({ row, quantity, expected }: Plan): string {
  const text = `${row.listing}|${row.place}|${row.generation}|${quantity}|${expected}`
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
