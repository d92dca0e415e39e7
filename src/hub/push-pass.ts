import { StockpoolError } from '../error.ts'
import type { Backlog, ListingsFacet, ListingTarget } from '../spec/listings.ts'
import { lockListings } from '../store/locks.ts'
import { noteObserved, noteShown, type Shown } from '../store/push-notes.ts'
import type { PushRow } from '../store/pushes.ts'
import { callBatch, lookedAtTogether, lookOf, throwRefusal } from './push-calls.ts'
import { Checks } from './push-check.ts'
import { inDoubt, mayShow } from './push-decision.ts'
import { keyOf, type Look, type Looks, offersOf, type Plan, plan } from './push-plan.ts'
import { PushQueue } from './push-queue.ts'
import { byListing, fail, lost, missing, noteRowFailed, settle } from './push-results.ts'
import { Underway } from './push-underway.ts'
import { allDone, commit, type Pass } from './runtime.ts'

/**
 * Where a call takes many rows, enough of them to use up what the platform allows at once while each is on its way. Where it takes few,
 * its rate is what counts, and what is urgent would only wait for more calls that are under way.
 */
const batchesAtOnce = (batch: number): number => (batch < 10 ? 4 : 8)
/** Most rows of a round, unless one batch alone holds more: they lie in memory. */
const mostInRound = 12_000
/** Most rows of one look: what was seen is stored that often. */
const mostInLook = 2_000
const staleRounds = 4
/** How soon what is more urgent is seen while a round of other rows goes on, which may take minutes. */
const urgentMs = 500

/**
 * Brings every number of a channel up to date: writes what is out of date, zero first, decreases before raises, looking for what is
 * more urgent after every few batches, and meanwhile; and checks beside it what was accepted earlier. Level-triggered: the number is
 * computed at the last moment, and a listing stays out of date if anything moved while it was being written.
 */
export async function pushQuantities(pass: Pass): Promise<void> {
  const facet = pass.connection.listings
  if (!facet) return
  const queue = new PushQueue(pass)
  const underway = new Underway()
  const checks = new Checks(pass, facet, underway, roundOf(facet.batch))
  let pushing = false
  try {
    while (!pass.signal.aborted) {
      await checks.begin(pushing)
      await answeredSoon(pass, checks)
      // What a check finds out may have to be written: one that ends from here on is a reason to look once more.
      const idle = checks.idle
      let size = facet.batch
      const rows = await queue.take((backlog) => {
        size = portionOf(facet, backlog)
        return roundOf(size)
      })
      const before = pushing
      pushing = rows.length > 0
      if (!pushing && idle) {
        // Whatever is due, however little, is asked about before the end.
        if (before) continue
        return
      }
      const round: Round = { size, underway, went: new Set() }
      const over = new AbortController()
      const work = pushing ? pushRows(pass, facet, queue, rows, round) : checks.over()
      const done = work.finally(() => over.abort())
      await allDone([done, watch(pass, facet, queue, { round, checks, over: over.signal })])
    }
  } finally {
    // What stopped the pass is known; nothing goes on behind its back.
    await checks.over().catch(() => undefined)
  }
}

/** What a channel answers at once comes before the writing: it may show already what would be written. */
async function answeredSoon(pass: Pass, checks: Checks): Promise<void> {
  if (checks.idle) return
  const answered = new AbortController()
  const waited = pass.run.clock.sleep(urgentMs, AbortSignal.any([answered.signal, pass.signal]))
  await Promise.race([checks.over(), waited.catch(() => undefined)]).finally(() => answered.abort())
}

const portionOf = (facet: ListingsFacet, backlog: Backlog): number =>
  Math.max(1, Math.min(facet.batch, facet.portion?.(backlog) ?? facet.batch))

const roundOf = (batch: number): number =>
  Math.max(batch, Math.min(batch * batchesAtOnce(batch), mostInRound), lookedAtTogether)

interface Round {
  /** Rows of one write. */
  readonly size: number
  readonly underway: Underway
  /** What went before its turn. */
  readonly went: Set<number>
}

/** Some batches at once; all are over when it resolves, so that what is less urgent comes after. */
async function pushRows(
  pass: Pass,
  facet: ListingsFacet,
  queue: PushQueue,
  rows: readonly PushRow[],
  round: Round,
): Promise<void> {
  const waiting = parts(rows, lookOf(round.size)).flatMap((together) => {
    let seen: Promise<Looks> | undefined
    const looks = async () => {
      seen ??= needLook(pass, facet, together, new Set()).then((some) => look(pass, facet, some))
      return seen
    }
    return parts(together, round.size).map((batch) => ({ batch, looks }))
  })
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined && !pass.signal.aborted; next = waiting.shift()) {
      await pushBatch(pass, facet, queue, { batch: next.batch, looks: await next.looks(), round })
      await pushUrgent(pass, facet, queue, round)
    }
  }
  // What stops one of them, such as a refused credential, would stop the others too.
  const stop = () => void waiting.splice(0)
  await allDone(Array.from({ length: batchesAtOnce(round.size) }, () => lane().finally(stop)))
}

