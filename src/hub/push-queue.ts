import type { Backlog } from '../spec/listings.ts'
import type { Transaction } from '../store/database.ts'
import { lockListings } from '../store/locks.ts'
import {
  lastMovement,
  listingsOf,
  movementsAfter,
  noteJudged,
  type PushRow,
  type StalePlace,
  staleAmong,
  staleListings,
} from '../store/pushes.ts'
import { notePlanned } from '../store/stale.ts'
import { isLower, mayShow, mustBeLower, urgencies, urgency } from './push-decision.ts'
import { raisesWaitFor } from './push-hold.ts'
import { offersOf } from './push-plan.ts'
import { commit, type Pass } from './runtime.ts'

const pageSize = 1000
const urgencyNames = ['none-left', 'less', 'more'] as const
/** How long after the backlog was last gone through it is again: retries that became due, links, audits. */
const refillMs = 30_000
/** More movements than this at once are seen by going through the backlog, page by page. */
const mostMoves = 2000
/** So long a number that the ledger left out may still come: its transaction was not committed yet, or never will be. */
const gapMs = 10_000
const gapsBefore = 200

/**
 * What is out of date on one connection, by urgency. The whole backlog is gone through when it is made, and now and then
 * again; between two rounds only what the ledger shows to have moved, so that a round costs the same however long the
 * backlog is.
 */
export class PushQueue {
  readonly #pass: Pass
  readonly #levels: readonly Set<number>[] = urgencies.map(() => new Set())
  /** Raises that a look has shown to be such and that wait for the first order read, by generation. */
  readonly #held = new Map<number, number>()
  #filledAt = Number.NEGATIVE_INFINITY
  #movement = 0
  /** Numbers that the ledger left out so far, and when that was seen. */
  readonly #gaps = new Map<number, number>()
  #turn: Promise<void> = Promise.resolve()
  /** What was taken last: while it is written, it is out of date, and not to be taken again. */
  #round: ReadonlySet<number> = new Set()
  #roundLevel = 0
  /** Rows of the round that moved meanwhile, perhaps only by being written. */
  readonly #again = new Set<number>()

  constructor(pass: Pass) {
    this.#pass = pass
  }

