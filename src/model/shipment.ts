import { z } from 'zod'
import { CarrierCode } from './carrier.ts'
import { Instant, PositiveQuantity } from './ids.ts'
import { TrackingStatus } from './tracking.ts'

/** What lies in a parcel: so many units of an order's line (in units of the listing). */
export const ParcelLine = z.object({ line: z.string(), quantity: PositiveQuantity })
export type ParcelLine = z.infer<typeof ParcelLine>

/** One box with one tracking number. "Labelled" and "handed over" are two facts: a label is not a shipment. */
export const Parcel = z.object({
  /** Stable id of the parcel at whoever ships it. */
  id: z.string().min(1),
  carrier: CarrierCode.nullable().default(null),
  /** The carrier in the shipper's own words. */
  carrierName: z.string().nullable().default(null),
  service: z.string().nullable().default(null),
  trackingNumber: z.string().min(1).nullable().default(null),
  trackingUrl: z.string().nullable().default(null),
  labelledAt: Instant.nullable().default(null),
  handedOverAt: Instant.nullable().default(null),
  deliveredAt: Instant.nullable().default(null),
  status: TrackingStatus.default('unknown'),
  rawStatus: z.string().nullable().default(null),
  /** The label was voided or the parcel reverted: its tracking no longer holds. */
  withdrawn: z.boolean().default(false),
  lines: z.array(ParcelLine),
})
export type Parcel = z.infer<typeof Parcel>

/** What one shipper (a fulfilment provider, or the merchant) does for one order. */
export const Shipment = z.object({
  id: z.string().min(1),
  connection: z.string(),
  order: z.string(),
  /** The provider's connection, or `null` when the merchant ships. */
  provider: z.string().nullable(),
  parcels: z.array(Parcel),
  raw: z.unknown(),
})
export type Shipment = z.infer<typeof Shipment>