/** What is more urgent than the round, or has sold out since it began, goes at once, past rows that wait for a look or a batch. */
async function pushUrgent(pass: Pass, facet: ListingsFacet, queue: PushQueue, round: Round): Promise<void> {
  const batch = await queue.takeUrgent((backlog) => portionOf(facet, backlog), round.underway.rows)
  if (batch.length === 0) return
  const looks = await look(pass, facet, await needLook(pass, facet, batch, new Set()))
  await pushBatch(pass, facet, queue, { batch, looks, round, urgent: true })
}

interface Watched {
  readonly round: Round
  readonly checks: Checks
  readonly over: AbortSignal
}

/** A batch may take minutes: also meanwhile. */
async function watch(
  pass: Pass,
  facet: ListingsFacet,
  queue: PushQueue,
  { round, checks, over }: Watched,
): Promise<void> {
  const ended = AbortSignal.any([over, pass.signal])
  for (;;) {
    await pass.run.clock.sleep(urgentMs, ended).catch(() => undefined)
    if (ended.aborted) return
    await checks.begin(true)
    await pushUrgent(pass, facet, queue, round)
  }
}

interface Batch {
  readonly batch: readonly PushRow[]
  readonly looks: Looks
  readonly round: Round
  /** Goes before its turn. */
  readonly urgent?: boolean
}

async function pushBatch(
  pass: Pass,
  facet: ListingsFacet,
  queue: PushQueue,
  { batch, looks, round, urgent = false }: Batch,
): Promise<void> {
  const { underway, went } = round
  for (let rows = batch; rows.length > 0; ) {
    const { free, later } = underway.begin(rows.filter(({ id }) => urgent || !went.has(id)))
    if (urgent) for (const { id } of free) went.add(id)
    // Nothing of ours is being written meanwhile, so none waits for us.
    if (free.length === 0 && later.length > 0) await underway.ended()
    else {
      try {
        await bringUpToDate(pass, facet, queue, free, looks)
      } finally {
        underway.end(free)
      }
    }
    rows = later
  }
}

/** Decides and writes; rows that turn out stale are looked at again at once, a few times. */
async function bringUpToDate(
  pass: Pass,
  facet: ListingsFacet,
  queue: PushQueue,
  batch: readonly PushRow[],
  seen: Looks,
): Promise<void> {
  let rows = batch
  let looks = seen
  for (let round = 1; rows.length > 0; round++) {
    const ready = rows.filter((row) => looks.get(row.id) !== 'failed')
    const { plans, held } = await plan(pass, facet, ready, looks)
    queue.hold(held)
    rows = await write(pass, facet, plans)
    if (round === staleRounds) break
    looks = await look(pass, facet, await needLook(pass, facet, rows, new Set(rows.map(({ id }) => id))))
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
    // Where nobody buys, the number falls by nobody's sales.
    if (!pass.connection.orders && !inDoubt(row)) return false
    if (facet.compareAndSet) return row.confirmed === null || inDoubt(row)
    // Lowering to zero never oversells: no need to look, and nothing faster. A zero that is there already need not be sent at all.
    return (offers.get(row.id) ?? 0) > 0 || mayShow(row) === 0
  })
}

/** Reads what the channel shows; a row that cannot be read is set aside with its reason. */
async function look(pass: Pass, facet: ListingsFacet, rows: readonly PushRow[]): Promise<Looks> {
  const looks = new Map<number, Look | 'failed'>()
  for (const some of parts(rows, mostInLook)) await lookAt(pass, facet, some, looks)
  return looks
}

async function lookAt(
  pass: Pass,
  facet: ListingsFacet,
  rows: readonly PushRow[],
  looks: Map<number, Look | 'failed'>,
): Promise<void> {
  const { read } = facet
  if (!read) return
  const began = pass.run.at()
  const readings = await callBatch(rows, (some) => read.call(facet, pass.context, some))
  const at = pass.run.at()
  await commit(pass, async (tx) => {
    await lockListings(tx, ids(rows))
    const seen: { id: number; quantity: number; at: string }[] = []
    for (const [i, row] of byListing([...rows.entries()], ([, one]) => one)) {
      const reading = readings[i] ?? lost('read')
      if (reading.status === 'shown') {
        const { quantity, note, countedAs } = reading
        looks.set(row.id, { quantity, at: began, note, countedAs })
        seen.push({ id: row.id, quantity, at })
      } else {
        const error = reading.status === 'failed' ? reading.error : missing(reading.detail)
        looks.set(row.id, 'failed')
        await noteRowFailed(pass, tx, row, error)
      }
    }
    await noteObserved(tx, seen)
  })
  throwRefusal(readings)
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

function parts<T>(list: readonly T[], size: number): T[][] {
  const count = Math.ceil(list.length / size)
  return Array.from({ length: count }, (_, index) => list.slice(index * size, (index + 1) * size))
}

const ids = (rows: readonly PushRow[]): number[] => rows.map(({ id }) => id)

const doubtOf = ({ handle, sentKey, sentAt }: PushRow) =>
  handle === null && sentKey !== null && sentAt !== null ? { doubtSince: Date.parse(sentAt) } : {}

const targetOf = (made: Plan): ListingTarget => ({
  listing: made.row.listing,
  place: made.row.place,
  quantity: made.quantity,
  expected: made.expected,
  key: keyOf(made),
  underway: made.row.handle,
  ...doubtOf(made.row),
  ...(made.note === undefined ? {} : { note: made.note }),
})
