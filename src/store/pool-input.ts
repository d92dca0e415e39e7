import { z } from 'zod'
import { Instant, LocationId, maxQuantity, PositiveQuantity, Quantity, Sku } from '../model/ids.ts'
import { UserKey } from './user-key.ts'

// What the verbs of the pool accept.

const note = z.string().min(1).max(500).optional()
const Delta = z
  .int('delta must be a whole number')
  .min(-maxQuantity, `delta must be at least -${maxQuantity}`)
  .max(maxQuantity, `delta must be at most ${maxQuantity}`)
  .refine((value) => value !== 0, 'delta must not be 0')
const place = LocationId.default('main' as LocationId)
const Where = { key: UserKey, location: place, note }
export const Receive = z.object({ sku: Sku, quantity: PositiveQuantity, ...Where })
export const Adjust = z.object({ sku: Sku, delta: Delta, ...Where })
export const Count = z.object({ sku: Sku, counted: Quantity, ...Where })
export const Transfer = z
  .object({ sku: Sku, quantity: PositiveQuantity, from: LocationId, to: LocationId, key: UserKey, note })
  .refine(({ from, to }) => from !== to, { path: ['to'], error: 'from and to must differ' })
const Line = z.object({ sku: Sku, quantity: PositiveQuantity })
const Lines = z.array(Line).min(1, 'lines must not be empty').max(1000, 'at most 1,000 lines')
export const Reserve = z
  .object({
    lines: Lines,
    key: UserKey,
    location: LocationId.optional(),
    locations: z.array(LocationId).min(1, 'locations must not be empty').max(1000).optional(),
    expiresInMs: z
      .int('expiresInMs must be a whole number')
      .min(1)
      .max(366 * 86_400_000)
      .optional(),
    expiresAt: Instant.optional(),
    note,
  })
  .refine(({ location, locations }) => location === undefined || locations === undefined, {
    path: ['locations'],
    error: 'give location or locations, not both',
  })
  .refine(({ expiresInMs, expiresAt }) => expiresInMs === undefined || expiresAt === undefined, {
    path: ['expiresAt'],
    error: 'give expiresInMs or expiresAt, not both',
  })
export const Settle = z.object({
  reservation: UserKey,
  part: z.object({ lines: Lines, key: UserKey }).optional(),
})
export const Page = z.object({
  sku: Sku,
  after: z.int().min(0).default(0),
  limit: z.int().min(1).max(1000, 'limit must be at most 1000').default(100),
})
export const Named = z.object({ sku: Sku })
