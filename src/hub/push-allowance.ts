import type { RevisionLimit } from '../spec/listings.ts'

/** A change of a number on a channel that counts changes. Quantities in units of the listing. */
export interface Change {
  /** What the channel counts it by. */
  readonly countedAs: string
  /** What the channel shows, as far as is known. */
  readonly from: number | null
  readonly to: number
}

/**
 * How many changes a day there may have been before this one. Selling out goes to the last: what is gone must not be sold. What was sold
 * out comes back while as much is left for selling out again. Everything else leaves both of them their share.
 */
function mostBefore({ most, spare }: RevisionLimit, { from, to }: Change): number {
  if (to === 0) return most
  return from === 0 ? most - Math.ceil(spare / 2) : most - spare
}

const rank = ({ from, to }: Change): number => (to === 0 ? 0 : from === 0 ? 1 : 2)

/** Which of these changes may be sent today, after so many of each: what matters most first. */
export function allowed<T extends Change>(
  limit: RevisionLimit,
  changes: readonly T[],
  used: ReadonlyMap<string, number>,
): ReadonlySet<T> {
  const counts = new Map(used)
  const going = new Set<T>()
  for (const change of changes.toSorted((a, b) => rank(a) - rank(b))) {
    const before = counts.get(change.countedAs) ?? 0
    if (before >= mostBefore(limit, change)) continue
    counts.set(change.countedAs, before + 1)
    going.add(change)
  }
  return going
}
