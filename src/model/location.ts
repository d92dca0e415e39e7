import { z } from 'zod'
import { LocationId } from './ids.ts'
import { ServiceLevel } from './service-level.ts'

/** Where stock lies: the merchant's own warehouse, or one place of a fulfilment provider. */
export const Location = z.object({
  id: LocationId,
  name: z.string().max(200).default(''),
  /** The connection whose warehouse this is; `null` for the merchant's own. */
  connection: z.string().nullable().default(null),
  /** The provider's own id of the place, when `connection` is given. */
  externalId: z.string().nullable().default(null),
  /** Lower is asked first when an order is routed. 0 to 1,000. */
  priority: z.int().min(0).max(1000).default(100),
  /** ISO 3166-1 alpha-2. */
  country: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .nullable()
    .default(null),
  postalCode: z.string().nullable().default(null),
  /** What it can meet, for `keepsPromise` when orders are routed; `null`: whatever is asked for. */
  serviceLevels: z.array(ServiceLevel).nullable().default(null),
})
export type Location = z.infer<typeof Location>
/** What `hub.locations.put` takes: a `Location` whose members with a default may be left out. */
export type LocationInput = z.input<typeof Location>
