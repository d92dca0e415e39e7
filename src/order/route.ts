import { StockpoolError } from '../error.ts'
import { maxQuantity } from '../model/ids.ts'
import type { Location } from '../model/location.ts'
import type { Money } from '../model/money.ts'
import type { Order } from '../model/order.ts'
import type { ServiceLevel } from '../model/service-level.ts'

/** So many units of a SKU that a line needs. Kits are expanded: `sku` is a component. */
export interface RouteLine {
  readonly line: string
  readonly sku: string
  readonly quantity: number
  /**
   * The locations that the listing's policy lets it draw from; `null`: all of them. A line may be placed nowhere else.
   * Never empty: locations of a policy that no longer exist are left out, and when none is left all are allowed.
   */
  readonly locations: readonly string[] | null
}

/** A provider's answer to what the whole order would cost from one of its locations, and when it would arrive. */
export interface RouteQuote {
  readonly location: string
  readonly service: string
  readonly serviceLevel: ServiceLevel | null
  readonly cost: Money | null
  /** Latest hand-over and latest delivery: ISO 8601 UTC. */
  readonly shipBy: string | null
  readonly deliverBy: string | null
  /** SKUs that it could not ship. */
  readonly cannotShip: readonly string[]
}

/** What a routing strategy is asked. It holds no buyer data but where the parcel goes. */
export interface RouteRequest {
  readonly connection: string
  readonly order: Pick<
    Order,
    'id' | 'number' | 'placedAt' | 'serviceLevel' | 'rawServiceLevel' | 'shipBy' | 'deliverBy' | 'programs'
  >
  readonly shipTo: { readonly country: string | null; readonly postalCode: string | null }
  readonly lines: readonly RouteLine[]
  /**
   * The locations that may be chosen, those of the highest priority (lowest number) first. Never empty. When an order is
   * routed anew, those that refused it are left out.
   */
  readonly locations: readonly Location[]
  /** What providers would charge and promise; empty unless the hub was told to ask (`quoteWithinMs`), and before they answered. */
  readonly quotes: readonly RouteQuote[]
  /** Units of a SKU that are free at a location before this order takes any. May be negative. */
  available(sku: string, location: string): number
}

/** So many units of a line's SKU from one location. */
export interface RoutePlacement {
  readonly line: string
  readonly sku: string
  readonly quantity: number
  readonly location: string
  /** Why there, in a few words, for the order's timeline. At most 200 characters are kept. */
  readonly why?: string | undefined
}

/**
 * Decides from which locations an order ships. It must place every unit asked for, also what nobody has: a sale is a
 * fact. A line is placed only where its listing may draw from (`line.locations`). Called inside the order's transaction, so it must be quick, and may be called again for the same order.
 *
 * @example
 * // Everything from one place, or from the first that the line's listing may draw from:
 * const route: Route = ({ lines }) =>
 *   lines.map((line) => ({ ...line, location: line.locations?.includes('main') === false ? line.locations[0] : 'main' }))
 */
export type Route = (request: RouteRequest) => readonly RoutePlacement[]

/** Whether a line may be placed at a location. */
export const allows = ({ locations }: RouteLine, location: string): boolean =>
  locations === null || locations.includes(location)

/**
 * What a strategy answered, summed and checked: every unit placed once, at known locations that the line allows.
 *
 * @throws StockpoolError `invalid_input` that names the strategy's mistake.
 */
export function checkPlacement(request: RouteRequest, answer: readonly RoutePlacement[]): RoutePlacement[] {
  if (!Array.isArray(answer)) throw wrong('it did not answer a list', null)
  const known = new Set<string>(request.locations.map(({ id }) => id))
  const wanted = new Map<string, number>()
  const lines = new Map<string, RouteLine>()
  for (const line of request.lines) {
    wanted.set(keyOf(line), (wanted.get(keyOf(line)) ?? 0) + line.quantity)
    lines.set(keyOf(line), line)
  }
  const sums = new Map<string, number>()
  for (const placement of answer) {
    const { line, sku, quantity, location } = placement
    if (!known.has(location)) throw wrong(`there is no location ${location}`, placement)
    const asked = lines.get(keyOf(placement))
    if (asked === undefined) throw wrong(`line ${line} did not ask for ${sku}`, placement)
    if (!allows(asked, location))
      throw wrong(`the listing of line ${line} may not draw from ${location}`, placement)
    if (!Number.isSafeInteger(quantity) || quantity < 0 || quantity > maxQuantity) {
      throw wrong(`${quantity} of ${sku} is not a whole number of units`, placement)
    }
    sums.set(keyOf(placement), (sums.get(keyOf(placement)) ?? 0) + quantity)
  }
  for (const line of request.lines) {
    const [want, got] = [wanted.get(keyOf(line)) ?? 0, sums.get(keyOf(line)) ?? 0]
    if (want !== got)
      throw wrong(`it placed ${got} of ${line.sku} for line ${line.line} instead of ${want}`, line)
  }
  return sumPlacements(answer)
}

export function sumPlacements(placements: readonly RoutePlacement[]): RoutePlacement[] {
  const sums = new Map<string, RoutePlacement>()
  for (const { line, sku, location, quantity, why } of placements) {
    if (quantity === 0) continue
    const key = JSON.stringify([line, sku, location])
    const before = sums.get(key)
    const reason = before?.why ?? (typeof why === 'string' ? why.slice(0, 200) : undefined)
    const placed = { line, sku, location, quantity: quantity + (before?.quantity ?? 0) }
    sums.set(key, reason === undefined ? placed : { ...placed, why: reason })
  }
  return [...sums.values()]
}

function keyOf({ line, sku }: { line: string; sku: string }): string {
  return JSON.stringify([line, sku])
}

function wrong(mistake: string, placement: unknown): StockpoolError {
  return new StockpoolError('invalid_input', `the route function went wrong: ${mistake}`, {
    field: 'route',
    remedy: 'Place every unit of every line exactly once, at locations named in the request and by the line.',
    details: { placement },
  })
}
