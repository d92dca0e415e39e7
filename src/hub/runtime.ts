import type { Route } from '../order/index.ts'
import type { Connection } from '../spec/connection.ts'
import type { AdapterContext, Clock, Logger } from '../spec/context.ts'
import type { Database, Transaction, TransactionOptions } from '../store/database.ts'
import { assertLease, type Lease } from '../store/leases.ts'
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
  /** This hub's name in leases; new in each process. */
  readonly owner: string
  readonly leaseMs: number
  readonly maxAttempts: number
  readonly keepBuyerDataMs: number
  /** Where webhooks reach this hub, without the connection's name; `null`: nowhere. */
  readonly publicUrl: string | null
  readonly connections: ReadonlyMap<string, Connection>
  /** Now, as ISO 8601 UTC. */
  at(): string
  /** What an adapter is called with; the signal ends when the lease does. */
  context(connection: string, signal: AbortSignal): AdapterContext
  /** Tells the workers that there may be something to do. */
  wake(): void
}

/** One pass over one connection, under its lease. */
export interface Pass {
  readonly run: Runtime
  readonly name: string
  readonly connection: Connection
  readonly lease: Lease
  readonly signal: AbortSignal
  readonly context: AdapterContext
  readonly report: PassReport
}

/** What a pass over one connection did. Counts since the pass began. */
export interface PassReport {
  /** Orders read, and of these seen for the first time. */
  ordersRead: number
  ordersPlaced: number
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
  /** Set when the connection was left alone: another worker holds its lease, or it is paused. */
  skipped: 'leased' | 'paused' | null
}

export const emptyReport = (): PassReport => ({
  ordersRead: 0,
  ordersPlaced: 0,
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

/** Stores what a pass did, unless another worker has taken the connection over meanwhile. */
export function commit<T>(
  pass: Pass,
  work: (tx: Transaction) => Promise<T>,
  options?: TransactionOptions,
): Promise<T> {
  return pass.run.database.transaction(async (tx) => {
    await assertLease(tx, pass.lease)
    return work(tx)
  }, options)
}

/** Waits for all of them, also when one fails; then throws the first failure. Nothing goes on behind the pass's back. */
export async function allDone(work: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason
}
