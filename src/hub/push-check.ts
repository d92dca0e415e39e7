import { StockpoolError, toStockpoolError } from '../error.ts'
import type { ListingsFacet, ListingTarget, WriteResult } from '../spec/listings.ts'
import type { Transaction } from '../store/database.ts'
import { lockListings } from '../store/locks.ts'
import { noteSending, noteShown, type Shown } from '../store/push-notes.ts'
import { type PendingKind, type PushRow, pendingListings, pushRowsOf } from '../store/pushes.ts'
import { unitsSoldSince } from '../store/sales.ts'
import { callBatch, lookedAtTogether, lookOf, throwRefusal } from './push-calls.ts'
import { lost, settle } from './push-results.ts'
import type { Underway } from './push-underway.ts'
import { commit, type Pass } from './runtime.ts'

/** How long an accepted write may stay unapplied before the channel is looked at afresh. */
const applyTimeoutMs = 15 * 60_000
/** So long a handle that was asked about is left alone, whatever the channel says. */
const askAgainMs = 10_000
/** So long what is due waits, while rows are pushed, for more that is asked about in the same calls. */
const gatherMs = 60_000
/** What may show too much does not wait behind everything else. */
const kinds: readonly PendingKind[] = ['too-high', 'other']

/**
 * Asks what became of the accepted writes of a connection, beside the writing, which never waits for it. What was written anew
 * meanwhile is left alone: the answer is of the earlier write.
 */
export class Checks {
  readonly #pass: Pass
  readonly #facet: ListingsFacet
  readonly #underway: Underway
  readonly #most: number
  /** When each handle was asked about last. */
  readonly #asked = new Map<string, number>()
  readonly #running = new Map<PendingKind, Promise<void>>()
  /** Why asking cannot go on, as with a refused credential. */
  #failure: { readonly error: unknown } | null = null

  /** Asks about `most` rows of each kind at once. */
  constructor(pass: Pass, facet: ListingsFacet, underway: Underway, most: number) {
    this.#pass = pass
    this.#facet = facet
    this.#underway = underway
    this.#most = most
  }

  get idle(): boolean {
    return this.#running.size === 0
  }

