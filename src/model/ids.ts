import { z } from 'zod'

const printable = /^[^\p{Cc}]+$/u
const id = (what: string, max: number) =>
  z
    .string(`${what} must be a string`)
    .min(1, `${what} must not be empty`)
    .max(max, `${what} must have at most ${max} characters`)
    .regex(printable, `${what} must not hold control characters`)
    .refine((value) => value.trim() === value, `${what} must not begin or end with a space`)

/** The merchant's own stock keeping unit: 1 to 100 characters, case-sensitive. */
export const Sku = id('sku', 100).brand<'Sku'>()
export type Sku = z.infer<typeof Sku>

/** A channel's own id of what it sells, such as an Amazon seller SKU or a Shopify inventory item gid. */
export const ListingId = id('listing', 200).brand<'ListingId'>()
export type ListingId = z.infer<typeof ListingId>

/** A place where stock lies, named by the merchant: `main`, `east`. 1 to 100 characters. */
export const LocationId = id('location', 100).brand<'LocationId'>()
export type LocationId = z.infer<typeof LocationId>

/** The caller's own idempotency key: the same key with the same body answers `exists`. 1 to 200 characters. */
export const Key = id('key', 200)

/** The largest quantity that stockpool accepts in one number: 1,000,000,000 units. */
export const maxQuantity = 1_000_000_000

/** A count of units: a whole number from 0 to `maxQuantity`. */
export const Quantity = z
  .int('quantity must be a whole number')
  .min(0, 'quantity must not be negative')
  .max(maxQuantity, `quantity must be at most ${maxQuantity}`)

/** A count of units, at least 1. */
export const PositiveQuantity = z
  .int('quantity must be a whole number')
  .min(1, 'quantity must be at least 1')
  .max(maxQuantity, `quantity must be at most ${maxQuantity}`)

/**
 * An instant as ISO 8601 in UTC with milliseconds: `2026-07-01T09:30:00.000Z`. Input may carry any offset, but
 * must carry one: a time without an offset is refused, since guessing its zone loses orders.
 */
export const Instant = z.iso
  .datetime({ offset: true, error: 'must be an ISO 8601 time with an offset, such as 2026-07-01T09:30:00Z' })
  .transform((value) => new Date(value).toISOString())
export type Instant = z.infer<typeof Instant>
