import { z } from 'zod'
import { ListingId, Sku } from '../model/ids.ts'
import type { CancelReason, HoldCause } from '../spec/orders.ts'
import { checked } from '../store/input.ts'

// What the hub's methods accept beside the things of the model. Options refuse members that they do not know: a misspelt
// one would silently mean "everything".

const Signal = z.instanceof(AbortSignal, { error: 'signal must be an AbortSignal' })
const name = (what: string) => z.string(`${what} must be a string`).min(1, `${what} must not be empty`)

export const ConnectionName = name('connection')
const OrderId = name('order')
/** @throws StockpoolError `invalid_input` */
export const orderId = (order: unknown): string => checked(OrderId, order, 'order')

/** A number of a listing; may hold more, so that a listed row can be given back as it is. */
export const ListingPlace = z.object({
  connection: name('connection'),
  listing: ListingId,
  place: z.string('place must be a string').default(''),
})

export const ListingFilter = z.strictObject({
  connection: name('connection').optional(),
  sku: Sku.optional(),
})

export const JobFilter = z.strictObject({
  state: z.enum(['waiting', 'dead'], "state must be 'waiting' or 'dead'").optional(),
  connection: name('connection').optional(),
  limit: z
    .int('limit must be a whole number')
    .min(1, 'limit must be at least 1')
    .max(1000, 'limit must be at most 1,000')
    .default(100),
})

export const JobId = z.int('id must be the whole number of a job').min(1, 'id must be at least 1')

const reasons = {
  customer: 'customer',
  out_of_stock: 'out_of_stock',
  fraud: 'fraud',
  address: 'address',
  other: 'other',
} as const satisfies { [Reason in CancelReason]: Reason }
export const CancelOptions = z.strictObject({
  reason: z.enum(reasons, `reason must be one of ${Object.keys(reasons).join(', ')}`).default('other'),
})

const causes = {
  address: 'address',
  fraud: 'fraud',
  payment: 'payment',
  out_of_stock: 'out_of_stock',
  other: 'other',
} as const satisfies { [Cause in HoldCause]: Cause }
export const HoldOptions = z.strictObject({
  reason: z.enum(causes, `reason must be one of ${Object.keys(causes).join(', ')}`).default('other'),
})

export const ResumeOptions = z
  .strictObject({
    provider: name('provider').optional(),
    id: z.string('id must be a string, or null').min(1, 'id must not be empty').nullable().optional(),
  })
  .refine(({ provider, id }) => (provider === undefined) === (id === undefined), {
    error: 'provider and id go together',
    path: ['id'],
  })

export const AnswerCancelOptions = z.strictObject({ accept: z.boolean('accept must be true or false') })

export const SyncInput = z.strictObject({
  audit: z.boolean('audit must be true or false').optional(),
  signal: Signal.optional(),
})
export const StartInput = z.strictObject({ signal: Signal.optional() })
export const DriftInput = z.strictObject({ signal: Signal.optional() })
