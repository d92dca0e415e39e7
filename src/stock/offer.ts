import type { ListingPolicy } from '../model/listing.ts'

/** What one unit of a listing's SKU takes of one component, and what is available of that, by location. */
export interface ComponentStock {
  readonly sku: string
  /** Units of this component in one unit of the SKU: 1 for an ordinary item. */
  readonly quantity: number
  readonly byLocation: readonly { readonly location: string; readonly available: number }[]
}

/** How an offer came about, term by term, in the order in which the policy is applied. */
export interface OfferSteps {
  /** Units of the SKU available at the locations that the policy allows. Never below zero. */
  readonly available: number
  /** The component that a kit runs out of first; the SKU itself for an ordinary item. */
  readonly scarcest: string
  /** Units of the SKU that the buffer keeps back. */
  readonly keptBack: number
  /** Units of the listing that the rest makes. */
  readonly sellable: number
  /** Whether the cap lowered the number. */
  readonly capped: boolean
  /** Whether the number fell below the minimum to show, and is therefore 0. */
  readonly belowMinimum: boolean
  /** The quantity to show, in units of the listing: 0 or more. */
  readonly offer: number
}

/**
 * The quantity to show on one listing: locations, buffer, units per listing, cap, minimum, in this order. A location
 * below zero counts against the others: what was oversold there has to come from somewhere.
 */
export function offer(stock: readonly ComponentStock[], policy: ListingPolicy, units: number): OfferSteps {
  const { available, scarcest } = availableOf(stock, policy.locations)
  const keptBack = Math.min(available, bufferOf(policy.buffer, available))
  const sellable = Math.floor((available - keptBack) / units)
  const capped = policy.cap !== null && sellable > policy.cap
  const shown = policy.cap === null ? sellable : Math.min(sellable, policy.cap)
  const belowMinimum = shown < policy.minimum
  return { available, scarcest, keptBack, sellable, capped, belowMinimum, offer: belowMinimum ? 0 : shown }
}

/** How many units of a SKU its components make, at these locations (`null`: at all). Never below zero. */
export function availableOf(
  stock: readonly ComponentStock[],
  locations: readonly string[] | null,
): { available: number; scarcest: string } {
  let available = Number.POSITIVE_INFINITY
  let scarcest = ''
  for (const part of stock) {
    let sum = 0
    for (const row of part.byLocation) {
      if (locations === null || locations.includes(row.location)) sum += row.available
    }
    const makes = Math.floor(sum / part.quantity)
    if (makes < available) {
      available = makes
      scarcest = part.sku
    }
  }
  return { available: stock.length === 0 ? 0 : Math.max(0, available), scarcest }
}

function bufferOf(buffer: ListingPolicy['buffer'], available: number): number {
  if (typeof buffer === 'number') return buffer
  return Math.ceil((available * Number(buffer.slice(0, -1))) / 100)
}
