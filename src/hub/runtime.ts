import { isStockpoolError, StockpoolError } from '../error.ts'
import type { Route } from '../order/index.ts'
import type { Connection } from '../spec/connection.ts'
import type { AdapterContext, Clock, Logger } from '../spec/context.ts'
import type { Database, Transaction, TransactionOptions } from '../store/database.ts'
import { assertDuty, type Lease } from '../store/leases.ts'
import type { Slots } from '../store/slots.ts'
import type { OfferFunction } from './options.ts'
import type { Vault } from './vault.ts'

/** What the passes share: one hub's database, clock, connections and rules. */
export interface Runtime {
  readonly database: Database
  readonly clock: Clock
  readonly log: Logger
  readonly vault: Vault
  readonly route: Route
  readonly offer: OfferFunction | null
  /** Whether what a provider refuses, gives up or cannot fill goes to another place by itself. */
  readonly reroute: boolean
  /** How long an order waits for quotes; `null`: none are asked for. */
  readonly quoteWithinMs: number | null
  /** This hub's name in leases; new in each process. */
  readonly owner: string
  readonly leaseMs: number
  readonly maxAttempts: number
  /** The longest that one request takes. */
  readonly requestTimeoutMs: number
  readonly keepBuyerDataMs: number
  /** Where webhooks reach this hub, without the connection's name; `null`: nowhere. */
  readonly publicUrl: string | null
  readonly connections: ReadonlyMap<string, Connection>
  /** The connection that follows parcels of which their shippers tell nothing; `null`: none. */
  readonly tracker: string | null
  /** Now, as ISO 8601 UTC. */
  at(): string
  /** What an adapter is called with. `beforeSending` is called just before each request leaves, and may abort the signal. */
  context(connection: string, signal: AbortSignal, beforeSending?: () => void): AdapterContext
  /** Tells the workers that there may be something to do. */
  wake(): void
}

/** One duty of one connection, under the duty's lease. */
export interface Pass {
  readonly run: Runtime
  readonly name: string
  readonly connection: Connection
  readonly lease: Lease
  /** A few commits at a time: each holds the lease, which cannot be renewed meanwhile. */
  readonly turn: Slots
  /** Ends with the lease, with the pause of the connection, and with the caller's own signal. */
  readonly signal: AbortSignal
  /**
   * What the adapter is called with. Reading it throws `lease_lost` once the lease is over by this process's own clock: a
   * worker that was away must begin nothing outside.
   */
  readonly context: AdapterContext
  readonly report: PassReport
  /** Ends the signal. */
  end(reason: StockpoolError): void
}

/** What a pass over one connection did. Counts since the pass began. */
export interface PassReport {
  /** Orders read, and of these seen for the first time. */
  ordersRead: number
  ordersPlaced: number
  /** Returns read, of a channel and of a provider. */
  returnsRead: number
  /** Numbers written or found right, waiting for the channel to apply them, and failed. */
  listingsShown: number
  listingsPending: number
  listingsFailed: number
  /** Orders given to the provider, parcels it reported, stock readings taken. */
  submitted: number
  parcelsReported: number
  stockReadings: number
  /** Parcels confirmed on the channel. */
  shipmentsConfirmed: number
  /** Jobs that failed in this pass (they are retried, or dead and listed). */
  jobsFailed: number
  /** What went wrong, by what was being done; the connection's other work went on. */
  errors: { doing: string; code: string; message: string }[]
  /**
   * `leased`: another worker held the lease of a duty that was asked for; that duty was left to it, the others were done.
   * `paused`: the connection is paused, and from then on nothing was done. `null`: everything was done here.
   */
  skipped: 'leased' | 'paused' | null
}

export const emptyReport = (): PassReport => ({
  ordersRead: 0,
  ordersPlaced: 0,
  returnsRead: 0,
  listingsShown: 0,
  listingsPending: 0,
  listingsFailed: 0,
  submitted: 0,
  parcelsReported: 0,
  stockReadings: 0,
  shipmentsConfirmed: 0,
  jobsFailed: 0,
  errors: [],
  skipped: null,
})

/**
 * Stores what a pass did, unless another worker has taken its duty over meanwhile. A pass that has lost its duty, or
 * whose connection was paused by another one, begins nothing more.
 */
export async function commit<T>(
  pass: Pass,
  work: (tx: Transaction) => Promise<T>,
  options?: TransactionOptions,
): Promise<T> {
  // SQLite does them in a row by itself, and shares one commit among those that wait.
  const leave = pass.run.database.dialect === 'sqlite' ? null : await pass.turn.enter()
  try {
    const both = async (tx: Transaction) => ({
      paused: await assertDuty(tx, pass.lease, pass.name),
      value: await work(tx),
    })
    const { paused, value } = await pass.run.database.transaction(both, options)
    if (paused) pass.end(pausedNow(pass.name))
    return value
  } catch (error) {
    if (isStockpoolError(error, 'lease_lost')) pass.end(error)
    throw error
  } finally {
    leave?.()
  }
}

export const pausedNow = (connection: string) => new StockpoolError('aborted', `${connection} is paused`)

/** Waits for all of them, also when one fails; then throws the first failure. Nothing goes on behind the pass's back. */
export async function allDone(work: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason
}
