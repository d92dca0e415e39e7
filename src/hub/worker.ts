import { isStockpoolError, StockpoolError, toStockpoolError } from '../error.ts'
import type { Connection } from '../spec/connection.ts'
import { connectionState, isPaused, pauseConnection, readCursor } from '../store/connections.ts'
import type { Transaction } from '../store/database.ts'
import { emit } from '../store/events.ts'
import { freeJob, nextJobAt, takenJobs } from '../store/jobs.ts'
import { type Lease, leaseLost } from '../store/leases.ts'
import { nextPushAt } from '../store/pushes.ts'
import { backoffMs, later } from './backoff.ts'
import { type DutyRow, dutiesOf } from './duties.ts'
import { DutyLease } from './duty-lease.ts'
import { raisesWaitFor } from './push-hold.ts'
import { commit, emptyReport, type Pass, type PassReport, pausedNow, type Runtime } from './runtime.ts'

/** How often listings are gone through while raises wait for the orders of some connection. */
const holdMs = 1000
/** The longest rest: other processes call nobody. */
const longestRestMs = 1000

/** A pass, and how it ends in good order. */
interface Held {
  readonly pass: Pass
  done(): Promise<void>
}

/**
 * Does the duties of one connection, each under a lease of its own: one process at a time does a duty, in all processes
 * together, and several may share the duties of a connection. A duty's signal ends when its lease is lost, when the
 * connection is paused, or when the hub stops.
 */
export class ConnectionWorker {
  readonly #run: Runtime
  readonly #name: string
  readonly #connection: Connection
  readonly #duties: readonly DutyRow[]
  readonly #leases: ReadonlyMap<string, DutyLease>
  /** The passes that go on in this process; a pause ends them all. */
  readonly #passes = new Set<Pass>()
  /** The latest run of each duty; it is over when the promise resolves. */
  readonly #underWay = new Map<string, Promise<void>>()
  /** When raises were last found to wait for the orders of some connection. */
  #heldAt: number | null = null
  /** Under which number of the jobs' lease those of earlier workers were freed. */
  #freedUnder: number | null = null

