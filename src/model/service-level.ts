import { z } from 'zod'

/** How fast the buyer was promised the goods. */
export const ServiceLevel = z.enum(['economy', 'standard', 'two-day', 'next-day', 'same-day'])
export type ServiceLevel = z.infer<typeof ServiceLevel>
