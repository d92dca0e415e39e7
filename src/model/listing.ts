import { z } from 'zod'
import { ListingId, LocationId, PositiveQuantity, Quantity, Sku } from './ids.ts'

/** Units kept back from a listing: a whole number, or a percentage of what is available such as `"10%"`. */
export const Buffer = z.union([
  Quantity,
  z.string().regex(/^(100|\d{1,2})%$/, 'buffer must be whole units or a percentage such as "10%"'),
])
export type Buffer = z.infer<typeof Buffer>

/** How much of the available stock one listing may show. Applied in this order: locations, buffer, units, cap, minimum. */
export const ListingPolicy = z.object({
  /** Kept back, in units of the SKU. Percentages round up. */
  buffer: Buffer.default(0),
  /** Never show more than this many, in units of the listing. */
  cap: Quantity.nullable().default(null),
  /** Show 0 when fewer than this many would be shown, in units of the listing. */
  minimum: Quantity.default(0),
  /** Only stock that lies here counts, and the listing's orders ship from nowhere else. `null`: all locations. */
  locations: z.array(LocationId).min(1).nullable().default(null),
})
export type ListingPolicy = z.infer<typeof ListingPolicy>

/**
 * What a channel sells, linked to a SKU. Many listings may share one SKU; `units` says how many units of the SKU
 * one sale of the listing takes (a six-pack has 6).
 */
export const Listing = z.object({
  connection: z.string().min(1),
  listing: ListingId,
  /** The channel's own place (a Shopify location gid), for channels that keep stock per place. `''`: the adapter's default. */
  place: z.string().max(200).default(''),
  sku: Sku,
  units: PositiveQuantity.default(1),
  ...ListingPolicy.shape,
})
export type Listing = z.infer<typeof Listing>
/** What `hub.listings.link` takes: a `Listing` whose members with a default may be left out. */
export type ListingInput = z.input<typeof Listing>
