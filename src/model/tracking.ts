import { z } from 'zod'

/** Where a parcel is. The twelve states that every carrier's and tracker's word is mapped to; the raw word is kept. */
export const TrackingStatus = z.enum([
  'unknown',
  'info_received',
  'in_transit',
  'out_for_delivery',
  'pickup_ready',
  'attempt_failed',
  'delivered',
  'returning',
  'returned',
  'exception',
  'cancelled',
  'expired',
])
export type TrackingStatus = z.infer<typeof TrackingStatus>
