import type { Location } from '../model/location.ts'
import {
  keyOf,
  movesBetween,
  openOf,
  type Route,
  type RouteLine,
  type RoutePlacement,
  type RouteQuote,
  type RouteRequest,
} from '../order/index.ts'
import { listLocations } from './catalog.ts'
import type { Transaction } from './database.ts'
import { lockBalances } from './locks.ts'
import {
  allocationKey,
  loadOrder,
  newAllocation,
  type StoredAllocation,
  type StoredOrder,
  saveOrder,
} from './order-rows.ts'
import { allowedPlaces, changedPlaces, postMoves, routed, routeRequest } from './order-settle.ts'
import { addTimeline } from './order-timeline.ts'
import { settleReadings } from './readings.ts'
import { Touched } from './stale.ts'

/** Which open units of an order are to be routed anew. */
export interface Reroute {
  readonly connection: string
  readonly order: string
  /** Now: ISO 8601 UTC. */
  readonly at: string
  readonly route: Route
  readonly shipTo: RouteRequest['shipTo']
  readonly quotes: readonly RouteQuote[]
  /** Where they lie, and at most how many units of each SKU. */
  readonly from: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** Where they may not go. */
  readonly away: ReadonlySet<string>
  /** Why, in words, for the timeline. */
  readonly because: string
}

/** Units that lie elsewhere now: of a SKU, from one location to another. */
export interface Rerouted {
  readonly sku: string
  readonly from: string
  readonly to: string
  readonly quantity: number
}

/**
 * Moves an order's reservation from one place to another, as the strategy says, where there is stock for it: a line whose units
 * nobody else has stays where it is. Units that a provider holds are not moved. The caller holds the order's lock.
 */
export async function rerouteOrder(tx: Transaction, reroute: Reroute): Promise<readonly Rerouted[]> {
  const plan = await planReroute(tx, reroute)
  if (plan === null) return []
  const { before, allocations, rerouted } = plan
  const { connection, order: id, at, because } = reroute
  const order = { ...before, allocations, revision: before.revision + 1 }
  const touched = new Touched()
  const moves = movesBetween(before.allocations, allocations)
  await postMoves(tx, order, { moves, reason: 'rerouted' }, at, touched)
  await saveOrder(tx, order, before)
  await settleReadings(tx, changedPlaces(before.allocations, allocations), at, touched)
  await touched.mark(tx, at)
  for (const { sku, from, to, quantity, why } of rerouted) {
    const text = `${quantity} of ${sku} moved from ${from} to ${to}: ${because}${why === undefined ? '' : `; ${why}`}`
    await addTimeline(tx, connection, id, at, { text, facts: { sku, quantity, from, to } })
  }
  return rerouted
}

/** Whether every one of the units would have another place to go to, once their provider let go of them. Changes nothing. */
export async function canReroute(tx: Transaction, reroute: Reroute): Promise<boolean> {
  const plan = await planReroute(tx, reroute, true)
  return plan !== null && plan.left === 0
}

interface Plan {
  readonly before: StoredOrder
  readonly allocations: readonly StoredAllocation[]
  readonly rerouted: readonly (Rerouted & { readonly why: string | undefined })[]
  /** Units that found no other place. */
  readonly left: number
}

/** So many units of one line's SKU that may leave one place. */
interface Movable {
  readonly line: string
  readonly sku: string
  readonly location: string
  readonly quantity: number
}

async function planReroute(tx: Transaction, reroute: Reroute, andHeld = false): Promise<Plan | null> {
  const before = await loadOrder(tx, reroute.connection, reroute.order)
  if (before === null) return null
  const movable = movableOf(before.allocations, reroute.from, andHeld)
  if (movable.length === 0) return null
  await lockBalances(tx, [...new Set(movable.map(({ sku }) => sku))])
  const request = await requestOf(tx, before, movable, reroute)
  if (request === null) return null
  const placements = affordable(request, routed(reroute.route, request))
  const { allocations, rerouted } = moved(before.allocations, movable, placements)
  if (rerouted.length === 0) return null
  const sum = (some: readonly { readonly quantity: number }[]) =>
    some.reduce((total, { quantity }) => total + quantity, 0)
  return { before, allocations, rerouted, left: sum(movable) - sum(rerouted) }
}

