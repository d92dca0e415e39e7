import { z } from 'zod'

/**
 * A postal address. Every part but `country` may be absent: platforms hide or mask parts of it by role, region
 * and age of the order. `country` is ISO 3166-1 alpha-2 in capitals.
 */
export const Address = z.object({
  name: z.string().nullable().default(null),
  company: z.string().nullable().default(null),
  line1: z.string().nullable().default(null),
  line2: z.string().nullable().default(null),
  line3: z.string().nullable().default(null),
  city: z.string().nullable().default(null),
  /** State, province or prefecture, as the platform writes it. */
  region: z.string().nullable().default(null),
  postalCode: z.string().nullable().default(null),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'country must be a two-letter ISO 3166-1 code such as US')
    .nullable()
    .default(null),
  phone: z.string().nullable().default(null),
})
export type Address = z.infer<typeof Address>

/** Who bought. All parts may be absent or masked; never use one of them as a key. */
export const Buyer = z.object({
  id: z.string().nullable().default(null),
  name: z.string().nullable().default(null),
  email: z.string().nullable().default(null),
  phone: z.string().nullable().default(null),
})
export type Buyer = z.infer<typeof Buyer>
