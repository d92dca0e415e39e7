import { z } from 'zod'
import { Instant, PositiveQuantity, Quantity } from './ids.ts'

/** Where a return stands. The platform's own word is kept in `rawStatus`. */
export const ReturnStatus = z.enum([
  'requested',
  'approved',
  'declined',
  'in_transit',
  'received',
  'processed',
  'cancelled',
  'unknown',
])
export type ReturnStatus = z.infer<typeof ReturnStatus>

/** What was decided for returned units. Only `restocked` raises what is available. */
export const Disposition = z.enum(['restocked', 'quarantined', 'disposed', 'damaged', 'missing', 'unknown'])
export type Disposition = z.infer<typeof Disposition>

/** So many units of an order's line that come back, in units of the listing. */
export const ReturnLine = z.object({
  line: z.string().min(1),
  /** Units that the buyer means to send back. */
  expected: Quantity,
  /** Units that arrived. */
  received: Quantity.default(0),
  reason: z.string().nullable().default(null),
  dispositions: z
    .array(
      z.object({ kind: Disposition, quantity: PositiveQuantity, note: z.string().nullable().default(null) }),
    )
    .default([]),
})
export type ReturnLine = z.infer<typeof ReturnLine>

/** Goods on their way back, of one order. */
export const Return = z.object({
  id: z.string().min(1),
  order: z.string().min(1),
  status: ReturnStatus,
  rawStatus: z.string().default(''),
  updatedAt: Instant,
  /** What the buyer wants for the goods; the platform's own word is in `raw`. */
  wants: z.enum(['refund', 'replacement', 'exchange', 'unknown']).default('unknown'),
  /** The merchant must answer by then, or the platform decides. */
  respondBy: Instant.nullable().default(null),
  /** The parcel that the goods come back in, when known. */
  trackingNumber: z.string().nullable().default(null),
  lines: z.array(ReturnLine),
  raw: z.unknown(),
})
export type Return = z.infer<typeof Return>
