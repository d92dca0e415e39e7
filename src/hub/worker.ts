import { isStockpoolError, StockpoolError, toStockpoolError } from '../error.ts'
import { connectionState, type Duty, pauseConnection, readCursor } from '../store/connections.ts'
import { emit } from '../store/events.ts'
import { freeJobs, nextJobAt } from '../store/jobs.ts'
import { acquireLease, type Lease, releaseLease } from '../store/leases.ts'
import { nextPushAt } from '../store/pushes.ts'
import { auditListings } from './audit-pass.ts'
import { backoffMs, later } from './backoff.ts'
import { doJobs } from './jobs-pass.ts'
import { readOrders } from './orders-pass.ts'
import { readLocations, readStock, readUpdates } from './providers-pass.ts'
import { raisesWaitFor } from './push-hold.ts'
import { pushQuantities } from './push-pass.ts'
import { emptyReport, type Pass, type PassReport, type Runtime } from './runtime.ts'
import { ensureWebhooks, subscribes } from './webhooks-pass.ts'

/** What there is to do for a connection, and how soon again when nothing calls for it. */
interface DutyRow {
  readonly name: string
  readonly duty: Duty | null
  /** Only connections with this facet have the duty. */
  readonly facet: 'orders' | 'listings' | 'fulfillment' | 'webhooks' | null
  /** Further, only when this holds. */
  readonly when?: (pass: Pass) => boolean
  readonly work: (pass: Pass) => Promise<void>
  readonly everyMs: (pass: Pass) => number
}

const hour = 3_600_000
/** How often listings are gone through while raises wait for the orders of some connection. */
const holdMs = 1000

/** In the order of one whole pass: facts first, then what follows from them. */
const duties: readonly DutyRow[] = [
  { name: 'locations', duty: 'locations', facet: 'fulfillment', work: readLocations, everyMs: () => hour },
  {
    name: 'orders',
    duty: 'orders',
    facet: 'orders',
    work: readOrders,
    everyMs: ({ connection }) => connection.intervals.ordersMs ?? 60_000,
  },
  {
    name: 'updates',
    duty: 'updates',
    facet: 'fulfillment',
    work: readUpdates,
    everyMs: ({ connection }) => connection.intervals.updatesMs ?? 60_000,
  },
  {
    name: 'stock',
    duty: 'stock',
    facet: 'fulfillment',
    work: readStock,
    everyMs: ({ connection }) => connection.intervals.stockMs ?? 300_000,
  },
  { name: 'jobs', duty: null, facet: null, work: doJobs, everyMs: () => 0 },
  { name: 'listings', duty: null, facet: 'listings', work: pushQuantities, everyMs: () => 0 },
  { name: 'audit', duty: 'audit', facet: 'listings', work: auditListings, everyMs: () => 6 * hour },
  {
    name: 'webhooks',
    duty: 'webhooks',
    facet: 'webhooks',
    when: ({ run, name }) => subscribes(run, name),
    work: ensureWebhooks,
    everyMs: () => 24 * hour,
  },
]

const concerns = ({ facet, when }: DutyRow, pass: Pass): boolean =>
  (facet === null || pass.connection[facet] !== undefined) && (when === undefined || when(pass))

/**
 * Does the duties of one connection under its lease. One worker at a time, in all processes together: so one spends the
 * rate limit and one refreshes the tokens. Its signal ends when the lease is lost or the hub stops.
 */
export class ConnectionWorker {
  readonly #run: Runtime
  readonly #name: string
  #lease: Lease | null = null
  #leaseEnds = 0
  /** When raises were last found to wait for the orders of some connection. */
  #heldAt: number | null = null
  /** The latest run of each duty; it is over when the promise resolves. */
  readonly #underWay = new Map<string, Promise<void>>()

  constructor(run: Runtime, name: string) {
    this.#run = run
    this.#name = name
  }

