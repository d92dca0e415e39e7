import type { Duty } from '../store/connections.ts'
import { auditListings } from './audit-pass.ts'
import { readDeadlines } from './deadlines-pass.ts'
import { readElsewhere } from './elsewhere-pass.ts'
import { doJobs } from './jobs-pass.ts'
import { readOrders } from './orders-pass.ts'
import { readLocations, readStock, readUpdates } from './providers-pass.ts'
import { pushQuantities } from './push-pass.ts'
import { ensureQueue, readQueue } from './queue-pass.ts'
import { readProviderReturns, readReturns } from './returns-pass.ts'
import type { Pass } from './runtime.ts'
import { readTracking } from './tracking-pass.ts'
import { ensureWebhooks, subscribes } from './webhooks-pass.ts'

type Place = Pick<Pass, 'run' | 'name' | 'connection'>

/** What there is to do for a connection, and how soon again when nothing calls for it. */
export interface DutyRow {
  /** Names its lease too: `work/<connection>/<name>`. */
  readonly name: string
  readonly duty: Duty | null
  /** Only connections with this facet have the duty. */
  readonly facet:
    | 'orders'
    | 'listings'
    | 'fulfillment'
    | 'webhooks'
    | 'returns'
    | 'queue'
    | 'platformStock'
    | 'tracking'
    | null
  /** Further, only when this holds. */
  readonly when?: (place: Place) => boolean
  readonly work: (pass: Pass) => Promise<void>
  readonly everyMs: (place: Place) => number
}

const hour = 3_600_000

const returnsMs = ({ connection }: Place): number => connection.intervals.returnsMs ?? 600_000

/** In the order of one whole pass: facts first, then what follows from them. */
const rows: readonly DutyRow[] = [
  {
    name: 'queue',
    duty: 'queue',
    facet: 'queue',
    when: ({ connection }) => connection.queue?.receive !== undefined,
    work: readQueue,
    // The platform's own queue makes whoever asks wait for the first message.
    everyMs: () => 1000,
  },
  { name: 'locations', duty: 'locations', facet: 'fulfillment', work: readLocations, everyMs: () => hour },
  {
    name: 'orders',
    duty: 'orders',
    facet: 'orders',
    work: (pass) => readOrders(pass),
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
  {
    name: 'platform-stock',
    duty: 'platform-stock',
    facet: 'platformStock',
    work: readElsewhere,
    everyMs: ({ connection }) => connection.intervals.stockMs ?? 300_000,
  },
  { name: 'returns', duty: 'returns', facet: 'returns', work: readReturns, everyMs: returnsMs },
  {
    name: 'provider-returns',
    duty: 'provider-returns',
    facet: 'fulfillment',
    when: ({ connection }) => connection.fulfillment?.returns !== undefined,
    work: readProviderReturns,
    everyMs: returnsMs,
  },
  {
    name: 'tracking',
    duty: 'tracking',
    facet: 'tracking',
    work: readTracking,
    everyMs: ({ connection }) => connection.intervals.trackingMs ?? 600_000,
  },
  // Only ever asked for: see import.ts.
  {
    name: 'import',
    duty: null,
    facet: 'listings',
    when: ({ connection }) => connection.listings?.list !== undefined,
    work: async () => {},
    everyMs: () => Number.POSITIVE_INFINITY,
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
  {
    name: 'queue-setup',
    duty: 'queue-setup',
    facet: 'queue',
    when: ({ connection }) => connection.queue?.ensure !== undefined,
    work: ensureQueue,
    everyMs: () => 24 * hour,
  },
  {
    name: 'deadlines',
    duty: 'deadlines',
    facet: null,
    when: ({ connection }) => connection.deadlines !== undefined,
    work: readDeadlines,
    everyMs: () => 24 * hour,
  },
]

/** The duties that a connection has. */
export const dutiesOf = (place: Place): readonly DutyRow[] =>
  rows.filter(
    ({ facet, when }) =>
      (facet === null || place.connection[facet] !== undefined) && (when === undefined || when(place)),
  )