/** Open units at the places that are to be left; those that a provider holds only when asked for. */
function movableOf(
  allocations: readonly StoredAllocation[],
  from: Reroute['from'],
  andHeld: boolean,
): Movable[] {
  const most = new Map([...from].map(([location, skus]) => [location, new Map(skus)]))
  return allocations.flatMap((one) => {
    const { line, sku, location } = one
    const left = most.get(location)?.get(sku) ?? 0
    const quantity = Math.min(left, Math.max(0, openOf(one) - (andHeld ? 0 : one.held)))
    if (quantity === 0) return []
    most.get(location)?.set(sku, left - quantity)
    return [{ line, sku, location, quantity }]
  })
}

/** `null`: there is nowhere else to go. The units that are to move count as free where they lie. */
async function requestOf(
  tx: Transaction,
  order: StoredOrder,
  movable: readonly Movable[],
  { shipTo, quotes, away }: Reroute,
): Promise<RouteRequest | null> {
  const all = await listLocations(tx)
  const locations = all.filter(({ id }) => !away.has(id))
  const lines = linesOf(movable, await allowedPlaces(tx, order, all), locations)
  if (locations.length === 0 || lines.length === 0) return null
  const request = await routeRequest(tx, order, { shipTo, lines, locations, quotes })
  const own = new Map<string, number>()
  for (const { sku, location, quantity } of movable) {
    const key = JSON.stringify([sku, location])
    own.set(key, quantity + (own.get(key) ?? 0))
  }
  const available: RouteRequest['available'] = (sku, location) =>
    request.available(sku, location) + (own.get(JSON.stringify([sku, location])) ?? 0)
  return { ...request, available }
}

/** A line whose listing may draw from none of the places that are left is no longer asked for. */
function linesOf(
  movable: readonly Movable[],
  allowed: ReadonlyMap<string, readonly string[]>,
  locations: readonly Location[],
): RouteLine[] {
  const lines = new Map<string, RouteLine>()
  for (const { line, sku, quantity } of movable) {
    const policy = allowed.get(line) ?? null
    const left = policy?.filter((id) => locations.some((location) => location.id === id)) ?? null
    if (left?.length === 0) continue
    const key = keyOf({ line, sku })
    lines.set(key, { line, sku, quantity: quantity + (lines.get(key)?.quantity ?? 0), locations: left })
  }
  return [...lines.values()]
}

/** Placements of the lines for which all units are there: a kit, or a line, is moved whole or stays. */
function affordable(request: RouteRequest, placements: readonly RoutePlacement[]): RoutePlacement[] {
  const used = new Map<string, number>()
  return [...new Set(placements.map(({ line }) => line))].flatMap((line) => {
    const own = placements.filter((one) => one.line === line)
    const sums = new Map(used)
    for (const { sku, location, quantity } of own) {
      const key = JSON.stringify([sku, location])
      sums.set(key, quantity + (sums.get(key) ?? 0))
      if ((sums.get(key) ?? 0) > request.available(sku, location)) return []
    }
    for (const [key, quantity] of sums) used.set(key, quantity)
    return own
  })
}

/** The allocations once the units lie where they were placed, and which of them moved. */
function moved(
  before: readonly StoredAllocation[],
  movable: readonly Movable[],
  placements: readonly RoutePlacement[],
): Pick<Plan, 'allocations' | 'rerouted'> {
  const now = new Map(before.map((one) => [allocationKey(one), one]))
  const add = (line: string, sku: string, location: string, quantity: number) => {
    const key = allocationKey({ line, sku, location })
    const one = now.get(key) ?? newAllocation(line, sku, location)
    now.set(key, { ...one, taken: one.taken + quantity })
  }
  const rerouted: (Rerouted & { why: string | undefined })[] = []
  for (const key of new Set(placements.map(keyOf))) {
    const sources = movable.filter((one) => keyOf(one) === key).map((one) => ({ ...one }))
    const wanted = placements.filter((one) => keyOf(one) === key).map((one) => ({ ...one }))
    // What may stay where it is does not move.
    for (const place of wanted) {
      const here = sources.find(({ location }) => location === place.location)
      if (here === undefined) continue
      const staying = Math.min(here.quantity, place.quantity)
      here.quantity -= staying
      place.quantity -= staying
    }
    for (const { line, sku, location: to, quantity: asked, why } of wanted) {
      let left = asked
      for (const source of sources) {
        const quantity = Math.min(source.quantity, left)
        if (quantity === 0) continue
        add(line, sku, source.location, -quantity)
        add(line, sku, to, quantity)
        rerouted.push({ sku, from: source.location, to, quantity, why })
        source.quantity -= quantity
        left -= quantity
      }
    }
  }
  return { allocations: [...now.values()], rerouted }
}
