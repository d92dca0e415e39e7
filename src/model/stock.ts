import { z } from 'zod'
import { Instant, LocationId, PositiveQuantity, Sku } from './ids.ts'

/** Buckets inside the pool: a unit at a location is in exactly one of these. */
export const insideBuckets = ['available', 'reserved', 'quarantined'] as const
/** Buckets outside the pool: where units come from and go to. */
export const outsideBuckets = ['supplier', 'customer', 'correction', 'scrap'] as const

/** Where units are counted: inside the pool (`available`, `reserved`, `quarantined`), or where they come from and go to. */
export const Bucket = z.enum([...insideBuckets, ...outsideBuckets])
export type Bucket = z.infer<typeof Bucket>

/** Why a movement was posted. */
export const MovementReason = z.enum([
  'received',
  'counted',
  'adjusted',
  'transferred',
  'reserved',
  'released',
  'expired',
  'sold',
  'rerouted',
  'shipped',
  'cancelled',
  'returned',
  'graded',
  'scrapped',
  'observed',
])
export type MovementReason = z.infer<typeof MovementReason>

/** One line of the append-only ledger: `quantity` units of a SKU went from one bucket to another. */
export const Movement = z.object({
  id: z.int(),
  /** The idempotency key of the posting that this line belongs to. */
  key: z.string(),
  at: Instant,
  sku: Sku,
  from: z.object({ bucket: Bucket, location: LocationId.nullable() }),
  to: z.object({ bucket: Bucket, location: LocationId.nullable() }),
  quantity: PositiveQuantity,
  reason: MovementReason,
  /** What caused it, such as `web/gid://shopify/Order/1` or `po-1001`. */
  cause: z.string().nullable(),
})
export type Movement = z.infer<typeof Movement>

/** How many units of a SKU lie at a location. `available` is below zero when more was sold than there is. */
export const Balance = z.object({
  sku: Sku,
  location: LocationId,
  available: z.int(),
  reserved: z.int().min(0),
  quarantined: z.int().min(0),
})
export type Balance = z.infer<typeof Balance>
