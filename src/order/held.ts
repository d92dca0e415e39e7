/** The part of an allocation that says what a provider made of it, in units of the SKU. */
export interface HeldUnits {
  readonly taken: number
  readonly released: number
  readonly shipped: number
  readonly accepted: number
  readonly putBack: number
  /** Units that it has in its book too, and has not taken off its stock (they wait for goods, or for a decision). */
  readonly waiting: number
}

/** Units that a provider took on, and has neither put back nor sent. */
export function heldOf({
  accepted,
  putBack,
  shipped,
}: Pick<HeldUnits, 'accepted' | 'putBack' | 'shipped'>): number {
  return Math.max(0, accepted - putBack - shipped)
}

/**
 * Shares units that are new in a provider's book, accepted or waiting, among the allocations they can be of: first those with
 * open units that are in no book, in order, then any. What was shared before stays.
 */
export function shareBooked(quantity: number, allocations: readonly HeldUnits[]): number[] {
  const free = (one: HeldUnits) => one.taken - one.released - one.shipped - heldOf(one) - one.waiting
  const shares = allocations.map(() => 0)
  let left = quantity
  for (const [index, one] of allocations.entries()) {
    const share = Math.min(left, Math.max(0, free(one)))
    shares[index] = share
    left -= share
  }
  // More than the order wants: it changed after it was submitted.
  if (left > 0 && shares.length > 0) shares[0] = (shares[0] ?? 0) + left
  return shares
}

/**
 * Shares units that a provider put back: first among allocations that the pool has released already (the provider
 * did what it was asked), then among those it holds, last first.
 */
export function sharePutBack(quantity: number, allocations: readonly HeldUnits[]): number[] {
  const shares = allocations.map(() => 0)
  let left = quantity
  const give = (index: number, most: number) => {
    const share = Math.min(left, Math.max(0, most))
    shares[index] = (shares[index] ?? 0) + share
    left -= share
  }
  const room = (one: HeldUnits, index: number) => one.accepted - one.putBack - (shares[index] ?? 0)
  for (const [index, one] of allocations.entries()) {
    give(index, Math.min(one.released - one.putBack, room(one, index)))
  }
  for (const [index, one] of [...allocations.entries()].reverse()) {
    give(index, Math.min(heldOf(one) - (shares[index] ?? 0), room(one, index)))
  }
  for (const [index, one] of [...allocations.entries()].reverse()) give(index, room(one, index))
  return shares
}

/** Shares units whose book is undone, last allocation first, as far as each has any. */
export function shareUndone(quantity: number, booked: readonly number[]): number[] {
  let left = quantity
  return [...booked]
    .reverse()
    .map((most) => {
      const share = Math.min(left, most)
      left -= share
      return share
    })
    .reverse()
}
