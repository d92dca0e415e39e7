import type { StockpoolError } from '../error.ts'
import { acquireLease, type Lease, leaseIsFree, leaseLost, releaseLease } from '../store/leases.ts'
import { Slots } from '../store/slots.ts'
import type { Runtime } from './runtime.ts'

/** So many transactions go on under one lease at once, where the database lets several write. */
const commitsAtOnce = 4

/**
 * One lease as this process holds it. Whether it is still ours is asked of the clock, at the moment that counts: a timer
 * rings late in a process that was stopped for a while.
 */
export class DutyLease {
  readonly #run: Pick<Runtime, 'database' | 'clock' | 'owner' | 'leaseMs'>
  readonly name: string
  /** For the transactions under this lease. */
  readonly turn = new Slots(commitsAtOnce)
  #lease: Lease | null = null
  /** By this process's own clock, in epoch milliseconds. */
  #ends = 0

  constructor(run: Pick<Runtime, 'database' | 'clock' | 'owner' | 'leaseMs'>, name: string) {
    this.#run = run
    this.name = name
  }

  /** Takes or renews it; `null` while another process has it. What was renewed a moment ago is not renewed again. */
  async take(): Promise<Lease | null> {
    const { clock, leaseMs } = this.#run
    if (this.#lease !== null && this.#ends - clock.now() > (leaseMs * 2) / 3) return this.#lease
    return this.#renew()
  }

  /** Whether another process would have to be waited for. */
  async isFree(): Promise<boolean> {
    const { database, clock } = this.#run
    const at = new Date(clock.now()).toISOString()
    return this.#lease !== null || database.read((tx) => leaseIsFree(tx, this.name, at))
  }

  /** Whether this very lease, by its number, is not over. */
  holds({ fence }: Lease): boolean {
    return this.#lease?.fence === fence && this.#run.clock.now() < this.#ends
  }

  /** Renews it until the signal ends; tells when it has become another's, or has been over for a moment. */
  async keep(lease: Lease, signal: AbortSignal, lost: (reason: StockpoolError) => void): Promise<void> {
    const { clock, leaseMs } = this.#run
    while (!signal.aborted) {
      await clock.sleep(leaseMs / 3, signal).catch(() => undefined)
      if (signal.aborted) return
      // A database that cannot be reached takes nothing away before its time.
      await this.#renew().catch(() => undefined)
      if (!this.holds(lease)) lost(leaseLost(this.name))
    }
  }

  async release(): Promise<void> {
    const lease = this.#lease
    this.#lease = null
    if (lease) await this.#run.database.transaction((tx) => releaseLease(tx, lease))
  }

  async #renew(): Promise<Lease | null> {
    // Those under way hold the lease's row, and new ones would go before us again and again.
    const leave = await this.turn.enterAll()
    try {
      return await this.#renewNow()
    } finally {
      leave()
    }
  }

  async #renewNow(): Promise<Lease | null> {
    const { database, clock, owner, leaseMs } = this.#run
    const now = clock.now()
    const [at, until] = [now, now + leaseMs].map((ms) => new Date(ms).toISOString()) as [string, string]
    this.#lease = await database.transaction((tx) => acquireLease(tx, { name: this.name, owner, at, until }))
    this.#ends = now + leaseMs
    return this.#lease
  }
}