  constructor(run: Runtime, name: string, connection: Connection) {
    this.#run = run
    this.#name = name
    this.#connection = connection
    this.#duties = dutiesOf({ run, name, connection })
    this.#leases = new Map(
      this.#duties.map((duty) => [duty.name, new DutyLease(run, `work/${name}/${duty.name}`)]),
    )
  }

  /** The named duties, once each (`whenDue`: those that are due); a failing one is reported and does not stop the others. */
  async sync(signal: AbortSignal, only: readonly string[], whenDue = false): Promise<PassReport> {
    const report = emptyReport()
    for (const duty of this.#duties) {
      if (!only.includes(duty.name)) continue
      signal.throwIfAborted()
      if (await this.#isPaused()) report.skipped = 'paused'
      if (report.skipped === 'paused') break
      if (whenDue && (await this.#untilDue(duty)) > 0) continue
      const held = await this.#begin(duty, signal, report)
      if (held === null) report.skipped = 'leased'
      else await this.#attempt(held.pass, duty).finally(held.done)
    }
    return report
  }

  /**
   * Does some work under the lease of a duty, as a pass of it. What fails is thrown.
   * @throws StockpoolError `conflict` while another process is at it, `aborted` when the connection is paused
   */
  async doOnce(name: string, signal: AbortSignal, work: (pass: Pass) => Promise<void>): Promise<PassReport> {
    const report = emptyReport()
    const duty = this.#duties.find((one) => one.name === name)
    if (duty === undefined) throw new StockpoolError('internal', `${this.#name} has no duty ${name}`)
    if (await this.#isPaused()) throw pausedNow(this.#name)
    const held = await this.#begin(duty, signal, report)
    if (held === null) {
      throw new StockpoolError('conflict', `another process is at the ${name} of ${this.#name}`, {
        remedy: 'Wait until it has ended, or stop it.',
        retryable: true,
      })
    }
    const error = await this.#attempt(held.pass, { ...duty, work }).finally(held.done)
    if (error !== null) throw error
    signal.throwIfAborted()
    if (report.skipped === 'paused') throw pausedNow(this.#name)
    return report
  }

  /** Works until the signal ends: every duty at its own pace, at once when something calls for it. */
  async work(signal: AbortSignal, woken: () => Promise<void>): Promise<void> {
    await Promise.all(this.#duties.map((duty) => this.#workAt(duty, signal, woken)))
    await this.release()
  }

  /** Gives back every lease but those of passes that still go on. */
  async release(): Promise<void> {
    const used = new Set([...this.#passes].map(({ lease }) => lease.name))
    const free = [...this.#leases.values()].filter(({ name }) => !used.has(name))
    await Promise.all(free.map((lease) => lease.release()))
  }

  /** One duty: waits for its lease, and works under it until it is lost. */
  async #workAt(duty: DutyRow, signal: AbortSignal, woken: () => Promise<void>): Promise<void> {
    const { clock, leaseMs } = this.#run
    while (!signal.aborted) {
      try {
        if (await this.#isPaused()) await this.#rest(signal, longestRestMs, woken)
        else {
          const held = (await this.#leaseOf(duty).isFree())
            ? await this.#begin(duty, signal, emptyReport())
            : null
          if (held) await this.#repeat(held.pass, duty, woken).finally(held.done)
          // Nothing that happens in this process calls for a duty that another one does.
          else await clock.sleep(Math.min(leaseMs / 3, longestRestMs), signal).catch(() => undefined)
        }
      } catch (thrown) {
        this.#log(`taking the lease of ${duty.name}`, thrown)
        await clock.sleep(longestRestMs, signal).catch(() => undefined)
      }
    }
  }

  #leaseOf({ name }: DutyRow): DutyLease {
    const lease = this.#leases.get(name)
    if (lease === undefined) throw new StockpoolError('internal', `${this.#name} has no duty ${name}`)
    return lease
  }

  /** A pass of a duty, if its lease can be had now. */
  async #begin(duty: DutyRow, signal: AbortSignal, report: PassReport): Promise<Held | null> {
    const mine = this.#leaseOf(duty)
    const lease = await mine.take()
    if (lease === null) return null
    const ended = new AbortController()
    const pass = this.#pass(mine, lease, AbortSignal.any([signal, ended.signal]), report, (reason) =>
      ended.abort(reason),
    )
    this.#passes.add(pass)
    const keeper = mine.keep(lease, ended.signal, pass.end)
    const done = async () => {
      this.#passes.delete(pass)
      pass.end(new StockpoolError('aborted', 'the pass has ended'))
      await keeper
    }
    try {
      if (duty.name === 'jobs') await this.#freeJobs(pass)
    } catch (thrown) {
      await done()
      throw thrown
    }
    return { pass, done }
  }

  #pass(mine: DutyLease, lease: Lease, signal: AbortSignal, report: PassReport, end: Pass['end']): Pass {
    const run = this.#run
    const check = () => {
      if (!mine.holds(lease)) end(leaseLost(lease.name))
    }
    const context = run.context(this.#name, signal, check)
    return {
      run,
      name: this.#name,
      connection: this.#connection,
      lease,
      turn: mine.turn,
      signal,
      report,
      end,
      get context() {
        check()
        if (isStockpoolError(signal.reason, 'lease_lost')) throw signal.reason
        return context
      },
    }
  }

  /**
   * Whoever did the jobs before is gone, or is refused from now on: what it had taken need not wait for its time. One
   * transaction for each, so that none holds several rows that others want in another order.
   */
  async #freeJobs(pass: Pass): Promise<void> {
    const { fence } = pass.lease
    if (this.#freedUnder === fence) return
    // Under an earlier lease this process may itself still be at some.
    await this.#underWay.get('jobs')
    const ids = await this.#run.database.read((tx) => takenJobs(tx, this.#name))
    for (const id of ids) await commit(pass, (tx) => freeJob(tx, id))
    this.#freedUnder = fence
  }

  async #repeat(pass: Pass, duty: DutyRow, woken: () => Promise<void>): Promise<void> {
    let failures = 0
    while (!pass.signal.aborted) {
      const { error, dueIn } = await this.#turn(pass, duty)
      failures = error === null ? 0 : failures + 1
      // A duty that fails waits by itself, however often it is called.
      if (error) await pass.run.clock.sleep(backoffMs(failures, error), pass.signal).catch(() => undefined)
      else await this.#rest(pass.signal, dueIn, woken)
    }
  }

  /** Does the duty if it is due. Never throws: a worker must outlive a database that is away for a while. */
  async #turn(pass: Pass, duty: DutyRow): Promise<{ error: StockpoolError | null; dueIn: number }> {
    try {
      if (await this.#isPaused()) pass.end(pausedNow(this.#name))
      const error = (await this.#untilDue(duty)) <= 0 ? await this.#attempt(pass, duty) : null
      return { error, dueIn: error === null ? await this.#untilDue(duty) : 0 }
    } catch (thrown) {
      this.#log(duty.name, thrown)
      return { error: toStockpoolError(thrown), dueIn: 0 }
    }
  }

  /** Another process may have paused the connection. The first look notes that the connection is there. */
  async #isPaused(): Promise<boolean> {
    const { database } = this.#run
    const paused = await database.read((tx) => isPaused(tx, this.#name))
    if (paused !== null) return paused
    await database.transaction((tx) => connectionState(tx, this.#name, this.#run.at()))
    return false
  }

  /** Milliseconds until the duty calls for work by itself. */
  async #untilDue(duty: DutyRow): Promise<number> {
    const { database, clock } = this.#run
    const due = await database.read((tx) => this.#dueAt(tx, duty))
    if (due === null) return Number.POSITIVE_INFINITY
    return due === '' ? 0 : Date.parse(due) - clock.now()
  }

  async #dueAt(tx: Transaction, duty: DutyRow): Promise<string | null> {
    const [run, name, connection] = [this.#run, this.#name, this.#connection]
    if (duty.name === 'jobs') return nextJobAt(tx, name)
    if (duty.name === 'listings') {
      const waits = this.#heldAt === null ? 0 : this.#heldAt + holdMs - run.clock.now()
      // What was held a moment ago is not looked through at every call, unless it may go on now.
      if (waits > 0 && (await raisesWaitFor(run, tx)).length > 0) return later(run.at(), waits)
      return nextPushAt(tx, name)
    }
    if (duty.duty === null) return null
    const { ranAt } = await readCursor(tx, name, duty.duty)
    return ranAt === null ? '' : later(ranAt, duty.everyMs({ run, name, connection }))
  }

  async #attempt(pass: Pass, duty: DutyRow): Promise<StockpoolError | null> {
    const before = this.#underWay.get(duty.name)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#underWay.set(duty.name, promise)
    try {
      // A pass that is asked for while the worker works must not write a listing that is being written.
      await before
      if (pass.signal.aborted) return null
      await duty.work(pass)
      // Some work ends in good order when it may begin nothing more.
      if (isStockpoolError(pass.signal.reason, 'lease_lost')) throw pass.signal.reason
      if (duty.name === 'listings') this.#heldAt = await this.#holds(pass)
      return null
    } catch (thrown) {
      return await this.#failed(pass, duty, thrown)
    } finally {
      resolve()
      pass.run.wake()
    }
  }

  /** Tells what ended a duty, if it is a failure. */
  async #failed(pass: Pass, duty: DutyRow, thrown: unknown): Promise<StockpoolError | null> {
    const { signal, report } = pass
    const lost = isStockpoolError(signal.reason, 'lease_lost') ? signal.reason : null
    if (signal.aborted && lost === null) return null
    const error = lost ?? toStockpoolError(thrown)
    if (error.code === 'aborted') return null
    report.errors.push({ doing: duty.name, code: error.code, message: error.message })
    if (error.code === 'auth') await this.#pause(pass, error)
    this.#log(duty.name, error)
    return error
  }

  async #holds({ run }: Pass): Promise<number | null> {
    const names = await run.database.read((tx) => raisesWaitFor(run, tx))
    return names.length === 0 ? null : run.clock.now()
  }

  /**
   * A refused credential is never tried blindly: the connection stops, and says so, until a person resumes it. What a
   * worker that has lost the duty was told says nothing: its credential may be yesterday's.
   */
  async #pause(pass: Pass, error: StockpoolError): Promise<void> {
    const { code, message } = error
    const at = pass.run.at()
    try {
      await commit(pass, async (tx) => {
        const paused = await pauseConnection(tx, pass.name, message, at)
        if (paused) await emit(tx, at, 'connection.paused', { connection: pass.name, code, message })
      })
    } catch (thrown) {
      if (isStockpoolError(thrown, 'lease_lost')) return
      throw thrown
    }
    pass.report.skipped = 'paused'
    for (const each of this.#passes) each.end(pausedNow(this.#name))
  }

  /** Waits until called, or until the duty is due; never longer than a second, since other processes call nobody. */
  async #rest(signal: AbortSignal, ms: number, woken: () => Promise<void>): Promise<void> {
    if (signal.aborted) return
    const stop = new AbortController()
    const sleep = this.#run.clock.sleep(
      Math.max(1, Math.min(ms, longestRestMs)),
      AbortSignal.any([signal, stop.signal]),
    )
    await Promise.race([sleep.catch(() => undefined), woken()])
    stop.abort()
  }

  #log(doing: string, thrown: unknown): null {
    const { code, message } = isStockpoolError(thrown) ? thrown : toStockpoolError(thrown)
    this.#run.log.warn('a duty failed', { connection: this.#name, doing, code, message })
    return null
  }
}
