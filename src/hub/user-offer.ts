import { StockpoolError, toStockpoolError } from '../error.ts'
import type { OfferTerms } from '../store/offers.ts'
import type { OfferFunction } from './options.ts'

/** The number to show, and what was wrong with the user's own word on it. */
export interface UserOffer {
  readonly offer: number
  readonly error: StockpoolError | null
}

/**
 * The policy's number, then the user's own function. One that throws, or answers no whole number of 0 or more, publishes
 * nothing that it did not mean: 0 is shown, and the fault is told.
 */
export function userOffer(
  offer: OfferFunction | null,
  connection: string,
  row: { readonly listing: string; readonly place: string; readonly sku: string },
  terms: OfferTerms | undefined,
): UserOffer {
  if (terms === undefined) return { offer: 0, error: null }
  if (offer === null) return { offer: terms.offer, error: null }
  const { listing, place, sku } = row
  try {
    const answer = offer({ sku, connection, listing, place, available: terms.available, offer: terms.offer })
    if (Number.isSafeInteger(answer) && answer >= 0) return { offer: answer, error: null }
    return { offer: 0, error: fault(`answered ${String(answer)}`, sku, connection) }
  } catch (thrown) {
    return { offer: 0, error: fault(`threw: ${toStockpoolError(thrown).message}`, sku, connection, thrown) }
  }
}

function fault(what: string, sku: string, connection: string, cause?: unknown): StockpoolError {
  return new StockpoolError('invalid_input', `the offer function ${what}, for ${sku} on ${connection}`, {
    field: 'offer',
    remedy: 'Answer a whole number of 0 or more for every listing; until then 0 is shown.',
    cause,
  })
}
