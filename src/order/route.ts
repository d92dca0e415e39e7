import { StockpoolError } from '../error.ts'
import { maxQuantity } from '../model/ids.ts'
import type { Location } from '../model/location.ts'
import type { Order } from '../model/order.ts'

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

/** What a routing strategy is asked. It holds no buyer data but where the parcel goes. */
export interface RouteRequest {
  readonly connection: string
  readonly order: Pick<
    Order,
    'id' | 'number' | 'placedAt' | 'serviceLevel' | 'rawServiceLevel' | 'shipBy' | 'deliverBy' | 'programs'
  >
  readonly shipTo: { readonly country: string | null; readonly postalCode: string | null }
  readonly lines: readonly RouteLine[]
  /** All locations, those of the highest priority (lowest number) first. Never empty. */
  readonly locations: readonly Location[]
  /** Units of a SKU that are free at a location before this order takes any. May be negative. */
  available(sku: string, location: string): number
}

/** So many units of a line's SKU from one location. */
export interface RoutePlacement {
  readonly line: string
  readonly sku: string
  readonly quantity: number
  readonly location: string
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

/**
 * The first location, by priority, that can fill the whole order; else a split in priority order that keeps lines
 * whole where it can. Each line only from where its listing may draw. What nobody has is taken from the first location
 * that is allowed, below zero.
 */
export const defaultRoute: Route = (request) => {
  const locations = [...request.locations].sort(byPriority)
  const whole = locations.find((location) => canFill(request, location.id))
  if (whole !== undefined) return request.lines.map((line) => placed(line, line.quantity, whole.id))
  return split(request, locations)
}

const placed = ({ line, sku }: RouteLine, quantity: number, location: string): RoutePlacement => ({
  line,
  sku,
  quantity,
  location,
})

const allows = ({ locations }: RouteLine, location: string): boolean =>
  locations === null || locations.includes(location)

function canFill({ lines, available }: RouteRequest, location: string): boolean {
  if (!lines.every((line) => allows(line, location))) return false
  const wanted = new Map<string, number>()
  for (const { sku, quantity } of lines) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity)
  return [...wanted].every(([sku, quantity]) => available(sku, location) >= quantity)
}

/** Line by line, each whole from the first place that has all of it; only what no place has whole is taken apart. */
function split(request: RouteRequest, locations: readonly Location[]): RoutePlacement[] {
  const taken = new Map<string, number>()
  const free = (sku: string, location: string) =>
    Math.max(0, request.available(sku, location) - (taken.get(JSON.stringify([sku, location])) ?? 0))
  const take = (line: RouteLine, quantity: number, location: string): RoutePlacement => {
    const key = JSON.stringify([line.sku, location])
    taken.set(key, (taken.get(key) ?? 0) + quantity)
    return placed(line, quantity, location)
  }
  const placements: RoutePlacement[] = []
  for (const parts of byLine(request.lines)) {
    const whole = locations.find(({ id }) =>
      parts.every((part) => allows(part, id) && free(part.sku, id) >= part.quantity),
    )
    if (whole !== undefined) placements.push(...parts.map((part) => take(part, part.quantity, whole.id)))
    else for (const part of parts) placements.push(...apart(part, locations, free, take))
  }
  return sumPlacements(placements)
}

/** The components of one line together, each once: a kit in two parcels is no kit to its buyer. */
function byLine(lines: readonly RouteLine[]): RouteLine[][] {
  const groups = new Map<string, Map<string, RouteLine>>()
  for (const one of lines) {
    const { line, sku, quantity } = one
    const parts = groups.get(line) ?? new Map<string, RouteLine>()
    parts.set(sku, { ...one, quantity: quantity + (parts.get(sku)?.quantity ?? 0) })
    groups.set(line, parts)
  }
  return [...groups.values()].map((parts) => [...parts.values()])
}

function apart(
  part: RouteLine,
  locations: readonly Location[],
  free: (sku: string, location: string) => number,
  take: (line: RouteLine, quantity: number, location: string) => RoutePlacement,
): RoutePlacement[] {
  const placements: RoutePlacement[] = []
  let wanted = part.quantity
  const allowed = locations.filter(({ id }) => allows(part, id))
  for (const { id } of allowed) {
    const quantity = Math.min(free(part.sku, id), wanted)
    if (quantity > 0) placements.push(take(part, quantity, id))
    wanted -= quantity
  }
  const [first] = allowed
  if (wanted > 0 && first !== undefined) placements.push(take(part, wanted, first.id))
  return placements
}

function byPriority(a: Location, b: Location): number {
  return a.priority - b.priority || (a.id < b.id ? -1 : 1)
}

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

function sumPlacements(placements: readonly RoutePlacement[]): RoutePlacement[] {
  const sums = new Map<string, RoutePlacement>()
  for (const { line, sku, location, quantity } of placements) {
    if (quantity === 0) continue
    const key = JSON.stringify([line, sku, location])
    sums.set(key, { line, sku, location, quantity: quantity + (sums.get(key)?.quantity ?? 0) })
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
