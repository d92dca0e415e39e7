import type { Move } from '../stock/moves.ts'

/** Where units of a line's SKU were taken from, in units of the SKU. */
export interface Allocation {
  readonly line: string
  readonly sku: string
  readonly location: string
  readonly taken: number
  readonly released: number
  readonly shipped: number
  /** Of these, open units that a provider took on and has not put back. */
  readonly held: number
}

/** What a line's counters ask of one SKU, in units of the SKU, and what is known of where it happened. */
export interface Demand {
  readonly line: string
  readonly sku: string
  readonly taken: number
  readonly released: number
  readonly shipped: number
  /** Of these, by location, where providers say it happened. Both count up, as the demand itself does. */
  readonly shippedFrom: ReadonlyMap<string, number>
  readonly releasedFrom: ReadonlyMap<string, number>
}

/** How the units that a demand adds are to be taken. */
export interface Takes {
  /** To be routed. */
  readonly routed: number
  /** Taken where a provider shipped what the pool no longer held for it. */
  readonly fixed: ReadonlyMap<string, number>
  /** Taken and given back in one: they were ordered and cancelled before the pool ever saw them. */
  readonly passing: number
}

export const openOf = ({ taken, released, shipped }: Pick<Allocation, 'taken' | 'released' | 'shipped'>) =>
  taken - released - shipped

/** What a demand adds to what is taken already, and which part of it a route must be asked for. */
export function takesOf(demand: Demand, allocations: readonly Allocation[]): Takes {
  const own = allocations.filter((one) => one.line === demand.line && one.sku === demand.sku)
  const sum = sums(own)
  const add = Math.max(0, demand.taken - sum.taken)
  const release = Math.max(0, demand.released - sum.released)
  const passing = Math.min(add, Math.max(0, release - openOf(sum)))
  const fixed = new Map<string, number>()
  let left = add - passing
  for (const [location, quantity] of demand.shippedFrom) {
    const here = own.find((one) => one.location === location)
    const lacking = quantity - (here?.shipped ?? 0) - (here === undefined ? 0 : openOf(here))
    const take = Math.min(left, Math.max(0, lacking))
    if (take > 0) fixed.set(location, take)
    left -= take
  }
  return { routed: left, fixed, passing }
}

/**
 * Brings the allocations of one (line, SKU) up to its demand. `placed` says where the takes go. Ships first from
 * where a provider says so, then in the allocations' order; releases where a provider says so, then what no provider
 * holds, then the rest, last allocation first. Counters only grow.
 */
export function meetDemand(
  demand: Demand,
  allocations: readonly Allocation[],
  placed: ReadonlyMap<string, number>,
  takes: Takes,
): Allocation[] {
  const slots = allocations
    .filter((one) => one.line === demand.line && one.sku === demand.sku)
    .map((one) => ({ ...one }))
  const slotAt = (location: string) => {
    const known = slots.find((slot) => slot.location === location)
    if (known !== undefined) return known
    const { line, sku } = demand
    const made = { line, sku, location, taken: 0, released: 0, shipped: 0, held: 0 }
    slots.push(made)
    return made
  }
  for (const places of [placed, takes.fixed]) {
    for (const [location, quantity] of places) slotAt(location).taken += quantity
  }
  const [home] = slots
  if (home !== undefined) {
    home.taken += takes.passing
    home.released += takes.passing
  }
  ship(demand, slots)
  release(demand, slots)
  return slots
}

type Slot = { -readonly [Key in keyof Allocation]: Allocation[Key] }

function ship(demand: Demand, slots: Slot[]): void {
  let left = demand.shipped - sums(slots).shipped
  const from = (slot: Slot, most: number) => {
    const quantity = Math.max(0, Math.min(left, most, openOf(slot)))
    slot.shipped += quantity
    slot.held = Math.max(0, slot.held - quantity)
    left -= quantity
  }
  for (const [location, quantity] of demand.shippedFrom) {
    const slot = slots.find((one) => one.location === location)
    if (slot !== undefined) from(slot, quantity - slot.shipped)
  }
  for (const slot of slots) from(slot, left)
}

function release(demand: Demand, slots: Slot[]): void {
  let left = demand.released - sums(slots).released
  const back = [...slots].reverse()
  const from = (slot: Slot, most: number) => {
    const quantity = Math.max(0, Math.min(left, most, openOf(slot)))
    slot.released += quantity
    left -= quantity
  }
  for (const [location, quantity] of demand.releasedFrom) {
    const slot = slots.find((one) => one.location === location)
    if (slot !== undefined) from(slot, quantity - slot.released)
  }
  for (const slot of back) from(slot, openOf(slot) - slot.held)
  for (const slot of back) from(slot, left)
}

function sums(slots: readonly Pick<Allocation, 'taken' | 'released' | 'shipped'>[]) {
  const sum = { taken: 0, released: 0, shipped: 0 }
  for (const slot of slots) {
    sum.taken += slot.taken
    sum.released += slot.released
    sum.shipped += slot.shipped
  }
  return sum
}

/** The moves that lead from one state of the allocations to the next. What is taken and released in one is no move. */
export function movesBetween(before: readonly Allocation[], after: readonly Allocation[]): Move[] {
  const moves: Move[] = []
  for (const now of after) {
    const was = before.find(
      (one) => one.line === now.line && one.sku === now.sku && one.location === now.location,
    )
    const { sku, location } = now
    const inside = (bucket: 'available' | 'reserved') => ({ bucket, location }) as const
    const net = now.taken - (was?.taken ?? 0) - (now.released - (was?.released ?? 0))
    const left = now.shipped - (was?.shipped ?? 0)
    if (net > 0) moves.push({ sku, from: inside('available'), to: inside('reserved'), quantity: net })
    if (net < 0) moves.push({ sku, from: inside('reserved'), to: inside('available'), quantity: -net })
    if (left > 0) {
      moves.push({
        sku,
        from: inside('reserved'),
        to: { bucket: 'customer', location: null },
        quantity: left,
      })
    }
  }
  return moves
}