  /** The most urgent rows, all of one urgency: a round. None: nothing is due. */
  async take(limitOf: (backlog: Backlog) => number): Promise<PushRow[]> {
    this.#round = new Set()
    await this.#refreshed()
    const again = [...this.#again]
    this.#again.clear()
    await this.#sort(await this.#among(again))
    for (let refilled = false; ; refilled = true) {
      for (const [index, level] of this.#levels.entries()) {
        while (level.size > 0) {
          const ids = first(level, limitOf({ urgency: urgencyNames[index] ?? 'more', waiting: level.size }))
          for (const id of ids) level.delete(id)
          const rows = await this.#among(ids)
          this.#round = new Set(ids)
          this.#roundLevel = index
          // As they stood in the queue.
          const places = new Map(ids.map((id, place) => [id, place]))
          if (rows.length > 0) return rows.sort((a, b) => (places.get(a.id) ?? 0) - (places.get(b.id) ?? 0))
        }
      }
      if (refilled) break
      await this.#fill()
    }
    this.#roundLevel = this.#levels.length
    return []
  }

  /** What cannot wait for the round's end, being more urgent than its rows or sold out, but for listings that are being written; without a round, anything. */
  async takeUrgent(limitOf: (backlog: Backlog) => number, writing: ReadonlySet<number>): Promise<PushRow[]> {
    await this.#refreshed()
    for (const [index, level] of this.#levels.entries()) {
      if (index > 0 && index >= this.#roundLevel) break
      const free = [...level].filter((id) => !writing.has(id))
      if (free.length === 0) continue
      const ids = first(free, limitOf({ urgency: urgencyNames[index] ?? 'more', waiting: free.length }))
      for (const id of ids) level.delete(id)
      return this.#among(ids)
    }
    return []
  }

  hold(rows: readonly PushRow[]): void {
    for (const { id, generation } of rows) this.#held.set(id, generation)
  }

  /** One after the other: several batches may ask at once. */
  #refreshed(): Promise<void> {
    const turn = this.#turn.then(() => this.#refresh())
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async #refresh(): Promise<void> {
    const { run } = this.#pass
    if (run.clock.now() - this.#filledAt >= refillMs) return this.#fill()
    const moved = await run.database.read((tx) =>
      movementsAfter(tx, { after: this.#movement, missing: [...this.#gaps.keys()], limit: mostMoves + 1 }),
    )
    if (moved.length > mostMoves) return this.#fill()
    if (moved.length === 0) return
    this.#noteGaps(moved.map(({ id }) => id))
    const skus = moved.map(({ sku }) => sku)
    await this.#sort(await this.#among(await run.database.read((tx) => listingsOf(tx, skus))))
  }

  /** Where several write at once, a movement may be committed after another with a higher number. */
  #noteGaps(ids: readonly number[]): void {
    const now = this.#pass.run.clock.now()
    const there = new Set(ids)
    const last = Math.max(this.#movement, ...ids)
    for (let id = this.#movement + 1; id < last; id += 1) if (!there.has(id)) this.#gaps.set(id, now)
    for (const [id, since] of this.#gaps) if (there.has(id) || now - since > gapMs) this.#gaps.delete(id)
    this.#movement = last
  }

  async #fill(): Promise<void> {
    const { run, name, signal } = this.#pass
    this.#filledAt = run.clock.now()
    const last = await run.database.read(lastMovement)
    // Some below it may be on their way yet.
    this.#movement = run.database.dialect === 'sqlite' ? last : Math.max(0, last - gapsBefore)
    this.#gaps.clear()
    for (const level of this.#levels) level.clear()
    for (let after: StalePlace | null = null; !signal.aborted; ) {
      const from: StalePlace | null = after
      const rows: readonly PushRow[] = await run.database.read((tx) =>
        staleListings(tx, { connection: name, at: run.at(), after: from, limit: pageSize }),
      )
      await this.#sort(rows)
      const last = rows.at(-1)
      if (last === undefined || rows.length < pageSize) return
      after = { changedAt: last.changedAt ?? '', id: last.id }
    }
  }

  #among(ids: readonly number[]): Promise<PushRow[]> {
    const { run, name } = this.#pass
    if (ids.length === 0) return Promise.resolve([])
    return run.database.read((tx) => staleAmong(tx, { connection: name, at: run.at(), ids }))
  }

  async #sort(rows: readonly PushRow[]): Promise<void> {
    if (rows.length === 0) return
    const { run } = this.#pass
    const at = run.at()
    const wait = rows.filter((row) => mustBeLower(row, at)).map(({ id }) => id)
    // What is judged below is the number of this generation: what moves from now on is judged anew.
    const judged =
      wait.length === 0 ? new Map() : await commit(this.#pass, (tx: Transaction) => notePlanned(tx, wait))
    const { offers, raises } = await run.database.read(async (tx) => ({
      offers: await offersOf(this.#pass, tx, rows),
      raises: (await raisesWaitFor(run, tx)).length === 0,
    }))
    const waiting: PushRow[] = []
    for (const row of rows) {
      const offer = offers.get(row.id) ?? 0
      for (const level of this.#levels) level.delete(row.id)
      if (mustBeLower(row, at) && !isLower(row, offer)) {
        waiting.push({ ...row, generation: judged.get(row.id) ?? row.generation })
      } else if (this.#held.get(row.id) !== row.generation || isLower(row, offer))
        this.#put(row, offer, raises)
    }
    if (waiting.length > 0)
      await commit(this.#pass, async (tx: Transaction) => {
        await lockListings(
          tx,
          waiting.map(({ id }) => id),
        )
        for (const row of waiting) await noteJudged(tx, row)
      })
  }

  #put(row: PushRow, offer: number, raises: boolean): void {
    const level = urgency({ offer, shown: mayShow(row) })
    // That it has sold out meanwhile cannot wait for the next round.
    if (level > 0 && this.#round.has(row.id)) {
      this.#again.add(row.id)
      return
    }
    // Where nothing is known of the channel's number, a look tells whether it is a raise.
    if (level === 2 && !raises && mayShow(row) !== null) return
    this.#levels[level]?.add(row.id)
  }
}

function first(ids: Iterable<number>, limit: number): number[] {
  const found: number[] = []
  for (const id of ids) {
    if (found.length === limit) break
    found.push(id)
  }
  return found
}
