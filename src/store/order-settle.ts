import { isStockpoolError, StockpoolError } from '../error.ts'
import type { Listing } from '../model/listing.ts'
import type { OrderLine } from '../model/order.ts'
import type { MovementReason } from '../model/stock.ts'
import {
  type Allocation,
  checkPlacement,
  countersOf,
  type Demand,
  type Done,
  demandsOf,
  heldOf,
  keyOf,
  meetDemand,
  movesBetween,
  type ProviderFacts,
  type Route,
  type RouteLine,
  type RoutePlacement,
  type RouteRequest,
  soldAndGivenBack,
  type Takes,
  takesOf,
} from '../order/index.ts'
import type { Move } from '../stock/moves.ts'
import { balancesOf } from './balances.ts'
import { listLocations } from './catalog.ts'
import type { Transaction } from './database.ts'
import { lockBalances } from './locks.ts'
import { linkLines } from './order-link.ts'
import {
  allocationKey,
  newAllocation,
  type StoredAllocation,
  type StoredLine,
  type StoredOrder,
  same,
  saveOrder,
} from './order-rows.ts'
import { settleReadings } from './readings.ts'
import { chunks, marks } from './sql.ts'
import { Touched } from './stale.ts'
import { type Oversold, post } from './stock.ts'

/** What a provider says has left of one SKU of a line, by location: how many and when. */
export type ShippedFacts = ReadonlyMap<string, ReadonlyMap<string, { quantity: number; at: string }>>

export interface Settlement {
  readonly before: StoredOrder | null
  /** What is known now, with the allocations as they were, apart from what providers made of them. */
  readonly after: StoredOrder
  readonly at: string
  /** `null`: a provider's news, which say themselves where things happened. */
  readonly route: Route | null
  readonly shipTo: RouteRequest['shipTo']
  /** By `keyOf({ line, sku })`. */
  readonly shipped?: ShippedFacts
}

export interface Settled {
  readonly order: StoredOrder
  readonly changed: boolean
  readonly oversold: readonly Oversold[]
  /** Where the units that this settlement took were placed, and why there. */
  readonly routed: readonly RoutePlacement[]
}

/**
 * Brings stock into line with what is known of an order: links its lines, takes, releases and ships what its counters
 * ask for, in one posting, and stores it all. What is known already changes nothing.
 */
export async function settleOrder(tx: Transaction, settlement: Settlement): Promise<Settled> {
  const { before, at } = settlement
  const lines = (await linkLines(tx, settlement.after)).map(withCounters)
  const linked = { ...settlement.after, lines }
  if (!isRepeat(settlement, linked)) await lockBalances(tx, skusOf(lines))
  const { allocations, routed } = await allocate(tx, settlement, linked)
  const settled: StoredOrder = { ...linked, allocations, revision: before?.revision ?? 0 }
  if (before !== null && same(before, settled)) return { order: before, changed: false, oversold: [], routed }

  const order = { ...settled, revision: settled.revision + 1 }
  const moves = movesBetween(before?.allocations ?? [], allocations)
  const touched = new Touched()
  const oversold = await postMoves(tx, order, { moves, reason: reasonOf(moves) }, at, touched)
  await saveOrder(tx, order, before)
  await settleReadings(tx, changedPlaces(before?.allocations ?? [], allocations), at, touched)
  for (const sku of soldAndGivenBack(before?.lines ?? [], lines)) touched.add(sku)
  await touched.mark(tx, at)
  return { order, changed: true, oversold, routed }
}

/** Nothing is new, as in most news that come twice: then no stock is going to move, and nobody need wait. */
function isRepeat({ before, shipped }: Settlement, linked: StoredOrder): boolean {
  return shipped === undefined && before !== null && same(before, { ...linked, revision: before.revision })
}

function skusOf(lines: readonly StoredLine[]): string[] {
  return lines.flatMap(({ components }) => (components ?? []).map(({ sku }) => sku))
}

function withCounters(line: StoredLine): StoredLine {
  const { taken, released, shipped } = countersOf(line.seen, line.provider)
  // What counted as shipped stays so, whatever the channel is told of afterwards.
  if (line.state === 'counted')
    return {
      ...line,
      released,
      taken: Math.max(taken, line.taken),
      shipped: Math.max(shipped, line.shipped),
    }
  // The platform's own: whatever was taken before that was known is given back.
  if (line.state === 'platform') return { ...line, released: line.taken - line.shipped }
  return line
}

