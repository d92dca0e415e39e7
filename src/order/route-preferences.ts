import type { Location } from '../model/location.ts'
import { currencyExponent, moneyToDecimal } from '../model/money.ts'
import { ServiceLevel } from '../model/service-level.ts'
import type { RouteQuote, RouteRequest } from './route.ts'

/**
 * One reason to choose a location. The lowest `value` is preferred; equal ones leave the choice to the next preference.
 * `why` says it in a few words for the order's timeline; `null`: it says nothing here.
 * @example
 * // Rather not from the shop floor:
 * const notFromTheFloor: RoutePreference = (_request, { id }) => ({ value: id === 'floor' ? 1 : 0, why: null })
 */
export type RoutePreference = (
  request: RouteRequest,
  location: Location,
) => { readonly value: number; readonly why: string | null }

/** The location's own `priority`, lowest first. */
export const byPriority: RoutePreference = (_request, { priority }) => ({
  value: priority,
  why: `priority ${priority}`,
})

/** The location that has most left of its scarcest SKU once the order is taken. */
export const mostStock: RoutePreference = ({ lines, available }, { id }) => {
  const wanted = new Map<string, number>()
  for (const { sku, quantity } of lines) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity)
  const left = Math.min(...[...wanted].map(([sku, quantity]) => available(sku, id) - quantity))
  return { value: -left, why: left >= 0 ? `${left} left` : null }
}

/**
 * The location nearest to the buyer: in the same country, and there by how many first characters of the postal codes agree, which
 * is how post is sorted. A location without a country comes last; without a delivery country nothing is preferred.
 */
export const nearest: RoutePreference = ({ shipTo }, { country, postalCode }) => {
  if (shipTo.country === null) return { value: 0, why: null }
  if (country === null) return { value: 200, why: null }
  if (country !== shipTo.country) return { value: 100, why: `in ${country}` }
  const alike = commonPrefix(plainCode(postalCode), plainCode(shipTo.postalCode))
  const why = alike === 0 ? `in ${country}` : `in ${country}, postal code alike in ${alike}`
  return { value: 20 - Math.min(alike, 20), why }
}

const plainCode = (code: string | null): string => (code ?? '').replace(/[^A-Za-z0-9]/g, '').toUpperCase()

function commonPrefix(a: string, b: string): number {
  let length = 0
  while (length < a.length && length < b.length && a[length] === b[length]) length++
  return length
}

/**
 * Locations that can meet what the buyer was promised: by a provider's quote where there is one (it arrives before
 * `deliverBy`, or is at least as fast as the service level asked for), else by the location's own `serviceLevels`.
 */
export const keepsPromise: RoutePreference = (request, location) => {
  const quotes = quotesOf(request, location)
  if (quotes.length > 0) {
    const kept = quotes.find((quote) => meets(request, quote))
    return kept === undefined
      ? { value: 1, why: 'late by its quote' }
      : { value: 0, why: `in time by ${kept.service}` }
  }
  const { serviceLevel } = request.order
  if (serviceLevel === null || location.serviceLevels === null) return { value: 0, why: null }
  const able = location.serviceLevels.some((level) => fast(level) >= fast(serviceLevel))
  return able ? { value: 0, why: `can do ${serviceLevel}` } : { value: 1, why: `cannot do ${serviceLevel}` }
}

/** The cheapest quote that keeps the promise, or the cheapest at all when none does. Without a quote in the order's currency: last. */
export const cheapest: RoutePreference = (request, location) => {
  const quotes = quotesOf(request, location).filter(({ cost }) => cost !== null)
  const kept = quotes.filter((quote) => meets(request, quote))
  let best: { value: number; why: string } | null = null
  for (const { cost, service } of kept.length > 0 ? kept : quotes) {
    if (cost === null || cost.currency !== currencyOf(request)) continue
    const value = cost.amount / 10 ** currencyExponent(cost.currency)
    if (best === null || value < best.value)
      best = { value, why: `${moneyToDecimal(cost)} ${cost.currency} by ${service}` }
  }
  return best ?? { value: Number.POSITIVE_INFINITY, why: null }
}

/** Costs are compared in one currency: that of the quotes, when all agree, else the one that most of them have. */
function currencyOf({ quotes }: RouteRequest): string | null {
  const counts = new Map<string, number>()
  for (const { cost } of quotes) if (cost) counts.set(cost.currency, (counts.get(cost.currency) ?? 0) + 1)
  const [first] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
  return first?.[0] ?? null
}

/** Quotes of a location for everything that is asked for. */
const quotesOf = ({ quotes, lines }: RouteRequest, { id }: Location): readonly RouteQuote[] =>
  quotes.filter(
    ({ location, cannotShip }) => location === id && !lines.some(({ sku }) => cannotShip.includes(sku)),
  )

function meets({ order }: RouteRequest, { deliverBy, serviceLevel }: RouteQuote): boolean {
  if (order.deliverBy !== null && deliverBy !== null)
    return Date.parse(deliverBy) <= Date.parse(order.deliverBy)
  if (order.serviceLevel === null) return true
  return serviceLevel !== null && fast(serviceLevel) >= fast(order.serviceLevel)
}

const fast = (level: ServiceLevel): number => ServiceLevel.options.indexOf(level)
