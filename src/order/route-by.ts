import type { Location } from '../model/location.ts'
import {
  allows,
  type Route,
  type RouteLine,
  type RoutePlacement,
  type RouteRequest,
  sumPlacements,
} from './route.ts'
import { byPriority, type RoutePreference } from './route-preferences.ts'

/**
 * A strategy: the locations in the order of the preferences, each preference deciding where those before it find no
 * difference, and the locations' priority at last. The first one that has the whole order ships it. When none has, the order is
 * split into few parcels: the location that can fill most lines whole takes these, and so on; a line that no location has
 * whole is taken apart. Every choice says why in the order's timeline.
 *
 * Each line only from where its listing may draw. What nobody has is taken from the first location that is allowed, below zero.
 * @example createHub({ …, route: routeBy(keepsPromise, nearest) })
 */
export function routeBy(...preferences: readonly RoutePreference[]): Route {
  return (request) => fill(request, ranked(request, [...preferences, byPriority]))
}

/** The first location, by priority, that can fill the whole order; else few parcels, in the order of priority. */
export const defaultRoute: Route = routeBy()

/** A location in its rank, and what speaks for it. */
interface Ranked {
  readonly id: string
  readonly why: string
}

function ranked(request: RouteRequest, preferences: readonly RoutePreference[]): Ranked[] {
  const judged = request.locations.map((location) => ({
    location,
    scores: preferences.map((preference) => preference(request, location)),
  }))
  judged.sort((a, b) => {
    for (const [index, { value }] of a.scores.entries()) {
      const other = b.scores[index]?.value ?? value
      // Not by subtraction: two that are both unknown are equal, and Infinity - Infinity is no number.
      if (value !== other) return value < other ? -1 : 1
    }
    return compareIds(a.location, b.location)
  })
  return judged.map(({ location, scores }) => ({
    id: location.id,
    why: scores.flatMap(({ why }) => (why === null ? [] : [why])).join(', '),
  }))
}

const compareIds = (a: Location, b: Location): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

function fill(request: RouteRequest, places: readonly Ranked[]): RoutePlacement[] {
  const taken = new Map<string, number>()
  const free = (sku: string, location: string) =>
    Math.max(0, request.available(sku, location) - (taken.get(JSON.stringify([sku, location])) ?? 0))
  const take = ({ line, sku }: RouteLine, quantity: number, { id, why }: Ranked, how: string) => {
    const key = JSON.stringify([sku, id])
    taken.set(key, (taken.get(key) ?? 0) + quantity)
    return { line, sku, quantity, location: id, why: why === '' ? how : `${how}; ${why}` }
  }
  const placements: RoutePlacement[] = []
  const lines = byLine(request.lines)
  let open = lines
  while (open.length > 0) {
    const best = mostLines(open, places, free)
    if (best === null) break
    const how = best.lines.length === lines.length ? 'has the whole order' : 'has these lines whole'
    for (const part of best.lines.flat()) placements.push(take(part, part.quantity, best.place, how))
    open = open.filter((line) => !best.lines.includes(line))
  }
  for (const part of open.flat()) {
    const allowed = places.filter(({ id }) => allows(part, id))
    let wanted = part.quantity
    for (const place of allowed) {
      const quantity = Math.min(free(part.sku, place.id), wanted)
      if (quantity > 0) placements.push(take(part, quantity, place, 'has some of it'))
      wanted -= quantity
    }
    const [first] = allowed
    if (wanted > 0 && first !== undefined) placements.push(take(part, wanted, first, 'no location has it'))
  }
  return sumPlacements(placements)
}

/** The location that can fill most of the lines whole; of equal ones the first. `null`: none fills any. */
function mostLines(
  open: readonly RouteLine[][],
  places: readonly Ranked[],
  free: (sku: string, location: string) => number,
): { place: Ranked; lines: RouteLine[][] } | null {
  let best: { place: Ranked; lines: RouteLine[][] } | null = null
  for (const place of places) {
    const used = new Map<string, number>()
    const lines = open.filter((parts) => {
      const left = ({ sku }: RouteLine) => free(sku, place.id) - (used.get(sku) ?? 0)
      if (!parts.every((part) => allows(part, place.id) && left(part) >= part.quantity)) return false
      for (const { sku, quantity } of parts) used.set(sku, (used.get(sku) ?? 0) + quantity)
      return true
    })
    if (lines.length > (best?.lines.length ?? 0)) best = { place, lines }
    if (best?.lines.length === open.length) return best
  }
  return best
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