async function allocate(
  tx: Transaction,
  settlement: Settlement,
  order: StoredOrder,
): Promise<{ allocations: StoredAllocation[]; routed: readonly RoutePlacement[] }> {
  const { allocations } = order
  const demands = order.lines.flatMap((line) => demandsOfLine(line, allocations, settlement.shipped))
  const takes = demands.map((demand) => takesOf(demand, allocations))
  const routed = await place(tx, settlement, order, demands, takes)
  const placements = byDemand(routed)
  const met = new Map(allocations.map((one) => [allocationKey(one), one]))
  for (const [index, demand] of demands.entries()) {
    const take = takes[index]
    if (take === undefined) continue
    for (const slot of meetDemand(demand, allocations, placements.get(keyOf(demand)) ?? new Map(), take)) {
      const key = allocationKey(slot)
      const leftAt = settlement.shipped?.get(keyOf(demand))?.get(slot.location)?.at
      met.set(key, withTimes(met.get(key), slot, settlement.at, leftAt ?? settlement.at))
    }
  }
  return {
    allocations: [...met.values()].filter(({ taken, accepted }) => taken > 0 || accepted > 0),
    routed,
  }
}

function demandsOfLine(
  line: StoredLine,
  allocations: readonly StoredAllocation[],
  shipped: ShippedFacts | undefined,
): Demand[] {
  const own = (sku: string) => allocations.filter((one) => one.line === line.facts.id && one.sku === sku)
  const done = (sku: string): Done => {
    const sum = { taken: 0, released: 0, shipped: 0 }
    for (const one of own(sku)) {
      sum.taken += one.taken
      sum.released += one.released
      sum.shipped += one.shipped
    }
    return sum
  }
  const facts = (sku: string): ProviderFacts => {
    const left = shipped?.get(keyOf({ line: line.facts.id, sku })) ?? new Map()
    return {
      shippedFrom: new Map([...left].map(([location, { quantity }]) => [location, quantity])),
      releasedFrom: new Map(own(sku).map((one) => [one.location, one.putBack])),
    }
  }
  return demandsOf({ ...line, line: line.facts.id }, done, facts)
}

function withTimes(
  before: StoredAllocation | undefined,
  slot: Allocation,
  at: string,
  leftAt: string,
): StoredAllocation {
  const known = before ?? newAllocation(slot.line, slot.sku, slot.location)
  const { taken, released, shipped } = slot
  const counts = { taken, released, shipped, accepted: known.accepted, putBack: known.putBack }
  const later = known.shippedAt !== null && known.shippedAt > leftAt ? known.shippedAt : leftAt
  return {
    ...known,
    ...counts,
    held: heldOf(counts),
    releasedAt: released > known.released ? at : known.releasedAt,
    shippedAt: shipped > known.shipped ? later : known.shippedAt,
  }
}

/** So many from each location, by (line, SKU). */
function byDemand(placements: readonly RoutePlacement[]): Map<string, Map<string, number>> {
  const places = new Map<string, Map<string, number>>()
  for (const { line, sku, location, quantity } of placements) {
    const key = keyOf({ line, sku })
    const here = places.get(key) ?? new Map<string, number>()
    here.set(location, quantity + (here.get(location) ?? 0))
    places.set(key, here)
  }
  return places
}

/** Where the new units are taken from. */
async function place(
  tx: Transaction,
  { route, shipTo }: Settlement,
  order: StoredOrder,
  demands: readonly Demand[],
  takes: readonly Takes[],
): Promise<readonly RoutePlacement[]> {
  const open = demands
    .map(({ line, sku }, index) => ({ line, sku, quantity: takes[index]?.routed ?? 0 }))
    .filter(({ quantity }) => quantity > 0)
  if (open.length === 0) return []
  const locations = await listLocations(tx)
  const allowed = route === null ? new Map() : await allowedPlaces(tx, order, locations)
  const lines = open.map((line): RouteLine => ({ ...line, locations: allowed.get(line.line) ?? null }))
  const request = await routeRequest(tx, order, { shipTo, lines, locations, quotes: [] })
  return route === null ? staying(request, order.allocations) : routed(route, request)
}

/** What a strategy is asked. */
export async function routeRequest(
  tx: Transaction,
  { connection, header }: StoredOrder,
  asked: Pick<RouteRequest, 'shipTo' | 'lines' | 'locations' | 'quotes'>,
): Promise<RouteRequest> {
  const balances = await balancesOf(tx, [...new Set(asked.lines.map(({ sku }) => sku))])
  const { id, number, placedAt, serviceLevel, rawServiceLevel, shipBy, deliverBy, programs } = header
  return {
    connection,
    order: { id, number, placedAt, serviceLevel, rawServiceLevel, shipBy, deliverBy, programs },
    ...asked,
    available: (sku, location) =>
      balances.get(sku)?.find((balance) => balance.location === location)?.available ?? 0,
  }
}

