import { z } from 'zod'
import { type Carrier, carriers } from './carriers.ts'

export { type Carrier, carriers }

/** A carrier's canonical code in stockpool: lower case, such as `ups`, `royal-mail`; `other` with a name for the rest. */
export const CarrierCode = z
  .string()
  .regex(/^[a-z0-9-]{2,40}$/, 'carrier must be a canonical code such as "ups"')
export type CarrierCode = z.infer<typeof CarrierCode>

const plain = (text: string) =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

const byName = new Map(
  carriers.flatMap((carrier) =>
    [carrier.code, carrier.name, ...carrier.aliases].map((name) => [plain(name), carrier] as const),
  ),
)

/**
 * Finds the carrier that a platform or a warehouse named in its own words; `null` when it is not in the registry
 * (then keep the words: a parcel's `carrierName`).
 * @example carrierFrom('FedEx Ground')?.code // 'fedex'
 */
export function carrierFrom(words: string): Carrier | null {
  return byName.get(plain(words)) ?? null
}

/** The public tracking page of a parcel, or `null` when the carrier has none on record. */
export function trackingUrl(carrier: string | null, number: string): string | null {
  const found = carrier === null ? undefined : carriers.find(({ code }) => code === carrier)
  return found?.trackingUrl?.replace('{number}', encodeURIComponent(number)) ?? null
}
