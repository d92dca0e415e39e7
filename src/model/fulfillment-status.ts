import { z } from 'zod'

/** Where an order stands at a fulfilment provider. An unknown word of the provider's is `unknown`; the word is kept. */
export const FulfillmentStatus = z.enum([
  'submitted',
  'accepted',
  'on_hold',
  'needs_attention',
  'backordered',
  'picking',
  'labelled',
  'partially_shipped',
  'shipped',
  'delivered',
  'cancelled',
  'rejected',
  'unknown',
])
export type FulfillmentStatus = z.infer<typeof FulfillmentStatus>
