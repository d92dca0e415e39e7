/** A provider's own number for a SKU at one of its places. */
export interface Reading {
  readonly quantity: number
  /** `available`: orders that the provider accepted are taken off. `on-hand`: only what left is. */
  readonly basis: 'available' | 'on-hand'
  /** The moment the number was true: ISO 8601 UTC. */
  readonly asOf: string
}

/** What one order line took at the place, and what the provider made of it, in units of the SKU. */
export interface ReadingAllocation {
  readonly taken: number
  readonly released: number
  readonly shipped: number
  /** When the last of `shipped` left, as far as is known. */
  readonly shippedAt: string | null
  /** Units that the provider took on, ever. */
  readonly accepted: number
  /** When it took on the last of them. */
  readonly acceptedAt: string | null
  /** Of these, units that the provider cancelled and put back. */
  readonly putBack: number
  /** The earliest moment at which it may have put back the first of them. */
  readonly putBackAt: string | null
  /** Units that it keeps to send, and has not taken off what it calls available. */
  readonly waiting: number
}

/**
 * What is available at a provider's place, by its own reading and by what the pool knows.
 *
 * Units are spoken for by an order of ours, or by the provider's own book when we asked for them back and it has not
 * put them back yet, whether or not it has taken them off its stock. The reading has some of these off already: those
 * accepted before `asOf` (basis `available`), those shipped before it (either basis). The rest comes off here. What the merchant's own
 * checkout holds, the provider never knows: it always comes off.
 *
 * `orders`: of each order, what its lines took there. A provider knows an order's SKUs and not its lines: when one line gives
 * up what another asks for, as in an edited order, what it took on for the first stands for the second.
 *
 * Times err to the safe side: where the pool knows only between which two moments a thing happened, it chooses the
 * one that gives the lower number. A number that is too low rises with the next reading; one that is too high sells
 * what is not there.
 *
 * Before all news is in, the number may be too high by what the provider lost, took or shipped outside the pool's
 * orders since `asOf`, and by what it put back of an order that the pool still counts as open. Afterwards never.
 */
export function availableByReading(
  reading: Reading,
  orders: readonly (readonly ReadingAllocation[])[],
  otherReserved: number,
): number {
  let available = reading.quantity - otherReserved
  for (const allocations of orders) available -= unseen(reading, allocations)
  return available
}

/** Units of an order that the reading has not taken off yet; negative when it still lacks what was put back. */
function unseen(reading: Reading, allocations: readonly ReadingAllocation[]): number {
  // Of two things in the same millisecond the reading may have come first: what lowers it counts from the next one on.
  const before = (time: string | null) => time !== null && time < reading.asOf
  const sum = { wanted: 0, inBook: 0, left: 0, booked: 0 }
  for (const one of allocations) {
    sum.wanted += one.taken - one.released
    sum.inBook += one.accepted - one.putBack + one.waiting
    sum.left += before(one.shippedAt) ? one.shipped : 0
    sum.booked += before(one.acceptedAt) ? one.accepted : 0
    sum.booked -= one.putBackAt !== null && one.putBackAt <= reading.asOf ? one.putBack : 0
  }
  const spokenFor = Math.max(sum.wanted, sum.inBook)
  return spokenFor - (reading.basis === 'on-hand' ? sum.left : Math.max(sum.booked, sum.left, 0))
}

/**
 * Whether an order can never matter to this place's number again: nothing of it is open, and every reading from
 * `asOf` on has all of it off, on either basis. Such rows need not be read again.
 */
export function isSettled(allocations: readonly ReadingAllocation[], asOf: string): boolean {
  const past = (time: string | null) => time === null || time < asOf
  const over = allocations.every(
    ({ taken, released, shipped, waiting, acceptedAt, putBackAt, shippedAt }) =>
      taken === released + shipped && waiting === 0 && [acceptedAt, putBackAt, shippedAt].every(past),
  )
  const contribution = (basis: Reading['basis']) => unseen({ quantity: 0, basis, asOf }, allocations)
  return over && contribution('available') === 0 && contribution('on-hand') === 0
}
