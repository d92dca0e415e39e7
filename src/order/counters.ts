import type { ChannelOrderLine, OrderStatus } from '../model/order.ts'

/**
 * The most that any snapshot ever said about a line, in units of the listing. Taking the maximum gives the same end
 * whatever the order in which snapshots arrive, and however often.
 */
export interface LineSeen {
  readonly ordered: number
  readonly cancelled: number
  readonly shipped: number
  readonly returned: number
  /** The fewest units that any snapshot said will ever ship; absent when none said so. */
  readonly willShip?: number | undefined
}

/** What fulfilment providers made of a line, in whole units of the listing. Never falls either. */
export interface ProviderSeen {
  readonly shipped: number
  /** Units that we told the channel of: so much of its count says nothing that we did not say. Default: none. */
  readonly told?: number | undefined
}

/** Counters of a line in the pool. Open to ship = taken - released - shipped. */
export interface LineCounters {
  readonly ordered: number
  readonly taken: number
  readonly released: number
  readonly shipped: number
  readonly returned: number
}

export const nothingSeen: LineSeen = { ordered: 0, cancelled: 0, shipped: 0, returned: 0 }
export const nothingProvided: ProviderSeen = { shipped: 0 }

/**
 * What one snapshot says of a line. In a cancelled order everything that did not ship is cancelled, whether or not
 * the channel says so line by line.
 */
export function seenIn(line: ChannelOrderLine, status: OrderStatus): LineSeen {
  const { ordered, cancelled, shipped, returned, willShip } = line
  const all = status === 'cancelled' ? Math.max(cancelled, ordered - shipped) : cancelled
  const seen = { ordered, cancelled: all, shipped, returned }
  return willShip === undefined ? seen : limited({ ...seen, willShip })
}

/** What was ordered in one snapshot and is beyond what will ship in another was cancelled in between. */
function limited(seen: LineSeen): LineSeen {
  if (seen.willShip === undefined) return seen
  return { ...seen, cancelled: Math.max(seen.cancelled, seen.ordered - seen.willShip) }
}

/** Joins two reports of one line; commutative, associative and idempotent. */
export function joinSeen(a: LineSeen, b: LineSeen): LineSeen {
  const joined = {
    ordered: Math.max(a.ordered, b.ordered),
    cancelled: Math.max(a.cancelled, b.cancelled),
    shipped: Math.max(a.shipped, b.shipped),
    returned: Math.max(a.returned, b.returned),
  }
  const willShip = Math.min(a.willShip ?? Number.POSITIVE_INFINITY, b.willShip ?? Number.POSITIVE_INFINITY)
  return Number.isFinite(willShip) ? limited({ ...joined, willShip }) : joined
}

/**
 * The pool's counters: a function of the maxima alone. Shipping is a fact, also of units that were reported as
 * cancelled: then both happened, so the units were taken twice, and the second time they left. "2 cancelled, then 2
 * shipped" and "2 shipped, then 2 cancelled" both end at taken 4, released 2, shipped 2.
 *
 * @example countersOf({ ordered: 2, cancelled: 2, shipped: 2, returned: 0 }).taken // 4
 */
export function countersOf(seen: LineSeen, provider: ProviderSeen = nothingProvided): LineCounters {
  const released = seen.cancelled
  // We confirm a parcel once it has a label. Until it leaves, the channel's count of it is our own word, no evidence.
  const ownWord = Math.max(0, (provider.told ?? 0) - provider.shipped)
  const shipped = Math.max(seen.shipped - ownWord, provider.shipped)
  return {
    ordered: seen.ordered,
    taken: Math.max(seen.ordered, released + shipped),
    released,
    shipped,
    returned: seen.returned,
  }
}

/** A line's counters, and the SKUs that it is of. */
export interface CountedSkus {
  readonly facts: { readonly id: string }
  readonly components: readonly { readonly sku: string }[] | null
  readonly taken: number
  readonly released: number
}

/**
 * SKUs of which the same news both took and gave back: an order that was placed and cancelled between two readings, a line
 * that was swapped for another. The pool may be as it was; the number that the channel lowered for the sale need not be.
 */
export function soldAndGivenBack(before: readonly CountedSkus[], after: readonly CountedSkus[]): string[] {
  const known = new Map(before.map((line) => [line.facts.id, line]))
  const sold = new Set<string>()
  const givenBack = new Set<string>()
  for (const { facts, components, taken, released } of after) {
    const was = known.get(facts.id)
    for (const { sku } of components ?? []) {
      if (taken > (was?.taken ?? 0)) sold.add(sku)
      if (released > (was?.released ?? 0)) givenBack.add(sku)
    }
  }
  return [...sold].filter((sku) => givenBack.has(sku))
}
