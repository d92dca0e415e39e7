import { StockpoolError } from '../error.ts'
import type { OfferTerms } from '../store/offers.ts'
import type { OfferFunction } from './options.ts'

/**
 * The number to show: the policy's, then the user's own function. A function that answers nonsense must not publish it:
 * the listing shows 0 and the fault is told.
 * @throws StockpoolError `invalid_input` when the user's function answers no whole number of 0 or more.
 */
export function userOffer(
  offer: OfferFunction | null,
  connection: string,
  row: { readonly listing: string; readonly place: string; readonly sku: string },
  terms: OfferTerms | undefined,
): number {
  if (terms === undefined) return 0
  if (offer === null) return terms.offer
  const { listing, place, sku } = row
  const answer = offer({ sku, connection, listing, place, available: terms.available, offer: terms.offer })
  if (!Number.isSafeInteger(answer) || answer < 0) {
    throw new StockpoolError(
      'invalid_input',
      `the offer function answered ${String(answer)} for ${sku} on ${connection}`,
      {
        field: 'offer',
        remedy: 'Answer a whole number of 0 or more.',
      },
    )
  }
  return answer
}