  /** The named duties, once each (`whenDue`: those that are due); a failing one is reported and does not stop the others. */
  async sync(signal: AbortSignal, only: readonly string[], whenDue = false): Promise<PassReport> {
    const report = emptyReport()
    const ended = new AbortController()
    const pass = await this.#begin(AbortSignal.any([signal, ended.signal]), report)
    if (pass === null) return report
    const keeper = this.#keep(ended)
    try {
      for (const duty of duties) {
        if (!concerns(duty, pass) || !only.includes(duty.name)) continue
        if (whenDue && !(await this.#isDue(pass, duty))) continue
        signal.throwIfAborted()
        await this.#attempt(pass, duty)
        if (report.skipped !== null) break
      }
    } finally {
      ended.abort(new StockpoolError('aborted', 'the pass has ended'))
      await keeper
    }
    return report
  }

  /** Works until the signal ends: every duty at its own pace, at once when something calls for it. */
  async work(signal: AbortSignal, woken: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      const ended = new AbortController()
      const report = emptyReport()
      const pass = await this.#begin(AbortSignal.any([signal, ended.signal]), report).catch((thrown) =>
        this.#log('taking the lease', thrown),
      )
      if (!pass) {
        await this.#rest(signal, this.#run.leaseMs / 3, woken)
        continue
      }
      const keeper = this.#keep(ended)
      await Promise.all(
        duties.filter((duty) => concerns(duty, pass)).map((duty) => this.#repeat(pass, duty, woken, ended)),
      )
      ended.abort(new StockpoolError('aborted', 'the worker has stopped'))
      await keeper
    }
    await this.release()
  }

  async release(): Promise<void> {
    const lease = this.#lease
    this.#lease = null
    if (lease) await this.#run.database.transaction((tx) => releaseLease(tx, lease))
  }

  async #begin(signal: AbortSignal, report: PassReport): Promise<Pass | null> {
    const { connections, database } = this.#run
    const connection = connections.get(this.#name)
    if (!connection) return null
    const lease = await this.#take()
    if (lease === null) report.skipped = 'leased'
    const state = await database.transaction((tx) => connectionState(tx, this.#name, this.#run.at()))
    if (state.pausedAt !== null) report.skipped = 'paused'
    if (lease === null || report.skipped !== null) return null
    return {
      run: this.#run,
      name: this.#name,
      connection,
      lease,
      signal,
      report,
      context: this.#run.context(this.#name, signal),
    }
  }

  async #take(): Promise<Lease | null> {
    const { owner, leaseMs, clock, database } = this.#run
    const now = clock.now()
    const at = new Date(now).toISOString()
    this.#lease = await database.transaction(async (tx) => {
      const lease = await acquireLease(tx, {
        name: `work/${this.#name}`,
        owner,
        at,
        until: later(at, leaseMs),
      })
      if (lease) await freeJobs(tx, this.#name, owner)
      return lease
    })
    if (this.#lease) this.#leaseEnds = now + leaseMs
    return this.#lease
  }

  /** Renews the lease while the pass lasts; ends the pass when another worker has it. */
  async #keep(ended: AbortController): Promise<void> {
    const { clock, leaseMs } = this.#run
    const fence = this.#lease?.fence
    while (!ended.signal.aborted) {
      await clock.sleep(leaseMs / 3, ended.signal).catch(() => undefined)
      if (ended.signal.aborted) return
      const lease = await this.#take().catch(() => (clock.now() < this.#leaseEnds ? this.#lease : null))
      if (lease?.fence !== fence)
        ended.abort(new StockpoolError('lease_lost', `another worker took over ${this.#name}`))
    }
  }

  async #repeat(
    pass: Pass,
    duty: DutyRow,
    woken: () => Promise<void>,
    ended: AbortController,
  ): Promise<void> {
    let failures = 0
    while (!pass.signal.aborted) {
      const { error, dueIn } = await this.#turn(pass, duty)
      if (pass.report.skipped !== null) ended.abort(new StockpoolError('aborted', `${this.#name} is paused`))
      failures = error === null ? 0 : failures + 1
      // A duty that fails waits by itself, however often it is called.
      if (error) await pass.run.clock.sleep(backoffMs(failures, error), pass.signal).catch(() => undefined)
      else await this.#rest(pass.signal, dueIn, woken)
    }
  }

  /** Does the duty if it is due. Never throws: a worker must outlive a database that is away for a while. */
  async #turn(pass: Pass, duty: DutyRow): Promise<{ error: StockpoolError | null; dueIn: number }> {
    try {
      const error = (await this.#isDue(pass, duty)) ? await this.#attempt(pass, duty) : null
      return { error, dueIn: error === null ? await this.#untilDue(pass, duty) : 0 }
    } catch (thrown) {
      this.#log(duty.name, thrown)
      return { error: toStockpoolError(thrown), dueIn: 0 }
    }
  }

  async #isDue(pass: Pass, duty: DutyRow): Promise<boolean> {
    return (await this.#untilDue(pass, duty)) <= 0
  }

  /** Milliseconds until the duty calls for work by itself. */
  async #untilDue(pass: Pass, duty: DutyRow): Promise<number> {
    const { database, clock } = pass.run
    const due = await database.read(async (tx) => {
      if (duty.name === 'jobs') return nextJobAt(tx, pass.name)
      if (duty.name === 'listings') {
        const waits = this.#heldAt === null ? 0 : this.#heldAt + holdMs - clock.now()
        // What was held a moment ago is not looked through at every call, unless it may go on now.
        if (waits > 0 && (await raisesWaitFor(pass.run, tx)).length > 0)
          return later(new Date(clock.now()).toISOString(), waits)
        return nextPushAt(tx, pass.name)
      }
      if (duty.duty === null) return null
      const { ranAt } = await readCursor(tx, pass.name, duty.duty)
      return ranAt === null ? '' : later(ranAt, duty.everyMs(pass))
    })
    if (due === null) return Number.POSITIVE_INFINITY
    return due === '' ? 0 : Date.parse(due) - clock.now()
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
      if (duty.name === 'listings') this.#heldAt = await this.#holds(pass)
      return null
    } catch (thrown) {
      if (pass.signal.aborted) return null
      const error = toStockpoolError(thrown)
      if (error.code === 'aborted') return null
      pass.report.errors.push({ doing: duty.name, code: error.code, message: error.message })
      if (error.code === 'auth') await this.#pause(pass, error)
      this.#log(duty.name, error)
      return error
    } finally {
      resolve()
      pass.run.wake()
    }
  }

  async #holds({ run }: Pass): Promise<number | null> {
    const names = await run.database.read((tx) => raisesWaitFor(run, tx))
    return names.length === 0 ? null : run.clock.now()
  }

  /** A refused credential is never tried blindly: the connection stops, and says so, until a person resumes it. */
  async #pause(pass: Pass, error: StockpoolError): Promise<void> {
    pass.report.skipped = 'paused'
    const { code, message } = error
    const at = pass.run.at()
    await pass.run.database.transaction(async (tx) => {
      const paused = await pauseConnection(tx, pass.name, message, at)
      if (paused) await emit(tx, at, 'connection.paused', { connection: pass.name, code, message })
    })
  }

  /** Waits until called, or until the duty is due; never longer than a second, since other processes call nobody. */
  async #rest(signal: AbortSignal, ms: number, woken: () => Promise<void>): Promise<void> {
    if (signal.aborted) return
    const stop = new AbortController()
    const sleep = this.#run.clock.sleep(
      Math.max(1, Math.min(ms, 1000)),
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
