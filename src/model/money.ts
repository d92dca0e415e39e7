import { z } from 'zod'
import { StockpoolError } from '../error.ts'

// ISO 4217 minor-unit exponents that are not 2 (list one, amendment 177).
const exponents: Readonly<Record<string, number>> = {
  BIF: 0, CLP: 0, DJF: 0, GNF: 0, ISK: 0, JPY: 0, KMF: 0, KRW: 0, PYG: 0, RWF: 0, UGX: 0, UYI: 0, VND: 0, VUV: 0,
  XAF: 0, XOF: 0, XPF: 0,
  BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3,
  CLF: 4, UYW: 4,
} // biome-ignore format: a table reads better packed

/** A three-letter ISO 4217 code in capitals, such as `USD`. */
export const Currency = z
  .string()
  .regex(/^[A-Z]{3}$/, 'currency must be a three-letter ISO 4217 code such as USD')
export type Currency = z.infer<typeof Currency>

/**
 * An amount of money as a whole number of the currency's minor units: USD 12.50 is `{ amount: 1250, currency:
 * 'USD' }`, JPY 1250 is `{ amount: 1250, currency: 'JPY' }`, KWD 1.250 is `{ amount: 1250, currency: 'KWD' }`.
 * May be negative (a refund).
 */
export const Money = z.object({ amount: z.int(), currency: Currency })
export type Money = z.infer<typeof Money>

/** How many decimal digits the currency has: USD 2, JPY 0, KWD 3. Currencies outside the table have 2. */
export function currencyExponent(currency: string): number {
  return Object.hasOwn(exponents, currency) ? (exponents[currency] ?? 2) : 2
}

/**
 * Reads a decimal string such as `"12.5"` without passing through floating point. More digits than the currency
 * has are rounded half away from zero (platforms compute tax to four digits).
 *
 * @throws StockpoolError `invalid_input` when the text is not a decimal number or is too large.
 * @example moneyFromDecimal('12.5', 'USD') // { amount: 1250, currency: 'USD' }
 */
export function moneyFromDecimal(text: string, currency: string): Money {
  const match = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(text.trim())
  if (!match) {
    throw new StockpoolError('invalid_input', `"${text.slice(0, 40)}" is not a decimal amount`, {
      field: 'amount',
      remedy: 'Give digits with an optional point, such as 12.50.',
    })
  }
  const [, sign, whole = '0', fraction = ''] = match
  const exponent = currencyExponent(currency)
  const kept = BigInt(whole + fraction.slice(0, exponent).padEnd(exponent, '0'))
  const roundsUp = (fraction.charCodeAt(exponent) || 0) >= 53 // '5'
  const amount = Number(kept + (roundsUp ? 1n : 0n)) * (sign === '-' ? -1 : 1)
  if (!Number.isSafeInteger(amount)) {
    throw new StockpoolError('invalid_input', 'the amount is too large', { field: 'amount' })
  }
  return Money.parse({ amount: amount === 0 ? 0 : amount, currency })
}

/** The decimal string of an amount: `{ amount: 1250, currency: 'KWD' }` gives `"1.250"`. */
export function moneyToDecimal(money: Money): string {
  const exponent = currencyExponent(money.currency)
  const digits = String(Math.abs(money.amount)).padStart(exponent + 1, '0')
  const cut = digits.length - exponent
  const text = exponent === 0 ? digits : `${digits.slice(0, cut)}.${digits.slice(cut)}`
  return money.amount < 0 ? `-${text}` : text
}