  /**
   * Begins with what is due, unless its kind is being asked about; while rows are `pushing`, with as many as fill their calls. Throws
   * what ended an earlier one.
   */
  async begin(pushing: boolean): Promise<void> {
    this.#throwFailure()
    const { check } = this.#facet
    if (!check) return
    const now = this.#pass.run.clock.now()
    for (const [kind, due] of await this.#due(kinds.filter((each) => !this.#running.has(each)))) {
      const rows = pushing && kind === 'other' ? full(due, now) : due
      if (rows.length === 0) continue
      for (const { handle } of rows) this.#asked.set(handle ?? '', now)
      const asking = this.#ask(rows, check.bind(this.#facet))
        .catch((error: unknown) => {
          this.#failure ??= { error }
        })
        .finally(() => this.#running.delete(kind))
      this.#running.set(kind, asking)
    }
    this.#throwFailure()
  }

  /** Resolves when all that was begun is over. Throws what ended any of it. */
  async over(): Promise<void> {
    await Promise.all(this.#running.values())
    this.#throwFailure()
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error
  }

  async #due(some: readonly PendingKind[]): Promise<[PendingKind, PushRow[]][]> {
    const { run, name } = this.#pass
    if (some.length === 0) return []
    const due = (tx: Transaction, kind: PendingKind) =>
      pendingListings(tx, { connection: name, at: run.at(), kind, limit: this.#most })
    const now = run.clock.now()
    const asked = ({ handle }: PushRow) =>
      now - (this.#asked.get(handle ?? '') ?? Number.NEGATIVE_INFINITY) < askAgainMs
    return run.database.read(async (tx) => {
      const found: [PendingKind, PushRow[]][] = []
      for (const kind of some) found.push([kind, (await due(tx, kind)).filter((row) => !asked(row))])
      return found
    })
  }

  async #ask(rows: readonly PushRow[], check: NonNullable<ListingsFacet['check']>): Promise<void> {
    const pass = this.#pass
    const together = lookOf(this.#facet.batch)
    for (let i = 0; i < rows.length && !pass.signal.aborted; i += together) {
      const batch = rows.slice(i, i + together)
      const asked = batch.map((row) => ({ target: targetOf(row, null), handle: row.handle ?? '' }))
      const results = await callBatch(asked, async (some) => {
        try {
          return await check(pass.context, some)
        } catch (thrown) {
          if (toStockpoolError(thrown).retryable) return some.map(({ handle }) => later15(handle))
          throw thrown
        }
      })
      throwRefusal(results)
      await this.#writeAgain(await noteChecked(pass, batch, results))
    }
  }

  /** Something else had the last word on the channel: what was written is written again, unless a newer number is on its way. */
  async #writeAgain(rows: readonly Overruled[]): Promise<void> {
    const { free } = this.#underway.begin(rows)
    if (free.length === 0) return
    try {
      const sent = await noteSentAgain(this.#pass, free)
      if (sent.length === 0) return
      const results = await callBatch(sent, (some) =>
        this.#facet.write(
          this.#pass.context,
          some.map((row) => targetOf(row, row.shows)),
        ),
      )
      await noteChecked(this.#pass, sent, results)
      throwRefusal(results)
    } finally {
      this.#underway.end(free)
    }
  }
}

/** Of the rows, the longest due first, as many as are looked at together; all of them when the first has waited for long. */
function full(due: readonly PushRow[], now: number): readonly PushRow[] {
  const since = due[0]?.checkAt ?? null
  if (since !== null && now - Date.parse(since) > gatherMs) return due
  return due.slice(0, due.length - (due.length % lookedAtTogether))
}

const later15 = (handle: string): WriteResult => ({ status: 'pending', handle, checkAfterMs: 15_000 })

const targetOf = (row: PushRow, expected: number | null): ListingTarget => ({
  listing: row.listing,
  place: row.place,
  quantity: row.sent ?? 0,
  expected,
  key: row.sentKey ?? '',
})

interface Overruled extends PushRow {
  /** What the channel shows instead. */
  readonly shows: number | null
}

/** Stores what became of the rows. Answers those that something else overruled. */
async function noteChecked(
  pass: Pass,
  asked: readonly PushRow[],
  results: readonly WriteResult[],
): Promise<Overruled[]> {
  const answers = new Map(
    asked.map((row, index) => [row.id, { row, result: results[index] ?? lost('check') }]),
  )
  return commit(pass, async (tx) => {
    await lockListings(tx, answers.keys())
    const shown: Shown[] = []
    const overruled: Overruled[] = []
    for (const now of await pushRowsOf(tx, [...answers.keys()])) {
      const { row, result } = answers.get(now.id) ?? {}
      if (row === undefined || result === undefined || !isSameWrite(row, now)) continue
      const less = await shownLess(pass, tx, now, result)
      if (less !== null) await settle(pass, tx, { ...now, sent: less }, { status: 'done' }, shown)
      else if (result.status === 'stale') overruled.push({ ...now, shows: result.observed })
      else await settle(pass, tx, now, stuck(pass, now, result), shown)
    }
    await noteShown(tx, shown)
    return overruled
  })
}

/** Of the rows, those whose write is still the last; they are sent now. */
async function noteSentAgain(pass: Pass, rows: readonly Overruled[]): Promise<Overruled[]> {
  const overruled = new Map(rows.map((row) => [row.id, row]))
  return commit(pass, async (tx) => {
    await lockListings(tx, overruled.keys())
    const at = pass.run.at()
    const again = (await pushRowsOf(tx, [...overruled.keys()])).flatMap((now) => {
      const row = overruled.get(now.id)
      return row !== undefined && isSameWrite(row, now)
        ? [{ ...now, sentAt: at, handle: null, shows: row.shows }]
        : []
    })
    await noteSending(
      tx,
      again.map(({ id, sent, sentHeld, sentGeneration, sentKey }) => {
        return {
          id,
          quantity: sent ?? 0,
          held: sentHeld,
          generation: sentGeneration ?? 0,
          key: sentKey ?? '',
          at,
        }
      }),
    )
    return again
  })
}

const isSameWrite = (one: PushRow, other: PushRow): boolean =>
  one.handle === other.handle && one.sentKey === other.sentKey

/**
 * A write that shows less than it set has been applied all the same if the channel's own sales since explain the
 * difference. Answers what it shows.
 */
async function shownLess(
  pass: Pass,
  tx: Transaction,
  row: PushRow,
  result: WriteResult,
): Promise<number | null> {
  if (result.status !== 'pending' || row.sent === null || row.sentAt === null) return null
  const observed = result.observed ?? null
  if (observed === null || observed === row.confirmed) return null
  const sold = await unitsSoldSince(tx, { connection: pass.name, listing: row.listing, after: row.sentAt })
  return sold > 0 && observed === row.sent - sold ? observed : null
}

/** An accepted write that shows nothing of itself for too long is looked at afresh, unless the channel has it in a queue. */
function stuck(pass: Pass, row: PushRow, result: WriteResult): WriteResult {
  const since = row.sentAt === null ? 0 : Date.parse(pass.run.at()) - Date.parse(row.sentAt)
  if (result.status !== 'pending' || result.queued === true || since < applyTimeoutMs) return result
  return {
    status: 'failed',
    error: new StockpoolError('unavailable', 'the channel accepted the number and has not applied it', {
      retryAfterMs: 1000,
    }),
  }
}
