import { StockpoolError } from '../error.ts'
import type { ListingsFacet, ListingTarget } from '../spec/listings.ts'
import { lockListings } from '../store/locks.ts'
import { noteObserved, noteShown, type Shown } from '../store/push-notes.ts'
import type { PushRow } from '../store/pushes.ts'
import { callBatch, throwRefusal } from './push-calls.ts'
import { checkPending } from './push-check.ts'
import { inDoubt } from './push-decision.ts'
import { keyOf, type Look, type Looks, offersOf, type Plan, plan } from './push-plan.ts'
import { PushQueue } from './push-queue.ts'
import { byListing, fail, lost, missing, noteRowFailed, settle } from './push-results.ts'
import { allDone, commit, type Pass } from './runtime.ts'

const batchesAtOnce = 4
const staleRounds = 4

/**
 * Brings every number of a channel up to date: checks what was accepted earlier, then writes what is out of date, zero
 * first, decreases before raises, looking for what is more urgent after every few batches. Level-triggered: the number is
 * computed at the last moment, and a listing stays out of date if anything moved while it was being written.
 */
export async function pushQuantities(pass: Pass): Promise<void> {
  const facet = pass.connection.listings
  if (!facet) return
  const queue = new PushQueue(pass)
  const asked = new Set<string>()
  const round = facet.batch * batchesAtOnce
  while (!pass.signal.aborted) {
    const checked = await checkPending(pass, facet, round, asked)
    const rows = await queue.take(round)
    if (rows.length === 0 && checked === 0) return
    await pushRows(pass, facet, queue, rows)
  }
}

/** Some batches at once; all are over when it resolves, so that what is less urgent comes after. */
async function pushRows(
  pass: Pass,
  facet: ListingsFacet,
  queue: PushQueue,
  rows: readonly PushRow[],
): Promise<void> {
  const batches: PushRow[][] = []
  for (let i = 0; i < rows.length; i += facet.batch) batches.push(rows.slice(i, i + facet.batch))
  await allDone(batches.map((batch) => pushBatch(pass, facet, queue, batch)))
}

/** Looks, decides, writes; rows that turn out stale are looked at again at once, a few times. */
async function pushBatch(
  pass: Pass,
  facet: ListingsFacet,
  queue: PushQueue,
  batch: readonly PushRow[],
): Promise<void> {
  let rows = batch
  let mustLook = new Set<number>()
  for (let round = 0; rows.length > 0 && round < staleRounds; round++) {
    const looks = await look(pass, facet, await needLook(pass, facet, rows, mustLook))
    const ready = rows.filter((row) => looks.get(row.id) !== 'failed')
    const { plans, held } = await plan(pass, facet, ready, looks)
    queue.hold(held)
    const stale = await write(pass, facet, plans)
    rows = stale
    mustLook = new Set(stale.map(({ id }) => id))
  }
  const error = new StockpoolError(
    'unavailable',
    'the number kept changing on the channel while it was written',
  )
  await fail(pass, rows, error, { certain: true })
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

/** Reads what the channel shows; a row that cannot be read is set aside with its reason. */
async function look(pass: Pass, facet: ListingsFacet, rows: readonly PushRow[]): Promise<Looks> {
  const looks = new Map<number, Look | 'failed'>()
  const { read } = facet
  if (rows.length === 0 || !read) return looks
  const began = pass.run.at()
  const readings = await callBatch(rows, (some) => read.call(facet, pass.context, some))
  const at = pass.run.at()
  await commit(pass, async (tx) => {
    await lockListings(tx, ids(rows))
    const seen: { id: number; quantity: number; at: string }[] = []
    for (const [i, row] of byListing([...rows.entries()], ([, one]) => one)) {
      const reading = readings[i] ?? lost('read')
      if (reading.status === 'shown') {
        looks.set(row.id, { quantity: reading.quantity, at: began })
        seen.push({ id: row.id, quantity: reading.quantity, at })
      } else {
        const error = reading.status === 'failed' ? reading.error : missing(reading.detail)
        looks.set(row.id, 'failed')
        await noteRowFailed(pass, tx, row, error)
      }
    }
    await noteObserved(tx, seen)
  })
  throwRefusal(readings)
  return looks
}

/** Sends the rows and stores what became of each. Answers the rows whose number on the channel was not the expected one. */
async function write(pass: Pass, facet: ListingsFacet, plans: readonly Plan[]): Promise<PushRow[]> {
  if (plans.length === 0) return []
  const results = await callBatch(plans, (some) => facet.write(pass.context, some.map(targetOf)))
  const stale: PushRow[] = []
  await commit(pass, async (tx) => {
    stale.length = 0
    await lockListings(tx, ids(plans.map(({ row }) => row)))
    const shown: Shown[] = []
    for (const [i, { row, quantity }] of byListing([...plans.entries()], ([, one]) => one.row)) {
      const result = results[i] ?? lost('write')
      if (result.status === 'stale') stale.push(row)
      else await settle(pass, tx, { ...row, sent: quantity, sentGeneration: row.generation }, result, shown)
    }
    await noteShown(tx, shown)
  })
  throwRefusal(results)
  return stale
}

const ids = (rows: readonly PushRow[]): number[] => rows.map(({ id }) => id)

const targetOf = (made: Plan): ListingTarget => ({
  listing: made.row.listing,
  place: made.row.place,
  quantity: made.quantity,
  expected: made.expected,
  key: keyOf(made),
  underway: made.row.handle,
})