/**
 * By line, the locations that the policy of its listing names; absent where it names none that is still there. Over
 * several places of a listing all that any of them may draw from, since an order does not say which place sold.
 */
export async function allowedPlaces(
  tx: Transaction,
  order: StoredOrder,
  locations: RouteRequest['locations'],
): Promise<Map<string, readonly string[]>> {
  const names = new Set(order.lines.flatMap(({ facts }) => (facts.listing === null ? [] : [facts.listing])))
  const policies = new Map<string, Set<string> | null>()
  for (const some of chunks([...names])) {
    const rows = await tx.all<{ listing: string; policy: string }>(
      `SELECT listing, policy FROM listing WHERE connection = ? AND listing IN (${marks(some.length)})`,
      [order.connection, ...some],
    )
    for (const { listing, policy } of rows) {
      const own = (JSON.parse(policy) as Pick<Listing, 'locations'>).locations
      const before = policies.get(listing)
      policies.set(listing, own === null || before === null ? null : new Set([...(before ?? []), ...own]))
    }
  }
  const allowed = new Map<string, readonly string[]>()
  for (const { facts } of order.lines) {
    const policy = facts.listing === null ? null : policies.get(facts.listing)
    const there = locations.filter(({ id }) => policy?.has(id)).map(({ id }) => id)
    if (there.length > 0) allowed.set(facts.id, there)
  }
  return allowed
}

export function routed(route: Route, request: RouteRequest): RoutePlacement[] {
  try {
    return checkPlacement(request, route(request))
  } catch (thrown) {
    if (isStockpoolError(thrown)) throw thrown
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    throw new StockpoolError('invalid_input', `the route function threw: ${message}`, {
      field: 'route',
      remedy: 'Correct the route function passed to createHub; it must answer for every order.',
      cause: thrown,
    })
  }
}

/** A provider's news ask for more only of what lies with it already. */
function staying(request: RouteRequest, allocations: readonly StoredAllocation[]): RoutePlacement[] {
  const [first] = request.locations
  return request.lines.map((line) => {
    const known = allocations.find((one) => one.line === line.line && one.sku === line.sku)
    const { line: id, sku, quantity } = line
    return { line: id, sku, quantity, location: known?.location ?? first?.id ?? 'main' }
  })
}

export async function postMoves(
  tx: Transaction,
  { connection, id, revision }: StoredOrder,
  { moves, reason }: { readonly moves: readonly Move[]; readonly reason: MovementReason },
  at: string,
  touched: Touched,
): Promise<readonly Oversold[]> {
  if (moves.length === 0) return []
  const cause = `${connection}/${id}`
  const posting = {
    key: `order:${cause}#${revision}`,
    body: { order: cause, revision },
    at,
    reason,
    cause,
    moves,
    guard: 'forced',
    order: { connection, order: id },
  } as const
  const result = await post(tx, posting, touched)
  if (result.status === 'posted') return result.oversold
  throw new StockpoolError('internal', `revision ${revision} of order ${cause} was posted before`, {
    remedy: 'Run hub.stock.verify(), and report it.',
  })
}

function reasonOf(moves: readonly Move[]): MovementReason {
  if (moves.some(({ to }) => to.bucket === 'reserved')) return 'sold'
  return moves.some(({ to }) => to.bucket === 'customer') ? 'shipped' : 'cancelled'
}

export function changedPlaces(
  before: readonly StoredAllocation[],
  after: readonly StoredAllocation[],
): { sku: string; location: string }[] {
  const known = new Map(before.map((one) => [allocationKey(one), one]))
  return after.filter((one) => !same(one, known.get(allocationKey(one))))
}

/** Units that are still to be shipped, by location, in units of the SKUs. */
export function openByLocation(
  order: StoredOrder,
): { location: string; lines: { line: OrderLine['id']; sku: string; quantity: number }[] }[] {
  const places = new Map<string, { line: string; sku: string; quantity: number }[]>()
  for (const { line, sku, location, taken, released, shipped } of order.allocations) {
    const quantity = taken - released - shipped
    if (quantity > 0) places.set(location, [...(places.get(location) ?? []), { line, sku, quantity }])
  }
  return [...places].map(([location, lines]) => ({ location, lines }))
}
